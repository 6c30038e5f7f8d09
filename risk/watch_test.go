package risk

import (
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// The guard asks to be woken at exactly the first instant at which time alone changes
// something, and at no other.
func TestTheGuardIsDueWhenTimeAloneChangesSomething(t *testing.T) {
	const min60 = exchange.Stamp(time.Minute)
	set := func(l latch) func(*desk) {
		return func(d *desk) {
			d.g.s.latches = append(d.g.s.latches, scoped(l))
		}
	}
	stale, odd, errs := latch{control: StaleData, scope: ByPair, level: Paused, until: exchange.Never}, latch{control: VenueSanity, scope: ByPair, level: Paused, until: exchange.Never}, latch{control: APIErrorRate, level: Paused, until: exchange.Never}
	with := func(change func(*Limits), more ...func(*desk)) func(*desk) {
		return func(d *desk) {
			change(&d.g.s.limits)
			for _, f := range more {
				f(d)
			}
		}
	}
	same := func(*Limits) {}
	staleAfter := func(l *Limits) { l.StalePause = time.Minute }
	changed := func(at exchange.Stamp) func(*desk) { return func(d *desk) { d.g.s.market[0].changed = at } }
	insane := func(at exchange.Stamp, odd bool) func(*desk) {
		return func(d *desk) { d.g.s.market[0].insane, d.g.s.market[0].odd = at, odd }
	}
	unknownFor := func(l *Limits) { l.UnknownFor = 10 * time.Minute }
	unknown := func(since exchange.Stamp) func(*desk) {
		return func(d *desk) {
			d.g.s.acct.add(&exchange.Order{ID: 50}, 0)
			d.g.s.acct.add(&exchange.Order{ID: 51}, 0)
			d.g.s.acct.setState(&d.g.s.acct.open[0], exchange.Working)
			d.g.s.acct.setState(&d.g.s.acct.open[1], exchange.Unknown)
			d.g.s.acct.open[1].since = since
		}
	}
	lease := func(until exchange.Stamp, armed bool) func(*desk) {
		return func(d *desk) { d.g.s.host.armed, d.g.s.host.lease = armed, until }
	}
	arming := func(l *Limits) { l.NeedsArming = true }
	deadMan := func(next exchange.Stamp) func(*desk) {
		return func(d *desk) { d.g.s.facts, d.g.s.link.deadMan = exchange.FactDeadMan, next }
	}
	now := open(t, wide()).now
	for i, c := range []struct {
		set  func(*desk)
		want exchange.Stamp
	}{
		{with(same), exchange.Never},
		{with(same, changed(now-5)), exchange.Never},
		{with(staleAfter, changed(now-5)), now - 5 + 2*min60 + 1}, // two intervals of its bars
		{with(staleAfter, changed(now-5), func(d *desk) { d.g.s.market[0].interval = 0 }), now - 5 + min60 + 1},
		{with(staleAfter, changed(longAgo)), exchange.Never},
		{with(staleAfter, changed(now-5), set(stale)), exchange.Never},
		{with(same, insane(now-5, false), set(odd)), now - 5 + min60},
		{with(same, insane(1, false), set(odd)), 1 + min60},
		{with(same, insane(now-5, true), set(odd)), exchange.Never},
		{with(same, insane(now-5, false)), exchange.Never},
		{with(same, insane(0, false), set(odd)), exchange.Never},
		{with(func(l *Limits) { l.DeadMan = time.Minute }, deadMan(now+5)), now + 5},
		{with(func(l *Limits) { l.DeadMan = time.Minute }, deadMan(now-5)), now},
		{with(same, deadMan(now+5)), exchange.Never},
		{with(same, func(d *desk) { d.g.s.link.lookAt = now + 3 }), now + 3},
		{with(same, func(d *desk) { d.g.s.link.failure = now - 5 }, set(errs)), now - 5 + min60},
		{with(same, func(d *desk) { d.g.s.link.failure = now - 5 }), exchange.Never},
		{with(unknownFor, unknown(now-5)), now - 5 + 10*min60 + 1},
		{with(same, unknown(now-5)), exchange.Never},
		{with(unknownFor, unknown(now-5), func(d *desk) { d.g.s.level = Halted }), exchange.Never},
		{with(unknownFor, unknown(now-5), func(d *desk) { d.g.s.level = ReduceOnly }), now - 5 + 10*min60 + 1},
		{with(arming, lease(now+5, true)), now + 6},
		{with(arming, lease(now, true)), now + 1},
		{with(arming, lease(now-1, true)), exchange.Never},
		{with(arming, lease(exchange.Never, true)), exchange.Never},
		{with(arming, lease(now+5, false)), exchange.Never},
		{with(same, lease(now+5, true)), exchange.Never},
	} {
		d := open(t, wide())
		d.g.s.market[0].interval = time.Minute
		c.set(d)
		d.g.schedule()
		if got := d.g.s.link.due; got != c.want {
			t.Errorf("%d: due %d from now, want %d", i, got-now, c.want-now)
		}
		if want := min(c.want, d.g.s.day.end); d.g.s.nextDue != want {
			t.Errorf("%d: next due %d, want %d", i, d.g.s.nextDue-now, want-now)
		}
	}
}

func TestAgesArePausedBeyondTheirBound(t *testing.T) {
	for i, c := range []struct {
		pause, interval time.Duration
		age             time.Duration
		want            bool
	}{
		{time.Minute, 0, time.Minute, false}, {time.Minute, 0, time.Minute + 1, true}, {time.Minute, time.Minute, 2 * time.Minute, false}, {time.Minute, time.Minute, 2*time.Minute + 1, true},
		{Forever, time.Minute, 3 * time.Hour, false},
	} {
		d := open(t, wide())
		d.g.s.limits.StalePause, d.g.s.market[0].interval, d.g.s.market[0].changed = c.pause, c.interval, d.now.Add(-c.age)
		d.g.watchAges()
		if got := d.latched(StaleData) != nil; got != c.want {
			t.Errorf("%d: %v", i, got)
		}
	}
	d := open(t, wide())
	d.g.s.limits.StalePause, d.g.s.market[0].changed = 1, longAgo
	if d.g.watchAges(); d.latched(StaleData) != nil {
		t.Error("what was never told is old")
	}
}

// A market that was not sane is trusted again a minute after it was last odd.
func TestASaneMinuteEndsTheDoubt(t *testing.T) {
	for i, c := range []struct {
		insane time.Duration // ago
		odd    bool
		heals  bool
	}{{time.Minute, false, true}, {time.Minute - 1, false, false}, {time.Minute, true, false}, {time.Minute - 1, true, false}} {
		d := open(t, wide())
		d.g.trip(latch{control: VenueSanity, scope: ByPair, level: Paused, cause: "drill"})
		d.g.s.market[0].insane, d.g.s.market[0].odd = d.now.Add(-c.insane), c.odd
		d.g.watchAges()
		if got := d.latched(VenueSanity) == nil; got != c.heals {
			t.Errorf("%d: healed %v", i, got)
		}
	}
	d := open(t, wide()) // doubted for another reason, never by the market itself
	d.g.trip(latch{control: VenueSanity, scope: ByPair, level: Paused, cause: "drill"})
	if d.g.watchAges(); d.latched(VenueSanity) == nil {
		t.Error("healed without ever having been odd")
	}
	d.g.s.market[0].insane = 1
	if d.g.watchAges(); d.latched(VenueSanity) != nil {
		t.Error("odd at the first instant of all time, it never heals")
	}
}

// Who lies about the time does not move it on; two seconds are allowed to clocks.
func TestTimeFollowsTheEventsUpToTwoSecondsAhead(t *testing.T) {
	for ahead, want := range map[time.Duration]time.Duration{0: 0, 2 * time.Second: 2 * time.Second, 2*time.Second + 1: 0, -time.Hour: 0} {
		d := open(t, wide())
		d.play(exchange.Event{Kind: exchange.KindBeat, Time: d.now.Add(ahead)})
		if got := d.g.s.now.Sub(d.now); got != want {
			t.Errorf("%v ahead: now is %v on", ahead, got)
		}
	}
}

// What is over when an event comes is over before it: a new day begins with the worth of
// before, and a pause that has ended is no pause.
func TestWhatIsOverWhenAnEventComesIsOverBeforeIt(t *testing.T) {
	l := wide()
	l.DailyLoss = Limit{Unlimited, 1_000 * cad}
	d := open(t, l)
	d.now = d.g.s.day.end
	d.tick(1, 9_000)
	if r := d.log.last(RecDayStart); r.Equity != 20_000*cad || d.latched(DailyLoss) == nil {
		t.Errorf("the day starts with %d, %+v", r.Equity/cad, d.g.Status().Latches)
	}
	l = wide()
	l.HourlyLoss = Limit{Unlimited, 100 * cad}
	d = open(t, l)
	in := d.allowed(d.buy(xbt / 50))
	d.fill(in, xbt/50, 10_000, exchange.Filled)
	d.sellFor(xbt/100, -100)
	out := d.allowed(d.sell(xbt / 100))
	d.now = d.latched(HourlyLoss).Until + 1
	d.fill(out, xbt/100, 9_000, exchange.Filled)
	if d.latched(HourlyLoss) != nil || d.latched(HalfOpen) == nil {
		t.Errorf("%+v", d.g.Status().Latches)
	}
}

// A price once more, and nothing but a price, is a second mark of a fall.
func TestOnlyAPriceIsAMark(t *testing.T) {
	for name, ev := range map[string]exchange.Event{
		"a price that cannot be": {Kind: exchange.KindTrade, Price: 0, Qty: 1},
		"a book that cannot be":  {Kind: exchange.KindTop, Price: -1},
		"a crossed book":         {Kind: exchange.KindTop, Price: 8_000 * cad, AskPrice: 8_000 * cad},
		"a book":                 {Kind: exchange.KindTop, Price: 8_000 * cad, AskPrice: 8_001 * cad, Qty: 1, AskQty: 1},
		"a heartbeat":            {Kind: exchange.KindHeartbeat},
		"a beat":                 {Kind: exchange.KindBeat},
		"a bar without trades":   {Kind: exchange.KindBar, Price: 8_000 * cad},
	} {
		l := wide()
		l.DrawdownPPM = 100_000
		d := open(t, l)
		d.price(8_000)
		d.now = d.now.Add(time.Second)
		d.play(ev)
		if l := d.latched(Drawdown); l == nil || l.Level != Paused {
			t.Errorf("%s: %+v", name, l)
		}
		d.trade(0, 8_000)
		if l := d.latched(Drawdown); l == nil || l.Level != Halted {
			t.Errorf("%s, then a price: %+v", name, l)
		}
	}
}

// A snapshot that tells of fills, and a flow that moves the floors, are looked at at once.
func TestSnapshotsAndFlowsAreLookedAtAtOnce(t *testing.T) {
	l := wide()
	l.DailyLoss = Share(50_000)
	d := open(t, l)
	d.price(9_100) // 900 of 1,000
	d.ledger(exchange.CodeAdjustment, -5_000*cad)
	if d.latched(DailyLoss) == nil {
		t.Error("900 of a day that began with 15,000 is more than 5 %")
	}
	d = open(t, l)
	o := d.allowed(d.buy(xbt / 10))
	snap := &exchange.Snapshot{
		Balances: []exchange.Balance{{Asset: 0, Total: 8_000 * cad}, {Asset: 1, Total: xbt * 11 / 10}},
		Fills:    []exchange.Event{{Kind: exchange.KindFill, Order: o.ID, Qty: xbt / 10, Price: 10_000 * cad, Cost: 1_000 * cad, Fee: 1_000 * cad, TradeID: 9, State: exchange.Filled}},
	}
	d.play(exchange.Event{Kind: exchange.KindSnapshot, Detail: &exchange.Detail{Snapshot: snap}})
	if d.latched(DailyLoss) == nil || d.g.Equity() != 19_000*cad {
		t.Errorf("a fee that a snapshot told: equity %d, %+v", d.g.Equity()/cad, d.g.Status().Latches)
	}
}

// Each number of a top that moves is a change of the book; the same once more is none.
func TestEachNumberOfATopIsAChange(t *testing.T) {
	top := exchange.Event{Kind: exchange.KindTop, Price: 100, Qty: 5, AskPrice: 102, AskQty: 7}
	for name, change := range map[string]func(*exchange.Event){
		"bid": func(e *exchange.Event) { e.Price = 101 }, "bid's size": func(e *exchange.Event) { e.Qty = 6 },
		"ask": func(e *exchange.Event) { e.AskPrice = 103 }, "ask's size": func(e *exchange.Event) { e.AskQty = 8 },
		"nothing": func(*exchange.Event) {}, "no bid": func(e *exchange.Event) { e.Price, e.Qty = 0, 0 }, "no ask": func(e *exchange.Event) { e.AskPrice, e.AskQty = 0, 0 },
	} {
		d := open(t, wide())
		d.play(top)
		m := &d.g.s.market[0]
		if m.bookAt != d.now || m.changed != d.now {
			t.Fatal("the first top is no change")
		}
		d.now++
		next := top
		change(&next)
		d.play(next)
		if got := m.bookAt == d.now; got != (name != "nothing") || (m.changed == d.now) != got {
			t.Errorf("%s: a change %v", name, got)
		}
		if d.g.Level() != Active || len(d.g.Status().Latches) != 0 {
			t.Errorf("%s: %+v", name, d.g.Status().Latches)
		}
	}
}

// A book is crossed when bid and ask meet, by tops and by levels, once the message is whole.
func TestACrossedBookIsSeen(t *testing.T) {
	for ask, crossed := range map[money.Price]bool{0: false, 1: true, 2: false} {
		d := penny(t, wide())
		d.play(exchange.Event{Kind: exchange.KindTop, Instrument: 1, Price: 1, Qty: 1, AskPrice: ask, AskQty: 1})
		if got := d.latched(DataIntegrity) != nil; got != crossed {
			t.Errorf("top with ask %d: %v", ask, got)
		}
	}
	d := open(t, wide(), func(c *Config) { c.Facts = exchange.FactChecksum })
	level := func(side exchange.Side, p money.Price, q money.Qty, last bool) {
		d.g.observe(&exchange.Event{Kind: exchange.KindLevel, Side: side, Price: p, Qty: q, Last: last, Time: d.now, Received: d.now})
	}
	level(exchange.Sell, 100, 5, true)
	level(exchange.Buy, 99, 5, true)
	if d.latched(DataIntegrity) != nil {
		t.Fatal("99 and 100 are crossed")
	}
	level(exchange.Buy, 100, 5, false)
	if d.latched(DataIntegrity) != nil {
		t.Fatal("crossed in the middle of a message")
	}
	level(exchange.Sell, 101, 5, true)
	if l := d.latched(DataIntegrity); l == nil || l.Cause != exchange.CodeCrossedBook.String() || l.Level != Paused || l.Scope != ByPair {
		t.Fatalf("100 and 100 are not: %+v", l)
	}
	level(exchange.Buy, 100, 0, true) // with checksums only a fresh snapshot ends it
	level(exchange.Sell, 100, 0, true)
	if d.latched(DataIntegrity) == nil {
		t.Error("ended by a level")
	}
	d.play(exchange.Event{Kind: exchange.KindIntegrity, Code: exchange.CodeNone})
	if _, _, ok := d.g.s.market[0].book.best(); ok || d.latched(DataIntegrity) != nil {
		t.Error("the book of before is kept")
	}
	d = open(t, wide())
	level(exchange.Sell, 100, 5, true)
	level(exchange.Buy, 100, 5, true)
	level(exchange.Buy, 100, 0, true)
	if d.latched(DataIntegrity) != nil {
		t.Error("without checksums a sound level ends it")
	}
}

// A level, too, is fresh data; one in the middle of a message only with its end.
func TestALevelEndsStaleness(t *testing.T) {
	d := open(t, wide())
	d.g.trip(latch{control: StaleData, scope: ByPair, level: Paused, cause: "drill"})
	d.g.observe(&exchange.Event{Kind: exchange.KindLevel, Price: 5, Qty: 5, Time: d.now, Received: d.now})
	if d.latched(StaleData) == nil {
		t.Fatal("half a message ended it")
	}
	d.g.observe(&exchange.Event{Kind: exchange.KindLevel, Price: 6, Qty: 5, Time: d.now, Received: d.now, Last: true})
	if d.latched(StaleData) != nil {
		t.Error("a level did not end it")
	}
}

func TestAFlawIsNamedByItsSource(t *testing.T) {
	d := open(t, wide())
	d.play(exchange.Event{Kind: exchange.KindTrade, Price: 0, Code: exchange.CodeChecksum})
	if l := d.latched(DataIntegrity); l == nil || l.Cause != exchange.CodeChecksum.String() {
		t.Errorf("%+v", l)
	}
	for i, ev := range []exchange.Event{{Price: 1, Qty: -1}, {Price: 1, AskQty: -1}, {Price: 1, AskPrice: -1}, {Price: -1}, {}} {
		for _, kind := range []exchange.Kind{exchange.KindTrade, exchange.KindTop, exchange.KindSecond} {
			d := open(t, wide())
			ev.Kind = kind
			d.play(ev)
			if got, want := d.latched(DataIntegrity) != nil, i < 4 || kind != exchange.KindTop; got != want {
				t.Errorf("%d of %v: %v", i, kind, got)
			}
		}
	}
}

// Without the facts of a book or a second source there is no venue-sanity.
func TestSanityNeedsItsFacts(t *testing.T) {
	l := wide()
	l.SpreadPPM = 30_000
	for f, want := range map[exchange.Facts]bool{0: false, exchange.FactBook: true, exchange.FactSecondSource: true} {
		d := open(t, l, facts(f))
		d.book(10_000, 11_000, 10)
		if got := d.latched(VenueSanity) != nil; got != want {
			t.Errorf("%v: %v", f.Names(), got)
		}
	}
}

func TestTheKillCommandSaysWhyOrThatItWasAsked(t *testing.T) {
	for detail, want := range map[*exchange.Detail]string{nil: "asked for", {}: "asked for", {Text: "fire"}: "fire"} {
		d := open(t, wide())
		d.play(exchange.Event{Kind: exchange.KindOperator, Code: exchange.CodeKill, Instrument: exchange.None, Detail: detail})
		if l := d.latched(KillCommand); l == nil || l.Cause != want || l.Level != Killed {
			t.Errorf("%+v, want %s", l, want)
		}
		n := len(d.log.records) - 1
		if d.log.records[n].Type != RecOperator || !d.log.durable[n] {
			t.Error("the command is not on record")
		}
	}
}

// A fill that is not ours is on record at once, and told again it is the same.
func TestAForeignFillIsOnRecordOnce(t *testing.T) {
	d := open(t, wide())
	fill := exchange.Event{Kind: exchange.KindFill, Order: 99, Side: exchange.Buy, Qty: 5, Price: 10_000 * cad, Cost: 1, TradeID: 7, State: exchange.Filled}
	for range 2 {
		d.play(fill)
		if n := d.log.count(RecFill, NoControl); n != 1 {
			t.Fatalf("%d fills on record", n)
		}
	}
	for i, r := range d.log.records {
		if r.Type == RecFill && !d.log.durable[i] {
			t.Error("not durable")
		}
	}
	if !d.g.s.acct.booked[0].has(7) {
		t.Error("the trade is not booked")
	}
}

// Amounts on record are rounded against us: a notional up, a profit down; what can be
// told again is not synced.
func TestAmountsOnRecordAreRoundedAgainstUs(t *testing.T) {
	d := twoPairs(t, func(c *Config) {
		if _, err := c.Catalog.Add(exchange.Spec{Symbol: "ETH/XBT", PriceDecimals: 8, LotDecimals: 8, Tick: 1}); err != nil {
			t.Fatal(err)
		}
	})
	d.play(exchange.Event{Kind: exchange.KindTrade, Instrument: 1, Price: 10_000_000, Qty: 1})
	d.play(exchange.Event{Kind: exchange.KindTrade, Instrument: 2, Price: 1_000 * cad, Qty: 1})
	d.play(exchange.Event{Kind: exchange.KindTrade, Price: 10_001 * cad, Qty: 1})
	trade := func(o *exchange.Order, qty money.Qty, cost money.Amount, state exchange.State) *Record {
		d.fees++
		d.play(exchange.Event{Kind: exchange.KindFill, Order: o.ID, Instrument: 1, Side: o.Side, Qty: qty, Price: 10_000_000, Cost: cost, FeeAsset: 1, TradeID: d.fees, State: state})
		if n := len(d.log.records) - 1; d.log.durable[n] {
			t.Error("a fill is synced")
		}
		return d.log.last(RecFill)
	}
	in := d.order(exchange.Buy, 1000, 10_000_000)
	in.Instrument = 1
	if r := trade(d.allowed(in), 1000, 101, exchange.Filled); r.Cost != 102 || r.Count != 0 { // 0.00000101 XBT are 101 units of 0.0001 CAD and a bit
		t.Errorf("notional %d", r.Cost)
	}
	sell := func() *exchange.Order {
		out := d.order(exchange.Sell, 500, 10_000_000)
		out.Instrument = 1
		return d.allowed(out)
	}
	out := sell()
	if r := trade(out, 500, 40, exchange.Filled); r.Equity != -12 || r.Count != 1 { // 40 - 51 = -11 units of XBT, -11.0011 of CAD
		t.Errorf("profit %d, %d", r.Equity, r.Count)
	}
	out = sell()
	trade(out, 250, 10, exchange.Working)
	d.gone(out)
	if r := d.log.last(RecOrder); r.Equity != -16 || r.Count != 1 || d.log.durable[len(d.log.records)-1] { // 10 - 25
		t.Errorf("profit %d, %d", r.Equity, r.Count)
	}
	buy := d.order(exchange.Buy, 1000, 10_000_000)
	buy.Instrument = 1
	d.gone(d.allowed(buy))
	if r := d.log.last(RecOrder); r.Count != 0 {
		t.Error("a buy that was taken back is a trade")
	}
	out = d.allowed(func() *exchange.Order { o := d.order(exchange.Sell, 100, 10_000_000); o.Instrument = 1; return o }())
	trade(out, 50, 5, exchange.Working)
	d.play(exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpSubmit, Order: out.ID, Instrument: 1, State: exchange.Working})
	if r := d.log.last(RecOrder); r.Count != 0 {
		t.Error("a sale that goes on is a trade")
	}
}

