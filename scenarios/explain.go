package scenarios

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"breakwater/exchange/chaos"
	"breakwater/risk"
)

// explainWidth is how long a line of prose is at most.
const explainWidth = 100

// Explain tells a scenario as prose.
func (s *Scenario) Explain(out io.Writer) error {
	t := &prose{}
	t.line("", "%s", s.Name)
	t.line("", "")
	t.line("", "%s", s.Doc)
	t.line("", "")
	if s.Incident != "" {
		t.line("", "It re-enacts: %s.", strings.TrimSuffix(s.Incident, "."))
	}
	if s.Source != "" {
		t.line("", "It answers requirement %s.", strings.TrimSuffix(s.Source, "."))
	}
	c := &s.cfg
	t.line("", "It runs for %s on %s, with %s at work, under these limits: %s.", chaos.SpanText(c.Duration), strings.Join(s.pairs, ", "), strings.Join(s.slots, ", "), s.limitsText())
	s.explainFaults(t)
	if len(c.Acts) > 0 {
		t.line("", "")
		t.line("", "What the owner does:")
	}
	for _, a := range c.Acts {
		t.line("  ", "after %s: %s", chaos.SpanText(a.At), a.Do)
	}
	t.line("", "")
	t.line("", "What must hold:")
	for i := range s.Expect {
		t.line("  ", "%s", s.Expect[i].prose(s))
	}
	t.line("", "")
	if s.Breaks < 0 {
		t.line("", "No control is taken out: %s.", s.Alone)
	} else {
		d := &risk.Declarations[s.Control]
		t.line("", "Why: %s: %s.", d.Name, d.Rule)
		t.line("", "Without %s this must break: %s.", d.Name, s.Expect[s.Breaks].prose(s))
	}
	_, err := io.WriteString(out, t.String())
	return err
}

// explainFaults tells what is broken; of many faults that do the same the first.
func (s *Scenario) explainFaults(t *prose) {
	rules := s.cfg.Plan.Rules
	if len(rules) > 0 {
		t.line("", "")
		t.line("", "What is broken:")
	}
	for _, places := range s.faultLanes() {
		for i, place := range places {
			r := &rules[place]
			when := "after " + chaos.SpanText(r.At)
			if r.After != "" {
				when += fmt.Sprintf(", at the point %s %d", r.After, max(r.Nth, 1))
			}
			if r.For > 0 {
				when += ", for " + chaos.SpanText(r.For)
			}
			t.line("  ", "%s: %s, %s", s.cfg.Plan.Called(place), when, r.Do.Doc())
			t.line("    ", "%s", r)
			if i == 0 && len(places) > mostAlike {
				last := places[len(places)-1]
				t.line("  ", "and %d like it, the last, %s, after %s", len(places)-1, s.cfg.Plan.Called(last), chaos.SpanText(rules[last].At))
				break
			}
		}
	}
}

// prose is text in lines of a length that can be read.
type prose struct{ strings.Builder }

// line writes a line behind an indent, and what does not fit on it further in.
func (t *prose) line(indent, format string, args ...any) {
	used := 0
	for _, word := range strings.Split(fmt.Sprintf(format, args...), " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case used == 0:
			t.WriteString(indent)
			used = len(indent)
		case used+1+n > explainWidth:
			more := indent
			if indent != "" {
				more += "  "
			}
			t.WriteString("\n" + more)
			used = len(more)
		default:
			t.WriteByte(' ')
			used++
		}
		t.WriteString(word)
		used += n
	}
	t.WriteByte('\n')
}

// limitsText is the limits as written, in a line.
func (s *Scenario) limitsText() string {
	root, err := parse(s.File, []byte(s.limits))
	if err != nil || root.is != table {
		panic("BUG: limits that were read cannot be read again")
	}
	var parts []string
	for _, e := range root.keys {
		text := flow(e.node)
		if e.node.is == table {
			text = "{" + strings.Trim(text, "{}") + "}"
		}
		parts = append(parts, e.key+" "+text)
	}
	return strings.Join(parts, ", ")
}

// prose is an expectation in a sentence.
func (x *Expectation) prose(s *Scenario) string {
	text := x.subject(s) + x.filters(s) + x.times()
	if x.max == 0 {
		text = "never: " + text
	}
	if x.within > 0 {
		of := x.of
		if of == "" {
			of = "the start"
		}
		text += fmt.Sprintf(", within %s of %s", chaos.SpanText(x.within), of)
	} else if x.of != "" {
		text += ", from " + x.of + " on"
	}
	if x.after > 0 {
		text += ", after " + chaos.SpanText(x.after)
	}
	if x.before > 0 {
		text += ", before " + chaos.SpanText(x.before)
	}
	if x.As != "" {
		text = x.As + ": " + text
	}
	return text
}

// subject is what an expectation is about.
func (x *Expectation) subject(s *Scenario) string {
	currency := s.cfg.Catalog.Assets[s.cfg.Currency].Name
	switch x.Kind {
	case "invariants":
		if x.Value == "all" {
			return "every invariant holds"
		}
		return x.Value + " holds"
	case "event":
		return x.Value + " happens"
	case "never":
		return x.Value + " never happens"
	case "reached":
		return "the danger is met: " + x.Value
	case "level":
		return "the guard sets " + x.Value
	case "final-level":
		return "at the end it is " + x.Value
	case "calls":
		return x.Value + " is called"
	case "fills":
		return map[string]string{"buy": "a buy is filled", "sell": "a sale is filled", "any": "an order is filled"}[x.Value]
	case "denied":
		if x.Value == "any" {
			return "an order is denied"
		}
		return "an order is denied by " + x.Value
	case "loss-max":
		return "the account never loses more than " + x.Value + " " + currency
	case "equity-min":
		return "the account is worth at least " + x.Value + " " + currency + " at the end"
	case "held-max":
		return "at most " + x.Value + " is held at the end"
	case "held-min":
		return "at least " + x.Value + " is held at the end"
	case "alert":
		return "the owner hears of " + x.Value
	case "lives":
		return "the process starts"
	case "running":
		return map[string]string{"true": "a process runs at the end", "false": "no process runs at the end"}[x.Value]
	}
	return x.Kind + " is " + x.Value
}

// filters are which of the things that happened count.
func (x *Expectation) filters(s *Scenario) (text string) {
	if x.control != risk.NoControl && x.Kind != "denied" {
		text += " by " + x.control.String()
	}
	switch {
	case x.scope == "global":
		text += " for everything"
	case x.scope != "":
		text += " for " + x.scope
	}
	if x.side != "" {
		text += " for a " + map[string]string{"buy": "buy", "sell": "sale"}[x.side]
	}
	if x.pair >= 0 && x.Kind != "held-max" && x.Kind != "held-min" {
		text += " on " + s.cfg.Catalog.Instruments[x.pair].Symbol
	}
	if x.slot >= 0 {
		text += " by " + s.slots[x.slot]
	}
	if x.text != "" {
		text += fmt.Sprintf(" with the words %q", x.text)
	}
	return text
}

// times is how often something must happen.
func (x *Expectation) times() string {
	of := func(n int64) string {
		switch n {
		case 1:
			return "once"
		case 2:
			return "twice"
		}
		return fmt.Sprintf("%d times", n)
	}
	switch {
	case x.min < 0 && x.max < 0 || x.max == 0:
		return ""
	case x.min == x.max:
		return " " + of(x.min)
	case x.max < 0:
		return " at least " + of(x.min)
	case x.min < 0:
		return " at most " + of(x.max)
	}
	return fmt.Sprintf(" %d to %d times", x.min, x.max)
}
