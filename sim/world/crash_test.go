package world

import (
	"errors"
	"testing"
	"time"

	"breakwater/exchange/chaos"
	"breakwater/risk"
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

// A start that ends with exit code 2 is not tried again by the supervisor; one that an error
// of the disk ends is.
func TestASupervisorTriesNoWrongConfigurationAgain(t *testing.T) {
	for _, c := range []struct {
		fault   chaos.Rule
		refused int
		up      bool
	}{
		{chaos.Rule{Do: chaos.EditConfig, Key: "no-such-limit", Value: "1"}, 1, false},
		{chaos.Rule{Do: chaos.EditConfig, Key: "drawdown", Value: "1"}, 0, true},
		{chaos.Rule{Do: chaos.ReadOnly, For: 2 * time.Minute}, 2, true},
	} {
		cfg := sound()
		cfg.Supervisor = time.Minute
		cfg.Edit = func(l risk.Limits, key, _ string) (risk.Limits, error) {
			if key != "drawdown" {
				return l, errors.New("unknown key " + key)
			}
			return l, nil
		}
		c.fault.At = 10 * time.Minute
		cfg.Plan = rules(c.fault, chaos.Rule{At: 10*time.Minute + time.Second, Do: chaos.Crash, RestartAfter: 5 * time.Second})
		r := run(t, cfg)
		hold(t, r)
		if n := r.count("start-refused"); n != c.refused || r.Up != c.up {
			t.Errorf("%v: refused %d times, up %v", c.fault.Do, n, r.Up)
		}
	}
}

// When all faults end while the supervisor is about to start the process, it starts once.
func TestOneStartIsOnTheAgenda(t *testing.T) {
	cfg := sound()
	cfg.Duration, cfg.Heal = 30*time.Minute, 10*time.Minute
	cfg.Plan = rules(chaos.Rule{At: 9*time.Minute + 55*time.Second, Do: chaos.Crash, RestartAfter: time.Minute}, chaos.Rule{At: 10*time.Minute + 30*time.Second, Do: chaos.Stop})
	r := run(t, cfg)
	if r.Lives != 2 || !r.Up {
		t.Errorf("%d lives, up %v", r.Lives, r.Up)
	}
}
