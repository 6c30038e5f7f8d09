package data

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"

	"pgregory.net/rapid"
)

// synth begins a preset with changes.
func synth(t testing.TB, preset string, change func(*Market)) *Synth {
	t.Helper()
	m, err := Preset(preset)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&m)
	}
	s, err := NewSynth(m)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The digests were taken on amd64; another processor must give the same ones.
func TestPresetsGiveTheSameBytesEverywhere(t *testing.T) {
	want := map[string]string{
		"calm": "114d411e206e1e7d", "volatile": "3b1173ef299f9188", "flash-crash": "faae86ff95feef93",
		"thin": "b090323ea5eb37ff", "trend": "db78b10aca534ba4",
	}
	for _, name := range Presets() {
		h := sha256.New()
		for _, trades := range []bool{false, true} {
			s := synth(t, name, func(m *Market) { m.Count = 2000 })
			var err error
			if trades {
				_, err = WriteTrades(h, s, 1, 8)
			} else {
				_, err = WriteBars(h, s.Bars(), 1, 8)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := fmt.Sprintf("%x", h.Sum(nil)[:8]); got != want[name] {
			t.Errorf("%s: digest %s, want %s", name, got, want[name])
		}
	}
}

func TestSeedsDiffer(t *testing.T) {
	var a, b Trade
	synth(t, "calm", nil).NextTrade(&a)
	synth(t, "calm", func(m *Market) { m.Seed = 2 }).NextTrade(&b)
	if a == b {
		t.Error("two seeds gave the same first trade")
	}
}

func TestSyntheticFilesAreGoodFiles(t *testing.T) {
	for _, name := range Presets() {
		var bars, trades bytes.Buffer
		s := synth(t, name, nil)
		if _, err := WriteBars(&bars, s.Bars(), 1, 8); err != nil {
			t.Fatal(err)
		}
		if _, err := WriteTrades(&trades, synth(t, name, nil), 1, 8); err != nil {
			t.Fatal(err)
		}
		for file, text := range map[string]*bytes.Buffer{"XBTCAD_1.csv": &bars, "XBTCAD.csv": &trades} {
			r, err := NewReader(text, Options{Name: file})
			if err != nil {
				t.Fatal(err)
			}
			r.Scale(1, 8)
			rep, err := Check(r, CheckOptions{})
			if err != nil || !rep.OK() {
				t.Fatalf("%s %s: %v %+v", name, file, err, rep)
			}
			if !rep.Format.Trades() && (name == "thin") != (rep.Gaps.Missing > 4000) {
				t.Errorf("%s: %v", name, rep.Gaps)
			}
		}
	}
}

func TestWrittenTradesMakeTheWrittenBars(t *testing.T) {
	var text bytes.Buffer
	if _, err := WriteTrades(&text, synth(t, "thin", nil), 1, 8); err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(&text, Options{Name: "XBTCAD.csv"})
	if err != nil {
		t.Fatal(err)
	}
	r.Scale(1, 8)
	built, _ := BuildBars(r, time.Minute)
	if got, want := readAllBars(t, built), readAllBars(t, synth(t, "thin", nil).Bars()); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Error("the bars differ")
	}
}

func TestMarketsShowWhatTheirPresetSays(t *testing.T) {
	vol := func(s *Synth) float64 { // of closes, yearly
		bars := readAllBars(t, s.Bars())
		sum := 0.0
		for i := 1; i < len(bars); i++ {
			r := math.Log(float64(bars[i].Close) / float64(bars[i-1].Close))
			sum += r * r
		}
		years := bars[len(bars)-1].Time.Sub(bars[0].Time).Seconds() / yearSeconds
		return math.Sqrt(sum / years)
	}
	year := func(m *Market) { m.Interval, m.Count, m.Spread = time.Hour, 8760, 0 }
	if v := vol(synth(t, "calm", year)); v < 0.42 || v > 0.48 {
		t.Errorf("calm: volatility %.3f, want 0.45", v)
	}
	if v := vol(synth(t, "volatile", year)); v < 0.9 || v > 1.6 {
		t.Errorf("volatile: volatility %.3f, want about 1.2", v)
	}
	bars := readAllBars(t, synth(t, "flash-crash", nil).Bars())
	b, before := bars[5000], bars[4999]
	if drop := 1 - float64(b.Low)/float64(before.Close); drop < 0.55 || drop > 0.65 {
		t.Errorf("the crash takes %.2f of the price, want 0.6", drop)
	}
	if back := float64(bars[5020].Close) / float64(before.Close); back < 0.9 || back > 1.1 {
		t.Errorf("20 bars later the price is at %.2f of what it was", back)
	}
	trend := readAllBars(t, synth(t, "trend", year).Bars())
	if up := float64(trend[len(trend)-1].Close) / float64(trend[0].Open); up < 1.5 {
		t.Errorf("the trend ends at %.2f times its start", up)
	}
	if n := len(readAllBars(t, synth(t, "thin", nil).Bars())); n < 5200 || n > 5800 {
		t.Errorf("thin: %d bars in 10,000 intervals, want about 5,500", n)
	}
}

func TestAnyMarketKeepsItsPricesOnTheTick(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := Market{
			Pair: "XBT/CAD", Seed: rapid.Uint64().Draw(rt, "seed"), Interval: time.Duration(rapid.Int64Range(1, 1e6).Draw(rt, "seconds")) * time.Second, Count: 50,
			Price: rapid.Float64Range(0.01, 1e5).Draw(rt, "price"), Volatility: rapid.Float64Range(0, 20).Draw(rt, "volatility"), Drift: rapid.Float64Range(-50, 50).Draw(rt, "drift"),
			Regimes: rapid.Bool().Draw(rt, "regimes"), JumpsPerYear: rapid.Float64Range(0, 1e6).Draw(rt, "jumps"), JumpSize: rapid.Float64Range(0, 1).Draw(rt, "jump"),
			CrashAt: rapid.Int64Range(-1, 50).Draw(rt, "crash"), CrashDepth: rapid.Float64Range(0, 0.99).Draw(rt, "depth"),
			TradesPerBar: rapid.Float64Range(1, 300).Draw(rt, "trades"), EmptyShare: rapid.Float64Range(0, 0.999).Draw(rt, "empty"),
			Spread: rapid.Float64Range(0, 0.5).Draw(rt, "spread"), Size: rapid.Float64Range(1e-6, 1e5).Draw(rt, "size"), PriceDecimals: 5, LotDecimals: 8, Tick: 5,
		}
		s, err := NewSynth(m)
		if err != nil {
			rt.Fatal(err)
		}
		last := exchange.Stamp(-1)
		var tr Trade
		for {
			err := s.NextTrade(&tr)
			if err == io.EOF {
				break
			}
			if err != nil || tr.Price <= 0 || tr.Price%5 != 0 || tr.Qty <= 0 || tr.Time < last {
				rt.Fatalf("%+v after %v: %v", tr, last, err)
			}
			last = tr.Time
		}
	})
}

