package risk

import (
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/internal/planted"
)

// state is everything that a decision depends on. Durable state changes only in apply, by
// a record, so that folding the records of a journal gives it back; market state starts
// empty and denies until it is warm. The same events give the same verdicts.
type state struct {
	limits  Limits
	zone    *time.Location
	rearm   Rearm
	facts   exchange.Facts
	slots   []SlotInfo
	dry     bool               // nothing leaves
	without Control            // only ever set by NewWithout and NewBreakable
	breaks  func(Control) bool // only ever set by NewBreakable
	at      Control            // that looks now, or did last
	acct    *account
	status  []exchange.Status // by instrument, as the venue last said

	now     exchange.Stamp
	nextDue exchange.Stamp
	latches []latch
	level   Level          // the strictest global latch
	scoped  bool           // some latch is for a pair or a strategy
	adopted bool           // an opening snapshot was seen, now or before a restart
	synced  bool           // a snapshot was seen since the start
	timed   bool           // some control watches ages
	cycleAt exchange.Stamp // first market event of the dry cycle

	day    dayState
	rate   rateState
	loss   lossState
	market []marketState // by instrument
	link   linkState
	host   hostState
	sale   saleState
}

// SlotInfo is what the guard knows of a strategy.
type SlotInfo struct {
	Name, Mode string
	Interval   time.Duration // of the bars that it decides on; 0: not known, or trades
}

// dayState is the trading day and the extremes of equity.
type dayState struct {
	started bool
	began   exchange.Stamp
	end     exchange.Stamp
	start   money.Amount // equity when the day began, flows since then added
	high    money.Amount // high-water mark, flows added
	low     money.Amount
	noted   notedEquity
	owed    bool         // an extreme is to be noted once the second is over
	lossAt  money.Amount // equity at which a daily limit trips
	fallAt  money.Amount // equity at which a drawdown limit trips
	lossBy  Control      // whose limit that is
	fallBy  Control
	breach  exchange.Stamp // of the drawdown: first mark below
}

// notedEquity is what the records last said of the extremes.
type notedEquity struct {
	high, low money.Amount
	at        exchange.Stamp
}

// latch is a reason for a level. until is Never for a latch that only the ceremony, or a
// backtest's simulated operator, lifts; a condition lifts when it heals.
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

// covers reports whether a latch holds for an instrument and a slot.
func (l *latch) covers(id exchange.InstrumentID, slot exchange.SlotID) bool {
	return l.scope == Global || l.scope == ByPair && l.instrument == id || l.scope == BySlot && l.slot == slot
}

// needsCeremony reports whether a latch neither runs out nor heals by itself.
func (l *latch) needsCeremony() bool { return l.level > Paused || l.control == FeeAnomaly }

func newState(cfg *Config) *state {
	zone := cfg.Zone
	if zone == nil {
		zone = time.UTC
	}
	n := len(cfg.Catalog.Instruments)
	s := &state{
		limits: cfg.Limits, zone: zone, rearm: cfg.Rearm, facts: cfg.Facts, slots: cfg.Slots, dry: cfg.DryRun, now: longAgo, cycleAt: longAgo, nextDue: exchange.Never,
		acct: newAccount(cfg.Catalog, cfg.Currency, cfg.FeePPM, len(cfg.Slots)), market: make([]marketState, n), status: make([]exchange.Status, n),
	}
	for i := range s.status {
		s.status[i] = cfg.Catalog.Instruments[i].Status
		s.market[i].changed, s.market[i].lastAt, s.market[i].bookAt, s.market[i].secondAt = longAgo, longAgo, longAgo, longAgo
	}
	s.day.end, s.day.breach = longAgo, exchange.Never
	s.rate.init(&s.limits, n)
	s.loss.init(&s.limits, n)
	s.link.init(&s.limits)
	s.host.init(&s.limits)
	return s
}

// noSlot is the slot of what concerns no strategy.
const noSlot = exchange.SlotID(-1)

