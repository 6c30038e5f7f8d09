package risk

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func TestAConfigThatCannotBeIsRefusedInClearWords(t *testing.T) {
	good := bare(t, wide()).cfg
	for i, c := range []struct {
		change func(*Config)
		want   string
	}{
		{func(*Config) {}, ""},
		{func(c *Config) { c.Exchange = nil }, "needs an exchange, a catalog, a recorder and a kill switch"},
		{func(c *Config) { c.Catalog = nil }, "needs an exchange"},
		{func(c *Config) { c.Recorder = nil }, "needs an exchange"},
		{func(c *Config) { c.Kill = nil }, "needs an exchange"},
		{func(c *Config) { c.Currency = -1 }, "currency is not in the catalog"},
		{func(c *Config) { c.Currency = 2 }, "currency is not in the catalog"},
		{func(c *Config) { c.Currency = 1 }, ""},
		{func(c *Config) { c.FeePPM = -1 }, "a worst fee of -1 ppm is out of range"},
		{func(c *Config) { c.FeePPM = money.PPM }, "a worst fee of 1000000 ppm is out of range"},
		{func(c *Config) { c.FeePPM = money.PPM - 1 }, ""},
		{func(c *Config) { c.Limits.Modes = []Mode{{SharePPM: 600_000}, {SharePPM: 400_000}, {}} }, ""},
		{func(c *Config) { c.Limits.Modes = []Mode{{SharePPM: 600_000}, {SharePPM: 400_001}} }, "the modes' shares add up to 1000001 ppm"},
		{func(c *Config) { c.Limits.Modes = []Mode{{SharePPM: 600_000}, {SharePPM: -1}} }, "the modes' shares add up to 599999 ppm"},
		{func(c *Config) { c.Catalog = unrated(t, "DOG/XYZ") }, "no rate from DOG to the account's currency CAD: add data of a pair that joins them, for example DOG/CAD"},
		{func(c *Config) { c.Catalog = unrated(t, "XBT/XYZ", "XYZ/DOG") }, "no rate from DOG to"},
	} {
		cfg := good
		c.change(&cfg)
		if _, err := New(cfg); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d: %v, want %q", i, err, c.want)
		}
	}
}

func unrated(t *testing.T, pairs ...string) *exchange.Catalog {
	cat := exchange.NewCatalog()
	cat.AddAsset("CAD", 4)
	for _, p := range append([]string{"XBT/CAD"}, pairs...) {
		if _, err := cat.Add(exchange.Spec{Symbol: p, PriceDecimals: 4, LotDecimals: 8, Tick: 1}); err != nil {
			t.Fatal(err)
		}
	}
	return cat
}

// history starts a guard from these records.
func history(d *desk, records []Record, change ...func(*Config)) (*Guard, error) {
	cfg := d.cfg
	cfg.Exchange, cfg.Recorder = &tape{}, &log{}
	cfg.History = func(yield func(*Record) error) error {
		for i := range records {
			r := records[i]
			if err := yield(&r); err != nil {
				return err
			}
		}
		return nil
	}
	for _, c := range change {
		c(&cfg)
	}
	return New(cfg)
}

// A difference in the books at the end of a history halts, also where the halt itself did not
// get onto the disk any more; one that a ceremony has followed does not.
func TestAHistoryThatEndsWithADifferenceHalts(t *testing.T) {
	d := open(t, wide())
	fill := Record{Type: RecFill, Time: d.now, Event: &exchange.Event{Kind: exchange.KindFill, Order: 99, Qty: 1, Cost: 1, TradeID: 1}}
	records := append(slices.Clone(d.log.records), fill)
	g, err := history(d, records)
	if err != nil {
		t.Fatal(err)
	}
	if st := g.Status(); st.Level != Halted || st.Latches[0].Control != Reconcile || st.Latches[0].Cause != "fill of order 99, which is not open here" {
		t.Errorf("%+v", st.Latches)
	}
	records = append(records, Record{Type: RecNote, Time: d.now}) // what follows does not mend it
	if g, err = history(d, records); err != nil || g.Level() != Halted {
		t.Errorf("%v, %v", err, g.Level())
	}
	records = append(records, Record{Type: RecArm, Time: d.now, Until: d.now.Add(time.Hour)})
	if g, err = history(d, records); err != nil || g.Level() != Active {
		t.Errorf("after a ceremony: %v, %v", err, g.Level())
	}
}

