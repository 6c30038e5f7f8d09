package risk

import (
	"errors"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func init() { tried["rate"] = rateTrials }

// burst is so many attempts at once, each a small buy; the guard may deny them.
func burst(n int) func(*desk) {
	return func(d *desk) {
		for range n {
			d.g.Submit(d.buy(xbt / 1000))
		}
	}
}

// hit is one attempt too many, where two a minute are allowed.
func (d *desk) hit() {
	d.Helper()
	burst(2)(d)
	d.denied(d.buy(xbt/1000), OrderRate)
}

// cycle is order, fill, order; news ends it.
func (d *desk) cycle(after time.Duration) {
	d.Helper()
	o := d.allowed(d.buy(xbt / 1000))
	d.fill(o, o.Qty, d.last, exchange.Filled)
	d.now = d.now.Add(after)
	d.beat(0)
	d.gone(d.allowed(d.buy(xbt / 1000)))
	d.trade(0, d.last)
}

// answered is a fill and the order that answers it, at the last instant that counts.
func (d *desk) answered(may bool) {
	d.Helper()
	o := d.allowed(d.buy(xbt / 1000))
	d.fill(o, o.Qty, d.last, exchange.Filled)
	d.beat(2*time.Second - 1)
	if o = d.buy(xbt / 1000); may {
		d.gone(d.allowed(o))
	} else {
		d.denied(o, FillFeedback)
	}
}

// spend fills a buy of 100 CAD with a cost of so much.
func (d *desk) spend(cost money.Amount) {
	d.Helper()
	o := d.allowed(d.buy(xbt / 100))
	d.fees++
	d.play(exchange.Event{Kind: exchange.KindFill, Order: o.ID, Qty: o.Qty, Price: o.Price, Cost: cost, TradeID: d.fees, State: exchange.Filled})
}

// trades is so many executions.
func trades(n int) func(*desk) {
	return func(d *desk) {
		for range n {
			d.spend(100 * cad)
		}
	}
}

func tier(points int64) func(*Config) {
	return func(c *Config) { c.Limits.Tier = Tier{points, 1000} }
}

func inFiveSeconds(c *Config) { c.Limits.Duplicate = 5 * time.Second }

// again is an order like the last, with its quantity and price changed.
func again(wait time.Duration, qty money.Qty, price int64) func(*desk) *exchange.Order {
	return func(d *desk) *exchange.Order {
		d.allowed(d.order(exchange.Buy, xbt/100, d.last*cad))
		d.beat(wait)
		return d.order(exchange.Buy, xbt/100+qty, d.last*cad+price)
	}
}

// double is an order and the same again.
func (d *desk) double() {
	d.Helper()
	burst(1)(d)
	d.denied(d.buy(xbt/1000), DuplicateOrder)
}

func twoOfASignal(c *Config) {
	c.Limits.SignalOrders, c.Limits.SignalAge, c.Limits.Order = 2, 15*time.Minute, bound(100)
}

// child is an order of signal 500.
func child(qty money.Qty) func(*desk) *exchange.Order {
	return func(d *desk) *exchange.Order {
		o := d.buy(qty)
		o.Signal = 500
		return o
	}
}

func children(n int, qty money.Qty) func(*desk) {
	return func(d *desk) {
		for range n - len(d.g.s.acct.open) {
			d.working(d.allowed(child(qty)(d)))
		}
	}
}

var rateTrials = []trial{
	{
		control: OrderRate, setup: func(c *Config) { c.Limits.PairPerMinute = 5 }, warm: burst(5),
		ok:   func(d *desk) *exchange.Order { d.beat(time.Minute); return d.buy(xbt / 1000) },
		bad:  func(d *desk) *exchange.Order { d.beat(time.Minute - 1); return d.buy(xbt / 1000) },
		says: `order-rate limit=5 text="a minute in the pair"`,
	},
	{
		control: OrderRate, setup: func(c *Config) { c.Limits.PerMinute = 20 }, warm: burst(20),
		ok: selling(xbt), bad: buying(xbt / 1000),
		says:  `order-rate limit=20 text="a minute"`,
		reset: func(d *desk) { d.tick(time.Minute, d.last) },
	},
	{
		control: OrderRate, setup: func(c *Config) { c.Limits.PerDay = 200 }, warm: burst(200),
		ok:   func(d *desk) *exchange.Order { d.beat(24 * time.Hour); return d.buy(xbt / 1000) },
		bad:  func(d *desk) *exchange.Order { d.beat(24*time.Hour - 1); return d.buy(xbt / 1000) },
		says: `order-rate limit=200 text="a day"`,
	},
	{
		control: OrderRate, setup: func(c *Config) { c.Limits.PerMinute = 2 },
		below: func(d *desk) { // the third is no longer within ten minutes of the first
			d.hit()
			d.tick(5*time.Minute, d.last)
			d.hit()
			d.tick(5*time.Minute, d.last)
			d.hit()
			d.tick(time.Minute, d.last)
		},
		trip:  (*desk).hit,
		level: Halted, cause: "too many orders",
		tooSoon: func(d *desk) { d.beat(48 * time.Hour) }, reset: (*desk).ceremony,
	},
	{
		control: MessageThrottle, setup: tier(45), // 36 points: four orders, each 1 and 8 to take it back
		ok:   func(d *desk) *exchange.Order { out(3, exchange.Buy, xbt/1000)(d); return d.buy(xbt / 1000) },
		bad:  func(d *desk) *exchange.Order { out(4, exchange.Buy, xbt/1000)(d); return d.buy(xbt / 1000) },
		says: `message-throttle counter=45.000 limit=36.000 retry-after-ms=9000`,
	},
	{
		control: MessageThrottle, setup: tier(45), warm: out(4, exchange.Sell, xbt/1000), // after the told time
		ok:   func(d *desk) *exchange.Order { d.beat(9 * time.Second); return d.sell(xbt / 1000) },
		bad:  func(d *desk) *exchange.Order { return d.sell(xbt / 1000) }, // exits cost the venue's points too
		says: `message-throttle counter=45.000 limit=36.000 retry-after-ms=9000`,
	},
	{
		control: DuplicateOrder, setup: inFiveSeconds,
		ok: again(5*time.Second, 0, 0), bad: again(5*time.Second-1, 0, 0),
		says: `duplicate-order after-ms=4999 limit-ms=5000`,
	},
	{
		control: DuplicateOrder, setup: inFiveSeconds, // a hundredth more
		ok: again(0, xbt/10_000+1, 0), bad: again(0, xbt/10_000, 0),
		says: `duplicate-order after-ms=0 limit-ms=5000`,
	},
	{
		control: DuplicateOrder, setup: inFiveSeconds, // or less
		ok: again(0, -xbt/10_000-1, 0), bad: again(0, -xbt/10_000, 0),
		says: `duplicate-order after-ms=0 limit-ms=5000`,
	},
	{
		control: DuplicateOrder, setup: inFiveSeconds, // a thousandth of the price
		ok: again(0, 0, -10*cad-1000), bad: again(0, 0, -10*cad),
		says: `duplicate-order after-ms=0 limit-ms=5000`,
	},
	{
		control: DuplicateOrder, setup: inFiveSeconds,
		below: func(d *desk) {
			d.double()
			d.tick(30*time.Second, d.last)
			d.double()
			d.tick(30*time.Second, d.last) // a minute after the first
			d.double()
			d.tick(30*time.Second-1, d.last)
		},
		trip:  (*desk).double,
		level: Paused, scope: BySlot, cause: "the same order",
		tooSoon: first(halfHour()), reset: second(halfHour()),
	},
	{
		control: SignalBudget, setup: twoOfASignal, warm: children(1, xbt/1000),
		ok:   child(xbt / 1000),
		bad:  func(d *desk) *exchange.Order { children(2, xbt/1000)(d); return child(xbt / 1000)(d) },
		says: `signal-budget orders=3 limit=2`,
	},
	{
		control: SignalBudget, setup: twoOfASignal, warm: children(1, xbt/1000), // its time
		ok: func(d *desk) *exchange.Order {
			d.beat(15*time.Minute - d.now.Sub(d.g.s.acct.open[0].order.Sent))
			return child(xbt / 1000)(d)
		},
		bad:  func(d *desk) *exchange.Order { d.beat(15*time.Minute + 1); return child(xbt / 1000)(d) },
		says: `signal-budget age-s=900 text="the signal is old"`,
	},
	{
		control: SignalBudget, setup: twoOfASignal, warm: children(1, xbt*6/1000), // the notional of one order
		ok: child(xbt * 4 / 1000), bad: child(xbt*4/1000 + 1),
		says: `signal-budget notional=100.0001 limit=100.0000`,
	},
	{
		control: SignalBudget, setup: twoOfASignal, warm: func(d *desk) { // what has filled stays spent
			if d.g.LastSignal(0) == 0 {
				o := d.allowed(child(xbt * 6 / 1000)(d))
				d.fill(o, o.Qty, d.last, exchange.Filled)
			}
		},
		ok: child(xbt * 4 / 1000), bad: child(xbt*4/1000 + 1),
		says: `signal-budget notional=100.0001 limit=100.0000`,
	},
	{
		control: SignalBudget, setup: twoOfASignal,
		ok:   func(d *desk) *exchange.Order { o := d.sell(xbt / 1000); o.Signal = 0; return o },
		bad:  func(d *desk) *exchange.Order { o := d.buy(xbt / 1000); o.Signal = 0; return o },
		says: `signal-budget text="the order names no signal"`,
	},
	{
		control: SignalBudget, setup: twoOfASignal,
		below: func(d *desk) { d.spend(100 * cad) },
		trip:  func(d *desk) { d.spend(100*cad + 1) },
		level: Halted, cause: "fills beyond the budget",
		tooSoon: func(d *desk) { d.beat(48 * time.Hour) }, reset: (*desk).ceremony,
	},
	{
		control: FillFeedback, setup: func(c *Config) { c.Limits.FeedbackCycles = 5 },
		below: func(d *desk) {
			d.cycle(2*time.Second - 1)
			began := d.now
			d.trade(30*time.Second, d.last)
			for range 3 {
				d.cycle(2*time.Second - 1)
			}
			d.cycle(2 * time.Second) // is none
			d.now = began.Add(time.Minute - 2*time.Second + 1)
			d.answered(true) // a minute after the first
			d.now = d.now.Add(time.Second)
			d.trade(0, d.last)
		},
		trip:  func(d *desk) { d.answered(false) },
		level: Halted, cause: "orders answer fills",
		tooSoon: func(d *desk) { d.beat(48 * time.Hour) }, reset: (*desk).ceremony,
	},
	{
		control: ExecutionThrottle, setup: func(c *Config) { c.Limits.Executions = 50 },
		below: trades(49), trip: trades(1),
		level: Halted, scope: BySlot, cause: "executions of a day",
		tooSoon: func(d *desk) { d.beat(48 * time.Hour) }, reset: (*desk).ceremony,
	},
	{
		control: ExecutionThrottle, setup: func(c *Config) { c.Limits.TurnoverPPM = 15_000 }, // 300 of 20,000
		below: trades(3), trip: trades(1),
		level: Halted, scope: BySlot, cause: "turnover of an hour",
		tooSoon: func(d *desk) { d.beat(30 * time.Minute) },
		reset:   func(d *desk) { d.ceremony(); trades(1)(d) }, // the hour starts anew
	},
}

func TestRateControls(t *testing.T) { tryAll(t, "rate", rateTrials) }

// Denied attempts count like orders, changes of a buy do, and cancels and exits do not.
func TestOrderRateCountsWhatCarriesRisk(t *testing.T) {
	d := open(t, wide(), func(c *Config) { c.Limits.PerMinute, c.Limits.Order = 4, bound(25) })
	d.tooLarge() // one: denied, not sent
	o := d.allowed(d.buy(xbt / 1000))
	d.working(o)
	for range 3 {
		d.g.Cancel(99)
		d.gone(d.allowed(d.sell(xbt / 1000)))
	}
	if err := d.g.Amend(&exchange.Amend{Order: o.ID, Qty: xbt / 500}); err != nil { // three
		t.Fatal(err)
	}
	for range 2 { // the restart counts nothing and forgets nothing
		d = d.restart()
	}
	d.allowed(d.buy(xbt / 1000)) // four
	d.denied(d.buy(xbt/1000), OrderRate)
	if err := d.g.Amend(&exchange.Amend{Order: o.ID, Qty: xbt / 1000}); !errors.Is(err, exchange.ErrDenied) || d.reason(OrderRate) == "" {
		t.Errorf("a change beyond the rate: %v %s", err, d.said())
	}
	d.allowed(d.sell(xbt / 1000))
}

// The limits of a pair are that pair's.
func TestRatesAreByPairAndByStrategy(t *testing.T) {
	d := open(t, wide(), func(c *Config) {
		c.Limits.PairPerMinute, c.Limits.Duplicate, c.Limits.SignalOrders, c.Limits.SignalAge = 2, 5*time.Second, 1, time.Minute
		if _, err := c.Catalog.Add(exchange.Spec{Symbol: "ETH/CAD", PriceDecimals: 4, LotDecimals: 8, Tick: 1000}); err != nil {
			t.Fatal(err)
		}
	})
	d.play(exchange.Event{Kind: exchange.KindTrade, Instrument: 1, Price: 10_000 * cad, Qty: 1})
	d.allowed(child(xbt / 1000)(d))
	d.denied(child(xbt/1000)(d), DuplicateOrder)
	if d.reason(SignalBudget) == "" || d.reason(OrderRate) != "" {
		t.Error(d.said())
	}
	d.denied(d.buy(xbt/100), OrderRate)
	elsewhere := d.buy(xbt / 1000)
	elsewhere.Instrument = 1
	d.allowed(elsewhere)
	another := child(xbt / 1000)(d)
	another.Slot = 1
	d.denied(another, OrderRate) // the pair's, whoever sends
	if d.reason(DuplicateOrder) != "" || d.reason(SignalBudget) != "" {
		t.Errorf("another strategy's order is no duplicate and has its own signals: %s", d.said())
	}
}

// The counter of the venue comes down by itself and by age; each cancel adds its points.
func TestMessageThrottleFollowsTheVenuesTable(t *testing.T) {
	const s = time.Second
	for age, points := range map[time.Duration]int64{0: 8, 5*s - 1: 8, 5 * s: 6, 10*s - 1: 6, 10 * s: 5, 15*s - 1: 5, 15 * s: 4, 45*s - 1: 4, 45 * s: 2, 90*s - 1: 2, 90 * s: 1, 300*s - 1: 1, 300 * s: 0} {
		if got := cancelCost(age); got != points {
			t.Errorf("a cancel after %v costs %d, want %d", age, got, points)
		}
	}
	for age, points := range map[time.Duration]int64{0: 4, 5*s - 1: 4, 5 * s: 3, 10*s - 1: 3, 10 * s: 2, 15*s - 1: 2, 15 * s: 1, 300 * s: 1} {
		if got := amendCost(age); got != points {
			t.Errorf("a change after %v costs %d, want %d", age, got, points)
		}
	}
	d := open(t, wide(), tier(1000))
	o := d.allowed(d.buy(xbt / 1000)) // 1
	d.working(o)
	d.beat(5 * s)                                                                   // 0
	if err := d.g.Amend(&exchange.Amend{Order: o.ID, Qty: xbt / 500}); err != nil { // 3
		t.Fatal(err)
	}
	d.g.Cancel(o.ID) // 9
	d.beat(s)        // 8
	for range 2 {
		if got := d.g.s.rate.counter[0].value(d.now, d.cfg.Limits.Tier); got != 8000 {
			t.Errorf("the counter stands at %d", got)
		}
		d = d.restart() // the venue's does not start anew either
	}
}

// However many orders are out, there is room to take them all back.
func TestMessageThrottleKeepsRoomForEveryCancel(t *testing.T) {
	d := open(t, wide(), func(c *Config) { c.Limits.Tier = Starter })
	burst(100)(d)
	if len(d.x.sent) == 0 || len(d.x.sent) == 100 {
		t.Fatalf("%d orders left", len(d.x.sent))
	}
	if err := d.g.CancelAll(false); err != nil || len(d.x.gone) != len(d.x.sent) {
		t.Fatalf("%d of %d cancelled: %v", len(d.x.gone), len(d.x.sent), err)
	}
	if c := d.g.s.rate.counter[0].value(d.now, Starter); c > Starter.Threshold*1000 {
		t.Errorf("taking them back brings the counter to %d of %d", c, Starter.Threshold*1000)
	}
}

// A thousand signals later the first one is still used up.
func TestASignalIsNeverUsedAgain(t *testing.T) {
	d := open(t, wide(), twoOfASignal)
	for range maxSignals + 1 {
		d.gone(d.allowed(d.buy(xbt / 1000)))
	}
	again := d.buy(xbt / 1000)
	again.Signal = 1
	for range 2 {
		d.denied(again, SignalBudget)
		if said := d.reason(SignalBudget); said != `signal-budget signal=1 text="the signal was used before"` {
			t.Error(said)
		}
		d = d.restart()
		again.ID = d.g.LastOrderID() + 1
	}
}

// Knight 2012: the strategy is never told of its fills and sends on.
func TestAStrategyThatSeesNoFillsSendsAtMostTwoOrdersASignal(t *testing.T) {
	d := open(t, wide(), twoOfASignal)
	for range 100 {
		if o := child(xbt / 1000)(d); d.g.Submit(o) == nil {
			d.fill(o, o.Qty, d.last, exchange.Filled)
		}
		d.tick(time.Second, d.last)
	}
	if n := len(d.x.sent); n != 2 {
		t.Errorf("%d orders left", n)
	}
}

func TestExecutionsStartAnewWithTheDayAndTurnoverWithTheHour(t *testing.T) {
	d := open(t, wide(), func(c *Config) { c.Limits.Executions, c.Limits.TurnoverPPM = 4, 15_000 })
	trades(3)(d)
	d.tick(d.g.s.day.end.Sub(d.now), d.last) // the day's last instant is the new day's first
	trades(1)(d)
	d.tick(time.Hour-time.Minute, d.last)
	if l := d.latched(ExecutionThrottle); l != nil {
		t.Fatal(l.Cause)
	}
	trades(2)(d) // with the 100 of 59 minutes ago exactly the limit
	if l := d.latched(ExecutionThrottle); l != nil {
		t.Fatal(l.Cause)
	}
	d.tick(time.Minute, d.last)
	trades(1)(d)
	if l := d.latched(ExecutionThrottle); l == nil || l.Cause != "executions of a day" {
		t.Errorf("latch %+v, want that of the fourth execution: the turnover is 300 again", l)
	}
}
