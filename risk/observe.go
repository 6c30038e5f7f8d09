package risk

import (
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// observe takes an event into the state and lets the loss controls look, once a venue's
// message is whole.
func (g *Guard) observe(ev *exchange.Event) {
	s := g.s
	if ev.Time > s.now {
		s.now = ev.Time
	}
	if s.now > s.dayEnd || s.now > s.nextDue {
		g.onTime() // before the event: what it changes belongs to the time after
	}
	moved := false
	switch ev.Kind {
	case exchange.KindBar, exchange.KindTrade:
		moved = ev.Price != s.acct.mark[ev.Instrument]
		if moved && !s.acct.setMark(ev.Instrument, ev.Price) {
			g.Halt("the account's worth overflows")
		}
	case exchange.KindFill:
		g.onFill(ev)
		moved = true
	case exchange.KindOrder:
		g.onOrder(ev)
	case exchange.KindSnapshot:
		g.onSnapshot(ev)
		moved = true
	case exchange.KindStatus:
		g.onStatus(ev)
	}
	if moved && ev.Last {
		g.checkLosses()
	}
	if s.now >= s.nextDue || s.now >= s.dayEnd {
		g.onTime() // after an event of this very instant: a bar that closes at the border ends the old day
	}
}

func (g *Guard) onFill(ev *exchange.Event) {
	g.record = Record{Type: RecFill, Time: g.s.now, Event: ev, OrderID: ev.Order}
	if g.write(false) != nil {
		return
	}
	if err := g.s.acct.onFill(ev); err != nil {
		g.Halt(err.Error())
	}
}

func (g *Guard) onOrder(ev *exchange.Event) {
	g.record = Record{Type: RecOrder, Time: g.s.now, Event: ev, OrderID: ev.Order}
	if g.write(false) != nil {
		return
	}
	a := g.s.acct
	oo := a.find(ev.Order)
	if oo == nil {
		return
	}
	if ev.State.Done() {
		a.release(ev.Order)
		return
	}
	oo.state = ev.State
	if ev.Op == exchange.OpAmend {
		if ev.Code == exchange.CodeAmended {
			oo.order = oo.amend
		}
		a.reserve(oo, g.costOf(oo))
	}
}

// costOf is what an open order's rest could use.
func (g *Guard) costOf(oo *openOrder) money.Amount {
	in := &g.s.acct.catalog.Instruments[oo.order.Instrument]
	rest := oo.order.Qty - oo.filled
	if oo.order.Side == exchange.Sell {
		v, _ := in.BaseAmount(rest)
		return v
	}
	cost, _ := in.Cost(worst(&oo.order, g.s.acct.mark[in.ID]), rest, money.Ceil)
	fee, _ := money.MulDiv(int64(cost), g.s.acct.feePPM, money.PPM, money.Ceil)
	return cost + money.Amount(fee)
}

func (g *Guard) onSnapshot(ev *exchange.Event) {
	g.record = Record{Type: RecSnapshot, Time: g.s.now, Event: ev}
	if g.write(false) != nil {
		return
	}
	if err := g.s.acct.reconcile(ev.Detail.Snapshot, !g.s.adopted); err != nil {
		g.Halt(err.Error())
	}
	g.s.adopted = true
}

func (g *Guard) onStatus(ev *exchange.Event) {
	for i := range g.s.status {
		if ev.Instrument == exchange.None || int(ev.Instrument) == i {
			g.s.status[i] = ev.Status
		}
	}
}

// onTime lifts what is due and starts a new trading day.
func (g *Guard) onTime() {
	s := g.s
	newDay := s.now >= s.dayEnd && s.adopted && s.acct.unrated == 0
	kept := s.latches[:0]
	lifted, fell := false, false
	for _, l := range s.latches {
		if s.now < l.until && !(newDay && s.armed && s.rearm.Mode == RearmNextDay && l.until == exchange.Never && l.control != KillFile) {
			kept = append(kept, l)
			continue
		}
		lifted = true
		fell = fell || l.control == Drawdown && l.level == Halted
	}
	before := s.level
	s.latches = kept
	s.settle()
	if lifted {
		by := "timer"
		if before > Paused && s.rearm.Mode != RearmNever {
			by = "simulated operator, " + s.rearm.String()
		}
		if fell {
			s.raiseHigh() // whoever re-arms after a drawdown starts from a new high-water mark
		}
		g.record = Record{Type: RecLevel, Time: s.now, Level: s.level, From: before, Text: "lifted by " + by, Equity: s.acct.equity}
		g.write(true)
	}
	if newDay {
		s.startDay()
		g.record = Record{Type: RecDayStart, Time: s.now, Equity: s.dayStart}
		g.write(true)
	}
}

// checkLosses is daily-loss and drawdown.
func (g *Guard) checkLosses() {
	s := g.s
	e := s.acct.equity
	if !s.armed {
		return
	}
	if e > s.high {
		s.raiseHigh()
	} else if e < s.dayLow {
		s.dayLow = e
	} else if e > s.fallAt {
		s.breach = exchange.Never
		return
	}
	g.noteExtremes(false)
	if e <= s.lossAt {
		g.trip(latch{control: DailyLoss, level: ReduceOnly, cause: "daily loss"})
	}
	switch {
	case e > s.fallAt:
		s.breach = exchange.Never
	case s.breach == exchange.Never:
		s.breach = s.now
		g.trip(latch{control: Drawdown, level: Paused, until: s.now.Add(time.Minute), cause: "drawdown, first mark"})
	case s.now.Sub(s.breach) >= time.Second:
		g.trip(latch{control: Drawdown, level: Halted, cause: "drawdown"})
	}
}

// trip sets a latch, records it before it acts, and takes back the orders that the level
// no longer allows.
func (g *Guard) trip(l latch) {
	s := g.s
	before := s.level
	l.since = s.now
	if l.until == 0 {
		l.until = exchange.Never
		if s.rearm.Mode == RearmAfter && l.control != KillFile {
			l.until = s.now.Add(s.rearm.After)
		}
	}
	if !s.set(l) {
		return
	}
	g.record = Record{Type: RecLevel, Time: s.now, Level: l.level, From: before, Scope: l.scope, Control: l.control, Text: l.cause, Equity: s.acct.equity}
	if g.write(true) != nil {
		return
	}
	if l.level >= ReduceOnly {
		// an error of a cancel is the exchange's to report: the orders stay in the books
		_ = g.CancelAll(l.level < Killed)
	}
}

// noteExtremes records the high-water mark and the day's low when one moved by 0.1 % since
// the last note, at most once a second, and before each order.
func (g *Guard) noteExtremes(order bool) {
	s := g.s
	if !s.armed || s.high == s.noted.high && s.dayLow == s.noted.low {
		return
	}
	step := func(a, b money.Amount) bool { d := max(a-b, b-a); return d > 0 && d >= b/1000 }
	if !order && (s.now.Sub(s.noted.at) < time.Second || !step(s.high, s.noted.high) && !step(s.dayLow, s.noted.low)) {
		return
	}
	s.noted = notedEquity{s.high, s.dayLow, s.now}
	g.record = Record{Type: RecEquity, Time: s.now, Equity: s.acct.equity, High: s.high, DayLow: s.dayLow}
	g.write(true)
}
