package metrics

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

const (
	resamplesDefault = 1000
	drawsMax         = 5_000_000 // keeps the cost bounded: fewer resamples for long series
	resamplesMin     = 100
	undefinedMax     = 0.01 // share of resamples that may have no value
)

// Intervals are 95 % intervals by bootstrap: the 2.5th and 97.5th percentile of the
// statistic over resamples. Daily returns are drawn by the stationary bootstrap (Politis
// and Romano 1994): blocks of random length, n^(1/3) days on average, that wrap around,
// so that runs of volatility stay together. Round trips are drawn one by one, as if each
// were independent of the others. They tell of chance within this history, not of
// another market. An interval is N/A for fewer than 30 days or 10 round trips, and where
// more than 1 % of the resamples have no value, such as a profit factor without losses.
type Intervals struct {
	AnnualReturn Interval `json:"annual_return"`
	Volatility   Interval `json:"volatility"`
	Sharpe       Interval `json:"sharpe"`
	Sortino      Interval `json:"sortino"`
	MaxDrawdown  Interval `json:"max_drawdown"` // of daily closes
	Calmar       Interval `json:"calmar"`       // with that drawdown
	WinRate      Interval `json:"win_rate"`
	ProfitFactor Interval `json:"profit_factor"`
	Expectancy   Interval `json:"expectancy"`
}

// source is a seeded stream of its own for each use.
func source(seed, stream uint64) *rand.PCG { return rand.NewPCG(seed, stream) }

// below is uniform in 0..n-1 (Lemire's product; the bias is below n/2^64).
func below(rng *rand.PCG, n int) int {
	hi, _ := bits.Mul64(rng.Uint64(), uint64(n))
	return int(hi)
}

// resamplesFor keeps the number of draws bounded.
func resamplesFor(n, wanted int) int {
	if wanted <= 0 {
		wanted = resamplesDefault
	}
	return min(wanted, max(drawsMax/max(n, 1), resamplesMin))
}

// blockLengths are evenly spaced quantiles of the geometric distribution with that mean,
// so that drawing a length is looking one up.
func blockLengths(mean float64) *[1 << 12]int {
	var out [1 << 12]int
	longer := math.Log1p(-1 / mean) // log of the chance that a block goes on
	for i := range out {
		out[i] = 1 + int(math.Log((float64(i)+0.5)/float64(len(out)))/longer)
	}
	return &out
}

// resample fills drawn with blocks of r that begin anywhere and wrap around, so that each
// value is drawn as often as any other.
func resample(drawn, r []float64, rng *rand.PCG, lengths *[1 << 12]int) {
	for i, n := 0, len(r); i < n; {
		from, length := below(rng, n), min(lengths[below(rng, len(lengths))], n-i)
		for end := i + length; i < end; from = 0 {
			i += copy(drawn[i:end], r[from:])
		}
	}
}

// days bootstraps the ratios of daily returns.
func (in *Intervals) days(r []float64, u rules, seed uint64, wanted int) {
	n := len(r)
	rng, drawn, lengths := source(seed, 1), make([]float64, n), blockLengths(math.Cbrt(float64(n)))
	var values [6][]float64
	for range resamplesFor(n, wanted) {
		resample(drawn, r, rng, lengths)
		q := u.of(drawn)
		for k, v := range [...]Value{q.annual, q.volatility, q.sharpe, q.sortino, q.fall, q.calmar} {
			values[k] = append(values[k], orNaN(v))
		}
	}
	for k, to := range [...]*Interval{&in.AnnualReturn, &in.Volatility, &in.Sharpe, &in.Sortino, &in.MaxDrawdown, &in.Calmar} {
		*to = percentiles(values[k])
	}
}

// trips bootstraps the statistics of round trips.
func (in *Intervals) trips(trips []RoundTrip, c Convention, seed uint64, wanted int) {
	rng, each := source(seed, 2), make([]tripSums, len(trips))
	for i, t := range trips {
		each[i] = t.sums()
	}
	var values [3][]float64
	for range resamplesFor(len(trips), wanted) {
		var s tripSums
		for range each {
			s.add(&each[below(rng, len(each))])
		}
		for k, v := range [...]Value{s.winRate(), s.profitFactor(c), s.expectancy()} {
			values[k] = append(values[k], orNaN(v))
		}
	}
	for k, to := range [...]*Interval{&in.WinRate, &in.ProfitFactor, &in.Expectancy} {
		*to = percentiles(values[k])
	}
}

func orNaN(v Value) float64 {
	if !v.OK {
		return math.NaN()
	}
	return v.V
}

// percentiles is the middle 95 % of values; it sorts them.
func percentiles(values []float64) Interval {
	n := len(values)
	values = slices.DeleteFunc(values, math.IsNaN)
	if len(values) == 0 || float64(n-len(values)) > undefinedMax*float64(n) {
		return Interval{Why: "many resamples have no value"}
	}
	slices.Sort(values)
	low := Of(stat.Quantile(0.025, stat.LinInterp, values, nil))
	high := Of(stat.Quantile(0.975, stat.LinInterp, values, nil))
	if !low.OK || !high.OK {
		return Interval{Why: "out of the range of numbers"}
	}
	return Interval{Low: low.V, High: high.V, OK: true}
}
