package reports

import (
	"testing"

	"breakwater/risk"
)

func TestReasonsAreToldInWordsAndUnits(t *testing.T) {
	for want, r := range map[string]risk.Reason{
		"notional 1,200.5, limit 25":                          {Fields: [3]risk.Field{{Key: "notional", Value: 12_005_000, Decimals: 4}, {Key: "limit", Value: 250_000, Decimals: 4}}},
		"price 41,231.3, ref 42,332, limit 2" + noBreak + "%": {Fields: [3]risk.Field{{Key: "price", Value: 412_313, Decimals: 1}, {Key: "ref", Value: 42_332}, {Key: "limit-ppm", Value: 20_000}}},
		"market: age 1m5s, limit 10s":                         {Text: "market", Fields: [3]risk.Field{{Key: "age-ms", Value: 65_000}, {Key: "limit-ms", Value: 10_000}}},
		"the signal is old: age 20m0s":                        {Text: "the signal is old", Fields: [3]risk.Field{{Key: "age-s", Value: 1200}}},
		"it had set REDUCE_ONLY":                              {Text: "REDUCE_ONLY"},
	} {
		if got := reasonText(&r); got != want {
			t.Errorf("%s is told as %q; want %q", r.String(), got, want)
		}
	}
}
