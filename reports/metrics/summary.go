package metrics

import (
	"math"
	"time"

	"gonum.org/v1/gonum/stat"

	"breakwater/exchange"
)

// The smallest samples that a yearly figure, and an interval of round trips, is made of.
const (
	daysMin  = 30
	tripsMin = 10
)

// Input is what a run left behind. Equity is needed; the rest may be empty.
type Input struct {
	Equity     *Curve
	Market     *Curve         // buying and holding instead, at the same points; nil: none
	MarketFrom exchange.Stamp // buy and hold starts at the first close from here on; 0: the first point
	Trips      []RoundTrip
	Traded     float64 // sum of the costs of all fills, buys and sells

	Convention      Convention
	PeriodsPerYear  float64 // days in a year; 0: 365, or 252 for BacktestingPy
	RiskFreePerYear float64
	Seed            uint64
	Resamples       int // 0: 1,000; negative: no intervals
}

// Summary are the statistics of a run.
type Summary struct {
	Convention  string    `json:"convention"`
	Start       time.Time `json:"start"`
	End         time.Time `json:"end"`
	Days        int       `json:"days"` // daily returns that the ratios are made of
	EquityStart Value     `json:"equity_start"`
	EquityEnd   Value     `json:"equity_end"`
	EquityPeak  Value     `json:"equity_peak"`

	TotalReturn  Value `json:"total_return"`
	BuyAndHold   Value `json:"buy_and_hold"`
	CAGR         Value `json:"cagr"`
	AnnualReturn Value `json:"annual_return"`
	Volatility   Value `json:"volatility"`
	Sharpe       Value `json:"sharpe"`
	Sortino      Value `json:"sortino"`
	Calmar       Value `json:"calmar"`
	DownsideRisk Value `json:"downside_risk"`
	Alpha        Value `json:"alpha"`
	Beta         Value `json:"beta"`

	MaxDrawdown         Value     `json:"max_drawdown"`
	Deepest             *Drawdown `json:"deepest_drawdown"` // nil: none
	Longest             *Drawdown `json:"longest_drawdown"`
	LongestDrawdownDays Value     `json:"longest_drawdown_days"`
	AverageDrawdown     Value     `json:"average_drawdown"`
	AverageDrawdownDays Value     `json:"average_drawdown_days"`

	ExposureTime Value `json:"exposure_time"`
	Turnover     Value `json:"turnover"` // a year

	Trips     Trips     `json:"round_trips"`
	Intervals Intervals `json:"intervals_95"`
}

// Compute makes the statistics of a run. Equal input gives an equal Summary.
func Compute(in Input) Summary {
	if in.Equity == nil {
		in.Equity = &Curve{}
	}
	if in.Market == nil {
		in.Market = &Curve{}
	}
	u := rules{Convention: in.Convention, perYear: in.PeriodsPerYear, free: in.RiskFreePerYear}
	if u.perYear == 0 {
		u.perYear = in.Convention.perYear()
	}
	var s Summary
	s.Convention = in.Convention.String()
	s.level(in.Equity, in.Convention)
	returns := Returns(in.Equity.days(in.Convention))
	s.Days = len(returns)
	enough := u.enough(in.Equity, returns)
	s.ratios(returns, u, enough)
	s.market(in, returns, u, enough)
	s.turnover(in, enough)
	s.Trips = TripStats(in.Trips, in.Convention)
	s.intervals(in, returns, u, enough)
	return s
}

// days are the closes whose returns the convention counts.
func (c *Curve) days(of Convention) []Point {
	if of == BacktestingPy {
		return c.closes
	}
	return c.Days()
}

// level fills what comes straight from the curve.
func (s *Summary) level(c *Curve, of Convention) {
	u := c.usable()
	if c.points > 0 {
		s.Start, s.End = c.first.Time.Time(), c.last.Time.Time()
	}
	of3 := func(v float64) Value { return u.then(func(float64) Value { return Of(v) }) }
	s.EquityStart, s.EquityEnd, s.EquityPeak = of3(c.first.Equity), of3(c.last.Equity), of3(c.peak)
	s.TotalReturn, s.CAGR, s.ExposureTime = c.TotalReturn(), c.CAGR(), c.ExposureTime()
	if of == BacktestingPy && u.OK {
		s.ExposureTime = Of(float64(c.exposedPoints) / float64(c.points))
	}
	s.MaxDrawdown, s.Deepest = c.MaxDrawdown()
	s.AverageDrawdown, s.AverageDrawdownDays = c.averageDrawdown()
	s.LongestDrawdownDays = u.then(func(float64) Value { return Of(0) })
	if s.Longest = c.LongestDrawdown(); s.Longest != nil {
		s.LongestDrawdownDays = Of(s.Longest.Duration().Hours() / 24)
	}
	if of == BacktestingPy {
		s.LongestDrawdownDays, s.AverageDrawdownDays = wholeDays(s.LongestDrawdownDays), wholeDays(s.AverageDrawdownDays)
	}
}

