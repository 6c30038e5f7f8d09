package riskfile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"breakwater/risk"
	"breakwater/risk/riskfile"
)

func TestNarrowSetsOneNumber(t *testing.T) {
	l, _ := risk.Profile("kraken-bot", unit)
	want := l
	want.Profile = "kraken-bot, drawdown=10%, order-rate.minute=7, daily-loss=12.5, cash-reserve=30%, self-trade=on"
	want.DrawdownPPM, want.PerMinute, want.DailyLoss.Amount, want.SpendablePPM = 100_000, 7, 125_000, 700_000
	for _, s := range [][2]string{{"drawdown", "10%"}, {"order-rate.minute", "7"}, {"daily-loss", "12.5"}, {"cash-reserve", "30%"}, {"self-trade", "on"}} {
		if err := riskfile.Narrow(&l, s[0], s[1], "CAD", 4); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, l); diff != "" {
		t.Error(diff)
	}
	for _, s := range [][3]string{
		{"drawdown", "11%", "drawdown=11%: drawdown 11% is looser than the 10% of profile kraken-bot, drawdown=10%, order-rate.minute=7, daily-loss=12.5, cash-reserve=30%, self-trade=on; write at most 10%"},
		{"loss", "5%", `loss=5%: unknown key "loss"; did you mean "daily-loss"?`},
		{"order-rate", "5", "order-rate=5: order-rate has parts; write one of order-rate.pair-minute, order-rate.minute, order-rate.day"},
		{"drawdown.share", "5%", "drawdown.share=5%: drawdown has no parts; write drawdown=5%"},
		{"order-rate.hour", "5", `order-rate.hour=5: unknown key "hour" under order-rate; there are pair-minute, minute, day`},
		{"tier", "pro", "tier=pro: tier is no limit; set it in a risk.yaml"},
		{"kill-command", "off", "kill-command=off: kill-command has no number to set: it is always on"},
	} {
		before := l
		err := riskfile.Narrow(&l, s[0], s[1], "CAD", 4)
		if err == nil || err.Error() != s[2] || !cmp.Equal(before, l) {
			t.Errorf("%s=%s: %v\nwant %s", s[0], s[1], err, s[2])
		}
	}
}