func TestAHistoryThatCannotBeReadStopsTheStart(t *testing.T) {
	d := open(t, wide())
	cfg := d.cfg
	cfg.History = func(func(*Record) error) error { return errors.New("a broken middle") }
	if _, err := New(cfg); err == nil || err.Error() != "risk: recovery: a broken middle" {
		t.Error(err)
	}
}

func TestAStartIsRecordedDurablyWithItsLimits(t *testing.T) {
	d := bare(t, wide(), func(c *Config) { c.Facts = exchange.FactClock; c.Started = midnight() })
	if r := d.log.records[0]; r.Type != RecStart || !d.log.durable[0] || r.Text != limitsText(&d.cfg.Limits) || r.Facts != exchange.FactClock || r.Time != midnight() || d.x.looks != 1 {
		t.Errorf("%+v, durable %v, %d looks", r, d.log.durable[0], d.x.looks)
	}
	d = bare(t, wide())
	if r := d.log.records[0]; r.Time != 0 {
		t.Errorf("without a time the start is at %d", r.Time)
	}
	d.g.s.without = DailyLoss
	if err := d.g.start(&d.cfg); err != nil || d.log.last(RecStart).Text != "ablated daily-loss "+limitsText(&d.cfg.Limits) {
		t.Errorf("%v: %s", err, d.log.last(RecStart).Text)
	}
}

// A start that is no restart counts for no crash loop.
func TestTheFirstStartIsNoCrash(t *testing.T) {
	l := wide()
	l.CrashStarts = 1
	if d := bare(t, l, func(c *Config) { c.Started = midnight() }); d.g.Level() != Active {
		t.Errorf("%+v", d.g.Status().Latches)
	}
	d := open(t, l).reborn()
	if r := d.log.last(RecLevel); d.g.Level() != Halted || r.Control != CrashLoop || !d.log.durable[len(d.log.records)-1] {
		t.Errorf("%+v", d.g.Status().Latches)
	}
}

// What follows from the records holds from the start on, before any event.
func TestFloorsAndTimersStandAtTheStart(t *testing.T) {
	l := wide()
	l.DailyLoss, l.HourlyLoss = Limit{Unlimited, 1_000 * cad}, Limit{Unlimited, 100 * cad}
	d := open(t, l)
	d.round(xbt/100, -100)
	n := d.reborn()
	if n.g.s.day.lossAt != 19_000*cad || n.g.s.nextDue != n.latched(HourlyLoss).Until {
		t.Errorf("floor %d, due %d", n.g.s.day.lossAt, n.g.s.nextDue)
	}
	n = d.reborn(func(c *Config) { c.Limits.DailyLoss.Amount = 500 * cad }) // stricter by configuration
	if n.g.s.day.lossAt != 19_500*cad {
		t.Errorf("floor %d", n.g.s.day.lossAt)
	}
}

// bell keeps when it was asked to beat.
type bell struct {
	*tape
	asked []exchange.Stamp
}

func (b *bell) WakeAt(t exchange.Stamp) { b.asked = append(b.asked, t) }

