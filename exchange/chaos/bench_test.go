package chaos_test

import (
	"context"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
)

// still is an exchange whose market never ends.
type still struct{ now exchange.Stamp }

func (s *still) Submit(*exchange.Order) error       { return nil }
func (s *still) Amend(*exchange.Amend) error        { return nil }
func (s *still) Cancel(exchange.OrderID) error      { return nil }
func (s *still) CancelAllAfter(time.Duration) error { return nil }
func (s *still) Refresh() error                     { return nil }
func (s *still) Next(_ context.Context, ev *exchange.Event) error {
	s.now += exchange.Stamp(time.Second)
	ev.Kind, ev.Time, ev.Received, ev.Price, ev.Qty, ev.Last = exchange.KindTrade, s.now, s.now, 10000, 1, true
	return nil
}

func benchmarkNext(b *testing.B, plan string, wrapped bool) {
	p, err := chaos.Parse(plan)
	if err != nil {
		b.Fatal(err)
	}
	x, err := chaos.NewInjector(p, start)
	if err != nil {
		b.Fatal(err)
	}
	var e exchange.Exchange = &still{now: start}
	if wrapped {
		e = chaos.Wrap(e, x, chaos.Config{Catalog: catalog(b)})
	}
	var ev exchange.Event
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Next(context.Background(), &ev); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNextBare(b *testing.B)     { benchmarkNext(b, "", false) }
func BenchmarkNextIdleLink(b *testing.B) { benchmarkNext(b, "", true) }
func BenchmarkNextThreeRules(b *testing.B) {
	benchmarkNext(b, "- {at: 1d, do: drop}\n- {at: 300d, do: wick, pair: XBT/CAD, pct: 3%, for: 1m}\n- {at: 1m, do: skew, by: 1s, for: 1m}", true)
}
