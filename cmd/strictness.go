package cmd

import (
	"context"
	"fmt"
	"reflect"

	"github.com/spf13/pflag"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/reports"
	"breakwater/risk"
	"breakwater/risk/riskfile"
	"breakwater/strategy/engine"
)

// A run on more bars is repeated under other limits only when asked: three more of these
// take longer than a person likes to wait.
const strictnessBars = 300_000

// givenLimits names the run itself among those under other limits.
const givenLimits = "as given"

// planStrictness decides whether the run is compared with runs under other limits.
func (s *settings) planStrictness(f *pflag.FlagSet, p *plan) error {
	limited := !reflect.DeepEqual(p.limits, risk.Research())
	switch {
	case f.Changed("strictness") && s.strictness && !limited:
		return usagef("--strictness compares limits and there are none; give some with --profile, --risk or --limit")
	case f.Changed("strictness"):
		p.strictness = s.strictness
	default:
		p.strictness = limited && (s.riskFile != "" || f.Changed("profile"))
	}
	return nil
}

// compare runs the plan again without limits, with twice and with half of them.
func (a *app) compare(ctx context.Context, s *settings, p *plan, r *reports.Run, given reports.Strictness) error {
	m := &r.Meta
	if r.Bars >= strictnessBars && !s.strictness {
		m.StrictnessNote = fmt.Sprintf("not run at other levels of strictness: %d bars are many; --strictness does it", r.Bars)
		return nil
	}
	for _, level := range []struct {
		name   string
		limits risk.Limits
	}{
		{"none", risk.Research()}, {"× 2", riskfile.Scaled(p.limits, 2, 1)}, {givenLimits, p.limits}, {"× 1/2", riskfile.Scaled(p.limits, 1, 2)},
	} {
		if level.name == givenLimits {
			m.Strictness = append(m.Strictness, given)
			continue
		}
		other := *p
		other.limits = level.limits
		tally := reports.NewTally(level.name, p.cash)
		progress, done := a.progress(s, "again, limits "+level.name)
		_, err := other.run(ctx, watchers{recorder: tally, observer: tally, progress: progress})
		done()
		if err != nil {
			return err
		}
		m.Strictness = append(m.Strictness, tally.Finish())
	}
	return nil
}

// observers are several who look on at a run.
type observers []engine.Observer

func (o observers) Mark(ev *exchange.Event, equity, exposed money.Amount) {
	for _, each := range o {
		each.Mark(ev, equity, exposed)
	}
}

func (o observers) Closed(equity, exposed money.Amount) {
	for _, each := range o {
		each.Closed(equity, exposed)
	}
}
