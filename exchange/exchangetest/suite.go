// Package exchangetest is the conformance suite that every exchange.Exchange passes,
// decorators included.
package exchangetest

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Fixture is an Exchange to examine, on an account that may trade.
type Fixture struct {
	Exchange   exchange.Exchange
	Instrument *exchange.Instrument
	// Price is near the market: for as long as the suite looks, the market stays within a
	// tenth of it, and at least 30 bars or trades come.
	Price money.Price
	// Qty is a size that fills within a few bars; the account can pay for 20 of it and
	// holds none of it in open orders.
	Qty money.Qty
}

// Run examines what make makes, a fresh one for each promise. The market must end with
// io.EOF.
func Run(t *testing.T, make func(t *testing.T) Fixture) {
	for _, p := range []struct {
		name string
		hold func(*exam)
	}{
		{"an accepted order has exactly one end", (*exam).oneEnd},
		{"an order is acknowledged before it fills", (*exam).acknowledged},
		{"a bad order is rejected in an event or refused by an error", (*exam).rejected},
		{"a cancelled order says so once and fills no more", (*exam).cancelled},
		{"an unknown order cannot be cancelled or amended", (*exam).unknown},
		{"an amendment is answered", (*exam).amended},
		{"a snapshot agrees with the events", (*exam).snapshot},
		{"the dead man's switch cancels, or is not supported", (*exam).deadMan},
		{"the end stays the end", (*exam).end},
	} {
		t.Run(p.name, func(t *testing.T) {
			f := make(t)
			w := NewWitness()
			w.Seq = true
			e := &exam{T: t, Fixture: f, w: w}
			p.hold(e)
			for e.next() {
			}
			e.unanswered()
		})
	}
}

// exam is one promise under examination.
type exam struct {
	*testing.T
	Fixture
	w    *Witness
	ids  exchange.OrderID
	now  exchange.Stamp
	ev   exchange.Event
	got  []exchange.Event // account events so far
	over bool
}

// next reads an event and holds it against the promises; false at the end.
func (e *exam) next() bool {
	e.Helper()
	if e.over {
		return false
	}
	err := e.Exchange.Next(context.Background(), &e.ev)
	if err == io.EOF {
		e.over = true
		return false
	}
	if err != nil {
		e.Fatal(err)
	}
	if err := e.w.See(&e.ev); err != nil {
		e.Fatal(err)
	}
	e.now = e.ev.Time
	switch e.ev.Kind {
	case exchange.KindOpen:
		e.Fatal("the opening of a bar is shown")
	case exchange.KindOrder, exchange.KindFill, exchange.KindSnapshot, exchange.KindBalance:
		e.got = append(e.got, e.ev)
	}
	return true
}

// market reads on to the next bar or trade.
func (e *exam) market() {
	e.Helper()
	for e.next() {
		if k := e.ev.Kind; k == exchange.KindBar || k == exchange.KindTrade {
			return
		}
	}
	e.Fatal("the fixture's market ended too early")
}

// wait reads on until the order is in a state.
func (e *exam) wait(id exchange.OrderID, s exchange.State) {
	e.Helper()
	for e.w.Order(id).State != s {
		if !e.next() {
			e.Fatalf("order %d is %v at the end, want %v", id, e.w.Order(id).State, s)
		}
	}
}

// submit hands over an order with the next id.
func (e *exam) submit(o exchange.Order) exchange.OrderID {
	e.Helper()
	e.ids++
	o.ID, o.Instrument, o.Sent = e.ids, e.Instrument.ID, e.now
	if o.Qty == 0 {
		o.Qty = e.Qty
	}
	e.w.Submitted(&o)
	if err := e.Exchange.Submit(&o); err != nil {
		e.Fatal(err)
	}
	return o.ID
}

// at is a price in percent of the market's, on the tick.
func (e *exam) at(percent int64) money.Price {
	p, _ := money.RoundTo(int64(e.Price)*percent/100, int64(e.Instrument.Tick), money.Down)
	return money.Price(p)
}

// far is a buy that rests.
func (e *exam) far() exchange.Order {
	return exchange.Order{Type: exchange.Limit, Side: exchange.Buy, Price: e.at(50)}
}

