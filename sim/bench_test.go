package sim

import (
	"context"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// endless is a feed of bars that costs next to nothing itself.
type endless struct {
	open bool
	at   exchange.Stamp
	n    int
	left int
}

func (e *endless) Next(ev *exchange.Event) error {
	if e.open = !e.open; e.open {
		if e.left == 0 {
			return io.EOF
		}
		e.left--
		*ev = exchange.Event{Kind: exchange.KindOpen, Time: e.at, Interval: minute, Open: 10000, Qty: 100 * one}
		e.at = e.at.Add(minute)
		return nil
	}
	e.n++
	*ev = exchange.Event{Kind: exchange.KindBar, Time: e.at, Interval: minute, Matched: true, Open: 10000, High: 10050, Low: 9950, Price: 10000 + money.Price(e.n&31), Qty: 100 * one}
	return nil
}

// BenchmarkFeedAlone is what the feed of the benchmarks below costs itself.
func BenchmarkFeedAlone(b *testing.B) {
	feed := &endless{at: t0, left: b.N}
	var ev exchange.Event
	for feed.Next(&ev) == nil {
	}
}

func BenchmarkReplayBarWithoutOrders(b *testing.B) {
	r := start1(b, DefaultModel(), KrakenFees(), nil)
	r.feed = &endless{at: t0, left: b.N}
	b.ReportAllocs()
	b.ResetTimer()
	var ev exchange.Event
	for r.Next(context.Background(), &ev) == nil {
	}
}

func BenchmarkReplayBarWithOneMarketOrderEach(b *testing.B) {
	r := start1(b, DefaultModel(), KrakenFees(), nil)
	r.feed = &endless{at: t0, left: b.N}
	b.ReportAllocs()
	b.ResetTimer()
	var ev exchange.Event
	var o exchange.Order
	for r.Next(context.Background(), &ev) == nil {
		if ev.Kind == exchange.KindBar {
			o.ID++
			o.Qty, o.Side = 10, exchange.Side(o.ID&1)
			if err := r.Submit(&o); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkTradeTicks plays trades over 1,000 resting orders a side, some of which fill
// and are placed again.
func BenchmarkTradeTicks(b *testing.B) {
	r := start1(b, Model{SpreadPPM: 200, SlippagePPM: 200, VolumeCapPPM: 100_000}, KrakenFees(), nil)
	v := r.venue
	ev := exchange.Event{Kind: exchange.KindTrade, Time: t0, Price: 1_000_000, Qty: one}
	v.Apply(&ev)
	o := exchange.Order{Type: exchange.Limit, Qty: 1}
	for i := range 1000 {
		o.ID++
		o.Side, o.Price = exchange.Buy, money.Price(999_900-10*i)
		v.Submit(0, &o)
		o.ID++
		o.Side, o.Price = exchange.Sell, money.Price(1_000_100+10*i)
		v.Submit(0, &o)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	steps := make([]money.Price, 4096)
	for i := range steps {
		steps[i] = money.Price(rng.IntN(7) - 3)
	}
	b.ReportAllocs()
	b.ResetTimer()
	p, fills := money.Price(1_000_000), 0
	var out exchange.Event
	for i := range b.N {
		p += steps[i&4095]
		if p > 1_005_000 || p < 995_000 {
			p = 1_000_000
		}
		ev.Time += exchange.Stamp(time.Millisecond)
		ev.Price = p
		v.Apply(&ev)
		for v.Take(0, &out) {
			if out.Kind == exchange.KindFill {
				fills++
				o.ID++
				o.Side, o.Price = out.Side.Opposite(), out.Price+100-200*money.Price(out.Side.Opposite()&1^1)
				v.Submit(0, &o)
			}
		}
	}
	b.ReportMetric(float64(fills)/float64(b.N), "fills/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "trades/s")
}
