package main

import (
	"context"
	"io"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/sim"
)

// minutes is a feed of n one-minute bars, each an opening and a close, that costs next to
// nothing itself.
type minutes struct {
	left int
	at   exchange.Stamp
	open bool
}

func (m *minutes) Next(ev *exchange.Event) error {
	if m.open = !m.open; m.open {
		if m.left == 0 {
			return io.EOF
		}
		m.left--
		*ev = exchange.Event{Kind: exchange.KindOpen, Time: m.at, Interval: time.Minute, Open: 600_000, Qty: 1e9, Last: true}
		return nil
	}
	m.at = m.at.Add(time.Minute)
	price := 600_000 + money.Price(m.left&31) // the equity moves at every bar
	*ev = exchange.Event{Kind: exchange.KindBar, Time: m.at, Interval: time.Minute, Matched: true, Open: 600_000, High: 600_300, Low: 599_800, Price: price, Qty: 1e9, Last: true}
	return nil
}

func BenchmarkFeedAlone(b *testing.B) {
	feed := &minutes{left: b.N, at: exchange.Seconds(1_700_000_000)}
	var ev exchange.Event
	for feed.Next(&ev) == nil {
	}
}

// BenchmarkGuardAndVenue is what a bar costs between the feed and the engine, with coins
// held, so that the guard has an equity to follow, and no orders.
func BenchmarkGuardAndVenue(b *testing.B) {
	cat := exchange.NewCatalog()
	if _, err := cat.AddAsset("CAD", 4); err != nil {
		b.Fatal(err)
	}
	if _, err := cat.Add(exchange.Spec{Symbol: "XBT/CAD", PriceDecimals: 1, LotDecimals: 8}); err != nil {
		b.Fatal(err)
	}
	cad, _ := cat.Asset("CAD")
	xbt, _ := cat.Asset("XBT")
	venue, err := sim.NewVenue(sim.Config{
		Catalog: cat, Model: sim.DefaultModel(), Fees: sim.KrakenFees(),
		Accounts: []sim.Deposits{{{Asset: cad.ID, Total: 1e9}, {Asset: xbt.ID, Total: 1e8}}},
	})
	if err != nil {
		b.Fatal(err)
	}
	replay := sim.NewReplay(venue, &minutes{left: b.N, at: exchange.Seconds(1_700_000_000)}, 0)
	guard, err := risk.New(risk.Config{
		Exchange: replay, Catalog: cat, Currency: cad.ID, FeePPM: 8000, Facts: replay.Facts() &^ exchange.FactDeadMan,
		Limits: risk.Research(), Recorder: risk.NewDigest(cat), Kill: risk.NoKillSwitch{},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	var ev exchange.Event
	for bars := 0; ; {
		switch err := guard.Next(context.Background(), &ev, exchange.Never); {
		case err == nil:
			if ev.Kind == exchange.KindBar {
				bars++
			}
		case err != io.EOF || bars != b.N:
			b.Fatal(bars, err)
		default:
			return
		}
	}
}