// A recorder that fails ends the step: nothing is looked at that is not on record.
func TestAFillThatCannotBeRecordedTripsNothing(t *testing.T) {
	l := wide()
	l.SlipPPM, l.Streak = 1, 1
	d := open(t, l)
	o := d.buy(xbt / 100)
	o.Decision = 9_000 * cad
	d.allowed(o)
	d.log.failAt = len(d.log.records) + 1
	d.tryPlay(exchange.Event{Kind: exchange.KindFill, Order: o.ID, Side: exchange.Buy, Qty: xbt / 100, Price: 10_000 * cad, Cost: 100 * cad, TradeID: 1, State: exchange.Filled})
	if len(d.g.Status().Latches) != 1 || d.latched(JournalHealth) == nil {
		t.Errorf("%+v", d.g.Status().Latches)
	}
}

// A day begins with the first worth that is one, durably on record.
func TestADayBeginsWithAWorth(t *testing.T) {
	for worth, begins := range map[money.Amount]bool{0: false, 1: true} {
		d := bare(t, wide())
		d.holdings(worth, 1) // one lot that is worth nothing
		d.price(1)
		if got := d.g.s.day.started; got != begins {
			t.Errorf("with %d: %v", worth, got)
		}
		for i, r := range d.log.records {
			if r.Type == RecDayStart && !d.log.durable[i] {
				t.Error("not durable")
			}
		}
	}
}

