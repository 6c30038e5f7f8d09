package strategy

import (
	"testing"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func TestBuyAndHoldBuysOnceAtTheFirstBar(t *testing.T) {
	h := newHost(t, mustNew(t, "buy-and-hold"), "XBT/CAD")
	h.closes(0, 100, 110, 120)
	if len(h.sent) != 1 || h.sent[0].Side != exchange.Buy || h.cash > 0.02 {
		t.Errorf("orders %+v, cash %v; want one buy of everything", h.sent, h.cash)
	}
}

func TestBuyAndHoldSplitsCashEvenly(t *testing.T) {
	h := newHost(t, mustNew(t, "buy-and-hold"), "XBT/CAD", "ETH/CAD", "XRP/CAD", "XBT/USD")
	for range 3 {
		for id := range h.ids[:3] {
			h.closes(exchange.InstrumentID(id), 100)
		}
	}
	for i, want := range []float64{3333.33, 3333.33, 3333.33} {
		if i >= len(h.sent) {
			t.Fatalf("%d orders, want 3", len(h.sent))
		}
		if got := money.Float(int64(h.sent[i].Cash), h.catalog.Assets[h.catalog.Instruments[0].Quote].Decimals); got < want || got > want+0.01 {
			t.Errorf("order %d spends %v, want %v", i, got, want)
		}
	}
	if len(h.sent) != 3 {
		t.Errorf("%d orders, want 3", len(h.sent))
	}
}

func TestBuyAndHoldBuysAFixedSizeOfEach(t *testing.T) {
	h := newHost(t, mustNew(t, "buy-and-hold"), "XBT/CAD", "ETH/CAD")
	h.size.Units = 2e8
	h.closes(0, 100, 100)
	h.closes(1, 100, 100)
	if h.position[0].Qty != 2 || h.position[1].Qty != 2 {
		t.Errorf("positions %+v, want 2 of each", h.position)
	}
}

func TestBuyAndHoldAsksOnlyAFewTimes(t *testing.T) {
	h := newHost(t, mustNew(t, "buy-and-hold"), "XBT/CAD")
	for range 100 {
		h.closes(0, 100)
		if len(h.open) > 0 {
			h.end(h.open[0].ID, exchange.Denied, exchange.CodeNone)
		}
	}
	if len(h.sent) != holdTries {
		t.Errorf("%d orders, want %d", len(h.sent), holdTries)
	}
}

func TestBuyAndHoldKeepsWhatARestartFinds(t *testing.T) {
	h := newHost(t, mustNew(t, "buy-and-hold"), "XBT/CAD")
	h.position[0] = Position{Qty: 1, AvgPrice: 100}
	h.closes(0, 100, 100)
	if len(h.sent) != 0 {
		t.Errorf("orders %+v, want none", h.sent)
	}
}
