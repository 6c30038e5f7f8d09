package risk

import (
	"testing"
	"time"

	"breakwater/exchange"
)

// holed is a desk with a book and a second source, of which ours may be 5 % away.
func holed(t *testing.T, change ...func(*Limits)) *desk {
	d := open(t, wide(), facts(exchange.FactBook|exchange.FactSecondSource, func(l *Limits) {
		l.SourceGapPPM = 50_000
		for _, c := range change {
			c(l)
		}
	}))
	d.falls(10_000)
	return d
}

// falls is a price of our venue alone, in its book and its trades.
func (d *desk) falls(p int64) {
	d.second(10_000)
	d.book(p-10, p+10, 10)
	d.trade(2*time.Second, p)
}

// Where our venue's book has a hole, its own prices agree with each other; what is held is
// not sold into it, unless for a price that is none of the hole.
func TestNothingIsSoldIntoAHoleOfOurVenueAlone(t *testing.T) {
	d := holed(t)
	d.falls(9_500)
	d.gone(d.allowed(d.sell(xbt / 1000)))
	d.falls(9_499)
	d.denied(d.sell(xbt/1000), VenueSanity)
	o := d.sell(xbt / 1000)
	o.Type, o.Price = exchange.Limit, 9_500*cad
	d.allowed(o)
	d.falls(9_700)
	d.gone(d.allowed(d.sell(xbt / 1000)))
}

// A wick of one venue pauses the account and halts it only when its market is sane and the
// fall still stands.
func TestAMarkOfAnOddMarketIsNoSecondMarkOfAFall(t *testing.T) {
	d := holed(t, func(l *Limits) { l.DrawdownPPM = 100_000 })
	for range 3 {
		d.falls(5_000)
	}
	if l := d.latched(Drawdown); l == nil || l.Level != Paused {
		t.Fatalf("%+v", l)
	}
	d.denied(d.buy(xbt/1000), Drawdown)
	d.second(5_000) // elsewhere too
	d.trade(2*time.Second, 5_000)
	if l := d.latched(Drawdown); l == nil || l.Level != Halted {
		t.Errorf("%+v", l)
	}
}
