package data

import (
	"fmt"
	"io"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Builder makes bars of one interval out of trades, or out of finer bars, as they come:
// the one way in which bars are made here, in every mode. Bars begin at multiples of
// the interval since 1970-01-01T00:00Z (Kraken's alignment, also for weeks), a trade at
// a border belongs to the later bar, and an interval without a trade makes no bar.
type Builder struct {
	interval time.Duration
	bar      Bar
	end      exchange.Stamp // of bar
	open     bool
}

// NewBuilder makes bars of an interval, which must be positive.
func NewBuilder(interval time.Duration) *Builder {
	if interval <= 0 {
		panic(fmt.Sprintf("BUG: builder of bars of %v", interval))
	}
	return &Builder{interval: interval}
}

// AddTrade takes the next trade in order of time. When it is the first one after the
// end of a bar, that bar is finished: it is put into *done, and finished is true. The
// error is a trade that comes before the bar that is open, or a volume beyond 64 bits.
func (b *Builder) AddTrade(t *Trade, done *Bar) (finished bool, err error) {
	return b.add(&Bar{Time: t.Time, Open: t.Price, High: t.Price, Low: t.Price, Close: t.Price, Volume: t.Qty, Count: 1}, done)
}

// AddBar takes the next finer bar in order of time, and finishes one as AddTrade does.
// The bar must lie within one of the builder's intervals; ResampleBars sees to it.
func (b *Builder) AddBar(in *Bar, done *Bar) (finished bool, err error) { return b.add(in, done) }

func (b *Builder) add(in *Bar, done *Bar) (finished bool, err error) {
	if b.open && in.Time < b.end {
		if in.Time < b.bar.Time {
			return false, fmt.Errorf("data: %v comes after the bar at %v was begun; sort by time", in.Time, b.bar.Time)
		}
		v, ok := money.Add(int64(b.bar.Volume), int64(in.Volume))
		if !ok {
			return false, fmt.Errorf("data: the volume of the bar at %v does not fit 64 bits; give --lot-decimals a smaller number", b.bar.Time)
		}
		b.bar.High, b.bar.Low, b.bar.Close = max(b.bar.High, in.High), min(b.bar.Low, in.Low), in.Close
		b.bar.Volume = money.Qty(v)
		b.bar.Count += in.Count
		return false, nil
	}
	finished = b.Flush(done)
	b.bar, b.open = *in, true
	b.bar.Time = floor(in.Time, b.interval)
	b.end = b.bar.Time.Add(b.interval)
	return finished, nil
}

// AdvanceTo says that no trade before t is to come: the open bar is finished when it
// ends at t or before.
func (b *Builder) AdvanceTo(t exchange.Stamp, done *Bar) (finished bool) {
	return b.open && b.end <= t && b.Flush(done)
}

// Flush finishes the open bar, even if its interval is not over; false when none is.
func (b *Builder) Flush(done *Bar) bool {
	if !b.open {
		return false
	}
	*done, b.open = b.bar, false
	return true
}

// floor is the largest multiple of the interval that is not after t.
func floor(t exchange.Stamp, interval time.Duration) exchange.Stamp {
	r := t % exchange.Stamp(interval)
	if r < 0 {
		r += exchange.Stamp(interval)
	}
	return t - r
}

// built is a BarSource of a Builder over a source.
type built struct {
	b      *Builder
	trades TradeSource
	bars   BarSource
	from   time.Duration // of bars
	trade  Trade
	bar    Bar
	over   bool
}

// BuildBars makes bars out of trades. The last one is that of the last trade, whether
// its interval was over or not.
func BuildBars(trades TradeSource, interval time.Duration) (BarSource, error) {
	if interval <= 0 {
		return nil, fmt.Errorf("data: %v is no bar size; give 1m, 15m, 4h, 1d or 1w", interval)
	}
	return &built{b: NewBuilder(interval), trades: trades}, nil
}

// ResampleBars makes bars out of finer ones. It refuses a size that is no multiple of
// theirs, and fails on a bar that reaches over the border of two.
func ResampleBars(bars BarSource, from, to time.Duration) (BarSource, error) {
	if from <= 0 || to <= 0 || to%from != 0 {
		return nil, fmt.Errorf("data: bars of %s cannot be made out of bars of %s; give a multiple", IntervalText(to), IntervalText(from))
	}
	return &built{b: NewBuilder(to), bars: bars, from: from}, nil
}

func (s *built) NextBar(done *Bar) error {
	for !s.over {
		finished, err := s.step(done)
		if err == io.EOF {
			s.over = true
			if s.b.Flush(done) {
				return nil
			}
			break
		}
		if err != nil || finished {
			return err
		}
	}
	return io.EOF
}

// step takes one more row.
func (s *built) step(done *Bar) (finished bool, err error) {
	if s.trades != nil {
		if err := s.trades.NextTrade(&s.trade); err != nil {
			return false, err
		}
		return s.b.AddTrade(&s.trade, done)
	}
	if err := s.bars.NextBar(&s.bar); err != nil {
		return false, err
	}
	if s.bar.Time-floor(s.bar.Time, s.b.interval) > exchange.Stamp(s.b.interval-s.from) {
		return false, fmt.Errorf("data: the bar at %v reaches over the end of a bar of %s; resample to another size", s.bar.Time, IntervalText(s.b.interval))
	}
	return s.b.AddBar(&s.bar, done)
}
