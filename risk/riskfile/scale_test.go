package riskfile_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/risk/riskfile"
)

func TestScaledLimitsDareAsMuchMoreOrLess(t *testing.T) {
	l, _ := risk.Profile("binance-bot", unit)
	l.Ramp = []risk.Step{{Position: 50 * unit, DailyLoss: 20 * unit}}
	l.OpenPerPair, l.Streak = 3, 0
	half := riskfile.Scaled(l, 1, 2)
	want := l
	want.Order.Amount, want.Position.PPM = 125_000, 25_000
	want.OpenPerPair, want.OpenTotal, want.OpenValuePPM, want.SpendablePPM = 1, 5, 100_000, 450_000
	want.PairPerMinute, want.PerMinute, want.PerDay, want.SignalOrders = 2, 10, 100, 1
	want.Executions, want.TurnoverPPM = 25, 1_500_000
	want.DailyLoss, want.HourlyLoss.Amount, want.DrawdownPPM = risk.Limit{PPM: 25_000, Amount: 10 * unit}, 50*unit, 75_000
	want.Modes = []risk.Mode{
		{Name: "ultra-fast", SharePPM: 150_000, Count: 1, Notional: 100 * unit}, {Name: "scalp", SharePPM: 150_000, Count: 2, Notional: 150 * unit},
		{Name: "swing", SharePPM: 125_000, Count: 1, Notional: 250 * unit}, {Name: "position", SharePPM: 75_000, Count: 1, Notional: 375 * unit},
	}
	want.Ramp = []risk.Step{{Position: 25 * unit, DailyLoss: 10 * unit}}
	if diff := cmp.Diff(want, half); diff != "" {
		t.Errorf("half:\n%s", diff)
	}
	if l.Modes[0].Count != 3 || l.Ramp[0].Position != 50*unit {
		t.Error("scaling changed what it was given")
	}
	twice := riskfile.Scaled(l, 2, 1)
	var sum int64
	for _, m := range twice.Modes {
		sum += m.SharePPM
	}
	if twice.DrawdownPPM != 300_000 || twice.SpendablePPM != money.PPM || sum > money.PPM || twice.Modes[3].Notional != 1500*unit || twice.CollarPPM != l.CollarPPM || twice.StaleMarket != 10*time.Second {
		t.Errorf("twice: %+v", twice)
	}
}

func TestWhatDoesNotBindIsNotScaled(t *testing.T) {
	if diff := cmp.Diff(risk.Research(), riskfile.Scaled(risk.Research(), 1, 2)); diff != "" {
		t.Errorf("half of no limits:\n%s", diff)
	}
}
