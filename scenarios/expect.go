package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/sim/world"
)

// Expectation is something that must hold in a run.
type Expectation struct {
	Line  int
	Kind  string // event, never, level, calls, …: the key that begins it
	Value string // what stands behind that key
	As    string // its own name; "": kind and value

	within, after, before time.Duration // 0: no bound
	of                    string        // what within counts from; "": the start
	min, max              int64         // -1: no bound
	control               risk.Control
	pair                  exchange.InstrumentID // None: any
	slot                  exchange.SlotID       // -1: any
	side                  string
	text                  string
	scope                 string
	amount                money.Amount
	level                 risk.Level
	list                  []string
}

// Title is what messages and must-break call it.
func (x *Expectation) Title() string {
	if x.As != "" {
		return x.As
	}
	return strings.TrimSpace(x.Kind + " " + x.Value)
}

// eventKinds are what event and never may name.
var eventKinds = []string{
	"start", "intent", "denial", "denials", "amend", "cancel", "fill", "trip", "lift", "day-start", "equity", "snapshot", "flow", "arm-request", "arm", "cycle", "ramp",
	"operator", "note", "order-pending", "order-unknown", "order-working", "order-filled", "order-cancelled", "order-expired", "order-rejected", "order-absent",
	"order-resolved", "crash", "stop", "process-ended", "start-refused", "act", "act-refused", "second-instance", "alert",
	"AddOrder", "AmendOrder", "CancelOrder", "CancelAllOrdersAfter", "Refresh",
}

var levelNames = []string{"ACTIVE", "PAUSED", "REDUCE_ONLY", "HALTED", "KILLED"}

// kinds are the keys that an expectation begins with.
var kinds = []string{
	"invariants", "event", "never", "reached", "level", "final-level", "calls", "fills", "denied", "loss-max", "equity-min", "held-max", "held-min", "alert", "lives", "running", "phase",
}

func (s *Scenario) readExpect(f *fields) {
	items := f.list("expect")
	if len(items) == 0 {
		f.fail(f.n, "nothing is expected; write expect: and at least - invariants: all")
		return
	}
	for _, n := range items {
		x, err := s.readExpectation(n)
		if err != nil && f.err == nil {
			f.err = err
		}
		s.Expect = append(s.Expect, x)
	}
}

func (s *Scenario) readExpectation(n *node) (Expectation, error) {
	f := n.fields("an expectation")
	x := Expectation{Line: n.line, min: -1, max: -1, pair: exchange.None, slot: -1}
	if f.err != nil {
		return x, f.err
	}
	for _, k := range kinds {
		if f.has(k) {
			if x.Kind != "" {
				f.fail(n, "an expectation begins with %s and with %s; make two of it", x.Kind, k)
			}
			x.Kind = k
		}
	}
	if x.Kind == "" {
		word := ""
		if len(n.keys) > 0 {
			word = n.keys[0].key
		}
		f.fail(n, "this expects nothing%s", nearest(word, kinds))
		return x, f.err
	}
	x.list = f.words(x.Kind)
	x.Value = strings.Join(x.list, ", ")
	x.As = f.text("as")
	s.readValue(f, &x)
	s.readFilters(f, &x)
	return x, f.done()
}

// readValue reads what stands behind the key that an expectation begins with.
func (s *Scenario) readValue(f *fields, x *Expectation) {
	at := f.at(x.Kind)
	known := func(of []string) {
		if !slices.Contains(of, x.Value) {
			f.fail(at, "%s %q is unknown%s", x.Kind, x.Value, nearest(x.Value, of))
		}
	}
	switch x.Kind {
	case "invariants":
		for _, name := range x.list {
			if name != "all" && world.FindInvariant(name) < 0 {
				var names []string
				for _, i := range world.Invariants {
					names = append(names, i.Name)
				}
				f.fail(at, "invariant %q is unknown%s", name, nearest(name, names))
			}
		}
	case "event", "never":
		known(eventKinds)
	case "reached":
		if s.cfg.Plan.Find(x.Value) < 0 {
			known(append(s.faultNames(), eventKinds...))
		}
	case "level", "final-level":
		known(levelNames)
		x.level = risk.Level(max(0, slices.Index(levelNames, x.Value)))
		if x.Kind == "level" && x.level == risk.Active {
			f.fail(at, "no latch has the level ACTIVE; write final-level, or event: lift")
		}
	case "calls":
		known(world.CallNames())
	case "fills":
		known([]string{"buy", "sell", "any"})
	case "denied":
		c, ok := risk.ParseControl(x.Value)
		if !ok && x.Value != "any" {
			known(append(controlNames(), "any"))
		}
		x.control = c
	case "loss-max", "equity-min":
		v, err := strconv.ParseFloat(x.Value, 64)
		if err != nil || v < 0 || v > 1e12 {
			f.fail(at, "%s %q is no amount; write it like 20", x.Kind, x.Value)
		}
		x.amount = units(v, s.cfg.Catalog.Assets[s.cfg.Currency].Decimals)
	case "held-max", "held-min":
		asset, number, _ := strings.Cut(x.Value, " ")
		a, ok := s.cfg.Catalog.Asset(asset)
		v, err := strconv.ParseFloat(number, 64)
		if !ok || err != nil || v < 0 || v > 1e12 {
			f.fail(at, "%s %q is no amount of an asset; write it like XBT 0.01", x.Kind, x.Value)
			return
		}
		x.amount, x.pair = units(v, a.Decimals), exchange.InstrumentID(a.ID)
	case "running":
		known([]string{"true", "false"})
	case "phase":
		known([]string{"reconciling", "ready", "dry cycle", "armed"})
	}
}

