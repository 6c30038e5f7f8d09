package reports

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// bucketsMax bounds a thinned curve. Each bucket gives its lowest and its highest point,
// so a curve has at most about 2,000: more than the pixels of a chart.
const bucketsMax = 1000

// Point is the account at one mark.
type Point struct {
	Time    exchange.Stamp
	Equity  money.Amount // in the account's currency
	Exposed money.Amount // the part of it held in coins
	Hold    float64      // what buying and holding the benchmark would be worth; 0: no price yet
}

// curve thins a stream of points: it keeps the lowest and the highest of every bucket,
// so the extremes of the whole stay. A bucket begins as one mark; when all are used,
// neighbours join and a bucket takes twice as many.
type curve struct {
	buckets []span
	open    span
	in      int // points in the open bucket
	width   int // points that fill it
}

type span struct{ low, high Point }

func newCurve() curve { return curve{buckets: make([]span, 0, bucketsMax), width: 1} }

func (c *curve) add(p *Point) {
	switch {
	case c.in == 0:
		c.open.low, c.open.high = *p, *p
	case p.Equity < c.open.low.Equity:
		c.open.low = *p
	case p.Equity > c.open.high.Equity:
		c.open.high = *p
	}
	if c.in++; c.in >= c.width {
		c.flush()
	}
}

func (c *curve) flush() {
	c.in = 0
	c.buckets = append(c.buckets, c.open)
	if len(c.buckets) < bucketsMax {
		return
	}
	half := c.buckets[:0]
	for i := 0; i+1 < bucketsMax; i += 2 {
		half = append(half, joined(c.buckets[i], c.buckets[i+1]))
	}
	c.buckets, c.width = half, 2*c.width
}

func joined(a, b span) span {
	if b.low.Equity < a.low.Equity {
		a.low = b.low
	}
	if b.high.Equity > a.high.Equity {
		a.high = b.high
	}
	return a
}

// points lists what is kept, in order of time and without repeats, with the extra points
// (first, last, peak and trough of the worst drawdown) in their places.
func (c *curve) points(extra ...Point) []Point {
	spans := c.buckets
	if c.in > 0 {
		spans = append(spans[:len(spans):len(spans)], c.open)
	}
	out := make([]Point, 0, 2*len(spans)+len(extra))
	for _, s := range spans {
		if s.high.Time < s.low.Time {
			s.low, s.high = s.high, s.low
		}
		out = append(out, s.low, s.high)
	}
	out = append(out, extra...)
	return inOrder(out)
}

// PriceBar is one thinned bar of the benchmark's price.
type PriceBar struct {
	Time                   exchange.Stamp // of its first bar's end
	Open, High, Low, Close money.Price
}

// priceCurve thins bars alike, into wider bars.
type priceCurve struct {
	bars  []PriceBar
	open  PriceBar
	in    int
	width int
}

func newPriceCurve() priceCurve {
	return priceCurve{bars: make([]PriceBar, 0, bucketsMax), width: 1}
}

func (c *priceCurve) add(ev *exchange.Event) {
	high, low := max(ev.High, ev.Price), ev.Low
	if low <= 0 {
		low = ev.Price
	}
	if c.in == 0 {
		c.open = PriceBar{Time: ev.Time, Open: ev.Open, High: high, Low: low}
	}
	c.open.High, c.open.Low, c.open.Close = max(c.open.High, high), min(c.open.Low, low), ev.Price
	if c.in++; c.in >= c.width {
		c.flush()
	}
}

func (c *priceCurve) flush() {
	c.in = 0
	c.bars = append(c.bars, c.open)
	if len(c.bars) < bucketsMax {
		return
	}
	half := c.bars[:0]
	for i := 0; i+1 < bucketsMax; i += 2 {
		a, b := c.bars[i], c.bars[i+1]
		a.High, a.Low, a.Close = max(a.High, b.High), min(a.Low, b.Low), b.Close
		half = append(half, a)
	}
	c.bars, c.width = half, 2*c.width
}

func (c *priceCurve) list() []PriceBar {
	if c.in == 0 {
		return c.bars
	}
	return append(c.bars[:len(c.bars):len(c.bars)], c.open)
}
