package session

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"breakwater/data/journal"
	"breakwater/exchange"
	"breakwater/risk"
)

// saver buys a little again and again and never sells.
var saver = []string{"slots: [{name: saver, strategy: dca, set: {every: 7m, amount: 10}}]"}

// holder is a session that was armed, holds coins, and stopped.
func holder(t *testing.T) *ground {
	t.Helper()
	g := breakGround(t, append(saver, marketLine(3), "speed: 2000x")...)
	b := g.start()
	b.arm()
	eventually(t, "something was bought", func() bool { return b.status().Orders.Trades >= 3 })
	b.signal(syscall.SIGTERM)
	b.wait()
	return g
}

// up is a start that has heard of the venue.
func (g *ground) up(args ...string) *bot {
	g.t.Helper()
	b := g.start(args...)
	eventually(g.t, "the venue has answered", func() bool { return b.status().Phase != risk.Reconciling.String() })
	return b
}

// wantFlat asks for everything to be sold with the program's own command.
func (g *ground) wantFlat() (challenge string) {
	g.t.Helper()
	code, out, errs := run(g.t, "flatten", "request", "--state", g.state, "--reason", "leaving this market")
	m := challengeWord.FindStringSubmatch(out)
	if code != 0 || m == nil {
		g.t.Fatalf("flatten request: exit code %d: %s%s", code, out, errs)
	}
	return m[1]
}

func (g *ground) confirmFlat(challenge, signature string) (code int, errs string) {
	g.t.Helper()
	code, _, errs = run(g.t, "flatten", "confirm", challenge, "--state", g.state, "--signature", signature)
	return code, errs
}

// sales counts the journal's orders since its line n: those of flatten, and all others.
func (g *ground) sales(n uint64) (sales, others int) {
	g.walk(func(e *journal.Entry) {
		switch {
		case e.Head.Seq <= n || e.Record == nil || e.Record.Type != risk.RecIntent:
		case e.Record.Order.Purpose == exchange.ForFlatten && e.Record.Order.Side == exchange.Sell && e.Record.Order.TIF == exchange.IOC:
			sales++
		default:
			others++
		}
	})
	return sales, others
}

func TestFlattenSellsEverythingAlsoAfterAKill9InItsMiddle(t *testing.T) {
	t.Parallel()
	g := holder(t)
	b := g.up("--speed", "60x")
	if st := b.status(); st.Level != "ACTIVE" || st.Exposure[0].Qty == "0" || st.Flatten != nil {
		t.Fatalf("it is %s and holds %+v, flatten %+v", st.Level, st.Exposure, st.Flatten)
	}
	challenge := g.wantFlat()
	held, from := b.status().Exposure[0].Qty, b.status().Journal.Seq
	text, err := ChallengeText(challenge)
	if err != nil || !strings.Contains(text, " holds=XBT:"+held+" ") || !strings.Contains(text, `reason="leaving this market"`) {
		t.Errorf("the challenge of %s XBT says %q, %v", held, text, err)
	}
	signature := g.sign(challenge, g.key)
	if code, errs := g.confirmFlat(challenge, signature); code != 0 {
		t.Fatalf("flatten confirm: exit code %d: %s", code, errs)
	}
	b.signal(syscall.SIGKILL) // no bar has come: nothing is sold yet
	b.wait()
	if sales, _ := g.sales(from); sales != 0 {
		t.Logf("a bar came before the kill: %d sales", sales)
	}

	b = g.up("--speed", "600x")
	if st := b.status(); st.Flatten == nil || st.Flatten.Why != "leaving this market" || st.Flatten.Coins[0].From != held {
		t.Fatalf("after the restart the status tells %+v", st.Flatten)
	}
	eventually(t, "everything is sold", func() bool { return b.status().Flatten.Done })
	at := b.status().Time
	eventually(t, "an hour of the market has passed", func() bool { return later(t, b.status().Time, at, time.Hour) })
	st := b.status()
	if st.Exposure[0].Qty != "0" || st.Orders.Open != 0 || !strings.Contains(st.Next, "arm request") {
		t.Errorf("an hour later it holds %s with %d orders open; next: %s", st.Exposure[0].Qty, st.Orders.Open, st.Next)
	}
	if sales, others := g.sales(from); sales == 0 || others != 0 {
		t.Errorf("%d sales and %d other orders since it was asked for", sales, others)
	}
	if types, _ := g.lines(); types["flatten-request"] != 1 || types["operator"] != 1 {
		t.Errorf("the journal has %v", types)
	}
	if _, out, _ := run(t, "status", "--state", g.state); !strings.Contains(out, "\nflatten   done: nothing is left to sell") {
		t.Errorf("status says\n%s", out)
	}
	b.arm()
	eventually(t, "the strategy buys again", func() bool { _, others := g.sales(from); return others > 0 })
	if st := b.status(); st.Flatten != nil {
		t.Errorf("after the ceremony: %+v", st.Flatten)
	}
	b.signal(syscall.SIGTERM)
	b.wait()
	if code, out, errs := run(t, "journal", "execute", "--state", g.state); code != 0 {
		t.Errorf("executed again: exit code %d: %s%s", code, out, errs)
	}
}

