package engine

import (
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// bracket protects a position with a stop at the venue and a target that the engine
// watches: on spot both cannot hold the same coins. It is the same code in a backtest and
// live.
type bracket struct {
	on           bool
	stop, target money.Price
	order        exchange.OrderID // the resting stop, 0: none
	asked        money.Price      // trigger of the last submit or amend
}

// SetBracket protects what is held now, or what an entry will buy. A stop of 0 ends it.
func (s *slot) SetBracket(id exchange.InstrumentID, stop, target money.Price) {
	b := s.book(id)
	if b == nil || s.shut() {
		return
	}
	if stop <= 0 {
		if b.bracket.order != 0 {
			s.SendCancel(b.bracket.order)
		}
		b.bracket = bracket{}
		return
	}
	b.bracket.on, b.bracket.stop, b.bracket.target = true, stop, target
	s.protect(b)
}

// protect makes the resting stop cover what is held.
func (s *slot) protect(b *position) {
	br := &b.bracket
	if !br.on || b.exiting || b.held == 0 {
		return
	}
	free := b.held - b.reserved
	if br.order == 0 {
		br.order = restingStop(b) // of a run before a restart
	}
	if br.order == 0 {
		if sellable(b.in, free, br.stop) {
			br.asked = br.stop
			br.order = s.send(b, &exchange.Order{
				Instrument: b.in.ID, Side: exchange.Sell, Type: exchange.StopLoss, Purpose: exchange.ForProtection, Qty: free, Trigger: br.stop, Decision: s.e.book.last[b.in.ID],
			})
		}
		return
	}
	o := s.e.orders[br.order]
	if o.state != exchange.Working || s.e.isChanging(o) || o.triggered || free <= 0 && br.asked == br.stop && o.Trigger == br.stop {
		return // an order that is not acknowledged yet is changed once it is; a stop that sells leaves the rest to the next
	}
	o.changing = s.e.now
	br.asked = br.stop
	// The engine's own change, as its own orders: also while the strategy may not act.
	s.ask(request{op: exchange.OpAmend, amend: exchange.Amend{Order: br.order, Qty: o.Qty + max(free, 0), Trigger: br.stop}})
}

// changeMost is how long the answer to a change of a stop is waited for: one that never comes
// must not leave the stop as it is for good.
const changeMost = time.Minute

func (e *Engine) isChanging(o *order) bool {
	return o.changing != 0 && e.now.Sub(o.changing) < changeMost
}

// watchTarget ends the position when its target is reached.
func (s *slot) watchTarget(b *position, high money.Price) {
	br := &b.bracket
	if !br.on || b.held == 0 {
		return
	}
	if br.target > 0 && high >= br.target {
		s.exit(b, exchange.ForTarget)
		return
	}
	s.protect(b)
}

// Exit sells everything held of an instrument.
func (s *slot) Exit(id exchange.InstrumentID) {
	if b := s.book(id); b != nil && !s.shut() {
		s.exit(b, exchange.ForStrategy)
	}
}

// exit cancels the resting sells, and once they are confirmed sells what is held at the
// market. It is called again whenever an order of an exiting position ends.
func (s *slot) exit(b *position, why exchange.Purpose) {
	resting := false
	for _, o := range b.orders {
		if o.Side != exchange.Sell || o.Type == exchange.Market || o.TIF == exchange.IOC {
			continue
		}
		resting = true
		if !b.exiting {
			s.SendCancel(o.ID)
		}
	}
	b.bracket = bracket{}
	if b.exiting, b.purpose = resting, why; resting {
		return
	}
	if free := b.held - b.reserved; sellable(b.in, free, s.e.book.last[b.in.ID]) {
		s.send(b, &exchange.Order{Instrument: b.in.ID, Side: exchange.Sell, Type: exchange.Market, Purpose: why, Qty: free, Decision: s.e.book.last[b.in.ID]})
	}
}

// sellable reports whether the venue would take a sale of that much: what is below its
// minima stays as dust.
func sellable(in *exchange.Instrument, q money.Qty, p money.Price) bool {
	cost, ok := in.Cost(p, q, money.Floor)
	return q > 0 && q >= in.OrderMin && ok && cost >= in.CostMin
}

// restingStop is an own stop that is at the venue already.
func restingStop(b *position) exchange.OrderID {
	for _, o := range b.orders {
		if o.Side == exchange.Sell && o.Type == exchange.StopLoss {
			return o.ID
		}
	}
	return 0
}

// flatten sells a slice of what is held, as the operator asked: as a limit inside the
// collar that fills at once or not at all. It returns how much.
func (s *slot) flatten(b *position, most money.Qty) money.Qty {
	b.bracket, b.exiting = bracket{}, false
	for _, o := range b.orders {
		s.SendCancel(o.ID)
	}
	slice := min(b.held-b.reserved, most)
	if !sellable(b.in, slice, s.e.book.last[b.in.ID]) {
		return 0
	}
	o := exchange.Order{Instrument: b.in.ID, Side: exchange.Sell, Type: exchange.Market, Purpose: exchange.ForFlatten, Qty: slice, Decision: s.e.book.last[b.in.ID]}
	if !s.asLimit(b, &o) || s.send(b, &o) == 0 {
		return 0
	}
	return slice
}

// flatten sells a slice of what the slots hold of a bar's instrument: together at most a
// tenth of its volume, or the venue's minimum where that is more.
func (e *Engine) flatten(ev *exchange.Event) {
	left := max(ev.Qty/10, e.cat.Instruments[ev.Instrument].OrderMin)
	for _, s := range e.bySlot[ev.Instrument] {
		if s.cfg.Interval == 0 || s.cfg.Interval == ev.Interval {
			left -= s.flatten(s.book(ev.Instrument), left)
		}
	}
}
