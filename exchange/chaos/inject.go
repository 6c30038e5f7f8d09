package chaos

import (
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Injector plays a plan in virtual time. It outlives the process that the plan crashes. It
// is used by one goroutine.
type Injector struct {
	plan  Plan
	runs  []run
	now   exchange.Stamp
	start exchange.Stamp
	log   []Firing
	over  bool
	has   [verbs]bool
	hits  [families]bool // some rule of the family strikes calls or messages
	acts  [families]bool // some rule of the family happens at its instant
	waits []int          // the rules that wait for a point
	due   exchange.Stamp // what NextDue said last; it holds until then while known
	known bool
	met   []string
	// outside is what the market's price is elsewhere, where our venue's is another.
	outside map[exchange.InstrumentID]money.Price
}

// run is how far a rule is.
type run struct {
	do      Verb // and what else is asked for again and again, side by side
	family  Family
	shape   Shape
	lasts   time.Duration
	reached int            // how often its point was, since it is armed
	from    exchange.Stamp // since when it is on; Never: not yet
	next    exchange.Stamp // of an act: its next instant
	fired   int
	first   exchange.Stamp // when it first came true
	told    bool           // of a state: it stands in the log
}

// Firing is that a fault came true.
type Firing struct {
	Place int // of the rule in the plan, from 0
	At    exchange.Stamp
	What  string // the call, channel or point that it struck; "" for a state or an act
}

// NewInjector begins a run at start. The plan is checked: a *Error tells what it cannot mean.
func NewInjector(p Plan, start exchange.Stamp) (*Injector, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	x := &Injector{plan: p, runs: make([]run, len(p.Rules)), now: start, start: start, outside: map[exchange.InstrumentID]money.Price{}}
	for i := range x.runs {
		do := p.Rules[i].Do
		x.has[do] = true
		x.hits[do.Family()] = x.hits[do.Family()] || do.Shape() == Hits
		x.acts[do.Family()] = x.acts[do.Family()] || do.Shape() == Acts
		x.runs[i] = run{do: do, family: do.Family(), shape: do.Shape(), lasts: p.Rules[i].For, from: exchange.Never, next: exchange.Never, first: exchange.Never}
		if p.Rules[i].After == "" {
			x.begin(i, start.Add(p.Rules[i].At))
		} else {
			x.waits = append(x.waits, i)
		}
	}
	return x, nil
}

func (x *Injector) begin(i int, at exchange.Stamp) {
	x.runs[i].from, x.known = at, false
	if x.runs[i].shape == Acts {
		x.runs[i].next = at
	}
}

// Plan is what is played.
func (x *Injector) Plan() Plan { return x.plan }

// Now is the latest instant that was told.
func (x *Injector) Now() exchange.Stamp { return x.now }

// Advance tells the time; an earlier one than before changes nothing.
func (x *Injector) Advance(now exchange.Stamp) { x.now = max(x.now, now) }

// Reach tells that a point of the run is reached. Rules that wait for it begin now.
func (x *Injector) Reach(point string) {
	if x.over {
		return
	}
	for at := 0; at < len(x.waits); at++ {
		i := x.waits[at]
		r, rule := &x.runs[i], &x.plan.Rules[i]
		if rule.After != point || x.now < x.start.Add(rule.At) {
			continue
		}
		if r.reached++; r.reached >= max(rule.Nth, 1) {
			x.begin(i, x.now)
			x.waits = slices.Delete(x.waits, at, at+1)
			at--
		}
	}
}

// on reports whether a rule is on at an instant.
func (x *Injector) on(i int, t exchange.Stamp) bool {
	r := &x.runs[i]
	switch {
	case x.over || r.from == exchange.Never || t < r.from || t >= x.end(i):
		return false
	case r.shape != Hits:
		return true
	case x.plan.Rules[i].Times > 0:
		return r.fired < x.plan.Rules[i].Times
	}
	return r.lasts > 0 || r.fired == 0 // without a bound: once
}

func (x *Injector) end(i int) exchange.Stamp {
	if d := x.runs[i].lasts; d > 0 {
		return x.runs[i].from.Add(d)
	}
	return exchange.Never
}

func (x *Injector) fire(i int, what string) *Rule {
	r := &x.runs[i]
	if r.fired++; r.first == exchange.Never {
		r.first = x.now
	}
	x.log = append(x.log, Firing{i, x.now, what})
	return &x.plan.Rules[i]
}

// Strike is the rule of a family that hits a call or message now, in the plan's order; nil
// when none does. It counts. pair is "" for what concerns none.
func (x *Injector) Strike(f Family, target, pair string) *Rule {
	if !x.hits[f] {
		return nil
	}
	for i := range x.runs {
		if r := &x.runs[i]; r.family == f && r.shape == Hits && x.on(i, x.now) && x.plan.Rules[i].Matches(target, pair) {
			return x.fire(i, target)
		}
	}
	return nil
}

// Hit is Strike for the rules of one verb.
func (x *Injector) Hit(v Verb, target, pair string) *Rule {
	if !x.has[v] {
		return nil
	}
	for i := range x.runs {
		if x.runs[i].do == v && x.on(i, x.now) && x.plan.Rules[i].Matches(target, pair) {
			return x.fire(i, target)
		}
	}
	return nil
}

// Holds is the state that a verb has put things into; nil when it has not. Rules without a
// pair hold for all of them; pair and target may be "" when only such rules can matter. A
// state counts as fired when it is first asked for and holds.
func (x *Injector) Holds(v Verb, target, pair string) *Rule {
	if !x.has[v] {
		return nil
	}
	for i := range x.runs {
		if x.runs[i].do == v && x.on(i, x.now) && x.plan.Rules[i].Matches(target, pair) {
			return x.holding(i)
		}
	}
	return nil
}

// holdsValue is Holds for the rules of a verb that have a value.
func (x *Injector) holdsValue(v Verb, value string) bool {
	if !x.has[v] {
		return false
	}
	found := false
	for i := range x.runs {
		if x.runs[i].do == v && x.plan.Rules[i].Value == value && x.on(i, x.now) {
			x.holding(i)
			found = true
		}
	}
	return found
}

// Breaks reports whether the plan breaks a control of the guard now.
func (x *Injector) Breaks(control string) bool {
	return x.has[BreakControl] && x.holdsValue(BreakControl, control)
}

// holding notes that a state was met.
func (x *Injector) holding(i int) *Rule {
	if r := &x.runs[i]; !r.told {
		r.told = true
		return x.fire(i, "")
	}
	return &x.plan.Rules[i]
}

// Take is the next act of a family that is due, nil when none is; call it until then. It
// counts.
func (x *Injector) Take(f Family) *Rule {
	if x.over || !x.acts[f] {
		return nil
	}
	first := -1
	for i := range x.runs {
		if r := &x.runs[i]; r.family == f && r.next <= x.now && (first < 0 || r.next < x.runs[first].next) {
			first = i
		}
	}
	if first < 0 {
		return nil
	}
	r, rule := &x.runs[first], &x.plan.Rules[first]
	x.known = false
	at := r.next
	if r.next = exchange.Never; r.fired+1 < rule.Times {
		r.next = at.Add(rule.Every)
	}
	return x.fire(first, rule.After)
}

// NextDue is the earliest instant from now on at which something begins, ends or happens by
// itself: the driver advances to it. Never when nothing does. What is due and not taken yet
// counts as now.
func (x *Injector) NextDue() exchange.Stamp {
	due := exchange.Never
	if x.over {
		return due
	}
	if x.known && x.due > x.now {
		return x.due
	}
	for i := range x.runs {
		r := &x.runs[i]
		if r.shape == Acts {
			if r.next != exchange.Never {
				due = min(due, max(r.next, x.now))
			}
			continue
		}
		if r.from != exchange.Never && r.from > x.now {
			due = min(due, r.from)
		}
		if end := x.end(i); r.from != exchange.Never && end > x.now {
			due = min(due, end)
		}
	}
	x.due, x.known = due, true
	return due
}

// nextAfter is NextDue of what lies behind an instant.
func (x *Injector) nextAfter(t exchange.Stamp) exchange.Stamp {
	due := exchange.Never
	for i := range x.runs {
		r := &x.runs[i]
		if x.over || r.from == exchange.Never {
			continue
		}
		for _, at := range [...]exchange.Stamp{r.from, r.next, x.end(i)} {
			if at > t {
				due = min(due, at)
			}
		}
	}
	return due
}

// Heal ends every fault for good: nothing fires any more.
func (x *Injector) Heal() { x.over = true }

// Fired is how often the rule at a place came true.
func (x *Injector) Fired(place int) int { return x.runs[place].fired }

// FirstFired is when the rule at a place first came true; Never: it did not.
func (x *Injector) FirstFired(place int) exchange.Stamp { return x.runs[place].first }

// EndOf is when the rule at a place ends by its for; Never: it has not begun, or has no end.
func (x *Injector) EndOf(place int) exchange.Stamp {
	if x.runs[place].from == exchange.Never {
		return exchange.Never
	}
	return x.end(place)
}

// Log is everything that came true, in order.
func (x *Injector) Log() []Firing { return x.log }

// NeverFired are the places of the rules that never came true: a plan with such a rule
// proves nothing about it.
func (x *Injector) NeverFired() []int {
	var places []int
	for i := range x.runs {
		if x.runs[i].fired == 0 {
			places = append(places, i)
		}
	}
	return places
}

// Dangers that a run can meet, for expectations that a test really got there.
const (
	FoundOpen   = "unknown-found-in-open-orders"
	FoundClosed = "unknown-found-in-closed-orders"
	FoundTrades = "unknown-found-in-trades"
	GivenUp     = "unknown-given-up"
)

// Dangers are all that the link tells of; a World may note its own.
var Dangers = []string{FoundOpen, FoundClosed, FoundTrades, GivenUp}

// Met notes that the run got into a danger.
func (x *Injector) Met(danger string) {
	if !x.HasMet(danger) {
		x.met = append(x.met, danger)
	}
}

// HasMet reports whether the run got into a danger.
func (x *Injector) HasMet(danger string) bool { return slices.Contains(x.met, danger) }

// Since is how long the run lasts.
func (x *Injector) Since() time.Duration { return x.now.Sub(x.start) }

// BeginOf is since when a rule that Strike, Holds or Take gave is on.
func (x *Injector) BeginOf(r *Rule) exchange.Stamp {
	for i := range x.plan.Rules {
		if &x.plan.Rules[i] == r {
			return x.runs[i].from
		}
	}
	panic("BUG: a rule of another plan")
}
