package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"breakwater/exchange/chaos"
	"breakwater/sim/world"
)

// Reduce is the smallest scenario in which a seed still fails in the same way, as a file,
// what breaks in it, and how many runs that took. failed is empty for a seed that does not
// fail.
func Reduce(seed uint64) (text []byte, failed []string, runs int) {
	first := Sweep(seed)
	if len(first.Failed) == 0 {
		return nil, nil, 1
	}
	kind := kindOf(first)
	r := reducer{d: draw(seed), last: first, again: strings.HasPrefix(kind, "same-seed"), beats: strings.HasPrefix(kind, "same-events"), kind: kind}
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

// try takes a change when the scenario still fails. One that changes nothing is no step, and
// some scenarios that are smaller cannot be read.
func (r *reducer) try(change func(*drawn)) bool {
	const doc = "Made small."
	d := r.d.clone()
	change(d)
	text := d.text(doc)
	if string(text) == string(r.d.text(doc)) {
		return true
	}
	s, err := Read(d.name()+".yaml", text)
	if err != nil {
		return false
	}
	r.runs++
	s.cfg.Brief = !r.again && !r.beats
	w := s.sweep(d, r.again, r.beats)
	if kindOf(w) != r.kind {
		return false
	}
	r.d, r.last = d, w
	r.kept++
	return true
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

// advance lets all happen earlier, by as much as still fails.
func (r *reducer) advance() {
	for by := r.last.first.Truncate(time.Minute); by >= 10*time.Minute; by = (by / 2).Truncate(time.Minute) {
		for by <= r.last.first && r.try(func(d *drawn) { d.moveUp(by) }) {
		}
	}
}

// moveUp lets all happen earlier by a span, and what would be before the start at the start.
func (d *drawn) moveUp(by time.Duration) {
	earlier := func(line string) string {
		at, rest, ok := cutAt(line)
		if !ok {
			return line
		}
		return fmt.Sprintf("{at: %s%s", max(0, at-by), rest)
	}
	for i := range d.plan.Rules {
		d.plan.Rules[i].At = max(0, d.plan.Rules[i].At-by)
	}
	for i := range d.owner {
		d.owner[i].At = max(0, d.owner[i].At-by)
	}
	for i := range d.slots {
		for j := range d.slots[i].signals {
			d.slots[i].signals[j] = earlier(d.slots[i].signals[j])
		}
	}
	for i := range d.pairs {
		for j := range d.pairs[i].shape {
			d.pairs[i].shape[j] = earlier(d.pairs[i].shape[j])
		}
	}
	if d.duration -= by; d.heal > 0 {
		d.heal -= by
	}
}

// cutAt is the time at which a line of a list begins, and the rest of the line.
func cutAt(line string) (at time.Duration, rest string, ok bool) {
	text, _, _ := strings.Cut(strings.TrimPrefix(line, "{at: "), ",")
	at, ok = chaos.ParseSpan(strings.TrimSuffix(text, "}"))
	return at, strings.TrimPrefix(line, "{at: "+text), ok
}

// shrink goes over all parts once: first what makes the runs after it quicker.
func (r *reducer) shrink() {
	r.shorten()
	without(r, len(r.d.plan.Rules), func(d *drawn, from, to int) { d.plan.Rules = slices.Delete(d.plan.Rules, from, to) })
	without(r, len(r.d.owner), func(d *drawn, from, to int) { d.owner = slices.Delete(d.owner, from, to) })
	without(r, len(r.d.slots), (*drawn).dropSlots)
	for i := range r.d.slots {
		without(r, len(r.d.slots[i].signals), func(d *drawn, from, to int) { d.slots[i].signals = slices.Delete(d.slots[i].signals, from, to) })
		for j := range r.d.slots[i].signals {
			r.simplify(i, j)
		}
	}
	without(r, len(r.d.pairs), (*drawn).dropPairs)
	r.advance()
	r.shorten()
	for i := range r.d.slots {
		without(r, len(r.d.slots[i].fields), func(d *drawn, from, to int) { d.slots[i].fields = slices.Delete(d.slots[i].fields, from, to) })
	}
	for i := range r.d.pairs {
		r.try(func(d *drawn) { d.pairs[i].shape = nil })
		without(r, len(r.d.pairs[i].fields), func(d *drawn, from, to int) { d.pairs[i].fields = slices.Delete(d.pairs[i].fields, from, to) })
	}
	without(r, len(r.d.limits), func(d *drawn, from, to int) { d.limits = slices.Delete(d.limits, from, to) })
	for i := len(r.d.head) - 1; i >= 0; i-- {
		if !strings.HasPrefix(r.d.head[i], "supervisor") { // without it a process that ends at each start is started each second
			r.try(func(d *drawn) { d.head = slices.Delete(d.head, i, i+1) })
		}
	}
	r.try(func(d *drawn) { d.bars = time.Minute })
	chaos.Shrink(r.d.plan, func(p chaos.Plan) bool {
		return r.try(func(d *drawn) { d.plan = p })
	})
}

// shorten ends the scenario where it breaks, or else shortly after its faults.
func (r *reducer) shorten() {
	if first := r.last.first; first > 0 && first < r.d.duration {
		end := first.Truncate(time.Minute) + time.Minute
		if r.try(func(d *drawn) { d.endAt(end, 0) }) {
			return
		}
	}
	for _, heal := range []time.Duration{time.Hour, 3 * time.Hour, 12 * time.Hour, 24 * time.Hour} {
		if heal < r.d.heal && r.try(func(d *drawn) { d.endAt(heal+3*time.Hour, heal) }) {
			return
		}
	}
}

// endAt makes the scenario shorter, without what would come later.
func (d *drawn) endAt(duration, heal time.Duration) {
	d.duration, d.heal = duration, heal
	last := duration
	if heal > 0 {
		last = heal
	}
	d.plan.Rules = slices.DeleteFunc(d.plan.Rules, func(r chaos.Rule) bool { return r.At >= last })
	d.owner = slices.DeleteFunc(d.owner, func(a world.Act) bool { return a.At >= last })
	later := func(line string) bool {
		at, _, ok := cutAt(line)
		return ok && at >= duration
	}
	for i := range d.slots {
		d.slots[i].signals = slices.DeleteFunc(d.slots[i].signals, later)
	}
	for i := range d.pairs { // what lies behind the end still pulls at the price before it
		if at := slices.IndexFunc(d.pairs[i].shape, later); at >= 0 {
			d.pairs[i].shape = d.pairs[i].shape[:at+1]
		}
	}
}

// simplify leaves out what a signal says beyond what it must.
func (r *reducer) simplify(slot, signal int) {
	for _, keys := range []string{"times every", "count", "stop target", "target", "id", "offset", "limit"} {
		r.try(func(d *drawn) {
			line := &d.slots[slot].signals[signal]
			parts := strings.Split(strings.Trim(*line, "{}"), ", ")
			parts = slices.DeleteFunc(parts, func(part string) bool {
				key, _, _ := strings.Cut(part, ":")
				return slices.Contains(strings.Fields(keys), key)
			})
			*line = "{" + strings.Join(parts, ", ") + "}"
		})
	}
}

// dropSlots leaves out strategies, and the faults that strike them.
func (d *drawn) dropSlots(from, to int) {
	d.slots = slices.Delete(d.slots, from, to)
	d.plan.Rules = slices.DeleteFunc(d.plan.Rules, func(r chaos.Rule) bool { return r.Slot > from && r.Slot <= to })
	for i := range d.plan.Rules {
		if r := &d.plan.Rules[i]; r.Slot > to {
			r.Slot -= to - from
		}
	}
}

// dropPairs leaves out pairs, and all that is about them.
func (d *drawn) dropPairs(from, to int) {
	for _, p := range d.pairs[from:to] {
		has := func(text string) bool { return strings.Contains(text, p.name) }
		for i := range d.slots {
			d.slots[i].signals = slices.DeleteFunc(d.slots[i].signals, has)
			d.slots[i].fields = slices.DeleteFunc(d.slots[i].fields, has)
		}
		d.plan.Rules = slices.DeleteFunc(d.plan.Rules, func(r chaos.Rule) bool { return r.Pair == p.name || r.Asset == p.base })
	}
	d.pairs = slices.Delete(d.pairs, from, to)
}

// without leaves out all of n things, then half, then a quarter, down to single ones.
func without(r *reducer, n int, drop func(d *drawn, from, to int)) {
	for size := n; size > 0; size /= 2 {
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
