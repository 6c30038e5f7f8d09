package main

import (
	"fmt"

	"breakwater/exchange"
	"breakwater/strategy"
	"breakwater/strategy/indicator"
)

// Dip buys after some falling closes in a row. What it buys gets a bracket: a stop below
// the entry and a target above it, both measured in average ranges.
type Dip struct {
	Falls  int     `param:"falls" default:"3" min:"1" max:"20" unit:"bars" doc:"falling closes in a row before it buys"`
	Range  int     `param:"range" default:"14" min:"2" max:"200" unit:"bars" doc:"length of the average range"`
	Stop   float64 `param:"stop" default:"2" min:"0.1" max:"20" unit:"ranges" doc:"distance of the stop"`
	Target float64 `param:"target" default:"3" min:"0.1" max:"20" unit:"ranges" doc:"distance of the target"`

	pairs map[exchange.InstrumentID]*pair
}

// pair is what Dip remembers of one instrument.
type pair struct {
	ranges *indicator.SMA
	close  float64
	falls  int
}

// Validate is asked once all parameters are set.
func (d *Dip) Validate() error {
	if d.Target < d.Stop {
		return fmt.Errorf("target=%v is nearer than stop=%v; risk no more than you can win", d.Target, d.Stop)
	}
	return nil
}

// WarmUp is how many bars of each instrument it must see before it may act.
func (d *Dip) WarmUp() int { return max(d.Range, d.Falls+1) }

// OnBar counts falls and buys.
func (d *Dip) OnBar(ctx *strategy.Context, bar strategy.Bar) {
	p := d.pairs[bar.Instrument]
	if p == nil {
		if d.pairs == nil {
			d.pairs = map[exchange.InstrumentID]*pair{}
		}
		p = &pair{ranges: indicator.NewSMA(d.Range)}
		d.pairs[bar.Instrument] = p
	}
	p.ranges.Update(bar.High - bar.Low)
	if bar.Close < p.close {
		p.falls++
	} else {
		p.falls = 0
	}
	p.close = bar.Close
	if p.falls == d.Falls && p.ranges.Ready() && ctx.Position().Flat() {
		ctx.Target(0.9 / float64(len(ctx.Instruments())))
	}
}

// OnFill protects what was bought, from the moment of the fill.
func (d *Dip) OnFill(ctx *strategy.Context, fill strategy.Fill) {
	if fill.Side == exchange.Buy {
		wide := d.pairs[fill.Instrument].ranges.Value()
		ctx.Bracket(fill.Price-float64(d.Stop*wide), fill.Price+float64(d.Target*wide))
	}
}
