package reports

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
)

func TestTallyCountsWhatComparesRuns(t *testing.T) {
	tally := NewTally("given", 1000)
	at := exchange.At(time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC))
	mark := func(hours int, equity money.Amount) {
		tally.Mark(&exchange.Event{Time: at.Add(time.Duration(hours) * time.Hour)}, equity, equity/4)
	}
	mark(12, 1100)
	mark(24, 1000) // midnight closes the first day: even
	mark(36, 800)
	mark(48, 900) // the second loses 10 %, from 1100 the account fell 27 %
	mark(60, 990)
	for _, r := range []risk.Record{
		{Type: risk.RecIntent}, {Type: risk.RecIntent}, {Type: risk.RecDenial},
		{Type: risk.RecLevel, Level: risk.Paused, Scope: risk.ByPair},
		{Type: risk.RecLevel, Level: risk.Halted, Scope: risk.BySlot, Time: at},
		{Type: risk.RecLevel, Level: risk.ReduceOnly},
		{Type: risk.RecLevel, Level: risk.Paused}, // beside the stricter one
		{Type: risk.RecLevel, Level: risk.Halted, Lift: true},
		{Type: risk.RecLevel, Level: risk.ReduceOnly, Lift: true},
	} {
		tally.Record(&r, false)
	}
	got := tally.Finish()
	want := Strictness{Name: "given", Return: -0.01, MaxDrawdown: -300.0 / 1100, WorstDay: -0.1, Orders: 2, Denied: 1, Halts: 1, FirstHalt: at, Last: risk.ReduceOnly, Held: 247.0 / 990}
	if math.Abs(got.MaxDrawdown-want.MaxDrawdown) > 1e-12 || math.Abs(got.WorstDay-want.WorstDay) > 1e-12 {
		t.Errorf("drawdown %v, worst day %v", got.MaxDrawdown, got.WorstDay)
	}
	got.MaxDrawdown, got.WorstDay = want.MaxDrawdown, want.WorstDay
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestStrictnessIsInSummaryPageAndJSON(t *testing.T) {
	r := sampleRun(t)
	r.Meta.Strictness = []Strictness{
		{Name: "no limits (research)", Return: 2, MaxDrawdown: -0.6, WorstDay: -0.2, Orders: 12},
		{Name: "limits as given", Return: 0.5, MaxDrawdown: -0.12, WorstDay: -0.05, Orders: 4, Denied: 9, Halts: 1, FirstHalt: r.Begin, Last: risk.Halted},
	}
	var summary, json bytes.Buffer
	if err := WriteSummary(&summary, r, SummaryOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteJSON(&json); err != nil {
		t.Fatal(err)
	}
	for _, out := range []struct{ name, text, want string }{
		{"summary", strings.Join(strings.Fields(summary.String()), " "), "limits as given +50.00 % -12.00 % -5.00 % 4 9 1 HALTED"},
		{"page", pageOf(t, r, HTMLOptions{Static: true}), ">1, " + dateText(r.Begin) + "<"},
		{"page", pageOf(t, r, HTMLOptions{Static: true}), "<td>limits as given</td><td class=\"n\">&#43;50.00"},
		{"JSON", json.String(), "\"max_drawdown\": -0.12,"},
	} {
		if !strings.Contains(out.text, out.want) {
			t.Errorf("the %s does not say %q:\n%s", out.name, out.want, out.text)
		}
	}
}

func TestStopsAreCountedByControlAndLevel(t *testing.T) {
	var g Guard
	set := func(level risk.Level, day int, cause string) {
		g.stop(&risk.Record{Control: risk.Drawdown, Level: level, Time: exchange.Stamp(day) * 86400e9, Text: cause})
	}
	lift := func(left risk.Level, text string) {
		g.stop(&risk.Record{Control: risk.Drawdown, Level: left, Lift: true, Text: text})
	}
	set(risk.Paused, 1, "first mark")
	lift(risk.Active, "lifted by the timer")
	set(risk.Paused, 3, "first mark")
	lift(risk.Active, "lifted by the timer")
	set(risk.Halted, 4, "second mark")
	g.sortStops()
	var lines []string
	for i := range g.Stops {
		lines = append(lines, g.Stops[i].text())
	}
	want := "HALTED for the account by drawdown once, 1970-01-05: second mark; not lifted: nothing was sent any more, and what was held stayed\n" +
		"PAUSED for the account by drawdown 2 times, first 1970-01-02: first mark; lifted by the timer"
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
