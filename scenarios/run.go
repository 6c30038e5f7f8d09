package scenarios

import (
	"fmt"
	"slices"
	"time"

	"breakwater/exchange/chaos"
	"breakwater/risk"
	"breakwater/sim/world"
)

// Outcome is what running a scenario has shown.
type Outcome struct {
	Scenario *Scenario
	Failed   []string // what did not hold, with every control; empty: all held
	Vacuous  string   // why the ablation proves nothing; "": it does
	Broke    string   // what broke without the control
	Run      *world.Result
	Ablated  *world.Result // nil: none
	Took     time.Duration
}

// Green reports whether everything held, and the ablation broke what it must.
func (o *Outcome) Green() bool { return len(o.Failed) == 0 && o.Vacuous == "" }

// Run runs a scenario with every control, and again without the one that it proves. now
// tells the time that it takes; nil: not told.
func (s *Scenario) Run(now func() time.Time) *Outcome {
	o := &Outcome{Scenario: s}
	if now != nil {
		began := now()
		defer func() { o.Took = now().Sub(began) }()
	}
	o.Run = s.world(risk.NoControl)
	for i := range s.Expect {
		if ok, text := s.Expect[i].holds(s, o.Run); !ok {
			o.Failed = append(o.Failed, fmt.Sprintf("line %d: %s: %s", s.Expect[i].Line, s.Expect[i].Title(), text))
		}
	}
	for _, i := range o.Run.Faults.NeverFired() {
		o.Failed = append(o.Failed, fmt.Sprintf("line %d: %s never struck", s.cfg.Plan.Rules[i].Line, s.cfg.Plan.Called(i)))
	}
	s.repeat(o)
	if s.Breaks >= 0 {
		s.ablate(o)
	}
	return o
}

// repeat runs it again, with beats at random instants in between: the digest must be the
// same.
func (s *Scenario) repeat(o *Outcome) {
	again := *s
	again.cfg.Beats = !s.wrongClock()
	if again.world(risk.NoControl).Digest == o.Run.Digest {
		return
	}
	if d := s.world(risk.NoControl).Digest; d != o.Run.Digest {
		o.Failed = append(o.Failed, "same-seed-same-digest: a second run has digest "+d+", not "+o.Run.Digest)
	} else {
		o.Failed = append(o.Failed, "same-events-same-verdicts: with more beats in between the digest is another")
	}
}

// wrongClock reports whether a fault is our clock's: a beat tells that clock, so that more
// of them tell more.
func (s *Scenario) wrongClock() bool {
	return slices.ContainsFunc(s.cfg.Plan.Rules, func(r chaos.Rule) bool { return r.Do.Family() == chaos.Clock })
}

// ablate runs it without the control.
func (s *Scenario) ablate(o *Outcome) {
	o.Ablated = s.world(s.Control)
	x := &s.Expect[s.Breaks]
	ok, text := x.holds(s, o.Ablated)
	o.Broke = x.Title() + ": " + text
	if ok {
		o.Vacuous = fmt.Sprintf("without %s, %s still holds: %s", s.Control, x.Title(), text)
		return
	}
	for i := range s.Expect {
		if r := &s.Expect[i]; r.Kind == "reached" {
			if ok, text := r.holds(s, o.Ablated); !ok {
				o.Vacuous = fmt.Sprintf("without %s the danger is not met: %s: %s", s.Control, r.Title(), text)
			}
		}
	}
}

// breakable makes a guard whose controls break when the plan says so.
func breakable(without risk.Control) func(risk.Config, func(risk.Control) bool) (*risk.Guard, error) {
	return func(c risk.Config, breaks func(risk.Control) bool) (*risk.Guard, error) {
		return risk.NewBreakable(c, without, breaks)
	}
}

// world runs the scenario's World, without a control when one is named.
func (s *Scenario) world(without risk.Control) *world.Result {
	cfg := s.cfg
	if without != risk.NoControl {
		cfg.Guard = func(c risk.Config) (*risk.Guard, error) { return risk.NewWithout(c, without) }
		cfg.Breakable = breakable(without)
	}
	w, err := world.New(cfg)
	if err != nil {
		panic("BUG: a scenario that was read makes no world: " + err.Error())
	}
	return w.Run()
}