// The exchange is asked for a beat at the earliest of the caller's time and the guard's, once
// for each, and again when the beat has come.
func TestABeatIsAskedForOnceAndAtTheEarliestTime(t *testing.T) {
	d := open(t, wide())
	b := &bell{tape: d.x}
	d.g.ex, d.g.waker, d.g.woken = b, b, longAgo
	day := d.g.s.day.end
	next := func(kind exchange.Kind, wake exchange.Stamp) {
		t.Helper()
		b.events = append(b.events, exchange.Event{Kind: kind, Time: d.now, Received: d.now, Price: 10_000 * cad, Last: true})
		if err := d.g.Next(t.Context(), &exchange.Event{}, wake); err != nil {
			t.Fatal(err)
		}
	}
	next(exchange.KindTrade, exchange.Never)
	next(exchange.KindTrade, exchange.Never)
	next(exchange.KindTrade, day-5)
	next(exchange.KindTrade, day-5)
	next(exchange.KindBeat, day-5)
	next(exchange.KindTrade, day-5)
	next(exchange.KindTrade, day+5)
	if want := []exchange.Stamp{day, day - 5, day - 5, day}; !slices.Equal(b.asked, want) {
		t.Errorf("asked for %v, want %v", b.asked, want)
	}
	d.g.ex, d.g.waker = &deaf{d.x}, nil // a source that beats by itself
	next(exchange.KindTrade, day)
}

type deaf struct{ exchange.Exchange }

// A recorder that fails in the middle of a step leaves nothing half done.
func TestARecorderThatFailsEndsEachStepAtOnce(t *testing.T) {
	d := open(t, wide(), limited(func(l *Limits) { l.PerMinute = 0 }))
	d.log.failAt = len(d.log.records) + 1
	if err := d.g.Submit(d.buy(xbt / 100)); err == nil || errors.Is(err, exchange.ErrDenied) || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("a denial that cannot be recorded: %v", err)
	}
	d = open(t, wide())
	o := d.allowed(d.buy(xbt / 100))
	d.working(o)
	d.log.failAt = len(d.log.records) + 1
	if err := d.g.Amend(&exchange.Amend{Order: o.ID, Qty: xbt / 50}); err == nil || len(d.x.amends) != 0 || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("an amend that cannot be recorded: %v, %d left", err, len(d.x.amends))
	}
}

// What a broken slot id denies sets no latch, and costs no memory.
func TestADenialOfWhatCannotBeSetsNoLatch(t *testing.T) {
	d := open(t, wide())
	for range 4 {
		o := d.buy(xbt / 100)
		o.Slot = maxSlots
		d.denied(o, OrderForm)
	}
	if len(d.g.s.rate.denied) != 0 || d.g.Level() != Active {
		t.Errorf("%d slots", len(d.g.s.rate.denied))
	}
}

// A full window of cycles halts only by an order that closes one.
func TestAnotherDenialIsNoFeedback(t *testing.T) {
	l := wide()
	l.FeedbackCycles, l.CollarPPM = 1, 20_000
	d := open(t, l)
	o := d.allowed(d.buy(xbt / 1000))
	d.fill(o, xbt/1000, 10_000, exchange.Filled)
	d.g.s.rate.cycles[0].add(d.now)
	d.tick(1, d.last)
	d.denied(d.order(exchange.Buy, xbt/100, 20_000*cad), PriceCollar)
	if d.g.Level() != Active {
		t.Errorf("%+v", d.g.Status().Latches)
	}
}

// An amend carries its time, is decided as the order would be, and what the venue says of it
// is taken: refused, the order is what it was; unknown, it may have happened.
func TestAnAmendsOutcome(t *testing.T) {
	for answer, want := range map[error]money.Amount{exchange.ErrRejected: 100 * cad, exchange.ErrUnknown: 200 * cad, nil: 200 * cad} {
		d := open(t, wide())
		o := d.allowed(d.order(exchange.Buy, xbt/100, 10_000*cad))
		d.working(o)
		d.beat(time.Second)
		d.x.answer = answer
		a := &exchange.Amend{Order: o.ID, Qty: xbt / 50}
		records := len(d.log.records)
		if err := d.g.Amend(a); !errors.Is(err, answer) || a.Sent != d.now || d.x.amends[0].Sent != d.now {
			t.Errorf("%v: %v, sent at %d", answer, err, a.Sent)
		}
		if got := d.g.s.acct.find(o.ID).reserve; got != want {
			t.Errorf("%v: %d reserved, want %d", answer, got, want)
		}
		if n := len(d.log.records) - records; n != 1 && answer != exchange.ErrRejected || n != 2 && answer == exchange.ErrRejected {
			t.Errorf("%v: %d records", answer, n)
		}
	}
	d := open(t, wide())
	o := d.allowed(d.order(exchange.Buy, xbt/100, 10_000*cad))
	d.working(o)
	d.x.answer = exchange.ErrRejected
	d.g.Amend(&exchange.Amend{Order: o.ID, Qty: xbt / 50})
	if r := d.log.last(RecOrder); r == nil || r.Event.Op != exchange.OpAmend || r.Event.State != exchange.Working || r.OrderID != o.ID || r.Event.Time != d.now {
		t.Errorf("%+v", r)
	}
	if err := d.g.Amend(&exchange.Amend{Order: 77}); !errors.Is(err, exchange.ErrRejected) {
		t.Errorf("an order that is not open: %v", err)
	}
}

