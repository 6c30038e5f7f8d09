package risk

import (
	"slices"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
)

// shutDesk is a guard whose recorder has failed, with an entry and an exit that are out.
func shutDesk(t *testing.T, change ...func(*Config)) (d *desk, entry, exit *exchange.Order) {
	t.Helper()
	d = open(t, wide(), change...)
	if d.cfg.Facts&exchange.FactDeadMan != 0 {
		d.play(exchange.Event{Kind: exchange.KindDeadMan, Instrument: exchange.None})
	}
	entry, exit = d.allowed(d.order(exchange.Buy, xbt/10, 9_000*cad)), d.allowed(d.order(exchange.Sell, xbt/10, 11_000*cad))
	d.log.failAt = 1
	if d.g.Submit(d.buy(xbt/1000)) == nil || d.g.Failed() == nil {
		t.Fatal("the recorder did not fail")
	}
	if !slices.Equal(d.x.gone, []exchange.OrderID{entry.ID}) {
		t.Fatalf("cancelled %v", d.x.gone)
	}
	d.x.gone = nil
	return d, entry, exit
}

// watch plays an event to a guard that is shut.
func (d *desk) watch(ev exchange.Event) {
	d.Helper()
	if ev.Time == 0 {
		ev.Time, ev.Received = d.now, d.now
	}
	ev.Last = true
	d.x.events = append(d.x.events, ev)
	var got exchange.Event
	if err := d.g.Watch(d.Context(), &got); err != nil {
		d.Fatal(err)
	}
}

func TestAShutGuardTakesLateEntriesBackAndKeepsExits(t *testing.T) {
	d, entry, exit := shutDesk(t)
	records := len(d.log.records)
	ack := func(o *exchange.Order) {
		d.watch(exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpSubmit, Order: o.ID, State: exchange.Working})
	}
	ack(exit)
	ack(entry) // it was on its way
	if !slices.Equal(d.x.gone, []exchange.OrderID{entry.ID}) {
		t.Errorf("cancelled %v, want the entry %d", d.x.gone, entry.ID)
	}
	d.watch(exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpCancel, Order: entry.ID, State: exchange.Cancelled})
	if st := d.g.Status(); st.Open != 1 || st.Level != Halted {
		t.Errorf("%d orders open at %v", st.Open, st.Level)
	}
	d.watch(exchange.Event{Kind: exchange.KindFill, Order: exit.ID, Side: exchange.Sell, Qty: xbt / 10, Price: 11_000 * cad, Cost: 1_100 * cad, TradeID: 1, State: exchange.Filled})
	if st := d.g.Status(); st.Open != 0 || d.g.Balance(1) != xbt*9/10 || d.g.Balance(0) != 11_100*cad {
		t.Errorf("after the exit filled: %d open, %d XBT, %d CAD", st.Open, d.g.Balance(1), d.g.Balance(0)/cad)
	}
	d.log.failAt = 0
	if d.g.Submit(d.buy(xbt/1000)) == nil || d.g.Submit(d.sell(xbt/1000)) == nil || len(d.x.sent) != 2 {
		t.Errorf("sent %d orders", len(d.x.sent))
	}
	if len(d.log.records) != records {
		t.Errorf("%d records more", len(d.log.records)-records)
	}
	if n := d.restart(); n.g.Status().Open != 2 || n.latched(JournalHealth) != nil {
		t.Error("a restart knows what was never recorded")
	}
}

func TestAKillReachesAGuardThatIsShut(t *testing.T) {
	d, entry, exit := shutDesk(t)
	d.now = d.now.Add(time.Minute)
	d.watch(exchange.Event{Kind: exchange.KindBeat, Instrument: exchange.None})
	d.g.Kill(KillFile, "the owner's hand")
	if !slices.Equal(d.x.gone, []exchange.OrderID{entry.ID, exit.ID}) {
		t.Errorf("cancelled %v, want all", d.x.gone)
	}
	l := d.latched(KillFile)
	if d.g.Level() != Killed || l == nil || l.Cause != "the owner's hand" || l.Since != d.now {
		t.Fatalf("%v, %+v", d.g.Level(), l)
	}
	d.x.gone = nil
	d.watch(exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpSubmit, Order: exit.ID, State: exchange.Working})
	if !slices.Equal(d.x.gone, []exchange.OrderID{exit.ID}) {
		t.Errorf("cancelled %v: at KILLED an exit that shows late goes too", d.x.gone)
	}
	d.watch(exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpCancel, Order: exit.ID, State: exchange.Working, Code: exchange.CodeUnknownOrder})
	if len(d.x.gone) != 1 {
		t.Errorf("a cancel that was refused is sent again at once: %v", d.x.gone)
	}
	if _, err := d.g.RequestFlatten("x", [16]byte{}); err == nil || !strings.Contains(err.Error(), "nothing can be recorded") {
		t.Errorf("flatten: %v", err)
	}
	if _, err := d.g.RequestArm("x", "", [16]byte{}); err == nil || !strings.Contains(err.Error(), "journal-health") {
		t.Errorf("arm: %v", err)
	}
}

