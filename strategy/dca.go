package strategy

import "time"

// DCA buys for the same amount at fixed times and never sells: dollar-cost averaging. The
// times are whole intervals since 1970-01-01 00:00 UTC plus the offset (a Thursday:
// every=7d offset=4d is Monday), so a restart neither doubles nor moves a purchase.
//
// It loses what the market loses on what is bought so far. It lags a market that only
// rises, since cash waits, and it has no exit. A purchase that is denied, or that the
// cash no longer covers, is left out, not made up for.
type DCA struct {
	Every  time.Duration `param:"every" default:"7d" min:"1m" max:"52w" doc:"time between purchases"`
	Offset time.Duration `param:"offset" default:"0s" min:"0s" max:"52w" doc:"moves the purchases by so much"`
	Amount float64       `param:"amount" default:"100" min:"0.01" max:"1e9" unit:"of the quote asset" doc:"spent on each instrument each time, fee not included"`
}

// WarmUp is 0: nothing is computed.
func (d *DCA) WarmUp() int { return 0 }

// OnStart sets the timer for the first purchase.
func (d *DCA) OnStart(ctx *Context) { d.wait(ctx) }

// OnBar does nothing: only time decides.
func (d *DCA) OnBar(*Context, Bar) {}

// OnTimer buys and waits for the next time.
func (d *DCA) OnTimer(ctx *Context, _ int) {
	d.wait(ctx)
	for _, id := range ctx.Instruments() {
		on := ctx.On(id)
		if price := on.Price(); price > 0 && cashPart*on.Spendable() >= d.Amount && enough(on, d.Amount/price, price) {
			on.Buy(d.Amount / price)
		}
	}
}

func (d *DCA) wait(ctx *Context) {
	past := (time.Duration(ctx.Now()) - d.Offset) % d.Every
	if past < 0 {
		past += d.Every
	}
	ctx.After(d.Every-past, 0)
}
