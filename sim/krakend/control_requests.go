package krakend

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"breakwater/exchange"
)

// keptRequests is how many requests the venue remembers.
const keptRequests = 5000

// requestView is a request that the venue received, without its secrets.
type requestView struct {
	Number  uint64            `json:"number" doc:"counts up from 1"`
	Time    string            `json:"time" doc:"of the venue"`
	Wall    string            `json:"wall" doc:"ours"`
	From    string            `json:"from" doc:"address"`
	Path    string            `json:"path"`
	Account string            `json:"account" doc:"empty: public, or of no key that is known"`
	Key     string            `json:"key" doc:"the name of the key"`
	Fields  map[string]string `json:"fields" doc:"what was asked; second factors and tokens left out"`
	Error   string            `json:"error" doc:"what Kraken would answer; empty: success"`
	Fault   string            `json:"fault" doc:"what was done to it; empty: nothing"`
	Micros  int64             `json:"micros" doc:"how long it took"`
}

// visit is a request as the venue remembers it.
type visit struct {
	number       uint64
	at           exchange.Stamp // of the venue
	wall         time.Time
	took         time.Duration
	from, path   string
	public       string // the key that was sent
	account, key string // by name
	fields       params
	asked        map[string]any // of a WebSocket request, in the place of fields
	err, fault   string

	twice  bool   // it arrives two times
	filter string // a fault that changes the answer
	since  exchange.Stamp
}

// name is the endpoint that is asked for.
func (v *visit) name() string { return v.path[strings.LastIndexByte(v.path, '/')+1:] }

// asks notes what is asked. Of a long request the beginning is kept.
func (v *visit) asks(p params, bytes int) {
	if v.fields = p; bytes > mostShownBytes {
		v.fields = p.shown()
	}
}

// ended notes how it went.
func (v *visit) ended(err error) {
	if err != nil {
		v.err = inKrakensWords(err)
	}
}

func (v *visit) view() requestView {
	if v.asked != nil {
		v.fields = params{}
		for name, value := range v.asked {
			v.fields.flatten(name, value, 0) // as far as it goes
		}
	}
	return requestView{
		Number: v.number, Time: stampText(v.at), Wall: v.wall.UTC().Format(time.RFC3339Nano), From: v.from, Path: v.path, Account: v.account, Key: v.key,
		Fields: v.fields.shown(), Error: v.err, Fault: v.fault, Micros: v.took.Microseconds(),
	}
}

// requestLog remembers the latest requests.
type requestLog struct {
	mu    sync.Mutex
	rows  []visit // a ring
	next  int
	count uint64
}

// add remembers a request.
func (l *requestLog) add(v *visit) {
	if len(v.path) > mostShownText {
		v.path = v.path[:mostShownText] + "…"
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	v.number = l.count
	if len(l.rows) < keptRequests {
		l.rows = append(l.rows, *v)
		return
	}
	l.rows[l.next] = *v
	l.next = (l.next + 1) % keptRequests
}

// each gives the requests to see, the latest first, until it says no.
func (l *requestLog) each(see func(*visit) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.rows {
		if !see(&l.rows[(l.next-1-i+2*len(l.rows))%len(l.rows)]) {
			return
		}
	}
}

// hiddenFields are fields that nobody but the venue may know.
var hiddenFields = map[string]bool{"otp": true, "token": true}

const hiddenText = "[redacted]"

// shownFields bounds what is kept of a request.
const (
	mostShownFields = 40
	mostShownText   = 200
	mostShownBytes  = 1000 // a longer request is cut down to these at once
)

// shown are fields without secrets, and not too much of them.
func (p params) shown() params {
	out := make(params, min(len(p), mostShownFields))
	for k, v := range p {
		switch {
		case len(out) >= mostShownFields:
			return out
		case hiddenFields[k]:
			v = hiddenText
		case len(v) > mostShownText:
			v = v[:mostShownText] + "…"
		}
		if len(k) <= mostShownText {
			out[k] = v
		}
	}
	return out
}

// remember notes a request over WebSocket. Its path is /v2/ and the method.
func (c *core) remember(k *socket, q *inquiry) {
	if c.requests == nil || q.method == "ping" {
		return
	}
	v := &visit{at: c.now, wall: c.turn, from: k.ip, path: streamPath + "/" + q.method, asked: q.params, err: q.failed}
	if k.speaks != nil && q.failed != errToken && q.failed != errSession {
		v.account, v.key = k.speaks.account.Name, k.speaks.Name
	}
	c.requests.add(v)
}

func (s *Server) listRequests(q *question) (any, error) {
	from, limit, err := q.limited(mostListed)
	if err != nil {
		return nil, err
	}
	values := q.URL.Query()
	after := uint64(0)
	if text := values.Get("after"); text != "" {
		if after, err = strconv.ParseUint(text, 10, 64); err != nil {
			return nil, refuse(http.StatusBadRequest, "after %q is no number", text)
		}
	}
	account, name := values.Get("account"), values.Get("name")
	views := []requestView{}
	s.requests.each(func(v *visit) bool {
		if v.number <= after {
			return false
		}
		if account != "" && v.account != account || name != "" && v.name() != name {
			return true
		}
		if from--; from < 0 && len(views) < limit {
			views = append(views, v.view())
		}
		return len(views) < limit
	})
	return views, nil
}
