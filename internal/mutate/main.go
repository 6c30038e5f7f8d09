// Command mutate changes the risk guard in one small place at a time and runs its tests:
// a change that no test notices is a promise that nothing holds. The changes are generated
// from the syntax tree, all of them, always the same.
//
//	go run ./internal/mutate                  every mutant, as `make mutants`: an hour
//	go run ./internal/mutate -n 60 -seed 1    60 of them, drawn by the seed
//	go run ./internal/mutate -list            what they are
//
// It exits with 1 when more than 5 % survive, those aside that survivors.txt lists with a
// reason.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

// mostSurvivors is the share of mutants that may survive without a reason, in percent.
const mostSurvivors = 5

func main() {
	dir := flag.String("dir", "risk", "the package")
	list := flag.Bool("list", false, "only list the mutants")
	n := flag.Int("n", 0, "how many, drawn at random; 0: all")
	seed := flag.Uint64("seed", 1, "of the draw")
	workers := flag.Int("workers", 2, "how many run at a time")
	match := flag.String("match", "", "only mutants whose name contains this")
	reasons := flag.String("survivors", filepath.Join("internal", "mutate", "survivors.txt"), "the survivors that are agreed on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	all, err := generate(*dir)
	if err == nil {
		all = draw(all, *match, *n, *seed)
		if *list {
			for i := range all {
				fmt.Printf("%s:%d\t%s\n", all[i].file, all[i].line, &all[i])
			}
			return
		}
		var good bool
		if good, err = judge(ctx, os.Stdout, *dir, *reasons, all, *workers); err == nil && good {
			return
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
	}
	os.Exit(1)
}

// draw keeps n mutants of those whose name contains match, in their order.
func draw(all []mutant, match string, n int, seed uint64) []mutant {
	all = slices.DeleteFunc(all, func(m mutant) bool { return !strings.Contains(m.String(), match) })
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

// judge runs the mutants and prints the table; it is good when few enough survive.
func judge(ctx context.Context, w io.Writer, dir, reasonsPath string, all []mutant, workers int) (good bool, err error) {
	reasons, err := readReasons(reasonsPath)
	if err != nil {
		return false, err
	}
	if _, err := run(ctx, dir, nil); err != nil {
		return false, err
	}
	outcomes, errs, done := make([]outcome, len(all)), make([]error, len(all)), make([]chan struct{}, len(all))
	for i := range all {
		done[i] = make(chan struct{})
	}
	next := make(chan int, len(all))
	for i := range all {
		next <- i
	}
	close(next)
	for range max(1, workers) {
		go func() {
			for i := range next {
				outcomes[i], errs[i] = run(ctx, dir, &all[i])
				close(done[i])
			}
		}()
	}
	var count [3]int
	unlisted := 0
	for i := range all { // in their order, each as soon as it is known
		if <-done[i]; errs[i] != nil {
			return false, errs[i]
		}
		m := &all[i]
		count[outcomes[i]]++
		if outcomes[i] == invalid {
			continue
		}
		why, listed := reasons[m.String()]
		switch {
		case outcomes[i] == survived && !listed:
			unlisted++
		case outcomes[i] == survived:
			why = "  (" + why + ")"
		case listed:
			why = "  (listed as a survivor: take it off the list)"
		}
		fmt.Fprintf(w, "%-8v  %s:%d  %s%s\n", outcomes[i], m.file, m.line, m, why)
	}
	ran := count[survived] + count[killed]
	fmt.Fprintf(w, "\n%d mutants ran, %d killed, %d survived, %d of them without a reason (%.1f %%; at most %d %%); %d more do not compile\n",
		ran, count[killed], count[survived], unlisted, 100*float64(unlisted)/float64(max(1, ran)), mostSurvivors, count[invalid])
	return 100*unlisted <= mostSurvivors*ran, nil
}
