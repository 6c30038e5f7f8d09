package world

import (
	"context"
	"fmt"
	"time"

	"breakwater/exchange"
	"breakwater/risk"
)

// front is the exchange as the process has it: what it asks for is counted and held
// against the invariants before a fault can strike it.
type front World

// Submit hands an order over.
func (f *front) Submit(o *exchange.Order) error {
	(*World)(f).call(callAdd, o.Instrument, o)
	err := f.link.Submit(o)
	(*World)(f).touch()
	(*World)(f).mayDie()
	return err
}

// Amend hands a change over.
func (f *front) Amend(a *exchange.Amend) error {
	(*World)(f).call(callAmend, exchange.None, a)
	return f.link.Amend(a)
}

// Cancel hands a cancellation over.
func (f *front) Cancel(id exchange.OrderID) error {
	(*World)(f).call(callCancel, exchange.None, id)
	err := f.link.Cancel(id)
	(*World)(f).mayDie()
	return err
}

// CancelAllAfter sets the dead man's switch.
func (f *front) CancelAllAfter(d time.Duration) error {
	(*World)(f).call(callDeadMan, exchange.None, d)
	return f.link.CancelAllAfter(d)
}

// Refresh asks for a snapshot.
func (f *front) Refresh() error {
	(*World)(f).call(callRefresh, exchange.None, nil)
	return f.link.Refresh()
}

// WakeAt asks for a beat.
func (f *front) WakeAt(t exchange.Stamp) { f.link.WakeAt(t) }

// Next is the next event, after the World has looked at what the last one did.
func (f *front) Next(ctx context.Context, ev *exchange.Event) error {
	w := (*World)(f)
	w.afterEvent()
	if w.other != nil {
		w.other.run()
	}
	if err := f.link.Next(ctx, ev); err != nil {
		return err
	}
	w.delivered(ev)
	return nil
}

// line is the venue's end of the link: an exchange.Exchange over account 0 and the market.
type line World

// Submit hands an order over.
func (l *line) Submit(o *exchange.Order) error {
	l.door.behind = true
	l.eyes.onArrival((*World)(l), o)
	l.venue.Submit(0, o)
	return nil
}

// Amend hands a change over.
func (l *line) Amend(a *exchange.Amend) error {
	l.door.behind = true
	l.venue.Amend(0, a)
	return nil
}

// Cancel hands a cancellation over.
func (l *line) Cancel(id exchange.OrderID) error {
	l.door.behind = true
	l.venue.Cancel(0, id)
	return nil
}

// CancelAllAfter sets the dead man's switch.
func (l *line) CancelAllAfter(d time.Duration) error {
	if d < 0 || d >= 24*time.Hour {
		return fmt.Errorf("world: dead man's switch of %v: %w", d, exchange.ErrRejected)
	}
	l.venue.CancelAllAfter(0, d)
	return nil
}

// Refresh asks for a snapshot.
func (l *line) Refresh() error {
	l.door.behind = false
	l.venue.Refresh(0)
	return nil
}

// WakeAt asks for a beat.
func (l *line) WakeAt(t exchange.Stamp) { l.wake = t }

// Next is the next event of venue and market.
func (l *line) Next(_ context.Context, ev *exchange.Event) error {
	w := (*World)(l)
	for {
		switch {
		case w.head < len(w.queue):
			*ev = w.queue[w.head]
			w.queue[w.head].Detail = nil
			if w.head++; w.head == len(w.queue) {
				w.queue, w.head = w.queue[:0], 0
			}
			if w.other != nil {
				w.other.hear(ev)
			}
			if w.door.lets(w, ev) {
				w.seq++
				ev.Seq = w.seq
				return nil
			}
		case w.takeOutcomes():
		case w.attend:
			w.attend = false
			return errAttend
		case w.cfg.Brief && len(w.broke) > 0:
			w.end = w.now
			return errEnd
		case w.nextInstant() > w.end:
			w.now = w.end
			return errEnd
		default:
			w.advance()
		}
	}
}

// takeOutcomes moves what the venue says into the queue; it reports whether there was any.
func (w *World) takeOutcomes() (any bool) {
	var ev exchange.Event
	for w.venue.Take(1, &ev) { // nobody listens on the other account
	}
	for w.venue.Take(0, &ev) {
		if ev.Kind == exchange.KindFill {
			w.truth.onVenueFill(w, &ev)
		}
		if ev.Kind == exchange.KindBalance && w.cfg.Facts&exchange.FactBalances == 0 {
			continue
		}
		w.queue = append(w.queue, ev)
		any = true
	}
	return any
}

// door is what a new connection goes through: nothing of the market, the fills that the
// process has not seen one by one, and then a snapshot that is younger than all that was
// sent meanwhile.
type door struct {
	connecting bool
	behind     bool
	seen       []uint64         // by instrument: highest trade on record
	ends       []exchange.Event // of orders, that wait for the fills before them
}

// see takes a record of an earlier life.
func (d *door) see(r *risk.Record) {
	if r.Type == risk.RecFill && r.Event != nil {
		for len(d.seen) <= int(r.Event.Instrument) {
			d.seen = append(d.seen, 0)
		}
		d.seen[r.Event.Instrument] = max(d.seen[r.Event.Instrument], r.Event.TradeID)
	}
}

func (d *door) isNew(f *exchange.Event) bool {
	return int(f.Instrument) >= len(d.seen) || f.TradeID > d.seen[f.Instrument]
}

// lets reports whether an event may go to the process.
func (d *door) lets(w *World, ev *exchange.Event) bool {
	if !d.connecting {
		return true
	}
	switch ev.Kind {
	case exchange.KindSnapshot:
		missed := false
		for i := range ev.Detail.Snapshot.Fills {
			f := ev.Detail.Snapshot.Fills[i]
			if f.Account == 0 && d.isNew(&f) {
				f.Kind, f.Time, f.Received = exchange.KindFill, w.now, w.now
				w.queue = append(w.queue, f)
				d.see(&risk.Record{Type: risk.RecFill, Event: &f})
				missed = true
			}
		}
		if missed || d.behind || len(d.ends) > 0 {
			w.queue, d.ends = append(w.queue, d.ends...), nil
			_ = (*line)(w).Refresh()
			return false
		}
		d.connecting = false
		return true
	case exchange.KindFill:
		d.see(&risk.Record{Type: risk.RecFill, Event: ev})
		return true
	case exchange.KindOrder:
		if ev.State.Done() { // behind the fills that were missed
			d.ends = append(d.ends, *ev)
			return false
		}
	case exchange.KindBar, exchange.KindTop, exchange.KindSecond, exchange.KindStatus, exchange.KindIntegrity:
		return false
	case exchange.KindTrade:
		return ev.Count == greeting // the last prices, as a ticker begins with them
	}
	return true
}

// greeting marks the last prices that a connection begins with.
const greeting = -1
