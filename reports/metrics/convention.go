package metrics

import "math"

// Convention is a set of definitions for statistics that have several.
type Convention uint8

const (
	// Standard is the usual one, that of empyrical: ratios from the arithmetic mean of
	// daily returns, every UTC day counted, a year of 365 days unless told otherwise.
	Standard Convention = iota
	// BacktestingPy is that of the Python project kernc/backtesting.py, for comparison
	// with its figures: ratios from the geometric mean, only days with bars counted, a
	// year of 252 days unless told otherwise, exposure in bars, durations in whole days.
	BacktestingPy
)

func (c Convention) String() string {
	if c == BacktestingPy {
		return "backtesting.py"
	}
	return "standard"
}

// perYear is the number of days in a year where the user gave none.
func (c Convention) perYear() float64 {
	if c == BacktestingPy {
		return 252
	}
	return 365
}

// rules are a convention with the numbers it needs.
type rules struct {
	Convention
	perYear float64 // periods
	free    float64 // riskless return of a year
}

// ratios are the statistics that come from the returns of periods.
type ratios struct{ annual, volatility, sharpe, sortino, downside, fall, calmar Value }

// of measures observed returns by the rules.
func (u rules) of(r []float64) ratios {
	if u.Convention == BacktestingPy {
		return u.backtestingPy(sampleOf(r, 0))
	}
	// The riskless return shifts the mean and nothing that the annual return or the
	// drawdown is made of.
	s := sampleOf(r, u.free/u.perYear)
	out := ratios{
		annual: s.annual(u.perYear, s.n), volatility: s.volatility(u.perYear),
		sharpe: s.sharpe(u.perYear), sortino: s.sortino(u.perYear),
		downside: Of(s.downside * math.Sqrt(u.perYear)), fall: s.maxDrawdown(),
	}
	out.calmar = calmar(out.annual, out.fall)
	return out
}

// backtestingPy has, with g the geometric mean return of a day and P days a year:
//
//	annual     = (1+g)^P - 1
//	volatility = sqrt((variance + (1+g)^2)^P - (1+g)^(2P)), the variance with n-1
//	Sharpe     = (annual - free) / volatility
//	Sortino    = (annual - free) / (sqrt(mean of min(r,0)^2) * sqrt(P))
func (u rules) backtestingPy(s sample) ratios {
	out := ratios{annual: s.annual(u.perYear, s.n), fall: s.maxDrawdown(), downside: Of(s.downside * math.Sqrt(u.perYear))}
	out.volatility = s.spread().then(func(sd float64) Value {
		return out.annual.then(func(annual float64) Value {
			g := math.Pow(1+annual, 1/u.perYear)
			return Of(math.Sqrt(math.Pow(sd*sd+g*g, u.perYear) - math.Pow(g, 2*u.perYear)))
		})
	})
	over := func(risk Value, none string) Value {
		return out.annual.then(func(annual float64) Value {
			return risk.then(func(risk float64) Value {
				if risk == 0 {
					return NA("%s", none)
				}
				return Of((annual - u.free) / risk)
			})
		})
	}
	out.sharpe = over(out.volatility, "returns do not vary")
	out.sortino = over(out.downside, "no return below zero")
	out.calmar = calmar(out.annual, out.fall)
	return out
}

// geometricMean is the n-th root of the product of 1+r, less 1. N/A for none, or a loss
// of everything.
func geometricMean(returns []float64, n int) Value {
	if len(returns) == 0 {
		return NA("no round trips")
	}
	logs := 0.0
	for _, r := range returns {
		if r <= -1 {
			return NA("a loss of everything")
		}
		logs += math.Log1p(r)
	}
	return Of(math.Expm1(logs / float64(n)))
}
