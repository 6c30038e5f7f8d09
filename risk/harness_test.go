package risk

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// tape is an exchange that plays what the test says and keeps what it was sent.
type tape struct {
	events  []exchange.Event
	sent    []exchange.Order
	gone    []exchange.OrderID
	amends  []exchange.Amend
	switchs []time.Duration // CancelAllAfter
	looks   int             // Refresh
	answer  error
	deadMan error
	wake    exchange.Stamp
}

func (x *tape) Submit(o *exchange.Order) error { x.sent = append(x.sent, *o); return x.answer }
func (x *tape) Amend(a *exchange.Amend) error  { x.amends = append(x.amends, *a); return x.answer }
func (x *tape) Cancel(id exchange.OrderID) error {
	x.gone = append(x.gone, id)
	return nil
}
func (x *tape) CancelAllAfter(d time.Duration) error {
	x.switchs = append(x.switchs, d)
	return x.deadMan
}
func (x *tape) Refresh() error          { x.looks++; return nil }
func (x *tape) WakeAt(t exchange.Stamp) { x.wake = t }
func (x *tape) Next(_ context.Context, ev *exchange.Event) error {
	if len(x.events) == 0 {
		return io.EOF
	}
	*ev = x.events[0]
	x.events = x.events[1:]
	return nil
}

// log keeps records; it fails from the Nth on when told.
type log struct {
	records []Record
	durable []bool
	failAt  int
}

func (l *log) Record(r *Record, durable bool) error {
	if l.failAt > 0 && len(l.records)+1 >= l.failAt {
		return errors.New("disk full")
	}
	c := *r
	if r.Order != nil {
		o := *r.Order
		c.Order = &o
	}
	if r.Amend != nil {
		a := *r.Amend
		c.Amend = &a
	}
	if r.Event != nil {
		ev := *r.Event
		c.Event = &ev
	}
	c.Reasons = append([]Reason(nil), r.Reasons...)
	l.records, l.durable = append(l.records, c), append(l.durable, durable)
	return nil
}

func (l *log) last(t RecordType) *Record {
	for i := len(l.records) - 1; i >= 0; i-- {
		if l.records[i].Type == t {
			return &l.records[i]
		}
	}
	return nil
}

func (l *log) count(t RecordType, c Control) (n int) {
	for i := range l.records {
		if l.records[i].Type == t && (c == NoControl || l.records[i].Control == c) {
			n++
		}
	}
	return n
}

func (l *log) notes(text string) (n int) {
	for i := range l.records {
		if l.records[i].Type == RecNote && strings.Contains(l.records[i].Text, text) {
			n++
		}
	}
	return n
}

type button bool

func (b *button) Present() bool { return bool(*b) }

// desk is a guard on a tape: one pair XBT/CAD, price and cash with 4 decimals, lots with 8.
type desk struct {
	testing.TB
	g    *Guard
	x    *tape
	log  *log
	kill *button
	cat  *exchange.Catalog
	cfg  Config
	now  exchange.Stamp
	ids  exchange.OrderID
	fees uint64
	last int64 // price of pair 0, in CAD
}

const (
	cad = 10_000      // one CAD
	xbt = 100_000_000 // one XBT in lots
)

// wide are limits that never bind, to narrow one at a time.
func wide() Limits {
	l := Research()
	l.Profile = "test"
	l.Order = Wide
	l.CollarPPM = 100 * money.PPM
	return l
}

func midnight() exchange.Stamp { return exchange.Seconds(1_600_000_000 / 86400 * 86400) }

func open(t testing.TB, limits Limits, change ...func(*Config)) *desk {
	t.Helper()
	d := bare(t, limits, change...)
	d.snapshot()
	d.price(10_000)
	return d
}

