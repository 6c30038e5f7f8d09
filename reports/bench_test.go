package reports

import (
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// largeRun is what a crossover leaves behind on 2,000,000 one-minute bars.
func largeRun(t testing.TB, bars, tripEvery int) *Collector {
	m := newMarket(t, "1000000", newYear, time.Minute, 2600)
	rng := rand.New(rand.NewPCG(1, 1))
	p := money.Price(300000)
	for i := range bars {
		if i%tripEvery == 0 {
			if m.coins == 0 {
				m.fill(exchange.Buy, exchange.Market, 10_000_000, p)
			} else {
				m.fill(exchange.Sell, exchange.Market, m.coins, p)
			}
		}
		open := p
		p += money.Price(rng.IntN(401) - 200)
		p = min(max(p, 100000), 900000)
		m.bar(open, max(open, p)+50, min(open, p)-50, p)
	}
	return m.c
}

func BenchmarkFill(b *testing.B) {
	m := newMarket(b, "1000000", newYear, time.Minute, 2600)
	b.ReportAllocs()
	for b.Loop() {
		m.fill(exchange.Buy, exchange.Market, 10_000_000, 300000)
		m.fill(exchange.Sell, exchange.Market, 10_000_000, 300000)
	}
}

func BenchmarkLargeRun(b *testing.B) {
	b.Run("collect", func(b *testing.B) {
		for b.Loop() {
			largeRun(b, 1_000_000, 12)
		}
	})
	for _, part := range []struct {
		name string
		do   func(*Run) error
	}{
		{"figures", func(r *Run) error { figures(r); return nil }},
		{"fills", func(r *Run) error { return WriteFills(io.Discard, r) }},
		{"trips", func(r *Run) error { return WriteRoundTrips(io.Discard, r) }},
		{"equity", func(r *Run) error { return WriteEquity(io.Discard, r) }},
		{"html", func(r *Run) error { return WriteHTML(io.Discard, r, HTMLOptions{Static: true}) }},
		{"html-interactive", func(r *Run) error { return WriteHTML(io.Discard, r, HTMLOptions{}) }},
		{"summary", func(r *Run) error { return WriteSummary(io.Discard, r, SummaryOptions{}) }},
		{"json", func(r *Run) error { return r.WriteJSON(io.Discard) }},
	} {
		b.Run(part.name, func(b *testing.B) {
			r := largeRun(b, 1_000_000, 6).Finish()
			r.Meta = sampleMeta(r)
			b.ReportMetric(float64(r.Trips.Len()), "trips")
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				if err := part.do(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestEightyThousandRoundTripsFitInThirtyMegabytes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	heap := func() uint64 {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	before := heap()
	c := largeRun(t, 480_000, 3)
	used := heap() - before
	n := c.run.Trips.Len()
	runtime.KeepAlive(c)
	if n < 79_000 {
		t.Fatalf("only %d round trips", n)
	}
	if used > 30<<20 {
		t.Errorf("%d round trips and their fills take %d bytes; want at most 30 MB", n, used)
	}
	t.Logf("%d round trips, %d bytes", n, used)
}