// enough is OK when the curve and the rules carry figures for a year.
func (u rules) enough(c *Curve, returns []float64) Value {
	switch v := c.usable(); {
	case !v.OK:
		return v
	case c.lowest <= 0:
		return NA("equity fell to zero")
	case len(returns) < daysMin:
		return NA("fewer than %d days", daysMin)
	case !(u.perYear > 0) || math.IsInf(u.perYear, 0):
		return NA("no number of periods in a year")
	case !Of(u.free).OK:
		return NA("no riskless return")
	}
	return Of(0)
}

func (s *Summary) ratios(returns []float64, u rules, enough Value) {
	var q ratios
	if enough.OK {
		q = u.of(returns)
	} else {
		q = ratios{enough, enough, enough, enough, enough, enough, enough}
		s.CAGR = s.CAGR.then(func(float64) Value { return enough })
	}
	s.AnnualReturn, s.Volatility, s.DownsideRisk = q.annual, q.volatility, q.downside
	s.Sharpe, s.Sortino = q.sharpe, q.sortino
	s.Calmar = calmar(q.annual, s.MaxDrawdown) // the drawdown of every point, not of closes
}

// market fills buy and hold, beta and alpha.
func (s *Summary) market(in Input, returns []float64, u rules, enough Value) {
	s.BuyAndHold, s.Alpha, s.Beta = NA("no market to compare with"), NA("no market to compare with"), NA("no market to compare with")
	m := in.Market
	if m.points == 0 {
		return
	}
	if v := m.usable(); !v.OK {
		s.BuyAndHold, s.Alpha, s.Beta = v, v, v
		return
	}
	s.BuyAndHold = m.returnFrom(in.MarketFrom)
	if !enough.OK {
		s.Alpha, s.Beta = enough, enough
		return
	}
	market := Returns(m.days(in.Convention))
	if in.Convention == BacktestingPy {
		s.Beta = Beta(logs(returns), logs(market))
		s.Alpha = s.Beta.then(func(beta float64) Value {
			return s.BuyAndHold.then(func(hold float64) Value { return Of(s.TotalReturn.V - u.free - beta*(hold-u.free)) })
		})
		return
	}
	s.Beta, s.Alpha = Beta(returns, market), Alpha(returns, market, u.free/u.perYear, u.perYear)
}

// returnFrom is last/first - 1 from the first close at or after an instant.
func (c *Curve) returnFrom(from exchange.Stamp) Value {
	first := c.first
	for i := 0; from != 0 && first.Time < from; i++ {
		if i == len(c.closes) {
			return NA("no market from its start on")
		}
		first = c.closes[i]
	}
	if first.Equity <= 0 {
		return NA("no price at the start")
	}
	return Of(c.last.Equity/first.Equity - 1)
}

func logs(returns []float64) []float64 {
	out := make([]float64, len(returns))
	for i, r := range returns {
		out[i] = math.Log1p(r)
	}
	return out
}

// turnover is what was bought and sold over the mean of daily equity, a year.
func (s *Summary) turnover(in Input, enough Value) {
	s.Turnover = enough.then(func(float64) Value {
		var equity []float64
		for _, p := range in.Equity.Days() {
			equity = append(equity, p.Equity)
		}
		return Of(in.Traded / stat.Mean(equity, nil) / in.Equity.years())
	})
}

func (s *Summary) intervals(in Input, returns []float64, u rules, enough Value) {
	none := func(why string) Interval { return Interval{Why: why} }
	i := &s.Intervals
	switch {
	case in.Resamples < 0:
		enough = NA("not asked for")
		fallthrough
	case !enough.OK:
		n := none(enough.Why)
		i.AnnualReturn, i.Volatility, i.Sharpe, i.Sortino, i.MaxDrawdown, i.Calmar = n, n, n, n, n, n
	default:
		i.days(returns, u, in.Seed, in.Resamples)
	}
	why := ""
	switch {
	case in.Resamples < 0:
		why = "not asked for"
	case len(in.Trips) < tripsMin:
		why = NA("fewer than %d round trips", tripsMin).Why
	case !s.Trips.WinRate.OK:
		why = s.Trips.WinRate.Why
	default:
		i.trips(in.Trips, in.Convention, in.Seed, in.Resamples)
		return
	}
	i.WinRate, i.ProfitFactor, i.Expectancy = none(why), none(why), none(why)
}
