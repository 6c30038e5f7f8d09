package indicator_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"breakwater/strategy/indicator"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-12*max(1, math.Abs(want))) {
		t.Errorf("%s = %v; want %v", what, got, want)
	}
}

func TestSmallCasesByHand(t *testing.T) {
	sma, ema := indicator.NewSMA(3), indicator.NewEMA(3)
	for i, c := range []struct{ x, sma, ema float64 }{{1, 0, 0}, {2, 0, 0}, {6, 3, 3}, {1, 3, 2}, {-1, 2, 0.5}} {
		near(t, "SMA", sma.Update(c.x), c.sma)
		near(t, "EMA", ema.Update(c.x), c.ema) // a = 1/2
		if ready := i >= 2; sma.Ready() != ready || ema.Ready() != ready {
			t.Errorf("value %d: ready %v, %v; want %v", i, sma.Ready(), ema.Ready(), ready)
		}
		near(t, "SMA.Value", sma.Value(), c.sma)
		near(t, "EMA.Value", ema.Value(), c.ema)
	}

	rsi := indicator.NewRSI(2) // changes +2 -1 | +3: up 1, then (1+3)/2 = 2; down 1/2, then 1/4
	for i, want := range []float64{0, 0, 100 * 1 / 1.5, 100 * 2 / 2.25} {
		near(t, "RSI", rsi.Update([]float64{10, 12, 11, 14}[i]), want)
	}

	macd := indicator.NewMACD(1, 2, 2) // fast is x itself; slow: mean(1,3)=2, then a = 2/3
	for _, c := range []struct{ x, line, signal float64 }{{1, 0, 0}, {3, 1, 0}, {5, 1, 1}, {2, -2. / 3, -1. / 9}} {
		near(t, "MACD", macd.Update(c.x), c.line)
		near(t, "MACD signal", macd.Signal(), c.signal)
	}
	near(t, "MACD histogram", macd.Histogram(), -2./3+1./9)

	atr := indicator.NewATR(2) // true ranges 3 (gap up), 4 (gap down), 1
	for i, want := range []float64{0, 0, 3.5, 2.25} {
		b := [][3]float64{{10, 9, 9}, {12, 11, 12}, {9, 8, 8}, {9, 8, 8.5}}[i]
		near(t, "ATR", atr.Update(b[0], b[1], b[2]), want)
	}

	bb := indicator.NewBollinger(4, 2)
	for _, x := range []float64{100, 2, 4, 4, 6} {
		bb.Update(x)
	}
	near(t, "Bollinger", bb.Value(), 4)
	near(t, "Bollinger deviation", bb.StdDev(), math.Sqrt(2))
	near(t, "Bollinger upper", bb.Upper(), 4+2*math.Sqrt(2))
	near(t, "Bollinger lower", bb.Lower(), 4-2*math.Sqrt(2))

	stoch := indicator.NewStochastic(2, 2, 2) // places 50, 100, 0 → %K 75, 50 → %D 62.5
	for i, want := range []float64{0, 0, 75, 50} {
		b := [][3]float64{{10, 8, 9}, {12, 10, 10}, {14, 13, 14}, {14, 12, 12}}[i]
		near(t, "%K", stoch.Update(b[0], b[1], b[2]), want)
	}
	near(t, "%D", stoch.Signal(), 62.5)

	adx := indicator.NewADX(1) // up by 2 of a true range of 3; then down by 3 of 4
	for i, want := range [][3]float64{{0, 0, 0}, {100 * 2. / 3, 0, 100}, {0, 75, 100}, {0, 0, 0}} {
		b := [][3]float64{{10, 9, 9}, {12, 11, 12}, {9, 8, 8}, {9, 8, 8}}[i]
		got := adx.Update(b[0], b[1], b[2])
		near(t, "ADX", got, want[2])
		near(t, "PDI", adx.PDI(), want[0])
		near(t, "MDI", adx.MDI(), want[1])
	}

	obv := indicator.NewOBV()
	for i, want := range []float64{0, 5, 5, -2} {
		near(t, "OBV", obv.Update([]float64{10, 11, 11, 10}[i], []float64{9, 5, 6, 7}[i]), want)
	}

	channel := indicator.NewDonchian(2)
	for i, want := range [][3]float64{{0, 0, 0}, {12, 9, 10.5}, {12, 8, 10}, {9, 7, 8}} {
		b := [][2]float64{{10, 9}, {12, 11}, {9, 8}, {8, 7}}[i]
		near(t, "Donchian", channel.Update(b[0], b[1]), want[2])
		near(t, "Donchian upper", channel.Upper(), want[0])
		near(t, "Donchian lower", channel.Lower(), want[1])
	}

	rolling, session := indicator.NewVWAP(2), indicator.NewSessionVWAP()
	for i, c := range []struct {
		day                 int64
		price, volume       float64
		rolled, sinceOpened float64
	}{{1, 10, 1, 0, 10}, {1, 20, 3, 17.5, 17.5}, {2, 30, 0, 20, 30}, {2, 40, 0, 40, 40}, {2, 50, 2, 50, 50}} {
		near(t, "VWAP", rolling.Update(c.price+1, c.price-1, c.price, c.volume), c.rolled)
		near(t, "session VWAP", session.Update(c.day, c.price+1, c.price-1, c.price, c.volume), c.sinceOpened)
		if rolling.Ready() != (i >= 1) || !session.Ready() {
			t.Errorf("bar %d: ready %v and %v", i, rolling.Ready(), session.Ready())
		}
	}
}

