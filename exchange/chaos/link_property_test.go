package chaos_test

import (
	"context"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/sim"
)

// once counts what reaches the venue.
type once struct {
	*sim.Replay
	orders map[exchange.OrderID]int
}

func (o *once) Submit(order *exchange.Order) error {
	o.orders[order.ID]++
	return o.Replay.Submit(order)
}

func linkVerbs() (verbs []chaos.Verb) {
	for _, v := range chaos.Verbs() {
		switch v.Family() {
		case chaos.HTTP, chaos.WS, chaos.Market, chaos.Key, chaos.Clock, chaos.Account:
			verbs = append(verbs, v)
		}
	}
	return verbs
}

// Whatever goes wrong on the way: nothing is handed over twice, nothing is told of an order
// that was never sent, numbers ascend, and once the faults are over what was told of fills
// is what the venue has booked.
func TestALinkLosesNothingForGood(t *testing.T) {
	c := catalog(t)
	b := chaos.Bounds{Duration: 30 * time.Minute, Pairs: []string{"XBT/CAD"}, Assets: []string{"CAD", "XBT"}, Slots: 1}
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		rng := rand.New(rand.NewPCG(seed, 2))
		plan := chaos.Draw(rng, linkVerbs(), rapid.IntRange(1, 6).Draw(t, "rules"), b)
		x, err := chaos.NewInjector(plan, start)
		if err != nil {
			t.Fatal(err)
		}
		v, err := sim.NewVenue(sim.Config{Catalog: c, Model: sim.DefaultModel(), Fees: sim.FixedFees(2000, 4000), Accounts: []sim.Deposits{{{Asset: cad, Total: 10_000_000}, {Asset: xbt, Total: 100_000}}}})
		if err != nil {
			t.Fatal(err)
		}
		r := sim.NewReplay(v, chaos.WrapFeed(minutes(120), x, c), 0)
		r.EmitTops(true)
		inner := &once{r, map[exchange.OrderID]int{}}
		facts := exchange.Facts(rng.Uint32()) & exchange.AllFacts
		l := chaos.Wrap(inner, x, chaos.Config{Catalog: c, Venue: v, Facts: facts})

		var sent exchange.OrderID
		var seq uint64
		trades := map[uint64]bool{}
		gone := map[exchange.OrderID]bool{}
		coins := int64(100_000)
		healed := false
		now := start
		for {
			var ev exchange.Event
			if err := l.Next(context.Background(), &ev); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if ev.Seq <= seq {
				t.Fatalf("number %d comes after %d\n%s", ev.Seq, seq, plan)
			}
			seq = ev.Seq
			if now = max(now, min(ev.Time, ev.Received)); now > start.Add(40*time.Minute) && !healed {
				healed = true
				x.Heal()
			}
			if ev.Kind == exchange.KindOrder || ev.Kind == exchange.KindFill {
				if ev.Order == 0 || ev.Order > sent {
					t.Fatalf("it tells %v of order %d, and %d were sent\n%s", ev.State, ev.Order, sent, plan)
				}
				gone[ev.Order] = ev.State == exchange.Absent || gone[ev.Order]
			}
			if ev.Kind == exchange.KindFill && !trades[ev.TradeID] {
				trades[ev.TradeID] = true
				if coins += int64(ev.Qty); ev.Side == exchange.Sell {
					coins -= 2 * int64(ev.Qty)
				}
			}
			if !healed && sent < 40 && rng.IntN(3) == 0 {
				sent++
				o := exchange.Order{ID: sent, Sent: now, Side: exchange.Side(rng.IntN(2)), Qty: one / 100}
				if rng.IntN(2) == 0 {
					o.Type, o.Price = exchange.Limit, 9000
				}
				if err := l.Submit(&o); err != nil {
					t.Fatal(err)
				}
			}
			switch rng.IntN(12) {
			case 0:
				if sent > 0 {
					if err := l.Cancel(exchange.OrderID(1 + rng.IntN(int(sent)))); err != nil {
						t.Fatal(err)
					}
				}
			case 1:
				if err := l.Refresh(); err != nil {
					t.Fatal(err)
				}
			case 2:
				l.WakeAt(now.Add(time.Duration(rng.IntN(100)) * time.Second))
			}
		}
		for id, n := range inner.orders {
			if n > 1 || id > sent {
				t.Fatalf("order %d was handed over %d times\n%s", id, n, plan)
			}
		}
		for i := range plan.Rules { // money that others move is not told as fills
			switch plan.Rules[i].Do {
			case chaos.ManualTrade, chaos.ForeignOrder, chaos.Withdraw, chaos.Credit:
				return
			}
		}
		if got := int64(v.Balance(0, xbt).Total); got != coins {
			t.Fatalf("the fills told give %d lots, the venue has %d\n%s", coins, got, plan)
		}
	})
}
