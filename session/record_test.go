package session

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/strategy"
	"breakwater/strategy/engine"
)

func TestWhatIsPackedIsUnpackedAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := func(name string) int64 {
			return rapid.OneOf(rapid.Just(int64(0)), rapid.Int64(), rapid.Int64Range(-1, 100)).Draw(t, name)
		}
		small := func(name string) uint8 { return rapid.Uint8Range(0, 40).Draw(t, name) }
		ev := exchange.Event{
			Seq: uint64(n("seq")), Time: exchange.Stamp(n("time")), Received: exchange.Stamp(n("received")), Interval: time.Duration(n("interval")),
			Kind: exchange.Kind(small("kind")), Side: exchange.Side(small("side")), State: exchange.State(small("state")), Op: exchange.Op(small("op")),
			Liquidity: exchange.Liquidity(small("liquidity")), Status: exchange.Status(small("status")), Last: rapid.Bool().Draw(t, "last"),
			Matched: rapid.Bool().Draw(t, "matched"), Code: exchange.Code(small("code")), Source: uint16(small("source")), Account: exchange.AccountID(small("account")),
			Instrument: exchange.InstrumentID(rapid.Int32().Draw(t, "instrument")), FeeAsset: exchange.AssetID(rapid.Int32().Draw(t, "asset")),
			Open: money.Price(n("open")), High: money.Price(n("high")), Low: money.Price(n("low")), Price: money.Price(n("price")), Qty: money.Qty(n("qty")),
			AskPrice: money.Price(n("ask")), AskQty: money.Qty(n("ask qty")), Count: n("count"), Order: exchange.OrderID(n("order")), TradeID: uint64(n("trade")),
			Remaining: money.Qty(n("remaining")), Cost: money.Amount(n("cost")), Fee: money.Amount(n("fee")),
		}
		if rapid.Bool().Draw(t, "snapshot") {
			ev.Detail = &exchange.Detail{Snapshot: &exchange.Snapshot{Balances: []exchange.Balance{{Asset: 1, Total: money.Amount(n("total"))}}}}
		}
		var got exchange.Event
		if err := unpackEvent(packEvent(nil, &ev), &got); err != nil || !cmp.Equal(ev, got) {
			t.Fatalf("%v: %s", err, cmp.Diff(ev, got))
		}
		o := exchange.Order{
			ID: exchange.OrderID(n("id")), Instrument: exchange.InstrumentID(small("order instrument")), Slot: exchange.SlotID(small("slot")), Signal: uint64(n("signal")),
			Side: exchange.Side(small("order side")), Type: exchange.OrderType(small("type")), TIF: exchange.TimeInForce(small("tif")), STP: exchange.SelfTrade(small("stp")),
			PostOnly: rapid.Bool().Draw(t, "post"), ReduceOnly: rapid.Bool().Draw(t, "reduce"), FeeInBase: rapid.Bool().Draw(t, "fee in base"),
			Qty: money.Qty(n("order qty")), Cash: money.Amount(n("cash")), CashStep: money.Qty(n("step")), Display: money.Qty(n("display")), Price: money.Price(n("limit")),
			Trigger: money.Price(n("trigger")), Trail: money.Price(n("trail")), TrailPPM: n("ppm"), LimitOffset: money.Price(n("offset")), Sent: exchange.Stamp(n("sent")),
			Expire: exchange.Stamp(n("expire")), Deadline: exchange.Stamp(n("deadline")), Decision: money.Price(n("decision")),
			Close: exchange.ConditionalClose{On: rapid.Bool().Draw(t, "close"), Type: exchange.OrderType(small("close type")), Price: money.Price(n("close price")), Trigger: money.Price(n("close trigger")), Trail: money.Price(n("close trail")), TrailPPM: n("close ppm")},
		}
		var order exchange.Order
		if err := unpackOrder(packOrder(nil, &o), &order); err != nil || o != order {
			t.Fatalf("%v: %s", err, cmp.Diff(o, order))
		}
		a := exchange.Amend{Order: o.ID, Qty: o.Qty, Display: o.Display, Price: o.Price, Trigger: o.Trigger, Sent: o.Sent, Deadline: o.Deadline}
		var amend exchange.Amend
		if err := unpackAmend(packAmend(nil, &a), &amend); err != nil || a != amend {
			t.Fatalf("%v: %s", err, cmp.Diff(a, amend))
		}
	})
}