func controlNames() (names []string) {
	for _, c := range risk.All() {
		names = append(names, c.String())
	}
	return names
}

func (s *Scenario) faultNames() (names []string) {
	for i := range s.cfg.Plan.Rules {
		names = append(names, s.cfg.Plan.Called(i))
	}
	return names
}

// readFilters reads which of the things that happened count, and how many there must be.
func (s *Scenario) readFilters(f *fields, x *Expectation) {
	timed := []string{"event", "never", "reached", "level", "calls", "fills", "denied", "alert"}
	if slices.Contains(timed, x.Kind) {
		x.within, x.after, x.before = f.span("within", 0), f.span("after", 0), f.span("before", 0)
		if x.of = f.text("of"); x.of != "" {
			at := s.cfg.Plan.Find(strings.TrimSuffix(x.of, "-end"))
			if at < 0 && x.of != "start" {
				f.fail(f.at("of"), "of %q is no fault%s", x.of, nearest(x.of, append(s.faultNames(), "start")))
			} else if strings.HasSuffix(x.of, "-end") && s.cfg.Plan.Rules[at].For == 0 {
				f.fail(f.at("of"), "%s has no end: write for: 1m there", s.cfg.Plan.Called(at))
			}
		}
		if name := f.text("control"); name != "" {
			var ok bool
			if x.control, ok = risk.ParseControl(name); !ok {
				f.fail(f.at("control"), "control %q is unknown%s", name, nearest(name, controlNames()))
			}
		}
		s.readWindow(f, x)
		if pair := f.text("pair"); pair != "" {
			in, ok := s.cfg.Catalog.Find(pair)
			if !ok {
				f.fail(f.at("pair"), "pair %s is not in the market%s", pair, nearest(pair, s.pairs))
			} else {
				x.pair = in.ID
			}
		}
		if slot := f.text("slot"); slot != "" {
			if x.slot = exchange.SlotID(slices.Index(s.slots, slot)); x.slot < 0 {
				f.fail(f.at("slot"), "slot %q is no strategy%s", slot, nearest(slot, s.slots))
			}
		}
		x.side, x.text = f.one("side", []string{"buy", "sell"}), f.text("text")
	}
	if slices.Contains([]string{"level", "final-level"}, x.Kind) {
		x.scope = f.text("scope")
		_, isPair := s.cfg.Catalog.Find(x.scope)
		if x.scope != "" && x.scope != "global" && !isPair && !slices.Contains(s.slots, x.scope) {
			f.fail(f.at("scope"), "scope %q is neither global, nor a pair, nor a strategy%s", x.scope, nearest(x.scope, slices.Concat([]string{"global"}, s.pairs, s.slots)))
		}
		if isPair {
			base, quote, _ := exchange.NormalPair(x.scope)
			x.scope = base + "/" + quote
		}
	}
	if slices.Contains([]string{"event", "never", "reached", "calls", "fills", "denied", "lives", "alert"}, x.Kind) {
		x.min, x.max = f.whole("min", -1, 0, 1e9), f.whole("max", -1, 0, 1e9)
		if x.min < 0 && x.max < 0 && (x.Kind == "calls" || x.Kind == "fills" || x.Kind == "lives") {
			f.fail(f.n, "%s without a bound holds always; write min: 1 or max: 1", x.Kind)
		}
		if x.max >= 0 && x.min > x.max {
			f.fail(f.n, "min %d is above max %d: nothing can meet that", x.min, x.max)
		}
		if x.Kind == "never" && (x.min >= 0 || x.max >= 0) {
			f.fail(f.n, "never has no bounds; write event with max")
		}
	}
}

