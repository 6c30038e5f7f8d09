package sim

import (
	"context"
	"errors"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func TestBeatComesExactlyWhenAskedForAndNotOtherwise(t *testing.T) {
	r := start1(t, IdealModel(), FixedFees(0, 0), flat().bar(1, 10000, 10000, 10000, 10000, one).bar(2, 10000, 10000, 10000, 10000, one))
	var ev exchange.Event
	expect := func(k exchange.Kind, at exchange.Stamp) {
		t.Helper()
		if !r.one(&ev) || ev.Kind != k || ev.Time != at {
			t.Fatalf("got %v at %v, want %v at %v", ev.Kind, ev.Time, k, at)
		}
	}
	r.WakeAt(t0.Add(minute)) // the instant of the first close: the bar comes first
	expect(exchange.KindBar, t0.Add(minute))
	expect(exchange.KindBeat, t0.Add(minute))
	r.WakeAt(t0.Add(90 * time.Second))
	r.WakeAt(t0.Add(100 * time.Second)) // replaces the earlier one
	expect(exchange.KindBeat, t0.Add(100*time.Second))
	expect(exchange.KindBar, t0.Add(2*minute))
	r.WakeAt(t0.Add(130 * time.Second))
	r.WakeAt(exchange.Never)
	expect(exchange.KindBar, t0.Add(3*minute))
	r.feed = new(list).bar(5, 10000, 10000, 10000, 10000, one)
	r.Replay.ended = false
	r.WakeAt(t0) // long past: now
	expect(exchange.KindBeat, t0.Add(3*minute))
	expect(exchange.KindBar, t0.Add(6*minute))
}

func TestOrderOfABeatAtTheInstantOfAnOpeningIsThereForIt(t *testing.T) {
	r := start1(t, DefaultModel(), FixedFees(0, 0), flat().bar(1, 10100, 10100, 10100, 10100, 100*one).bar(3, 10300, 10300, 10300, 10300, 100*one))
	var ev exchange.Event
	for _, at := range []time.Duration{minute, 3 * minute} {
		r.WakeAt(t0.Add(at))
		for r.one(&ev) && ev.Kind != exchange.KindBeat {
		}
		r.send(buy(one))
	}
	r.bars(-1)
	if len(r.fills) != 2 || r.fills[0].Time != t0.Add(minute) || r.fills[1].Time != t0.Add(3*minute) {
		t.Fatalf("fills: %+v", r.fills)
	}
}

func TestBeatAndVenueTakeTurnsByTime(t *testing.T) {
	r := start1(t, DefaultModel(), FixedFees(0, 0), flat().bar(5, 10000, 10000, 10000, 10000, one))
	r.bars(1)
	r.send(limit(exchange.Buy, 1, 9000))
	r.WakeAt(t0.Add(minute + 100*time.Millisecond))
	var ev exchange.Event
	var got []exchange.Kind
	for r.one(&ev) {
		got = append(got, ev.Kind)
	}
	if len(got) != 3 || got[0] != exchange.KindBeat || got[1] != exchange.KindOrder || got[2] != exchange.KindBar {
		t.Fatalf("order of events: %v", got)
	}
}

func TestErrorOfTheFeedIsReturnedAsItIs(t *testing.T) {
	broken := errors.New("line 7 is broken")
	feed := flat()
	feed.err = broken
	r := start1(t, DefaultModel(), FixedFees(0, 0), feed)
	r.bars(1)
	r.send(buy(1))
	var ev exchange.Event
	for range 2 {
		if err := r.Next(context.Background(), &ev); err != broken {
			t.Fatalf("got %v", err)
		}
	}
}

func TestFillsOfABarComeBeforeTheBar(t *testing.T) {
	r := start1(t, IdealModel(), FixedFees(0, 0), flat().bar(1, 10000, 10000, 9000, 9500, one))
	r.bars(1)
	r.send(limit(exchange.Buy, 10, 9500))
	var ev exchange.Event
	var got []exchange.Kind
	for r.one(&ev) {
		got = append(got, ev.Kind)
		if ev.Kind == exchange.KindBar && (ev.Open != 10000 || ev.Low != 9000 || ev.Price != 9500 || !ev.Last) {
			t.Fatalf("the bar is %+v", ev)
		}
	}
	if len(got) != 3 || got[0] != exchange.KindOrder || got[1] != exchange.KindFill || got[2] != exchange.KindBar {
		t.Fatalf("order of events: %v", got)
	}
}

func TestDeadMansSwitchOfADayOrMoreIsRefused(t *testing.T) {
	r := start1(t, DefaultModel(), FixedFees(0, 0), flat())
	for _, d := range []time.Duration{-1, 24 * time.Hour} {
		if err := r.CancelAllAfter(d); !errors.Is(err, exchange.ErrRejected) {
			t.Errorf("%v: %v", d, err)
		}
	}
}

// No price of a bar's future shows in a fill at its opening.
func TestFillAtAnOpeningDoesNotDependOnTheBarsRange(t *testing.T) {
	model := DefaultModel()
	model.Latency = 10 * time.Second
	fill := func(high, low, close money.Price) exchange.Event {
		r := start1(t, model, FixedFees(0, 0), new(list).bar(0, 10000, 10200, 9800, 10000, 100*one).bar(1, 10000, high, low, close, 100*one))
		r.bars(1)
		r.send(buy(one))
		r.bars(1)
		return r.fills[0]
	}
	want := fill(10000, 10000, 10000)
	if want.Price <= 10000 {
		t.Fatalf("no drift in %d", want.Price)
	}
	if got := fill(20000, 5000, 7000); got != want {
		t.Fatalf("got %+v, want %+v", got, want)
	}
}
