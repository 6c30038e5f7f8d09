package strategy_test

import (
	"testing"

	"breakwater/exchange"
	"breakwater/sim"
	"breakwater/strategy"
)

// restarted replaces a strategy in the middle of its run by a new one that has seen
// nothing but its warm-up, as after a restart: position and open orders stay.
type restarted struct {
	strategy.Strategy
	fresh   func() strategy.Strategy
	at      exchange.Stamp
	done    bool
	history []strategy.Bar
	onTime  bool // the old one's timer is still to come
}

func (r *restarted) WarmUp() int { return r.Strategy.(strategy.WarmUpper).WarmUp() }

func (r *restarted) OnStart(ctx *strategy.Context) {
	if s, ok := r.Strategy.(strategy.Starter); ok {
		s.OnStart(ctx)
	}
}

func (r *restarted) OnBar(ctx *strategy.Context, bar strategy.Bar) {
	if ctx.Now() > r.at && !r.done {
		r.restart(ctx)
	}
	if !r.done {
		r.history = append(r.history, bar)
	}
	r.Strategy.OnBar(ctx, bar)
}

func (r *restarted) restart(ctx *strategy.Context) {
	r.done, r.onTime = true, true
	r.Strategy = r.fresh()
	catalog := exchange.NewCatalog()
	for _, id := range ctx.Instruments() {
		in := ctx.On(id).Instrument()
		if _, err := catalog.Add(exchange.Spec{Symbol: in.Symbol, PriceDecimals: in.PriceDecimals, LotDecimals: in.LotDecimals, Tick: in.Tick}); err != nil {
			panic(err)
		}
	}
	shut := strategy.Shut(catalog, ctx.Instruments())
	seen := make([]int, len(catalog.Instruments))
	from := len(r.history)
	for enough := 0; enough < len(seen) && from > 0; {
		from--
		if n := &seen[r.history[from].Instrument]; *n < r.WarmUp() {
			if *n++; *n == r.WarmUp() {
				enough++
			}
		}
		if r.WarmUp() == 0 {
			from, enough = len(r.history), len(seen)
		}
	}
	for _, bar := range r.history[from:] {
		shut.Focus(bar.Instrument)
		r.Strategy.OnBar(shut, bar)
	}
	r.OnStart(ctx)
}

func (r *restarted) OnFill(ctx *strategy.Context, fill strategy.Fill) {
	if s, ok := r.Strategy.(strategy.FillWatcher); ok {
		s.OnFill(ctx, fill)
	}
}

func (r *restarted) OnOrder(ctx *strategy.Context, update strategy.OrderUpdate) {
	if s, ok := r.Strategy.(strategy.OrderWatcher); ok {
		s.OnOrder(ctx, update)
	}
}

// OnTimer lets the old one's last timer pass by: a process that has ended waits for none.
func (r *restarted) OnTimer(ctx *strategy.Context, id int) {
	if r.onTime {
		r.onTime = false
		return
	}
	r.Strategy.(strategy.TimerWatcher).OnTimer(ctx, id)
}

// TestARestartChangesNoLaterDecision stops each built-in at several bars, starts a new one
// on its warm-up with the position and the orders as they are, and compares every later
// decision with those of the run that was never stopped.
func TestARestartChangesNoLaterDecision(t *testing.T) {
	for _, name := range sound() {
		t.Run(name, func(t *testing.T) {
			fresh := func() strategy.Strategy { return configured(t, name) }
			whole := run(t, fresh(), 2000, sim.DefaultModel())
			for _, k := range []int{400, 560, 733, 1200, 1483, 1777} {
				at := exchange.Seconds(1_600_000_000 / 3600 * 3600).Add(exchange.Stamp(k * 3600e9).Sub(0))
				again := run(t, &restarted{Strategy: fresh(), fresh: fresh, at: at}, 2000, sim.DefaultModel())
				if i, ok := equal(whole.decisions, again.decisions); !ok {
					t.Errorf("restarted at bar %d: decision %d is\n%v, without the restart\n%v", k, i, tail(again.decisions, i), tail(whole.decisions, i))
				}
			}
		})
	}
}

func equal(a, b []decision) (int, bool) {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i, false
		}
	}
	return min(len(a), len(b)), len(a) == len(b)
}

func tail(d []decision, i int) []decision { return d[i:min(len(d), i+3)] }
