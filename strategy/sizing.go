package strategy

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// cashPart is what a built-in's sized order may use of the free cash: the rest is for the
// fee (Kraken's largest is 0.8 %) and for the price that moves before the order arrives.
const cashPart = 0.98

// desk looks through a strategy's open orders without allocating each time.
type desk struct{ orders []Order }

// has reports whether an order of the side is open on the context's instrument.
func (d *desk) has(ctx *Context, side exchange.Side) bool {
	_, found := d.oldest(ctx, side)
	return found
}

// oldest is the first open order of the side on the context's instrument.
func (d *desk) oldest(ctx *Context, side exchange.Side) (Order, bool) {
	d.orders = ctx.Orders(d.orders[:0])
	for i := range d.orders {
		if d.orders[i].Side == side {
			return d.orders[i], true
		}
	}
	return Order{}, false
}

// cancel takes back all open orders of the side on the context's instrument.
func (d *desk) cancel(ctx *Context, side exchange.Side) {
	d.orders = ctx.Orders(d.orders[:0])
	for i := range d.orders {
		if d.orders[i].Side == side {
			ctx.Cancel(d.orders[i].ID)
		}
	}
}

// budget is an even part, for each of the strategy's instruments with the same quote
// asset, of what the strategy has in that asset: cash, what rests in buys, and coins at
// the last price.
func (d *desk) budget(ctx *Context) float64 {
	this := ctx.Instrument()
	worth, peers := ctx.Spendable(), 0
	for _, id := range ctx.Instruments() {
		other := ctx
		if id != this.ID {
			if other = ctx.On(id); other.Instrument().Quote != this.Quote {
				continue
			}
		}
		peers++
		worth += float64(other.Position().Qty * other.Price())
		d.orders = other.Orders(d.orders[:0])
		for i := range d.orders {
			if o := &d.orders[i]; o.Side == exchange.Buy {
				worth += float64((o.Qty - o.Filled) * max(o.Price, o.Trigger))
			}
		}
	}
	return worth / float64(max(1, peers))
}

// affordable is qty, or as much of it as the free cash pays for at price with the fee; 0
// when that is less than half of it, or less than the venue takes.
func affordable(ctx *Context, qty, price float64) float64 {
	paid := min(qty, cashPart*ctx.Spendable()/price)
	if paid < qty/2 || !enough(ctx, paid, price) {
		return 0
	}
	return paid
}

// enough reports whether an order of qty at price reaches the venue's minima, after qty
// is rounded down to the lot.
func enough(ctx *Context, qty, price float64) bool {
	in := ctx.Instrument()
	lot := in.QtyFloat(1)
	costMin := money.Float(int64(in.CostMin), ctx.host.Catalog().Assets[in.Quote].Decimals)
	return qty >= max(lot, in.QtyFloat(in.OrderMin)) && (in.CostMin == 0 || (qty-lot)*price >= costMin)
}

// holding reports whether there is a position that can be sold: less than the venue's
// minimum, left by a partial fill, counts as nothing.
func holding(ctx *Context) bool {
	p := ctx.Position()
	return p.Qty > 0 && enough(ctx, p.Qty, ctx.Price())
}

// leave sells what is held and not on its way out yet.
func leave(ctx *Context) {
	if p := ctx.Position(); p.Qty > p.Reserved {
		ctx.Exit()
	}
}

// near reports whether two prices are less than a tick apart.
func near(ctx *Context, a, b float64) bool {
	in := ctx.Instrument()
	return a-b < in.PriceFloat(in.Tick) && b-a < in.PriceFloat(in.Tick)
}
