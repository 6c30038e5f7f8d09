package session

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// planRisk finds the guard's limits. A session has some: research, the profile of a
// backtest, has none.
func (p *plan) planRisk() (err error) {
	c := p.config
	name := c.Risk.Profile
	unit := money.Amount(money.Pow10[p.catalog.Assets[p.currency].Decimals])
	limits, known := risk.Profile(name, unit)
	switch {
	case name == "":
		return c.wrongAt("$.risk.profile", "no profile; write one under risk: %s", profileNames())
	case !known:
		return c.wrongAt("$.risk.profile", "profile %q is unknown%s; there are %s", name, suggest(name, risk.Profiles()), profileNames())
	case !limits.NeedsArming:
		return Refused(c.wrongAt("$.risk.profile", "profile %s has no limits and is for backtests; write one of %s", name, profileNames()))
	}
	if p.limits = limits; c.ArmKey == "" {
		return nil
	}
	if p.armKey, err = parsePublic(c.ArmKey); err != nil {
		return c.wrongAt("$.arm-key", "arm-key %v", err)
	}
	return nil
}

// profileNames are those that a session can have.
func profileNames() (names string) {
	for _, n := range risk.Profiles() {
		if l, _ := risk.Profile(n, 1); l.NeedsArming {
			if names != "" {
				names += ", "
			}
			names += n
		}
	}
	return names
}

// facts are what the venue can tell of itself. Its dead man's switch is not used: the
// venue stands still while no session runs.
func (s *session) facts() exchange.Facts { return s.venue.Facts() &^ exchange.FactDeadMan }

// lookForKill is the watcher of the kill switch; every approval asks it too.
func (s *session) lookForKill() {
	signalled := s.signal.Swap(false)
	if s.guard.Level() == risk.Killed {
		return
	}
	switch {
	case s.kill.Present():
		s.guard.Kill(risk.KillFile, s.kill.Cause())
	case signalled:
		s.guard.Kill(risk.KillCommand, "SIGUSR1")
	}
}