// readWindow refuses a part of the scenario that there is not.
func (s *Scenario) readWindow(f *fields, x *Expectation) {
	switch d := s.cfg.Duration; {
	case x.after >= d && x.after > 0:
		f.fail(f.at("after"), "after %s is behind the end of the scenario: nothing can meet that", x.after)
	case x.before > 0 && x.before <= x.after:
		f.fail(f.at("before"), "before %s is not behind after %s: nothing can meet that", x.before, x.after)
	}
}

// window is the part of a run that an expectation is about; ok is false when what it counts
// from did not happen.
func (x *Expectation) window(s *Scenario, r *world.Result) (from, to exchange.Stamp, ok bool) {
	from, to = r.Start-exchange.Stamp(1<<50), r.End
	if x.within > 0 || x.of != "" {
		from = r.Start
		name, end := strings.CutSuffix(x.of, "-end")
		if i := s.cfg.Plan.Find(name); i >= 0 {
			if r.Faults.Fired(i) == 0 {
				return 0, 0, false
			}
			if from = r.Faults.FirstFired(i); end {
				if from = r.Faults.EndOf(i); from == exchange.Never {
					return 0, 0, false
				}
			}
		}
		if x.within > 0 {
			to = from.Add(x.within)
		}
	}
	if x.after > 0 {
		from = max(from, r.Start.Add(x.after))
	} else if x.of == "" && x.within == 0 {
		from = r.Start // what was before belongs to the prelude
	}
	if x.before > 0 {
		to = min(to, r.Start.Add(x.before))
	}
	return from, to, true
}

// matches reports whether a line of the log is one that the expectation is about.
func (x *Expectation) matches(e *world.Entry) bool {
	switch {
	case x.control != risk.NoControl && x.Kind != "denied" && e.Control != x.control && !slices.Contains(e.Reasons, x.control):
		return false
	case x.pair != exchange.None && e.Instrument != x.pair:
		return false
	case x.slot >= 0 && e.Slot != x.slot:
		return false
	case x.side != "" && e.Side.String() != x.side:
		return false
	}
	return strings.Contains(e.Text, x.text)
}

// count is how many lines of the log an expectation is about, and the first of them.
func (x *Expectation) count(s *Scenario, r *world.Result, is func(e *world.Entry) bool) (n int64, first *world.Entry, ok bool) {
	from, to, ok := x.window(s, r)
	if !ok {
		return 0, nil, false
	}
	for i := range r.Entries {
		if e := &r.Entries[i]; e.At >= from && e.At <= to && is(e) && x.matches(e) {
			if n++; first == nil {
				first = e
			}
		}
	}
	return n, first, true
}

// bounds holds a count against min and max; without them there must be one.
func (x *Expectation) bounds(n int64, what string) (ok bool, text string) {
	least := x.min
	if x.min < 0 && x.max < 0 {
		least = 1
	}
	switch {
	case n < least:
		return false, fmt.Sprintf("%d %s, at least %d are wanted", n, what, least)
	case x.max >= 0 && n > x.max:
		return false, fmt.Sprintf("%d %s, at most %d are allowed", n, what, x.max)
	}
	return true, fmt.Sprintf("%d %s", n, what)
}

// holds reports whether an expectation holds in a run, and what there was.
func (x *Expectation) holds(s *Scenario, r *world.Result) (ok bool, text string) {
	switch x.Kind {
	case "invariants":
		return x.invariants(r)
	case "event", "reached":
		if i := s.cfg.Plan.Find(x.Value); x.Kind == "reached" && i >= 0 {
			return x.bounds(int64(r.Faults.Fired(i)), "times it struck")
		}
		return x.entries(s, r, func(e *world.Entry) bool { return isKind(e, x.Value) })
	case "never":
		n, first, known := x.count(s, r, func(e *world.Entry) bool { return isKind(e, x.Value) })
		switch {
		case !known:
			return false, x.of + " did not happen"
		case n > 0:
			return false, fmt.Sprintf("%d times, first %s after the start", n, first.At.Sub(r.Start))
		}
		return true, "never"
	case "level":
		return x.entries(s, r, func(e *world.Entry) bool { return e.Kind == "trip" && e.Level == x.level && x.inScope(s, e) })
	case "calls":
		return x.entries(s, r, func(e *world.Entry) bool { return e.Kind == x.Value })
	case "fills":
		return x.entries(s, r, func(e *world.Entry) bool {
			return e.Kind == "fill" && (x.Value == "any" || e.Side.String() == x.Value)
		})
	case "denied":
		return x.entries(s, r, func(e *world.Entry) bool {
			return e.Kind == "denial" && (x.Value == "any" || slices.Contains(e.Reasons, x.control))
		})
	case "alert":
		return x.alerts(s, r)
	}
	return x.final(s, r)
}