func TestAMarketThatNeverMovesHasDefinedValues(t *testing.T) {
	for _, price := range []float64{0.1, 1. / 3, 7, 64123.45, 1e-8, 0} {
		for _, n := range []int{1, 2, 3, 7, 10, 14, 20, 30, 49, 200} {
			sma, ema, rsi, bb := indicator.NewSMA(n), indicator.NewEMA(n), indicator.NewRSI(n), indicator.NewBollinger(n, 2)
			macd, atr, adx := indicator.NewMACD(n, n+1, n), indicator.NewATR(n), indicator.NewADX(n)
			stoch, obv, channel := indicator.NewStochastic(n, 3, 3), indicator.NewOBV(), indicator.NewDonchian(n)
			rolling, session := indicator.NewVWAP(n), indicator.NewSessionVWAP()
			for range 3*n + 5 {
				sma.Update(price)
				ema.Update(price)
				rsi.Update(price)
				bb.Update(price)
				macd.Update(price)
				atr.Update(price, price, price)
				adx.Update(price, price, price)
				stoch.Update(price, price, price)
				obv.Update(price, 0)
				channel.Update(price, price)
				rolling.Update(price, price, price, 0)
				session.Update(0, price, price, price, 0)
			}
			typical := (price + price + price) / 3
			for _, c := range []struct {
				what      string
				got, want float64
			}{
				{"SMA", sma.Value(), price}, {"EMA", ema.Value(), price}, {"RSI", rsi.Value(), 50},
				{"Bollinger", bb.Value(), price}, {"upper", bb.Upper(), price}, {"lower", bb.Lower(), price},
				{"MACD", macd.Value(), 0}, {"signal", macd.Signal(), 0}, {"histogram", macd.Histogram(), 0},
				{"ATR", atr.Value(), 0}, {"ADX", adx.Value(), 0}, {"PDI", adx.PDI(), 0}, {"MDI", adx.MDI(), 0},
				{"%K", stoch.Value(), 50}, {"%D", stoch.Signal(), 50}, {"OBV", obv.Value(), 0},
				{"Donchian", channel.Value(), price}, {"VWAP", rolling.Value(), typical}, {"session VWAP", session.Value(), typical},
			} {
				if c.got != c.want {
					t.Errorf("price %v, length %d: %s = %v; want exactly %v", price, n, c.what, c.got, c.want)
				}
			}
			if !rsi.Ready() || !bb.Ready() || !macd.Ready() || !atr.Ready() || !adx.Ready() || !stoch.Ready() || !channel.Ready() {
				t.Errorf("length %d: not ready after %d bars", n, 3*n+5)
			}
		}
	}
}

// cents is a price walk in whole cents, as an exchange prints it.
func cents(r *rand.Rand, price int64) int64 { return max(1, price+r.Int64N(2001)-1000) }

