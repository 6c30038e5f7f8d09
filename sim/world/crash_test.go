package world

import (
	"testing"
	"time"

	"breakwater/exchange/chaos"
)

func trader() Config {
	cfg := sound(
		Signal{At: 2 * time.Minute, Do: SignalBuy, Notional: 20}, Signal{At: 3 * time.Minute, Do: SignalBuy, Notional: 20, Limit: true, Offset: -0.001},
		Signal{At: 6 * time.Minute, Do: SignalExit}, Signal{At: 8 * time.Minute, Do: SignalBuy, Notional: 15},
	)
	cfg.Duration = 12 * time.Minute
	return cfg
}

// Wherever the process dies, it comes back without losing or loosening anything.
func TestACrashAtAnyPointBreaksNothing(t *testing.T) {
	crashes := 0
	for _, point := range []string{chaos.JournalWrite, chaos.JournalAppend, chaos.JournalSync, chaos.Submitted, chaos.Acked, chaos.Filled, chaos.Snapshotted} {
		for n := 1; ; n++ {
			cfg := trader()
			cfg.Plan = chaos.Plan{Rules: []chaos.Rule{{Do: chaos.Crash, After: point, Nth: n, RestartAfter: 5 * time.Second}}}
			w, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			r := w.Run()
			if r.Faults.Fired(0) == 0 {
				break
			}
			crashes++
			for _, v := range r.Violations {
				t.Errorf("%s %d: %v %s: %s", point, n, v.At.Sub(cfg.Start), v.Invariant, v.Text)
			}
			if r.Faults.FirstFired(0) < r.End.Add(-6*time.Second) && (r.Lives != 2 || !r.Up) {
				t.Errorf("%s %d: %d lives, up %v", point, n, r.Lives, r.Up)
			}
			if t.Failed() {
				for _, e := range r.Entries {
					if e.Kind != "CancelAllOrdersAfter" && e.At > cfg.Start {
						t.Logf("%v %s #%d %v %v %v %q", e.At.Sub(cfg.Start), e.Kind, e.Order, e.Control, e.Level, e.Reasons, e.Text)
					}
				}
				return
			}
		}
	}
	t.Logf("%d crashes", crashes)
}
