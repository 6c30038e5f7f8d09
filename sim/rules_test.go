package sim

import (
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func limit(side exchange.Side, q money.Qty, p money.Price) exchange.Order {
	return exchange.Order{Type: exchange.Limit, Side: side, Qty: q, Price: p}
}

func stop(side exchange.Side, q money.Qty, p money.Price) exchange.Order {
	return exchange.Order{Type: exchange.StopLoss, Side: side, Qty: q, Trigger: p}
}

func take(side exchange.Side, q money.Qty, p money.Price) exchange.Order {
	return exchange.Order{Type: exchange.TakeProfit, Side: side, Qty: q, Trigger: p}
}

// costs is a model without latency and cap: 0.1 % to a taker.
var costs = Model{SpreadPPM: 1000, SlippagePPM: 500}

// flat is a market that stands at 100 dollars for the first bar.
func flat() *list { return new(list).bar(0, 10000, 10000, 10000, 10000, 100*one) }

// after plays the feed with one order sent at the first close.
func after(t *testing.T, model Model, feed *list, o exchange.Order) (*run, exchange.OrderID) {
	t.Helper()
	r := start1(t, model, FixedFees(1000, 2000), feed)
	r.bars(1)
	id := r.send(o)
	r.bars(-1)
	return r, id
}

func TestFreshLimitWithinReachTakesAtTheOpening(t *testing.T) {
	r, _ := after(t, costs, flat().bar(1, 10000, 10100, 9900, 10000, 100*one), limit(exchange.Buy, one, 10500))
	r.filled(10010, int64(one))
	if r.fills[0].Liquidity != exchange.Taker {
		t.Fatal("not a taker")
	}
}

func TestLimitThatCrossesTheSpreadBoundsItsSlippage(t *testing.T) {
	// The ask is 10005, a taker would pay 10010. To rest at 10007 would be a maker's fee for
	// a taker's fill.
	r, _ := after(t, costs, flat().bar(1, 10000, 10100, 9900, 10000, 100*one), limit(exchange.Buy, one, 10007))
	r.filled(10007, int64(one))
	if f := r.fills[0]; f.Liquidity != exchange.Taker || f.Time != t0.Add(minute) {
		t.Fatalf("fill: %+v", f)
	}
	r, _ = after(t, costs, flat().bar(1, 10000, 10100, 10000, 10000, 100*one), limit(exchange.Buy, one, 10004))
	if f := r.fills[0]; f.Liquidity != exchange.Maker || f.Time != t0.Add(2*minute) {
		t.Fatalf("fill: %+v", f)
	}
}

func TestOnlyWhatIsOnItsWaySuffersTheDrift(t *testing.T) {
	model := Model{Latency: 6 * time.Second, VolumeCapPPM: 100_000}
	feed := new(list).bar(0, 10000, 10100, 9900, 10000, 10*one).bar(1, 10000, 10100, 9900, 10000, 10*one).bar(2, 10000, 10100, 9900, 10000, 10*one)
	r := start1(t, model, FixedFees(0, 0), feed)
	r.bars(1)
	r.send(buy(2 * one))
	r.bars(-1)
	r.filled(10020, int64(one), 10000, int64(one)) // the rest was there already
}

func TestLimitFillsOnlyWhenPriceTradesThroughIt(t *testing.T) {
	touch, _ := after(t, costs, flat().bar(1, 10000, 10100, 9900, 10000, 100*one), limit(exchange.Buy, one, 9900))
	touch.filled()
	r, _ := after(t, costs, flat().bar(1, 10000, 10100, 9899, 10000, 100*one), limit(exchange.Buy, one, 9900))
	r.filled(9900, int64(one))
	if f := r.fills[0]; f.Liquidity != exchange.Maker || f.Fee != feeOf(f.Cost, 1000) || f.Time != t0.Add(2*minute) {
		t.Fatalf("fill: %+v", f)
	}
	touch, _ = after(t, costs, flat().bar(1, 10000, 10100, 9900, 10000, 100*one), limit(exchange.Sell, one, 10100))
	touch.filled()
	r, _ = after(t, costs, flat().bar(1, 10000, 10101, 9900, 10000, 100*one), limit(exchange.Sell, one, 10100))
	r.filled(10100, int64(one))
}

func TestLimitThatRestedFillsAtItsOwnPriceWhenTheOpeningIsThroughIt(t *testing.T) {
	at, _ := after(t, costs, flat().bar(1, 10000, 10000, 10000, 10000, 100*one).bar(2, 9900, 9900, 9900, 9900, 100*one), limit(exchange.Buy, one, 9900))
	at.filled()
	r, _ := after(t, costs, flat().bar(1, 10000, 10000, 10000, 10000, 100*one).bar(2, 9500, 9500, 9500, 9500, 100*one), limit(exchange.Buy, one, 9900))
	r.filled(9900, int64(one))
	if f := r.fills[0]; f.Liquidity != exchange.Maker || f.Time != t0.Add(2*minute) {
		t.Fatalf("fill: %+v", f)
	}
}

func TestStopFillsAtItsTriggerWorsenedInTheRange(t *testing.T) {
	r, id := after(t, costs, flat().bar(1, 10000, 10000, 9800, 9900, 100*one), stop(exchange.Sell, one, 9800))
	r.filled(9790, int64(one)) // 9800 less 0.1 %, rounded down
	if r.said[1].Code != exchange.CodeTriggered || r.said[1].Order != id || r.fills[0].Liquidity != exchange.Taker {
		t.Fatalf("said %+v", r.said)
	}
	r, _ = after(t, costs, flat().bar(1, 10000, 10200, 9800, 9900, 100*one), stop(exchange.Buy, one, 10200))
	r.filled(10211, int64(one))
	r, _ = after(t, costs, flat().bar(1, 10000, 10199, 9801, 9900, 100*one), stop(exchange.Buy, one, 10200))
	r.filled()
}

func TestGappedStopFillsAtTheOpening(t *testing.T) {
	feed := flat().bar(1, 10000, 10000, 10000, 10000, 100*one).bar(2, 9000, 9900, 8000, 9000, 100*one)
	r, _ := after(t, costs, feed, stop(exchange.Sell, one, 9800))
	r.filled(8991, int64(one))
}

func TestStopWhoseTriggerHasPassedFillsAtTheNextOpening(t *testing.T) {
	r, _ := after(t, costs, flat().bar(1, 9000, 9900, 9000, 9000, 100*one), stop(exchange.Sell, one, 10500))
	r.filled(8991, int64(one))
}

func TestStopGoesBeforeTargetWhenABarCouldHaveHitBoth(t *testing.T) {
	r := start1(t, costs, FixedFees(0, 0), flat().bar(1, 10000, 10000, 10000, 10000, 10*one).bar(2, 10000, 11000, 9000, 10000, 10*one))
	r.bars(1)
	r.send(stop(exchange.Sell, 5*one, 9500))
	r.send(limit(exchange.Sell, 5*one, 10500))
	r.bars(-1)
	if len(r.fills) != 2 || r.fills[0].Order != 1 || r.fills[1].Order != 2 {
		t.Fatalf("fills: %+v", r.fills)
	}
	// With a cap that lets through one of them, it is the stop.
	model := costs
	model.VolumeCapPPM = 500_000
	r = start1(t, model, FixedFees(0, 0), flat().bar(1, 10000, 11000, 9000, 10000, 10*one))
	r.bars(1)
	r.send(limit(exchange.Sell, 5*one, 10500))
	r.send(stop(exchange.Sell, 5*one, 9500))
	r.bars(-1)
	r.filled(9490, int64(5*one))
}

func TestOrderSentOnAFillAtTheOpeningRestsDuringThatBar(t *testing.T) {
	for _, model := range []Model{costs, {SpreadPPM: 1000, SlippagePPM: 500, Latency: time.Second}} {
		r := start1(t, model, FixedFees(0, 0), flat().bar(1, 10000, 10000, 9000, 9500, 100*one).bar(2, 9500, 9500, 9500, 9500, 100*one))
		r.bars(1)
		r.send(buy(one))
		var ev exchange.Event
		for r.one(&ev) && ev.Kind != exchange.KindFill {
		}
		if ev.Time != t0.Add(minute) {
			t.Fatalf("entry: %+v", ev)
		}
		r.send(stop(exchange.Sell, one, 9800))
		r.bars(1)
		r.filled(10010, int64(one), 9790, int64(one))
		if f := r.fills[1]; f.Time != t0.Add(2*minute) {
			t.Fatalf("stop filled at %v", f.Time)
		}
	}
}

func TestMarketOrderSentOnAFillAtTheOpeningWaitsForTheNext(t *testing.T) {
	r := start1(t, IdealModel(), FixedFees(0, 0), flat().bar(1, 10000, 10000, 9000, 9500, 100*one).bar(2, 9600, 9600, 9600, 9600, 100*one))
	r.bars(1)
	r.send(buy(one))
	var ev exchange.Event
	for r.one(&ev) && ev.Kind != exchange.KindFill {
	}
	r.send(sell(one))
	r.send(limit(exchange.Sell, one, 9900)) // would take at 10000
	r.bars(-1)
	r.filled(10000, int64(one), 9600, int64(one))
}

func TestOrderThatArrivesAfterTheCloseWaitsForALaterBar(t *testing.T) {
	r := start1(t, Model{Latency: 70 * time.Second}, FixedFees(0, 0), flat().bar(1, 10100, 10100, 10100, 10100, 100*one).bar(2, 10200, 10200, 10200, 10200, 100*one))
	r.bars(1)
	r.send(buy(one))
	r.bars(-1)
	r.filled(10200, int64(one))
}

func TestLimitOfASleepingTimerDoesNotSeeTheRangeItWasSentIn(t *testing.T) {
	r := start1(t, IdealModel(), FixedFees(0, 0), flat().bar(1, 10000, 10000, 9000, 10000, 100*one).bar(2, 10000, 10000, 9500, 10000, 100*one))
	r.bars(1)
	r.WakeAt(t0.Add(90 * time.Second))
	var ev exchange.Event
	r.one(&ev)
	r.send(limit(exchange.Buy, one, 9700))
	r.bars(1)
	r.filled()
	r.bars(1)
	r.filled(9700, int64(one))
}

func TestVolumeCapHoldsForOpeningAndRangeTogether(t *testing.T) {
	model := Model{VolumeCapPPM: 100_000}
	r := start1(t, model, FixedFees(0, 0), flat().bar(1, 10000, 10100, 9000, 10000, 10*one).bar(2, 10000, 10100, 9000, 10000, 10*one))
	r.bars(1)
	r.send(buy(one / 2))
	r.send(limit(exchange.Buy, one, 9500))
	r.bars(1)
	r.filled(10000, int64(one/2), 9500, int64(one/2))
	r.bars(1)
	r.filled(10000, int64(one/2), 9500, int64(one/2), 9500, int64(one/2))
}

func TestNothingFillsInABarWithoutVolume(t *testing.T) {
	r := start1(t, Model{VolumeCapPPM: 100_000}, FixedFees(0, 0), flat().bar(1, 10000, 10000, 10000, 10000, 0).bar(2, 10100, 10100, 10100, 10100, 100*one))
	r.bars(1)
	r.send(buy(one))
	r.bars(-1)
	r.filled(10100, int64(one))
}

func TestImmediateOrCancelTakesWhatThereIs(t *testing.T) {
	o := limit(exchange.Buy, 3*one, 10500)
	o.TIF = exchange.IOC
	r, id := after(t, Model{VolumeCapPPM: 100_000}, flat().bar(1, 10000, 10100, 9000, 10000, 10*one), o)
	r.filled(10000, int64(one))
	r.ended(id, exchange.Cancelled, exchange.CodeNoLiquidity)
	o.Price = 9900
	r, id = after(t, IdealModel(), flat().bar(1, 10000, 10100, 9000, 10000, 10*one), o)
	r.filled()
	r.ended(id, exchange.Cancelled, exchange.CodeNoLiquidity)
}

func TestFillOrKillIsAllOrNothing(t *testing.T) {
	o := limit(exchange.Buy, 3*one, 10500)
	o.TIF = exchange.FOK
	r, id := after(t, Model{VolumeCapPPM: 100_000}, flat().bar(1, 10000, 10100, 9000, 10000, 10*one), o)
	r.filled()
	r.ended(id, exchange.Cancelled, exchange.CodeNoLiquidity)
	r, _ = after(t, Model{VolumeCapPPM: 300_000}, flat().bar(1, 10000, 10100, 9000, 10000, 10*one), o)
	r.filled(10000, int64(3*one))
}

func TestGoodTillDateExpiresExactlyThen(t *testing.T) {
	o := limit(exchange.Buy, one, 9500)
	o.TIF, o.Expire = exchange.GTD, t0.Add(90*time.Second)
	r := start1(t, DefaultModel(), FixedFees(0, 0), flat().bar(1, 10000, 10100, 9000, 10000, 100*one))
	r.bars(1)
	id := r.send(o)
	r.bars(-1)
	r.filled()
	r.ended(id, exchange.Expired, exchange.CodeExpired)
	if last := r.said[len(r.said)-1]; last.Time != o.Expire {
		t.Fatalf("expired at %v", last.Time)
	}
}

func TestDeadlineRefusesALateArrival(t *testing.T) {
	o := buy(one)
	o.Deadline = t0.Add(minute + 200*time.Millisecond)
	r, id := after(t, DefaultModel(), flat().bar(1, 10000, 10100, 9000, 10000, 100*one), o)
	r.filled()
	r.ended(id, exchange.Rejected, exchange.CodeDeadline)
}

func TestPostOnlyThatWouldCrossIsCancelledAfterItsAcknowledgement(t *testing.T) {
	o := limit(exchange.Buy, one, 10000)
	o.PostOnly = true
	r, id := after(t, DefaultModel(), flat().bar(1, 9900, 10100, 9000, 10000, 100*one), o)
	r.filled()
	r.ended(id, exchange.Cancelled, exchange.CodePostOnly)
	if len(r.said) != 2 || r.said[0].State != exchange.Working {
		t.Fatalf("said: %+v", r.said)
	}
	o.Price = 9800
	r, _ = after(t, DefaultModel(), flat().bar(1, 9900, 10100, 9000, 10000, 100*one), o)
	r.filled(9800, int64(one))
}

func TestPostOnlyCanBeARejection(t *testing.T) {
	o := limit(exchange.Buy, one, 10000)
	o.PostOnly = true
	r := start1(t, DefaultModel(), FixedFees(0, 0), flat().bar(1, 9900, 10100, 9000, 10000, 100*one))
	r.venue.config.PostOnlyRejects = true
	r.bars(1)
	id := r.send(o)
	r.bars(-1)
	r.ended(id, exchange.Rejected, exchange.CodePostOnly)
	if len(r.said) != 1 {
		t.Fatalf("said: %+v", r.said)
	}
}

func TestTakeProfitFillsWorseThanItsTrigger(t *testing.T) {
	r, _ := after(t, costs, flat().bar(1, 10000, 10501, 10000, 10000, 100*one), take(exchange.Sell, one, 10500))
	r.filled(10489, int64(one))
	r, _ = after(t, costs, flat().bar(1, 10000, 10500, 10000, 10000, 100*one), take(exchange.Sell, one, 10500))
	r.filled()
	r, _ = after(t, costs, flat().bar(1, 10000, 10500, 9500, 10000, 100*one), take(exchange.Buy, one, 9500))
	r.filled()
	for _, side := range []exchange.Side{exchange.Sell, exchange.Buy} { // the opening has passed it
		feed := flat().bar(1, 10000, 10000, 10000, 10000, 100*one)
		want, open := int64(10490), money.Price(10501)
		if side == exchange.Buy {
			want, open = 9510, 9500
		}
		r, _ = after(t, costs, feed.bar(2, open, open, open, open, 100*one), take(side, one, 10500-1000*money.Price(side^1)))
		r.filled(want, int64(one))
	}
	r, _ = after(t, costs, flat().bar(1, 10000, 10500, 9499, 10000, 100*one), take(exchange.Buy, one, 9500))
	r.filled(9510, int64(one))
}

func TestStopLimitThatCannotFillAtOnceRestsFromTheNextBarOn(t *testing.T) {
	o := exchange.Order{Type: exchange.StopLossLimit, Side: exchange.Sell, Qty: one, Trigger: 9800, Price: 9795}
	feed := flat().bar(1, 10000, 10000, 9700, 9900, 100*one)
	r, id := after(t, costs, feed, o)
	r.filled()
	r.ended(id, exchange.Working, exchange.CodeTriggered)
	feed = flat().bar(1, 10000, 10000, 9700, 9790, 100*one).bar(2, 9790, 9795, 9700, 9790, 100*one).bar(3, 9800, 9800, 9700, 9790, 100*one)
	r, _ = after(t, costs, feed, o)
	r.filled(9795, int64(one))
	if f := r.fills[0]; f.Time != t0.Add(3*minute) || f.Liquidity != exchange.Maker {
		t.Fatalf("fill: %+v", f)
	}
	// The next opening meets it as a resting order.
	r, _ = after(t, costs, flat().bar(1, 10000, 10000, 9700, 9790, 100*one).bar(2, 9900, 9900, 9900, 9900, 100*one), o)
	r.filled(9795, int64(one))
	o.Price = 9700
	r, _ = after(t, costs, flat().bar(1, 10000, 10000, 9700, 9900, 100*one), o)
	r.filled(9790, int64(one))
}

func TestTrailingStopChecksItsOldLevelFirst(t *testing.T) {
	o := exchange.Order{Type: exchange.TrailingStop, Side: exchange.Sell, Qty: one, Trail: 500}
	// The bar goes up to 11000 and down to 9600: the old level 9500 is not hit, the new one
	// is 10500, and a close at 10600 does not prove that it was hit.
	r, _ := after(t, costs, flat().bar(1, 10000, 11000, 9600, 10600, 100*one), o)
	r.filled()
	// The next opening has passed the level.
	r, _ = after(t, costs, flat().bar(1, 10000, 11000, 9600, 10600, 100*one).bar(2, 10400, 10400, 10400, 10400, 100*one), o)
	r.filled(10389, int64(one))
	// A close below the new level came after it for certain.
	r, _ = after(t, costs, flat().bar(1, 10000, 11000, 9600, 10500, 100*one), o)
	r.filled(10489, int64(one))
	// The old level is hit: no benefit of the high.
	r, _ = after(t, costs, flat().bar(1, 10000, 11000, 9500, 10900, 100*one), o)
	r.filled(9490, int64(one))
	// A buy trails a falling market; here by two percent.
	r, _ = after(t, costs, flat().bar(1, 10000, 10100, 9000, 9100, 100*one).bar(2, 9100, 9180, 9100, 9180, 100*one),
		exchange.Order{Type: exchange.TrailingStop, Side: exchange.Buy, Qty: one, TrailPPM: 20_000})
	r.filled(9190, int64(one))
}

func TestTrailingStopLimitRestsAtItsOffset(t *testing.T) {
	o := exchange.Order{Type: exchange.TrailingStopLimit, Side: exchange.Sell, Qty: one, Trail: 500, LimitOffset: 100}
	r, _ := after(t, costs, flat().bar(1, 10000, 10000, 9500, 9500, 100*one).bar(2, 9500, 9601, 9500, 9500, 100*one), o)
	r.filled(9600, int64(one))
	o.LimitOffset = -100
	r, _ = after(t, costs, flat().bar(1, 10000, 10000, 9500, 9500, 100*one), o)
	r.filled(9490, int64(one))
}

func TestConditionalCloseIsPlacedForEachFill(t *testing.T) {
	o := buy(2 * one)
	o.Close = exchange.ConditionalClose{On: true, Type: exchange.StopLoss, Trigger: 9800}
	model := costs
	model.VolumeCapPPM = 100_000
	r := start1(t, model, FixedFees(0, 0), flat().bar(1, 10000, 10000, 9900, 10000, 10*one).bar(2, 10000, 10000, 9700, 9900, 100*one))
	r.bars(1)
	id := r.send(o)
	r.bars(1)
	r.filled(10010, int64(one))
	r.ended(FirstCloseID+1, exchange.Working, exchange.CodeNone)
	if last := r.said[len(r.said)-1]; last.Op != exchange.OpVenue || last.Count != int64(id) || last.Side != exchange.Sell || last.Qty != one {
		t.Fatalf("close: %+v", last)
	}
	r.bars(1)
	r.filled(10010, int64(one), 10010, int64(one), 9790, int64(one), 9790, int64(one))
}

func TestConditionalCloseOfARangeFillMatchesFromTheNextBarOn(t *testing.T) {
	o := limit(exchange.Buy, one, 9800)
	o.Close = exchange.ConditionalClose{On: true, Type: exchange.Limit, Price: 9900}
	r := start1(t, costs, FixedFees(0, 0), flat().bar(1, 10000, 10000, 9700, 9850, 100*one).bar(2, 9850, 9901, 9850, 9850, 100*one))
	r.bars(1)
	r.send(o)
	r.bars(1)
	r.filled(9800, int64(one))
	r.bars(1)
	r.filled(9800, int64(one), 9900, int64(one))
}

func TestConditionalCloseOfARangeFillRestsBeforeTheNextOpening(t *testing.T) {
	o := limit(exchange.Buy, one, 9800)
	o.Close = exchange.ConditionalClose{On: true, Type: exchange.Limit, Price: 9900}
	r, _ := after(t, costs, flat().bar(1, 10000, 10000, 9700, 9850, 100*one).bar(2, 10000, 10000, 10000, 10000, 100*one), o)
	r.filled(9800, int64(one), 9900, int64(one))
	if f := r.fills[1]; f.Liquidity != exchange.Maker {
		t.Fatalf("fill: %+v", f)
	}
}

func TestConditionalCloseIsForWhatCameInAfterAFeeInBase(t *testing.T) {
	o := buy(one)
	o.FeeInBase = true
	o.Close = exchange.ConditionalClose{On: true, Type: exchange.StopLoss, Trigger: 9000}
	r, _ := after(t, IdealModel(), flat().bar(1, 10000, 10000, 10000, 10000, 100*one), o)
	if f := r.fills[0]; f.FeeAsset != xbt || f.Fee != 20 {
		t.Fatalf("fill: %+v", f)
	}
	if last := r.said[len(r.said)-1]; last.Order != FirstCloseID+1 || last.Qty != one-20 {
		t.Fatalf("close: %+v", last)
	}
}

func TestAmendmentInTheMiddleOfABarDoesNotSeeItsRange(t *testing.T) {
	r := start1(t, IdealModel(), FixedFees(0, 0), flat().bar(1, 10000, 10000, 9000, 10000, 100*one).bar(2, 10000, 10000, 9500, 10000, 100*one))
	r.bars(1)
	id := r.send(limit(exchange.Buy, one, 8000))
	r.WakeAt(t0.Add(90 * time.Second))
	var ev exchange.Event
	for r.one(&ev) && ev.Kind != exchange.KindBeat {
	}
	if err := r.Amend(&exchange.Amend{Order: id, Price: 9700}); err != nil {
		t.Fatal(err)
	}
	r.bars(1)
	r.filled()
	r.bars(1)
	r.filled(9700, int64(one))
}

func TestArrivalAtTheVeryCloseDoesNotSeeTheRange(t *testing.T) {
	// Sent on a fill at the opening, a whole minute on its way.
	r := start1(t, Model{Latency: minute - 1}, FixedFees(0, 0), flat().bar(1, 10000, 10000, 10000, 10000, 100*one).bar(2, 10000, 10000, 9000, 10000, 100*one).bar(3, 10000, 10000, 9600, 10000, 100*one))
	r.bars(1)
	r.send(buy(one))
	var ev exchange.Event
	for r.one(&ev) && ev.Kind != exchange.KindFill {
	}
	r.venue.model.Latency = 2 * minute
	r.send(limit(exchange.Buy, one, 9700)) // there at the close of bar 2
	r.bars(2)
	r.filled(10000, int64(one))
	r.bars(1)
	r.filled(10000, int64(one), 9700, int64(one))
}

func TestTradesOfAPairThatIsMatchedOnBarsAreNoLiquidity(t *testing.T) {
	feed := flat()
	feed.trade(70*time.Second, 9000, 100*one)
	feed.bar(2, 10000, 10000, 10000, 10000, 100*one)
	r, _ := after(t, IdealModel(), feed, limit(exchange.Buy, one, 9500))
	r.filled()
}

func TestDeadMansSwitchCancelsEverything(t *testing.T) {
	r := start1(t, DefaultModel(), FixedFees(0, 0), flat().bar(1, 10000, 10000, 10000, 10000, 100*one).bar(2, 10000, 10000, 9000, 10000, 100*one))
	r.bars(1)
	a, b := r.send(limit(exchange.Buy, one, 9500)), r.send(stop(exchange.Sell, one, 9600))
	if err := r.CancelAllAfter(80 * time.Second); err != nil {
		t.Fatal(err)
	}
	r.bars(-1)
	r.filled()
	for _, id := range []exchange.OrderID{a, b} {
		r.ended(id, exchange.Cancelled, exchange.CodeDeadMan)
	}
	if last := r.said[len(r.said)-1]; last.Time != t0.Add(minute+80*time.Second+DefaultLatency) {
		t.Fatalf("fired at %v", last.Time)
	}
}

func TestTradesFillWhatTheyPrintThrough(t *testing.T) {
	feed := new(list).trade(0, 10000, one).trade(time.Second, 9900, one).trade(2*time.Second, 9899, one).trade(3*time.Second, 9890, one)
	r := start1(t, Model{}, FixedFees(0, 0), feed)
	var ev exchange.Event
	r.one(&ev)
	r.send(limit(exchange.Buy, one, 9900))
	for range 2 {
		r.one(&ev)
	}
	r.filled()
	r.bars(-1)
	r.filled(9900, int64(one))
	if f := r.fills[0]; f.Time != t0.Add(2*time.Second) || f.Liquidity != exchange.Maker {
		t.Fatalf("fill: %+v", f)
	}
}

func TestOnTradesAMarketOrderTakesTheFirstTradesAfterItsArrival(t *testing.T) {
	feed := new(list).trade(0, 10000, one).trade(100*time.Millisecond, 9000, one).trade(250*time.Millisecond, 9900, one).trade(time.Second, 9800, one)
	r := start1(t, Model{SpreadPPM: 1000, SlippagePPM: 500, Latency: 250 * time.Millisecond, VolumeCapPPM: 500_000}, FixedFees(0, 0), feed)
	var ev exchange.Event
	r.one(&ev)
	r.send(buy(one))
	r.bars(-1)
	r.filled(9910, int64(one/2), 9810, int64(one/2))
}

func TestOnTradesAStopIsTriggeredByTheLastTrade(t *testing.T) {
	feed := new(list).trade(0, 10000, one).trade(time.Second, 9801, one).trade(2*time.Second, 9700, 10*one)
	r := start1(t, costs, FixedFees(0, 0), feed)
	var ev exchange.Event
	r.one(&ev)
	r.send(stop(exchange.Sell, one, 9800))
	r.bars(-1)
	r.filled(9690, int64(one))
}

func TestCancelAndAmendOfAnUnknownOrderAreAnswered(t *testing.T) {
	r := start1(t, DefaultModel(), FixedFees(0, 0), flat())
	r.bars(1)
	if err := r.Cancel(77); err != nil {
		t.Fatal(err)
	}
	if err := r.Amend(&exchange.Amend{Order: 78, Qty: 1}); err != nil {
		t.Fatal(err)
	}
	r.bars(-1)
	r.ended(77, 0, exchange.CodeUnknownOrder)
	r.ended(78, 0, exchange.CodeUnknownOrder)
}

func TestStatusOfAPairIsHeld(t *testing.T) {
	status := func(s exchange.Status) exchange.Event {
		return exchange.Event{Kind: exchange.KindStatus, Time: t0.Add(minute), Instrument: exchange.None, Status: s}
	}
	post := limit(exchange.Buy, one, 9500)
	post.PostOnly = true
	for _, c := range []struct {
		status                   exchange.Status
		market, limit, post, ask bool
	}{
		{exchange.Online, true, true, true, true},
		{exchange.PostOnlyMode, false, false, true, false},
		{exchange.LimitOnlyMode, false, true, true, true},
		{exchange.ReduceOnlyMode, false, false, false, true},
		{exchange.CancelOnlyMode, false, false, false, false},
		{exchange.Maintenance, false, false, false, false},
	} {
		feed := flat()
		feed.events = append(feed.events, status(c.status))
		r := start1(t, DefaultModel(), FixedFees(0, 0), feed)
		r.bars(-1)
		for _, o := range []struct {
			exchange.Order
			in bool
		}{{buy(1), c.market}, {limit(exchange.Buy, 1, 9500), c.limit}, {post, c.post}, {limit(exchange.Sell, 1, 10500), c.ask}} {
			id := r.send(o.Order)
			r.bars(-1)
			if o.in {
				r.ended(id, exchange.Working, exchange.CodeNone)
			} else {
				r.ended(id, exchange.Rejected, exchange.CodeMarketMode)
			}
		}
	}
}

func TestNothingIsMatchedOrInMaintenanceCancelledWhileAPairIsShut(t *testing.T) {
	for _, s := range []exchange.Status{exchange.PostOnlyMode, exchange.CancelOnlyMode, exchange.Maintenance} {
		feed := flat()
		feed.events = append(feed.events, exchange.Event{Kind: exchange.KindStatus, Time: t0.Add(minute), Status: s})
		feed.bar(1, 9000, 9000, 8000, 9000, 100*one)
		r := start1(t, IdealModel(), FixedFees(0, 0), feed)
		r.bars(1)
		a, b := r.send(limit(exchange.Buy, one, 9500)), r.send(buy(one))
		var ev exchange.Event
		for r.one(&ev) && ev.Kind != exchange.KindStatus {
		}
		if err := r.Cancel(a); err != nil {
			t.Fatal(err)
		}
		r.bars(-1)
		r.filled()
		if s == exchange.Maintenance {
			r.ended(a, exchange.Working, exchange.CodeMarketMode)
		} else {
			r.ended(a, exchange.Cancelled, exchange.CodeUserRequested)
		}
		r.ended(b, exchange.Working, exchange.CodeNone)
	}
}
