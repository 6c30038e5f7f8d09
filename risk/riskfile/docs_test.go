package riskfile_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"breakwater/data"
	"breakwater/risk/riskfile"
)

var update = flag.Bool("update", false, "write the table of keys in docs/limits.md anew")

func TestPageListsEveryKey(t *testing.T) {
	const begin, end = "<!-- keys: written by `go test ./risk/riskfile -update` -->\n", "<!-- end -->"
	path := filepath.Join("..", "..", "docs", "limits.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), begin)
	have, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatal("docs/limits.md has no place for the table of keys")
	}
	var want strings.Builder
	if err := riskfile.WriteKeys(&want); err != nil {
		t.Fatal(err)
	}
	switch {
	case have == want.String():
	case *update:
		if err := os.WriteFile(path, []byte(before+begin+want.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Error("the table of keys in docs/limits.md is old; go test ./risk/riskfile -update writes it anew")
	}
}

func TestExamplesAreGood(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "examples", "risk*.yaml"))
	if err != nil || len(files) != 3 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := riskfile.Read(filepath.Base(path), text, riskfile.Account{Decimals: data.AssetDecimals})
		if err != nil || len(f.Notes) > 0 || !strings.HasSuffix(f.Limits.Profile, filepath.Base(path)) {
			t.Errorf("%s: %v, notes %q, profile %q", path, err, f.Notes, f.Limits.Profile)
		}
	}
}
