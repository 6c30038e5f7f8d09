package metrics_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"breakwater/exchange"
	"breakwater/reports/metrics"
)

const day = 86_400

func at(days float64) exchange.Stamp { return exchange.Stamp(days * day * 1e9) }

func near(t *testing.T, what string, got metrics.Value, want float64) {
	t.Helper()
	if !got.OK || !(math.Abs(got.V-want) <= 1e-12*max(1, math.Abs(want))) {
		t.Errorf("%s = %v; want %v", what, got, want)
	}
}

func absent(t *testing.T, what string, got metrics.Value, why string) {
	t.Helper()
	if got.OK || got.V != 0 || !strings.Contains(got.Why, why) {
		t.Errorf("%s = %v; want N/A with %q", what, got, why)
	}
}

// curve puts a point at each midnight from 1970-01-02 on.
func curve(equity ...float64) *metrics.Curve {
	c := &metrics.Curve{}
	for i, e := range equity {
		c.Add(at(float64(i+1)), e, false)
	}
	return c
}

// walk is a seeded random walk of n daily closes, with a volatility that changes slowly.
func walk(n int, seed uint64) []float64 {
	r := rand.New(rand.NewPCG(seed, 9))
	out, e, vol := make([]float64, n), 10_000.0, 0.02
	for i := range out {
		out[i] = e
		vol = 0.95*vol + 0.05*0.04*r.Float64()
		e *= 1 + 0.0005 + vol*r.NormFloat64()
	}
	return out
}

func TestDrawdownHasItsPeakTroughAndRecovery(t *testing.T) {
	c := curve(100, 120, 120, 90, 60, 80, 120, 119, 130, 117, 118, 119, 120, 121, 122)
	depth, d := c.MaxDrawdown()
	near(t, "MaxDrawdown", depth, -0.5)
	if *d != (metrics.Drawdown{Depth: -0.5, Peak: at(3), Trough: at(5), Recovery: at(7), Recovered: true}) {
		t.Errorf("deepest %+v", d)
	}
	long := c.LongestDrawdown()
	if long.Recovered || long.Peak != at(9) || long.Recovery != at(15) || long.Duration() != 6*24*time.Hour {
		t.Errorf("longest %+v", long)
	}
	raw, err := json.Marshal(long)
	if err != nil || !strings.Contains(string(raw), `"recovery":null`) || !strings.Contains(string(raw), `"peak":"1970-01-10T00:00:00Z"`) {
		t.Errorf("%s, %v", raw, err)
	}
	if v, none := curve(1, 2, 2, 3).MaxDrawdown(); !v.OK || v.V != 0 || none != nil {
		t.Errorf("a rising curve fell by %v", v)
	}
}

func TestADayEndsWithItsMidnightAndAnEmptyDayHasNoReturn(t *testing.T) {
	c := &metrics.Curve{}
	for _, p := range []struct{ time, equity float64 }{{1.25, 100}, {1.5, 105}, {2, 110}, {2.1, 50}, {3, 121}, {5.5, 242}} {
		c.Add(at(p.time), p.equity, p.time > 2.05)
	}
	want := []metrics.Point{{at(1.25), 100}, {at(2), 110}, {at(3), 121}, {at(4), 121}, {at(5), 121}, {at(5.5), 242}}
	if got := c.Days(); !reflect.DeepEqual(got, want) {
		t.Errorf("days %v; want %v", got, want)
	}
	for i, r := range metrics.Returns(c.Days()) {
		near(t, "return", metrics.Of(r), []float64{0.1, 0.1, 0, 0, 1}[i])
	}
	near(t, "TotalReturn", c.TotalReturn(), 1.42)
	near(t, "CAGR", c.CAGR(), math.Pow(2.42, 365.25/4.25)-1)
	near(t, "ExposureTime", c.ExposureTime(), 3.5/4.25)
	if v, _ := c.MaxDrawdown(); v.V != 50./110-1 {
		t.Errorf("the drawdown within a day is %v", v)
	}
}

