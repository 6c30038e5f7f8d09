package metrics

import (
	"encoding/json"
	"math"
	"time"

	"breakwater/exchange"
)

// Drawdown is a fall from a high and the way back.
type Drawdown struct {
	Depth     float64        // lowest/high - 1, negative
	Peak      exchange.Stamp // the last point at the high before the fall
	Trough    exchange.Stamp // the first point at the lowest
	Recovery  exchange.Stamp // the first point back at the high, or the last of the curve
	Recovered bool
}

// Duration is from peak to recovery, or to the end of the curve.
func (d Drawdown) Duration() time.Duration { return between(d.Peak, d.Recovery) }

// MarshalJSON writes instants as RFC 3339, and null for a recovery that did not come.
func (d Drawdown) MarshalJSON() ([]byte, error) {
	type text struct {
		Depth    float64    `json:"depth"`
		Peak     time.Time  `json:"peak"`
		Trough   time.Time  `json:"trough"`
		Recovery *time.Time `json:"recovery"`
		Days     float64    `json:"days"`
	}
	t := text{Depth: d.Depth, Peak: d.Peak.Time(), Trough: d.Trough.Time(), Days: d.Duration().Hours() / 24}
	if r := d.Recovery.Time(); d.Recovered {
		t.Recovery = &r
	}
	return json.Marshal(t)
}

// falls follows the drawdowns of a curve point by point.
type falls struct {
	started    bool
	high       Point
	open       Drawdown // Depth 0: none
	deepest    Drawdown
	longest    Drawdown
	count      int
	depths     float64 // sum over ended drawdowns
	totalHours float64 // sum over ended drawdowns
}

func (f *falls) add(p Point) {
	if !f.started || p.Equity >= f.high.Equity {
		if f.started && f.open.Depth < 0 {
			f.open.Recovery, f.open.Recovered = p.Time, true
			*f = f.closed()
		}
		f.started, f.high = true, p
		return
	}
	depth := math.Inf(-1)
	if f.high.Equity > 0 {
		depth = p.Equity/f.high.Equity - 1
	}
	if f.open.Depth == 0 {
		f.open.Peak = f.high.Time
	}
	if depth < f.open.Depth {
		f.open.Depth, f.open.Trough = depth, p.Time
	}
	f.open.Recovery = p.Time
}

// closed is f with the open drawdown counted; adding may go on with f itself.
func (f falls) closed() falls {
	d := f.open
	if d.Depth == 0 {
		return f
	}
	f.open = Drawdown{}
	f.count++
	f.depths += d.Depth
	f.totalHours += d.Duration().Hours()
	if d.Depth < f.deepest.Depth {
		f.deepest = d
	}
	if d.Duration() > f.longest.Duration() {
		f.longest = d
	}
	return f
}

// MaxDrawdown is the deepest fall from a high at any point of the curve, 0 where there
// was none, and that fall (nil where there was none).
func (c *Curve) MaxDrawdown() (Value, *Drawdown) {
	if u := c.usable(); !u.OK {
		return u, nil
	}
	f := c.falls.closed()
	if f.count == 0 {
		return Of(0), nil
	}
	v := Of(f.deepest.Depth)
	if !v.OK {
		return v, nil
	}
	return v, &f.deepest
}

// LongestDrawdown is the longest time from a high to the return to it, or to the end of
// the curve; nil where there was none, or its depth is no number.
func (c *Curve) LongestDrawdown() *Drawdown {
	f := c.falls.closed()
	if !c.usable().OK || f.count == 0 || !Of(f.longest.Depth).OK {
		return nil
	}
	return &f.longest
}

// averageDrawdown is the mean depth and the mean duration in days over all drawdowns.
func (c *Curve) averageDrawdown() (depth, days Value) {
	if u := c.usable(); !u.OK {
		return u, u
	}
	f := c.falls.closed()
	if f.count == 0 {
		return NA("no drawdown"), NA("no drawdown")
	}
	n := float64(f.count)
	return Of(f.depths / n), Of(f.totalHours / 24 / n)
}

// MaxDrawdown is the deepest fall of the wealth that starts at 1 and earns the returns,
// negative or 0. NaN returns are left out. N/A for no returns, or wealth below zero.
func MaxDrawdown(returns []float64) Value {
	r := observed(returns)
	if len(r) == 0 {
		return NA("no returns")
	}
	return sampleOf(r, 0).maxDrawdown()
}
