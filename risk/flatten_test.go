package risk

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// wants asks for everything to be sold.
func (d *desk) wants() (challenge string) {
	d.Helper()
	challenge, err := d.g.RequestFlatten("drill", [16]byte{byte(len(d.log.records))})
	if err != nil {
		d.Fatal(err)
	}
	return challenge
}

func (d *desk) flatten() {
	d.Helper()
	c := d.wants()
	if err := d.g.ConfirmFlatten(c, sign(c)); err != nil {
		d.Fatal(err)
	}
}

func TestASignedFlattenSellsAndKeepsBuysOutUntilTheCeremony(t *testing.T) {
	d := open(t, wide())
	resting, exit := d.allowed(d.order(exchange.Buy, xbt/10, 9_000*cad)), d.allowed(d.order(exchange.Sell, xbt/10, 11_000*cad))
	d.flatten()
	if len(d.x.gone) != 1 || d.x.gone[0] != resting.ID {
		t.Errorf("cancelled %v, want the entry %d alone", d.x.gone, resting.ID)
	}
	d.gone(resting)
	d.gone(exit)
	d.denied(d.buy(xbt/1000), HaltKeepsPositions)
	d.fill(d.allowed(d.sell(xbt/4)), xbt/4, d.last, exchange.Filled)
	st := d.g.Status().Sale
	if st == nil || st.Done || st.Why != "drill" || len(st.Coins) != 1 || st.Coins[0] != (Coin{1, xbt, xbt * 3 / 4}) {
		t.Fatalf("the status tells %+v", st)
	}

	d = d.restart() // the wish is durable: strategies must not go on because a process crashed
	if after := d.g.Status().Sale; !d.g.Flattening() || after == nil || after.Since != st.Since || after.Coins[0] != st.Coins[0] {
		t.Fatalf("after a restart: %+v, was %+v", after, st)
	}
	d.denied(d.buy(xbt/1000), HaltKeepsPositions)
	d.fill(d.allowed(d.sell(xbt*3/4-9_999)), xbt*3/4-9_999, d.last, exchange.Filled)
	if st := d.g.Status().Sale; !st.Done { // one lot below the venue's minimum is dust
		t.Errorf("not done: %+v", st)
	}
	d.ceremony()
	if d.g.Flattening() || d.g.Status().Sale != nil {
		t.Error("still selling after the ceremony")
	}
	d.allowed(d.buy(xbt / 1000))
}

// Without the venue's minima everything is sold to the last lot.
func TestFlattenIsDoneWhenNothingIsLeftThatCouldBeSold(t *testing.T) {
	d := open(t, wide(), func(c *Config) { c.Catalog.Instruments[0].OrderMin, c.Catalog.Instruments[0].CostMin = 0, 0 })
	d.flatten()
	for _, c := range []struct {
		sell money.Qty
		done bool
	}{{xbt - 1, false}, {1, true}} {
		o := d.allowed(d.sell(c.sell))
		if d.g.Status().Sale.Done {
			t.Error("done with an order out")
		}
		d.fill(o, c.sell, d.last, exchange.Filled)
		if st := d.g.Status().Sale; st.Done != c.done {
			t.Errorf("after %d: %+v", c.sell, st)
		}
	}
}

