package risk

import (
	"errors"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"

	"pgregory.net/rapid"
)

func TestZeroLimitsRefuseEverything(t *testing.T) {
	d := open(t, Limits{})
	d.denied(d.order(exchange.Buy, xbt/100, 0), OrderForm)
	d = open(t, Limits{Profile: "empty", AllowMarket: true})
	for _, c := range []Control{MaxOrderNotional, MaxPosition, CashReserve, PriceCollar, MaxOpenOrders, OrderRate, SignalBudget, MessageThrottle} {
		d.denied(d.order(exchange.Buy, xbt/100, 0), c)
	}
}

func TestResearchProfileStillChecksFormInventoryAndFunds(t *testing.T) {
	d := open(t, Research())
	d.allowed(d.order(exchange.Buy, xbt/2, 0))
	d.denied(d.order(exchange.Buy, xbt*6/10, 0), CashReserve)
	d.denied(d.order(exchange.Sell, xbt+1, 0), CashReserve)
	d.allowed(d.order(exchange.Sell, xbt, 0))
	d.denied(d.order(exchange.Sell, 10_000, 0), CashReserve) // all of it is promised
	d.denied(d.order(exchange.Buy, 0, 0), OrderForm)
}

func TestEveryBoundHoldsExactlyAtItsNumber(t *testing.T) {
	t.Run("max-order-notional", func(t *testing.T) {
		l := wide()
		l.Order = Limit{PPM: Unlimited, Amount: 25 * cad}
		d := open(t, l)
		d.allowed(d.order(exchange.Buy, xbt*25/10_000, 10_000*cad))
		d.denied(d.order(exchange.Buy, xbt*25/10_000+1, 10_000*cad), MaxOrderNotional)
		d.allowed(d.order(exchange.Sell, xbt/2, 0)) // what makes the position smaller is bounded by what is owned
	})
	t.Run("max-order-notional as a share", func(t *testing.T) {
		l := wide()
		l.Order = Share(1000) // 0.1 % of 20,000 CAD
		d := open(t, l)
		d.allowed(d.order(exchange.Buy, xbt/500, 10_000*cad))
		d.denied(d.order(exchange.Buy, xbt/500+1, 10_000*cad), MaxOrderNotional)
	})
	t.Run("max-position", func(t *testing.T) {
		l := wide()
		l.Position = Limit{PPM: Unlimited, Amount: 15_000 * cad} // 10,000 are held already
		d := open(t, l)
		d.allowed(d.order(exchange.Buy, xbt*3/10, 0))
		d.denied(d.order(exchange.Buy, xbt*2/10+1, 0), MaxPosition) // the pending order counts as filled
		d.allowed(d.order(exchange.Buy, xbt*2/10, 0))
	})
	t.Run("cash-reserve", func(t *testing.T) {
		l := wide()
		l.SpendablePPM = 900_000 // 2,000 of 20,000 CAD stay
		d := open(t, l)
		d.denied(d.order(exchange.Buy, xbt*8/10+1, 10_000*cad), CashReserve)
		d.allowed(d.order(exchange.Buy, xbt*8/10, 10_000*cad))
	})
	t.Run("cash-reserve with fee", func(t *testing.T) {
		d := open(t, wide(), func(c *Config) { c.FeePPM = 8000 })
		d.denied(d.order(exchange.Buy, xbt, 10_000*cad), CashReserve)
		o := d.order(exchange.Buy, 0, 0)
		o.Cash = 10_000 * cad
		d.allowed(o) // an amount to spend has its fee inside
	})
	t.Run("price-collar", func(t *testing.T) {
		l := wide()
		l.CollarPPM = 20_000
		d := open(t, l)
		d.allowed(d.order(exchange.Buy, xbt/100, 10_200*cad))
		d.denied(d.order(exchange.Buy, xbt/100, 10_200*cad+1000), PriceCollar)
		d.allowed(d.order(exchange.Sell, xbt/100, 9_800*cad))
		d.denied(d.order(exchange.Sell, xbt/100, 9_800*cad-1000), PriceCollar)
	})
}

