package sim

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/internal/planted"
)

// route decides what an order does on its arrival: take, rest, or wait.
func (v *Venue) route(m *market, o *live) {
	if m.printing { // the opening lets those that rested before it go first
		v.wait(m, o)
		return
	}
	if o.waits() && v.passed(m, o) {
		v.trigger(m, o)
	}
	switch {
	case o.waits() && v.config.BookOnly:
		v.rest(m, o)
	case v.config.BookOnly:
		v.meet(m, o)
	case !o.waits() && v.takesNow(m, o):
		if planted.On(planted.EarlyFill) && m.lastPrice != 0 {
			m.printing, m.capLeft = true, maxQty
			v.meet(m, o)
			m.printing = false
			return
		}
		v.meetBook(m, o)
		if !o.done {
			o.takes = true
			v.wait(m, o)
		}
	case o.PostOnly && v.crosses(m, o):
		v.end(o, exchange.OpVenue, exchange.Cancelled, exchange.CodePostOnly)
	case o.Sent <= m.barOpen && v.now < m.barClose || !m.onBars && m.lastPrice != 0:
		v.rest(m, o)
	default:
		v.wait(m, o)
	}
}

// wait leaves an order for the next opening or trade.
func (v *Venue) wait(m *market, o *live) {
	o.place = waiting
	m.waiting = append(m.waiting, o.self)
}

// takesNow reports whether an order that arrives while the outside market is not
// printing would take from it: it must wait for the next opening or trade then.
func (v *Venue) takesNow(m *market, o *live) bool {
	switch {
	case o.PostOnly:
		return false
	case o.TIF == exchange.IOC || o.TIF == exchange.FOK:
		return true
	case m.lastPrice == 0:
		_, limited := o.limit()
		return !limited
	}
	return v.crosses(m, o)
}

// crosses reports whether an order would take liquidity at once, by the best resting
// orders and the outside market's quote.
func (v *Venue) crosses(m *market, o *live) bool {
	limit, ok := o.limit()
	if !ok {
		return true
	}
	if v.crossesBook(m, o) {
		return true
	}
	if v.config.BookOnly || m.lastPrice == 0 {
		return false
	}
	return !worse(o.Side, v.quote(m, o.Side), limit)
}

// quote is the outside market's ask for a buy, its bid for a sale.
func (v *Venue) quote(m *market, side exchange.Side) money.Price {
	return v.model.worsen(m.in, side, m.lastPrice, v.model.SpreadPPM, 0)
}

// crossesBook reports whether a limit order would meet a resting one.
func (v *Venue) crossesBook(m *market, o *live) bool {
	p, ok := m.book.bestPrice(opposite(o.Side))
	return ok && o.within(p)
}

// meet is an order's chance to take, while the outside market prints or in a book-only
// venue: what it does not take rests, waits for more or is cancelled, as its type and
// time in force say.
func (v *Venue) meet(m *market, o *live) {
	limit, limited := o.limit()
	px, outside := v.outside(m, o)
	if outside && limited && worse(o.Side, px, limit) && !worse(o.Side, v.quote(m, o.Side), limit) {
		px = limit // it crosses the spread; its own limit bounds the slippage
	}
	if o.PostOnly && (outside && !worse(o.Side, px, limit) || v.crosses(m, o)) {
		v.end(o, exchange.OpVenue, exchange.Cancelled, exchange.CodePostOnly)
		return
	}
	if o.TIF == exchange.FOK && !v.fillable(m, o, px, outside) {
		v.end(o, exchange.OpVenue, exchange.Cancelled, exchange.CodeNoLiquidity)
		return
	}
	v.take(m, o, px, outside)
	switch {
	case o.done:
	case o.TIF == exchange.IOC || o.TIF == exchange.FOK || v.config.BookOnly && !limited:
		v.end(o, exchange.OpVenue, exchange.Cancelled, exchange.CodeNoLiquidity)
	case !limited || outside && !worse(o.Side, px, limit):
		o.takes = true // the cap is reached: the rest is for the next opening or trade
		v.wait(m, o)
	default:
		v.rest(m, o)
	}
}

// meetBook matches an order against resting orders of other accounts while the outside
// market does not print, as far as they are no worse than its last price would be.
func (v *Venue) meetBook(m *market, o *live) {
	if o.TIF == exchange.IOC || o.TIF == exchange.FOK || m.lastPrice == 0 {
		return
	}
	v.takeBook(m, o, v.model.taker(m.in, o.Side, m.lastPrice, 0), true)
}

// outside is the price at which the outside market serves an order that takes now; ok is
// false when it is not there. Only who arrives now suffers the drift of its way.
func (v *Venue) outside(m *market, o *live) (p money.Price, ok bool) {
	if !m.printing {
		return 0, false
	}
	drift := m.drift
	if o.arrival < v.now {
		drift = 0
	}
	return v.model.taker(m.in, o.Side, m.lastPrice, drift), true
}

// fillable reports whether all of an order could be filled at once: by other accounts'
// resting orders before its own account's stops it, and by the outside market.
func (v *Venue) fillable(m *market, o *live, px money.Price, outside bool) bool {
	left := o.remaining
	rungs := m.book.rungs[opposite(o.Side)]
	for r := len(rungs) - 1; r >= 0; r-- {
		head := m.book.levels[rungs[r].level].head
		if p := m.book.nodes[head].price; !o.within(p) || outside && worse(o.Side, p, px) {
			break
		}
		served, stopped := m.book.serves(head, o)
		if left -= served; left <= 0 || stopped {
			return left <= 0
		}
	}
	return outside && o.within(px) && m.capLeft >= left
}

