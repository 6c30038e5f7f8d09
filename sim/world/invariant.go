package world

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"breakwater/data/journal"
	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// invariant is the place of one in Invariants.
type invariant int

const (
	approvalPrecedesOrder invariant = iota
	levelIsObeyed
	exposureWithinCaps
	oneOrderPerIntent
	lossWithinBound
	journalReplays
	restartNeverLoosens
	noSecretInOutput
	cancelAlwaysAdmitted
	denialHasReason
	alertWithin5s
	moneyConserved
	sameSeedSameDigest
	sameEventsSameVerdicts
	tradingResumesAfterHeal
	ablationFails
	noLookAhead
	limitsHold
	invariantEnd
)

// Invariant is something that always holds.
type Invariant struct{ Name, Promise string }

// Invariants are all of them. Those that need more than one run are looked at by whoever
// runs Worlds: same-seed-same-digest, same-events-same-verdicts, ablation-fails.
var Invariants = [invariantEnd]Invariant{
	approvalPrecedesOrder:   {"approval-precedes-order", "no order and no change of one leaves without an approval that is durable on record"},
	levelIsObeyed:           {"level-is-obeyed", "from PAUSED up nothing that increases risk leaves; at HALTED and KILLED only cancels and the owner's flatten; only the owner's signature arms"},
	exposureWithinCaps:      {"exposure-within-caps", "with an order that leaves taken as filled, what is held and open is within the limits of order and position, and can be paid"},
	oneOrderPerIntent:       {"one-order-per-intent", "an intent leaves once, fills no more than it says, and has its number for itself"},
	lossWithinBound:         {"loss-within-bound", "a loss that reaches its limit trips; from then on it grows only by what was held then, and fees"},
	journalReplays:          {"journal-replays", "a guard made of the journal is in the state of the one that wrote it"},
	restartNeverLoosens:     {"restart-never-loosens", "a restart lifts no latch and forgets no count"},
	noSecretInOutput:        {"no-secret-in-output", "no byte of the API key stands in journal, log or alerts"},
	cancelAlwaysAdmitted:    {"cancel-always-admitted", "a cancel that is asked for goes out at once"},
	denialHasReason:         {"denial-has-reason", "each denial names its controls, with numbers or words"},
	alertWithin5s:           {"alert-within-5s", "the owner hears of a trip within five seconds"},
	moneyConserved:          {"money-conserved", "every asset's books at the venue net to zero, and each fill is booked once"},
	sameSeedSameDigest:      {"same-seed-same-digest", "the same seed gives the same digest"},
	sameEventsSameVerdicts:  {"same-events-same-verdicts", "verdicts depend on events, not on how many beats come between"},
	tradingResumesAfterHeal: {"trading-resumes-after-heal", "when all faults are over and no latch waits for the owner, trading goes on within five minutes"},
	ablationFails:           {"ablation-fails", "without its control, what a scenario expects breaks"},
	noLookAhead:             {"no-look-ahead", "an order fills at nothing that was there before it arrived"},
	limitsHold:              {"limits-hold", "what leaves is within the limits that the World can see: fresh and near prices, rates, signals, half size, drawdown; foreign orders and withdrawals stop it"},
}

// FindInvariant is the place of an invariant by name; -1 when there is none.
func FindInvariant(name string) int {
	for i := range Invariants {
		if Invariants[i].Name == name {
			return i
		}
	}
	return -1
}

// Violation is an invariant that did not hold.
type Violation struct {
	At        exchange.Stamp
	Invariant string
	Text      string
}

// mostViolations bounds the list: the first ones tell.
const mostViolations = 20

// breaks notes that an invariant does not hold.
func (w *World) breaks(i invariant, format string, args ...any) {
	if len(w.broke) < mostViolations {
		w.broke = append(w.broke, Violation{w.now, Invariants[i].Name, fmt.Sprintf(format, args...)})
	}
}

// checkLevel is level-is-obeyed.
func (t *truth) checkLevel(w *World, o *exchange.Order) {
	switch l := t.levelFor(o.Instrument, o.Slot); {
	case l == risk.Active, l <= risk.ReduceOnly && o.Side == exchange.Sell, l == risk.Halted && o.Side == exchange.Sell && t.flatten:
	default:
		w.breaks(levelIsObeyed, "a %s left at %s", o.Side, l)
	}
}

