package riskfile

import "breakwater/risk"

// Looser names the first number that is looser than another's; empty when none is.
func Looser(l, than *risk.Limits) string {
	for i := range params {
		if p := &params[i]; !p.fact && p.looser(p.of(l), p.of(than)) {
			return p.title()
		}
	}
	return ""
}
