package strategy

import (
	"fmt"
	"strings"
)

// didYouMean is the part of an error that names the nearest of the known names, empty
// when none is near.
func didYouMean(name string, known []string) string {
	best, bestDistance := "", 1+max(2, len(name)/2) // beyond that a guess is noise
	for _, k := range known {
		d := distance(strings.ToLower(name), k)
		if len(name) >= 2 && strings.HasPrefix(k, strings.ToLower(name)) {
			d = 1
		}
		if d < bestDistance && d < max(len(k), len(name)) {
			best, bestDistance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// distance counts the insertions, deletions, substitutions and swaps of neighbours that
// turn a into b (optimal string alignment).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			substituted := last[j-1]
			if a[i-1] != b[j-1] {
				substituted++
			}
			row[j] = min(last[j]+1, row[j-1]+1, substituted)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
