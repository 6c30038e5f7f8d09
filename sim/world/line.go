package world

import (
	"context"
	"fmt"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/risk"
)

// line is the way from the process to the venue and back: an exchange.Exchange over
// account 0. Faults of the line stand before it.
type line struct {
	w *World
	// last is the event that the process was given, and has handled when it asks for the next.
	last exchange.Kind
}

func (l *line) init(w *World)               { l.w = w }
func (l *line) exchange() exchange.Exchange { return l }
func (l *line) drop()                       {}
func (l *line) due() exchange.Stamp         { return exchange.Never }
func (l *line) WakeAt(t exchange.Stamp)     { l.w.wake = t }

// answered tells that a request had its answer.
func (l *line) answered() {
	if l.w.cfg.Facts&exchange.FactErrors != 0 {
		l.w.tell(exchange.Event{Kind: exchange.KindRequest})
	}
}

// Submit hands an order over.
func (l *line) Submit(o *exchange.Order) error {
	w := l.w
	w.call(callAdd, o.Instrument, o)
	w.venue.Submit(0, o)
	l.answered()
	w.faults.Reach(chaos.Submitted)
	return nil
}

// Amend hands a change over.
func (l *line) Amend(a *exchange.Amend) error {
	l.w.call(callAmend, exchange.None, a)
	l.w.venue.Amend(0, a)
	l.answered()
	return nil
}

// Cancel hands a cancellation over.
func (l *line) Cancel(id exchange.OrderID) error {
	l.w.call(callCancel, exchange.None, id)
	l.w.venue.Cancel(0, id)
	l.answered()
	l.w.faults.Reach(chaos.Cancelled)
	return nil
}

// CancelAllAfter sets the dead man's switch.
func (l *line) CancelAllAfter(d time.Duration) error {
	l.w.call(callDeadMan, exchange.None, d)
	if d < 0 || d >= 24*time.Hour {
		return fmt.Errorf("world: dead man's switch of %v: %w", d, exchange.ErrRejected)
	}
	l.w.venue.CancelAllAfter(0, d)
	l.w.tell(exchange.Event{Kind: exchange.KindDeadMan})
	l.answered()
	return nil
}

// Refresh asks for a snapshot.
func (l *line) Refresh() error {
	l.w.call(callRefresh, exchange.None, nil)
	l.w.door.behind = false
	l.w.venue.Refresh(0)
	l.answered()
	return nil
}

// Next is the next event, after the World has looked at what the last one did.
func (l *line) Next(_ context.Context, ev *exchange.Event) error {
	w := l.w
	w.afterEvent()
	for {
		switch {
		case w.head < len(w.queue):
			*ev = w.queue[w.head]
			w.queue[w.head].Detail = nil
			if w.head++; w.head == len(w.queue) {
				w.queue, w.head = w.queue[:0], 0
			}
			if !w.door.lets(w, ev) {
				continue
			}
			w.seq++
			ev.Seq = w.seq
			w.delivered(ev)
			return nil
		case w.takeOutcomes():
		case w.attend:
			w.attend = false
			return errAttend
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
		w.saw(&ev)
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
	seen       []uint64 // by instrument: highest trade on record
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
		if missed || d.behind {
			_ = w.line.Refresh()
			return false
		}
		d.connecting = false
		return true
	case exchange.KindFill:
		d.see(&risk.Record{Type: risk.RecFill, Event: ev})
		return true
	case exchange.KindBar, exchange.KindTop, exchange.KindSecond, exchange.KindStatus, exchange.KindIntegrity:
		return false
	case exchange.KindTrade:
		return ev.Count == greeting // the last prices, as a ticker begins with them
	}
	return true
}

// greeting marks the last prices that a connection begins with.
const greeting = -1
