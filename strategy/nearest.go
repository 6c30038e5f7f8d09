package strategy

import (
	"fmt"
	"strings"

	"breakwater/internal/spelling"
)

// didYouMean is the part of an error that names the nearest of the known names, empty
// when none is near.
func didYouMean(name string, known []string) string {
	best, bestDistance := "", 1+max(2, len(name)/2) // beyond that a guess is noise
	for _, k := range known {
		d := spelling.Distance(strings.ToLower(name), k)
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