func TestSynthRefusesWhatMakesNoMarket(t *testing.T) {
	for _, c := range []struct {
		change func(*Market)
		want   string
	}{
		{func(m *Market) { m.Pair = "gold" }, "BASE/QUOTE"}, {func(m *Market) { m.Count = 0 }, "count"}, {func(m *Market) { m.Price = math.NaN() }, "price"}, {func(m *Market) { m.Interval = 0 }, "interval"},
		{func(m *Market) { m.PriceDecimals = 13 }, "price decimals"}, {func(m *Market) { m.Tick = 0 }, "tick"}, {func(m *Market) { m.Price, m.PriceDecimals = 1e9, 8 }, "out of range"},
		{func(m *Market) { m.Count, m.Interval = 1e9, 24*time.Hour }, "2199"}, {func(m *Market) { m.CrashAt = 1e6 }, "crash at"}, {func(m *Market) { m.Size, m.LotDecimals = 1e9, 12 }, "too large"},
	} {
		m, _ := Preset("calm")
		c.change(&m)
		if _, err := NewSynth(m); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if _, err := Preset("wild"); err == nil || !strings.Contains(err.Error(), "flash-crash") {
		t.Errorf("an unknown preset: %v", err)
	}
}

func TestLogarithmAndExponentialAreRight(t *testing.T) {
	for x := 1e-300; x < 1e300; x *= 1.37 {
		if got, want := ln(x), math.Log(x); math.Abs(got-want) > 2e-15*math.Max(1, math.Abs(want)) {
			t.Errorf("ln(%g) = %g, want %g", x, got, want)
		}
	}
	for x := -40.0; x < 40; x += 0.0137 {
		if got, want := exp(x), math.Exp(x); math.Abs(got/want-1) > 4e-15 {
			t.Errorf("exp(%g) = %g, want %g", x, got, want)
		}
	}
}

func BenchmarkSynthBars(b *testing.B) {
	for b.Loop() {
		s := synth(b, "calm", func(m *Market) { m.Count = benchRows })
		if n, err := WriteBars(io.Discard, s.Bars(), 1, 8); err != nil || n != benchRows {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/bar")
}

func BenchmarkBuilder(b *testing.B) {
	bld := NewBuilder(time.Minute)
	tr := Trade{Price: 100, Qty: 5}
	var done Bar
	for b.Loop() {
		tr.Time += exchange.Stamp(10 * time.Second)
		if _, err := bld.AddTrade(&tr, &done); err != nil {
			b.Fatal(err)
		}
	}
}
