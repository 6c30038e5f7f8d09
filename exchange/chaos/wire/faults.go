package wire

import (
	"context"
	"errors"
	"sync"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
)

// Faults is a plan's injector for the goroutines of a client.
type Faults struct {
	mu   sync.Mutex
	x    *chaos.Injector
	now  func() exchange.Stamp
	wait func(context.Context, time.Duration) error
	held []chan struct{} // requests and messages that wait to be overtaken
}

// New plays an injector by a clock. wait lets time pass, or fails when the context ends; nil
// waits in real time.
func New(x *chaos.Injector, now func() exchange.Stamp, wait func(context.Context, time.Duration) error) *Faults {
	if wait == nil {
		wait = inReal
	}
	return &Faults{x: x, now: now, wait: wait}
}

func inReal(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Injector lets f look at the plan's state while nobody else plays it.
func (f *Faults) Injector(look func(*chaos.Injector)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.x.Advance(f.now())
	look(f.x)
}

// strike is what hits a call or message; the zero Rule when nothing does.
func (f *Faults) strike(family chaos.Family, target, pair string) (r chaos.Rule) {
	f.Injector(func(x *chaos.Injector) {
		if hit := x.Strike(family, target, pair); hit != nil {
			r = *hit
		}
	})
	return r
}

// holds is a state that is on, with when it began.
func (f *Faults) holds(v chaos.Verb, target, pair string) (since exchange.Stamp, on bool) {
	f.Injector(func(x *chaos.Injector) {
		if r := x.Holds(v, target, pair); r != nil {
			since, on = x.BeginOf(r), true
		}
	})
	return since, on
}

// hold waits until something overtakes, or for d.
func (f *Faults) hold(ctx context.Context, d time.Duration) error {
	passed := make(chan struct{})
	f.mu.Lock()
	f.held = append(f.held, passed)
	f.mu.Unlock()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	over := make(chan error, 1)
	go func() { over <- f.wait(ctx, d) }()
	select {
	case <-passed:
		return nil
	case err := <-over:
		return err
	}
}

// overtake lets go of what waits.
func (f *Faults) overtake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, passed := range f.held {
		close(passed)
	}
	f.held = nil
}

// timeout is a net.Error of one who waited in vain.
type timeout struct{}

func (timeout) Error() string   { return "chaos: no answer came in time" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

var errDown = errors.New("chaos: connection refused: the network is down")