// A change keeps what it does not name.
func TestAnAmendChangesWhatItNames(t *testing.T) {
	base := exchange.Order{ID: 1, Qty: 100, Display: 10, Price: 50, Trigger: 40}
	for i, c := range []struct {
		amend exchange.Amend
		want  exchange.Order
	}{
		{exchange.Amend{}, exchange.Order{ID: 1, Qty: 93, Display: 10, Price: 50, Trigger: 40}},
		{exchange.Amend{Qty: 8}, exchange.Order{ID: 1, Qty: 1, Display: 10, Price: 50, Trigger: 40}},
		{exchange.Amend{Display: 1}, exchange.Order{ID: 1, Qty: 93, Display: 1, Price: 50, Trigger: 40}},
		{exchange.Amend{Price: 1}, exchange.Order{ID: 1, Qty: 93, Display: 10, Price: 1, Trigger: 40}},
		{exchange.Amend{Trigger: 1}, exchange.Order{ID: 1, Qty: 93, Display: 10, Price: 50, Trigger: 1}},
	} {
		if got := amended(&openOrder{order: base, filled: 7}, &c.amend); got != c.want {
			t.Errorf("%d: %+v", i, got)
		}
	}
}

// failing is an exchange whose cancels fail, the first with its own error.
type failing struct {
	*tape
	errs []error
}

func (f *failing) Cancel(id exchange.OrderID) error {
	f.tape.Cancel(id)
	err := f.errs[0]
	f.errs = f.errs[1:]
	return err
}

// Cancelling everything goes on when one fails, and tells the first error.
func TestCancelAllGoesOnAndTellsTheFirstError(t *testing.T) {
	first, second := errors.New("first"), errors.New("second")
	d := open(t, wide())
	for range 3 {
		d.allowed(d.buy(xbt / 1000))
	}
	exit := d.allowed(d.order(exchange.Sell, xbt/1000, 11_000*cad))
	d.g.ex = &failing{tape: d.x, errs: []error{nil, first, second}}
	if err := d.g.CancelAll(true); err != first || !slices.Equal(d.x.gone, []exchange.OrderID{1, 2, 3}) {
		t.Errorf("%v, %v", err, d.x.gone)
	}
	d.x.gone = nil
	d.g.ex = &failing{tape: d.x, errs: []error{nil, nil, nil, nil}}
	if err := d.g.CancelAll(false); err != nil || !slices.Equal(d.x.gone, []exchange.OrderID{1, 2, 3, exit.ID}) {
		t.Errorf("%v, %v", err, d.x.gone)
	}
}

