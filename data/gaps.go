package data

import (
	"fmt"
	"time"

	"breakwater/exchange"
)

// Gap is one place where bars are missing: From is the opening of the first that is not
// there, To that of the next one that is.
type Gap struct {
	From    exchange.Stamp `json:"from"`
	To      exchange.Stamp `json:"to"`
	Missing int64          `json:"missing"`
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
		g.Longest = Gap{From: end, To: open, Missing: n}
	}
	return n
}

// String is for a summary: "28 gaps, 55 bars missing, longest 7 from 2015-07-01T00:00:00Z".
func (g Gaps) String() string {
	switch g.Places {
	case 0:
		return "none"
	case 1:
		return fmt.Sprintf("1 gap, %d bars missing from %v", g.Missing, g.Longest.From)
	}
	return fmt.Sprintf("%d gaps, %d bars missing, longest %d from %v", g.Places, g.Missing, g.Longest.Missing, g.Longest.From)
}
