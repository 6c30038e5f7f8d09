package risk

import (
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/internal/planted"
)

// rateState counts what a strategy in a loop would do too often.
type rateState struct {
	pairs    []window // order-rate, by instrument: a minute
	minute   window
	day      window
	hits     window   // of order-rate, 10 minutes
	denied   []window // of max-order-notional, by slot: 10 minutes
	doubles  []window // of duplicate-order, by slot: 60 s
	recent   []sent   // last approved orders, a ring
	oldest   int
	signals  map[signalKey]*signal
	used     [][]uint64 // by slot: the signals that are remembered, a ring
	oldUse   []int      // by slot: the oldest of them, once the ring is full
	last     []uint64   // by slot: highest signal that was forgotten
	newest   []uint64   // by slot: highest signal
	counter  []counter
	cycles   []window // fill-feedback, by instrument: 60 s
	filled   []exchange.Stamp
	fresh    []bool // by instrument: a market event came after its last fill
	executed []int64
	turnover []hour    // by slot
	storms   [][]storm // by slot
	untold   int64     // denials in storms that are not on record yet
	bound    *Limits
}

// sent is an approved order, to compare the next with.
type sent struct {
	at         exchange.Stamp
	slot       exchange.SlotID
	instrument exchange.InstrumentID
	side       exchange.Side
	qty        money.Qty
	cash       money.Amount
	price      money.Price // 0: at the market before a restart, which counts as the same
}

type signalKey struct {
	slot exchange.SlotID
	id   uint64
}

// signal is the budget of one decision, in quote.
type signal struct {
	first    exchange.Stamp
	orders   int64
	approved money.Amount // fees included
	filled   money.Amount // without fees
}

// counter models the venue's per-pair counter, in thousandths of a point.
type counter struct {
	milli int64
	at    exchange.Stamp
}

// hour is turnover by the minute.
type hour struct {
	minute [60]int64
	sum    [60]money.Amount
}

const ringSize = 64

func (r *rateState) init(l *Limits, pairs int) {
	r.bound = l
	const ten = int64(10 * time.Minute)
	r.minute, r.day = newWindow(l.PerMinute, int64(time.Minute)), newWindow(l.PerDay, int64(24*time.Hour))
	r.hits = newWindow(3, ten)
	for range pairs {
		r.pairs = append(r.pairs, newWindow(l.PairPerMinute, int64(time.Minute)))
		r.cycles = append(r.cycles, newWindow(l.FeedbackCycles, int64(time.Minute)))
	}
	r.counter, r.filled, r.fresh = make([]counter, pairs), make([]exchange.Stamp, pairs), make([]bool, pairs)
	for i := range r.filled {
		r.filled[i] = longAgo
	}
	r.signals = map[signalKey]*signal{}
}

// slot makes room for a strategy.
func (r *rateState) slot(id exchange.SlotID) {
	for int(id) >= len(r.denied) {
		r.denied = append(r.denied, newWindow(3, int64(10*time.Minute)))
		r.doubles = append(r.doubles, newWindow(3, int64(time.Minute)))
		r.last, r.newest, r.used, r.oldUse = append(r.last, 0), append(r.newest, 0), append(r.used, nil), append(r.oldUse, 0)
		r.executed = append(r.executed, 0)
		r.turnover, r.storms = append(r.turnover, hour{}), append(r.storms, nil)
	}
}

// lastSignal is the highest signal of a slot.
func (r *rateState) lastSignal(slot exchange.SlotID) uint64 {
	if int(slot) >= len(r.newest) {
		return 0
	}
	return r.newest[slot]
}

// clear starts the counters behind latches anew: after the ceremony.
func (r *rateState) clear() {
	r.hits.clear()
	for i := range r.cycles {
		r.cycles[i].clear()
	}
	for i := range r.denied {
		r.denied[i].clear()
		r.doubles[i].clear()
		r.executed[i], r.turnover[i] = 0, hour{}
	}
}

func (r *rateState) onDay() {
	for i := range r.executed {
		r.executed[i] = 0
	}
}

