package risk

import (
	"math"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// crossed is a desk with ETH/XBT (1) and ETH/CAD (2) at prices at which a unit of XBT is
// 1.0001 units of CAD, and nothing but a million CAD.
func crossed(t *testing.T, change ...func(*Config)) *desk {
	d := twoPairs(t, append(change, func(c *Config) {
		if _, err := c.Catalog.Add(exchange.Spec{Symbol: "ETH/XBT", PriceDecimals: 8, LotDecimals: 8, Tick: 1}); err != nil {
			t.Fatal(err)
		}
	})...)
	d.play(exchange.Event{Kind: exchange.KindTrade, Instrument: 1, Price: xbt, Qty: 1})
	d.play(exchange.Event{Kind: exchange.KindTrade, Instrument: 2, Price: 10_001 * cad, Qty: 1})
	d.trade(0, 10_001)
	return d
}

func (d *desk) crossing(gross, cost, notional money.Amount) *decision {
	return &decision{o: &exchange.Order{Instrument: 1}, in: &d.g.s.acct.catalog.Instruments[1], opens: true, ref: xbt, counted: true, gross: gross, cost: cost, notional: notional}
}

func (d *desk) says(check func(*state, *decision, *Verdict), m *decision) (text string) {
	var v Verdict
	check(d.g.s, m, &v)
	for i := range v.Reasons {
		text += v.Reasons[i].String() + ";"
	}
	return text
}

// An order's notional is rounded as the equity is, so that all the money fits; what could
// not be computed is denied with its one reason.
func TestAnOrdersNotionalIsRoundedLikeTheEquity(t *testing.T) {
	d := crossed(t)
	d.g.s.limits.Order = Limit{Unlimited, 101}
	for gross, want := range map[money.Amount]string{101: "", 102: "max-order-notional notional=0.0102 limit=0.0101;"} { // 101.0101
		if got := d.says((*state).checkNotional, d.crossing(gross, 0, 0)); got != want {
			t.Errorf("%d: %s", gross, got)
		}
	}
	m := d.crossing(102, 0, 0)
	m.counted = false
	if got := d.says((*state).checkNotional, m); got != `max-order-notional text="no fresh rate to the account's currency, an asset without a price, or the cost overflows";` {
		t.Error(got)
	}
}

// Exposure is what is held, what open buys of the coin could add in any pair, and the order,
// each rounded up into the account's currency.
func TestExposureCountsACoinEverywhereRoundedUp(t *testing.T) {
	d := crossed(t)
	a := d.g.s.acct
	a.balance[2] = 3                // ETH: 3 units of XBT
	a.buying[1], a.buying[2] = 1, 5 // XBT, CAD
	a.buying[0] = 99                // of another coin
	if v, ok := d.g.s.after(d.crossing(0, 1, 0)); !ok || v != 5+5+2 {
		t.Errorf("%d, %v", v, ok)
	}
	a.buying[1], a.buying[2] = 5, 0
	m := d.crossing(0, 1, 0)
	m.o.Instrument, m.in, m.ref = 2, &a.catalog.Instruments[2], 10_001*cad
	if v, ok := d.g.s.after(m); !ok || v != 4+6+1 { // 3.0003, 5.0005
		t.Errorf("%d, %v", v, ok)
	}
	a.routes[1].rated = false
	if _, ok := d.g.s.after(m); ok {
		t.Error("without a rate for a buy in another pair it is known")
	}
	if _, ok := d.g.s.after(d.crossing(0, 1, 0)); ok {
		t.Error("without a rate for what is held it is known")
	}
	a.routes[1].rated = true
	a.buying[1] = 0
	m.cost = math.MaxInt64
	if _, ok := d.g.s.after(m); ok {
		t.Error("a sum that overflows is known")
	}
	m.cost, m.ref, a.balance[2] = 0, math.MaxInt64, math.MaxInt64
	if _, ok := d.g.s.after(m); ok {
		t.Error("an exposure that overflows is known")
	}
	d.g.s.limits.Position = Limit{Unlimited, math.MaxInt64}
	if got := d.says((*state).checkPosition, m); got == "" {
		t.Error("an exposure that nobody can compute passed")
	}
}

// A mode's bounds are of its own strategies, hold exactly, and are rounded against us.
func TestAModesBoundsHoldExactly(t *testing.T) {
	mode := Mode{Name: "scalp", SharePPM: 1000, Count: 2, Notional: 50}
	d := crossed(t, inModes(mode, Mode{Name: "swing", SharePPM: 1000, Count: 2, Notional: 50}))
	s := d.g.s
	s.slots = []SlotInfo{{Name: "a", Mode: "scalp"}, {Name: "b", Mode: "swing"}, {Name: "c", Mode: "scalp"}}
	s.acct.equity = 100_000 // the share is 100
	s.acct.slot(0).buying[0] = 20
	s.acct.slot(1).buying[0] = 500 // another mode's
	s.acct.slot(2).buying[0] = 30
	for i, c := range []struct {
		cost, notional money.Amount
		want           string
	}{
		{49, 50, ""}, // 49.0049 are 50
		{50, 50, "mode-allocation exposure=0.0101 limit=0.0100;"}, {1, 51, "mode-allocation notional=0.0051 limit=0.0050;"},
	} {
		m := d.crossing(0, c.cost, c.notional)
		s.acct.slot(0).held[1] = 0
		s.limits.Modes[0].Count = 3 // two positions, and this
		if got := d.says((*state).checkMode, m); got != c.want {
			t.Errorf("%d: %s, want %s", i, got, c.want)
		}
	}
	s.limits.Modes[0].Count = 2
	if got := d.says((*state).checkMode, d.crossing(0, 1, 1)); got != "mode-allocation positions=3 limit=2;" {
		t.Error(got)
	}
	for _, there := range []func(*slotBook){func(b *slotBook) { b.held[1] = 1 }, func(b *slotBook) { b.held[1], b.buying[1] = 0, 1 }} {
		s.limits.Modes[0].Count = 3
		there(s.acct.slot(0)) // a third position, which this order adds to
		if got := d.says((*state).checkMode, d.crossing(0, 1, 1)); got != "" {
			t.Error(got)
		}
	}
	s.acct.slot(2).held[2] = 1
	s.acct.mark[2] = 0
	if got := d.says((*state).checkMode, d.crossing(0, 9999, 9999)); got != `mode-allocation text="no rate to the account's currency";` {
		t.Error(got)
	}
	m := d.crossing(0, 1, 1)
	for i, c := range []struct {
		slot exchange.SlotID
		name string
	}{{3, ""}, {9, ""}, {1, "none"}} {
		m.o.Slot = c.slot
		s.slots[1].Mode = c.name
		if got := d.says((*state).checkMode, m); got != `mode-allocation text="the strategy names no configured mode";` {
			t.Errorf("%d: %s", i, got)
		}
	}
	m.counted = false
	if got := d.says((*state).checkMode, m); got != "" {
		t.Errorf("what is not computed is denied elsewhere: %s", got)
	}
	m.counted, m.opens = true, false
	if got := d.says((*state).checkMode, m); got != "" {
		t.Errorf("a sale: %s", got)
	}
	s.limits.Modes, m.opens = nil, true
	if got := d.says((*state).checkMode, m); got != "" {
		t.Errorf("without modes: %s", got)
	}
}

// What waits is counted by pair, in all, and by its value, of buys alone and rounded up; a
// change is among it already.
func TestWhatWaitsIsBoundedExactly(t *testing.T) {
	d := crossed(t)
	s := d.g.s
	s.acct.equity = 100_000
	for i, o := range []exchange.Order{{Instrument: 1}, {Instrument: 1, Side: exchange.Sell}, {Instrument: 2}} {
		o.ID = exchange.OrderID(i + 1)
		s.acct.add(&o, 10) // 10.001 of CAD, coins, 10 of CAD
	}
	for i, c := range []struct {
		pair, total, valuePPM int64
		notional              money.Amount
		amending, sale        bool
		want                  string
	}{
		{3, 4, Unlimited, 1, false, false, ""}, {2, 4, Unlimited, 1, false, false, `max-open-orders open=3 limit=2 text="of the pair";`},
		{3, 3, Unlimited, 1, false, false, `max-open-orders open=4 limit=3 text="of the account";`}, {Unlimited, 3, Unlimited, 1, false, false, "max-open-orders open=4 limit=3;"},
		{Unlimited, 4, Unlimited, 1, false, false, ""}, {Unlimited, 3, Unlimited, 1, true, false, ""}, {2, 3, Unlimited, 1, true, false, ""},
		{Unlimited, 4, 1000, 79, false, false, ""}, {Unlimited, 4, 1000, 80, false, false, `max-open-orders value=0.0101 limit=0.0100 text="unexecuted value";`}, // 11 and 10
		{0, 0, 0, 80, false, true, ""},
	} {
		s.limits.OpenPerPair, s.limits.OpenTotal, s.limits.OpenValuePPM = c.pair, c.total, c.valuePPM
		m := d.crossing(0, 0, c.notional)
		m.amending, m.opens = c.amending, !c.sale
		if got := d.says((*state).checkOpen, m); got != c.want {
			t.Errorf("%d: %s, want %s", i, got, c.want)
		}
	}
	s.limits.OpenPerPair, s.limits.OpenTotal, s.limits.OpenValuePPM = 9, 9, 900_000
	m := d.crossing(0, 0, 1)
	s.acct.routes[1].rated = false
	if got := d.says((*state).checkOpen, m); got == "" {
		t.Error("a value without a rate passed")
	}
	s.acct.routes[1].rated = true
	m.counted = false
	if got := d.says((*state).checkOpen, m); got == "" {
		t.Error("a value that nobody can compute passed")
	}
}

// Free money is what is owned less what open orders hold, and in the account's currency less
// the reserve, rounded up; free coins are what no other sale holds.
func TestFreeMoneyAndCoinsHoldExactly(t *testing.T) {
	d := crossed(t)
	s := d.g.s
	a := s.acct
	a.equity = 1001
	order := func(in exchange.InstrumentID, cost money.Amount) *decision {
		m := d.crossing(0, cost, 0)
		m.o.Instrument, m.in = in, &a.catalog.Instruments[in]
		return m
	}
	a.balance[0], a.held[0] = 500, 99
	for i, c := range []struct {
		spendable int64
		cost      money.Amount
		want      string
	}{
		{900_000, 300, ""}, // of 401 the reserve is 101: 100.1 rounds up
		{900_000, 301, "cash-reserve cost=0.0301 free=0.0401 reserve=0.0101;"},
		{money.PPM, 401, ""}, {money.PPM, 402, "cash-reserve cost=0.0402 free=0.0401 reserve=0.0000;"},
		{money.PPM - 1, 400, ""}, {money.PPM - 1, 401, "cash-reserve cost=0.0401 free=0.0401 reserve=0.0001;"},
		{0, 0, "cash-reserve cost=0.0000 free=0.0401 reserve=0.1001;"}, {1, 0, "cash-reserve cost=0.0000 free=0.0401 reserve=0.1001;"},
		{2 * money.PPM, 401, ""}, {-1, 0, "cash-reserve cost=0.0000 free=0.0401 reserve=0.1002;"},
	} {
		s.limits.SpendablePPM = c.spendable
		if got := d.says((*state).checkFunds, order(0, c.cost)); got != c.want {
			t.Errorf("%d: %s, want %s", i, got, c.want)
		}
	}
	s.limits.SpendablePPM = 1 // of another money there is no reserve, but there must be a share
	a.balance[1], a.held[1] = 50, 9
	for cost, want := range map[money.Amount]string{41: "", 42: "cash-reserve cost=0.00000042 free=0.00000041 reserve=0.1001;"} {
		if got := d.says((*state).checkFunds, order(1, cost)); got != want {
			t.Errorf("%d: %s, want %s", cost, got, want)
		}
	}
	s.limits.SpendablePPM = 0
	if got := d.says((*state).checkFunds, order(1, 1)); got == "" {
		t.Error("a share of nothing spends")
	}
	m := order(1, 7)
	m.opens, m.o.Qty = false, 7
	a.balance[2], a.held[2] = 9, 2
	if got := d.says((*state).checkFunds, m); got != "" {
		t.Error(got)
	}
	a.held[2]++
	if got := d.says((*state).checkFunds, m); got != `cash-reserve qty=0.00000007 free=0.00000006 text="more than is owned and not reserved";` {
		t.Error(got)
	}
	m.counted = false
	if got := d.says((*state).checkFunds, m); got != "" {
		t.Errorf("what is not computed is denied elsewhere: %s", got)
	}
}

// The share of all capital that lies here is rounded up, and everything when nobody can tell.
func TestTheShareOfTheCapitalOnTheVenue(t *testing.T) {
	d := open(t, wide())
	for _, c := range []struct{ here, elsewhere, want money.Amount }{
		{50, 50, 500_000}, {1, 2, 333_334}, {50, 0, 1_000_000}, {0, 50, 0}, {0, 0, 1_000_000}, {50, -50, 1_000_000}, {math.MaxInt64, math.MaxInt64, 1_000_000}, {1, 0, 1_000_000},
	} {
		d.g.s.acct.equity, d.g.s.limits.CapitalElse = c.here, c.elsewhere
		if got := d.g.s.venueShare(); got != int64(c.want) {
			t.Errorf("%+v: %d", c, got)
		}
	}
	for share, warns := range map[int64]int{500_000: 0, 499_999: 1, Unlimited: 0} {
		d := open(t, wide(), limited(func(l *Limits) { l.VenueSharePPM, l.CapitalElse = share, 20_000*cad }))
		if got := d.log.notes("venue-exposure"); got != warns {
			t.Errorf("%d: %d warnings", share, got)
		}
	}
}

// A rate is fresh while the last price of every leg is, to the instant.
func TestARateIsAsFreshAsItsLegs(t *testing.T) {
	d := crossed(t, limited(func(l *Limits) { l.StaleMarket = 10 * time.Second }))
	s := d.g.s
	for i := range s.market {
		s.market[i].interval, s.market[i].lastAt = 0, d.now
	}
	if !s.freshRate(0) {
		t.Error("the account's own currency needs no rate")
	}
	s.now = d.now.Add(10 * time.Second)
	if !s.freshRate(1) {
		t.Error("old at its bound")
	}
	s.now++
	if s.freshRate(1) {
		t.Error("fresh beyond its bound")
	}
	if !s.freshRate(0) {
		t.Error("the account's own currency needs no rate")
	}
	s.limits.StaleMarket = Forever
	if !s.freshRate(1) {
		t.Error("old without a bound")
	}
}

// The age of the market's last change and of the heartbeat hold to the instant, and are said
// in milliseconds, an hour at most.
func TestAgesAreDeniedBeyondTheirBound(t *testing.T) {
	for i, c := range []struct {
		age, link time.Duration
		facts     exchange.Facts
		want      string
	}{
		{10 * time.Second, 5 * time.Second, exchange.FactHeartbeat, ""},
		{10*time.Second + 1, 0, exchange.FactHeartbeat, "stale-data age-ms=10000 limit-ms=10000 text=\"market\";"},
		{9 * time.Hour, 0, exchange.FactHeartbeat, "stale-data age-ms=3600000 limit-ms=10000 text=\"market\";"},
		{0, 5*time.Second + 1, exchange.FactHeartbeat, "stale-data age-ms=5000 limit-ms=5000 text=\"heartbeat\";"},
		{0, 9 * time.Hour, exchange.FactHeartbeat, "stale-data age-ms=3600000 limit-ms=5000 text=\"heartbeat\";"}, {0, 9 * time.Hour, 0, ""},
	} {
		d := open(t, wide(), limited(func(l *Limits) { l.StaleMarket, l.StaleLink = 10*time.Second, 5*time.Second }))
		d.g.s.facts, d.g.s.market[0].interval = c.facts, 0
		d.g.s.market[0].changed, d.g.s.link.heartbeat = d.now.Add(-c.age), d.now.Add(-c.link)
		m := &decision{o: &exchange.Order{}, in: &d.g.s.acct.catalog.Instruments[0]}
		if got := d.says((*state).checkStale, m); got != c.want {
			t.Errorf("%d: %s, want %s", i, got, c.want)
		}
		d.g.s.limits.StaleMarket, d.g.s.limits.StaleLink = Forever, Forever
		if got := d.says((*state).checkStale, m); got != "" {
			t.Errorf("%d: without bounds %s", i, got)
		}
	}
	d := open(t, wide(), facts(exchange.FactClock, func(l *Limits) { l.ClockSkew = time.Second }))
	for age, want := range map[time.Duration]string{10 * time.Minute: "", 10*time.Minute + 1: `clock-skew age-ms=600000 limit-ms=600000 text="our clock was not compared with the venue's of late";`, 5 * time.Hour: `clock-skew age-ms=3600000 limit-ms=600000 text="our clock was not compared with the venue's of late";`} {
		d.g.s.link.clockAt = d.now.Add(-age)
		for _, opens := range []bool{true, false} {
			m := &decision{o: &exchange.Order{}, in: &d.g.s.acct.catalog.Instruments[0], opens: opens}
			if got := d.says((*state).checkClock, m); opens && got != want || !opens && got != "" {
				t.Errorf("%v, opens %v: %s", age, opens, got)
			}
		}
	}
}
