package krakend

import (
	"time"

	"breakwater/data"
	"breakwater/exchange/money"
)

// open reads what the candles need of the past, and lays the feed so that its next bar or
// trade falls on the crowd's first minute. The shift is a whole number of bars, so that
// candles keep their borders.
func (w *crowd) open(c *core, m *market) error {
	grid := time.Minute
	bars := 0
	if w.path.series.Bars != nil {
		grid = w.path.series.Interval
		ahead := &readAhead{BarSource: w.path.series.Bars}
		w.path.series.Bars = ahead
		bars = min(defaultHistory, ahead.look(2*defaultHistory)/2)
	}
	var past []data.Bar
	first, err := w.path.history(bars, func(b *data.Bar) { past = append(past, *b) })
	if err != nil {
		return err
	}
	w.path.shift = c.now.Sub(first) / grid * grid
	if c.now < first.Add(w.path.shift) {
		w.path.shift -= grid
	}
	minutes, volume := int64(0), money.Qty(0)
	for i := range past {
		b := &past[i]
		m.history(b.Time.Add(w.path.shift), grid, b.Open, b.High, b.Low, b.Close, b.Volume, b.Count)
		minutes += int64(grid / time.Minute)
		volume += b.Volume / 1024
	}
	w.typed = w.least(m, w.path.price) * 200
	if minutes > 0 {
		w.typed = max(w.least(m, w.path.price), money.Qty(int64(volume)/minutes*1024/tradesPerMinute))
	}
	return nil
}

// tradesPerMinute is what the crowd's sizes are made for: a bar's volume in so many trades.
const tradesPerMinute = 5

// readAhead is a source of bars that can be looked into.
type readAhead struct {
	data.BarSource
	bars []data.Bar
}

// look reads up to n bars ahead and says how many there are.
func (r *readAhead) look(n int) int {
	var b data.Bar
	for len(r.bars) < n && r.BarSource.NextBar(&b) == nil {
		r.bars = append(r.bars, b)
	}
	return len(r.bars)
}

// NextBar gives the bars that were looked at first.
func (r *readAhead) NextBar(b *data.Bar) error {
	if len(r.bars) > 0 {
		*b, r.bars = r.bars[0], r.bars[1:]
		return nil
	}
	return r.BarSource.NextBar(b)
}