// The venue's clock agrees with the day's end from that instant on.
func TestTheDayEndsAtTheVenuesClock(t *testing.T) {
	l := wide()
	l.ClockSkew = 2 * time.Second
	d := open(t, l, facts(exchange.FactClock))
	d.clock(0)
	d.beat(1)
	end := d.g.s.day.end
	d.now = end - 1
	d.clock(0)
	d.now = end
	d.beat(0)
	if d.log.count(RecDayStart, NoControl) != 1 {
		t.Fatal("a comparison of before the end ended the day")
	}
	d.clock(0)
	if d.log.count(RecDayStart, NoControl) != 2 {
		t.Error("a comparison at the very end did not")
	}
}

// The simulated operator who lifts a drawdown begins a new high-water mark; with other
// latches the mark stays.
func TestTheSimulatedOperatorBeginsANewHighAfterADrawdown(t *testing.T) {
	for _, c := range []struct {
		control Control
		level   Level
		high    int64
	}{{Drawdown, Halted, 19_000}, {ProfileLimits, Halted, 19_000}, {ProfileLimits, ReduceOnly, 20_000}, {Drawdown, ReduceOnly, 20_000}, {ForeignOrder, Halted, 20_000}} {
		d := open(t, wide(), func(c *Config) { c.Rearm = Rearm{RearmAfter, time.Hour} })
		d.price(9_000)
		d.g.trip(latch{control: c.control, level: c.level, cause: "drill"})
		d.beat(time.Hour)
		if d.g.Level() != Active || d.g.Status().High != money.Amount(c.high*cad) {
			t.Errorf("%v %v: %v, high %d", c.control, c.level, d.g.Level(), d.g.Status().High/cad)
		}
	}
}

