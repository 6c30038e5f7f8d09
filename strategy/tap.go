package strategy

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Tap stands between a strategy and its host, for scenarios in which the strategy itself is
// broken. A nil part changes nothing.
type Tap struct {
	// Send gets each order; send hands one over.
	Send func(o *exchange.Order, send func(*exchange.Order) exchange.OrderID) exchange.OrderID
	// Last is what the strategy takes for the last price.
	Last func(id exchange.InstrumentID, p money.Price) money.Price
	// Position is what it takes for its position.
	Position func(id exchange.InstrumentID, p Position) Position
}

// Tapped is for scenarios: the context with a tap.
func (c *Context) Tapped(t *Tap) *Context {
	other := *c
	other.host = &tapped{c.host, t}
	return &other
}

// Resend is for scenarios: an order as it was sent before, its decision with it.
func (c *Context) Resend(o exchange.Order) exchange.OrderID {
	o.ID = 0
	return c.host.Send(&o)
}

// tapped is a host behind a tap.
type tapped struct {
	Host
	tap *Tap
}

// Send hands an order to the tap.
func (t *tapped) Send(o *exchange.Order) exchange.OrderID {
	if t.tap.Send == nil {
		return t.Host.Send(o)
	}
	return t.tap.Send(o, t.Host.Send)
}

// Last is the last price as the tap has it.
func (t *tapped) Last(id exchange.InstrumentID) money.Price {
	p := t.Host.Last(id)
	if t.tap.Last != nil {
		p = t.tap.Last(id, p)
	}
	return p
}

// Position is the position as the tap has it.
func (t *tapped) Position(id exchange.InstrumentID) Position {
	p := t.Host.Position(id)
	if t.tap.Position != nil {
		p = t.tap.Position(id, p)
	}
	return p
}
