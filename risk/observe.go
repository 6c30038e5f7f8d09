package risk

import (
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/internal/planted"
)

// observe takes an event into the state and lets the controls look. Loss controls look
// once a venue's message is whole. Verdicts depend on the time of events, never on how
// many beats came.
func (g *Guard) observe(ev *exchange.Event) {
	s := g.s
	t := ev.Time
	if t-ev.Received > exchange.Stamp(futureMax) {
		t = ev.Received // who lies about the time does not move the day on
	}
	s.now = max(s.now, t)
	if s.now > s.day.end || s.now > s.nextDue {
		g.onTime() // before the event: what it changes belongs to the time after
	}
	if s.rate.untold > 0 && !ev.Kind.Quiet() {
		g.tellStorms(stormSpan)
	}
	moved := false
	switch ev.Kind {
	case exchange.KindBar, exchange.KindTrade:
		moved = g.onMarket(ev)
	case exchange.KindFill:
		g.onFill(ev)
		moved = true
	case exchange.KindOrder:
		g.onOrder(ev)
	case exchange.KindBeat:
	default:
		moved = g.onFact(ev)
	}
	if moved && ev.Last && (ev.Kind == exchange.KindFill || !planted.On(planted.LossOnlyRealised)) {
		g.checkLosses()
	}
	if s.day.owed {
		g.noteExtremes(false)
	}
	due := s.now >= s.nextDue // before what is due next is looked for
	if s.timed {
		g.schedule()
	}
	if due || s.now >= s.nextDue || s.now >= s.day.end {
		g.onTime() // after an event of this very instant: a bar that closes at the border ends the old day
	}
}

// futureMax is how far ahead of our clock an event's time may be.
const futureMax = 2 * time.Second

// onMarket takes a bar or trade; it reports whether the account's worth may have moved.
func (g *Guard) onMarket(ev *exchange.Event) bool {
	s := g.s
	id := ev.Instrument
	if !g.sound(ev) {
		return false
	}
	m, before := &s.market[id], s.acct.mark[id]
	if ev.Kind == exchange.KindBar {
		m.interval = ev.Interval
	}
	if s.limits.CollarVols > 0 {
		m.onPrice(ev.Time, before, ev.Price)
	}
	m.lastAt = s.now
	if ev.Kind == exchange.KindTrade || ev.Qty > 0 || ev.Price != before {
		m.changed = s.now // a bar without trades is no change
	}
	s.rate.fresh[id] = true
	if s.host.cycle {
		g.passCycle(ev)
	}
	moved := ev.Price != before || m.changed == s.now && s.day.breach != exchange.Never // the same price once more is a second mark of a fall
	if moved && !s.acct.setMark(id, ev.Price) {
		g.Halt("the account's worth overflows")
	}
	if s.timed || s.scoped {
		g.afterMarket(id)
	}
	return moved
}

// sound reports whether the numbers and the time of a market event can be true; one that
// cannot is data-integrity's and changes nothing. A side of the top that is empty has the
// price 0.
func (g *Guard) sound(ev *exchange.Event) bool {
	switch {
	case g.s.without == DataIntegrity && ev.Price > 0:
	case ev.Price < 0 || ev.Price == 0 && ev.Kind != exchange.KindTop || ev.AskPrice < 0 || ev.Qty < 0 || ev.AskQty < 0:
		g.flaw(ev, exchange.CodeNotFinite)
		return false
	case ev.Time-ev.Received > exchange.Stamp(futureMax):
		g.flaw(ev, exchange.CodeFutureTime)
		return false
	}
	return true
}