// bare is a desk before its first event.
func bare(t testing.TB, limits Limits, change ...func(*Config)) *desk {
	t.Helper()
	cat := exchange.NewCatalog()
	cat.AddAsset("CAD", 4)
	cat.AddAsset("XBT", 8)
	if _, err := cat.Add(exchange.Spec{Symbol: "XBT/CAD", PriceDecimals: 4, LotDecimals: 8, Tick: 1000, OrderMin: 10_000, CostMin: cad / 2}); err != nil {
		t.Fatal(err)
	}
	d := &desk{TB: t, x: &tape{}, log: &log{}, kill: new(button), cat: cat, now: midnight(), last: 10_000}
	d.cfg = Config{Exchange: d.x, Catalog: cat, Limits: limits, Recorder: d.log, Kill: d.kill, ArmKey: armKey().Public().(ed25519.PublicKey)}
	for _, c := range change {
		c(&d.cfg)
	}
	var err error
	if d.g, err = New(d.cfg); err != nil {
		t.Fatal(err)
	}
	return d
}

func armKey() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) }

// snapshot is the account as the guard itself sees it; at first 10,000 CAD and one XBT.
func (d *desk) snapshot() {
	d.Helper()
	snap := &exchange.Snapshot{Balances: []exchange.Balance{{Asset: 0, Total: 10_000 * cad}, {Asset: 1, Total: xbt}}}
	if d.g.s.adopted {
		snap.Balances = nil
		for i, b := range d.g.s.acct.balance {
			snap.Balances = append(snap.Balances, exchange.Balance{Asset: exchange.AssetID(i), Total: b})
		}
	}
	for _, oo := range d.g.s.acct.open {
		snap.Orders = append(snap.Orders, exchange.OpenOrder{Order: oo.order, Filled: oo.filled})
	}
	d.play(exchange.Event{Kind: exchange.KindSnapshot, Detail: &exchange.Detail{Snapshot: snap}})
}

func (d *desk) play(ev exchange.Event) {
	d.Helper()
	if err := d.tryPlay(ev); err != nil {
		d.Fatal(err)
	}
}

func (d *desk) tryPlay(ev exchange.Event) error {
	if ev.Time == 0 {
		ev.Time = d.now
	}
	if ev.Received == 0 {
		ev.Received = d.now
	}
	ev.Last = true
	d.x.events = append(d.x.events, ev)
	var got exchange.Event
	return d.g.Next(context.Background(), &got, exchange.Never)
}

// beat lets time pass.
func (d *desk) beat(after time.Duration) {
	d.Helper()
	d.now = d.now.Add(after)
	d.play(exchange.Event{Kind: exchange.KindBeat, Instrument: exchange.None})
}

// price is a bar that closes at p CAD, a minute later.
func (d *desk) price(p int64) {
	d.Helper()
	d.tick(time.Minute, p)
}

func (d *desk) tick(after time.Duration, p int64) {
	d.Helper()
	d.now, d.last = d.now.Add(after), p
	d.play(exchange.Event{Kind: exchange.KindBar, Interval: time.Minute, Price: money.Price(p * cad), Qty: 1, Matched: true})
}

// trade is a public trade at p CAD.
func (d *desk) trade(after time.Duration, p int64) {
	d.Helper()
	d.now, d.last = d.now.Add(after), p
	d.play(exchange.Event{Kind: exchange.KindTrade, Price: money.Price(p * cad), Qty: 1})
}

// book is a top of the book around bid and ask, in CAD, with so many coins a side.
func (d *desk) book(bid, ask, coins int64) {
	d.Helper()
	d.play(exchange.Event{Kind: exchange.KindTop, Price: money.Price(bid * cad), Qty: money.Qty(coins * xbt), AskPrice: money.Price(ask * cad), AskQty: money.Qty(coins * xbt)})
}

func (d *desk) code(kind exchange.Kind, c exchange.Code) {
	d.Helper()
	d.play(exchange.Event{Kind: kind, Code: c, Instrument: exchange.None, Detail: &exchange.Detail{Text: "drill"}})
}

func (d *desk) order(side exchange.Side, qty money.Qty, limit int64) *exchange.Order {
	d.ids++
	o := &exchange.Order{ID: d.ids, Side: side, Qty: qty, Signal: uint64(d.ids)}
	if limit > 0 {
		o.Type, o.Price = exchange.Limit, money.Price(limit)
	}
	return o
}

