package chaos

import (
	"slices"
	"strings"

	"breakwater/exchange/money"
)

// Check reports the first rule that means nothing. The error is an *Error.
func (p Plan) Check() error {
	for i := range p.Rules {
		if err := p.Rules[i].check(); err != nil {
			return err
		}
		if at := p.Find(p.Called(i)); at != i {
			return p.Rules[i].fail("two faults are called %s; give this one another name", p.Called(i))
		}
	}
	return nil
}

func (r *Rule) check() error {
	if !r.Do.valid() {
		return r.fail("says nothing to do; write do: and a fault such as drop")
	}
	for i := range params { // what was made in Go, not read, must be readable too
		p := &params[i]
		if text := p.write(r); text != "" {
			if wrong := p.read(&Rule{Do: r.Do}, text); wrong != "" {
				return r.fail("%s %q %s", p.key, text, wrong)
			}
			if err := r.allows(p.key); err != nil {
				return err
			}
		}
	}
	for _, key := range strings.Fields(specs[r.Do].needs) {
		if r.text(key) == "" {
			return r.fail("%s needs %s: %s", r.Do, key, r.Do.Doc())
		}
	}
	if err := r.checkOn(); err != nil {
		return err
	}
	return r.checkNumbers()
}

func (r *Rule) text(key string) string {
	for i := range params {
		if params[i].key == key {
			return params[i].write(r)
		}
	}
	panic("BUG: the table of verbs has the unknown key " + key)
}

// allows reports whether a key means something to the rule's verb.
func (r *Rule) allows(key string) error {
	s := &specs[r.Do]
	switch key {
	case "name", "at", "after", "do":
		return nil
	case "on":
		if s.on != onNothing {
			return nil
		}
	case "for":
		if s.shape != Acts {
			return nil
		}
		return r.fail("%s happens at its instant; leave out for, or repeat it with times and every", r.Do)
	case "times":
		if s.shape != Holds {
			return nil
		}
		return r.fail("%s is a state; leave out times and say how long with for", r.Do)
	case "every":
		if s.shape == Acts {
			return nil
		}
	default:
		if slices.Contains(strings.Fields(s.needs), key) || slices.Contains(strings.Fields(s.takes), key) {
			return nil
		}
	}
	may := strings.TrimSpace(s.needs + " " + s.takes)
	if may == "" {
		return r.fail("%s means nothing to %s; leave it out", key, r.Do)
	}
	return r.fail("%s means nothing to %s, which takes %s", key, r.Do, strings.Join(strings.Fields(may), ", "))
}

func (r *Rule) checkOn() error {
	if r.On == "" || r.On == Any {
		return nil
	}
	known := specs[r.Do].on.known()
	for _, name := range strings.Split(r.On, "|") {
		if !slices.Contains(known, name) {
			return r.fail("on %q: %s cannot strike that%s", name, r.Do, nearest(name, known))
		}
	}
	return nil
}

func (r *Rule) checkNumbers() error {
	switch {
	case r.At < 0 || r.For < 0 || r.Every < 0 || r.RestartAfter < 0:
		return r.fail("a time is negative; write 0 or more")
	case max(r.At, r.For, r.Every, r.RestartAfter, r.By, -r.By) > Longest:
		return r.fail("a time is longer than 10 years; write a shorter one")
	case r.By < 0 && r.Do.Family() != Clock:
		return r.fail("by %s is negative; write 0 or more", spanText(r.By))
	case r.Nth != 0 && r.After == "":
		return r.fail("nothing is counted; name a point with after")
	case r.Do.Shape() == Acts && (r.Times > 1) != (r.Every > 0):
		return r.fail("times and every go together: how often, and how long from one to the next")
	case r.PPM <= -money.PPM:
		return r.fail("pct %s leaves no price; write more than -100%%", r.text("pct"))
	case r.PPM > 1000*money.PPM:
		return r.fail("pct %s is more than a thousandfold; write less", r.text("pct"))
	case (r.Do == Widen || r.Do == DrainBook) && r.PPM < 0:
		return r.fail("pct %s is negative; write more than 0", r.text("pct"))
	case r.Do == DrainBook && r.PPM >= money.PPM:
		return r.fail("pct %s drains nothing; it is what remains, such as 1%%", r.text("pct"))
	case r.Amount < 0 || r.Price < 0 || r.Factor < 0:
		return r.fail("amount, price and factor are positive; write them without a sign")
	}
	return r.checkValue()
}

// Advices are the values of status that are advice to clients before a maintenance.
var advices = []string{"reduce-activity", "cancel-open-orders", "stop-new-orders", "disconnect", "emergency"}

var (
	modes = []string{"online", "post-only", "limit-only", "reduce-only", "cancel-only", "maintenance"}
	rows  = []string{"deposit", "withdrawal", "transfer", "adjustment", "none"}

	// what may lie where the KILL file is looked for
	killEntries = []string{"file", "directory", "dangling-link", "unreadable"}
)

func (r *Rule) checkValue() error {
	var known []string
	switch r.Do {
	case SetStatus:
		known = append(slices.Clone(modes), advices...)
	case Withdraw, Credit:
		known = rows
	case TouchKill:
		known = killEntries
	case BreakControl:
		if strings.Trim(r.Value, "abcdefghijklmnopqrstuvwxyz-") != "" {
			return r.fail("value %q is no control; write one such as price-collar", r.Value)
		}
		return nil
	default:
		return nil
	}
	if r.Value != "" && !slices.Contains(known, r.Value) {
		return r.fail("value %q means nothing to %s%s", r.Value, r.Do, nearest(r.Value, known))
	}
	return nil
}
