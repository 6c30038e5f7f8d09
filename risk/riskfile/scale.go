package riskfile

import (
	"slices"

	"breakwater/exchange/money"
	"breakwater/risk"
)

// Scaled is limits that dare num/den as much: sizes, counts, rates and losses are
// multiplied, counts to at least 1, shares of equity that are kept or given out to at most
// all of it. What guards against bad data, a bad link or a bad venue stays, and so does a
// limit that does not bind, is as wide as that of profile research, or is 0.
func Scaled(l risk.Limits, num, den int64) risk.Limits {
	wide := risk.Research()
	for i := range params {
		p := &params[i]
		if v := p.of(&l); p.scaled && v != p.none() && v != p.of(&wide) && v != 0 {
			p.set(&l, p.scale(v, num, den))
		}
	}
	l.Modes, l.Ramp = slices.Clone(l.Modes), slices.Clone(l.Ramp)
	var sum int64
	for _, m := range l.Modes {
		sum += scaled(m.SharePPM, num, den)
	}
	for i := range l.Modes {
		m := &l.Modes[i]
		m.SharePPM = scaled(m.SharePPM, num, den)
		if sum > money.PPM { // they share one whole
			m.SharePPM = scaled(m.SharePPM, money.PPM, sum)
		}
		m.Count, m.Notional = max(scaled(m.Count, num, den), min(m.Count, 1)), money.Amount(scaled(int64(m.Notional), num, den))
	}
	for i := range l.Ramp {
		s := &l.Ramp[i]
		s.Position, s.DailyLoss = money.Amount(scaled(int64(s.Position), num, den)), money.Amount(scaled(int64(s.DailyLoss), num, den))
	}
	return l
}

func (p *param) scale(v, num, den int64) int64 {
	w := scaled(v, num, den)
	switch p.kind {
	case count:
		return max(w, 1)
	case reserve:
		return min(w, money.PPM)
	case share:
		if p.most == 0 && v <= money.PPM {
			return min(w, money.PPM)
		}
	}
	return w
}

// scaled rounds towards zero; what does not fit is the largest limit that binds.
func scaled(v, num, den int64) int64 {
	w, ok := money.MulDiv(v, num, den, money.Down)
	if !ok {
		return risk.Unlimited - 1
	}
	return w
}
