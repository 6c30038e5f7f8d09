package engine_test

import (
	"fmt"
	"testing"

	"breakwater/exchange"
	"breakwater/risk"
	"breakwater/sim"
	"breakwater/strategy"
	"breakwater/strategy/engine"
)

// held are limits that let no market order out, with a collar of 2 %.
func held() risk.Limits {
	l := risk.Research()
	l.Profile, l.AllowMarket, l.CollarPPM, l.CollarCapPPM = "held", false, 20_000, 50_000
	return l
}

func TestMarketOrdersBecomeLimitsInsideTheCollar(t *testing.T) {
	r := one(&script{bars: on{
		1: func(c *strategy.Context, _ strategy.Bar) { c.Enter(1) },
		3: func(c *strategy.Context, _ strategy.Bar) { c.Exit() },
	}}, hours(flat(6, 100)...))
	r.limits, r.fees = held(), sim.FixedFees(2500, 4000)
	r.run(t)
	// 10,000 CAD less the worst fee of 0.8 %, at 101.6: 97.64… coins, filled at the open
	r.log.has(t, "#1 buy limit 9764404429 @10160000000", "#1 fill buy 9764404429 @10000000000", "#2 sell limit 9764404429 @9840000000", "#2 fill sell 9764404429")
	if r.log.count("denied") != 0 {
		t.Errorf("%v", r.log.lines)
	}
}

func TestALimitThatCannotFillInsideTheCollarIsTakenBack(t *testing.T) {
	bars := append(flat(1, 100), [4]float64{110, 110, 110, 110})
	r := one(&script{bars: on{1: func(c *strategy.Context, _ strategy.Bar) { c.Buy(1) }}}, hours(append(bars, flat(2, 110)...)...))
	r.limits = held()
	r.run(t)
	r.log.has(t, "#1 buy limit", "#1 is cancelled")
	if r.log.count("fill") != 0 {
		t.Errorf("filled beyond the collar: %v", r.log.lines)
	}
}

// A strategy that asks for its exit again before the first one has filled has one exit, which
// it does not take back itself.
func TestAnExitThatIsOnItsWayIsNotTakenBackByASecond(t *testing.T) {
	again := func(c *strategy.Context, _ strategy.Bar) { c.Exit(); c.Exit() }
	r := one(&script{bars: on{1: func(c *strategy.Context, _ strategy.Bar) { c.Enter(1) }, 3: again}}, hours(flat(6, 100)...))
	r.limits = held()
	r.run(t)
	if r.log.count("sell limit") != 1 || r.log.count("cancel") != 0 || r.have("XBT") != 0 {
		t.Errorf("%v", r.log.lines)
	}
}

// commanded is a feed in which the operator says something before a bar.
type commanded struct {
	exchange.Feed
	at   int
	code exchange.Code
	n    int
}

func (c *commanded) Next(ev *exchange.Event) error {
	err := c.Feed.Next(ev)
	if err == nil && ev.Kind == exchange.KindOpen {
		if c.n++; c.n == c.at {
			*ev = exchange.Event{Kind: exchange.KindOperator, Time: ev.Time, Received: ev.Time, Code: c.code, Instrument: exchange.None, Detail: &exchange.Detail{Text: "the owner wants it"}}
		}
	}
	return err
}

func TestFlattenSellsInSlicesAndKeepsTheStrategyOut(t *testing.T) {
	s := &script{bars: on{1: func(c *strategy.Context, _ strategy.Bar) { c.Buy(90) }}}
	for i := 4; i < 9; i++ {
		s.bars[i] = func(c *strategy.Context, _ strategy.Bar) {
			if c.Buy(1) != 0 {
				t.Error("a strategy bought while everything is being sold")
			}
		}
	}
	r := one(s, rowsOf(60, 400, flat(9, 100)...)) // slices of a tenth: 40
	r.limits = held()
	r.wrap = func(f exchange.Feed) exchange.Feed { return &commanded{Feed: f, at: 4, code: exchange.CodeFlatten} }
	r.run(t)
	if got := r.have("XBT"); got != 0 {
		t.Errorf("%d are left\n%v", got, r.log.lines)
	}
	if n := r.log.count("sell limit"); n < 3 {
		t.Errorf("sold in %d slices\n%v", n, r.log.lines)
	}
}

func TestAKillStopsTheRunsOrdersForGood(t *testing.T) {
	s := &script{bars: on{1: func(c *strategy.Context, _ strategy.Bar) { c.Buy(1); c.BuyLimit(1, 50) }}}
	for i := 4; i < 9; i++ {
		s.bars[i] = func(c *strategy.Context, _ strategy.Bar) { c.Sell(0.1) }
	}
	r := one(s, hours(flat(9, 100)...))
	r.wrap = func(f exchange.Feed) exchange.Feed { return &commanded{Feed: f, at: 4, code: exchange.CodeKill} }
	r.run(t)
	r.log.has(t, "level KILLED the owner wants it", "#2 cancel", "#2 is cancelled", "denied kill-command")
	if r.log.count("fill sell") != 0 || r.guard.Level() != risk.Killed {
		t.Errorf("%v", r.log.lines)
	}
}

// Together the strategies sell a tenth of a bar's volume, whatever else they wanted.
func TestFlattenSharesATenthOfTheVolumeAmongStrategies(t *testing.T) {
	var slots []engine.Slot
	for range 2 {
		s := &script{bars: on{1: func(c *strategy.Context, _ strategy.Bar) { c.Buy(45); c.Bracket(50, 200) }}}
		for i := 4; i < 12; i++ {
			s.bars[i] = func(c *strategy.Context, _ strategy.Bar) { c.Bracket(60, 101); c.Exit() } // the stop would hold the coins, the rest would sell them at once
		}
		slots = append(slots, engine.Slot{Strategy: s, SharePPM: 500_000})
	}
	r := one(nil, rowsOf(60, 400, flat(12, 100)...))
	r.slots, r.limits = slots, held()
	r.wrap = func(f exchange.Feed) exchange.Feed { return &commanded{Feed: f, at: 4, code: exchange.CodeFlatten} }
	r.run(t)
	if got := r.have("XBT"); got != 0 {
		t.Errorf("%d are left\n%v", got, r.log.lines)
	}
	sold := map[string]int{}
	for _, l := range r.log.lines {
		var at, id, side string
		var qty int
		if n, _ := fmt.Sscanf(l, "%s %s fill %s %d", &at, &id, &side, &qty); n == 4 && side == "sell" {
			sold[at] += qty
		}
	}
	for at, qty := range sold {
		if qty > 40_00000000 {
			t.Errorf("at %s %d lots were sold, more than a tenth of the bar's 400", at, qty)
		}
	}
	if len(sold) < 3 || r.log.count("for flatten") < 3 {
		t.Errorf("sold %v\n%v", sold, r.log.lines)
	}
}
