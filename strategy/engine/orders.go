package engine

import (
	"cmp"
	"fmt"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/internal/planted"
	"breakwater/strategy"
)

// mostAtOnce bounds the orders that wait in an outbox: a strategy that answers each denial
// with two orders would double them with every event, until the memory is gone.
const mostAtOnce = 256

// Send puts an order in the outbox and reserves what it could use. It returns 0 when the
// strategy may not act yet, owns nothing to sell, or has mostAtOnce requests waiting.
func (s *slot) Send(o *exchange.Order) exchange.OrderID {
	b := s.book(o.Instrument)
	if b == nil || s.shut() || len(s.outbox) >= mostAtOnce {
		return 0
	}
	if o.Side == exchange.Sell {
		// a slot sells only what it owns
		if o.Qty = min(o.Qty, b.held-b.reserved); o.Qty <= 0 {
			return 0
		}
	}
	if planted.On(planted.ChanceDecides) && planted.Coin() {
		return 0
	}
	return s.send(b, o)
}

// shut reports whether the strategy may change nothing: while it warms up, after the end of
// the data, and while the operator has everything sold.
func (s *slot) shut() bool { return !s.started || s.over || s.e.guard.Flattening() }

// send is Send for the engine's own orders too.
func (s *slot) send(b *position, o *exchange.Order) exchange.OrderID {
	if o.Type == exchange.Market && !s.e.guard.MarketOrders() && !s.asLimit(b, o) {
		return 0
	}
	reserve := s.costOf(b, o)
	if q := b.in.Quote; o.Side == exchange.Buy && len(s.e.slots) > 1 && reserve > s.cash[q]-s.held[q] {
		s.Note(fmt.Sprintf("a buy that could cost %s is more than the strategy's own money", money.Format(int64(reserve), s.e.cat.Assets[q].Decimals)))
		return 0
	}
	s.e.nextID++
	o.ID, o.Slot = s.e.nextID, s.id
	own := s.e.newOrder()
	own.Order, own.slot, own.state = *o, s, exchange.Pending
	s.e.orders[o.ID] = own
	b.orders = append(b.orders, own)
	s.hold(b, own, reserve)
	s.ask(request{op: exchange.OpSubmit, order: *o})
	return o.ID
}

// asLimit turns a market order into a limit well inside the guard's collar that fills at
// once or not at all: a market order has no price to hold it to. false when nothing is
// left to send.
func (s *slot) asLimit(b *position, o *exchange.Order) bool {
	last := s.e.book.last[b.in.ID]
	width, _ := money.MulDiv(int64(last), s.e.guard.Collar(b.in.ID)*8/10, money.PPM, money.Floor)
	price, r := int64(last)+width, money.Floor
	if o.Side == exchange.Sell {
		price, r = int64(last)-width, money.Ceil
	}
	price, ok := money.RoundTo(price, int64(b.in.Tick), r)
	if !ok || price <= 0 {
		return false
	}
	o.Type, o.TIF, o.Price = exchange.Limit, exchange.IOC, money.Price(price)
	if o.Cash != 0 {
		net, _ := money.MulDiv(int64(o.Cash), money.PPM, money.PPM+s.e.cfg.FeePPM, money.Floor)
		step := max(o.CashStep, 1)
		o.Qty = b.in.QtyFor(money.Amount(net), o.Price) / step * step
		o.Cash, o.CashStep = 0, 0
	}
	return o.Qty > 0
}

// costOf is what an order could take from its side of the account: quote with the worst
// fee for a buy, lots for a sell.
func (s *slot) costOf(b *position, o *exchange.Order) money.Amount {
	if o.Side == exchange.Sell {
		return money.Amount(o.Qty)
	}
	if o.Cash != 0 {
		return o.Cash
	}
	price := max(o.Price, o.Trigger)
	if price == 0 {
		price = s.e.book.last[o.Instrument]
	}
	cost, _ := b.in.Cost(price, o.Qty, money.Ceil)
	fee, _ := money.MulDiv(int64(cost), s.e.cfg.FeePPM, money.PPM, money.Ceil)
	return cost + money.Amount(fee)
}

// hold sets what an open order reserves.
func (s *slot) hold(b *position, o *order, v money.Amount) {
	delta := v - o.reserve
	o.reserve = v
	if o.Side == exchange.Sell {
		b.reserved += money.Qty(delta)
	} else {
		s.held[b.in.Quote] += delta
	}
}

// newOrder reuses the memory of an order that has ended.
func (e *Engine) newOrder() *order {
	if n := len(e.free); n > 0 {
		o := e.free[n-1]
		e.free = e.free[:n-1]
		*o = order{}
		return o
	}
	return new(order)
}

// end lets go of an order that cannot fill any more.
func (s *slot) end(o *order) {
	b := s.book(o.Instrument)
	s.hold(b, o, 0)
	for i, have := range b.orders {
		if have == o {
			b.orders = append(b.orders[:i], b.orders[i+1:]...)
			break
		}
	}
	delete(s.e.orders, o.ID)
	s.e.free = append(s.e.free, o)
	if b.bracket.order == o.ID {
		b.bracket.order = 0
	}
	if b.exiting && !s.e.restoring {
		s.exit(b, b.purpose)
	}
}

// SendAmend puts a change of a working order in the outbox.
func (s *slot) SendAmend(a *exchange.Amend) {
	if o := s.e.orders[a.Order]; !s.shut() && o != nil && o.slot == s {
		s.ask(request{op: exchange.OpAmend, amend: *a})
	}
}

