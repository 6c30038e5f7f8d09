package risk

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func TestEveryDeclaredStrategyHasABookFromTheStart(t *testing.T) {
	for declared, want := range map[int]int{0: 1, 1: 1, 3: 3} {
		d := bare(t, wide(), func(c *Config) { c.Slots = make([]SlotInfo, declared) })
		if got := len(d.g.s.acct.slots); got != want {
			t.Errorf("%d declared, %d books", declared, got)
		}
	}
}

// The floors follow a flow and a new day at once, also within the second in which no extreme
// is noted.
func TestTheFloorsFollowWithinTheSecond(t *testing.T) {
	l := wide()
	l.DailyLoss = Limit{Unlimited, 1_000 * cad}
	d := open(t, l)
	d.price(9_900)
	d.ledger(exchange.CodeDeposit, 5_000*cad)
	d.tick(1, 9_001)
	if d.g.Level() != Active {
		t.Error("a deposit: tripped at a loss of 999")
	}
	if d.tick(1, 9_000); d.latched(DailyLoss) == nil {
		t.Error("a deposit: not tripped at a loss of 1,000")
	}
	d = open(t, l)
	d.now = d.g.s.day.end - 1
	d.tick(0, 9_500)
	d.tick(1, 9_500)
	d.tick(1, 8_501)
	if d.g.Level() != Active {
		t.Error("a new day: tripped at a loss of 999")
	}
	if d.tick(1, 8_500); d.latched(DailyLoss) == nil {
		t.Error("a new day: not tripped at a loss of 1,000")
	}
}

// The record of a halt alone takes the ramp's step and begins it anew: a crash leaves no halt
// without it, and the next start has the step's floor.
func TestAHaltsOwnRecordBeginsTheStep(t *testing.T) {
	l := wide()
	l.Ramp = []Step{{Unlimited, 1_000 * cad}, {Unlimited, 2_000 * cad}}
	d := open(t, l)
	d.g.write(Record{Type: RecRamp, Count: 1}, true)
	d.g.s.host.days, d.g.s.host.net = 5, 5
	d.g.s.apply(&Record{Type: RecLevel, Time: d.now, Control: Reconcile, Level: Halted, Until: exchange.Never, Instrument: exchange.None, Slot: noSlot})
	if h := d.g.s.host; h.ramp != 0 || h.days != 0 || h.net != 0 {
		t.Errorf("step %d, %d days, %d", h.ramp, h.days, h.net)
	}
	d.log.failAt = len(d.log.records) + 2
	d.g.Kill(KillCommand, "drill")
	d.log.failAt = 0
	if n := d.reborn(); n.g.s.day.lossAt != 19_000*cad || n.g.s.host.ramp != 0 {
		t.Errorf("step %d, floor %d", n.g.s.host.ramp, n.g.s.day.lossAt/cad)
	}
}

// The ceremony forgets the first mark of a fall.
func TestTheCeremonyForgetsTheFirstMark(t *testing.T) {
	l := wide()
	l.DrawdownPPM = 100_000
	d := open(t, l)
	d.price(8_000)
	c := d.request()
	d.beat(armWait)
	if err := d.g.ConfirmArm(c, sign(c)); err != nil {
		t.Fatal(err)
	}
	d.tick(time.Minute, 6_200)
	if l := d.latched(Drawdown); l == nil || l.Level != Paused {
		t.Errorf("%+v", l)
	}
}

// The challenge holds for the limits by the first eight bytes of their hash, and a step up
// is on record durably.
func TestTheChallengeHasTheLimitsHash(t *testing.T) {
	d := open(t, wide())
	if h := d.g.s.limitsHash(); len(h) != 16 || !strings.Contains(d.request(), " limits="+h+" ") {
		t.Errorf("hash %s", h)
	}
	l := wide()
	l.Ramp = []Step{{Unlimited, Unlimited}, {Unlimited, Unlimited}}
	d = open(t, l)
	d.g.s.host.days, d.g.s.host.net = rampDays, 1
	d.ceremony()
	for i, r := range d.log.records {
		if r.Type == RecRamp && !d.log.durable[i] {
			t.Error("the step up is not synced")
		}
	}
	if d.g.Status().Ramp != 1 {
		t.Error("no step up")
	}
}

