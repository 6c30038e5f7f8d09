package sim

import (
	"io"
	"math"

	"breakwater/exchange/money"
)

// FinalAuction lets everything that is at the venue, or on its way, trade once more at
// each instrument's last price after the feed has ended, without a bound on volume and
// with the model's spread and slippage; Next then hands over the outcomes. It is
// exchange.Auctioneer; false before the feed has ended.
func (r *Replay) FinalAuction() bool {
	if !r.ended || r.err != io.EOF {
		return false
	}
	v := r.venue
	for c := v.arrivals.head(); c != nil; c = v.arrivals.head() {
		v.AdvanceTo(c.due)
	}
	for i := range v.markets {
		m := &v.markets[i]
		if m.open == 0 || m.lastPrice == 0 {
			continue
		}
		m.capLeft, m.drift, m.printing = money.Qty(math.MaxInt64), 0, true
		v.print(m)
		m.printing = false
		v.settle(m.in.ID)
	}
	return true
}
