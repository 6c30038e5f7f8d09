package strategy

import (
	"fmt"

	"breakwater/exchange"
	"breakwater/strategy/indicator"
)

// RSIReversion buys weakness: it takes a position when the relative strength index falls
// through the oversold level and sells when the index is back at the exit level. The
// position is a target weight of what the strategy has, split between its instruments.
//
// It loses in a market that falls and keeps falling: the index recovers while the price
// does not, and the next dip is bought again. It has no stop; drawdowns are as deep as
// the fall.
type RSIReversion struct {
	Period   int     `param:"period" default:"14" min:"2" max:"1000" unit:"bars" doc:"length of the index"`
	Oversold float64 `param:"oversold" default:"30" min:"1" max:"99" doc:"the index at which to buy"`
	Exit     float64 `param:"exit" default:"55" min:"1" max:"99" doc:"the index at which to sell"`
	Weight   float64 `param:"weight" default:"0.95" min:"0.01" max:"0.98" doc:"part of what the strategy has to invest"`

	states series[rsiState]
	desk   desk
}

type rsiState struct {
	rsi  *indicator.RSI
	last float64 // the index at the last bar; 0 before
}

// wilderMemory is how many periods of bars an indicator with Wilder's smoothing needs
// until less than 1/20,000 of where it started is left in it.
const wilderMemory = 10

// Validate wants the exit above the entry.
func (r *RSIReversion) Validate() error {
	if r.Exit <= r.Oversold {
		return fmt.Errorf("exit=%v is not above oversold=%v; sell at a higher index than you buy", r.Exit, r.Oversold)
	}
	return nil
}

// WarmUp is what the index needs to forget where it started.
func (r *RSIReversion) WarmUp() int { return wilderMemory * r.Period }

// OnBar buys dips and sells recoveries.
func (r *RSIReversion) OnBar(ctx *Context, bar Bar) {
	state, isNew := r.states.at(&bar)
	if isNew {
		state.rsi = indicator.NewRSI(r.Period)
	} else if state == nil {
		return
	}
	value := state.rsi.Update(bar.Close)
	last := state.last
	if state.last = value; !state.rsi.Ready() {
		return
	}
	switch {
	case value >= r.Exit:
		r.desk.cancel(ctx, exchange.Buy)
		if holding(ctx) {
			leave(ctx)
		}
	case last >= r.Oversold && value < r.Oversold && !holding(ctx) && !r.desk.has(ctx, exchange.Buy):
		want := r.Weight * r.desk.budget(ctx) / bar.Close
		if qty := affordable(ctx, want, bar.Close); qty > 0 {
			ctx.Buy(qty)
		}
	}
}
