package strategy

import (
	"slices"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func TestDCABuysTheSameAmountAtWholeIntervals(t *testing.T) {
	h := newHost(t, mustNew(t, "dca", "every=1d", "amount=50", "offset=2h"), "XBT/CAD", "ETH/CAD")
	h.now = exchange.Seconds(1000*86400 + 3*3600)
	h.last[0], h.last[1] = 10_000, 2_500
	h.start()
	h.fire()
	if got, want := h.now, exchange.Seconds(1001*86400+2*3600); got != want {
		t.Errorf("bought at %v, want %v", got, want)
	}
	if len(h.sent) != 2 || h.sent[0].Qty != 5_000 || h.sent[1].Qty != 20_000 {
		t.Fatalf("orders %+v, want 0.5 at 100 and 2 at 25", h.sent)
	}
	h.fire()
	if got, want := h.now, exchange.Seconds(1002*86400+2*3600); got != want || len(h.sent) != 4 {
		t.Errorf("%d orders at %v, want 4 at %v", len(h.sent), got, want)
	}
}

func TestDCALeavesOutWhatCashOrMinimumDoNotAllow(t *testing.T) {
	for what, set := range map[string]func(h *ledgerless){
		"no cash":       func(h *ledgerless) { h.cash = 50 },
		"no price":      func(h *ledgerless) { h.last[0] = 0 },
		"below minimum": func(h *ledgerless) { h.last[0] = 100_000_000 },
	} {
		h := newHost(t, mustNew(t, "dca", "every=1h", "amount=50"), "XBT/CAD")
		h.last[0] = 10_000
		set(h)
		h.start()
		h.fire()
		if len(h.sent) != 0 || len(h.timers) != 1 {
			t.Errorf("%s: orders %+v, %d timers; want no order and the next timer", what, h.sent, len(h.timers))
		}
	}
}

func TestDCARestartsOnTheSameTimes(t *testing.T) {
	for _, now := range []time.Duration{12_000*time.Hour + time.Second, 12_006*time.Hour + time.Minute, time.Second, 0} {
		h := newHost(t, mustNew(t, "dca", "every=6h", "offset=1h"), "XBT/CAD")
		h.now = exchange.Stamp(now)
		h.start()
		due := time.Duration(h.timers[0].due)
		if due%(6*time.Hour) != time.Hour || due <= now || due > now+6*time.Hour {
			t.Errorf("started at %v: next purchase at %v", h.now, h.timers[0].due)
		}
	}
}

// swing is closes that fall by one from the first to the second price and rise again.
func swing(from, to float64) []float64 {
	var closes []float64
	for p := from; p > to; p-- {
		closes = append(closes, p)
	}
	for p := to; p <= from; p++ {
		closes = append(closes, p)
	}
	return closes
}

func TestRSIReversionBuysTheDipOnceAndSellsTheRecovery(t *testing.T) {
	h := newHost(t, mustNew(t, "rsi-reversion", "period=3", "weight=0.5"), "XBT/CAD")
	h.closes(0, 100, 101, 100, 101, 100, 101)
	h.closes(0, swing(99, 80)...)
	if len(h.sent) != 2 || h.sent[0].Side != exchange.Buy || len(h.exits) != 1 {
		t.Fatalf("%d orders, %d exits; want one buy, one exit: %+v", len(h.sent), len(h.exits), h.sent)
	}
	if spent := float64(h.sent[0].Qty) * float64(h.sent[0].Decision) / 1e6; spent < 4_990 || spent > 5_000 {
		t.Errorf("spent about %v of 10000 at weight 0.5", spent)
	}
}

func TestRSIReversionSellsOnceTheIndexIsBack(t *testing.T) {
	h := newHost(t, mustNew(t, "rsi-reversion", "period=2", "oversold=30", "exit=70"), "XBT/CAD")
	h.closes(0, 100, 101, 100) // changes +1 -1: the index is at 50
	h.closes(0, 98, 98)        // -2, 0: averages 0.25 and 1.5, the index at 14
	if len(h.sent) != 1 || h.position[0].Flat() {
		t.Fatalf("orders %+v, want the entry", h.sent)
	}
	h.closes(0, 100) // +2: averages 1.0625 and 0.375, the index at 74
	if len(h.exits) != 1 {
		t.Errorf("%d exits at an index of 74, want 1", len(h.exits))
	}
}

func TestRSIReversionDoesNotRetryADeniedEntryInTheSameDip(t *testing.T) {
	h := newHost(t, mustNew(t, "rsi-reversion", "period=3"), "XBT/CAD")
	h.closes(0, 100, 101, 100, 101, 100, 101, 99, 98)
	h.end(h.sent[0].ID, exchange.Denied, exchange.CodeNone)
	h.closes(0, 97, 96, 95)
	if len(h.sent) != 1 {
		t.Errorf("%d orders, want 1", len(h.sent))
	}
}

func TestRSIReversionRetriesAnExit(t *testing.T) {
	h := newHost(t, mustNew(t, "rsi-reversion", "period=3"), "XBT/CAD")
	h.closes(0, 100, 101, 100, 101, 100, 101)
	h.closes(0, swing(99, 95)...)
	sale := h.sent[len(h.sent)-1]
	if sale.Side != exchange.Sell {
		h.closes(0, 104)
		sale = h.sent[len(h.sent)-1]
	}
	if len(h.open) == 1 {
		h.end(sale.ID, exchange.Denied, exchange.CodeNone)
	}
	h.closes(0, 106, 108)
	if !h.position[0].Flat() {
		t.Errorf("position %+v after a denied exit and two more bars, want flat", h.position[0])
	}
}

// flatBand are closes around 100 with a population deviation of 1: the band of width 2 is
// 98 to 102.
func flatBand(n int) []float64 {
	var closes []float64
	for i := range n {
		closes = append(closes, 99+float64(2*(i%2)))
	}
	return closes
}

func bollinger(t *testing.T) *ledgerless {
	h := newHost(t, mustNew(t, "bollinger-reversion", "period=10", "weight=0.5"), "XBT/CAD")
	h.closes(0, flatBand(10)...)
	if len(h.open) != 1 || h.open[0].Type != exchange.Limit || h.open[0].Price != 98_00 {
		t.Fatalf("orders %+v, want a limit at the lower band, 98.00", h.open)
	}
	return h
}

func TestBollingerReversionMovesItsLimitWithTheBand(t *testing.T) {
	h := bollinger(t)
	h.closes(0, 105)
	if len(h.sent) != 1 || len(h.amends) != 1 || h.amends[0].Order != h.sent[0].ID || h.amends[0].Price >= 98_00 {
		t.Errorf("%d orders, amends %+v; want the one order moved down with the wider band", len(h.sent), h.amends)
	}
	h.closes(0)
}

func TestBollingerReversionBracketsWhatFilled(t *testing.T) {
	h := bollinger(t)
	h.fill(h.sent[0].ID, 98)
	if !slices.Equal(h.brackets, [][2]money.Price{{96_00, 100_00}}) {
		t.Fatalf("brackets %v, want stop 96.00 and target 100.00", h.brackets)
	}
	h.closes(0, 99, 101)
	last := h.brackets[len(h.brackets)-1]
	if last[0] != 96_00 {
		t.Errorf("the stop moved to %v, want it to stay", last[0])
	}
	if len(h.sent) != 1 {
		t.Errorf("%d orders while holding, want the entry only", len(h.sent))
	}
}

func TestBollingerReversionProtectsWhatARestartFinds(t *testing.T) {
	h := newHost(t, mustNew(t, "bollinger-reversion", "period=10"), "XBT/CAD")
	h.shut = true
	h.closes(0, flatBand(10)...)
	h.shut, h.position[0], h.brackets = false, Position{Qty: 1, AvgPrice: 97}, nil
	h.closes(0, 99)
	if len(h.brackets) != 1 || h.brackets[0][0] >= 96_00 || h.brackets[0][0] < 90_00 {
		t.Errorf("brackets %v, want one with a stop a little below 97-2", h.brackets)
	}
}

func TestBollingerReversionTakesBackTheRestOfAPartialFill(t *testing.T) {
	h := bollinger(t)
	h.position[0] = Position{Qty: 0.5, AvgPrice: 98} // and the order still rests
	h.closes(0, 99)
	if !slices.Equal(h.cancels, []exchange.OrderID{h.sent[0].ID}) || len(h.brackets) != 1 {
		t.Errorf("cancels %v, brackets %v; want the rest cancelled and a bracket", h.cancels, h.brackets)
	}
}

func TestBollingerReversionDoesNotRepeatARefusedLimit(t *testing.T) {
	h := bollinger(t)
	h.end(h.sent[0].ID, exchange.Denied, exchange.CodeNone)
	h.closes(0, 99, 101, 99, 101) // the band stays where it is
	if len(h.sent) != 1 {
		t.Errorf("%d orders, want 1", len(h.sent))
	}
}