func TestMovingAverageIsExactAfterTenMillionValues(t *testing.T) {
	const n, values = 30, 10_000_000
	sma, dev := indicator.NewSMA(n), indicator.NewStdDev(n)
	r := rand.New(rand.NewPCG(1, 2))
	price, window := int64(6_000_000), make([]int64, n)
	worst, worstDev := 0.0, 0.0
	for i := range values {
		price = cents(r, price)
		switch i % 1_000_000 {
		case 500_000:
			price *= 1_000_000 // a mistake of the venue that comes
		case 500_001:
			price /= 1_000_000 // and goes
		}
		window[i%n] = price
		got, gotDev := sma.Update(float64(price)/100), dev.Update(float64(price)/100)
		if i < n || i%8 != 0 {
			continue
		}
		var total, squares int64
		for _, c := range window {
			total += c
		}
		mean := float64(total) / n / 100
		worst = max(worst, math.Abs(got-mean)/mean)
		if total > 1e9 {
			continue // the squares below would not fit
		}
		for _, c := range window {
			squares += (c*n - total) * (c*n - total)
		}
		want := math.Sqrt(float64(squares)/n) / n / 100
		worstDev = max(worstDev, math.Abs(gotDev-want)/want)
	}
	t.Logf("largest relative difference from a fresh sum: SMA %.1e, deviation %.1e", worst, worstDev)
	if worst > 1e-12 || worstDev > 1e-12 {
		t.Errorf("drift: SMA %.1e, deviation %.1e", worst, worstDev)
	}
}

func TestAWindowedValueForgetsWhatLeftTheWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "n")
		seed := rapid.Uint64().Draw(t, "seed")
		history := rapid.IntRange(0, 5000).Draw(t, "history")
		r := rand.New(rand.NewPCG(seed, 0))
		price := int64(rapid.SampledFrom([]int64{100, 123456, 6_000_000}).Draw(t, "start in cents"))
		old, oldDev, oldTop := indicator.NewSMA(n), indicator.NewStdDev(n), indicator.NewDonchian(n)
		var last []float64
		for range history + n {
			price = cents(r, price)
			x := float64(price) / 100
			last = append(last, x)
			old.Update(x)
			oldDev.Update(x)
			oldTop.Update(x, x)
		}
		fresh, freshDev, freshTop := indicator.NewSMA(n), indicator.NewStdDev(n), indicator.NewDonchian(n)
		exact, high, low := new(big.Rat), math.Inf(-1), math.Inf(1)
		for _, x := range last[len(last)-n:] {
			fresh.Update(x)
			freshDev.Update(x)
			freshTop.Update(x, x)
			exact.Add(exact, new(big.Rat).SetFloat64(x))
			high, low = max(high, x), min(low, x)
		}
		nearest, _ := exact.Quo(exact, big.NewRat(int64(n), 1)).Float64()
		if old.Value() != fresh.Value() || math.Abs(old.Value()-nearest) > 3e-16*nearest {
			t.Errorf("SMA with history %v, without %v; want the exact mean %v", old.Value(), fresh.Value(), nearest)
		}
		if oldDev.Value() != freshDev.Value() {
			t.Errorf("StdDev with history %v, without %v", oldDev.Value(), freshDev.Value())
		}
		if oldTop.Upper() != high || oldTop.Lower() != low || freshTop.Upper() != high {
			t.Errorf("Donchian %v..%v; want %v..%v", oldTop.Upper(), oldTop.Lower(), high, low)
		}
	})
}