func TestFlattenWorksAtHaltedAndIsRefusedAtKilled(t *testing.T) {
	t.Parallel()
	g := holder(t)
	var b *bot
	for range 3 { // starts within ten minutes of the market
		if b != nil {
			b.signal(syscall.SIGKILL)
			b.wait()
		}
		b = g.up("--speed", "60x")
	}
	if st := b.status(); st.Level != "HALTED" || st.Latches[0].Control != "crash-loop" {
		t.Fatalf("it is %s by %+v", st.Level, st.Latches)
	}
	from := b.status().Journal.Seq
	challenge := g.wantFlat()
	if code, errs := g.confirmFlat(challenge, g.sign(challenge, g.key)); code != 0 {
		t.Fatalf("at HALTED: exit code %d: %s", code, errs)
	}
	eventually(t, "everything is sold", func() bool { return b.status().Flatten.Done })
	if st := b.status(); st.Level != "HALTED" || st.Exposure[0].Qty != "0" {
		t.Errorf("it is %s and holds %s", st.Level, st.Exposure[0].Qty)
	}
	if sales, others := g.sales(from); sales == 0 || others != 0 {
		t.Errorf("%d sales and %d other orders", sales, others)
	}
	b.arm()

	challenge = g.wantFlat()
	if code, _, errs := run(t, "kill", "--state", g.state, "no more"); code != 0 {
		t.Fatal(errs)
	}
	b.killedWithin(time.Second, time.Now())
	refused := func(words string) {
		t.Helper()
		if code, errs := g.confirmFlat(challenge, g.sign(challenge, g.key)); code != 3 || !strings.Contains(errs, words) {
			t.Errorf("confirm: exit code %d: %s; want 3 and %q", code, errs, words)
		}
		if code, _, errs := run(t, "flatten", "request", "--state", g.state, "--reason", "x"); code != 3 || !strings.Contains(errs, words) {
			t.Errorf("request: exit code %d: %s; want 3 and %q", code, errs, words)
		}
	}
	refused("the KILL file is there")
	ok(t, os.Remove(filepath.Join(g.state, killName)))
	refused("at KILLED nothing goes out")
}

func TestFlattenRefusesWhatIsNotRight(t *testing.T) {
	t.Parallel()
	g := holder(t)
	b := g.up("--speed", "60x")
	from := b.status().Journal.Seq
	refused := func(what, challenge, signature string, code int, words string) {
		t.Helper()
		if got, errs := g.confirmFlat(challenge, signature); got != code || !strings.Contains(errs, words) {
			t.Errorf("%s: exit code %d: %s; want %d and %q", what, got, errs, code, words)
		}
	}
	challenge := g.wantFlat()
	good := g.sign(challenge, g.key)
	thief := filepath.Join(g.dir, "thief.key")
	if _, err := NewKey(thief); err != nil {
		t.Fatal(err)
	}
	refused("unsigned", challenge, "", 2, "no signature")
	refused("another's key", challenge, g.sign(challenge, thief), 3, "does not fit")
	refused("the challenge of an arm", g.request(), good, 3, "not open")
	if code, _, errs := run(t, "arm", "confirm", challenge, "--state", g.state, "--signature", good); code != 3 {
		t.Errorf("it armed: exit code %d: %s", code, errs)
	}
	if code, _, errs := run(t, "flatten", "request", "--state", g.state); code != 2 || !strings.Contains(errs, "--reason") {
		t.Errorf("without a reason: exit code %d: %s", code, errs)
	}
	second := g.wantFlat()
	refused("an older challenge", challenge, good, 3, "not open")
	for range 2 {
		b.signal(syscall.SIGKILL)
		b.wait()
		b = g.up("--speed", "60x")
	}
	refused("halted since", second, g.sign(second, g.key), 3, "crash-loop was set since the request")
	third := g.wantFlat()
	asked := b.status().Time
	b.signal(syscall.SIGTERM)
	b.wait()
	b = g.up("--speed", "2000x")
	eventually(t, "ten minutes have passed", func() bool { return later(t, b.status().Time, asked, 11*time.Minute) })
	refused("late", third, g.sign(third, g.key), 3, "too late")

	if st := b.status(); st.Flatten != nil || st.Exposure[0].Qty == "0" {
		t.Errorf("it began all the same: %+v", st.Flatten)
	}
	if sales, _ := g.sales(from); sales != 0 {
		t.Errorf("%d sales", sales)
	}
}
