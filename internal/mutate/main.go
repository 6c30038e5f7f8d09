// Command mutate changes the risk guard in one small place at a time and runs its tests:
// a change that no test notices is a promise that nothing holds. The changes are generated
// from the syntax tree, all of them, always the same.
//
//	go run ./internal/mutate                  every mutant, as `make mutants`: a quarter of an hour
//	go run ./internal/mutate -n 400 -seed 2   400 of them, drawn by the seed
//	go run ./internal/mutate -list            what they are
//
// All mutants of functions are in one test binary, each as a copy of its function; a
// process of its own runs the package's tests on each. A mutant that does not compile does
// not count; one whose tests do not end counts as killed. The command exits with 1 when
// more than 5 % survive, or one that survivors.txt does not list with a reason.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// mostSurvivors is the share of mutants that may survive, in percent.
const mostSurvivors = 5

func main() {
	dir := flag.String("dir", "risk", "the package")
	list := flag.Bool("list", false, "only list the mutants")
	n := flag.Int("n", 0, "how many, drawn at random; 0: all")
	seed := flag.Uint64("seed", 1, "of the draw")
	workers := flag.Int("workers", 2, "how many run at a time")
	match := flag.String("match", "", "only mutants whose name matches this pattern")
	reasons := flag.String("survivors", filepath.Join("internal", "mutate", "survivors.txt"), "the survivors that are agreed on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	good, err := mutate(ctx, *dir, *reasons, *match, *n, *seed, *workers, *list)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
	}
	if err != nil || !good {
		os.Exit(1)
	}
}

func mutate(ctx context.Context, dir, reasonsPath, match string, n int, seed uint64, workers int, list bool) (good bool, err error) {
	all, err := generate(dir)
	if err != nil {
		return false, err
	}
	pattern, err := regexp.Compile(match)
	if err != nil {
		return false, fmt.Errorf("-match: %w", err)
	}
	some := draw(slices.Clone(all), pattern, n, seed)
	if list {
		for i := range some {
			fmt.Printf("%s:%d\t%s\n", some[i].file, some[i].line, &some[i])
		}
		return true, nil
	}
	reasons, err := readReasons(reasonsPath)
	if err != nil {
		return false, err
	}
	gone := maps.Clone(reasons)
	for i := range all {
		delete(gone, all[i].String())
	}
	if len(gone) > 0 {
		return false, fmt.Errorf("%s: these are no mutants any more; take the lines out:\n%s", reasonsPath, strings.Join(slices.Sorted(maps.Keys(gone)), "\n"))
	}
	fmt.Printf("%d of %d mutants, seed %d\n\n", len(some), len(all), seed)
	return judge(ctx, os.Stdout, dir, reasons, some, workers)
}

// draw keeps n mutants of those whose name matches, in their order.
func draw(all []mutant, match *regexp.Regexp, n int, seed uint64) []mutant {
	all = slices.DeleteFunc(all, func(m mutant) bool { return !match.MatchString(m.String()) })
	if n <= 0 || n >= len(all) {
		return all
	}
	picked := rand.New(rand.NewPCG(seed, 0)).Perm(len(all))[:n]
	slices.Sort(picked)
	some := make([]mutant, n)
	for i, p := range picked {
		some[i] = all[p]
	}
	return some
}

// trial is what became of every mutant of a run.
type trial struct {
	all      []mutant
	outcomes []outcome
	errs     []error
	done     []chan struct{}
}

// try runs the mutants, several at a time.
func (r *runner) try(ctx context.Context, dir string, all []mutant, workers int) (*trial, func(), error) {
	w, err := newWorkshop(dir)
	if err != nil {
		return nil, nil, err
	}
	binary, bad, err := w.buildAll(ctx, all)
	if err == nil {
		err = r.warm(ctx, w, binary)
	}
	if err != nil {
		w.close()
		return nil, nil, err
	}
	t := &trial{all: all, outcomes: make([]outcome, len(all)), errs: make([]error, len(all)), done: make([]chan struct{}, len(all))}
	next := make(chan int, len(all))
	for i := range all {
		t.done[i] = make(chan struct{})
		next <- i
	}
	close(next)
	var busy sync.WaitGroup
	for range max(1, workers) {
		busy.Go(func() {
			for i := range next {
				switch {
				case bad[i]:
					t.outcomes[i] = invalid
				case all[i].body != 0:
					t.outcomes[i], t.errs[i] = r.run(ctx, binary, i+1)
				default:
					t.outcomes[i], t.errs[i] = r.runOne(ctx, w, i, &all[i])
				}
				close(t.done[i])
			}
		})
	}
	return t, func() { busy.Wait(); w.close() }, nil
}

// judge runs the mutants and prints what became of them; it is good when few enough
// survive, each of them with a reason.
func judge(ctx context.Context, out io.Writer, dir string, reasons map[string]string, all []mutant, workers int) (good bool, err error) {
	ctx, stop := context.WithCancel(ctx)
	t, end, err := (&runner{time: testTime}).try(ctx, dir, all, workers)
	if err != nil {
		stop()
		return false, err
	}
	defer end()
	defer stop()
	var count [kinds][outcomes]int
	unlisted := 0
	for i := range all { // in their order, each as soon as it is known
		if <-t.done[i]; t.errs[i] != nil {
			return false, t.errs[i]
		}
		m, o := &all[i], t.outcomes[i]
		count[m.kind][o]++
		why, listed := reasons[m.String()]
		switch {
		case o == invalid:
			continue
		case o == survived && !listed:
			unlisted++
		case o == survived:
			why = "  (" + why + ")"
		case listed:
			why = "  (listed as a survivor: take it off the list)"
		}
		fmt.Fprintf(out, "%-9v  %s:%d  %s%s\n", o, m.file, m.line, m, why)
	}
	ran, alive := table(out, &count)
	fmt.Fprintf(out, "\n%d of %d mutants survive (%.1f %%; at most %d %%), %d of them without a reason\n",
		alive, ran, 100*float64(alive)/float64(max(1, ran)), mostSurvivors, unlisted)
	return 100*alive <= mostSurvivors*ran && unlisted == 0, nil
}

// table prints the outcomes by kind.
func table(w io.Writer, count *[kinds][outcomes]int) (ran, alive int) {
	fmt.Fprintf(w, "\n%-11s %9s %9s %9s %9s %9s\n", "kind", "generated", "compiled", "killed", "timed out", "alive")
	row := func(name string, c *[outcomes]int) int {
		n := c[survived] + c[killed] + c[timedOut]
		fmt.Fprintf(w, "%-11s %9d %9d %9d %9d %9d\n", name, n+c[invalid], n, c[killed], c[timedOut], c[survived])
		return n
	}
	var sum [outcomes]int
	for k := range count {
		row(kind(k).String(), &count[k])
		for o, n := range count[k] {
			sum[o] += n
		}
	}
	return row("all", &sum), sum[survived]
}
