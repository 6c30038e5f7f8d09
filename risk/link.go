package risk

import (
	"fmt"
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// linkState is what the guard knows of the venue and of the line to it.
type linkState struct {
	due       exchange.Stamp // next instant at which time alone changes something here
	heartbeat exchange.Stamp
	skew      [5]time.Duration
	skews     int // compared so far
	warned    bool
	requests  []request
	nonces    window
	deadMan   exchange.Stamp // next refresh
	failed    int            // refreshes in a row
	stands    exchange.Stamp // the dead man's switch: the last refresh that succeeded
	clockAt   exchange.Stamp // last comparison of clocks
	failure   exchange.Stamp // last request that failed
	lookAt    exchange.Stamp // next look at the account
	odd       []oddBalance   // balances that did not agree at first sight
	missed    []missedOrder  // our working orders that the last snapshot did not have
	advice    exchange.Code
	heard     map[uint16]*window // news by source
	titles    []uint64           // hashes of the last headlines
	differs   []exchange.AssetID // of the first snapshot that did not agree
	differsAt exchange.Stamp
}

// oddBalance is a balance that did not agree when the venue first told it.
type oddBalance struct {
	asset exchange.AssetID
	since exchange.Stamp
}

// missedOrder is a working order that the venue did not have.
type missedOrder struct {
	id    exchange.OrderID
	since exchange.Stamp
}

// settle is how long fills may be on their way before a difference counts.
const settle = 5 * time.Second

// How old a fact may be that is asked for again and again: the venue's clock, and hourly
// the key.
const (
	clockMaxAge = 10 * time.Minute
	keyMaxAge   = 2 * time.Hour
)

// clockWarn is the difference of clocks that is noted, long before it pauses.
const clockWarn = 500 * time.Millisecond

func (k *linkState) init(l *Limits) {
	k.due, k.heartbeat, k.deadMan = exchange.Never, longAgo, longAgo
	k.stands, k.clockAt, k.failure, k.lookAt = longAgo, longAgo, longAgo, exchange.Never
	k.nonces = newWindow(2, int64(5*time.Minute))
	k.heard = map[uint16]*window{}
}

// onClock is clock-skew.
func (g *Guard) onClock(ev *exchange.Event) {
	k := &g.s.link
	if ev.Code == exchange.CodeClockStep {
		k.skews = 0 // what was compared before says nothing of it
		g.condition(latch{control: ClockSkew, level: Paused, cause: "our clock stepped"})
		return
	}
	k.clockAt = g.s.now
	k.skew[k.skews%len(k.skew)] = ev.Interval
	k.skews++
	last := k.skew
	n := min(k.skews, len(k.skew))
	for i := range last[:n] {
		last[i] = max(last[i], -last[i])
	}
	slices.Sort(last[:n])
	if off := last[n/2] > clockWarn; off != k.warned {
		if k.warned = off; off {
			g.Note("clock-skew: our clock and the venue's differ by more than half a second")
		}
	}
	if last[n/2] > g.s.limits.ClockSkew {
		g.condition(latch{control: ClockSkew, level: Paused, cause: "our clock and the venue's differ"})
		return
	}
	g.heal(ClockSkew, Global, exchange.None)
}

// onBalance is unexplained-balance: what the venue says of one asset.
func (g *Guard) onBalance(ev *exchange.Event) {
	s, k := g.s, &g.s.link
	at := slices.IndexFunc(k.odd, func(o oddBalance) bool { return o.asset == ev.FeeAsset })
	switch {
	case !s.adopted || !s.synced:
		return
	case !s.acct.differs(ev.FeeAsset, ev.Cost, s.limits.ReconcilePPM):
		if at >= 0 {
			k.odd = slices.Delete(k.odd, at, at+1)
		}
		return
	case s.limits.ReconcilePPM > 0 && at < 0:
		k.odd = append(k.odd, oddBalance{ev.FeeAsset, s.now})
		g.lookLater()
		return
	case s.limits.ReconcilePPM > 0 && s.now.Sub(k.odd[at].since) < settle:
		return // fills may be on their way
	}
	g.trip(latch{control: UnexplainedBalance, level: Halted, cause: "the venue has " + s.acct.amountText(ev.Cost, ev.FeeAsset) + ", fills and ledger explain " + s.acct.amountText(s.acct.balance[ev.FeeAsset], ev.FeeAsset)})
}

// onLedger is withdrawal-seen, and the flows that are neither profit nor loss.
func (g *Guard) onLedger(ev *exchange.Event) {
	s := g.s
	value, ok := s.acct.inCurrency(ev.Cost, ev.FeeAsset, money.Floor)
	if !ok {
		value = 0 // no rate: it is no part of the equity either
	}
	if ev.Code == exchange.CodeWithdrawal || ev.Code == exchange.CodeTransfer { // the latch first: a crash in between must not lose it
		g.trip(latch{control: WithdrawalSeen, level: Halted, cause: ev.Code.String() + " of " + s.acct.amountText(max(ev.Cost, -ev.Cost), ev.FeeAsset) + ": if it was not you, revoke the key now"})
	}
	g.write(Record{Type: RecFlow, Event: ev, Equity: value}, true)
}

// onForeign is foreign-order. What is not ours is never cancelled: it may be the owner's.
func (g *Guard) onForeign(cause string) {
	g.trip(latch{control: ForeignOrder, level: Halted, cause: cause})
}

// checkSynced is reconcile before the first comparison since a start: what is owned and
// open is not certain yet.
func (s *state) checkSynced(d *decision, v *Verdict) {
	if !s.synced {
		v.deny(Reconcile, "the books were not compared with the venue's since the start")
	}
}

// onSnapshot is reconcile: a difference must show twice, a while apart, since fills may be
// on their way; exact sources are taken at their first word.
func (g *Guard) onSnapshot(ev *exchange.Event) {
	s, k := g.s, &g.s.link
	first := !s.adopted
	if g.write(Record{Type: RecSnapshot, Event: ev}, first) != nil {
		return
	}
	g.adoptOrders(ev.Detail.Snapshot)
	bad := s.acct.differences(ev.Detail.Snapshot.Balances, s.limits.ReconcilePPM)
	if s.synced {
		g.missOrders(ev.Detail.Snapshot)
	}
	s.synced = true
	g.watchUnknown()
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
	g.haltPairs(bad, ev.Detail.Snapshot)
}

// missOrders is reconcile for our working orders that the venue does not have: twice, a
// while apart, since their end may be on its way. An exact source tells every end itself.
func (g *Guard) missOrders(snap *exchange.Snapshot) {
	s, k := g.s, &g.s.link
	if s.limits.ReconcilePPM <= 0 {
		return
	}
	var missed []missedOrder
	for i := range s.acct.open {
		oo := &s.acct.open[i]
		id := oo.order.ID
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
			g.trip(latch{control: Reconcile, scope: ByPair, instrument: oo.order.Instrument, level: Halted, cause: fmt.Sprintf("the venue does not have our working order %d", id)})
		}
	}
	k.missed = missed
}

