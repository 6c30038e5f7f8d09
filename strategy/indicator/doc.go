// Package indicator holds streaming indicators: one value in, one value out, in
// constant time (amortised), with no allocation after construction.
//
// It promises that a windowed value depends on the window alone: sums keep what rounding
// loses, so an average over ten million bars, or after a restart, is the average of its
// last n values. Value is 0 until Ready; no output is NaN for finite input below 1e50
// in magnitude, and each indicator says what it gives where its formula divides by zero.
// Constructors panic with "BUG:" on a length below 1, since parameters are checked
// where they come in. It never rounds two operations as one: see breakwater/internal/fusecheck.
package indicator

import "fmt"

// maxLength keeps the product of a length and half a float64's digits exact.
const maxLength = 1 << 26

func mustLength(what string, n int) {
	if n < 1 || n > maxLength {
		panic(fmt.Sprintf("BUG: indicator: %s of length %d; lengths go from 1 to %d", what, n, maxLength))
	}
}
