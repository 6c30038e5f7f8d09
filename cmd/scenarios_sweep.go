package cmd

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"breakwater/scenarios"
)

func (a *app) scenariosSweepCommand() *cobra.Command {
	seeds, jobs, asJSON := "1..1000", runtime.GOMAXPROCS(0), false
	c := &cobra.Command{
		Use: "sweep", Short: "Drive the whole system by random faults from seeds", Args: noWords,
		Long: `Sweep makes up a scenario from each seed: market, strategies, limits, faults, crash points and
what the owner does, two days of minutes. All invariants must hold after every event; then
all faults end, the owner looks after the process, and everything must settle. The digest
over all seeds is the same for any number of jobs, in any process.`,
		Example: "  breakwater scenarios sweep --seeds 1..10000\n  breakwater scenarios sweep --seeds 4711",
		RunE: func(*cobra.Command, []string) error {
			from, to, err := parseSeeds(seeds)
			if err != nil {
				return err
			}
			if jobs < 1 || jobs > 256 {
				return usagef("--jobs %d is out of range; write a number from 1 to 256", jobs)
			}
			return a.sweep(from, to, jobs, asJSON)
		},
	}
	c.Flags().StringVar(&seeds, "seeds", seeds, "`SEEDS` to run, from and to: 1..10000, or one")
	c.Flags().IntVar(&jobs, "jobs", jobs, "`NUMBER` of seeds that run at the same time")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON for programs")
	return c
}

func parseSeeds(text string) (from, to uint64, err error) {
	first, last, two := strings.Cut(text, "..")
	if !two {
		last = first
	}
	from, err1 := strconv.ParseUint(first, 10, 62)
	to, err2 := strconv.ParseUint(last, 10, 62)
	if err1 != nil || err2 != nil || from > to {
		return 0, 0, usagef("--seeds %q is no range; write it like 1..10000, or one number", text)
	}
	return from, to, nil
}

// swept is a sweep for programs.
type swept struct {
	From    uint64             `json:"from"`
	To      uint64             `json:"to"`
	Digest  string             `json:"digest"`
	Failed  []*scenarios.Swept `json:"failed"`
	Met     map[string]int     `json:"met"`
	Unmet   []string           `json:"unmet,omitempty"` // dangers that enough seeds should have met
	Seconds float64            `json:"seconds"`
}

// mostFailures is how many failures a sweep tells in full.
const mostFailures = 5

// garbagePercent is how much garbage, of what is in use, is collected at once: a seed needs a
// few megabytes, and all of them are garbage when it ends (9 % of the processor time saved).
const garbagePercent = 300

func (a *app) sweep(from, to uint64, jobs int, asJSON bool) error {
	began := time.Now()
	defer debug.SetGCPercent(debug.SetGCPercent(garbagePercent))
	sum := scenarios.Sum{}
	out := swept{From: from, To: to, Failed: []*scenarios.Swept{}, Met: map[string]int{}}
	tell, done := a.progress(&settings{json: asJSON}, "seeds")
	for r := range inOrder(from, to, jobs) {
		sum.Add(r)
		for _, name := range r.Met {
			out.Met[name]++
		}
		if len(r.Failed) > 0 {
			if out.Failed = append(out.Failed, r); !asJSON && len(out.Failed) <= mostFailures {
				a.printFailure(r)
			}
		}
		if tell != nil {
			tell(int64(r.Seed-from+1), int64(to-from+1))
		}
	}
	done()
	out.Unmet = scenarios.Unmet(out.Met, to-from+1)
	out.Digest, out.Seconds = sum.String(), time.Since(began).Seconds()
	if asJSON {
		if err := writeJSON(a.stdout, out); err != nil {
			return err
		}
	} else {
		a.printSweep(&out)
	}
	if len(out.Failed) > 0 || len(out.Unmet) > 0 {
		return errNotHeld
	}
	return nil
}

// ahead is how many seeds may have ended before the oldest that has not: one that takes a
// hundred times as long holds no job up.
const ahead = 512

