package reports

import (
	"bytes"
	"strings"
	"testing"
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
