package krakend

import (
	"time"

	"breakwater/exchange"
)

// charge counts a call against the key's REST counter. A refused call keeps the counter at
// its top ("Kraken spot API reference", section 4.1).
func (c *core) charge(k *apiKey, cost float64) error {
	if k.account.Unlimited || cost == 0 {
		return nil
	}
	l := k.account.limits
	if k.counter.level(c.now, l.restDecay)+cost > l.restMax {
		k.counter.value = l.restMax
		return errRateLimit
	}
	k.counter.value += cost
	return nil
}

// penalty is a row of the engine limiter's table: what an action costs on an order younger
// than ages[i]. Age counts from the order's creation or last change.
type penalty [6]float64

var (
	penaltyAges   = [6]time.Duration{5 * time.Second, 10 * time.Second, 15 * time.Second, 45 * time.Second, 90 * time.Second, 300 * time.Second}
	amendPenalty  = penalty{3, 2, 1}
	editPenalty   = penalty{6, 5, 4, 2, 1}
	cancelPenalty = penalty{8, 6, 5, 4, 2, 1}
)

func (p *penalty) of(age time.Duration) float64 {
	for i, limit := range penaltyAges {
		if age < limit {
			return p[i]
		}
	}
	return 0
}

// engine counts an action on a pair against the account's engine counter. always lets it
// through over the threshold, as batch cancels go.
func (c *core) engine(a *account, i exchange.InstrumentID, points float64, always bool) error {
	if a.Unlimited {
		return nil
	}
	n := &a.engine[i]
	level := n.level(c.now, a.limits.engineDecay)
	if !always && level+points > a.limits.engineMax {
		return errEngineLimit
	}
	n.value += points
	return nil
}