// buy and sell are limit orders at the last price, small enough for most tests.
func (d *desk) buy(qty money.Qty) *exchange.Order  { return d.order(exchange.Buy, qty, d.last*cad) }
func (d *desk) sell(qty money.Qty) *exchange.Order { return d.order(exchange.Sell, qty, d.last*cad) }

func (d *desk) allowed(o *exchange.Order) *exchange.Order {
	d.Helper()
	if err := d.g.Submit(o); err != nil {
		d.Fatalf("denied: %v %v", err, d.said())
	}
	return o
}

// said is the last verdict.
func (d *desk) said() string {
	all := []string{}
	for _, r := range d.g.LastVerdict().Reasons {
		all = append(all, r.String())
	}
	return strings.Join(all, "; ")
}

// reason is what a control said of the last order, empty when it said nothing.
func (d *desk) reason(c Control) string {
	for _, r := range d.g.LastVerdict().Reasons {
		if r.Control == c {
			return r.String()
		}
	}
	return ""
}

func (d *desk) denied(o *exchange.Order, c Control) {
	d.Helper()
	before := len(d.x.sent)
	if err := d.g.Submit(o); !errors.Is(err, exchange.ErrDenied) {
		d.Fatalf("want a denial by %v, got %v", c, err)
	}
	if len(d.x.sent) != before {
		d.Fatal("a denied order reached the exchange")
	}
	if d.reason(c) == "" {
		d.Fatalf("denied by %v, want %v", d.said(), c)
	}
	r := d.log.last(RecDenial)
	if d.g.s.rate.untold > 0 { // one of so many that only their sum is recorded
		d.g.Conclude()
		r = d.log.last(RecDenials)
	}
	if r.OrderID != o.ID || !slices.Equal(r.Reasons, d.g.LastVerdict().Reasons) {
		d.Fatalf("the denial is recorded with %v, the verdict was %v", r.Reasons, d.said())
	}
}

// gone says that an order is over without a fill.
func (d *desk) gone(o *exchange.Order) {
	d.Helper()
	d.play(exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpCancel, Order: o.ID, Instrument: o.Instrument, State: exchange.Cancelled})
}

func (d *desk) working(o *exchange.Order) {
	d.Helper()
	d.play(exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpSubmit, Order: o.ID, Instrument: o.Instrument, State: exchange.Working})
}

func (d *desk) fill(o *exchange.Order, qty money.Qty, price int64, state exchange.State) {
	d.Helper()
	d.fillAt(o, qty, price, 0, state)
}

func (d *desk) fillAt(o *exchange.Order, qty money.Qty, price int64, fee money.Amount, state exchange.State) {
	d.Helper()
	d.fees++
	d.play(exchange.Event{
		Kind: exchange.KindFill, Order: o.ID, Instrument: o.Instrument, Side: o.Side, Qty: qty, Price: money.Price(price * cad),
		Cost: money.Amount(price * cad * int64(qty) / xbt), Fee: fee, TradeID: d.fees, State: state,
	})
}

// round buys a coin's part at the last price and sells it for so many CAD more or less.
func (d *desk) round(qty money.Qty, gain int64) {
	d.Helper()
	in := d.allowed(d.buy(qty))
	d.fill(in, qty, d.last, exchange.Filled)
	d.sellFor(qty, gain)
}

func (d *desk) sellFor(qty money.Qty, gain int64) {
	d.Helper()
	out := d.order(exchange.Sell, qty, 1000)
	d.allowed(out)
	d.fees++
	d.play(exchange.Event{
		Kind: exchange.KindFill, Order: out.ID, Side: exchange.Sell, Qty: qty, Price: money.Price(d.last * cad),
		Cost: money.Amount(d.last*cad*int64(qty)/xbt + gain*cad), TradeID: d.fees, State: exchange.Filled,
	})
}

// latched finds a control's latch; nil when it has none.
func (d *desk) latched(c Control) *Latch {
	st := d.g.Status()
	for i := range st.Latches {
		if st.Latches[i].Control == c {
			return &st.Latches[i]
		}
	}
	return nil
}