// onAttempt counts an order, or a change of one, that was approved or denied.
func (r *rateState) onAttempt(rec *Record, o *exchange.Order, approved bool) {
	r.slot(o.Slot)
	r.newest[o.Slot] = max(r.newest[o.Slot], o.Signal)
	if approved {
		r.onMessage(rec.Time, o.Instrument, 1)
	}
	if approved || !planted.On(planted.DeniedNotCounted) {
		r.onRisk(rec.Time, o)
	}
	if rec.Count == 1 {
		r.cycles[o.Instrument].add(rec.Time)
	}
}

// onRisk counts a message that carries risk.
func (r *rateState) onRisk(t exchange.Stamp, o *exchange.Order) {
	if o.Side == exchange.Sell {
		return
	}
	r.pairs[o.Instrument].add(t)
	r.minute.add(t)
	r.day.add(t)
}

// cycle is 1 for an order that closes a cycle of order, fill and order, else 0. It is
// recorded with the order, because what the market did in between is not.
func (r *rateState) cycle(t exchange.Stamp, o *exchange.Order) int64 {
	if o.Side == exchange.Sell || o.Instrument < 0 || int(o.Instrument) >= len(r.filled) || !r.feedback(t, o) {
		return 0
	}
	return 1
}

// onIntent keeps what later orders are compared with.
func (r *rateState) onIntent(rec *Record, mark money.Price) {
	o, t := rec.Order, rec.Time
	s := sent{t, o.Slot, o.Instrument, o.Side, o.Qty, o.Cash, orderPrice(o, mark)}
	if len(r.recent) < ringSize {
		r.recent = append(r.recent, s)
	} else {
		r.recent[r.oldest] = s
		r.oldest = (r.oldest + 1) % ringSize
	}
	if r.bound.SignalOrders == Unlimited || o.Side == exchange.Sell {
		return
	}
	key := signalKey{o.Slot, o.Signal}
	g := r.signals[key]
	if g == nil {
		g = r.remember(o.Slot, o.Signal)
		g.first = t
		r.signals[key] = g
	}
	g.orders++
	g.approved += rec.Cost
}

// grow adds to a signal what a change of its order may use beyond what it holds.
func (r *rateState) grow(o *exchange.Order, more money.Amount) {
	if g := r.signals[signalKey{o.Slot, o.Signal}]; g != nil && o.Side == exchange.Buy {
		g.approved += max(0, more)
	}
}

// maxSignals is how many signals of a strategy are remembered.
const maxSignals = 1000

// remember makes room for a signal: the oldest is dropped, its memory used again, and that
// it was used is kept.
func (r *rateState) remember(slot exchange.SlotID, id uint64) *signal {
	used, at := r.used[slot], r.oldUse[slot]
	if len(used) < maxSignals {
		r.used[slot] = append(used, id)
		return new(signal)
	}
	key := signalKey{slot, used[at]}
	g := r.signals[key]
	delete(r.signals, key)
	r.last[slot] = max(r.last[slot], used[at])
	used[at], r.oldUse[slot] = id, (at+1)%maxSignals
	*g = signal{}
	return g
}

// orderPrice is what an order is compared by.
func orderPrice(o *exchange.Order, ref money.Price) money.Price {
	switch {
	case o.Price != 0:
		return o.Price
	case o.Trigger != 0:
		return o.Trigger
	}
	return ref
}

// onDenial counts denials that pause a strategy, each once however many windows are full.
func (r *rateState) onDenial(rec *Record) {
	if rec.names(MaxOrderNotional) {
		r.denied[rec.Slot].add(rec.Time)
	}
	if rec.names(DuplicateOrder) {
		r.doubles[rec.Slot].add(rec.Time)
	}
	if rec.names(OrderRate) {
		r.hits.add(rec.Time)
	}
}

// onFill counts executions and turnover.
func (r *rateState) onFill(rec *Record, oo *openOrder) {
	t, ev, slot := rec.Time, rec.Event, oo.order.Slot
	r.filled[ev.Instrument], r.fresh[ev.Instrument] = t, false
	r.executed[slot]++
	h, m := &r.turnover[slot], int64(t)/int64(time.Minute)
	if i := m % 60; i >= 0 {
		if h.minute[i] != m {
			h.minute[i], h.sum[i] = m, 0
		}
		h.sum[i] += rec.Cost
	}
	if g := r.signals[signalKey{slot, oo.order.Signal}]; g != nil && ev.Side == exchange.Buy {
		g.filled += ev.Cost
	}
}

