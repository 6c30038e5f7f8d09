package sim

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// FirstCloseID is the first of the ids that the venue gives to the orders it places
// itself: conditional closes. Ids of accounts lie below it.
const FirstCloseID = exchange.OrderID(1) << 62

// birth is a conditional close that is due for a fill of its parent.
type birth struct {
	account exchange.AccountID
	parent  exchange.Order
	qty     money.Qty
}

// settle carries out what the last step has caused: conditional closes of its fills and,
// in a book-only venue, stops that its trades have reached.
func (v *Venue) settle(i exchange.InstrumentID) {
	if v.config.BookOnly && i != exchange.None {
		v.chain(&v.markets[i])
	}
	for n := 0; n < len(v.births); n++ {
		b := v.births[n]
		v.bear(&b)
		if v.config.BookOnly {
			v.chain(&v.markets[b.parent.Instrument])
		}
	}
	v.births = v.births[:0]
}

// chain triggers what the book's own last price has reached until nothing more is.
func (v *Venue) chain(m *market) {
	if m.lastPrice == 0 {
		return
	}
	for again := true; again; {
		again = false
		for l := stopDown; l <= takeUp; l++ {
			if m.book.reached(l, m.lastPrice, false) {
				o := v.orders.at(m.book.nodes[m.book.best(l)].ref)
				v.trigger(m, o)
				v.meet(m, o)
				again = true
			}
		}
		for i := 0; i < len(m.trailing); i++ {
			o := v.orders.at(m.trailing[i])
			if o.hit(m.lastPrice) {
				v.trigger(m, o)
				v.meet(m, o)
				again = true
				break
			}
			v.start(m, o)
			v.follow(m, o, m.lastPrice)
		}
	}
}

// bear places a conditional close: of the opposite side, for the quantity of one fill.
func (v *Venue) bear(b *birth) {
	v.closes++
	c, parent := b.parent.Close, b.parent
	order := exchange.Order{
		ID: FirstCloseID + exchange.OrderID(v.closes), Instrument: parent.Instrument, Slot: parent.Slot, Signal: parent.Signal,
		Side: parent.Side.Opposite(), Type: c.Type, STP: parent.STP, Qty: b.qty,
		Price: c.Price, Trigger: c.Trigger, Trail: c.Trail, TrailPPM: c.TrailPPM, Sent: v.now,
	}
	m := &v.markets[parent.Instrument]
	o := v.orders.add(&order, b.account)
	o.arrival, o.parent = v.now, parent.ID
	o.born = v.now >= m.barClose // of a fill in the range, so that it rests before the next opening
	v.start(m, o)
	held, ppm, ok := v.holdFor(m, o)
	switch {
	case !allows(m.status, o):
		v.reject(o, exchange.CodeMarketMode)
		return
	case !ok || held > v.ledger.free(o.account, v.holdAsset(m, o)):
		v.reject(o, exchange.CodeInsufficientFunds)
		return
	}
	o.heldPPM = ppm
	v.open(m, o, held)
}
