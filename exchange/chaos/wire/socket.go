package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
)

// Socket is what a client uses of a *websocket.Conn.
type Socket interface {
	Read(context.Context) (websocket.MessageType, []byte, error)
	Write(context.Context, websocket.MessageType, []byte) error
	CloseNow() error
}

// Socket puts the plan between a client and its connection. One goroutine may read while
// others write. CloseNow ends it.
func (f *Faults) Socket(inner Socket) Socket {
	ctx, stop := context.WithCancel(context.Background())
	s := &socket{f: f, inner: inner, in: make(chan message, 64), stop: stop, ctx: ctx}
	go s.pump()
	return s
}

type socket struct {
	f     *Faults
	inner Socket
	in    chan message
	ctx   context.Context
	stop  context.CancelFunc

	mu      sync.Mutex
	answers []lostAnswer
}

// message is what the client reads.
type message struct {
	kind websocket.MessageType
	text []byte
	err  error
}

// lostAnswer is a request whose answer does not come, or late.
type lostAnswer struct {
	id   int64
	rule chaos.Rule
}

// envelope is what the faults need of a message of WebSocket v2.
type envelope struct {
	Channel string `json:"channel"`
	Method  string `json:"method"`
	ReqID   *int64 `json:"req_id"`
	Data    json.RawMessage
}

// calls are Kraken's methods of trading and the calls of REST that they stand for.
var calls = map[string]string{
	"add_order": chaos.AddOrder, "amend_order": chaos.AmendOrder, "edit_order": chaos.AmendOrder, "cancel_order": chaos.CancelOrder,
	"cancel_all": "CancelAll", "cancel_all_orders_after": chaos.CancelAllAfter, "batch_add": chaos.AddOrder, "batch_cancel": chaos.CancelOrder,
}

// Read is the next message that the plan lets through.
func (s *socket) Read(ctx context.Context) (websocket.MessageType, []byte, error) {
	select {
	case m := <-s.in:
		return m.kind, m.text, m.err
	case <-ctx.Done():
		return 0, nil, ctx.Err()
	case <-s.ctx.Done():
		select {
		case m := <-s.in: // what came before the end
			return m.kind, m.text, m.err
		default:
			return 0, nil, errDown
		}
	}
}

// CloseNow closes the connection.
func (s *socket) CloseNow() error {
	s.stop()
	return s.inner.CloseNow()
}

// pump reads what comes and lets it go through the plan.
func (s *socket) pump() {
	for {
		kind, text, err := s.inner.Read(s.ctx)
		if err != nil {
			s.give(message{err: err})
			return
		}
		if _, down := s.f.holds(chaos.Disconnect, "", ""); down {
			s.CloseNow()
			return
		}
		for _, text := range s.pass(text) {
			s.give(message{kind: kind, text: text})
		}
	}
}

func (s *socket) give(m message) {
	select {
	case s.in <- m:
	case <-s.ctx.Done():
	}
}

// pass is what becomes of a message: none, itself, or several.
func (s *socket) pass(text []byte) [][]byte {
	var e envelope
	if json.Unmarshal(text, &e) != nil {
		return [][]byte{text}
	}
	if e.Channel == "" {
		return s.passAnswer(text, &e)
	}
	pair := symbolOf(e.Data)
	if _, frozen := s.f.holds(chaos.WSFreeze, e.Channel, pair); frozen {
		return nil
	}
	switch r := s.f.strike(chaos.WS, e.Channel, pair); r.Do {
	case chaos.WSGap:
		return nil
	case chaos.BadChecksum:
		return [][]byte{flipped(text)}
	case chaos.Replay:
		return repeated(text, text, r.N())
	case chaos.WSFlood:
		return repeated(text, []byte(`{"channel":"heartbeat"}`), r.N())
	case chaos.BadNumber:
		return [][]byte{number.ReplaceAll(text, []byte(`${1}NaN`))}
	case chaos.FutureTime:
		return [][]byte{later(text, r.Wait())}
	}
	return [][]byte{text}
}

func repeated(first, rest []byte, n int) [][]byte {
	all := [][]byte{first}
	for range n {
		all = append(all, rest)
	}
	return all
}

// symbolOf is the pair that a message is about, in normal names; "" when it names none.
func symbolOf(data json.RawMessage) string {
	var rows []struct{ Symbol string }
	if json.Unmarshal(data, &rows) != nil || len(rows) == 0 {
		return ""
	}
	base, quote, _ := exchange.NormalPair(rows[0].Symbol)
	return base + "/" + quote
}