// A file of anything is read to an end, without a panic.
func FuzzRecordReader(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("Hx"))
	f.Fuzz(func(t *testing.T, content []byte) {
		in := &recordReader{r: bufio.NewReader(bytes.NewReader(content))}
		for {
			kind, body, err := in.next()
			if err != nil {
				if err != io.EOF && err != errTorn && err != errDamaged {
					t.Fatal(err)
				}
				return
			}
			var e exchange.Event
			var o exchange.Order
			switch kind {
			case entryEvent:
				_ = unpackEvent(body, &e)
			case entryOrder:
				_ = unpackOrder(body, &o)
			}
		}
	})
}

func goodPlan(t *testing.T) *plan {
	t.Helper()
	c, err := Load("testdata/good.yaml")
	ok(t, err)
	p, err := c.plan()
	ok(t, err)
	return p
}

// moment is the venue after a whole entry of its record.
type moment struct {
	size int64
	now  exchange.Stamp
	cad  exchange.Balance
	xbt  exchange.Balance
}

func momentOf(v *simulated, p *plan) moment {
	in := &p.catalog.Instruments[0]
	return moment{v.rec.size, v.venue.Now(), v.venue.Balance(0, in.Quote), v.venue.Balance(0, in.Base)}
}

// drive trades by a fixed rule, and notes the venue after each entry.
func drive(t *testing.T, v *simulated, p *plan, bars int) (moments []moment) {
	t.Helper()
	id := exchange.OrderID(0)
	note := func(err error) {
		t.Helper()
		ok(t, err)
		moments = append(moments, momentOf(v, p))
	}
	note(v.Refresh())
	for n := 0; n < bars; {
		var ev exchange.Event
		note(v.Next(context.Background(), &ev))
		if ev.Kind != exchange.KindBar {
			continue
		}
		n++
		if n%3 == 0 {
			id++
			o := exchange.Order{ID: id, Side: exchange.Buy, Type: exchange.Limit, Qty: 30_000, Price: ev.Price * 101 / 100, Sent: ev.Time}
			if id%4 == 0 {
				o.Price = ev.Price * 90 / 100 // rests
			}
			note(v.Submit(&o))
		}
		if n%10 == 0 {
			note(v.Cancel(id))
			note(v.CancelAllAfter(time.Hour))
		}
		if n%7 == 0 {
			v.WakeAt(ev.Time.Add(20 * time.Second))
			moments = append(moments, momentOf(v, p))
		}
	}
	return moments
}

func TestVenueIsFoundAsItWasAtEveryCutOfItsRecord(t *testing.T) {
	p := goodPlan(t)
	dir := t.TempDir()
	v, lives, err := openVenue(p, dir, false, 3, time.Unix(0, 0))
	ok(t, err)
	if lives != 0 {
		t.Errorf("%d lives before the first", lives)
	}
	first := momentOf(v, p)
	moments := append([]moment{first}, drive(t, v, p, 40)...)
	ok(t, v.Close())
	content, err := os.ReadFile(filepath.Join(dir, recordName))
	ok(t, err)
	if last := moments[len(moments)-1]; last.size != int64(len(content)) || last.cad == first.cad || last.xbt == first.xbt {
		t.Fatalf("the venue has not traded: %+v, %d bytes", last, len(content))
	}
	for cut := first.size; cut <= int64(len(content)); cut++ {
		want := first
		for _, m := range moments {
			if m.size <= cut {
				want = m
			}
		}
		again := t.TempDir()
		ok(t, os.WriteFile(filepath.Join(again, recordName), content[:cut], 0o600))
		v, lives, err := openVenue(goodPlan(t), again, false, 3, time.Unix(1, 0))
		if err != nil {
			t.Fatalf("cut at byte %d: %v", cut, err)
		}
		got := momentOf(v, p)
		got.size = want.size // the new life is on record already
		if lives != 1 || got != want {
			t.Fatalf("cut at byte %d, after %d lives: %+v, want %+v", cut, lives, got, want)
		}
		ok(t, v.Close())
	}
}