func TestOrderFormNamesWhatIsWrong(t *testing.T) {
	d := open(t, wide())
	for name, spoil := range map[string]func(*exchange.Order){
		"quantity":            func(o *exchange.Order) { o.Qty = -1 },
		"minimum":             func(o *exchange.Order) { o.Qty = 9_999 },
		"off the tick":        func(o *exchange.Order) { o.Price++ },
		"limit price":         func(o *exchange.Order) { o.Price = 0 },
		"trigger":             func(o *exchange.Order) { o.Trigger = 1000 },
		"one distance":        func(o *exchange.Order) { o.Type, o.Price = exchange.TrailingStop, 0 },
		"post-only":           func(o *exchange.Order) { o.PostOnly, o.TIF = true, exchange.IOC },
		"expiry":              func(o *exchange.Order) { o.TIF = exchange.GTD },
		"out of range":        func(o *exchange.Order) { o.Trail = -5 },
		"unknown":             func(o *exchange.Order) { o.Type = 99 },
		"unknown instrument":  func(o *exchange.Order) { o.Instrument = 7 },
		"amount to spend":     func(o *exchange.Order) { o.Cash = 5 },
		"a fifteenth":         func(o *exchange.Order) { o.Type, o.Display = exchange.Iceberg, 1 },
		"conditional close":   func(o *exchange.Order) { o.Close.On = true },
		"below the pair's mi": func(o *exchange.Order) { o.Qty, o.Price = 10_000, 4_000*cad }, // 0.40 CAD
	} {
		o := d.order(exchange.Buy, xbt/100, 9_999*cad)
		spoil(o)
		d.denied(o, OrderForm)
		said := ""
		for _, r := range d.g.LastVerdict().Reasons {
			said += r.String()
		}
		if !strings.Contains(said, name) {
			t.Errorf("%s: the reason was %s", name, said)
		}
	}
	d.play(exchange.Event{Kind: exchange.KindStatus, Instrument: exchange.None, Status: exchange.CancelOnlyMode})
	d.denied(d.order(exchange.Buy, xbt/100, 9_999*cad), OrderForm)
}

func TestNoOrderWithoutAReferencePrice(t *testing.T) {
	d := open(t, wide())
	d.g.s.acct.mark[0] = 0
	d.denied(d.order(exchange.Buy, xbt/100, 0), PriceCollar)
}

func TestDailyLossLetsOnlySellsThroughUntilTheOperatorActs(t *testing.T) {
	l := wide()
	l.DailyLoss = Limit{PPM: Unlimited, Amount: 1_000 * cad}
	for _, rearm := range []Rearm{{}, {Mode: RearmNextDay}, {Mode: RearmAfter, After: time.Hour}} {
		d := open(t, l, func(c *Config) { c.Rearm = rearm })
		entry := d.order(exchange.Buy, xbt/100, 5_000*cad)
		d.allowed(entry)
		d.price(9_001)
		if d.g.Level() != Active {
			t.Fatalf("a loss of 999 tripped a limit of 1000: %v", d.g.Level())
		}
		d.price(9_000)
		if d.g.Level() != ReduceOnly {
			t.Fatalf("a loss of exactly 1000 left the level at %v", d.g.Level())
		}
		if len(d.x.gone) != 1 || d.x.gone[0] != entry.ID {
			t.Errorf("entries were not cancelled: %v", d.x.gone)
		}
		d.denied(d.order(exchange.Buy, xbt/100, 0), DailyLoss)
		d.allowed(d.order(exchange.Sell, xbt/100, 0))
		d.now = d.now.Add(time.Hour)
		d.price(9_500)
		if want := map[RearmMode]Level{RearmNever: ReduceOnly, RearmNextDay: ReduceOnly, RearmAfter: Active}[rearm.Mode]; d.g.Level() != want {
			t.Errorf("%v: after an hour %v, want %v", rearm, d.g.Level(), want)
		}
		d.now = d.now.Add(24 * time.Hour)
		d.price(9_500)
		if want := map[RearmMode]Level{RearmNever: ReduceOnly, RearmNextDay: Active, RearmAfter: Active}[rearm.Mode]; d.g.Level() != want {
			t.Errorf("%v: the next day %v, want %v", rearm, d.g.Level(), want)
		}
		if rearm.Mode != RearmNever && !strings.Contains(d.log.last(RecLevel).Text, "simulated operator") {
			t.Errorf("%v: the lift is not recorded as the operator's: %q", rearm, d.log.last(RecLevel).Text)
		}
	}
}

