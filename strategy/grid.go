package strategy

import "breakwater/exchange"

// Grid earns on swings: limit buys rest on the levels below the market, and what fills is
// offered one level higher. Levels are fixed on the price axis, whole powers of 1+step,
// so a restart finds the same grid; what a level does is read from the open orders.
//
// It loses in a falling market: it buys all the way down and then holds everything with
// no cash and no stop. It misses a rising one, having sold early. Steps near twice the
// fee earn nothing.
type Grid struct {
	Step   float64 `param:"step" default:"0.01" min:"0.001" max:"0.5" doc:"distance between levels, as a part of the price"`
	Levels int     `param:"levels" default:"10" min:"1" max:"50" unit:"orders" doc:"buys below the market"`
	Weight float64 `param:"weight" default:"0.95" min:"0.01" max:"0.98" doc:"part of what the strategy has to spread over the levels"`

	states series[gridState]
	desk   desk
}

type gridState struct {
	below int     // the highest level that is not above the market
	from  float64 // its price
	to    float64 // the next level's; 0 before the first bar
	stale bool    // the orders have to be arranged although the market has not moved
}

// WarmUp is 0: the grid is where it is.
func (g *Grid) WarmUp() int { return 0 }

// OnBar arranges the orders when the market has moved to another level, or some filled.
func (g *Grid) OnBar(ctx *Context, bar Bar) {
	state, _ := g.states.at(&bar)
	if state == nil {
		return
	}
	if bar.Close >= state.from && bar.Close < state.to && !state.stale {
		return
	}
	state.below = g.levelBelow(bar.Close)
	state.from, state.to, state.stale = g.level(state.below), g.level(state.below+1), false
	g.left(ctx, bar.Close)
	g.bid(ctx, state, bar.Close)
}

// OnFill offers what a finished buy has bought.
func (g *Grid) OnFill(ctx *Context, fill Fill) {
	state := g.states.of(fill.Instrument)
	state.stale = true
	if fill.Side == exchange.Buy && fill.Done {
		g.offer(ctx, fill.Price)
	}
}

// OnOrder notices orders that are gone without having filled.
func (g *Grid) OnOrder(_ *Context, update OrderUpdate) {
	if update.State == exchange.Cancelled || update.State == exchange.Expired {
		g.states.of(update.Instrument).stale = true
	}
}

// left offers what is held and not offered: bought by an order that is still open, or
// found at a restart. It goes above the market and above what was paid.
func (g *Grid) left(ctx *Context, market float64) {
	paid := 0.0
	g.desk.orders = ctx.Orders(g.desk.orders[:0])
	for i := range g.desk.orders {
		if o := &g.desk.orders[i]; o.Side == exchange.Buy && o.Filled > 0 {
			paid = max(paid, o.Price)
		}
	}
	if paid == 0 {
		paid = ctx.Position().AvgPrice
	}
	g.offer(ctx, max(market, paid))
}

// offer rests a sell for all that is not offered yet, one level above the price.
func (g *Grid) offer(ctx *Context, above float64) {
	p := ctx.Position()
	if !enough(ctx, p.Qty-p.Reserved, above) {
		return
	}
	n := g.levelBelow(above) + 1
	if near(ctx, g.level(n), above) {
		n++
	}
	ctx.SellLimit(p.Qty-p.Reserved, g.level(n))
}

// bid rests a buy on each free level of the window below the market and takes back those
// that have fallen out of it.
func (g *Grid) bid(ctx *Context, state *gridState, market float64) {
	lowest := state.below - g.Levels + 1
	budget := g.Weight * g.desk.budget(ctx) / float64(g.Levels)
	g.desk.orders = ctx.Orders(g.desk.orders[:0])
	for i := range g.desk.orders {
		if o := &g.desk.orders[i]; o.Side == exchange.Buy && o.Price < g.level(lowest) && !near(ctx, o.Price, g.level(lowest)) {
			ctx.Cancel(o.ID)
		}
	}
	for n := state.below; n >= lowest; n-- {
		price := g.level(n)
		if g.busy(ctx, n) {
			continue
		}
		if price >= market || near(ctx, price, market) {
			state.stale = true // it would take: when the market has left the level
			continue
		}
		qty := affordable(ctx, budget/price, price)
		if qty == 0 {
			state.stale = true // the lower ones cost as much: when there is money again
			return
		}
		ctx.BuyLimit(qty, price)
	}
}

// busy reports whether level n has its buy, or the sell of what it bought.
func (g *Grid) busy(ctx *Context, n int) bool {
	buy, sell := g.level(n), g.level(n+1)
	for i := range g.desk.orders {
		o := &g.desk.orders[i]
		if o.Side == exchange.Buy && near(ctx, o.Price, buy) || o.Side == exchange.Sell && near(ctx, o.Price, sell) {
			return true
		}
	}
	return false
}

// level is the price of level n: 1+step to the power of n, by squaring, so that it is the
// same number whatever way the market came.
func (g *Grid) level(n int) float64 {
	power, square := 1.0, 1+g.Step
	for k := max(n, -n); k > 0; k >>= 1 {
		if k&1 == 1 {
			power = float64(power * square)
		}
		square = float64(square * square)
	}
	if n < 0 {
		return 1 / power
	}
	return power
}

// levelBelow is the highest level that is not above the price.
func (g *Grid) levelBelow(price float64) int {
	const most = 1 << 20 // levels: beyond every float64 at the smallest step
	n := -most
	for size := most; size > 0; size >>= 1 {
		if g.level(n+size) <= price {
			n += size
		}
	}
	return n
}
