package risk

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Verdict is what the guard says of one order: empty reasons mean approved.
type Verdict struct {
	Reasons []Reason
	// cost is what the order could use: quote with fee for a buy, coins for a sell.
	cost money.Amount
}

// Approved reports whether nothing speaks against the order.
func (v *Verdict) Approved() bool { return len(v.Reasons) == 0 }

func (v *Verdict) deny(c Control, text string, fields ...Field) {
	r := Reason{Control: c, Text: text}
	copy(r.Fields[:], fields)
	v.Reasons = append(v.Reasons, r)
}

// decide is the whole decision about an order, a pure function of the guard's state. All
// failing reasons are collected, in the fixed order: level, form, price, size and
// exposure. A check that cannot be evaluated denies.
func (s *state) decide(o *exchange.Order, v *Verdict) {
	v.Reasons, v.cost = v.Reasons[:0], 0
	if o.Instrument < 0 || int(o.Instrument) >= len(s.acct.catalog.Instruments) {
		v.deny(OrderForm, "unknown instrument")
		return
	}
	s.checkLevel(o, v)
	if !s.checkForm(o, v) {
		return // without form there is nothing to compute with
	}
	ref := s.acct.mark[o.Instrument]
	if ref <= 0 {
		v.deny(PriceCollar, "no reference price yet")
		return
	}
	s.checkCollar(o, ref, v)
	s.checkSize(o, ref, v)
}

func (s *state) checkLevel(o *exchange.Order, v *Verdict) {
	l, cause := s.levelFor(o.Instrument, o.Slot)
	if l == Active || l <= ReduceOnly && s.reduces(o) {
		return
	}
	v.deny(cause, l.String())
}

// reduces reports whether an order can only make a position smaller: on spot, every sell
// of what is owned. The inventory check stands behind it.
func (s *state) reduces(o *exchange.Order) bool { return o.Side == exchange.Sell }

// checkForm is the order-form control; false means that nothing can be computed with
// the order.
func (s *state) checkForm(o *exchange.Order, v *Verdict) bool {
	in := &s.acct.catalog.Instruments[o.Instrument]
	before := len(v.Reasons)
	if !o.Type.Valid() || o.Side > exchange.Sell || o.TIF > exchange.GTD {
		v.deny(OrderForm, "type, side or time in force is unknown")
		return false
	}
	byCash := o.Cash != 0
	switch {
	case byCash && (o.Cash < 0 || o.Qty != 0 || o.Side != exchange.Buy || o.Type != exchange.Market || o.CashStep < 0):
		v.deny(OrderForm, "an amount to spend goes with a market buy without quantity")
	case !byCash && o.Qty <= 0:
		v.deny(OrderForm, "quantity is not positive")
	}
	if o.Type.HasLimit() != (o.Price > 0) && o.Type != exchange.TrailingStopLimit {
		v.deny(OrderForm, "limit price does not fit the type")
	}
	if o.Type.Trailing() {
		if (o.Trail > 0) == (o.TrailPPM > 0) {
			v.deny(OrderForm, "a trailing order needs one distance")
		}
	} else if o.Type.Triggered() != (o.Trigger > 0) {
		v.deny(OrderForm, "trigger does not fit the type")
	}
	if o.Price < 0 || o.Trigger < 0 || o.Trail < 0 || o.TrailPPM < 0 || o.TrailPPM >= money.PPM {
		v.deny(OrderForm, "a price or distance is out of range")
	}
	if o.Price%in.Tick != 0 || o.Trigger%in.Tick != 0 {
		v.deny(OrderForm, "price is off the tick", Field{"price", int64(o.Price), in.PriceDecimals}, Field{"tick", int64(in.Tick), in.PriceDecimals})
	}
	if o.PostOnly && (o.Type != exchange.Limit && o.Type != exchange.Iceberg || o.TIF == exchange.IOC || o.TIF == exchange.FOK) {
		v.deny(OrderForm, "post-only goes with a resting limit")
	}
	if (o.TIF == exchange.GTD) != (o.Expire > 0) || o.TIF == exchange.GTD && o.Expire <= s.now {
		v.deny(OrderForm, "expiry does not fit the time in force")
	}
	if o.Type == exchange.Iceberg && (o.Display < o.Qty/15 || o.Display > o.Qty) {
		v.deny(OrderForm, "an iceberg shows at least a fifteenth")
	}
	if !byCash && o.Qty > 0 && o.Qty < in.OrderMin {
		v.deny(OrderForm, "below the pair's minimum", Field{"qty", int64(o.Qty), in.LotDecimals}, Field{"min", int64(in.OrderMin), in.LotDecimals})
	}
	if s.status[in.ID] != exchange.Online {
		v.deny(OrderForm, "the pair is not online")
	}
	if o.Close.On && o.Close.Type == exchange.Market {
		v.deny(OrderForm, "a conditional close needs a price")
	}
	if len(s.acct.open) >= s.limits.MaxOpenOrders {
		v.deny(OrderForm, "too many open orders", Field{"open", int64(len(s.acct.open)), 0}, Field{"limit", int64(s.limits.MaxOpenOrders), 0})
	}
	return len(v.Reasons) == before
}

