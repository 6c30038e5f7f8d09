package strategy

import (
	"math"
	"slices"
	"testing"

	"breakwater/exchange"
	"breakwater/exchange/money"

	"pgregory.net/rapid"
)

func grid(t *testing.T) (*ledgerless, *Grid) {
	g := mustNew(t, "grid", "step=0.1", "levels=3", "weight=0.9").(*Grid)
	h := newHost(t, g, "XBT/CAD")
	h.closes(0, 100)
	return h, g
}

func prices(orders []exchange.Order, side exchange.Side) []money.Price {
	var p []money.Price
	for _, o := range orders {
		if o.Side == side {
			p = append(p, o.Price)
		}
	}
	slices.Sort(p)
	return p
}

func TestGridRestsBuysOnTheLevelsBelow(t *testing.T) {
	h, g := grid(t)
	// 1.1^48 = 97.01, 1.1^47 = 88.19, 1.1^46 = 80.17
	if got := prices(h.open, exchange.Buy); !slices.Equal(got, []money.Price{80_17, 88_19, 97_01}) {
		t.Fatalf("buys at %v", got)
	}
	for _, o := range h.open {
		if cost := float64(o.Qty) * float64(o.Price) / 1e6; cost > 3000 || cost < 2995 {
			t.Errorf("%+v costs %v, want a third of 9000", o, cost)
		}
	}
	n := len(h.sent)
	h.closes(0, 101, 99, 106, 97.5)
	if len(h.sent) != n || len(h.cancels) != 0 {
		t.Errorf("orders moved while the market stayed between two levels: %+v", h.sent[n:])
	}
	if got := g.level(48); math.Abs(got-97.0172) > 0.001 {
		t.Errorf("level 48 is %v", got)
	}
}

func TestGridOffersAFillOneLevelHigherAndFillsTheGapAfterTheSale(t *testing.T) {
	h, _ := grid(t)
	h.fill(h.open[0].ID, 97.01)
	if got := prices(h.open, exchange.Sell); !slices.Equal(got, []money.Price{106_72}) {
		t.Fatalf("sells at %v, want 106.72", got)
	}
	h.position[0].Reserved = h.position[0].Qty
	h.closes(0, 98)
	if got := prices(h.open, exchange.Buy); !slices.Equal(got, []money.Price{80_17, 88_19}) {
		t.Errorf("buys at %v: the level whose coins are offered must stay empty", got)
	}
	h.fill(h.open[len(h.open)-1].ID, 106.72)
	h.closes(0, 106)
	if got := prices(h.open, exchange.Buy); !slices.Equal(got, []money.Price{80_17, 88_19, 97_01}) {
		t.Errorf("buys at %v, want the level back", got)
	}
}

func TestGridFollowsARisingMarket(t *testing.T) {
	h, _ := grid(t)
	h.closes(0, 150)
	for _, id := range slices.Clone(h.cancels) {
		h.end(id, exchange.Cancelled, exchange.CodeUserRequested)
	}
	h.closes(0, 150)
	if got := prices(h.open, exchange.Buy); !slices.Equal(got, []money.Price{117_39, 129_12, 142_04}) {
		t.Errorf("buys at %v, want the three levels below 150", got)
	}
}

func TestGridRestartFindsItsOrders(t *testing.T) {
	h, _ := grid(t)
	h.fill(h.open[0].ID, 97.01)
	h.position[0].Reserved = h.position[0].Qty
	n := len(h.sent)
	h.strategy = mustNew(t, "grid", "step=0.1", "levels=3", "weight=0.9")
	h.closes(0, 98)
	if len(h.sent) != n || len(h.cancels) != 0 {
		t.Errorf("after a restart it sent %+v and cancelled %v, want nothing", h.sent[n:], h.cancels)
	}
}

func TestGridOffersWhatARestartFindsAboveItsCost(t *testing.T) {
	h := newHost(t, mustNew(t, "grid", "step=0.1", "levels=3"), "XBT/CAD")
	h.position[0] = Position{Qty: 5, AvgPrice: 120}
	h.closes(0, 100)
	if got := prices(h.open, exchange.Sell); !slices.Equal(got, []money.Price{129_13}) {
		t.Errorf("sells at %v, want 129.13, the level above the cost", got)
	}
}

func TestGridWaitsWithADeniedLevelUntilTheMarketMoves(t *testing.T) {
	h, _ := grid(t)
	for _, o := range slices.Clone(h.open) {
		h.end(o.ID, exchange.Denied, exchange.CodeNone)
	}
	n := len(h.sent)
	h.closes(0, 101, 102, 103)
	if len(h.sent) != n {
		t.Errorf("%d more orders while the market stood on its level", len(h.sent)-n)
	}
}

func TestGridLevelsBracketEveryPrice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := &Grid{Step: rapid.Float64Range(0.001, 0.5).Draw(t, "step")}
		price := rapid.Float64Range(1e-8, 1e9).Draw(t, "price")
		n := g.levelBelow(price)
		if g.level(n) > price || g.level(n+1) <= price {
			t.Errorf("level %d is %v, level %d %v: not around %v", n, g.level(n), n+1, g.level(n+1), price)
		}
	})
}
