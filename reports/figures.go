package reports

import (
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/reports/metrics"
)

// Figure is a statistic: a value, or the reason why there is none.
type Figure struct {
	Value     float64
	NA        string // why there is no value; empty: there is one
	Low, High float64
	Interval  bool   // Low to High is the 95 % interval
	NoRange   string // why there is no interval, where one would be expected
}

// Has reports whether there is a value.
func (f *Figure) Has() bool { return f.NA == "" }

func of(v metrics.Value) Figure { return Figure{Value: v.V, NA: v.Why} }

func ranged(v metrics.Value, i metrics.Interval) Figure {
	return Figure{Value: v.V, NA: v.Why, Low: i.Low, High: i.High, Interval: i.OK, NoRange: i.Why}
}

// Figures are the statistics of a run. Ratios are ratios (0.05 is 5 %). docs/metrics.md
// has the formulas.
type Figures struct {
	Return       Figure
	HoldReturn   Figure
	CAGR         Figure
	Volatility   Figure // a year
	Sharpe       Figure
	Sortino      Figure
	Calmar       Figure
	MaxDrawdown  Figure // at most 0, over every mark
	Alpha, Beta  Figure // against buy and hold
	HoldCAGR     Figure
	HoldVol      Figure
	HoldSharpe   Figure
	HoldSortino  Figure
	HoldCalmar   Figure
	HoldMaxDD    Figure
	WinRate      Figure // of closed round trips
	ProfitFactor Figure
	Expectancy   Figure // account's currency a closed round trip
	AverageTrip  Figure // mean return
	BestTrip     Figure
	WorstTrip    Figure
	AverageDays  Figure // held
	LongestDays  Figure
	SQN          Figure
	Kelly        Figure
	Turnover     Figure // traded volume over average equity, a year

	Returns int // daily returns behind the ratios
	Months  []Month
	Years   []Month
}

// Month is the return of a calendar month, or of a year, in UTC.
type Month struct {
	Year, Month int
	Return      float64
}

// figures lets package metrics compute on the closes of days, with the ends of the worst
// drawdowns put among them so that those are of every mark and not of closes.
func figures(r *Run) Figures {
	equity, market := r.curves()
	s := metrics.Compute(metrics.Input{
		Equity: equity, Market: market, Traded: r.units(r.Total.Volume), PeriodsPerYear: float64(r.YearDays), Seed: r.Seed,
	})
	trips := r.tripsInUnits()
	t := metrics.Compute(metrics.Input{Equity: equity, Trips: trips, Seed: r.Seed, Resamples: resamples(len(trips))})
	h := metrics.Compute(metrics.Input{Equity: market, PeriodsPerYear: float64(r.YearDays), Resamples: -1})
	f := Figures{
		Return: of(s.TotalReturn), HoldReturn: of(s.BuyAndHold), CAGR: ranged(s.CAGR, s.Intervals.AnnualReturn),
		Volatility: ranged(s.Volatility, s.Intervals.Volatility), Sharpe: ranged(s.Sharpe, s.Intervals.Sharpe),
		Sortino: ranged(s.Sortino, s.Intervals.Sortino), Calmar: ranged(s.Calmar, s.Intervals.Calmar), MaxDrawdown: of(s.MaxDrawdown),
		Alpha: of(s.Alpha), Beta: of(s.Beta), HoldCAGR: of(h.CAGR), HoldVol: of(h.Volatility), HoldSharpe: of(h.Sharpe), HoldSortino: of(h.Sortino), HoldCalmar: of(h.Calmar), HoldMaxDD: of(h.MaxDrawdown),
		WinRate: ranged(t.Trips.WinRate, t.Intervals.WinRate), ProfitFactor: ranged(t.Trips.ProfitFactor, t.Intervals.ProfitFactor),
		Expectancy: ranged(t.Trips.Expectancy, t.Intervals.Expectancy), AverageTrip: of(t.Trips.Average), BestTrip: of(t.Trips.Best),
		WorstTrip: of(t.Trips.Worst), AverageDays: of(t.Trips.AverageDays), LongestDays: of(t.Trips.LongestDays), SQN: of(t.Trips.SQN),
		Kelly: of(t.Trips.Kelly), Turnover: of(s.Turnover), Returns: s.Days,
	}
	if market.Empty() {
		none := metrics.NA("no price of the benchmark")
		f.HoldReturn, f.HoldCAGR, f.HoldVol, f.HoldMaxDD = of(none), of(none), of(none), of(none)
		f.HoldSharpe, f.HoldSortino, f.HoldCalmar = of(none), of(none), of(none)
	} else if r.Hold.Ratio > 0 {
		f.HoldMaxDD = of(metrics.Of(-r.Hold.Ratio))
	}
	if len(trips) == 0 && r.OpenTrips > 0 {
		for _, v := range []*Figure{&f.WinRate, &f.ProfitFactor, &f.Expectancy, &f.AverageTrip, &f.BestTrip, &f.WorstTrip, &f.AverageDays, &f.LongestDays, &f.SQN, &f.Kelly} {
			v.NA = "no round trip has closed"
		}
	}
	days := equity.Days()
	f.Months, f.Years = calendar(days, metrics.Month), calendar(days, metrics.Year)
	return f
}

