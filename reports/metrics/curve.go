package metrics

import (
	"fmt"
	"math"
	"time"

	"breakwater/exchange"
)

// Point is an account's equity at an instant, in the account's currency.
type Point struct {
	Time   exchange.Stamp
	Equity float64
}

// Curve gathers an equity curve of any length in constant time a point, keeping one
// close for each UTC day and the drawdowns of every point. The zero Curve is empty.
type Curve struct {
	first, last   Point
	points        int
	closes        []Point        // the last point of each day that has one
	midnight      exchange.Stamp // that ends the day of the last close
	lowest        float64
	peak          float64
	exposedPoints int
	exposed       time.Duration
	falls         falls
	broken        string
}

// Add takes the next point. held says whether a position was open at some time since the
// point before (or in the bar that ends here). A point that goes back in time or is no
// finite number makes every statistic N/A with that reason.
func (c *Curve) Add(t exchange.Stamp, equity float64, held bool) {
	if c.broken != "" {
		return
	}
	switch {
	case math.IsNaN(equity) || math.IsInf(equity, 0):
		c.broken = fmt.Sprintf("equity is no number at %v", t)
		return
	case c.points > 0 && t < c.last.Time:
		c.broken = fmt.Sprintf("time goes back at %v", t)
		return
	}
	p := Point{t, equity}
	if c.points == 0 {
		c.first, c.lowest, c.peak = p, equity, equity
	} else if held {
		c.exposed += t.Sub(c.last.Time)
	}
	if held {
		c.exposedPoints++
	}
	c.points++
	c.last = p
	c.lowest, c.peak = min(c.lowest, equity), max(c.peak, equity)
	c.falls.add(p)
	if n := len(c.closes); n > 0 && t <= c.midnight {
		c.closes[n-1] = p
		return
	}
	c.closes = append(c.closes, p)
	c.midnight = endOf(closingDay(t))
}

// closingDay is the UTC day that a point closes: midnight belongs to the day it ends.
func closingDay(t exchange.Stamp) int64 {
	if t == math.MinInt64 {
		return t.Day()
	}
	return (t - 1).Day()
}

// endOf is the midnight that ends a day, or Never.
func endOf(day int64) exchange.Stamp {
	const seconds = 86_400
	if day >= int64(exchange.Never/1e9/seconds) {
		return exchange.Never
	}
	return exchange.Seconds((day + 1) * seconds)
}

// Days is the curve by UTC days: its first point, then one close a day, each day without
// a point closing where the day before did. A day's close is the last point up to and
// with midnight; the first and the last day may be parts of days.
func (c *Curve) Days() []Point {
	if c.points == 0 {
		return nil
	}
	out := []Point{c.first}
	if c.closes[0].Time > c.first.Time {
		out = append(out, c.closes[0])
	}
	for i := 1; i < len(c.closes); i++ {
		before, next := c.closes[i-1], c.closes[i]
		for d := closingDay(before.Time) + 1; d < closingDay(next.Time); d++ {
			out = append(out, Point{endOf(d), before.Equity})
		}
		out = append(out, next)
	}
	return out
}

// Returns are the relative changes from point to point, one fewer than points. A change
// from an equity of zero or below has no return: NaN.
func Returns(points []Point) []float64 {
	var out []float64
	for i := 1; i < len(points); i++ {
		r := math.NaN()
		if points[i-1].Equity > 0 {
			r = points[i].Equity/points[i-1].Equity - 1
		}
		out = append(out, r)
	}
	return out
}

// Empty reports whether no point was added.
func (c *Curve) Empty() bool { return c.points == 0 }

// usable is OK when statistics of the curve mean something.
func (c *Curve) usable() Value {
	switch {
	case c == nil || c.points == 0:
		return NA("no equity curve")
	case c.broken != "":
		return NA("%s", c.broken)
	case c.points == 1:
		return NA("only one point")
	case c.first.Equity <= 0:
		return NA("no equity at the start")
	}
	return Of(0)
}

// TotalReturn is last/first - 1. N/A for fewer than two points or no equity at the start.
func (c *Curve) TotalReturn() Value {
	return c.usable().then(func(float64) Value { return Of(c.last.Equity/c.first.Equity - 1) })
}

// CAGR is (last/first)^(1/years) - 1, a year having 365.25 calendar days. N/A as
// TotalReturn, and where no time passed or equity fell below zero.
func (c *Curve) CAGR() Value {
	return c.usable().then(func(float64) Value {
		years := c.years()
		switch {
		case years <= 0:
			return NA("no time passed")
		case c.last.Equity < 0:
			return NA("equity fell below zero")
		}
		return Of(math.Pow(c.last.Equity/c.first.Equity, 1/years) - 1)
	})
}

// ExposureTime is the share of the time with a position. N/A where no time passed.
func (c *Curve) ExposureTime() Value {
	return c.usable().then(func(float64) Value {
		total := c.span()
		if total <= 0 {
			return NA("no time passed")
		}
		return Of(float64(c.exposed) / float64(total))
	})
}

// years of 365.25 days between the first and the last point.
func (c *Curve) years() float64 { return c.span().Hours() / 24 / 365.25 }

func (c *Curve) span() time.Duration { return between(c.first.Time, c.last.Time) }

// between is the time from a to b, at most the longest Duration (292 years).
func between(a, b exchange.Stamp) time.Duration {
	if d := b.Sub(a); d >= 0 {
		return d
	}
	return math.MaxInt64
}