var (
	checksum = regexp.MustCompile(`("checksum":)(\d+)`)
	number   = regexp.MustCompile(`("(?:price|bid|ask|last|close|last_price)":)-?[0-9.]+`)
	moment   = regexp.MustCompile(`"(?:timestamp|interval_begin)":"([^"]+)"`)
)

// flipped makes a message disagree with its checksum; one that has none is cut instead,
// which no reader takes either.
func flipped(text []byte) []byte {
	at := checksum.FindSubmatchIndex(text)
	if at == nil {
		return text[:len(text)/2]
	}
	n, _ := strconv.ParseUint(string(text[at[4]:at[5]]), 10, 32)
	return append(append(append([]byte{}, text[:at[4]]...), strconv.FormatUint(n^1, 10)...), text[at[5]:]...)
}

// later moves a message's times into the future.
func later(text []byte, by time.Duration) []byte {
	return moment.ReplaceAllFunc(text, func(found []byte) []byte {
		parts := moment.FindSubmatch(found)
		t, err := time.Parse(time.RFC3339Nano, string(parts[1]))
		if err != nil {
			return found
		}
		return bytes.Replace(found, parts[1], []byte(t.Add(by).Format("2006-01-02T15:04:05.000000Z")), 1)
	})
}

// Write sends a message as the plan says. Requests to trade are struck like calls of REST.
func (s *socket) Write(ctx context.Context, kind websocket.MessageType, text []byte) error {
	if _, down := s.f.holds(chaos.Disconnect, "", ""); down {
		s.CloseNow()
		return errDown
	}
	var e envelope
	if json.Unmarshal(text, &e) != nil || calls[e.Method] == "" {
		return s.inner.Write(ctx, kind, text)
	}
	var id int64
	if e.ReqID != nil {
		id = *e.ReqID
	}
	r := s.f.strike(chaos.HTTP, calls[e.Method], "")
	switch r.Do {
	case chaos.Drop, chaos.HTML:
		return nil
	case chaos.Refuse, chaos.TooMany:
		code := r.Code
		if r.Do == chaos.TooMany {
			code = "EAPI:Rate limit exceeded"
		}
		s.give(message{websocket.MessageText, refusal(&e, id, code), nil})
		return nil
	case chaos.TimeoutAfterApply, chaos.ApplyThen502, chaos.Truncate, chaos.Delay:
		s.mu.Lock()
		s.answers = append(s.answers, lostAnswer{id, r})
		s.mu.Unlock()
	case chaos.Duplicate:
		if err := s.inner.Write(ctx, kind, text); err != nil {
			return err
		}
	case chaos.Reorder:
		if err := s.f.hold(ctx, r.Wait()); err != nil {
			return err
		}
	}
	err := s.inner.Write(ctx, kind, text)
	if r.Do != chaos.Reorder {
		s.f.overtake()
	}
	return err
}

// refusal is an answer as Kraken words it (Kraken WebSocket v2 docs, add_order).
func refusal(e *envelope, id int64, code string) []byte {
	b, err := json.Marshal(struct {
		Error   string `json:"error"`
		Method  string `json:"method"`
		ReqID   int64  `json:"req_id"`
		Success bool   `json:"success"`
	}{code, e.Method, id, false})
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return b
}

// passAnswer loses or delays the answer of a request that was struck.
func (s *socket) passAnswer(text []byte, e *envelope) [][]byte {
	if calls[e.Method] == "" || e.ReqID == nil {
		return [][]byte{text}
	}
	s.mu.Lock()
	var r chaos.Rule
	for i, a := range s.answers {
		if a.id == *e.ReqID {
			r = a.rule
			s.answers = append(s.answers[:i], s.answers[i+1:]...)
			break
		}
	}
	s.mu.Unlock()
	switch r.Do {
	case chaos.NoVerb:
		return [][]byte{text}
	case chaos.Truncate:
		return [][]byte{text[:len(text)/2]}
	case chaos.Delay:
		text = bytes.Clone(text)
		go func() { // the rest of the stream does not wait
			if s.f.wait(s.ctx, r.Wait()) == nil {
				s.give(message{websocket.MessageText, text, nil})
			}
		}()
	}
	return nil
}
