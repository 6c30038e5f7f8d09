package archtest

import (
	"slices"
	"strings"
)

// module is the path that all of our packages begin with.
const module = "breakwater"

// core is the set of packages that are a pure function of their events: the same events
// give the same decisions, on every machine, forever.
var core = []string{
	"exchange", "exchange/money", "exchange/chaos", "data", "risk",
	"strategy", "strategy/indicator", "strategy/engine", "sim", "sim/world", "data/journal", "data/journal/faultfs", "internal/planted",
	"internal/spelling",
}

// std is what the core may import of the standard library: nothing that reaches the
// world. (fmt reaches os, but only through names that the table below bans.)
var std = []string{
	"bufio", "bytes", "cmp", "container/heap", "context", "crypto/ed25519", "crypto/sha256", "encoding", "encoding/binary", "encoding/csv",
	"encoding/hex", "encoding/json", "errors", "fmt", "hash", "hash/crc32", "hash/fnv", "io", "io/fs", "iter", "maps", "math",
	"math/bits", "math/rand/v2", "reflect", "slices", "sort", "strconv", "strings", "text/tabwriter", "time", "unicode",
	"unicode/utf8", "unsafe",
}

// banned names of the standard library packages that the core may import, with what to
// use instead. In math, only what is exact, or is computed alike on every processor.
var banned = []struct {
	pkg, instead string
	names        []string // nil: all functions but the ones in except
	except       []string
}{
	{pkg: "time", instead: "take the time from an event, as an exchange.Stamp",
		names: []string{"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer", "Sleep", "Local", "LoadLocation"}},
	{pkg: "math/rand/v2", instead: "draw from a generator of your own, made by New(NewPCG(seed, stream))",
		except: []string{"New", "NewPCG", "NewChaCha8", "NewZipf"}},
	{pkg: "context", instead: "take the time from an event",
		names: []string{"WithTimeout", "WithTimeoutCause", "WithDeadline", "WithDeadlineCause", "AfterFunc"}},
	{pkg: "fmt", instead: "write to an io.Writer that the caller gave, read from its io.Reader",
		names: []string{"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"}},
	{pkg: "math", instead: "write it in Go with + - * / and Sqrt: this one differs between processors",
		except: []string{
			"Abs", "Ceil", "Copysign", "Float32bits", "Float32frombits", "Float64bits", "Float64frombits", "Floor", "Frexp", "Inf", "IsInf", "IsNaN",
			"Ldexp", "Max", "Min", "Mod", "Modf", "NaN", "Nextafter", "Round", "RoundToEven", "Signbit", "Sqrt", "Trunc",
		}},
}

// mayImport is the house of the design: our own packages that each of ours may import
// directly, tests aside. A package that is not in it imports what it likes, within the
// other rules.
var mayImport = map[string][]string{
	"exchange/money":        {},
	"exchange":              {"exchange/money"},
	"exchange/exchangetest": {"exchange", "exchange/money"},
	"exchange/chaos":        {"exchange", "exchange/money", "internal/planted", "internal/spelling"},
	"exchange/chaos/wire":   {"exchange", "exchange/chaos"},
	"data":                  {"exchange", "exchange/money"},
	"data/file":             {"data", "exchange", "exchange/money"},
	"risk":                  {"exchange", "exchange/money", "internal/planted"},
	"strategy":              {"exchange", "exchange/money", "strategy/indicator", "internal/spelling"},
	"strategy/indicator":    {},
	"strategy/engine":       {"exchange", "exchange/money", "risk", "strategy", "internal/planted"},
	"sim":                   {"exchange", "exchange/money", "internal/planted"},
	"sim/world":             {"data/journal", "data/journal/faultfs", "exchange", "exchange/chaos", "exchange/money", "risk", "sim", "strategy", "strategy/engine"},
	"reports":               {"exchange", "exchange/money", "reports/metrics", "risk"},
	"reports/metrics":       {"exchange"},
	"data/journal":          {"exchange", "exchange/money", "risk", "internal/planted"},
	"data/journal/osfs":     {"data/journal"},
	"risk/riskfile":         {"exchange", "exchange/money", "risk", "internal/spelling"},
}

// doors are packages that only some of ours may import.
var doors = []struct {
	pkg string
	by  []string // packages, and every package below them
}{
	{"exchange/kraken", []string{"cmd", "exchange/paper"}},
	{"exchange/exchangetest", []string{}},
	{"cmd", []string{"cmd", "docs", "bench"}},
}

// placers are the packages that may call Submit and Amend on an Exchange: the guard, and
// what stands between it and the venue.
var placers = []string{"risk", "sim", "exchange/chaos", "exchange/paper", "exchange/kraken", "exchange/exchangetest"}

// ablators are the packages that may name a function that makes a guard without a control,
// or an engine that takes one.
var ablators = map[string][]string{
	"NewWithout":   {"scenarios"},
	"NewBreakable": {"scenarios"},
	"Ablated":      {"sim/world", "strategy/engine"},
}

// sorters make the keys of a map safe to walk: they are the only callers that may be
// handed one of maps' iterators.
var sorters = []string{"Sorted", "SortedFunc", "SortedStableFunc"}

// rules is the table: what holds where.
var rules = []rule{
	{"std-imports", "the core imports nothing that reaches the world", inCore, stdImports},
	{"own-imports", "a package imports only what stands below it", everywhere, ownImports},
	{"transitive", "what the core imports of ours is core", inCore, coreBelow},
	{"doors", "only a few reach the real venue", everywhere, doorImports},
	{"only-the-guard-places-orders", "Submit and Amend are called by the guard alone", notPlacer, placesOrders},
	{"only-scenarios-ablate", "a guard that lacks a control is for scenarios", everywhere, ablates},
	{"no-ambient-input", "no clock, no global chance, no terminal", inCore, ambientInput},
	{"one-goroutine", "no go statement, no select", inCore, concurrency},
	{"no-map-order", "nothing depends on the order of a map", inCore, mapOrder},
}

// rule is a check and the packages that it holds for.
type rule struct {
	name, promise string
	holds         func(path string) bool
	check         func(p *pkg, report reporter)
}

func inCore(path string) bool     { return slices.Contains(core, own(path)) }
func everywhere(path string) bool { return true }
func notPlacer(path string) bool  { return !slices.Contains(placers, own(path)) }

// own is a package's path within the module; "" for one that is not ours.
func own(path string) string {
	if path == module {
		return "."
	}
	rest, ours := strings.CutPrefix(path, module+"/")
	if !ours {
		return ""
	}
	return rest
}
