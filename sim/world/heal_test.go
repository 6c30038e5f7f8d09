package world

import (
	"testing"
	"time"

	"breakwater/exchange/chaos"
	"breakwater/risk"
)

// Found by the sweep (seed 432): the engine's book went below zero, the guard's did not, and
// the process ended at every start from then on.
func TestAWithdrawalOfCoinsThatAreNotInOurBooksHaltsAndEndsNothing(t *testing.T) {
	cfg := sound()
	cfg.Duration, cfg.Heal = 3*time.Hour, time.Hour
	var err error
	cfg.Plan, err = chaos.Parse("- {at: 5m, do: manual-trade, pair: XBT/CAD, amount: 0.001}\n- {at: 20m, do: withdraw, asset: XBT, amount: 0.0005}")
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, cfg)
	for _, v := range r.Violations {
		t.Errorf("%v %s: %s", v.At, v.Invariant, v.Text)
	}
	if r.count("process-ended") > 0 || r.count("flow") < 2 || r.Status.Level != risk.Active {
		t.Errorf("ended %d times, %d flows, level %v", r.count("process-ended"), r.count("flow"), r.Status.Level)
	}
}
