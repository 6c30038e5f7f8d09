package strategy

import "breakwater/exchange"

// Runaway is broken on purpose: it makes one of the mistakes that have emptied accounts,
// so that scenarios can show that the guard holds it. It always loses; it is never for
// real money.
//
//   - ignores-fills: buys at every event, whatever it holds already
//   - retries: sends the same order again for every denial and rejection
//   - doubles: doubles its size after every loss
//   - churn: cancels and replaces its limit order at every event
//   - resends: takes silence for failure and sends again before the answer is there
//   - units: mistakes an amount of money for a quantity, 7600 times too much
type Runaway struct {
	Fault  string  `param:"fault" default:"ignores-fills" oneof:"ignores-fills,retries,doubles,churn,resends,units" doc:"the mistake it makes"`
	Weight float64 `param:"weight" default:"0.02" min:"0.0001" max:"1" doc:"part of the free cash in one order, the mistake left out"`
	Hold   int     `param:"hold" default:"5" min:"1" max:"10000" unit:"bars" doc:"how long doubles keeps a position"`

	states series[runawayState]
	desk   desk
}

type runawayState struct {
	order    exchange.OrderID // resends: the one that is waited for
	answered bool
	entry    float64 // doubles: what was paid
	size     float64 // doubles: in units of the weight
	bars     int     // doubles: since the entry
}

// unitsError is the factor by which an amount of money was taken for a number of units at
// Citi on 2 May 2022: 58 million dollars were meant, 444 billion were typed.
const unitsError = 7600

// WarmUp is 0: it never looks before it acts.
func (r *Runaway) WarmUp() int { return 0 }

// OnBar makes the mistake.
func (r *Runaway) OnBar(ctx *Context, bar Bar) {
	if state, _ := r.states.at(&bar); state != nil && r.Fault == "doubles" {
		r.gamble(ctx, state, bar.Close)
		return
	}
	r.act(ctx)
}

// OnTrade makes it at every trade.
func (r *Runaway) OnTrade(ctx *Context, _ Trade) { r.act(ctx) }

// OnBook makes it at every move of the book.
func (r *Runaway) OnBook(ctx *Context, _ Top) { r.act(ctx) }

func (r *Runaway) act(ctx *Context) {
	price := ctx.Price()
	if price == 0 {
		return
	}
	qty := r.qty(ctx, price)
	switch r.Fault {
	case "ignores-fills":
		ctx.Buy(qty)
	case "units":
		ctx.Buy(float64(unitsError * qty))
	case "retries":
		if !r.desk.has(ctx, exchange.Buy) {
			ctx.Buy(qty)
		}
	case "churn":
		r.desk.cancel(ctx, exchange.Buy)
		ctx.BuyLimit(qty, float64(0.99*price))
	case "resends":
		state := r.states.of(ctx.Instrument().ID)
		if state.order == 0 || !state.answered {
			state.order, state.answered = ctx.Buy(qty), false
		}
	}
}

// qty is what a sound strategy of this weight would buy.
func (r *Runaway) qty(ctx *Context, price float64) float64 {
	in := ctx.Instrument()
	return max(r.Weight*ctx.Spendable()/price, in.QtyFloat(in.OrderMin), in.QtyFloat(1))
}

// gamble buys, sells some bars later, and doubles after a loss.
func (r *Runaway) gamble(ctx *Context, state *runawayState, price float64) {
	switch {
	case holding(ctx):
		if state.bars++; state.bars >= r.Hold {
			leave(ctx)
		}
		return
	case state.size == 0, state.entry > 0 && price > state.entry:
		state.size = 1
	case state.entry > 0:
		state.size *= 2
	}
	state.entry, state.bars = price, 0
	ctx.Buy(float64(state.size * r.qty(ctx, price)))
}

// OnOrder retries, or believes an answer at last.
func (r *Runaway) OnOrder(ctx *Context, update OrderUpdate) {
	refused := update.Op == exchange.OpSubmit && (update.State == exchange.Denied || update.State == exchange.Rejected)
	if refused && r.Fault == "retries" && update.Remaining > 0 {
		ctx.Buy(update.Remaining)
	}
	if state := r.states.of(update.Instrument); update.Order == state.order {
		state.answered = true
	}
}
