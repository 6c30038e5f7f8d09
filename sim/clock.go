package sim

import (
	"time"

	"breakwater/exchange"
)

// verb is what a command asks for.
type verb uint8

const (
	submit verb = iota
	amend
	cancel
	deadMan
	refresh
	gone // done already, out of turn
)

// command is on its way to the venue.
type command struct {
	due        exchange.Stamp
	verb       verb
	account    exchange.AccountID
	instrument exchange.InstrumentID // None: no particular one
	order      exchange.OrderID
	ref        int32 // submit: the order in the arena
	after      time.Duration
	amend      exchange.Amend
}

// arrivals is the line to the venue: first sent, first there.
type arrivals struct {
	queue []command
	read  int
}

func (q *arrivals) push(c command) {
	if q.read > 0 && len(q.queue) == cap(q.queue) {
		q.queue = q.queue[:copy(q.queue, q.queue[q.read:])]
		q.read = 0
	}
	q.queue = append(q.queue, c)
}

// head is the next command, nil when none is on its way.
func (q *arrivals) head() *command {
	for q.read < len(q.queue) && q.queue[q.read].verb == gone {
		q.read++
	}
	if q.read == len(q.queue) {
		q.queue, q.read = q.queue[:0], 0
		return nil
	}
	return &q.queue[q.read]
}

// timer is the expiry of an order.
type timer struct {
	at  exchange.Stamp
	ref int32
	gen uint32
}

// timers is a heap, the earliest first; equal ones in the order of their places.
type timers []timer

func (h timers) less(i, j int) bool {
	if h[i].at != h[j].at {
		return h[i].at < h[j].at
	}
	return h[i].ref < h[j].ref
}

func (h *timers) push(t timer) {
	*h = append(*h, t)
	s := *h
	for i := len(s) - 1; i > 0; {
		up := (i - 1) / 2
		if !s.less(i, up) {
			break
		}
		s[i], s[up] = s[up], s[i]
		i = up
	}
}

func (h *timers) pop() {
	s := *h
	n := len(s) - 1
	s[0] = s[n]
	s = s[:n]
	*h = s
	for i := 0; ; {
		small := i
		if l := 2*i + 1; l < n && s.less(l, small) {
			small = l
		}
		if r := 2*i + 2; r < n && s.less(r, small) {
			small = r
		}
		if small == i {
			return
		}
		s[i], s[small] = s[small], s[i]
		i = small
	}
}

// NextDue is the earliest thing that AdvanceTo would do: an arrival, an expiry, a dead
// man's switch. Never when there is none.
func (v *Venue) NextDue() exchange.Stamp { return v.due }

// schedule finds the earliest due thing anew.
func (v *Venue) schedule() {
	v.due = exchange.Never
	if c := v.arrivals.head(); c != nil {
		v.due = c.due
	}
	for len(v.timers) > 0 {
		t := v.timers[0]
		if o := v.orders.at(t.ref); o.gen == t.gen {
			v.due = min(v.due, t.at)
			break
		}
		v.timers.pop()
	}
	if v.armed > 0 {
		for i := range v.accounts {
			v.due = min(v.due, v.accounts[i].deadMan)
		}
	}
}

// arm sets an account's dead man's switch; Never turns it off.
func (v *Venue) arm(a *account, at exchange.Stamp) {
	if a.deadMan != exchange.Never {
		v.armed--
	}
	if a.deadMan = at; at != exchange.Never {
		v.armed++
	}
}

// AdvanceTo lets time pass: commands arrive, orders expire, dead man's switches fire, each
// at its own instant up to t.
func (v *Venue) AdvanceTo(t exchange.Stamp) {
	for v.due <= t && v.due != exchange.Never {
		at := v.due
		v.now = max(v.now, at)
		v.expire(at)
		for i := 0; i < len(v.accounts) && v.armed > 0; i++ {
			if a := &v.accounts[i]; a.deadMan <= at {
				v.arm(a, exchange.Never)
				v.cancelAll(exchange.AccountID(i))
			}
		}
		for c := v.arrivals.head(); c != nil && c.due <= at; c = v.arrivals.head() {
			v.arrivals.read++
			v.execute(c)
		}
		v.schedule()
	}
	v.now = max(v.now, t)
}

func (v *Venue) expire(at exchange.Stamp) {
	for len(v.timers) > 0 && v.timers[0].at <= at {
		t := v.timers[0]
		v.timers.pop()
		if o := v.orders.at(t.ref); o.gen == t.gen {
			v.end(o, exchange.OpVenue, exchange.Expired, exchange.CodeExpired)
		}
	}
}

// cancelAll is what a dead man's switch does.
func (v *Venue) cancelAll(id exchange.AccountID) {
	for ref := v.accounts[id].first; ref != none; {
		o := v.orders.at(ref)
		ref = o.next
		v.end(o, exchange.OpVenue, exchange.Cancelled, exchange.CodeDeadMan)
	}
}
