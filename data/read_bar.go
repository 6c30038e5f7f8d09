package data

import (
	"fmt"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// NextBar reads the next bar. It refuses, with a *RowError, numbers that do not fit the
// scale, an impossible bar, and one that opens before the bar before it ends.
func (r *Reader) NextBar(b *Bar) error {
	if err := r.readBar(b); err != nil {
		return err
	}
	if b.Low <= 0 || b.High < b.Low || b.Open > b.High || b.Open < b.Low || b.Close > b.High || b.Close < b.Low || b.Volume < 0 || b.Count < 0 {
		return r.impossible(b)
	}
	if b.Time < r.next || r.info.Interval <= 0 || r.uneven != nil {
		if err := r.misplaced(b); err != nil {
			return err
		}
	}
	r.started = true
	r.last, r.next = b.Time, b.Time.Add(r.info.Interval)
	return nil
}

// readBar reads a row as it stands.
func (r *Reader) readBar(b *Bar) error {
	if r.pos >= r.lim {
		if err := r.fill(); err != nil {
			return err
		}
	}
	if r.l.inOrder && r.fastBar(b) {
		r.line++
	} else if err := r.slowBar(b); err != nil {
		return err
	}
	if b.Time > latest {
		return r.tooLate(b.Time)
	}
	return nil
}

// fastBar reads a row of plain numbers in Kraken's order of columns; false leaves the
// row to slowBar.
func (r *Reader) fastBar(b *Bar) bool {
	var v [7]int64
	if !r.plainRow(v[:r.l.columns]) {
		return false
	}
	b.Time = exchange.Stamp(v[0]) + r.l.base
	b.Open, b.High, b.Low, b.Close = money.Price(v[1]), money.Price(v[2]), money.Price(v[3]), money.Price(v[4])
	b.Volume, b.Count = money.Qty(v[5]), v[6]
	return true
}

// slowBar reads a row of any layout and spelling.
func (r *Reader) slowBar(b *Bar) error {
	if err := r.nextRow(); err != nil {
		return err
	}
	l := &r.l
	var d Defect
	if b.Time, d = l.timeOf(r.parts[l.time]); d != "" {
		return r.badField("time", l.time, d)
	}
	for _, f := range [...]struct {
		name string
		at   int
		to   *money.Price
	}{{"open", l.open, &b.Open}, {"high", l.high, &b.High}, {"low", l.low, &b.Low}, {"close", l.close, &b.Close}} {
		v, d := r.number(f.at, r.priceDec)
		if d != "" {
			return r.badField(f.name, f.at, d)
		}
		*f.to = money.Price(v)
	}
	v, d := r.number(l.volume, r.lotDec)
	if d == DefectPrecision {
		// A bar's volume is a sum, and public files carry what float64 made of it.
		if n, ok := withoutNoise(r.parts[l.volume], r.lotDec); ok {
			v, d = n, ""
			r.noisy++
		}
	}
	if d != "" {
		return r.badField("volume", l.volume, d)
	}
	b.Volume, b.Count = money.Qty(v), 0
	if l.count >= 0 {
		if b.Count, d = r.number(l.count, 0); d != "" {
			return r.badField("trades", l.count, d)
		}
	}
	return nil
}

// impossible is the error of a bar that cannot be right; nil when it can.
func (r *Reader) impossible(b *Bar) error {
	for _, f := range [...]struct {
		name string
		p    money.Price
	}{{"open", b.Open}, {"high", b.High}, {"low", b.Low}, {"close", b.Close}} {
		if f.p < 0 {
			return r.refuse(DefectNegative, "", "%s %s is negative", f.name, r.price(f.p))
		}
		if f.p == 0 {
			return r.refuse(DefectZero, "", "%s is zero", f.name)
		}
	}
	if b.Volume < 0 {
		return r.refuse(DefectNegative, "", "volume %s is negative", r.qty(b.Volume))
	}
	if b.Count < 0 {
		return r.refuse(DefectNegative, "", "the number of trades, %d, is negative", b.Count)
	}
	if b.High < b.Low {
		return r.refuse(DefectHighLow, "", "high %s is below low %s", r.price(b.High), r.price(b.Low))
	}
	for _, f := range [...]struct {
		name string
		p    money.Price
	}{{"open", b.Open}, {"close", b.Close}} {
		if f.p < b.Low || f.p > b.High {
			return r.refuse(DefectOutside, "", "%s %s lies outside low %s and high %s", f.name, r.price(f.p), r.price(b.Low), r.price(b.High))
		}
	}
	return nil
}

// misplaced is the error of a bar whose time does not fit the one before; nil when it
// fits.
func (r *Reader) misplaced(b *Bar) error {
	if r.uneven != nil {
		return r.uneven
	}
	switch {
	case !r.started || b.Time >= r.next:
		return nil
	case b.Time == r.last:
		return r.refuse(DefectDoubled, "", "a second bar at %v", b.Time)
	case b.Time < r.last:
		return r.refuse(DefectUnsorted, fmt.Sprintf("sort the file by time; \"breakwater data check %s\" lists all such rows", r.info.Name),
			"%v comes after %v", b.Time, r.last)
	}
	return r.refuse(DefectOverlap, fmt.Sprintf("give --interval %s, or remove the row", IntervalText(b.Time.Sub(r.last))),
		"the bar at %v opens before the one at %v ends, with bars of %s", b.Time, r.last, IntervalText(r.info.Interval))
}
