package metrics_test

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/reports/metrics"
)

// realData is the name of a file of the real-data folder; without the folder the test is
// skipped, with it a missing file is a failure.
func realData(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("BREAKWATER_DATA")
	if dir == "" {
		t.Skip("BREAKWATER_DATA is not set: no reference to compare with")
	}
	name = filepath.Join(dir, name)
	if _, err := os.Stat(name); err != nil {
		t.Fatal(err)
	}
	return name
}

func readJSON(t *testing.T, name string, to any) {
	t.Helper()
	b, err := os.ReadFile(realData(t, name))
	if err == nil {
		err = json.Unmarshal(b, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func date(t *testing.T, s string) exchange.Stamp {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return exchange.At(d)
}

func TestStatisticsOfALongAndShortCaseAreThoseOfBacktestingPy(t *testing.T) {
	var file struct {
		Cases []struct{ Expected map[string]any }
	}
	readJSON(t, "reference/backtesting/expected.json", &file)
	raw, err := exec.Command("go", "run", "./testdata/crossover", realData(t, "reference/backtesting/GOOG.csv")).Output()
	if err != nil {
		t.Fatal(err)
	}
	var run struct {
		Points []struct {
			Date          string
			Equity, Close float64
			Held          bool
		}
		Trades []struct {
			Opened, Closed string
			PnL, Return    float64
		}
		Warm string
	}
	if err := json.Unmarshal(raw, &run); err != nil {
		t.Fatal(err)
	}
	in := metrics.Input{Equity: &metrics.Curve{}, Market: &metrics.Curve{}, Convention: metrics.BacktestingPy, MarketFrom: date(t, run.Warm)}
	for _, p := range run.Points {
		in.Equity.Add(date(t, p.Date), p.Equity, p.Held)
		in.Market.Add(date(t, p.Date), p.Close, true)
	}
	for _, d := range run.Trades {
		in.Trips = append(in.Trips, metrics.RoundTrip{Opened: date(t, d.Opened), Closed: date(t, d.Closed), PnL: d.PnL, Return: d.Return})
	}
	s := metrics.Compute(in)
	got := map[string]float64{
		"# Trades":                      float64(s.Trips.Count),
		"Avg. Drawdown Duration [days]": s.AverageDrawdownDays.V,
		"Avg. Drawdown [%]":             100 * s.AverageDrawdown.V,
		"Avg. Trade Duration [days]":    s.Trips.AverageDays.V,
		"Avg. Trade [%]":                100 * s.Trips.Average.V,
		"Best Trade [%]":                100 * s.Trips.Best.V,
		"Buy & Hold Return [%]":         100 * s.BuyAndHold.V,
		"Calmar Ratio":                  s.Calmar.V,
		"Duration [days]":               s.End.Sub(s.Start).Hours() / 24,
		"Equity Final [$]":              s.EquityEnd.V,
		"Equity Peak [$]":               s.EquityPeak.V,
		"Expectancy [%]":                100 * s.Trips.MeanReturn.V,
		"Exposure Time [%]":             100 * s.ExposureTime.V,
		"Max. Drawdown Duration [days]": s.LongestDrawdownDays.V,
		"Max. Drawdown [%]":             100 * s.MaxDrawdown.V,
		"Max. Trade Duration [days]":    s.Trips.LongestDays.V,
		"Profit Factor":                 s.Trips.ProfitFactor.V,
		"Return (Ann.) [%]":             100 * s.AnnualReturn.V,
		"Return [%]":                    100 * s.TotalReturn.V,
		"Volatility (Ann.) [%]":         100 * s.Volatility.V,
		"CAGR [%]":                      100 * s.CAGR.V,
		"SQN":                           s.Trips.SQN.V,
		"Kelly Criterion":               s.Trips.Kelly.V,
		"Sharpe Ratio":                  s.Sharpe.V,
		"Sortino Ratio":                 s.Sortino.V,
		"Win Rate [%]":                  100 * s.Trips.WinRate.V,
		"Worst Trade [%]":               100 * s.Trips.Worst.V,
		"Alpha [%]":                     100 * s.Alpha.V,
		"Beta":                          s.Beta.V,
	}
	for name, want := range file.Cases[0].Expected {
		switch name {
		case "Start":
			if d := s.Start.Format(time.DateOnly); d != want {
				t.Errorf("%s = %s; want %s", name, d, want)
			}
			continue
		case "End":
			if d := s.End.Format(time.DateOnly); d != want {
				t.Errorf("%s = %s; want %s", name, d, want)
			}
			continue
		}
		have, ok := got[name]
		if w := want.(float64); !ok || math.Abs(have-w) > 1e-12*max(1, math.Abs(w)) {
			t.Errorf("%s = %v; want %v", name, have, w)
		}
	}
	if len(file.Cases[0].Expected) != len(got)+2 {
		t.Errorf("%d statistics published, %d compared", len(file.Cases[0].Expected), len(got)+2)
	}
}

// numbers reads a JSON number, "NaN", "Infinity", a list of them, "$series", or
// "-$series".
type empyrical struct {
	Series map[string]struct {
		Freq    string
		Values  []any
		Columns map[string][]any
	}
	Cases map[string][]map[string]any
}

func number(t *testing.T, v any) float64 {
	t.Helper()
	switch v := v.(type) {
	case float64:
		return v
	case string:
		f, err := strconv.ParseFloat(v, 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	t.Fatalf("no number: %v", v)
	return 0
}

func numbers(t *testing.T, v any) (out []float64) {
	t.Helper()
	for _, x := range v.([]any) {
		out = append(out, number(t, x))
	}
	return out
}

// columns are the series that a case names: one, or the columns of a frame.
func (e *empyrical) columns(t *testing.T, v any) [][]float64 {
	t.Helper()
	name, ok := v.(string)
	if !ok {
		return [][]float64{numbers(t, v)}
	}
	s, ok := e.Series[name[1:]]
	if !ok || name[0] != '$' {
		t.Fatalf("no series %s", name)
	}
	if s.Columns != nil {
		return [][]float64{numbers(t, s.Columns["one"]), numbers(t, s.Columns["two"])}
	}
	return [][]float64{numbers(t, s.Values)}
}

// less is the returns less a number or a series.
func (e *empyrical) less(t *testing.T, returns []float64, v any) []float64 {
	t.Helper()
	out := make([]float64, len(returns))
	for i, r := range returns {
		if _, series := v.(string); series {
			out[i] = r - e.columns(t, v)[0][i]
		} else {
			out[i] = r - number(t, v)
		}
	}
	return out
}

var perYear = map[any]float64{nil: 252, "daily": 252, "weekly": 52, "monthly": 12}

func TestRatiosAreThoseOfEmpyrical(t *testing.T) {
	var e empyrical
	readJSON(t, "reference/metrics/empyrical_expected.json", &e)
	compared := 0
	check := func(name string, c map[string]any, digits, got, want float64) {
		compared++
		if !(math.Abs(got-want) <= digits*max(1, math.Abs(want))) {
			t.Errorf("%s %v: %v; want %v", name, c, got, want)
		}
	}
	for name, statistic := range map[string]func(r []float64, c map[string]any, year float64) metrics.Value{
		"max_drawdown":      func(r []float64, _ map[string]any, _ float64) metrics.Value { return metrics.MaxDrawdown(r) },
		"annual_ret":        func(r []float64, _ map[string]any, y float64) metrics.Value { return metrics.AnnualReturn(r, y) },
		"annual_volatility": func(r []float64, _ map[string]any, y float64) metrics.Value { return metrics.Volatility(r, y) },
		"calmar":            func(r []float64, _ map[string]any, y float64) metrics.Value { return metrics.Calmar(r, y) },
		"sharpe_ratio": func(r []float64, c map[string]any, y float64) metrics.Value {
			if free, ok := c["risk_free"].(float64); ok {
				return metrics.Sharpe(r, free, y)
			}
			return metrics.Sharpe(e.less(t, r, c["risk_free"]), 0, y)
		},
		"downside_risk": func(r []float64, c map[string]any, y float64) metrics.Value {
			if required, ok := c["required_return"].(float64); ok {
				return metrics.DownsideRisk(r, required, y)
			}
			return metrics.DownsideRisk(e.less(t, r, c["required_return"]), 0, y)
		},
		"sortino": func(r []float64, c map[string]any, y float64) metrics.Value {
			if required, ok := c["required_return"].(float64); ok {
				return metrics.Sortino(r, required, y)
			}
			return metrics.Sortino(e.less(t, r, c["required_return"]), 0, y)
		},
	} {
		for _, c := range e.Cases[name] {
			cols := e.columns(t, c["returns"])
			wants := []any{c["expected"]}
			if list, ok := c["expected"].([]any); ok {
				wants = list
			}
			for i, r := range cols {
				got, want := statistic(r, c, perYear[c["period"]]), number(t, wants[i])
				if math.IsNaN(want) || math.IsInf(want, 0) {
					compared++
					if got.OK || got.Why == "" {
						t.Errorf("%s %v: %v; want none, with a reason, where empyrical has %v", name, c, got, want)
					}
					continue
				}
				if !got.OK {
					t.Errorf("%s %v: %v; want %v", name, c, got, want)
				}
				check(name, c, 1e-8, got.V, want)
			}
		}
	}
	for _, c := range e.Cases["cum_returns"] {
		start, got, want := number(t, c["starting_value"]), metrics.CumulativeReturns(e.columns(t, c["returns"])[0]), numbers(t, c["expected"])
		if len(got) != len(want) {
			t.Fatalf("cum_returns %v: %v", c, got)
		}
		for i := range got {
			check("cum_returns", c, 1e-4, worth(got[i], start), want[i])
		}
	}
	for _, c := range e.Cases["cum_returns_final"] {
		got, want := metrics.CumulativeReturns(e.columns(t, c["returns"])[0]), number(t, c["expected"])
		if len(got) == 0 && math.IsNaN(want) {
			continue
		}
		check("cum_returns_final", c, 1e-4, worth(got[len(got)-1], number(t, c["starting_value"])), want)
	}
	for _, c := range e.Cases["aggregate_returns"] {
		name := c["returns"].(string)
		points := dated(e.Series[name[1:]].Freq, e.columns(t, name)[0])
		got := metrics.SpanReturns(points, map[string]metrics.Span{
			"weekly": metrics.Week, "monthly": metrics.Month, "quarterly": metrics.Quarter, "yearly": metrics.Year,
		}[c["convert_to"].(string)])
		want := numbers(t, c["expected"])
		if len(got) != len(want) {
			t.Errorf("aggregate_returns %v: %v", c, got)
			continue
		}
		for i := range got {
			check("aggregate_returns", c, 1e-8, got[i].Return.V, want[i])
		}
	}
	if compared < 80 {
		t.Errorf("only %d values compared", compared)
	}
	t.Logf("%d values compared", compared)
}

// worth is a cumulative return as empyrical prints it: of a start of 0 the return itself.
func worth(r, start float64) float64 {
	if start == 0 {
		return r
	}
	return start * (1 + r)
}

// dated gives returns the dates of empyrical's tests: from 2000-01-30, a Sunday, daily,
// on Sundays, or at the ends of months.
func dated(freq string, returns []float64) []metrics.Point {
	at := time.Date(2000, 1, 30, 12, 0, 0, 0, time.UTC)
	points, wealth := []metrics.Point{{Time: exchange.At(at.AddDate(0, 0, -1)), Equity: 1}}, 1.0
	for i, r := range returns {
		day := at.AddDate(0, 0, i)
		switch freq {
		case "weekly":
			day = at.AddDate(0, 0, 7*i)
		case "monthly":
			day = time.Date(2000, time.Month(2+i), 0, 12, 0, 0, 0, time.UTC)
		}
		wealth *= 1 + r
		points = append(points, metrics.Point{Time: exchange.At(day), Equity: wealth})
	}
	return points
}
