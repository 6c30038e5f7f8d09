package sim

import (
	"math/rand/v2"
	"slices"
	"testing"

	"breakwater/exchange"
)

func TestSameCommandsGiveTheSameEvents(t *testing.T) {
	tell := func(seed uint64) []string {
		rng := rand.New(rand.NewPCG(seed, 9))
		w := newWorld(t, rng.IntN)
		for range 300 {
			w.step(rng.IntN)
		}
		return w.story
	}
	for seed := range uint64(6) {
		if a, b := tell(seed), tell(seed); !slices.Equal(a, b) {
			t.Fatalf("seed %d: two runs differ", seed)
		}
	}
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	r := start1(t, DefaultModel(), KrakenFees(), nil)
	r.feed = &endless{at: t0, left: 1 << 30}
	var ev exchange.Event
	var o exchange.Order
	bar := func() {
		for {
			if !r.one(&ev) {
				t.Fatal("the feed ended")
			}
			r.fills, r.said = r.fills[:0], r.said[:0]
			if ev.Kind == exchange.KindBar {
				break
			}
		}
		o.ID++
		o.Qty, o.Side = 10, exchange.Side(o.ID&1)
		if err := r.Submit(&o); err != nil {
			t.Fatal(err)
		}
		if o.ID%3 == 0 {
			if err := r.Cancel(o.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 1000 {
		bar()
	}
	if n := testing.AllocsPerRun(1000, bar); n != 0 {
		t.Errorf("%v allocations a bar with an order", n)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	v, _ := pair(t, 1<<50, 1<<50)
	id := exchange.OrderID(0)
	step := func() {
		id++
		o := randomOrder(rng, id)
		v.Submit(exchange.AccountID(rng.IntN(twinAccounts)), &o)
		for account := range exchange.AccountID(twinAccounts) {
			v.Cancel(account, id-100)
			for v.Take(account, &ev) {
			}
		}
	}
	for range 10_000 {
		step()
	}
	if n := testing.AllocsPerRun(1000, step); n != 0 {
		t.Errorf("%v allocations a command", n)
	}
}
