package risk

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
)

// request asks for the ceremony and waits its minute.
func (d *desk) request() (challenge string) {
	d.Helper()
	challenge, err := d.g.RequestArm("drill", "INC-1", [16]byte{byte(len(d.log.records))})
	if err != nil {
		d.Fatal(err)
	}
	return challenge
}

func sign(challenge string) []byte { return ed25519.Sign(armKey(), []byte(challenge)) }

// refused goes through the ceremony, which must be refused with these words and change
// nothing.
func (d *desk) refused(words string) {
	d.Helper()
	challenge := d.request()
	d.beat(armWait)
	d.refuses(words, d.g.ConfirmArm(challenge, sign(challenge)))
}

func (d *desk) refuses(words string, err error) {
	d.Helper()
	if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), words) || !strings.HasPrefix(err.Error(), "arm: ") {
		d.Fatalf("%v, want a refusal with %q", err, words)
	}
	if n := d.log.count(RecArm, NoControl); n != 0 {
		d.Fatalf("%d arm records after a refusal", n)
	}
}

func halted(t *testing.T) *desk {
	d := open(t, wide())
	d.play(exchange.Event{Kind: exchange.KindForeign, Instrument: exchange.None, Detail: &exchange.Detail{Text: "drill"}})
	if d.g.Level() != Halted {
		t.Fatal("not halted")
	}
	return d
}

func TestTheCeremonyRefusesWithClearWords(t *testing.T) {
	confirm := func(d *desk, after time.Duration, challenge string, signature []byte) error {
		d.beat(after)
		return d.g.ConfirmArm(challenge, signature)
	}
	for name, c := range map[string]struct {
		words string
		try   func(*desk) error
	}{
		"never asked": {"not open", func(d *desk) error { return confirm(d, armWait, "", sign("")) }},
		"early":       {"too early", func(d *desk) error { c := d.request(); return confirm(d, armWait-1, c, sign(c)) }},
		"late":        {"too late", func(d *desk) error { c := d.request(); return confirm(d, armWithin+1, c, sign(c)) }},
		"wrong challenge": {"not open", func(d *desk) error {
			c := d.request() + " "
			return confirm(d, armWait, c, sign(c))
		}},
		"an older challenge": {"not open", func(d *desk) error {
			c := d.request()
			d.beat(1)
			d.request()
			return confirm(d, armWait, c, sign(c))
		}},
		"unsigned": {"signature", func(d *desk) error { return confirm(d, armWait, d.request(), nil) }},
		"signed by another": {"signature", func(d *desk) error {
			c := d.request()
			_, other, _ := ed25519.GenerateKey(strings.NewReader(strings.Repeat("x", 64)))
			return confirm(d, armWait, c, ed25519.Sign(other, []byte(c)))
		}},
		"a signature of something else": {"signature", func(d *desk) error { c := d.request(); return confirm(d, armWait, c, sign(c+"!")) }},
		"KILL is present": {"KILL", func(d *desk) error {
			c := d.request()
			*d.kill = true
			return confirm(d, armWait, c, sign(c))
		}},
		"unknown outcome": {"1 orders have an unknown outcome", func(d *desk) error {
			d.play(exchange.Event{Kind: exchange.KindOrder, Order: 1, State: exchange.Unknown})
			c := d.request()
			return confirm(d, armWait, c, sign(c))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, wide())
			d.allowed(d.buy(xbt / 1000))
			d.play(exchange.Event{Kind: exchange.KindForeign, Instrument: exchange.None, Detail: &exchange.Detail{Text: "drill"}})
			d.refuses(c.words, c.try(d))
			if d.g.Level() != Halted || d.restart().g.Level() != Halted {
				t.Errorf("a refused ceremony left %v", d.g.Level())
			}
		})
	}
}

func TestTheCeremonyIsRefusedWithDirtyBooks(t *testing.T) {
	l := wide()
	l.ReconcilePPM = 1000
	d := open(t, l)
	d.coins(xbt / 2) // what the venue has, by half
	d.refused("the books and the venue's do not agree")
	d.snapshot()
	d.ceremony()

	d = halted(t).reborn() // no snapshot yet
	d.refused("no valid balances")
	d.snapshot()
	d.tick(0, d.last)
	d.ceremony()
	if d.g.Level() != Active {
		t.Error(d.g.Level())
	}
}

func TestTheCeremonyIsRefusedWithoutAKeyThatPasses(t *testing.T) {
	d := open(t, wide(), func(c *Config) { c.Facts = exchange.FactKeyInfo })
	d.refused("the key did not pass its check")
	d.key(func(k *exchange.KeyInfo) { k.AllowedIPs = nil })
	d.refused("the key did not pass its check")
	d.key(nil)
	d.ceremony()
}

