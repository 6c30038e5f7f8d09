package risk

import (
	"testing"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// mute keeps nothing.
type mute struct{}

func (mute) Record(*Record, bool) error { return nil }

// silent is an exchange that takes everything.
type silent struct{ tape }

func (*silent) Submit(*exchange.Order) error { return nil }

func BenchmarkBarThroughGuard(b *testing.B) {
	d := open(b, wide())
	ev := exchange.Event{Kind: exchange.KindBar, Last: true, Price: 10_000 * cad}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		ev.Time = d.now + exchange.Stamp(i)
		ev.Received = ev.Time
		ev.Price ^= 1
		d.g.observe(&ev)
	}
}

// busy is a guard with the numbers of the live profile, wide enough that an order passes
// every control: four pairs, twenty open orders.
func busy(b *testing.B) (*desk, *exchange.Order) {
	b.Helper()
	l := Live(cad)
	l.Executions, l.SignalAge = Unlimited, Forever
	l.Order, l.Position, l.OpenValuePPM, l.OpenPerPair, l.OpenTotal = Wide, Wide, Unlimited, 1000, 1000
	l.PairPerMinute, l.PerMinute, l.PerDay, l.Tier = 1<<19, 1<<19, 1<<19, Tier{1 << 40, 1000}
	l.NeedsArming = false
	d := open(b, l, func(c *Config) {
		for _, pair := range []string{"ETH/CAD", "SOL/CAD", "ADA/CAD"} {
			if _, err := c.Catalog.Add(exchange.Spec{Symbol: pair, PriceDecimals: 4, LotDecimals: 8}); err != nil {
				b.Fatal(err)
			}
		}
		c.Slots = []SlotInfo{{Name: "one"}, {Name: "two"}}
	})
	d.g.ex = &silent{}
	for i := 1; i < 4; i++ {
		ev := exchange.Event{Kind: exchange.KindBar, Instrument: exchange.InstrumentID(i), Last: true, Price: 100 * cad, Time: d.now, Received: d.now}
		d.g.observe(&ev)
	}
	for i := range 20 {
		o := d.order(exchange.Buy, xbt/10_000, 9_900*cad)
		if o.Instrument = exchange.InstrumentID(i % 4); o.Instrument != 0 {
			o.Price = 99 * cad
		}
		o.Qty += money.Qty(i * 1000)
		if err := d.g.Submit(o); err != nil {
			b.Fatal(d.said())
		}
	}
	d.g.rec = mute{}
	return d, d.order(exchange.Buy, xbt/1000, 9_950*cad)
}

func BenchmarkOrderThroughAllControls(b *testing.B) {
	d, o := busy(b)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		o.ID++
		o.Signal++
		d.g.s.now += exchange.Seconds(1)
		d.g.s.market[0].changed = d.g.s.now
		o.Qty = xbt / 1000 * money.Qty(1+i%97) // no two alike among those that are compared
		if err := d.g.Submit(o); err != nil {
			b.Fatal(d.said())
		}
		d.g.s.acct.release(o.ID)
	}
}

func BenchmarkOrderThroughResearchProfile(b *testing.B) {
	d := open(b, wide())
	d.g.ex = &silent{}
	o := d.order(exchange.Buy, xbt/1000, 0)
	d.g.rec = mute{}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		o.ID++
		if err := d.g.Submit(o); err != nil {
			b.Fatal(d.said())
		}
		d.g.s.acct.release(o.ID)
	}
}
