package risk

import (
	"slices"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// checkForm is order-form; false means that nothing can be computed with the order.
func (s *state) checkForm(d *decision, v *Verdict) bool {
	o, in := d.o, d.in
	before := len(v.Reasons)
	if !o.Type.Valid() || o.Side > exchange.Sell || o.TIF > exchange.GTD {
		v.deny(OrderForm, "type, side or time in force is unknown")
		return false
	}
	if !d.amending && o.ID <= s.acct.lastID {
		v.deny(OrderForm, "the order's number was used before", Field{"order", int64(o.ID), 0}, Field{"last", int64(s.acct.lastID), 0})
	}
	formOfSize(o, v)
	formOfPrice(o, in, v)
	if o.PostOnly && (o.Type != exchange.Limit && o.Type != exchange.Iceberg || o.TIF == exchange.IOC || o.TIF == exchange.FOK) {
		v.deny(OrderForm, "post-only goes with a resting limit")
	}
	if (o.TIF == exchange.GTD) != (o.Expire > 0) || o.TIF == exchange.GTD && o.Expire <= s.now {
		v.deny(OrderForm, "expiry does not fit the time in force")
	}
	if o.Qty > 0 && o.Qty < in.OrderMin && !d.amending {
		v.deny(OrderForm, "below the pair's minimum", Field{"qty", int64(o.Qty), in.LotDecimals}, Field{"min", int64(in.OrderMin), in.LotDecimals})
	}
	price := worst(o, s.acct.mark[in.ID])
	if cost, ok := in.Cost(price, o.Qty, money.Ceil); price > 0 && o.Qty > 0 && !d.amending && ok && cost < in.CostMin {
		qd := s.acct.catalog.Assets[in.Quote].Decimals
		v.deny(OrderForm, "cost is below the pair's minimum", Field{"cost", int64(cost), qd}, Field{"min", int64(in.CostMin), qd})
	}
	if o.Type == exchange.Market && !s.limits.AllowMarket {
		v.deny(OrderForm, "a market order has no price to hold it to; send a limit inside the collar")
	}
	if s.limits.Instruments != nil && !slices.Contains(s.limits.Instruments, in.ID) {
		v.deny(OrderForm, "the pair is not on the allow-list")
	}
	if s.status[in.ID] != exchange.Online {
		v.deny(OrderForm, "the pair is not online")
	}
	if o.Close.On && o.Close.Type == exchange.Market {
		v.deny(OrderForm, "a conditional close needs a price")
	}
	return len(v.Reasons) == before
}

func formOfSize(o *exchange.Order, v *Verdict) {
	switch {
	case o.Cash != 0:
		if o.Cash < 0 || o.Qty != 0 || o.Side != exchange.Buy || o.Type != exchange.Market || o.CashStep < 0 {
			v.deny(OrderForm, "an amount to spend goes with a market buy without quantity")
		}
	case o.Qty <= 0:
		v.deny(OrderForm, "quantity is not positive")
	}
	if o.Type == exchange.Iceberg && (o.Display < o.Qty/15 || o.Display > o.Qty) {
		v.deny(OrderForm, "an iceberg shows at least a fifteenth")
	}
}

func formOfPrice(o *exchange.Order, in *exchange.Instrument, v *Verdict) {
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
}

// checkSelfTrade is self-trade: an order must not meet an own resting one.
func (s *state) checkSelfTrade(d *decision, v *Verdict) {
	if !s.limits.NoSelfTrade || d.o.Type.Triggered() {
		return
	}
	for i := range s.acct.open {
		r := &s.acct.open[i].order
		if r.Instrument != d.o.Instrument || r.Side == d.o.Side || r.Type.Triggered() || r.Price == 0 {
			continue
		}
		price := d.o.Price // 0: a market order meets whatever rests
		if price == 0 || d.opens && r.Price <= price || !d.opens && r.Price >= price {
			v.deny(SelfTrade, "would meet an own order", Field{"order", int64(r.ID), 0}, Field{"price", int64(r.Price), d.in.PriceDecimals})
			return
		}
	}
}