func TestABarThatClosesAtMidnightStillCountsForTheOldDay(t *testing.T) {
	l := wide()
	l.DailyLoss = Limit{PPM: Unlimited, Amount: 1_000 * cad}
	d := open(t, l)
	d.now = exchange.Stamp(d.now.Day()+1)*exchange.Stamp(24*time.Hour) - exchange.Stamp(time.Minute)
	d.price(9_000) // closes exactly at the border
	if d.g.Level() != ReduceOnly {
		t.Errorf("level %v", d.g.Level())
	}
	if got := d.log.last(RecDayStart).Equity; got != 19_000*cad {
		t.Errorf("the new day starts with %d, want 19,000 CAD", got/cad)
	}
}

func TestDrawdownPausesAtOnceAndHaltsAtTheSecondMark(t *testing.T) {
	l := wide()
	l.DrawdownPPM = 100_000
	d := open(t, l)
	d.price(14_000) // equity 24,000: the high
	d.price(11_601)
	if d.g.Level() != Active {
		t.Fatalf("%v above the bound", d.g.Level())
	}
	d.price(11_600) // exactly 10 % under the high
	if d.g.Level() != Paused {
		t.Fatalf("first mark: %v", d.g.Level())
	}
	d.denied(d.order(exchange.Buy, xbt/100, 0), Drawdown)
	d.allowed(d.order(exchange.Sell, xbt/100, 0))
	d.price(11_500)
	if d.g.Level() != Halted {
		t.Fatalf("second mark: %v", d.g.Level())
	}
	d.denied(d.order(exchange.Sell, xbt/100, 0), Drawdown)
	if err := d.g.Cancel(1); err != nil {
		t.Errorf("a cancel was refused: %v", err)
	}
}

func TestABadTickPausesButDoesNotHalt(t *testing.T) {
	l := wide()
	l.DrawdownPPM = 100_000
	d := open(t, l)
	d.price(5_000)
	d.price(10_000)
	d.price(10_000)
	if d.g.Level() != Active {
		t.Errorf("level %v after the tick was gone", d.g.Level())
	}
}

func TestKillSwitchIsRecordedBeforeItActsAndDoesNotLiftItself(t *testing.T) {
	d := open(t, wide(), func(c *Config) { c.Rearm = Rearm{Mode: RearmNextDay} })
	resting := d.order(exchange.Sell, xbt/10, 12_000*cad)
	d.allowed(resting)
	*d.kill = true
	d.denied(d.order(exchange.Sell, xbt/100, 0), KillFile)
	if len(d.x.gone) != 1 || d.x.gone[0] != resting.ID {
		t.Errorf("own orders were not cancelled: %v", d.x.gone)
	}
	var types []RecordType
	for _, r := range d.log.records {
		types = append(types, r.Type)
	}
	if n := len(types); types[n-3] != RecLevel || types[n-2] != RecCancel || types[n-1] != RecDenial {
		t.Errorf("records %v: the level comes first", types)
	}
	*d.kill = false
	d.now = d.now.Add(72 * time.Hour)
	d.price(10_000)
	d.denied(d.order(exchange.Buy, xbt/100, 0), KillFile)
}

func TestNothingLeavesThatCannotBeRecorded(t *testing.T) {
	d := open(t, wide())
	d.log.failAt = len(d.log.records) + 1
	if err := d.g.Submit(d.order(exchange.Buy, xbt/100, 0)); err == nil || len(d.x.sent) != 0 {
		t.Fatalf("the order left: %v", err)
	}
	d.log.failAt = 0
	if err := d.g.Submit(d.order(exchange.Buy, xbt/100, 0)); err == nil || len(d.x.sent) != 0 {
		t.Fatal("a failed recorder was trusted again")
	}
}