// unanswered finds what was handed over and never had an outcome.
func (e *exam) unanswered() {
	e.Helper()
	for id := exchange.OrderID(1); id <= e.ids; id++ {
		if k := e.w.Order(id); k != nil && k.State == exchange.Pending {
			e.Errorf("order %d was handed over and has no outcome", id)
		}
	}
}

func (e *exam) oneEnd() {
	e.market()
	bought := e.submit(exchange.Order{Type: exchange.Market, Side: exchange.Buy})
	limit := e.submit(exchange.Order{Type: exchange.Limit, Side: exchange.Buy, Price: e.at(120)})
	never := e.submit(exchange.Order{Type: exchange.Limit, Side: exchange.Buy, Price: e.at(50), TIF: exchange.IOC})
	e.wait(bought, exchange.Filled)
	e.wait(limit, exchange.Filled)
	e.wait(never, exchange.Cancelled)
	sold := e.submit(exchange.Order{Type: exchange.Market, Side: exchange.Sell, Qty: 2 * e.Qty})
	e.wait(sold, exchange.Filled)
	for e.next() {
	}
	for id := bought; id <= sold; id++ {
		if k := e.w.Order(id); k.Ends != 1 {
			e.Errorf("order %d ended %d times", id, k.Ends)
		}
	}
}

func (e *exam) acknowledged() {
	e.market()
	id := e.submit(exchange.Order{Type: exchange.Market, Side: exchange.Buy})
	e.wait(id, exchange.Filled) // the witness refuses a fill of a pending order
	first := e.got[0]
	for _, ev := range e.got {
		if ev.Order == id {
			first = ev
			break
		}
	}
	if first.Kind != exchange.KindOrder || first.Op != exchange.OpSubmit || first.State != exchange.Working {
		e.Errorf("the first word about the order is %v %v", first.Kind, first.State)
	}
}

func (e *exam) rejected() {
	e.market()
	for _, o := range []exchange.Order{
		{Type: exchange.Limit, Side: exchange.Buy, Qty: e.Qty},                        // no price
		{Type: exchange.Market, Side: exchange.Buy, Qty: -e.Qty},                      // no quantity
		{Type: exchange.Limit, Side: exchange.Buy, Qty: 1 << 52, Price: e.at(50)},     // no funds
		{Type: exchange.StopLoss, Side: exchange.Sell, Qty: e.Qty, PostOnly: true},    // no trigger
		{Type: exchange.Market, Side: exchange.Buy, Qty: e.Qty, Display: e.Qty},       // no iceberg
		{Type: exchange.Limit, Side: exchange.Buy, Qty: e.Qty, Price: 1, Trigger: 10}, // no stop
	} {
		e.ids++
		o.ID, o.Instrument, o.Sent = e.ids, e.Instrument.ID, e.now
		if err := e.Exchange.Submit(&o); err != nil {
			continue
		}
		e.w.Submitted(&o)
		e.wait(o.ID, exchange.Rejected)
	}
}

func (e *exam) cancelled() {
	e.market()
	id := e.submit(e.far())
	e.wait(id, exchange.Working)
	if err := e.Exchange.Cancel(id); err != nil {
		e.Fatal(err)
	}
	e.wait(id, exchange.Cancelled)
	last := e.got[len(e.got)-1]
	if last.Op != exchange.OpCancel || last.Code != exchange.CodeUserRequested || last.Remaining != e.Qty {
		e.Errorf("the cancellation says %+v", last)
	}
	// A cancellation on the heels of its order, and one too many.
	id = e.submit(e.far())
	for range 2 {
		if err := e.Exchange.Cancel(id); err != nil {
			e.Fatal(err)
		}
	}
	e.wait(id, exchange.Cancelled)
	e.refusal(id)
}

// refusal reads on to a CodeUnknownOrder about an order.
func (e *exam) refusal(id exchange.OrderID) {
	e.Helper()
	for e.next() {
		if e.ev.Kind == exchange.KindOrder && e.ev.Order == id {
			if e.ev.Code != exchange.CodeUnknownOrder {
				e.Errorf("order %d is answered with %v %q", id, e.ev.State, e.ev.Code)
			}
			return
		}
	}
	e.Errorf("a command about unknown order %d was handed over and has no outcome", id)
}