func TestDamagedRecordIsRefused(t *testing.T) {
	dir := t.TempDir()
	p := goodPlan(t)
	v, _, err := openVenue(p, dir, false, 3, time.Unix(0, 0))
	ok(t, err)
	drive(t, v, p, 5)
	ok(t, v.Close())
	path := filepath.Join(dir, recordName)
	content, err := os.ReadFile(path)
	ok(t, err)
	for at := 0; at < len(content)-200; at += 7 {
		bad := bytes.Clone(content)
		bad[at] ^= 0x10
		ok(t, os.WriteFile(path, bad, 0o600))
		v, _, err := openVenue(goodPlan(t), dir, false, 3, time.Unix(1, 0))
		if err == nil {
			v.Close()
			t.Errorf("a flipped bit in byte %d of %d is not seen", at, len(content))
		}
	}
}

// What the venue said after the cut is lost, and the snapshot tells it.
func TestNewConnectionBeginsWithPricesAndSnapshot(t *testing.T) {
	p := goodPlan(t)
	dir := t.TempDir()
	v, _, err := openVenue(p, dir, false, 3, time.Unix(0, 0))
	ok(t, err)
	drive(t, v, p, 20)
	total := v.venue.Balance(0, p.catalog.Instruments[0].Base).Total
	ok(t, v.Close())
	v, _, err = openVenue(goodPlan(t), dir, false, 3, time.Unix(1, 0))
	ok(t, err)
	defer v.Close()
	ok(t, v.Refresh())
	var ev exchange.Event
	ok(t, v.Next(context.Background(), &ev))
	if ev.Kind != exchange.KindTrade || ev.Price <= 0 {
		t.Errorf("first comes a %v at %d, want a price", ev.Kind, ev.Price)
	}
	for ev.Kind != exchange.KindSnapshot {
		ok(t, v.Next(context.Background(), &ev))
		switch ev.Kind {
		case exchange.KindOrder, exchange.KindFill: // what was on its way
		case exchange.KindSnapshot:
		default:
			t.Fatalf("a %v comes before the snapshot", ev.Kind)
		}
	}
	for _, b := range ev.Detail.Snapshot.Balances {
		if b.Asset == p.catalog.Instruments[0].Base && b.Total != total {
			t.Errorf("the snapshot has %d, the venue had %d", b.Total, total)
		}
	}
}

// What the venue said and nobody took went with the connection.
func TestUntakenOutcomesAreLost(t *testing.T) {
	p, dir := goodPlan(t), t.TempDir()
	v, _, err := openVenue(p, dir, false, 0, time.Unix(0, 0))
	ok(t, err)
	ok(t, v.Refresh())
	var ev exchange.Event
	for sent := false; ev.Kind != exchange.KindOrder; {
		ok(t, v.Next(context.Background(), &ev))
		if ev.Kind == exchange.KindBar && !sent {
			sent = true
			ok(t, v.Submit(&exchange.Order{ID: 1, Side: exchange.Buy, Type: exchange.Limit, TIF: exchange.IOC, Qty: 30_000, Price: ev.Price * 102 / 100, Sent: ev.Time}))
		}
	}
	if v.venue.Balance(0, p.catalog.Instruments[0].Base).Total == 0 {
		t.Fatal("the order has not filled at the venue yet; the test needs another market")
	}
	ok(t, v.Close())
	v, _, err = openVenue(goodPlan(t), dir, false, 0, time.Unix(1, 0))
	ok(t, err)
	defer v.Close()
	ok(t, v.Refresh())
	for ev.Kind != exchange.KindSnapshot {
		ok(t, v.Next(context.Background(), &ev))
		if ev.Kind == exchange.KindFill {
			t.Error("the fill comes by itself; only the snapshot should tell it")
		}
	}
	if len(ev.Detail.Snapshot.Fills) != 1 {
		t.Errorf("the snapshot tells %d fills", len(ev.Detail.Snapshot.Fills))
	}
}

