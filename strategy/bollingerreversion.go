package strategy

import (
	"breakwater/exchange"
	"breakwater/strategy/indicator"
)

// BollingerReversion waits for exaggeration: while flat, a limit buy rests at the lower
// band and moves with it. What fills gets a bracket: a stop some standard deviations
// below the entry, and the middle of the band as the target, which moves too.
//
// It loses when the market breaks down instead of coming back: the limit fills on the way
// to the stop. In a crash it is filled first and stopped at once. It earns little in
// trends, where the lower band is not met.
type BollingerReversion struct {
	Period int     `param:"period" default:"20" min:"2" max:"1000" unit:"bars" doc:"length of the band"`
	Width  float64 `param:"width" default:"2" min:"0.1" max:"10" unit:"standard deviations" doc:"the band's distance from its middle"`
	Stop   float64 `param:"stop" default:"2" min:"0.1" max:"20" unit:"standard deviations" doc:"the stop's distance from the entry"`
	Weight float64 `param:"weight" default:"0.95" min:"0.01" max:"0.98" doc:"part of what the strategy has to invest"`

	states series[bandState]
	desk   desk
}

type bandState struct {
	band         *indicator.Bollinger
	stop, target float64          // of the bracket as it was last set; 0: none
	entry        exchange.OrderID // the last one
	refused      float64          // the limit of the last entry that was denied or rejected
}

// WarmUp is the band's length.
func (b *BollingerReversion) WarmUp() int { return b.Period }

// OnBar moves the limit while flat and the target while not.
func (b *BollingerReversion) OnBar(ctx *Context, bar Bar) {
	state, isNew := b.states.at(&bar)
	if isNew {
		state.band = indicator.NewBollinger(b.Period, b.Width)
	} else if state == nil {
		return
	}
	state.band.Update(bar.Close)
	if !state.band.Ready() {
		return
	}
	if holding(ctx) {
		b.desk.cancel(ctx, exchange.Buy) // the rest of a partial fill: its time has passed
		b.protect(ctx, state)
		return
	}
	if state.stop != 0 {
		ctx.Bracket(0, 0) // what a part of the stop has left is too little to protect
		state.stop, state.target = 0, 0
	}
	b.enter(ctx, state, bar.Close)
}

// OnFill protects what was just bought, in the same bar.
func (b *BollingerReversion) OnFill(ctx *Context, fill Fill) {
	if state := b.states.of(fill.Instrument); fill.Side == exchange.Buy && state.band != nil {
		b.protect(ctx, state)
	}
}

// OnOrder remembers an entry that was refused, and takes back one that could not be moved.
func (b *BollingerReversion) OnOrder(ctx *Context, update OrderUpdate) {
	state := b.states.of(update.Instrument)
	switch {
	case update.Order != state.entry || state.band == nil:
	case update.State == exchange.Denied || update.State == exchange.Rejected:
		state.refused = state.band.Lower()
	case update.Op == exchange.OpAmend && update.Code != exchange.CodeAmended && update.State == exchange.Working:
		ctx.Cancel(update.Order)
	}
}

// enter rests the limit at the lower band or moves it there. A limit at or above the
// market would take: then everything stays as it is.
func (b *BollingerReversion) enter(ctx *Context, state *bandState, price float64) {
	limit := state.band.Lower()
	if limit <= 0 || limit >= price || near(ctx, limit, price) {
		return
	}
	want := b.Weight * b.desk.budget(ctx) / limit
	if resting, found := b.desk.oldest(ctx, exchange.Buy); found {
		state.entry = resting.ID
		if !near(ctx, resting.Price, limit) && resting.State == exchange.Working && enough(ctx, want, limit) {
			ctx.Amend(resting.ID, want, limit)
		}
		return
	}
	if near(ctx, limit, state.refused) {
		return
	}
	if qty := affordable(ctx, want, limit); qty > 0 {
		state.entry = ctx.BuyLimit(qty, limit)
	}
}

// protect sets the bracket, or moves its target to the middle of the band.
func (b *BollingerReversion) protect(ctx *Context, state *bandState) {
	if !holding(ctx) {
		return // a first part below the venue's minimum: the next one
	}
	stop, target := state.stop, state.band.Value()
	if stop == 0 {
		stop = b.stop(ctx, state)
	} else if near(ctx, target, state.target) {
		return
	}
	state.stop, state.target = stop, target
	ctx.Bracket(stop, target)
}

// stop is where a new position's stop belongs; after a restart, where it rests.
func (b *BollingerReversion) stop(ctx *Context, state *bandState) float64 {
	if resting, found := b.desk.oldest(ctx, exchange.Sell); found && resting.Trigger > 0 {
		return resting.Trigger
	}
	in := ctx.Instrument()
	return max(ctx.Position().AvgPrice-float64(b.Stop*state.band.StdDev()), in.PriceFloat(in.Tick))
}