// SendCancel puts the cancel of an own order in the outbox.
func (s *slot) SendCancel(id exchange.OrderID) {
	if o := s.e.orders[id]; o != nil && o.slot == s {
		s.ask(request{op: exchange.OpCancel, order: exchange.Order{ID: id}})
	}
}

// onFill books an execution to the account and to its slot. The error is a difference
// that halts.
func (e *Engine) onFill(ev *exchange.Event) error {
	if e.booked[ev.Instrument].has(ev.TradeID) {
		return nil // a venue may tell a fill twice, the last one of an order too
	}
	o := e.orders[ev.Order]
	if o == nil {
		return fmt.Errorf("engine: fill of order %d, which is not open here", ev.Order)
	}
	s := o.slot
	b := s.book(o.Instrument)
	e.booked[ev.Instrument].add(ev.TradeID)
	lots, ok := b.in.BaseAmount(ev.Qty)
	if !ok {
		return fmt.Errorf("engine: fill of order %d overflows", ev.Order)
	}
	base, quote := lots, -ev.Cost
	if ev.Side == exchange.Sell {
		base, quote = -lots, ev.Cost
	}
	if ev.FeeAsset == b.in.Base {
		base -= ev.Fee
	} else {
		quote -= ev.Fee
	}
	e.book.add(b.in.Base, base)
	e.book.add(b.in.Quote, quote)
	s.cash[b.in.Base] += base
	s.cash[b.in.Quote] += quote
	b.fill(ev, base)
	if ev.Side == exchange.Buy {
		s.spend(b.in.Quote)
	}
	o.filled += ev.Qty
	for _, a := range [...]exchange.AssetID{b.in.Base, b.in.Quote} {
		if e.restoring || e.behind {
			break // the guard is ahead: it has folded the whole history, or the whole snapshot
		}
		if err := e.agree(a, ev.Order); err != nil {
			return err
		}
	}
	s.filled(b, o, ev)
	return nil
}

// agree holds what an asset comes to after a fill against the guard's own view.
func (e *Engine) agree(a exchange.AssetID, order exchange.OrderID) error {
	if g := e.guard.Balance(a); g != e.book.balance[a] {
		return fmt.Errorf("engine: after a fill of order %d the book has %d of %s, the guard %d", order, e.book.balance[a], e.cat.Assets[a].Name, g)
	}
	return nil
}

// fill changes what is held and what it cost.
func (b *position) fill(ev *exchange.Event, base money.Amount) {
	if ev.Side == exchange.Buy {
		b.held += b.in.LotsIn(base)
		b.cost += ev.Cost
		return
	}
	b.lose(min(ev.Qty, b.held))
}

// lose takes lots out of a position, with their part of what it cost.
func (b *position) lose(lots money.Qty) {
	gone, _ := money.MulDiv(int64(b.cost), int64(lots), int64(max(b.held, 1)), money.Half)
	b.cost -= money.Amount(gone)
	b.held -= lots
	if b.held == 0 {
		b.cost = 0
	}
}

// filled goes on after a fill is booked: reserves, bracket, exit, and the strategy.
func (s *slot) filled(b *position, o *order, ev *exchange.Event) {
	id, side := o.ID, o.Side
	if ev.State.Done() {
		o.state = ev.State
		s.end(o)
	} else {
		o.state = exchange.Working
		rest := s.costOf(b, &exchange.Order{Instrument: o.Instrument, Side: side, Qty: o.Qty - o.filled, Price: o.Price, Trigger: o.Trigger})
		if o.Cash != 0 {
			rest = max(0, o.reserve-ev.Cost-ev.Fee)
		}
		s.hold(b, o, rest)
	}
	if b.held == 0 && side == exchange.Sell {
		b.bracket = bracket{}
	}
	if s.e.restoring {
		return
	}
	s.protect(b)
	if s.fill == nil {
		return
	}
	s.ctx.Focus(ev.Instrument)
	s.fill.OnFill(s.ctx, strategy.Fill{
		Time: ev.Time, Instrument: ev.Instrument, Order: id, Side: side, Price: b.in.PriceFloat(ev.Price), Qty: b.in.QtyFloat(ev.Qty),
		Fee: money.Float(int64(ev.Fee), s.e.cat.Assets[ev.FeeAsset].Decimals), Maker: ev.Liquidity == exchange.Maker, Done: ev.State.Done(),
	})
}

// onOrder takes the outcome of a request.
func (e *Engine) onOrder(ev *exchange.Event) {
	o := e.orders[ev.Order]
	if o == nil {
		return
	}
	s := o.slot
	b := s.book(o.Instrument)
	in := b.in
	update := strategy.OrderUpdate{
		Time: ev.Time, Instrument: o.Instrument, Order: o.ID, State: ev.State, Op: ev.Op, Code: ev.Code, Remaining: in.QtyFloat(ev.Remaining),
	}
	if ev.State.Done() {
		o.state = ev.State
		s.end(o)
	} else {
		if ev.State != 0 { // a refused cancel says nothing of an order that may still arrive
			o.state = ev.State
		}
		if ev.Op == exchange.OpAmend {
			o.changing = 0
		}
		o.triggered = o.triggered || ev.Code == exchange.CodeTriggered
		if ev.Op == exchange.OpAmend && ev.Code == exchange.CodeAmended {
			o.Qty, o.Price, o.Trigger = ev.Remaining+o.filled, cmp.Or(o.change.Price, o.Price), cmp.Or(o.change.Trigger, o.Trigger)
			rest := o.Order
			rest.Qty = ev.Remaining
			s.hold(b, o, s.costOf(b, &rest))
		}
	}
	if s.order != nil && !e.restoring {
		s.ctx.Focus(in.ID)
		s.order.OnOrder(s.ctx, update)
	}
}
