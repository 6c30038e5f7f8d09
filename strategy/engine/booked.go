package engine

import (
	"slices"
)

// booked are the trades of a position that are in its book. A fill may be told late, after
// others with higher numbers: of an order whose answer was lost.
type booked struct {
	upTo  uint64   // all of them, down to the first
	above []uint64 // in the order in which they came
}

// mostAbove bounds how late one may be, in our own trades.
const mostAbove = 256

func (b *booked) has(id uint64) bool { return id <= b.upTo || slices.Contains(b.above, id) }

func (b *booked) add(id uint64) {
	if b.above = append(b.above, id); len(b.above) > mostAbove {
		least := slices.Min(b.above)
		b.upTo = max(b.upTo, least)
		b.above = slices.DeleteFunc(b.above, func(id uint64) bool { return id <= b.upTo })
	}
}
