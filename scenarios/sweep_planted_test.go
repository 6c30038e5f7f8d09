//go:build planted

package scenarios

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"breakwater/internal/planted"
)

// How many seeds a mistake may hide from, and how many mistakes must be found.
const (
	sweepSeeds   = 500
	sweepFindsOf = 25
)

// Each mistake is made alone; the sweep looks until its first find. BREAKWATER_SEED is
// where the seeds begin.
func TestTheSweepFindsPlantedMistakes(t *testing.T) {
	first, _ := strconv.ParseUint(os.Getenv("BREAKWATER_SEED"), 10, 62)
	defer planted.Select(planted.None)
	found := 0
	var missed []string
	for _, b := range planted.All() {
		planted.Select(b)
		met := 0
		by := func() *Swept {
			for seed := first + 1; seed <= first+sweepSeeds; seed++ {
				planted.Select(b)
				w := Sweep(seed)
				if met += planted.Met(); len(w.Failed) > 0 {
					return w
				}
			}
			return nil
		}()
		if by == nil {
			missed = append(missed, b.String()+" (made "+strconv.Itoa(met)+" times)")
			continue
		}
		found++
		t.Logf("%-22s seed %d: %.160s", b, by.Seed, by.Failed[0])
	}
	t.Logf("the sweep finds %d of %d within %d seeds; not: %s", found, len(planted.All()), sweepSeeds, strings.Join(missed, ", "))
	if found < sweepFindsOf {
		t.Errorf("%d are found, at least %d must be", found, sweepFindsOf)
	}
}

// What reduce writes is small, reads back, and runs red by itself.
func TestPlantedMistakeReducesToASmallRedScenario(t *testing.T) {
	defer planted.Select(planted.None)
	planted.Select(planted.ResendOnTimeout)
	seed := uint64(1)
	for len(Sweep(seed).Failed) == 0 {
		if seed++; seed > sweepSeeds {
			t.Fatal("no seed finds it")
		}
	}
	text, failed, runs := Reduce(seed)
	s, err := Read(draw(seed).name()+".yaml", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	o := s.Run(nil)
	t.Logf("seed %d, %d runs, %d of %d lines are left: %s\n%s", seed, runs, strings.Count(string(text), "\n"), strings.Count(string(draw(seed).text("")), "\n"), failed[0], text)
	if o.Green() || len(s.cfg.Plan.Rules) > 2 || len(s.cfg.Slots) > 1 {
		t.Errorf("green: %v, %d faults, %d strategies", o.Green(), len(s.cfg.Plan.Rules), len(s.cfg.Slots))
	}
	planted.Select(planted.None)
	if o := s.Run(nil); len(o.Failed) > 0 {
		t.Errorf("without the mistake it is red: %s", o.Failed)
	}
}
