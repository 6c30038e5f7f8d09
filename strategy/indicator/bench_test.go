package indicator_test

import (
	"math/rand/v2"
	"testing"

	"breakwater/strategy/indicator"
)

var sink float64

func BenchmarkUpdate(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	var prices [4096]float64
	cent := int64(6_000_000)
	for i := range prices {
		cent = cents(r, cent)
		prices[i] = float64(cent) / 100
	}
	sma, ema, rsi, bb := indicator.NewSMA(30), indicator.NewEMA(30), indicator.NewRSI(14), indicator.NewBollinger(20, 2)
	macd, atr, adx := indicator.NewMACD(12, 26, 9), indicator.NewATR(14), indicator.NewADX(14)
	stoch, obv, channel := indicator.NewStochastic(14, 3, 3), indicator.NewOBV(), indicator.NewDonchian(20)
	rolling, session := indicator.NewVWAP(20), indicator.NewSessionVWAP()
	for _, c := range []struct {
		name string
		step func(x float64) float64
	}{
		{"call", func(x float64) float64 { return x }},
		{"EMA", ema.Update}, {"RSI", rsi.Update}, {"Bollinger", bb.Update}, {"MACD", macd.Update},
		{"ATR", func(x float64) float64 { return atr.Update(x+1, x-1, x) }},
		{"ADX", func(x float64) float64 { return adx.Update(x+1, x-1, x) }},
		{"Stochastic", func(x float64) float64 { return stoch.Update(x+1, x-1, x) }},
		{"OBV", func(x float64) float64 { return obv.Update(x, 1) }},
		{"Donchian", func(x float64) float64 { return channel.Update(x+1, x-1) }},
		{"VWAP", func(x float64) float64 { return rolling.Update(x+1, x-1, x, 1) }},
		{"SessionVWAP", func(x float64) float64 { return session.Update(0, x+1, x-1, x, 1) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				sink = c.step(prices[i&4095])
			}
		})
	}
	b.Run("SMA", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			sink = sma.Update(prices[i&4095])
		}
	})
}