// The lease holds through its last instant, whatever else is due then.
func TestTheLeaseHoldsThroughItsLastInstant(t *testing.T) {
	d := open(t, wide(), leased)
	d.ceremony()
	d.g.s.host.lease = d.g.s.day.end
	d.now = d.g.s.day.end
	d.beat(0)
	if d.log.count(RecDayStart, NoControl) != 2 || d.latched(ArmedLease) != nil {
		t.Errorf("%+v", d.g.Status().Latches)
	}
	d.beat(1)
	if d.latched(ArmedLease) == nil {
		t.Error("it holds longer")
	}
}

// After each event the next instant that is due lies ahead.
func TestWhatIsDueLiesAhead(t *testing.T) {
	l := wide()
	l.StalePause, l.UnknownFor, l.DeadMan, l.ReconcilePPM, l.NeedsArming, l.Lease = time.Minute, time.Minute, time.Minute, 1000, true, time.Hour
	d := bare(t, l, facts(exchange.FactDeadMan))
	ahead := func(after string) {
		t.Helper()
		if s := d.g.s; s.nextDue <= s.now {
			t.Fatalf("after %s: due %v ago", after, s.now.Sub(s.nextDue))
		}
	}
	d.snapshot()
	if len(d.x.switchs) != 1 {
		t.Errorf("the dead man's switch was set %d times", len(d.x.switchs))
	}
	d.price(10_000)
	ahead("a price")
	d.ceremony()
	ahead("the ceremony")
	d.play(exchange.Event{Kind: exchange.KindDeadMan})
	d.snapshot()
	d.unknown()
	for range 400 {
		d.now = d.g.s.nextDue
		d.beat(0)
		ahead("what was due")
	}
	if d.latched(StaleData) == nil || d.latched(ArmedLease) == nil || d.g.Level() != Halted {
		t.Errorf("%+v", d.g.Status().Latches)
	}
}

