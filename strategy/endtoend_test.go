package strategy_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/sim"
	"breakwater/strategy"
	"breakwater/strategy/engine"
)

// records keeps decisions as text, and what the guard denied.
type records struct {
	decisions []decision
	fills     int
	denied    map[string]int
	flows     map[exchange.AssetID]money.Amount
	catalog   *exchange.Catalog
}

type decision struct {
	at   exchange.Stamp
	text string
}

func (r *records) Record(rec *risk.Record, _ bool) error {
	switch rec.Type {
	case risk.RecIntent:
		o := rec.Order
		r.decisions = append(r.decisions, decision{rec.Time, fmt.Sprintf("%d %v %v %d $%d @%d ^%d ~%d", o.Instrument, o.Side, o.Type, o.Qty, o.Cash, o.Price, o.Trigger, o.Trail)})
	case risk.RecAmend:
		r.decisions = append(r.decisions, decision{rec.Time, fmt.Sprintf("amend to %d @%d ^%d", rec.Amend.Qty, rec.Amend.Price, rec.Amend.Trigger)})
	case risk.RecCancel:
		r.decisions = append(r.decisions, decision{rec.Time, "cancel"})
	case risk.RecDenial:
		for i := range rec.Reasons {
			r.denied[fmt.Sprintf("%v %s", rec.Reasons[i].Control, rec.Reasons[i].Text)]++
		}
	case risk.RecFill:
		r.fills++
		ev := rec.Event
		in := &r.catalog.Instruments[ev.Instrument]
		base, _ := in.BaseAmount(ev.Qty)
		quote := -ev.Cost
		if ev.Side == exchange.Sell {
			base, quote = -base, ev.Cost
		}
		r.flows[in.Base] += base
		r.flows[in.Quote] += quote
		r.flows[ev.FeeAsset] -= ev.Fee
	}
	return nil
}

// walk is n hourly bars of a seeded market that swings and jumps.
func walk(seed uint64, n int, price float64) string {
	rnd := rand.New(rand.NewPCG(seed, 7))
	var b strings.Builder
	trend := 0.0
	for i := range n {
		if rnd.IntN(40) == 0 {
			trend = 0.008 * (rnd.Float64() - 0.5)
		}
		open := price
		price *= 1 + trend + 0.02*(rnd.Float64()-0.5)
		if rnd.IntN(500) == 0 {
			price *= 0.9 + 0.2*rnd.Float64()
		}
		high, low := max(open, price)*(1+0.004*rnd.Float64()), min(open, price)*(1-0.004*rnd.Float64())
		fmt.Fprintf(&b, "%d,%.2f,%.2f,%.2f,%.2f,%.4f,9\n", 1_600_000_000/3600*3600+i*3600, open, high, low, price, 5+50*rnd.Float64())
	}
	return b.String()
}

