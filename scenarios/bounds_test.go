package scenarios

import (
	"strconv"
	"strings"
	"testing"
)

// What would take for ever to read or to run is refused, with the line and what to write
// instead. The first three once took the parser minutes.
func TestWhatIsTooMuchIsRefused(t *testing.T) {
	many := func(n int, line string) (all string) {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(line, "#", strconv.Itoa(i)) + "\n")
		}
		return b.String()
	}
	for _, c := range []struct{ old, new, want string }{
		{"duration: 20m", "duration: " + strings.Repeat("[", 30_000), ":3: is nested too deep: 32 brackets are open here; a scenario has five"},
		{"duration: 20m", "duration: " + strings.Repeat("{a: ", 5000), ":3: is nested too deep: 32 brackets"},
		{"duration: 20m", strings.Repeat("k:\n", largest), "good.yaml: is larger than 32 kB; a scenario is a page"},
		{"duration: 20m", many(200, "k#: 1"), "good.yaml:101: a table has 210 keys; write at most 100"},
		{"  - {at: 3m, text: hello}", many(1001, "  - {at: 3m}"), "a list has 1001 items; write at most 1000"},
		{"  XBT/CAD: {price: 90000}", "  XBT/CAD: {price: 90000}\n" + many(30, "  A#/CAD: {price: 1}"), "31 pairs are too many; write at most 20"},
		{"limits:", "strategies:\n" + many(30, "  - {name: runaway, slot: s#}") + "limits:", "31 strategies are too many; write at most 20"},
		{"faults:\n", "faults:\n" + many(200, "  - {at: 1m, do: html}"), ":11: 201 faults are too many; write at most 200"},
		{"{at: 3m, text: hello}", "{at: 3m, text: hello, times: 1000, every: 1s}\n" + many(2, "  - {at: 3m, text: hello, times: 1000, every: 1s}"), ":18: 3000 headlines are too many; write at most 2000"},
		{"duration: 20m", "duration: 20m\nstep: 1ms\nbars: 1s", ":4: 20m0s in steps of 1ms, and four bars before, are 1204000 prices; write a longer step"},
		{"duration: 20m", "duration: 366d\nstep: 5s", ":4: 8784h0m0s in steps of 5s, and four bars before, are 6324528 prices"},
		{"duration: 20m", "duration: 20m\nbars: 3650d", ":4: bars of 87600h0m0s are longer than 7d"},
		{"duration: 20m", "duration: 3650d", ":3: duration 87600h0m0s is longer than 8784h0m0s"},
		{"{at: 5m, do: buy", "{at: 5m, times: 1000, every: 1s, count: 1000, do: buy", ":9: times 1000 and count 1000 make 1000000 orders; write at most 100000"},
		{"{at: 5m, do: buy", "{at: 5m, count: 1000000000, do: buy", `:9: count "1000000000" is out of range; write a whole number from 1 to 10000`},
		{"{at: 1m, do: widen, pair: XBT/CAD, pct: 1%}", "{at: 1m, do: strategy-flood, count: 1000, times: 1000, every: 1s}", ":12: times and count of this fault make more than 100000 acts; write less"},
		{"{at: 1m, do: widen, pair: XBT/CAD, pct: 1%}", "{at: 1m, do: ws-flood, count: 1000000}", ":12: times and count of this fault make more than 100000 acts"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if text == good {
			t.Errorf("%q is not in the file", c.old)
			continue
		}
		if _, err := Read("good.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60s instead of %s:\n  %.200v\n  want %s", c.new, c.old, err, c.want)
		}
	}
}