// A cancel is recorded with what it is for; an order that nobody knows is cancelled too, but
// for a dry run, of which nothing is at the venue.
func TestACancelIsRecordedAndGoesOut(t *testing.T) {
	d := open(t, wide())
	o := d.buy(xbt / 1000)
	o.Slot = 3
	d.allowed(o)
	d.g.Cancel(o.ID)
	if r := d.log.last(RecCancel); r.OrderID != o.ID || r.Instrument != 0 || r.Slot != 3 || d.log.durable[len(d.log.records)-1] {
		t.Errorf("%+v", r)
	}
	d.g.Cancel(99)
	if r := d.log.last(RecCancel); r.OrderID != 99 || r.Instrument != exchange.None || r.Slot != noSlot || d.x.gone[1] != 99 {
		t.Errorf("%+v, %v", r, d.x.gone)
	}
	d = open(t, wide(), func(c *Config) { c.DryRun = true })
	if err := d.g.Cancel(99); err != nil || len(d.x.gone) != 0 || d.log.last(RecCancel) != nil {
		t.Errorf("dry: %v, %v", err, d.x.gone)
	}
}

func TestNotesAreOnRecord(t *testing.T) {
	d := open(t, wide())
	d.g.Note("hello")
	if r := d.log.last(RecNote); r.Text != "hello" || r.Instrument != exchange.None || r.Slot != noSlot || d.log.durable[len(d.log.records)-1] {
		t.Errorf("%+v", r)
	}
}

// auction is a replay that can trade once more, and was asked to.
type auction struct {
	*tape
	answer bool
	asked  int
}

func (a *auction) FinalAuction() bool { a.asked++; return a.answer }

func TestAFinalAuctionIsOnlyAReplays(t *testing.T) {
	d := open(t, wide())
	if d.g.FinalAuction() {
		t.Error("an exchange that has none held one")
	}
	for _, answer := range []bool{true, false} {
		x := &auction{tape: d.x, answer: answer}
		d.g.ex = x
		if d.g.FinalAuction() != answer || x.asked != 1 {
			t.Errorf("%v, asked %d times", answer, x.asked)
		}
	}
	if (NoKillSwitch{}).Present() {
		t.Error("a kill switch that nobody can press is pressed")
	}
}

// A difference that a record itself makes halts, with its words.
func TestADifferenceWithinOurBooksHalts(t *testing.T) {
	d := open(t, wide())
	d.ledger(exchange.CodeAdjustment, -20_000*cad)
	if l := d.latched(Reconcile); l == nil || l.Level != Halted || l.Cause != "balance of CAD would become -100000000" {
		t.Errorf("%+v", d.g.Status().Latches)
	}
}

// What a failed recorder leaves is a level that holds at once, for everything.
func TestAFailedRecorderHaltsForEverything(t *testing.T) {
	d := open(t, wide())
	d.log.failAt = len(d.log.records) + 1
	d.g.Note("x")
	l := d.latched(JournalHealth)
	if d.g.Level() != Halted || l == nil || l.Instrument != exchange.None || l.Slot != noSlot || l.Scope != Global || l.Until != exchange.Never || l.Since != d.now {
		t.Errorf("%v, %+v", d.g.Level(), l)
	}
}

// Prices, quantities and times of what is sent are as decided.
func TestAnOrderCarriesItsTime(t *testing.T) {
	d := open(t, wide())
	d.beat(time.Second)
	if o := d.allowed(d.buy(xbt / 100)); o.Sent != d.now || d.x.sent[0].Sent != d.now {
		t.Errorf("sent at %d", o.Sent)
	}
}

func TestAnArmedSessionLastsAYearAtMost(t *testing.T) {
	for lease, want := range map[time.Duration]time.Duration{Forever: 365 * 24 * time.Hour, time.Hour: time.Hour} {
		l := wide()
		l.NeedsArming, l.Lease = true, lease
		d := open(t, l)
		c := d.request()
		d.beat(10 * time.Minute)
		if err := d.g.ConfirmArm(c, sign(c)); err != nil {
			t.Fatal(err)
		}
		if got := d.g.Status().Lease.Sub(d.now); got != want {
			t.Errorf("%v: armed for %v", lease, got)
		}
		c = d.request()
		d.beat(10*time.Minute + 1)
		if err := d.g.ConfirmArm(c, sign(c)); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "too late") {
			t.Error(err)
		}
		c = d.request()
		d.beat(time.Minute - 1)
		if err := d.g.ConfirmArm(c, sign(c)); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "too early") {
			t.Error(err)
		}
	}
}