// inOrder runs seeds, several at the same time, and yields what they show in their order.
func inOrder(from, to uint64, jobs int) func(yield func(*scenarios.Swept) bool) {
	return func(yield func(*scenarios.Swept) bool) {
		type place chan *scenarios.Swept
		places := make(chan place, ahead)
		stop := make(chan struct{})
		defer close(stop)
		go func() {
			defer close(places)
			free := make(chan struct{}, jobs)
			for seed := from; seed <= to; seed++ {
				p := make(place, 1)
				select {
				case free <- struct{}{}:
				case <-stop:
					return
				}
				go func() {
					p <- scenarios.Sweep(seed)
					<-free
				}()
				select {
				case places <- p:
				case <-stop:
					return
				}
			}
		}()
		for p := range places {
			if !yield(<-p) {
				return
			}
		}
	}
}

func (a *app) printFailure(r *scenarios.Swept) {
	fmt.Fprintf(a.stdout, "seed %d\n", r.Seed)
	for _, f := range r.Failed {
		fmt.Fprintf(a.stdout, "  %s\n", f)
	}
	fmt.Fprintln(a.stdout, "  its faults:")
	for _, line := range strings.Split(strings.TrimSpace(r.Plan), "\n") {
		fmt.Fprintf(a.stdout, "    %s\n", line)
	}
	fmt.Fprintf(a.stdout, "  the last %d events:\n", len(r.Last))
	for _, line := range r.Last {
		fmt.Fprintf(a.stdout, "    %s\n", line)
	}
	fmt.Fprintf(a.stdout, "  make it small: breakwater scenarios reduce --seed %d\n\n", r.Seed)
}

func (a *app) printSweep(s *swept) {
	n := s.To - s.From + 1
	if more := len(s.Failed) - mostFailures; more > 0 {
		fmt.Fprintf(a.stdout, "%d more seeds fail:", more)
		for _, r := range s.Failed[mostFailures:] {
			fmt.Fprintf(a.stdout, " %d", r.Seed)
		}
		fmt.Fprint(a.stdout, "\n\n")
	}
	fmt.Fprintln(a.stdout, "seeds that met")
	for _, name := range scenarios.Dangers {
		fmt.Fprintf(a.stdout, "  %-32s %d\n", name, s.Met[name])
	}
	if len(s.Unmet) > 0 {
		fmt.Fprintf(a.stdout, "no seed met %s: the sweep proves nothing about it\n", strings.Join(s.Unmet, ", "))
	}
	fmt.Fprintf(a.stdout, "%d seeds, %d failed, %.1f s, %.0f a minute\ndigest %s\n", n, len(s.Failed), s.Seconds, float64(n)/s.Seconds*60, s.Digest)
}

func (a *app) scenariosReduceCommand() *cobra.Command {
	seed, file := uint64(0), ""
	c := &cobra.Command{
		Use: "reduce --seed SEED", Short: "Find the smallest scenario in which a seed still fails, and write it as a file", Args: noWords,
		Long: `Reduce takes the scenario of a seed that fails in a sweep and leaves out faults, acts,
strategies and pairs, shortens times and makes numbers smaller, for as long as the same
invariant breaks. What is left it writes as a scenario file, which "breakwater scenarios
run" runs red.`,
		Example: "  breakwater scenarios reduce --seed 4711\n  breakwater scenarios run sweep-4711.yaml",
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("seed") {
				return usagef("no seed is named; write --seed with one that \"breakwater scenarios sweep\" has printed")
			}
			text, failed, runs := scenarios.Reduce(seed)
			if len(failed) == 0 {
				return usagef("seed %d does not fail: there is nothing to make small", seed)
			}
			if file == "" {
				file = fmt.Sprintf("sweep-%d.yaml", seed)
			}
			if err := os.WriteFile(file, text, 0o644); err != nil {
				return usagef("--out: %v; give a file that can be written", err)
			}
			fmt.Fprintf(a.stdout, "%s\n%s after %d runs; it breaks:\n", strings.TrimSpace(string(text)), file, runs)
			for _, f := range failed {
				fmt.Fprintf(a.stdout, "  %s\n", f)
			}
			fmt.Fprintf(a.stdout, "run it: breakwater scenarios run %s\n", file)
			return nil
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 0, "the `SEED` that fails")
	c.Flags().StringVar(&file, "out", "", "`FILE` to write; its name must be sweep-SEED.yaml (default: in this folder)")
	return c
}
