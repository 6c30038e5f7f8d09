package riskfile

import (
	"fmt"
	"slices"
	"strings"

	"breakwater/internal/spelling"
)

// suggest names the known word that was probably meant.
func suggest(word string, known []string) string {
	best, least := "", len(word)/2+1
	for _, k := range known {
		if d := spelling.Distance(word, k); d < least {
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
