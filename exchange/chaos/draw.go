package chaos

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Draw makes up a plan of n rules out of verbs, all within the bounds. The same generator
// state gives the same plan. It passes Check and CheckWithin.
func Draw(rng *rand.Rand, verbs []Verb, n int, b Bounds) Plan {
	var p Plan
	for len(p.Rules) < n {
		r := drawRule(rng, verbs[rng.IntN(len(verbs))], b)
		if r.check() == nil {
			p.Rules = append(p.Rules, r)
		}
	}
	if err := p.CheckWithin(b); err != nil {
		panic("BUG: a drawn plan is out of its bounds: " + err.Error())
	}
	return p
}

func drawRule(rng *rand.Rand, v Verb, b Bounds) Rule {
	s := &specs[v]
	r := Rule{Do: v, At: drawSpan(rng, b.Duration)}
	if known := s.on.known(); known != nil && rng.IntN(3) > 0 {
		r.On = known[rng.IntN(len(known))]
	}
	if rng.IntN(4) == 0 {
		r.After, r.Nth = Points[rng.IntN(len(Points))], 1+rng.IntN(9)
	}
	for _, key := range strings.Fields(s.needs) {
		drawArgument(rng, &r, key, b)
	}
	for _, key := range strings.Fields(s.takes) {
		if rng.IntN(2) == 0 {
			drawArgument(rng, &r, key, b)
		}
	}
	switch s.shape {
	case Hits:
		if rng.IntN(2) == 0 {
			r.Times = 1 + rng.IntN(5)
		} else {
			r.For = time.Second + drawSpan(rng, 2*time.Minute)
		}
	case Holds: // mostly short: what never ends is one fault only
		if rng.IntN(8) > 0 {
			r.For = time.Second + drawSpan(rng, min(b.Duration, 30*time.Minute))
		}
	case Acts:
		if rng.IntN(4) == 0 {
			r.Times, r.Every = 2+rng.IntN(4), time.Second+drawSpan(rng, 10*time.Minute)
		}
	}
	return r
}

// drawSpan is below most, often round.
func drawSpan(rng *rand.Rand, most time.Duration) time.Duration {
	d := time.Duration(rng.Int64N(int64(most)))
	for _, unit := range []time.Duration{time.Millisecond, time.Second, time.Minute} {
		if rng.IntN(3) > 0 {
			d = d.Truncate(unit)
		}
	}
	return d
}

func drawArgument(rng *rand.Rand, r *Rule, key string, b Bounds) {
	switch key {
	case "pair":
		if len(b.Pairs) > 0 {
			r.Pair = b.Pairs[rng.IntN(len(b.Pairs))]
		}
	case "asset":
		if len(b.Assets) > 0 {
			r.Asset = b.Assets[rng.IntN(len(b.Assets))]
		}
	case "side":
		r.Side = exchange.Side(rng.IntN(2))
	case "pct":
		if r.PPM = 100 * (1 + rng.Int64N(9000)); rng.IntN(2) == 0 && r.Do != Widen && r.Do != DrainBook {
			r.PPM = -r.PPM
		}
	case "amount":
		r.Amount = 1 + rng.Int64N(100*money.Pow10[Scale])
	case "price":
		r.Price = 1 + rng.Int64N(1000*money.Pow10[Scale])
	case "factor":
		r.Factor = 10_000 * (10 + rng.Int64N(1000))
	case "by":
		if r.By = time.Millisecond + drawSpan(rng, time.Minute); rng.IntN(2) == 0 && r.Do.Family() == Clock {
			r.By = -r.By
		}
	case "count":
		r.Count = 1 + rng.IntN(50)
	case "code":
		r.Code = []string{"EService:Unavailable", "EService:Busy", "EGeneral:Internal error", "EAPI:Rate limit exceeded", "EOrder:Insufficient funds"}[rng.IntN(5)]
	case "key":
		r.Key = "drawdown"
	case "value":
		r.Value = drawValue(rng, r.Do)
	case "slot":
		if b.Slots > 0 {
			r.Slot = 1 + rng.IntN(b.Slots)
		}
	case "restart-after":
		r.RestartAfter = drawSpan(rng, time.Minute)
	default:
		panic("BUG: nothing to draw for " + key)
	}
}

func drawValue(rng *rand.Rand, v Verb) string {
	switch v {
	case SetStatus:
		all := append(modes[:len(modes):len(modes)], advices...)
		return all[rng.IntN(len(all))]
	case Withdraw, Credit:
		return rows[rng.IntN(len(rows))]
	case DropPerm:
		return []string{"query-funds", "query-open-trades", "modify-trades"}[rng.IntN(3)]
	case AddPerm:
		return []string{"withdraw-funds", "earn-funds", "export-data"}[rng.IntN(3)]
	}
	return fmt.Sprintf("%d%%", 1+rng.IntN(90))
}