// passCycle ends the dry cycle after the ceremony: a strategy has decided on what came at
// one instant, dry, before anything of a later one. Where there are bars, it is from one to
// the next. A restart begins it anew, also before the first bar has come.
func (g *Guard) passCycle(ev *exchange.Event) {
	s := g.s
	bars := s.market[ev.Instrument].interval > 0 || slices.ContainsFunc(s.slots, func(i SlotInfo) bool { return i.Interval > 0 })
	switch {
	case ev.Kind != exchange.KindBar && bars:
	case s.cycleAt == longAgo:
		s.cycleAt = s.now
	case s.now > s.cycleAt:
		g.write(Record{Type: RecCycle}, true)
	}
}

// afterMarket is what ends stale-data and data-integrity, and venue-sanity.
func (g *Guard) afterMarket(id exchange.InstrumentID) {
	s := g.s
	m := &s.market[id]
	if s.scoped {
		if m.changed == s.now {
			g.heal(StaleData, ByPair, id)
		}
		if s.facts&exchange.FactChecksum == 0 {
			g.heal(DataIntegrity, ByPair, id) // nobody else will say that it is over
		}
	}
	g.checkSanity(id)
}

// checkSanity is venue-sanity between orders.
func (g *Guard) checkSanity(id exchange.InstrumentID) {
	s, m := g.s, &g.s.market[id]
	if !VenueSanity.Applicable(s.facts) {
		return
	}
	if why := s.sanityOf(id); why != "" {
		m.insane, m.odd = s.now, true
		g.trip(latch{control: VenueSanity, scope: ByPair, instrument: id, level: Paused, cause: why})
		return
	}
	if m.odd {
		m.insane, m.odd = s.now, false // it was odd until now
	}
}

// sanityFor is how long a market must have been sane to be trusted again.
const sanityFor = time.Minute

// flaw is data-integrity.
func (g *Guard) flaw(ev *exchange.Event, code exchange.Code) {
	if ev.Code != exchange.CodeNone {
		code = ev.Code
	}
	g.trip(latch{control: DataIntegrity, scope: ByPair, instrument: ev.Instrument, level: Paused, cause: code.String()})
}

// onFact takes everything that is neither market, order nor fill.
func (g *Guard) onFact(ev *exchange.Event) (moved bool) {
	s := g.s
	switch ev.Kind {
	case exchange.KindTop, exchange.KindLevel, exchange.KindSecond:
		if !g.sound(ev) {
			return false
		}
	}
	switch ev.Kind {
	case exchange.KindTop:
		if ev.AskPrice <= ev.Price && ev.AskPrice != 0 && s.without != DataIntegrity {
			g.flaw(ev, exchange.CodeCrossedBook)
			return false
		}
		m := &s.market[ev.Instrument]
		if bid, ask, ok := m.book.best(); !ok || bid != ev.Price || ask != ev.AskPrice || m.book.within(exchange.Buy, ask) != ev.AskQty || m.book.within(exchange.Sell, bid) != ev.Qty {
			m.changed, m.bookAt = s.now, s.now
		}
		m.book.top(ev.Price, ev.Qty, ev.AskPrice, ev.AskQty)
		g.afterMarket(ev.Instrument)
	case exchange.KindLevel:
		m := &s.market[ev.Instrument]
		if m.book.set(ev.Side, ev.Price, ev.Qty) {
			m.changed, m.bookAt = s.now, s.now
		}
		if bid, ask, ok := m.book.best(); ev.Last && ok && bid >= ask {
			g.flaw(ev, exchange.CodeCrossedBook)
		} else if ev.Last {
			g.afterMarket(ev.Instrument)
		}
	case exchange.KindSecond:
		m := &s.market[ev.Instrument]
		m.second, m.secondAt = ev.Price, s.now
		g.checkSanity(ev.Instrument)
	case exchange.KindIntegrity:
		if ev.Code == exchange.CodeNone {
			s.market[ev.Instrument].book.clear()
			g.heal(DataIntegrity, ByPair, ev.Instrument)
		} else {
			g.flaw(ev, ev.Code)
		}
	case exchange.KindSnapshot:
		s.link.comparedAt = s.now
		g.onSnapshot(ev)
		return true
	case exchange.KindBalance:
		g.onBalance(ev)
	case exchange.KindLedger:
		g.onLedger(ev)
		return true
	case exchange.KindHeartbeat:
		s.link.heartbeat = s.now
	case exchange.KindStatus:
		g.onStatus(ev)
	case exchange.KindClock:
		g.onClock(ev)
	case exchange.KindRequest:
		g.onRequest(ev)
	case exchange.KindForeign:
		g.onForeign(ev.Detail.Text)
	case exchange.KindDeadMan:
		g.onDeadMan(ev)
	case exchange.KindAdvice:
		g.onAdvice(ev)
	case exchange.KindKey:
		g.onKey(ev)
	case exchange.KindCheck:
		g.onCheck(ev)
	case exchange.KindNews:
		g.onNews(ev)
	case exchange.KindOperator:
		g.onOperator(ev)
	}
	return false
}

