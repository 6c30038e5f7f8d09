package scenarios

import (
	"slices"
	"strings"
	"time"

	"breakwater/exchange/chaos"
)

// Reduce is the smallest scenario in which a seed still fails in the same way, as a file,
// what breaks in it, and how many runs that took. failed is empty for a seed that does not
// fail.
func Reduce(seed uint64) (text []byte, failed []string, runs int) {
	d := draw(seed)
	first := Sweep(seed)
	if len(first.Failed) == 0 {
		return nil, nil, 1
	}
	r := reducer{d: d, last: first, again: strings.HasPrefix(kindOf(first), "same-seed"), beats: strings.HasPrefix(kindOf(first), "same-events"), kind: kindOf(first)}
	for before := -1; before != r.kept; {
		before = r.kept
		r.shrink()
	}
	return r.d.text("Seed made small: " + strings.ReplaceAll(first.Failed[0], "\n", " ")), r.last.Failed, r.runs + 1
}

// kindOf is what is wrong: the invariant that breaks first.
func kindOf(w *Swept) string {
	if len(w.Failed) == 0 {
		return ""
	}
	kind, _, _ := strings.Cut(w.Failed[0], " ")
	return strings.TrimSuffix(kind, ",")
}

// reducer makes a drawn scenario smaller for as long as it fails in the same way.
type reducer struct {
	d            *drawn
	last         *Swept
	again, beats bool
	kind         string
	runs, kept   int
}

// try takes a change when the scenario still fails.
func (r *reducer) try(change func(*drawn)) bool {
	d := r.d.clone()
	change(d)
	if !d.sound() {
		return false
	}
	r.runs++
	if w := sweep(d, r.again, r.beats); kindOf(w) == r.kind {
		r.d, r.last = d, w
		r.kept++
		return true
	}
	return false
}

// sound reports whether a scenario can be read; some that are smaller cannot.
func (d *drawn) sound() bool {
	_, err := Read(d.name()+".yaml", d.text("Made small."))
	return err == nil
}

func (d *drawn) clone() *drawn {
	c := *d
	c.head, c.limits, c.owner, c.plan.Rules = slices.Clone(d.head), slices.Clone(d.limits), slices.Clone(d.owner), slices.Clone(d.plan.Rules)
	c.pairs, c.slots = slices.Clone(d.pairs), slices.Clone(d.slots)
	for i := range c.pairs {
		c.pairs[i].fields, c.pairs[i].shape = slices.Clone(d.pairs[i].fields), slices.Clone(d.pairs[i].shape)
	}
	for i := range c.slots {
		c.slots[i].fields, c.slots[i].signals = slices.Clone(d.slots[i].fields), slices.Clone(d.slots[i].signals)
	}
	return &c
}

func (r *reducer) shrink() {
	for _, heal := range []time.Duration{time.Hour, 3 * time.Hour, 12 * time.Hour, 24 * time.Hour} {
		if heal < r.d.heal && r.try(func(d *drawn) { d.heal, d.duration = heal, heal+3*time.Hour }) {
			break
		}
	}
	r.try(func(d *drawn) { d.plan.Rules = nil })
	chaos.Shrink(r.d.plan, func(p chaos.Plan) bool {
		return r.try(func(d *drawn) { d.plan = p })
	})
	without(r, len(r.d.owner), func(d *drawn, from, to int) { d.owner = slices.Delete(d.owner, from, to) })
	without(r, len(r.d.slots), func(d *drawn, from, to int) { d.slots = slices.Delete(d.slots, from, to) })
	for i := range r.d.slots {
		without(r, len(r.d.slots[i].signals), func(d *drawn, from, to int) { d.slots[i].signals = slices.Delete(d.slots[i].signals, from, to) })
	}
	without(r, len(r.d.pairs), func(d *drawn, from, to int) { d.pairs = slices.Delete(d.pairs, from, to) })
	for i := range r.d.pairs {
		r.try(func(d *drawn) { d.pairs[i].shape = nil })
		without(r, len(r.d.pairs[i].fields), func(d *drawn, from, to int) { d.pairs[i].fields = slices.Delete(d.pairs[i].fields, from, to) })
	}
	without(r, len(r.d.limits), func(d *drawn, from, to int) { d.limits = slices.Delete(d.limits, from, to) })
	without(r, len(r.d.head), func(d *drawn, from, to int) { d.head = slices.Delete(d.head, from, to) })
	if r.d.bars != time.Minute {
		r.try(func(d *drawn) { d.bars = time.Minute })
	}
}

// without leaves out half of n things, then a quarter, down to single ones.
func without(r *reducer, n int, drop func(d *drawn, from, to int)) {
	for size := (n + 1) / 2; size > 0; size /= 2 {
		for from := 0; from < n; {
			to := min(from+size, n)
			if r.try(func(d *drawn) { drop(d, from, to) }) {
				n -= to - from
			} else {
				from = to
			}
		}
	}
}
