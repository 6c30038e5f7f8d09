package strategy

import (
	"testing"

	"breakwater/exchange"
)

func runaway(t *testing.T, fault string) *ledgerless {
	h := newHost(t, mustNew(t, "runaway", "fault="+fault, "weight=0.1"), "XBT/CAD")
	h.closes(0, 100)
	return h
}

func TestRunawayIgnoresItsFills(t *testing.T) {
	h := runaway(t, "ignores-fills")
	h.closes(0, 100, 100, 100, 100)
	if len(h.sent) != 5 || h.position[0].Qty < 30 {
		t.Errorf("%d orders, position %v; want a buy at every bar", len(h.sent), h.position[0].Qty)
	}
}

func TestRunawayRetriesEveryDenial(t *testing.T) {
	h := runaway(t, "retries")
	for range 50 {
		h.end(h.open[0].ID, exchange.Denied, exchange.CodeNone)
	}
	if len(h.sent) != 51 || h.sent[50].Qty != h.sent[0].Qty {
		t.Errorf("%d orders, want 51 of one size", len(h.sent))
	}
}

func TestRunawayDoublesAfterALoss(t *testing.T) {
	h := runaway(t, "doubles")
	for p := 99.0; p > 60; p-- {
		h.closes(0, p)
	}
	var sizes []float64
	for _, o := range h.sent {
		if o.Side == exchange.Buy {
			sizes = append(sizes, float64(o.Qty)*float64(o.Decision))
		}
	}
	if len(sizes) < 4 || sizes[1]/sizes[0] < 1.8 || sizes[2]/sizes[1] < 1.8 {
		t.Errorf("sizes %v, want doubling", sizes)
	}
}

func TestRunawayChurns(t *testing.T) {
	h := runaway(t, "churn")
	h.closes(0, 101, 102)
	if len(h.sent) != 3 || len(h.cancels) < 2 {
		t.Errorf("%d orders, %d cancels; want each replaced", len(h.sent), len(h.cancels))
	}
}

func TestRunawayResendsBeforeTheAnswer(t *testing.T) {
	h := runaway(t, "resends")
	top := Top{Instrument: 0, Bid: 99, Ask: 101}
	for range 10 {
		h.strategy.(BookWatcher).OnBook(h.ctx, top)
	}
	if len(h.sent) != 11 {
		t.Errorf("%d orders, want one at every event", len(h.sent))
	}
	h.end(h.sent[10].ID, exchange.Cancelled, exchange.CodeNone)
	h.strategy.(BookWatcher).OnBook(h.ctx, top)
	if len(h.sent) != 11 {
		t.Errorf("%d orders after the answer, want no more", len(h.sent))
	}
}

func TestRunawayMistakesMoneyForUnits(t *testing.T) {
	h := runaway(t, "units")
	if got := h.sent[0].Qty; got != 76_000_0000 { // 10 coins times 7600
		t.Errorf("quantity %d, want 76000 coins", got)
	}
}