// resamples is how many resamples of round trips make an interval. A million and a half
// draws take 15 ms; with tens of thousands of trips the interval is narrow and a few
// resamples find it.
func resamples(trips int) int {
	const draws, most, least = 1_500_000, 1000, 60
	return min(most, max(least, draws/max(trips, 1)))
}

func (r *Run) units(v money.Amount) float64 {
	return money.Float(int64(v), r.Catalog.Assets[r.Currency].Decimals)
}

// curves are the account and its benchmark by days. Before its first price the holder of
// the benchmark has cash.
func (r *Run) curves() (equity, market *metrics.Curve) {
	equity, market = &metrics.Curve{}, &metrics.Curve{}
	if r.Bars == 0 {
		return equity, market
	}
	points := []Point{{Time: r.Begin, Equity: r.Cash}}
	for i := range r.Days {
		points = append(points, r.Days[i].Point)
	}
	for _, d := range []*Drawdown{&r.Deepest, &r.Longest} {
		if d.Ratio > 0 {
			points = append(points, d.Peak, d.Trough)
		}
	}
	cash := r.units(r.Cash)
	for _, p := range inOrder(points) {
		equity.Add(p.Time, r.units(p.Equity), p.Exposed != 0)
		if r.HoldLast > 0 {
			if p.Hold == 0 {
				p.Hold = cash
			}
			market.Add(p.Time, p.Hold, true)
		}
	}
	return equity, market
}

// tripsInUnits are the closed round trips as the statistics want them.
func (r *Run) tripsInUnits() []metrics.RoundTrip {
	out := make([]metrics.RoundTrip, 0, r.Trips.Len()-r.OpenTrips)
	for _, t := range r.Trips.All() {
		if !t.Open {
			out = append(out, metrics.RoundTrip{Opened: t.Opened, Closed: t.Closed, PnL: r.units(t.Net), Return: t.Return()})
		}
	}
	return out
}

func calendar(days []metrics.Point, by metrics.Span) []Month {
	var out []Month
	for _, s := range metrics.SpanReturns(days, by) {
		if s.Return.OK {
			out = append(out, Month{Year: s.Begin.Year(), Month: int(s.Begin.Month()), Return: s.Return.V})
		}
	}
	return out
}

// inOrder sorts points by time and drops repeats of one instant and one equity.
func inOrder(points []Point) []Point {
	slices.SortStableFunc(points, func(a, b Point) int { return compareStamps(a.Time, b.Time) })
	return slices.CompactFunc(points, func(a, b Point) bool { return a.Time == b.Time && a.Equity == b.Equity })
}

func compareStamps(a, b exchange.Stamp) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func days(f float64) string {
	if f >= 2 && f < 100 {
		return decimal(f, 1) + " days"
	}
	return spanText(time.Duration(f * float64(24*time.Hour)))
}