func TestTheCeremonyIsRefusedWithSurroundingsThatDoNotHold(t *testing.T) {
	for _, c := range hostChecks {
		d := open(t, wide(), func(c *Config) { c.Facts = exchange.FactHost })
		for _, other := range hostChecks {
			if other != c {
				d.check(other, "")
			}
		}
		d.refused(c.String() + " does not hold")
		d.check(c, "drill")
		d.refused(c.String() + " does not hold")
		d.check(c, "")
		d.ceremony()
	}
}

func TestARequestNeedsAReasonAndAKey(t *testing.T) {
	d := open(t, wide())
	if _, err := d.g.RequestArm(" \t", "", [16]byte{}); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "--reason") {
		t.Error(err)
	}
	d = open(t, wide(), func(c *Config) { c.ArmKey = nil })
	if _, err := d.g.RequestArm("drill", "", [16]byte{}); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "public key") {
		t.Error(err)
	}
	if d.log.last(RecArmRequest) != nil {
		t.Error("a refused request is on record")
	}
}

// The challenge says what is signed: who reads it on the other machine sees why.
func TestTheChallengeNamesLatchesLimitsIncidentAndReason(t *testing.T) {
	d := halted(t)
	d.g.Kill(KillCommand, "drill")
	c := d.request()
	for _, want := range []string{"breakwater-arm-1 ", "latches=foreign-order,kill-command ", `incident="INC-1"`, `reason="drill"`, "limits="} {
		if !strings.Contains(c, want) {
			t.Errorf("%s lacks %s", c, want)
		}
	}
	l := wide()
	l.Streak = 7
	hash := func(c string) string { return c[strings.Index(c, "limits="):][:7+16] }
	if hash(open(t, l).request()) == hash(open(t, wide()).request()) {
		t.Error("other limits have the same hash")
	}
	if r := d.log.last(RecArmRequest); r.Text != c || !d.log.durable[len(d.log.records)-1] {
		t.Error("the request is not on record")
	}
}

func TestTheCeremonyLiftsEachLatchByItsOwnRecordAndServesOnce(t *testing.T) {
	for _, after := range []time.Duration{armWait, armWithin} {
		l := wide()
		l.DrawdownPPM = 100_000
		d := open(t, l)
		d.price(8_000)
		d.price(7_900) // drawdown halts
		d.g.Kill(KillCommand, "drill")
		d.play(exchange.Event{Kind: exchange.KindIntegrity, Code: exchange.CodeChecksum})
		latches := len(d.g.Status().Latches)
		if latches != 3 {
			t.Fatalf("%d latches", latches)
		}
		c := d.request()
		d.beat(after)
		from := len(d.log.records)
		if err := d.g.ConfirmArm(c, sign(c)); err != nil {
			t.Fatal(err)
		}
		var types []RecordType
		for i, r := range d.log.records[from:] {
			types = append(types, r.Type)
			if !d.log.durable[from+i] {
				t.Errorf("record %d, %v, is not durable", i, r.Type)
			}
			if r.Type == RecLevel && (!r.Lift || !strings.Contains(r.Text, "ceremony")) {
				t.Errorf("%+v", r)
			}
		}
		if !slices.Equal(types, []RecordType{RecArm, RecLevel, RecLevel, RecLevel, RecEquity}) {
			t.Fatalf("records %v", types)
		}
		if r := d.log.last(RecEquity); r.High != 17_900*cad {
			t.Errorf("the new high-water mark is %d", r.High/cad)
		}
		if len(d.g.Status().Latches) != 0 || d.g.Level() != Active {
			t.Errorf("%+v", d.g.Status().Latches)
		}
		if err := d.g.ConfirmArm(c, sign(c)); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "serves once") {
			t.Errorf("replayed: %v", err)
		}
		if err := d.restart().g.ConfirmArm(c, sign(c)); !errors.Is(err, ErrRefused) {
			t.Errorf("replayed after a restart: %v", err)
		}
	}
}

