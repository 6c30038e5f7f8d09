package sim

import (
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Submit hands over an order. It arrives Model.Latency after it was sent; its outcomes
// come to the account's outbox.
func (v *Venue) Submit(account exchange.AccountID, o *exchange.Order) {
	l := v.orders.add(o, account)
	l.Sent = max(o.Sent, v.now)
	l.arrival = l.Sent.Add(v.model.Latency)
	c := command{due: l.arrival, verb: submit, account: account, instrument: o.Instrument, ref: l.self}
	if o.Instrument < 0 || int(o.Instrument) >= len(v.markets) {
		c.instrument = exchange.None
	}
	v.send(c)
}

// Amend hands over a change of an order.
func (v *Venue) Amend(account exchange.AccountID, a *exchange.Amend) {
	sent := max(a.Sent, v.now)
	v.send(command{due: sent.Add(v.model.Latency), verb: amend, account: account, instrument: v.whereIs(account, a.Order), order: a.Order, amend: *a})
}

// Cancel hands over a cancellation. An order that is not open is answered with CodeUnknownOrder.
func (v *Venue) Cancel(account exchange.AccountID, id exchange.OrderID) {
	v.send(command{due: v.now.Add(v.model.Latency), verb: cancel, account: account, instrument: v.whereIs(account, id), order: id})
}

// CancelAllAfter sets the account's dead man's switch to fire d after its arrival; 0 turns it off.
func (v *Venue) CancelAllAfter(account exchange.AccountID, d time.Duration) {
	v.send(command{due: v.now.Add(v.model.Latency), verb: deadMan, account: account, instrument: exchange.None, after: d})
}

// Refresh asks for a KindSnapshot event.
func (v *Venue) Refresh(account exchange.AccountID) {
	v.send(command{due: v.now.Add(v.model.Latency), verb: refresh, account: account, instrument: exchange.None})
}

// whereIs is the instrument of an order that is open or on its way.
func (v *Venue) whereIs(account exchange.AccountID, id exchange.OrderID) exchange.InstrumentID {
	if ref := v.accounts[account].ids.get(id); ref != none {
		return v.orders.at(ref).Instrument
	}
	for i := v.arrivals.read; i < len(v.arrivals.queue); i++ {
		if c := &v.arrivals.queue[i]; c.verb == submit && c.account == account && v.orders.at(c.ref).ID == id {
			return c.instrument
		}
	}
	return exchange.None
}

// send puts a command on its way, or carries it out when there is no way to go.
func (v *Venue) send(c command) {
	head := v.arrivals.head()
	if head == nil && c.due <= v.now {
		v.execute(&c)
		v.schedule()
		return
	}
	if n := len(v.arrivals.queue); head != nil {
		c.due = max(c.due, v.arrivals.queue[n-1].due) // one line: nothing overtakes
	}
	v.arrivals.push(c)
	v.due = min(v.due, c.due)
}

// execute carries a command out on its arrival.
func (v *Venue) execute(c *command) {
	switch c.verb {
	case submit:
		v.arrive(v.orders.at(c.ref))
	case amend:
		v.change(c)
	case cancel:
		v.cancel(c)
	case deadMan:
		at := exchange.Never
		if c.after > 0 {
			at = v.now.Add(c.after)
		}
		v.arm(&v.accounts[c.account], at)
	case refresh:
		v.snapshot(c.account)
	}
	v.settle(c.instrument)
}

// arriveEarly lets commands for an instrument arrive at an opening when they were sent at
// or before it and arrive before the bar's close: what their way costs them is the
// drift in the price.
func (v *Venue) arriveEarly(m *market, opening exchange.Stamp) {
	if v.arrivals.head() == nil {
		return
	}
	for i := v.arrivals.read; i < len(v.arrivals.queue); i++ {
		c := &v.arrivals.queue[i]
		if c.verb == gone || c.instrument != m.in.ID || c.due >= m.barClose || c.due > opening.Add(v.model.Latency) {
			continue
		}
		v.execute(c)
		c.verb = gone
	}
	v.schedule()
}

// cancel answers a cancellation.
func (v *Venue) cancel(c *command) {
	o := v.find(c.account, c.order)
	switch {
	case o == nil:
		v.refuse(c, exchange.OpCancel, 0, exchange.CodeUnknownOrder)
	case v.markets[o.Instrument].status == exchange.Maintenance:
		v.tell(o, exchange.OpCancel, exchange.Working, exchange.CodeMarketMode)
	default:
		v.end(o, exchange.OpCancel, exchange.Cancelled, exchange.CodeUserRequested)
	}
}

// Forget loses the open orders of an account that which names: no word is told of their end.
func (v *Venue) Forget(account exchange.AccountID, which func(*exchange.Order) bool) {
	for ref := v.accounts[account].first; ref != none; {
		o := v.orders.at(ref)
		ref = o.next
		if which(&o.Order) {
			v.drop(o)
		}
	}
	v.schedule()
}

// find is an open order, nil when the account has none of that id.
func (v *Venue) find(account exchange.AccountID, id exchange.OrderID) *live {
	ref := v.accounts[account].ids.get(id)
	if ref == none {
		return nil
	}
	return v.orders.at(ref)
}

// refuse answers a command about an order that is not there.
func (v *Venue) refuse(c *command, op exchange.Op, state exchange.State, code exchange.Code) {
	ev := v.emit(c.account)
	ev.Kind, ev.Op, ev.State, ev.Code, ev.Order = exchange.KindOrder, op, state, code, c.order
}

// arrive is an order's entry: checked, acknowledged, matched.
func (v *Venue) arrive(o *live) {
	if code := v.check(o); code != exchange.CodeNone {
		v.reject(o, code)
		return
	}
	m := &v.markets[o.Instrument]
	held, ppm, ok := v.holdFor(m, o)
	if !ok {
		v.reject(o, exchange.CodeInvalid)
		return
	}
	if held > v.ledger.free(o.account, v.holdAsset(m, o)) {
		v.reject(o, exchange.CodeInsufficientFunds)
		return
	}
	if o.PostOnly && v.config.PostOnlyRejects && v.crosses(m, o) {
		v.reject(o, exchange.CodePostOnly)
		return
	}
	o.heldPPM = ppm
	v.open(m, o, held)
}

// open lets an order in: booked, acknowledged, routed.
func (v *Venue) open(m *market, o *live, held money.Amount) {
	v.link(o)
	v.accounts[o.account].open[o.Instrument]++
	m.open++
	v.hold(m, o, held)
	if o.TIF == exchange.GTD {
		v.timers.push(timer{o.Expire, o.self, o.gen})
	}
	v.tell(o, o.entry(), exchange.Working, exchange.CodeNone)
	v.route(m, o)
}

func (v *Venue) reject(o *live, code exchange.Code) {
	v.tell(o, o.entry(), exchange.Rejected, code)
	v.orders.release(o)
}

// entry is who asked for an order: the account, or for a conditional close the venue.
func (o *live) entry() exchange.Op {
	if o.parent != 0 {
		return exchange.OpVenue
	}
	return exchange.OpSubmit
}

// check is the door, in Kraken's order ("Kraken spot API reference", section 9): pair,
// status, arguments, tick size, ordermin, costmin, open-order cap. Funds come after.
func (v *Venue) check(o *live) exchange.Code {
	if o.Instrument < 0 || int(o.Instrument) >= len(v.markets) {
		return exchange.CodeUnknownInstrument
	}
	m := &v.markets[o.Instrument]
	if o.Deadline != 0 && o.arrival > o.Deadline {
		return exchange.CodeDeadline
	}
	if !allows(m.status, o) {
		return exchange.CodeMarketMode
	}
	if !v.wellFormed(o) {
		return exchange.CodeInvalid
	}
	if !onTick(m.in, o) {
		return exchange.CodeTickSize
	}
	if o.Cash == 0 && o.Qty < m.in.OrderMin {
		return exchange.CodeOrderMinimum
	}
	v.start(m, o)
	cost := o.Cash
	if cost == 0 {
		p := v.reckoned(m, o)
		c, ok := m.in.Cost(p, o.Qty, money.Down)
		if _, fits := m.in.BaseAmount(o.Qty); !ok || !fits || c > maxBalance {
			return exchange.CodeInvalid
		}
		cost = c
		if p == 0 {
			cost = m.in.CostMin // no price to reckon with yet
		}
	}
	if cost < m.in.CostMin {
		return exchange.CodeOrderMinimum
	}
	if a := &v.accounts[o.account]; a.openCap > 0 && int(a.open[o.Instrument]) >= a.openCap {
		return exchange.CodeOpenOrderCap
	}
	return exchange.CodeNone
}

// allows reports whether a pair's status lets an order in.
func allows(s exchange.Status, o *live) bool {
	switch s {
	case exchange.Online:
		return true
	case exchange.PostOnlyMode:
		return o.PostOnly
	case exchange.LimitOnlyMode:
		return o.Type.HasLimit()
	case exchange.ReduceOnlyMode:
		return o.Side == exchange.Sell // on spot, a sale is what makes a position smaller
	}
	return false
}

// matches reports whether a pair's status lets orders meet.
func matches(s exchange.Status) bool {
	return s == exchange.Online || s == exchange.LimitOnlyMode || s == exchange.ReduceOnlyMode
}

// wellFormed checks that the order's arguments belong together.
func (v *Venue) wellFormed(o *live) bool {
	plain := o.Type == exchange.Limit || o.Type == exchange.Iceberg
	byCash := o.Cash != 0 || o.CashStep != 0
	switch {
	case o.ID == 0 || v.accounts[o.account].ids.get(o.ID) != none:
		return false
	case o.Side > exchange.Sell || !o.Type.Valid() || o.TIF > exchange.GTD || o.STP > exchange.CancelBoth:
		return false
	case byCash && (o.Type != exchange.Market || o.Side != exchange.Buy || o.Cash <= 0 || o.CashStep < 0 || o.Qty != 0):
		return false
	case !byCash && o.Qty <= 0:
		return false
	case (o.Type.HasLimit() && o.Type != exchange.TrailingStopLimit) != (o.Price != 0) || o.Price < 0:
		return false
	case (o.Type.Triggered() && !o.Type.Trailing()) != (o.Trigger != 0) || o.Trigger < 0:
		return false
	case o.Type.Trailing() != (o.Trail != 0 || o.TrailPPM != 0) || o.Trail < 0 || o.TrailPPM < 0 || o.Trail != 0 && o.TrailPPM != 0 || o.TrailPPM >= money.PPM:
		return false
	case o.LimitOffset != 0 && o.Type != exchange.TrailingStopLimit:
		return false
	case (o.Type == exchange.Iceberg) != (o.Display != 0) || o.Display < 0 || o.Display > o.Qty || o.Display != 0 && o.Display < o.Qty/15:
		return false
	case o.PostOnly && (!plain || o.TIF == exchange.IOC || o.TIF == exchange.FOK):
		return false
	case o.TIF == exchange.FOK && o.Type != exchange.Limit:
		return false
	case o.TIF == exchange.IOC && o.Type != exchange.Limit && o.Type != exchange.Market:
		return false
	case (o.TIF == exchange.GTD) != (o.Expire != 0) || o.Expire != 0 && o.Expire <= v.now:
		return false
	case o.ReduceOnly && o.Side == exchange.Buy: // spot knows no short to reduce
		return false
	}
	return !o.Close.On || wellFormedClose(&o.Close)
}

// wellFormedClose checks the arguments of a conditional close.
func wellFormedClose(c *exchange.ConditionalClose) bool {
	switch {
	case c.Type == exchange.Market || c.Type == exchange.Iceberg || c.Type == exchange.TrailingStopLimit || !c.Type.Valid():
		return false
	case c.Type.HasLimit() != (c.Price > 0) || c.Price < 0:
		return false
	case (c.Type.Triggered() && !c.Type.Trailing()) != (c.Trigger > 0) || c.Trigger < 0:
		return false
	}
	return c.Type.Trailing() == (c.Trail > 0 || c.TrailPPM > 0) && c.Trail >= 0 && c.TrailPPM >= 0 && c.TrailPPM < money.PPM && (c.Trail == 0 || c.TrailPPM == 0)
}

// onTick reports whether all prices are on the instrument's grid.
func onTick(in *exchange.Instrument, o *live) bool {
	t := in.Tick
	if t == 1 {
		return true
	}
	return o.Price%t == 0 && o.Trigger%t == 0 && o.Trail%t == 0 && o.LimitOffset%t == 0 && o.Close.Price%t == 0 && o.Close.Trigger%t == 0 && o.Close.Trail%t == 0
}
