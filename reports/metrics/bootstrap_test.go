package metrics

import (
	"math"
	"testing"
)

func TestEachDayIsDrawnAsOftenAsAnyOtherInBlocksOfTheMeanLength(t *testing.T) {
	const n, draws, mean = 40, 20_000, 5.0
	days, drawn, counts := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range days {
		days[i] = float64(i)
	}
	rng, lengths, breaks := source(1, 1), blockLengths(mean), 0.0
	for range draws {
		resample(drawn, days, rng, lengths)
		for i, d := range drawn {
			counts[int(d)]++
			if i > 0 && d != math.Mod(drawn[i-1]+1, n) {
				breaks++
			}
		}
	}
	for d, c := range counts {
		if math.Abs(c/draws-1) > 0.05 {
			t.Errorf("day %d was drawn %v times in %d", d, c, draws)
		}
	}
	// A block ends after each value with chance 1/mean; one in n goes on by accident.
	want := draws * (n - 1) / mean * (1 - 1./n)
	if math.Abs(breaks/want-1) > 0.02 {
		t.Errorf("%v blocks ended; want about %v", breaks, want)
	}
}
