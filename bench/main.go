// Command bench prints one table: what Breakwater promises about speed and memory, and
// what it does here, beside references that are measured in the same run.
//
//	go run ./bench            as `make bench`: 2,000,000 bars, a few minutes
//	go run ./bench -runs 1    quicker, less steady
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
)

// The numbers to reach.
const (
	cpuRatioMost     = 4.0 // whole process, of the reference's CPU
	cpuRatioGoal     = 3.0
	memoryMostMB     = 64
	growthMost       = 4.4 // CPU of four times the bars
	engineMostNs     = 100 // a bar
	doorMostNs       = 60  // of it guard and venue
	readRatioMost    = 2.0 // of the minimal parser's time
	ticksLeast       = 5e6 // a second
	bookLeast        = 5e6
	venueLeast       = 1e6
	orderMostNs      = 2000 // through all controls, the KILL probe beside it
	barMostNs        = 40   // of the guard, without orders
	chainLeast       = 1e6  // records a second
	durableRatioMost = 1.2  // of a raw write and sync
	groupsLeast      = 1e5
	recoveryMostS    = 5 // of a million records
	rows             = 2_000_000
	rowsFew          = 500_000
	fastBars         = 10
	slowBars         = 30
	measuredStrategy = "sma-cross"
)

func main() {
	runs := flag.Int("runs", 5, "runs of each program, alternated; medians are shown")
	flag.Parse()
	if err := bench(os.Stdout, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(out io.Writer, runs int) error {
	dir, err := os.MkdirTemp("", "breakwater-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p, err := measureProcesses(dir, runs)
	if err != nil {
		return err
	}
	b, err := goBenchmarks()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, %d CPUs, %s, load %s; %d runs of each program, medians; of package benchmarks the quickest of five\n\n", runtime.Version(), runtime.NumCPU(), platform(), load(), runs)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\tbar\there\treference\t")
	for _, l := range slices.Concat(p.lines(), b.lines(), b.safety()) {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", l.what, l.bar, l.here, l.reference, verdict(l.holds))
	}
	if err := t.Flush(); err != nil || p.holds() {
		return err
	}
	_, err = fmt.Fprintf(out, "\nWhere the whole process spends its time:\n%s", p.profile)
	return err
}

// load is how many processes wanted a CPU in the last minutes: more than there are CPUs
// makes everything here slower, the benchmarks of packages most.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:2], " ")
}

func platform() string { return runtime.GOOS + "/" + runtime.GOARCH }

// line is one row of the table.
type line struct {
	what, bar, here, reference string
	holds                      bool
}

func verdict(holds bool) string {
	if holds {
		return "holds"
	}
	return "NOT REACHED"
}

// processes are the figures of whole runs.
type processes struct {
	whole, few, reference usage
	bytes                 int64
	profile               string // the functions of ours with the most time
}

func (p *processes) holds() bool { return p.whole.cpu <= cpuRatioMost*p.reference.cpu }

func measureProcesses(dir string, runs int) (p processes, err error) {
	program, reference := filepath.Join(dir, "breakwater"), filepath.Join(dir, "reference")
	if err := build(program, "./cmd/breakwater"); err != nil {
		return p, err
	}
	if err := build(reference, "./bench/reference"); err != nil {
		return p, err
	}
	many, few := filepath.Join(dir, "XBTCAD_1.csv"), filepath.Join(dir, "few_XBTCAD_1.csv")
	if p.bytes, err = makeFile(program, many, few); err != nil {
		return p, err
	}
	backtest := func(file string) []string {
		return []string{
			program, "backtest", "--data", file, "--strategy", measuredStrategy, "--set", fmt.Sprint("fast=", fastBars), "--set", fmt.Sprint("slow=", slowBars),
			"--cash", "1000000", "--size", "0.01", "--fee", "0.26%", "--out", filepath.Join(dir, "report"), "--overwrite",
		}
	}
	var whole, less, least []usage
	answer := ""
	for range runs {
		for _, job := range []struct {
			to   *[]usage
			args []string
		}{
			{&least, []string{reference, many, fmt.Sprint(fastBars), fmt.Sprint(slowBars)}},
			{&whole, backtest(many)},
			{&less, backtest(few)},
		} {
			u, output, err := measure(job.args)
			if err != nil {
				return p, err
			}
			*job.to = append(*job.to, u)
			if job.args[0] == reference {
				answer = output
			}
		}
	}
	p.whole, p.few, p.reference = median(whole), median(less), median(least)
	if err := sameAnswer(backtest(many), answer); err != nil {
		return p, err
	}
	p.profile, err = profile(backtest(many), filepath.Join(dir, "cpu.prof"))
	return p, err
}

// sameAnswer demands that the reference computes what Breakwater does with ideal fills: a
// yardstick that does less, or something else, would measure nothing. Where both averages
// are equal to the last digit a strategy's float64 may see a crossing that the reference's
// integers do not, so one fill in a thousand may differ, and the equity by as much.
func sameAnswer(backtest []string, reference string) error {
	_, output, err := measure(append(backtest, "--ideal", "--no-report", "--json"))
	if err != nil {
		return err
	}
	var summary struct {
		Equity float64 `json:",string"`
		Trades struct{ Fills float64 }
	}
	if err := json.Unmarshal([]byte(output), &summary); err != nil {
		return err
	}
	var equity, fills float64
	if _, err := fmt.Sscanf(reference, "equity %g trades %g", &equity, &fills); err != nil {
		return fmt.Errorf("the reference said %q: %w", reference, err)
	}
	near := func(a, b float64) bool { return math.Abs(a-b) <= b/1000 }
	if !near(summary.Trades.Fills, fills) || !near(summary.Equity, equity) {
		return fmt.Errorf("the reference ends with %.2f after %.0f fills, ideal fills with %.2f after %.0f", equity, fills, summary.Equity, summary.Trades.Fills)
	}
	return nil
}

func (p *processes) lines() []line {
	ratio := p.whole.cpu / p.reference.cpu
	growth := p.whole.cpu / p.few.cpu
	return []line{
		{
			what: fmt.Sprintf("whole process: %d bars, %d MB, %s to summary, CSVs and report", rows, p.bytes/1e6, measuredStrategy),
			bar:  fmt.Sprintf("at most %.0fx the CPU (goal %.0fx)", cpuRatioMost, cpuRatioGoal), here: fmt.Sprintf("%.2fx: %.2f s", ratio, p.whole.cpu),
			reference: fmt.Sprintf("%.2f s, minimal program", p.reference.cpu), holds: p.holds(),
		},
		{
			what: "its peak memory", bar: fmt.Sprintf("under %d MB", memoryMostMB), here: fmt.Sprintf("%.0f MB", p.whole.memoryMB),
			reference: fmt.Sprintf("%.0f MB", p.reference.memoryMB), holds: p.whole.memoryMB < memoryMostMB,
		},
		{
			what: fmt.Sprintf("growth: CPU of %d bars against %d", rows, rowsFew), bar: fmt.Sprintf("at most %.1fx", growthMost),
			here: fmt.Sprintf("%.2fx", growth), reference: fmt.Sprintf("%.2f s", p.few.cpu), holds: growth <= growthMost,
		},
	}
}
