package reports

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// twoPairs is an account in CAD that trades XBT/CAD in slot 0 and ETH/XBT in slot 1.
func twoPairs(t *testing.T) (c *Collector, xbt, eth *exchange.Instrument, mark func(xbtPrice, ethPrice money.Price), fill func(*exchange.Instrument, exchange.SlotID, exchange.Side, money.Qty, money.Price)) {
	t.Helper()
	cat := exchange.NewCatalog()
	cad, err := cat.AddAsset("CAD", 4)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []exchange.Spec{{Symbol: "XBT/CAD", PriceDecimals: 1, LotDecimals: 8}, {Symbol: "ETH/XBT", PriceDecimals: 5, LotDecimals: 8}} {
		if _, err := cat.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	xbt, eth = &cat.Instruments[0], &cat.Instruments[1]
	c = NewCollector(Setup{Catalog: cat, Currency: cad, Benchmark: eth.ID, InitialCash: 100_000_0000})
	now, order := exchange.At(newYear), exchange.OrderID(0)
	mark = func(xbtPrice, ethPrice money.Price) {
		now = now.Add(time.Hour)
		for _, m := range []struct {
			in *exchange.Instrument
			p  money.Price
		}{{xbt, xbtPrice}, {eth, ethPrice}} {
			c.Mark(&exchange.Event{Kind: exchange.KindBar, Time: now, Interval: time.Hour, Instrument: m.in.ID, Open: m.p, High: m.p, Low: m.p, Price: m.p}, 100_000_0000, 0)
		}
	}
	fill = func(in *exchange.Instrument, slot exchange.SlotID, side exchange.Side, qty money.Qty, price money.Price) {
		order++
		if err := c.Record(&risk.Record{Time: now, Type: risk.RecIntent, Order: &exchange.Order{ID: order, Instrument: in.ID, Slot: slot, Side: side, Qty: qty}}, true); err != nil {
			t.Fatal(err)
		}
		cost, _ := in.Cost(price, qty, money.Half)
		if err := c.Record(&risk.Record{Time: now, Type: risk.RecFill, Event: &exchange.Event{
			Kind: exchange.KindFill, Time: now, Order: order, Instrument: in.ID, Side: side, Price: price, Qty: qty, Cost: cost, Fee: cost / 1000, FeeAsset: in.Quote, State: exchange.Filled,
		}}, false); err != nil {
			t.Fatal(err)
		}
	}
	return c, xbt, eth, mark, fill
}

func TestProfitInAnotherCurrencyIsConvertedAtTheClosingRate(t *testing.T) {
	c, xbt, eth, mark, fill := twoPairs(t)
	mark(500000, 5000)                              // XBT 50,000 CAD, ETH 0.05 XBT
	fill(eth, 1, exchange.Buy, 10_00000000, 5000)   // 0.5 XBT, fee 0.0005
	fill(xbt, 0, exchange.Buy, 1_00000000, 500000)  // 50,000 CAD, fee 50
	mark(600000, 6000)                              // XBT 60,000 CAD, ETH 0.06 XBT
	fill(eth, 1, exchange.Sell, 10_00000000, 6000)  // 0.6 XBT, fee 0.0006
	fill(xbt, 0, exchange.Sell, 1_00000000, 600000) // 60,000 CAD, fee 60
	mark(600000, 6000)
	r := c.Finish()
	if r.Trips.Len() != 2 {
		t.Fatalf("%d round trips; want 2", r.Trips.Len())
	}
	// 0.6 − 0.5 − 0.0011 = 0.0989 XBT, at 60,000: 5,934 CAD
	if trip := r.Trips.At(0); trip.PnL != 9_890_000 || trip.Net != 5934_0000 || trip.Slot != 1 {
		t.Errorf("the trip in XBT: %+v; want 0.0989 XBT, 5,934 CAD", *trip)
	}
	if trip := r.Trips.At(1); trip.PnL != 9890_0000 || trip.Net != trip.PnL || trip.Slot != 0 {
		t.Errorf("the trip in CAD: %+v; want 9,890 CAD", *trip)
	}
	// Fees at the rate of their time: 50 + 60 + 0.0005 × 50,000 + 0.0006 × 60,000.
	if r.Total.Fees != 171_0000 || r.Total.PnL != 15824_0000 || r.Total.Volume != 171000_0000 {
		t.Errorf("totals %+v; want fees 171, profit 15,824, volume 171,000 CAD", r.Total)
	}
	if len(r.Instruments) != 2 || r.Instruments[1].Fees != 110_000 || r.Instruments[1].PnL != 9_890_000 {
		t.Errorf("subtotals %+v; want ETH/XBT in XBT", r.Instruments)
	}
	if len(r.Slots) != 2 || r.Slots[0].Net != 9890_0000 || r.Slots[1].Net != 5934_0000 || r.Slots[1].Fees != 61_0000 {
		t.Errorf("slots %+v", r.Slots)
	}
	// The benchmark is quoted in XBT: 100,000 CAD bought 40 ETH at 2,500, worth 3,600 each.
	if r.HoldLast < 143_999.99 || r.HoldLast > 144_000.01 {
		t.Errorf("buy and hold made %v; want 144,000", r.HoldLast)
	}
	if r.Unconverted != 0 {
		t.Errorf("%d amounts were not converted", r.Unconverted)
	}
	var b bytes.Buffer
	if err := WriteHTML(&b, r, HTMLOptions{Static: true}); err != nil {
		t.Fatal(err)
	}
	balanced(t, b.String())
	for _, want := range []string{"By instrument", "By slot", "+0.0989", "+5,934.00"} {
		if !strings.Contains(strings.ReplaceAll(b.String(), "&#43;", "+"), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestAnAmountWithoutARateIsSaidToBeLeftOut(t *testing.T) {
	c, _, eth, _, fill := twoPairs(t)
	fill(eth, 0, exchange.Buy, 1_00000000, 5000) // no price of XBT/CAD yet
	r := c.Finish()
	if r.Unconverted == 0 || r.Total.Volume != 0 || r.Instruments[0].Volume != 5_000_000 {
		t.Errorf("%d left out, total %+v, subtotal %+v", r.Unconverted, r.Total, r.Instruments)
	}
	if page := pageOf(t, r, HTMLOptions{Static: true}); !strings.Contains(page, "for want of a rate into CAD") {
		t.Error("the page does not say so")
	}
}
