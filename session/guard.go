package session

import (
	"os"
	"time"

	"breakwater/exchange/money"
	"breakwater/risk"
)

// planRisk finds the guard's limits. A session has some: research, the profile of a
// backtest, has none.
func (p *plan) planRisk() error {
	p.limits = risk.Research()
	switch name := p.config.Risk.Profile; name {
	case "research":
		return Refused(p.config.wrongAt("$.risk.profile", "profile research has no limits and is for backtests; write kraken-bot"))
	case "kraken-bot":
		p.limits.Profile, p.limits.DailyLoss, p.limits.DrawdownPPM = name, risk.Share(50_000), 150_000
	default:
		return p.config.wrongAt("$.risk.profile", "profile %q is unknown%s; there is kraken-bot", name, suggest(name, []string{"kraken-bot"}))
	}
	return nil
}

// lookForKill is the watcher of the kill switch.
func (s *session) lookForKill() error {
	if s.killed {
		return nil
	}
	if s.signal.Load() || s.kill.Present() {
		s.killed = true
		s.guard.Halt("kill")
		s.logf("KILLED: %s", s.kill.Cause())
	}
	return nil
}

// writeStatus puts the present status in place; why is set for the last one.
func (s *session) writeStatus(why string) error {
	s.told = s.guard.Level()
	cur := s.plan.catalog.Assets[s.plan.currency]
	head := s.journal.Head()
	st := Status{
		Schema: statusSchema, Written: time.Now().UTC(), PID: os.Getpid(), Running: why == "", Why: why, Time: s.pacer.last.String(), Venue: "sim",
		Speed: s.plan.pace.text, Profile: s.plan.limits.Profile, Starts: s.lives + 1, Level: s.told.String(), Latches: []Latch{},
		Account: Money{Currency: cur.Name, Equity: money.Trim(int64(s.guard.Equity()), cur.Decimals)}, Build: s.opt.Build,
		Orders: Orders{Trades: s.books.trades}, Journal: Head{Seq: head.Seq},
	}
	return st.write(s.dir)
}
