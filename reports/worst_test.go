package reports

import (
	"bytes"
	"strings"
	"testing"
)

// The worst day that the limits let through stands in the page and in the JSON, in the summary
// only once it is measured; that nothing bounds it is said as such.
func TestTheWorstDayIsOnThePage(t *testing.T) {
	const unit = 10_000
	for _, c := range []struct {
		worst               *WorstDay
		page, line, inJSON  string
		notPage, notSummary string
	}{
		{nil, "", "", "", "The worst day", "Worst day:"},
		{&WorstDay{Equity: 1000 * unit, Bound: 64 * unit, FallPPM: 870_000, Coins: 1}, "64.00\u00a0CAD <small>of 1,000.00</small></dd>", "", `"bound":"64.0000","fall":0.87,"coins":1`, "largest positions in", "Worst day:"},
		{&WorstDay{Equity: 1000 * unit, Bound: 64 * unit, FallPPM: 870_000, Coins: 2, Measured: true, Loss: 43*unit + 4853, Adversary: "greedy", Day: "gap", Runs: 30},
			"43.49\u00a0CAD <small>by greedy</small></dd>", "of 1,000.00 CAD adversaries lost 43.49 at most (greedy; gap); the limits bound it to 64.00.", `"measured":"43.4853","adversary":"greedy","day":"gap"`, "not yet", "nothing"},
		{&WorstDay{Equity: 1000 * unit, Bound: 1000 * unit, FallPPM: 870_000, Coins: 1}, `<dd class="down">nothing <small>of 1,000.00`, "", `"bound":"1000.0000"`, "the limit of a day&#39;s loss", "Worst day:"},
	} {
		r := sampleRun(t)
		r.Meta.Worst = c.worst
		page := pageOf(t, r, HTMLOptions{})
		if !strings.Contains(page, c.page) || strings.Contains(page, c.notPage) {
			t.Errorf("%+v: the page lacks %q, or has %q", c.worst, c.page, c.notPage)
		}
		var summary, js bytes.Buffer
		if err := WriteSummary(&summary, r, SummaryOptions{}); err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(strings.Fields(summary.String()), " "); !strings.Contains(text, c.line) || c.notSummary == "Worst day:" && strings.Contains(text, c.notSummary) {
			t.Errorf("%+v: the summary says\n%s", c.worst, text)
		}
		if err := r.WriteJSON(&js); err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(strings.Fields(js.String()), ""); !strings.Contains(text, c.inJSON) || c.worst == nil && strings.Contains(text, "worst_day") {
			t.Errorf("%+v: the JSON lacks %q", c.worst, c.inJSON)
		}
	}
}
