package scenarios

import (
	"time"

	"breakwater/sim/world"
)

// What a scenario may have at most, so that whatever a file says is read at once and runs to
// its end. What people write has a tenth of it.
const (
	mostPairs  = 20
	mostSlots  = 20
	mostFaults = 200
	mostNews   = 2000    // headlines, all times together
	mostSteps  = 600_000 // prices of a pair: a year of minutes
	mostOrders = 100_000 // of a signal, all its times together
	mostActs   = 100_000 // of a fault, all its times and orders together
)

// bound refuses more of something than there may be.
func (f *fields) bound(n *node, have, most int, what string) {
	if have > most {
		f.fail(n, "%d %s are too many; write at most %d", have, what, most)
	}
}

// boundSteps refuses a scenario of more prices than can be run.
func (s *Scenario) boundSteps(f *fields) {
	c := &s.cfg
	if c.Duration > longest {
		f.fail(f.at("duration"), "duration %s is longer than %s", c.Duration, longest)
	}
	if c.Step <= 0 || c.Bars <= 0 {
		return // the World says so
	}
	if c.Bars > 7*24*time.Hour {
		f.fail(f.at("bars"), "bars of %s are longer than 7d; write shorter ones", c.Bars)
	}
	if steps := (c.Duration + 4*c.Bars) / c.Step; steps > mostSteps {
		f.fail(f.at("step"), "%s in steps of %s, and four bars before, are %d prices; write a longer step or a shorter duration, for at most %d", c.Duration, c.Step, steps, mostSteps)
	}
}

// boundSignal refuses a signal of more orders than can be run.
func (f *fields) boundSignal(n *node, sig *world.Signal) {
	if orders := max(1, sig.Times) * sig.Count; orders > mostOrders {
		f.fail(n, "times %d and count %d make %d orders; write at most %d", max(1, sig.Times), sig.Count, orders, mostOrders)
	}
}

// boundFaults refuses faults that do more than can be run.
func (s *Scenario) boundFaults(f *fields) {
	for i := range s.cfg.Plan.Rules {
		r := &s.cfg.Plan.Rules[i]
		if acts := max(1, r.Times) * max(1, r.N()); acts > mostActs && f.err == nil {
			f.err = &Error{s.File, r.Line, "times and count of this fault make more than 100000 acts; write less"}
		}
	}
}
