package risk

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// The median of the last five comparisons of clocks, its sign aside, is noted beyond half a
// second and pauses beyond the bound; a step of ours makes those of before worthless.
func TestTheMedianOfFiveComparisonsTells(t *testing.T) {
	const s, half = time.Second, 500 * time.Millisecond
	for i, c := range []struct {
		skews  []time.Duration
		warns  int
		pauses bool
	}{
		{[]time.Duration{half, half, half, half, half}, 0, false},
		{[]time.Duration{half + 1}, 1, false}, {[]time.Duration{-half - 1}, 1, false},
		{[]time.Duration{0, 0, half + 1, half + 1, half + 1}, 1, false}, {[]time.Duration{0, 0, 0, half + 1, half + 1}, 0, false},
		{[]time.Duration{2 * s}, 1, false}, {[]time.Duration{-2*s - 1}, 1, true}, {[]time.Duration{2*s + 1, 0, 0}, 1, false},
		{[]time.Duration{0, 0, 9 * s, -9 * s, 9 * s}, 1, true}, {[]time.Duration{9 * s, 9 * s, 9 * s, 0, 0, 0}, 1, false}, // the first has gone
		{[]time.Duration{half + 1, 0, 0, half + 1, half + 1}, 2, false},
	} {
		d := open(t, wide(), facts(exchange.FactClock, func(l *Limits) { l.ClockSkew = 2 * s }))
		for _, k := range c.skews {
			d.clock(k)
		}
		if got := d.log.notes("clock-skew"); got != c.warns {
			t.Errorf("%d: %d notes, want %d", i, got, c.warns)
		}
		if got := d.latched(ClockSkew) != nil; got != c.pauses {
			t.Errorf("%d: paused %v", i, got)
		}
	}
	d := open(t, wide(), facts(exchange.FactClock, func(l *Limits) { l.ClockSkew = 2 * s }))
	for range 5 {
		d.clock(9 * s)
	}
	d.code(exchange.KindClock, exchange.CodeClockStep)
	if l := d.latched(ClockSkew); l == nil {
		t.Fatal("not paused")
	}
	d.clock(0)
	if d.latched(ClockSkew) != nil {
		t.Error("one comparison after the step, and those of before still count")
	}
	d.code(exchange.KindClock, exchange.CodeClockStep)
	if l := d.latched(ClockSkew); l == nil || l.Cause != "our clock stepped" {
		t.Errorf("%+v", l)
	}
}

// A balance is compared once the books are, must not agree twice, five seconds apart, and is
// looked at again in between; of an exact source the first word counts.
func TestABalanceMustDisagreeTwice(t *testing.T) {
	for ppm, twice := range map[int64]bool{0: false, 1: true, 1000: true} {
		l := wide()
		l.ReconcilePPM = ppm
		d := open(t, l, facts(exchange.FactBalances))
		n := d.reborn()
		n.balance(1, xbt/2)
		if n.g.Level() != Halted && len(n.g.s.link.odd) != 0 || n.latched(UnexplainedBalance) != nil {
			t.Errorf("%d ppm: compared before the first snapshot", ppm)
		}
		fresh := bare(t, l, facts(exchange.FactBalances))
		fresh.balance(1, 0)
		fresh.balance(1, xbt/2)
		if fresh.latched(UnexplainedBalance) != nil || len(fresh.g.s.link.odd) != 0 {
			t.Errorf("%d ppm: compared before anything is known", ppm)
		}
		d.balance(1, xbt/2)
		if got := d.latched(UnexplainedBalance) != nil; got == twice {
			t.Errorf("%d ppm: halted at the first word: %v", ppm, got)
		}
		if !twice {
			continue
		}
		looks := d.x.looks
		d.beat(5*time.Second - 1)
		if d.balance(1, xbt/2); d.latched(UnexplainedBalance) != nil || d.x.looks != looks {
			t.Errorf("%d ppm: before five seconds", ppm)
		}
		d.beat(1)
		if d.x.looks != looks+1 {
			t.Errorf("%d ppm: %d looks after five seconds", ppm, d.x.looks-looks)
		}
		if d.balance(1, xbt/2); d.latched(UnexplainedBalance) == nil {
			t.Errorf("%d ppm: after five seconds", ppm)
		}
	}
}

