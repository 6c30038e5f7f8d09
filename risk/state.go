package risk

import (
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// state is everything that a decision depends on. It changes only by events and by the
// guard's own approvals, so that the same events give the same verdicts.
type state struct {
	limits   Limits
	zone     *time.Location
	rearm    Rearm
	now      exchange.Stamp
	acct     *account
	status   []exchange.Status // by instrument, as the venue last said
	adopted  bool              // the opening snapshot was seen
	latches  []latch
	level    Level // the strictest global latch
	scoped   bool  // some latch is for a pair or a strategy
	nextDue  exchange.Stamp
	dayEnd   exchange.Stamp
	dayStart money.Amount // equity
	high     money.Amount // high-water mark
	dayLow   money.Amount
	lossAt   money.Amount // equity at which daily-loss trips
	fallAt   money.Amount // equity at which drawdown trips
	breach   exchange.Stamp
	armed    bool // a day start exists
	noted    notedEquity
}

// notedEquity is what the records last said of the extremes.
type notedEquity struct {
	high, low money.Amount
	at        exchange.Stamp
}

// latch is a reason for a level. until is Never for a latch that only the ceremony, or a
// backtest's simulated operator, lifts.
type latch struct {
	control    Control
	scope      Scope
	instrument exchange.InstrumentID
	slot       exchange.SlotID
	level      Level
	since      exchange.Stamp
	until      exchange.Stamp
	cause      string
}

func newState(cfg *Config) *state {
	zone := cfg.Zone
	if zone == nil {
		zone = time.UTC
	}
	status := make([]exchange.Status, len(cfg.Catalog.Instruments))
	for i := range status {
		status[i] = cfg.Catalog.Instruments[i].Status
	}
	return &state{
		limits: cfg.Limits, zone: zone, status: status, rearm: cfg.Rearm, now: -1 << 62, nextDue: exchange.Never,
		acct: newAccount(cfg.Catalog, cfg.Currency, cfg.FeePPM), dayEnd: -1 << 62, breach: exchange.Never,
	}
}

// levelFor is the strictest level that holds for an instrument and a slot, and the
// control behind it.
func (s *state) levelFor(id exchange.InstrumentID, slot exchange.SlotID) (Level, Control) {
	worst, cause := Active, NoControl
	if s.level == Active && !s.scoped {
		return worst, cause
	}
	for i := range s.latches {
		l := &s.latches[i]
		if l.level > worst && (l.scope == Global || l.scope == ByPair && l.instrument == id || l.scope == BySlot && l.slot == slot) {
			worst, cause = l.level, l.control
		}
	}
	return worst, cause
}

// set adds a latch unless the same control already holds its scope at that level or
// above; it reports whether the latch is new. The first cause stays.
func (s *state) set(l latch) bool {
	for i := range s.latches {
		have := &s.latches[i]
		if have.control == l.control && have.scope == l.scope && have.instrument == l.instrument && have.slot == l.slot {
			if have.level >= l.level {
				return false
			}
			have.level, have.until = l.level, l.until
			s.settle()
			return true
		}
	}
	s.latches = append(s.latches, l)
	s.settle()
	return true
}

// settle recomputes what follows from the latches.
func (s *state) settle() {
	s.level, s.scoped, s.nextDue = Active, false, exchange.Never
	if s.armed {
		s.nextDue = s.dayEnd
	}
	for i := range s.latches {
		l := &s.latches[i]
		if l.scope == Global {
			s.level = max(s.level, l.level)
		} else {
			s.scoped = true
		}
		s.nextDue = min(s.nextDue, l.until)
	}
}

// endOfDay is the first instant of the next civil day in the trading zone: days of 23 and
// 25 hours included.
func (s *state) endOfDay(t exchange.Stamp) exchange.Stamp {
	const day = exchange.Stamp(24 * time.Hour)
	if s.zone == time.UTC {
		return exchange.Stamp(t.Day()+1) * day
	}
	local := t.Time().In(s.zone)
	y, m, d := local.Date()
	return exchange.At(time.Date(y, m, d+1, 0, 0, 0, 0, s.zone))
}

// startDay begins a trading day with the equity that the day before ended with.
func (s *state) startDay() {
	s.dayEnd = s.endOfDay(s.now)
	s.dayStart, s.dayLow = s.acct.equity, s.acct.equity
	s.lossAt = -Unlimited
	if l := s.limits.DailyLoss; l.PPM != Unlimited || l.Amount != Unlimited {
		s.lossAt = s.dayStart - l.Of(s.dayStart)
	}
	if !s.armed {
		s.armed = true
		s.raiseHigh()
	}
	s.settle()
}

// raiseHigh makes the present equity the high-water mark.
func (s *state) raiseHigh() {
	s.high = s.acct.equity
	s.fallAt = -Unlimited
	if s.limits.DrawdownPPM != Unlimited {
		fall, ok := money.MulDiv(int64(s.high), s.limits.DrawdownPPM, money.PPM, money.Floor)
		if !ok {
			fall = 0
		}
		s.fallAt = s.high - money.Amount(fall)
	}
}
