package engine_test

import (
	"testing"

	"breakwater/exchange"
	"breakwater/strategy"
	"breakwater/strategy/engine"
)

func TestAllTheMoneyInAnotherCurrencyCanBeInvested(t *testing.T) {
	for _, rate := range []float64{1.3333, 0.7501, 7.77, 43_974.79740208} {
		s := &script{bars: on{2: func(c *strategy.Context, _ strategy.Bar) { c.Enter(1) }}}
		r := &rig{
			series: map[string]string{"XBT/CAD_60": hours(flat(4, rate)...), "ETH/XBT_60": hours(flat(4, 0.05)...)},
			cash:   map[string]float64{"XBT": 0.98765432}, slots: []engine.Slot{{Name: "x", Strategy: s, Instruments: []exchange.InstrumentID{1}}},
		}
		r.run(t)
		if r.have("ETH") == 0 {
			t.Errorf("rate %v: %v", rate, r.log.lines)
		}
	}
}