func (g *Guard) onOperator(ev *exchange.Event) {
	if ev.Code == exchange.CodeKill { // the latch first: a crash in between must not lose it
		why := "asked for"
		if ev.Detail != nil && ev.Detail.Text != "" {
			why = ev.Detail.Text
		}
		g.Kill(KillCommand, why)
	}
	if g.write(Record{Type: RecOperator, Event: ev}, true) == nil && g.s.sale.on {
		g.cancelEntries()
	}
}

func (g *Guard) onFill(ev *exchange.Event) {
	s := g.s
	if s.acct.booked[ev.Instrument].has(ev.TradeID) && !planted.On(planted.FillTwice) {
		return // seen before: a venue may send a fill twice
	}
	oo := s.acct.find(ev.Order)
	if oo == nil {
		if planted.On(planted.LateFillIgnored) {
			return
		}
		s.acct.booked[ev.Instrument].add(ev.TradeID)
		g.write(Record{Type: RecFill, Event: ev}, true)
		g.onForeign("a fill of an order that is not open here")
		return
	}
	in := &s.acct.catalog.Instruments[ev.Instrument]
	slot := oo.order.Slot
	notional, _ := s.acct.inCurrency(ev.Cost, in.Quote, money.Ceil)
	r := Record{Type: RecFill, Event: ev, OrderID: ev.Order, Instrument: ev.Instrument, Slot: slot, Cost: notional}
	if profit, sold := s.acct.saleProfit(oo, ev); sold && ev.State.Done() {
		r.Count = 1
		r.Equity, _ = s.acct.inCurrency(profit, in.Quote, money.Floor)
	}
	over := s.rate.overspends(&oo.order, ev.Cost)
	if g.write(r, false) != nil {
		return
	}
	if s.acct.unknown > 0 || s.scoped {
		g.watchUnknown() // a fill resolves an unknown outcome
	}
	g.checkExecution(ev)
	if s.limits.Executions != Unlimited && s.rate.executed[slot] >= s.limits.Executions {
		g.trip(latch{control: ExecutionThrottle, scope: BySlot, slot: slot, level: Halted, cause: "executions of a day"})
	}
	if s.limits.TurnoverPPM != Unlimited && s.rate.inHour(s.now, slot) > Share(s.limits.TurnoverPPM).Of(s.acct.equity) {
		g.trip(latch{control: ExecutionThrottle, scope: BySlot, slot: slot, level: Halted, cause: "turnover of an hour"})
	}
	if over {
		g.trip(latch{control: SignalBudget, level: Halted, cause: "fills beyond the budget of their signal"})
	}
	if r.Count == 1 {
		g.afterTrade(r.Equity)
	}
}