// A flow is on record durably, worth what it is, rounded down, and nothing without a rate.
func TestAFlowIsOnRecordWithItsWorth(t *testing.T) {
	d := twoPairs(t)
	d.trade(0, 10_001)
	for i, c := range []struct {
		asset exchange.AssetID
		cost  money.Amount
		want  money.Amount
	}{{0, 7, 7}, {1, 3, 3}, {1, -3, -4}, {2, 1000, 0}} { // 3.0003
		d.play(exchange.Event{Kind: exchange.KindLedger, Code: exchange.CodeAdjustment, FeeAsset: c.asset, Cost: c.cost})
		n := len(d.log.records) - 1
		if r := d.log.records[n]; r.Type != RecFlow || r.Equity != c.want || !d.log.durable[n] {
			t.Errorf("%d: %v of %d", i, r.Type, r.Equity)
		}
	}
}

// several is a desk with coins in one pair and in two: ETH/CAD, and XBT also against EUR.
func several(t *testing.T) *desk {
	return twoPairs(t, func(c *Config) {
		for _, s := range []string{"XBT/EUR", "EUR/CAD"} {
			if _, err := c.Catalog.Add(exchange.Spec{Symbol: s, PriceDecimals: 4, LotDecimals: 8, Tick: 1}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A coin of one pair halts that pair; of two, two coins, a coin of none, or a second pair
// after another, everything. The cause names the first that differs.
func TestWhatADifferenceHalts(t *testing.T) {
	pairOf := map[string]exchange.InstrumentID{}
	assetOf := map[string]exchange.AssetID{}
	d := several(t)
	for i, in := range d.cat.Instruments {
		pairOf[in.Symbol] = exchange.InstrumentID(i)
	}
	for i, a := range d.cat.Assets {
		assetOf[a.Name] = exchange.AssetID(i)
	}
	for name, c := range map[string]struct {
		bad   []string
		first []latch
		pair  string // empty: everything
	}{
		"a coin of one pair":  {[]string{"ETH"}, nil, "ETH/CAD"},
		"a coin of two":       {[]string{"XBT"}, nil, ""},
		"two coins":           {[]string{"ETH", "EUR"}, nil, ""},
		"money":               {[]string{"CAD"}, nil, ""},
		"a coin and money":    {[]string{"ETH", "CAD"}, nil, ""},
		"money and a coin":    {[]string{"CAD", "ETH"}, nil, ""},
		"the same once more":  {[]string{"ETH"}, []latch{{control: Reconcile, scope: ByPair, instrument: pairOf["ETH/CAD"], level: Paused}}, "ETH/CAD"},
		"another pair before": {[]string{"ETH"}, []latch{{control: Reconcile, scope: ByPair, instrument: pairOf["EUR/CAD"], level: Halted}}, ""},
		"other latches": {[]string{"ETH"}, []latch{
			{control: StaleData, scope: ByPair, instrument: pairOf["EUR/CAD"], level: Paused}, {control: Reconcile, scope: BySlot, slot: 1, level: Paused},
		}, "ETH/CAD"},
	} {
		d := several(t)
		for _, l := range c.first {
			l.cause = "before"
			d.g.trip(l)
		}
		ids := []exchange.AssetID{}
		for _, b := range c.bad {
			ids = append(ids, assetOf[b])
		}
		records := len(d.log.records)
		d.g.haltPairs(ids, &exchange.Snapshot{Balances: []exchange.Balance{{Asset: assetOf["EUR"], Total: 5}, {Asset: ids[0], Total: 3}, {Asset: assetOf["DOG"] + 99, Total: 4}}})
		if len(d.log.records) != records+1 {
			t.Errorf("%s: %d records", name, len(d.log.records)-records)
			continue
		}
		r := d.log.records[records]
		if c.pair == "" && (r.Scope != Global || d.g.Level() != Halted) || c.pair != "" && (r.Scope != ByPair || r.Instrument != pairOf[c.pair] || d.g.Level() != Active) || r.Level != Halted {
			t.Errorf("%s: %v %d %v", name, r.Scope, r.Instrument, r.Level)
		}
		if want := "the venue has " + d.g.s.acct.amountText(3, ids[0]) + ", our books " + d.g.s.acct.amountText(d.g.Balance(ids[0]), ids[0]); r.Text != want {
			t.Errorf("%s: %s, want %s", name, r.Text, want)
		}
	}
}

// An order that nobody has seen may arrive until a minute after its deadline, or after the
// five seconds of a usual one.
func TestWhenAnOrderCannotArriveAnyMore(t *testing.T) {
	for want, o := range map[exchange.Stamp]exchange.Order{
		65_000_000_007: {Sent: 7}, 60_000_000_009: {Sent: 7, Deadline: 9}, 60_000_000_001: {Sent: 7, Deadline: 1},
	} {
		if got := lastArrival(&o); got != want {
			t.Errorf("%+v: %d", o, got)
		}
	}
}

// Answers belong to the questions in their order; of more than sixteen the oldest is given up.
func TestAnswersBelongToTheQuestions(t *testing.T) {
	d := open(t, wide())
	g, k := d.g, &d.g.s.link
	k.asks = nil
	for i := range 17 {
		g.s.now = exchange.Stamp(i)
		if err := g.ask(i%2 == 0); err != nil {
			t.Fatal(err)
		}
		if want := min(i+1, 16); len(k.asks) != want {
			t.Errorf("%d questions, want %d", len(k.asks), want)
		}
	}
	for i := 1; i < 17; i++ {
		if a := k.answered(); a != (asked{exchange.Stamp(i), i%2 == 0}) {
			t.Errorf("%d: %+v", i, a)
		}
	}
	if a := k.answered(); a != (asked{at: longAgo}) {
		t.Errorf("one that nobody asked for: %+v", a)
	}
	g.ex = &speechless{d.x}
	if err := g.ask(true); err == nil || len(k.asks) != 0 {
		t.Errorf("a question that was not asked waits for its answer: %v", err)
	}
}

// speechless is an exchange that cannot be asked.
type speechless struct{ *tape }

func (speechless) Refresh() error { return errors.New("no") }

// Something in doubt is looked at when it has settled, and a session with money of its own
// all the while; with a key that the venue refuses nobody asks.
func TestWhenTheGuardLooks(t *testing.T) {
	l := wide()
	l.NeedsArming, l.Lease, l.ReconcilePPM = true, time.Hour, 1
	d := open(t, l)
	looks, k := d.x.looks, &d.g.s.link
	due := k.lookAt
	if due != k.routineAt || due != midnight().Add(time.Minute+compareEvery) { // the first price came when the first look was due
		t.Errorf("the second look is due %v after the first snapshot", due.Sub(midnight()))
	}
	if looks != 2 || len(k.asks) != 1 || !k.asks[0].routine {
		t.Errorf("%d looks, %+v", d.x.looks-looks, k.asks)
	}
	d.snapshot()
	d.now = k.lookAt - 1
	d.beat(0)
	if d.x.looks != looks {
		t.Error("too soon")
	}
	d.beat(1)
	if d.x.looks != looks+1 || k.lookAt != d.now.Add(compareEvery) || !k.asks[0].routine {
		t.Errorf("%d looks, the next in %v, %+v", d.x.looks-looks, k.lookAt.Sub(d.now), k.asks)
	}
	d.snapshot()
	d.g.lookLater()
	d.g.lookAgain(d.now.Add(time.Hour)) // later does not put it off
	if k.lookAt != d.now.Add(5*time.Second) {
		t.Errorf("in doubt: %v", k.lookAt.Sub(d.now))
	}
	d.g.schedule()
	d.now = k.lookAt
	d.beat(0)
	if d.x.looks != looks+2 || k.asks[0].routine || k.lookAt != d.now.Add(compareEvery) || k.routineAt != k.lookAt {
		t.Errorf("%d looks, the next in %v, %+v", d.x.looks-looks, k.lookAt.Sub(d.now), k.asks)
	}
	d.code(exchange.KindRequest, exchange.CodeInvalidKey)
	if d.beat(time.Hour); d.x.looks != looks+2 {
		t.Error("asked with a key that the venue refuses")
	}
	for name, change := range map[string]func(*Limits){"a replay": func(l *Limits) { l.NeedsArming = false }, "an exact source": func(l *Limits) { l.ReconcilePPM = 0 }} {
		d := open(t, l, limited(change))
		if k := d.g.s.link; k.lookAt != exchange.Never || k.routineAt != exchange.Never {
			t.Errorf("%s is looked at all the while", name)
		}
	}
}

// The first snapshot is on record durably, the others are; a routine one that agrees says
// nothing new.
func TestWhichSnapshotsAreOnRecord(t *testing.T) {
	d := bare(t, wide(), limited(func(l *Limits) { l.ReconcilePPM = 1 }))
	d.snapshot()
	n := len(d.log.records) - 1
	if d.log.records[n].Type != RecSnapshot || !d.log.durable[n] {
		t.Error("the first is not on record")
	}
	d.price(10_000)
	n = len(d.log.records)
	d.snapshot()
	if len(d.log.records) != n+1 || d.log.durable[n] {
		t.Error("one that was asked for is not on record, or synced")
	}
	routine := func() { d.g.ask(true) }
	routine()
	d.snapshot()
	if len(d.log.records) != n+1 {
		t.Error("a routine one that agrees is on record")
	}
	routine()
	d.holdings(9_000*cad, xbt)
	if len(d.log.records) != n+2 || d.g.s.link.differs == nil {
		t.Error("a routine one that does not agree is not on record")
	}
	routine()
	d.snapshot()
	if len(d.log.records) != n+3 || d.g.s.link.differs != nil {
		t.Error("the one that ends a difference is not on record")
	}
	d.log.failAt = len(d.log.records) + 1
	d.tryPlay(exchange.Event{Kind: exchange.KindSnapshot, Detail: &exchange.Detail{Snapshot: &exchange.Snapshot{Orders: []exchange.OpenOrder{{Order: exchange.Order{ID: 77}}}}}})
	if d.latched(ForeignOrder) != nil || d.latched(JournalHealth) == nil {
		t.Errorf("%+v", d.g.Status().Latches)
	}
}

// A difference must show twice, five seconds apart, and is looked at again; one that was
// over in between begins anew. Of an exact source the first word counts.
func TestADifferenceMustShowTwice(t *testing.T) {
	d := open(t, wide(), limited(func(l *Limits) { l.ReconcilePPM = 1 }))
	looks := d.x.looks
	d.coins(xbt / 2)
	d.beat(5*time.Second - 1)
	if d.coins(xbt / 2); d.latched(Reconcile) != nil || d.x.looks != looks {
		t.Error("before five seconds")
	}
	d.beat(1)
	if d.x.looks != looks+1 {
		t.Errorf("%d looks", d.x.looks-looks)
	}
	d.coins(xbt)
	if d.coins(xbt / 2); d.latched(Reconcile) != nil {
		t.Error("what was over begins anew")
	}
	d.beat(5 * time.Second)
	if d.coins(xbt / 2); d.latched(Reconcile) == nil {
		t.Error("after five seconds")
	}
	d = open(t, wide())
	if d.coins(xbt / 2); d.latched(Reconcile) == nil {
		t.Error("an exact source was not believed")
	}
}

// Fills that only a snapshot tells are booked, in their order and once, at our time.
func TestASnapshotsFillsAreBookedOnce(t *testing.T) {
	d := open(t, wide(), limited(func(l *Limits) { l.ReconcilePPM = 1000 }))
	o := d.allowed(d.buy(xbt / 10))
	d.working(o)
	d.fill(o, xbt/100, 10_000, exchange.Working) // trade 1
	d.beat(time.Second)
	fill := func(order exchange.OrderID, trade uint64) exchange.Event {
		return exchange.Event{Kind: exchange.KindFill, Time: 5, Order: order, Qty: xbt / 100, Price: 10_000 * cad, Cost: 100 * cad, TradeID: trade, State: exchange.Working}
	}
	records := d.log.count(RecFill, NoControl)
	snap := &exchange.Snapshot{
		Balances: []exchange.Balance{{Asset: 0, Total: 9_700 * cad}, {Asset: 1, Total: xbt + 3*xbt/100}}, Orders: []exchange.OpenOrder{{Order: *o}},
		Fills: []exchange.Event{fill(o.ID, 1), fill(99, 2), fill(o.ID, 2), fill(o.ID, 3), fill(o.ID, 3)},
	}
	d.play(exchange.Event{Kind: exchange.KindSnapshot, Detail: &exchange.Detail{Snapshot: snap}})
	if n := d.log.count(RecFill, NoControl) - records; n != 2 || d.g.Balance(1) != xbt+3*xbt/100 || d.g.Level() != Active {
		t.Errorf("%d fills, %d coins, %+v", n, d.g.Balance(1), d.g.Status().Latches)
	}
	if r := d.log.last(RecFill); r.Event.Time != d.now || r.Event.TradeID != 3 {
		t.Errorf("%+v", r.Event)
	}
}

// Which open orders at the venue are not ours: those that no run on record has sent, and
// before the first comparison all that are not open here.
func TestWhichOrdersAtTheVenueAreForeign(t *testing.T) {
	for i, c := range []struct {
		id      exchange.OrderID
		synced  bool
		foreign bool
	}{{1, true, false}, {2, true, false}, {3, true, true}, {0, true, true}, {2, false, true}, {1, false, false}} {
		d := open(t, wide(), limited(func(l *Limits) { l.ReconcilePPM = 1000 }))
		own := d.allowed(d.buy(xbt / 100))
		d.working(own)
		d.gone(d.allowed(d.buy(xbt / 100))) // order 2 is over, and the last
		d.g.s.synced = c.synced
		order := exchange.OpenOrder{Order: exchange.Order{ID: c.id, Instrument: 0}}
		d.g.resolve(&exchange.Snapshot{Orders: []exchange.OpenOrder{order, order, {Order: *own}}}, d.now)
		if got := d.latched(ForeignOrder) != nil; got != c.foreign {
			t.Errorf("%d: order %d, synced %v: foreign %v", i, c.id, c.synced, got)
		}
	}
}

// What a snapshot says became of an order.
func TestTheFateOfAnOrder(t *testing.T) {
	const none = exchange.State(0)
	for i, c := range []struct {
		state         exchange.State
		there, synced bool
		ppm           int64
		asked         exchange.Stamp // the order was sent at 100
		sought        exchange.Stamp // 0: not yet
		want          exchange.State
	}{
		{exchange.Unknown, true, true, 1000, 0, 0, exchange.Working}, {exchange.Unknown, true, false, 0, 0, 0, exchange.Working},
		{exchange.Working, true, false, 1000, 0, 0, none}, {exchange.Pending, false, false, 0, 999, 0, none}, {exchange.Pending, true, false, 0, 999, 0, none},
		{exchange.Working, false, false, 1000, 0, 0, exchange.Cancelled}, {exchange.Working, false, true, 1000, 0, 0, none},
		{exchange.Unknown, false, false, 0, 0, 0, exchange.Absent}, {exchange.Unknown, false, true, 0, 101, 0, exchange.Absent}, {exchange.Unknown, false, true, 0, 100, 0, none},
		{exchange.Unknown, false, false, 1, 999, 0, none}, {exchange.Unknown, false, true, 1, 999, 0, none},
		{exchange.Unknown, false, true, 1, 201, 200, exchange.Absent}, {exchange.Unknown, false, true, 1, 200, 200, none}, {exchange.Unknown, false, false, 1, 201, 200, exchange.Absent},
		{exchange.Working, false, true, 0, 999, 200, none},
	} {
		d := open(t, wide(), limited(func(l *Limits) { l.ReconcilePPM = c.ppm }))
		d.g.s.synced = c.synced
		oo := &openOrder{order: exchange.Order{Sent: 100}, state: c.state, sought: c.sought != 0, soughtAt: c.sought}
		if got := d.g.s.fate(oo, c.there, c.asked); got != c.want {
			t.Errorf("%d: %v, want %v", i, got, c.want)
		}
	}
}

// An order that no snapshot shows is looked for until it cannot arrive any more, then
// cancelled once, and looked for again.
func TestAnOrderIsSoughtUntilItCannotArrive(t *testing.T) {
	for i, c := range []struct {
		state         exchange.State
		there, sought bool
		age           time.Duration
		look          time.Duration // from now; 0: none
		cancels       int
	}{
		{exchange.Unknown, false, false, 0, 65 * time.Second, 0}, {exchange.Unknown, false, false, 62 * time.Second, 5 * time.Second, 0},
		{exchange.Unknown, false, false, 65*time.Second - 1, 5 * time.Second, 0}, {exchange.Unknown, false, false, 65 * time.Second, 5 * time.Second, 1},
		{exchange.Unknown, false, true, 65 * time.Second, 5 * time.Second, 0}, {exchange.Unknown, true, false, 65 * time.Second, 0, 0}, {exchange.Working, false, false, 65 * time.Second, 0, 0},
	} {
		d := open(t, wide(), limited(func(l *Limits) { l.ReconcilePPM = 1000 }))
		d.g.s.link.lookAt = exchange.Never
		o := d.allowed(d.buy(xbt / 100))
		oo := d.g.s.acct.find(o.ID)
		oo.state, oo.sought, oo.order.Sent = c.state, c.sought, d.now.Add(-c.age)
		d.g.seek(oo, c.there)
		want := exchange.Never
		if c.look != 0 {
			want = d.now.Add(c.look)
		}
		if d.g.s.link.lookAt != want || len(d.x.gone) != c.cancels || c.cancels == 1 && (!oo.sought || oo.soughtAt != d.now) {
			t.Errorf("%d: looks in %v, %d cancels, sought %v", i, d.g.s.link.lookAt.Sub(d.now), len(d.x.gone), oo.sought)
		}
	}
}

// Several orders at once, some there and some not, each meet their own fate.
func TestEveryOrderIsResolvedForItself(t *testing.T) {
	d := open(t, wide(), limited(func(l *Limits) { l.ReconcilePPM = 1000 }))
	var orders []*exchange.Order
	for range 6 {
		orders = append(orders, d.allowed(d.buy(xbt/1000)))
	}
	for _, i := range []int{0, 2, 4} {
		d.working(orders[i])
	}
	n := d.reborn() // 1, 3, 5 have an unknown outcome
	n.play(exchange.Event{Kind: exchange.KindSnapshot, Detail: &exchange.Detail{Snapshot: &exchange.Snapshot{
		Balances: []exchange.Balance{{Asset: 0, Total: 10_000 * cad}, {Asset: 1, Total: xbt}},
		Orders:   []exchange.OpenOrder{{Order: *orders[1]}, {Order: *orders[2]}, {Order: *orders[5]}},
	}}})
	got := []string{}
	for i := range n.g.s.acct.open {
		oo := &n.g.s.acct.open[i]
		got = append(got, fmt.Sprint(oo.order.ID, oo.state))
	}
	slices.Sort(got)
	want := []string{fmt.Sprint(2, exchange.Working), fmt.Sprint(3, exchange.Working), fmt.Sprint(4, exchange.Unknown), fmt.Sprint(6, exchange.Working)}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A working order that is missing is counted from when it was first missed, and over when it
// is missed again; of an exact source it is not looked for.
func TestAMissingOrderIsCountedFromItsFirstTime(t *testing.T) {
	for ppm, want := range map[int64]bool{0: false, 1: true} {
		d := open(t, wide(), limited(func(l *Limits) { l.ReconcilePPM = ppm }))
		for range 2 {
			d.working(d.allowed(d.buy(xbt / 1000)))
		}
		d.allowed(d.buy(xbt / 1000)) // pending is not missing
		snap := &exchange.Snapshot{}
		d.g.missOrders(snap)
		if got := len(d.g.s.link.missed) == 2; got != want {
			t.Errorf("%d ppm: %+v", ppm, d.g.s.link.missed)
		}
		d.g.s.now = d.now.Add(5*time.Second - 1)
		if d.g.missOrders(snap); d.latched(Reconcile) != nil {
			t.Errorf("%d ppm: before five seconds", ppm)
		}
		d.g.s.now++
		if d.g.missOrders(snap); (d.latched(Reconcile) != nil) != want {
			t.Errorf("%d ppm: after five seconds %+v", ppm, d.g.Status().Latches)
		}
		if open := len(d.g.s.acct.open); want && (open != 1 || d.g.s.acct.open[0].state != exchange.Pending) || !want && open != 3 {
			t.Errorf("%d ppm: %d orders are open", ppm, open)
		}
	}
}

// The pair of an unknown outcome waits, and no other; after its time everything does.
func TestOnlyThePairOfAnUnknownOutcomeWaits(t *testing.T) {
	d := twoPairs(t, limited(func(l *Limits) { l.UnknownFor = time.Minute }))
	d.allowed(d.buy(xbt / 1000))
	o := d.unknown()
	if d.latched(UnknownOutcome).Instrument != 0 || len(d.g.Status().Latches) != 1 {
		t.Errorf("%+v", d.g.Status().Latches)
	}
	d.g.s.now = d.g.s.acct.find(o.ID).since.Add(time.Minute)
	if d.g.watchUnknown(); d.g.Level() != Active {
		t.Error("halted at its bound")
	}
	d.g.s.now++
	if d.g.watchUnknown(); d.g.Level() != Halted {
		t.Error("not halted beyond its bound")
	}
}
