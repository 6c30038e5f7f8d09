package risk

import (
	"fmt"
	"slices"
	"time"

	"breakwater/exchange"
)

// settle is how long fills may be on their way before a difference counts.
const settle = 5 * time.Second

// compareEvery is how often a session's books are held against the venue's: a difference must show
// twice, and a protective stop that the venue has lost is to be noticed within a minute.
const compareEvery = 50 * time.Second

// How long an order may arrive after it was sent: until its deadline, or as long as a
// deadline of ours would be, and a minute (reference, order life cycle).
const (
	usualDeadline = 5 * time.Second
	lateMax       = time.Minute
)

// lastArrival is when an order that nobody has seen cannot arrive any more.
func lastArrival(o *exchange.Order) exchange.Stamp {
	if o.Deadline != 0 {
		return o.Deadline.Add(lateMax)
	}
	return o.Sent.Add(usualDeadline + lateMax)
}

// asked is a snapshot that was asked for. Answers come in the order of the questions, so
// that it is known what a snapshot cannot have seen yet.
type asked struct {
	at      exchange.Stamp
	routine bool // nothing has happened; it is only time again
}

// asksMax bounds the questions without an answer: of more, the oldest was lost.
const asksMax = 16

// ask asks for a snapshot.
func (g *Guard) ask(routine bool) error {
	if err := g.ex.Refresh(); err != nil {
		return err
	}
	k := &g.s.link
	if len(k.asks) == asksMax {
		k.asks = slices.Delete(k.asks, 0, 1)
	}
	k.asks = append(k.asks, asked{g.s.now, routine})
	return nil
}

// answered is the question that a snapshot answers. One that nobody asked for has seen
// nothing of this life.
func (k *linkState) answered() asked {
	if len(k.asks) == 0 {
		return asked{at: longAgo}
	}
	a := k.asks[0]
	k.asks = slices.Delete(k.asks, 0, 1)
	return a
}

// lookLater asks for a snapshot once what is on its way has settled.
func (g *Guard) lookLater() { g.lookAgain(g.s.now.Add(settle)) }

func (g *Guard) lookAgain(at exchange.Stamp) {
	g.s.link.lookAt = min(g.s.link.lookAt, at)
	g.s.timed = true
}

// compare asks for a snapshot; a failed request shows at the next. With a key that the
// venue has refused nothing is asked.
func (g *Guard) compare(routine bool) {
	if !g.s.refused() {
		_ = g.ask(routine)
	}
}

// look asks when it is time to: because something is in doubt, or once a minute.
func (g *Guard) look() {
	k := &g.s.link
	if g.s.now < k.lookAt {
		return
	}
	routine := k.lookAt == k.routineAt
	k.lookAt, k.routineAt = exchange.Never, exchange.Never
	g.compare(routine)
	g.lookRoutinely()
}

// lookRoutinely has the books compared every 50 s in a session with money of its own; a
// replay's are compared at its end.
func (g *Guard) lookRoutinely() {
	s := g.s
	if k := &s.link; s.comparesRoutinely() && k.routineAt == exchange.Never {
		k.routineAt = s.now.Add(compareEvery)
		g.lookAgain(k.routineAt)
	}
}

// comparesRoutinely reports whether the account is asked for every 50 s.
func (s *state) comparesRoutinely() bool { return s.limits.ReconcilePPM > 0 && s.limits.NeedsArming }

