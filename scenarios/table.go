package scenarios

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"breakwater/risk"
)

// Why is what an outcome is red for; empty when it is green.
func (o *Outcome) Why() []string {
	why := slices.Clone(o.Failed)
	if o.Vacuous != "" {
		why = append(why, "vacuous: "+o.Vacuous)
	}
	return why
}

// WriteTable prints outcomes, a line each, what is red with its reasons.
func WriteTable(out io.Writer, outcomes []*Outcome) error {
	var rows strings.Builder
	t := tabwriter.NewWriter(&rows, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "scenario\t\tproves\twithout it")
	red := 0
	var took time.Duration
	for _, o := range outcomes {
		took += o.Took
		s := o.Scenario
		word, control, broke := "green", s.Control.String(), o.Broke
		if s.Breaks < 0 {
			control, broke = "–", s.Alone
		}
		if !o.Green() {
			red++
			word = "RED"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", s.Name, word, control, broke)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for i, line := range strings.Split(strings.TrimSuffix(rows.String(), "\n"), "\n") {
		fmt.Fprintln(out, line)
		if i > 0 { // the first is the head
			for _, why := range outcomes[i-1].Why() {
				fmt.Fprintf(out, "  %s\n", why)
			}
		}
	}
	end := ""
	if red > 0 {
		end = "; --log shows what happened"
	}
	word := "scenarios"
	if len(outcomes) == 1 {
		word = "scenario"
	}
	_, err := fmt.Fprintf(out, "%d %s, %d red, %.1f s%s\n", len(outcomes), word, red, took.Seconds(), end)
	return err
}

// Matrix is which scenarios prove which control.
type Matrix struct{ rows []row }

type row struct {
	control risk.Control
	proven  []string // by scenarios that are green
	red     []string
	event   bool // on its events only
}

// MatrixOf sorts outcomes by control.
func MatrixOf(outcomes []*Outcome) Matrix {
	var m Matrix
	for _, c := range risk.All() {
		r := row{control: c}
		for _, o := range outcomes {
			if s := o.Scenario; s.Breaks >= 0 && s.Control == c {
				r.event = r.event || s.Wiring == "event"
				if o.Green() {
					r.proven = append(r.proven, s.Name)
				} else {
					r.red = append(r.red, s.Name)
				}
			}
		}
		m.rows = append(m.rows, r)
	}
	return m
}

// Unproven are the controls that no green scenario proves.
func (m Matrix) Unproven() (names []string) {
	for _, r := range m.rows {
		if len(r.proven) == 0 {
			names = append(names, r.control.String())
		}
	}
	return names
}

// Write prints the matrix. A star says that the control is proven on its events, its live
// wiring comes later.
func (m Matrix) Write(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\ncontrol\t\tproven by")
	for _, r := range m.rows {
		name, word := r.control.String(), "proven"
		if r.event {
			name += "*"
		}
		if len(r.proven) == 0 {
			word = "UNPROVEN"
		}
		by := slices.Clone(r.proven)
		for _, s := range r.red {
			by = append(by, s+" (red)")
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", name, word, strings.Join(by, ", "))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	unproven := m.Unproven()
	_, err := fmt.Fprintf(out, "%d of %d controls proven; * on its events, its live wiring comes later\n", len(m.rows)-len(unproven), len(m.rows))
	return err
}

// Line is an outcome for programs.
type Line struct {
	Name    string   `json:"name"`
	Green   bool     `json:"green"`
	Control string   `json:"control,omitempty"`
	Broke   string   `json:"broke_without,omitempty"`
	Why     []string `json:"why,omitempty"`
	Digest  string   `json:"digest"`
	Seconds float64  `json:"seconds"`
}

// Summary is all outcomes for programs.
type Summary struct {
	Scenarios []Line   `json:"scenarios"`
	Unproven  []string `json:"unproven,omitempty"`
}

// Report is the outcomes for programs; with all the unproven controls too.
func Report(outcomes []*Outcome, all bool) Summary {
	sum := Summary{Scenarios: []Line{}}
	for _, o := range outcomes {
		l := Line{Name: o.Scenario.Name, Green: o.Green(), Why: o.Why(), Digest: o.Run.Digest, Seconds: o.Took.Seconds()}
		if o.Scenario.Breaks >= 0 {
			l.Control, l.Broke = o.Scenario.Control.String(), o.Broke
		}
		sum.Scenarios = append(sum.Scenarios, l)
	}
	if all {
		sum.Unproven = MatrixOf(outcomes).Unproven()
	}
	return sum
}
