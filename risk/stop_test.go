package risk

import (
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	"breakwater/exchange"
)

func init() {
	tried["stop"] = stopTrials
	ownTest[DryRun] = TestADryRunDecidesRecordsAndSendsNothing
	ownTest[HaltKeepsPositions] = TestAHaltCancelsEntriesAndKeepsExitsAndPositions
}

func (d *desk) press()   { *d.kill = true }
func (d *desk) release() { *d.kill = false }

var stopTrials = []trial{
	{
		control: KillFile,
		below:   func(d *desk) { d.allowed(d.buy(xbt / 1000)) }, // asked, and not there
		trip: func(d *desk) {
			d.press()
			d.denied(d.buy(xbt/1000), KillFile)
			d.release()
		},
		level: Killed, cause: "the kill switch is present",
		tooSoon: func(d *desk) { d.beat(100 * 24 * time.Hour) },
		reset:   (*desk).ceremony,
	},
	{
		control: KillCommand,
		below:   func(d *desk) { d.code(exchange.KindOperator, exchange.CodeFlatten) }, // a command, but not this one
		trip:    func(d *desk) { d.code(exchange.KindOperator, exchange.CodeKill) },
		level:   Killed, cause: "drill",
		tooSoon: func(d *desk) { d.beat(100 * 24 * time.Hour) },
		reset:   (*desk).ceremony,
	},
}

func TestStopControls(t *testing.T) { tryAll(t, "stop", stopTrials) }

// The founding bot read KILL at the top of a cycle only.
func TestAKillBetweenTwoOrdersOfABatchStopsTheSecond(t *testing.T) {
	d := open(t, wide())
	first := d.allowed(d.buy(xbt / 100))
	exit := d.allowed(d.order(exchange.Sell, xbt/100, 11_000*cad))
	d.press() // no event in between
	d.denied(d.buy(xbt/100), KillFile)
	d.denied(d.sell(xbt/100), KillFile) // killed is inert: exits neither
	if len(d.x.sent) != 2 || len(d.x.gone) != 2 || d.x.gone[0] != first.ID || d.x.gone[1] != exit.ID {
		t.Errorf("sent %d, cancelled %v; want both own orders cancelled", len(d.x.sent), d.x.gone)
	}
	d.working(first) // the acknowledgement was on its way
	if n := len(d.x.gone); n != 3 || d.x.gone[2] != first.ID {
		t.Errorf("an order that came to life after the kill was left: %v", d.x.gone)
	}
}

func TestAKillStopsAChangeOfAnOrder(t *testing.T) {
	d := open(t, wide())
	o := d.allowed(d.buy(xbt / 100))
	d.working(o)
	d.press()
	if err := d.g.Amend(&exchange.Amend{Order: o.ID, Qty: xbt / 200}); !errors.Is(err, exchange.ErrDenied) || len(d.x.amends) != 0 {
		t.Errorf("the change left: %v", err)
	}
	if d.latched(KillFile) == nil || d.reason(KillFile) == "" {
		t.Errorf("latches %v, said %s", d.g.Status().Latches, d.said())
	}
}

// The founding bot went on when somebody removed the file.
func TestRemovingTheKillFileDoesNotResume(t *testing.T) {
	for _, rearm := range []Rearm{{}, {Mode: RearmNextDay}, {Mode: RearmAfter, After: time.Minute}} {
		d := open(t, wide(), func(c *Config) { c.Rearm = rearm })
		d.press()
		d.denied(d.buy(xbt/100), KillFile)
		d.release()
		d.denied(d.buy(xbt/100), KillFile)
		d.beat(48 * time.Hour)
		d.tick(0, d.last)
		d.denied(d.buy(xbt/100), KillFile)
		d = d.restart()
		d.denied(d.buy(xbt/100), KillFile)
		d.denied(d.sell(xbt/100), KillFile)
		if len(d.x.sent) != 0 {
			t.Errorf("%v: %d orders left", rearm, len(d.x.sent))
		}
	}
}

