// Package money is Breakwater's exact arithmetic: scaled 64-bit integers, 128-bit
// products, and every rounding named.
//
// It promises that no operation loses a digit silently: a result that does not fit,
// or a text with more digits than its scale, is reported. It never uses floating
// point, except at the one border where a strategy's float64 enters (FromFloat) or
// a statistic leaves (Float).
package money

import "math/bits"

// Price is a price of one unit of the base asset in the quote asset, counted in
// 10^-PriceDecimals of its instrument.
type Price int64

// Qty is a quantity of the base asset, counted in 10^-LotDecimals of its instrument.
type Qty int64

// Amount is a quantity of one asset as the ledger books it, counted in 10^-Decimals
// of that asset.
type Amount int64

// MaxDecimals is the largest scale: 10^18 is the largest power of ten in an int64.
const MaxDecimals = 18

// Pow10 holds 10^0 to 10^18.
var Pow10 = [MaxDecimals + 1]int64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
}

// Rounding names what happens to digits that do not fit.
type Rounding uint8

// The roundings. Half rounds to the nearest neighbour, ties away from zero.
const (
	Down  Rounding = iota // toward zero: truncate
	Up                    // away from zero
	Floor                 // toward minus infinity
	Ceil                  // toward plus infinity
	Half                  // nearest, ties away from zero
)

func (r Rounding) String() string {
	return [...]string{"down", "up", "floor", "ceil", "half"}[r]
}

// MulDiv returns a*b/c with a 128-bit product, rounded as told. ok is false when the
// result does not fit in an int64 or c is not positive.
func MulDiv(a, b, c int64, r Rounding) (v int64, ok bool) {
	if c <= 0 {
		return 0, false
	}
	neg := (a < 0) != (b < 0)
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	if hi >= uint64(c) {
		return 0, false
	}
	var q, rem uint64
	if hi == 0 {
		q, rem = lo/uint64(c), lo%uint64(c)
	} else {
		q, rem = bits.Div64(hi, lo, uint64(c))
	}
	if rem != 0 && roundsAway(r, neg, rem, uint64(c)) {
		q++
	}
	if neg {
		if q > 1<<63 {
			return 0, false
		}
		return -int64(q), true
	}
	if q > 1<<63-1 {
		return 0, false
	}
	return int64(q), true
}

// roundsAway reports whether a quotient with remainder rem of c grows in magnitude.
func roundsAway(r Rounding, neg bool, rem, c uint64) bool {
	switch r {
	case Up:
		return true
	case Floor:
		return neg
	case Ceil:
		return !neg
	case Half:
		return rem >= c-rem
	}
	return false
}

// Div returns a/c rounded as told. c must be positive.
func Div(a, c int64, r Rounding) int64 {
	v, _ := MulDiv(a, 1, c, r)
	return v
}

// RoundTo rounds v to a multiple of step (a tick or a lot). step must be positive.
// ok is false when the rounded value does not fit.
func RoundTo(v, step int64, r Rounding) (int64, bool) {
	if step == 1 {
		return v, true
	}
	return MulDiv(Div(v, step, r), step, 1, Down)
}

// Rescale moves v from one number of decimals to another. ok is false on overflow.
func Rescale(v int64, from, to uint8, r Rounding) (int64, bool) {
	if to >= from {
		return MulDiv(v, Pow10[to-from], 1, r)
	}
	return MulDiv(v, 1, Pow10[from-to], r)
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return uint64(-v) // also right for the smallest int64: its negation is itself, 1<<63 unsigned
	}
	return uint64(v)
}

// Add returns a+b; ok is false on overflow.
func Add(a, b int64) (sum int64, ok bool) {
	sum = a + b
	return sum, (sum > a) == (b > 0)
}

// PPM is one million: rates (fees, spreads, shares) are integers in parts per million.
const PPM = 1_000_000
