package risk

import "fmt"

// NewBreakable is NewWithout for a guard whose controls panic whenever breaks says so: by it
// a scenario shows that a control that breaks lets nothing through. NoControl takes out none.
// Only scenarios may make one.
func NewBreakable(cfg Config, without Control, breaks func(Control) bool) (*Guard, error) {
	if without >= controls || breaks == nil {
		return nil, fmt.Errorf("risk: control %d cannot be taken out, or nothing says what breaks", without)
	}
	return newGuard(cfg, without, breaks)
}

// Breakable reports whether the guard was made by NewBreakable.
func (g *Guard) Breakable() bool { return g.s.breaks != nil }

// enter is called before a control looks.
func (s *state) enter(c Control) {
	if s.at = c; s.breaks != nil {
		s.mayBreak(c)
	}
}

func (s *state) mayBreak(c Control) {
	if c != s.without && s.breaks(c) {
		panic("BUG: the scenario breaks " + c.String())
	}
}

// isBroken reports whether what was recovered is a control that broke: a run-time error or a
// panic of ours. Anything else is none of ours, such as the end of a World's process.
func isBroken(p any) bool {
	switch p.(type) {
	case error, string:
		return true
	}
	return false
}

// brokeDeciding takes a control that panicked while it looked at an order: it could not
// evaluate, so it denies, and everything halts. The decision has changed nothing.
func (g *Guard) brokeDeciding(p any) {
	why := fmt.Sprintf("%s broke: %v", g.s.at, p)
	g.verdict.Reasons = append(g.verdict.Reasons[:0], Reason{Control: g.s.at, Text: "broke"})
	g.Halt("BUG: " + why)
}

// brokeWatching takes a panic while an event was taken in. What the guard knows may be half
// of it, so it halts on record and lets nothing go out any more; a restart reads what is true
// from the records.
func (g *Guard) brokeWatching() {
	p := recover()
	if p == nil {
		return
	}
	if !isBroken(p) {
		panic(p)
	}
	why := fmt.Sprintf("BUG: %s broke: %v", g.s.at, p)
	g.Halt(why)
	if g.failed == nil {
		g.failed = fmt.Errorf("risk: a control broke, so nothing may happen until a restart: %s", why)
	}
}

// present asks the kill switch; one that breaks counts as pressed.
func (g *Guard) present() (is bool, why string) {
	defer func() {
		if p := recover(); p != nil {
			if !isBroken(p) {
				panic(p)
			}
			is, why = true, fmt.Sprintf("BUG: the kill switch broke: %v", p)
		}
	}()
	g.s.enter(KillFile)
	return g.kill.Present(), "the kill switch is present"
}
