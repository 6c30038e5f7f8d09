package risk

import (
	"slices"
)

// bookedTrades are an instrument's trades that are in the books: single ones of late, and all up to
// low. Fills do not come in the order of their numbers: one of an order whose answer was
// lost is found after later ones of others.
type bookedTrades struct {
	low  uint64
	late []uint64 // ascending
}

// mostLate is how many of our own trades may come between one and its late telling.
const mostLate = 256

func (t *bookedTrades) has(id uint64) bool {
	_, found := slices.BinarySearch(t.late, id)
	return found || id <= t.low
}

func (t *bookedTrades) add(id uint64) {
	at, found := slices.BinarySearch(t.late, id)
	if found || id <= t.low {
		return
	}
	if t.late = slices.Insert(t.late, at, id); len(t.late) > mostLate {
		t.low = t.late[0]
		t.late = slices.Delete(t.late, 0, 1)
	}
}
