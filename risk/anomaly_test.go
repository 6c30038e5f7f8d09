package risk

import (
	"math"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// A fill is held against the schedule and against the price at its decision, each fill for
// itself; what cannot be compared is nothing.
func TestEachFillIsComparedForItself(t *testing.T) {
	cat := unrated(t)
	in := &cat.Instruments[0] // XBT/CAD: base 1, quote 0
	limits := Limits{FeePPM: 1000, SlipPPM: 1, SlipMeanPPM: Unlimited}
	var l lossState
	l.init(&limits, 1)
	for i, c := range []struct {
		cost, fee money.Amount
		asset     exchange.AssetID
		side      exchange.Side
		price     money.Price
		decision  money.Price
		feePPM    int64
		fees      int64
		slip      int64
	}{
		{10_000, 16, 0, exchange.Buy, 1000, 0, 1600, 1, 0},
		{10_007, 15, 0, exchange.Buy, 1000, 0, 1499, 0, 0}, // 1498.9…
		{10_000, 16, 0, exchange.Buy, 1001, 1000, 1600, 1, 1000},
		{10_000, 15, 0, exchange.Buy, 999, 1000, 1500, 0, -1000}, // exactly 1.5 times
		{10_000, 16, 0, exchange.Sell, 999, 1000, 1600, 1, 1000},
		{10_000, 16, 0, exchange.Sell, 1001, 1000, 1600, 2, -1000},
		{1, 2, 0, exchange.Buy, 1000, 0, 0, 0, 0},             // of the ledger's units two are rounding
		{1, 3, 0, exchange.Buy, 2, 1, 3_000_000, 1, 1000_000}, // three are not; the smallest cost, the smallest price
		{0, 3, 0, exchange.Buy, 1000, 0, 0, 0, 0},
		{1, 30, 1, exchange.Buy, 1000, -1, 3000, 1, 0},      // in coins: of the 10,000 that were filled
		{7, 0, 1, exchange.Buy, 1003, 2001, 0, 0, -498_751}, // to the nearest
	} {
		l.noteExecution(&limits, in, &exchange.Event{Cost: c.cost, Fee: c.fee, FeeAsset: c.asset, Side: c.side, Price: c.price, Qty: 10_000}, c.decision)
		if l.feePPM != c.feePPM || l.fees != c.fees || l.slipPPM != c.slip {
			t.Errorf("%d: fee %d, in a row %d, slip %d; want %+v", i, l.feePPM, l.fees, l.slipPPM, c)
		}
	}
	if n := len(l.slips[0].ppm); n != 6 {
		t.Errorf("%d fills with a decision", n)
	}
	limits.SlipPPM = Unlimited // neither of the two is asked for
	if l.noteExecution(&limits, in, &exchange.Event{Cost: 1, Price: 5, Qty: 1}, 1); l.slipPPM != 0 || len(l.slips[0].ppm) != 6 {
		t.Errorf("slip %d of nobody's interest", l.slipPPM)
	}
	limits.FeePPM = Unlimited
	if l.noteExecution(&limits, in, &exchange.Event{Cost: 1, Fee: 1000, Qty: 1}, 0); l.fees != 0 {
		t.Error("a fee without a schedule")
	}
	limits = Limits{FeePPM: Unlimited, SlipPPM: Unlimited, SlipMeanPPM: 5} // the mean alone is
	if l.noteExecution(&limits, in, &exchange.Event{Cost: 1, Price: 5, Qty: 1}, 1); l.slipPPM != 4_000_000 {
		t.Errorf("slip %d", l.slipPPM)
	}
}

func TestTheMeanIsOfTheLastTwentyFills(t *testing.T) {
	cat := unrated(t)
	limits := Limits{FeePPM: Unlimited, SlipPPM: Unlimited, SlipMeanPPM: 1}
	var l lossState
	l.init(&limits, 1)
	want := int64(0)
	slip := func(n int) int64 { return int64(1<<n%97 + n) }
	for n := range 50 {
		l.noteExecution(&limits, &cat.Instruments[0], &exchange.Event{Cost: 1, Qty: 1, Price: money.Price(1_000_000 + slip(n))}, 1_000_000)
		if want += slip(n); n >= 20 {
			want -= slip(n - 20)
		}
		if got, enough := l.slips[0].sum(); got != want || enough != (n >= 19) {
			t.Fatalf("after %d fills: %d, %v; want %d", n+1, got, enough, want)
		}
	}
}

func TestAnAnomalyTripsBeyondItsBound(t *testing.T) {
	for i, c := range []struct {
		limits     Limits
		fees, fee  int64
		slip, mean int64
		want       Control
	}{
		{Limits{FeePPM: 1000, SlipPPM: Unlimited, SlipMeanPPM: Unlimited}, 2, 3000, 0, 0, NoControl},
		{Limits{FeePPM: 1000, SlipPPM: Unlimited, SlipMeanPPM: Unlimited}, 3, 0, 0, 0, FeeAnomaly},
		{Limits{FeePPM: 1000, SlipPPM: Unlimited, SlipMeanPPM: Unlimited}, 0, 3001, 0, 0, FeeAnomaly},
		{Limits{FeePPM: Unlimited, SlipPPM: Unlimited, SlipMeanPPM: Unlimited}, 3, math.MaxInt64, math.MaxInt64, 1_000_000, NoControl},
		{Limits{FeePPM: Unlimited, SlipPPM: 10, SlipMeanPPM: Unlimited}, 0, 0, 10, 11, NoControl},
		{Limits{FeePPM: Unlimited, SlipPPM: 10, SlipMeanPPM: Unlimited}, 0, 0, 11, 0, SlippageAnomaly},
		{Limits{FeePPM: Unlimited, SlipPPM: Unlimited, SlipMeanPPM: 10}, 0, 0, 0, 10, NoControl},
		{Limits{FeePPM: Unlimited, SlipPPM: Unlimited, SlipMeanPPM: 10}, 0, 0, 0, 11, SlippageAnomaly},
	} {
		l := wide()
		l.FeePPM, l.SlipPPM, l.SlipMeanPPM = c.limits.FeePPM, c.limits.SlipPPM, c.limits.SlipMeanPPM
		d := open(t, l)
		x := &d.g.s.loss
		x.fees, x.feePPM, x.slipPPM = c.fees, c.fee, c.slip
		for range slipFills {
			x.slips[0].ppm = append(x.slips[0].ppm, c.mean)
		}
		d.g.checkExecution(&exchange.Event{})
		for _, control := range []Control{FeeAnomaly, SlippageAnomaly} {
			if got := d.latched(control) != nil; got != (control == c.want) {
				t.Errorf("%d: %v latched: %v", i, control, got)
			}
		}
		if l := d.latched(SlippageAnomaly); l != nil && l.Until.Sub(d.now) != 30*time.Minute {
			t.Errorf("%d: until %v", i, l.Until.Sub(d.now))
		}
	}
}
