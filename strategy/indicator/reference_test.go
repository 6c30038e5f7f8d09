package indicator_test

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"breakwater/strategy/indicator"
)

// realData opens a file of the real-data folder; without the folder the test is
// skipped, with it a missing file is a failure.
func realData(t *testing.T, name string) *os.File {
	t.Helper()
	dir := os.Getenv("BREAKWATER_DATA")
	if dir == "" {
		t.Skip("BREAKWATER_DATA is not set: no reference to compare with")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

type quote struct{ high, low, close, volume float64 }

func quotes(t *testing.T) (out []quote) {
	t.Helper()
	rows, err := csv.NewReader(realData(t, "reference/indicators/quotes.csv")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		var n [6]float64
		for i := 1; i < 6; i++ {
			if n[i], err = strconv.ParseFloat(r[i], 64); err != nil {
				t.Fatal(err)
			}
		}
		out = append(out, quote{n[2], n[3], n[4], n[5]})
	}
	return out
}

// cell is an output under its name in the reference file, and whether it claims to be
// ready; the indicators that are ready in parts claim it for the last part only.
type cell struct {
	name  string
	value float64
	ready bool
}

func TestIndicatorsEqualThePublicReference(t *testing.T) {
	sma, ema, rsi := indicator.NewSMA(20), indicator.NewEMA(20), indicator.NewRSI(14)
	macd, atr, bb := indicator.NewMACD(12, 26, 9), indicator.NewATR(14), indicator.NewBollinger(20, 2)
	stoch, adx, obv := indicator.NewStochastic(14, 3, 3), indicator.NewADX(14), indicator.NewOBV()
	for _, c := range []struct {
		file string
		step func(quote) []cell
	}{
		{"sma", func(q quote) []cell { return []cell{{"sma", sma.Update(q.close), sma.Ready()}} }},
		{"ema", func(q quote) []cell { return []cell{{"ema", ema.Update(q.close), ema.Ready()}} }},
		{"rsi", func(q quote) []cell { return []cell{{"rsi", rsi.Update(q.close), rsi.Ready()}} }},
		{"macd", func(q quote) []cell {
			v := macd.Update(q.close)
			return []cell{{"macd", v, v != 0}, {"signal", macd.Signal(), macd.Ready()}, {"histogram", macd.Histogram(), macd.Ready()}}
		}},
		{"atr", func(q quote) []cell {
			v := atr.Update(q.high, q.low, q.close)
			return []cell{{"atr", v, atr.Ready()}, {"tr", atr.TrueRange(), atr.TrueRange() != 0}}
		}},
		{"bb", func(q quote) []cell {
			v := bb.Update(q.close)
			return []cell{{"sma", v, bb.Ready()}, {"upperBand", bb.Upper(), bb.Ready()}, {"lowerBand", bb.Lower(), bb.Ready()}}
		}},
		{"stoch", func(q quote) []cell {
			v := stoch.Update(q.high, q.low, q.close)
			return []cell{{"k", v, v != 0}, {"d", stoch.Signal(), stoch.Ready()}}
		}},
		{"adx", func(q quote) []cell {
			v := adx.Update(q.high, q.low, q.close)
			return []cell{{"adx", v, adx.Ready()}, {"pdi", adx.PDI(), adx.PDI() != 0}, {"mdi", adx.MDI(), adx.MDI() != 0}}
		}},
		{"obv", func(q quote) []cell { return []cell{{"obv", obv.Update(q.close, q.volume), obv.Ready()}} }},
	} {
		t.Run(c.file, func(t *testing.T) {
			var want []map[string]any
			if err := json.NewDecoder(realData(t, "reference/indicators/"+c.file+".json")).Decode(&want); err != nil {
				t.Fatal(err)
			}
			qs := quotes(t)
			if len(qs) != 502 || len(want) != 502 {
				t.Fatalf("%d quotes and %d rows; want 502 of both", len(qs), len(want))
			}
			worst, compared := 0.0, 0
			for i, q := range qs {
				for _, got := range c.step(q) {
					w, given := want[i][got.name].(float64)
					if given != got.ready {
						t.Fatalf("row %d %s: ready %v, reference has a value: %v", i, got.name, got.ready, given)
					}
					if !given {
						if got.value != 0 {
							t.Fatalf("row %d %s: %v before it is ready; want 0", i, got.name, got.value)
						}
						continue
					}
					compared++
					off := math.Abs(got.value-w) / max(1, math.Abs(w))
					worst = max(worst, off)
					if !(off <= 1e-9) {
						t.Fatalf("row %d %s: %v; want %v", i, got.name, got.value, w)
					}
				}
			}
			if compared < 400 {
				t.Fatalf("only %d values compared", compared)
			}
			t.Logf("%d values, largest difference %.1e", compared, worst)
		})
	}
}
