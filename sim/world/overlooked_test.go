package world

import (
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/risk"
)

// What an invariant looks at beyond its first promise is seen, too, each by itself.
func TestTheWorldSeesEachPartOfAnInvariant(t *testing.T) {
	one := func(w *World) *intent { return w.truth.intents[1] }
	for text, do := range map[string]func(w *World){
		"is booked twice": func(w *World) {
			fill := &exchange.Event{Kind: exchange.KindFill, Order: 1, TradeID: 1 << 40, Qty: 1, State: exchange.Working}
			for range 2 {
				w.eyes.onRecord(w, &risk.Record{Type: risk.RecFill, Event: fill})
			}
		},
		"is given again": func(w *World) {
			w.eyes.onRecord(w, &risk.Record{Type: risk.RecDenial, OrderID: 1, Order: &one(w).Order})
		},
		"a change of order 1 left without an approval": func(w *World) { _ = (*front)(w).Amend(&exchange.Amend{Order: 1, Qty: 1}) },
		"left at KILLED": func(w *World) {
			w.truth.latches = append(w.truth.latches, latch{control: risk.KillCommand, level: risk.Killed, until: exchange.Never})
			w.truth.amends = append(w.truth.amends, 1)
			w.truth.onAmend(w, &exchange.Amend{Order: 1, Qty: one(w).Qty + 1})
		},
		"had been heard of the line": func(w *World) {
			w.cfg.Facts |= exchange.FactHeartbeat
			w.eyes.limits.StaleLink, w.eyes.beat = time.Second, w.now.Add(-time.Minute)
			w.eyes.look(w, &one(w).Order)
		},
		"what is open needs": func(w *World) {
			o := one(w).Order
			o.ID, o.Side = 9, exchange.Sell
			w.truth.explained[w.cfg.Catalog.Instruments[o.Instrument].Base] = 0
			w.truth.checkFunds(w, &o)
		},
		"below the day's floor": func(w *World) { w.eyes.floor = w.truth.equity + 1000 },
		"below the drawdown's floor": func(w *World) {
			w.eyes.high, w.eyes.limits.DrawdownPPM = 2*w.truth.equity, 100_000
		},
		"the high-water mark has gone": func(w *World) {
			w.truth.high = 2 * w.truth.equity
			w.eyes.checkHigh(w)
		},
		"and the level after a restart is": func(w *World) {
			w.truth.latches = append(w.truth.latches, latch{control: risk.Drawdown, level: risk.Halted, until: exchange.Never})
			w.crash(time.Second)
		},
	} {
		cfg := trader()
		w, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		w.on(cfg.Start.Add(5*time.Minute+time.Second), rankOwner, func() { do(w) })
		found := false
		for _, v := range w.Run().Violations {
			found = found || strings.Contains(v.Text, text)
		}
		if !found {
			t.Errorf("nobody says %q: %v", text, w.broke)
		}
	}
}