func TestAShutGuardKeepsTheDeadMansSwitchForTheExits(t *testing.T) {
	d, _, _ := shutDesk(t, facts(exchange.FactDeadMan), deadMan)
	n := len(d.x.switchs)
	d.now = d.now.Add(time.Minute)
	d.watch(exchange.Event{Kind: exchange.KindBeat, Instrument: exchange.None})
	if len(d.x.switchs) != n+1 || d.x.switchs[n] != time.Minute {
		t.Errorf("refreshed %v", d.x.switchs[n:])
	}
}

func TestAJournalFaultHaltsOnceAndNeedsTheCeremony(t *testing.T) {
	d := open(t, wide())
	entry := d.allowed(d.order(exchange.Buy, xbt/10, 9_000*cad))
	d.g.JournalFault("the disk was full")
	d.g.JournalFault("and again")
	if l := d.latched(JournalHealth); l == nil || l.Level != Halted || l.Cause != "the disk was full" || d.log.count(RecLevel, JournalHealth) != 1 {
		t.Fatalf("%+v, %d records", l, d.log.count(RecLevel, JournalHealth))
	}
	if !slices.Equal(d.x.gone, []exchange.OrderID{entry.ID}) {
		t.Errorf("cancelled %v", d.x.gone)
	}
	d = d.restart()
	if d.g.Level() != Halted {
		t.Errorf("after a restart %v", d.g.Level())
	}
	d.ceremony()
	if d.g.Level() != Active {
		t.Errorf("after the ceremony %v", d.g.Level())
	}
}

// After a cancel that was refused the guard looks soon, and less often the longer it takes.
func TestARefusedCancelIsAskedAgainSoonThenLater(t *testing.T) {
	d := open(t, wide(), limited(func(l *Limits) { l.ReconcilePPM = 1000 }))
	o := d.allowed(d.buy(xbt / 100))
	d.working(o)
	refused := exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpCancel, Order: o.ID, State: exchange.Working, Code: exchange.CodeService}
	looks := d.x.looks
	if d.play(refused); d.g.s.link.lookAt != exchange.Never {
		t.Error("the cancel of an order that may stay is asked again")
	}
	killed := d.now
	d.g.Kill(KillCommand, "drill")
	for i, after := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 130 * time.Second} {
		d.play(refused)
		if at := d.g.s.link.lookAt.Sub(killed); at != after {
			t.Fatalf("look %d is due %v after the kill, want %v", i+1, at, after)
		}
		d.beat(d.g.s.link.lookAt.Sub(d.now))
		if d.snapshot(); d.x.looks != looks+i+1 || len(d.x.gone) != i+2 {
			t.Fatalf("after %v: %d looks, %d cancels", after, d.x.looks-looks, len(d.x.gone))
		}
	}
}

// Whatever kept a cancel from its order - the process died after the latch, the venue refused
// it, it was lost - the next look that shows the order asks again, until it is gone.
func TestWhatTheLevelForbidsIsCancelledAtEachLook(t *testing.T) {
	for _, c := range []struct {
		level Level
		gone  int // of a buy and a sale
	}{{Paused, 0}, {ReduceOnly, 1}, {Halted, 1}, {Killed, 2}} {
		d := open(t, wide(), limited(func(l *Limits) { l.ReconcilePPM = 1000 }))
		buy, sale := d.allowed(d.buy(xbt/100)), d.allowed(d.order(exchange.Sell, xbt/100, 11_000*cad))
		d.working(buy)
		d.working(sale)
		d.log.records = append(d.log.records, Record{Type: RecLevel, Time: d.now, Control: Drawdown, Level: c.level, Until: exchange.Never, Instrument: exchange.None, Slot: noSlot})
		d = d.restart() // it died before a cancel left
		for look := range 3 {
			if len(d.x.gone) != c.gone*(look+1) {
				t.Errorf("%v: %d cancels after %d looks, want %d each", c.level, len(d.x.gone), look+1, c.gone)
			}
			d.now = d.now.Add(settle - 1)
			d.snapshot() // they may be on their way
			d.now = d.now.Add(1)
			d.snapshot()
		}
	}
}
