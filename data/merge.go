package data

import (
	"fmt"
	"io"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Series is one stream of bars or of trades of one instrument.
type Series struct {
	Name       string // for messages
	Instrument exchange.InstrumentID
	Interval   time.Duration // of the bars; 0 with trades
	Bars       BarSource     // exactly one of Bars and Trades is set
	Trades     TradeSource
}

// Empty says what becomes of intervals without a bar.
type Empty string

// Skip leaves gaps as they are. Flat fills them as Kraken's feeds do: all four prices
// the close before, volume and count 0.
const (
	Skip Empty = "skip"
	Flat Empty = "flat"
)

// Merger is an exchange.Feed of several series, in total order by time, class and
// place of the series: at one instant closings of bars come first, then trades, then
// openings. For each instrument the venue matches on one series: trades if there are
// any, else the finest bars; only that one gives openings, and its bars are Matched.
// Series of one kind for one instrument go on one after the other, as Kraken's quarterly
// files do, and must be given in order of time.
type Merger struct {
	cursors []cursor
	flat    bool
	current *cursor // the one that must move before the next event; nil: none yet, or over
	seq     uint64
	err     error
}

// Classes of events at one instant, in order.
const (
	classClose = iota
	classTrade
	classOpen
)

// cursor is a series at its next event.
type cursor struct {
	at      exchange.Stamp // of the next event; Never at the end
	end     exchange.Stamp // of bar
	class   uint8
	matched bool
	place   uint16
	bars    BarSource
	trades  TradeSource
	bar     Bar
	trade   Trade
	held    Bar     // the real bar behind a gap that is being filled
	fill    int64   // flat bars still to come before held
	next    *cursor // the series that goes on where this one ends
	follows *cursor // the one that ended where this one goes on
	s       Series
	sum     SeriesSummary
}

// SeriesSummary is what passed of one series.
type SeriesSummary struct {
	Name       string                `json:"name"`
	Instrument exchange.InstrumentID `json:"instrument"`
	Interval   time.Duration         `json:"interval_ns,omitempty"`
	Matched    bool                  `json:"matched"`
	Rows       int64                 `json:"rows"` // as read, filled ones not counted
	First      Instant               `json:"first"`
	Last       Instant               `json:"last"` // opening of the last bar, or the last trade
	Gaps       Gaps                  `json:"gaps"`
}

// Merge makes a Feed of the series. It refuses an empty list, and a series without
// source or bar size.
func Merge(series []Series, empty Empty) (*Merger, error) {
	if empty != Skip && empty != Flat {
		return nil, fmt.Errorf("data: --empty %s is unknown; give skip or flat", empty)
	}
	if len(series) == 0 {
		return nil, fmt.Errorf("data: nothing to merge; give at least one series")
	}
	m := &Merger{cursors: make([]cursor, len(series)), flat: empty == Flat}
	for i, s := range series {
		switch {
		case (s.Bars == nil) == (s.Trades == nil):
			return nil, fmt.Errorf("data: %s: a series has either bars or trades", s.Name)
		case s.Bars != nil && s.Interval <= 0:
			return nil, fmt.Errorf("data: %s: the bar size is not known; give --interval", s.Name)
		case s.Trades != nil:
			s.Interval = 0
		}
		c := &m.cursors[i]
		*c = cursor{s: s, at: exchange.Never, place: uint16(i), bars: s.Bars, trades: s.Trades,
			sum: SeriesSummary{Name: s.Name, Instrument: s.Instrument, Interval: s.Interval}}
		for k := range m.cursors[:i] {
			if o := &m.cursors[k]; o.s.Instrument == s.Instrument && o.s.Interval == s.Interval {
				c.follows = o // the last of them, in the end
			}
		}
		if c.follows != nil {
			c.follows.next = c
		}
	}
	for i := range m.cursors {
		c := &m.cursors[i]
		c.matched = true
		for k := range m.cursors {
			if o := &m.cursors[k].s; o.Instrument == c.s.Instrument && o.Interval < c.s.Interval {
				c.matched = false
			}
		}
		c.sum.Matched = c.matched
	}
	return m, nil
}

// Next fills *e with the next event; io.EOF after the last one of all series. An error
// of a source comes in its place in the order and stays.
func (m *Merger) Next(e *exchange.Event) error {
	c := m.current
	switch {
	case c == nil:
		if m.err == nil {
			m.err = m.prime()
		}
		if m.err != nil {
			return m.err
		}
		c = m.pick()
	case c.class == classOpen:
		c.at, c.class = c.end, classClose
		if len(m.cursors) > 1 {
			c = m.pick()
		}
	default:
		if err := m.load(c); err != nil {
			m.err, m.current = err, nil
			return err
		}
		if len(m.cursors) > 1 {
			c = m.pick()
		}
	}
	if c.at == exchange.Never {
		m.err, m.current = io.EOF, nil
		return io.EOF
	}
	m.seq++
	c.put(e, m.seq)
	return nil
}

// put fills *e with the cursor's event. It clears and then sets field by field: a
// literal would be built aside and copied, at twice the time.
func (c *cursor) put(e *exchange.Event, seq uint64) {
	*e = exchange.Event{}
	e.Seq, e.Time, e.Received, e.Interval = seq, c.at, c.at, c.s.Interval
	e.Last, e.Source, e.Instrument = true, c.place, c.s.Instrument
	b := &c.bar
	switch c.class {
	case classClose:
		e.Kind, e.Matched = exchange.KindBar, c.matched
		e.Open, e.High, e.Low, e.Price, e.Qty, e.Count = b.Open, b.High, b.Low, b.Close, b.Volume, b.Count
	case classOpen:
		e.Kind, e.Open, e.Qty = exchange.KindOpen, b.Open, b.Volume
	default:
		t := &c.trade
		e.Kind, e.Price, e.Qty, e.Side, e.TradeID = exchange.KindTrade, t.Price, t.Qty, t.Side, t.ID
	}
}

// prime reads the first row of every series that goes on from no other.
func (m *Merger) prime() error {
	for i := range m.cursors {
		if m.cursors[i].follows != nil {
			continue
		}
		if err := m.load(&m.cursors[i]); err != nil {
			return err
		}
	}
	return nil
}

// pick makes the cursor with the earliest event the current one.
func (m *Merger) pick() *cursor {
	best := &m.cursors[0]
	for i := 1; i < len(m.cursors); i++ {
		if c := &m.cursors[i]; c.at < best.at || c.at == best.at && c.class < best.class {
			best = c
		}
	}
	m.current = best
	return best
}

// load reads a cursor's next row, or makes the next flat bar of a gap.
func (m *Merger) load(c *cursor) error {
	if c.trades != nil {
		err := c.trades.NextTrade(&c.trade)
		if err == io.EOF {
			return m.goOn(c)
		}
		if err == nil && c.begun() && c.trade.Time < c.end {
			return c.tooEarly(c.trade.Time)
		}
		c.at, c.class, c.end = c.trade.Time, classTrade, c.trade.Time
		c.count(c.trade.Time)
		return err
	}
	if c.fill > 0 {
		c.flatBar()
		return nil
	}
	end, before := c.end, c.bar.Close
	if err := c.bars.NextBar(&c.bar); err == io.EOF {
		return m.goOn(c)
	} else if err != nil {
		return err
	}
	if c.bar.Time != end && c.begun() {
		if c.bar.Time < end {
			return c.tooEarly(c.bar.Time)
		}
		n := c.sum.Gaps.note(end, c.bar.Time, c.s.Interval)
		if m.flat && n > 0 {
			c.held, c.fill = c.bar, n+1
			c.bar = Bar{Time: end.Add(-c.s.Interval), Close: before}
			c.count(c.held.Time)
			c.flatBar()
			return nil
		}
	}
	c.count(c.bar.Time)
	c.open()
	return nil
}

// goOn ends a series and begins the one that follows it, from its last close on.
func (m *Merger) goOn(c *cursor) error {
	c.at = exchange.Never
	if c.next == nil {
		return nil
	}
	c.next.end, c.next.bar.Close = c.end, c.bar.Close
	if c.sum.Rows == 0 {
		c.next.follows = c.follows // an empty one, as by a window of time
	}
	return m.load(c.next)
}

// begun reports whether a row came before the one that was read now.
func (c *cursor) begun() bool { return c.sum.Rows > 0 || c.follows != nil && c.follows.sum.Rows > 0 }

// tooEarly is the error of a row before the end of the one before it.
func (c *cursor) tooEarly(t exchange.Stamp) error {
	if c.sum.Rows == 0 {
		return fmt.Errorf("%s: it begins at %v, before the end of %s; give files of one pair in order of time and without rows in common", c.s.Name, t, c.follows.s.Name)
	}
	if c.trades != nil {
		return fmt.Errorf("%s: the trade at %v comes after %v; sort the file by time", c.s.Name, t, c.end)
	}
	return fmt.Errorf("%s: the bar at %v opens before the one before it ends, with bars of %s; give --interval, or run \"breakwater data check %s\"",
		c.s.Name, t, IntervalText(c.s.Interval), c.s.Name)
}

func (c *cursor) count(t exchange.Stamp) {
	if c.sum.Rows == 0 {
		c.sum.First = Instant(t)
	}
	c.sum.Rows++
	c.sum.Last = Instant(t)
}

// flatBar is the next bar of a gap, or the held one behind it.
func (c *cursor) flatBar() {
	if c.fill--; c.fill == 0 {
		c.bar = c.held
	} else {
		p := c.bar.Close
		c.bar = Bar{Time: c.bar.Time.Add(c.s.Interval), Open: p, High: p, Low: p, Close: p, Volume: money.Qty(0)}
	}
	c.open()
}

// open makes the opening of the bar the cursor's next event, or its close where the
// venue does not match on it.
func (c *cursor) open() {
	c.at, c.class, c.end = c.bar.Time, classOpen, c.bar.Time.Add(c.s.Interval)
	if !c.matched {
		c.at, c.class = c.end, classClose
	}
}

// Summaries tells what has passed of each series so far.
func (m *Merger) Summaries() []SeriesSummary {
	out := make([]SeriesSummary, len(m.cursors))
	for i := range m.cursors {
		out[i] = m.cursors[i].sum
	}
	return out
}