// slackPPM is how much the World's view may differ from the guard's: prices of one step,
// fills on their way.
const slackPPM = 20_000

// checkExposure is exposure-within-caps, of an order or of an open one as a change makes it.
// Coins that came from nowhere are not ours to count.
func (t *truth) checkExposure(w *World, o *exchange.Order) {
	t.checkFunds(w, o)
	if o.Side != exchange.Buy {
		return
	}
	in := &w.cfg.Catalog.Instruments[o.Instrument]
	l := &w.cfg.Limits
	own := t.worth(w, in.Quote, t.cost(w, o, o.Qty))
	if bound := l.Order.Of(t.equity); l.Order.Binds() && beyond(own, bound) {
		w.breaks(exposureWithinCaps, "an order of %d where %d are allowed", own, bound)
	}
	if !l.Position.Binds() {
		return
	}
	sum := t.worth(w, in.Base, t.explained[in.Base]) + own
	t.others(w, o, func(i *intent) {
		if i.Side == exchange.Buy && i.Instrument == o.Instrument {
			sum += t.worth(w, in.Quote, t.costOfRest(w, i))
		}
	})
	if bound := l.Position.Of(t.equity); beyond(sum, bound) {
		w.breaks(exposureWithinCaps, "a position of up to %d where %d are allowed", sum, bound)
	}
}

// others calls do for each order but o that left and may still fill.
func (t *truth) others(w *World, o *exchange.Order, do func(*intent)) {
	for _, id := range w.eyes.ids {
		if i := t.intents[id]; i != nil && id != o.ID && !i.done && !i.absent && (i.Qty == 0 || i.filled < i.Qty) {
			do(i)
		}
	}
}

// checkFunds is the part of exposure-within-caps that sees that what is open can be paid:
// nothing is promised twice.
func (t *truth) checkFunds(w *World, o *exchange.Order) {
	in := &w.cfg.Catalog.Instruments[o.Instrument]
	asset, need := in.Quote, t.cost(w, o, o.Qty)
	if o.Side == exchange.Sell {
		asset = in.Base
		need, _ = in.BaseAmount(o.Qty)
	}
	t.others(w, o, func(i *intent) {
		with := &w.cfg.Catalog.Instruments[i.Instrument]
		switch {
		case i.Side != o.Side:
		case i.Side == exchange.Buy && with.Quote == asset:
			need += t.costOfRest(w, i)
		case i.Side == exchange.Sell && with.Base == asset:
			v, _ := with.BaseAmount(i.rest())
			need += v
		}
	})
	if have := t.explained[asset]; beyond(need, have) {
		w.breaks(exposureWithinCaps, "what is open needs %d of %s, and there are %d", need, w.cfg.Catalog.Assets[asset].Name, have)
	}
}

func beyond(v, bound money.Amount) bool {
	slack, _ := money.MulDiv(int64(bound), slackPPM, money.PPM, money.Ceil)
	return v > bound+money.Amount(slack)
}

// cost is what an order could cost in its quote asset.
func (t *truth) cost(w *World, o *exchange.Order, q money.Qty) money.Amount {
	if o.Cash != 0 {
		return o.Cash
	}
	in := &w.cfg.Catalog.Instruments[o.Instrument]
	c, _ := in.Cost(max(o.Price, o.Trigger, t.price[o.Instrument]*money.Price(boolInt(o.Price == 0))), q, money.Floor)
	return c
}

// costOfRest is what a buy that is out may still cost.
func (t *truth) costOfRest(w *World, i *intent) money.Amount {
	if i.Cash != 0 {
		return max(0, i.Cash-i.spent)
	}
	return t.cost(w, &i.Order, i.rest())
}