// lookLater asks for a snapshot once what is on its way has settled.
func (g *Guard) lookLater() { g.lookAgain(g.s.now.Add(settle)) }

func (g *Guard) lookAgain(at exchange.Stamp) {
	g.s.link.lookAt = min(g.s.link.lookAt, at)
	g.s.timed = true
}

// compare asks for a snapshot; a failed request shows at the next. With a key that the
// venue has refused nothing is asked.
func (g *Guard) compare() {
	if !g.s.refused() {
		_ = g.ex.Refresh()
	}
}

// look asks for it when it is time to.
func (g *Guard) look() {
	if k := &g.s.link; g.s.now >= k.lookAt {
		k.lookAt = exchange.Never
		g.compare()
	}
}

// haltPairs halts the pair of a coin that differs; two of them, or the account's own
// money, halt everything.
func (g *Guard) haltPairs(bad []exchange.AssetID, snap *exchange.Snapshot) {
	s := g.s
	var venue money.Amount
	for _, b := range snap.Balances {
		if b.Asset == bad[0] {
			venue = b.Total
		}
	}
	cause := "the venue has " + s.acct.amountText(venue, bad[0]) + ", our books " + s.acct.amountText(s.acct.balance[bad[0]], bad[0])
	pairs := 0
	last := exchange.InstrumentID(exchange.None)
	global := false
	for _, a := range bad {
		found := false
		for i := range s.acct.catalog.Instruments {
			if s.acct.catalog.Instruments[i].Base == a {
				pairs, last, found = pairs+1, exchange.InstrumentID(i), true
			}
		}
		global = global || !found
	}
	for _, l := range s.latches {
		if l.control == Reconcile && l.scope == ByPair && l.instrument != last {
			pairs++
		}
	}
	if global || pairs != 1 {
		g.trip(latch{control: Reconcile, level: Halted, cause: cause})
		return
	}
	g.trip(latch{control: Reconcile, scope: ByPair, instrument: last, level: Halted, cause: cause})
}

// lateMax is how long an order may stay invisible at the venue: its deadline and a minute.
const lateMax = 65 * time.Second

// adoptOrders holds our open orders against the venue's after a restart: what it has is
// working, what filled in between is booked, what it does not know is absent or over. An
// order that is only just out may still show.
func (g *Guard) adoptOrders(snap *exchange.Snapshot) {
	s := g.s
	for _, o := range snap.Orders {
		if s.acct.find(o.Order.ID) == nil && (!s.synced || o.Order.ID == 0 || o.Order.ID > s.acct.lastID) {
			g.onForeign("an open order at the venue that we did not place")
			break
		}
	}
	if s.synced && !s.adopting {
		return
	}
	s.adopting = false
	for i := range snap.Fills {
		f := snap.Fills[i]
		if s.acct.find(f.Order) != nil && f.TradeID > s.acct.tradeID[f.Instrument] {
			f.Time = s.now
			g.onFill(&f)
		}
	}
	for i := 0; i < len(s.acct.open) && g.failed == nil; {
		oo := &s.acct.open[i]
		id, state := oo.order.ID, oo.state
		there := slices.ContainsFunc(snap.Orders, func(o exchange.OpenOrder) bool { return o.Order.ID == id })
		ev := exchange.Event{Kind: exchange.KindOrder, Time: s.now, Op: exchange.OpVenue, Order: id, Instrument: oo.order.Instrument, State: exchange.Working}
		switch {
		case there && state == exchange.Working:
			i++
			continue
		case there:
		case state == exchange.Working:
			ev.State = exchange.Cancelled
		case s.limits.ReconcilePPM > 0 && s.now.Sub(oo.order.Sent) < lateMax:
			s.adopting = true
			g.lookAgain(oo.order.Sent.Add(lateMax))
			i++
			continue
		default:
			ev.State = exchange.Absent
		}
		g.onOrder(&ev)
		if there {
			i++
		}
	}
}

// watchUnknown is unknown-outcome: a pair with an order whose outcome nobody knows waits,
// and after a while everything does.
func (g *Guard) watchUnknown() {
	s := g.s
	if s.acct.unknown == 0 && !s.scoped {
		return
	}
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
			g.condition(latch{control: UnknownOutcome, scope: ByPair, instrument: id, level: Paused, cause: "an order's outcome is unknown"})
		} else {
			g.heal(UnknownOutcome, ByPair, id)
		}
	}
}