// run trades one strategy on two synthetic pairs: pessimistic fills, Kraken-like rules and
// fees, the research profile.
func run(t *testing.T, s strategy.Strategy, bars int, model sim.Model) *records {
	t.Helper()
	cat := exchange.NewCatalog()
	var series []data.Series
	var ids []exchange.InstrumentID
	for i, pair := range []string{"XBT/CAD", "ETH/CAD"} {
		id, err := cat.Add(exchange.Spec{
			Symbol: pair, PriceDecimals: 2, LotDecimals: 8, Tick: 1, OrderMin: []money.Qty{10_000, 200_000}[i], CostMin: 0, RulesKnown: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		in := &cat.Instruments[id]
		in.CostMin = money.Amount(money.Pow10[cat.Assets[in.Quote].Decimals]) // 1 CAD
		rd, err := data.NewReader(strings.NewReader(walk(uint64(i)+1, bars, []float64{10_000, 400}[i])), data.Options{Name: pair, Pair: pair, Interval: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		rd.Scale(in.PriceDecimals, in.LotDecimals)
		ids, series = append(ids, id), append(series, data.Series{Name: pair, Instrument: id, Interval: time.Hour, Bars: rd})
	}
	feed, err := data.Merge(series, data.Skip)
	if err != nil {
		t.Fatal(err)
	}
	cad, _ := cat.Asset("CAD")
	cash := money.Amount(10_000 * money.Pow10[cad.Decimals])
	venue, err := sim.NewVenue(sim.Config{Catalog: cat, Model: model, Fees: sim.FixedFees(2500, 4000), Accounts: []sim.Deposits{{{Asset: cad.ID, Total: cash}}}})
	if err != nil {
		t.Fatal(err)
	}
	rec := &records{denied: map[string]int{}, flows: map[exchange.AssetID]money.Amount{cad.ID: cash}, catalog: cat}
	replay := sim.NewReplay(venue, feed, 0)
	guard, err := risk.New(risk.Config{
		Exchange: replay, Catalog: cat, Currency: cad.ID, FeePPM: 4000, Facts: replay.Facts(), Limits: risk.Research(), Recorder: rec, Kill: risk.NoKillSwitch{},
	})
	if err != nil {
		t.Fatal(err)
	}
	eng, err := engine.New(engine.Config{
		Guard: guard, Catalog: cat, Currency: cad.ID, FeePPM: 4000, Seed: 1,
		Slots: []engine.Slot{{Name: "main", Strategy: s, Instruments: ids, Interval: time.Hour, SharePPM: money.PPM}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := eng.Run(context.Background()); err != nil {
		t.Fatal(err) // a difference between venue, guard and book among others
	}
	for i, a := range cat.Assets {
		if have := venue.Balance(0, a.ID).Total; have != rec.flows[exchange.AssetID(i)] {
			t.Errorf("%s: the venue has %d, deposits and fills make %d", a.Name, have, rec.flows[exchange.AssetID(i)])
		}
	}
	return rec
}

// settings make a built-in trade often in the synthetic markets.
var settings = map[string][]string{
	"rsi-reversion":       {"period=8"},
	"donchian-breakout":   {"risk=0.01"},
	"bollinger-reversion": {"width=1.5"},
	"dca":                 {"every=1d", "amount=20"},
}

func sound() []string {
	var names []string
	for _, info := range strategy.List() {
		if info.Name != "runaway" {
			names = append(names, info.Name)
		}
	}
	return names
}

func configured(t *testing.T, name string, extra ...string) strategy.Strategy {
	t.Helper()
	s, err := strategy.New(name)
	if err == nil {
		err = strategy.Configure(s, append(settings[name], extra...)...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestEveryBuiltInTradesWithoutADenial runs them on real parts: all must trade, and what
// they send must have form and money.
func TestEveryBuiltInTradesWithoutADenial(t *testing.T) {
	for _, name := range sound() {
		t.Run(name, func(t *testing.T) {
			rec := run(t, configured(t, name), 3000, sim.DefaultModel())
			least := 20
			if name == "buy-and-hold" {
				least = 2
				if bought := len(rec.flows); bought != 3 {
					t.Errorf("%d assets held, want cash and both coins", bought)
				}
			}
			if rec.fills < least {
				t.Errorf("%d fills, want at least %d", rec.fills, least)
			}
			if len(rec.denied) > 0 {
				t.Errorf("denied: %v", rec.denied)
			}
			t.Logf("%d decisions, %d fills", len(rec.decisions), rec.fills)
		})
	}
}

// TestRunawayIsHeldByFormAndFunds runs every mistake on real parts: the run ends, the books
// agree, and an order 7600 times too large never gets through.
func TestRunawayIsHeldByFormAndFunds(t *testing.T) {
	for fault, want := range map[string]struct{ fills, denied bool }{
		"ignores-fills": {fills: true, denied: true},
		"retries":       {fills: true, denied: true},
		"doubles":       {fills: true, denied: true},
		"churn":         {fills: true, denied: true},
		"resends":       {fills: true},
		"units":         {denied: true},
	} {
		rec := run(t, configured(t, "runaway", "fault="+fault, "weight=0.2"), 500, sim.DefaultModel())
		if (rec.fills > 0) != want.fills || (len(rec.denied) > 0) != want.denied {
			t.Errorf("%s: %d fills, denied %v; want fills %v, denials %v", fault, rec.fills, rec.denied, want.fills, want.denied)
		}
	}
}
