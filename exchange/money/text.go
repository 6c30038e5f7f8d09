package money

import (
	"errors"
	"math"
	"strconv"
)

// The ways a text fails to be a number of a given scale.
var (
	ErrSyntax    = errors.New("not a decimal number")
	ErrPrecision = errors.New("more digits than the precision allows")
	ErrRange     = errors.New("number out of range")
)

// Parse reads a decimal number ("-12.50", "1e-05") exactly into an integer counted in
// 10^-decimals. Trailing zeros beyond the scale are accepted; any other digit beyond
// it is ErrPrecision.
func Parse[T ~string | ~[]byte](s T, decimals uint8) (int64, error) {
	i, n := 0, len(s)
	neg := false
	if n > 0 && (s[0] == '-' || s[0] == '+') {
		neg, i = s[0] == '-', 1
	}
	var mant uint64
	digits, frac, dot := 0, 0, false
	for ; i < n; i++ {
		c := s[i]
		if c == '.' && !dot {
			dot = true
			continue
		}
		if c-'0' > 9 {
			break
		}
		digits++
		if dot && c == '0' && onlyZeros(s[i:]) {
			continue // trailing zeros say nothing
		}
		if mant > (math.MaxUint64-9)/10 {
			return 0, ErrRange
		}
		mant = mant*10 + uint64(c-'0')
		if dot {
			frac++
		}
	}
	if digits == 0 {
		return 0, ErrSyntax
	}
	if i < n {
		exp, err := exponent(string(s[i:]))
		if err != nil {
			return 0, err
		}
		frac -= exp
	}
	return scaled(mant, frac, decimals, neg)
}

// onlyZeros reports whether s begins with zeros up to its end or its exponent.
func onlyZeros[T ~string | ~[]byte](s T) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c != '0' {
			return c == 'e' || c == 'E'
		}
	}
	return true
}

func exponent(s string) (int, error) {
	if len(s) < 2 || (s[0] != 'e' && s[0] != 'E') {
		return 0, ErrSyntax
	}
	e, err := strconv.Atoi(s[1:])
	if err != nil {
		return 0, ErrSyntax
	}
	if e > 40 || e < -40 {
		return 0, ErrRange
	}
	return e, nil
}

// scaled turns mant * 10^-frac into units of 10^-decimals.
func scaled(mant uint64, frac int, decimals uint8, neg bool) (int64, error) {
	for shift := int(decimals) - frac; shift != 0 && mant != 0; {
		if shift > 0 {
			if mant > math.MaxUint64/10 {
				return 0, ErrRange
			}
			mant *= 10
			shift--
			continue
		}
		if mant%10 != 0 {
			return 0, ErrPrecision
		}
		mant /= 10
		shift++
	}
	if mant > math.MaxInt64 {
		return 0, ErrRange
	}
	if neg {
		return -int64(mant), nil
	}
	return int64(mant), nil
}

// Append writes v with exactly the given number of decimals, zeros kept.
func Append(dst []byte, v int64, decimals uint8) []byte {
	u := magnitude(v)
	if v < 0 {
		dst = append(dst, '-')
	}
	p := uint64(Pow10[decimals])
	dst = strconv.AppendUint(dst, u/p, 10)
	if decimals == 0 {
		return dst
	}
	dst = append(dst, '.')
	f := u % p
	for p /= 10; p > 0; p /= 10 {
		dst = append(dst, byte('0'+f/p%10))
	}
	return dst
}

// Format is Append into a string.
func Format(v int64, decimals uint8) string {
	var b [40]byte
	return string(Append(b[:0], v, decimals))
}

// Trim is Format without trailing zeros: for people, and for the shortest exact text.
func Trim(v int64, decimals uint8) string {
	var buf [40]byte
	b := Append(buf[:0], v, decimals)
	if decimals > 0 {
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
		if b[len(b)-1] == '.' {
			b = b[:len(b)-1]
		}
	}
	return string(b)
}

// Float returns v as a float64: for statistics and for what a strategy looks at, never
// for the ledger.
func Float(v int64, decimals uint8) float64 {
	return float64(v) / float64(Pow10[decimals])
}

// FromFloat is the one way a float64 becomes a scaled integer: f times 10^decimals,
// rounded to a multiple of step (1 for the scale itself). The nearest value counts as
// exact when f is within one part in 10^12 of it, so that 0.3 does not round down to
// 0.29. ErrRange when f is not finite or does not fit.
func FromFloat(f float64, decimals uint8, step int64, r Rounding) (int64, error) {
	units := f * float64(Pow10[decimals]) / float64(step)
	if math.IsNaN(units) || math.Abs(units) > 9.2e18/float64(step) {
		return 0, ErrRange
	}
	n := math.Round(units)
	if math.Abs(units-n) > math.Abs(units)*1e-12 {
		switch r {
		case Down:
			n = math.Trunc(units)
		case Up:
			n = math.Copysign(math.Ceil(math.Abs(units)), units)
		case Floor:
			n = math.Floor(units)
		case Ceil:
			n = math.Ceil(units)
		}
	}
	return int64(n) * step, nil
}
