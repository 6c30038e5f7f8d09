package risk

import (
	"testing"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func init() { tried["form"] = formTrials }

// at gives an order with one thing changed.
func at(change func(*desk, *exchange.Order)) func(*desk) *exchange.Order {
	return func(d *desk) *exchange.Order {
		o := d.buy(xbt / 100)
		change(d, o)
		return o
	}
}

func resting(side exchange.Side, price int64) func(*desk) {
	return func(d *desk) {
		if len(d.g.s.acct.open) == 0 { // it is still there after a restart
			d.working(d.allowed(d.order(side, xbt/100, price*cad)))
		}
	}
}

func withoutSelfTrades(c *Config) { c.Limits.NoSelfTrade = true }

var formTrials = []trial{
	{
		control: OrderForm, // the pair's minimum of 10,000 lots
		ok:      at(func(_ *desk, o *exchange.Order) { o.Qty = 10_000 }),
		bad:     at(func(_ *desk, o *exchange.Order) { o.Qty = 9_999 }),
		says:    `order-form qty=0.00009999 min=0.00010000 text="below the pair's minimum"`,
	},
	{
		control: OrderForm, // its least cost of 0.5000 CAD; a lot is less than a unit of it
		ok:      at(func(_ *desk, o *exchange.Order) { o.Qty, o.Price = 10_000, 5_000*cad }),
		bad:     at(func(_ *desk, o *exchange.Order) { o.Qty, o.Price = 10_000, 4_999*cad }),
		says:    `order-form cost=0.4999 min=0.5000 text="cost is below the pair's minimum"`,
	},
	{
		control: OrderForm, // its tick of 0.1000
		ok:      at(func(_ *desk, o *exchange.Order) { o.Price -= 1000 }),
		bad:     at(func(_ *desk, o *exchange.Order) { o.Price -= 999 }),
		says:    `order-form price=9999.9001 tick=0.1000 text="price is off the tick"`,
	},
	{
		control: OrderForm, setup: func(c *Config) { c.Limits.AllowMarket = false },
		ok:   at(func(_ *desk, o *exchange.Order) { o.TIF = exchange.IOC }),
		bad:  at(func(_ *desk, o *exchange.Order) { o.Type, o.Price = exchange.Market, 0 }),
		says: `order-form text="a market order has no price to hold it to; send a limit inside the collar"`,
	},
	{
		control: OrderForm, // a good-till date later than now
		ok:      at(func(d *desk, o *exchange.Order) { o.TIF, o.Expire = exchange.GTD, d.now+1 }),
		bad:     at(func(d *desk, o *exchange.Order) { o.TIF, o.Expire = exchange.GTD, d.now }),
		says:    `order-form text="expiry does not fit the time in force"`,
	},
	{
		control: OrderForm, // an iceberg's part that shows
		ok:      at(func(_ *desk, o *exchange.Order) { o.Type, o.Qty, o.Display = exchange.Iceberg, 15_000_000, 1_000_000 }),
		bad:     at(func(_ *desk, o *exchange.Order) { o.Type, o.Qty, o.Display = exchange.Iceberg, 15_000_000, 999_999 }),
		says:    `order-form text="an iceberg shows at least a fifteenth"`,
	},
	{
		control: OrderForm,
		ok:      at(func(_ *desk, o *exchange.Order) { o.Type, o.Price, o.TrailPPM = exchange.TrailingStop, 0, money.PPM-1 }),
		bad:     at(func(_ *desk, o *exchange.Order) { o.Type, o.Price, o.TrailPPM = exchange.TrailingStop, 0, money.PPM }),
		says:    `order-form text="a price or distance is out of range"`,
	},
	{
		control: OrderForm, setup: func(c *Config) { c.Limits.Instruments = []exchange.InstrumentID{0} },
		ok:   at(func(*desk, *exchange.Order) {}),
		bad:  at(func(_ *desk, o *exchange.Order) { o.Slot = -1 }),
		says: `order-form text="unknown instrument or strategy"`,
	},
	{
		control: OrderForm, setup: func(c *Config) { c.Limits.Instruments = []exchange.InstrumentID{} }, // none is allowed
		ok:   at(func(d *desk, o *exchange.Order) { d.g.s.limits.Instruments = nil }), // any is
		bad:  at(func(*desk, *exchange.Order) {}),
		says: `order-form text="the pair is not on the allow-list"`,
	},
	{
		control: OrderForm, // numbers are used once, also after a restart
		warm:    func(d *desk) { d.ids = max(d.ids, 7); d.gone(d.allowed(d.buy(xbt / 100))) },
		ok:      at(func(*desk, *exchange.Order) {}),
		bad:     at(func(d *desk, o *exchange.Order) { o.ID = d.g.LastOrderID() }),
		says:    `order-form order=8 last=8 text="the order's number was used before"`,
	},
	{
		control: SelfTrade, setup: withoutSelfTrades, warm: resting(exchange.Sell, 10_010),
		ok:   at(func(_ *desk, o *exchange.Order) { o.Price = 10_010*cad - 1000 }),
		bad:  at(func(_ *desk, o *exchange.Order) { o.Price = 10_010 * cad }),
		says: `self-trade order=1 price=10010.0000 text="would meet an own order"`,
	},
	{
		control: SelfTrade, setup: withoutSelfTrades, warm: resting(exchange.Buy, 9_990),
		ok:    at(func(_ *desk, o *exchange.Order) { o.Side, o.Price = exchange.Sell, 9_990*cad+1000 }),
		bad:   at(func(_ *desk, o *exchange.Order) { o.Side, o.Price = exchange.Sell, 9_990*cad }),
		says:  `self-trade order=1 price=9990.0000 text="would meet an own order"`,
		reset: func(d *desk) { d.gone(&exchange.Order{ID: 1}) },
	},
	{
		control: SelfTrade, setup: withoutSelfTrades, warm: resting(exchange.Sell, 12_000), // a market order meets whatever rests
		ok:   at(func(_ *desk, o *exchange.Order) { o.Type, o.Price, o.Trigger = exchange.StopLoss, 0, 13_000*cad }), // waits for its trigger
		bad:  at(func(_ *desk, o *exchange.Order) { o.Type, o.Price = exchange.Market, 0 }),
		says: `self-trade order=1 price=12000.0000 text="would meet an own order"`,
	},
}

func TestFormControls(t *testing.T) { tryAll(t, "form", formTrials) }

func TestOrderFormFollowsThePairsStatus(t *testing.T) {
	d := open(t, wide())
	for status := exchange.Online + 1; status <= exchange.Maintenance; status++ {
		d.play(exchange.Event{Kind: exchange.KindStatus, Status: status}) // of the pair alone
		d.denied(d.buy(xbt/100), OrderForm)
		if said := d.reason(OrderForm); said != `order-form text="the pair is not online"` {
			t.Errorf("%v: %s", status, said)
		}
	}
	d.play(exchange.Event{Kind: exchange.KindStatus, Status: exchange.Online})
	d.allowed(d.buy(xbt / 100))
}

// A change is held to the form too, but for the pair's minimum: what is left of an order
// may be less.
func TestAChangeOfAnOrderIsHeldToTheForm(t *testing.T) {
	d := open(t, wide())
	o := d.allowed(d.buy(xbt / 100))
	d.working(o)
	d.fill(o, xbt/200, 10_000, exchange.Working)
	if err := d.g.Amend(&exchange.Amend{Order: o.ID, Price: 9_999*cad + 1}); err == nil || d.reason(OrderForm) == "" {
		t.Errorf("a price off the tick: %v", err)
	}
	if err := d.g.Amend(&exchange.Amend{Order: o.ID, Qty: xbt/200 + 1}); err != nil {
		t.Errorf("a rest of one lot: %v %s", err, d.said())
	}
	if err := d.g.Amend(&exchange.Amend{Order: o.ID, Qty: xbt / 200}); err == nil || d.reason(OrderForm) == "" {
		t.Errorf("a rest of nothing: %v", err)
	}
}

// A change must not lead an order into an own one; the one it changes is not in its way.
func TestAChangeOfAnOrderDoesNotMeetAnOwnOne(t *testing.T) {
	d := open(t, wide(), withoutSelfTrades)
	d.working(d.allowed(d.order(exchange.Sell, xbt/100, 10_010*cad)))
	o := d.allowed(d.buy(xbt / 100))
	d.working(o)
	if err := d.g.Amend(&exchange.Amend{Order: o.ID, Price: 10_010 * cad}); err == nil || d.reason(SelfTrade) == "" {
		t.Errorf("it met the own sale: %v", err)
	}
	if err := d.g.Amend(&exchange.Amend{Order: o.ID, Price: 10_010*cad - 1000}); err != nil {
		t.Errorf("a tick below: %v", err)
	}
}
