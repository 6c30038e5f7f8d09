package world

import (
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/sim"
)

// greet is what the venue tells whoever connects, and what a process finds out about its
// surroundings at its start.
func (w *World) greet() {
	facts := w.cfg.Facts
	w.tell(exchange.Event{Kind: exchange.KindLink, State: exchange.Working})
	if facts&exchange.FactHost != 0 {
		w.tellCheck(risk.SingleInstance, true, "")
		w.tellCheck(risk.EnvironmentMatch, !w.ops.wrongKey, "the key is of another environment")
		w.tellCheck(risk.SecretsHygiene, !w.ops.exposed, "the key file has mode 0644; make it 0600")
		w.tellCheck(risk.BuildIdentity, !w.ops.swapped, "the program is not on the list of builds")
	}
	for i := range w.market {
		m := &w.market[i]
		if facts&exchange.FactStatus != 0 && m.status != exchange.Online {
			w.tell(exchange.Event{Kind: exchange.KindStatus, Instrument: m.in.ID, Status: m.status})
		}
		if m.price != 0 {
			w.tell(exchange.Event{Kind: exchange.KindTrade, Instrument: m.in.ID, Price: m.price, Count: greeting})
		}
	}
}

func (w *World) tellCheck(c risk.Control, ok bool, text string) {
	w.tell(exchange.Event{Kind: exchange.KindCheck, Detail: &exchange.Detail{Check: &exchange.Check{Control: c.String(), OK: ok, Text: text}}})
}

// soundKey is a key that may do what it must, and no more.
func soundKey(c *Config) exchange.KeyInfo {
	const day = 24 * time.Hour
	return exchange.KeyInfo{
		Permissions: []string{"query-funds", "query-open-trades", "query-closed-trades", "modify-trades"}, AllowedIPs: []string{"192.0.2.1"},
		Created: c.Start.Add(-10 * day), ValidUntil: c.Start.Add(c.Duration + 60*day),
	}
}

// tellBalances is what the venue says of each asset.
func (w *World) tellBalances() {
	if w.cfg.Facts&exchange.FactBalances == 0 {
		return
	}
	for i := range w.cfg.Catalog.Assets {
		w.tell(exchange.Event{Kind: exchange.KindBalance, FeeAsset: exchange.AssetID(i), Cost: w.venue.Balance(0, exchange.AssetID(i)).Total})
	}
}

// others is the money of the other account: of a thief, and of the market.
func (w *World) others() sim.Deposits { return nil }

// owner is what others do on the account: the venue does it, and the World notes what
// money came and went.
type owner World

// Submit places an order that is not ours.
func (o *owner) Submit(a exchange.AccountID, order *exchange.Order) { o.venue.Submit(a, order) }

// Balance is what the account has.
func (o *owner) Balance(a exchange.AccountID, asset exchange.AssetID) exchange.Balance {
	return o.venue.Balance(a, asset)
}

// Forget loses orders without a word.
func (o *owner) Forget(a exchange.AccountID, which func(*exchange.Order) bool) {
	o.venue.Forget(a, which)
}

// Deposit brings money.
func (o *owner) Deposit(a exchange.AccountID, asset exchange.AssetID, v money.Amount) error {
	o.truth.onFlow((*World)(o), asset, v)
	return o.venue.Deposit(a, asset, v)
}

// Withdraw takes money away.
func (o *owner) Withdraw(a exchange.AccountID, asset exchange.AssetID, v money.Amount) error {
	o.truth.onFlow((*World)(o), asset, -v)
	return o.venue.Withdraw(a, asset, v)
}

// fees are the venue's, and what a fault makes of them.
type fees struct {
	of    sim.Fees
	world *World
}

// Rates are the fees in ppm.
func (f *fees) Rates(in *exchange.Instrument, volume money.Amount, at exchange.Stamp) (maker, taker int64) {
	maker, taker = f.of.Rates(in, volume, at)
	if r := f.world.holds(chaos.Fee, in.Symbol); r != nil {
		maker, _ = money.MulDiv(maker, r.Factor, money.PPM, money.Half)
		taker, _ = money.MulDiv(taker, r.Factor, money.PPM, money.Half)
	}
	return min(maker, money.PPM/2), min(taker, money.PPM/2)
}

// holds is the state that a verb has put things into; nil when it has not.
func (w *World) holds(v chaos.Verb, pair string) *chaos.Rule {
	if !w.verbs[v] {
		return nil
	}
	return w.faults.Holds(v, "", pair)
}
