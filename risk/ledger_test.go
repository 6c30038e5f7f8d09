package risk

import (
	"math"
	"strings"
	"testing"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// ledger is an account alone: 0 CAD in cents, 1 XBT, 2 ETH; 0 XBT/CAD in lots of 0.0001, 1
// ETH/XBT.
func ledger(t *testing.T) *account {
	t.Helper()
	cat := exchange.NewCatalog()
	cat.AddAsset("CAD", 2)
	cat.AddAsset("XBT", 8)
	cat.AddAsset("ETH", 8)
	for _, s := range []exchange.Spec{{Symbol: "XBT/CAD", PriceDecimals: 1, LotDecimals: 4, Tick: 1}, {Symbol: "ETH/XBT", PriceDecimals: 5, LotDecimals: 8, Tick: 1}} {
		if _, err := cat.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	return newAccount(cat, 0, 4000, 0)
}

func (a *account) books(t *testing.T, asset exchange.AssetID, delta money.Amount) {
	t.Helper()
	if err := a.book(asset, delta); err != nil {
		t.Fatal(err)
	}
}

// A coin counts in the equity from the moment on that the whole way to the account's
// currency has prices, each step rounded down.
func TestACoinCountsOnceItsWholeRouteHasPrices(t *testing.T) {
	a := ledger(t)
	a.books(t, 0, 1000)
	a.books(t, 2, 150_000_000) // 1.5 ETH
	if a.unrated != 1 || a.equity != 1000 {
		t.Fatalf("unrated %d, equity %d", a.unrated, a.equity)
	}
	a.setMark(1, 3_333) // 0.03333 XBT
	if a.unrated != 1 || a.equity != 1000 {
		t.Fatalf("half a route: unrated %d, equity %d", a.unrated, a.equity)
	}
	a.setMark(0, 1) // 0.1 CAD
	if a.unrated != 0 || a.equity != 1000 {
		t.Fatalf("at the smallest price: unrated %d, equity %d", a.unrated, a.equity)
	}
	a.setMark(0, 100_007) // 1.5 * 0.03333 = 0.0499950 XBT, at 10,000.7 CAD 499.98499…
	if a.unrated != 0 || a.equity != 1000+499_98 {
		t.Errorf("unrated %d, equity %d", a.unrated, a.equity)
	}
	if v, ok := a.inCurrency(150_000_000, 2, money.Ceil); !ok || v != 499_99 {
		t.Errorf("rounded up: %d %v", v, ok)
	}
	a.books(t, 2, -150_000_000)
	if a.unrated != 0 || a.equity != 1000 {
		t.Errorf("sold: unrated %d, equity %d", a.unrated, a.equity)
	}
}

func TestACoinWithoutARateThatIsGoneIsNotMissed(t *testing.T) {
	a := ledger(t)
	a.books(t, 2, 5)
	a.books(t, 2, 5)
	a.books(t, 2, -9)
	if a.unrated != 1 {
		t.Fatalf("%d assets without a rate", a.unrated)
	}
	a.books(t, 2, -1)
	if a.unrated != 0 {
		t.Fatalf("%d assets without a rate", a.unrated)
	}
}

func TestABalanceThatCannotBeIsADifference(t *testing.T) {
	a := ledger(t)
	a.books(t, 0, 10)
	for delta, want := range map[money.Amount]string{-11: "balance of CAD would become -1", math.MaxInt64: "balance of CAD would become"} {
		if err := a.book(0, delta); err == nil || !strings.Contains(err.Error(), want) || a.balance[0] != 10 {
			t.Errorf("%d: %v, balance %d", delta, err, a.balance[0])
		}
	}
	a.books(t, 0, -10)
	a.setMark(0, math.MaxInt64)
	if err := a.book(1, math.MaxInt64/2); err == nil || !strings.Contains(err.Error(), "value of XBT overflows") {
		t.Error(err)
	}
	a = ledger(t)
	a.books(t, 1, math.MaxInt64/2)
	if a.setMark(0, math.MaxInt64) {
		t.Error("a worth that overflows was taken")
	}
	if !a.setMark(0, 1) {
		t.Error("a worth that fits was refused")
	}
}

func TestAWorthThatOverflowsHalts(t *testing.T) {
	d := open(t, wide())
	d.play(exchange.Event{Kind: exchange.KindTrade, Price: math.MaxInt64, Qty: 1})
	if l := d.latched(Reconcile); l == nil || l.Cause != "the account's worth overflows" || d.g.Level() != Halted {
		t.Errorf("%+v", d.g.Status().Latches)
	}
}

// trades books a fill of an order, which must be open.
func (a *account) trades(t *testing.T, id exchange.OrderID, qty money.Qty, cost, fee money.Amount, feeAsset exchange.AssetID, state exchange.State) (profit money.Amount, sold bool) {
	t.Helper()
	oo := a.find(id)
	ev := exchange.Event{Order: id, Side: oo.order.Side, Qty: qty, Cost: cost, Fee: fee, FeeAsset: feeAsset, TradeID: nextTrade(a), State: state}
	profit, sold = a.saleProfit(oo, &ev)
	if err := a.onFill(&ev); err != nil {
		t.Fatal(err)
	}
	if !state.Done() && (oo.sold != sold || oo.profit != profit) {
		t.Errorf("foretold %d %v, booked %d %v", profit, sold, oo.profit, oo.sold)
	}
	return profit, sold
}

// A sale's profit is of what the strategy bought itself, after the fees of both sides, in
// whichever asset they were paid.
func TestASalesProfitIsAfterAllFees(t *testing.T) {
	a := ledger(t)
	a.books(t, 0, 1_000_000)
	a.books(t, 1, 100_000_000) // an XBT that nobody bought
	a.setMark(0, 100_000)
	a.add(&exchange.Order{ID: 1, Side: exchange.Buy, Qty: 10}, 100_000)
	if _, sold := a.trades(t, 1, 10, 1000, 7, 0, exchange.Filled); sold { // 0.001 XBT for 10.00 and 0.07
		t.Error("a buy is no sale")
	}
	if b := a.slot(0); b.held[0] != 10 || b.cost[0] != 1007 {
		t.Fatalf("%+v", b)
	}
	a.release(1)
	a.add(&exchange.Order{ID: 2, Side: exchange.Sell, Qty: 14}, 140_000)
	if profit, sold := a.trades(t, 2, 1, 110, 3, 0, exchange.Working); !sold || profit != 110-3-101 { // 100.7 of the cost is gone, to the nearest cent
		t.Errorf("one lot sold: %d, %v", profit, sold)
	}
	// of 12 lots 9 were bought: 906 of cost, 9/12 of the proceeds
	if profit, sold := a.trades(t, 2, 12, 1320, 0, 0, exchange.Working); !sold || profit != 6+990-906 {
		t.Errorf("the rest and more: %d, %v", profit, sold)
	}
	if b := a.slot(0); b.held[0] != 0 || b.cost[0] != 0 {
		t.Errorf("%+v", b)
	}
	if profit, sold := a.trades(t, 2, 1, 500, 0, 0, exchange.Filled); !sold || profit != 90 {
		t.Errorf("what nobody bought makes no profit: %d, %v", profit, sold)
	}
	a.release(2)
	a.add(&exchange.Order{ID: 3, Side: exchange.Sell, Qty: 5}, 50_000)
	if profit, sold := a.trades(t, 3, 5, 500, 0, 0, exchange.Working); sold || profit != 0 {
		t.Errorf("a sale of what nobody bought: %d, %v", profit, sold)
	}
	a.release(3)
	a.add(&exchange.Order{ID: 4, Side: exchange.Buy, Qty: 10}, 100_000)
	a.trades(t, 4, 10, 1000, 0, 0, exchange.Filled)
	a.release(4)
	a.add(&exchange.Order{ID: 5, Side: exchange.Sell, Qty: 9}, 100_000)
	// a fee of a lot, paid in coins, takes what the lot had cost with it
	if profit, sold := a.trades(t, 5, 8, 1600, 10_000, 1, exchange.Filled); !sold || profit != 1600-900 {
		t.Errorf("a fee in coins: %d, %v", profit, sold)
	}
	if got := a.balance[1]; got != 100_000_000+10*10_000-14*10_000-5*10_000+10*10_000-9*10_000 {
		t.Errorf("%d coins", got)
	}
}

// A fill frees its share of the reserve, rounded so that the rest is never too little.
func TestAPartialFillFreesItsShareOfTheReserve(t *testing.T) {
	a := ledger(t)
	a.books(t, 0, 1_000_000)
	a.setMark(0, 100_000)
	a.add(&exchange.Order{ID: 1, Side: exchange.Buy, Qty: 7}, 1000)
	for _, c := range []struct {
		fill money.Qty
		left money.Amount
	}{{1, 858}, {2, 572}, {3, 143}} { // 857.1…, then 4/6 of 858, 1/4 of 572
		a.trades(t, 1, c.fill, 10, 0, 0, exchange.Working)
		if oo := a.find(1); oo.reserve != c.left || a.held[0] != c.left || a.buying[0] != c.left || a.slot(0).buying[0] != c.left {
			t.Fatalf("after %d: reserve %d, held %d, buying %d %d; want %d", c.fill, oo.reserve, a.held[0], a.buying[0], a.slot(0).buying[0], c.left)
		}
	}
	if err := a.onFill(&exchange.Event{Order: 1, Qty: 2, Cost: 1, State: exchange.Filled}); err == nil || err.Error() != "order 1 filled 8 of 7 lots" {
		t.Errorf("filled beyond its quantity: %v", err)
	}
	a.release(1)
	a.add(&exchange.Order{ID: 3, Side: exchange.Buy, Qty: 1}, 10)
	a.trades(t, 3, 1, 4, 0, 0, exchange.Working) // its end comes later
	if oo := a.find(3); oo.reserve != 0 {
		t.Errorf("filled, and %d held", oo.reserve)
	}
	if err := a.onFill(&exchange.Event{Order: 3, Qty: 1, Cost: 1, State: exchange.Filled}); err == nil || err.Error() != "order 3 filled 2 of 1 lots" {
		t.Errorf("filled beyond its quantity: %v", err)
	}
	a.release(3)
	if a.held[0] != 0 || a.buying[0] != 0 || a.slot(0).buying[0] != 0 || a.find(1) != nil {
		t.Error("an order that is over still holds something")
	}
	a.add(&exchange.Order{ID: 2, Side: exchange.Buy, Cash: 1000}, 1000)
	a.trades(t, 2, 3, 300, 7, 0, exchange.Working)
	if oo := a.find(2); oo.reserve != 693 {
		t.Errorf("of an amount to spend %d is left", oo.reserve)
	}
	a.trades(t, 2, 7, 700, 10, 0, exchange.Working)
	if oo := a.find(2); oo.reserve != 0 || a.held[0] != 0 {
		t.Errorf("of an amount to spend %d is left", oo.reserve)
	}
}

// Exposures are rounded against us.
func TestExposureIsTheWorstCase(t *testing.T) {
	a := ledger(t)
	a.books(t, 1, 123_450_000) // 1.2345 XBT
	a.setMark(0, 100_001)
	if v, ok := a.exposure(&a.catalog.Instruments[0], 100_001); !ok || v != 12345_13 { // 12345.12345
		t.Errorf("held: %d, %v", v, ok)
	}
	a.add(&exchange.Order{ID: 1, Side: exchange.Buy, Qty: 7}, 1000)
	if v, ok := a.exposure(&a.catalog.Instruments[0], 100_001); !ok || v != 12345_13+1000 {
		t.Errorf("with a buy: %d, %v", v, ok)
	}
	if _, ok := a.exposure(&a.catalog.Instruments[0], math.MaxInt64); ok {
		t.Error("an exposure that overflows counts")
	}
}

func TestAStrategysExposureIsInTheAccountsCurrencyOrUnknown(t *testing.T) {
	a := ledger(t)
	want := func(sum money.Amount, count int64, known bool) {
		t.Helper()
		if s, n, ok := a.slotExposure(3); ok != known || ok && (s != sum || n != count) {
			t.Fatalf("%d in %d, %v; want %d in %d, %v", s, n, ok, sum, count, known)
		}
	}
	want(0, 0, true)
	b := a.slot(3)
	b.held[0] = 1
	want(0, 0, false) // held, without a price
	a.setMark(0, 100_001)
	want(1_01, 1, true) // 0.0001 XBT at 10,000.1 CAD
	b.held[0] = 0
	a.add(&exchange.Order{ID: 1, Slot: 3, Instrument: 1, Side: exchange.Buy, Qty: 7}, 7)
	want(1, 1, true) // 0.00000007 XBT are 0.0007 CAD; a buy needs no price of its own pair
	b.held[1] = 1
	want(0, 0, false)
	a.setMark(1, 1)
	want(1, 1, true)
	b.held[0] = 2
	want(2_01+1, 2, true)
	b.held[0], b.held[1] = math.MaxInt64, 0
	want(0, 0, false)
}

// Two views of a balance may differ by the share or by a lot of the coin, whichever is more;
// where the source is exact, by nothing.
func TestABalanceDiffersByMoreThanItsShareOrALot(t *testing.T) {
	a := ledger(t)
	a.books(t, 0, 99_999)
	a.books(t, 1, 500_000)
	a.books(t, 2, 500_999)
	for _, c := range []struct {
		asset exchange.AssetID
		venue money.Amount
		ppm   int64
		want  bool
	}{
		{0, 99_900, 1000, false}, {0, 99_899, 1000, true}, // 99.999 rounds down
		{0, 100_099, 1000, false}, {0, 100_100, 1000, true}, // 0.1 % of the larger
		{1, 510_000, 1000, false}, {1, 510_001, 1000, true}, {1, 490_000, 1, false}, {1, 489_999, 1, true}, // a lot is 10,000
		{2, 500_499, 1000, false}, {2, 500_498, 1000, true}, // a lot is 1
		{1, 500_000, 0, false}, {1, 500_001, 0, true}, {1, 499_999, 0, true}, {0, 99_998, 0, true},
	} {
		if got := a.differs(c.asset, c.venue, c.ppm); got != c.want {
			t.Errorf("%d: %d and %d at %d ppm: %v", c.asset, a.balance[c.asset], c.venue, c.ppm, got)
		}
	}
}

// nextTrade is a trade's number that is not booked.
func nextTrade(a *account) uint64 {
	id := uint64(1)
	for a.booked[0].has(id) {
		id++
	}
	return id
}
