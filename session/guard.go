package session

import (
	"os"
	"path/filepath"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/risk/riskfile"
)

// planRisk finds the guard's limits. A session has some: research, the profile of a
// backtest, has none.
func (p *plan) planRisk() (err error) {
	c := p.config
	switch {
	case c.Risk.Profile == "" && c.Risk.File == "":
		return c.wrongAt("$.risk", "no limits; write under risk a profile (%s) or a file: risk.yaml", profileNames())
	case c.Risk.Profile != "" && c.Risk.File != "":
		return c.wrongAt("$.risk.profile", "the file names its own profile; leave profile out")
	case c.Risk.File != "":
		err = p.readRisk()
	default:
		unit := money.Amount(money.Pow10[p.catalog.Assets[p.currency].Decimals])
		known := false
		if p.limits, known = risk.Profile(c.Risk.Profile, unit); !known {
			err = c.wrongAt("$.risk.profile", "profile %q is unknown%s; there are %s", c.Risk.Profile, suggest(c.Risk.Profile, risk.Profiles()), profileNames())
		}
	}
	switch {
	case err != nil:
		return err
	case !p.limits.NeedsArming:
		return Refused(c.wrongAt("$.risk", "profile %s has no limits and is for backtests; write one of %s", p.limits.Profile, profileNames()))
	case c.ArmKey == "":
		return nil
	}
	if p.armKey, err = parsePublic(c.ArmKey); err != nil {
		return c.wrongAt("$.arm-key", "arm-key %v", err)
	}
	return nil
}

// readRisk reads risk.yaml. It has a word in the time zone.
func (p *plan) readRisk() error {
	c := p.config
	path := c.file(c.Risk.File)
	text, err := os.ReadFile(path)
	if err != nil {
		return c.wrongAt("$.risk.file", "%s: %s", c.Risk.File, plainFileError(err))
	}
	f, err := riskfile.Read(filepath.Base(path), text, riskfile.Account{
		Currency: p.catalog.Assets[p.currency].Name, Catalog: p.catalog,
		Decimals: func(asset string) uint8 {
			if a, ok := p.catalog.Asset(asset); ok {
				return a.Decimals
			}
			return data.AssetDecimals(asset)
		},
	})
	if err != nil {
		return Wrong(err)
	}
	switch {
	case f.Zone == nil:
	case c.TimeZone == "":
		p.zone = f.Zone
	case f.Zone.String() != p.zone.String():
		return c.wrongAt("$.time-zone", "time-zone is %s here and %s in %s; leave one of them out", p.zone, f.Zone, c.Risk.File)
	}
	p.limits = f.Limits
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
		s.killBy(risk.KillFile, s.kill.Cause())
	case signalled:
		s.killBy(risk.KillCommand, "SIGUSR1")
	}
}

func (s *session) killBy(control risk.Control, cause string) {
	s.heard.putJSON(heardAct, act{Kill: control, Cause: cause})
	s.guard.Kill(control, cause)
}