// An outcome of the market going on must not overtake the fills that were missed: after it
// they would count as seen, or belong to an order that has ended. Nor is an answer to the
// session before an answer to this one.
func TestOutcomesAndOldAnswersDoNotOvertakeMissedFills(t *testing.T) {
	slow := func() *plan {
		p := goodPlan(t)
		p.model.Latency = 3 * time.Minute // an answer takes longer than a bar
		return p
	}
	p, dir := slow(), t.TempDir()
	v, _, err := openVenue(p, dir, false, 0, time.Unix(0, 0))
	ok(t, err)
	drive(t, v, p, 40)
	ok(t, v.Refresh()) // nobody takes this answer
	var ev exchange.Event
	resting := exchange.OrderID(0)
	for resting == 0 {
		ok(t, v.Next(context.Background(), &ev))
		if ev.Kind == exchange.KindBar {
			resting = 1000
			ok(t, v.Submit(&exchange.Order{ID: resting, Side: exchange.Buy, Type: exchange.Limit, TIF: exchange.IOC, Qty: 30_000, Price: ev.Price * 102 / 100, Sent: ev.Time}))
		}
	}
	ok(t, v.Refresh())
	ok(t, v.Close())
	v, _, err = openVenue(slow(), dir, false, 0, time.Unix(1, 0))
	ok(t, err)
	defer v.Close()
	v.seen = []uint64{1}
	ok(t, v.Refresh())
	asked := v.venue.Now()
	last, snapshots := uint64(1), 0
	for snapshots == 0 {
		ok(t, v.Next(context.Background(), &ev))
		switch ev.Kind {
		case exchange.KindFill:
			if ev.TradeID != last+1 {
				t.Errorf("after trade %d comes %d", last, ev.TradeID)
			}
			last, v.seen[0] = ev.TradeID, ev.TradeID
		case exchange.KindOrder:
			if last == 1 {
				t.Errorf("the outcome of order %d comes before the fills that were missed", ev.Order)
			}
		case exchange.KindSnapshot:
			snapshots++
			if ev.Time < asked.Add(p.model.Latency) {
				t.Errorf("an answer of %v was asked for by the session before; this one asked at %v", ev.Time, asked)
			}
		}
	}
	fills := ev.Detail.Snapshot.Fills
	if n := len(fills); last != fills[n-1].TradeID || fills[n-1].Order != resting {
		t.Errorf("told until trade %d, the venue has %d of order %d", last, fills[n-1].TradeID, fills[n-1].Order)
	}
}

// A session that was away is told its fills one by one, and then a snapshot that also has
// what it sent in answer.
func TestMissedFillsComeBeforeTheSnapshot(t *testing.T) {
	p, dir := goodPlan(t), t.TempDir()
	v, _, err := openVenue(p, dir, false, 0, time.Unix(0, 0))
	ok(t, err)
	drive(t, v, p, 40)
	ok(t, v.Close())
	v, _, err = openVenue(goodPlan(t), dir, false, 0, time.Unix(1, 0))
	ok(t, err)
	defer v.Close()
	v.seen = []uint64{1} // all but the first are news
	ok(t, v.Refresh())
	var ev exchange.Event
	answered := exchange.OrderID(1000)
	fills := 0
	for last := uint64(1); ev.Kind != exchange.KindSnapshot; {
		ok(t, v.Next(context.Background(), &ev))
		if ev.Kind != exchange.KindFill {
			continue
		}
		if ev.TradeID != last+1 {
			t.Errorf("after trade %d comes %d", last, ev.TradeID)
		}
		last, v.seen[0] = ev.TradeID, ev.TradeID
		if fills++; fills <= 2 {
			answered++
			ok(t, v.Submit(&exchange.Order{ID: answered, Side: exchange.Buy, Type: exchange.Limit, Qty: 30_000, Price: ev.Price / 2, Sent: ev.Time}))
		}
	}
	snap := ev.Detail.Snapshot
	for id := exchange.OrderID(1001); id <= answered; id++ {
		if !slices.ContainsFunc(snap.Orders, func(o exchange.OpenOrder) bool { return o.Order.ID == id }) {
			t.Errorf("the snapshot lacks order %d, which was sent before it", id)
		}
	}
	if fills < 3 || answered != 1002 {
		t.Errorf("only %d fills were told", fills)
	}
}

