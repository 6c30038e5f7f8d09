package engine_test

import (
	"context"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/sim"
	"breakwater/strategy"
	"breakwater/strategy/engine"
)

// loop is a feed of n one-minute bars that repeats a stretch of a seeded random walk.
type loop struct {
	bars []exchange.Event // opening and closing, alternating
	n    int
	i    int
	at   exchange.Stamp
}

func newLoop(n int) *loop {
	l := &loop{n: n, at: exchange.Seconds(start)}
	rnd := rand.New(rand.NewPCG(1, 2))
	p := money.Price(1_000_000)
	for range 4096 {
		o := p
		p += money.Price(rnd.IntN(2001) - 1000 + int(1_000_000-p)/500)
		hi, lo := max(o, p)+50, min(o, p)-50
		l.bars = append(l.bars,
			exchange.Event{Kind: exchange.KindOpen, Interval: time.Minute, Open: o, Qty: 1e12},
			exchange.Event{Kind: exchange.KindBar, Interval: time.Minute, Open: o, High: hi, Low: lo, Price: p, Qty: 1e12, Count: 9, Matched: true, Last: true})
	}
	return l
}

func (l *loop) Next(ev *exchange.Event) error {
	if l.i == 2*l.n {
		return io.EOF
	}
	*ev = l.bars[l.i&8191]
	if l.i&1 == 1 {
		l.at += exchange.Stamp(time.Minute)
	}
	ev.Time = l.at
	l.i++
	return nil
}

// quiet never trades.
type quiet struct{ sum float64 }

func (q *quiet) OnBar(_ *strategy.Context, b strategy.Bar) { q.sum += b.Close }

func bench(b *testing.B, s strategy.Strategy) {
	cat := exchange.NewCatalog()
	cat.AddAsset("CAD", 4)
	cat.Add(exchange.Spec{Symbol: "XBT/CAD", PriceDecimals: 1, LotDecimals: 8})
	cad, _ := cat.Asset("CAD")
	feed := newLoop(b.N)
	v, err := sim.NewVenue(sim.Config{Catalog: cat, Model: sim.DefaultModel(), Fees: sim.FixedFees(0, 0), Accounts: []sim.Deposits{{{Asset: cad.ID, Total: 1e12}}}})
	if err != nil {
		b.Fatal(err)
	}
	g, err := risk.New(risk.Config{Exchange: sim.NewReplay(v, feed, 0), Catalog: cat, Currency: cad.ID, FeePPM: 8000, Limits: risk.Research(), Recorder: risk.NewDigest(cat), Kill: risk.NoKillSwitch{}})
	if err != nil {
		b.Fatal(err)
	}
	e, err := engine.New(engine.Config{Guard: g, Catalog: cat, Currency: cad.ID, FeePPM: 8000, Slots: []engine.Slot{{Name: "x", Strategy: s, Instruments: []exchange.InstrumentID{0}, SharePPM: money.PPM}}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	if err := e.Run(context.Background()); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkFeedAlone(b *testing.B) {
	l := newLoop(b.N)
	var ev exchange.Event
	for l.Next(&ev) == nil {
	}
}

func BenchmarkEngineQuiet(b *testing.B) { bench(b, &quiet{}) }

func BenchmarkEngineSMACross(b *testing.B) {
	s, err := strategy.New("sma-cross")
	if err != nil {
		b.Fatal(err)
	}
	bench(b, s)
}
