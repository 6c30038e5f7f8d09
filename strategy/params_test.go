package strategy

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type everyType struct {
	Count   int           `param:"count" default:"10" min:"2" max:"200" unit:"bars" doc:"how many"`
	Ratio   float64       `param:"ratio" default:"0.5" min:"0" max:"1"`
	On      bool          `param:"on" default:"true"`
	Kind    string        `param:"kind" default:"slow" oneof:"fast,slow"`
	Every   time.Duration `param:"every" default:"7d" min:"1m"`
	Free    float64       `param:"free"`
	private int
}

func (*everyType) OnBar(*Context, Bar) {}

func newEveryType() *everyType {
	s := &everyType{Free: 3, private: 1}
	setDefaults(s)
	return s
}

func TestDefaultsAreApplied(t *testing.T) {
	want := &everyType{Count: 10, Ratio: 0.5, On: true, Kind: "slow", Every: 7 * 24 * time.Hour, Free: 3, private: 1}
	if got := newEveryType(); *got != *want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestDescribeTellsTheTags(t *testing.T) {
	want := []Param{
		{Name: "count", Type: "int", Default: "10", Min: "2", Max: "200", Unit: "bars", Doc: "how many"},
		{Name: "ratio", Type: "float", Default: "0.5", Min: "0", Max: "1"},
		{Name: "on", Type: "bool", Default: "true"},
		{Name: "kind", Type: "string", Default: "slow", OneOf: []string{"fast", "slow"}},
		{Name: "every", Type: "duration", Default: "7d", Min: "1m"},
		{Name: "free", Type: "float"},
	}
	if diff := cmp.Diff(want, Describe(newEveryType())); diff != "" {
		t.Error(diff)
	}
}

func TestSetTakesEveryTypeAndValuesGivesItBack(t *testing.T) {
	s := newEveryType()
	settings := []Setting{{"count", "200"}, {"ratio", "0.25"}, {"on", "false"}, {"kind", "fast"}, {"every", "90m"}, {"free", "-1e-07"}}
	for _, x := range settings {
		if err := Set(s, x.Name, x.Value); err != nil {
			t.Fatal(err)
		}
	}
	want := everyType{Count: 200, Ratio: 0.25, Kind: "fast", Every: 90 * time.Minute, Free: -1e-7, private: 1}
	if *s != want {
		t.Errorf("%+v, want %+v", *s, want)
	}
	want2 := []Setting{{"count", "200"}, {"ratio", "0.25"}, {"on", "false"}, {"kind", "fast"}, {"every", "1h30m"}, {"free", "-1e-07"}}
	if diff := cmp.Diff(want2, Values(s)); diff != "" {
		t.Error(diff)
	}
}

func TestSetSaysWhatIsWrongAndWhatIsAllowed(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"cuont", "3", `strategy: no parameter "cuont" (did you mean "count"?); there are count, ratio, on, kind, every, free`},
		{"zzzzzzz", "3", `strategy: no parameter "zzzzzzz"; there are count, ratio, on, kind, every, free`},
		{"count", "1", `strategy: parameter count=1: out of range; from 2 to 200 bars`},
		{"count", "201", `strategy: parameter count=201: out of range; from 2 to 200 bars`},
		{"count", "ten", `strategy: parameter count=ten: not a whole number, like 20`},
		{"count", "3.5", `strategy: parameter count=3.5: not a whole number, like 20`},
		{"count", "99999999999999999999", `strategy: parameter count=99999999999999999999: too large a number`},
		{"ratio", "x", `strategy: parameter ratio=x: not a number, like 1.5`},
		{"ratio", "NaN", `strategy: parameter ratio=NaN: not a number, like 1.5`},
		{"free", "Inf", `strategy: parameter free=Inf: not a number, like 1.5`},
		{"on", "maybe", `strategy: parameter on=maybe: neither true nor false`},
		{"kind", "fats", `strategy: parameter kind=fats: not a choice (did you mean "fast"?); one of fast, slow`},
		{"every", "soon", `strategy: parameter every=soon: not a time span, like 90m, 4h, 1d or 2w`},
		{"every", "59s", `strategy: parameter every=59s: out of range; at least 1m`},
	} {
		s := newEveryType()
		err := Set(s, c.name, c.value)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s=%s: %v\nwant %s", c.name, c.value, err, c.want)
		}
		if *s != *newEveryType() {
			t.Errorf("%s=%s: a refused value changed the strategy", c.name, c.value)
		}
	}
}

