package risk

import (
	"fmt"
	"strings"
	"time"
)

// Rearm is the simulated operator of a backtest who lifts latches; every lift is
// recorded as his.
type Rearm struct {
	Mode  RearmMode
	After time.Duration // for RearmAfter
}

// RearmMode says when the simulated operator acts.
type RearmMode uint8

// The modes.
const (
	RearmNever   RearmMode = iota // latches stay
	RearmNextDay                  // at the start of the next trading day
	RearmAfter                    // a duration after the latch
)

// ParseRearm reads never, next-day or after=DURATION.
func ParseRearm(s string) (Rearm, error) {
	switch {
	case s == "" || s == "never":
		return Rearm{}, nil
	case s == "next-day":
		return Rearm{Mode: RearmNextDay}, nil
	}
	if after, ok := strings.CutPrefix(s, "after="); ok {
		if d, err := time.ParseDuration(after); err == nil && d > 0 {
			return Rearm{Mode: RearmAfter, After: d}, nil
		}
	}
	return Rearm{}, fmt.Errorf("rearm %q: use never, next-day or after=24h", s)
}

func (r Rearm) String() string {
	switch r.Mode {
	case RearmNextDay:
		return "next-day"
	case RearmAfter:
		return "after=" + r.After.String()
	}
	return "never"
}
