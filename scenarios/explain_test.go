package scenarios

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

// Every scenario is told in lines that can be read, with what must hold and what must break in
// sentences of their own.
func TestEveryScenarioIsToldAsProse(t *testing.T) {
	for _, s := range Catalogue() {
		var out bytes.Buffer
		if err := s.Explain(&out); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		for _, line := range strings.Split(text, "\n") {
			if n := utf8.RuneCountInString(line); n > explainWidth {
				t.Errorf("%s: a line of %d letters: %s", s.Name, n, line)
			}
		}
		if strings.Contains(text, "%!") || !strings.Contains(text, "What must hold:") || strings.Contains(text, "No control is taken out") == (s.Breaks >= 0) {
			t.Errorf("%s is told as\n%s", s.Name, text)
		}
	}
}

func TestExpectationsReadAsSentences(t *testing.T) {
	s, err := Read("good.yaml", []byte(strings.Replace(good, "  - invariants: all\n", `  - invariants: all
  - {event: order-filled, side: buy, pair: XBT/CAD, slot: scripted, min: 2, max: 5, after: 1m, before: 10m}
  - {never: trip, control: daily-loss, of: fault-1}
  - {level: PAUSED, scope: global, within: 90s, of: fault-1}
  - {fills: sell, max: 0}
  - {denied: any, text: too large}
  - {alert: kill-command, within: 5s}
  - {lives: many, min: 1, max: 1}
  - {held-min: CAD 12}
  - {as: nothing left, held-max: XBT 0}
  - {equity-min: 900}
  - {final-level: KILLED}
  - {running: false}
  - {phase: armed}
`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"every invariant holds",
		"order-filled happens for a buy on XBT/CAD by scripted 2 to 5 times, after 1m, before 10m",
		"trip never happens by daily-loss, from fault-1 on",
		"the guard sets PAUSED for everything, within 1m30s of fault-1",
		"never: a sale is filled",
		`an order is denied with the words "too large"`,
		"the owner hears of kill-command, within 5s of the start",
		"the process starts once",
		"at least CAD 12 is held at the end",
		"nothing left: at most XBT 0 is held at the end",
		"the account is worth at least 900 CAD at the end",
		"at the end it is KILLED",
		"no process runs at the end",
		"phase is armed",
		"never: AddOrder is called",
	} {
		if got := s.Expect[i].prose(s); got != want {
			t.Errorf("%s reads %q, want %q", s.Expect[i].Title(), got, want)
		}
	}
}