// A cost with its fee that does not fit is no cost: neither a buy nor a sale passes with it.
func TestACostThatOverflowsWithItsFeeIsNone(t *testing.T) {
	for _, c := range []struct {
		cost, want money.Amount
		counted    bool
		still      bool
	}{{100, 110, true, true}, {101, 112, true, true}, {math.MaxInt64, 0, true, false}, {100, 110, false, false}} {
		d := decision{cost: c.cost, counted: c.counted}
		if d.addFee(100_000); d.counted != c.still || c.still && d.cost != c.want {
			t.Errorf("%+v: %d, %v", c, d.cost, d.counted)
		}
	}
	d := penny(t, wide(), func(c *Config) { c.FeePPM = 100_000 })
	o := d.dog(exchange.Sell, math.MaxInt64, 1)
	o.FeeInBase = true
	if err := d.g.Submit(o); !errors.Is(err, exchange.ErrDenied) || len(d.x.sent) != 0 {
		t.Errorf("a sale of everything there is: %v, %s", err, d.said())
	}
	c := crossed(t)
	if m := c.measured(&exchange.Order{Instrument: 1, Qty: 101}); m.notional != 102 || !m.counted { // 101.0101
		t.Errorf("notional %d", m.notional)
	}
}

// What an amount to spend could take is what it buys at the reference price.
func TestWhatAnAmountToSpendCouldTake(t *testing.T) {
	d := penny(t, wide())
	in := &d.g.s.acct.catalog.Instruments[1]
	for cash, want := range map[money.Amount]money.Qty{0: 7, 1: 1, 5: 5} {
		if got := (&decision{o: &exchange.Order{Cash: cash, Qty: 7}, in: in, ref: 1}).quantity(); got != want {
			t.Errorf("%d: %d", cash, got)
		}
	}
}

// At KILLED only what shows up late is cancelled.
func TestAtKilledOnlyLateOrdersAreCancelled(t *testing.T) {
	d := open(t, wide())
	o := d.allowed(d.sell(xbt / 100))
	d.g.Kill(KillCommand, "drill")
	gone := len(d.x.gone)
	for _, ev := range []exchange.Event{{Op: exchange.OpAmend, State: exchange.Working}, {Op: exchange.OpSubmit, State: exchange.Unknown}} {
		ev.Kind, ev.Order = exchange.KindOrder, o.ID
		d.play(ev)
	}
	if len(d.x.gone) != gone {
		t.Errorf("cancelled %v", d.x.gone)
	}
	if d.working(o); len(d.x.gone) != gone+1 {
		t.Errorf("a late order stays: %v", d.x.gone)
	}
}

// Durable tells orders.
func TestDurableTellsOrders(t *testing.T) {
	d := open(t, wide())
	before := strings.Join(d.g.Durable(), "\n")
	d.g.s.acct.open = append(d.g.s.acct.open, openOrder{order: exchange.Order{ID: 4711}})
	if after := strings.Join(d.g.Durable(), "\n"); after == before || !strings.Contains(after, "4711") {
		t.Error("an order more is the same")
	}
}

// A coin is what a pair trades, but for the account's own currency.
func TestWhatIsACoin(t *testing.T) {
	d := twoPairs(t, func(c *Config) {
		for _, s := range []string{"CAD/EUR", "XBT/EUR"} {
			if _, err := c.Catalog.Add(exchange.Spec{Symbol: s, PriceDecimals: 4, LotDecimals: 4, Tick: 1}); err != nil {
				t.Fatal(err)
			}
		}
	})
	for i, a := range d.cat.Assets {
		if got, want := d.g.s.isCoin(exchange.AssetID(i)), a.Name == "XBT" || a.Name == "ETH"; got != want {
			t.Errorf("%s: %v", a.Name, got)
		}
	}
	d.code(exchange.KindOperator, exchange.CodeFlatten)
	d.g.s.acct.balance[1] = 0
	if !d.g.Status().Sale.Done { // the account's own money is not for sale
		t.Error("not done with money alone")
	}
	d.g.s.acct.balance[1] = 10_000 // a lot of XBT/EUR, which has no least quantity
	if d.g.Status().Sale.Done {
		t.Error("done with a lot that the venue takes")
	}
}

// An own order that rests at any price is met, once; one at the market or waiting for its
// trigger is not.
func TestWhichOwnOrdersAreMet(t *testing.T) {
	for i, c := range []struct {
		rest exchange.Order
		met  bool
	}{
		{exchange.Order{Type: exchange.Limit, Price: 1}, true}, {exchange.Order{}, false}, {exchange.Order{Type: exchange.StopLossLimit, Price: 1, Trigger: 1}, false},
		{exchange.Order{Type: exchange.Limit, Price: 1, Side: exchange.Buy}, false}, {exchange.Order{Type: exchange.Limit, Price: 1, Instrument: 0}, false}, {exchange.Order{Type: exchange.Limit, Price: 2}, false},
	} {
		d := penny(t, wide(), withoutSelfTrades)
		for n := range 2 {
			o := c.rest
			o.ID = exchange.OrderID(n + 1)
			if i != 3 {
				o.Side = exchange.Sell
			}
			if i != 4 {
				o.Instrument = 1
			}
			d.g.s.acct.add(&o, 0)
		}
		want := ""
		if c.met {
			want = `self-trade order=1 price=0.0001 text="would meet an own order";`
		}
		if got := d.asked((*state).checkSelfTrade, d.dog(exchange.Buy, 1, 1), 1); got != want {
			t.Errorf("%d: %s", i, got)
		}
	}
}

