package main

import (
	"strings"
	"testing"
)

func TestBenchmarkLinesAreReadByUnit(t *testing.T) {
	all := map[string]map[string][]float64{}
	for text := range strings.Lines("goos: linux\n" +
		"BenchmarkTradeTicks-2   \t11082031\t        36.21 ns/op\t         0.2149 fills/op\t  27617480 trades/s\t       0 B/op\t       0 allocs/op\n" +
		"BenchmarkTradeTicks-2   \t11082031\t        96.21 ns/op\t         0.2149 fills/op\t   7617480 trades/s\t       0 B/op\t       0 allocs/op\n" +
		"BenchmarkReadOHLCVT-2 \t     100\t   3900000 ns/op\t 718.00 MB/s\t        77.4 ns/row\nPASS\n") {
		collect(all, "./sim", text)
	}
	got := quickest(all)
	if len(got) != 2 || got.of("./sim TradeTicks", "trades/s") != 27617480 || got.of("./sim TradeTicks", "ns/op") != 36.21 || got.of("./sim ReadOHLCVT", "ns/row") != 77.4 {
		t.Errorf("read %v", got)
	}
}

func TestMissingBenchmarkIsNotReached(t *testing.T) {
	for _, l := range append((results{}).lines(), (results{}).safety()...) {
		if l.holds {
			t.Errorf("%q holds without having been measured", l.what)
		}
	}
}

// A bar is reached by what is at it, and not by what is beyond.
func TestSafetyHoldsUpToItsBars(t *testing.T) {
	at := func(worse float64) results {
		return results{
			"./risk OrderThroughAllControls": {"ns/op": 2000 * worse, "allocs/op": 0}, "./risk BarThroughGuard": {"ns/op": 40 * worse}, "./session KillProbe": {"ns/op": 1},
			"./data/journal EncodeAndChain": {"records/s": 1e6 / worse}, "./data/journal Durable": {"ratio": 1.2 * worse}, "./data/journal Groups": {"records/s": 1e5 / worse},
			"./data/journal Recovery": {"s/recovery": 4.999 * worse},
		}
	}
	for i, l := range at(1).safety() {
		if beyond := at(1.01).safety()[i]; !l.holds || beyond.holds {
			t.Errorf("%s: holds %v at its bar, %v beyond", l.what, l.holds, beyond.holds)
		}
	}
}

func TestMedianTakesEachFigureByItself(t *testing.T) {
	got := median([]usage{{cpu: 3, memoryMB: 1}, {cpu: 1, memoryMB: 2}, {cpu: 2, memoryMB: 30}})
	if got.cpu != 2 || got.memoryMB != 2 {
		t.Errorf("median %+v, want 2 and 2", got)
	}
}
