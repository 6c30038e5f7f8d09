package krakend

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strings"

	"breakwater/exchange"
)

// streamVerbs are the faults of WebSocket. They stand between the venue and a connection.
var streamVerbs = []verb{
	{"freeze", "frames are not sent: a connection that is there and says nothing", false, 0},
	{"gap", "the frame is left out, those around it come", false, 0},
	{"bad-checksum", "the book's checksum is wrong by one", false, 0},
	{"replay", "the frame comes twice", false, 0},
	{"flood", "the frame comes 1,000 times", false, 0},
	{"disconnect", "the connection ends at this frame, which is not sent", false, 0},
	{"lose-request", "the request is lost on its way: not applied, not answered", false, 0},
}

// floodFrames is how often a flood repeats a frame: far more than a client reads at once,
// and well below what cuts it off as a slow one.
const floodFrames = 1000

// streamKinds are what a rule of a stream may be about: channels and methods.
func streamKinds() []string {
	kinds := []string{"heartbeat", "status", "subscribe", "unsubscribe", "pong"}
	return slices.Concat(kinds, slices.Sorted(maps.Keys(channels)), slices.Sorted(maps.Keys(tradingCalls)))
}

// asStream makes a rule one of the stream; false when its verb is none of them.
func (f *fault) asStream() (bool, error) {
	i := slices.IndexFunc(streamVerbs, func(v verb) bool { return v.name == f.Do })
	if i < 0 {
		return false, nil
	}
	f.verb, f.stream = streamVerbs[i], true
	on := f.On
	if on == "" && f.Do == "bad-checksum" {
		on = "book"
	}
	known := streamKinds()
	for _, name := range strings.FieldsFunc(on, func(r rune) bool { return r == '|' }) {
		if !slices.Contains(known, name) {
			return true, refuse(http.StatusBadRequest, "on: a stream has no channel or method %q; there are %s", name, strings.Join(known, ", "))
		}
		f.on = append(f.on, name)
	}
	return true, nil
}

// meetFrame is the stream's rule that acts on a frame or a request, nil when none does. alive
// is false when no rule can ever act again.
func (t *faultTable) meetFrame(now exchange.Stamp, kind, account string, request bool) (acts *fault, alive bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.rules {
		if !f.stream || f.over(now) {
			continue
		}
		alive = true
		if acts != nil || (f.Do == "lose-request") != request || len(f.on) > 0 && !slices.Contains(f.on, kind) || f.Account != "" && f.Account != account {
			continue
		}
		if f.seen++; f.seen <= f.After || f.Chance > 0 && f.chance.IntN(100) >= f.Chance {
			continue
		}
		f.fired++
		acts = f
	}
	return acts, alive
}

// disturbs reports whether a rule of the stream can still act.
func (t *faultTable) disturbs(now exchange.Stamp) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.rules, func(f *fault) bool { return f.stream && !f.over(now) })
}

// disturbStreams puts the stream's rules before the connections, or takes them away where
// there are none.
func (s *Server) disturbStreams() {
	s.do(func(c *core) {
		if !s.faults.disturbs(c.now) {
			c.hub.outgoing, c.hub.incoming = nil, nil
			return
		}
		c.hub.outgoing = func(k *socket, kind string, frame []byte) [][]byte {
			f, alive := s.faults.meetFrame(c.now, kind, k.accountName(), false)
			if !alive {
				c.hub.outgoing, c.hub.incoming = nil, nil
			}
			return k.disturbed(f, frame)
		}
		c.hub.incoming = func(k *socket, method string) bool {
			f, _ := s.faults.meetFrame(c.now, method, k.accountName(), true)
			if f == nil {
				return true
			}
			s.requests.add(&visit{at: c.now, wall: c.turn, from: k.ip, path: streamPath + "/" + method, account: k.accountName(), fault: f.Do})
			return false
		}
	})
}

// accountName is whose connection it is; "" while nobody knows.
func (k *socket) accountName() string {
	if k.speaks != nil {
		return k.speaks.account.Name
	}
	for _, s := range k.subs {
		if s.account != nil {
			return s.account.Name
		}
	}
	return ""
}

// disturbed are the frames that go out in the place of one.
func (k *socket) disturbed(f *fault, frame []byte) [][]byte {
	if f == nil {
		return [][]byte{frame}
	}
	switch f.Do {
	case "freeze", "gap":
		return nil
	case "bad-checksum":
		return [][]byte{badChecksum(frame)}
	case "replay":
		return [][]byte{frame, frame}
	case "flood":
		return slices.Repeat([][]byte{frame}, floodFrames)
	case "disconnect":
		k.cut()
		return nil
	}
	panic("BUG: no fault of a stream " + f.Do)
}

// badChecksum is a frame whose checksum is another; one without is itself.
func badChecksum(frame []byte) []byte {
	const name = `"checksum":`
	at := bytes.Index(frame, []byte(name))
	if at < 0 {
		return frame
	}
	out := bytes.Clone(frame)
	last := at + len(name)
	for last+1 < len(out) && out[last+1] >= '0' && out[last+1] <= '9' {
		last++
	}
	out[last] = '0' + (out[last]-'0'+1)%10
	return out
}
