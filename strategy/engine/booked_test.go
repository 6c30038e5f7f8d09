package engine

import (
	"testing"

	"pgregory.net/rapid"
)

// Whatever the order in which trades are told, each counts once.
func TestATradeIsBookedOnceInWhateverOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b booked
		seen := map[uint64]bool{}
		next := uint64(40)
		for range rapid.IntRange(0, 1500).Draw(t, "trades") {
			next += uint64(rapid.IntRange(1, 9).Draw(t, "others"))
			id := next - uint64(rapid.IntRange(0, 30).Draw(t, "late"))
			if b.has(id) != seen[id] {
				t.Fatalf("trade %d is known: %v, was booked: %v", id, b.has(id), seen[id])
			}
			b.add(id)
			seen[id] = true
		}
		if len(b.above) > mostAbove {
			t.Fatalf("%d are kept", len(b.above))
		}
	})
}
