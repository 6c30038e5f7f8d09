package sim

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Apply plays a market event. KindOpen and KindTrade are instants at which the outside
// market trades; a Matched KindBar is the range between its opening and its close.
// Time advances to the event's first.
func (v *Venue) Apply(ev *exchange.Event) {
	if v.due <= ev.Time {
		v.AdvanceTo(ev.Time)
	}
	v.now = max(v.now, ev.Time)
	switch ev.Kind {
	case exchange.KindOpen:
		v.opening(&v.markets[ev.Instrument], ev)
	case exchange.KindBar:
		if ev.Matched {
			v.closing(&v.markets[ev.Instrument], ev)
		}
	case exchange.KindTrade:
		v.trade(&v.markets[ev.Instrument], ev)
	case exchange.KindStatus:
		for i := range v.markets {
			if ev.Instrument == exchange.None || ev.Instrument == exchange.InstrumentID(i) {
				v.markets[i].status = ev.Status
			}
		}
	}
}

// opening plays the opening of a bar.
func (v *Venue) opening(m *market, ev *exchange.Event) {
	m.onBars, m.barOpen, m.barClose, m.lastPrice = true, ev.Time, ev.Time.Add(ev.Interval), ev.Open
	m.capped = false
	if m.open == 0 && v.arrivals.head() == nil {
		return
	}
	m.capped, m.capLeft = true, v.model.capOf(ev.Qty)
	m.drift = v.model.drift(m.prevRange, ev.Interval)
	m.printing = true
	v.arriveEarly(m, ev.Time)
	v.print(m)
	m.printing = false
	v.settle(m.in.ID)
}

// trade plays a public trade, where the instrument is not matched on bars.
func (v *Venue) trade(m *market, ev *exchange.Event) {
	if m.onBars {
		return
	}
	m.lastPrice = ev.Price
	if m.open == 0 {
		return
	}
	m.capLeft = v.model.capOf(ev.Qty)
	m.printing = true
	v.print(m)
	m.printing = false
	v.settle(m.in.ID)
}

// print lets orders meet the outside market at m.lastPrice, now: what rested before goes
// first, stops before limits before take-profits, then what came to take.
func (v *Venue) print(m *market) {
	if !matches(m.status) {
		return
	}
	p := m.lastPrice
	v.restWaiting(m)
	v.fire(m, stopDown, p)
	v.fire(m, stopUp, p)
	for i := 0; i < len(m.trailing); {
		o := v.orders.at(m.trailing[i])
		if o.hit(p) {
			v.trigger(m, o)
			v.meet(m, o)
			continue
		}
		v.follow(m, o, p)
		i++
	}
	v.through(m, bids, p)
	v.through(m, asks, p)
	v.fire(m, takeDown, p)
	v.fire(m, takeUp, p)
	if len(m.waiting) == 0 {
		return
	}
	fresh := m.waiting
	m.waiting, m.spare = m.spare[:0], nil
	for _, ref := range fresh {
		o := v.orders.at(ref)
		o.place = nowhere
		v.start(m, o)
		if o.waits() && v.passed(m, o) {
			v.trigger(m, o)
		}
		if o.waits() {
			v.rest(m, o)
		} else {
			v.meet(m, o)
		}
	}
	m.spare = fresh[:0]
}

// restWaiting puts in the book what came in time to rest before this instant.
func (v *Venue) restWaiting(m *market) {
	left := m.waiting[:0]
	for _, ref := range m.waiting {
		o := v.orders.at(ref)
		if o.takes || o.arrival >= v.now && !o.born {
			left = append(left, ref)
			continue
		}
		o.place = nowhere
		v.start(m, o)
		if !o.waits() { // others may have come to rest on the way
			if o.PostOnly && v.crossesBook(m, o) {
				v.end(o, exchange.OpVenue, exchange.Cancelled, exchange.CodePostOnly)
			} else {
				v.takeBook(m, o, 0, false)
			}
		}
		if !o.done {
			v.rest(m, o)
		}
	}
	m.waiting = left
}

// fire triggers a ladder's orders that the market at p has reached.
func (v *Venue) fire(m *market, l ladder, p money.Price) {
	for m.book.reached(l, p, false) {
		o := v.orders.at(m.book.nodes[m.book.best(l)].ref)
		v.trigger(m, o)
		v.meet(m, o)
	}
}

// through fills a ladder's limits that the market at p has gone through, each as maker
// at its own price.
func (v *Venue) through(m *market, l ladder, p money.Price) {
	for m.capLeft > 0 && m.book.reached(l, p, true) {
		n := &m.book.nodes[m.book.best(l)]
		v.fillOutside(m, v.orders.at(n.ref), n.price, exchange.Maker)
	}
}

// trigger wakes an order that waited for a price.
func (v *Venue) trigger(m *market, o *live) {
	v.unplace(m, o)
	o.triggered = true
	v.tell(o, exchange.OpVenue, exchange.Working, exchange.CodeTriggered)
}

