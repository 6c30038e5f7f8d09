package risk_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"breakwater/risk"
	"breakwater/risk/riskfile"
)

var update = flag.Bool("update", false, "write the tables of docs/risk.md anew")

func TestPageHoldsTheTablesOfTheCode(t *testing.T) {
	path := filepath.Join("..", "docs", "risk.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	var controls strings.Builder
	if err := risk.WriteTable(&controls); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"controls": controls.String(), "profiles": profiles(t)} {
		begin, end := "<!-- "+name+": written by `go test ./risk -update` -->\n", "<!-- end of "+name+" -->"
		before, rest, ok := strings.Cut(page, begin)
		have, after, closed := strings.Cut(rest, end)
		switch {
		case !ok || !closed:
			t.Fatalf("docs/risk.md has no place for the table of %s", name)
		case have == want:
		case *update:
			page = before + begin + want + end + after
		default:
			t.Errorf("the table of %s in docs/risk.md is old; go test ./risk -update writes it anew: commit it, too", name)
		}
	}
	if page != string(text) {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// profiles is the numbers of every profile as Markdown: those of the two that all others
// lie between, then what the others change.
func profiles(t *testing.T) string {
	const decimals = 4
	rows := map[string][]riskfile.Row{}
	for _, name := range risk.Profiles() {
		l, ok := risk.Profile(name, 10_000)
		if !ok {
			t.Fatalf("no profile %s", name)
		}
		rows[name] = riskfile.Rows(&l, "CAD", decimals, name)
	}
	part := func(r *riskfile.Row) string {
		if r.Parameter == "" {
			return "`" + r.Control + "`"
		}
		return "`" + r.Control + "` " + r.Parameter
	}
	value := func(r *riskfile.Row) string { return strings.ReplaceAll(r.Value, " CAD", "") }
	var b strings.Builder
	b.WriteString("| number | meaning | research | live |\n|---|---|---|---|\n")
	live := map[string]string{}
	for i := range rows["live"] {
		r, wide := &rows["live"][i], &rows["research"][i]
		if part(r) != part(wide) {
			t.Fatalf("row %d: %s and %s", i, part(r), part(wide))
		}
		live[part(r)] = value(r)
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", part(r), r.Meaning, value(wide), value(r))
	}
	b.WriteString("\n| profile | number | in place of live's |\n|---|---|---|\n")
	for _, name := range risk.Profiles()[2:] {
		same := true
		for i := range rows[name] {
			if r := &rows[name][i]; live[part(r)] != value(r) {
				fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, part(r), value(r))
				same = false
			}
		}
		if same {
			fmt.Fprintf(&b, "| `%s` | – | all as live |\n", name)
		}
	}
	return b.String()
}
