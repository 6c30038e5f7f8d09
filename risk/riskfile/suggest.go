package riskfile

import (
	"fmt"
	"slices"
	"strings"
)

// suggest names the known word that was probably meant.
func suggest(word string, known []string) string {
	best, least := "", len(word)/2+1
	for _, k := range known {
		if d := distance(word, k); d < least {
			best, least = k, d
		}
	}
	if i := slices.IndexFunc(known, func(k string) bool { return len(word) > 2 && strings.Contains(k, word) }); best == "" && i >= 0 {
		best = known[i]
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// nearest names the known word that was probably meant, else all of them.
func nearest(word string, known []string) string {
	if s := suggest(word, known); s != "" {
		return s
	}
	return "; there are " + strings.Join(known, ", ")
}

// distance is how many letters must change to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
