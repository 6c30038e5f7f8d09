package risk

import (
	"math"
	"strings"
	"testing"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// penny adds a pair of the smallest numbers, 1 DOG/CAD: tick, lot and unit are 1, and it is
// worth one unit of the account's currency.
func penny(t *testing.T, limits Limits, change ...func(*Config)) *desk {
	t.Helper()
	d := open(t, limits, append([]func(*Config){func(c *Config) {
		c.Catalog.AddAsset("DOG", 0)
		if _, err := c.Catalog.Add(exchange.Spec{Symbol: "DOG/CAD", PriceDecimals: 4, Tick: 1, OrderMin: 1}); err != nil {
			t.Fatal(err)
		}
	}}, change...)...)
	d.holdings(10_000*cad, xbt)
	d.play(exchange.Event{Kind: exchange.KindTrade, Instrument: 1, Price: 1, Qty: 1})
	return d
}

func (d *desk) dog(side exchange.Side, qty money.Qty, price money.Price) *exchange.Order {
	o := d.order(side, qty, int64(price))
	o.Instrument = 1
	return o
}

// decides is the whole verdict on an order, without sending it.
func (d *desk) decides(o *exchange.Order) string {
	d.Helper()
	var v Verdict
	d.g.s.decide(&decision{o: o}, &v)
	all := []string{}
	for _, r := range v.Reasons {
		all = append(all, r.String())
	}
	return strings.Join(all, "; ")
}

// Each form of order is either in order or refused with its one reason, and with no other:
// what has no form is not computed with.
func TestEveryFormHasItsOneAnswer(t *testing.T) {
	const (
		size, limit, trigger, distance = "quantity is not positive", "limit price does not fit the type", "trigger does not fit the type", "a trailing order needs one distance"
		out, post, expiry              = "a price or distance is out of range", "post-only goes with a resting limit", "expiry does not fit the time in force"
		spend, ice, unknown            = "an amount to spend goes with a market buy without quantity", "an iceberg shows at least a fifteenth", "type, side or time in force is unknown"
	)
	d := penny(t, wide())
	for i, c := range []struct {
		change func(*exchange.Order)
		want   string
	}{
		{func(o *exchange.Order) {}, ""},
		{func(o *exchange.Order) { o.Qty = 0 }, size},
		{func(o *exchange.Order) { o.Side = exchange.Sell + 1 }, unknown},
		{func(o *exchange.Order) { o.TIF = exchange.GTD + 1 }, unknown},
		{func(o *exchange.Order) { o.Type = 99 }, unknown},
		{func(o *exchange.Order) { o.Price = 0 }, limit},
		{func(o *exchange.Order) { o.Type = exchange.Market }, limit},
		{func(o *exchange.Order) { o.Type, o.Price = exchange.Market, 0 }, ""},
		{func(o *exchange.Order) { o.Trigger = 1 }, trigger},
		{func(o *exchange.Order) { o.Type, o.Price, o.Trigger = exchange.StopLoss, 0, 1 }, ""},
		{func(o *exchange.Order) { o.Type, o.Price = exchange.StopLoss, 0 }, trigger},
		{func(o *exchange.Order) { o.Type, o.Trigger = exchange.StopLossLimit, 1 }, ""},
		{func(o *exchange.Order) { o.Type, o.Price, o.Trail = exchange.TrailingStop, 0, 1 }, ""},
		{func(o *exchange.Order) { o.Type, o.Price, o.TrailPPM = exchange.TrailingStop, 0, 1 }, ""},
		{func(o *exchange.Order) { o.Type, o.Price, o.Trail, o.TrailPPM = exchange.TrailingStop, 0, 1, 1 }, distance},
		{func(o *exchange.Order) { o.Type, o.Price = exchange.TrailingStop, 0 }, distance},
		{func(o *exchange.Order) { o.Type, o.Price, o.Trail = exchange.TrailingStopLimit, 0, 1 }, ""},
		{func(o *exchange.Order) { o.Type, o.Price, o.TrailPPM = exchange.TrailingStop, 0, money.PPM-1 }, ""},
		{func(o *exchange.Order) { o.Type, o.Price, o.TrailPPM = exchange.TrailingStop, 0, money.PPM }, out},
		{func(o *exchange.Order) { o.Trigger = -1 }, out},
		{func(o *exchange.Order) { o.Trail = -1 }, out},
		{func(o *exchange.Order) { o.TrailPPM = -1 }, out},
		{func(o *exchange.Order) { o.Price = -1 }, limit + "|" + out},
		{func(o *exchange.Order) { o.PostOnly = true }, ""},
		{func(o *exchange.Order) { o.PostOnly, o.Type, o.Display = true, exchange.Iceberg, 15 }, ""},
		{func(o *exchange.Order) {
			o.PostOnly, o.TIF, o.Type, o.Display = true, exchange.IOC, exchange.Iceberg, 15
		}, post},
		{func(o *exchange.Order) { o.PostOnly, o.TIF = true, exchange.FOK }, post},
		{func(o *exchange.Order) { o.PostOnly, o.TIF = true, exchange.IOC }, post},
		{func(o *exchange.Order) { o.PostOnly, o.Type, o.Price = true, exchange.Market, 0 }, post},
		{func(o *exchange.Order) { o.PostOnly, o.TIF, o.Expire = true, exchange.GTD, d.now+1 }, ""},
		{func(o *exchange.Order) { o.TIF, o.Expire = exchange.GTD, d.now }, expiry},
		{func(o *exchange.Order) { o.Expire = 1 }, expiry},
		{func(o *exchange.Order) { o.TIF = exchange.GTD }, expiry},
		{func(o *exchange.Order) { o.Type, o.Price, o.Qty, o.Cash = exchange.Market, 0, 0, 1 }, ""},
		{func(o *exchange.Order) { o.Type, o.Price, o.Qty, o.Cash = exchange.Market, 0, 0, -1 }, spend},
		{func(o *exchange.Order) { o.Type, o.Price, o.Cash = exchange.Market, 0, 1 }, spend},
		{func(o *exchange.Order) { o.Type, o.Price, o.Qty, o.Cash, o.CashStep = exchange.Market, 0, 0, 1, -1 }, spend},
		{func(o *exchange.Order) { o.Type, o.Price, o.Qty, o.Cash, o.CashStep = exchange.Market, 0, 0, 1, 1 }, ""},
		{func(o *exchange.Order) { o.Qty, o.Cash = 0, 1 }, spend},
		{func(o *exchange.Order) {
			o.Side, o.Type, o.Price, o.Qty, o.Cash = exchange.Sell, exchange.Market, 0, 0, 1
		}, spend},
		{func(o *exchange.Order) { o.Type, o.Display = exchange.Iceberg, 15 }, ""},
		{func(o *exchange.Order) { o.Type, o.Display = exchange.Iceberg, 1 }, ""},
		{func(o *exchange.Order) { o.Type, o.Display = exchange.Iceberg, 16 }, ice},
		{func(o *exchange.Order) { o.Type, o.Display = exchange.Iceberg, 0 }, ice},
		{func(o *exchange.Order) { o.Close.On, o.Close.Type = true, exchange.Market }, "a conditional close needs a price"},
		{func(o *exchange.Order) { o.Close.On, o.Close.Type = true, exchange.Limit }, ""},
		{func(o *exchange.Order) { o.Close.Type = exchange.Market }, ""},
	} {
		o := d.dog(exchange.Buy, 15, 1)
		if c.change(o); o.Side == exchange.Sell {
			o.Instrument = 0
		}
		want := []string{}
		for _, w := range strings.Split(c.want, "|") {
			if w != "" {
				want = append(want, `order-form text="`+w+`"`)
			}
		}
		if got := d.decides(o); got != strings.Join(want, "; ") {
			t.Errorf("%d: %+v: %q, want %q", i, o, got, c.want)
		}
	}
	d.g.s.limits.Profile = ""
	if got, want := d.decides(d.dog(exchange.Buy, 0, 1)), `order-form text="no limits are set"; order-form text="quantity is not positive"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestTheLeastCostOfAPairHoldsExactly(t *testing.T) {
	d := penny(t, wide())
	in := &d.g.s.acct.catalog.Instruments[1]
	in.CostMin, in.OrderMin = 2, 2
	for qty, want := range map[money.Qty]string{
		1: `order-form qty=1 min=2 text="below the pair's minimum"; order-form cost=0.0001 min=0.0002 text="cost is below the pair's minimum"`,
		2: "",
	} {
		if got := d.decides(d.dog(exchange.Buy, qty, 1)); got != want {
			t.Errorf("%d: %s, want %s", qty, got, want)
		}
	}
	in.OrderMin = 1
	if got := d.decides(d.dog(exchange.Buy, 1, 2)); got != "" {
		t.Errorf("a cost of exactly the least: %s", got)
	}
	xbt := &d.g.s.acct.catalog.Instruments[0]
	xbt.CostMin = 5 // 20000 lots at 2.5 units: 4.2 rounds up to it
	if got := d.decides(d.order(exchange.Buy, 21_000, 2*cad)); got != "" {
		t.Errorf("a cost that rounds up to the least: %s", got)
	}
}

// Without a reference price nothing is computed, and the order stays here; the smallest
// price is one.
func TestTheSmallestPriceIsAPrice(t *testing.T) {
	d := penny(t, wide())
	if got := d.decides(d.dog(exchange.Buy, 5, 1)); got != "" {
		t.Error(got)
	}
	d.g.s.acct.mark[1] = 0
	want := `price-collar text="no reference price"; max-order-notional text="no fresh rate to the account's currency, an asset without a price, or the cost overflows"; max-open-orders value=0.0000 limit=922337203685477.5807 text="unexecuted value"`
	if got := d.decides(d.dog(exchange.Buy, 5, 1)); !strings.HasPrefix(want, got) || !strings.Contains(got, "no fresh rate") {
		t.Errorf("%s, want %s", got, want)
	}
}

// measured is what the checks compute with.
func (d *desk) measured(o *exchange.Order) decision {
	m := decision{o: o, in: &d.g.s.acct.catalog.Instruments[o.Instrument], opens: o.Side == exchange.Buy}
	d.g.s.measure(&m)
	return m
}

// A cost is at the worst price with the worst fee, both rounded up; an amount to spend has its
// fee inside; a sale costs coins, and the fee with them where it is paid in them.
func TestWhatAnOrderCouldCost(t *testing.T) {
	d := penny(t, wide(), func(c *Config) { c.FeePPM = 3333 })
	for i, c := range []struct {
		order                 exchange.Order
		gross, cost, notional money.Amount
	}{
		{exchange.Order{Qty: 1_000_001, Type: exchange.Limit, Price: 9_000 * cad}, 900_001, 903_001, 900_001}, // 900000.9 and 2999.7
		{exchange.Order{Qty: 1_000_001}, 1_000_001, 1_003_335, 1_000_001},                                     // at the reference price; 3333.003
		{exchange.Order{Qty: 1_000_000, Trigger: 11_000 * cad, Type: exchange.StopLoss}, 1_100_000, 1_103_667, 1_100_000},
		{exchange.Order{Qty: 1_000_000, Trigger: 9_000 * cad, Type: exchange.TakeProfit}, 1_000_000, 1_003_333, 1_000_000},
		{exchange.Order{Qty: 1_000_000, Price: 9_500 * cad, Trigger: 9_000 * cad, Type: exchange.TakeProfitLimit}, 950_000, 953_167, 950_000},
		{exchange.Order{Cash: 12_345}, 12_345, 12_345, 12_345},
		{exchange.Order{Side: exchange.Sell, Qty: 1_000_001}, 0, 1_000_001, 0},
		{exchange.Order{Side: exchange.Sell, Qty: 1_000_001, FeeInBase: true}, 0, 1_003_335, 0},
	} {
		if m := d.measured(&c.order); !m.counted || m.gross != c.gross || m.cost != c.cost || m.notional != c.notional {
			t.Errorf("%d: %v: gross %d, cost %d, notional %d", i, m.counted, m.gross, m.cost, m.notional)
		}
	}
	for name, o := range map[string]exchange.Order{
		"a cost that does not fit": {Qty: math.MaxInt64, Type: exchange.Limit, Price: math.MaxInt64},
		"with its fee":             {Qty: xbt, Type: exchange.Limit, Price: math.MaxInt64},
		"coins with their fee":     {Side: exchange.Sell, Qty: math.MaxInt64, FeeInBase: true, Instrument: 1},
	} {
		if m := d.measured(&o); m.counted && m.cost >= 0 {
			t.Errorf("%s: counted with %d", name, m.cost)
		}
	}
	d.g.s.acct.unrated = 1 // a coin without a price: the equity is not all there
	if m := d.measured(&exchange.Order{Qty: 1000}); m.counted {
		t.Error("counted with an equity that is not whole")
	}
}

// Sales are counted at the better of limit and market, buys at the worse of limit and
// trigger.
func TestTheWorstPriceOfAnOrder(t *testing.T) {
	for _, c := range []struct {
		side                      exchange.Side
		price, trigger, ref, want money.Price
	}{
		{exchange.Buy, 0, 0, 10, 10}, {exchange.Buy, 9, 0, 10, 9}, {exchange.Buy, 1, 0, 10, 1}, {exchange.Buy, 11, 0, 10, 11},
		{exchange.Buy, 0, 12, 10, 12}, {exchange.Buy, 0, 8, 10, 10}, {exchange.Buy, 9, 12, 10, 12}, {exchange.Buy, 9, 8, 10, 9},
		{exchange.Sell, 0, 0, 10, 10}, {exchange.Sell, 9, 0, 10, 10}, {exchange.Sell, 11, 0, 10, 11}, {exchange.Sell, 0, 15, 10, 10},
	} {
		if got := worst(&exchange.Order{Side: c.side, Price: c.price, Trigger: c.trigger}, c.ref); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestAFlattenThatWaitsForASaneMarketSaysJustThat(t *testing.T) {
	d := open(t, wide())
	d.code(exchange.KindOperator, exchange.CodeFlatten)
	d.g.Halt("drill")
	d.g.trip(latch{control: VenueSanity, scope: ByPair, level: Paused, cause: "drill"})
	if got, want := d.decides(d.sell(xbt/100)), `halt-keeps-positions text="flatten waits until the market is sane"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	d.g.heal(VenueSanity, ByPair, 0)
	if got := d.decides(d.sell(xbt / 100)); got != "" {
		t.Errorf("a sane market: %s", got)
	}
	if got, want := d.decides(d.buy(xbt/100)), `reconcile text="HALTED"; halt-keeps-positions text="everything is being sold"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestOneFactIsEnoughForAControlThatNeedsAny(t *testing.T) {
	for _, c := range All() {
		need := Declarations[c].Facts
		if got := c.Applicable(0); got != (need == 0) {
			t.Errorf("%v without facts: %v", c, got)
		}
		for bit := range 32 {
			if fact := exchange.Facts(1) << bit; c.Applicable(fact) != (need == 0 || need&fact != 0) {
				t.Errorf("%v with %v", c, fact.Names())
			}
		}
	}
}

// The book keeps the best thousand levels of a side; a level beyond them is no change.
func TestABookKeepsItsBestLevels(t *testing.T) {
	for _, side := range []exchange.Side{exchange.Buy, exchange.Sell} {
		var book depth
		far := func(n int) money.Price {
			if side == exchange.Buy {
				return money.Price(5000 - n)
			}
			return money.Price(5000 + n)
		}
		for n := range 1000 {
			if !book.set(side, far(n+1), 1) {
				t.Fatal("a new level is no change")
			}
		}
		if book.set(side, far(1001), 1) || len(book.side[side]) != 1000 {
			t.Errorf("%d levels", len(book.side[side]))
		}
		if !book.set(side, far(0), 7) || len(book.side[side]) != 1000 {
			t.Errorf("%d levels", len(book.side[side]))
		}
		if best, last := book.side[side][0], book.side[side][999]; best != (level{far(0), 7}) || last != (level{far(999), 1}) {
			t.Errorf("best %v, last %v", best, last)
		}
		if !book.set(side, far(5), 3) || book.side[side][5].qty != 3 {
			t.Error("a quantity that changes is not kept")
		}
	}
}

// A top of the book may have an empty side.
func TestATopMayHaveAnEmptySide(t *testing.T) {
	var book depth
	book.top(0, 5, 1, 5)
	if _, _, ok := book.best(); ok || book.within(exchange.Buy, 1) != 5 || len(book.side[exchange.Buy]) != 0 {
		t.Errorf("%+v", book)
	}
	book.top(1, 5, 0, 5)
	if _, _, ok := book.best(); ok || book.within(exchange.Sell, 1) != 5 || len(book.side[exchange.Sell]) != 0 {
		t.Errorf("%+v", book)
	}
	book.top(1, 5, 2, 5)
	if bid, ask, ok := book.best(); !ok || bid != 1 || ask != 2 {
		t.Errorf("%d, %d, %v", bid, ask, ok)
	}
	if p, ok := book.walk(exchange.Buy, 5); !ok || p != 2 {
		t.Errorf("walk: %d, %v", p, ok)
	}
	if _, ok := book.walk(exchange.Buy, 6); ok {
		t.Error("walked beyond the book")
	}
}

func TestExplainSaysWhatAControlNeedsAndWhetherItSurvives(t *testing.T) {
	for c, want := range map[Control][]string{
		DailyLoss: {"daily-loss\n", "  needs     none beyond orders, fills and prices\n", "  survives  yes: its state is a fold of the records\n"},
		ClockSkew: {"clock-skew\n", "  needs     " + strings.Join(exchange.FactClock.Names(), ", ") + "; where the source declares one absent, it is not applicable\n", "  survives  no: it is recomputed from what comes in\n"},
	} {
		var b strings.Builder
		if err := Explain(&b, c); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(b.String(), w) {
				t.Errorf("%v lacks %q:\n%s", c, w, b.String())
			}
		}
	}
}

func TestATeeEndsWithTheFirstError(t *testing.T) {
	var first, last log
	full := log{failAt: 1}
	if err := (Tee{&first, &full, &last}).Record(&Record{Type: RecNote}, true); err == nil || len(first.records) != 1 || !first.durable[0] || len(last.records) != 0 {
		t.Errorf("%v: %d and %d records", err, len(first.records), len(last.records))
	}
	if err := (Tee{&first, &last}).Record(&Record{Type: RecNote}, false); err != nil || len(first.records) != 2 || len(last.records) != 1 || last.durable[0] {
		t.Errorf("%v: %d and %d records", err, len(first.records), len(last.records))
	}
}
