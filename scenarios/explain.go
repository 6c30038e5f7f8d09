package scenarios

import (
	"fmt"
	"io"
	"strings"

	"breakwater/risk"
)

// Explain tells a scenario as prose.
func (s *Scenario) Explain(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n\n", s.Name, s.Doc)
	if s.Incident != "" {
		fmt.Fprintf(&b, "It re-enacts: %s.\n", strings.TrimSuffix(s.Incident, "."))
	}
	if s.Source != "" {
		fmt.Fprintf(&b, "It answers requirement %s\n", s.Source)
	}
	c := &s.cfg
	fmt.Fprintf(&b, "It runs for %s on %s, with %s at work, under these limits: %s.\n", c.Duration, strings.Join(s.pairs, ", "), strings.Join(s.slots, ", "), s.limitsText())
	if len(c.Plan.Rules) > 0 {
		b.WriteString("\nWhat is broken:\n")
	}
	for i := range c.Plan.Rules {
		r := &c.Plan.Rules[i]
		when := fmt.Sprintf("after %s", r.At)
		if r.After != "" {
			when += fmt.Sprintf(", at the point %s", strings.TrimSpace(fmt.Sprint(r.After, " ", max(r.Nth, 1))))
		}
		if r.For > 0 {
			when += fmt.Sprintf(", for %s", r.For)
		}
		fmt.Fprintf(&b, "  %s: %s, %s  %s\n", c.Plan.Called(i), when, r.Do.Doc(), r)
	}
	if len(c.Acts) > 0 {
		b.WriteString("\nWhat the owner does:\n")
	}
	for _, a := range c.Acts {
		fmt.Fprintf(&b, "  after %s: %s\n", a.At, a.Do)
	}
	b.WriteString("\nWhat must hold:\n")
	for i := range s.Expect {
		fmt.Fprintf(&b, "  %s\n", s.Expect[i].prose())
	}
	if s.Breaks < 0 {
		fmt.Fprintf(&b, "\nNo control is taken out: %s.\n", s.Alone)
	} else {
		d := &risk.Declarations[s.Control]
		fmt.Fprintf(&b, "\nWhy: %s: %s.\nWithout it, this must break: %s.\n", d.Name, d.Rule, s.Expect[s.Breaks].Title())
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// prose is an expectation in a line.
func (x *Expectation) prose() string {
	text := x.Title()
	if x.As != "" {
		text = x.As + ": " + x.Kind + " " + x.Value
	}
	if x.control != risk.NoControl && x.Kind != "denied" {
		text += " by " + x.control.String()
	}
	if x.scope != "" {
		text += " for " + x.scope
	}
	if x.min >= 0 {
		text += fmt.Sprintf(", at least %d", x.min)
	}
	if x.max >= 0 {
		text += fmt.Sprintf(", at most %d", x.max)
	}
	if x.within > 0 {
		of := x.of
		if of == "" {
			of = "the start"
		}
		text += fmt.Sprintf(", within %s of %s", x.within, of)
	}
	if x.after > 0 {
		text += fmt.Sprintf(", after %s", x.after)
	}
	if x.before > 0 {
		text += fmt.Sprintf(", before %s", x.before)
	}
	return text
}

// limitsText is the limits as written, in a line.
func (s *Scenario) limitsText() string {
	var parts []string
	for _, l := range strings.Split(strings.TrimSpace(s.limits), "\n") {
		parts = append(parts, strings.TrimSpace(l))
	}
	return strings.ReplaceAll(strings.Join(parts, ", "), ":,", ":")
}