// onSnapshot is reconcile: a difference must show twice, a while apart, since fills may be
// on their way; exact sources are taken at their first word.
func (g *Guard) onSnapshot(ev *exchange.Event) {
	s, k := g.s, &g.s.link
	first, ask, snap := !s.adopted, k.answered(), ev.Detail.Snapshot
	agrees := s.synced && k.differs == nil && len(s.acct.differences(snap.Balances, s.limits.ReconcilePPM)) == 0
	if !ask.routine || !agrees { // else it says nothing new
		if g.write(Record{Type: RecSnapshot, Event: ev}, first) != nil {
			return
		}
	}
	g.bookMissed(snap)
	g.resolve(snap, ask.at)
	g.takeBack(snap)
	bad := s.acct.differences(snap.Balances, s.limits.ReconcilePPM)
	if s.synced {
		g.missOrders(snap)
	}
	s.synced = true
	g.watchUnknown()
	g.lookRoutinely()
	if len(bad) == 0 {
		k.differs = nil
		if s.link.advice < exchange.CodeStopNewOrders && s.online() {
			g.heal(VenueState, Global, exchange.None)
		}
		return
	}
	if s.limits.ReconcilePPM > 0 && (k.differs == nil || s.now.Sub(k.differsAt) < settle) {
		if k.differs == nil {
			k.differs, k.differsAt = bad, s.now
			g.lookLater()
		}
		return
	}
	g.haltPairs(bad, snap)
}

// bookMissed books the fills of a snapshot that no event has told.
func (g *Guard) bookMissed(snap *exchange.Snapshot) {
	s := g.s
	for i := range snap.Fills {
		f := &snap.Fills[i]
		if s.acct.find(f.Order) != nil && !s.acct.booked[f.Instrument].has(f.TradeID) && g.failed == nil {
			missed := *f
			missed.Time = s.now
			g.onFill(&missed)
		}
	}
}

// resolve finds out what became of orders whose outcome nobody knows, and after a start
// what became of all: what the venue has is working, what worked and is gone is over. An
// order that nobody has seen may still arrive; once it cannot, it is cancelled, and if the
// next look does not find it either, it was never placed.
func (g *Guard) resolve(snap *exchange.Snapshot, askedAt exchange.Stamp) {
	s := g.s
	for _, o := range snap.Orders {
		if s.acct.find(o.Order.ID) == nil && (!s.synced || o.Order.ID == 0 || o.Order.ID > s.acct.lastID) {
			g.onForeign("an open order at the venue that we did not place")
			break
		}
	}
	for i := 0; i < len(s.acct.open) && g.failed == nil; {
		oo := &s.acct.open[i]
		id, there := oo.order.ID, slices.ContainsFunc(snap.Orders, func(o exchange.OpenOrder) bool { return o.Order.ID == oo.order.ID })
		found := s.fate(oo, there, askedAt)
		if found == 0 {
			i++
			g.seek(oo, there)
			continue
		}
		g.onOrder(&exchange.Event{Kind: exchange.KindOrder, Time: s.now, Op: exchange.OpVenue, Order: id, Instrument: oo.order.Instrument, State: found})
		if found == exchange.Working {
			i++
		}
	}
}

// takeBack cancels what the level does not allow and the venue still has: a cancel was
// refused or lost, or the process died between the latch and its cancels. Each look asks
// again, until it is gone.
func (g *Guard) takeBack(snap *exchange.Snapshot) {
	s := g.s
	if s.refused() || s.without == HaltKeepsPositions {
		return
	}
	for i := range snap.Orders {
		oo := s.acct.find(snap.Orders[i].Order.ID)
		if oo == nil || oo.asked != 0 && s.now.Sub(oo.asked) < settle {
			continue
		}
		if s.forbidden(&oo.order) != nil {
			_ = g.Cancel(oo.order.ID) // an error is the exchange's to report, and the next look asks again
		}
	}
}

// forbidden is the latch for which an open order must be taken back; nil: it may stay.
func (s *state) forbidden(o *exchange.Order) *latch {
	for i := range s.latches {
		l := &s.latches[i]
		if l.covers(o.Instrument, o.Slot) && (l.level == Killed || l.level >= ReduceOnly && o.Side == exchange.Buy) {
			return l
		}
	}
	return nil
}

// onCancel looks again when the cancel of an order that may not stay has failed: soon at
// first, then ever later, at the latest with the next comparison.
func (g *Guard) onCancel(ev *exchange.Event) {
	s := g.s
	if ev.Op != exchange.OpCancel || ev.State.Done() {
		return
	}
	if oo := s.acct.find(ev.Order); oo != nil && !s.refused() {
		if l := s.forbidden(&oo.order); l != nil {
			g.lookAgain(s.now.Add(min(max(settle, s.now.Sub(l.since)), compareEvery)))
		}
	}
}

