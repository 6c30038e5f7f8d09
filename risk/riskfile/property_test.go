package riskfile_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"breakwater/data"
	"breakwater/risk"
	"breakwater/risk/riskfile"
)

// Whatever numbers of a profile are made stricter, the file that says so is read as just
// that; one number made looser is refused by its name, but for profile research.
func TestEveryStricterFileIsReadAndNoLooserOne(t *testing.T) {
	account := riskfile.Account{Currency: "CAD", Decimals: data.AssetDecimals}
	rapid.Check(t, func(t *rapid.T) {
		profile := rapid.SampledFrom(risk.Profiles()).Draw(t, "profile")
		l, _ := risk.Profile(profile, unit)
		narrowed := false
		for i := range riskfile.Params {
			if rapid.Bool().Draw(t, "narrow") {
				_, ok := riskfile.Shift(t, i, &l, false)
				narrowed = narrowed || ok
			}
		}
		want := l
		if narrowed {
			want.Profile += ", risk.yaml"
		}
		f, err := riskfile.Read("risk.yaml", []byte(riskfile.FileText(profile, &l, "CAD", 4)), account)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, f.Limits); diff != "" {
			t.Fatal(diff)
		}
		base, _ := risk.Profile(profile, unit)
		title, ok := riskfile.Shift(t, rapid.IntRange(0, riskfile.Params-1).Draw(t, "looser"), &base, true)
		if !ok {
			return
		}
		_, err = riskfile.Read("risk.yaml", []byte(riskfile.FileText(profile, &base, "CAD", 4)), account)
		if refused := err != nil && strings.Contains(err.Error(), ": "+title+" ") && strings.Contains(err.Error(), " is looser than the "); refused == (profile == "research") {
			t.Fatalf("%s looser than in %s: %v", title, profile, err)
		}
	})
}
