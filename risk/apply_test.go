package risk

import (
	"errors"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// A flow moves the day's start, its low, the high-water mark and the floors together.
func TestAFlowMovesTheFloorsAtOnce(t *testing.T) {
	l := wide()
	l.DailyLoss = Limit{Unlimited, 1_000 * cad}
	for name, step := range map[string]func(*desk) *desk{"at once": func(d *desk) *desk { return d }, "after a restart": func(d *desk) *desk { return d.restart() }} {
		d := step(open(t, l))
		d.price(9_900)
		d.ledger(exchange.CodeDeposit, 5_000*cad)
		d.price(9_001)
		if d.g.Level() != Active {
			t.Errorf("%s: %v at a loss of 999", name, d.g.Level())
		}
		d.price(9_000)
		if d.latched(DailyLoss) == nil {
			t.Errorf("%s: the deposit hid the loss", name)
		}
		d.ledger(exchange.CodeAdjustment, -cad)
		if d.g.s.day.low != 23_999*cad || d.g.s.day.high != 24_999*cad || d.g.s.day.start != 24_999*cad {
			t.Errorf("%s: %+v", name, d.g.s.day)
		}
	}
}

func TestARampStepTakesHoldAtOnce(t *testing.T) {
	l := wide()
	l.Ramp = []Step{{Unlimited, 1_000 * cad}, {Unlimited, 2_000 * cad}}
	d := open(t, l)
	if d.g.write(Record{Type: RecRamp, Count: 1}, true); d.g.s.day.lossAt != 18_000*cad {
		t.Errorf("a step up: the floor is %d", d.g.s.day.lossAt/cad)
	}
	d.g.Halt("drill")
	if d.g.s.day.lossAt != 19_000*cad {
		t.Errorf("a halt: the floor is %d", d.g.s.day.lossAt/cad)
	}
}

// Days and profit of a step are counted from its begin, and a halt begins it anew.
func TestARampStepCountsItsOwnDaysAndProfit(t *testing.T) {
	l := wide()
	l.Ramp, l.NeedsArming, l.Lease = []Step{{Unlimited, Unlimited}, {Unlimited, Unlimited}, {Unlimited, Unlimited}}, true, 30*24*time.Hour
	for name, c := range map[string]struct {
		days int
		gain money.Amount
		want int
	}{"all": {14, 1, 1}, "a day short": {13, 1, 0}, "no profit": {14, 0, 0}} {
		for _, begin := range []func(*desk){func(d *desk) { d.g.Halt("drill") }, func(d *desk) { d.g.write(Record{Type: RecRamp}, true) }} {
			d := open(t, l)
			d.g.write(Record{Type: RecRamp, Count: 1}, true)
			d.ceremony()
			for range 3 {
				nextDay(d)
			}
			d.round(xbt/100, 1)
			begin(d)
			if h := d.g.s.host; h.days != 0 || h.net != 0 || h.ramp != 0 {
				t.Fatalf("%s: begins with %d days, %d, on step %d", name, h.days, h.net, h.ramp)
			}
			d.ceremony()
			for range c.days {
				nextDay(d)
			}
			d.g.s.noteSale(&Record{Count: 1, Equity: c.gain})
			d.ceremony()
			if got := d.g.Status().Ramp; got != c.want {
				t.Errorf("%s: step %d, want %d", name, got, c.want)
			}
			if r := d.log.last(RecRamp); c.want == 1 && (r.Count != 1 || !d.log.durable[len(d.log.records)-3]) {
				t.Errorf("%s: %+v", name, r)
			}
		}
	}
}

func TestTheLastStepOfTheRampIsTheLast(t *testing.T) {
	for steps, want := range map[int]int{1: 0, 2: 1} {
		l := wide()
		l.Ramp, l.NeedsArming, l.Lease = make([]Step, steps), true, 90*24*time.Hour
		for i := range l.Ramp {
			l.Ramp[i] = Step{Unlimited, Unlimited}
		}
		d := open(t, l)
		for range 3 {
			d.ceremony()
			for range rampDays {
				nextDay(d)
			}
			d.round(xbt/100, 1)
			d.ceremony()
		}
		if got := d.g.Status().Ramp; got != want {
			t.Errorf("step %d of %d", got, steps)
		}
	}
}

func TestAHaltedDayIsNoArmedDay(t *testing.T) {
	for level, want := range map[Level]int64{ReduceOnly: 1, Halted: 0} {
		l := wide()
		l.Ramp, l.NeedsArming, l.Lease = []Step{{Unlimited, Unlimited}}, true, time.Hour
		d := open(t, l)
		d.ceremony()
		d.g.trip(latch{control: DailyLoss, level: level, cause: "drill"})
		d.g.s.host.lease = exchange.Stamp(d.now.Day()+1)*exchange.Stamp(24*time.Hour) + exchange.Stamp(time.Minute)
		nextDay(d) // at the lease's very end
		if got := d.g.s.host.days; got != want {
			t.Errorf("%v: %d armed days, want %d", level, got, want)
		}
	}
}

// What was denied counts: its number is used, and so is its place in the windows, for changes
// of an order as well.
func TestADenialCountsLikeAnOrder(t *testing.T) {
	l := wide()
	l.PerMinute, l.CollarPPM = 3, 20_000
	d := open(t, l)
	o := d.allowed(d.buy(xbt / 100))
	d.working(o)
	far := d.order(exchange.Buy, xbt/100, 20_000*cad)
	far.ID = 9
	d.denied(far, PriceCollar)
	if d.g.LastOrderID() != 9 {
		t.Errorf("the last id is %d", d.g.LastOrderID())
	}
	d.ids = 1
	d.denied(d.sell(xbt/100), OrderForm)
	if got, want := d.reason(OrderForm), `order-form order=2 last=9 text="the order's number was used before"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if d.g.LastOrderID() != 9 {
		t.Errorf("the last id fell to %d", d.g.LastOrderID())
	}
	if err := d.g.Amend(&exchange.Amend{Order: o.ID, Price: 20_000 * cad}); !errors.Is(err, exchange.ErrDenied) {
		t.Fatal(err)
	}
	d.ids = 20
	d.denied(d.buy(xbt/50), OrderRate) // the order, the one too far, the change too far
	n := d.restart()
	n.denied(n.buy(xbt/50), OrderRate)
	if n.g.LastOrderID() != 22 {
		t.Errorf("after a restart the last id is %d", n.g.LastOrderID())
	}
}

func TestAnIntentsNumberIsNotUsedAgainEvenWhereNothingLeft(t *testing.T) {
	d := open(t, wide(), func(c *Config) { c.DryRun = true })
	d.ids = 6
	if err := d.g.Submit(d.buy(xbt / 100)); !errors.Is(err, exchange.ErrDryRun) {
		t.Fatal(err)
	}
	if n := d.restart(); d.g.LastOrderID() != 7 || n.g.LastOrderID() != 7 || d.g.Status().Open != 0 {
		t.Errorf("%d, after a restart %d", d.g.LastOrderID(), n.g.LastOrderID())
	}
}

func TestAnOrderNamesAnInstrumentAndAStrategyThatCanBe(t *testing.T) {
	for slot, ok := range map[exchange.SlotID]bool{-1: false, 0: true, 1023: true, 1024: false} {
		d := open(t, wide())
		o := d.buy(xbt / 100)
		o.Slot = slot
		if ok {
			d.allowed(o)
		} else {
			d.denied(o, OrderForm)
		}
	}
	for id, ok := range map[exchange.InstrumentID]bool{-1: false, 0: true, 1: false} {
		d := open(t, wide())
		o := d.buy(xbt / 100)
		o.Instrument = id
		if ok {
			d.allowed(o)
		} else {
			d.denied(o, OrderForm)
		}
	}
}

// Records about an order that is over, as a journal may have them after a crash, change
// nothing.
func TestRecordsAboutAnOrderThatIsOverChangeNothing(t *testing.T) {
	d := open(t, wide(), limited(func(l *Limits) { l.Tier = Starter }))
	own := d.allowed(d.buy(xbt / 100))
	before := d.g.Status()
	held := d.g.s.acct.held[0]
	for _, r := range []Record{
		{Type: RecAmend, OrderID: 99, Amend: &exchange.Amend{Order: 99, Qty: 5}, Cost: 5},
		{Type: RecCancel, OrderID: 99},
		{Type: RecDenial, OrderID: 99, Amend: &exchange.Amend{Order: 99, Qty: 5}},
		{Type: RecOrder, OrderID: 99, Event: &exchange.Event{Order: 99, State: exchange.Working}},
		{Type: RecOrder, OrderID: 99, Event: &exchange.Event{Order: 99, State: exchange.Cancelled}},
	} {
		if err := d.g.s.apply(&r); err != nil {
			t.Errorf("%v: %v", r.Type, err)
		}
	}
	if st := d.g.Status(); st.Open != before.Open || st.Unknown != 0 || d.g.s.acct.held[0] != held || d.g.s.acct.find(own.ID) == nil {
		t.Errorf("%+v", st)
	}
}

// An amended order reserves the larger of both until the venue confirms, then what its rest
// could cost, fee included, rounded up.
func TestAnAmendReservesTheLargerUntilItIsConfirmed(t *testing.T) {
	d := open(t, wide(), func(c *Config) { c.FeePPM = 3333 })
	o := d.allowed(d.order(exchange.Buy, 1_000_001, 9_000*cad)) // 90.00009 CAD
	d.working(o)
	d.fill(o, 400_000, 9_000, exchange.Working)
	check := func(want money.Amount, when string) {
		t.Helper()
		if got := d.g.s.acct.find(o.ID).reserve; got != want || d.g.s.acct.held[0] != want {
			t.Errorf("%s: %d reserved, want %d", when, got, want)
		}
	}
	// 900001 and its fee of 3000 (2999.7), then the 600001 of 1000001 lots that are left
	check(541_801, "filled in part")
	if err := d.g.Amend(&exchange.Amend{Order: o.ID, Qty: 700_001}); err != nil {
		t.Fatal(err, d.said())
	}
	check(541_801, "a smaller one is on its way")
	d.play(exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpAmend, Code: exchange.CodeAmended, Order: o.ID, State: exchange.Working})
	check(270_001+900, "a smaller one is confirmed") // 270000.9, and 899.9 of fee
	if err := d.g.Amend(&exchange.Amend{Order: o.ID, Qty: 700_002, Price: 9_999 * cad}); err != nil {
		t.Fatal(err, d.said())
	}
	check(299_972+1000, "a larger one is on its way") // 299971.9998, 999.8…
	d.play(exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpAmend, Order: o.ID, State: exchange.Working})
	check(270_001+900, "it was refused")
	if err := d.g.Amend(&exchange.Amend{Order: o.ID, Qty: 700_002, Price: 9_999 * cad}); err != nil {
		t.Fatal(err, d.said())
	}
	d.play(exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpAmend, Code: exchange.CodeAmended, Order: o.ID, State: exchange.Working})
	check(299_972+1000, "the larger one is confirmed")
	d.fill(o, 300_002, 9_999, exchange.Filled)
	if d.g.Status().Open != 0 || d.g.s.acct.held[0] != 0 || d.g.Level() != Active {
		t.Errorf("filled to the amended quantity: %+v", d.g.Status())
	}

	out := d.order(exchange.Sell, 1_000_000, 11_000*cad)
	out.FeeInBase = true
	d.allowed(out)
	d.working(out)
	if err := d.g.Amend(&exchange.Amend{Order: out.ID, Qty: 900_001}); err != nil {
		t.Fatal(err, d.said())
	}
	d.play(exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpAmend, Code: exchange.CodeAmended, Order: out.ID, State: exchange.Working})
	if got := d.g.s.acct.held[1]; got != 900_001+3000 { // 2999.7…
		t.Errorf("an amended sale with its fee in coins holds %d", got)
	}
	plain := d.allowed(d.order(exchange.Sell, 1_000_000, 11_000*cad))
	d.working(plain)
	if err := d.g.Amend(&exchange.Amend{Order: plain.ID, Qty: 800_000}); err != nil {
		t.Fatal(err, d.said())
	}
	d.play(exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpAmend, Code: exchange.CodeAmended, Order: plain.ID, State: exchange.Working})
	if got := d.g.s.acct.held[1]; got != 903_001+800_000 {
		t.Errorf("an amended sale holds %d", got-903_001)
	}
}

// A change that makes an order larger uses up its signal's budget by the difference, and
// fills up to it are no breach.
func TestAnAmendGrowsItsSignalByTheDifference(t *testing.T) {
	l := wide()
	l.SignalOrders, l.SignalAge = 2, time.Hour
	for fill, want := range map[money.Qty]Level{xbt / 50: Active, xbt/50 + 1: Halted} {
		d := open(t, l)
		o := d.allowed(d.buy(xbt / 100))
		d.working(o)
		if err := d.g.Amend(&exchange.Amend{Order: o.ID, Qty: xbt / 50}); err != nil {
			t.Fatal(err, d.said())
		}
		d.play(exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpAmend, Code: exchange.CodeAmended, Order: o.ID, State: exchange.Working})
		if err := d.g.Amend(&exchange.Amend{Order: o.ID, Qty: xbt / 100}); err != nil { // a smaller one gives nothing back
			t.Fatal(err, d.said())
		}
		d.fees++
		d.tryPlay(exchange.Event{Kind: exchange.KindFill, Order: o.ID, Side: exchange.Buy, Qty: xbt / 50, Price: 10_000 * cad, Cost: money.Amount(fill) * 10_000 * cad / xbt, TradeID: d.fees, State: exchange.Filled})
		if d.g.Level() != want {
			t.Errorf("%d lots' worth: %v, want %v", fill, d.g.Level(), want)
		}
	}
}

// The time of an unknown outcome runs from its first word.
func TestAnOutcomeThatIsToldUnknownAgainIsNotYounger(t *testing.T) {
	l := wide()
	l.UnknownFor = 10 * time.Minute
	d := open(t, l)
	o := d.allowed(d.buy(xbt / 1000))
	d.working(o)
	d.beat(9 * time.Minute)
	unknown := exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpSubmit, Order: o.ID, State: exchange.Unknown}
	d.play(unknown)
	d.beat(10 * time.Minute)
	d.play(unknown)
	if d.g.Level() != Active {
		t.Fatal("halted at its bound")
	}
	d.beat(1)
	if d.g.Level() != Halted {
		t.Error("told again, it got younger")
	}
}

// What the ledger told before the first snapshot is in it.
func TestTheFirstSnapshotIsTheWholeTruth(t *testing.T) {
	d := bare(t, wide())
	d.ledger(exchange.CodeDeposit, 500*cad)
	d.holdings(700*cad, 3)
	if d.g.Balance(0) != 700*cad || d.g.Balance(1) != 3 {
		t.Errorf("%d, %d", d.g.Balance(0), d.g.Balance(1))
	}
	d = bare(t, wide())
	d.holdings(0, 1)
	d.holdings(5, 1)
	if d.g.Balance(1) != 1 || d.g.Balance(0) != 0 {
		t.Error("an account of one unit was not adopted")
	}
}

func TestANewDayHasItsOwnFloor(t *testing.T) {
	l := wide()
	l.DailyLoss = Limit{Unlimited, 1_000 * cad}
	d := open(t, l)
	d.price(9_500)
	nextDay(d)
	d.price(8_501)
	if d.g.Level() != Active {
		t.Fatalf("%v at a loss of 999 of the new day", d.g.Level())
	}
	if d.price(8_500); d.latched(DailyLoss) == nil {
		t.Error("the floor is the old day's")
	}
	d.now = d.g.s.day.end
	if d.x.wake != d.now {
		t.Errorf("nobody wakes the guard at the end of the day: %d", d.x.wake)
	}
}

// After the ceremony an invalid nonce of before counts no more, and a fall begins with its
// first mark again.
func TestTheCeremonyBeginsCountersAnew(t *testing.T) {
	l := wide()
	l.DrawdownPPM = 100_000
	d := open(t, l, facts(exchange.FactNonce))
	d.request1(exchange.CodeInvalidNonce)
	d.ceremony()
	d.request1(exchange.CodeInvalidNonce)
	if d.latched(Nonce) != nil {
		t.Error("an invalid nonce of before the ceremony counts")
	}
	d.price(8_000)
	d.ceremony() // a new high, at the fall's bottom
	d.beat(time.Minute)
	d.price(6_200)
	if l := d.latched(Drawdown); l == nil || l.Level != Paused {
		t.Errorf("the first mark of a new fall: %+v", l)
	}
}

func (d *desk) request1(c exchange.Code) {
	d.Helper()
	d.play(exchange.Event{Kind: exchange.KindRequest, Code: c, Instrument: exchange.None})
}

func TestRecordedLimitsThatCannotBeReadStopTheStart(t *testing.T) {
	d := open(t, wide())
	d.ceremony()
	d.log.last(RecArm).Text = "{"
	cfg := d.cfg
	cfg.History = func(yield func(*Record) error) error {
		for i := range d.log.records {
			if err := yield(&d.log.records[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), "recorded limits cannot be read") {
		t.Error(err)
	}
}
