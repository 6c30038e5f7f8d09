package strategy_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"breakwater/strategy"
)

var update = flag.Bool("update", false, "write the parameters and the example's files into docs/strategies.md")

const (
	page    = "../docs/strategies.md"
	example = "../examples/mystrategy"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// between replaces what stands between two marks.
func between(t *testing.T, text, from, to, with string) string {
	t.Helper()
	before, rest, found := strings.Cut(text, from)
	_, after, ended := strings.Cut(rest, to)
	if !found || !ended {
		t.Fatalf("%s has no %q followed by %q", page, from, to)
	}
	return before + from + with + to + after
}

// parameterTable is every parameter of every strategy, as the page shows it.
func parameterTable() string {
	var b strings.Builder
	b.WriteString("\n| strategy | parameter | default | range | meaning |\n|---|---|---|---|---|\n")
	for _, s := range strategy.List() {
		for _, p := range s.Params {
			bounds := strings.Join(p.OneOf, ", ")
			if p.Min != "" || p.Max != "" {
				bounds = strings.TrimSpace(fmt.Sprintf("%s to %s %s", p.Min, p.Max, p.Unit))
			}
			fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s |\n", s.Name, p.Name, p.Default, bounds, p.Doc)
		}
	}
	b.WriteString("\n")
	return b.String()
}

// TestThePageShowsTheCode keeps docs/strategies.md equal to the example's files and to the
// parameters' tags; -update writes them there.
func TestThePageShowsTheCode(t *testing.T) {
	have := read(t, page)
	want := between(t, have, "<!-- parameters: written by `go test ./strategy -update` -->\n", "<!-- end of parameters -->", parameterTable())
	want = between(t, want, "`main.go`:\n\n```go\n", "```\n", read(t, filepath.Join(example, "main.go")))
	want = between(t, want, "`dip.go`, the second file:\n\n```go\n", "```\n", read(t, filepath.Join(example, "dip.go")))
	if have == want {
		return
	}
	if !*update {
		t.Fatalf("%s differs from the code; run `go test ./strategy -update` and read the diff", page)
	}
	if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestThePageNamesEverything finds methods, tags and strategies that the page forgot.
func TestThePageNamesEverything(t *testing.T) {
	text := read(t, page)
	engineOnly := map[string]bool{"Focus": true, "Continue": true, "Tapped": true, "Resend": true}
	c := reflect.TypeFor[*strategy.Context]()
	for i := range c.NumMethod() {
		if m := c.Method(i).Name; !engineOnly[m] && !strings.Contains(text, "`"+m+"(") {
			t.Errorf("%s does not mention Context.%s", page, m)
		}
	}
	for _, s := range strategy.List() {
		if !strings.Contains(text, "| `"+s.Name+"` | ") {
			t.Errorf("%s does not mention %s", page, s.Name)
		}
	}
	for _, method := range []string{
		"OnBar", "OnOtherBar", "WarmUp", "OnStart", "OnTrade", "OnBook", "OnFill", "OnOrder", "OnNews", "OnTimer", "Validate",
	} {
		if !strings.Contains(text, "| `"+method+"(") {
			t.Errorf("%s does not list %s", page, method)
		}
	}
}
