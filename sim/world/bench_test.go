package world

import (
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/strategy"
)

// Two virtual days of minutes, as the sweep runs them.
func BenchmarkTwoDays(b *testing.B) {
	cfg := sound()
	cfg.Duration, cfg.Step, cfg.Bars = 48*time.Hour, time.Minute, time.Minute
	cfg.Slots[0].Make = func(exchange.Stamp) (strategy.Strategy, error) {
		s, err := strategy.New("sma-cross")
		return s, err
	}
	b.ReportAllocs()
	for range b.N {
		w, err := New(cfg)
		if err != nil {
			b.Fatal(err)
		}
		if r := w.Run(); len(r.Violations) > 0 {
			b.Fatal(r.Violations)
		}
	}
}
