package scenarios

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"breakwater/exchange/chaos"
)

var update = flag.Bool("update", false, "write the tables of docs/scenarios.md")

const page = "../docs/scenarios.md"

// The page's table of faults is that of the code, and its example is in the catalogue's
// language.
func TestThePageShowsTheCode(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("\n| do | strikes | takes | what happens |\n|---|---|---|---|\n")
	for _, v := range chaos.Verbs() {
		needs, takes := v.Needs(), v.Takes()
		args := strings.Join(needs, ", ")
		if len(takes) > 0 {
			if args != "" {
				args += ", "
			}
			args += "(" + strings.Join(takes, ", ") + ")"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", v, v.Family(), args, v.Doc())
	}
	const from, to = "<!-- verbs: written by `go test ./scenarios -update` -->", "<!-- end of verbs -->"
	before, rest, ok := strings.Cut(string(text), from)
	_, after, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the verbs", page)
	}
	want := before + from + "\n" + b.String() + "\n" + to + after
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatalf("%s differs from the code; run go test ./scenarios -update and read the diff", page)
	}
	if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The whole scenario of the page is one.
func TestThePagesScenarioHolds(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	example, _, _ := strings.Cut(rest, "```")
	s, err := Read("net-502-but-placed.yaml", []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if o := s.Run(nil); !o.Green() {
		t.Error(o.Why())
	}
}
