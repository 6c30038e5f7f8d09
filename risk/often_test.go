package risk

import (
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// An order is held against the last 64, and the 65th before it is forgotten.
func TestAnOrderIsComparedWithTheLastSixtyFour(t *testing.T) {
	l := wide()
	l.Duplicate = time.Hour
	d := open(t, l)
	first := d.allowed(d.buy(100_000))
	for n := 1; n < 64; n++ {
		d.allowed(d.buy(first.Qty + money.Qty(n)*10_000))
	}
	d.denied(d.buy(first.Qty), DuplicateOrder)
	d.allowed(d.buy(2_000_000))
	if n := len(d.g.s.rate.recent); n != 64 {
		t.Errorf("%d are remembered", n)
	}
	d.allowed(d.buy(first.Qty))
	d.denied(d.buy(first.Qty+30_000), DuplicateOrder) // of those in between none is lost
	d.allowed(d.buy(first.Qty + 10_000))
	n := d.restart()
	n.denied(n.buy(first.Qty), DuplicateOrder)
	n.denied(n.buy(2_000_000), DuplicateOrder)
}

// Quantities within 1 %, amounts to spend within 1 %, prices within 0.1 %, both ends
// included; one reason however many it resembles.
func TestWhatCountsAsTheSameOrder(t *testing.T) {
	l := wide()
	l.Duplicate = 5 * time.Second
	type what struct {
		qty     money.Qty
		cash    money.Amount
		price   money.Price
		trigger money.Price
	}
	for i, c := range []struct {
		first, second what
		same          bool
	}{
		{what{qty: 1_000_000, price: 10_000 * cad}, what{qty: 1_010_000, price: 10_000 * cad}, true},
		{what{qty: 1_000_000, price: 10_000 * cad}, what{qty: 1_010_001, price: 10_000 * cad}, false},
		{what{qty: 1_000_000, price: 10_000 * cad}, what{qty: 990_000, price: 10_000 * cad}, true},
		{what{qty: 1_000_000, price: 10_000 * cad}, what{qty: 989_999, price: 10_000 * cad}, false},
		{what{qty: 1_000_099, price: 10_000 * cad}, what{qty: 1_010_100, price: 10_000 * cad}, false}, // 1 % rounds down
		{what{qty: 1_000_000, price: 10_000 * cad}, what{qty: 1_000_000, price: 10_010 * cad}, true},
		{what{qty: 1_000_000, price: 10_000 * cad}, what{qty: 1_000_000, price: 10_010*cad + 1}, false},
		{what{qty: 1_000_000, price: 10_000 * cad}, what{qty: 1_000_000, price: 9_990*cad - 1}, false},
		{what{cash: 1_000_000}, what{cash: 1_010_000}, true},
		{what{cash: 1_000_000}, what{cash: 1_010_001}, false},
		{what{qty: 1_000_000, trigger: 11_000 * cad}, what{qty: 1_000_000, trigger: 11_011 * cad}, true},
		{what{qty: 1_000_000, trigger: 11_000 * cad}, what{qty: 1_000_000, trigger: 11_012 * cad}, false},
		{what{qty: 1_000_000}, what{qty: 1_000_000, price: 10_010 * cad}, true}, // at the market of 10,000
		{what{qty: 1_000_000}, what{qty: 1_000_000, price: 10_011 * cad}, false},
	} {
		d := open(t, l)
		give := func(w what) *exchange.Order {
			return &exchange.Order{ID: 1, Qty: w.qty, Cash: w.cash, Price: w.price, Trigger: w.trigger}
		}
		for range 2 {
			d.g.s.rate.onIntent(&Record{Time: d.now, Order: give(c.first)}, d.g.s.acct.mark[0])
		}
		var v Verdict
		d.g.s.checkDuplicate(&decision{o: give(c.second), in: &d.g.s.acct.catalog.Instruments[0], opens: true}, &v)
		if want := map[bool]int{true: 1}[c.same]; len(v.Reasons) != want {
			t.Errorf("%d: %v", i, v.Reasons)
		}
		v = Verdict{}
		d.g.s.checkDuplicate(&decision{o: give(c.first), in: &d.g.s.acct.catalog.Instruments[0], opens: true, amending: true}, &v)
		if !v.Approved() {
			t.Errorf("%d: a change is no duplicate: %v", i, v.Reasons)
		}
	}
	for n, price := range map[*exchange.Order]money.Price{{Price: 1, Trigger: 2}: 1, {Trigger: 1}: 1, {}: 7} {
		if got := orderPrice(n, 7); got != price {
			t.Errorf("%+v: compared by %d", n, got)
		}
	}
}

// A strategy's last thousand signals are remembered whole; of those before, that they were
// used.
func TestSignalsAreRememberedByTheThousand(t *testing.T) {
	l := wide()
	l.SignalOrders, l.SignalAge = 2, Forever
	d := open(t, l)
	r := &d.g.s.rate
	use := func(id uint64) {
		o := &exchange.Order{Signal: id, Slot: 2}
		r.slot(2)
		r.onIntent(&Record{Time: d.now, Order: o, Cost: money.Amount(id)}, 1)
	}
	remembered := func(from, to uint64) {
		t.Helper()
		if len(r.signals) != int(to-from+1) || r.last[2] != from-1 {
			t.Fatalf("%d signals, forgotten up to %d; want %d to %d", len(r.signals), r.last[2], from, to)
		}
		for id := from; id <= to; id++ {
			if g := r.signals[signalKey{2, id}]; g == nil || g.orders != 1 || g.approved != money.Amount(id) || g.filled != 0 {
				t.Fatalf("signal %d: %+v", id, g)
			}
		}
	}
	for id := uint64(1); id <= 1000; id++ {
		use(id)
		r.signals[signalKey{2, id}].filled = 0
	}
	remembered(1, 1000)
	for id := uint64(1001); id <= 2003; id++ {
		r.signals[signalKey{2, id - 1000}].filled = 5 // memory that is used again
		use(id)
		remembered(id-999, id)
	}
	for id, want := range map[uint64]string{1003: `signal-budget signal=1003 text="the signal was used before"`, 1: `signal-budget signal=1 text="the signal was used before"`, 2004: "", 1004: ""} {
		o := d.buy(xbt / 1000)
		o.Slot, o.Signal = 2, id
		if got := d.decides(o); got != want {
			t.Errorf("signal %d: %s, want %s", id, got, want)
		}
	}
}

// A signal's budget: its orders, its age, its amount, each at its bound, of its own strategy
// and signal alone.
func TestASignalsBudgetHoldsExactly(t *testing.T) {
	l := wide()
	l.SignalOrders, l.SignalAge, l.Order = 2, 15*time.Minute, Limit{Unlimited, 1_000_000}
	fresh := func() *desk {
		d := open(t, l, func(c *Config) { c.FeePPM = 100_000 })
		for slot, signal := range []uint64{7, 7, 8} { // signal 7 of slot 0, 7 of slot 1, 8 of slot 0
			o := d.order(exchange.Buy, 400_000, 10_000*cad)
			o.Slot, o.Signal = exchange.SlotID(slot%2), signal
			d.allowed(o)
		}
		return d
	}
	next := func(d *desk, qty money.Qty) string {
		o := d.order(exchange.Buy, qty, 10_000*cad)
		o.Signal = 7
		return d.decides(o)
	}
	d := fresh() // 400,000 are out, 440,000 with their fee
	if got := next(d, 600_000); got != "" {
		t.Errorf("all that is left: %s", got)
	}
	if got, want := next(d, 600_001), `signal-budget notional=100.0001 limit=100.0000`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	d.fill(&d.g.s.acct.open[0].order, 100_001, 10_000, exchange.Working) // 329,998.9 of its reserve are left, of that 299,999 without fee
	if got := next(d, 600_000); got != "" {
		t.Errorf("filled in part: %s", got)
	}
	d.now = d.now.Add(15 * time.Minute)
	d.price(10_000)
	d.g.s.now = d.g.s.rate.signals[signalKey{0, 7}].first.Add(15 * time.Minute)
	if got := next(d, 1000); got != "" && got != `order-form qty=0.00001000 min=0.00010000 text="below the pair's minimum"; order-form cost=0.1000 min=0.5000 text="cost is below the pair's minimum"` {
		t.Errorf("at its last instant: %s", got)
	}
	d.g.s.now++
	if got, want := next(d, 100_000), `signal-budget age-s=900 text="the signal is old"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	d = fresh()
	second := d.order(exchange.Buy, 100_000, 10_000*cad)
	second.Signal = 7
	d.allowed(second)
	if got, want := next(d, 100_000), `signal-budget orders=3 limit=2`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	o := d.order(exchange.Buy, 100_000, 10_000*cad)
	if o.Signal = 0; d.decides(o) != `signal-budget text="the order names no signal"` {
		t.Error(d.decides(o))
	}
	d.g.s.limits.SignalOrders = 0
	if o.Signal = 99; d.decides(o) != `signal-budget orders=1 limit=0` {
		t.Error(d.decides(o))
	}
	var v Verdict // a change of an order of before the signals were counted
	d.g.s.checkSignal(&decision{o: o, in: &d.g.s.acct.catalog.Instruments[0], opens: true, amending: true}, &v)
	if !v.Approved() {
		t.Errorf("a change of an order without a budget: %v", v.Reasons)
	}
}

// A signal's notional is rounded up into the account's currency.
func TestASignalsNotionalIsRoundedUp(t *testing.T) {
	d := twoPairs(t, limited(func(l *Limits) { l.SignalOrders, l.SignalAge, l.Order = 2, Forever, Limit{Unlimited, 101} }), func(c *Config) {
		if _, err := c.Catalog.Add(exchange.Spec{Symbol: "ETH/XBT", PriceDecimals: 8, LotDecimals: 8, Tick: 1}); err != nil {
			t.Fatal(err)
		}
	})
	d.play(exchange.Event{Kind: exchange.KindTrade, Instrument: 1, Price: 10_000_000, Qty: 1})
	d.play(exchange.Event{Kind: exchange.KindTrade, Price: 10_001 * cad, Qty: 1})
	s := d.g.s
	s.rate.slot(0)
	s.rate.onIntent(&Record{Time: d.now, Order: &exchange.Order{Signal: 3, Instrument: 1}, Cost: 1}, 1)
	for gross, want := range map[money.Amount]int{100: 0, 101: 1} { // 100.01 and 101.0101
		var v Verdict
		if s.checkSignal(&decision{o: &exchange.Order{Signal: 3, Instrument: 1}, in: &s.acct.catalog.Instruments[1], opens: true, gross: gross}, &v); len(v.Reasons) != want {
			t.Errorf("%d: %v", gross, v.Reasons)
		}
	}
}

func TestWhatOverspendsASignal(t *testing.T) {
	r := &rateState{signals: map[signalKey]*signal{{0, 7}: {approved: 100, filled: 40}}}
	for i, c := range []struct {
		order exchange.Order
		cost  money.Amount
		want  bool
	}{
		{exchange.Order{Signal: 7, Type: exchange.Limit}, 60, false},
		{exchange.Order{Signal: 7, Type: exchange.Limit}, 61, true},
		{exchange.Order{Signal: 7, Cash: 1}, 61, true},
		{exchange.Order{Signal: 7}, 61, false}, // bounded by its quantity
		{exchange.Order{Signal: 7, Type: exchange.Limit, Side: exchange.Sell}, 61, false},
		{exchange.Order{Signal: 8, Type: exchange.Limit}, 61, false},
	} {
		if got := r.overspends(&c.order, c.cost); got != c.want {
			t.Errorf("%d: %v", i, got)
		}
	}
}

// Turnover is of the last sixty minutes, to the minute.
func TestTurnoverIsOfTheLastHour(t *testing.T) {
	d := open(t, wide())
	r := &d.g.s.rate
	r.slot(0)
	fill := func(at exchange.Stamp, cost money.Amount) {
		r.onFill(&Record{Time: at, Cost: cost, Event: &exchange.Event{}}, &openOrder{})
	}
	const m = exchange.Stamp(time.Minute)
	for _, from := range []exchange.Stamp{0, 59 * m, 60 * m, midnight()} {
		fill(from, 1)
		fill(from+m-1, 2)
		fill(from+m, 4)
		for at, want := range map[exchange.Stamp]money.Amount{from + m: 7, from + 60*m - 1: 7, from + 60*m: 4, from + 61*m - 1: 4, from + 61*m: 0} {
			if got := r.inHour(at, 0); got != want {
				t.Errorf("%v after %d: %d, want %d", (at - from), from, got, want)
			}
		}
		fill(from+60*m, 8) // the same minute of the next hour takes its place
		if got := r.inHour(from+60*m, 0); got != 12 {
			t.Errorf("an hour later: %d", got)
		}
		fill(from+200*m, 0)
		fill(from+201*m, 0)
		*r = rateState{}
		r.init(&d.g.s.limits, 1)
		r.slot(0)
	}
	if r.executed[0] != 0 {
		t.Errorf("%d", r.executed[0])
	}
	for range 3 {
		fill(midnight(), 1)
	}
	if r.executed[0] != 3 {
		t.Errorf("%d executions", r.executed[0])
	}
	r.onDay()
	if r.executed[0] != 0 || r.inHour(midnight(), 0) != 3 {
		t.Errorf("on a new day %d executions, %d of turnover", r.executed[0], r.inHour(midnight(), 0))
	}
}

// The ceremony clears what leads to latches, in every strategy and pair.
func TestTheCeremonyForgetsWhatWasTooOften(t *testing.T) {
	d := open(t, wide())
	r := &d.g.s.rate
	r.slot(1)
	for range 3 {
		r.hits.add(d.now)
		for slot := range 2 {
			r.denied[slot].add(d.now)
			r.doubles[slot].add(d.now)
			r.executed[slot]++
			r.turnover[slot].sum[3], r.turnover[slot].minute[3] = 5, 5
		}
	}
	d.ceremony()
	if r.hits.full(d.now) {
		t.Error("hits")
	}
	for slot := range 2 {
		if r.denied[slot].full(d.now) || r.doubles[slot].full(d.now) || r.executed[slot] != 0 || r.turnover[slot] != (hour{}) {
			t.Errorf("slot %d", slot)
		}
	}
	for what, w := range map[string]*window{"denials": &r.denied[0], "hits": &r.hits} {
		for range 3 {
			w.add(0)
		}
		if !w.full(exchange.Stamp(10*time.Minute)-1) || w.full(exchange.Stamp(10*time.Minute)) {
			t.Errorf("%s count for other than ten minutes", what)
		}
	}
	for range 3 {
		r.doubles[0].add(0)
	}
	if !r.doubles[0].full(exchange.Stamp(time.Minute)-1) || r.doubles[0].full(exchange.Stamp(time.Minute)) {
		t.Error("duplicates count for other than a minute")
	}
}

// The model of the venue's counter: decay rounds down, a change costs what its age says,
// and the denial says to the millisecond when to come back.
func TestTheModelOfTheVenuesCounter(t *testing.T) {
	c := counter{milli: 5000, at: 100}
	for after, want := range map[time.Duration]int64{0: 5000, time.Second: 2660, time.Second + 1: 2660, 2 * time.Second: 320, 3 * time.Second: 0, time.Millisecond: 4998} {
		if got := c.value(100+exchange.Stamp(after), Intermediate); got != want {
			t.Errorf("after %v: %d", after, got)
		}
	}
	for age, want := range map[time.Duration][2]int64{
		0: {8, 4}, 5*time.Second - 1: {8, 4}, 5 * time.Second: {6, 3}, 10*time.Second - 1: {6, 3}, 10 * time.Second: {5, 2}, 15*time.Second - 1: {5, 2},
		15 * time.Second: {4, 1}, 45*time.Second - 1: {4, 1}, 45 * time.Second: {2, 1}, 90*time.Second - 1: {2, 1}, 90 * time.Second: {1, 1}, 300*time.Second - 1: {1, 1}, 300 * time.Second: {0, 1},
	} {
		if got := [2]int64{cancelCost(age), amendCost(age)}; got != want {
			t.Errorf("at %v: %v, want %v", age, got, want)
		}
	}
	said := func(d *desk, o *exchange.Order, amending bool) string {
		var v Verdict
		d.g.s.checkThrottle(&decision{o: o, in: &d.g.s.acct.catalog.Instruments[0], amending: amending}, &v)
		if v.Approved() {
			return ""
		}
		return v.Reasons[0].String()
	}
	l := wide()
	l.Tier = Tier{60, 1500} // 48 points of room
	d := open(t, l)
	x := &d.g.s.rate.counter[0]
	x.at = d.now
	for milli, want := range map[int64]string{39_000: "", 39_001: "message-throttle counter=48.001 limit=48.000 retry-after-ms=1"} { // 1 and 8 for the order
		if x.milli = milli; said(d, d.buy(xbt), false) != want {
			t.Errorf("%d: %s, want %s", milli, said(d, d.buy(xbt), false), want)
		}
	}
	o := d.buy(xbt / 100)
	d.g.s.acct.add(o, 0)
	open := &d.g.s.acct.open[0].order
	open.Sent = d.now.Add(-5 * time.Second) // 6 to cancel it, 3 to change it
	for milli, want := range map[int64]string{39_000: "", 39_001: "message-throttle counter=48.001 limit=48.000 retry-after-ms=1"} {
		if x.milli = milli; said(d, open, true) != want {
			t.Errorf("a change at %d: %s, want %s", milli, said(d, open, true), want)
		}
	}
	x.milli = 33_002
	if got, want := said(d, d.buy(xbt), false), "message-throttle counter=48.002 limit=48.000 retry-after-ms=2"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	d.g.s.limits.Tier.DecayPerSecMi = 0
	if got, want := said(d, d.buy(xbt), false), "message-throttle counter=48.002 limit=48.000 retry-after-ms=0"; got != want {
		t.Errorf("a counter that never falls: %s, want %s", got, want)
	}
	d.g.s.limits.Tier.DecayPerSecMi = 1
	if got, want := said(d, d.buy(xbt), false), "message-throttle counter=48.002 limit=48.000 retry-after-ms=2000"; got != want {
		t.Errorf("one that falls by the least: %s, want %s", got, want)
	}
}

func TestACycleOfFillAndOrderSaysItsLimit(t *testing.T) {
	l := wide()
	l.FeedbackCycles = 1
	d := open(t, l)
	o := d.allowed(d.buy(xbt / 1000))
	d.fill(o, xbt/1000, 10_000, exchange.Filled)
	if got, want := d.decides(d.buy(xbt/1000)), `fill-feedback limit=1 text="the order answers a fill with no news in between"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
