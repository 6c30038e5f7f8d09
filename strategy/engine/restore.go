package engine

import (
	"fmt"
	"slices"

	"breakwater/exchange"
	"breakwater/internal/planted"
	"breakwater/risk"
)

// restore folds the records of earlier runs into the book, the slots and the open orders.
// Strategies see nothing of it: after their warm-up OnStart tells position and orders.
func (e *Engine) restore() error {
	e.nextID = e.guard.LastOrderID()
	if planted.On(planted.OrderIDAgain) {
		e.nextID = 0
	}
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
		e.onFlow(r.Event)
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
	own.Order, own.slot, own.state, own.sent = *o, s, exchange.Pending, true
	e.orders[o.ID] = own
	b.orders = append(b.orders, own)
	s.hold(b, own, s.costOf(b, o))
}

// adoptOrders follows the guard in what it has read out of a snapshot: fills that no event
// has told are booked, orders that nobody knew of are working, or over.
func (e *Engine) adoptOrders(snap *exchange.Snapshot) error {
	silent := e.resumed // of a life before: OnStart tells what is open
	e.resumed = false
	if err := e.bookMissed(snap.Fills); err != nil {
		return err
	}
	for _, s := range e.slots {
		for i := range s.books {
			for _, o := range slices.Clone(s.books[i].orders) {
				state, open := e.guard.State(o.ID)
				switch {
				case !o.sent || open && state == o.state:
				case open:
					o.state = state
				case silent:
					o.state = exchange.Cancelled
					s.end(o)
				default:
					ev := exchange.Event{Kind: exchange.KindOrder, Time: e.now, Op: exchange.OpVenue, Order: o.ID, Instrument: o.Instrument, State: exchange.Cancelled}
					if o.state == exchange.Unknown {
						ev.State = exchange.Absent
					}
					e.onOrder(&ev)
				}
			}
		}
	}
	return nil
}

// bookMissed books the fills of a snapshot that are new. The guard has booked all of them
// already, so that the books are compared once that is done here too.
func (e *Engine) bookMissed(fills []exchange.Event) error {
	last := exchange.OrderID(0)
	e.behind = true
	defer func() { e.behind = false }()
	for i := range fills {
		f := &fills[i]
		if e.orders[f.Order] == nil || e.booked[f.Instrument].has(f.TradeID) {
			continue
		}
		if err := e.onFill(f); err != nil {
			return err
		}
		last = f.Order
	}
	if last == 0 {
		return nil
	}
	for i := range e.cat.Assets {
		if err := e.agree(exchange.AssetID(i), last); err != nil {
			return err
		}
	}
	return nil
}
