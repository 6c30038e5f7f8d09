package strategy

import "breakwater/exchange"

// BuyAndHold buys each of its instruments at the first bar and never sells: the yardstick
// for every other strategy. The run's cash is split evenly between instruments of one
// quote asset; a fixed --size is bought of each.
//
// It loses what the market loses, all of every drawdown included, and it has no exit.
type BuyAndHold struct {
	Weight float64 `param:"weight" default:"1" min:"0.01" max:"1" doc:"part of the run's size to buy"`

	states series[holdState]
	desk   desk
}

type holdState struct{ tries int }

// holdTries bounds the orders of an instrument that the venue or the guard keeps
// refusing: it is no use to ask at every bar for years.
const holdTries = 5

// WarmUp is 0: nothing is computed.
func (b *BuyAndHold) WarmUp() int { return 0 }

// OnBar buys what is not held yet, one order at a time.
func (b *BuyAndHold) OnBar(ctx *Context, bar Bar) {
	s, _ := b.states.at(&bar)
	if s == nil || s.tries >= holdTries {
		return
	}
	switch {
	case holding(ctx):
		s.tries = holdTries // bought, now or before a restart
	case b.desk.has(ctx, exchange.Buy): // on its way
	default:
		if ctx.Enter(float64(b.Weight*b.share(ctx))) != 0 {
			b.states.of(bar.Instrument).tries++
		}
	}
}

// share is one part of the instruments that have yet to be bought with the same quote
// asset, this one included; 1 where the size is a fixed quantity.
func (b *BuyAndHold) share(ctx *Context) float64 {
	if ctx.Size().Units > 0 {
		return 1
	}
	this, waiting := ctx.Instrument(), 1
	for _, id := range ctx.Instruments() {
		other := ctx.On(id)
		if id != this.ID && other.Instrument().Quote == this.Quote && !holding(other) && b.states.of(id).tries == 0 {
			waiting++
		}
	}
	return 1 / float64(waiting)
}