func TestOneDryCyclePassesBeforeOrdersGoOut(t *testing.T) {
	d := halted(t)
	c := d.request()
	d.beat(armWait)
	if err := d.g.ConfirmArm(c, sign(c)); err != nil {
		t.Fatal(err)
	}
	for range 3 { // a restart begins it anew
		d.price(d.last)
		d.tick(0, d.last)  // a second bar of the same instant ends no cycle
		d.trade(1, d.last) // nor does a trade, where there are bars
		d.beat(time.Minute)
		if err := d.g.Submit(d.buy(xbt / 1000)); !errors.Is(err, exchange.ErrDryRun) || len(d.x.sent) != 0 {
			t.Fatalf("%v, %d orders left, %s", err, len(d.x.sent), d.said())
		}
		if d.g.Status().Phase != DryCycle || d.g.Status().Open != 0 {
			t.Errorf("phase %v", d.g.Status().Phase)
		}
		d = d.reborn()
		d.snapshot()
	}
	d.price(d.last)
	d.price(d.last)
	if d.log.last(RecCycle) == nil || d.g.Status().Phase != Armed {
		t.Fatalf("phase %v", d.g.Status().Phase)
	}
	d.price(d.last)
	if d.log.count(RecCycle, NoControl) != 1 {
		t.Error("a second cycle is on record")
	}
	d.allowed(d.buy(xbt / 1000))
}

// A strategy on bars has its dry cycle from bar to bar, also when trades come first: a new
// process has seen no bar yet.
func TestTheDryCycleOfBarsIsNotCutShortByTradesBeforeTheFirst(t *testing.T) {
	d := halted(t)
	d.cfg.Slots = []SlotInfo{{Name: "one", Interval: time.Minute}}
	c := d.request()
	d.beat(armWait)
	if err := d.g.ConfirmArm(c, sign(c)); err != nil {
		t.Fatal(err)
	}
	d = d.reborn()
	d.snapshot()
	for range 3 {
		d.trade(time.Second, d.last)
	}
	if d.g.Status().Phase != DryCycle {
		t.Fatalf("phase %v after trades and no bar", d.g.Status().Phase)
	}
	d.price(d.last)
	d.price(d.last)
	if d.g.Status().Phase != Armed {
		t.Fatalf("phase %v after two bars", d.g.Status().Phase)
	}
}

// A request survives a restart; so does its minute.
func TestARequestSurvivesARestart(t *testing.T) {
	d := halted(t)
	c := d.request()
	d.beat(armWait)
	d = d.restart()
	if err := d.g.ConfirmArm(c, sign(c)); err != nil {
		t.Error(err)
	}
}

// A crash in the middle of the ceremony leaves what was not lifted.
func TestACrashInTheCeremonyLeavesWhatWasNotLifted(t *testing.T) {
	d := halted(t)
	d.g.Kill(KillCommand, "drill")
	c := d.request()
	d.beat(armWait)
	d.log.failAt = len(d.log.records) + 3 // the arm record, one lift, and then the disk is full
	if err := d.g.ConfirmArm(c, sign(c)); err == nil {
		t.Fatal("no error")
	}
	d.log.failAt = 0
	n := d.restart()
	if n.g.Level() != Killed {
		t.Errorf("%v: %+v", n.g.Level(), n.g.Status().Latches)
	}
	n.denied(n.buy(xbt/1000), KillCommand)
}

func TestASessionThatNeedsArmingSendsNothingBefore(t *testing.T) {
	l := wide()
	l.NeedsArming, l.Lease = true, time.Hour
	d := open(t, l)
	d.denied(d.buy(xbt/1000), ArmedLease)
	d.gone(d.allowed(d.sell(xbt / 1000)))
	if d.g.Status().Phase != Ready {
		t.Error(d.g.Status().Phase)
	}
	d.ceremony()
	d.gone(d.allowed(d.buy(xbt / 1000)))
	d = d.restart() // by itself, after a crash, with everything in order
	d.gone(d.allowed(d.buy(xbt / 1000)))
}

// Found by the sweep (seed 88): the pause came back with the next event, whenever that was.
func TestAConditionThatGoesOnTripsAgainWithTheCeremonysOwnBeat(t *testing.T) {
	l := wide()
	l.StalePause = time.Minute
	d := open(t, l)
	d.price(10_000)
	d.beat(2*time.Minute + 2*d.g.s.market[0].interval)
	if d.latched(StaleData) == nil {
		t.Fatal("an old price does not pause")
	}
	c := d.request()
	d.beat(armWait)
	if err := d.g.ConfirmArm(c, sign(c)); err != nil {
		t.Fatal(err)
	}
	if d.latched(StaleData) != nil || d.g.s.nextDue > d.now {
		t.Errorf("latched %v, the guard wants its next beat at %v, it is %v", d.latched(StaleData), d.g.s.nextDue, d.now)
	}
	if d.beat(0); d.latched(StaleData) == nil {
		t.Error("the pause is gone for good")
	}
}
