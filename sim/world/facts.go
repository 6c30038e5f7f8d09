package world

import (
	"slices"
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
		for _, c := range []risk.Control{risk.EnvironmentMatch, risk.SecretsHygiene, risk.SingleInstance} {
			w.tellCheck(c, true, "")
		}
		w.tellCheck(risk.BuildIdentity, !w.ops.swapped, "the program is not on the list of builds")
	}
	w.tellKey()
	w.tellClock()
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

// keyState is the API key as the venue knows it.
type keyState struct{ info exchange.KeyInfo }

func (k *keyState) init(c *Config) {
	const day = 24 * time.Hour
	k.info = exchange.KeyInfo{
		Permissions: []string{"query-funds", "query-open-trades", "query-closed-trades", "modify-trades"}, AllowedIPs: []string{"192.0.2.1"},
		Created: c.Start.Add(-10 * day), ValidUntil: c.Start.Add(c.Duration + 60*day),
	}
}

// tellKey is what the venue says of the key.
func (w *World) tellKey() {
	if w.cfg.Facts&exchange.FactKeyInfo == 0 {
		return
	}
	k := w.key.info
	k.Permissions, k.AllowedIPs = slices.Clone(k.Permissions), slices.Clone(k.AllowedIPs)
	if r := w.holds(chaos.AddPerm, ""); r != nil {
		k.Permissions = append(k.Permissions, r.Value)
	}
	if r := w.holds(chaos.DropPerm, ""); r != nil {
		k.Permissions = slices.DeleteFunc(k.Permissions, func(p string) bool { return p == r.Value })
		if r.Value == "ip-list" {
			k.AllowedIPs = nil
		}
	}
	if w.holds(chaos.Revoke, "") != nil || w.holds(chaos.IPBlock, "") != nil {
		return // nobody answers such a key
	}
	w.tell(exchange.Event{Kind: exchange.KindKey, Detail: &exchange.Detail{Key: &k}})
}

// clockState is how wrong our clock is.
type clockState struct{ stepped bool }

// tellClock compares it with the venue's.
func (w *World) tellClock() {
	if w.cfg.Facts&exchange.FactClock == 0 {
		return
	}
	off := time.Duration(0)
	if r := w.holds(chaos.Skew, ""); r != nil {
		off = r.By
	}
	if r := w.holds(chaos.Step, ""); r != nil {
		if off = r.By; !w.clock.stepped {
			w.clock.stepped = true
			w.tell(exchange.Event{Kind: exchange.KindClock, Code: exchange.CodeClockStep})
			return
		}
	} else {
		w.clock.stepped = false
	}
	if w.holds(chaos.ClockFreeze, "") != nil {
		return // what stands still compares nothing
	}
	w.tell(exchange.Event{Kind: exchange.KindClock, Interval: off})
}

// tellBalances is what the venue says of each asset.
func (w *World) tellBalances() {
	if w.cfg.Facts&exchange.FactBalances == 0 {
		return
	}
	zero := w.holds(chaos.ZeroBalances, "") != nil
	for i := range w.cfg.Catalog.Assets {
		total := w.venue.Balance(0, exchange.AssetID(i)).Total
		if zero {
			total = 0
		}
		w.tell(exchange.Event{Kind: exchange.KindBalance, FeeAsset: exchange.AssetID(i), Cost: total})
	}
}

// others is the money of the other account: of a thief, and of the market.
func (w *World) others() sim.Deposits { return nil }

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
