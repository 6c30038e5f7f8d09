package strategy

import (
	"fmt"

	"breakwater/exchange"
	"breakwater/strategy/indicator"
)

// SMACross follows trends: it enters with the run's size when the fast simple average of
// the close crosses above the slow one and exits when it crosses below. A crossing is
// two bars: clearly below at one and clearly above at the next; a bar on which both are
// equal makes none.
//
// It loses in markets that go sideways, a little and often: every swing that is about as
// long as the slow average is bought high and sold low, with fees and spread each time.
// It gives back the last part of every trend.
type SMACross struct {
	Fast int `param:"fast" default:"10" min:"1" max:"10000" unit:"bars" doc:"length of the fast average"`
	Slow int `param:"slow" default:"30" min:"2" max:"10000" unit:"bars" doc:"length of the slow average"`

	states series[crossState]
	desk   desk
}

type crossState struct {
	fast, slow *indicator.SMA
	side       int8 // of the fast average at the last bar: 1 above, -1 below, 0 equal or unknown
	short      bool // the last crossing was downward: what is held still has to be sold
}

// Validate wants the fast average to be the shorter.
func (s *SMACross) Validate() error {
	if s.Fast >= s.Slow {
		return fmt.Errorf("fast=%d is not below slow=%d; make fast shorter", s.Fast, s.Slow)
	}
	return nil
}

// WarmUp is the slow average's length: from then on a bar has an average before it.
func (s *SMACross) WarmUp() int { return s.Slow }

// OnStart looks for a position that a crossing during the pause should have sold.
func (s *SMACross) OnStart(ctx *Context) {
	for _, id := range ctx.Instruments() {
		if state := s.states.of(id); state.side < 0 {
			state.leave(ctx.On(id), &s.desk)
		}
	}
}

// OnBar enters and exits on crossings.
func (s *SMACross) OnBar(ctx *Context, bar Bar) {
	state, isNew := s.states.at(&bar)
	if isNew {
		state.fast, state.slow = indicator.NewSMA(s.Fast), indicator.NewSMA(s.Slow)
	} else if state == nil {
		return
	}
	fast, slow := state.fast.Update(bar.Close), state.slow.Update(bar.Close)
	if !state.slow.Ready() {
		return
	}
	last := state.side
	switch {
	case fast > slow:
		state.side = 1
	case fast < slow:
		state.side = -1
	default:
		state.side = 0
	}
	switch {
	case last < 0 && state.side > 0:
		state.short = false
		if !holding(ctx) && !s.desk.has(ctx, exchange.Buy) {
			ctx.Enter(1)
		}
	case last > 0 && state.side < 0:
		state.leave(ctx, &s.desk)
	case state.short:
		state.leave(ctx, &s.desk)
	}
}

// OnFill notices an entry that fills after the crossing that ended it.
func (s *SMACross) OnFill(ctx *Context, fill Fill) {
	if state := s.states.of(fill.Instrument); fill.Side == exchange.Buy && state.side < 0 {
		state.short = true
	}
}

// leave takes back an entry on its way and sells what is held. It is asked again at each
// bar until nothing is left, since a sale can be denied or cut short.
func (state *crossState) leave(ctx *Context, d *desk) {
	d.cancel(ctx, exchange.Buy)
	if state.short = holding(ctx); state.short {
		leave(ctx)
	}
}
