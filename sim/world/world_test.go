package world

import (
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/risk"
	"breakwater/sim"
	"breakwater/strategy"
)

// sound is a World in which nothing is wrong: one market, a Script that buys, the limits
// of the live profile.
func sound(signals ...Signal) Config {
	cat := exchange.NewCatalog()
	cat.AddAsset("CAD", 4)
	cat.AddAsset("XBT", 8)
	if _, err := cat.Add(exchange.Spec{Symbol: "XBT/CAD", PriceDecimals: 1, LotDecimals: 8, Tick: 1, OrderMin: 5000, CostMin: 5000, RulesKnown: true}); err != nil {
		panic(err)
	}
	start := exchange.At(time.Date(2025, 3, 9, 6, 30, 0, 0, time.UTC))
	return Config{
		Seed: 42, Start: start, Duration: 30 * time.Minute, Step: 5 * time.Second, Bars: time.Minute, Latency: 250 * time.Millisecond,
		Catalog: cat, Currency: 0, Deposits: sim.Deposits{{Asset: 0, Total: 1000 * 10_000}}, Fees: sim.KrakenFees(), FeePPM: 8000,
		Limits: risk.Live(10_000), Facts: exchange.AllFacts, Supervisor: 10 * time.Second,
		Markets: []Market{{Price: 90_000, Volatility: 0.6, SpreadPPM: 800, Depth: 2, Volume: 1}},
		Slots: []Slot{{Name: "script", Instruments: []exchange.InstrumentID{0}, SharePPM: 1_000_000, Make: func(start exchange.Stamp) (strategy.Strategy, error) {
			return &Script{Start: start, Signals: signals}, nil
		}}},
	}
}

func run(t testing.TB, cfg Config) *Result {
	t.Helper()
	w, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return w.Run()
}

func (r *Result) count(kind string) (n int) {
	for i := range r.Entries {
		if r.Entries[i].Kind == kind {
			n++
		}
	}
	return n
}

func TestASoundWorldTradesAndBreaksNothing(t *testing.T) {
	r := run(t, sound(Signal{At: 10 * time.Minute, Do: SignalBuy, Notional: 20}, Signal{At: 20 * time.Minute, Do: SignalExit}))
	for _, v := range r.Violations {
		t.Errorf("%v %s: %s", v.At, v.Invariant, v.Text)
	}
	if r.count("fill") != 2 || r.Status.Level != risk.Active || r.Calls[chaos.AddOrder] != 2 {
		t.Errorf("%d fills, level %v, calls %v, status %+v", r.count("fill"), r.Status.Level, r.Calls, r.Status.Latches)
		for _, e := range r.Entries {
			t.Logf("%v %s %v %v %v %q", e.At, e.Kind, e.Control, e.Level, e.Reasons, e.Text)
		}
	}
}