// inHour is a slot's turnover of the last hour, to the minute.
func (r *rateState) inHour(t exchange.Stamp, slot exchange.SlotID) (sum money.Amount) {
	h, m := &r.turnover[slot], int64(t)/int64(time.Minute)
	for i := range h.minute {
		if m-h.minute[i] < 60 {
			sum += h.sum[i]
		}
	}
	return sum
}

// feedback reports whether an order comes right after a fill with no news in between.
func (r *rateState) feedback(t exchange.Stamp, o *exchange.Order) bool {
	return !r.fresh[o.Instrument] && t.Sub(r.filled[o.Instrument]) < 2*time.Second && r.filled[o.Instrument] != longAgo
}

// onMessage adds to the model of the venue's counter.
func (r *rateState) onMessage(t exchange.Stamp, id exchange.InstrumentID, points int64) {
	c := &r.counter[id]
	c.milli = c.value(t, r.bound.Tier) + points*1000
	c.at = t
}

// value is the counter at t, decayed.
func (c *counter) value(t exchange.Stamp, tier Tier) int64 {
	gone, _ := money.MulDiv(int64(t-c.at), tier.DecayPerSecMi, int64(time.Second), money.Floor)
	return max(0, c.milli-gone)
}

// cancelCost and amendCost are Kraken's points by the age of an order (Kraken API docs,
// trading rate limits).
func cancelCost(age time.Duration) int64 {
	for _, step := range [...]struct {
		below  time.Duration
		points int64
	}{{5 * time.Second, 8}, {10 * time.Second, 6}, {15 * time.Second, 5}, {45 * time.Second, 4}, {90 * time.Second, 2}, {300 * time.Second, 1}} {
		if age < step.below {
			return step.points
		}
	}
	return 0
}

func amendCost(age time.Duration) int64 {
	switch {
	case age < 5*time.Second:
		return 4
	case age < 10*time.Second:
		return 3
	case age < 15*time.Second:
		return 2
	}
	return 1
}

// checkFeedback is fill-feedback: the order that would close the last cycle stays here.
func (s *state) checkFeedback(d *decision, v *Verdict) {
	w := &s.rate.cycles[d.in.ID]
	if d.amending || s.rate.cycle(s.now, d.o) == 0 || !w.fullWith(s.now) {
		return
	}
	v.deny(FillFeedback, "the order answers a fill with no news in between", Field{"limit", w.bound, 0})
}

// checkRate is order-rate. An attempt beyond a bound is a hit; a change of a buy is one too.
func (s *state) checkRate(d *decision, v *Verdict) {
	if !d.opens {
		return
	}
	r, t := &s.rate, s.now
	for _, w := range [...]struct {
		w    *window
		text string
	}{{&r.pairs[d.in.ID], "a minute in the pair"}, {&r.minute, "a minute"}, {&r.day, "a day"}} {
		if w.w.full(t) {
			v.deny(OrderRate, w.text, Field{"limit", w.w.bound, 0})
		}
	}
}

// checkThrottle is message-throttle: room to cancel everything is always kept.
func (s *state) checkThrottle(d *decision, v *Verdict) {
	tier := s.limits.Tier
	if tier.Threshold == Unlimited {
		return
	}
	c := &s.rate.counter[d.in.ID]
	cost := int64(1) + cancelCost(0) // this order, and taking it back at once
	if d.amending {
		cost = amendCost(s.now.Sub(d.o.Sent)) // taking it back is in the sum already
	}
	for i := range s.acct.open {
		if o := &s.acct.open[i].order; o.Instrument == d.in.ID {
			cost += cancelCost(s.now.Sub(o.Sent))
		}
	}
	after := c.value(s.now, tier) + cost*1000
	room := tier.Threshold * 1000 * 8 / 10
	if after <= room {
		return
	}
	wait := int64(0)
	if tier.DecayPerSecMi > 0 {
		wait, _ = money.MulDiv(after-room, 1000, tier.DecayPerSecMi, money.Ceil)
	}
	v.deny(MessageThrottle, "", Field{"counter", after, 3}, Field{"limit", room, 3}, Field{"retry-after-ms", wait, 0})
}

