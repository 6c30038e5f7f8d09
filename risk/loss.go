package risk

import (
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/internal/planted"
)

// lossState is what the controls on finished trades remember.
type lossState struct {
	losses   []lossAt // trades of the last hour without a win
	streak   int64
	half     bool // half-open: half size until a win
	cooldown time.Duration
	trips    int64 // today, of hourly-loss and loss-streak
	pause    time.Duration

	slips   []slips // by instrument
	slipPPM int64   // of the last fill
	feePPM  int64
	fees    int64 // fills in a row with a fee beyond 1.5 times the schedule
}

type lossAt struct {
	at     exchange.Stamp
	amount money.Amount // not negative
}

// longestPause bounds the doubling of half-open.
const longestPause = 24 * time.Hour

func (l *lossState) init(limits *Limits, pairs int) {
	l.pause = limits.PauseFor
	l.cooldown = l.pause
	l.slips = make([]slips, pairs)
}

// onTrade takes a finished trade: its profit or loss after fees.
func (l *lossState) onTrade(t exchange.Stamp, profit money.Amount) {
	kept := l.losses[:0]
	for _, x := range l.losses {
		if t.Sub(x.at) < time.Hour {
			kept = append(kept, x)
		}
	}
	l.losses = kept
	if profit > 0 {
		l.streak, l.half, l.cooldown = 0, false, l.pause
		return
	}
	l.streak++ // break-even after fees is no win
	l.losses = append(l.losses, lossAt{t, -profit})
}

// lastHour is the sum of the losing trades of the 60 minutes before the last trade.
func (l *lossState) lastHour() (sum money.Amount) {
	for _, x := range l.losses {
		sum += x.amount
	}
	return sum
}

// onTrip begins a pause of hourly-loss, loss-streak or half-open.
func (l *lossState) onTrip(c Control, _ exchange.Stamp) {
	switch c {
	case HourlyLoss, LossStreak, HalfOpen:
		l.trips++
		if c == HalfOpen {
			l.cooldown = min(2*l.cooldown, longestPause)
		}
	}
}

// onLift ends it: half size from here on, and the counters start anew.
func (l *lossState) onLift(r *Record) {
	switch r.Control {
	case HourlyLoss, LossStreak, HalfOpen:
		l.half, l.streak, l.losses = true, 0, l.losses[:0]
	case SlippageAnomaly:
		l.slips[r.Instrument] = slips{}
	}
}

func (l *lossState) onDay() { l.trips = 0 }

func (l *lossState) clear() {
	l.streak, l.half, l.trips, l.losses, l.cooldown = 0, false, 0, l.losses[:0], l.pause
	clear(l.slips)
	l.fees = 0
}

// checkHalf is half-open for orders: half of the largest one.
func (s *state) checkHalf(d *decision, v *Verdict) {
	if !s.loss.half || planted.On(planted.HalfOpenFull) { // a sale has no notional
		return
	}
	if limit := s.limits.Order.Of(s.acct.equity) / 2; d.notional > limit {
		v.deny(HalfOpen, "half size after a pause", s.inMoney("notional", d.notional), s.inMoney("limit", limit))
	}
}

// checkBaseline is daily-loss before the day has a start: a limit on the loss of a day
// that nobody can compute denies.
func (s *state) checkBaseline(d *decision, v *Verdict) {
	l := &s.limits
	if d.opens && s.day.started && !s.untrusted() {
		// also while no latch stands: between two marks of a fall, and after a ceremony on the day of the loss
		if e := s.acct.equity; e <= s.day.lossAt {
			v.deny(s.day.lossBy, "lost today", s.inMoney("equity", e), s.inMoney("limit", s.day.lossAt))
		}
		if e := s.acct.equity; e <= s.day.fallAt {
			v.deny(s.day.fallBy, "fallen from the high-water mark", s.inMoney("equity", e), s.inMoney("limit", s.day.fallAt))
		}
	}
	if d.opens && !s.day.started && (l.DailyLoss.Binds() || l.ProfileDailyPPM != Unlimited || l.DrawdownPPM != Unlimited || len(l.Ramp) > 0) {
		v.deny(DailyLoss, "the day has no valid start: balances and prices first")
	}
}

