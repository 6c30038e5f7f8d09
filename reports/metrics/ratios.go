package metrics

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// A NaN in a series of returns is a period without an observation: it passes time in
// AnnualReturn and is left out everywhere else. An infinity makes a statistic N/A.

// observed is the returns that are not NaN.
func observed(returns []float64) []float64 {
	if !slices.ContainsFunc(returns, math.IsNaN) {
		return returns
	}
	return slices.DeleteFunc(slices.Clone(returns), math.IsNaN)
}

// sample is what one pass over observed returns gives; the ratios are formulas on it.
type sample struct {
	n              int
	mean, stdDev   float64 // of r - free; n-1
	downside       float64 // root of the mean of min(r - free, 0)^2
	growth, fall   float64 // product of 1+r; deepest lowest/high - 1 of that product
	varies, broken bool    // not all the same; wealth went below zero
}

// sampleOf measures observed returns against a return required a period.
func sampleOf(r []float64, free float64) sample {
	s := sample{n: len(r), growth: 1}
	high, bottom, squares := 1.0, 1.0, 0.0 // bottom is the deepest fall from the present high
	for _, x := range r {
		s.growth *= 1 + x
		if s.growth > high {
			high = s.growth
			bottom = high * (1 + s.fall)
		} else if s.growth < bottom {
			bottom, s.fall = s.growth, s.growth/high-1
			s.broken = s.broken || s.growth < 0
		}
		e := min(x-free, 0) // no branch, since half of them would be guessed wrong
		squares += e * e
	}
	if s.n > 0 {
		s.varies = slices.ContainsFunc(r, func(x float64) bool { return x != r[0] })
		s.mean, s.stdDev = stat.MeanStdDev(r, nil)
		s.mean -= free
		s.downside = math.Sqrt(squares / float64(s.n))
	}
	return s
}

func (s sample) maxDrawdown() Value {
	switch {
	case s.n == 0:
		return NA("no returns")
	case s.broken:
		return NA("equity fell below zero")
	case !Of(s.growth).OK:
		return Of(s.growth)
	}
	return Of(s.fall)
}

// annual is growth^(perYear/periods) - 1.
func (s sample) annual(perYear float64, periods int) Value {
	switch {
	case s.n == 0 || periods == 0:
		return NA("no returns")
	case s.broken:
		return NA("equity fell below zero")
	case !(perYear > 0):
		return NA("no periods in a year")
	}
	return Of(math.Pow(s.growth, perYear/float64(periods)) - 1)
}

// spread is the standard deviation, N/A for fewer than two returns.
func (s sample) spread() Value {
	if s.n < 2 {
		return NA("fewer than 2 returns")
	}
	if !s.varies {
		return Of(0)
	}
	return Of(s.stdDev)
}

func (s sample) volatility(perYear float64) Value {
	return s.spread().then(func(sd float64) Value { return Of(sd * math.Sqrt(perYear)) })
}

func (s sample) sharpe(perYear float64) Value {
	return s.spread().then(func(sd float64) Value {
		if sd == 0 {
			return NA("returns do not vary")
		}
		return Of(s.mean / sd * math.Sqrt(perYear))
	})
}

func (s sample) sortino(perYear float64) Value {
	switch {
	case s.n < 2:
		return NA("fewer than 2 returns")
	case s.downside == 0:
		return NA("no return below the required one")
	}
	return Of(s.mean / s.downside * math.Sqrt(perYear))
}

func calmar(annual, fall Value) Value {
	return annual.then(func(a float64) Value {
		return fall.then(func(d float64) Value {
			if d == 0 {
				return NA("no drawdown")
			}
			return Of(a / -d)
		})
	})
}

// CumulativeReturns is the product of 1+r up to each return, less 1; NaN counts as 0.
func CumulativeReturns(returns []float64) []float64 {
	out, growth := make([]float64, len(returns)), 1.0
	for i, r := range returns {
		if !math.IsNaN(r) {
			growth *= 1 + r
		}
		out[i] = growth - 1
	}
	return out
}

// AnnualReturn is (product of 1+r)^(perYear/n) - 1, the geometric return of a year; n
// counts NaN periods too. N/A for no observed return, or wealth below zero.
func AnnualReturn(returns []float64, perYear float64) Value {
	return sampleOf(observed(returns), 0).annual(perYear, len(returns))
}

// Volatility is the standard deviation (n-1) times sqrt(perYear). N/A for fewer than two
// returns.
func Volatility(returns []float64, perYear float64) Value {
	return sampleOf(observed(returns), 0).volatility(perYear)
}

// Sharpe is mean/deviation (n-1) of r - free, times sqrt(perYear); free is the riskless
// return of one period. N/A for fewer than two returns, or returns that do not vary.
func Sharpe(returns []float64, free, perYear float64) Value {
	return sampleOf(observed(returns), free).sharpe(perYear)
}

// DownsideRisk is sqrt(mean of min(r - required, 0)^2) times sqrt(perYear); required is
// the return of one period. N/A for no returns.
func DownsideRisk(returns []float64, required, perYear float64) Value {
	s := sampleOf(observed(returns), required)
	if s.n == 0 {
		return NA("no returns")
	}
	return Of(s.downside * math.Sqrt(perYear))
}

// Sortino is the mean of r - required times perYear, over DownsideRisk. N/A for fewer
// than two returns, or none below the required one.
func Sortino(returns []float64, required, perYear float64) Value {
	return sampleOf(observed(returns), required).sortino(perYear)
}

// Calmar is AnnualReturn over the size of MaxDrawdown. N/A where one of them is, or there
// was no drawdown.
func Calmar(returns []float64, perYear float64) Value {
	s := sampleOf(observed(returns), 0)
	return calmar(s.annual(perYear, len(returns)), s.maxDrawdown())
}

// Beta is the covariance of returns and market over the market's variance. N/A for series
// of different length, fewer than two pairs, or a market that does not vary.
func Beta(returns, market []float64) Value {
	if len(returns) != len(market) {
		return NA("strategy and market have other days")
	}
	var x, y []float64
	for i := range returns {
		if !math.IsNaN(returns[i]) && !math.IsNaN(market[i]) {
			x, y = append(x, returns[i]), append(y, market[i])
		}
	}
	if len(x) < 2 {
		return NA("fewer than 2 returns")
	}
	variance := stat.Variance(y, nil)
	if !sampleOf(y, 0).varies || variance == 0 {
		return NA("the market does not vary")
	}
	return Of(stat.Covariance(x, y, nil) / variance)
}

// Alpha is Jensen's: (mean of r - free, less Beta times the mean of market - free) times
// perYear. N/A where Beta is.
func Alpha(returns, market []float64, free, perYear float64) Value {
	return Beta(returns, market).then(func(beta float64) Value {
		r, m := sampleOf(observed(returns), free), sampleOf(observed(market), free)
		return Of((r.mean - beta*m.mean) * perYear)
	})
}
