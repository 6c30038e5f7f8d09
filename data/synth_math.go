package data

import (
	"math"
	"math/rand/v2"
)

// The few functions that synthesis needs, written in + - * / and Sqrt, with every
// product converted so that no compiler fuses it: the same digits on every processor.

const (
	ln2High = 6.93147180369123816490e-01 // ln 2 in two parts: the first ends in zeros, so that times an exponent it is exact
	ln2Low  = 1.90821492927058770002e-10
)

// ln is the natural logarithm of a positive normal number, to about 1e-15.
func ln(x float64) float64 {
	bits := math.Float64bits(x)
	e := int(bits>>52) - 1023
	f := math.Float64frombits(bits&(1<<52-1) | 1023<<52) // 1 <= f < 2
	if f > math.Sqrt2 {
		f, e = f/2, e+1
	}
	z := (f - 1) / (f + 1)
	zz := float64(z * z)
	// ln f = 2 (z + z^3/3 + z^5/5 + …), |z| < 0.172
	s := odd[0]
	for _, c := range odd[1:] {
		s = float64(s*zz) + c
	}
	k := float64(e)
	return float64(k*ln2High) + (float64(k*ln2Low) + float64(float64(2*z)*s))
}

// The coefficients of the two series, highest power first: 1/21, 1/19, … 1 and
// 1/14!, 1/13!, … 1.
var (
	odd        = [...]float64{1. / 21, 1. / 19, 1. / 17, 1. / 15, 1. / 13, 1. / 11, 1. / 9, 1. / 7, 1. / 5, 1. / 3, 1}
	factorials = [...]float64{
		1. / 87178291200, 1. / 6227020800, 1. / 479001600, 1. / 39916800, 1. / 3628800, 1. / 362880, 1. / 40320, 1. / 5040,
		1. / 720, 1. / 120, 1. / 24, 1. / 6, 1. / 2, 1, 1,
	}
)

// series is a polynomial of x, highest power first.
func series(x float64, coefficients []float64) float64 {
	s := 0.0
	for _, c := range coefficients {
		s = float64(s*x) + c
	}
	return s
}

// shortExp is the size of arguments for which the terms up to 1/7! are exact to the
// last digits; they begin at shortFrom.
const (
	shortExp  = 1.0 / 64
	shortFrom = 7
)

// exp is e to the power of x for |x| < 700, to about 1e-15.
func exp(x float64) float64 {
	if x < shortExp && x > -shortExp {
		return series(x, factorials[shortFrom:])
	}
	k := math.Floor(x/math.Ln2 + 0.5)
	s := series((x-float64(k*ln2High))-float64(k*ln2Low), factorials[:])
	return float64(s * math.Float64frombits(uint64(int(k)+1023)<<52))
}

// chance draws from one seeded stream.
type chance struct {
	pcg   *rand.PCG
	spare float64
	has   bool
}

func newChance(seed, stream uint64) chance { return chance{pcg: rand.NewPCG(seed, stream)} }

// uniform draws from [0, 1).
func (c *chance) uniform() float64 { return float64(c.pcg.Uint64()>>11) / (1 << 53) }

// normal draws from the standard normal distribution (Marsaglia's polar method, which
// yields two at a time).
func (c *chance) normal() float64 {
	if c.has {
		c.has = false
		return c.spare
	}
	for {
		u, v := 2*c.uniform()-1, 2*c.uniform()-1
		s := float64(u*u) + float64(v*v)
		if s >= 1 || s == 0 {
			continue
		}
		f := math.Sqrt(-2 * ln(s) / s)
		c.spare, c.has = float64(v*f), true
		return float64(u * f)
	}
}

// poisson draws how often something happened that happens m times on average, given
// e to the power of -m (Knuth's product of uniforms).
func (c *chance) poisson(expMinusMean float64) int {
	n, p := 0, c.uniform()
	for p > expMinusMean {
		n++
		p = float64(p * c.uniform())
	}
	return n
}