// afterTrade lets hourly-loss, loss-streak and half-open look at a finished trade.
func (g *Guard) afterTrade(profit money.Amount) {
	s := g.s
	l := &s.loss
	if profit > 0 {
		return
	}
	paused := latch{level: Paused, scope: Global}
	switch {
	case l.half && profit < 0:
		paused.control, paused.cause = HalfOpen, "a loss at half size"
		paused.until = s.now.Add(min(2*l.cooldown, longestPause))
	case s.limits.HourlyLoss.Binds() && l.lastHour() >= s.limits.HourlyLoss.Of(s.acct.equity):
		paused.control, paused.cause = HourlyLoss, "losing trades of an hour"
		paused.until = s.now.Add(l.cooldown)
	case l.streak >= s.limits.Streak:
		paused.control, paused.cause = LossStreak, "trades in a row without a win"
		paused.until = s.now.Add(l.cooldown)
	default:
		return
	}
	g.trip(paused)
	if l.trips >= 3 {
		g.trip(latch{control: HalfOpen, level: Halted, cause: "third pause of the day"})
	}
}

// checkLosses is daily-loss and drawdown, with the profile's and the ramp's shares.
func (g *Guard) checkLosses() {
	s := g.s
	d, e := &s.day, s.acct.equity
	s.enter(Drawdown)
	if !d.started || s.acct.unrated > 0 || s.untrusted() { // after a restart until every coin has a price
		return
	}
	switch {
	case e > d.high:
		d.high = e
		s.raise()
	case e < d.low:
		d.low = e
	case e > d.fallAt && e > d.lossAt:
		d.breach = exchange.Never
		return
	}
	g.noteExtremes(false)
	if e <= d.lossAt {
		g.trip(latch{control: d.lossBy, level: ReduceOnly, cause: "loss of the day"})
	}
	switch {
	case e > d.fallAt:
		d.breach = exchange.Never
	case d.breach == exchange.Never:
		d.breach = s.now
		g.trip(latch{control: d.fallBy, level: Paused, until: s.now.Add(time.Minute), cause: "fall from the high-water mark, first mark"})
	case s.now.Sub(d.breach) >= time.Second && s.sane():
		g.trip(latch{control: d.fallBy, level: Halted, cause: "fall from the high-water mark"})
	}
}

// sane reports whether the prices of all that is held can be believed: a mark while a pair's
// market is odd is no second mark of a fall.
func (s *state) sane() bool {
	for i := range s.market {
		if s.market[i].odd && s.acct.balance[s.acct.catalog.Instruments[i].Base] > 0 {
			return false
		}
	}
	return true
}

// raise recomputes the drawdown floor of a new high-water mark.
func (s *state) raise() {
	if s.limits.DrawdownPPM != Unlimited || s.limits.ProfileDrawdownPPM != Unlimited {
		s.floors()
	}
}

// noteExtremes records the high-water mark and the day's low when one moved by 0.1 % since
// the last note, at most once a second, and before each order.
func (g *Guard) noteExtremes(order bool) {
	d := &g.s.day
	d.owed = false
	if !d.started || d.high == d.noted.high && d.low == d.noted.low {
		return
	}
	step := func(a, b money.Amount) bool { x := max(a-b, b-a); return x > 0 && x >= b/1000 }
	if !order && !step(d.high, d.noted.high) && !step(d.low, d.noted.low) {
		return
	}
	if d.owed = !order && g.s.now.Sub(d.noted.at) < time.Second; d.owed {
		return
	}
	g.write(Record{Type: RecEquity, Equity: g.s.acct.equity, High: d.high, DayLow: d.low}, true)
}