func (g *Guard) onOrder(ev *exchange.Event) {
	s := g.s
	r := Record{Type: RecOrder, Event: ev, OrderID: ev.Order, Instrument: ev.Instrument}
	if oo := s.acct.find(ev.Order); oo != nil && oo.sold && ev.State.Done() {
		r.Count = 1
		r.Equity, _ = s.acct.inCurrency(oo.profit, s.acct.catalog.Instruments[oo.order.Instrument].Quote, money.Floor)
	}
	failed := g.write(r, false) != nil
	g.cancelLate(ev)
	g.onCancel(ev)
	if failed {
		return
	}
	if r.Count == 1 {
		g.afterTrade(r.Equity)
	}
	if s.acct.unknown > 0 || s.scoped {
		g.watchUnknown()
	}
}

// onTime lifts what is due, starts a new trading day, and looks at what grows old.
func (g *Guard) onTime() {
	s := g.s
	newDay := s.now >= s.day.end && s.adopted && s.acct.unrated == 0 && s.acct.equity > 0 && s.clockAgrees()
	for i := 0; i < len(s.latches); {
		l := s.latches[i]
		operator := newDay && s.day.started && s.rearm.Mode == RearmNextDay && l.needsCeremony() && l.until == exchange.Never && l.control != KillFile && l.control != KillCommand
		if s.now < l.until && !operator || g.failed != nil {
			i++
			continue
		}
		by := "the timer"
		if operator || l.needsCeremony() {
			by = "the simulated operator, " + s.rearm.String()
		}
		g.lift(&l, "lifted by "+by)
		if l.level == Halted && (l.control == Drawdown || l.control == ProfileLimits) {
			g.newHigh() // whoever re-arms after a drawdown starts from a new high-water mark
		}
	}
	if newDay {
		g.write(Record{Type: RecDayStart, Equity: s.acct.equity}, true)
		if s.limits.VenueSharePPM != Unlimited && s.without != VenueExposure && s.venueShare() > s.limits.VenueSharePPM {
			g.Note("venue-exposure: more of the declared capital than agreed lies on this venue")
		}
	}
	if s.timed {
		g.watchAges()
		g.watchUnknown()
		g.refreshDeadMan()
		g.look()
		if s.now.Sub(s.link.failure) >= time.Minute {
			g.heal(APIErrorRate, Global, exchange.None)
		}
		g.schedule()
	}
	if s.limits.NeedsArming && s.host.armed && s.now > s.host.lease && g.failed == nil {
		g.trip(latch{control: ArmedLease, level: ReduceOnly, cause: "the lease has ended"})
	}
	s.settle()
}

// newHigh makes the present equity the high-water mark.
func (g *Guard) newHigh() {
	g.write(Record{Type: RecEquity, Equity: g.s.acct.equity, High: g.s.acct.equity, DayLow: min(g.s.day.low, g.s.acct.equity)}, true)
}

// watchAges is stale-data between orders, and venue-sanity's healing.
func (g *Guard) watchAges() {
	s := g.s
	for i := range s.market {
		m, id := &s.market[i], exchange.InstrumentID(i)
		if bound := s.pauseAfter(m); bound != Forever && m.changed != longAgo && s.now.Sub(m.changed) > bound {
			g.trip(latch{control: StaleData, scope: ByPair, instrument: id, level: Paused, cause: "no change for too long"})
		}
		if m.insane != 0 && !m.odd && s.now.Sub(m.insane) >= sanityFor { // that it is odd no more, only an event can say
			g.heal(VenueSanity, ByPair, id)
		}
	}
}

func (s *state) pauseAfter(m *marketState) time.Duration {
	if s.limits.StalePause == Forever || s.without == StaleData {
		return Forever
	}
	return max(s.limits.StalePause, 2*m.interval)
}

