package chaos_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"pgregory.net/rapid"

	"breakwater/exchange/chaos"
)

var bounds = chaos.Bounds{Duration: 2 * time.Hour, Pairs: []string{"XBT/CAD", "ETH/CAD"}, Assets: []string{"CAD", "XBT", "ETH"}, Slots: 2}

func drawn(t *rapid.T, most int) chaos.Plan {
	seed := rapid.Uint64().Draw(t, "seed")
	return chaos.Draw(rand.New(rand.NewPCG(seed, 1)), chaos.Verbs(), rapid.IntRange(0, most).Draw(t, "rules"), bounds)
}

func TestAPlanReadsBackAsItPrintsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawn(t, 12)
		for i := range p.Rules {
			if rapid.Bool().Draw(t, "named") {
				p.Rules[i].Name = rapid.StringN(1, 10, 40).Draw(t, "name")
			}
		}
		if p.Check() != nil {
			t.Skip("two rules have one name")
		}
		got, err := chaos.Parse(p.String())
		if err != nil {
			t.Fatalf("%v\n%s", err, p)
		}
		if !got.Equal(p) {
			t.Fatalf("prints\n%sand reads back as\n%s", p, got)
		}
	})
}

// The scenario files are read by a YAML library: what a plan prints must mean the same there.
func TestAPlanPrintsYAML(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawn(t, 6)
		for i := range p.Rules {
			p.Rules[i].Name = rapid.SampledFrom([]string{"", "fault", "yes", "12", "1e3", "null", "a: b", "#x", "- x", "tail ", "a\"b", "~", "0x1f", "ü", "true"}).Draw(t, "name")
		}
		if p.Check() != nil {
			t.Skip("two rules have one name")
		}
		f, err := parser.ParseBytes([]byte(p.String()), 0)
		if err != nil {
			t.Fatalf("%v\n%s", err, p)
		}
		var got chaos.Plan
		if len(p.Rules) > 0 {
			for _, v := range f.Docs[0].Body.(*ast.SequenceNode).Values {
				var fields []chaos.Field
				values := []*ast.MappingValueNode{}
				switch v := v.(type) {
				case *ast.MappingNode:
					values = v.Values
				case *ast.MappingValueNode:
					values = append(values, v)
				}
				for _, kv := range values {
					text := kv.Value.GetToken().Value
					if s, ok := kv.Value.(*ast.StringNode); ok {
						text = s.Value
					}
					fields = append(fields, chaos.Field{Key: kv.Key.GetToken().Value, Text: text})
				}
				r, err := chaos.ParseRule(0, fields)
				if err != nil {
					t.Fatalf("%v\n%s", err, p)
				}
				got.Rules = append(got.Rules, r)
			}
		}
		if !got.Equal(p) {
			t.Fatalf("prints\n%sand YAML reads\n%s", p, got)
		}
	})
}

func TestTheReferencesRulesRead(t *testing.T) {
	p, err := chaos.Parse(`
# section 4.3
- {at: 10m, on: AddOrder, do: apply-then-502, times: 1}
- {at: 10m, on: "OpenOrders|ClosedOrders|TradesHistory", do: hide-order, for: 45s}
- {at: 12m, do: crash, after: journal-append, restart-after: 5s}
- {at: 1h, do: wick, pair: XXBTZCAD, pct: -64%, for: 3m}
- {do: fee, factor: 2.5}
- {do: apply_then_502}
`)
	if err != nil {
		t.Fatal(err)
	}
	want := `- {at: 10m, on: AddOrder, do: apply-then-502, times: 1}
- {at: 10m, on: OpenOrders|ClosedOrders|TradesHistory, do: hide-order, for: 45s}
- {at: 12m, after: journal-append, do: crash, restart-after: 5s}
- {at: 1h, do: wick, pair: XBT/CAD, pct: -64%, for: 3m}
- {do: fee, factor: 2.5}
- {do: apply-then-502}
`
	if p.String() != want {
		t.Errorf("got\n%swant\n%s", p, want)
	}
}

