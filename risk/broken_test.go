package risk

import (
	"errors"
	"strings"
	"testing"

	"breakwater/exchange"
)

// breakable opens a guard whose control breaks that *broken names.
func breakable(t *testing.T, broken *Control) *desk {
	t.Helper()
	d := bare(t, wide())
	d.log.records = d.log.records[:0]
	var err error
	if d.g, err = NewBreakable(d.cfg, NoControl, func(c Control) bool { return c == *broken }); err != nil {
		t.Fatal(err)
	}
	if first := d.log.records[0]; first.Type != RecStart || !strings.HasPrefix(first.Text, "breakable ") || !d.g.Breakable() {
		t.Fatalf("the first record is %v %.40q", first.Type, first.Text)
	}
	d.snapshot()
	d.price(10_000)
	return d
}

// A control that breaks denies, and halts with its name: nothing that cannot be evaluated is
// let through.
func TestAControlThatBreaksDeniesAndHalts(t *testing.T) {
	d := open(t, wide())
	market := d.g.s.market
	d.g.s.market = nil
	d.denied(d.buy(xbt/100), StaleData)
	d.g.s.market = market
	if said := d.said(); said != `stale-data text="broke"` {
		t.Error(said)
	}
	if l := d.latched(Reconcile); d.g.Level() != Halted || l == nil || !strings.HasPrefix(l.Cause, "BUG: stale-data broke: runtime error: ") {
		t.Errorf("%+v", d.g.Status().Latches)
	}
	if d.g.Breakable() || len(d.x.sent) != 0 {
		t.Errorf("breakable %v, %d orders left", d.g.Breakable(), len(d.x.sent))
	}
}

// Whichever check breaks: no order leaves, the halt names it and is on record, and it holds
// when the check works again.
func TestWhicheverCheckBreaksNoOrderLeaves(t *testing.T) {
	for _, c := range checks {
		broken := NoControl
		d := breakable(t, &broken)
		broken = c.control
		d.denied(d.buy(xbt/100), c.control)
		if r := d.log.last(RecLevel); r == nil || r.Level != Halted || !strings.Contains(r.Text, "BUG: "+c.control.String()+" broke: ") {
			t.Errorf("%s: on record %+v", c.control, r)
		}
		broken = NoControl
		if d.denied(d.buy(xbt/100), Reconcile); len(d.x.sent) != 0 {
			t.Errorf("%s: %d orders left", c.control, len(d.x.sent))
		}
	}
}

// fallen is a trade at which the controls of losses look.
var fallen = exchange.Event{Kind: exchange.KindTrade, Price: 9_000 * cad, Qty: 1}

// A control that breaks while it watches shuts the door: what the guard knows may be half of
// it. Entries are taken back, the halt is on record before that, and the next start finds it.
func TestAControlThatBreaksWhileItWatchesShutsTheDoor(t *testing.T) {
	broken := NoControl
	d := breakable(t, &broken)
	o := d.allowed(d.buy(xbt / 100))
	d.working(o)
	broken = Drawdown
	err := d.tryPlay(fallen)
	if err == nil || !strings.Contains(err.Error(), "a control broke, so nothing may happen until a restart: BUG: drawdown broke: ") || d.g.Failed() == nil {
		t.Fatalf("the next event comes with %v", err)
	}
	broken = NoControl
	if len(d.x.gone) != 1 || d.x.gone[0] != o.ID {
		t.Errorf("taken back: %v", d.x.gone)
	}
	if err := d.g.Submit(d.buy(xbt / 100)); err == nil || errors.Is(err, exchange.ErrDenied) || len(d.x.sent) != 1 {
		t.Errorf("an order afterwards: %v, %d left", err, len(d.x.sent))
	}
	if n := d.restart(); n.g.Level() != Halted {
		t.Errorf("after a restart the level is %v", n.g.Level())
	}
}

// A kill switch that breaks counts as pressed (hummingbot #2534: it threw, and trading went
// on).
func TestAKillSwitchThatBreaksCountsAsPressed(t *testing.T) {
	broken := NoControl
	d := breakable(t, &broken)
	broken = KillFile
	if err := d.g.Submit(d.buy(xbt / 100)); !errors.Is(err, exchange.ErrDenied) {
		t.Errorf("an order: %v", err)
	}
	if l := d.latched(KillFile); d.g.Level() != Killed || l == nil || !strings.HasPrefix(l.Cause, "BUG: the kill switch broke: ") || len(d.x.sent) != 0 {
		t.Errorf("%+v", d.g.Status().Latches)
	}
}

// What passes through the guard and is no broken control goes on: the end of a World's
// process.
func TestAPanicOfNobodysControlGoesOn(t *testing.T) {
	type end struct{}
	broken := NoControl
	d := breakable(t, &broken)
	d.g.s.breaks = func(Control) bool { panic(end{}) }
	for name, do := range map[string]func(){
		"while it watches":   func() { _ = d.tryPlay(fallen) },
		"of the kill switch": func() { _ = d.g.Submit(d.buy(xbt / 100)) },
	} {
		func() {
			defer func() {
				if _, is := recover().(end); !is {
					t.Errorf("%s it was kept", name)
				}
			}()
			do()
		}()
	}
	if d.g.Level() != Active || d.g.Failed() != nil {
		t.Errorf("level %v, %v", d.g.Level(), d.g.Failed())
	}
}
