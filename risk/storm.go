package risk

import (
	"time"

	"breakwater/exchange"
)

// A strategy in a loop can be denied thousands of times a second, for days. Each denial is
// decided and answered; on record each has a line of its own until stormAt of them came
// within stormSpan. From then on the line at the end of each span says how many there were,
// until a span has fewer: a storm costs neither the disk nor the reader more than that.
const (
	stormAt   = 60
	stormSpan = time.Minute
)

// storm is the denials of one strategy on one side of a pair.
type storm struct {
	since  exchange.Stamp // when the span began
	count  int64          // denials on record in it
	untold int64          // those that are not
	last   exchange.Order // the last of these
	why    []Reason
}

// blows reports whether a denial at t is only counted.
func (st *storm) blows(t exchange.Stamp) bool {
	return st.untold > 0 || st.count >= stormAt && t.Sub(st.since) < stormSpan
}

// keep counts a denial that is not recorded.
func (st *storm) keep(o *exchange.Order, why []Reason) {
	st.untold++
	st.last = *o
	st.why = append(st.why[:0], why...)
}

// stormOf is the storm that a denial of an order belongs to. The slot has its room.
func (r *rateState) stormOf(o *exchange.Order) *storm {
	of := r.storms[o.Slot]
	for i := range of {
		if s := &of[i]; s.last.Instrument == o.Instrument && s.last.Side == o.Side {
			return s
		}
	}
	r.storms[o.Slot] = append(of, storm{since: longAgo, last: exchange.Order{Instrument: o.Instrument, Side: o.Side}})
	return &r.storms[o.Slot][len(of)]
}

// onStorm takes a denial, or a span's end, on record.
func (r *rateState) onStorm(rec *Record, o *exchange.Order) {
	st := r.stormOf(o)
	switch {
	case rec.Type == RecDenials:
		st.since, st.count, st.untold = rec.Time, 0, 0
		if rec.Count >= stormAt {
			st.count = stormAt // it goes on
		}
	case rec.Time.Sub(st.since) >= stormSpan:
		st.since, st.count = rec.Time, 1
	default:
		st.count++
	}
}

// applyDenials counts what a span's denials stand for, as if all had come at its end.
func (s *state) applyDenials(rec *Record) {
	o := rec.Order
	s.acct.lastID = max(s.acct.lastID, o.ID)
	one := *rec
	one.Count = 0
	s.rate.onAttempt(&one, o, false)
	for range min(rec.Count-1, s.rate.widest()) {
		s.rate.onRisk(rec.Time, o)
	}
	s.rate.onDenial(rec)
	s.rate.onStorm(rec, o)
}

// widest is how many attempts fill every window.
func (r *rateState) widest() int64 {
	n := int64(0)
	for _, w := range [...]*window{&r.minute, &r.day} {
		if !w.wide() {
			n = max(n, w.bound)
		}
	}
	for i := range r.pairs {
		if w := &r.pairs[i]; !w.wide() {
			n = max(n, w.bound)
		}
	}
	return n
}

// calm reports whether a denial is only counted, and counts it.
func (g *Guard) calm(r *Record) bool {
	s := g.s
	if r.Type != RecDenial || !s.placed(r.Instrument, r.Slot) {
		return false
	}
	o := r.Order
	if o == nil {
		o = &s.acct.find(r.OrderID).order
	}
	s.rate.slot(o.Slot)
	st := s.rate.stormOf(o)
	if !st.blows(s.now) {
		return false
	}
	st.keep(o, r.Reasons)
	s.rate.untold++
	return true
}

// Conclude records what the end of a run would leave out.
func (g *Guard) Conclude() { g.tellStorms(0) }

// tellStorms records the spans that are over, or that began so long ago.
func (g *Guard) tellStorms(span time.Duration) {
	r := &g.s.rate
	for slot := range r.storms {
		for i := range r.storms[slot] {
			st := &r.storms[slot][i]
			if st.untold == 0 || g.s.now.Sub(st.since) < span {
				continue
			}
			r.untold -= st.untold
			o := st.last
			_ = g.deny(Record{Type: RecDenials, Order: &o, OrderID: o.ID, Instrument: o.Instrument, Slot: o.Slot, Reasons: st.why, Count: st.untold})
		}
	}
}