func (s *state) checkCollar(o *exchange.Order, ref money.Price, v *Verdict) {
	if s.limits.CollarPPM <= 0 {
		v.deny(PriceCollar, "no collar is set")
		return
	}
	if !o.Type.HasLimit() || o.Type.Triggered() {
		return // matched around the reference, or waiting for its own trigger
	}
	dist, ok := money.MulDiv(int64(max(o.Price-ref, ref-o.Price)), money.PPM, int64(ref), money.Ceil)
	if ok && dist <= s.limits.CollarPPM {
		return
	}
	in := &s.acct.catalog.Instruments[o.Instrument]
	v.deny(PriceCollar, "", Field{"price", int64(o.Price), in.PriceDecimals}, Field{"ref", int64(ref), in.PriceDecimals}, Field{"limit-ppm", s.limits.CollarPPM, 0})
}

// worst is the price at which an order's exposure is counted.
func worst(o *exchange.Order, ref money.Price) money.Price {
	p := ref
	if o.Price > 0 && (o.Side == exchange.Buy || o.Price > ref) {
		p = o.Price
	}
	if o.Side == exchange.Buy && o.Trigger > p {
		p = o.Trigger
	}
	return p
}

// checkSize is max-order-notional, max-position and cash-reserve.
func (s *state) checkSize(o *exchange.Order, ref money.Price, v *Verdict) {
	a := s.acct
	in := &a.catalog.Instruments[o.Instrument]
	dec := a.catalog.Assets[a.currency].Decimals
	cost, ok := o.Cash, true
	if o.Cash == 0 {
		cost, ok = in.Cost(worst(o, ref), o.Qty, money.Ceil)
	}
	notional, rated := a.inCurrency(cost, in.Quote)
	if !ok || !rated {
		v.deny(MaxOrderNotional, "no rate to the account's currency, or the cost overflows")
		return
	}
	if o.Cash == 0 && cost < in.CostMin {
		v.deny(OrderForm, "cost is below the pair's minimum", Field{"cost", int64(cost), a.catalog.Assets[in.Quote].Decimals}, Field{"min", int64(in.CostMin), a.catalog.Assets[in.Quote].Decimals})
	}
	if o.Side == exchange.Sell {
		s.checkInventory(o, in, v)
		// a sale of what is owned is bounded by what is owned
		return
	}
	if limit := s.limits.Order.Of(a.equity); notional > limit {
		v.deny(MaxOrderNotional, "", Field{"notional", int64(notional), dec}, Field{"limit", int64(limit), dec})
	}
	if o.Cash == 0 {
		fee, ok := money.MulDiv(int64(cost), a.feePPM, money.PPM, money.Ceil)
		if sum, fits := money.Add(int64(cost), fee); ok && fits {
			cost = money.Amount(sum)
		} else {
			v.deny(MaxOrderNotional, "the cost overflows")
			return
		}
	}
	v.cost = cost
	s.checkExposure(in, ref, cost, v)
}

// checkExposure counts the position and every buy that could still fill as filled.
func (s *state) checkExposure(in *exchange.Instrument, ref money.Price, cost money.Amount, v *Verdict) {
	a := s.acct
	dec := a.catalog.Assets[a.currency].Decimals
	held, ok := in.Cost(ref, in.LotsIn(a.balance[in.Base]), money.Ceil)
	after, rated := a.inCurrency(held+a.buying[in.ID]+cost, in.Quote)
	limit := s.limits.Position.Of(a.equity)
	if !ok || !rated || after > limit {
		v.deny(MaxPosition, "", Field{"exposure", int64(after), dec}, Field{"limit", int64(limit), dec})
	}
	reserve, _ := money.MulDiv(int64(a.equity), money.PPM-s.limits.SpendablePPM, money.PPM, money.Ceil)
	if s.limits.SpendablePPM == money.PPM {
		reserve = 0
	}
	free := a.balance[in.Quote] - a.held[in.Quote] - cost
	if in.Quote == a.currency {
		free -= money.Amount(reserve)
	}
	if s.limits.SpendablePPM <= 0 || free < 0 {
		qd := a.catalog.Assets[in.Quote].Decimals
		v.deny(CashReserve, "", Field{"cost", int64(cost), qd}, Field{"free", int64(a.balance[in.Quote] - a.held[in.Quote]), qd}, Field{"reserve", int64(reserve), dec})
	}
}

// checkInventory lets a sell have what is owned and not reserved by other sells.
func (s *state) checkInventory(o *exchange.Order, in *exchange.Instrument, v *Verdict) {
	free := s.acct.balance[in.Base] - s.acct.held[in.Base]
	need, ok := in.BaseAmount(o.Qty)
	if v.cost = need; ok && need <= free {
		return
	}
	bd := s.acct.catalog.Assets[in.Base].Decimals
	v.deny(CashReserve, "more than is owned and not reserved", Field{"qty", int64(o.Qty), in.LotDecimals}, Field{"free", int64(free), bd})
}
