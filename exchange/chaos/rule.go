package chaos

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"breakwater/exchange"
)

// Plan is the faults of a run.
type Plan struct{ Rules []Rule }

// Rule is one fault. A field that is zero is left out. Rules are comparable.
type Rule struct {
	Name string // what expectations call it; "": fault-N by its place, from 1
	Line int    // of the file it was read from; no part of the rule

	At    time.Duration // from then on, since the run's start
	After string        // and then when a point of the run is reached
	Nth   int           // for the how manieth time since At; 0: 1
	On    string        // calls or channels, joined by |; "": any that the verb can hit
	Do    Verb

	Pair, Asset  string // normal names
	Side         exchange.Side
	PPM          int64         // a share, in parts per million: pct
	Amount       int64         // of an asset, in 10^-8
	Price        int64         // in 10^-8
	Factor       int64         // in parts per million: 1500000 is 1.5
	By           time.Duration // a delay, or a clock's difference
	Count        int
	Code         string // a venue's error, such as EService:Unavailable
	Key, Value   string
	Slot         int           // of a strategy, from 1; 0: each
	RestartAfter time.Duration // 0: at once

	Every time.Duration // from one act to the next
	Times int           // how often at most
	For   time.Duration // how long
}

// Scale is the scale of Amount and Price.
const Scale = 8

// Longest is the longest time that a rule may name.
const Longest = 10 * 366 * 24 * time.Hour

// Wait is By, or what the verb takes when it is left out.
func (r *Rule) Wait() time.Duration {
	if r.By != 0 || specs[r.Do].wait == "" {
		return r.By
	}
	d, err := time.ParseDuration(specs[r.Do].wait)
	if err != nil {
		panic("BUG: the table of verbs has the time " + specs[r.Do].wait)
	}
	return d
}

// N is Count, or what the verb takes when it is left out.
func (r *Rule) N() int {
	if r.Count != 0 {
		return r.Count
	}
	return specs[r.Do].count
}

// Matches reports whether the rule's on has a call or channel, and its pair a pair. An
// empty pair is that of an event without one: it matches rules without one only.
func (r *Rule) Matches(target, pair string) bool {
	if r.Pair != "" && r.Pair != pair {
		return false
	}
	if r.On == "" || r.On == Any {
		return true
	}
	for rest, more := r.On, true; more; {
		var one string
		if one, rest, more = strings.Cut(rest, "|"); one == target {
			return true
		}
	}
	return false
}

// Called is what expectations call the rule at a place, from 0.
func (p Plan) Called(place int) string {
	if n := p.Rules[place].Name; n != "" {
		return n
	}
	return fmt.Sprintf("fault-%d", place+1)
}

// Find is the place of the rule that expectations call so; -1 when there is none.
func (p Plan) Find(name string) int {
	for i := range p.Rules {
		if p.Called(i) == name {
			return i
		}
	}
	return -1
}

// Equal reports whether two plans do the same; where they were read from does not count.
func (p Plan) Equal(q Plan) bool {
	return slices.EqualFunc(p.Rules, q.Rules, func(a, b Rule) bool {
		a.Line, b.Line = 0, 0
		return a == b
	})
}

// Bounds is what a plan is for: faults outside of it can strike nothing.
type Bounds struct {
	Duration time.Duration
	Pairs    []string // normal names
	Assets   []string
	Slots    int
}

// CheckWithin reports the first rule that can strike nothing of a run. The error is an
// *Error.
func (p Plan) CheckWithin(b Bounds) error {
	for i := range p.Rules {
		r := &p.Rules[i]
		switch {
		case r.At >= b.Duration:
			return r.fail("at %s is behind the end of the run, which lasts %s; take an earlier one", spanText(r.At), spanText(b.Duration))
		case r.Pair != "" && !slices.Contains(b.Pairs, r.Pair):
			return r.fail("pair %s is not in the market%s", r.Pair, nearest(r.Pair, b.Pairs))
		case r.Asset != "" && !slices.Contains(b.Assets, r.Asset):
			return r.fail("asset %s is not on the account%s", r.Asset, nearest(r.Asset, b.Assets))
		case r.Slot > b.Slots:
			return r.fail("slot %d: there are %d strategies; take one from 1", r.Slot, b.Slots)
		}
	}
	return nil
}

// Error is a mistake in a plan: one sentence with the line and the remedy.
type Error struct {
	Line int // of the file; 0: not known
	Text string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Text
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Text)
}

func (r *Rule) fail(format string, args ...any) error {
	return &Error{r.Line, fmt.Sprintf(format, args...)}
}
