package strategy

import (
	"math"
	"testing"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func TestBudgetSharesWhatIsInTheQuoteAsset(t *testing.T) {
	h := newHost(t, nil, "XBT/CAD", "ETH/CAD", "ETH/XBT", "XRP/CAD")
	h.last = []money.Price{100_00, 10_00, 10, 1_00}
	h.position[0] = Position{Qty: 5, AvgPrice: 90}
	h.open = []exchange.Order{
		{ID: 1, Instrument: 1, Side: exchange.Buy, Type: exchange.Limit, Qty: 50_0000, Price: 9_00},
		{ID: 2, Instrument: 0, Side: exchange.Sell, Type: exchange.Limit, Qty: 5_0000, Price: 200_00},
	}
	h.cash = 1000
	h.ctx.Focus(3)
	var d desk
	// 1000 free, 5 coins at 100, 50 at 9 on order, for three pairs against CAD
	if got := d.budget(h.ctx); math.Abs(got-(1000+500+450)/3.0) > 1e-9 {
		t.Errorf("budget %v, want 650", got)
	}
	h.ctx.Focus(2)
	if got := d.budget(h.ctx); got != 1000 {
		t.Errorf("budget %v of the only pair against XBT, want all of it", got)
	}
}

func TestAffordableLeavesRoomAndKeepsTheMinimum(t *testing.T) {
	h := newHost(t, nil, "XBT/CAD")
	in := &h.catalog.Instruments[0]
	in.CostMin = money.Amount(5 * money.Pow10[h.catalog.Assets[in.Quote].Decimals])
	h.ctx.Focus(0)
	h.cash = 1000
	for what, c := range map[string]struct{ qty, price, want float64 }{
		"enough cash":             {2, 100, 2},
		"cash for most":           {12, 100, 9.8},
		"cash for less than half": {30, 100, 0},
		"below the lot minimum":   {0.0009, 100_000, 0},
		"below the cost":          {0.01, 100, 0},
		"cost minimum in whole":   {0.05, 100, 0}, // rounded down to the lot it could be less
		"just above the cost":     {0.0502, 100, 0.0502},
	} {
		if got := affordable(h.ctx, c.qty, c.price); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %v of %v at %v, want %v", what, got, c.qty, c.price, c.want)
		}
	}
}

func TestDustIsNoPosition(t *testing.T) {
	h := newHost(t, nil, "XBT/CAD")
	h.last[0] = 100_00
	h.ctx.Focus(0)
	for qty, want := range map[float64]bool{0: false, 0.0009: false, 0.001: true} {
		if h.position[0] = (Position{Qty: qty}); holding(h.ctx) != want {
			t.Errorf("holding %v: %v, want %v", qty, holding(h.ctx), want)
		}
	}
}

func TestStateGrowsWithItsInstruments(t *testing.T) {
	var s series[int]
	*s.of(3) = 7
	if len(s.states) != 4 || *s.of(3) != 7 || *s.of(1) != 0 {
		t.Errorf("%+v", s.states)
	}
	state, isNew := s.at(&Bar{Instrument: 9, Interval: 60})
	if !isNew || state == nil {
		t.Error("the first bar of an instrument must make its state")
	}
	if state, _ := s.at(&Bar{Instrument: 9, Interval: 3600}); state != nil {
		t.Error("a longer interval must pass by")
	}
	if _, isNew := s.at(&Bar{Instrument: 9, Interval: 1}); !isNew {
		t.Error("a shorter interval must begin anew")
	}
}
