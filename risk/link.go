package risk

import (
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/internal/planted"
)

// linkState is what the guard knows of the venue and of the line to it.
type linkState struct {
	due        exchange.Stamp // next instant at which time alone changes something here
	heartbeat  exchange.Stamp
	skew       [5]time.Duration
	skews      int // compared so far
	warned     bool
	requests   []request
	nonces     window
	deadMan    exchange.Stamp // next refresh
	failed     int            // refreshes in a row
	stands     exchange.Stamp // the dead man's switch: the last refresh that succeeded
	clockAt    exchange.Stamp // last comparison of clocks, by the venue's
	comparedAt exchange.Stamp // last snapshot of the account
	failure    exchange.Stamp // last request that failed
	lookAt     exchange.Stamp // next look at the account
	routineAt  exchange.Stamp // of it, the one that is due once a minute
	asks       []asked        // snapshots that were asked for and have not come
	odd        []oddBalance   // balances that did not agree at first sight
	missed     []missedOrder  // our working orders that the last snapshot did not have
	advice     exchange.Code
	heard      map[uint16]*window // news by source
	titles     []uint64           // hashes of the last headlines
	differs    []exchange.AssetID // of the first snapshot that did not agree
	differsAt  exchange.Stamp
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

// How old a fact may be that is asked for again and again: the venue's clock, hourly the
// key, all the while the account.
const (
	booksMaxAge = 2 * time.Minute
	clockMaxAge = 10 * time.Minute
	keyMaxAge   = 2 * time.Hour
)

// clockWarn is the difference of clocks that is noted, long before it pauses.
const clockWarn = 500 * time.Millisecond

func (k *linkState) init(l *Limits) {
	k.due, k.heartbeat, k.deadMan = exchange.Never, longAgo, longAgo
	k.stands, k.clockAt, k.failure, k.lookAt, k.routineAt = longAgo, longAgo, longAgo, exchange.Never, exchange.Never
	k.nonces = newWindow(2, int64(5*time.Minute))
	k.heard = map[uint16]*window{}
}

// onClock is clock-skew.
func (g *Guard) onClock(ev *exchange.Event) {
	k := &g.s.link
	if ev.Code == exchange.CodeClockStep {
		k.skews = 0 // what was compared before says nothing of it
		g.trip(latch{control: ClockSkew, level: Paused, cause: "our clock stepped"})
		return
	}
	k.clockAt = min(g.s.now, ev.Received.Add(-ev.Interval)) // by the venue's clock: ours may have been ahead for a while
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
		g.trip(latch{control: ClockSkew, level: Paused, cause: "our clock and the venue's differ"})
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
	if (ev.Code == exchange.CodeWithdrawal || ev.Code == exchange.CodeTransfer) && !planted.On(planted.WithdrawalIgnored) { // the latch first: a crash in between must not lose it
		g.trip(latch{control: WithdrawalSeen, level: Halted, cause: ev.Code.String() + " of " + s.acct.amountText(max(ev.Cost, -ev.Cost), ev.FeeAsset) + ": if it was not you, revoke the key now"})
	}
	g.write(Record{Type: RecFlow, Event: ev, Equity: value}, true)
}

// onForeign is foreign-order. What is not ours is never cancelled: it may be the owner's.
func (g *Guard) onForeign(cause string) {
	if planted.On(planted.ForeignIgnored) {
		return
	}
	g.trip(latch{control: ForeignOrder, level: Halted, cause: cause})
}

// checkSynced is reconcile before the first comparison since a start, and once the last one
// is too old: what is owned and open is not certain. Exits go out on an old one.
func (s *state) checkSynced(d *decision, v *Verdict) {
	switch {
	case !s.synced:
		v.deny(Reconcile, "the books were not compared with the venue's since the start")
	case d.opens && s.comparesRoutinely() && s.now.Sub(s.link.comparedAt) > booksMaxAge:
		v.deny(Reconcile, "the books were not compared with the venue's of late", Field{Key: "age-s", Value: int64(s.now.Sub(s.link.comparedAt) / time.Second)})
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
