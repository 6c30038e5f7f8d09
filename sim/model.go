package sim

import (
	"math"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Model says how market data becomes fills.
type Model struct {
	SpreadPPM    int64         // full quoted spread in ppm of the price; a taker pays half of it
	SlippagePPM  int64         // extra adverse move that a taker pays
	Latency      time.Duration // from Order.Sent to the arrival at the venue
	VolumeCapPPM int64         // largest share of a bar's or a trade's volume that orders may take; 0: no cap
}

// The pessimistic defaults.
const (
	// DefaultSpreadPPM is 0.02 %: wider than Kraken's own XBT/USD book on most days,
	// narrower than its CAD books on bad ones.
	DefaultSpreadPPM = 200
	// DefaultSlippagePPM is 0.02 %: a taker of a retail size walks a level or two.
	DefaultSlippagePPM = 200
	// DefaultLatency is a retail line to the venue and back into its gateway.
	DefaultLatency = 250 * time.Millisecond
	// DefaultVolumeCapPPM is 10 %: who takes more than a tenth of a bar moves the price.
	DefaultVolumeCapPPM = 100_000
)

// DefaultModel is pessimistic: spread, slippage, latency and a volume cap.
func DefaultModel() Model {
	return Model{SpreadPPM: DefaultSpreadPPM, SlippagePPM: DefaultSlippagePPM, Latency: DefaultLatency, VolumeCapPPM: DefaultVolumeCapPPM}
}

// IdealModel is none of that: a market order fills whole at the next opening, exactly,
// as in engines that know neither spread nor volume.
func IdealModel() Model { return Model{} }

// maxQty stands for liquidity without a cap.
const maxQty = money.Qty(math.MaxInt64)

// maxPrice is what a price saturates at when it does not fit.
const maxPrice = money.Price(math.MaxInt64)

// taker is what a taker pays (buy) or gets (sell) when the market is at p and has
// drifted by drift since: half the spread and the slippage worse, rounded to the tick
// against the taker. Without any of them it is p itself.
func (m *Model) taker(in *exchange.Instrument, side exchange.Side, p, drift money.Price) money.Price {
	return m.worsen(in, side, p, m.SpreadPPM+2*m.SlippagePPM, drift)
}

// worsen moves p by halfPPM halves of a ppm and drift against side.
func (m *Model) worsen(in *exchange.Instrument, side exchange.Side, p money.Price, halfPPM int64, drift money.Price) money.Price {
	if halfPPM == 0 && drift == 0 {
		return p
	}
	r, sign := money.Ceil, int64(1)
	if side == exchange.Sell {
		r, sign = money.Floor, -1
	}
	v, ok := money.MulDiv(int64(p), 2*money.PPM+sign*halfPPM, 2*money.PPM, r)
	if ok {
		v, ok = money.Add(v, sign*int64(drift))
	}
	if ok {
		v, ok = money.RoundTo(v, int64(in.Tick), r)
	}
	switch {
	case !ok:
		return maxPrice
	case v < int64(in.Tick):
		return in.Tick
	}
	return money.Price(v)
}

// drift is the move that a taker suffers during its latency: the range of the bar before,
// in proportion to the time. The bar before, so that nothing of the bar being played
// shows in a price.
func (m *Model) drift(prevRange money.Price, interval time.Duration) money.Price {
	if m.Latency == 0 || prevRange == 0 || interval <= 0 {
		return 0
	}
	v, ok := money.MulDiv(int64(prevRange), int64(m.Latency), int64(interval), money.Up)
	if !ok {
		return maxPrice
	}
	return money.Price(v)
}

// capOf is the part of a volume that orders may take, in whole lots.
func (m *Model) capOf(volume money.Qty) money.Qty {
	if m.VolumeCapPPM == 0 {
		return maxQty
	}
	v, ok := money.MulDiv(int64(volume), m.VolumeCapPPM, money.PPM, money.Down)
	if !ok {
		return maxQty
	}
	return money.Qty(v)
}

// SetSpread changes the quoted spread from now on, for whoever drives a venue through
// markets that go apart.
func (v *Venue) SetSpread(ppm int64) {
	v.model.SpreadPPM = min(max(ppm, 0), 2*money.PPM-1-2*v.model.SlippagePPM)
}
