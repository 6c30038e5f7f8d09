package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// walk makes n bars of a random market, with gaps.
func walk(rng *rand.Rand, n int) *list {
	feed, p, at := new(list), money.Price(10000), 0
	for range n {
		open := p + money.Price(rng.IntN(41)-20)
		close := open + money.Price(rng.IntN(201)-100)
		high, low := max(open, close)+money.Price(rng.IntN(60)), min(open, close)-money.Price(rng.IntN(60))
		feed.bar(at, open, high, max(low, 1), max(close, 1), money.Qty(rng.IntN(100))*one)
		p, at = max(close, 1000), at+1+rng.IntN(8)/7
	}
	return feed
}

// randomTrader sends any orders on bars, fills and beats, and tells what came until the
// bar that closes at the given instant.
func randomTrader(t *testing.T, seed uint64, model Model, feed *list, until exchange.Stamp) (told []string) {
	rng := rand.New(rand.NewPCG(seed, 11))
	r := start1(t, model, KrakenFees(), feed)
	last := money.Price(10000)
	near := func() money.Price { return last + money.Price(rng.IntN(401)-200) }
	var ev exchange.Event
	for r.one(&ev) {
		told = append(told, fmt.Sprintf("%+v", ev))
		switch ev.Kind {
		case exchange.KindBar:
			if last = ev.Price; ev.Time == until {
				return told
			}
		case exchange.KindOrder:
			continue
		}
		o := exchange.Order{Side: exchange.Side(rng.IntN(2)), Type: exchange.OrderType(rng.IntN(9)), Qty: 1 + money.Qty(rng.IntN(5000))}
		if o.Type.HasLimit() && o.Type != exchange.TrailingStopLimit {
			o.Price = near()
		}
		if o.Type.Trailing() {
			o.Trail = 1 + money.Price(rng.IntN(200))
		} else if o.Type.Triggered() {
			o.Trigger = near()
		}
		if o.Type == exchange.Iceberg {
			o.Display = o.Qty
		}
		switch rng.IntN(4) {
		case 0:
			r.send(o)
		case 1:
			if err := r.Cancel(1 + exchange.OrderID(rng.Int64N(int64(r.ids)+1))); err != nil {
				t.Fatal(err)
			}
		case 2:
			r.send(o)
			r.WakeAt(ev.Time.Add(time.Duration(rng.IntN(90)) * time.Second))
		}
	}
	return told
}

func TestNothingBeforeTheFutureKnowsIt(t *testing.T) {
	fills := 0
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 10))
		model := Model{SpreadPPM: 500, SlippagePPM: 300, Latency: time.Duration(rng.IntN(100)) * time.Second, VolumeCapPPM: 1000}
		bars := 60
		feed := walk(rng, bars)
		cut := 10 + rng.IntN(bars-20) // the last bar that is the same
		until := feed.events[2*cut+1].Time
		other := &list{events: slices.Clone(feed.events[:2*cut+2])}
		garbled := walk(rng, bars)
		for i := 2*cut + 2; i < 2*bars; i++ {
			ev := garbled.events[i]
			ev.Time = feed.events[i].Time
			other.events = append(other.events, ev)
		}
		a, b := randomTrader(t, seed, model, feed, until), randomTrader(t, seed, model, other, until)
		if !slices.Equal(a, b) {
			for i := range a {
				if i >= len(b) || a[i] != b[i] {
					t.Fatalf("seed %d: event %d depends on bars after %v:\n%s\n%s", seed, i, until, a[i], b[min(i, len(b)-1)])
				}
			}
			t.Fatalf("seed %d: %d events and %d", seed, len(a), len(b))
		}
		for _, s := range a {
			if strings.Contains(s, "Kind:fill") {
				fills++
			}
		}
	}
	if fills < 500 {
		t.Fatalf("only %d fills were compared", fills)
	}
}