func TestAMistakeIsNamedWithItsLineAndRemedy(t *testing.T) {
	for text, want := range map[string]string{
		"{do: drpo}":                               `line 1: do "drpo" is no fault that there is; did you mean drop?`,
		"\n{do: gap}":                              "line 2: do \"gap\" is no fault",
		"{do: drop, at: 10}":                       `line 1: at "10" has no unit; write it like 10s or 10m`,
		"{do: drop, at: soon}":                     `line 1: at "soon" is no time`,
		"{at: 3s}":                                 "line 1: says nothing to do",
		"{do: drop, tmes: 3}":                      `line 1: unknown key "tmes"; did you mean times?`,
		"{do: drop, do: delay}":                    "line 1: do stands twice",
		"{do: drop, on: AddOrdr}":                  `line 1: on "AddOrdr": drop cannot strike that; did you mean AddOrder?`,
		"{do: wick, pair: XBT/CAD}":                "line 1: wick needs pct",
		"{do: wick, pct: 5, pair: XBT/CAD}":        `line 1: pct "5" has no %`,
		"{do: wick, pct: -100%, pair: XBT/CAD}":    "line 1: pct -100% leaves no price",
		"{do: wick, pct: 5%, pair: bitcoin}":       `line 1: pair "bitcoin" is no pair`,
		"{do: wick, pct: 5%, pair: A/B, on: any}":  "line 1: on means nothing to wick, which takes pair, pct",
		"{do: crash, for: 3s}":                     "line 1: crash happens at its instant; leave out for",
		"{do: skew, by: 1s, times: 3}":             "line 1: skew is a state; leave out times",
		"{do: crash, after: jurnal-append}":        `line 1: after "jurnal-append" is no point of a run; did you mean journal-append?`,
		"{do: crash, after: event 0}":              "line 1: after \"event 0\" has no count behind the point",
		"{do: touch-kill, times: 3}":               "line 1: times and every go together",
		"{do: drop, times: 0}":                     `line 1: times "0" is no count`,
		"{do: status, value: onlin}":               `line 1: value "onlin" means nothing to status; did you mean online?`,
		"{do: delay, by: -3s}":                     "line 1: by -3s is negative",
		"{do: drop, name: \"x}":                    "line 1: name has a quote that does not end",
		"{do: drop,}":                              "line 1: ends in a comma",
		"{}":                                       "line 1: is an empty rule",
		"{do: drop, name: a}\n{do: drop, name: a}": "line 2: two faults are called a",
	} {
		text = "- " + strings.ReplaceAll(text, "\n{", "\n- {")
		text = strings.Replace(text, "- \n", "\n", 1)
		_, err := chaos.Parse(text)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
	if _, err := chaos.Parse("do: drop"); err == nil {
		t.Error("a line that is no rule is taken")
	}
}

func TestAFaultThatCanStrikeNothingIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"- {at: 2h, do: drop}":                              "at 2h is behind the end of the run",
		"- {do: wick, pair: SOL/CAD, pct: 3%}":              "pair SOL/CAD is not in the market; did you mean XBT/CAD?",
		"- {do: credit, asset: USD, amount: 3}":             "asset USD is not on the account",
		"- {do: loop, slot: 3}":                             "slot 3: there are 2 strategies",
		"- {at: 119m, do: drop}\n- {do: loop, slot: 2}":     "",
		"- {do: credit, asset: ZCAD, amount: 3.5, at: 30s}": "",
	} {
		p, err := chaos.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := p.CheckWithin(bounds); err != nil {
			got = err.Error()
		}
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(chaos.Draw(rand.New(rand.NewPCG(seed, 1)), chaos.Verbs(), 4, bounds).String())
	}
	f.Add("- {do: drop, name: \"a\\tb\"}")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := chaos.Parse(text)
		if err != nil {
			return
		}
		again, err := chaos.Parse(p.String())
		if err != nil || !again.Equal(p) {
			t.Fatalf("%q\nprints\n%sand reads back as\n%s%v", text, p, again, err)
		}
	})
}

// What fails is small: the shrinker must find it, the same each time.
func TestShrinkFindsWhatMakesItFail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawn(t, 20)
		culprit := chaos.Rule{At: time.Hour, Do: chaos.Drop, On: "AddOrder", Times: 40}
		at := rapid.IntRange(0, len(p.Rules)).Draw(t, "place")
		p.Rules = append(p.Rules[:at:at], append([]chaos.Rule{culprit}, p.Rules[at:]...)...)
		asked := 0
		fails := func(q chaos.Plan) bool {
			asked++
			for _, r := range q.Rules {
				if r.Do == chaos.Drop && r.On == "AddOrder" && r.At >= 7*time.Minute && max(r.Times, 1) >= 3 && r.For == 0 {
					return true
				}
			}
			return false
		}
		small := chaos.Shrink(p, fails)
		if len(small.Rules) != 1 || !fails(small) {
			t.Fatalf("of\n%sremains\n%s", p, small)
		}
		if r := small.Rules[0]; r.At >= 15*time.Minute || r.Times > 5 {
			t.Fatalf("remains %s", r)
		}
		if again := chaos.Shrink(p, fails); !again.Equal(small) {
			t.Fatalf("shrinks to\n%sand to\n%s", small, again)
		}
		if asked > 2000 {
			t.Fatalf("asked %d times", asked)
		}
	})
}

func TestAPlanThatDoesNotFailDoesNotShrink(t *testing.T) {
	p := chaos.Draw(rand.New(rand.NewPCG(3, 1)), chaos.Verbs(), 9, bounds)
	if got := chaos.Shrink(p, func(chaos.Plan) bool { return false }); !got.Equal(p) {
		t.Errorf("shrinks to\n%s", got)
	}
}
