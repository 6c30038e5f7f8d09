package chaos_test

import (
	"slices"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
)

const start = exchange.Stamp(1_700_000_000_000_000_000)

func inject(t *testing.T, text string) *chaos.Injector {
	t.Helper()
	p, err := chaos.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	x, err := chaos.NewInjector(p, start)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestACallFaultStrikesAsOftenAsItSays(t *testing.T) {
	for text, want := range map[string]int{
		"- {at: 10s, on: AddOrder, do: drop}":                         1,
		"- {at: 10s, on: AddOrder, do: drop, times: 3}":               3,
		"- {at: 10s, on: AddOrder, do: drop, for: 5s}":                5,
		"- {at: 10s, on: AddOrder, do: drop, for: 5s, times: 2}":      2,
		"- {at: 10s, on: AddOrder, do: drop, for: 5s, times: 9}":      5,
		"- {at: 10s, on: CancelOrder, do: drop, for: 5s}":             0,
		"- {at: 10s, do: drop, for: 5s}":                              5,
		"- {at: 10s, after: fill 2, on: AddOrder, do: drop, for: 5s}": 5,
		"- {at: 25s, after: fill 2, on: AddOrder, do: drop, for: 5s}": 0,
	} {
		x := inject(t, text)
		n := 0
		for i := range 60 {
			x.Advance(start.Add(time.Duration(i) * time.Second))
			if i == 5 || i == 20 || i == 30 {
				x.Reach(chaos.Filled)
			}
			if r := x.Strike(chaos.HTTP, chaos.AddOrder, ""); r != nil {
				if n++; i < 10 {
					t.Errorf("%s strikes after %d s", text, i)
				}
			}
		}
		if n != want || x.Fired(0) != want || len(x.Log()) != want || (len(x.NeverFired()) == 0) != (want > 0) {
			t.Errorf("%s strikes %d times (%d counted), want %d", text, n, x.Fired(0), want)
		}
	}
}

func TestAStateHoldsForItsTimeAndForItsPair(t *testing.T) {
	x := inject(t, "- {at: 10s, do: wick, pair: XBT/CAD, pct: -50%, for: 5s}\n- {at: 12s, do: disconnect}\n- {at: 1m, do: halt}")
	var on []int
	for i := range 20 {
		x.Advance(start.Add(time.Duration(i) * time.Second))
		if x.Holds(chaos.Wick, "", "ETH/CAD") != nil {
			t.Error("it holds for another pair")
		}
		if x.Holds(chaos.Wick, "", "XBT/CAD") != nil {
			on = append(on, i)
		}
		if (x.Holds(chaos.Disconnect, "", "") != nil) != (i >= 12) {
			t.Errorf("after %d s disconnect is not as it says", i)
		}
	}
	if !slices.Equal(on, []int{10, 11, 12, 13, 14}) || x.Fired(0) != 1 || x.FirstFired(0) != start.Add(10*time.Second) || x.EndOf(0) != start.Add(15*time.Second) {
		t.Errorf("it holds at %v, fired %d times, first %v, to %v", on, x.Fired(0), x.FirstFired(0), x.EndOf(0))
	}
	if !slices.Equal(x.NeverFired(), []int{2}) {
		t.Errorf("never fired: %v", x.NeverFired())
	}
	x.Heal()
	if x.Holds(chaos.Disconnect, "", "") != nil || x.NextDue() != exchange.Never {
		t.Error("it holds after it is healed")
	}
}

func TestActsHappenAtTheirInstants(t *testing.T) {
	x := inject(t, "- {at: 20s, do: touch-kill}\n- {at: 10s, do: rm-kill, times: 3, every: 10s}\n- {do: crash, after: journal-append 2, restart-after: 5s}")
	var got []string
	for due := x.NextDue(); due != exchange.Never; due = x.NextDue() {
		x.Advance(due)
		for r := x.Take(chaos.Ops); r != nil; r = x.Take(chaos.Ops) {
			got = append(got, due.Sub(start).String()+" "+r.Do.String())
		}
	}
	if want := []string{"10s rm-kill", "20s touch-kill", "20s rm-kill", "30s rm-kill"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	x.Reach(chaos.JournalAppend)
	if x.Take(chaos.Proc) != nil {
		t.Error("it crashes a record early")
	}
	x.Reach(chaos.JournalAppend)
	if r := x.Take(chaos.Proc); r == nil || r.RestartAfter != 5*time.Second || x.Take(chaos.Proc) != nil {
		t.Errorf("the crash is %v", r)
	}
	x.Reach(chaos.JournalAppend)
	if x.Take(chaos.Proc) != nil {
		t.Error("it crashes twice")
	}
}

func TestNextDueTellsWhenAStateBeginsAndEnds(t *testing.T) {
	x := inject(t, "- {at: 10s, do: skew, by: 3s, for: 5s}\n- {at: 11s, on: AddOrder, do: drop}")
	var at []time.Duration
	for due := x.NextDue(); due != exchange.Never; due = x.NextDue() {
		x.Advance(due)
		at = append(at, due.Sub(start))
	}
	if want := []time.Duration{10 * time.Second, 11 * time.Second, 15 * time.Second}; !slices.Equal(at, want) {
		t.Errorf("due at %v, want %v", at, want)
	}
}