func TestUnknownOutcomeKeepsItsReserve(t *testing.T) {
	d := open(t, wide())
	d.x.answer = exchange.ErrUnknown
	if err := d.g.Submit(d.order(exchange.Buy, xbt*6/10, 0)); !errors.Is(err, exchange.ErrUnknown) {
		t.Fatal(err)
	}
	d.x.answer = nil
	d.denied(d.order(exchange.Buy, xbt*6/10, 0), CashReserve)
	d.denied(d.order(exchange.Buy, xbt/10, 0), UnknownOutcome) // the pair waits
	d.allowed(d.order(exchange.Sell, xbt/10, 0))
	d.play(exchange.Event{Kind: exchange.KindOrder, Order: 1, State: exchange.Absent})
	d.x.answer = exchange.ErrThrottled
	d.g.Submit(d.order(exchange.Buy, xbt/10, 0))
	d.x.answer = nil
	d.allowed(d.order(exchange.Buy, xbt, 0)) // what certainly did not happen is free again
}

func TestAFillCountsOnce(t *testing.T) {
	d := open(t, wide())
	o := d.order(exchange.Buy, xbt/10, 0)
	d.allowed(o)
	d.fill(o, xbt/20, 10_000, exchange.Working)
	d.fees--
	d.fill(o, xbt/20, 10_000, exchange.Working)
	if got := d.g.Balance(1); got != xbt+xbt/20 {
		t.Errorf("balance %d after a fill that came twice", got)
	}
	d.fill(o, xbt/20, 10_000, exchange.Filled)
	if got, want := d.g.Balance(0), money.Amount(9_000*cad); got != want || d.g.s.acct.held[0] != 0 {
		t.Errorf("cash %d, held %d", got, d.g.s.acct.held[0])
	}
}

