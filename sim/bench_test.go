package sim

import (
	"context"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// endless is a feed of bars that costs next to nothing itself.
type endless struct {
	open bool
	at   exchange.Stamp
	n    int
	left int
}

func (e *endless) Next(ev *exchange.Event) error {
	if e.open = !e.open; e.open {
		if e.left == 0 {
			return io.EOF
		}
		e.left--
		*ev = exchange.Event{Kind: exchange.KindOpen, Time: e.at, Interval: minute, Open: 10000, Qty: 100 * one}
		e.at = e.at.Add(minute)
		return nil
	}
	e.n++
	*ev = exchange.Event{Kind: exchange.KindBar, Time: e.at, Interval: minute, Matched: true, Open: 10000, High: 10050, Low: 9950, Price: 10000 + money.Price(e.n&31), Qty: 100 * one}
	return nil
}

// BenchmarkFeedAlone is what the feed of the benchmarks below costs itself.
func BenchmarkFeedAlone(b *testing.B) {
	feed := &endless{at: t0, left: b.N}
	var ev exchange.Event
	for feed.Next(&ev) == nil {
	}
}

func BenchmarkReplayBarWithoutOrders(b *testing.B) {
	r := start1(b, DefaultModel(), KrakenFees(), nil)
	r.feed = &endless{at: t0, left: b.N}
	b.ReportAllocs()
	b.ResetTimer()
	var ev exchange.Event
	for r.Next(context.Background(), &ev) == nil {
	}
}

func BenchmarkReplayBarWithOneMarketOrderEach(b *testing.B) {
	r := start1(b, DefaultModel(), KrakenFees(), nil)
	r.feed = &endless{at: t0, left: b.N}
	b.ReportAllocs()
	b.ResetTimer()
	var ev exchange.Event
	var o exchange.Order
	for r.Next(context.Background(), &ev) == nil {
		if ev.Kind == exchange.KindBar {
			o.ID++
			o.Qty, o.Side = 10, exchange.Side(o.ID&1)
			if err := r.Submit(&o); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkTradeTicks plays a random walk of trades over 500 resting orders a side, ten
// cents apart. Each that fills is placed again on the other side.
func BenchmarkTradeTicks(b *testing.B) {
	r := start1(b, Model{SpreadPPM: 200, SlippagePPM: 200, VolumeCapPPM: 100_000}, KrakenFees(), nil)
	v := r.venue
	for _, a := range []exchange.AssetID{xbt, usd} {
		if err := v.Deposit(0, a, 1<<50); err != nil {
			b.Fatal(err)
		}
	}
	const grid = 10
	ev := exchange.Event{Kind: exchange.KindTrade, Time: t0, Price: 1_000_000, Qty: one}
	v.Apply(&ev)
	o := exchange.Order{Type: exchange.Limit, Qty: 1}
	for i := range money.Price(500) {
		for side, p := range []money.Price{999_995 - grid*i, 1_000_005 + grid*i} {
			o.ID++
			o.Side, o.Price = exchange.Side(side), p
			v.Submit(0, &o)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	steps := make([]money.Price, 1<<16)
	for i := range steps {
		steps[i] = money.Price(rng.IntN(9) - 4)
	}
	b.ReportAllocs()
	b.ResetTimer()
	p, fills := money.Price(1_000_000), 0
	var out exchange.Event
	for i := range b.N {
		if p += steps[i&(1<<16-1)]; p > 1_004_000 || p < 996_000 {
			p -= 2 * steps[i&(1<<16-1)]
		}
		ev.Time += exchange.Stamp(time.Millisecond)
		ev.Price = p
		v.Apply(&ev)
		for v.Take(0, &out) {
			if out.Kind == exchange.KindFill {
				fills++
				o.ID++
				o.Side, o.Price = out.Side.Opposite(), out.Price-grid
				if o.Side == exchange.Sell {
					o.Price = out.Price + grid
				}
				v.Submit(0, &o)
			}
		}
	}
	b.ReportMetric(float64(fills)/float64(b.N), "fills/op")
	b.ReportMetric(float64(v.markets[0].open), "resting")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "trades/s")
}

// BenchmarkBookAlone is a seeded mix of adds, cancels and crosses on 20,000 resting
// orders: the book without accounts, ledger or events.
func BenchmarkBookAlone(b *testing.B) {
	var bk book
	rng := rand.New(rand.NewPCG(3, 4))
	type cmd struct {
		kind  uint8
		side  uint8
		price money.Price
		qty   money.Qty
		pick  int32
	}
	const resting = 20_000
	mid := money.Price(100_000)
	fresh := func() cmd {
		side := uint8(rng.IntN(2))
		away := money.Price(1 + rng.IntN(1000))
		if side == 0 {
			away = -away
		}
		return cmd{side: side, price: mid + away, qty: money.Qty(1 + rng.IntN(100)), pick: rng.Int32N(resting)}
	}
	cmds := make([]cmd, 1<<16)
	for i := range cmds {
		cmds[i] = fresh()
		switch k := rng.IntN(100); {
		case k < 45:
			cmds[i].kind = 1 // cancel
		case k < 55:
			cmds[i].kind = 2 // cross
		}
	}
	live := make([]int32, 0, 2*resting) // nodes, for cancels
	at := make([]int32, 4*resting)      // a node's place in live
	place := func(c *cmd) {
		i := bk.add(ladder(c.side), node{price: c.price, shown: c.qty})
		if int(i) < len(at) {
			at[i] = int32(len(live))
		}
		live = append(live, i)
	}
	forget := func(i int32) {
		k, last := at[i], live[len(live)-1]
		live[k], at[last] = last, k
		live = live[:len(live)-1]
	}
	for range resting {
		c := fresh()
		place(&c)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for n := range b.N {
		c := &cmds[n&(1<<16-1)]
		switch {
		case c.kind == 1 && len(live) > resting:
			i := live[int(c.pick)%len(live)]
			bk.remove(i)
			forget(i)
		case c.kind == 2 && len(live) > resting:
			left := 2 * c.qty
			for opp := ladder(c.side ^ 1); left > 0; {
				i := bk.best(opp)
				q := min(left, bk.nodes[i].shown)
				left -= q
				if bk.take(i, q) {
					forget(i)
				}
			}
		default:
			place(c)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(float64(len(live)), "resting")
}

// BenchmarkVenueBookOnly is the same mix through the whole venue: 16 accounts, checks,
// holds, ledger, fees and events.
func BenchmarkVenueBookOnly(b *testing.B) {
	const accounts, resting = 16, 20_000
	config := Config{Catalog: catalog(b), Fees: KrakenFees(), BookOnly: true}
	for range accounts {
		config.Accounts = append(config.Accounts, Deposits{{Asset: usd, Total: 1 << 58}, {Asset: xbt, Total: 1 << 58}})
	}
	v, err := NewVenue(config)
	if err != nil {
		b.Fatal(err)
	}
	v.AdvanceTo(t0)
	rng := rand.New(rand.NewPCG(5, 6))
	orders := make([]exchange.Order, 1<<16)
	kinds := make([]uint8, len(orders))
	for i := range orders {
		side := exchange.Side(rng.IntN(2))
		away := money.Price(1 + rng.IntN(1000))
		if side == exchange.Buy {
			away = -away
		}
		orders[i] = exchange.Order{Type: exchange.Limit, Side: side, Qty: money.Qty(1 + rng.IntN(100)), Price: 100_000 + away, STP: exchange.CancelOldest}
		switch k := rng.IntN(100); {
		case k < 45:
			kinds[i] = 1
		case k < 55:
			orders[i].TIF = exchange.IOC
			orders[i].Price = 100_000 - 20*away/money.Price(max(away, -away))*50
			orders[i].Qty *= 2
		}
	}
	id := exchange.OrderID(0)
	var ev exchange.Event
	fills, cancels := 0, 0
	step := func(n int) {
		c := &orders[n&(1<<16-1)]
		account := exchange.AccountID((n + n>>16) % accounts) // not the same ones at each turn of the table
		if kinds[n&(1<<16-1)] == 1 && v.markets[0].open > resting && v.accounts[account].first != none {
			ref := v.accounts[account].first
			if k := n & 7; k > 0 { // not always the oldest
				for ; k > 0 && v.orders.at(ref).next != none; k-- {
					ref = v.orders.at(ref).next
				}
			}
			cancels++
			v.Cancel(account, v.orders.at(ref).ID)
		} else {
			id++
			c.ID = id
			v.Submit(account, c)
		}
		for i := range v.accounts {
			if len(v.accounts[i].out) != 0 {
				for v.Take(exchange.AccountID(i), &ev) {
					if ev.Kind == exchange.KindFill {
						fills++
					}
				}
			}
		}
	}
	n := 0
	for ; v.markets[0].open < resting; n++ {
		step(n)
	}
	fills, cancels = 0, 0
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		step(n)
		n++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(float64(fills)/float64(b.N), "fills/op")
	b.ReportMetric(float64(cancels)/float64(b.N), "cancels/op")
	b.ReportMetric(float64(v.markets[0].open), "resting")
}