// longAgo is before every event.
const longAgo = exchange.Stamp(-1 << 62)

// levelFor is the strictest level that holds for an instrument and a slot, and the
// control behind it.
func (s *state) levelFor(id exchange.InstrumentID, slot exchange.SlotID) (Level, Control) {
	worst, cause := Active, NoControl
	if s.level == Active && !s.scoped {
		return worst, cause
	}
	for i := range s.latches {
		l := &s.latches[i]
		if l.level > worst && l.covers(id, slot) {
			worst, cause = l.level, l.control
		}
	}
	return worst, cause
}

// holds finds the latch of a control in a scope.
func (s *state) holds(c Control, scope Scope, id exchange.InstrumentID, slot exchange.SlotID) *latch {
	for i := range s.latches {
		l := &s.latches[i]
		if l.control == c && l.scope == scope && (scope != ByPair || l.instrument == id) && (scope != BySlot || l.slot == slot) {
			return l
		}
	}
	return nil
}

// settle recomputes what follows from the latches, and the next instant at which time
// alone changes something.
func (s *state) settle() {
	s.level, s.scoped, s.nextDue = Active, false, exchange.Never
	if s.day.started && (s.now < s.day.end || s.acct.unrated == 0 && s.clockAgrees()) {
		s.nextDue = s.day.end // without a rate, or the venue's word on the time, the day begins with the event that brings it
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
	s.nextDue = min(s.nextDue, s.link.due, s.host.due)
}

// clockAgrees reports whether the venue's clock, where it is declared, says too that the
// day is over.
func (s *state) clockAgrees() bool {
	return !s.watchesClock() || s.link.clockAt >= s.day.end && s.holds(ClockSkew, Global, exchange.None, noSlot) == nil
}

// endOfDay is the first instant of the next civil day in the trading zone: days of 23 and
// 25 hours included.
func (s *state) endOfDay(t exchange.Stamp) exchange.Stamp {
	const day = exchange.Stamp(24 * time.Hour)
	if planted.On(planted.DayMissed) {
		return t + day
	}
	if s.zone == time.UTC {
		return exchange.Stamp(t.Day()+1) * day
	}
	y, m, d := t.Time().In(s.zone).Date()
	return exchange.At(time.Date(y, m, d+1, 0, 0, 0, 0, s.zone))
}

// floors recomputes the equities at which the daily loss and the drawdown trip: the
// strictest of the limit, the profile and the ramp.
func (s *state) floors() {
	d, l := &s.day, &s.limits
	d.lossAt, d.lossBy = -Unlimited, NoControl
	if l.DailyLoss.Binds() && s.without != DailyLoss {
		d.lower(d.start-l.DailyLoss.Of(d.start), DailyLoss)
	}
	if l.ProfileDailyPPM != Unlimited && s.without != ProfileLimits {
		d.lower(d.start-Share(l.ProfileDailyPPM).Of(d.start), ProfileLimits)
	}
	if step, ok := s.host.rampStep(l); ok && s.without != RampUp {
		d.lower(d.start-step.DailyLoss, RampUp)
	}
	d.fallAt, d.fallBy = -Unlimited, NoControl
	high := d.high
	if planted.On(planted.DrawdownOfDay) {
		high = d.start
	}
	for _, f := range [...]struct {
		ppm int64
		by  Control
	}{{l.DrawdownPPM, Drawdown}, {l.ProfileDrawdownPPM, ProfileLimits}} {
		if f.ppm == Unlimited || f.by == s.without {
			continue
		}
		if at := high - Share(f.ppm).Of(high); at > d.fallAt {
			d.fallAt, d.fallBy = at, f.by
		}
	}
}

// lower takes the stricter of two floors of the day.
func (d *dayState) lower(at money.Amount, by Control) {
	if at > d.lossAt {
		d.lossAt, d.lossBy = at, by
	}
}
