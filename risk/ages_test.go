package risk

import (
	"testing"
	"time"

	"breakwater/exchange"
)

// The account is asked for every 50 s; two minutes without an answer let no buy out.
func TestAnOldComparisonOfTheBooksLetsNoBuyOut(t *testing.T) {
	l := wide()
	l.ReconcilePPM, l.NeedsArming, l.Lease = 1000, true, 7*dayLength
	d := open(t, l)
	d.ceremony()
	d.snapshot()
	for range 2 { // and again after a restart
		d.beat(booksMaxAge - 1)
		d.gone(d.allowed(d.buy(xbt / 1000)))
		d.beat(1)
		d.gone(d.allowed(d.buy(xbt / 1001)))
		d.beat(1)
		d.denied(d.buy(xbt/1000), Reconcile)
		if said := d.reason(Reconcile); said != `reconcile age-s=120 text="the books were not compared with the venue's of late"` {
			t.Error(said)
		}
		d.gone(d.allowed(d.sell(xbt / 1000))) // an exit does not wait for it
		looks := d.x.looks
		d.beat(time.Minute)
		if d.x.looks == looks {
			t.Error("nobody asks any more")
		}
		d.snapshot()
		d.gone(d.allowed(d.buy(xbt / 1002)))
		d = d.restart()
	}
}

// A replay's books are exact, and compared at its end.
func TestAReplayNeedsNoComparisonOfItsBooks(t *testing.T) {
	for _, change := range []func(*Limits){
		func(l *Limits) { l.ReconcilePPM = 1000 },
		func(l *Limits) { l.NeedsArming, l.Lease = true, 365*dayLength },
	} {
		l := wide()
		change(&l)
		d := open(t, l)
		d.ceremony()
		d.beat(24 * time.Hour)
		d.allowed(d.buy(xbt / 1000))
	}
}

func TestANonceAheadOfOursIsSomebodyElse(t *testing.T) {
	for _, c := range []struct {
		seen, sent uint64
		level      Level
	}{{0, 0, Active}, {7, 8, Active}, {8, 8, Active}, {9, 8, Halted}} {
		d := open(t, wide(), facts(exchange.FactKeyInfo))
		d.key(func(k *exchange.KeyInfo) { k.Nonce, k.Sent = c.seen, c.sent })
		if d.g.Level() != c.level {
			t.Errorf("the venue saw %d, we sent %d: %v, want %v", c.seen, c.sent, d.g.Level(), c.level)
		}
		if d = d.restart(); d.g.Level() != c.level {
			t.Errorf("after a restart %v, want %v", d.g.Level(), c.level)
		}
	}
}