// serves is how much the queue that begins at head gives to an order, and whether one of
// its own account's stops it there. Before that one comes only what icebergs show:
// their next parts queue up behind it.
func (b *book) serves(head int32, o *live) (q money.Qty, stopped bool) {
	hidden := money.Qty(0)
	for i := head; i != none; i = b.nodes[i].next {
		n := &b.nodes[i]
		switch {
		case n.account != o.account:
			q += n.shown
			hidden += n.hidden
		case o.STP != exchange.CancelOldest:
			return q, true
		}
	}
	return q + hidden, false
}

// take matches an order as a taker: first against resting orders of other accounts that
// are no worse than the outside price, then against the outside market.
func (v *Venue) take(m *market, o *live, px money.Price, outside bool) {
	v.takeBook(m, o, px, outside)
	if o.done || !outside || !o.within(px) {
		return
	}
	v.fillOutside(m, o, px, exchange.Taker)
}

// takeBook matches an order against the book, no further than bound when bounded.
func (v *Venue) takeBook(m *market, o *live, bound money.Price, bounded bool) {
	side := opposite(o.Side)
	for !o.done {
		i := m.book.best(side)
		if i == none {
			return
		}
		n := &m.book.nodes[i]
		if !o.within(n.price) || bounded && worse(o.Side, n.price, bound) {
			return
		}
		if n.account == o.account {
			v.preventSelfTrade(o, v.orders.at(n.ref))
			continue
		}
		if !v.cross(m, o, i) {
			return
		}
	}
}

// preventSelfTrade ends the order that arrives, the one that rests, or both.
func (v *Venue) preventSelfTrade(o, resting *live) {
	if o.STP != exchange.CancelNewest {
		v.end(resting, exchange.OpVenue, exchange.Cancelled, exchange.CodeSelfTrade)
	}
	if o.STP != exchange.CancelOldest {
		v.end(o, exchange.OpVenue, exchange.Cancelled, exchange.CodeSelfTrade)
	}
}

// cross trades an order with a resting one. false: the taker can afford no more and has
// been ended.
func (v *Venue) cross(m *market, o *live, i int32) bool {
	n := &m.book.nodes[i]
	price, shown, r := n.price, n.shown, v.orders.at(n.ref)
	want := shown
	if o.Cash == 0 {
		want = min(want, o.remaining)
	}
	q := v.affordable(m, o, price, want, exchange.Taker)
	if q == 0 {
		v.short(o)
		return false
	}
	if have := v.affordable(m, r, price, q, exchange.Maker); have < q {
		v.short(r) // its fee rate rose beyond what it holds
		return true
	}
	if m.book.take(i, q) {
		r.place, r.node = nowhere, none
	}
	cost, _ := m.in.Cost(price, q, CostRounding)
	v.trades++
	lines := v.lines[:0]
	lines = v.settleFill(lines, m, o, price, q, cost, exchange.Taker)
	lines = v.settleFill(lines, m, r, price, q, cost, exchange.Maker)
	v.ledger.post(lines)
	v.told(o, q < want || v.spent(m, o, price))
	v.told(r, false)
	if v.config.BookOnly {
		m.lastPrice = price
	}
	if q < want && !o.done {
		v.short(o)
	}
	return !o.done
}

// fillOutside fills an order from the outside market at p, as far as the cap goes.
func (v *Venue) fillOutside(m *market, o *live, p money.Price, l exchange.Liquidity) {
	want := o.remaining
	if o.Cash != 0 {
		want = maxQty
	}
	capped := m.capLeft < want
	want = min(want, m.capLeft)
	if want == 0 {
		return
	}
	q := v.affordable(m, o, p, want, l)
	if q == 0 {
		v.short(o)
		return
	}
	if m.capLeft != maxQty {
		m.capLeft -= q
	}
	if o.place < ladders {
		if m.book.takeWhole(o.node, q) {
			o.place, o.node = nowhere, none
		}
	}
	cost, _ := m.in.Cost(p, q, CostRounding)
	v.trades++
	lines := v.settleFill(v.lines[:0], m, o, p, q, cost, l)
	sign := money.Amount(1)
	if o.Side == exchange.Sell {
		sign = -1
	}
	base, _ := m.in.BaseAmount(q)
	outside := v.ledger.own(bookMarket)
	lines = append(lines, entry{outside, m.in.Base, -sign * base}, entry{outside, m.in.Quote, sign * cost})
	v.ledger.post(lines)
	v.told(o, q < want || !capped || v.spent(m, o, p))
	if q < want && !o.done {
		v.short(o)
	}
}

// rest puts an order where the market will meet it.
func (v *Venue) rest(m *market, o *live) {
	if !o.waits() {
		p, _ := o.limit()
		v.place(m, o, own(o.Side), p)
		return
	}
	switch {
	case o.Type.Trailing():
		o.place = trailing
		m.trailing = append(m.trailing, o.self)
	case o.Type == exchange.StopLoss || o.Type == exchange.StopLossLimit:
		v.place(m, o, stopDown+1-ladder(o.Side), o.Trigger)
	default:
		v.place(m, o, takeDown+ladder(o.Side), o.Trigger)
	}
}

func (v *Venue) place(m *market, o *live, l ladder, p money.Price) {
	shown, hidden := o.remaining, money.Qty(0)
	if o.Type == exchange.Iceberg && o.Display < shown {
		shown, hidden = o.Display, shown-o.Display
	}
	o.place = l
	o.node = m.book.add(l, node{price: p, shown: shown, hidden: hidden, display: o.Display, account: o.account, ref: o.self})
}