// fate is what a snapshot says became of an open order; 0: nothing new.
func (s *state) fate(oo *openOrder, there bool, askedAt exchange.Stamp) exchange.State {
	switch {
	case there && oo.state == exchange.Unknown:
		return exchange.Working
	case there || oo.state == exchange.Pending:
		return 0
	case oo.state == exchange.Working && !s.synced:
		return exchange.Cancelled // while we were away; missOrders looks at those since
	case oo.state == exchange.Unknown && s.limits.ReconcilePPM <= 0 && (!s.synced || askedAt > oo.order.Sent):
		return exchange.Absent // an exact source does not lose orders on their way
	case oo.state == exchange.Unknown && oo.sought && askedAt > oo.soughtAt:
		return exchange.Absent
	}
	return 0
}

// seek goes on looking for an order that no snapshot has shown.
func (g *Guard) seek(oo *openOrder, there bool) {
	if oo.state != exchange.Unknown || there {
		return
	}
	if oo.sought {
		g.lookLater()
		return
	}
	last := lastArrival(&oo.order)
	if g.s.now < last {
		g.lookAgain(max(last, g.s.now.Add(settle)))
		return
	}
	oo.sought, oo.soughtAt = true, g.s.now
	_ = g.Cancel(oo.order.ID)
	g.lookLater()
}

// missOrders is reconcile for our working orders that the venue does not have: twice, a
// while apart, since their end may be on its way; then they are over. An exact source tells
// every end itself.
func (g *Guard) missOrders(snap *exchange.Snapshot) {
	s, k := g.s, &g.s.link
	if s.limits.ReconcilePPM <= 0 {
		return
	}
	var missed []missedOrder
	var lost []exchange.Event
	for i := 0; i < len(s.acct.open); i++ {
		oo := &s.acct.open[i]
		id, in := oo.order.ID, oo.order.Instrument
		if oo.state != exchange.Working || slices.ContainsFunc(snap.Orders, func(o exchange.OpenOrder) bool { return o.Order.ID == id }) {
			continue
		}
		since := s.now
		if at := slices.IndexFunc(k.missed, func(m missedOrder) bool { return m.id == id }); at >= 0 {
			since = k.missed[at].since
		} else {
			g.lookLater()
		}
		missed = append(missed, missedOrder{id, since})
		if s.now.Sub(since) >= settle {
			g.trip(latch{control: Reconcile, scope: ByPair, instrument: in, level: Halted, cause: fmt.Sprintf("the venue does not have our working order %d", id)})
			lost = append(lost, exchange.Event{Kind: exchange.KindOrder, Time: s.now, Op: exchange.OpVenue, Order: id, Instrument: in, State: exchange.Cancelled})
		}
	}
	k.missed = missed
	for i := range lost { // with the halt on record: whoever held it as a protection knows that it is gone
		if oo := s.acct.find(lost[i].Order); oo != nil && g.failed == nil {
			g.onOrder(&lost[i])
		}
	}
}

// watchUnknown is unknown-outcome: a pair with an order whose outcome nobody knows waits,
// and after a while everything does.
func (g *Guard) watchUnknown() {
	s := g.s
	for i := range s.market {
		id := exchange.InstrumentID(i)
		waits := false
		for j := range s.acct.open {
			oo := &s.acct.open[j]
			if oo.order.Instrument != id || oo.state != exchange.Unknown {
				continue
			}
			waits = true
			if s.limits.UnknownFor != Forever && s.now.Sub(oo.since) > s.limits.UnknownFor {
				g.trip(latch{control: UnknownOutcome, level: Halted, cause: "an order's outcome stays unknown"})
			}
		}
		if waits {
			g.trip(latch{control: UnknownOutcome, scope: ByPair, instrument: id, level: Paused, cause: "an order's outcome is unknown"})
		} else {
			g.heal(UnknownOutcome, ByPair, id)
		}
	}
}
