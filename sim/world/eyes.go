package world

import (
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// eyes is what the World sees for itself of the limits that need more than books: how old
// and how near prices are, how often and for what orders leave, what must have stopped
// trading. It is made of what the process was told and of what is on record, never of the
// guard's own state.
type eyes struct {
	limits   risk.Limits
	heard    []exchange.Stamp // by instrument: when the process was last told a change; 0: not in this life
	prices   [][3]money.Price // by instrument: last trade or bar, middle of the book, second source, as told
	attempts []attempt        // of a minute: buys approved and denied
	signals  map[signal]int64 // orders by signal
	half     bool             // size is halved
	cycle    bool             // the ceremony goes on: what it lifts halves nothing
	high     money.Amount     // of the account's worth since the owner last looked, flows taken off
	worth    money.Amount     // the same at the last step
	low      int              // steps in a row on which it was below the drawdown's floor
	fallen   int              // steps in a row on which the process knew that it was below the drawdown's floor
	lost     int              // the same for the day's loss
	dawn     bool             // a day has begun with this event
	floor    money.Amount     // equity at which the day's loss reaches its limit
	before   []money.Price    // by instrument, at the last step
	day      exchange.Stamp   // when the guard's day began
	beat     exchange.Stamp   // when the process was last told that the line lives
	compared bool             // the process has seen what is open at the venue, in this life
	owed     []risk.Control   // latches that the last event must have set
	open     map[exchange.OrderID]*standing
	ids      []exchange.OrderID // of those, in the order in which they left
	told     []exchange.Event   // fills of the last event
	booked   map[fillKey]int    // the life in which a fill was last booked
	arrived  map[exchange.OrderID]bool
}

// stormAttempts is how many of the denials that one record stands for are counted: more than
// any limit for a minute that a World is given.
const stormAttempts = 100

type attempt struct {
	at exchange.Stamp
	in exchange.InstrumentID
}

type signal struct {
	slot exchange.SlotID
	id   uint64
}

type fillKey struct {
	in    exchange.InstrumentID
	trade uint64
}

// standing is an order that left and has not ended on record.
type standing struct {
	exchange.Order
	left  exchange.Stamp
	asked bool // to be cancelled
}

func (e *eyes) init(w *World) {
	e.heard = make([]exchange.Stamp, len(w.cfg.Catalog.Instruments))
	e.prices = make([][3]money.Price, len(e.heard))
	e.signals, e.open, e.booked = map[signal]int64{}, map[exchange.OrderID]*standing{}, map[fillKey]int{}
	e.arrived = map[exchange.OrderID]bool{}
	e.floor = -1 << 62
}

// onTold takes an event that the process is told now.
func (e *eyes) onTold(w *World, ev *exchange.Event) {
	id := ev.Instrument
	switch ev.Kind {
	case exchange.KindTrade:
		e.heard[id], e.prices[id][0] = w.now, ev.Price
	case exchange.KindBar:
		if ev.Qty > 0 {
			e.heard[id] = w.now
		}
		e.prices[id][0] = ev.Price
	case exchange.KindTop:
		e.heard[id], e.prices[id][1] = w.now, (ev.Price+ev.AskPrice)/2
	case exchange.KindSecond:
		e.prices[id][2] = ev.Price
	case exchange.KindForeign:
		e.owed = append(e.owed, risk.ForeignOrder)
	case exchange.KindLedger:
		if ev.Code == exchange.CodeWithdrawal || ev.Code == exchange.CodeTransfer {
			e.owed = append(e.owed, risk.WithdrawalSeen)
		}
	case exchange.KindFill:
		e.told = append(e.told, *ev)
	case exchange.KindOrder:
		if o := e.open[ev.Order]; o != nil && ev.Op == exchange.OpSubmit && ev.State == exchange.Working && w.truth.level >= risk.Killed {
			o.asked = false // it was on its way when all was taken back: once more
		}
	case exchange.KindHeartbeat:
		e.beat = w.now
	case exchange.KindSnapshot:
		e.compared = true
	}
}

// onRecord takes a record that is durable.
func (e *eyes) onRecord(w *World, r *risk.Record) {
	switch r.Type {
	case risk.RecStart:
		e.limits = w.ops.limits(w.cfg.Limits, w.cfg.Edit)
		clear(e.heard)
		clear(e.prices)
		e.beat, e.compared = 0, false
		e.owed, e.told = e.owed[:0], e.told[:0]
	case risk.RecDenial:
		if r.Order != nil {
			if w.truth.intents[r.OrderID] != nil {
				w.breaks(oneOrderPerIntent, "the number of order %d is given again", r.OrderID)
			}
			e.attempt(w, r.Order)
		}
	case risk.RecDenials:
		for range min(r.Count, stormAttempts) {
			e.attempt(w, r.Order)
		}
	case risk.RecCancel:
		if o := e.open[r.OrderID]; o != nil {
			o.asked = true
		}
	case risk.RecOrder:
		if r.Event.State.Done() {
			e.over(r.Event.Order)
		}
	case risk.RecFill:
		key := fillKey{r.Event.Instrument, r.Event.TradeID}
		if e.booked[key] == w.lives {
			w.breaks(moneyConserved, "a fill of order %d is booked twice", r.Event.Order)
		}
		e.booked[key] = w.lives
		if r.Event.State.Done() {
			e.over(r.Event.Order)
		}
	case risk.RecArm:
		e.half, e.cycle = false, true
		e.forgetHigh()
		e.floor = -1 << 62 // the owner has looked; the day goes on
	case risk.RecCycle:
		e.cycle = false
	case risk.RecDayStart:
		e.dayBegins(r.Equity)
		e.dawn = true
		e.day = max(w.now, min(r.Time, w.now.Add(time.Minute))) // a clock may be ahead a little
	case risk.RecLevel:
		switch r.Control {
		case risk.HourlyLoss, risk.LossStreak, risk.HalfOpen:
			e.half = e.half || r.Lift && !e.cycle
		case risk.Drawdown, risk.ProfileLimits, risk.DailyLoss, risk.RampUp:
			if r.Lift {
				e.forgetHigh()
				e.floor = -1 << 62
			}
		}
	}
	if (r.Type == risk.RecFill || r.Type == risk.RecOrder) && r.Count == 1 && r.Equity > 0 {
		e.half = false
	}
}

func (e *eyes) attempt(w *World, o *exchange.Order) {
	if e.limits.PairPerMinute == risk.Unlimited && e.limits.PerMinute == risk.Unlimited {
		return
	}
	if o.Side == exchange.Sell || o.Instrument < 0 || int(o.Instrument) >= len(e.heard) {
		return
	}
	for len(e.attempts) > 0 && w.now.Sub(e.attempts[0].at) >= time.Minute-time.Second {
		e.attempts = e.attempts[:copy(e.attempts, e.attempts[1:])]
	}
	e.attempts = append(e.attempts, attempt{w.now, o.Instrument})
}

// onSubmit looks at an order that leaves.
func (e *eyes) onSubmit(w *World, o *exchange.Order) {
	if !w.truth.failed && w.disk.fs.Dirty() {
		w.breaks(approvalPrecedesOrder, "order %d left before its approval was on the disk", o.ID)
	}
	e.look(w, o)
	if o.Side == exchange.Buy {
		e.onBuy(w, o)
	}
	if e.open[o.ID] == nil {
		e.ids = append(e.ids, o.ID)
	}
	e.open[o.ID] = &standing{Order: *o, left: w.now}
}

// over lets go of an order that has ended on record.
func (e *eyes) over(id exchange.OrderID) {
	if i := slices.Index(e.ids, id); i >= 0 {
		e.ids = slices.Delete(e.ids, i, i+1)
		delete(e.open, id)
	}
}

// onAmend looks at an order as a change makes it.
func (e *eyes) onAmend(w *World, o *exchange.Order) { e.look(w, o) }

// look looks at what is sent, whatever it is.
func (e *eyes) look(w *World, o *exchange.Order) {
	if w.ops.kill {
		w.breaks(levelIsObeyed, "order %d left while the KILL file was there", o.ID)
	}
	l := &e.limits
	if bound := l.StaleLink + w.cfg.Step/60; w.cfg.Facts&exchange.FactHeartbeat != 0 && l.StaleLink != risk.Forever && w.now.Sub(e.beat) > bound && !w.wrongClock() {
		w.breaks(limitsHold, "order %d left when nothing had been heard of the line for %v", o.ID, w.now.Sub(e.beat))
	}
	if bound := max(l.StaleMarket, 2*w.cfg.Bars) + w.cfg.Step; l.StaleMarket != risk.Forever && w.now.Sub(e.heard[o.Instrument]) > bound {
		w.breaks(limitsHold, "order %d left on prices of %v ago", o.ID, w.now.Sub(e.heard[o.Instrument]))
	}
	if l.CollarCapPPM != risk.Unlimited && o.Type.HasLimit() && !o.Type.Triggered() && !e.near(o, l.CollarCapPPM+money.PPM/100) {
		w.breaks(limitsHold, "order %d left at %d, and the market is at %d", o.ID, o.Price, e.prices[o.Instrument])
	}
}

// wrongClock reports whether the plan makes our clock wrong: ages are other ones then.
func (w *World) wrongClock() bool {
	return w.verbs[chaos.Skew] || w.verbs[chaos.Step] || w.verbs[chaos.ClockFreeze]
}

// onArrival looks at an order that reaches the venue: whatever was lost on the way back, it
// comes once.
func (e *eyes) onArrival(w *World, o *exchange.Order) {
	if e.arrived[o.ID] {
		w.breaks(oneOrderPerIntent, "order %d reached the venue twice", o.ID)
	}
	e.arrived[o.ID] = true
}

// near reports whether a limit is within a share of any price that was told.
func (e *eyes) near(o *exchange.Order, ppm int64) bool {
	for _, p := range e.prices[o.Instrument] {
		d, ok := money.MulDiv(int64(max(o.Price-p, p-o.Price)), money.PPM, int64(max(p, 1)), money.Floor)
		if p > 0 && ok && d <= ppm {
			return true
		}
	}
	return false
}

// onBuy looks at an order that increases risk.
func (e *eyes) onBuy(w *World, o *exchange.Order) {
	l, t := &e.limits, &w.truth
	e.attempt(w, o)
	pair := int64(0)
	for _, a := range e.attempts {
		if a.in == o.Instrument {
			pair++
		}
	}
	if pair > l.PairPerMinute || int64(len(e.attempts)) > l.PerMinute {
		w.breaks(limitsHold, "order %d is number %d of its pair and %d of all within a minute", o.ID, pair, len(e.attempts))
	}
	s := signal{o.Slot, o.Signal}
	if e.signals[s]++; l.SignalOrders != risk.Unlimited && e.signals[s] > l.SignalOrders {
		w.breaks(limitsHold, "order %d is number %d of signal %d", o.ID, e.signals[s], o.Signal)
	}
	value := t.worth(w, w.cfg.Catalog.Instruments[o.Instrument].Quote, t.cost(w, o, o.Qty))
	if bound := l.Order.Of(t.equity) / 2; e.half && l.Order.Binds() && beyond(value, bound) {
		w.breaks(limitsHold, "order %d of %d left at half size, which is %d", o.ID, value, bound)
	}
	if e.low > 3 {
		w.breaks(limitsHold, "order %d left when the account had been below the drawdown's floor for %d steps", o.ID, e.low)
	}
	if zone := w.zone(); e.day != 0 {
		now, then := w.now.Add(-dayLate).Time().In(zone), e.day.Time().In(zone)
		if now.YearDay() != then.YearDay() && now.After(then) && w.upSince < w.now.Add(-dayLate) {
			w.breaks(lossWithinBound, "order %d left %s, on the day that began %s", o.ID, now.Format(time.DateTime), then.Format(time.DateTime))
		}
	}
}

// dayLate is how late a day may begin: with the first thing heard of it, and with a
// comparison of clocks.
const dayLate = 15 * time.Minute

func (w *World) zone() *time.Location {
	if w.cfg.Zone == nil {
		return time.UTC
	}
	return w.cfg.Zone
}

// onStep looks at the account after each step of the market. The process was told of the
// last step, not of this one; what it has not seen is no high of its own.
func (e *eyes) onStep(w *World) {
	then, known := e.worth, e.knows(w)
	e.worth = w.truth.ours(w)
	if known {
		e.high = max(e.high, then)
	}
	ppm := min(e.limits.DrawdownPPM, e.limits.ProfileDrawdownPPM)
	e.low, e.fallen, e.lost = e.low+1, e.fallen+1, e.lost+1
	if ppm == risk.Unlimited || e.worth >= e.high-risk.Share(ppm+slackPPM).Of(e.high) {
		e.low = 0
	}
	if !known {
		e.fallen, e.lost = 0, 0
		return
	}
	if ppm == risk.Unlimited || then >= e.high-risk.Share(ppm).Of(e.high)-e.noted() {
		e.fallen = 0
	}
	if then >= e.floor-e.noted()/10 {
		e.lost = 0
	}
	if e.fallen > mostMarks && !e.stopped(w, risk.Halted, risk.Drawdown) {
		w.breaks(lossWithinBound, "the account has been below the drawdown's floor for %d steps, and nothing has tripped", e.fallen)
	}
	if e.lost > mostMarks && !e.stopped(w, risk.ReduceOnly, risk.DailyLoss) {
		w.breaks(lossWithinBound, "the account has been below the day's floor for %d steps, and nothing has tripped", e.lost)
	}
}

// noted is how much the high-water mark may be behind after a restart, which goes on with
// what was last on record.
func (e *eyes) noted() money.Amount { return max(0, e.high) / 300 }

func (e *eyes) forgetHigh() { e.high, e.low, e.fallen = 0, 0, 0 }

// checkHigh is the part of loss-within-bound that sees that a new day leaves the guard's
// high-water mark where it was.
func (e *eyes) checkHigh(w *World) {
	if high, was := w.guard.High(), w.truth.high; high < was-e.noted() {
		w.breaks(lossWithinBound, "with the day the high-water mark has gone from %d to %d", was, high)
	}
	e.dawn = false
}

// mostMarks is how many steps a loss may last before its limit has tripped: one step is
// told with the next, and a fall needs a second mark.
const mostMarks = 4

// dayBegins sets the day's floor.
func (e *eyes) dayBegins(equity money.Amount) {
	e.floor = -1 << 62
	if l := e.limits.DailyLoss; l.Binds() {
		e.floor = equity - l.Of(equity)
	}
	if ppm := e.limits.ProfileDailyPPM; ppm != risk.Unlimited {
		e.floor = max(e.floor, equity-risk.Share(ppm).Of(equity))
	}
}

// onFlow is money that came or went, on record: neither profit nor loss.
func (e *eyes) onFlow(v money.Amount) { e.high, e.worth, e.floor = e.high+v, e.worth+v, e.floor+v }

// knows reports whether the process was told what the market did up to the last step, and
// can say what the account is worth: with a balance that nobody explains it cannot.
func (e *eyes) knows(w *World) bool {
	t := &w.truth
	known := w.up && w.upSince < w.now.Add(-3*w.cfg.Step) && !t.failed && e.compared && e.day != 0 &&
		!slices.ContainsFunc(t.latches, func(l latch) bool { return l.control == risk.UnexplainedBalance })
	for i, p := range e.before {
		known = known && (t.explained[w.cfg.Catalog.Instruments[i].Base] == 0 || e.prices[i][0] == p)
	}
	e.before = append(e.before[:0], t.price...)
	return known
}

// stopped reports whether a latch stands that does what a control's would: one of at least
// a level for everything, the control's own, or one that says that prices or balances
// cannot be believed.
func (e *eyes) stopped(w *World, level risk.Level, by risk.Control) bool {
	return slices.ContainsFunc(w.truth.latches, func(l latch) bool {
		switch l.control {
		case by, risk.ProfileLimits, risk.RampUp, risk.VenueSanity, risk.DataIntegrity, risk.UnexplainedBalance:
			return true
		}
		return l.scope == risk.Global && l.level >= level
	})
}

// onVenueFill is no-look-ahead: what our order meets comes after it has arrived. Orders of
// others on the book are not looked at.
func (e *eyes) onVenueFill(w *World, ev *exchange.Event) {
	if o := e.open[ev.Order]; o != nil && !w.crowded && w.early(ev.Time, o.left.Add(w.cfg.Latency)) {
		w.breaks(noLookAhead, "order %d, sent %v after the start, filled at what was there before it", ev.Order, o.left.Sub(w.cfg.Start))
	}
}

// early reports whether a fill comes before what can meet an order that has arrived: at the
// very instant only a step of the market that is taken then.
func (w *World) early(at, arrival exchange.Stamp) bool {
	return at < arrival || at == arrival && (at-w.cfg.Start)%exchange.Stamp(w.cfg.Step) != 0
}

// afterEvent looks at what one event must have caused.
func (e *eyes) afterEvent(w *World) {
	t := &w.truth
	defer func() { e.owed, e.told = e.owed[:0], e.told[:0] }()
	if t.failed || !w.up {
		return
	}
	for _, c := range e.owed {
		if !slices.ContainsFunc(t.latches, func(l latch) bool { return l.control == c }) {
			w.breaks(limitsHold, "%s did not trip at once", c)
		}
	}
	for i := range e.told {
		if ev := &e.told[i]; e.booked[fillKey{ev.Instrument, ev.TradeID}] == 0 {
			w.breaks(moneyConserved, "a fill of order %d was told and is not booked", ev.Order)
		}
	}
	e.checkLeftOpen(w)
	if e.dawn {
		e.checkHigh(w)
	}
}

// checkLeftOpen is the other part of level-is-obeyed: what a level does not allow is taken
// back. With a key that the venue refuses nothing is sent.
func (e *eyes) checkLeftOpen(w *World) {
	t := &w.truth
	if t.level < risk.ReduceOnly || len(e.open) == 0 || !e.compared || slices.ContainsFunc(t.latches, func(l latch) bool { return l.control == risk.AuthFailure }) {
		return
	}
	for _, id := range e.ids {
		o := e.open[id]
		if o.asked || t.level < risk.Killed && o.Side == exchange.Sell {
			continue
		}
		if i := t.intents[id]; i != nil && i.done {
			continue
		}
		o.asked = true // once is enough
		w.breaks(levelIsObeyed, "order %d stays open at %s, and nobody takes it back", id, t.level)
	}
}
