package indicator_test

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"

	"breakwater/strategy/indicator"
)

// TestEveryProcessorGivesTheSameDigits holds the bits of all indicators over 300,000 bars.
// Another digest means that decisions may differ from one machine to another, or that a
// formula was changed, and then the number here changes with it.
func TestEveryProcessorGivesTheSameDigits(t *testing.T) {
	const want = 0x372bbbcfd802e1cc
	sma, ema, rsi, bb := indicator.NewSMA(30), indicator.NewEMA(13), indicator.NewRSI(14), indicator.NewBollinger(20, 2)
	macd, atr, adx := indicator.NewMACD(12, 26, 9), indicator.NewATR(14), indicator.NewADX(14)
	stoch, obv, channel := indicator.NewStochastic(14, 3, 3), indicator.NewOBV(), indicator.NewDonchian(20)
	rolling, session := indicator.NewVWAP(17), indicator.NewSessionVWAP()
	source, digest := rand.NewPCG(1, 1), fnv.New64a()
	cents := uint64(6_000_000)
	for i := range 300_000 {
		cents = max(1000, cents+source.Uint64()%2001-1000)
		close, volume := float64(cents)/100, float64(source.Uint64()%1_000_000)/1e4
		high, low := close+float64(source.Uint64()%500)/100, close-float64(source.Uint64()%500)/100
		for _, v := range [...]float64{
			sma.Update(close), ema.Update(close), rsi.Update(close), bb.Update(close), bb.Upper(), bb.Lower(),
			macd.Update(close), macd.Signal(), atr.Update(high, low, close), adx.Update(high, low, close), adx.PDI(), adx.MDI(),
			stoch.Update(high, low, close), stoch.Signal(), obv.Update(close, volume), channel.Update(high, low),
			rolling.Update(high, low, close, volume), session.Update(int64(i/1440), high, low, close, volume),
		} {
			var b [8]byte
			binary.LittleEndian.PutUint64(b[:], math.Float64bits(v))
			digest.Write(b[:])
		}
	}
	if got := digest.Sum64(); got != want {
		t.Errorf("digest %#x; want %#x", got, uint64(want))
	}
}