func TestOnlyAControlCanBeTakenOut(t *testing.T) {
	cfg := bare(t, wide()).cfg
	for c, good := range map[Control]bool{NoControl: false, KillFile: true, UnknownOutcome: true, controls: false, controls + 1: false} {
		if g, err := NewWithout(cfg, c); (err == nil) != good || good && g.Ablated() != c || !good && !strings.Contains(err.Error(), "cannot be taken out") {
			t.Errorf("control %d: %v", c, err)
		}
	}
}

// Ages are watched where a limit asks for it, and only there.
func TestWhichSessionsWatchAges(t *testing.T) {
	for i, c := range []struct {
		change func(*Config)
		want   bool
	}{
		{func(*Config) {}, false}, {func(c *Config) { c.Limits.StalePause = 1 }, true}, {func(c *Config) { c.Limits.UnknownFor = 1 }, true}, {func(c *Config) { c.Limits.NeedsArming = true }, true},
		{func(c *Config) { c.Limits.SpreadPPM = 1 }, true}, {func(c *Config) { c.Limits.SourceGapPPM = 1 }, true}, {func(c *Config) { c.Limits.ErrorRequests = 1 }, false},
		{func(c *Config) { c.Facts = exchange.FactErrors }, false}, {func(c *Config) { c.Limits.ErrorRequests, c.Facts = 1, exchange.FactErrors }, true},
		{func(c *Config) { c.Limits.DeadMan, c.Facts = time.Minute, exchange.FactDeadMan }, true}, {func(c *Config) { c.Limits.DeadMan = time.Minute }, false},
	} {
		if got := bare(t, wide(), c.change).g.s.timed; got != c.want {
			t.Errorf("%d: %v", i, got)
		}
	}
}

// After a restart a market that was not sane must be seen sane, and be it for a minute.
func TestAnInsaneMarketIsDoubtedAfterARestart(t *testing.T) {
	l := wide()
	l.SpreadPPM = 30_000
	d := open(t, l, facts(exchange.FactBook))
	d.book(10_000, 11_000, 10)
	for _, started := range []time.Duration{0, time.Hour} {
		n := d.reborn(func(c *Config) { c.Started = d.now.Add(started) })
		if m := n.g.s.market[0]; m.insane != d.now.Add(started) || !m.odd {
			t.Errorf("%v later: insane %v ago, odd %v", started, d.now.Add(started).Sub(m.insane), m.odd)
		}
		n.now = d.now.Add(started)
		n.beat(time.Hour)
		if n.latched(VenueSanity) == nil {
			t.Error("time alone ended it")
		}
		n.snapshot()
		n.book(10_000, 10_001, 10)
		n.beat(time.Minute - 1)
		if n.latched(VenueSanity) == nil {
			t.Error("ended before its minute")
		}
		if n.beat(1); n.latched(VenueSanity) != nil {
			t.Error("not ended")
		}
	}
	if n := d.reborn(func(c *Config) { c.Started = 0 }); n.g.s.now != d.now {
		t.Errorf("a restart without a time is at %d", n.g.s.now)
	}
	if n := d.reborn(); n.g.s.nextDue != n.g.s.day.end {
		t.Errorf("due %d after a restart", n.g.s.nextDue)
	}
}

// What the exchange has no more of is told as it is, and nothing is observed then.
func TestTheEndOfTheStreamIsTold(t *testing.T) {
	d := open(t, wide())
	now := d.g.s.now
	if err := d.g.Next(t.Context(), &exchange.Event{Kind: exchange.KindBeat, Time: now + 5}, exchange.Never); err != io.EOF || d.g.s.now != now {
		t.Errorf("%v, now %d", err, d.g.s.now-now)
	}
}

// An order that ends leaves the others as they are.
func TestAnOrderThatEndsLeavesTheOthers(t *testing.T) {
	d := open(t, wide())
	first, second := d.allowed(d.buy(xbt/100)), d.allowed(d.buy(xbt/50))
	d.working(second)
	d.play(exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpAmend, Code: exchange.CodeAmended, Order: first.ID, State: exchange.Cancelled})
	if oo := d.g.s.acct.find(second.ID); oo == nil || oo.state != exchange.Working || oo.reserve != 200*cad || oo.order.Qty != xbt/50 || len(d.g.s.acct.open) != 1 {
		t.Errorf("%+v", oo)
	}
}
