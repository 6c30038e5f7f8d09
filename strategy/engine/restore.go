package engine

import (
	"fmt"
	"slices"

	"breakwater/exchange"
	"breakwater/risk"
)

// restore folds the records of earlier runs into the book, the slots and the open orders.
// Strategies see nothing of it: after their warm-up OnStart tells position and orders.
func (e *Engine) restore() error {
	e.nextID = e.guard.LastOrderID()
	if e.cfg.History == nil {
		return nil
	}
	e.restoring = true
	if err := e.cfg.History(e.fold); err != nil {
		return fmt.Errorf("engine: recovery: %w", err)
	}
	e.restoring = false
	e.resumed = e.ready
	return nil
}

func (e *Engine) fold(r *risk.Record) error {
	e.now = max(e.now, r.Time)
	switch r.Type {
	case risk.RecSnapshot:
		if !e.ready {
			return e.onSnapshot(r.Event.Detail.Snapshot)
		}
	case risk.RecFlow:
		e.book.add(r.Event.FeeAsset, r.Event.Cost)
		e.slots[0].cash[r.Event.FeeAsset] += r.Event.Cost
	case risk.RecIntent:
		if r.Text == "" {
			e.foldIntent(r.Order)
		}
	case risk.RecAmend:
		if o := e.orders[r.OrderID]; o != nil {
			o.change = *r.Amend
		}
	case risk.RecOrder:
		e.onOrder(r.Event)
	case risk.RecFill:
		if e.orders[r.Event.Order] != nil { // else a foreign one: the guard has halted
			return e.onFill(r.Event)
		}
	}
	return nil
}

// foldIntent makes an order of an earlier run open again, in the slot that sent it.
func (e *Engine) foldIntent(o *exchange.Order) {
	if int(o.Slot) >= len(e.slots) || o.Slot < 0 {
		return
	}
	s := e.slots[o.Slot]
	b := s.book(o.Instrument)
	if b == nil {
		return // the strategy trades other instruments now
	}
	own := e.newOrder()
	own.Order, own.slot, own.state = *o, s, exchange.Pending
	e.orders[o.ID] = own
	b.orders = append(b.orders, own)
	s.hold(b, own, s.costOf(b, o))
}

// adoptOrders holds the open orders of earlier runs against the venue's snapshot: fills
// that came in between are booked, what it does not have is over.
func (e *Engine) adoptOrders(snap *exchange.Snapshot) error {
	e.resumed = false
	for i := range snap.Fills {
		f := &snap.Fills[i]
		o := e.orders[f.Order]
		if o == nil || f.TradeID <= o.slot.book(o.Instrument).lastTrade {
			continue
		}
		if err := e.onFill(f); err != nil {
			return err
		}
	}
	for _, s := range e.slots {
		for i := range s.books {
			for _, o := range slices.Clone(s.books[i].orders) {
				if slices.ContainsFunc(snap.Orders, func(v exchange.OpenOrder) bool { return v.Order.ID == o.ID }) {
					o.state = exchange.Working
				} else {
					o.state = exchange.Cancelled
					s.end(o)
				}
			}
		}
	}
	return nil
}
