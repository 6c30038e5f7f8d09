package strategy

import (
	"fmt"
	"slices"
	"strings"
)

// Info is what List tells about a strategy.
type Info struct {
	Name   string  `json:"name"`
	Doc    string  `json:"doc"` // one line
	Params []Param `json:"params"`
}

type entry struct {
	name, doc string
	make      func() Strategy
}

// registry is sorted by name. The built-ins are there before any init function runs.
var registry = func() []entry {
	var r []entry
	for _, e := range builtins {
		r = add(r, e)
	}
	return r
}()

// builtins are the strategies of this package.
var builtins = []entry{
	{"bollinger-reversion", "rests a buy at the lower band, with a stop below and the middle as target", func() Strategy { return new(BollingerReversion) }},
	{"buy-and-hold", "buys once and keeps: the yardstick for every other strategy", func() Strategy { return new(BuyAndHold) }},
	{"dca", "buys for the same amount at fixed times", func() Strategy { return new(DCA) }},
	{"donchian-breakout", "buys new highs with a stop order, sized by volatility, and trails a stop", func() Strategy { return new(DonchianBreakout) }},
	{"grid", "rests buys on levels below the market and offers each fill one level higher", func() Strategy { return new(Grid) }},
	{"rsi-reversion", "buys when the relative strength index turns oversold and sells the recovery", func() Strategy { return new(RSIReversion) }},
	{"runaway", "broken on purpose, to show that the guard holds it: never for real money", func() Strategy { return new(Runaway) }},
	{"sma-cross", "holds while a fast average of the close is above a slow one", func() Strategy { return new(SMACross) }},
}

// Register makes a strategy known by a name of lower-case letters, digits and dashes. It
// is for init functions and the start of main, before anything runs. doc is one line.
// make returns a new, independent strategy each time. A taken name or a wrong tag panics.
func Register(name, doc string, make func() Strategy) {
	registry = add(registry, entry{name, doc, make})
}

func add(to []entry, e entry) []entry {
	if strings.Trim(e.name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.Trim(e.name, "-") != e.name || e.name == "" {
		panic(fmt.Sprintf("BUG: strategy name %q: use lower-case letters, digits and dashes", e.name))
	}
	at, found := find(to, e.name)
	if found {
		panic(fmt.Sprintf("BUG: strategy %q is registered twice", e.name))
	}
	if s := e.make(); s == nil {
		panic(fmt.Sprintf("BUG: strategy %q: its maker returns nil", e.name))
	} else {
		fieldsOf(s)
	}
	return slices.Insert(to, at, e)
}

func find(in []entry, name string) (int, bool) {
	return slices.BinarySearchFunc(in, name, func(e entry, name string) int { return strings.Compare(e.name, name) })
}

// New makes the strategy of that name, with its parameters' defaults. The error for an
// unknown name suggests the nearest and lists all.
func New(name string) (Strategy, error) {
	at, found := find(registry, name)
	if !found {
		names := make([]string, len(registry))
		for i, e := range registry {
			names[i] = e.name
		}
		return nil, fmt.Errorf("strategy: no strategy %q%s; there are %s", name, didYouMean(name, names), strings.Join(names, ", "))
	}
	s := registry[at].make()
	setDefaults(s)
	return s, nil
}

// List tells about all strategies, by name.
func List() []Info {
	list := make([]Info, len(registry))
	for i, e := range registry {
		list[i] = Info{Name: e.name, Doc: e.doc, Params: Describe(e.make())}
	}
	return list
}