func TestFlattenIsRefusedWithClearWords(t *testing.T) {
	confirm := func(d *desk, after time.Duration, challenge string, signature []byte) error {
		d.beat(after)
		return d.g.ConfirmFlatten(challenge, signature)
	}
	for name, c := range map[string]struct {
		words string
		try   func(*desk) error
	}{
		"never asked": {"not open", func(d *desk) error { return confirm(d, 0, "", sign("")) }},
		"late":        {"too late", func(d *desk) error { c := d.wants(); return confirm(d, armWithin+1, c, sign(c)) }},
		"unsigned":    {"signature", func(d *desk) error { return confirm(d, 0, d.wants(), nil) }},
		"signed by another": {"signature", func(d *desk) error {
			c := d.wants()
			_, other, _ := ed25519.GenerateKey(strings.NewReader(strings.Repeat("x", 64)))
			return confirm(d, 0, c, ed25519.Sign(other, []byte(c)))
		}},
		"an older challenge":      {"not open", func(d *desk) error { c := d.wants(); d.beat(1); d.wants(); return confirm(d, 0, c, sign(c)) }},
		"the challenge of an arm": {"not open", func(d *desk) error { c := d.request(); return confirm(d, armWait, c, sign(c)) }},
		"KILL is present":         {"KILL file", func(d *desk) error { c := d.wants(); *d.kill = true; return confirm(d, 0, c, sign(c)) }},
		"killed":                  {"at KILLED", func(d *desk) error { c := d.wants(); d.g.Kill(KillCommand, "drill"); return confirm(d, 0, c, sign(c)) }},
		"halted since":            {"reconcile was set since the request (books)", func(d *desk) error { c := d.wants(); d.g.Halt("books"); return confirm(d, 0, c, sign(c)) }},
		"asked for at KILLED": {"at KILLED", func(d *desk) error {
			d.g.Kill(KillCommand, "drill")
			_, err := d.g.RequestFlatten("x", [16]byte{})
			return err
		}},
		"asked for without a why":   {"--reason", func(d *desk) error { _, err := d.g.RequestFlatten(" ", [16]byte{}); return err }},
		"asked for before balances": {"have not come yet", func(d *desk) error { *d = *d.reborn(); _, err := d.g.RequestFlatten("x", [16]byte{}); return err }},
		"a balance is unexplained": {"unexplained", func(d *desk) error {
			d.g.trip(latch{control: UnexplainedBalance, level: Halted, cause: "drill"})
			_, err := d.g.RequestFlatten("x", [16]byte{})
			return err
		}},
		"the key is refused": {"refuses the key", func(d *desk) error {
			d.g.trip(latch{control: AuthFailure, level: Halted, cause: "drill"})
			_, err := d.g.RequestFlatten("x", [16]byte{})
			return err
		}},
		"no key is configured": {"no public key", func(d *desk) error { d.g.key = nil; _, err := d.g.RequestFlatten("x", [16]byte{}); return err }},
		"other limits": {"limits have changed", func(d *desk) error {
			c := d.wants()
			*d = *d.restart(func(c *Config) { c.Limits.Streak = 7 })
			return confirm(d, 0, c, sign(c))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, wide())
			if err := c.try(d); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), c.words) || !strings.HasPrefix(err.Error(), "flatten: ") {
				t.Errorf("%v, want a refusal with %q", err, c.words)
			}
			if d.log.last(RecOperator) != nil || d.g.Flattening() {
				t.Error("it began all the same")
			}
		})
	}
}

func TestFlattenServesOnceAndWithinTenMinutes(t *testing.T) {
	for level, hold := range map[Level]func(*desk){Active: func(*desk) {}, Halted: func(d *desk) { d.g.Halt("drill") }} {
		d := open(t, wide())
		hold(d)
		c := d.wants()
		if !strings.HasPrefix(c, "breakwater-flatten-1 ") || !strings.Contains(c, " holds=XBT:1 ") || !strings.Contains(c, `reason="drill"`) {
			t.Errorf("the challenge is %s", c)
		}
		d.beat(armWithin) // the last instant
		if err := d.g.ConfirmFlatten(c, sign(c)); err != nil || d.g.Level() != level {
			t.Fatalf("at %v: %v", level, err)
		}
		r := d.log.records[len(d.log.records)-1]
		if r.Type != RecOperator || !d.log.durable[len(d.log.records)-1] || r.Event.Detail.Text != "drill" {
			t.Errorf("on record is %+v", r)
		}
		if err := d.g.ConfirmFlatten(c, sign(c)); !errors.Is(err, ErrRefused) {
			t.Errorf("a second time: %v", err)
		}
		if _, err := d.g.RequestFlatten("again", [16]byte{}); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "going on already") {
			t.Errorf("asked for while it goes on: %v", err)
		}
		d.ceremony()
		if err := d.g.ConfirmFlatten(c, sign(c)); !errors.Is(err, ErrRefused) {
			t.Errorf("replayed after the ceremony: %v", err)
		}
		if err := d.restart().g.ConfirmFlatten(c, sign(c)); !errors.Is(err, ErrRefused) {
			t.Errorf("replayed after a restart: %v", err)
		}
	}
}

// Who signs for one cause has not signed for the next.
func TestTheCeremonyIsRefusedWithALatchOrLimitsThatNobodySignedFor(t *testing.T) {
	d := halted(t)
	c := d.request()
	d.beat(armWait)
	d.g.Kill(KillCommand, "somebody else saw more")
	d.refuses("kill-command was set since the request (somebody else saw more)", d.g.ConfirmArm(c, sign(c)))
	d.ceremony()

	d = halted(t)
	c = d.request()
	d = d.restart(func(c *Config) { c.Limits.Order = Limit{Amount: 5, PPM: Unlimited} })
	d.beat(armWait)
	d.refuses("the limits have changed", d.g.ConfirmArm(c, sign(c)))

	d = halted(t)
	c = d.request()
	d.play(exchange.Event{Kind: exchange.KindIntegrity, Code: exchange.CodeChecksum}) // ends by itself
	d.beat(armWait)
	if err := d.g.ConfirmArm(c, sign(c)); err != nil {
		t.Error(err)
	}
}
