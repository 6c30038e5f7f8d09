package scenarios

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"breakwater/exchange"
	"breakwater/risk"
	"breakwater/sim/world"
)

// quiet are the lines of a log that come again and again and say nothing.
var quiet = []string{"Refresh", "snapshot", "CancelAllOrdersAfter", "equity"}

// WriteLog prints what happened in both runs, a line each, times since the start.
func (o *Outcome) WriteLog(out io.Writer) error {
	fmt.Fprintf(out, "%s, with every control\n", o.Scenario.Name)
	if err := o.Scenario.writeLog(out, o.Run); err != nil || o.Ablated == nil {
		return err
	}
	fmt.Fprintf(out, "%s, without %s\n", o.Scenario.Name, o.Scenario.Control)
	return o.Scenario.writeLog(out, o.Ablated)
}

func (s *Scenario) writeLog(out io.Writer, r *world.Result) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i := range r.Entries {
		e := &r.Entries[i]
		if slices.Contains(quiet, e.Kind) || e.At < r.Start {
			continue
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\n", timeText(e.At.Sub(r.Start)), e.Kind, s.entryText(e))
	}
	broke := map[string]int{}
	for _, v := range r.Violations {
		if broke[v.Invariant]++; broke[v.Invariant] > mostViolations {
			continue
		}
		fmt.Fprintf(t, "  %s\tVIOLATION\t%s: %s\n", timeText(v.At.Sub(r.Start)), v.Invariant, v.Text)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(broke)) {
		if more := broke[name] - mostViolations; more > 0 {
			fmt.Fprintf(out, "  and %s %d times more\n", name, more)
		}
	}
	return nil
}

// mostViolations is how often a log tells that the same invariant broke.
const mostViolations = 3

// timeText is a time since the start, to the millisecond.
func timeText(d time.Duration) string { return d.Round(time.Millisecond).String() }

// entryText is a line of the log without its time and kind.
func (s *Scenario) entryText(e *world.Entry) string {
	text := ""
	add := func(format string, args ...any) {
		if text != "" {
			text += " "
		}
		text += fmt.Sprintf(format, args...)
	}
	if e.Order != 0 {
		add("#%d", e.Order)
	}
	if e.Qty != 0 && e.Instrument >= 0 {
		in := &s.cfg.Catalog.Instruments[e.Instrument]
		add("%s %s %s", e.Side, in.QtyText(e.Qty), in.Symbol)
		if e.Price != 0 {
			add("at %s", in.PriceText(e.Price))
		}
	}
	if e.Control != risk.NoControl {
		add("%s", e.Control)
	}
	if e.Kind == "trip" {
		add("%s", e.Level)
		if e.Scope == risk.ByPair && e.Instrument != exchange.None {
			add("%s", s.cfg.Catalog.Instruments[e.Instrument].Symbol)
		}
		if e.Scope == risk.BySlot && e.Slot >= 0 {
			add("%s", s.slots[e.Slot])
		}
	}
	for _, c := range e.Reasons {
		add("%s", c)
	}
	if e.Text != "" {
		add("%q", e.Text)
	}
	return text
}