func (e *exam) unknown() {
	e.market()
	const stranger = 4_000_000
	switch err := e.Exchange.Cancel(stranger); {
	case err == nil:
		e.refusal(stranger)
	case errors.Is(err, exchange.ErrUnknown):
		e.Errorf("certainly not handed over, but %v", err)
	}
	if err := e.Exchange.Amend(&exchange.Amend{Order: stranger, Qty: e.Qty, Sent: e.now}); err == nil {
		e.refusal(stranger)
	}
}

func (e *exam) amended() {
	e.market()
	id := e.submit(e.far())
	e.wait(id, exchange.Working)
	if err := e.Exchange.Amend(&exchange.Amend{Order: id, Price: e.at(60), Qty: 2 * e.Qty, Sent: e.now}); err != nil {
		e.Fatal(err)
	}
	for e.next() {
		if e.ev.Kind == exchange.KindOrder && e.ev.Op == exchange.OpAmend {
			break
		}
	}
	if e.over || e.ev.Code != exchange.CodeAmended || e.ev.Price != e.at(60) || e.ev.Qty != 2*e.Qty || e.ev.Remaining != 2*e.Qty {
		e.Fatalf("the amendment is answered with %+v", e.ev)
	}
	if err := e.Exchange.Cancel(id); err != nil {
		e.Fatal(err)
	}
	e.wait(id, exchange.Cancelled)
}

// refresh asks for a snapshot and reads on to it.
func (e *exam) refresh() *exchange.Snapshot {
	e.Helper()
	if err := e.Exchange.Refresh(); err != nil {
		e.Fatal(err)
	}
	for e.next() {
		if e.ev.Kind == exchange.KindSnapshot {
			return e.ev.Detail.Snapshot
		}
	}
	e.Fatal("Refresh has no outcome")
	return nil
}

func (e *exam) snapshot() {
	e.market()
	before := e.refresh()
	bought := e.submit(exchange.Order{Type: exchange.Market, Side: exchange.Buy})
	resting := e.submit(e.far())
	e.wait(bought, exchange.Filled)
	e.wait(resting, exchange.Working)
	after := e.refresh()
	want := map[exchange.AssetID]money.Amount{}
	for _, b := range before.Balances {
		want[b.Asset] = b.Total
	}
	fills := 0
	for _, ev := range e.got {
		if ev.Kind != exchange.KindFill {
			continue
		}
		fills++
		base, _ := e.Instrument.BaseAmount(ev.Qty)
		want[e.Instrument.Base] += base
		want[e.Instrument.Quote] -= ev.Cost
		want[ev.FeeAsset] -= ev.Fee
	}
	for _, b := range after.Balances {
		if b.Total != want[b.Asset] || b.Hold < 0 || b.Hold > b.Total {
			e.Errorf("the snapshot has %d (hold %d) of asset %d, the fills give %d", b.Total, b.Hold, b.Asset, want[b.Asset])
		}
	}
	if len(after.Orders) != 1 || after.Orders[0].Order.ID != resting || after.Orders[0].Filled != 0 {
		e.Errorf("the snapshot has the open orders %+v, want order %d", after.Orders, resting)
	}
	if len(after.Fills) < fills {
		e.Errorf("the snapshot repeats %d of %d fills", len(after.Fills), fills)
	}
}

func (e *exam) deadMan() {
	e.market()
	id := e.submit(e.far())
	e.wait(id, exchange.Working)
	err := e.Exchange.CancelAllAfter(time.Second)
	if errors.Is(err, exchange.ErrUnsupported) {
		return
	}
	if err != nil {
		e.Fatal(err)
	}
	e.wait(id, exchange.Cancelled)
	if last := e.got[len(e.got)-1]; last.Code != exchange.CodeDeadMan {
		e.Errorf("the dead man's switch says %+v", last)
	}
}

func (e *exam) end() {
	e.market()
	e.submit(e.far())
	for e.next() {
	}
	for range 3 {
		if err := e.Exchange.Next(context.Background(), &e.ev); err != io.EOF {
			e.Fatalf("after the end comes %v", err)
		}
	}
}
