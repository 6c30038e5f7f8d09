package chaos

import (
	"slices"
	"time"
)

// Shrink finds a smaller plan that still fails: it drops rules, then halves their times,
// counts and sizes, until nothing smaller fails any more. fails is asked for plans that
// pass Check only, and must be deterministic. A plan that does not fail comes back as it is.
func Shrink(p Plan, fails func(Plan) bool) Plan {
	p = Plan{slices.Clone(p.Rules)}
	if !fails(p) {
		return p
	}
	try := func(rules []Rule) bool {
		q := Plan{rules}
		if q.Check() != nil || !fails(q) {
			return false
		}
		p = q
		return true
	}
	for {
		before := Plan{slices.Clone(p.Rules)}
		dropRules(&p, try)
		for i := range p.Rules {
			for _, smaller := range smaller {
				for {
					r := p.Rules[i]
					if smaller(&r); r == p.Rules[i] {
						break
					}
					rules := slices.Clone(p.Rules)
					if rules[i] = r; !try(rules) {
						break
					}
				}
			}
		}
		if p.Equal(before) {
			return p
		}
	}
}

// dropRules leaves out half of the rules, then a quarter, down to single ones.
func dropRules(p *Plan, try func([]Rule) bool) {
	for size := (len(p.Rules) + 1) / 2; size > 0; size /= 2 {
		for from := 0; from < len(p.Rules); {
			to := min(from+size, len(p.Rules))
			if !try(slices.Delete(slices.Clone(p.Rules), from, to)) {
				from = to
			}
		}
	}
}

// smaller are the steps that make a rule smaller; each leaves it as it is at its end.
var smaller = []func(*Rule){
	func(r *Rule) { r.At = halfSpan(r.At, 0) },
	func(r *Rule) { r.For = halfSpan(r.For, time.Second) },
	func(r *Rule) { r.By = halfSpan(r.By, time.Second) },
	func(r *Rule) { r.RestartAfter = halfSpan(r.RestartAfter, 0) },
	func(r *Rule) {
		least := 0
		if r.For > 0 {
			least = 1 // none would mean as often as it comes
		}
		if r.Times = half(r.Times, least); r.Times <= 1 {
			r.Every = 0
		}
	},
	func(r *Rule) { r.Nth = half(r.Nth, 0) },
	func(r *Rule) { r.Count = half(r.Count, 1) },
	func(r *Rule) { r.PPM = half(r.PPM, 1000) },
	func(r *Rule) { r.Amount = half(r.Amount, 1) },
	func(r *Rule) { r.Factor = half(r.Factor, 1_100_000) },
}

// half is nearer to zero, and not below least; what is there already stays.
func half[T int | int64](v, least T) T {
	if v >= -least && v <= least {
		return v
	}
	if v < 0 {
		return min(v/2, -least)
	}
	return max(v/2, least)
}

// halfSpan is half of a time, on the second while it is longer.
func halfSpan(d, least time.Duration) time.Duration {
	switch {
	case d < 0:
		return -halfSpan(-d, least)
	case d <= least:
		return d
	case d/2 >= time.Second:
		return max(least, (d / 2).Truncate(time.Second))
	case d > time.Second:
		return max(least, time.Second)
	}
	return least
}
