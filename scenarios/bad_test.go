package scenarios

import (
	"fmt"
	"strings"
	"testing"
)

// good is a scenario in which tests replace a line.
const good = `name: good
doc: a sound one
duration: 20m
market:
  XBT/CAD: {price: 90000}
strategy:
  name: scripted
  signals:
    - {at: 5m, do: buy, notional: 20}
limits: {profile: research, max-order-notional: 10}
faults:
  - {at: 1m, do: widen, pair: XBT/CAD, pct: 1%}
owner:
  - {at: 2m, do: kill}
news:
  - {at: 3m, text: hello}
expect:
  - invariants: all
  - {calls: AddOrder, max: 0}
ablate: {control: max-order-notional, must-break: calls AddOrder}
`

func TestASoundFileIsRead(t *testing.T) {
	s, err := Read("good.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if s.Control.String() != "max-order-notional" || s.Breaks != 1 || len(s.cfg.Plan.Rules) != 1 || len(s.cfg.Acts) != 1 || len(s.cfg.News) != 1 {
		t.Errorf("%+v", s)
	}
}

// What cannot mean anything is refused with the line and what to write instead.
func TestABadFileIsRefusedWithItsLine(t *testing.T) {
	tests := []struct{ old, new, want string }{
		{"name: good", "name: other", `:1: name "other" is not that of the file`},
		{"doc: a sound one", "docs: a sound one", "a scenario has no doc"},
		{"duration: 20m", "duration: soon", `:3: duration "soon" is no time`},
		{"duration: 20m", "duration: 20m\nduration: 30m", ":4: duration stands twice, first in line 3"},
		{"duration: 20m", "duraton: 20m", `:3: unknown key "duraton" in a scenario; did you mean duration?`},
		{"duration: 20m", "duration: 20m\nseed: -1", `:4: seed "-1" is out of range`},
		{"duration: 20m", "start: tomorrow", `:3: start "tomorrow" is no time`},
		{"duration: 20m", "facts: [boock]", `:3: facts: "boock" is unknown; did you mean book?`},
		{"duration: 20m", "account: {cash: 10, timezone: Mars}", `:3: timezone "Mars" is unknown`},
		{"  XBT/CAD: {price: 90000}", "  XBTCADX: {price: 90000}", `:5: "XBTCADX" is no pair`},
		{"  XBT/CAD: {price: 90000}", "  XBT/CAD: {spread-bps: 8}", ":5: the market of XBT/CAD has no price"},
		{"  XBT/CAD: {price: 90000}", "  XBT/CAD: {price: 90000, colour: red}", `:5: unknown key "colour" in the market of XBT/CAD`},
		{"  XBT/CAD: {price: 90000}", "  XBT/CAD: {price: 90000, shape: [{at: 5m}, {at: 5m}]}", "does not come behind the one before"},
		{"  name: scripted", "  name: scripded", `did you mean`},
		{"do: buy, notional: 20", "do: by, notional: 20", `:9: do "by" is unknown; did you mean buy?`},
		{"do: buy, notional: 20", "do: buy", ":9: a signal has no size"},
		{"{at: 5m, do: buy", "{at: 25m, do: buy", ":9: at 25m0s is behind the end of the scenario"},
		{"{at: 5m, do: buy", "{at: 5m, times: 3, do: buy", ":9: times 3 at one instant"},
		{"{at: 5m, do: buy", "{at: 5m, pair: ETH/CAD, do: buy", ":9: pair ETH/CAD is not in the market"},
		{"max-order-notional: 10}", "max-order-notinal: 10}", `did you mean "max-order-notional"?`},
		{"profile: research, max", "profile: researsh, max", `profile "researsh" is unknown; did you mean "research"?`},
		{"do: widen, pair: XBT/CAD, pct: 1%", "do: widden, pair: XBT/CAD, pct: 1%", `:12: do "widden" is no fault that there is; did you mean widen?`},
		{"do: widen, pair: XBT/CAD, pct: 1%", "do: widen, pair: ETH/CAD, pct: 1%", ":12: pair ETH/CAD is not in the market"},
		{"{at: 1m, do: widen", "{at: 30m, do: widen", ":12: at 30m is behind the end of the run"},
		{"do: widen, pair: XBT/CAD, pct: 1%", "do: drop, on: OpenOrder", ":12: on \"OpenOrder\": drop cannot strike that"},
		{"{at: 2m, do: kill}", "{at: 2m, do: kil}", `:14: do "kil" is unknown; did you mean kill?`},
		{"{at: 2m, do: kill}", "{at: 40m, do: kill}", ":14: at 40m0s is behind the end of the scenario"},
		{"{at: 3m, text: hello}", "{at: 3m}", ":16: a headline has no text"},
		{"invariants: all", "invariants: most", `:18: invariant "most" is unknown`},
		{"invariants: all", "invariant: all", `:18: this expects nothing; did you mean invariants?`},
		{"{calls: AddOrder, max: 0}", "{calls: AddOrders, max: 0}", `:19: calls "AddOrders" is unknown; did you mean AddOrder?`},
		{"{calls: AddOrder, max: 0}", "{calls: AddOrder}", ":19: calls without a bound holds always"},
		{"{calls: AddOrder, max: 0}", "{calls: AddOrder, min: 3, max: 0}", ":19: min 3 is above max 0: nothing can meet that"},
		{"{calls: AddOrder, max: 0}", "{calls: AddOrder, min: 1, after: 30m}", ":19: after 30m0s is behind the end of the scenario: nothing can meet that"},
		{"{calls: AddOrder, max: 0}", "{calls: AddOrder, min: 1, after: 10m, before: 5m}", ":19: before 5m0s is not behind after 10m0s: nothing can meet that"},
		{"{calls: AddOrder, max: 0}", "{calls: AddOrder, max: 0, of: fault-2}", ":19: of \"fault-2\" is no fault"},
		{"{calls: AddOrder, max: 0}", "{calls: AddOrder, max: 0, of: fault-1-end}", ":19: fault-1 has no end: write for: 1m there"},
		{"{calls: AddOrder, max: 0}", "{level: ACTIVE}", ":19: no latch has the level ACTIVE"},
		{"{calls: AddOrder, max: 0}", "{event: fill, never: trip}", ":19: an expectation begins with event and with never"},
		{"must-break: calls AddOrder", "must-break: calls CancelOrder", ":20: must-break \"calls CancelOrder\" is no expectation of this scenario; did you mean calls AddOrder?"},
		{"{control: max-order-notional, ", "{control: max-order-notionall, ", `:20: control "max-order-notionall" is unknown; did you mean max-order-notional?`},
		{"ablate: {control: max-order-notional, must-break: calls AddOrder}", "", "no control is taken out"},
		{"duration: 20m", "duration: [20m]", ":3: duration is a list; write one value"},
		{"duration: 20m", "duration: &a 20m", "anchors and references have no meaning here"},
		{"duration: 20m", "duration: 20m\nstep: 7s", "no multiple of"},
		{"market:", "---\nmarket:", "a second document begins"},
	}
	for _, test := range tests {
		text := strings.Replace(good, test.old, test.new, 1)
		if text == good {
			t.Errorf("%q is not in the file", test.old)
			continue
		}
		_, err := Read("good.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s instead of %s:\n  %v\n  want %s", test.new, test.old, err, test.want)
		}
	}
	if _, err := Read("good.yaml", []byte(strings.Repeat("#", largest+1))); err == nil {
		t.Error("a huge file is read")
	}
}

// Whatever a file says, it is read or refused, and what is read makes a world.
func FuzzRead(f *testing.F) {
	f.Add([]byte(good))
	for _, name := range Names() {
		text, err := files.ReadFile(name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Read("good.yaml", text)
		if err != nil {
			if _, ok := err.(*Error); !ok {
				t.Errorf("%v is no *Error", err)
			}
			return
		}
		if len(s.Expect) == 0 || len(s.pairs) == 0 || len(s.slots) == 0 {
			t.Error(fmt.Sprint("a scenario of nothing was read: ", s))
		}
	})
}
