package krakend

import (
	"strconv"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// text builds the JSON of a WebSocket frame: members stand in the order of the calls, and
// numbers keep their trailing zeros, which the book's checksum needs.
type text struct{ b []byte }

// open begins an object or an array: the byte is { or [.
func (w *text) open(bracket byte) { w.b = append(w.b, bracket) }

// shut ends it; the byte is } or ].
func (w *text) shut(bracket byte) { w.b = append(w.b, bracket) }

// next puts a comma where one belongs.
func (w *text) next() {
	if n := len(w.b); n > 0 && w.b[n-1] != '{' && w.b[n-1] != '[' && w.b[n-1] != ':' {
		w.b = append(w.b, ',')
	}
}

// key begins a member; its name is one of ours, which needs no escapes.
func (w *text) key(name string) {
	w.next()
	w.b = append(append(append(w.b, '"'), name...), '"', ':')
}

// str is a member with a text that needs no escapes.
func (w *text) str(name, v string) {
	w.key(name)
	w.b = append(append(append(w.b, '"'), v...), '"')
}

// quoted is a member with a text that a client has given.
func (w *text) quoted(name, v string) {
	w.key(name)
	w.b = append(w.b, quoted(v)...)
}

// num is a member with a scaled number.
func (w *text) num(name string, v int64, decimals uint8) {
	w.key(name)
	w.b = money.Append(w.b, v, decimals)
}

// raw is a member that is JSON already.
func (w *text) raw(name, v string) {
	w.key(name)
	w.b = append(w.b, v...)
}

func (w *text) int(name string, v int64) {
	w.key(name)
	w.b = strconv.AppendInt(w.b, v, 10)
}

func (w *text) bool(name string, v bool) {
	w.key(name)
	w.b = strconv.AppendBool(w.b, v)
}

// microseconds is how Kraken's streams write times; nanoseconds how they write the
// borders of candles.
const (
	microseconds = "2006-01-02T15:04:05.000000Z"
	nanoseconds  = "2006-01-02T15:04:05.000000000Z"
)

// at is a member with a time.
func (w *text) at(name string, t exchange.Stamp, layout string) {
	w.key(name)
	w.b = append(w.b, '"')
	w.b = t.Time().AppendFormat(w.b, layout)
	w.b = append(w.b, '"')
}

// message begins a frame of a channel: {"channel":…,"type":…,"data":
func message(channel, kind string, room int) *text {
	w := &text{make([]byte, 0, 64+room)}
	w.open('{')
	w.str("channel", channel)
	w.str("type", kind)
	w.key("data")
	return w
}
