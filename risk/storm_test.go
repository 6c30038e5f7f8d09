package risk

import (
	"errors"
	"slices"
	"testing"
	"time"

	"breakwater/exchange"
)

// storms is n buys that are too large, at one instant.
func (d *desk) storms(n int) {
	d.Helper()
	for range n {
		if err := d.g.Submit(d.buy(xbt)); !errors.Is(err, exchange.ErrDenied) {
			d.Fatal(err)
		}
	}
}

func (l *log) denials() (each int, summed []int64) {
	for i := range l.records {
		switch r := &l.records[i]; r.Type {
		case RecDenial:
			each++
		case RecDenials:
			summed = append(summed, r.Count)
		}
	}
	return each, summed
}

// However often a strategy is denied, its denials cost a line each up to the sixtieth of a
// minute, then one line a minute until it has calmed down; and none of them is forgotten.
func TestAStormOfDenialsIsSummed(t *testing.T) {
	d := open(t, wide(), func(c *Config) { c.Limits.Order, c.Limits.PerMinute = bound(25), 30 })
	expect := func(each int, summed ...int64) {
		t.Helper()
		if e, s := d.log.denials(); e != each || !slices.Equal(s, summed) {
			t.Fatalf("%d records of one denial, sums %d; want %d and %d", e, s, each, summed)
		}
	}
	d.storms(59)
	expect(59)
	if err := d.g.Submit(d.order(exchange.Sell, xbt, 20_000*cad)); err == nil { // the other side is calm
		t.Fatal("a sale of all coins at twice the price is approved")
	}
	d.storms(41)
	expect(61)
	d.tick(30*time.Second, 10_000)
	d.storms(5)
	d.beat(time.Minute) // a beat tells nothing: verdicts do not depend on how many come
	expect(61)
	d.tick(0, 10_000)
	expect(61, 45)
	sum := d.log.last(RecDenials)
	if sum.OrderID != d.ids || sum.Order.Side != exchange.Buy || !sum.names(MaxOrderNotional) || !sum.names(OrderRate) {
		t.Errorf("the sum tells of order %d of %d, %v", sum.OrderID, d.ids, sum.Reasons)
	}
	// what was only counted fills the window as if it had come now
	d.tick(59*time.Second, 10_000)
	if err := d.g.Submit(d.buy(xbt / 1000)); !errors.Is(err, exchange.ErrDenied) || d.reason(OrderRate) == "" {
		t.Errorf("an order a minute after a storm: %v, %s", err, d.said())
	}
	d.tick(2*time.Minute, 10_000)
	expect(62, 45) // a minute with one denial is no storm
	d.storms(70)
	d = d.restart()
	d.storms(70) // the restart has the storm
	expect(122, 45)
	d.tick(time.Minute, 10_000)
	expect(122, 45, 70)
	d.storms(3) // and so has the next minute
	expect(122, 45, 70)
	d.tick(time.Minute, 10_000)
	d.storms(3) // 3 are none
	d.g.Conclude()
	expect(125, 45, 70, 3)
}

// A recovered guard decides as the one that was there.
func TestAStormSurvivesARestart(t *testing.T) {
	d := open(t, wide(), func(c *Config) { c.Limits.Order, c.Limits.PerDay = bound(25), 500 })
	d.storms(300)
	d.tick(time.Minute, 10_000)
	d.storms(300)
	d.tick(time.Minute, 10_000)
	d = d.restart()
	if err := d.g.Submit(d.buy(xbt / 1000)); !errors.Is(err, exchange.ErrDenied) || d.reason(OrderRate) == "" {
		t.Errorf("after 600 denials of the 500 orders of a day: %v, %s", err, d.said())
	}
	if e, s := d.log.denials(); e != 60 || !slices.Equal(s, []int64{240, 300}) {
		t.Errorf("%d records of one denial, sums %d", e, s)
	}
}
