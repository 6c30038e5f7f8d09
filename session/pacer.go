package session

import (
	"context"
	"errors"
	"time"

	"breakwater/exchange"
)

// The rhythm of the edge, in real time.
const (
	// attendEvery is how often the session looks after its own: the journal is flushed,
	// the kill switch and the operator's requests are looked at. Half of what the
	// journal may keep back, so that one late turn does not exceed it.
	attendEvery = 50 * time.Millisecond
	// beatEvery is the longest time without an event.
	beatEvery = 250 * time.Millisecond
)

// errAttend ends a call of Next in which it is time to look after the session. Nothing is
// lost: the next call goes on where this one ended.
var errAttend = errors.New("session: time to look around")

// replay is what a Pacer plays.
type replay interface {
	exchange.Exchange
	exchange.Waker
}

// Pacer plays a replay at the pace of a clock: an event is handed over when its time has
// come, and a beat comes at least every 250 ms of real time. It is the only place where
// the time of a clock and the time of events meet. Orders, cancels and the rest are the
// replay's own.
type Pacer struct {
	replay
	pace     pace
	now      func() time.Time
	nudge    <-chan struct{} // somebody wants the session to look around at once
	began    bool
	real     time.Time      // of the first event
	event    exchange.Stamp // of the first event
	last     exchange.Stamp // handed over
	wake     exchange.Stamp // asked for
	held     exchange.Event
	holding  bool
	attendAt time.Time
	timer    *time.Timer
	hurry    bool // hand over what comes at once: the session ends
}

// NewPacer plays r; nudge makes it return for a look around before the next 50 ms are over.
func NewPacer(r replay, p pace, nudge <-chan struct{}) *Pacer {
	return &Pacer{replay: r, pace: p, now: time.Now, nudge: nudge, wake: exchange.Never}
}

// Hurry makes what is left come without waiting.
func (p *Pacer) Hurry() { p.hurry = true }

// WakeAt asks for a beat at t, once.
func (p *Pacer) WakeAt(t exchange.Stamp) { p.wake = t }

// Next hands over the next event when it is due. It returns errAttend every 50 ms of real
// time, and the context's error as soon as it is done.
func (p *Pacer) Next(ctx context.Context, ev *exchange.Event) error {
	if !p.hurry {
		if err := ctx.Err(); err != nil {
			return err
		}
		if now := p.now(); !now.Before(p.attendAt) {
			p.attendAt = now.Add(attendEvery)
			return errAttend
		}
	}
	if !p.holding {
		p.replay.WakeAt(min(p.wake, p.beatDue()))
		if err := p.replay.Next(ctx, &p.held); err != nil {
			return err
		}
		p.holding = true
	}
	if err := p.await(ctx); err != nil {
		return err
	}
	p.holding = false
	*ev = p.held
	p.last = max(p.last, ev.Time)
	if ev.Time >= p.wake {
		p.wake = exchange.Never
	}
	return nil
}

// beatDue is when the next beat is due by the clock; Never where nothing is paced.
func (p *Pacer) beatDue() exchange.Stamp {
	if !p.began || p.pace.times == 0 || p.hurry {
		return exchange.Never
	}
	byClock := p.event.Add(p.pace.eventTime(p.now().Sub(p.real)))
	return max(byClock, p.last).Add(max(p.pace.eventTime(beatEvery), 1))
}

// await waits until the held event is due.
func (p *Pacer) await(ctx context.Context) error {
	if !p.began {
		p.began, p.real, p.event = true, p.now(), p.held.Time
	}
	if p.pace.times == 0 || p.hurry {
		return nil
	}
	due := p.real.Add(p.pace.realTime(p.held.Time.Sub(p.event)))
	for {
		now := p.now()
		switch {
		case !now.Before(due):
			return nil
		case !now.Before(p.attendAt):
			p.attendAt = now.Add(attendEvery)
			return errAttend
		}
		wait := min(due.Sub(now), p.attendAt.Sub(now))
		if p.timer == nil {
			p.timer = time.NewTimer(wait)
		} else {
			p.timer.Reset(wait)
		}
		select {
		case <-p.timer.C:
		case <-p.nudge:
			p.timer.Stop()
			p.attendAt = now
		case <-ctx.Done():
			p.timer.Stop()
			return ctx.Err()
		}
	}
}