func TestFiniteInputNeverGivesNaN(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "n")
		values := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(-1e50, 1e50), rapid.SampledFrom([]float64{0, 1, 1e-40, 1e50})), 0, 40).Draw(t, "values")
		sma, ema, rsi, bb := indicator.NewSMA(n), indicator.NewEMA(n), indicator.NewRSI(n), indicator.NewBollinger(n, 2)
		macd, atr, adx := indicator.NewMACD(n, n+1, n), indicator.NewATR(n), indicator.NewADX(n)
		stoch, obv, channel := indicator.NewStochastic(n, 3, 3), indicator.NewOBV(), indicator.NewDonchian(n)
		rolling, session := indicator.NewVWAP(n), indicator.NewSessionVWAP()
		for i, x := range values {
			y := values[(i*7+3)%len(values)]
			high, low := max(x, y), min(x, y)
			volume := math.Abs(values[(i*5+1)%len(values)])
			for what, v := range map[string]float64{
				"SMA": sma.Update(x), "EMA": ema.Update(x), "RSI": rsi.Update(x), "Bollinger": bb.Update(x), "upper": bb.Upper(),
				"MACD": macd.Update(x), "signal": macd.Signal(), "ATR": atr.Update(high, low, x), "ADX": adx.Update(high, low, x),
				"%K": stoch.Update(high, low, x), "%D": stoch.Signal(), "OBV": obv.Update(x, volume), "Donchian": channel.Update(high, low),
				"VWAP": rolling.Update(high, low, x, volume), "session": session.Update(int64(i/3), high, low, x, volume),
			} {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatalf("value %d: %s = %v", i, what, v)
				}
				if (what == "RSI" || what == "ADX" || what == "%K" || what == "%D") && (v < 0 || v > 100) {
					t.Fatalf("value %d: %s = %v; want 0 to 100", i, what, v)
				}
			}
		}
	})
}

func TestSmallValuesAreExactAfterHugeOnes(t *testing.T) {
	sma := indicator.NewSMA(2)
	for _, x := range []float64{1e20, 2e20, 3, 5, 1e-8, 2e-8} {
		sma.Update(x)
	}
	if got := sma.Value(); math.Abs(got-1.5e-8) > 1e-22 {
		t.Errorf("SMA = %v; want 1.5e-8", got)
	}
}

func TestNaNLeavesAnAverageWithItsWindow(t *testing.T) {
	sma, dev, vwap := indicator.NewSMA(3), indicator.NewStdDev(3), indicator.NewVWAP(3)
	for i := range 9 {
		x := float64(i)
		if i == 1 {
			x = math.NaN()
		}
		sma.Update(x)
		dev.Update(x)
		vwap.Update(x, x, x, 1)
	}
	near(t, "SMA", sma.Value(), 7)
	near(t, "StdDev", dev.Value(), math.Sqrt(2./3))
	near(t, "VWAP", vwap.Value(), 7)
}

func TestLengthsBelowOneAreOurBug(t *testing.T) {
	for what, make := range map[string]func(){
		"SMA": func() { indicator.NewSMA(0) }, "EMA": func() { indicator.NewEMA(-1) }, "RSI": func() { indicator.NewRSI(0) },
		"MACD": func() { indicator.NewMACD(0, 26, 9) }, "MACD order": func() { indicator.NewMACD(26, 12, 9) },
		"MACD signal": func() { indicator.NewMACD(12, 26, 0) }, "ATR": func() { indicator.NewATR(0) }, "ADX": func() { indicator.NewADX(0) },
		"Bollinger": func() { indicator.NewBollinger(0, 2) }, "width": func() { indicator.NewBollinger(20, math.NaN()) },
		"Stochastic": func() { indicator.NewStochastic(14, 0, 3) }, "Donchian": func() { indicator.NewDonchian(0) },
		"VWAP": func() { indicator.NewVWAP(0) }, "Highest": func() { indicator.NewHighest(0) }, "Lowest": func() { indicator.NewLowest(0) },
		"StdDev": func() { indicator.NewStdDev(0) }, "too long": func() { indicator.NewSMA(1<<26 + 1) },
	} {
		func() {
			defer func() {
				if s, ok := recover().(string); !ok || len(s) < 4 || s[:4] != "BUG:" {
					t.Errorf("%s: want a panic with BUG:, got %v", what, s)
				}
			}()
			make()
		}()
	}
}

func TestUpdatesAllocateNothing(t *testing.T) {
	sma, bb, stoch := indicator.NewSMA(20), indicator.NewBollinger(20, 2), indicator.NewStochastic(14, 3, 3)
	adx, macd, vwap := indicator.NewADX(14), indicator.NewMACD(12, 26, 9), indicator.NewVWAP(20)
	x := 0.0
	if n := testing.AllocsPerRun(1000, func() {
		x++
		sma.Update(x)
		bb.Update(x)
		stoch.Update(x+1, x-1, x)
		adx.Update(x+1, x-1, x)
		macd.Update(x)
		vwap.Update(x+1, x-1, x, 2)
	}); n != 0 {
		t.Errorf("%v allocations an update; want none", n)
	}
}