// restart starts a new guard from the records, as after a crash, with the account and the
// price as they were.
func (d *desk) restart(change ...func(*Config)) *desk {
	d.Helper()
	n := d.reborn(change...)
	n.snapshot()
	n.tick(0, n.last)
	return n
}

// reborn is a restart before its first event.
func (d *desk) reborn(change ...func(*Config)) *desk {
	d.Helper()
	n := *d
	n.x, n.log = &tape{}, &log{records: slices.Clone(d.log.records), durable: slices.Clone(d.log.durable)}
	records := d.log.records
	n.cfg.Exchange, n.cfg.Recorder, n.cfg.Started = n.x, n.log, d.now
	n.cfg.History = func(yield func(*Record) error) error {
		for i := range records {
			r := records[i]
			if err := yield(&r); err != nil {
				return err
			}
		}
		return nil
	}
	for _, c := range change {
		c(&n.cfg)
	}
	var err error
	if n.g, err = New(n.cfg); err != nil {
		d.Fatal(err)
	}
	return &n
}

// ceremony re-enables trading, the dry cycle included.
func (d *desk) ceremony() {
	d.Helper()
	challenge, err := d.g.RequestArm("drill", "none", [16]byte{byte(len(d.log.records))})
	if err != nil {
		d.Fatal(err)
	}
	d.beat(armWait)
	if err := d.g.ConfirmArm(challenge, ed25519.Sign(armKey(), []byte(challenge))); err != nil {
		d.Fatal(err)
	}
	d.tick(0, d.last)
	d.tick(1, d.last)
}

// trial is how a control is tried. With ok and bad it is tried by orders: ok is the largest
// that passes, bad the smallest that does not. With below and trip it is tried by its latch:
// below leads right up to the bound, trip is the last step.
type trial struct {
	control Control
	setup   func(*Config)
	warm    func(*desk) // what a start needs before orders go out, again after a restart

	ok, bad func(*desk) *exchange.Order
	says    string // what the denial says, whole

	below, trip func(*desk)
	level       Level
	scope       Scope
	cause       string
	sells       bool // sells are held too below HALTED

	reset   func(*desk) // what ends it, the last instant included; nil: it needs no end
	tooSoon func(*desk) // what does not end it yet
	forgets bool        // what lies below the bound is gone after a restart
}

func (tr *trial) open(t testing.TB) *desk {
	t.Helper()
	d := open(t, wide(), func(c *Config) {
		if tr.setup != nil {
			tr.setup(c)
		}
	})
	tr.warmed(d)
	return d
}

func (tr *trial) warmed(d *desk) *desk {
	if tr.warm != nil {
		tr.warm(d)
	}
	return d
}

func tryAll(t *testing.T, family string, trials []trial) {
	for i := range trials {
		tr := &trials[i]
		if Declarations[tr.control].Family != family {
			t.Errorf("%v is not of family %s", tr.control, family)
		}
		name := tr.control.String()
		if tr.ok != nil {
			t.Run(name+"/orders", tr.tryOrders)
			continue
		}
		t.Run(name+"/below", tr.tryBelow)
		t.Run(name+"/trip", tr.tryTrip)
		t.Run(name+"/restart", tr.tryRestart)
		t.Run(name+"/reset", tr.tryReset)
	}
}

func (tr *trial) tryOrders(t *testing.T) {
	d := tr.open(t)
	d.denied(tr.bad(d), tr.control)
	if said := d.reason(tr.control); said != tr.says {
		t.Errorf("it says %s, want %s", said, tr.says)
	}
	d = tr.open(t)
	d.allowed(tr.ok(d))
	d = tr.open(t)
	d = tr.warmed(d.restart())
	d.denied(tr.bad(d), tr.control)
	if tr.reset != nil {
		d = tr.open(t)
		d.denied(tr.bad(d), tr.control)
		tr.reset(d)
		d.allowed(tr.ok(d))
	}
}

func (tr *trial) tryBelow(t *testing.T) {
	d := tr.open(t)
	tr.below(d)
	if l := d.latched(tr.control); l != nil {
		t.Fatalf("just below the bound: %v %s", l.Level, l.Cause)
	}
	if d.g.Submit(d.buy(xbt / 1000)); d.reason(tr.control) != "" {
		t.Fatalf("just below the bound: %s", d.said())
	}
}

