package krakend

import (
	"bytes"
	"encoding/json"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// object is a JSON object whose members keep their order: Kraken lists the newest first.
type object []member

type member struct {
	key   string
	value any
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, quoted(m.key)...), ':')
		v, err := marshal(m.value)
		if err != nil {
			return nil, err
		}
		b = append(b, v...)
	}
	return append(b, '}'), nil
}

// quoted is a JSON string.
func quoted(s string) []byte {
	b, _ := marshal(s) // a string cannot fail
	return b
}

// marshal is json.Marshal without the escapes that are for HTML: Kraken's descriptions
// have an arrow in them.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// instant is a time as unix seconds with a fraction, as Kraken writes the times of orders,
// trades and ledger rows.
type instant exchange.Stamp

// MarshalJSON writes a number; no time is 0.
func (t instant) MarshalJSON() ([]byte, error) {
	if t == 0 || exchange.Stamp(t) == exchange.Never {
		return []byte("0"), nil
	}
	return unixSeconds(nil, exchange.Stamp(t), 7), nil
}

// unixSeconds appends a time as seconds with the given number of decimals, zeros at the
// end left out.
func unixSeconds(b []byte, t exchange.Stamp, decimals uint8) []byte {
	return append(b, money.Trim(rescaled(int64(t), 9, decimals), decimals)...)
}

// rescaled is v moved to other decimals, digits that do not fit cut off: for display only,
// no balance is made of it.
func rescaled(v int64, from, to uint8) int64 {
	if from == to {
		return v
	}
	w, ok := money.Rescale(v, from, to, money.Down)
	if !ok {
		return v / money.Pow10[min(from, money.MaxDecimals)]
	}
	return w
}

// shown is v of one scale as text of another.
func shown(v int64, from, to uint8) string { return money.Format(rescaled(v, from, to), to) }
