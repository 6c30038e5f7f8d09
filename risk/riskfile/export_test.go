package riskfile

import (
	"pgregory.net/rapid"

	"breakwater/exchange/money"
	"breakwater/risk"
)

// FileText is a complete file of limits.
var FileText = fileText

// Looser names the first number that is looser than another's; empty when none is.
func Looser(l, than *risk.Limits) string {
	for i := range params {
		if p := &params[i]; !p.fact && p.looser(p.of(l), p.of(than)) {
			return p.title()
		}
	}
	return ""
}

// Params is how many numbers there are.
var Params = len(params)

// Shift draws another value of the i-th number that a file can write, stricter than it is
// or, with loose set, looser; ok is false where there is none.
func Shift(t *rapid.T, i int, l *risk.Limits, loose bool) (title string, ok bool) {
	p := &params[i]
	v, step := p.of(l), int64(1)
	if p.fact {
		return "", false
	}
	if p.kind == span {
		step = 1_000_000
	}
	up := loose != p.least
	low, high := int64(0), v
	if up {
		low, high = v, p.highest()
	}
	if p.kind != toggle && up && v == p.none() && !p.zeroOff || low >= high {
		return "", false
	}
	w := rapid.Int64Range(low/step, min(high, p.highest())/step).Draw(t, p.title()) * step
	if p.kind == toggle {
		w = 1 - v
	}
	if w == v || p.looser(w, v) != loose {
		return "", false
	}
	p.set(l, w)
	return p.title(), true
}

// highest is the largest value that a file can write.
func (p *param) highest() int64 {
	switch p.kind {
	case amount:
		return largestAmount
	case share:
		return max(p.most, money.PPM)
	case reserve:
		return money.PPM
	case span:
		return int64(longest)
	case toggle:
		return 1
	}
	return 1<<31 - 1
}
