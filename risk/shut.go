package risk

import (
	"context"
	"fmt"

	"breakwater/exchange"
	"breakwater/internal/planted"
)

// JournalFault is journal-health: it halts because what is on record, or a file beside it,
// cannot be relied on.
func (g *Guard) JournalFault(cause string) {
	g.trip(latch{control: JournalHealth, level: Halted, cause: cause})
}

// Failed is the error of the recorder since which nothing goes out any more; nil while all
// is well.
func (g *Guard) Failed() error { return g.failed }

// Watch is Next for a guard whose recorder has failed: no order goes out, but it goes on to
// look, so that an entry that shows up late is cancelled, a kill cancels what is left, and
// the dead man's switch stands for the exits that stay. What it sees it keeps in memory; the
// next start knows nothing of it.
func (g *Guard) Watch(ctx context.Context, ev *exchange.Event) error {
	return g.next(ctx, ev, exchange.Never)
}

// shut is journal-health: what cannot be recorded does not happen. The latch stands only
// in memory; entries are taken back.
func (g *Guard) shut(err error) {
	if g.s.without == JournalHealth {
		return
	}
	g.failed = fmt.Errorf("risk: journal-health: cannot record, so nothing may happen: %w", err)
	if g.s.holds(JournalHealth, Global, exchange.None, noSlot) == nil {
		g.s.latches = append(g.s.latches, latch{
			control: JournalHealth, instrument: exchange.None, slot: noSlot, level: Halted, since: g.s.now, until: exchange.Never, cause: err.Error(),
		})
	}
	g.s.settle()
	g.cancelEntries()
}

// witness takes into memory what happened although it cannot be recorded. What would have
// happened only once it was recorded did not.
func (g *Guard) witness(r Record) {
	switch r.Type {
	case RecOrder, RecFill, RecFlow, RecCancel:
	case RecLevel:
		if r.Lift {
			return
		}
	default:
		return
	}
	r.Time = g.s.now
	_ = g.s.apply(&r) // a difference in the books: it is halted already
}

// cancelLate takes back an order that was on its way when the stop came.
func (g *Guard) cancelLate(ev *exchange.Event) {
	if ev.Op != exchange.OpSubmit || ev.State != exchange.Working || planted.On(planted.LateAckKept) {
		return
	}
	oo := g.s.acct.find(ev.Order)
	if g.s.level == Killed || g.failed != nil && oo != nil && oo.order.Side == exchange.Buy {
		_ = g.Cancel(ev.Order)
	}
}
