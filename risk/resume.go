package risk

import "strings"

// ofDay reports whether a latch stands for the loss of a trading day: daily-loss, or the
// daily share of profile-limits or ramp-up.
func (l *latch) ofDay() bool {
	return l.level == ReduceOnly && l.scope == Global && (l.control == DailyLoss || l.control == ProfileLimits || l.control == RampUp)
}

// Resume lifts what the loss of a trading day has set, once the next one has begun, for a
// reason that is recorded. It takes no signature: who could resume for no reason could only
// wait for the day. It is refused while another latch needs the ceremony, and while this
// day's limit is lost too.
func (g *Guard) Resume(reason string) error {
	s := g.s
	if strings.TrimSpace(reason) == "" {
		return refuse("resume", "say why trading shall go on: --reason")
	}
	var lost []latch
	for i := range s.latches {
		switch l := &s.latches[i]; {
		case l.ofDay():
			lost = append(lost, *l)
		case l.needsCeremony():
			return refuse("resume", "%s holds too (%s), and only the ceremony lifts it: run breakwater arm request", s.latchName(l), l.cause)
		}
	}
	switch {
	case g.failed != nil:
		return refuse("resume", "nothing can be recorded; make room, and start the session again")
	case len(lost) == 0:
		return refuse("resume", "no loss of a day holds anything; see breakwater status")
	case g.kill.Present():
		return refuse("resume", "the KILL file is there; to go on after a kill takes the ceremony")
	case !s.synced || s.acct.unrated > 0:
		return refuse("resume", "balances and prices have not come yet; wait until breakwater status says ready")
	}
	for i := range lost {
		if lost[i].since >= s.day.began {
			return refuse("resume", "the day of the loss is not over; the next one begins at %v", s.day.end)
		}
	}
	if s.acct.equity <= s.day.lossAt {
		return refuse("resume", "the limit of this day is lost too; the next one begins at %v", s.day.end)
	}
	for i := range lost {
		g.lift(&lost[i], "the next trading day: "+reason)
	}
	return g.failed
}
