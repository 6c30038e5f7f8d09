package risk

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"testing"

	"breakwater/exchange"
)

// paper writes a digest's bytes as docs/digest.md says, and shares no code with Digest.
type paper struct{ bytes.Buffer }

func (p *paper) n(vs ...int64) *paper {
	binary.Write(p, binary.LittleEndian, vs)
	return p
}

func (p *paper) t(s string) *paper {
	p.n(int64(len(s)))
	p.WriteString(s)
	return p
}

func (p *paper) b(bs ...byte) *paper {
	p.Write(bs)
	return p
}

func TestDigestIsWhatItsPageSays(t *testing.T) {
	cat := exchange.NewCatalog()
	cat.AddAsset("CAD", 4)
	cat.AddAsset("XBT", 10)
	cat.Add(exchange.Spec{Symbol: "XBT/CAD", PriceDecimals: 1, LotDecimals: 8, Tick: 5})
	d := NewDigest(cat)
	limit := exchange.Order{
		ID: 7, Slot: 2, Side: exchange.Sell, Type: exchange.StopLossLimit, TIF: exchange.GTD, ReduceOnly: true, Qty: 11, Price: 12, Trigger: 13,
		Expire: 14, Signal: 99, Sent: 98, Decision: 97, Close: exchange.ConditionalClose{On: true, Type: exchange.TrailingStop, TrailPPM: 15},
	}
	market := exchange.Order{ID: 8, PostOnly: true, Cash: 16, CashStep: 17, Display: 18, LimitOffset: 19, Trail: 20}
	fill := exchange.Event{Price: 21, Qty: 22, Fee: 23, Cost: 96, Liquidity: exchange.Maker, TradeID: 95}
	change := exchange.Amend{Qty: 24, Display: 25, Price: 26, Trigger: 27}
	for _, r := range []Record{
		{Type: RecStart, Time: 1, Text: "not in it"},
		{Type: RecIntent, Time: 2, OrderID: 7, Order: &limit},
		{Type: RecDenial, Time: 3, OrderID: 8, Order: &market, Reasons: []Reason{{Control: CashReserve, Text: "x"}, {Control: PriceCollar}}},
		{Type: RecOrder, Time: 4, OrderID: 7, Event: &fill},
		{Type: RecAmend, Time: 5, OrderID: 7, Amend: &change},
		{Type: RecDenial, Time: 6, OrderID: 7, Amend: &change, Reasons: []Reason{{Control: OrderForm}}},
		{Type: RecDenials, Time: 6, OrderID: 8, Order: &market, Count: 28, Reasons: []Reason{{Control: OrderRate}}},
		{Type: RecFill, Time: 7, OrderID: 7, Event: &fill},
		{Type: RecCancel, Time: 8, OrderID: 7},
		{Type: RecLevel, Time: 9, From: Active, Level: Halted, Scope: ByPair, Control: Reconcile, Text: "cause"},
		{Type: RecEquity, Time: 10, Equity: 94},
	} {
		if err := d.Record(&r, true); err != nil {
			t.Fatal(err)
		}
	}
	var p paper
	p.t("breakwater digest v1").n(1).t("XBT/CAD").b(1, 8, 10, 4).n(5)
	p.b('O').n(2, 7).b(1, 5, 3, 0, 1).n(2, 0, 11, 0, 0, 12, 13, 0, 0, 0, 0, 14).b(1, 7).n(0, 0, 0, 15)
	p.b('D').n(3, 8).b(0, 0, 0, 1, 0).n(0, 0, 0, 16, 17, 0, 0, 20, 0, 19, 18, 0).b(0).n(2).t("cash-reserve").t("price-collar")
	p.b('A').n(5, 7).n(24, 25, 26, 27)
	p.b('D').n(6, 7).n(24, 25, 26, 27).n(1).t("order-form")
	p.b('S').n(6, 8).b(0, 0, 0, 1, 0).n(0, 0, 0, 16, 17, 0, 0, 20, 0, 19, 18, 0).b(0).n(28, 1).t("order-rate")
	p.b('F').n(7, 7).n(21, 22, 23).b(1)
	p.b('C').n(8, 7)
	p.b('L').n(9, 0).b(0, 3, 1).t("reconcile")
	sum := sha256.Sum256(p.Bytes())
	if want := hex.EncodeToString(sum[:]); d.Sum() != want {
		t.Errorf("digest %s, the page says %s", d.Sum(), want)
	}
}

func TestALongDigestIsThatOfItsBytes(t *testing.T) {
	cat := exchange.NewCatalog()
	cut, whole := NewDigest(cat), NewDigest(cat)
	for i := range exchange.OrderID(1000) {
		cut.Record(&Record{Type: RecCancel, OrderID: i}, false)
		whole.Record(&Record{Type: RecCancel, OrderID: i}, false)
		if i%7 == 0 {
			cut.Sum()
		}
	}
	if a, b := cut.Sum(), whole.Sum(); a != b || b != whole.Sum() {
		t.Errorf("asked for in between %s, at the end %s", a, b)
	}
}
