package metrics

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Value is a statistic, or the reason why there is none. V is finite when OK and 0 when
// not; Why is empty when OK and never otherwise.
type Value struct {
	V   float64
	OK  bool
	Why string
}

// Of is the statistic v; a v that is no finite number is none.
func Of(v float64) Value {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return NA("out of the range of numbers")
	}
	return Value{V: v, OK: true}
}

// NA is no statistic, with the reason in a few words.
func NA(format string, args ...any) Value { return Value{Why: fmt.Sprintf(format, args...)} }

// String is the number with four decimals, or "N/A (reason)".
func (v Value) String() string { return v.Text(4) }

// Text is the number with that many decimals, or "N/A (reason)".
func (v Value) Text(decimals int) string { return v.text(1, decimals, "") }

// Percent is the number times 100 with that many decimals and " %", or "N/A (reason)".
func (v Value) Percent(decimals int) string { return v.text(100, decimals, " %") }

func (v Value) text(factor float64, decimals int, unit string) string {
	if !v.OK {
		return "N/A (" + v.reason() + ")"
	}
	s := strconv.FormatFloat(v.V*factor, 'f', decimals, 64)
	if f, err := strconv.ParseFloat(s, 64); err == nil && f == 0 {
		s = strconv.FormatFloat(0, 'f', decimals, 64) // never -0.00
	}
	return s + unit
}

func (v Value) reason() string {
	if v.Why == "" {
		return "not computed"
	}
	return v.Why
}

// MarshalJSON is a number, or null.
func (v Value) MarshalJSON() ([]byte, error) {
	if !v.OK {
		return []byte("null"), nil
	}
	return json.Marshal(v.V)
}

// UnmarshalJSON reads a number or null; the reason of a null is lost.
func (v *Value) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*v = NA("no value was stored")
		return nil
	}
	var x float64
	if err := json.Unmarshal(b, &x); err != nil {
		return err
	}
	*v = Of(x)
	return nil
}

// then is f of v, or v's reason.
func (v Value) then(f func(float64) Value) Value {
	if !v.OK {
		return v
	}
	return f(v.V)
}

// Interval is a 95 % interval, or the reason why there is none.
type Interval struct {
	Low, High float64
	OK        bool
	Why       string
}

// Text is "low to high" with that many decimals, or "N/A (reason)".
func (i Interval) Text(decimals int) string {
	low, high := i.ends()
	if !i.OK {
		return low.Text(decimals)
	}
	return low.Text(decimals) + " to " + high.Text(decimals)
}

// Percent is "low to high %" of 100 times the ends, or "N/A (reason)".
func (i Interval) Percent(decimals int) string {
	low, high := i.ends()
	if !i.OK {
		return low.Percent(decimals)
	}
	return low.text(100, decimals, "") + " to " + high.Percent(decimals)
}

func (i Interval) ends() (low, high Value) {
	if !i.OK {
		return Value{Why: i.Why}, Value{Why: i.Why}
	}
	return Of(i.Low), Of(i.High)
}

// String is the interval with four decimals, or "N/A (reason)".
func (i Interval) String() string { return i.Text(4) }

// MarshalJSON is [low, high], or null.
func (i Interval) MarshalJSON() ([]byte, error) {
	if !i.OK {
		return []byte("null"), nil
	}
	return json.Marshal([2]float64{i.Low, i.High})
}

// UnmarshalJSON reads [low, high] or null; the reason of a null is lost.
func (i *Interval) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*i = Interval{Why: "no interval was stored"}
		return nil
	}
	var ends [2]float64
	if err := json.Unmarshal(b, &ends); err != nil {
		return err
	}
	*i = Interval{Low: ends[0], High: ends[1], OK: true}
	return nil
}
