package sim

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// change carries out an amendment. A smaller quantity or another display size keeps the
// order's place in the queue; a larger quantity or another price loses it ("Kraken spot
// API reference", section 9).
func (v *Venue) change(c *command) {
	o := v.find(c.account, c.order)
	if o == nil {
		v.refuse(c, exchange.OpAmend, 0, exchange.CodeUnknownOrder)
		return
	}
	m := &v.markets[o.Instrument]
	a := &c.amend
	if code := v.checkAmend(m, o, a, c.due); code != exchange.CodeNone {
		v.tell(o, exchange.OpAmend, exchange.Working, code)
		return
	}
	filled := o.Qty - o.remaining
	if a.Qty != 0 && a.Qty <= filled {
		v.end(o, exchange.OpAmend, exchange.Cancelled, exchange.CodeUserRequested)
		return
	}
	was := *o
	moves := a.Price != 0 && a.Price != o.Price || a.Trigger != 0 && a.Trigger != o.Trigger || a.Qty > o.Qty
	apply(o, a, filled)
	held, ok := v.heldAt(m, o, o.heldPPM)
	if !ok || held-was.held > v.ledger.free(o.account, v.holdAsset(m, o)) {
		o.Order, o.remaining = was.Order, was.remaining
		code := exchange.CodeInsufficientFunds
		if !ok {
			code = exchange.CodeInvalid
		}
		v.tell(o, exchange.OpAmend, exchange.Working, code)
		return
	}
	v.hold(m, o, held)
	v.tell(o, exchange.OpAmend, exchange.Working, exchange.CodeAmended)
	switch {
	case moves:
		v.unplace(m, o)
		o.Sent, o.arrival, o.takes, o.born = max(o.Sent, a.Sent, v.now.Add(-v.model.Latency)), v.now, false, false
		v.route(m, o)
	case o.place < ladders:
		m.book.resize(o.node, o.remaining, o.Display)
	}
}

// apply writes an amendment's fields into the order.
func apply(o *live, a *exchange.Amend, filled money.Qty) {
	if a.Qty != 0 {
		o.Qty, o.remaining = a.Qty, a.Qty-filled
	}
	if a.Price != 0 {
		o.Price = a.Price
	}
	if a.Trigger != 0 {
		o.Trigger = a.Trigger
	}
	if a.Display != 0 {
		o.Display = a.Display
	}
}

func (v *Venue) checkAmend(m *market, o *live, a *exchange.Amend, arrival exchange.Stamp) exchange.Code {
	priced := o.Type.HasLimit() && o.Type != exchange.TrailingStopLimit
	switch {
	case a.Deadline != 0 && arrival > a.Deadline:
		return exchange.CodeDeadline
	case m.status == exchange.Maintenance || m.status == exchange.CancelOnlyMode:
		return exchange.CodeMarketMode
	case o.Close.On || o.Cash != 0:
		return exchange.CodeInvalid
	case a.Qty < 0 || a.Display < 0 || a.Price < 0 || a.Trigger < 0 || a.Qty == 0 && a.Display == 0 && a.Price == 0 && a.Trigger == 0:
		return exchange.CodeInvalid
	case a.Price != 0 && !priced:
		return exchange.CodeInvalid
	case a.Trigger != 0 && (o.Trigger == 0 || o.triggered):
		return exchange.CodeInvalid
	case a.Display != 0 && o.Type != exchange.Iceberg:
		return exchange.CodeInvalid
	case a.Price%m.in.Tick != 0 || a.Trigger%m.in.Tick != 0:
		return exchange.CodeTickSize
	case a.Qty != 0 && a.Qty < m.in.OrderMin:
		return exchange.CodeOrderMinimum
	}
	if o.Type == exchange.Iceberg {
		qty, display := o.Qty, o.Display
		if a.Qty != 0 {
			qty = a.Qty
		}
		if a.Display != 0 {
			display = a.Display
		}
		if display < qty/15 || display > qty {
			return exchange.CodeInvalid
		}
	}
	return exchange.CodeNone
}

// resize changes what a node has in place, its place in the queue kept.
func (b *book) resize(i int32, remaining, display money.Qty) {
	n := &b.nodes[i]
	n.shown, n.hidden, n.display = remaining, 0, display
	if display != 0 && display < remaining {
		n.shown, n.hidden = display, remaining-display
	}
}
