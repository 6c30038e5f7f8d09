package risk

import (
	"errors"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func init() {
	tried["size"] = sizeTrials
	ownTest[VenueExposure] = TestVenueExposureWarnsAtTheStartOfADay
}

func bound(n int64) Limit { return Limit{PPM: Unlimited, Amount: money.Amount(n * cad)} }

func buying(qty money.Qty) func(*desk) *exchange.Order {
	return func(d *desk) *exchange.Order { return d.buy(qty) }
}

func selling(qty money.Qty) func(*desk) *exchange.Order {
	return func(d *desk) *exchange.Order { return d.sell(qty) }
}

// out sends orders that stay open, once.
func out(n int, side exchange.Side, qty money.Qty) func(*desk) {
	return func(d *desk) {
		for range n - len(d.g.s.acct.open) {
			d.working(d.allowed(d.order(side, qty, d.last*cad)))
		}
	}
}

func (d *desk) tooLarge() { d.Helper(); d.denied(d.buy(xbt), MaxOrderNotional) }

func ordersOf25(c *Config) { c.Limits.Order = bound(25) }

func inModes(modes ...Mode) func(*Config) {
	return func(c *Config) {
		c.Limits.Modes = modes
		c.Slots = []SlotInfo{{Name: "one", Mode: "scalp"}, {Name: "two", Mode: "swing"}, {Name: "three", Mode: "scalp"}, {Name: "four"}}
	}
}

var sizeTrials = []trial{
	{
		control: MaxOrderNotional, setup: ordersOf25,
		ok: buying(xbt * 25 / 10_000), bad: buying(xbt*25/10_000 + 1),
		says: `max-order-notional notional=25.0001 limit=25.0000`,
	},
	{
		control: MaxOrderNotional, setup: func(c *Config) { c.Limits.Order = Limit{PPM: 1250, Amount: 1_000 * cad} }, // the stricter one
		ok: buying(xbt * 25 / 10_000), bad: buying(xbt*25/10_000 + 1),
		says: `max-order-notional notional=25.0001 limit=25.0000`,
	},
	{
		control: MaxOrderNotional, setup: ordersOf25, // the worst price: of a stop, the trigger
		ok: at(func(_ *desk, o *exchange.Order) {
			o.Type, o.Price, o.Trigger, o.Qty = exchange.StopLoss, 0, 12_500*cad, xbt*2/1000
		}),
		bad: at(func(_ *desk, o *exchange.Order) {
			o.Type, o.Price, o.Trigger, o.Qty = exchange.StopLoss, 0, 12_500*cad+1000, xbt*2/1000
		}),
		says: `max-order-notional notional=25.0002 limit=25.0000`,
	},
	{
		control: MaxOrderNotional, setup: ordersOf25,
		below: func(d *desk) { // the third is no longer within ten minutes of the first
			d.tooLarge()
			d.tick(5*time.Minute, d.last)
			d.tooLarge()
			d.tick(5*time.Minute, d.last)
			d.tooLarge()
			d.tick(5*time.Minute-1, d.last)
		},
		trip:  (*desk).tooLarge,
		level: Paused, scope: BySlot, cause: "orders too large",
		tooSoon: first(halfHour()), reset: second(halfHour()),
	},
	{
		control: MaxPosition, setup: func(c *Config) { c.Limits.Position = bound(15_000) }, // 10,000 are held
		ok: buying(xbt / 2), bad: buying(xbt/2 + 1),
		says: `max-position exposure=15000.0001 limit=15000.0000`,
	},
	{
		control: MaxPosition, warm: out(1, exchange.Buy, xbt/4), // with what is open, also after a restart
		setup: func(c *Config) { c.Limits.Position = bound(15_000) },
		ok:    buying(xbt / 4), bad: buying(xbt/4 + 1),
		says:  `max-position exposure=15000.0001 limit=15000.0000`,
		reset: func(d *desk) { d.gone(&exchange.Order{ID: 1}) },
	},
	{
		control: MaxPosition, setup: func(c *Config) { c.Limits.Position = bound(15_000); c.FeePPM = 10_000 },
		ok: buying(xbt * 49 / 100), bad: buying(xbt / 2), // 4,900 and 49 of fee; 5,000 and 50
		says: `max-position exposure=15050.0000 limit=15000.0000`,
	},
	{
		control: ModeAllocation, setup: inModes(Mode{"scalp", 300_000, 4, 20_000 * cad}), // 6,000 of 20,000
		ok: buying(xbt * 6 / 10), bad: buying(xbt*6/10 + 1),
		says: `mode-allocation exposure=6000.0001 limit=6000.0000`,
	},
	{
		control: ModeAllocation, setup: inModes(Mode{"scalp", 300_000, 4, 20_000 * cad}), warm: out(1, exchange.Buy, xbt/10),
		ok:   at(func(_ *desk, o *exchange.Order) { o.Slot, o.Qty = 2, xbt/2 }), // two strategies of the mode
		bad:  at(func(_ *desk, o *exchange.Order) { o.Slot, o.Qty = 2, xbt/2+1 }),
		says: `mode-allocation exposure=6000.0001 limit=6000.0000`,
	},
	{
		control: ModeAllocation, setup: inModes(Mode{"scalp", 300_000, 4, 300 * cad}),
		ok: buying(xbt * 3 / 100), bad: buying(xbt*3/100 + 1),
		says: `mode-allocation notional=300.0001 limit=300.0000`,
	},
	{
		control: ModeAllocation, setup: inModes(Mode{"scalp", 300_000, 1, 300 * cad}), warm: out(1, exchange.Buy, xbt/1000),
		ok:   buying(xbt / 1000), // the same strategy's position, not a second
		bad:  at(func(_ *desk, o *exchange.Order) { o.Slot = 2 }),
		says: `mode-allocation positions=2 limit=1`,
	},
	{
		control: ModeAllocation, setup: inModes(Mode{"scalp", 300_000, 0, 300 * cad}),
		ok: selling(xbt), bad: buying(xbt / 1000),
		says: `mode-allocation positions=1 limit=0`,
	},
	{
		control: ModeAllocation, setup: inModes(Mode{"scalp", 300_000, 1, 300 * cad}),
		ok:   at(func(*desk, *exchange.Order) {}),
		bad:  at(func(_ *desk, o *exchange.Order) { o.Slot = 3 }),
		says: `mode-allocation text="the strategy names no configured mode"`,
	},
	{
		control: MaxOpenOrders, setup: func(c *Config) { c.Limits.OpenPerPair = 4 }, warm: out(3, exchange.Buy, xbt/1000),
		ok:   buying(xbt / 1000),
		bad:  func(d *desk) *exchange.Order { d.allowed(d.buy(xbt / 1000)); return d.buy(xbt / 1000) },
		says: `max-open-orders open=5 limit=4 text="of the pair"`,
	},
	{
		control: MaxOpenOrders, setup: func(c *Config) { c.Limits.OpenTotal = 10 }, warm: out(10, exchange.Buy, xbt/1000),
		ok: selling(xbt), bad: buying(xbt / 1000), // an exit is not kept out
		says:  `max-open-orders open=11 limit=10`,
		reset: func(d *desk) { d.gone(&exchange.Order{ID: 3}) },
	},
	{
		control: MaxOpenOrders, setup: func(c *Config) { c.Limits.OpenTotal, c.Limits.OpenPerPair = 10, 100 }, warm: out(9, exchange.Sell, xbt/1000),
		ok:   buying(xbt / 1000),
		bad:  func(d *desk) *exchange.Order { d.allowed(d.sell(xbt / 1000)); return d.buy(xbt / 1000) }, // exits count
		says: `max-open-orders open=11 limit=10 text="of the account"`,
	},
	{
		control: MaxOpenOrders, setup: func(c *Config) { c.Limits.OpenValuePPM = 200_000 }, warm: out(2, exchange.Buy, xbt/10), // 4,000 of 20,000
		ok: buying(xbt * 2 / 10), bad: buying(xbt*2/10 + 1),
		says:  `max-open-orders value=4000.0001 limit=4000.0000 text="unexecuted value"`,
		reset: func(d *desk) { d.gone(&exchange.Order{ID: 1}) },
	},
	{
		control: CashReserve, setup: func(c *Config) { c.Limits.SpendablePPM = 900_000 }, // 2,000 of 20,000 stay
		ok: buying(xbt * 8 / 10), bad: buying(xbt*8/10 + 1),
		says: `cash-reserve cost=8000.0001 free=10000.0000 reserve=2000.0000`,
	},
	{
		control: CashReserve, setup: func(c *Config) { c.Limits.SpendablePPM = 900_000 }, warm: out(1, exchange.Buy, xbt*3/10),
		ok: buying(xbt / 2), bad: buying(xbt/2 + 1),
		says:  `cash-reserve cost=5000.0001 free=7000.0000 reserve=2000.0000`,
		reset: func(d *desk) { d.gone(&exchange.Order{ID: 1}) },
	},
	{
		control: CashReserve, setup: func(c *Config) { c.FeePPM = 250_000 },
		ok: buying(xbt * 8 / 10), bad: buying(xbt*8/10 + 1),
		says: `cash-reserve cost=10000.0002 free=10000.0000 reserve=0.0000`,
	},
	{
		control: CashReserve, warm: out(1, exchange.Sell, xbt*3/10),
		ok: selling(xbt * 7 / 10), bad: selling(xbt*7/10 + 1),
		says:  `cash-reserve qty=0.70000001 free=0.70000000 text="more than is owned and not reserved"`,
		reset: func(d *desk) { d.gone(&exchange.Order{ID: 1}) },
	},
}

func first(a, _ func(*desk)) func(*desk)  { return a }
func second(_, b func(*desk)) func(*desk) { return b }

func TestSizeControls(t *testing.T) { tryAll(t, "size", sizeTrials) }

// An order whose outcome is unknown counts as filled, before and after a restart.
func TestAnUnknownOrderCountsAsFilled(t *testing.T) {
	d := open(t, wide(), func(c *Config) { c.Limits.Position = bound(15_000) })
	d.x.answer = exchange.ErrUnknown
	if err := d.g.Submit(d.buy(xbt / 2)); !errors.Is(err, exchange.ErrUnknown) {
		t.Fatal(err)
	}
	d.x.answer = nil
	for range 2 {
		d.denied(d.buy(xbt/1000), MaxPosition)
		if said := d.reason(MaxPosition); said != "max-position exposure=15010.0000 limit=15000.0000" {
			t.Error(said)
		}
		d = d.restart()
	}
}

// What a buy reserves goes with its fills; the position takes its place.
func TestAFillMovesExposureFromTheOrderToThePosition(t *testing.T) {
	d := open(t, wide(), func(c *Config) { c.Limits.Position = bound(15_000) })
	o := d.allowed(d.buy(xbt / 2))
	d.fill(o, xbt/4, 10_000, exchange.Working)
	d.denied(d.buy(xbt/1000), MaxPosition)
	d.fill(o, xbt/4, 10_000, exchange.Filled)
	d.denied(d.buy(xbt/1000), MaxPosition)
	d = d.restart()
	d.denied(d.buy(xbt/1000), MaxPosition)
	out := d.allowed(d.sell(xbt / 2))
	d.denied(d.buy(xbt/1000), MaxPosition) // a sale counts when it has filled
	d.fill(out, xbt/2, 10_000, exchange.Filled)
	d.allowed(d.buy(xbt / 2))
}

// Orders in another currency are counted at a fresh rate, and not without one.
func TestOrdersInAnotherCurrencyNeedAFreshRate(t *testing.T) {
	const pair, rate = 1, 2
	foreign := func() *desk {
		d := bare(t, wide(), func(c *Config) {
			c.Limits.Order, c.Limits.StaleMarket = bound(25), time.Minute
			c.Catalog.AddAsset("USD", 4)
			for _, spec := range []exchange.Spec{
				{Symbol: "XBT/USD", PriceDecimals: 4, LotDecimals: 8, Tick: 1000},
				{Symbol: "USD/CAD", PriceDecimals: 4, LotDecimals: 4, Tick: 1},
			} {
				if _, err := c.Catalog.Add(spec); err != nil {
					t.Fatal(err)
				}
			}
		})
		d.play(exchange.Event{Kind: exchange.KindSnapshot, Detail: &exchange.Detail{Snapshot: &exchange.Snapshot{
			Balances: []exchange.Balance{{Asset: 0, Total: 10_000 * cad}, {Asset: 1, Total: xbt}},
		}}})
		d.trade(0, 10_000)
		d.play(exchange.Event{Kind: exchange.KindTrade, Instrument: pair, Price: 8_000 * cad, Qty: 1})
		return d
	}
	buy := func(d *desk, qty money.Qty) *exchange.Order {
		o := d.order(exchange.Buy, qty, 8_000*cad)
		o.Instrument = pair
		return o
	}
	d := foreign()
	d.denied(buy(d, xbt/1000), MaxOrderNotional) // no rate at all
	if said := d.reason(MaxOrderNotional); !strings.Contains(said, "no fresh rate") {
		t.Error(said)
	}
	d.play(exchange.Event{Kind: exchange.KindTrade, Instrument: rate, Price: 12_500, Qty: 1}) // 1.2500 CAD
	d.denied(buy(d, xbt*25/10_000+10_000), MaxOrderNotional)
	if said := d.reason(MaxOrderNotional); said != "max-order-notional notional=26.0000 limit=25.0000" {
		t.Error(said)
	}
	for age, by := range map[time.Duration]Control{time.Minute: CashReserve, time.Minute + 1: MaxOrderNotional} { // there are no USD
		d := foreign()
		d.play(exchange.Event{Kind: exchange.KindTrade, Instrument: rate, Price: 12_500, Qty: 1})
		d.now = d.now.Add(age)
		d.play(exchange.Event{Kind: exchange.KindTrade, Instrument: pair, Price: 8_000 * cad, Qty: 1})
		d.denied(buy(d, xbt*25/10_000), by)
		if n := len(d.g.LastVerdict().Reasons); n != 1 {
			t.Errorf("a rate %v old: %s", age, d.said())
		}
	}
}

// The position in a coin is one, whatever it is bought with.
func TestMaxPositionCountsACoinOverAllItsPairs(t *testing.T) {
	d := bare(t, wide(), func(c *Config) {
		c.Limits.Position = bound(15_000)
		c.Catalog.AddAsset("USD", 4)
		for _, spec := range []exchange.Spec{
			{Symbol: "XBT/USD", PriceDecimals: 4, LotDecimals: 8, Tick: 1000},
			{Symbol: "USD/CAD", PriceDecimals: 4, LotDecimals: 4, Tick: 1},
		} {
			if _, err := c.Catalog.Add(spec); err != nil {
				t.Fatal(err)
			}
		}
	})
	d.play(exchange.Event{Kind: exchange.KindSnapshot, Detail: &exchange.Detail{Snapshot: &exchange.Snapshot{
		Balances: []exchange.Balance{{Asset: 0, Total: 10_000 * cad}, {Asset: 1, Total: xbt}, {Asset: 2, Total: 10_000 * cad}},
	}}})
	d.trade(0, 10_000)
	d.play(exchange.Event{Kind: exchange.KindTrade, Instrument: 1, Price: 8_000 * cad, Qty: 1})
	d.play(exchange.Event{Kind: exchange.KindTrade, Instrument: 2, Price: 12_500, Qty: 1})
	o := d.order(exchange.Buy, xbt/4, 8_000*cad)
	o.Instrument = 1
	d.allowed(o) // 2,000 USD are 2,500 CAD
	d.denied(d.buy(xbt/4+1), MaxPosition)
	d.allowed(d.buy(xbt / 4))
	o = d.order(exchange.Buy, xbt/1000, 8_000*cad)
	o.Instrument = 1
	d.denied(o, MaxPosition)
	if said := d.reason(MaxPosition); said != "max-position exposure=15010.0000 limit=15000.0000" {
		t.Error(said)
	}
}

// A change is decided as the order would be: its own reserve does not stand in its way.
func TestAChangeIsHeldToTheSizesOfAnOrder(t *testing.T) {
	d := open(t, wide(), func(c *Config) {
		c.Limits.Order, c.Limits.OpenPerPair, c.Limits.Position = bound(25), 1, bound(10_025)
	})
	o := d.allowed(d.buy(xbt / 1000))
	d.working(o)
	if err := d.g.Amend(&exchange.Amend{Order: o.ID, Qty: xbt*25/10_000 + 1}); err == nil || d.reason(MaxOrderNotional) == "" || d.reason(MaxPosition) == "" {
		t.Errorf("a unit more than the limit: %v %s", err, d.said())
	}
	if err := d.g.Amend(&exchange.Amend{Order: o.ID, Qty: xbt * 25 / 10_000}); err != nil {
		t.Errorf("exactly the limit: %v %s", err, d.said())
	}
}

func TestVenueExposureWarnsAtTheStartOfADay(t *testing.T) {
	const warning = "venue-exposure"
	for _, c := range []struct {
		elsewhere money.Amount
		warns     int
	}{{20_000 * cad, 0}, {20_000*cad - 1, 1}} { // of 40,000 the half is here
		d := open(t, wide(), func(cfg *Config) { cfg.Limits.VenueSharePPM, cfg.Limits.CapitalElse = 500_000, c.elsewhere })
		if n := d.log.notes(warning); n != c.warns {
			t.Errorf("%d elsewhere: %d warnings", c.elsewhere, n)
		}
		d.allowed(d.buy(xbt / 1000)) // it warns, no more
		d = d.restart()
		if n := d.log.notes(warning); n != c.warns {
			t.Errorf("after a restart %d warnings, the day has begun before", n)
		}
		d.beat(24 * time.Hour)
		if n := d.log.notes(warning); n != 2*c.warns {
			t.Errorf("the next day: %d warnings", n)
		}
	}
}
