package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// results are benchmarks of the packages: by package and name, each unit's value.
type results map[string]map[string]float64

// The benchmarks that the table needs, by package.
var wanted = []struct{ pkg, names string }{
	{"./data", "MinimalParser|ReadOHLCVT"},
	{"./sim", "TradeTicks|BookAlone|VenueBookOnly"},
	{"./strategy/engine", "EngineSMACross"},
	{"./bench", "FeedAlone|GuardAndVenue"},
	{"./risk", "OrderThroughAllControls|BarThroughGuard"},
	{"./session", "KillProbe"},
	{"./data/journal", "EncodeAndChain|Durable|Groups|Recovery"},
}

// goBenchmarks runs them, several times each, and keeps the quickest: they are measured by
// the clock, to which a busy machine only adds.
func goBenchmarks() (results, error) {
	all := map[string]map[string][]float64{}
	for _, w := range wanted {
		cmd := exec.Command("go", "test", "-run", "^$", "-bench", "^Benchmark("+w.names+")$", "-count", "5", "-benchtime", "0.3s", "-benchmem", w.pkg)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("benchmarks of %s: %w: %s", w.pkg, err, out)
		}
		for text := range strings.Lines(string(out)) {
			collect(all, w.pkg, text)
		}
		for name := range strings.SplitSeq(w.names, "|") {
			if all[w.pkg+" "+name] == nil {
				return nil, fmt.Errorf("%s has no benchmark %s any more; name the one that took its place", w.pkg, name)
			}
		}
	}
	return quickest(all), nil
}

// quickest keeps all figures of the run with the least time.
func quickest(all map[string]map[string][]float64) results {
	r := results{}
	for name, units := range all {
		best := 0
		for i, ns := range units["ns/op"] {
			if ns < units["ns/op"][best] {
				best = i
			}
		}
		r[name] = map[string]float64{}
		for unit, values := range units {
			r[name][unit] = values[best]
		}
	}
	return r
}

// collect reads one line that go test prints of a benchmark: its name with the number of
// processors, how often it ran, and pairs of value and unit.
func collect(all map[string]map[string][]float64, pkg, text string) {
	fields := strings.Fields(text)
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(fields[0], "Benchmark"), "-")
	key := pkg + " " + name
	if all[key] == nil {
		all[key] = map[string][]float64{}
	}
	for i := 2; i+1 < len(fields); i += 2 {
		if v, err := strconv.ParseFloat(fields[i], 64); err == nil {
			all[key][fields[i+1]] = append(all[key][fields[i+1]], v)
		}
	}
}

func (r results) of(name, unit string) float64 { return r[name][unit] }

func (r results) lines() []line {
	loop := r.of("./strategy/engine EngineSMACross", "ns/op")
	allocs := r.of("./strategy/engine EngineSMACross", "allocs/op")
	feed := r.of("./bench FeedAlone", "ns/op")
	door := r.of("./bench GuardAndVenue", "ns/op") - feed
	parse, read := r.of("./data MinimalParser", "ns/row"), r.of("./data ReadOHLCVT", "ns/row")
	rate := func(name, unit string) float64 {
		if v := r.of(name, unit); v > 0 {
			return v
		}
		if ns := r.of(name, "ns/op"); ns > 0 {
			return 1e9 / ns
		}
		return 0
	}
	ticks, book, whole := rate("./sim TradeTicks", "trades/s"), rate("./sim BookAlone", "ops/s"), rate("./sim VenueBookOnly", "ops/s")
	million := func(v float64) string { return fmt.Sprintf("%.1f million/s", v/1e6) }
	return []line{
		{"engine loop, sma-cross, guard and venue on", fmt.Sprintf("at most %d ns a bar, no allocation", engineMostNs),
			fmt.Sprintf("%.0f ns, %.0f allocations", loop, allocs), "", loop > 0 && loop <= engineMostNs && allocs == 0},
		{"of it guard and venue", fmt.Sprintf("at most %d ns", doorMostNs), fmt.Sprintf("%.0f ns", door),
			fmt.Sprintf("the feed alone %.0f ns", feed), door > 0 && door <= doorMostNs},
		{"reading OHLCVT CSV", fmt.Sprintf("at most %.0fx a minimal parser", readRatioMost), fmt.Sprintf("%.2fx: %.0f ns a row", read/parse, read),
			fmt.Sprintf("%.0f ns a row", parse), read/parse <= readRatioMost},
		{"trade ticks with resting orders", "at least " + million(ticksLeast), million(ticks), "", ticks >= ticksLeast},
		{"matcher: the book alone, 20,000 resting", "at least " + million(bookLeast), million(book), "", book >= bookLeast},
		{"matcher with ledger, holds and fees", "at least " + million(venueLeast), million(whole), "", whole >= venueLeast},
	}
}
