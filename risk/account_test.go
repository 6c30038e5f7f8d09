package risk

import (
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func init() {
	tried["account"] = accountTrials
}

// holdings is a snapshot with what the venue says.
func (d *desk) holdings(cash, coins money.Amount, orders ...exchange.OpenOrder) {
	d.Helper()
	d.play(exchange.Event{Kind: exchange.KindSnapshot, Detail: &exchange.Detail{Snapshot: &exchange.Snapshot{
		Balances: []exchange.Balance{{Asset: 0, Total: cash}, {Asset: 1, Total: coins}}, Orders: orders,
	}}})
}

func (d *desk) coins(v money.Amount) { d.Helper(); d.holdings(d.g.Balance(0), v) }

// balance is what the venue says of one asset.
func (d *desk) balance(a exchange.AssetID, v money.Amount) {
	d.Helper()
	d.play(exchange.Event{Kind: exchange.KindBalance, FeeAsset: a, Cost: v, Instrument: exchange.None})
}

func loose(l *Limits) { l.ReconcilePPM = 1000 } // 0.1 %, of a coin 100,000 lots

func inOrder(d *desk) {
	d.snapshot()
	d.balance(1, d.g.Balance(1))
	d.ceremony()
}

var accountTrials = []trial{
	{
		control: Reconcile, setup: limited(loose),
		below: func(d *desk) {
			d.coins(xbt - 100_000) // exactly the bound
			d.beat(time.Minute)
			d.coins(xbt - 100_000)
			d.coins(xbt - 100_001)
			d.beat(settle - 1)
			d.coins(xbt - 100_001)
		},
		trip:  func(d *desk) { d.beat(1); d.coins(xbt - 100_001) },
		level: Halted, scope: ByPair, cause: "the venue has 0.99899999 XBT, our books 1.00000000 XBT",
		tooSoon: func(d *desk) { longWait(d); d.snapshot(); d.price(d.last) }, reset: inOrder, forgets: true,
	},
	{
		control: Reconcile, // an exact source is taken at its word
		below:   func(d *desk) { d.coins(xbt) }, trip: func(d *desk) { d.coins(xbt + 1) },
		level: Halted, scope: ByPair, cause: "our books 1.00000000 XBT", tooSoon: (*desk).snapshot, reset: inOrder,
	},
	{
		control: Reconcile, // the account's own money is no pair's
		below:   func(d *desk) { d.holdings(10_000*cad, xbt) }, trip: func(d *desk) { d.holdings(10_000*cad-1, xbt) },
		level: Halted, cause: "our books 10000.0000 CAD", tooSoon: (*desk).snapshot, reset: inOrder,
	},
	{
		control: ForeignOrder,
		below: func(d *desk) { // what is ours is not foreign
			o := d.allowed(d.sell(xbt / 10))
			d.working(o)
			d.holdings(10_000*cad, xbt, exchange.OpenOrder{Order: *o})
			d.fill(o, xbt/10, 10_000, exchange.Filled)
		},
		trip: func(d *desk) {
			d.play(exchange.Event{Kind: exchange.KindForeign, Instrument: exchange.None, Detail: &exchange.Detail{Text: "order O-1 is not ours"}})
		},
		level: Halted, cause: "order O-1 is not ours", tooSoon: longWait, reset: (*desk).ceremony,
	},
	{
		control: ForeignOrder,
		below:   func(d *desk) { d.holdings(10_000*cad, xbt) },
		trip: func(d *desk) {
			d.holdings(10_000*cad, xbt, exchange.OpenOrder{Order: exchange.Order{ID: 77, Qty: xbt, Price: cad, Type: exchange.Limit}})
		},
		level: Halted, cause: "an open order at the venue that we did not place", tooSoon: longWait, reset: (*desk).ceremony,
	},
	{
		control: UnexplainedBalance, setup: inTurnOf(limited(loose), facts(exchange.FactBalances)),
		below: func(d *desk) {
			d.balance(1, xbt-100_000)
			d.beat(time.Minute)
			d.balance(1, xbt+100_100) // 0.1 % of the larger
			d.balance(1, xbt-100_001)
			d.beat(settle - 1)
			d.balance(1, xbt-100_001)
		},
		trip:  func(d *desk) { d.beat(1); d.balance(1, xbt-100_001) },
		level: Halted, cause: "the venue has 0.99899999 XBT, fills and ledger explain 1.00000000 XBT",
		tooSoon: func(d *desk) { d.balance(1, xbt); longWait(d) }, reset: inOrder, forgets: true,
	},
	{
		control: UnexplainedBalance, setup: facts(exchange.FactBalances),
		below: func(d *desk) { d.balance(0, 10_000*cad) }, trip: func(d *desk) { d.balance(0, 10_000*cad+1) },
		level: Halted, cause: "explain 10000.0000 CAD", tooSoon: longWait, reset: inOrder,
	},
	{
		control: WithdrawalSeen, setup: facts(exchange.FactLedger),
		below: func(d *desk) { d.ledger(exchange.CodeDeposit, 1); d.ledger(exchange.CodeAdjustment, -1) },
		trip:  func(d *desk) { d.ledger(exchange.CodeWithdrawal, -1) },
		level: Halted, cause: "Withdrawal of 0.0001 CAD: if it was not you, revoke the key now", tooSoon: longWait, reset: (*desk).ceremony,
	},
	{
		control: WithdrawalSeen, setup: facts(exchange.FactLedger),
		below: func(*desk) {}, trip: func(d *desk) { d.ledger(exchange.CodeTransfer, 1) },
		level: Halted, cause: "Transfer of 0.0001 CAD", tooSoon: longWait, reset: (*desk).ceremony,
	},
	{
		control: UnknownOutcome, setup: limited(func(l *Limits) { l.UnknownFor = 10 * time.Minute }),
		below: func(d *desk) { d.allowed(d.buy(xbt / 1000)) }, // pending is not unknown
		trip:  func(d *desk) { d.unknown() },
		level: Paused, scope: ByPair, cause: "an order's outcome is unknown",
		tooSoon: func(d *desk) { d.beat(10 * time.Minute) },
		reset:   func(d *desk) { d.gone(&d.g.s.acct.open[len(d.g.s.acct.open)-1].order) },
	},
}

// unknown sends a buy whose outcome nobody knows.
func (d *desk) unknown() *exchange.Order {
	d.Helper()
	d.x.answer = exchange.ErrUnknown
	o := d.buy(xbt / 1000)
	if err := d.g.Submit(o); err != exchange.ErrUnknown {
		d.Fatalf("%v %s", err, d.said())
	}
	d.x.answer = nil
	return o
}

func inTurnOf(list ...func(*Config)) func(*Config) {
	return func(c *Config) {
		for _, f := range list {
			f(c)
		}
	}
}

func TestAccountControls(t *testing.T) { tryAll(t, "account", accountTrials) }

func twoPairs(t *testing.T, change ...func(*Config)) *desk {
	return open(t, wide(), append(change, func(c *Config) {
		c.Catalog.AddAsset("ETH", 8)
		if _, err := c.Catalog.Add(exchange.Spec{Symbol: "ETH/CAD", PriceDecimals: 4, LotDecimals: 8, Tick: 1000, OrderMin: 10_000, CostMin: cad / 2}); err != nil {
			t.Fatal(err)
		}
	})...)
}

func TestADifferenceHaltsItsPairAndTwoHaltEverything(t *testing.T) {
	d := twoPairs(t)
	d.play(exchange.Event{Kind: exchange.KindBar, Instrument: 1, Interval: time.Minute, Price: 100 * cad, Qty: 1, Matched: true})
	d.coins(xbt / 2)
	if d.g.Level() != Active {
		t.Fatal("one pair halted all")
	}
	d.denied(d.buy(xbt/1000), Reconcile)
	other := d.order(exchange.Buy, xbt/10, 100*cad)
	other.Instrument = 1
	d.gone(d.allowed(other))
	d = d.restart()
	d.play(exchange.Event{Kind: exchange.KindBar, Instrument: 1, Interval: time.Minute, Price: 100 * cad, Qty: 1, Matched: true})
	d.play(exchange.Event{Kind: exchange.KindSnapshot, Detail: &exchange.Detail{Snapshot: &exchange.Snapshot{
		Balances: []exchange.Balance{{Asset: 0, Total: 10_000 * cad}, {Asset: 1, Total: xbt}, {Asset: 2, Total: xbt}},
	}}})
	if d.g.Level() != Halted {
		t.Errorf("two pairs: %v", d.g.Level())
	}
}

func TestAFillThatIsNotOursHalts(t *testing.T) {
	d := open(t, wide())
	d.play(exchange.Event{Kind: exchange.KindFill, Order: 99, Side: exchange.Buy, Qty: 5, Price: 10_000 * cad, Cost: 1, TradeID: 1, State: exchange.Filled})
	if l := d.latched(ForeignOrder); l == nil || l.Level != Halted {
		t.Errorf("%+v", d.g.Status().Latches)
	}
	if n := d.restart().log.count(RecLevel, ForeignOrder); n != 1 {
		t.Errorf("%d activations", n)
	}
}

// What is foreign may be the owner's: it is never cancelled, also not by a kill.
func TestAForeignOrderIsNeverCancelled(t *testing.T) {
	d := open(t, wide())
	own := d.allowed(d.order(exchange.Buy, xbt/1000, 9_000*cad))
	d.working(own)
	d.holdings(10_000*cad, xbt, exchange.OpenOrder{Order: *own}, exchange.OpenOrder{Order: exchange.Order{ID: 77, Qty: xbt, Price: cad, Type: exchange.Limit}})
	d.g.Kill(KillCommand, "drill")
	for _, id := range d.x.gone {
		if id != own.ID {
			t.Errorf("order %d was cancelled", id)
		}
	}
	if len(d.x.gone) == 0 {
		t.Error("our own entry stayed")
	}
}

func TestMoneyThatNobodyExplainsIsNoLossAndIsNotSold(t *testing.T) {
	l := wide()
	l.DailyLoss, l.DrawdownPPM = Limit{Unlimited, 1_000 * cad}, 100_000
	for name, there := range map[string]money.Amount{"theft": xbt / 2, "all zero": 0, "phantom credit": 1000 * xbt} {
		d := open(t, l, facts(exchange.FactBalances))
		d.balance(1, there)
		if d.latched(UnexplainedBalance) == nil || d.g.Equity() != 20_000*cad || d.g.Balance(1) != xbt {
			t.Errorf("%s: equity %d, %+v", name, d.g.Equity()/cad, d.g.Status().Latches)
		}
		d.price(5_000)
		d.price(4_000)
		if d.latched(DailyLoss) != nil || d.latched(Drawdown) != nil {
			t.Errorf("%s: a loss of money that nobody trusts", name)
		}
		d.code(exchange.KindOperator, exchange.CodeFlatten)
		d.denied(d.sell(xbt/1000), UnexplainedBalance)
	}
}

func TestABalanceThatAgreesAgainIsForgotten(t *testing.T) {
	l := wide()
	l.ReconcilePPM = 1000
	d := open(t, l, facts(exchange.FactBalances))
	looks := d.x.looks
	d.balance(1, xbt/2)
	d.balance(1, xbt)
	d.beat(settle)
	d.balance(1, xbt/2)
	d.coins(xbt / 2)
	d.coins(xbt)
	d.beat(settle)
	d.coins(xbt / 2)
	if d.g.Level() != Active {
		t.Errorf("%+v", d.g.Status().Latches)
	}
	if d.x.looks == looks {
		t.Error("nobody looked again once fills had settled")
	}
}

func TestNoOrderBeforeTheBooksWereCompared(t *testing.T) {
	d := open(t, wide()).reborn()
	d.tick(0, d.last)
	for _, o := range []*exchange.Order{d.buy(xbt / 1000), d.sell(xbt / 1000)} {
		d.denied(o, Reconcile)
	}
	d.snapshot()
	d.allowed(d.buy(xbt / 1000))
}

// A protective stop that the venue has lost is noticed: the position is not protected.
func TestAnOrderThatVanishedAtTheVenueHaltsItsPair(t *testing.T) {
	l := wide()
	l.ReconcilePPM = 1000
	d := open(t, l)
	stop := d.allowed(d.order(exchange.Sell, xbt/2, 11_000*cad))
	d.working(stop)
	d.holdings(10_000*cad, xbt, exchange.OpenOrder{Order: *stop})
	d.holdings(10_000*cad, xbt)
	looks := d.x.looks
	d.beat(settle - 1)
	d.holdings(10_000*cad, xbt)
	if d.latched(Reconcile) != nil {
		t.Fatal("what is on its way counts already")
	}
	d.holdings(10_000*cad, xbt, exchange.OpenOrder{Order: *stop}) // there again
	d.holdings(10_000*cad, xbt)
	d.beat(settle - 1)
	d.holdings(10_000*cad, xbt)
	if d.latched(Reconcile) != nil {
		t.Fatal("an order that came back counts")
	}
	d.beat(1)
	if d.x.looks == looks {
		t.Error("nobody looks again")
	}
	d.holdings(10_000*cad, xbt)
	if l := d.latched(Reconcile); l == nil || l.Scope != ByPair || l.Level != Halted || !strings.Contains(l.Cause, "order 1") {
		t.Errorf("%+v", d.g.Status().Latches)
	}
}

func TestUnknownOutcomeHaltsAfterItsTime(t *testing.T) {
	l := wide()
	l.UnknownFor = 10 * time.Minute
	d := open(t, l)
	o := d.unknown()
	if len(d.x.sent) != 1 {
		t.Fatal("sent again")
	}
	d.beat(10 * time.Minute)
	if d.g.Level() != Active {
		t.Fatalf("%v at the bound", d.g.Level())
	}
	d.beat(1)
	if l := d.latched(UnknownOutcome); d.g.Level() != Halted || l == nil {
		t.Fatalf("%v", d.g.Level())
	}
	d.play(exchange.Event{Kind: exchange.KindOrder, Order: o.ID, State: exchange.Absent})
	if d.g.Level() != Halted {
		t.Error("a late answer ended the halt")
	}
	d = d.restart()
	d.ceremony()
	d.allowed(d.buy(xbt / 1000))
}

// An order that was out when the program died has an unknown outcome until the venue tells.
func TestARestartWithAnOrderOutWaitsForTheVenue(t *testing.T) {
	l := wide()
	l.ReconcilePPM, l.UnknownFor = 1000, time.Hour
	d := open(t, l)
	o := d.allowed(d.buy(xbt / 1000))
	n := d.reborn()
	n.tick(0, n.last)
	n.holdings(10_000*cad, xbt) // not there yet, and only just out
	if st := n.g.Status(); st.Unknown != 1 || st.Open != 1 {
		t.Fatalf("%+v", st)
	}
	n.denied(n.buy(xbt/1000), UnknownOutcome)
	if n.g.Balance(0)-n.g.s.acct.held[0] != 9_990*cad {
		t.Error("it holds nothing back any more")
	}
	n.beat(usualDeadline + lateMax - 1)
	n.holdings(10_000*cad, xbt)
	if n.g.Status().Unknown != 1 || len(n.x.gone) != 0 {
		t.Error("given up too soon")
	}
	n.beat(1)
	n.holdings(10_000*cad, xbt) // it cannot arrive any more: cancelled all the same, and looked for once more
	if n.g.Status().Unknown != 1 || len(n.x.gone) != 1 || n.x.gone[0] != o.ID {
		t.Errorf("%+v, cancelled %v", n.g.Status(), n.x.gone)
	}
	n.play(exchange.Event{Kind: exchange.KindOrder, Order: o.ID, Op: exchange.OpCancel, Code: exchange.CodeUnknownOrder, Instrument: exchange.None})
	n.holdings(10_000*cad, xbt) // nobody asked for this one since
	if n.g.Status().Unknown != 1 {
		t.Error("given up without another look")
	}
	n.beat(settle)
	n.holdings(10_000*cad, xbt)
	if r := n.log.last(RecOrder); r == nil || r.Event.Order != o.ID || r.Event.State != exchange.Absent {
		t.Fatalf("%+v", r)
	}
	n.tick(0, n.last)
	n.allowed(n.buy(xbt / 1000))
	if len(n.x.sent) != 1 {
		t.Errorf("%d orders left after the restart", len(n.x.sent))
	}
}

// What an order came to is looked for until it is found; the venue's own money is not spent
// twice in the meantime.
func TestAnUnknownOrderIsLookedForUntilItIsFound(t *testing.T) {
	l := wide()
	l.ReconcilePPM = 1000
	d := open(t, l)
	o := d.unknown()
	looks := d.x.looks
	d.beat(settle - 1)
	if d.x.looks != looks {
		t.Error("looked at once, while the answer may be on its way")
	}
	d.beat(1)
	if d.x.looks != looks+1 {
		t.Fatal("nobody looks")
	}
	d.holdings(10_000*cad, xbt)
	if st, open := d.g.State(o.ID); !open || st != exchange.Unknown {
		t.Fatalf("not found at once, and %v", st)
	}
	d.beat(usualDeadline + lateMax - settle)
	if d.x.looks != looks+2 {
		t.Fatalf("%d looks", d.x.looks-looks)
	}
	d.holdings(10_000*cad, xbt, exchange.OpenOrder{Order: *o}) // it came late
	if st, open := d.g.State(o.ID); !open || st != exchange.Working || len(d.x.gone) != 0 {
		t.Errorf("%v, cancelled %v", st, d.x.gone)
	}
	if _, open := d.g.State(o.ID + 1); open {
		t.Error("an order that was never sent is open")
	}
}

// A snapshot cannot have an order that was sent after it was asked for, also when it
// arrives long after that order.
func TestASnapshotDoesNotJudgeWhatItCannotHaveSeen(t *testing.T) {
	l := wide()
	l.ReconcilePPM = 0 // an exact source is taken at its first word
	d := open(t, l)
	if err := d.g.Refresh(); err != nil {
		t.Fatal(err)
	}
	d.beat(time.Second)
	o := d.unknown()
	d.beat(10 * time.Minute)
	d.holdings(10_000*cad, xbt)
	if st, open := d.g.State(o.ID); !open || st != exchange.Unknown {
		t.Errorf("open %v, %v", open, st)
	}
	d.holdings(10_000*cad, xbt) // the answer to the look after it
	if _, open := d.g.State(o.ID); open {
		t.Error("still open")
	}
}

// The fills of a snapshot that no event told are booked before balances are compared.
func TestMissedFillsOfASnapshotAreBooked(t *testing.T) {
	l := wide()
	l.ReconcilePPM = 0
	d := open(t, l)
	o := d.allowed(d.buy(xbt / 1000))
	d.play(exchange.Event{Kind: exchange.KindOrder, Order: o.ID, Op: exchange.OpSubmit, State: exchange.Working})
	fill := func(id uint64, state exchange.State) exchange.Event {
		return exchange.Event{
			Kind: exchange.KindFill, Order: o.ID, TradeID: id, Side: exchange.Buy, Price: o.Price, Qty: o.Qty / 2, Cost: 5 * cad, FeeAsset: 0, State: state,
		}
	}
	d.play(exchange.Event{Kind: exchange.KindSnapshot, Detail: &exchange.Detail{Snapshot: &exchange.Snapshot{
		Balances: []exchange.Balance{{Asset: 0, Total: 9_990 * cad}, {Asset: 1, Total: xbt + xbt/1000}},
		Fills:    []exchange.Event{fill(7, exchange.Working), fill(8, exchange.Filled)},
	}}})
	if d.g.Balance(0) != 9_990*cad || d.g.Level() != Active {
		t.Errorf("%d, %v", d.g.Balance(0), d.g.Level())
	}
	if _, open := d.g.State(o.ID); open {
		t.Error("it is filled, and open")
	}
}

// A session's books are compared every minute; a comparison that finds nothing is not worth
// a line. A replay's are compared at its end.
func TestASessionComparesItsBooksEveryMinute(t *testing.T) {
	for _, live := range []bool{true, false} {
		l := wide()
		l.ReconcilePPM, l.NeedsArming = 1000, live
		d := open(t, l)
		looks, lines := d.x.looks, d.log.count(RecSnapshot, NoControl)
		for n := 1; n <= 3; n++ {
			d.beat(compareEvery - 1)
			if d.x.looks != looks+n-1 && live {
				t.Fatalf("minute %d: %d looks before it is over", n, d.x.looks-looks)
			}
			d.beat(1)
			if live && d.x.looks != looks+n || !live && d.x.looks != looks {
				t.Fatalf("needs arming %v, minute %d: %d looks", live, n, d.x.looks-looks)
			}
			if live {
				d.holdings(10_000*cad, xbt)
			}
		}
		if n := d.log.count(RecSnapshot, NoControl) - lines; n != 0 {
			t.Errorf("%d lines say that nothing was found", n)
		}
		if !live {
			continue
		}
		d.beat(compareEvery)
		d.holdings(9_000*cad, xbt)
		d.beat(settle)
		d.holdings(9_000*cad, xbt)
		if d.g.Level() != Halted || d.log.count(RecSnapshot, NoControl)-lines != 2 {
			t.Errorf("%v with %d lines", d.g.Level(), d.log.count(RecSnapshot, NoControl)-lines)
		}
	}
}