// checkDuplicate is duplicate-order.
func (s *state) checkDuplicate(d *decision, v *Verdict) {
	if d.amending {
		return
	}
	price := orderPrice(d.o, s.acct.mark[d.in.ID])
	for i := range s.rate.recent {
		p := &s.rate.recent[i]
		if p.slot != d.o.Slot || p.instrument != d.o.Instrument || p.side != d.o.Side || s.now.Sub(p.at) >= s.limits.Duplicate {
			continue
		}
		if near(int64(d.o.Qty), int64(p.qty), 10_000) && near(int64(d.o.Cash), int64(p.cash), 10_000) && (p.price == 0 || near(int64(price), int64(p.price), 1_000)) {
			v.deny(DuplicateOrder, "", Field{"after-ms", int64(s.now.Sub(p.at) / time.Millisecond), 0}, Field{"limit-ms", int64(s.limits.Duplicate / time.Millisecond), 0})
			return
		}
	}
}

// near reports whether two numbers differ by at most ppm of the second, which is not negative.
func near(a, b, ppm int64) bool {
	bound, _ := money.MulDiv(b, ppm, money.PPM, money.Floor)
	return max(a-b, b-a) <= bound
}

// checkSignal is signal-budget.
func (s *state) checkSignal(d *decision, v *Verdict) {
	if s.limits.SignalOrders == Unlimited || !d.opens || planted.On(planted.SignalUnbounded) {
		return
	}
	s.rate.slot(d.o.Slot)
	if d.o.Signal == 0 {
		v.deny(SignalBudget, "the order names no signal")
		return
	}
	g := s.rate.signals[signalKey{d.o.Slot, d.o.Signal}]
	switch {
	case g == nil && d.amending:
	case g == nil && d.o.Signal <= s.rate.last[d.o.Slot]:
		v.deny(SignalBudget, "the signal was used before", Field{"signal", int64(d.o.Signal), 0})
	case g == nil && s.limits.SignalOrders == 0:
		v.deny(SignalBudget, "", Field{"orders", 1, 0}, Field{"limit", 0, 0})
	case g == nil: // its notional is max-order-notional's
	case !d.amending && g.orders >= s.limits.SignalOrders:
		v.deny(SignalBudget, "", Field{"orders", g.orders + 1, 0}, Field{"limit", s.limits.SignalOrders, 0})
	case !d.amending && s.now.Sub(g.first) > s.limits.SignalAge:
		v.deny(SignalBudget, "the signal is old", Field{"age-s", int64(s.now.Sub(g.first) / time.Second), 0})
	default:
		// what a signal's orders have filled and could still fill is at most what one may be
		used := g.filled + d.gross
		for i := range s.acct.open {
			if oo := &s.acct.open[i]; oo.order.Slot == d.o.Slot && oo.order.Signal == d.o.Signal && oo.order.Side == exchange.Buy {
				rest, _ := money.MulDiv(int64(oo.reserve), money.PPM, money.PPM+s.acct.feePPM, money.Floor)
				used += money.Amount(rest)
			}
		}
		sum, ok := s.acct.inCurrency(used, d.in.Quote, money.Ceil)
		if limit := s.limits.Order.Of(s.acct.equity); !ok || sum > limit {
			v.deny(SignalBudget, "", s.inMoney("notional", sum), s.inMoney("limit", limit))
		}
	}
}

// overspends reports whether a fill takes its signal beyond what was approved for it. An
// order without a price is bounded by its quantity: slippage has its own control.
func (r *rateState) overspends(o *exchange.Order, cost money.Amount) bool {
	g := r.signals[signalKey{o.Slot, o.Signal}]
	return g != nil && o.Side == exchange.Buy && (o.Type.HasLimit() || o.Cash > 0) && g.filled+cost > g.approved
}
