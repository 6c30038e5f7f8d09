package main

import (
	"context"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var guard = filepath.Join("..", "..", "risk")

func TestTheGuardHasMutantsEnoughAndAlwaysTheSame(t *testing.T) {
	all, err := generate(guard)
	if err != nil {
		t.Fatal(err)
	}
	again, err := generate(guard)
	if err != nil || !slices.Equal(all, again) {
		t.Fatalf("another time there were others: %v", err)
	}
	if len(all) < 200 {
		t.Errorf("%d mutants", len(all))
	}
	names := map[string]bool{}
	for i := range all {
		m := &all[i]
		if names[m.String()] {
			t.Errorf("two mutants are named %s", m)
		}
		names[m.String()] = true
		text, err := os.ReadFile(m.file)
		if err != nil {
			t.Fatal(err)
		}
		changed := m.apply(text)
		if string(changed) == string(text) {
			t.Errorf("%s changes nothing", m)
		}
		if i%20 == 0 {
			if _, err := parser.ParseFile(token.NewFileSet(), m.file, changed, 0); err != nil {
				t.Errorf("%s: %v", m, err)
			}
		}
	}
	any := regexp.MustCompile("")
	if some := draw(slices.Clone(all), any, 60, 1); len(some) != 60 || !slices.Equal(some, draw(slices.Clone(all), any, 60, 1)) || slices.Equal(some, draw(slices.Clone(all), any, 60, 2)) {
		t.Error("a draw does not depend on its seed alone")
	}
}

// A planted mistake is not built in: a change of it would survive every test.
func TestAPlantedMistakeIsNotChanged(t *testing.T) {
	const src = `package p
func f() {
	if planted.On(planted.LostReservation) {
		n += 2
		return
	}
	switch {
	case planted.On(planted.FeeDropped) && x > 3:
		n -= 1
	}
	if l.level == Killed && !planted.On(planted.KillKeepsOrders) {
		stop()
	}
}
`
	all, err := mutantsOf("p.go", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range all {
		got = append(got, all[i].old+" -> "+all[i].new)
	}
	if want := []string{"l.level == Killed -> l.level != Killed", "Killed -> Halted", "stop() -> "}; !slices.Equal(got, want) {
		t.Errorf("the changes are %q, want %q", got, want)
	}
}

func TestEveryKindOfChangeIsMade(t *testing.T) {
	const src = `package p
var checks = [...]thing{
	{A, a},
	{B, b},
}
func f() {
	if x > 3 && !y() || g(true) {
		n += 2
		write(r, min(a, b))
		return
	}
	for i := range x {
		if ok() {
			continue
		}
		v = w
		n++
	}
	level = Halted
}`
	ms, err := mutantsOf("p.go", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for i := range ms {
		got = append(got, ms[i].String())
	}
	for _, want := range []string{
		"checks: {A, a}, -> nothing", "checks: , {B, b} -> nothing", "f: x > 3 -> x >= 3", "f: 3 -> 4", "f: 3 -> 2", "f: !y() -> y()", "f: true -> false", "f: n += 2 -> n -= 2",
		"f: n += 2 -> nothing", "f: write(r, min(a, b)) -> nothing", "f: min -> max", "f: return -> nothing", "f: continue -> nothing", "f: ok() -> !ok()",
		"f: v = w -> nothing", "f: n++ -> nothing", "f: Halted -> ReduceOnly", "f: x > 3 && !y() -> x > 3 || !y()",
	} {
		if !slices.Contains(got, "p.go "+want) {
			t.Errorf("no mutant %q in\n%s", want, strings.Join(got, "\n"))
		}
	}
}

func TestEachMutantMeetsItsFate(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a package three times")
	}
	dir := filepath.Join("testdata", "till")
	all, err := generate(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]outcome{
		"till.go Most: 10 -> 11":                       killed, // outside any function
		"till.go Put: t.in+n > Most -> t.in+n >= Most": survived,
		"till.go Put: t.in+n -> t.in-n":                killed,
		"till.go Put: n = Most - t.in -> nothing":      killed,
		"till.go Empty: t.in-- -> nothing":             timedOut,
	}
	some := []mutant{}
	for i := range all {
		if _, ok := want[all[i].String()]; ok {
			some = append(some, all[i])
		}
	}
	if len(some) != len(want) || some[0].body != 0 {
		t.Fatalf("%d mutants: %v", len(some), all)
	}
	nonsense := some[2]
	nonsense.new = "nonsense"
	want[nonsense.String()] = invalid
	some = append(some, nonsense)
	r := &runner{time: 3 * time.Second}
	run, end, err := r.try(context.Background(), dir, some, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	for i := range some {
		if <-run.done[i]; run.errs[i] != nil || run.outcomes[i] != want[some[i].String()] {
			t.Errorf("%s: %v, %v; want %v", &some[i], run.outcomes[i], run.errs[i], want[some[i].String()])
		}
	}
	var out strings.Builder
	count := [kinds][outcomes]int{comparison: {survived: 1, killed: 2}, logic: {timedOut: 3, invalid: 4}}
	if ran, alive := table(&out, &count); ran != 6 || alive != 1 || !strings.Contains(out.String(), "all                10         6         2         3         1\n") {
		t.Errorf("%d, %d:\n%s", ran, alive, out.String())
	}
}

func TestASurvivorNeedsAReason(t *testing.T) {
	path := filepath.Join(t.TempDir(), "survivors.txt")
	for text, good := range map[string]bool{"# why\n\na.go f: 1 -> 2 — nobody sees it\n": true, "a.go f: 1 -> 2\n": false, "a.go f: 1 -> 2 —  \n": false} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readReasons(path); (err == nil) != good || good && got["a.go f: 1 -> 2"] != "nobody sees it" {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}