// A latch is on record, durably, before it acts, with what its scope uses and nothing else.
func TestALatchIsOnRecordAsItIs(t *testing.T) {
	for _, c := range []struct {
		scope      Scope
		instrument exchange.InstrumentID
		slot       exchange.SlotID
	}{{Global, exchange.None, noSlot}, {ByPair, 0, noSlot}, {BySlot, exchange.None, 3}} {
		d := open(t, wide())
		if !d.g.trip(latch{control: Reconcile, scope: c.scope, instrument: 0, slot: 3, level: Halted, cause: "drill"}) {
			t.Error("nothing got stricter")
		}
		n := len(d.log.records) - 1
		if r := d.log.records[n]; r.Type != RecLevel || r.Level != Halted || r.From != Active || r.Scope != c.scope || r.Instrument != c.instrument || r.Slot != c.slot || r.Until != exchange.Never || r.Text != "drill" || r.Equity != d.g.Equity() || r.Lift || !d.log.durable[n] {
			t.Errorf("%+v", r)
		}
		if l := d.latched(Reconcile); l.Instrument != c.instrument || l.Slot != c.slot {
			t.Errorf("%+v", l)
		}
		if d.g.trip(latch{control: Reconcile, scope: c.scope, instrument: 0, slot: 3, level: Halted, cause: "drill"}) || len(d.log.records) != n+1 {
			t.Error("the same once more got stricter")
		}
		d.log.failAt = n + 2
		if !d.g.trip(latch{control: ForeignOrder, level: Halted, cause: "drill"}) {
			t.Error("what cannot be recorded is no change")
		}
	}
}

