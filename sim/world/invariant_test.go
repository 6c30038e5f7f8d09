package world

import (
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// Each invariant is broken on purpose, and the World sees it.
func TestEachInvariantCanBreak(t *testing.T) {
	buy := &exchange.Order{ID: 1 << 20, Type: exchange.Limit, Qty: 20_000, Price: 800_000}
	tests := map[string]struct {
		at time.Duration
		do func(w *World)
	}{
		"approval-precedes-order": {5 * time.Minute, func(w *World) { _ = (*front)(w).Submit(buy) }},
		"level-is-obeyed": {time.Minute, func(w *World) {
			w.truth.latches = append(w.truth.latches, latch{control: risk.KillCommand, level: risk.Killed, until: exchange.Never})
		}},
		"exposure-within-caps": {time.Minute, func(w *World) { w.cfg.Limits.Order.Amount /= 100 }},
		"one-order-per-intent": {5 * time.Minute, func(w *World) {
			for _, i := range w.truth.intents {
				o := i.Order
				_ = (*front)(w).Submit(&o)
				return
			}
		}},
		"loss-within-bound": {time.Minute, func(w *World) { w.truth.floor = 1 << 40 }},
		"journal-replays": {5 * time.Minute, func(w *World) {
			_ = w.journal.Record(&risk.Record{Type: risk.RecFlow, Time: w.now, Equity: 10_000, Event: &exchange.Event{Kind: exchange.KindLedger, Cost: 10_000}}, true)
		}},
		"restart-never-loosens": {7 * time.Minute, func(w *World) {
			w.truth.latches = append(w.truth.latches, latch{control: risk.Drawdown, level: risk.Halted, until: exchange.Never})
			w.crash(time.Second)
		}},
		"no-secret-in-output":    {5 * time.Minute, func(w *World) { w.later(func() { w.guard.Note("signed with " + Secret) }) }},
		"cancel-always-admitted": {5 * time.Minute, func(w *World) { w.truth.cancels = append(w.truth.cancels, 7) }},
		"denial-has-reason": {5 * time.Minute, func(w *World) {
			_ = (*observer)(w).Record(&risk.Record{Type: risk.RecDenial, Reasons: []risk.Reason{{Control: risk.PriceCollar}}}, false)
		}},
		"alert-within-5s": {5 * time.Minute, func(w *World) { w.alerts = append(w.alerts, Alert{What: "drawdown", At: w.now, Heard: exchange.Never}) }},
		"money-conserved": {5 * time.Minute, func(w *World) { w.net = func(exchange.AssetID) money.Amount { return 1 } }},
		"trading-resumes-after-heal": {2 * time.Minute, func(w *World) {
			w.tell(exchange.Event{Kind: exchange.KindIntegrity, Code: exchange.CodeChecksum})
		}},
		"no-look-ahead": {5 * time.Minute, func(w *World) {
			o := exchange.Order{ID: 7, Qty: 2, Sent: w.now}
			w.eyes.open[7], w.truth.intents[7] = &standing{Order: o, left: w.now}, &intent{Order: o}
			w.truth.onVenueFill(w, &exchange.Event{Kind: exchange.KindFill, Order: 7, Qty: 1, Time: w.now})
		}},
		"limits-hold": {5 * time.Minute, func(w *World) { w.eyes.owed = append(w.eyes.owed, risk.ForeignOrder) }},
	}
	elsewhere := map[string]bool{"same-seed-same-digest": true, "same-events-same-verdicts": true, "ablation-fails": true} // of package scenarios
	for _, inv := range Invariants {
		test, ok := tests[inv.Name]
		if !ok {
			if !elsewhere[inv.Name] {
				t.Errorf("nothing breaks %s", inv.Name)
			}
			continue
		}
		cfg := trader()
		w, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		w.on(cfg.Start.Add(test.at), rankOwner, func() { test.do(w) })
		found := false
		for _, v := range w.Run().Violations {
			found = found || v.Invariant == inv.Name
		}
		if !found {
			t.Errorf("%s is broken, and the World does not see it: %v", inv.Name, w.broke)
		}
	}
}

// The same seed gives the same digest, also with beats in between; another seed another.
func TestTheSameSeedGivesTheSameDigest(t *testing.T) {
	cfg := trader()
	cfg.Plan = chaos.Plan{Rules: []chaos.Rule{{Do: chaos.Crash, After: chaos.Filled, RestartAfter: 3 * time.Second}, {At: 8 * time.Minute, Do: chaos.Wick, Pair: "XBT/CAD", PPM: -100_000, For: time.Minute}}}
	first := run(t, cfg).Digest
	if again := run(t, cfg).Digest; again != first {
		t.Errorf("digests %s and %s", first, again)
	}
	cfg.Beats = true
	if beaten := run(t, cfg).Digest; beaten != first {
		t.Errorf("with more beats the digest is %s, not %s", beaten, first)
	}
	cfg.Seed++
	if other := run(t, cfg).Digest; other == first {
		t.Error("another seed gives the same digest")
	}
}
