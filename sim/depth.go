package sim

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Level is one price of a book and what its orders show there.
type Level struct {
	Price money.Price
	Qty   money.Qty
}

// Depth appends the best n levels of a side's resting limit orders to dst, the best
// first. Hidden parts of icebergs are not in it.
func (v *Venue) Depth(i exchange.InstrumentID, side exchange.Side, n int, dst []Level) []Level {
	b, l := &v.markets[i].book, own(side)
	rungs := b.rungs[l]
	for r := len(rungs) - 1; r >= 0 && n > 0; r, n = r-1, n-1 {
		lv := Level{Price: money.Price(rungs[r].key)}
		if l.rising() {
			lv.Price = -lv.Price
		}
		for at := b.levels[rungs[r].level].head; at != none; at = b.nodes[at].next {
			lv.Qty += b.nodes[at].shown
		}
		dst = append(dst, lv)
	}
	return dst
}

// At is what a side's resting limit orders show at a price, 0 where there are none.
func (v *Venue) At(i exchange.InstrumentID, side exchange.Side, p money.Price) (q money.Qty) {
	b, l := &v.markets[i].book, own(side)
	at, ok := find(b.rungs[l], l.key(p))
	if !ok {
		return 0
	}
	for n := b.levels[b.rungs[l][at].level].head; n != none; n = b.nodes[n].next {
		q += b.nodes[n].shown
	}
	return q
}

// Resting is an order in a book and what it shows.
type Resting struct {
	Account exchange.AccountID
	Order   exchange.OrderID
	Qty     money.Qty
}

// Queue appends the resting limit orders of a side at a price to dst, in the order in
// which they will be met.
func (v *Venue) Queue(i exchange.InstrumentID, side exchange.Side, p money.Price, dst []Resting) []Resting {
	b, l := &v.markets[i].book, own(side)
	at, ok := find(b.rungs[l], l.key(p))
	if !ok {
		return dst
	}
	for n := b.levels[b.rungs[l][at].level].head; n != none; n = b.nodes[n].next {
		dst = append(dst, Resting{b.nodes[n].account, v.orders.at(b.nodes[n].ref).ID, b.nodes[n].shown})
	}
	return dst
}

// Net is the sum of all of the venue's books of an asset, its own included: what every
// posting keeps at zero.
func (v *Venue) Net(asset exchange.AssetID) money.Amount { return v.ledger.net(asset) }