// checkLoss is loss-within-bound: from the moment at which the day's loss has reached its
// limit, the account may only lose on what it held then.
func (t *truth) checkLoss(w *World) {
	b := t.breach
	if b == nil {
		if t.equity > t.floor || w.now < w.cfg.Start {
			return
		}
		b = &breach{at: w.now, equity: t.equity, price: slices.Clone(t.price), lowest: slices.Clone(t.price)}
		for i := range w.cfg.Catalog.Assets {
			b.held = append(b.held, w.venue.Balance(0, exchange.AssetID(i)).Total)
		}
		for _, c := range w.log.sent { // what is out may still fill
			if i := t.intents[c.id]; i != nil && !i.done && i.Side == exchange.Buy {
				v, _ := w.cfg.Catalog.Instruments[i.Instrument].BaseAmount(i.Qty - i.filled)
				b.held[w.cfg.Catalog.Instruments[i.Instrument].Base] += max(0, v)
			}
		}
		t.breach = b
		return
	}
	then, now := money.Amount(0), money.Amount(0)
	prices := t.price
	for i, p := range prices {
		b.lowest[i] = min(b.lowest[i], p) // at which it may have been sold
	}
	for a, v := range b.held {
		if exchange.AssetID(a) == t.currency {
			continue
		}
		t.price = b.price
		x := t.worth(w, exchange.AssetID(a), v)
		t.price = b.lowest
		now += t.worth(w, exchange.AssetID(a), v)
		then += x
	}
	t.price = prices
	// fees and slippage of selling all that, at most five per cent of it
	if floor := b.equity - (then - now) - then/20 - 10; t.equity < floor {
		w.breaks(lossWithinBound, "the account is worth %d; with what was held when the day's loss reached its limit it should be %d", t.equity, floor)
		t.breach = nil
		t.floor = -1 << 62
	}
}

// checkLateBuy is the other part of loss-within-bound: nothing is bought by an order that
// left after the limit was reached.
func (t *truth) checkLateBuy(w *World, i *intent, ev *exchange.Event) {
	if b := t.breach; b != nil && ev.Side == exchange.Buy && i.Sent > b.at.Add(w.cfg.Step+w.cfg.Latency) {
		w.breaks(lossWithinBound, "order %d left after the day's loss had reached its limit, and bought", ev.Order)
	}
}

// checkDenial is denial-has-reason.
func (t *truth) checkDenial(w *World, r *risk.Record) {
	if len(r.Reasons) == 0 {
		w.breaks(denialHasReason, "order %d is denied without a reason", r.OrderID)
	}
	for i := range r.Reasons {
		if x := &r.Reasons[i]; x.Control == risk.NoControl || x.Text == "" && x.Fields[0].Key == "" {
			w.breaks(denialHasReason, "order %d is denied by %s without a word", r.OrderID, x.Control)
		}
	}
}

// rememberLife keeps what a life leaves behind, to hold the next one against it.
func (w *World) rememberLife() {
	t := &w.truth
	t.before = &lifeEnd{latches: append([]latch(nil), t.latches...), level: t.level}
	if w.guard != nil {
		t.before.status = w.guard.Status()
	}
	if w.journal != nil {
		_, waiting := w.journal.Unsynced()
		t.before.lost = waiting || w.journal.Err() != nil
	}
}

// checkRestart is called with the start record of a new life.
func (t *truth) checkRestart(*World) { t.cancels = t.cancels[:0] }

// afterBoot is restart-never-loosens: every latch on record stands in the new guard.
func (w *World) afterBoot() {
	t := &w.truth
	t.failed = false
	if w.lives == 1 {
		return
	}
	w.faults.Reach("restart")
	has := w.guard.Status()
	for _, l := range t.latches {
		if l.until <= w.now {
			continue // its time is over
		}
		if l.scope == risk.Global && has.Level < l.level && l.control != risk.JournalHealth {
			w.breaks(restartNeverLoosens, "the latch of %s at %s stands, and the level after a restart is %s", l.control, l.level, has.Level)
		}
		found := false
		for _, g := range has.Latches {
			found = found || g.Control == l.control && g.Scope == l.scope && g.Level >= l.level && (l.scope != risk.ByPair || g.Instrument == l.instrument) && (l.scope != risk.BySlot || g.Slot == l.slot)
		}
		if !found && l.control != risk.JournalHealth {
			w.breaks(restartNeverLoosens, "the latch of %s at %s is gone after a restart", l.control, l.level)
		}
	}
	if b := t.before; b != nil && !b.lost {
		if has.Streak < b.status.Streak {
			w.breaks(restartNeverLoosens, "the streak of losses went from %d to %d", b.status.Streak, has.Streak)
		}
		if has.High < t.high-t.high/500 {
			w.breaks(restartNeverLoosens, "the high-water mark went from %d to %d", t.high, has.High)
		}
	}
}