func TestTheCeremonyIsRefusedWhileTheKillFileIsThere(t *testing.T) {
	d := open(t, wide())
	d.press()
	d.denied(d.buy(xbt/100), KillFile)
	challenge, err := d.g.RequestArm("drill", "none", [16]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	d.beat(armWait)
	signature := ed25519.Sign(armKey(), []byte(challenge))
	if err := d.g.ConfirmArm(challenge, signature); !errors.Is(err, ErrRefused) || d.g.Level() != Killed {
		t.Fatalf("armed with the file there: %v", err)
	}
	d.release()
	if err := d.g.ConfirmArm(challenge, signature); err != nil || d.latched(KillFile) != nil {
		t.Errorf("without it: %v", err)
	}
}

// A supervisor that starts the bot again and again must not bury why it stands.
func TestARestartStormKeepsTheFirstCauseAndSendsNothing(t *testing.T) {
	d := open(t, wide(), func(c *Config) { c.Limits.CrashStarts = 3 })
	d.g.Kill(KillFile, "KILL file: the owner saw something odd")
	first := *d.latched(KillFile)
	d.press()
	sent := len(d.x.sent)
	for range 20 {
		d.now = d.now.Add(time.Second)
		d = d.restart()
		d.denied(d.buy(xbt/1000), KillFile)
		d.g.Kill(KillFile, "the file again")
		sent += len(d.x.sent)
	}
	if l := d.latched(KillFile); l == nil || *l != first {
		t.Errorf("after the storm %+v, the first was %+v", l, first)
	}
	if st := d.g.Status(); st.Latches[0] != first {
		t.Errorf("the first cause is not the first: %+v", st.Latches)
	}
	if n := d.log.count(RecLevel, KillFile); n != 1 || sent != 0 {
		t.Errorf("%d activations, %d orders; want 1 and 0", n, sent)
	}
	if n := d.log.count(RecStart, NoControl); n != 21 {
		t.Errorf("%d starts on record", n)
	}
}

func TestADryRunDecidesRecordsAndSendsNothing(t *testing.T) {
	dry := func(c *Config) { c.DryRun = true }
	d := open(t, wide(), func(c *Config) {
		dry(c)
		c.Limits.Order = Limit{PPM: Unlimited, Amount: 25 * cad}
		c.Facts, c.Limits.DeadMan = exchange.FactDeadMan, time.Minute
	})
	small := d.buy(xbt * 25 / 10_000)
	if err := d.g.Submit(small); !errors.Is(err, exchange.ErrDryRun) {
		t.Fatalf("a dry order was answered %v", err)
	}
	if r := d.log.last(RecIntent); r == nil || r.OrderID != small.ID || r.Text != "dry run" || !d.log.durable[len(d.log.records)-1] {
		t.Errorf("the intent is recorded as %+v", r)
	}
	d.denied(d.buy(xbt*25/10_000+1), MaxOrderNotional) // decided as if it were to leave
	if err := d.g.Cancel(small.ID); err != nil {
		t.Errorf("cancel: %v", err)
	}
	if err := d.g.Amend(&exchange.Amend{Order: small.ID, Qty: xbt / 1000}); err == nil {
		t.Error("an order that is nowhere was changed")
	}
	d.beat(time.Hour)
	d.press()
	d.denied(d.buy(xbt/1000), KillFile)
	for range 2 { // and so it is after a restart, with a file that was removed
		if len(d.x.sent)+len(d.x.gone)+len(d.x.amends)+len(d.x.switchs) != 0 {
			t.Errorf("calls left: sent %v, cancelled %v, changed %v, switch %v", d.x.sent, d.x.gone, d.x.amends, d.x.switchs)
		}
		d.release()
		d = d.restart()
		if st := d.g.Status(); st.Open != 0 {
			t.Errorf("%d orders of a dry run are open", st.Open)
		}
		d.denied(d.buy(xbt/1000), KillFile)
	}
}

// A live session's orders are still there when the next one is a dry run: it leaves them
// as they are, but for cancels.
func TestADryRunAfterALiveOneChangesNothingButCancels(t *testing.T) {
	d := open(t, wide())
	o := d.allowed(d.buy(xbt / 1000))
	d.working(o)
	d = d.restart(func(c *Config) { c.DryRun = true })
	if err := d.g.Amend(&exchange.Amend{Order: o.ID, Qty: xbt / 2000}); !errors.Is(err, exchange.ErrDryRun) || len(d.x.amends) != 0 {
		t.Errorf("a change: %v", err)
	}
	if err := d.g.Cancel(99); err != nil || len(d.x.gone) != 0 {
		t.Errorf("a cancel of what is not there left: %v %v", err, d.x.gone)
	}
}

func TestAHaltCancelsEntriesAndKeepsExitsAndPositions(t *testing.T) {
	d := open(t, wide(), func(c *Config) { c.Slots = []SlotInfo{{Name: "one"}, {Name: "two"}} })
	entry := d.allowed(d.order(exchange.Buy, xbt/100, 9_900*cad))
	exit := d.allowed(d.order(exchange.Sell, xbt/100, 11_000*cad))
	coins := d.g.Balance(1)
	d.g.Halt("drill")
	if len(d.x.gone) != 1 || d.x.gone[0] != entry.ID {
		t.Errorf("cancelled %v, want the entry alone", d.x.gone)
	}
	d.gone(entry)
	d.denied(d.sell(xbt/1000), Reconcile) // nothing is sold by a halt
	if d.g.Balance(1) != coins || d.g.Status().Open != 1 || d.g.s.acct.find(exit.ID) == nil {
		t.Errorf("coins %d, open %d", d.g.Balance(1), d.g.Status().Open)
	}
}

// A halt of one strategy or pair takes back its entries, and no other's.
func TestAHaltOfAScopeCancelsTheEntriesOfThatScope(t *testing.T) {
	for _, level := range []Level{Paused, ReduceOnly, Halted} {
		for _, scope := range []Scope{ByPair, BySlot} {
			d := open(t, wide(), func(c *Config) {
				c.Slots = []SlotInfo{{Name: "one"}, {Name: "two"}}
				if _, err := c.Catalog.Add(exchange.Spec{Symbol: "ETH/CAD", PriceDecimals: 4, LotDecimals: 8, Tick: 1000}); err != nil {
					t.Fatal(err)
				}
			})
			d.play(exchange.Event{Kind: exchange.KindTrade, Instrument: 1, Price: 10_000 * cad, Qty: 1})
			mine := d.allowed(d.buy(xbt / 1000))
			d.allowed(d.sell(xbt / 1000))
			other := d.buy(xbt / 1000)
			if other.Slot = 1; scope == ByPair {
				other.Slot, other.Instrument = 0, 1
			}
			d.allowed(other)
			d.g.trip(latch{control: ExecutionThrottle, scope: scope, level: level, cause: "drill"})
			want := 1
			if level == Paused {
				want = 0
			}
			if len(d.x.gone) != want || want == 1 && d.x.gone[0] != mine.ID {
				t.Errorf("%v of a %v cancelled %v", level, scope, d.x.gone)
			}
		}
	}
}

func TestFlattenSellsUpToHaltedAndNotBeyond(t *testing.T) {
	halted := func() *desk {
		d := open(t, wide(), func(c *Config) { c.Limits.CollarPPM = 20_000 })
		d.g.Halt("drill")
		d.denied(d.sell(xbt/1000), Reconcile)
		d.code(exchange.KindOperator, exchange.CodeFlatten)
		return d
	}
	d := halted()
	if !d.g.Flattening() || d.log.last(RecOperator) == nil {
		t.Fatal("the command is not recorded or not obeyed")
	}
	slice := d.allowed(d.sell(xbt / 10))
	d.gone(slice)
	d.denied(d.buy(xbt/1000), Reconcile)
	d.allowed(d.order(exchange.Sell, xbt/100, 9_800*cad))
	d.denied(d.order(exchange.Sell, xbt/100, 9_800*cad-1000), PriceCollar)
	d.denied(d.sell(xbt), CashReserve) // of what is owned and not promised
	d = d.restart()
	if !d.g.Flattening() {
		t.Error("a restart forgot the command")
	}
	d.allowed(d.sell(xbt / 10))

	d = halted()
	d.g.trip(latch{control: VenueSanity, scope: ByPair, level: Paused, cause: "the spread is too wide"})
	d.denied(d.sell(xbt/10), HaltKeepsPositions) // not into a market that is not sane
	d = halted()
	d.g.trip(latch{control: UnexplainedBalance, level: Halted, cause: "drill"})
	d.denied(d.sell(xbt/10), Reconcile) // nobody knows what is owned
	d = halted()
	d.press()
	d.denied(d.sell(xbt/10), KillFile)
	if d.g.Flattening() {
		t.Error("still selling at KILLED")
	}
	d = halted()
	d.ceremony()
	if d.g.Flattening() {
		t.Error("still selling after the ceremony")
	}
}