// isKind reports whether a line is what an expectation names.
func isKind(e *world.Entry, kind string) bool {
	if kind == "order-resolved" {
		return e.State.Done() || e.State == exchange.Working
	}
	return e.Kind == kind
}

func (x *Expectation) entries(s *Scenario, r *world.Result, is func(e *world.Entry) bool) (bool, string) {
	n, _, known := x.count(s, r, is)
	if !known {
		return false, x.of + " did not happen"
	}
	return x.bounds(n, "times")
}

// inScope reports whether a latch is for what the expectation says.
func (x *Expectation) inScope(s *Scenario, e *world.Entry) bool {
	switch {
	case x.scope == "":
		return true
	case x.scope == "global":
		return e.Scope == risk.Global
	case e.Scope == risk.ByPair && e.Instrument >= 0:
		return s.cfg.Catalog.Instruments[e.Instrument].Symbol == x.scope
	case e.Scope == risk.BySlot && e.Slot >= 0:
		return s.slots[e.Slot] == x.scope
	}
	return false
}

func (x *Expectation) invariants(r *world.Result) (bool, string) {
	for _, v := range r.Violations {
		if slices.Contains(x.list, "all") || slices.Contains(x.list, v.Invariant) {
			return false, fmt.Sprintf("%s, %s after the start: %s", v.Invariant, v.At.Sub(r.Start), v.Text)
		}
	}
	return true, "all hold"
}

func (x *Expectation) alerts(s *Scenario, r *world.Result) (bool, string) {
	from, to, known := x.window(s, r)
	if !known {
		return false, x.of + " did not happen"
	}
	n := int64(0)
	for i := range r.Alerts {
		if a := &r.Alerts[i]; a.What == x.Value && a.Heard >= from && a.Heard <= to {
			n++
		}
	}
	return x.bounds(n, "alerts heard")
}

// final is what only the end of a run tells.
func (x *Expectation) final(s *Scenario, r *world.Result) (bool, string) {
	decimals := s.cfg.Catalog.Assets[s.cfg.Currency].Decimals
	switch x.Kind {
	case "final-level":
		level := r.Status.Level
		if x.scope != "" && x.scope != "global" {
			level = risk.Active
			for _, l := range r.Status.Latches {
				e := world.Entry{Scope: l.Scope, Instrument: l.Instrument, Slot: l.Slot}
				if x.inScope(s, &e) {
					level = max(level, l.Level)
				}
			}
		}
		return level == x.level, "the level is " + level.String()
	case "loss-max":
		return r.Loss() <= x.amount, "the loss is " + money.Format(int64(r.Loss()), decimals)
	case "equity-min":
		return r.Equity >= x.amount, "the equity is " + money.Format(int64(r.Equity), decimals)
	case "held-max", "held-min":
		a := &s.cfg.Catalog.Assets[x.pair]
		held := r.Held[a.ID]
		return x.Kind == "held-max" && held <= x.amount || x.Kind == "held-min" && held >= x.amount, "held is " + money.Format(int64(held), a.Decimals) + " " + a.Name
	case "lives":
		return x.bounds(int64(r.Lives), "lives")
	case "running":
		return strconv.FormatBool(r.Up) == x.Value, "running is " + strconv.FormatBool(r.Up)
	case "phase":
		return r.Status.Phase.String() == x.Value, "the phase is " + r.Status.Phase.String()
	}
	panic("BUG: expectation " + x.Kind)
}

func (s *Scenario) readAblation(f *fields) {
	n := f.node("ablate")
	if n == nil {
		f.fail(f.n, "no control is taken out; write ablate: {control: price-collar, must-break: fills}")
		return
	}
	g := n.fields("the ablation")
	s.Alone = g.text("none")
	name, breaks := g.text("control"), g.text("must-break")
	if err := g.done(); err != nil && f.err == nil {
		f.err = err
		return
	}
	if s.Alone != "" && name == "" && breaks == "" {
		return
	}
	var ok bool
	if s.Control, ok = risk.ParseControl(name); !ok {
		g.fail(g.at("control"), "control %q is unknown%s", name, nearest(name, controlNames()))
	}
	var titles []string
	for i := range s.Expect {
		x := &s.Expect[i]
		if titles = append(titles, x.Title()); s.Breaks < 0 && (x.Title() == breaks || x.Kind == breaks) && x.Kind != "reached" {
			s.Breaks = i
		}
	}
	if s.Breaks < 0 && f.err == nil {
		g.fail(g.at("must-break"), "must-break %q is no expectation of this scenario%s", breaks, nearest(breaks, titles))
	}
	if g.err != nil && f.err == nil {
		f.err = g.err
	}
}