// schedule finds the next instant at which time alone changes something.
func (g *Guard) schedule() {
	s := g.s
	due := exchange.Never
	for i := range s.market {
		m := &s.market[i]
		if bound := s.pauseAfter(m); bound != Forever && m.changed != longAgo && s.holds(StaleData, ByPair, exchange.InstrumentID(i), noSlot) == nil {
			due = min(due, m.changed.Add(bound)+1)
		}
		if m.insane != 0 && s.holds(VenueSanity, ByPair, exchange.InstrumentID(i), noSlot) != nil && !m.odd {
			due = min(due, m.insane.Add(sanityFor))
		}
	}
	if s.keepsDeadMan() {
		due = min(due, max(s.link.deadMan, s.now))
	}
	due = min(due, s.link.lookAt)
	if s.holds(APIErrorRate, Global, exchange.None, noSlot) != nil {
		due = min(due, s.link.failure.Add(time.Minute))
	}
	if s.limits.UnknownFor != Forever && s.acct.unknown > 0 && s.without != UnknownOutcome {
		for i := range s.acct.open {
			if oo := &s.acct.open[i]; oo.state == exchange.Unknown && s.level < Halted {
				due = min(due, oo.since.Add(s.limits.UnknownFor)+1)
			}
		}
	}
	if s.limits.NeedsArming && s.host.armed && s.host.lease != exchange.Never && s.now <= s.host.lease {
		due = min(due, s.host.lease+1)
	}
	s.link.due = due
	s.settle()
}

// trip sets a latch, which holds until a ceremony or until it heals unless it names a
// time, records it before it acts, and takes back the orders that the level
// no longer allows. It reports whether anything got stricter.
func (g *Guard) trip(l latch) bool {
	s := g.s
	if l.control == s.without {
		return false
	}
	l = scoped(l)
	if l.until == 0 {
		l.until = exchange.Never
		if s.rearm.Mode == RearmAfter && l.needsCeremony() && l.control != KillFile && l.control != KillCommand {
			l.until = s.now.Add(s.rearm.After)
		}
	}
	if have := s.holds(l.control, l.scope, l.instrument, l.slot); have != nil && have.level >= l.level {
		return false
	}
	before, ramp, shut := s.level, s.host.ramp, g.failed != nil
	failed := g.write(Record{
		Type: RecLevel, Level: l.level, From: before, Scope: l.scope, Control: l.control, Instrument: l.instrument, Slot: l.slot, Until: l.until, Text: l.cause, Equity: s.acct.equity,
	}, true) != nil // the latch stands all the same, in memory
	if failed && !shut && l.level < Killed {
		return true // the door that has just shut took the entries back
	}
	if !failed && s.host.ramp < ramp {
		g.write(Record{Type: RecRamp, Count: int64(s.host.ramp)}, true) // for the reader: the latch itself has taken the step
	}
	if l.level == Killed && !planted.On(planted.KillKeepsOrders) {
		_ = g.CancelAll(false) // an error of a cancel is the exchange's to report: the orders stay in the books
	} else if l.level >= ReduceOnly && s.without != HaltKeepsPositions && !planted.On(planted.EntriesKept) {
		g.cancelEntriesOf(&l)
	}
	return true
}

// scoped fills in what a scope does not use.
func scoped(l latch) latch {
	if l.scope != ByPair {
		l.instrument = exchange.None
	}
	if l.scope != BySlot {
		l.slot = noSlot
	}
	return l
}

// heal ends a latch whose cause is over; what is stricter than a pause needs more.
func (g *Guard) heal(c Control, scope Scope, id exchange.InstrumentID) {
	if l := g.s.holds(c, scope, id, noSlot); l != nil && l.level <= Paused {
		healed := *l
		g.lift(&healed, "healed")
	}
}

// lift ends a latch.
func (g *Guard) lift(l *latch, text string) {
	left := Active
	for i := range g.s.latches {
		if o := &g.s.latches[i]; o.scope == Global && (o.control != l.control || l.scope != Global) {
			left = max(left, o.level)
		}
	}
	g.write(Record{
		Type: RecLevel, Lift: true, Level: left, From: g.s.level, Scope: l.scope, Control: l.control, Instrument: l.instrument, Slot: l.slot, Text: text, Equity: g.s.acct.equity,
	}, true)
}
