package strategy_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
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

// A market is series of bars and the rules of their pairs.
type market struct {
	pairs    []pair
	interval time.Duration
	wrap     func(exchange.Feed) exchange.Feed
}

type pair struct {
	symbol string
	rows   string      // Kraken's OHLCVT
	tick   money.Price // at 8 decimals
	min    money.Qty   // likewise
}

// synthetic is two pairs of n hourly bars.
func synthetic(n int) market {
	return market{
		pairs:    []pair{{"XBT/CAD", walk(1, n, 10_000), 1_000_000, 10_000}, {"ETH/CAD", walk(2, n, 400), 1_000_000, 200_000}},
		interval: time.Hour,
	}
}

// play trades one strategy on real parts: Kraken-like rules and fees, the research profile,
// 10,000 in the quote asset of the first pair.
func (m market) play(s strategy.Strategy, model sim.Model, rec risk.Recorder) (*records, error) {
	cat := exchange.NewCatalog()
	var series []data.Series
	var ids []exchange.InstrumentID
	for _, p := range m.pairs {
		id, err := cat.Add(exchange.Spec{Symbol: p.symbol, PriceDecimals: 8, LotDecimals: 8, Tick: p.tick, OrderMin: p.min, RulesKnown: true})
		if err != nil {
			return nil, err
		}
		in := &cat.Instruments[id]
		in.CostMin = money.Amount(money.Pow10[cat.Assets[in.Quote].Decimals]) // 1 of the quote asset
		rd, err := data.NewReader(strings.NewReader(p.rows), data.Options{Name: p.symbol, Pair: p.symbol, Interval: m.interval})
		if err != nil {
			return nil, err
		}
		rd.Scale(in.PriceDecimals, in.LotDecimals)
		ids, series = append(ids, id), append(series, data.Series{Name: p.symbol, Instrument: id, Interval: m.interval, Bars: rd})
	}
	merged, err := data.Merge(series, data.Skip)
	if err != nil {
		return nil, err
	}
	feed := exchange.Feed(merged)
	if m.wrap != nil {
		feed = m.wrap(feed)
	}
	quote := cat.Assets[cat.Instruments[0].Quote]
	cash := money.Amount(10_000 * money.Pow10[quote.Decimals])
	venue, err := sim.NewVenue(sim.Config{Catalog: cat, Model: model, Fees: sim.FixedFees(2500, 4000), Accounts: []sim.Deposits{{{Asset: quote.ID, Total: cash}}}})
	if err != nil {
		return nil, err
	}
	kept := &records{denied: map[string]int{}, flows: map[exchange.AssetID]money.Amount{quote.ID: cash}, catalog: cat}
	both := risk.Tee{kept}
	if rec != nil {
		both = append(both, rec)
	}
	replay := sim.NewReplay(venue, feed, 0)
	guard, err := risk.New(risk.Config{
		Exchange: replay, Catalog: cat, Currency: quote.ID, FeePPM: 4000, Facts: replay.Facts(), Limits: risk.Research(), Recorder: both, Kill: risk.NoKillSwitch{},
	})
	if err != nil {
		return nil, err
	}
	eng, err := engine.New(engine.Config{
		Guard: guard, Catalog: cat, Currency: quote.ID, FeePPM: 4000, Seed: 1,
		Slots: []engine.Slot{{Name: "main", Strategy: s, Instruments: ids, Interval: m.interval, SharePPM: money.PPM}},
	})
	if err != nil {
		return nil, err
	}
	if err := eng.Run(context.Background()); err != nil {
		return nil, err // a difference between venue, guard and book among others
	}
	for i, a := range cat.Assets {
		if have := venue.Balance(0, a.ID).Total; have != kept.flows[exchange.AssetID(i)] {
			return nil, fmt.Errorf("%s: the venue has %d, deposits and fills make %d", a.Name, have, kept.flows[exchange.AssetID(i)])
		}
	}
	return kept, nil
}

func run(t *testing.T, s strategy.Strategy, bars int, model sim.Model) *records {
	t.Helper()
	rec, err := synthetic(bars).play(s, model, nil)
	if err != nil {
		t.Fatal(err)
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

// TestBuiltInsTradeRealMarkets runs them over ten years of days of XBT/CAD, a flash crash
// included, and over hours of STORJ/USD, so thin that every order fills in parts.
func TestBuiltInsTradeRealMarkets(t *testing.T) {
	root := os.Getenv("BREAKWATER_DATA")
	if root == "" {
		t.Skip("BREAKWATER_DATA is not set: no real market")
	}
	for file, m := range map[string]market{
		"XBTCAD_1440.csv": {pairs: []pair{{symbol: "XBT/CAD", tick: 1e7, min: 5_000}}, interval: 24 * time.Hour},
		"STORJUSD_60.csv": {pairs: []pair{{symbol: "STORJ/USD", tick: 100, min: 5e8}}, interval: time.Hour},
	} {
		rows, err := os.ReadFile(filepath.Join(root, "kraken", "ohlcvt", file))
		if err != nil {
			t.Fatal(err)
		}
		m.pairs[0].rows = string(rows)
		for _, name := range sound() {
			for _, model := range []sim.Model{sim.DefaultModel(), sim.IdealModel()} {
				rec, err := m.play(configured(t, name), model, nil)
				if err != nil {
					t.Errorf("%s on %s: %v", name, file, err)
				} else if rec.fills == 0 || len(rec.denied) > 0 {
					t.Errorf("%s on %s: %d fills, denied %v", name, file, rec.fills, rec.denied)
				}
			}
		}
	}
}
