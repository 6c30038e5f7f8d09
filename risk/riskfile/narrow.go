package riskfile

import (
	"slices"
	"strings"

	"breakwater/risk"
)

// Narrow makes one number of limits stricter: the key is a control's name as in a file,
// with a part behind a dot where it has several (order-rate.minute). A looser number is
// refused. Limits.Profile tells of it.
func Narrow(l *risk.Limits, key, value, currency string, decimals uint8) error {
	return change(l, key, value, currency, decimals, true)
}

// Edit is Narrow for whoever can edit the file: looser numbers too. What that does to a
// session, config-freeze decides at its next start.
func Edit(l *risk.Limits, key, value, currency string, decimals uint8) error {
	return change(l, key, value, currency, decimals, false)
}

func change(l *risk.Limits, key, value, currency string, decimals uint8, strict bool) error {
	r := &reader{file: &File{name: key + "=" + value, Limits: *l, Profile: l.Profile, Currency: currency, Decimals: decimals, lines: map[string]int{}}, base: *l, strict: strict}
	r.base.NeedsArming = r.base.NeedsArming && strict
	name, part, parted := strings.Cut(key, ".")
	root := node{entries: []entry{{key: name, node: node{text: value}}}}
	if slices.Contains(general, name) {
		return r.fail(0, "%s is no limit; set it in a risk.yaml", name)
	}
	if err := r.known(&root); err != nil {
		return err
	}
	e := &root.entries[0]
	if parted {
		e.node = node{is: mapping, entries: []entry{{key: part, node: e.node}}}
	}
	c, _ := risk.ParseControl(name)
	of := paramsOf(c)
	switch {
	case parted && of[0].name == "":
		return r.fail(0, "%s has no parts; write %s=%s", name, name, r.sample(of[0]))
	case !parted && of[0].name != "" && !asLimit(of):
		names := make([]string, len(of))
		for i, p := range of {
			names[i] = name + "." + p.name
		}
		return r.fail(0, "%s has parts; write one of %s", name, strings.Join(names, ", "))
	}
	if err := r.readControl(e, of); err != nil {
		return err
	}
	*l = r.file.Limits
	l.Profile += ", " + key + "=" + value
	return nil
}
