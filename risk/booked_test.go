package risk

import (
	"testing"

	"pgregory.net/rapid"

	"breakwater/exchange"
)

// The answer of one order is lost; while it is looked up, another one fills. What was found
// late is booked all the same, and what is told again is not.
func TestAFillIsBookedThoughALaterOneCameBefore(t *testing.T) {
	d := open(t, wide())
	lost, other := d.allowed(d.buy(xbt/100)), d.allowed(d.buy(xbt/50))
	d.working(other)
	d.play(exchange.Event{Kind: exchange.KindOrder, Order: lost.ID, State: exchange.Unknown})
	before := d.g.Balance(1)
	d.fees = 6
	d.fill(other, xbt/50, 10_000, exchange.Filled) // trade 7
	d.fees = 4
	d.fill(lost, xbt/100, 10_000, exchange.Filled) // trade 5
	if got := d.g.Balance(1) - before; got != xbt/50+xbt/100 {
		t.Errorf("%d lots are booked, want both fills", got)
	}
	for _, trade := range []uint64{4, 6} {
		d.fees = trade
		d.fill(other, xbt/50, 10_000, exchange.Filled)
	}
	if got := d.g.Balance(1) - before; got != xbt/50+xbt/100 || d.g.Level() != Active {
		t.Errorf("told again, %d lots are booked at %v", got, d.g.Level())
	}
	twin := *d
	twin.cfg.History = func(yield func(*Record) error) error {
		for i := range d.log.records {
			if err := yield(&d.log.records[i]); err != nil {
				return err
			}
		}
		return nil
	}
	g, err := New(twin.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if got := g.Balance(1); got != d.g.Balance(1) {
		t.Errorf("after a restart there are %d", got)
	}
}

func TestTradesOfLateAreKnownOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var got bookedTrades
		seen := map[uint64]bool{}
		next := uint64(1)
		for range rapid.IntRange(0, 2000).Draw(t, "trades") {
			next += uint64(rapid.IntRange(1, 9).Draw(t, "others"))
			id := next - uint64(rapid.IntRange(0, 30).Draw(t, "late"))
			id = max(id, 1)
			if got.has(id) != seen[id] {
				t.Fatalf("trade %d is known: %v, was booked: %v", id, got.has(id), seen[id])
			}
			got.add(id)
			seen[id] = true
			if len(got.late) > mostLate {
				t.Fatalf("%d are kept", len(got.late))
			}
		}
	})
}

// A trade is booked once: of the last 256 each for itself, of those before all up to the
// highest that was let go.
func TestATradeIsBookedOnceAmongTheLast256(t *testing.T) {
	var b bookedTrades
	for id := uint64(10); id <= 256*10; id += 10 {
		b.add(id)
		b.add(id) // told twice
	}
	if b.low != 0 || len(b.late) != 256 || b.has(5) || !b.has(10) || !b.has(2560) || b.has(2565) {
		t.Fatalf("low %d, %d of late", b.low, len(b.late))
	}
	b.add(15) // found late
	if b.low != 10 || len(b.late) != 256 || !b.has(5) || !b.has(10) || !b.has(15) || b.has(16) {
		t.Fatalf("low %d, %d of late", b.low, len(b.late))
	}
	b.add(9) // so old that it is in the books
	b.add(10)
	if b.low != 10 || len(b.late) != 256 || b.late[0] != 15 {
		t.Errorf("low %d, %d of late, the oldest %d", b.low, len(b.late), b.late[0])
	}
}
