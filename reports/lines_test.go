package reports

import (
	"bytes"
	"strings"
	"testing"

	"breakwater/exchange"
)

func TestSummarySaysWhatBecameOfTheGaps(t *testing.T) {
	for empty, want := range map[string]string{"skip": "nothing was filled in", "flat": "flat bars stand in (--empty flat)"} {
		r := sampleRun(t)
		r.Meta = sampleMeta(r)
		r.Meta.Data[0].Empty = empty
		var b bytes.Buffer
		if err := WriteSummary(&b, r, SummaryOptions{Width: 200}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "17 intervals without a bar, longest 9 h; "+want+"\n") {
			t.Errorf("--empty %s: no %q in\n%s", empty, want, b.String())
		}
	}
}

func TestSummaryTellsWhatTheVenueCancelled(t *testing.T) {
	r := sampleRun(t)
	r.Meta = sampleMeta(r)
	r.Orders.CancelledBy = []CodeCount{{exchange.CodeUserRequested, 7}, {exchange.CodeOrderMinimum, 60}}
	var b bytes.Buffer
	if err := WriteSummary(&b, r, SummaryOptions{Width: 200}); err != nil {
		t.Fatal(err)
	}
	if want := "Cancelled      60 orders by the venue: Order minimum not met 60\n"; !strings.Contains(b.String(), want) {
		t.Errorf("no %q in\n%s", want, b.String())
	}
}
