package riskfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"breakwater/data"
	"breakwater/risk"
	"breakwater/risk/riskfile"
)

// Whatever a file holds, it is refused in one line or it is as strict as its profile.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.bad.yml"))
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, name := range risk.Profiles() {
		var b strings.Builder
		riskfile.Write(&b, name, "CAD", 4)
		f.Add([]byte(b.String()))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := riskfile.Read("risk.yaml", text, riskfile.Account{Decimals: data.AssetDecimals})
		if err != nil {
			var wrong *riskfile.Error
			if !errors.As(err, &wrong) || strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("%q is refused by %T: %q", text, err, err)
			}
			return
		}
		base, ok := risk.Profile(file.Profile, 10_000)
		if !ok {
			t.Fatalf("%q: profile %q", text, file.Profile)
		}
		if name := riskfile.Looser(&file.Limits, &base); base.NeedsArming && file.Currency == "CAD" && name != "" {
			t.Fatalf("%q: %s is looser than profile %s", text, name, file.Profile)
		}
		file.Rows()
	})
}