// passed reports whether the market is at or beyond an order's trigger.
func (v *Venue) passed(m *market, o *live) bool {
	if m.lastPrice == 0 || o.Type.Trailing() {
		return m.lastPrice != 0 && o.hit(m.lastPrice)
	}
	fall := o.Side == exchange.Sell
	if o.Type == exchange.TakeProfit || o.Type == exchange.TakeProfitLimit {
		fall = !fall
	}
	if fall {
		return m.lastPrice <= o.Trigger
	}
	return m.lastPrice >= o.Trigger
}

// start gives a trailing order its first level.
func (v *Venue) start(m *market, o *live) {
	if o.Type.Trailing() && o.level == 0 && m.lastPrice != 0 {
		v.follow(m, o, m.lastPrice)
	}
}

// hit reports whether a trailing order's level is reached at p.
func (o *live) hit(p money.Price) bool {
	return o.level != 0 && !worse(o.Side.Opposite(), p, o.level)
}

// follow moves a trailing order's level when p is better than any price so far: down
// with a falling market for a buy, up with a rising one for a sale. It is rounded to the
// tick away from the market.
func (v *Venue) follow(m *market, o *live, p money.Price) {
	if o.level != 0 && !worse(o.Side, o.extreme, p) {
		return
	}
	o.extreme = p
	trail := o.Trail
	if o.TrailPPM != 0 {
		t, _ := money.MulDiv(int64(p), o.TrailPPM, money.PPM, money.Up)
		trail = money.Price(t)
	}
	r, to := money.Ceil, p+trail
	if o.Side == exchange.Sell {
		r, to = money.Floor, p-trail
	}
	level, ok := money.RoundTo(int64(to), int64(m.in.Tick), r)
	if !ok {
		level = int64(maxPrice)
	}
	o.level = max(money.Price(level), m.in.Tick)
}

// closing plays the range of a bar: what is adverse first, since nobody knows the order
// in which its prices came.
func (v *Venue) closing(m *market, ev *exchange.Event) {
	if opened := ev.Time.Add(-ev.Interval); m.barOpen != opened || !m.onBars {
		m.onBars, m.barOpen, m.barClose, m.capped = true, opened, ev.Time, false
	}
	if m.open != 0 && matches(m.status) {
		if !m.capped {
			m.capLeft = v.model.capOf(ev.Qty)
		}
		v.rangeStep(m, ev)
	}
	m.lastPrice, m.prevRange = ev.Price, ev.High-ev.Low
	if len(v.births) != 0 {
		v.settle(m.in.ID)
	}
}

func (v *Venue) rangeStep(m *market, ev *exchange.Event) {
	v.fireInRange(m, stopDown, ev.Low, false)
	v.fireInRange(m, stopUp, ev.High, false)
	v.trailInRange(m, ev)
	v.through(m, bids, ev.Low)
	v.through(m, asks, ev.High)
	v.fireInRange(m, takeDown, ev.Low, true)
	v.fireInRange(m, takeUp, ev.High, true)
	for _, ref := range m.rest {
		o := v.orders.at(ref)
		o.place = nowhere
		v.rest(m, o)
	}
	m.rest = m.rest[:0]
}

// fireInRange triggers a ladder's orders between the opening and p, each at its own trigger.
func (v *Venue) fireInRange(m *market, l ladder, p money.Price, through bool) {
	for m.book.reached(l, p, through) {
		o := v.orders.at(m.book.nodes[m.book.best(l)].ref)
		v.trigger(m, o)
		v.meetAt(m, o, o.Trigger)
	}
}

// trailInRange checks each trailing order's old level against the adverse extreme, then
// lets it follow the favourable one; a close at or beyond the new level is certain to
// have come after.
func (v *Venue) trailInRange(m *market, ev *exchange.Event) {
	for i := 0; i < len(m.trailing); {
		o := v.orders.at(m.trailing[i])
		adverse, favourable := ev.Low, ev.High
		if o.Side == exchange.Buy {
			adverse, favourable = favourable, adverse
		}
		fired := o.hit(adverse)
		if !fired {
			v.follow(m, o, favourable)
			fired = o.hit(ev.Price)
		}
		if !fired {
			i++
			continue
		}
		v.trigger(m, o)
		v.meetAt(m, o, o.level)
	}
}

// meetAt lets a triggered order take from the outside market at the trigger's price. What
// its limit keeps from filling rests from the next bar on.
func (v *Venue) meetAt(m *market, o *live, p money.Price) {
	m.lastPrice = p
	m.printing = true
	px, _ := v.outside(m, o)
	v.take(m, o, px, true)
	m.printing = false
	if o.done {
		return
	}
	o.place = waiting
	if _, limited := o.limit(); limited {
		m.rest = append(m.rest, o.self)
		return
	}
	o.takes = true
	m.waiting = append(m.waiting, o.self)
}
