package sim

import (
	"context"
	"io"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// list is a feed from memory.
type list struct {
	events []exchange.Event
	at     int
	err    error
}

func (l *list) Next(ev *exchange.Event) error {
	if l.at == len(l.events) {
		if l.err != nil {
			return l.err
		}
		return io.EOF
	}
	*ev = l.events[l.at]
	l.at++
	return nil
}

const minute = time.Minute

// t0 is a Monday in 2025, so that Kraken's schedule of 2024 holds.
var t0 = exchange.At(time.Date(2025, 3, 3, 0, 0, 0, 0, time.UTC))

// bar adds a bar of one minute, its opening and its closing, that opens n minutes after t0.
// Prices are in cents, volume in lots of 1e-4.
func (l *list) bar(n int, open, high, low, close money.Price, volume money.Qty) *list {
	at := t0.Add(time.Duration(n) * minute)
	l.events = append(l.events,
		exchange.Event{Kind: exchange.KindOpen, Time: at, Interval: minute, Open: open, Qty: volume},
		exchange.Event{Kind: exchange.KindBar, Time: at.Add(minute), Interval: minute, Matched: true, Open: open, High: high, Low: low, Price: close, Qty: volume})
	return l
}

func (l *list) trade(after time.Duration, p money.Price, q money.Qty) *list {
	l.events = append(l.events, exchange.Event{Kind: exchange.KindTrade, Time: t0.Add(after), Price: p, Qty: q})
	return l
}

// catalog is XBT/USD with two price decimals, lots of 1e-4, money with four decimals.
func catalog(t testing.TB) *exchange.Catalog {
	t.Helper()
	c := exchange.NewCatalog()
	for _, a := range []string{"XBT", "USD"} {
		if _, err := c.AddAsset(a, 4); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Add(exchange.Spec{Symbol: "XBT/USD", PriceDecimals: 2, LotDecimals: 4}); err != nil {
		t.Fatal(err)
	}
	return c
}

const (
	xbt = exchange.AssetID(0)
	usd = exchange.AssetID(1)
	one = money.Qty(10_000) // a whole coin in lots
)

// run is a replay under test with its story so far.
type run struct {
	*Replay
	t     testing.TB
	venue *Venue
	fills []exchange.Event
	said  []exchange.Event // order events
	ids   exchange.OrderID
}

// start1 makes a venue with one account (1000 dollars and 10 coins) that replays the feed.
func start1(t testing.TB, model Model, fees Fees, feed *list) *run {
	t.Helper()
	v, err := NewVenue(Config{Catalog: catalog(t), Model: model, Fees: fees, Accounts: []Deposits{{{Asset: usd, Total: 10_000_000}, {Asset: xbt, Total: 100_000}}}})
	if err != nil {
		t.Fatal(err)
	}
	return &run{Replay: NewReplay(v, feed, 0), t: t, venue: v}
}

// send submits an order with the next id.
func (r *run) send(o exchange.Order) exchange.OrderID {
	r.t.Helper()
	r.ids++
	o.ID = r.ids
	if err := r.Submit(&o); err != nil {
		r.t.Fatal(err)
	}
	return o.ID
}

// one reads one event; false at the end.
func (r *run) one(ev *exchange.Event) bool {
	r.t.Helper()
	err := r.Next(context.Background(), ev)
	if err == io.EOF {
		return false
	}
	if err != nil {
		r.t.Fatal(err)
	}
	switch ev.Kind {
	case exchange.KindFill:
		r.fills = append(r.fills, *ev)
	case exchange.KindOrder:
		r.said = append(r.said, *ev)
	}
	return true
}

// bars reads on until n bars have been seen, or to the end when n is negative.
func (r *run) bars(n int) {
	r.t.Helper()
	var ev exchange.Event
	for n != 0 && r.one(&ev) {
		if ev.Kind == exchange.KindBar {
			n--
		}
	}
	checkBooks(r.t, r.venue)
}

// checkBooks holds what must be true at any time: every asset nets to zero, nobody is
// below zero, and holds are the sum over open orders.
func checkBooks(t testing.TB, v *Venue) {
	t.Helper()
	for a := range v.catalog.Assets {
		if net := v.ledger.net(exchange.AssetID(a)); net != 0 {
			t.Fatalf("asset %d nets to %d", a, net)
		}
	}
	for i := range v.accounts {
		sum := make([]money.Amount, len(v.catalog.Assets))
		for ref := v.accounts[i].first; ref != none; {
			o := v.orders.at(ref)
			sum[v.holdAsset(&v.markets[o.Instrument], o)] += o.held
			ref = o.next
		}
		for a := range sum {
			b := v.Balance(exchange.AccountID(i), exchange.AssetID(a))
			if b.Total < 0 || b.Hold < 0 || b.Hold > b.Total || b.Hold != sum[a] {
				t.Fatalf("account %d: %+v, open orders hold %d", i, b, sum[a])
			}
		}
	}
}

// filled checks the fills so far against price and quantity pairs.
func (r *run) filled(want ...int64) {
	r.t.Helper()
	if len(r.fills)*2 != len(want) {
		r.t.Fatalf("%d fills, want %d: %+v", len(r.fills), len(want)/2, r.fills)
	}
	for i := range r.fills {
		if int64(r.fills[i].Price) != want[2*i] || int64(r.fills[i].Qty) != want[2*i+1] {
			r.t.Fatalf("fill %d is %d at %d, want %d at %d", i, r.fills[i].Qty, r.fills[i].Price, want[2*i+1], want[2*i])
		}
	}
}

// ended checks the last event of an order.
func (r *run) ended(id exchange.OrderID, state exchange.State, code exchange.Code) {
	r.t.Helper()
	for i := len(r.said) - 1; i >= 0; i-- {
		if ev := r.said[i]; ev.Order == id {
			if ev.State != state || ev.Code != code {
				r.t.Fatalf("order %d ended %v (%v), want %v (%v)", id, ev.State, ev.Code, state, code)
			}
			return
		}
	}
	r.t.Fatalf("nothing was said about order %d", id)
}
