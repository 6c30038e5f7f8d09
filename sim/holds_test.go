package sim

import (
	"testing"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func TestOrderHoldsWhatItMayCost(t *testing.T) {
	trail := exchange.Order{Type: exchange.TrailingStop, Side: exchange.Buy, Qty: one, Trail: 500}
	inBase := limit(exchange.Sell, one, 11000)
	inBase.FeeInBase = true
	free := limit(exchange.Buy, one, 9000)
	free.FeeInBase = true
	for _, c := range []struct {
		name  string
		o     exchange.Order
		asset exchange.AssetID
		held  money.Amount
	}{ // a taker pays 0.1 % more than the price and a fee of 0.2 %
		{"limit buy", limit(exchange.Buy, one, 9000), usd, 901_800},
		{"limit buy, fee in base", free, usd, 900_000},
		{"market buy, by the last price", buy(one), usd, 1_003_002},
		{"stop, by its trigger", stop(exchange.Buy, one, 12000), usd, 1_203_603},
		{"trailing stop, by its level", trail, usd, 1_053_203},
		{"cash", exchange.Order{Type: exchange.Market, Side: exchange.Buy, Cash: 77}, usd, 77},
		{"sale", limit(exchange.Sell, one, 11000), xbt, 10_000},
		{"sale, fee in base", inBase, xbt, 10_020},
	} {
		r := start1(t, costs, FixedFees(1000, 2000), flat())
		r.bars(1)
		r.send(c.o)
		var ev exchange.Event
		r.one(&ev)
		if b := r.venue.Balance(0, c.asset); b.Hold != c.held {
			t.Errorf("%s holds %d, want %d", c.name, b.Hold, c.held)
		}
	}
}

func TestBuyWithTheFeeInBaseSpendsAllTheMoney(t *testing.T) {
	o := limit(exchange.Buy, 10*one, 10000)
	o.FeeInBase = true
	r, _ := after(t, IdealModel(), flat().bar(1, 10000, 10000, 10000, 10000, 100*one), o)
	r.filled(10000, int64(10*one))
	if b := r.venue.Balance(0, usd); b.Total != 0 {
		t.Fatalf("left %+v", b)
	}
}

func TestCashForLessThanTheLeastOrderIsRefusedAtTheFill(t *testing.T) {
	r := start1(t, IdealModel(), FixedFees(0, 0), flat().bar(1, 20000, 20000, 20000, 20000, 100*one))
	r.venue.markets[0].in.OrderMin = 100
	r.bars(1)
	id := r.send(exchange.Order{Type: exchange.Market, Side: exchange.Buy, Cash: 12_000}) // 120 lots by the close, 60 by the opening
	r.bars(-1)
	r.filled()
	r.ended(id, exchange.Cancelled, exchange.CodeOrderMinimum)
}

func TestFillOrKillCountsTheOutsideMarketBehindTheBook(t *testing.T) {
	v := two(t, IdealModel())
	feed := flat().bar(1, 10000, 10000, 10000, 10000, 100*one).bar(2, 10000, 10000, 10000, 10000, 100*one)
	for i := range feed.events[:3] {
		v.Apply(&feed.events[i])
	}
	for i, p := range []money.Price{10000, 10500} { // one as good as the outside, one worse
		ask := limit(exchange.Sell, 10, p)
		ask.ID = exchange.OrderID(i + 1)
		v.markets[0].lastPrice = 9990 // so that the first one rests
		v.Submit(0, &ask)
	}
	v.Apply(&feed.events[3])
	o := limit(exchange.Buy, 30, 11000)
	o.ID, o.TIF = 1, exchange.FOK
	v.Submit(1, &o)
	v.Apply(&feed.events[4])
	total := money.Qty(0)
	for _, f := range took(v, 1) {
		if total += f.Qty; f.Price != 10000 {
			t.Errorf("fill: %+v", f)
		}
	}
	if total != 30 {
		t.Fatalf("filled %d", total)
	}
}

func TestOrdersThatWaitedForTheSameOpeningMeet(t *testing.T) {
	v := two(t, costs)
	feed := flat().bar(5, 10000, 10000, 10000, 10000, 0) // no volume outside
	for i := range feed.events[:2] {
		v.Apply(&feed.events[i])
	}
	v.AdvanceTo(t0.Add(2 * minute))
	for account, side := range []exchange.Side{exchange.Sell, exchange.Buy} { // neither crosses the quote of 9995 to 10005
		o := limit(side, 10, 10003)
		if side == exchange.Sell {
			o.Price = 9998
		}
		o.ID = 1
		v.Submit(exchange.AccountID(account), &o)
	}
	v.Apply(&feed.events[2])
	for account := range exchange.AccountID(2) {
		if fills := took(v, account); len(fills) != 1 || fills[0].Price != 9998 {
			t.Errorf("account %d has %+v", account, fills)
		}
	}
}

func TestPostOnlyThatWouldCrossDuringABarIsCancelledAtOnce(t *testing.T) {
	r := start1(t, costs, FixedFees(0, 0), flat().bar(1, 10000, 10000, 9000, 9500, 100*one))
	r.bars(1)
	r.send(buy(one))
	var ev exchange.Event
	for r.one(&ev) && ev.Kind != exchange.KindFill {
	}
	o := limit(exchange.Buy, one, 10006)
	o.PostOnly = true
	id := r.send(o)
	r.bars(-1)
	r.filled(10010, int64(one))
	r.ended(id, exchange.Cancelled, exchange.CodePostOnly)
}

func TestTrailingStopSentBeforeAnyPriceTrailsTheFirst(t *testing.T) {
	r := start1(t, IdealModel(), FixedFees(0, 0), flat().bar(1, 10000, 10000, 9500, 9600, 100*one))
	r.send(exchange.Order{Type: exchange.TrailingStop, Side: exchange.Sell, Qty: one, Trail: 400})
	r.bars(-1)
	r.filled(9600, int64(one))
}
