package world

import (
	"testing"
	"time"

	"breakwater/exchange/chaos"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// rules is a plan that strikes sound().
func rules(r ...chaos.Rule) chaos.Plan { return chaos.Plan{Rules: r} }

func hold(t *testing.T, r *Result) {
	t.Helper()
	for _, v := range r.Violations {
		t.Errorf("%v %s: %s", v.At.Sub(r.Start), v.Invariant, v.Text)
	}
	for _, i := range r.Faults.NeverFired() {
		t.Errorf("fault %d never struck", i)
	}
}

// Money that comes is neither profit nor a difference in the books, and can be spent.
func TestADepositIsBooked(t *testing.T) {
	cfg := sound(Signal{At: 2 * time.Minute, Do: SignalBuy, Notional: 20}, Signal{At: 10 * time.Minute, Do: SignalBuy, Notional: 20}, Signal{At: 20 * time.Minute, Do: SignalExit})
	cfg.Plan = rules(chaos.Rule{At: 5 * time.Minute, Do: chaos.Credit, Asset: "CAD", Amount: 200 * money.Pow10[chaos.Scale]})
	r := run(t, cfg)
	hold(t, r)
	if r.count("fill") != 3 || r.Lives != 1 || r.Status.Level != risk.Active || r.Equity < 1199*10_000 || r.Loss() > 2*10_000 {
		t.Errorf("%d fills, %d lives, level %v, equity %d, loss %d", r.count("fill"), r.Lives, r.Status.Level, r.Equity, r.Loss())
	}
}

// Money that nobody can explain halts the guard; the process goes on, and can be asked.
func TestMoneyThatNobodyExplainsHalts(t *testing.T) {
	cfg := sound(Signal{At: 10 * time.Minute, Do: SignalBuy, Notional: 20})
	cfg.Plan = rules(chaos.Rule{At: 5 * time.Minute, Do: chaos.Credit, Asset: "CAD", Amount: 200 * money.Pow10[chaos.Scale], Value: "none"})
	r := run(t, cfg)
	hold(t, r)
	if r.Calls[chaos.AddOrder] != 0 || r.Lives != 1 || !r.Up || r.Status.Level != risk.Halted {
		t.Errorf("calls %v, %d lives, up %v, level %v", r.Calls, r.Lives, r.Up, r.Status.Level)
	}
}

// A disk that fails ends the process; what is there afterwards is whole, and it comes back
// without having lost anything.
func TestADiskThatFailsLosesNothing(t *testing.T) {
	for _, r := range []chaos.Rule{
		{Do: chaos.NoSpace, For: 3 * time.Minute}, {Do: chaos.FsyncError}, {Do: chaos.Torn}, {Do: chaos.ReadOnly, For: 2 * time.Minute},
	} {
		cfg := sound(Signal{At: 2 * time.Minute, Do: SignalBuy, Notional: 20}, Signal{At: 10*time.Minute + time.Second, Do: SignalBuy, Notional: 20}, Signal{At: 20 * time.Minute, Do: SignalExit})
		r.At = 10 * time.Minute
		cfg.Plan = rules(r)
		res := run(t, cfg)
		hold(t, res)
		if res.Lives < 2 || !res.Up || res.count("process-ended") != 1 {
			t.Errorf("%v: %d lives, up %v, ended %d times", r.Do, res.Lives, res.Up, res.count("process-ended"))
		}
	}
}
