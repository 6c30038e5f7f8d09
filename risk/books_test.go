package risk

import (
	"testing"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func TestASaleWithItsFeeInCoinsIsChargedWhatTheyCost(t *testing.T) {
	d := open(t, wide())
	d.price(5_000)
	in := d.allowed(d.buy(xbt))
	d.fill(in, xbt, 5_000, exchange.Filled)
	out := d.sell(xbt / 2)
	out.FeeInBase = true
	d.allowed(out)
	d.fees++
	d.play(exchange.Event{Kind: exchange.KindFill, Order: out.ID, Side: exchange.Sell, Qty: xbt / 2, Price: 5_000 * cad, Cost: 2_500 * cad, Fee: xbt / 50, FeeAsset: 1, TradeID: d.fees, State: exchange.Filled})
	if r := d.log.last(RecFill); r.Count != 1 || r.Equity != -100*cad {
		t.Errorf("count %d, profit %d CAD, want the 100 that the coins of the fee had cost", r.Count, r.Equity/cad)
	}
}

func TestALevelThatGoesTakesNoOtherWithIt(t *testing.T) {
	var book depth
	for _, p := range []money.Price{100, 102, 101} {
		if !book.set(exchange.Sell, p, 5) || book.set(exchange.Sell, p, 5) {
			t.Fatal("the same level twice is a change")
		}
	}
	if !book.set(exchange.Sell, 101, 0) || book.set(exchange.Sell, 101, 0) {
		t.Fatal("a level that is not there can go")
	}
	if got := book.within(exchange.Buy, 101); got != 5 {
		t.Errorf("%d up to 101, want 5", got)
	}
	if got := book.within(exchange.Buy, 102); got != 10 {
		t.Errorf("%d up to 102, want 10", got)
	}
}
