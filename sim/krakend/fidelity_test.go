package krakend

import (
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/fidelity.md anew")

// behaviour is something that Kraken does, and what shows that the venue does it.
type behaviour struct {
	section, state, text, test string
}

// missing are the behaviours of the reference that the venue does not have.
var missing = []behaviour{
	{"2.3", "missing", "country_code and execution_venue; synthetic ids with a colon", ""},
	{"2.5", "missing", "Restrictions by country, the Canadian acquisition limit", ""},
	{"2.7", "missing", "Candles finer than the feed for the time before the venue began", ""},
	{"3.7", "missing", "Margin: leverage, reduce_only, settle-position; trigger=index", ""},
	{"3.8", "missing", "Cancels that are pending; amending a trailing stop", ""},
	{"4.1", "missing", "Limits on public calls by address", ""},
	{"4.2", "missing", "The limit over all pairs of an account", ""},
	{"6.1", "missing", "Hosts of their own for private channels and level3; compression", ""},
	{"6.3", "missing", "Cloudflare's bare texts", ""},
	{"6.4", "missing", "Tokenised assets, execution_venue; assets other than enabled", ""},
	{"6.6", "missing", "users, rebased, contingent, restated", ""},
	{"6.8", "missing", "The default deadline of 5 s and the least of 500 ms; amends and cancels that overtake each other", ""},
	{"9", "missing", "Market price protection; restating of dust; the sequence of modes at a restart", ""},
}

// declared reads what the tests say of themselves: lines //kraken:SECTION STATE TEXT.
func declared(t *testing.T) []behaviour {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Clone(missing)
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Doc == nil {
				continue
			}
			for _, line := range fn.Doc.List {
				rest, ok := strings.CutPrefix(line.Text, "//kraken:")
				if !ok {
					continue
				}
				parts := strings.SplitN(rest, " ", 3)
				if len(parts) != 3 || !slices.Contains([]string{"confirmed", "assumed", "missing"}, parts[1]) || !strings.HasPrefix(fn.Name.Name, "Test") {
					t.Fatalf("%s: %s: write //kraken:SECTION confirmed|assumed|missing TEXT over a test", name, line.Text)
				}
				b := behaviour{parts[0], parts[1], parts[2], fn.Name.Name}
				if b.state == "missing" {
					b.test = ""
				}
				all = append(all, b)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b behaviour) int {
		return cmp.Or(slices.Compare(numbers(a.section), numbers(b.section)), cmp.Compare(states[a.state], states[b.state]), strings.Compare(a.test, b.test))
	})
	return all
}

var states = map[string]int{"confirmed": 0, "assumed": 1, "missing": 2}

func numbers(section string) (n []int) {
	for _, part := range strings.Split(section, ".") {
		v, _ := strconv.Atoi(part)
		n = append(n, v)
	}
	return n
}

func TestFidelityTableIsWhatTheTestsDeclare(t *testing.T) {
	all := declared(t)
	count := map[string]int{}
	for _, b := range all {
		count[b.state]++
	}
	var text strings.Builder
	fmt.Fprintf(&text, `# How true the simulated Kraken is

Made from what the tests in sim/krakend declare; "make golden" writes it anew.

- **confirmed**: Kraken's documentation, a captured answer or an official client says so, and the test shows that the venue does it. %d.
- **assumed**: nobody outside knows for sure; the venue does it this way, as the test shows. %d.
- **missing**: the venue does not do it. %d.

Sections are those of the "Kraken spot API reference". The command "make conformance" adds a
third party's unmodified client.

| section | behaviour | state | test |
|---|---|---|---|
`, count["confirmed"], count["assumed"], count["missing"])
	for _, b := range all {
		fmt.Fprintf(&text, "| %s | %s | %s | %s |\n", b.section, b.text, b.state, b.test)
	}
	path := filepath.Join("..", "..", "docs", "fidelity.md")
	if *update {
		if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != text.String() {
		t.Error("docs/fidelity.md is not what the tests declare; run: go test ./sim/krakend -run Fidelity -update")
	}
}

func TestTheGoCodeOfTheGuideIsTheOneThatRuns(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "venue.md"))
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("serve_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(guide), "```go\n")
	code, _, closed := strings.Cut(rest, "```")
	if !found || !closed || !strings.Contains(string(example), code) {
		t.Errorf("docs/venue.md shows code that no example runs:\n%s", code)
	}
}