func (tr *trial) tripped(t *testing.T) *desk {
	d := tr.open(t)
	tr.below(d)
	tr.trip(d)
	return d
}

func (tr *trial) tryTrip(t *testing.T) {
	d := tr.tripped(t)
	tr.holds(t, d)
	r := d.log.last(RecLevel)
	if r == nil || !d.log.durable[slices.IndexFunc(d.log.records, func(r Record) bool { return r.Type == RecLevel && r.Control == tr.control })] {
		t.Error("the latch is not recorded durably")
	}
	if err := d.g.Cancel(1); err != nil || d.x.gone[len(d.x.gone)-1] != 1 {
		t.Errorf("a cancel was held: %v", err)
	}
}

// holds asserts the latch, and what it lets through.
func (tr *trial) holds(t *testing.T, d *desk) {
	t.Helper()
	l := d.latched(tr.control)
	if l == nil {
		t.Fatalf("no latch; %+v", d.g.Status().Latches)
	}
	if l.Level != tr.level || l.Scope != tr.scope || !strings.Contains(l.Cause, tr.cause) || tr.cause == "" {
		t.Fatalf("latch %v %v %q, want %v %v %q", l.Level, l.Scope, l.Cause, tr.level, tr.scope, tr.cause)
	}
	if tr.scope == Global && d.g.Level() < tr.level {
		t.Errorf("level %v", d.g.Level())
	}
	d.g.Submit(d.buy(xbt / 1000))
	if want := tr.control.String() + ` text="` + tr.level.String() + `"`; !strings.Contains(d.said(), want) && d.g.Level() <= tr.level {
		t.Errorf("a buy was answered %q, want %s", d.said(), want)
	}
	if tr.level <= ReduceOnly && !tr.sells && d.g.Level() <= ReduceOnly {
		o := d.sell(xbt / 1000)
		d.allowed(o)
		d.gone(o)
	} else if tr.level > ReduceOnly {
		if err := d.g.Submit(d.sell(xbt / 1000)); err == nil {
			t.Errorf("a sell left at %v", tr.level)
		}
	}
}

func (tr *trial) tryRestart(t *testing.T) {
	d := tr.tripped(t)
	before := d.latched(tr.control)
	if before == nil {
		t.Fatal("no latch")
	}
	for range 2 {
		d = d.reborn()
		after := d.latched(tr.control)
		if after == nil || *after != *before {
			t.Fatalf("after a restart %+v, was %+v", after, before)
		}
	}
	if n := d.log.count(RecLevel, tr.control); n > 1 && tr.control != Drawdown && tr.control != ProfileLimits && tr.control != HalfOpen {
		t.Errorf("%d activations on record", n)
	}
	d = tr.open(t)
	tr.below(d)
	d = tr.warmed(d.restart())
	tr.trip(d)
	if got := d.latched(tr.control) != nil; got == tr.forgets {
		t.Errorf("below the bound, a restart, and the last step: tripped %v", got)
	}
}

func (tr *trial) tryReset(t *testing.T) {
	d := tr.tripped(t)
	if tr.tooSoon != nil {
		tr.tooSoon(d)
		if d.latched(tr.control) == nil {
			t.Fatal("it ended too soon")
		}
	}
	tr.reset(d)
	if l := d.latched(tr.control); l != nil {
		t.Fatalf("still %v: %s", l.Level, l.Cause)
	}
	if d.g.Submit(d.buy(xbt / 1000)); strings.Contains(d.said(), tr.control.String()) {
		t.Errorf("still denied: %s", d.said())
	}
}

// timer is a reset by time alone: nothing an instant before, over at the instant.
func timer(after time.Duration) (tooSoon, reset func(*desk)) {
	return func(d *desk) { d.beat(after - 1) }, func(d *desk) { d.beat(1) }
}

func halfHour() (func(*desk), func(*desk)) { return timer(30 * time.Minute) }