// A step down of the ramp is on record for the reader, after the latch that took it.
func TestAStepDownIsOnRecord(t *testing.T) {
	l := wide()
	l.Ramp = []Step{{Unlimited, Unlimited}, {Unlimited, Unlimited}}
	d := open(t, l)
	d.g.write(Record{Type: RecRamp, Count: 1}, true)
	d.g.Halt("drill")
	n := len(d.log.records) - 1
	if r := d.log.records[n]; r.Type != RecRamp || r.Count != 0 || d.log.records[n-1].Type != RecLevel || !d.log.durable[n] {
		t.Errorf("%+v", r)
	}
	d.g.trip(latch{control: ForeignOrder, level: Halted, cause: "drill"})
	if d.log.records[len(d.log.records)-1].Type != RecLevel {
		t.Error("a step that was not taken is on record")
	}
}

// The record of a lift says which level remains: of the global latches the strictest other.
func TestALiftSaysWhatRemains(t *testing.T) {
	d := open(t, wide())
	pause := latch{control: HourlyLoss, level: Paused, cause: "drill"}
	for _, l := range []latch{pause, {control: DailyLoss, level: ReduceOnly, cause: "drill"}, {control: Reconcile, level: Halted, cause: "drill"}, {control: Reconcile, scope: ByPair, level: Killed, cause: "drill"}} {
		d.g.trip(l)
	}
	for i, c := range []struct {
		lift       latch
		from, left Level
	}{
		{latch{control: Reconcile, scope: ByPair, slot: noSlot}, Halted, Halted},
		{latch{control: Reconcile, instrument: exchange.None, slot: noSlot}, Halted, ReduceOnly},
		{latch{control: HourlyLoss, instrument: exchange.None, slot: noSlot}, ReduceOnly, ReduceOnly},
		{latch{control: DailyLoss, instrument: exchange.None, slot: noSlot}, ReduceOnly, Active},
	} {
		d.g.lift(&c.lift, "drill")
		n := len(d.log.records) - 1
		if r := d.log.records[n]; !r.Lift || r.From != c.from || r.Level != c.left || r.Scope != c.lift.scope || r.Control != c.lift.control || r.Text != "drill" || r.Equity != d.g.Equity() || !d.log.durable[n] || d.g.Level() != c.left {
			t.Errorf("%d: %+v, level %v", i, r, d.g.Level())
		}
	}
	if len(d.g.Status().Latches) != 0 {
		t.Errorf("%+v", d.g.Status().Latches)
	}
	d.g.trip(latch{control: Drawdown, level: Halted, cause: "drill"})
	if d.g.heal(Drawdown, Global, exchange.None); d.g.Level() != Halted {
		t.Error("a halt healed")
	}
}

