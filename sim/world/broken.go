package world

import (
	"strings"

	"breakwater/exchange/chaos"
	"breakwater/risk"
)

// newGuard makes the process's guard, whose controls break when the plan says so.
func (w *World) newGuard(cfg risk.Config) (*risk.Guard, error) {
	if w.cfg.Breakable == nil || !w.verbs[chaos.BreakControl] {
		return w.cfg.Guard(cfg)
	}
	return w.cfg.Breakable(cfg, func(c risk.Control) bool { return w.faults.Breaks(c.String()) })
}

// bugs ends the World when a control breaks that the plan has not broken: the guard takes it
// as a halt, which nobody would notice among the others.
type bugs World

// Record looks for a halt by a control that broke.
func (b *bugs) Record(r *risk.Record, _ bool) error {
	if r.Type == risk.RecLevel && strings.HasPrefix(r.Text, "BUG: ") && !strings.Contains(r.Text, ": BUG: the scenario breaks ") {
		panic(r.Text)
	}
	return nil
}
