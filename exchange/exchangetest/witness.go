package exchangetest

import (
	"fmt"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Witness follows an account's orders through its events and holds what every Exchange
// promises about them.
type Witness struct {
	orders map[exchange.OrderID]*Known
	trades map[uint64]bool
	last   exchange.Stamp
	seq    uint64
	Seq    bool // also demand ascending sequence numbers
}

// Known is what the events have told of an order.
type Known struct {
	State  exchange.State
	Qty    money.Qty // as submitted or amended; 0: bought by cash
	Filled money.Qty
	Ends   int  // terminal events
	Whole  bool // fill or kill
}

// NewWitness has seen nothing.
func NewWitness() *Witness {
	return &Witness{orders: map[exchange.OrderID]*Known{}, trades: map[uint64]bool{}}
}

// Submitted notes an order that was handed over.
func (w *Witness) Submitted(o *exchange.Order) {
	w.orders[o.ID] = &Known{State: exchange.Pending, Qty: o.Qty, Whole: o.TIF == exchange.FOK}
}

// Order is what is known of an order, nil for an unknown one.
func (w *Witness) Order(id exchange.OrderID) *Known { return w.orders[id] }

// See takes an event and reports the promise that it breaks.
func (w *Witness) See(ev *exchange.Event) error {
	if ev.Time < w.last {
		return fmt.Errorf("%v event at %v comes after one at %v", ev.Kind, ev.Time, w.last)
	}
	w.last = ev.Time
	if w.Seq {
		if ev.Seq <= w.seq {
			return fmt.Errorf("%v event has sequence number %d after %d", ev.Kind, ev.Seq, w.seq)
		}
		w.seq = ev.Seq
	}
	switch ev.Kind {
	case exchange.KindFill:
		return w.fill(ev)
	case exchange.KindOrder:
		return w.order(ev)
	}
	return nil
}

func (w *Witness) fill(ev *exchange.Event) error {
	k := w.orders[ev.Order]
	switch {
	case k == nil:
		return fmt.Errorf("fill of order %d, which nobody submitted", ev.Order)
	case w.trades[ev.TradeID]:
		return fmt.Errorf("trade %d is told twice", ev.TradeID)
	case k.State != exchange.Working:
		return fmt.Errorf("fill of order %d, which is %v", ev.Order, k.State)
	case ev.Qty <= 0 || ev.Price <= 0 || ev.Cost < 0 || ev.Fee < 0:
		return fmt.Errorf("fill of order %d of %d at %d, cost %d, fee %d", ev.Order, ev.Qty, ev.Price, ev.Cost, ev.Fee)
	case ev.State != exchange.Working && ev.State != exchange.Filled:
		return fmt.Errorf("fill of order %d says %v", ev.Order, ev.State)
	}
	w.trades[ev.TradeID] = true
	k.Filled += ev.Qty
	if k.Qty != 0 {
		if k.Filled > k.Qty {
			return fmt.Errorf("order %d of %d has fills of %d", ev.Order, k.Qty, k.Filled)
		}
		if ev.Remaining != k.Qty-k.Filled || (ev.Remaining == 0) != (ev.State == exchange.Filled) {
			return fmt.Errorf("order %d of %d with fills of %d says %v and %d remaining", ev.Order, k.Qty, k.Filled, ev.State, ev.Remaining)
		}
	}
	if ev.State == exchange.Filled {
		k.State = exchange.Filled
		k.Ends++
	}
	return nil
}

func (w *Witness) order(ev *exchange.Event) error {
	k := w.orders[ev.Order]
	if ev.Code == exchange.CodeUnknownOrder {
		if k != nil && !k.State.Done() && k.State != exchange.Pending {
			return fmt.Errorf("order %d is %v, but %q", ev.Order, k.State, ev.Code)
		}
		return nil
	}
	if k == nil && ev.Op == exchange.OpVenue { // the venue's own: a conditional close
		k = &Known{State: exchange.Pending, Qty: ev.Qty}
		w.orders[ev.Order] = k
	}
	switch {
	case k == nil:
		return fmt.Errorf("%v of order %d, which nobody submitted", ev.State, ev.Order)
	case ev.State == exchange.Working && k.State == exchange.Working:
		if ev.Op == exchange.OpSubmit {
			return fmt.Errorf("order %d is acknowledged twice", ev.Order)
		}
	case !k.State.May(ev.State):
		return fmt.Errorf("order %d goes from %v to %v", ev.Order, k.State, ev.State)
	}
	if k.Whole && ev.State.Done() && k.Filled != 0 {
		return fmt.Errorf("order %d is fill-or-kill, and %v with fills of %d", ev.Order, ev.State, k.Filled)
	}
	if ev.Code == exchange.CodeAmended {
		k.Qty = ev.Qty
	}
	k.State = ev.State
	if ev.State.Done() {
		k.Ends++
	}
	if k.Ends > 1 {
		return fmt.Errorf("order %d ends %d times", ev.Order, k.Ends)
	}
	return nil
}
