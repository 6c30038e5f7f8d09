package risk

import (
	"sort"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// depth is an instrument's book as the guard sees it: levels from the venue, best first.
// A source that only tells the top gives one level a side.
type depth struct{ side [2][]level }

type level struct {
	price money.Price
	qty   money.Qty
}

// maxLevels bounds a side.
const maxLevels = 1000

// set takes a level; quantity 0 removes it. It reports whether the book changed.
func (d *depth) set(side exchange.Side, p money.Price, q money.Qty) bool {
	levels := d.side[side]
	i := sort.Search(len(levels), func(i int) bool {
		if side == exchange.Buy {
			return levels[i].price <= p
		}
		return levels[i].price >= p
	})
	here := i < len(levels) && levels[i].price == p
	switch {
	case q == 0 && here:
		levels = append(levels[:i], levels[i+1:]...)
	case q == 0, here && levels[i].qty == q:
		return false
	case here:
		levels[i].qty = q
	case i < maxLevels:
		levels = append(levels, level{})
		copy(levels[i+1:], levels[i:])
		levels[i] = level{p, q}
		levels = levels[:min(len(levels), maxLevels)]
	default:
		return false
	}
	d.side[side] = levels
	return true
}

// top makes one level a side the whole book.
func (d *depth) top(bid money.Price, bidQty money.Qty, ask money.Price, askQty money.Qty) {
	d.clear()
	if bid > 0 {
		d.side[exchange.Buy] = append(d.side[exchange.Buy], level{bid, bidQty})
	}
	if ask > 0 {
		d.side[exchange.Sell] = append(d.side[exchange.Sell], level{ask, askQty})
	}
}

func (d *depth) clear() { d.side[0], d.side[1] = d.side[0][:0], d.side[1][:0] }

// best is bid and ask; ok is false when a side is empty.
func (d *depth) best() (bid, ask money.Price, ok bool) {
	if len(d.side[0]) == 0 || len(d.side[1]) == 0 {
		return
	}
	return d.side[exchange.Buy][0].price, d.side[exchange.Sell][0].price, true
}

// within is how much an order of a side could take at limit or better.
func (d *depth) within(side exchange.Side, limit money.Price) (sum money.Qty) {
	for _, l := range d.side[side.Opposite()] {
		if side == exchange.Buy && l.price > limit || side == exchange.Sell && l.price < limit {
			break
		}
		sum += l.qty
	}
	return sum
}

// walk is the price at which an order of a side would take its last unit; ok is false when
// the book does not have that much.
func (d *depth) walk(side exchange.Side, q money.Qty) (last money.Price, ok bool) {
	for _, l := range d.side[side.Opposite()] {
		if q -= l.qty; q <= 0 {
			return l.price, true
		}
	}
	return last, false
}
