package strategy

import (
	"breakwater/exchange"
	"breakwater/strategy/indicator"
)

// DonchianBreakout follows new highs: while flat, a stop order rests one tick above the
// highest high of the last bars and buys when the market trades there. The size is such
// that the first stop costs a fixed part of what the strategy has; the position is
// protected by a trailing stop, some average true ranges below the best price, that is
// placed with the fill and is the only exit.
//
// It loses on false breakouts, the usual case: most trades are small losses and a few
// long trends must pay for them. Gaps and flash crashes fill the stop below its trigger,
// so a loss can be larger than planned.
type DonchianBreakout struct {
	Entry  int     `param:"entry" default:"20" min:"2" max:"10000" unit:"bars" doc:"buy above the highest high of so many bars"`
	Range  int     `param:"range" default:"14" min:"2" max:"1000" unit:"bars" doc:"length of the average true range"`
	Stop   float64 `param:"stop" default:"3" min:"0.1" max:"50" unit:"average true ranges" doc:"distance of the trailing stop"`
	Risk   float64 `param:"risk" default:"0.02" min:"0.0001" max:"1" doc:"part of what the strategy has that the first stop may cost"`
	Weight float64 `param:"weight" default:"0.95" min:"0.01" max:"0.98" doc:"largest part of what the strategy has in one position"`

	states series[breakoutState]
	desk   desk
}

type breakoutState struct {
	channel    *indicator.Donchian
	ranges     *indicator.SMA
	close      float64          // the last one
	entry      exchange.OrderID // the last one
	cancelling bool             // it is being taken back
	refused    float64          // the trigger of the last entry that was denied or rejected
}

// WarmUp is what the slower of channel and range needs; a true range needs a close before
// it.
func (d *DonchianBreakout) WarmUp() int { return max(d.Entry, d.Range+1) }

// OnBar moves the entry with the channel while flat, and makes sure that what is held is
// protected.
func (d *DonchianBreakout) OnBar(ctx *Context, bar Bar) {
	state, isNew := d.states.at(&bar)
	if isNew {
		state.channel, state.ranges = indicator.NewDonchian(d.Entry), indicator.NewSMA(d.Range)
	} else if state == nil {
		return
	}
	state.channel.Update(bar.High, bar.Low)
	if !isNew {
		// a simple mean and not Wilder's, so that a restart forgets nothing
		state.ranges.Update(max(bar.High, state.close) - min(bar.Low, state.close))
	}
	state.close = bar.Close
	if !state.channel.Ready() || !state.ranges.Ready() {
		return
	}
	if holding(ctx) {
		d.protect(ctx, state)
	} else {
		d.enter(ctx, state)
	}
}

// OnFill protects what was just bought, in the same bar.
func (d *DonchianBreakout) OnFill(ctx *Context, fill Fill) {
	if state := d.states.of(fill.Instrument); fill.Side == exchange.Buy && state.ranges != nil {
		d.protect(ctx, state)
	}
}

// OnOrder places the entry anew once the old one is gone.
func (d *DonchianBreakout) OnOrder(ctx *Context, update OrderUpdate) {
	state := d.states.of(update.Instrument)
	switch {
	case update.Order != state.entry || !update.State.Done():
	case update.State == exchange.Denied || update.State == exchange.Rejected:
		state.refused = d.trigger(ctx, state)
	case state.cancelling && !holding(ctx):
		d.enter(ctx, state)
	}
}

// trigger is one tick above the channel.
func (d *DonchianBreakout) trigger(ctx *Context, state *breakoutState) float64 {
	if state.channel == nil {
		return 0
	}
	in := ctx.Instrument()
	return state.channel.Upper() + in.PriceFloat(in.Tick)
}

func (d *DonchianBreakout) enter(ctx *Context, state *breakoutState) {
	trigger := d.trigger(ctx, state)
	if resting, found := d.desk.oldest(ctx, exchange.Buy); found {
		state.cancelling = state.cancelling && state.entry == resting.ID
		state.entry = resting.ID
		if !near(ctx, resting.Trigger, trigger) && !state.cancelling {
			state.cancelling = true
			ctx.Cancel(resting.ID)
		}
		return
	}
	if near(ctx, trigger, state.refused) {
		return // it was refused as it is: wait until the channel moves
	}
	budget := d.desk.budget(ctx)
	qty := min(d.Risk*budget/d.distance(ctx, state), d.Weight*budget/trigger)
	if qty = affordable(ctx, qty, trigger); qty > 0 {
		state.entry, state.cancelling = ctx.BuyStop(qty, trigger), false
	}
}

// protect rests a trailing stop under all that has none yet.
func (d *DonchianBreakout) protect(ctx *Context, state *breakoutState) {
	p := ctx.Position()
	if free := p.Qty - p.Reserved; enough(ctx, free, ctx.Price()) {
		ctx.TrailingStop(free, d.distance(ctx, state))
	}
}

// distance of the stop from the best price, at least a tick.
func (d *DonchianBreakout) distance(ctx *Context, state *breakoutState) float64 {
	in := ctx.Instrument()
	return max(float64(d.Stop*state.ranges.Value()), in.PriceFloat(in.Tick))
}
