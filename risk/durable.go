package risk

import (
	"fmt"
	"strings"

	"breakwater/exchange"
)

// Durable is all that survives a restart but the latches, which Status has, and the
// extremes of equity, which are noted in steps: balances, orders, counters, windows,
// streaks, arming, ramp and day. Two guards that folded the same records give the same
// lines. For whoever proves that.
func (g *Guard) Durable() []string { return durable(g.s) }

// durable is what Durable tells.
func durable(s *state) []string {
	a, r, h := s.acct, &s.rate, s.host
	h.due, h.key, h.keyAt, h.checks = 0, false, 0, [controls]checkState{}
	h.starts = window{}
	orders, signals := []string{}, []string{}
	for _, oo := range a.open {
		if oo.state == exchange.Pending {
			oo.state = exchange.Unknown // as a start takes it
		}
		oo.since, oo.asked = 0, 0 // a start asks again
		orders = append(orders, fmt.Sprintf("%+v", oo))
	}
	for slot, ids := range r.used {
		for _, id := range ids {
			signals = append(signals, fmt.Sprint(slot, id, *r.signals[signalKey{exchange.SlotID(slot), id}]))
		}
	}
	storms := []string{}
	for slot := range r.storms {
		for i := range r.storms[slot] {
			st := &r.storms[slot][i]
			storms = append(storms, fmt.Sprint(slot, st.last.Instrument, st.last.Side, st.since, st.count))
		}
	}
	return []string{
		fmt.Sprintln("balances", a.balance), fmt.Sprintln("held", a.held, a.buying), fmt.Sprintf("slots %+v", a.slots), fmt.Sprintln("ids", a.lastID, a.booked),
		"orders " + strings.Join(orders, "\n"), "signals " + strings.Join(signals, "\n"), fmt.Sprintln("signals", r.used, r.last, r.newest),
		fmt.Sprintf("rates %v %v %v %v %v %v", r.pairs, r.minute, r.day, r.hits, r.denied, r.doubles),
		fmt.Sprintln("cycles", r.cycles, r.filled), fmt.Sprintln("executed", r.executed, r.turnover),
		fmt.Sprintf("losses %+v", s.loss), fmt.Sprintf("host %+v", h), fmt.Sprintln("day", s.day.started, s.day.start, s.day.end), fmt.Sprintln("adopted", s.adopted), fmt.Sprintln("storms", storms),
	}
}