func TestMonthsEndWithTheirLastMidnight(t *testing.T) {
	stamp := func(y int, m time.Month, d int) exchange.Stamp {
		return exchange.At(time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
	}
	got := metrics.SpanReturns([]metrics.Point{{stamp(2024, 1, 30), 100}, {stamp(2024, 2, 1), 110}, {stamp(2024, 2, 2), 99}, {stamp(2024, 3, 1), 198}, {stamp(2024, 5, 1), 0}}, metrics.Month)
	for i, want := range []float64{0.1, 0.8, -1} {
		near(t, got[i].Begin.String(), got[i].Return, want)
	}
	if len(got) != 3 || got[1].Begin.Month() != time.February || got[2].Begin.Month() != time.April {
		t.Errorf("months %v", got)
	}
}

func TestRoundTripsByHand(t *testing.T) {
	trip := func(open, closed, pnl, ret float64) metrics.RoundTrip {
		return metrics.RoundTrip{Opened: at(open), Closed: at(closed), PnL: pnl, Return: ret}
	}
	trips := []metrics.RoundTrip{trip(0, 1, 30, 0.3), trip(1, 1.5, -10, -0.2), trip(2, 5, 10, 0.1), trip(5, 6, 0, 0)}
	s := metrics.TripStats(trips, metrics.Standard)
	near(t, "win rate", s.WinRate, 0.5)
	near(t, "profit factor", s.ProfitFactor, 4)
	near(t, "expectancy", s.Expectancy, 7.5)
	near(t, "average", s.Average, 0.05)
	near(t, "best", s.Best, 0.3)
	near(t, "worst", s.Worst, -0.2)
	near(t, "Kelly", s.Kelly, 0.5-0.5/2)
	near(t, "SQN", s.SQN, 2*7.5/math.Sqrt((22.5*22.5+17.5*17.5+2.5*2.5+7.5*7.5)/3))
	near(t, "average days", s.AverageDays, 5.5/4)
	near(t, "longest", s.LongestDays, 3)
	near(t, "shortest", s.ShortestDays, 0.5)
	py := metrics.TripStats(trips, metrics.BacktestingPy)
	near(t, "profit factor", py.ProfitFactor, 2)
	near(t, "average", py.Average, math.Pow(1.3*0.8*1.1, 0.25)-1)
	near(t, "average days", py.AverageDays, 2)

	none := metrics.TripStats(nil, metrics.Standard)
	absent(t, "win rate", none.WinRate, "no round trips")
	absent(t, "profit factor", metrics.TripStats(trips[:1], metrics.Standard).ProfitFactor, "no losing round trip")
	absent(t, "Kelly", metrics.TripStats(trips[1:2], metrics.Standard).Kelly, "no winning round trip")
	absent(t, "SQN", metrics.TripStats(trips[:1], metrics.Standard).SQN, "fewer than 2")
	absent(t, "win rate", metrics.TripStats([]metrics.RoundTrip{{PnL: math.NaN()}}, metrics.Standard).WinRate, "finite")
}

func TestBetaAndAlphaOfAKnownMix(t *testing.T) {
	market := metrics.Returns(points(walk(200, 3)))
	mix := make([]float64, len(market))
	for i, m := range market {
		mix[i] = 0.5*m + 0.001
	}
	near(t, "beta", metrics.Beta(mix, market), 0.5)
	near(t, "alpha", metrics.Alpha(mix, market, 0, 365), 0.365)
	absent(t, "beta", metrics.Beta(mix, market[1:]), "other days")
	absent(t, "beta", metrics.Beta(mix, make([]float64, len(mix))), "does not vary")
}

func TestWealthBelowZeroHasNoAnnualReturn(t *testing.T) {
	twice := []float64{-2, -2, 0.1} // the product is above zero again
	absent(t, "annual", metrics.AnnualReturn(twice, 365), "below zero")
	absent(t, "drawdown", metrics.MaxDrawdown(twice), "below zero")
}

func points(equity []float64) (out []metrics.Point) {
	for i, e := range equity {
		out = append(out, metrics.Point{Time: at(float64(i + 1)), Equity: e})
	}
	return out
}

func TestASummaryAgreesWithTheSingleStatistics(t *testing.T) {
	equity, market := walk(400, 1), walk(400, 2)
	in := metrics.Input{Equity: curve(equity...), Market: curve(market...), Traded: 123_456, RiskFreePerYear: 0.03, Resamples: -1}
	s, r, free := metrics.Compute(in), metrics.Returns(points(equity)), 0.03/365
	for what, pair := range map[string][2]metrics.Value{
		"annual":     {s.AnnualReturn, metrics.AnnualReturn(r, 365)},
		"volatility": {s.Volatility, metrics.Volatility(r, 365)},
		"Sharpe":     {s.Sharpe, metrics.Sharpe(r, free, 365)},
		"Sortino":    {s.Sortino, metrics.Sortino(r, free, 365)},
		"downside":   {s.DownsideRisk, metrics.DownsideRisk(r, free, 365)},
		"drawdown":   {s.MaxDrawdown, metrics.MaxDrawdown(r)},
		"Calmar":     {s.Calmar, metrics.Calmar(r, 365)},
		"beta":       {s.Beta, metrics.Beta(r, metrics.Returns(points(market)))},
		"alpha":      {s.Alpha, metrics.Alpha(r, metrics.Returns(points(market)), free, 365)},
		"hold":       {s.BuyAndHold, metrics.Of(market[399]/market[0] - 1)},
	} {
		near(t, what, pair[0], pair[1].V)
	}
	mean := 0.0
	for _, e := range equity {
		mean += e / 400
	}
	near(t, "turnover", s.Turnover, 123_456/mean/(399/365.25))
	if s.Days != 399 || s.Intervals.Sharpe.OK || s.Intervals.Sharpe.Why != "not asked for" {
		t.Errorf("%d days, interval %v", s.Days, s.Intervals.Sharpe)
	}
}

func TestASmallSampleHasNoYearlyFigures(t *testing.T) {
	s := metrics.Compute(metrics.Input{Equity: curve(walk(30, 1)...), Trips: make([]metrics.RoundTrip, 9)})
	for what, v := range map[string]metrics.Value{"Sharpe": s.Sharpe, "CAGR": s.CAGR, "annual": s.AnnualReturn, "Calmar": s.Calmar, "turnover": s.Turnover} {
		absent(t, what, v, "fewer than 30 days")
	}
	if got := s.Sortino.Text(2); got != "N/A (fewer than 30 days)" {
		t.Errorf("prints %q", got)
	}
	if got := s.Intervals.WinRate.Percent(1); got != "N/A (fewer than 10 round trips)" {
		t.Errorf("prints %q", got)
	}
	near(t, "one day more", metrics.Of(float64(metrics.Compute(metrics.Input{Equity: curve(walk(31, 1)...)}).Days)), 30)
	if !metrics.Compute(metrics.Input{Equity: curve(walk(31, 1)...)}).Sharpe.OK {
		t.Error("30 days have no Sharpe ratio")
	}
	for why, c := range map[string]*metrics.Curve{
		"no equity curve": nil, "only one point": curve(1), "no equity at the start": curve(0, 1),
		"equity is no number at 1970-01-03": curve(1, math.NaN()), "out of the range": curve(1e-300, 1e300),
	} {
		absent(t, why, metrics.Compute(metrics.Input{Equity: c}).TotalReturn, why)
	}
	back := curve(1, 2, 3)
	back.Add(at(1), 4, false)
	absent(t, "a curve that goes back", metrics.Compute(metrics.Input{Equity: back}).MaxDrawdown, "time goes back")
	lost := walk(100, 4)
	lost[50] = 0
	absent(t, "a lost account", metrics.Compute(metrics.Input{Equity: curve(lost...)}).Sharpe, "equity fell to zero")
}

func TestIntervalsDependOnTheSeedAlone(t *testing.T) {
	in := metrics.Input{Equity: curve(walk(500, 1)...), Seed: 7}
	for i := range 40 {
		in.Trips = append(in.Trips, metrics.RoundTrip{PnL: float64(i%7) - 2.5, Return: float64(i%7)/100 - 0.025})
	}
	a, b := metrics.Compute(in), metrics.Compute(in)
	if !reflect.DeepEqual(a, b) {
		t.Error("two summaries of one input differ")
	}
	in.Seed++
	if c := metrics.Compute(in); c.Intervals == a.Intervals {
		t.Error("another seed gave the same intervals")
	} else if c.Sharpe != a.Sharpe {
		t.Error("the seed changed a ratio")
	}
	for what, pair := range map[string]struct {
		v metrics.Value
		i metrics.Interval
	}{
		"Sharpe": {a.Sharpe, a.Intervals.Sharpe}, "Sortino": {a.Sortino, a.Intervals.Sortino}, "annual": {a.AnnualReturn, a.Intervals.AnnualReturn},
		"win rate": {a.Trips.WinRate, a.Intervals.WinRate}, "profit factor": {a.Trips.ProfitFactor, a.Intervals.ProfitFactor},
		"expectancy": {a.Trips.Expectancy, a.Intervals.Expectancy}, "volatility": {a.Volatility, a.Intervals.Volatility},
	} {
		if !pair.i.OK || !(pair.i.Low < pair.v.V && pair.v.V < pair.i.High) {
			t.Errorf("%s %v outside its interval %v", what, pair.v, pair.i)
		}
	}
}

// TestIntervalsHaveTheirWidth compares with what theory says of independent normal
// returns: a Sharpe ratio's error is sqrt(P/n), a win rate's sqrt(p(1-p)/n).
func TestIntervalsHaveTheirWidth(t *testing.T) {
	const n = 2000
	r := rand.New(rand.NewPCG(5, 5))
	e, equity := 1.0, []float64{1}
	var trips []metrics.RoundTrip
	for range n {
		x := 0.001 + 0.01*r.NormFloat64()
		e *= 1 + x
		equity = append(equity, e)
		trips = append(trips, metrics.RoundTrip{PnL: x, Return: x})
	}
	s := metrics.Compute(metrics.Input{Equity: curve(equity...), Trips: trips})
	p := s.Trips.WinRate.V
	for what, c := range map[string]struct {
		i    metrics.Interval
		want float64
	}{
		"Sharpe":   {s.Intervals.Sharpe, 2 * 1.96 * math.Sqrt(365./n)},
		"win rate": {s.Intervals.WinRate, 2 * 1.96 * math.Sqrt(p*(1-p)/n)},
	} {
		if got := c.i.High - c.i.Low; math.Abs(got/c.want-1) > 0.15 {
			t.Errorf("%s: interval %v is %v wide; theory says %v", what, c.i, got, c.want)
		}
	}
}

// TestBlocksKeepRunsTogether: in returns that come in runs of ten the mean is far less
// certain than in the same returns shuffled, and the interval must say so.
func TestBlocksKeepRunsTogether(t *testing.T) {
	const n = 1000
	r := rand.New(rand.NewPCG(6, 6))
	runs := make([]float64, n)
	for i := range runs {
		if runs[i] = 0.01 * r.NormFloat64(); i%10 != 0 {
			runs[i] = runs[i-1]
		}
	}
	width := func(x []float64) float64 {
		e, equity := 1.0, []float64{1}
		for _, v := range x {
			e *= 1 + v
			equity = append(equity, e)
		}
		i := metrics.Compute(metrics.Input{Equity: curve(equity...)}).Intervals.Sharpe
		return i.High - i.Low
	}
	together := width(runs)
	r.Shuffle(n, func(i, j int) { runs[i], runs[j] = runs[j], runs[i] })
	if shuffled := width(runs); together < 1.5*shuffled {
		t.Errorf("interval %v wide in runs, %v shuffled", together, shuffled)
	}
}

func TestValuesPrintAndMarshal(t *testing.T) {
	for _, c := range []struct {
		v                   metrics.Value
		text, percent, json string
	}{
		{metrics.Of(0.12345), "0.12", "12.35 %", "0.12345"},
		{metrics.Of(-0.000001), "0.00", "0.00 %", "-0.000001"},
		{metrics.NA("fewer than %d days", 30), "N/A (fewer than 30 days)", "N/A (fewer than 30 days)", "null"},
		{metrics.Of(math.Inf(1)), "N/A (out of the range of numbers)", "N/A (out of the range of numbers)", "null"},
		{metrics.Value{}, "N/A (not computed)", "N/A (not computed)", "null"},
	} {
		raw, err := json.Marshal(c.v)
		if c.v.Text(2) != c.text || c.v.Percent(2) != c.percent || err != nil {
			t.Errorf("%+v prints %q, %q, %v", c.v, c.v.Text(2), c.v.Percent(2), err)
		}
		var back metrics.Value
		if err := json.Unmarshal(raw, &back); err != nil || back.OK != c.v.OK || back.V != c.v.V {
			t.Errorf("%s came back as %+v, %v", raw, back, err)
		}
		if !bytes.Equal(raw, []byte(c.json)) && c.json != "-0.000001" {
			t.Errorf("%+v marshals to %s", c.v, raw)
		}
	}
	i := metrics.Interval{Low: -0.5, High: 1.25, OK: true}
	raw, err := json.Marshal(i)
	if i.String() != "-0.5000 to 1.2500" || i.Percent(0) != "-50 to 125 %" || string(raw) != "[-0.5,1.25]" || err != nil {
		t.Errorf("%v, %s, %s, %v", i, i.Percent(0), raw, err)
	}
}

// odd are the numbers that break formulas.
var odd = []float64{0, math.Copysign(0, -1), 1, -1, 0.5, 100, 1e-300, 1e300, -1e300, math.MaxFloat64, 5e-324, math.NaN(), math.Inf(1), math.Inf(-1)}

func TestBadNumbersGiveAReasonNeverANaNNorAPanic(t *testing.T) {
	number := rapid.OneOf(rapid.Float64Range(0.5, 200), rapid.Float64(), rapid.SampledFrom(odd))
	rapid.Check(t, func(t *rapid.T) {
		source := number
		if rapid.Bool().Draw(t, "tame") {
			source = rapid.Float64Range(0, 200)
		}
		draw := func(name string) *metrics.Curve {
			c, clock := &metrics.Curve{}, rapid.Int64().Draw(t, name+" start")
			for i, e := range rapid.SliceOfN(source, 0, 80).Draw(t, name) {
				c.Add(exchange.Stamp(clock), e, i%3 == 0)
				if step := rapid.Int64Range(-1, 3*day*1e9).Draw(t, "step"); clock < math.MaxInt64-4*day*1e9 {
					clock += step
				}
			}
			return c
		}
		in := metrics.Input{
			Equity: draw("equity"), Market: draw("market"), Traded: number.Draw(t, "traded"), Resamples: 20,
			Convention: metrics.Convention(rapid.IntRange(0, 1).Draw(t, "convention")), MarketFrom: exchange.Stamp(rapid.Int64().Draw(t, "from")),
			RiskFreePerYear: rapid.SampledFrom(append(odd, 0, 0.03)).Draw(t, "free"), PeriodsPerYear: rapid.SampledFrom(append(odd, 252, 365)).Draw(t, "year"),
		}
		for range rapid.IntRange(0, 30).Draw(t, "trips") {
			in.Trips = append(in.Trips, metrics.RoundTrip{Opened: exchange.Stamp(rapid.Int64().Draw(t, "open")), Closed: exchange.Stamp(rapid.Int64().Draw(t, "close")), PnL: source.Draw(t, "pnl"), Return: source.Draw(t, "return")})
		}
		s := metrics.Compute(in)
		sound(t, "Summary", reflect.ValueOf(s))
		if raw, err := json.Marshal(s); err != nil || bytes.Contains(raw, []byte("NaN")) {
			t.Fatalf("%s, %v", raw, err)
		}
		r := rapid.SliceOfN(number, 0, 20).Draw(t, "returns")
		for what, v := range map[string]metrics.Value{
			"MaxDrawdown": metrics.MaxDrawdown(r), "AnnualReturn": metrics.AnnualReturn(r, 252), "Volatility": metrics.Volatility(r, 252),
			"Sharpe": metrics.Sharpe(r, 0, 252), "DownsideRisk": metrics.DownsideRisk(r, 0, 252), "Sortino": metrics.Sortino(r, 0, 252),
			"Calmar": metrics.Calmar(r, 252), "Beta": metrics.Beta(r, r), "Alpha": metrics.Alpha(r, r, 0, 252),
		} {
			sound(t, what, reflect.ValueOf(v))
		}
	})
}

// sound looks at every Value and Interval within v.
func sound(t *rapid.T, name string, v reflect.Value) {
	finite := func(ok bool, why string, numbers ...float64) {
		for _, x := range numbers {
			if math.IsNaN(x) || math.IsInf(x, 0) || !ok && x != 0 {
				t.Fatalf("%s = %v", name, v)
			}
		}
		if ok == (why != "") {
			t.Fatalf("%s: OK %v with reason %q", name, ok, why)
		}
	}
	switch x := v.Interface().(type) {
	case metrics.Value:
		finite(x.OK, x.Why, x.V)
		return
	case metrics.Interval:
		finite(x.OK, x.Why, x.Low, x.High)
		return
	case time.Time:
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			sound(t, name, v.Elem())
		}
	case reflect.Float64:
		finite(true, "", v.Float())
	case reflect.Struct:
		for i := range v.NumField() {
			sound(t, name+"."+v.Type().Field(i).Name, v.Field(i))
		}
	}
}

func BenchmarkIntervals(b *testing.B) {
	for _, n := range []int{1000, 3327} {
		b.Run(strconv.Itoa(n)+" days", func(b *testing.B) {
			in := metrics.Input{Equity: curve(walk(n, 1)...)}
			for b.Loop() {
				metrics.Compute(in)
			}
		})
	}
	b.Run("1000 round trips", func(b *testing.B) {
		in := metrics.Input{}
		for i := range 1000 {
			in.Trips = append(in.Trips, metrics.RoundTrip{PnL: float64(i%7) - 2.5, Return: 0.01})
		}
		for b.Loop() {
			metrics.Compute(in)
		}
	})
}

func BenchmarkCurveAdd(b *testing.B) {
	equity, c, i := walk(4096, 1), &metrics.Curve{}, 0
	for b.Loop() {
		i++
		c.Add(exchange.Stamp(i)*60e9, equity[i&4095], true)
	}
}