func TestConfigureChecksTheWholeAfterAllSettings(t *testing.T) {
	s := mustNew(t, "sma-cross")
	if err := Configure(s, "fast=50", "slow=100"); err != nil {
		t.Errorf("fast above the default of slow, slow moved too: %v", err)
	}
	for _, c := range []struct {
		settings []string
		want     string
	}{
		{[]string{"fast=100", "slow=100"}, "fast=100 is not below slow=100"},
		{[]string{"fast"}, `"fast" is not a setting; write name=value`},
		{[]string{"fast=1", "fast=2"}, `"fast" is set twice`},
		{[]string{"fasst=1"}, `did you mean "fast"?`},
	} {
		if err := Configure(mustNew(t, "sma-cross"), c.settings...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.settings, err, c.want)
		}
	}
}

func TestDurationsReadBackAsWritten(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"1d": 24 * time.Hour, "2w": 14 * 24 * time.Hour, "36h": 36 * time.Hour, "90m": 90 * time.Minute, "1h": time.Hour,
		"0s": 0, "1m30s": 90 * time.Second, "500ms": 500 * time.Millisecond, "-1d": -24 * time.Hour,
	} {
		got, err := parseDuration(text)
		if err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
		if back, err := parseDuration(formatDuration(want)); err != nil || back != want {
			t.Errorf("%v is written %s and read %v, %v", want, formatDuration(want), back, err)
		}
	}
	if _, err := parseDuration("99999999w"); err == nil {
		t.Error("a span beyond 64 bits was taken")
	}
}

type badTag[T any] struct {
	X T `param:"x" default:"oops"`
}

func (*badTag[T]) OnBar(*Context, Bar) {}

type badBounds struct {
	X int `param:"x" default:"1" min:"2"`
}

func (*badBounds) OnBar(*Context, Bar) {}

type hiddenField struct {
	x int `param:"x"`
}

func (h *hiddenField) OnBar(*Context, Bar) { h.x++ }

func TestRegisterRefusesWhatItsAuthorGotWrong(t *testing.T) {
	before := List()
	for what, register := range map[string]func(){
		"taken name":         func() { Register("sma-cross", "", func() Strategy { return new(SMACross) }) },
		"capital letter":     func() { Register("Mine", "", func() Strategy { return new(SMACross) }) },
		"empty name":         func() { Register("", "", func() Strategy { return new(SMACross) }) },
		"nil maker":          func() { Register("mine", "", func() Strategy { return nil }) },
		"default":            func() { Register("mine", "", func() Strategy { return new(badTag[int]) }) },
		"type":               func() { Register("mine", "", func() Strategy { return new(badTag[[]int]) }) },
		"default below min":  func() { Register("mine", "", func() Strategy { return new(badBounds) }) },
		"field not exported": func() { Register("mine", "", func() Strategy { return new(hiddenField) }) },
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.HasPrefix(text, "BUG: ") {
					t.Errorf("%s: panic %q, want one with BUG:", what, text)
				}
			}()
			register()
		}()
	}
	if diff := cmp.Diff(before, List()); diff != "" {
		t.Errorf("a refused strategy is in the registry: %s", diff)
	}
}

func TestNewSuggestsTheNearestName(t *testing.T) {
	for name, want := range map[string]string{
		"sma-corss": `did you mean "sma-cross"?`, "smacross": `did you mean "sma-cross"?`, "buy-hold": `did you mean "buy-and-hold"?`,
		"xyz": `no strategy "xyz"; there are b`, "": `no strategy ""; there are b`,
	} {
		if _, err := New(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", name, err, want)
		}
	}
}

func TestNewStrategiesAreIndependent(t *testing.T) {
	a, b := mustNew(t, "sma-cross").(*SMACross), mustNew(t, "sma-cross").(*SMACross)
	if err := Set(a, "fast", "5"); err != nil {
		t.Fatal(err)
	}
	if a.Fast != 5 || b.Fast != 10 {
		t.Errorf("fast is %d and %d, want 5 and 10", a.Fast, b.Fast)
	}
}

func TestEveryBuiltInIsDescribedAndValid(t *testing.T) {
	for _, info := range List() {
		if info.Doc == "" || strings.Contains(info.Doc, "\n") || strings.HasSuffix(info.Doc, ".") {
			t.Errorf("%s: doc %q, want one line without a full stop", info.Name, info.Doc)
		}
		s := mustNew(t, info.Name)
		if _, ok := s.(WarmUpper); !ok {
			t.Errorf("%s does not say how many bars it needs", info.Name)
		}
		for _, p := range info.Params {
			if p.Doc == "" || p.Default == "" || p.Type == "int" && p.Unit == "" {
				t.Errorf("%s: parameter %+v lacks doc, default or unit", info.Name, p)
			}
		}
		for _, x := range Values(s) {
			if err := Set(s, x.Name, x.Value); err != nil {
				t.Errorf("%s: its own value: %v", info.Name, err)
			}
		}
	}
}
