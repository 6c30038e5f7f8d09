//go:build planted

package planted

import "hash/maphash"

// Built reports whether this program has the mistakes in it.
const Built = true

var (
	selected Bug
	met      int
	seed     = maphash.MakeSeed()
	tosses   uint64
)

// Select makes the mistake that is made from now on; None makes none. It is for one
// goroutine and between runs.
func Select(b Bug) { selected, met = b, 0 }

// Met is how often a run came to the place of the selected mistake.
func Met() int { return met }

// On reports whether a mistake is the selected one.
func On(b Bug) bool {
	if b != selected {
		return false
	}
	met++
	return true
}

// Coin is thrown anew in each process.
func Coin() bool {
	tosses++
	return maphash.Comparable(seed, tosses)%4 == 0
}
