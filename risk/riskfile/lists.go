package riskfile

import (
	"slices"

	"breakwater/exchange/money"
	"breakwater/risk"
)

// The parts of a mode and of a ramp's step are read like those of a control.
var (
	modeShare    = param{name: "share", kind: share, always: true}
	modeCount    = param{name: "positions", kind: count, always: true}
	modeNotional = param{name: "order", kind: amount, always: true}
	stepPosition = param{name: "position", kind: amount, always: true}
	stepLoss     = param{name: "daily-loss", kind: amount, always: true}
)

// readModes reads what strategies of one kind may use together. The modes of a profile
// can be narrowed, and no others added: they share one whole.
func (r *reader) readModes(root *node) error {
	e := root.find(keyModes)
	if e == nil {
		return nil
	}
	if e.node.is != mapping || len(e.node.entries) == 0 {
		return r.fail(e.line, "modes is %s; write modes: {swing: {share: 25%%, positions: 3, order: 500}}", e.node.what())
	}
	r.file.lines[keyModes] = e.line
	limits := &r.file.Limits
	for i := range e.node.entries {
		m := &e.node.entries[i]
		at := slices.IndexFunc(limits.Modes, func(o risk.Mode) bool { return o.Name == m.key })
		if at < 0 {
			if len(r.base.Modes) > 0 {
				var names []string
				for _, o := range r.base.Modes {
					names = append(names, o.Name)
				}
				return r.fail(m.line, "profile %s has no mode %q%s", r.file.Profile, m.key, nearest(m.key, names))
			}
			limits.Modes = append(limits.Modes, risk.Mode{Name: m.key})
			at = len(limits.Modes) - 1
		}
		mode := &limits.Modes[at]
		if err := r.readParts("mode "+m.key, m, len(r.base.Modes) == 0, []part{
			{&modeShare, &mode.SharePPM}, {&modeCount, &mode.Count}, {&modeNotional, (*int64)(&mode.Notional)},
		}); err != nil {
			return err
		}
		if mode.SharePPM == 0 || mode.Count == 0 || mode.Notional == 0 {
			r.note(m.line, "mode %s has a 0: its strategies can buy nothing", m.key)
		}
	}
	var sum int64
	for _, m := range limits.Modes {
		sum += m.SharePPM
	}
	if sum > money.PPM {
		return r.fail(e.line, "the modes' shares add up to %s%%; at most 100%% can be given out", money.Trim(sum, 4))
	}
	return nil
}

// readRamp reads the steps in which limits grow with armed days.
func (r *reader) readRamp(root *node) error {
	e := root.find(keyRamp)
	if e == nil {
		return nil
	}
	if e.node.is != list || len(e.node.items) == 0 {
		return r.fail(e.line, "ramp is %s; write its steps: [{position: 50, daily-loss: 20}, {position: 200, daily-loss: 100}]", e.node.what())
	}
	if n := len(r.base.Ramp); n > 0 && len(e.node.items) != n {
		return r.fail(e.line, "the ramp has %d steps, that of profile %s %d; write as many", len(e.node.items), r.file.Profile, n)
	}
	r.file.lines[keyRamp] = e.line
	limits := &r.file.Limits
	if limits.Ramp == nil {
		limits.Ramp = make([]risk.Step, len(e.node.items))
	}
	for i := range e.node.items {
		n, step := &e.node.items[i], &limits.Ramp[i]
		m := entry{key: "step", line: n.line, node: *n}
		if err := r.readParts("ramp step", &m, len(r.base.Ramp) == 0, []part{
			{&stepPosition, (*int64)(&step.Position)}, {&stepLoss, (*int64)(&step.DailyLoss)},
		}); err != nil {
			return err
		}
		if step.Position == 0 || step.DailyLoss == 0 {
			r.note(n.line, "ramp step %d has a 0: it lets nothing through", i+1)
		}
		if i > 0 && (step.Position < limits.Ramp[i-1].Position || step.DailyLoss < limits.Ramp[i-1].DailyLoss) {
			return r.fail(n.line, "ramp step %d is smaller than the one before; a ramp goes up", i+1)
		}
	}
	return nil
}

// part is one number of a mode or step.
type part struct {
	*param
	to *int64
}

// readParts reads the numbers of a mode or step; whole says that none may be left out.
func (r *reader) readParts(title string, e *entry, whole bool, parts []part) error {
	if e.node.is != mapping {
		return r.fail(e.line, "%s is %s; write its parts, %s to %s", title, e.node.is, parts[0].name, parts[len(parts)-1].name)
	}
	for i := range e.node.entries {
		have := &e.node.entries[i]
		at := slices.IndexFunc(parts, func(p part) bool { return p.name == have.key })
		if at < 0 {
			var names []string
			for _, p := range parts {
				names = append(names, p.name)
			}
			return r.fail(have.line, "unknown key %q under %s%s", have.key, title, nearest(have.key, names))
		}
		p := parts[at]
		v, err := r.number(title+" "+p.name, p.param, &have.node)
		if err != nil {
			return err
		}
		if !whole && v > *p.to {
			return r.looser(have.node.line, title+" "+p.name, have.node.text, p.text(*p.to, r.file.Decimals), p.param)
		}
		*p.to = v
	}
	for _, p := range parts {
		if whole && e.node.find(p.name) == nil {
			return r.fail(e.line, "%s has no %s; write %s: %s", title, p.name, p.name, r.sample(p.param))
		}
	}
	return nil
}
