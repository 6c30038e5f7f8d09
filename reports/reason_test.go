package reports

import (
	"testing"

	"breakwater/exchange"
)

func TestAnExitIsNamedByWhatItWasFor(t *testing.T) {
	for _, c := range []struct {
		trip RoundTrip
		want string
	}{
		{RoundTrip{ExitType: exchange.Market}, "signal"},
		{RoundTrip{ExitType: exchange.Limit, ExitAtOnce: true}, "signal"},
		{RoundTrip{ExitType: exchange.Limit}, "limit"},
		{RoundTrip{ExitType: exchange.Market, ExitFor: exchange.ForTarget}, "target"},
		{RoundTrip{ExitType: exchange.Limit, ExitAtOnce: true, ExitFor: exchange.ForTarget}, "target"},
		{RoundTrip{ExitType: exchange.StopLoss, ExitFor: exchange.ForProtection}, "stop"},
		{RoundTrip{ExitType: exchange.Market, ExitFor: exchange.ForClosing}, "closing"},
		{RoundTrip{ExitType: exchange.TrailingStop}, "trailing stop"},
		{RoundTrip{Open: true}, "open"},
	} {
		if got := c.trip.Reason(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.trip, got, c.want)
		}
	}
}
