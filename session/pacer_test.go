package session

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"breakwater/exchange"
)

// stream is a replay of given events that sends a beat when asked for one in between.
type stream struct {
	exchange.Exchange
	events []exchange.Event
	wake   exchange.Stamp
}

func (s *stream) WakeAt(t exchange.Stamp) { s.wake = t }

func (s *stream) Next(_ context.Context, ev *exchange.Event) error {
	if len(s.events) == 0 {
		return io.EOF
	}
	if s.wake < s.events[0].Time {
		*ev = exchange.Event{Kind: exchange.KindBeat, Time: s.wake}
		s.wake = exchange.Never
		return nil
	}
	*ev, s.events = s.events[0], s.events[1:]
	return nil
}

func bars(times ...exchange.Stamp) *stream {
	s := &stream{wake: exchange.Never}
	for _, t := range times {
		s.events = append(s.events, exchange.Event{Kind: exchange.KindBar, Time: t})
	}
	return s
}

// play takes everything, and notes the real time at which each event came.
func play(t *testing.T, p *Pacer) (kinds []exchange.Kind, events []exchange.Stamp, real []time.Duration, looks int) {
	t.Helper()
	begin := time.Now()
	for {
		var ev exchange.Event
		switch err := p.Next(context.Background(), &ev); {
		case errors.Is(err, errAttend):
			looks++
		case err == io.EOF:
			return kinds, events, real, looks
		case err != nil:
			t.Fatal(err)
		default:
			kinds, events, real = append(kinds, ev.Kind), append(events, ev.Time), append(real, time.Since(begin))
		}
	}
}

func TestPacerHandsNothingOverBeforeItsTime(t *testing.T) {
	const start = exchange.Stamp(1_741_478_400_000_000_000)
	p := NewPacer(bars(start, start.Add(2*time.Second), start.Add(6*time.Second)), pace{times: 10}, nil)
	kinds, events, real, looks := play(t, p)
	for i := range events {
		due := events[i].Sub(start) / 10
		if real[i] < due {
			t.Errorf("%v at %v came after %v, which is before %v", kinds[i], events[i], real[i], due)
		}
	}
	var bars, beats int
	for i, k := range kinds {
		if k == exchange.KindBar {
			bars++
			continue
		}
		beats++
		if gap := events[i].Sub(events[i-1]); gap < 2500*time.Millisecond {
			t.Errorf("a beat only %v of the market after the event before", gap)
		}
	}
	if bars != 3 || beats < 1 {
		t.Errorf("%d bars and %d beats, want 3 and at least 1", bars, beats)
	}
	if looks < 4 {
		t.Errorf("%d looks around in 600 ms, want one every 50 ms", looks)
	}
}

func TestPacerBeatsNoLaterThanAskedFor(t *testing.T) {
	p := NewPacer(bars(0, 100), pace{lockstep: true}, nil)
	p.WakeAt(40)
	kinds, events, _, _ := play(t, p)
	want := []exchange.Stamp{0, 40, 100}
	if len(events) != 3 || events[1] != want[1] || kinds[1] != exchange.KindBeat || events[2] != want[2] {
		t.Errorf("events at %v of kinds %v, want a beat at 40 between two bars", events, kinds)
	}
}

func TestNudgeEndsAWait(t *testing.T) {
	nudge := make(chan struct{}, 1)
	p := NewPacer(bars(0, exchange.Stamp(time.Hour)), pace{times: 1}, nudge)
	var ev exchange.Event
	for i := 0; i < 2; i++ { // the look around at the start, and the first bar
		if err := p.Next(context.Background(), &ev); err != nil && !errors.Is(err, errAttend) {
			t.Fatal(err)
		}
	}
	nudge <- struct{}{}
	begin := time.Now()
	if err := p.Next(context.Background(), &ev); !errors.Is(err, errAttend) {
		t.Fatalf("error %v, want a look around", err)
	}
	if took := time.Since(begin); took > attendEvery {
		t.Errorf("the nudge was heard after %v", took)
	}
}

func TestPacerEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	p := NewPacer(bars(0, exchange.Stamp(time.Hour)), pace{times: 1}, nil)
	cancel()
	var ev exchange.Event
	if err := p.Next(ctx, &ev); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	p.Hurry()
	if err := p.Next(ctx, &ev); err != nil || ev.Time != 0 {
		t.Errorf("in a hurry: %v, event at %v", err, ev.Time)
	}
}

func TestParsePace(t *testing.T) {
	for text, want := range map[string]float64{"": 1, "1x": 1, "60x": 60, "0.5x": 0.5, "max": 0, "lockstep": 0} {
		if p, err := parsePace(text); err != nil || p.times != want {
			t.Errorf("%q: %v, %v", text, p.times, err)
		}
	}
	for _, text := range []string{"x", "0x", "-1x", "60", "NaNx", "Infx", "1e9x", "fast"} {
		if p, err := parsePace(text); err == nil {
			t.Errorf("%q is accepted as %v", text, p.times)
		}
	}
}
