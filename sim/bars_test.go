package sim

import (
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func buy(q money.Qty) exchange.Order {
	return exchange.Order{Type: exchange.Market, Side: exchange.Buy, Qty: q}
}

func sell(q money.Qty) exchange.Order {
	return exchange.Order{Type: exchange.Market, Side: exchange.Sell, Qty: q}
}

func TestMarketOrderFillsAtTheNextOpening(t *testing.T) {
	r := start1(t, IdealModel(), FixedFees(0, 0), new(list).bar(0, 10000, 10100, 9900, 10050, 100*one).bar(1, 10200, 10300, 10100, 10250, 100*one))
	r.bars(1)
	id := r.send(buy(one))
	r.filled()
	r.bars(1)
	r.filled(10200, int64(one))
	if f := r.fills[0]; f.Time != t0.Add(minute) || f.State != exchange.Filled || f.Liquidity != exchange.Taker || f.Order != id {
		t.Fatalf("fill is %+v", f)
	}
	if b := r.venue.Balance(0, usd); b.Total != 10_000_000-1_020_000 {
		t.Fatalf("dollars: %+v", b)
	}
	if b := r.venue.Balance(0, xbt); b.Total != 110_000 {
		t.Fatalf("coins: %+v", b)
	}
}

func TestTakerPaysHalfTheSpreadSlippageAndDrift(t *testing.T) {
	model := Model{SpreadPPM: 2000, SlippagePPM: 500, Latency: 6 * time.Second, VolumeCapPPM: 100_000}
	feed := new(list).bar(0, 10000, 10100, 9900, 10050, 100*one).bar(1, 10000, 10300, 10000, 10250, 100*one).bar(2, 10000, 10001, 9999, 10000, 100*one)
	r := start1(t, model, FixedFees(1000, 2000), feed)
	r.bars(1)
	r.send(buy(one))
	r.bars(1)
	// 10000 + 0.1 % + 0.05 % + (10100-9900)*6/60 = 10035
	r.filled(10035, int64(one))
	if f := r.fills[0]; f.Cost != 1_003_500 || f.Fee != 2007 || f.FeeAsset != usd {
		t.Fatalf("cost %d, fee %d of asset %d", f.Cost, f.Fee, f.FeeAsset)
	}
	r.send(sell(one))
	r.bars(1)
	// 10000 - 0.15 % - (10300-10000)*6/60
	r.filled(10035, int64(one), 9955, int64(one))
}

func TestNothingFillsBeforeTheNextBar(t *testing.T) {
	feed := new(list).bar(0, 10000, 10100, 9900, 10050, 100*one).bar(5, 10200, 10300, 10100, 10250, 100*one)
	r := start1(t, DefaultModel(), FixedFees(0, 0), feed)
	r.bars(1)
	r.send(buy(one))
	var ev exchange.Event
	if !r.one(&ev) || ev.Kind != exchange.KindOrder || ev.State != exchange.Working || ev.Time != t0.Add(minute+DefaultLatency) {
		t.Fatalf("after a sent order and no bar comes %+v", ev)
	}
	r.bars(1)
	if len(r.fills) != 1 || r.fills[0].Time != t0.Add(5*minute) {
		t.Fatalf("fills: %+v", r.fills)
	}
}

func TestTimerOrderInTheMiddleOfABarWaitsForTheNextOpening(t *testing.T) {
	feed := new(list).bar(0, 10000, 10100, 9900, 10050, 100*one).bar(1, 10200, 10300, 10100, 10250, 100*one).bar(2, 10400, 10400, 10400, 10400, 100*one)
	r := start1(t, IdealModel(), FixedFees(0, 0), feed)
	r.bars(1)
	r.WakeAt(t0.Add(90 * time.Second))
	var ev exchange.Event
	if !r.one(&ev) || ev.Kind != exchange.KindBeat || ev.Time != t0.Add(90*time.Second) {
		t.Fatalf("want the beat, got %+v", ev)
	}
	r.send(buy(one))
	r.bars(-1)
	r.filled(10400, int64(one))
}

func TestMarketOrderBeyondTheVolumeCapTakesSeveralOpenings(t *testing.T) {
	feed := new(list)
	for i := range 4 {
		feed.bar(i, 10000, 10100, 9900, 10000, 10*one)
	}
	r := start1(t, Model{VolumeCapPPM: 100_000}, FixedFees(0, 0), feed)
	r.bars(1)
	r.send(buy(2*one + one/2))
	r.bars(-1)
	r.filled(10000, int64(one), 10000, int64(one), 10000, int64(one/2))
}

func TestMarketBuyByCashSpendsAtMostItsCashFeeIncluded(t *testing.T) {
	for _, c := range []struct {
		cash money.Amount
		step money.Qty
		want money.Qty
	}{{10_000_000, 0, 97756}, {10_000_000, one, 9 * one}, {500_000, 0, 4887}} {
		r := start1(t, IdealModel(), FixedFees(1000, 2500), new(list).bar(0, 10000, 10000, 10000, 10000, one).bar(1, 10204, 10204, 10204, 10204, one))
		r.bars(1)
		id := r.send(exchange.Order{Type: exchange.Market, Side: exchange.Buy, Cash: c.cash, CashStep: c.step})
		r.bars(1)
		r.filled(10204, int64(c.want))
		f := r.fills[0]
		if f.State != exchange.Filled || f.Order != id || f.Cost+f.Fee > c.cash {
			t.Fatalf("cash %d: %+v", c.cash, f)
		}
		step := max(c.step, 1)
		if more, _ := r.venue.markets[0].in.Cost(10204, f.Qty+step, money.Down); more+feeOf(more, 2500) <= c.cash {
			t.Fatalf("cash %d would buy %d more", c.cash, step)
		}
		if b := r.venue.Balance(0, usd); b.Hold != 0 {
			t.Fatalf("still held: %+v", b)
		}
	}
}

func TestMarketBuyByCashUnderACapTakesSeveralOpeningsAndThenIsFilled(t *testing.T) {
	feed := new(list)
	for i := range 5 {
		feed.bar(i, 10000, 10000, 10000, 10000, 10*one)
	}
	r := start1(t, Model{VolumeCapPPM: 100_000}, FixedFees(0, 0), feed)
	r.bars(1)
	r.send(exchange.Order{Type: exchange.Market, Side: exchange.Buy, Cash: 2_000_000})
	r.bars(-1)
	r.filled(10000, int64(one), 10000, int64(one))
	if a, b := r.fills[0], r.fills[1]; a.State != exchange.Working || b.State != exchange.Filled {
		t.Fatalf("states %v, %v", a.State, b.State)
	}
}

func TestMarketBuyByCashOfACheapCoinIsExact(t *testing.T) {
	c := exchange.NewCatalog()
	if _, err := c.Add(exchange.Spec{Symbol: "SHIB/USD", PriceDecimals: 8, LotDecimals: 8}); err != nil {
		t.Fatal(err)
	}
	v, err := NewVenue(Config{Catalog: c, Fees: FixedFees(0, 4000), Accounts: []Deposits{{{Asset: 1, Total: 100_00000001}}}})
	if err != nil {
		t.Fatal(err)
	}
	o := exchange.Order{ID: 1, Type: exchange.Market, Side: exchange.Buy, Cash: 100_00000001}
	v.Submit(0, &o)
	v.Apply(&exchange.Event{Kind: exchange.KindOpen, Time: t0, Interval: minute, Open: 3, Qty: 1})
	f := took(v, 0)[0]
	in := v.markets[0].in
	if c, _ := in.Cost(3, f.Qty+1, CostRounding); f.Cost+f.Fee > o.Cash || c+feeOf(c, 4000) <= o.Cash {
		t.Fatalf("bought %d for %d and a fee of %d with %d", f.Qty, f.Cost, f.Fee, o.Cash)
	}
}

func TestMarketBuyBeyondTheFundsIsCutAndTheRestCancelled(t *testing.T) {
	r := start1(t, IdealModel(), FixedFees(0, 0), new(list).bar(0, 10000, 10000, 10000, 10000, one).bar(1, 20000, 20000, 20000, 20000, one))
	r.bars(1)
	id := r.send(buy(9 * one)) // 900 dollars by the close, 1800 by the opening
	r.bars(1)
	r.filled(20000, int64(5*one))
	r.ended(id, exchange.Cancelled, exchange.CodeInsufficientFunds)
	id = r.send(buy(1))
	r.bars(-1)
	r.ended(id, exchange.Rejected, exchange.CodeInsufficientFunds)
}

func TestDeadlineAfterTheFeedEndsNothing(t *testing.T) {
	r := start1(t, DefaultModel(), FixedFees(0, 0), new(list).bar(0, 10000, 10100, 9900, 10050, 100*one))
	r.bars(1)
	r.WakeAt(t0.Add(time.Hour))
	id := r.send(buy(one))
	var ev exchange.Event
	if !r.one(&ev) || ev.Kind != exchange.KindOrder || ev.Order != id {
		t.Fatalf("the outcome of a last order is %+v", ev)
	}
	for range 2 {
		if r.one(&ev) {
			t.Fatalf("after the end comes %+v", ev)
		}
	}
}
