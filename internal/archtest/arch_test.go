package archtest

import (
	"slices"
	"strings"
	"testing"
)

func TestTheHouseRulesHold(t *testing.T) {
	h := openHouse(t)
	checked := map[string]bool{}
	for _, l := range h.own {
		p, err := h.load(l)
		if err != nil {
			t.Errorf("%s: %v", l.ImportPath, err)
			continue
		}
		checked[own(l.ImportPath)] = true
		for _, r := range rules {
			for _, finding := range p.findings(r) {
				t.Errorf("%s (%s: %s)", finding, r.name, r.promise)
			}
		}
	}
	// A core package that was renamed would otherwise slip out of every rule.
	for _, name := range []string{"exchange", "exchange/money", "risk", "strategy"} {
		if !checked[name] {
			t.Errorf("core package %s was not found", name)
		}
	}
}

// Each rule is fed programs that break it and, where the line is fine, one that does not.
func TestEachRuleCatchesItsViolation(t *testing.T) {
	h := openHouse(t)
	tests := []struct {
		rule, pkg, source string
		want              string // part of the one finding; "": none
	}{
		{"std-imports", "risk", `import "os"; var _ = os.Args`, "imports os"},
		{"std-imports", "sim", `import "net/http"; var _ = http.StatusOK`, "imports net/http"},
		{"std-imports", "strategy", `import "math/rand"; var _ = rand.Int`, "imports math/rand,"},
		{"std-imports", "data", `import "syscall"; var _ = syscall.Getpid`, "imports syscall"},
		{"std-imports", "reports", `import "os"; var _ = os.Args`, ""},

		{"own-imports", "exchange", `import "breakwater/risk"; var _ risk.Level`, "imports breakwater/risk"},
		{"own-imports", "strategy", `import "breakwater/risk"; var _ risk.Level`, "imports breakwater/risk"},
		{"own-imports", "risk", `import "breakwater/exchange"; var _ exchange.Side`, ""},
		{"transitive", "exchange/chaos", `import "breakwater/internal/archtest"; var _ = archtest.X`, "which is not core"},
		{"doors", "sim", `import "breakwater/exchange/kraken"; var _ = kraken.X`, "only [cmd exchange/paper] may"},
		{"doors", "cmd", `import "breakwater/exchange/kraken"; var _ = kraken.X`, ""},
		{"doors", "exchange/paper", `import "breakwater/exchange/kraken"; var _ = kraken.X`, ""},
		{"doors", "risk", `import "breakwater/cmd"; var _ = cmd.X`, "only [cmd docs bench] may"},

		{"only-the-guard-places-orders", "strategy/engine",
			`import "breakwater/exchange"; func f(x exchange.Exchange) error { return x.Submit(nil) }`, "uses Submit"},
		{"only-the-guard-places-orders", "cmd",
			`import "breakwater/exchange"; func f(x exchange.Exchange) func(*exchange.Amend) error { return x.Amend }`, "uses Amend"},
		{"only-the-guard-places-orders", "cmd",
			`import "breakwater/exchange"; type my struct{ exchange.Exchange }; func f(x *my) error { return x.Submit(nil) }`, "uses Submit"},
		{"only-the-guard-places-orders", "session",
			`import "breakwater/exchange"; type my struct{ exchange.Exchange }; func (m *my) Submit(o *exchange.Order) error { return m.Exchange.Submit(o) }`, ""},
		{"only-the-guard-places-orders", "session",
			`import "breakwater/exchange"; type my struct{ exchange.Exchange }; func (m *my) Submit(o *exchange.Order) error { c := *o; return m.Exchange.Submit(&c) }`, "uses Submit"},
		{"only-the-guard-places-orders", "session",
			`import "breakwater/exchange"; type my struct{ exchange.Exchange }; func (m *my) Amend(a *exchange.Amend) error { return m.Exchange.Submit(nil) }`, "uses Submit"},
		{"only-the-guard-places-orders", "session",
			`import "breakwater/exchange"; type my struct{ x exchange.Exchange }; func (m *my) Submit(o *exchange.Order) error { return m.x.Submit(o) }`, "uses Submit"},
		{"only-the-guard-places-orders", "risk",
			`import "breakwater/exchange"; func f(x exchange.Exchange) error { return x.Submit(nil) }`, ""},
		{"only-the-guard-places-orders", "strategy/engine",
			`import "breakwater/strategy"; func f(c *strategy.Context) { c.Amend(1, 2, 3) }`, ""},
		{"only-the-guard-places-orders", "strategy/engine",
			`import "breakwater/exchange"; func f(x exchange.Exchange) error { return x.Cancel(1) }`, ""},

		{"only-scenarios-ablate", "cmd", `import "breakwater/risk"; func f(c risk.Config) { risk.NewWithout(c, risk.KillFile) }`, "uses NewWithout, which only [scenarios]"},
		{"only-scenarios-ablate", "sim/world", `import "breakwater/risk"; var _ = risk.NewWithout`, "uses NewWithout"},
		{"only-scenarios-ablate", "sim/world", `import "breakwater/risk"; var _ = risk.NewBreakable`, "uses NewBreakable"},
		{"only-scenarios-ablate", "scenarios", `import "breakwater/risk"; var _ = risk.NewWithout`, ""},
		{"only-scenarios-ablate", "session", `import "breakwater/strategy/engine"; var _ = engine.Config{Ablated: true}`, "uses Ablated"},
		{"only-scenarios-ablate", "sim/world", `import "breakwater/strategy/engine"; var _ = engine.Config{Ablated: true}`, ""},
		{"only-scenarios-ablate", "reports", `import "breakwater/risk"; func f(g *risk.Guard) risk.Control { return g.Ablated() }`, ""},

		{"no-ambient-input", "sim", `import "time"; var _ = time.Now`, "uses time.Now"},
		{"no-ambient-input", "sim", `import . "time"; func f() { Sleep(1) }`, "uses time.Sleep"},
		{"no-ambient-input", "sim", `import clock "time"; func f() { clock.Since(clock.Time{}) }`, "uses time.Since"},
		{"no-ambient-input", "sim", `import "time"; func f(d time.Duration) time.Time { return time.Unix(0, int64(d)).UTC() }`, ""},
		{"no-ambient-input", "sim", `import "math/rand/v2"; var _ = rand.IntN(3)`, "uses math/rand/v2.IntN"},
		{"no-ambient-input", "sim", `import "math/rand/v2"; var r *rand.Rand = rand.New(rand.NewPCG(1, 2)); var _ = r.IntN(3)`, ""},
		{"no-ambient-input", "strategy", `import "math"; var _ = math.Log(2)`, "uses math.Log"},
		{"no-ambient-input", "strategy", `import "math"; var _ = math.FMA`, "uses math.FMA"},
		{"no-ambient-input", "strategy", `import "math"; var x, _ = math.Sqrt(2), math.MaxInt64`, ""},
		{"no-ambient-input", "risk", `import "fmt"; func f() { fmt.Println() }`, "uses fmt.Println"},
		{"no-ambient-input", "risk", `import ("context"; "time"); func f() { context.WithTimeout(nil, time.Second) }`, "uses context.WithTimeout"},

		{"one-goroutine", "exchange", `func f() { go f() }`, "starts a goroutine"},
		{"one-goroutine", "exchange", `func f() { select {} }`, "selects"},
		{"one-goroutine", "reports", `func f() { go f() }`, ""},

		{"no-map-order", "data", `func f(m map[int]int) { for range m {} }`, "ranges over a map"},
		{"no-map-order", "data", `type set map[int]bool; func f(m set) { for k := range m { _ = k } }`, "ranges over a map"},
		{"no-map-order", "data", `func f[M ~map[int]int](m M) { for range m {} }`, "ranges over a map"},
		{"no-map-order", "data", `import "maps"; func f(m map[int]int) { for range maps.Keys(m) {} }`, "maps.Keys"},
		{"no-map-order", "data", `import ("maps"; "slices"); func f(m map[int]int) []int { return slices.Collect(maps.Values(m)) }`, "maps.Values"},
		{"no-map-order", "data", `import ("maps"; "slices"); func f(m map[int]int) { for range slices.Sorted(maps.Keys(m)) {} }`, ""},
		{"no-map-order", "data", `func f(m []int) { for range m {} }`, ""},
	}
	covered := map[string]bool{}
	for _, test := range tests {
		i := slices.IndexFunc(rules, func(r rule) bool { return r.name == test.rule })
		if i < 0 {
			t.Fatalf("no rule %s", test.rule)
		}
		covered[test.rule] = covered[test.rule] || test.want != ""
		p, err := h.loadSource(module+"/"+test.pkg, "package bad; "+test.source)
		if err != nil && !strings.Contains(err.Error(), "could not import") && !strings.Contains(err.Error(), "undefined") {
			t.Fatalf("%s: %q: %v", test.rule, test.source, err)
		}
		found := p.findings(rules[i])
		if test.want == "" && len(found) != 0 {
			t.Errorf("%s refuses %q in %s: %s", test.rule, test.source, test.pkg, found)
		}
		if test.want != "" && (len(found) != 1 || !strings.Contains(found[0], test.want)) {
			t.Errorf("%s on %q in %s: found %q, want one with %q", test.rule, test.source, test.pkg, found, test.want)
		}
	}
	for _, r := range rules {
		if !covered[r.name] {
			t.Errorf("rule %s has no program that breaks it", r.name)
		}
	}
}
