package strategy

import (
	"testing"

	"breakwater/exchange"
)

// breakout is a channel of 4 bars with highs at 102 and ranges of 2.
func breakout(t *testing.T, settings ...string) *ledgerless {
	h := newHost(t, mustNew(t, "donchian-breakout", append([]string{"entry=4", "range=3", "stop=2"}, settings...)...), "XBT/CAD")
	for range 5 {
		h.bar(Bar{Open: 101, High: 102, Low: 100, Close: 101})
	}
	return h
}

func TestDonchianBreakoutRestsAStopAboveTheChannelSizedByRange(t *testing.T) {
	h := breakout(t, "risk=0.01")
	if len(h.sent) != 1 {
		t.Fatalf("orders %+v, want 1", h.sent)
	}
	// 1 % of 10,000 over a stop distance of 2*2: 25 coins
	if o := h.sent[0]; o.Side != exchange.Buy || o.Type != exchange.StopLoss || o.Trigger != 102_01 || o.Qty != 25_0000 {
		t.Errorf("order %+v, want a stop buy of 25 at 102.01", o)
	}
}

func TestDonchianBreakoutSizeIsCapped(t *testing.T) {
	h := breakout(t, "risk=1", "weight=0.5")
	if o := h.sent[0]; o.Qty != 49_0148 { // 5000/102.01
		t.Errorf("quantity %d, want half of the cash", o.Qty)
	}
}

func TestDonchianBreakoutMovesItsEntryWithTheChannel(t *testing.T) {
	h := breakout(t, "risk=0.01")
	h.bar(Bar{Open: 101, High: 104, Low: 100, Close: 101}) // the venue did not trigger: a shadow of another series
	if len(h.cancels) != 1 || len(h.sent) != 1 {
		t.Fatalf("cancels %v, %d orders; want the old one cancelled and nothing new before it is gone", h.cancels, len(h.sent))
	}
	h.bar(Bar{Open: 101, High: 104, Low: 100, Close: 101})
	if len(h.cancels) != 1 {
		t.Errorf("cancels %v, want each order cancelled once", h.cancels)
	}
	h.end(h.sent[0].ID, exchange.Cancelled, exchange.CodeUserRequested)
	if len(h.sent) != 2 || h.sent[1].Trigger != 104_01 {
		t.Errorf("orders %+v, want a second at 104.01", h.sent)
	}
}

func TestDonchianBreakoutTrailsAStopFromTheFill(t *testing.T) {
	h := breakout(t, "risk=0.01")
	h.fill(h.sent[0].ID, 102.01)
	if len(h.sent) != 2 {
		t.Fatalf("orders %+v, want the entry and its stop", h.sent)
	}
	if o := h.sent[1]; o.Side != exchange.Sell || o.Type != exchange.TrailingStop || o.Trail != 4_00 || o.Qty != 25_0000 {
		t.Errorf("order %+v, want a trailing stop of 25 at a distance of 4.00", o)
	}
}

func TestDonchianBreakoutProtectsAgainWhatLostItsStop(t *testing.T) {
	h := breakout(t, "risk=0.01")
	h.fill(h.sent[0].ID, 102.01)
	h.end(h.sent[1].ID, exchange.Cancelled, exchange.CodeDeadMan)
	h.bar(Bar{Open: 102, High: 103, Low: 101, Close: 102})
	if len(h.sent) != 3 || h.sent[2].Type != exchange.TrailingStop {
		t.Errorf("orders %+v, want a new stop", h.sent)
	}
	h.position[0].Reserved = h.position[0].Qty
	h.bar(Bar{Open: 102, High: 103, Low: 101, Close: 102})
	if len(h.sent) != 3 {
		t.Errorf("orders %+v, want no second stop for the same coins", h.sent)
	}
}

func TestDonchianBreakoutDoesNotRepeatARefusedEntry(t *testing.T) {
	h := breakout(t, "risk=0.01")
	h.end(h.sent[0].ID, exchange.Denied, exchange.CodeNone)
	for range 3 {
		h.bar(Bar{Open: 101, High: 102, Low: 100, Close: 101})
	}
	if len(h.sent) != 1 {
		t.Errorf("%d orders at the same trigger, want 1", len(h.sent))
	}
	h.bar(Bar{Open: 101, High: 103, Low: 100, Close: 101})
	if len(h.sent) != 2 {
		t.Errorf("%d orders after the channel moved, want 2", len(h.sent))
	}
}

func TestDonchianBreakoutInADeadMarketStillHasADistance(t *testing.T) {
	h := newHost(t, mustNew(t, "donchian-breakout", "entry=4", "range=3"), "XBT/CAD")
	h.closes(0, 100, 100, 100, 100, 100)
	if len(h.sent) != 1 {
		t.Fatalf("orders %+v, want 1", h.sent)
	}
	h.fill(h.sent[0].ID, 100.01)
	if len(h.sent) != 2 || h.sent[1].Trail != 1 {
		t.Errorf("orders %+v, want a trailing stop one tick away", h.sent)
	}
}
