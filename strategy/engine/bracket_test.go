package engine

import (
	"testing"

	"breakwater/exchange"
)

// An answer that never comes leaves the stop as it is for a minute, and not for good.
func TestTheAnswerToAChangeIsNotWaitedForForever(t *testing.T) {
	const asked = exchange.Stamp(1000)
	for _, c := range []struct {
		changing, now exchange.Stamp
		want          bool
	}{{0, asked, false}, {asked, asked, true}, {asked, asked.Add(changeMost) - 1, true}, {asked, asked.Add(changeMost), false}} {
		e := &Engine{now: c.now}
		if got := e.isChanging(&order{changing: c.changing}); got != c.want {
			t.Errorf("asked at %d, now %d: %v", c.changing, c.now, got)
		}
	}
}
