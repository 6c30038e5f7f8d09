package krakend

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"breakwater/exchange"
)

func appendUint(b []byte, v uint64) []byte { return strconv.AppendUint(b, v, 10) }

// inquiry is a client's message over WebSocket.
type inquiry struct {
	method string
	id     int64
	hasID  bool
	params map[string]any // numbers as json.Number; nil: none
	at     exchange.Stamp // when the venue took it up
	failed string         // the error that answered it, the last one of several
}

// Kraken's texts for messages that are no requests ("Kraken spot API reference", 6.3).
const (
	errMalformed   = "Malformed request"
	errNoEvent     = "Unsupported event"
	errNoSymbols   = "Symbol(s) not found"
	errNoToken     = "Token(s) not found"
	errNoPair      = "Currency pair not supported "
	errSubscribed  = "Already subscribed"
	errNotThere    = "Subscription Not Found"
	errDepth       = "Subscription depth not supported"
	errInterval    = "Subscription ohlc interval not supported"
	errChannelName = "Subscription name invalid"
	errToken       = "EAPI:Invalid token"
	errSession     = "ESession:Invalid session"
)

// readMessage takes a message apart. problem is Kraken's text when it is none; the
// inquiry then has what could be read of it.
func readMessage(b []byte) (q *inquiry, problem string) {
	q = &inquiry{}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var top map[string]any
	if d.Decode(&top) != nil || top == nil {
		return q, errMalformed
	}
	if _, err := d.Token(); err != io.EOF {
		return q, errMalformed
	}
	if n, ok := top["req_id"].(json.Number); ok {
		id, err := strconv.ParseInt(n.String(), 10, 64)
		q.id, q.hasID = id, err == nil
	}
	method, ok := top["method"].(string)
	if !ok {
		return q, errMalformed
	}
	q.method = method
	params, given := top["params"]
	if q.params, ok = params.(map[string]any); given && !ok {
		return q, errMalformed
	}
	if given && method == "ping" {
		return q, unsupported("params", method)
	}
	return q, ""
}

// unsupported says that a method has no such field.
func unsupported(field, method string) string {
	return "Unsupported field: '" + printable(field) + "' for the given msg type: " + printable(strings.ReplaceAll(method, "_", " "))
}

// printable keeps what a client has sent short in what it is answered.
func printable(s string) string {
	if len(s) > 64 {
		s = s[:64]
	}
	return strings.ToValidUTF8(s, "?")
}

// begin starts an answer: the members up to the result.
func (q *inquiry) begin(room int) *text {
	w := &text{make([]byte, 0, 160+room)}
	w.open('{')
	return w
}

// finish writes what every answer ends with, and sends it.
func (c *core) finish(k *socket, q *inquiry, kind string, w *text) {
	w.at("time_in", q.at, microseconds)
	w.at("time_out", c.now, microseconds)
	w.shut('}')
	c.send(k, kind, w.b)
}

// accept answers a request that was carried out; result writes the members of its result.
func (c *core) accept(k *socket, q *inquiry, result func(w *text)) {
	c.answer(k, q, '{', '}', result)
}

// acceptList is accept where the result is an array.
func (c *core) acceptList(k *socket, q *inquiry, result func(w *text)) {
	c.answer(k, q, '[', ']', result)
}

func (c *core) answer(k *socket, q *inquiry, open, shut byte, result func(w *text)) {
	w := q.begin(128)
	w.str("method", q.method)
	if q.hasID {
		w.int("req_id", q.id)
	}
	w.key("result")
	w.open(open)
	result(w)
	w.shut(shut)
	w.bool("success", true)
	c.finish(k, q, q.method, w)
}

// refuse answers a request with an error. symbol is the pair it is about, "" for none.
func (c *core) refuse(k *socket, q *inquiry, reason, symbol string) {
	q.failed = reason
	w := q.begin(len(reason))
	w.quoted("error", reason)
	if q.method != "" {
		w.quoted("method", printable(q.method))
	}
	if q.hasID {
		w.int("req_id", q.id)
	}
	if reason == errToken || reason == errSession {
		w.str("status", "error")
	}
	w.bool("success", false)
	if symbol != "" {
		w.quoted("symbol", printable(symbol))
	}
	c.finish(k, q, q.method, w)
}

// pong answers a ping.
func (c *core) pong(k *socket, q *inquiry) {
	w := q.begin(0)
	w.str("method", "pong")
	if q.hasID {
		w.int("req_id", q.id)
	}
	c.finish(k, q, "pong", w)
}

// tooFast is what a client gets that floods.
var tooFast = []byte(`{"Error":"Exceeded msg rate"}`)

// hear carries out a client's message.
func (c *core) hear(k *socket, q *inquiry, problem string) {
	k.heard = c.wall
	if !k.unlimited && k.rate.level(c.wall, messagePerSecond) >= messageBurst {
		c.send(k, "error", tooFast)
		return
	}
	k.rate.value++
	if c.hub.incoming != nil && !c.hub.incoming(k, q.method) {
		return
	}
	q.at = c.now
	defer c.remember(k, q)
	switch {
	case problem != "":
		c.refuse(k, q, problem, "")
	case q.method == "ping":
		c.pong(k, q)
	case q.method == "subscribe":
		c.hearSubscribe(k, q)
	case q.method == "unsubscribe":
		c.hearUnsubscribe(k, q)
	default:
		call, ok := tradingCalls[q.method]
		if !ok {
			c.refuse(k, q, errNoEvent, "")
			return
		}
		c.hearTrading(k, q, &call)
	}
}
