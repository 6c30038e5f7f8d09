package data

import (
	"bytes"
	"errors"
	"math"
	"math/bits"
	"strconv"

	"breakwater/exchange/money"
)

// fastDigits is how many digits certainly fit a uint64.
const fastDigits = 19

// decimal reads an unsigned decimal number that begins at buf[i] and returns it times
// 10^scale, and the place of the byte after it. ok is false for everything that is not
// plain digits with at most scale of them after the point: those rare texts go through
// money.Parse, which knows them all and names what is wrong. buf must end in a byte that
// is neither digit nor point.
func decimal(buf []byte, i int, scale uint8) (v int64, next int, ok bool) {
	var m uint64
	start := i
	for {
		c := buf[i] - '0'
		if c > 9 {
			break
		}
		m = m*10 + uint64(c)
		i++
	}
	digits := i - start
	missing := uint(scale)
	if buf[i] == '.' {
		i++
		point := i
		for {
			c := buf[i] - '0'
			if c > 9 {
				break
			}
			m = m*10 + uint64(c)
			i++
		}
		missing -= uint(i - point) // wraps when there are too many, and is refused below
		digits += i - point
	}
	if uint(digits-1) >= fastDigits || missing > money.MaxDecimals {
		return 0, i, false
	}
	hi, lo := bits.Mul64(m, uint64(money.Pow10[missing]))
	return int64(lo), i, hi == 0 && lo <= math.MaxInt64
}

// number reads a field of any spelling that money.Parse knows.
func number(field []byte, scale uint8) (int64, Defect) {
	v, err := money.Parse(field, scale)
	switch {
	case err == nil:
		return v, ""
	case errors.Is(err, money.ErrPrecision):
		return 0, DefectPrecision
	case errors.Is(err, money.ErrRange):
		return 0, DefectTooLarge
	}
	return 0, DefectNumber
}

// noiseShare is the relative size, one part in this many, up to which digits beyond the
// scale count as what a sum of float64 leaves behind (0.005519420000000001): the same
// bound as money.FromFloat's.
const noiseShare = 1_000_000_000_000

// withoutNoise rounds a number whose digits beyond the scale are float noise to the
// nearest value of the scale. ok is false when they are more than noise.
func withoutNoise(field []byte, scale uint8) (v int64, ok bool) {
	text, expText, hasExp := bytes.Cut(field, []byte{'e'})
	exp := 0
	if hasExp {
		var err error
		if exp, err = strconv.Atoi(string(expText)); err != nil || exp < -40 || exp > 40 {
			return 0, false
		}
	}
	whole, frac, _ := bytes.Cut(text, []byte{'.'})
	var mant uint64
	n := 0
	for _, part := range [...][]byte{whole, frac} {
		for _, c := range part {
			if c -= '0'; c > 9 || n >= fastDigits {
				return 0, false
			}
			mant = mant*10 + uint64(c)
			if mant > 0 {
				n++
			}
		}
	}
	drop := len(frac) - exp - int(scale)
	if drop <= 0 || drop > money.MaxDecimals {
		return 0, false
	}
	unit := uint64(money.Pow10[drop])
	q, rem := mant/unit, mant%unit
	if rem >= unit-rem {
		q, rem = q+1, unit-rem
	}
	return int64(q), rem <= mant/noiseShare
}
