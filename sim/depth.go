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

// Net is the sum of all of the venue's books of an asset, its own included: what every
// posting keeps at zero.
func (v *Venue) Net(asset exchange.AssetID) money.Amount { return v.ledger.net(asset) }
