package risk

import (
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// slips are the last fills against their decisions, in ppm, a ring.
type slips struct {
	ppm  []int64
	next int
}

// noteExecution keeps what fee-anomaly and slippage-anomaly look at: a fill against the
// schedule and against the price at its decision.
func (l *lossState) noteExecution(limits *Limits, in *exchange.Instrument, ev *exchange.Event, decision money.Price) {
	l.feePPM, l.slipPPM = 0, 0
	of := ev.Cost
	if ev.FeeAsset == in.Base {
		of, _ = in.BaseAmount(ev.Qty)
	}
	if ev.Fee > 2 { // a fee of a few units of the ledger is rounding
		l.feePPM, _ = money.MulDiv(int64(ev.Fee), money.PPM, int64(of), money.Ceil)
	}
	if limits.FeePPM != Unlimited && l.feePPM > limits.FeePPM*3/2 {
		l.fees++
	} else {
		l.fees = 0
	}
	if limits.SlipPPM == Unlimited && limits.SlipMeanPPM == Unlimited || decision <= 0 {
		return
	}
	worse := ev.Price - decision
	if ev.Side == exchange.Sell {
		worse = -worse
	}
	l.slipPPM, _ = money.MulDiv(int64(worse), money.PPM, int64(decision), money.Half)
	x := &l.slips[in.ID]
	if len(x.ppm) < slipFills {
		x.ppm = append(x.ppm, 0)
	}
	x.ppm[x.next] = l.slipPPM
	x.next = (x.next + 1) % slipFills
}

// slipFills is how many fills slippage-anomaly takes the mean of.
const slipFills = 20

// sum is that of the last fills; ok is false before there are enough.
func (x *slips) sum() (ppm int64, ok bool) {
	for _, slip := range x.ppm {
		ppm += slip
	}
	return ppm, len(x.ppm) == slipFills
}

// checkExecution is fee-anomaly and slippage-anomaly, after a fill was noted.
func (g *Guard) checkExecution(ev *exchange.Event) {
	l, x := &g.s.limits, &g.s.loss
	if l.FeePPM != Unlimited && (x.fees >= 3 || x.feePPM > l.FeePPM*3) {
		g.trip(latch{control: FeeAnomaly, level: Paused, cause: "fees beyond the schedule"})
	}
	sum, enough := x.slips[ev.Instrument].sum()
	if x.slipPPM > l.SlipPPM || enough && l.SlipMeanPPM != Unlimited && sum > l.SlipMeanPPM*slipFills {
		g.trip(latch{control: SlippageAnomaly, scope: ByPair, instrument: ev.Instrument, level: Paused, until: g.s.now.Add(30 * time.Minute), cause: "fills far from the price at decision"})
	}
}
