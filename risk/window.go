package risk

import "breakwater/exchange"

// window counts what happened in the last span of time, up to a bound: whether the bound
// is reached is all that a control asks. The zero window has no bound to reach.
type window struct {
	span  int64 // nanoseconds
	bound int64
	times []exchange.Stamp // ring, oldest at next once it is full
	next  int
}

// newWindow makes one that is full when bound things happened within span. A bound of
// Unlimited is never reached, one of 0 always.
func newWindow(bound int64, span int64) window {
	return window{span: span, bound: bound}
}

// maxWindow keeps a bound from a configuration from taking all the memory.
const maxWindow = 1 << 20

func (w *window) wide() bool { return w.bound > maxWindow }

// add counts something at t.
func (w *window) add(t exchange.Stamp) {
	if w.wide() || w.bound == 0 {
		return
	}
	if int64(len(w.times)) < w.bound {
		w.times = append(w.times, t)
		return
	}
	w.times[w.next] = t
	if w.next++; w.next == len(w.times) {
		w.next = 0
	}
}

// full reports whether the bound is reached at t.
func (w *window) full(t exchange.Stamp) bool {
	if w.wide() {
		return false
	}
	if w.bound == 0 {
		return true
	}
	return int64(len(w.times)) == w.bound && int64(t-w.times[w.next]) < w.span
}

// fullWith reports whether the bound is reached once one more at t is counted.
func (w *window) fullWith(t exchange.Stamp) bool {
	if w.wide() || w.bound == 0 {
		return w.bound == 0
	}
	n := int64(1)
	for _, x := range w.times {
		if int64(t-x) < w.span {
			n++
		}
	}
	return n >= w.bound
}

// clear forgets everything: after the ceremony.
func (w *window) clear() { w.times, w.next = w.times[:0], 0 }