// warmBars counts the bars that it is shown while it may not act.
type warmBars struct {
	need, seen int
	last       exchange.Stamp
}

func (w *warmBars) WarmUp() int { return w.need }

func (w *warmBars) OnBar(ctx *strategy.Context, bar strategy.Bar) {
	w.seen++
	if bar.Time <= w.last || ctx.Price() != bar.Close {
		panic("a bar out of order, or without its price")
	}
	w.last = bar.Time
	if ctx.Buy(1) != 0 || ctx.Enter(1) != 0 || ctx.Position().Qty != 0 {
		panic("it could act while it warms up")
	}
}

func TestStrategiesAreWarmAfterARestart(t *testing.T) {
	for _, c := range []struct{ need, ran, seen, rest int }{{3, 20, 3, 0}, {3, 2, 2, 1}, {0, 20, 0, 0}} {
		p, dir := goodPlan(t), t.TempDir()
		v, _, err := openVenue(p, dir, false, c.need, time.Unix(0, 0))
		ok(t, err)
		drive(t, v, p, c.ran)
		end := v.venue.Now()
		ok(t, v.Close())
		v, _, err = openVenue(goodPlan(t), dir, false, c.need, time.Unix(1, 0))
		ok(t, err)
		s := &warmBars{need: c.need}
		slots := []engine.Slot{{Strategy: s, Instruments: []exchange.InstrumentID{0}, Interval: time.Minute}}
		v.warm(p, slots)
		if s.seen != c.seen || warmUps(slots) != c.rest || c.seen > 0 && s.last != end {
			t.Errorf("%+v: it saw %d bars, the last at %v of %v, and waits for %d more", c, s.seen, s.last, end, warmUps(slots))
		}
		ok(t, v.Close())
	}
}

func TestOtherMarketThanOnRecordIsRefused(t *testing.T) {
	dir := t.TempDir()
	v, _, err := openVenue(goodPlan(t), dir, false, 3, time.Unix(0, 0))
	ok(t, err)
	ok(t, v.Close())
	for name, change := range map[string]func(p *plan){
		"seed":    func(p *plan) { p.market.synth.Seed++ },
		"cash":    func(p *plan) { p.cash++ },
		"latency": func(p *plan) { p.model.Latency++ },
		"fee":     func(p *plan) { p.config.Account.Fee = "0.1%" },
	} {
		p := goodPlan(t)
		change(p)
		if v, _, err := openVenue(p, dir, false, 3, time.Unix(1, 0)); !errors.Is(err, ErrRefused) {
			t.Errorf("another %s: %v", name, err)
			if v != nil {
				v.Close()
			}
		}
	}
}

func TestForeignFileIsNoRecord(t *testing.T) {
	for i, content := range []string{"hello, world: this is no record", fmt.Sprintf("%c%c{}%s", entryHeader, 2, "\x00\x00\x00\x00")} {
		dir := t.TempDir()
		path := filepath.Join(dir, recordName)
		ok(t, os.WriteFile(path, []byte(content), 0o600))
		v, _, err := openVenue(goodPlan(t), dir, false, 3, time.Unix(0, 0))
		if err == nil {
			v.Close()
			t.Errorf("%d: a foreign file is taken", i)
		}
		if left, err := os.ReadFile(path); err != nil || string(left) != content {
			t.Errorf("%d: the file was changed: %q, %v", i, left, err)
		}
	}
}
