package risk

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Ablated is the control that the guard lacks; NoControl for every guard but those of
// NewWithout.
func (g *Guard) Ablated() Control { return g.s.without }

// Level is the global level.
func (g *Guard) Level() Level { return g.s.level }

// Equity is the guard's own view of the account's worth, in its currency, at the last
// marks.
func (g *Guard) Equity() money.Amount { return g.s.acct.equity }

// High is the high-water mark of the account's worth, in its currency.
func (g *Guard) High() money.Amount { return g.s.day.high }

// Balance is the guard's own view of an asset.
func (g *Guard) Balance(a exchange.AssetID) money.Amount { return g.s.acct.balance[a] }

// State is what the guard knows of an order of ours; open is false for one that is over or
// that it never had.
func (g *Guard) State(id exchange.OrderID) (state exchange.State, open bool) {
	if oo := g.s.acct.find(id); oo != nil {
		return oo.state, true
	}
	return 0, false
}

// Exact reports whether the source's balances are taken at their first word, as a
// replay's are.
func (g *Guard) Exact() bool { return g.s.limits.ReconcilePPM <= 0 }

// LastOrderID is the highest id that any run on record has used; 0: none.
func (g *Guard) LastOrderID() exchange.OrderID { return g.s.acct.lastID }

// LastSignal is the highest signal that a strategy has used on record; 0: none.
func (g *Guard) LastSignal(slot exchange.SlotID) uint64 { return g.s.rate.lastSignal(slot) }

// Flattening reports whether the operator has asked for everything to be sold.
func (g *Guard) Flattening() bool { return g.s.sale.on && g.s.level < Killed }

// Collar is how far from the reference price a limit on an instrument may be, in ppm.
func (g *Guard) Collar(id exchange.InstrumentID) int64 { return g.s.collarPPM(&g.s.market[id]) }

// MarketOrders reports whether market orders may go out; else the engine sends limits
// inside the collar that fill at once or not at all.
func (g *Guard) MarketOrders() bool { return g.s.limits.AllowMarket }