// checkReplay is journal-replays: a guard is made of the journal and held against the one
// that wrote it.
func (w *World) checkReplay() {
	if w.guard == nil || w.journal == nil || w.journal.Err() != nil {
		return
	}
	if w.journal.Flush() != nil {
		return
	}
	rec, err := journal.Recover(w.disk.fs, journal.Options{})
	if err != nil {
		if !w.turned(err) {
			w.breaks(journalReplays, "%v", err)
		}
		return
	}
	cfg := w.guardConfig()
	cfg.Exchange, cfg.Recorder = nowhere{}, discard{}
	cfg.Started = 0
	cfg.History = func(yield func(*risk.Record) error) error { return records(rec, yield) }
	twin, err := w.cfg.Guard(cfg)
	if err != nil {
		if !w.turned(err) {
			w.breaks(journalReplays, "%v", err)
		}
		return
	}
	is, was := twin.Durable(), w.guard.Durable()
	for i := range was {
		if is[i] != was[i] && !w.pendingDiffers() {
			w.breaks(journalReplays, "the journal gives\n%s\nthe guard is in\n%s", is[i], was[i])
			return
		}
	}
}

// turned reports whether a journal is refused with the place at which a bit has turned in it:
// that it is found is all that a journal can do.
func (w *World) turned(err error) bool {
	var fault *journal.Fault
	if !errors.As(err, &fault) {
		return false
	}
	for i := range w.cfg.Plan.Rules {
		if w.cfg.Plan.Rules[i].Do == chaos.FlipBit && w.faults.Fired(i) > 0 {
			return true
		}
	}
	return false
}

// pendingDiffers reports whether orders are on their way: a fold takes them as unknown.
func (w *World) pendingDiffers() bool { return w.guard.Status().Unknown > 0 }

// checkEnd looks at what only the end can tell.
func (w *World) checkEnd() {
	for i := range w.alerts {
		if a := &w.alerts[i]; a.Heard == exchange.Never && w.end.Sub(a.At) > 5*time.Second || a.Heard != exchange.Never && a.Heard.Sub(a.At) > 5*time.Second {
			w.breaks(alertWithin5s, "nobody heard of %s in time", a.What)
		}
	}
	files, _ := w.disk.fs.List()
	for _, f := range files {
		if bytes.Contains(w.disk.fs.Bytes(f.Name), []byte(Secret)) {
			w.breaks(noSecretInOutput, "the API key stands in %s", f.Name)
		}
	}
	for i := range w.log.entries {
		if bytes.Contains([]byte(w.log.entries[i].Text), []byte(Secret)) {
			w.breaks(noSecretInOutput, "the API key stands in the log: %.40s", w.log.entries[i].Kind)
		}
	}
	w.checkReplay()
	w.checkResumes()
	w.checkSettled()
}

// Secret is the API key of a World. Where it turns up, something talks too much.
const Secret = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="

// resumeWithin is how long after the last fault trading goes on at the latest.
const resumeWithin = 5 * time.Minute

// checkResumes is trading-resumes-after-heal.
func (w *World) checkResumes() {
	if !w.up || w.cfg.Unarmed || w.cfg.DryRun || w.cfg.Heal > 0 {
		return
	}
	last := w.cfg.Start
	for i := range w.cfg.Plan.Rules {
		if w.faults.Fired(i) == 0 {
			continue
		}
		end := w.faults.EndOf(i)
		if end == exchange.Never {
			if end = w.faults.FirstFired(i); w.cfg.Plan.Rules[i].Do.Shape() == holdsShape {
				return // it goes on to the end
			}
		}
		last = max(last, end)
	}
	for _, e := range w.log.entries {
		if e.Kind == "start" || e.Kind == "trip" {
			last = max(last, e.At)
		}
	}
	if w.end.Sub(last) < resumeWithin {
		return
	}
	st := w.guard.Status()
	for _, l := range st.Latches {
		if l.Level > risk.Paused || l.Control == risk.FeeAnomaly || l.Until != exchange.Never {
			return // the owner's, or a timer's
		}
	}
	if st.Level != risk.Active || len(st.Latches) > 0 {
		w.breaks(tradingResumesAfterHeal, "%v after the last fault the level is %s by %s", w.end.Sub(last), st.Level, st.Latches[0].Control)
	}
}