// Trades alone end the dry cycle where there are no bars, with a durable record.
func TestTradesEndTheDryCycleWhereThereAreNoBars(t *testing.T) {
	d := bare(t, wide())
	d.snapshot()
	d.trade(0, 10_000)
	c := d.request()
	d.beat(armWait)
	if err := d.g.ConfirmArm(c, sign(c)); err != nil {
		t.Fatal(err)
	}
	d.trade(0, 10_000)
	d.trade(0, 10_000)
	if d.log.last(RecCycle) != nil {
		t.Fatal("one instant is no cycle")
	}
	d.trade(1, 10_000)
	if n := len(d.log.records) - 1; d.log.records[n].Type != RecCycle || !d.log.durable[n] {
		t.Error("the cycle is not on record")
	}
	d = open(t, wide()) // a bar of the shortest interval makes it bars
	d.play(exchange.Event{Kind: exchange.KindBar, Interval: 1, Price: 10_000 * cad})
	c = d.request()
	d.beat(armWait)
	if err := d.g.ConfirmArm(c, sign(c)); err != nil {
		t.Fatal(err)
	}
	d.trade(0, 10_000)
	d.trade(1, 10_000)
	if d.log.last(RecCycle) != nil {
		t.Error("trades ended a cycle of bars")
	}
}
