package data

import (
	"fmt"
	"time"

	"breakwater/exchange"
)

// Gap is one place where bars are missing: From is the opening of the first that is not
// there, To that of the next one that is.
type Gap struct {
	From    Instant `json:"from"`
	To      Instant `json:"to"`
	Missing int64   `json:"missing"`
}

// Gaps counts the places where bars are missing and the bars that would fill them.
type Gaps struct {
	Places  int64 `json:"places"`
	Missing int64 `json:"missing"`
	Longest Gap   `json:"longest"` // the first of equals
}

// note counts the distance from the end of a bar to the opening of the next one, and
// returns how many whole bars fit in.
func (g *Gaps) note(end, open exchange.Stamp, interval time.Duration) int64 {
	n := int64(open.Sub(end) / interval)
	if n <= 0 {
		return 0
	}
	g.Places++
	g.Missing += n
	if n > g.Longest.Missing {
		g.Longest = Gap{From: Instant(end), To: Instant(open), Missing: n}
	}
	return n
}

// String is for a summary: "28 gaps, 55 bars missing, longest 7 from 2015-07-01T00:00:00Z".
func (g Gaps) String() string {
	switch g.Places {
	case 0:
		return "none"
	case 1:
		return fmt.Sprintf("1 gap, %s missing from %v", plural(g.Missing, "bar"), g.Longest.From)
	}
	return fmt.Sprintf("%s gaps, %s missing, longest %s from %v", thousands(g.Places), plural(g.Missing, "bar"), thousands(g.Longest.Missing), g.Longest.From)
}