func TestDifferencesInTheBooksHalt(t *testing.T) {
	for name, ev := range map[string]exchange.Event{
		"foreign fill":  {Kind: exchange.KindFill, Order: 99, Qty: 1, TradeID: 77},
		"venue differs": {Kind: exchange.KindSnapshot, Detail: &exchange.Detail{Snapshot: &exchange.Snapshot{Balances: []exchange.Balance{{Asset: 0, Total: 1}, {Asset: 1, Total: xbt}}}}},
		"asset missing": {Kind: exchange.KindSnapshot, Detail: &exchange.Detail{Snapshot: &exchange.Snapshot{Balances: []exchange.Balance{{Asset: 0, Total: 10_000 * cad}}}}},
	} {
		d := open(t, wide())
		d.play(ev)
		if l, _ := d.g.s.levelFor(0, 0); l != Halted {
			t.Errorf("%s: level %v", name, l)
		}
		if err := d.g.Submit(d.order(exchange.Buy, xbt/100, 0)); !errors.Is(err, exchange.ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTradingDaysHave23And25Hours(t *testing.T) {
	zone, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Skip("this machine has no time zones")
	}
	s := &state{zone: zone}
	for day, hours := range map[string]int{"2024-03-10": 23, "2024-11-03": 25, "2024-06-01": 24} {
		start, _ := time.ParseInLocation("2006-01-02", day, zone)
		if got := s.endOfDay(exchange.At(start)).Sub(exchange.At(start)); got != time.Duration(hours)*time.Hour {
			t.Errorf("%s has %v", day, got)
		}
	}
}

func TestDeclarationsAreWhole(t *testing.T) {
	if n := len(All()); n != 52 {
		t.Errorf("%d controls, the table has 52", n)
	}
	seen := map[string]bool{}
	for _, c := range All() {
		d := Declarations[c]
		if d.Name == "" || d.Family == "" || d.Rule == "" || d.Default == "" || d.Scope == "" || d.Trip == "" || d.Reset == "" || seen[d.Name] {
			t.Errorf("control %d is not declared whole: %+v", c, d)
		}
		seen[d.Name] = true
		if got, ok := ParseControl(d.Name); !ok || got != c {
			t.Errorf("%s is not found by its name", d.Name)
		}
	}
}

// Reserves are sums over the open orders, whatever happens to them.
func TestReservesAreTheSumOfTheOpenOrders(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := open(t, wide(), func(c *Config) { c.FeePPM = 4000 })
		var live []*exchange.Order
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			switch rapid.IntRange(0, 3).Draw(rt, "what") {
			case 0, 1:
				side := exchange.Side(rapid.IntRange(0, 1).Draw(rt, "side"))
				o := d.order(side, money.Qty(rapid.Int64Range(20_000, xbt/4).Draw(rt, "qty")), int64(rapid.IntRange(8_000, 12_000).Draw(rt, "limit"))*cad)
				if d.g.Submit(o) == nil {
					live = append(live, o)
				}
			case 2:
				if len(live) > 0 {
					o := live[0]
					oo := d.g.s.acct.find(o.ID)
					q := money.Qty(rapid.Int64Range(1, int64(o.Qty-oo.filled)).Draw(rt, "fill"))
					state := exchange.Working
					if q == o.Qty-oo.filled {
						state, live = exchange.Filled, live[1:]
					}
					d.fill(o, q, int64(o.Price/cad), state)
				}
			case 3:
				if len(live) > 0 {
					d.play(exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpCancel, Order: live[0].ID, State: exchange.Cancelled})
					live = live[1:]
				}
			}
			var quote, base, buying money.Amount
			for _, oo := range d.g.s.acct.open {
				if oo.order.Side == exchange.Sell {
					base += oo.reserve
				} else {
					quote, buying = quote+oo.reserve, buying+oo.reserve
				}
			}
			a := d.g.s.acct
			if a.held[0] != quote || a.held[1] != base || a.buying[0] != buying || len(a.open) != len(live) {
				rt.Fatalf("held %v, buying %v; the orders say %d, %d, %d", a.held, a.buying, quote, base, buying)
			}
			if a.held[0] > a.balance[0] || a.held[1] > a.balance[1] {
				rt.Fatalf("more is promised than owned: %v of %v", a.held, a.balance)
			}
		}
	})
}

func TestDigestSeesWhatCountsAndNothingElse(t *testing.T) {
	cat := exchange.NewCatalog()
	cat.Add(exchange.Spec{Symbol: "XBT/CAD", PriceDecimals: 1, LotDecimals: 8})
	sum := func(change func(*Record)) string {
		d := NewDigest(cat)
		o := exchange.Order{ID: 1, Qty: 5, Price: 7, Type: exchange.Limit, Signal: 3}
		ev := exchange.Event{Order: 1, Price: 7, Qty: 5, Fee: 2, TradeID: 9}
		for _, r := range []Record{{Type: RecIntent, Time: 5, OrderID: 1, Order: &o}, {Type: RecFill, Time: 6, OrderID: 1, Event: &ev}, {Type: RecNote, Text: "x"}} {
			change(&r)
			d.Record(&r, false)
		}
		return d.Sum()
	}
	same := sum(func(*Record) {})
	if len(same) != 64 {
		t.Fatal(same)
	}
	for name, c := range map[string]func(*Record){
		"venue's trade id": func(r *Record) {
			if r.Event != nil {
				r.Event.TradeID = 1234
			}
		},
		"note": func(r *Record) { r.Text = "other" },
		"receive": func(r *Record) {
			if r.Event != nil {
				r.Event.Received = 99
			}
		},
	} {
		if sum(c) != same {
			t.Errorf("%s changed the digest", name)
		}
	}
	for name, c := range map[string]func(*Record){
		"price": func(r *Record) {
			if r.Order != nil {
				r.Order.Price++
			}
		},
		"time": func(r *Record) { r.Time++ },
		"fee": func(r *Record) {
			if r.Event != nil {
				r.Event.Fee++
			}
		},
	} {
		if sum(c) == same {
			t.Errorf("%s did not change the digest", name)
		}
	}
}
