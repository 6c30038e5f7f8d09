package data

import (
	"bytes"
	"fmt"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// NextTrade reads the next trade. Where the file names no taker's side, Side is that of
// the last change of price: up is a buy, down a sell (the tick rule).
func (r *Reader) NextTrade(t *Trade) error {
	if err := r.readTrade(t); err != nil {
		return err
	}
	switch {
	case t.Price < 0 || t.Qty < 0:
		return r.refuse(DefectNegative, "", "price %s or volume %s is negative", r.price(t.Price), r.qty(t.Qty))
	case t.Price == 0 || t.Qty == 0:
		return r.refuse(DefectZero, "", "price or volume is zero")
	case t.Time < r.last && r.started:
		return r.refuse(DefectUnsorted, fmt.Sprintf("sort the file by time; \"breakwater data check %s\" lists all such rows", r.info.Name),
			"%v comes after %v", t.Time, r.last)
	case t.ID != 0 && t.ID == r.lastTrade.ID:
		return r.refuse(DefectDoubled, "", "trade %d is there twice", t.ID)
	}
	if r.l.side < 0 {
		t.Side = r.lastTrade.Side
		if t.Price > r.lastTrade.Price {
			t.Side = exchange.Buy
		} else if t.Price < r.lastTrade.Price {
			t.Side = exchange.Sell
		}
	}
	r.started, r.last, r.lastTrade = true, t.Time, *t
	return nil
}

// readTrade reads a row as it stands.
func (r *Reader) readTrade(t *Trade) error {
	if r.pos >= r.lim {
		if err := r.fill(); err != nil {
			return err
		}
	}
	*t = Trade{}
	if r.l.inOrder && r.fastTrade(t) {
		r.line++
	} else if err := r.slowTrade(t); err != nil {
		return err
	}
	if t.Time > latest {
		return r.tooLate(t.Time)
	}
	return nil
}

// fastTrade reads a row of plain time, price and volume; false leaves the row to
// slowTrade.
func (r *Reader) fastTrade(t *Trade) bool {
	var v [3]int64
	if !r.plainRow(v[:]) {
		return false
	}
	t.Time, t.Price, t.Qty = exchange.Stamp(v[0]), money.Price(v[1]), money.Qty(v[2])
	return true
}

// slowTrade reads a row of any layout and spelling.
func (r *Reader) slowTrade(t *Trade) error {
	if err := r.nextRow(); err != nil {
		return err
	}
	l := &r.l
	var d Defect
	if t.Time, d = l.timeOf(r.parts[l.time]); d != "" {
		return r.badField("time", l.time, d)
	}
	p, d := r.number(l.price, r.priceDec)
	if d != "" {
		return r.badField("price", l.price, d)
	}
	q, d := r.number(l.volume, r.lotDec)
	if d != "" {
		return r.badField("volume", l.volume, d)
	}
	t.Price, t.Qty = money.Price(p), money.Qty(q)
	if l.id >= 0 {
		id, d := r.number(l.id, 0)
		if d != "" || id < 0 {
			return r.refuse(DefectNumber, "", "trade id %q is no whole number", r.parts[l.id])
		}
		t.ID = uint64(id)
	}
	if l.side >= 0 {
		switch s := r.parts[l.side]; {
		case bytes.EqualFold(s, []byte("buy")) || bytes.EqualFold(s, []byte("b")):
		case bytes.EqualFold(s, []byte("sell")) || bytes.EqualFold(s, []byte("s")):
			t.Side = exchange.Sell
		default:
			return r.refuse(DefectSide, "", "side %q is neither buy nor sell", s)
		}
	}
	return nil
}
