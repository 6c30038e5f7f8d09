package scenarios

import (
	"fmt"
	"strings"
)

// name is that of the scenario and its file.
func (d *drawn) name() string { return fmt.Sprintf("sweep-%d", d.seed) }

// text is the scenario as a file.
func (d *drawn) text(doc string) []byte {
	var b strings.Builder
	line := func(format string, v ...any) { fmt.Fprintf(&b, format+"\n", v...) }
	line("name: %s", d.name())
	line("doc: >\n  %s", doc)
	line("seed: %d", d.seed)
	line("start: %s", d.start.Format("2006-01-02T15:04:05Z"))
	line("duration: %s", d.duration)
	if d.heal > 0 {
		line("heal: %s", d.heal)
	}
	line("step: 1m")
	line("bars: %s", d.bars)
	for _, h := range d.head {
		line("%s", h)
	}
	line("market:")
	for i := range d.pairs {
		p := &d.pairs[i]
		line("  %s:", p.name)
		for _, f := range p.fields {
			line("    %s", f)
		}
		items(&b, "    shape:", "      ", p.shape)
	}
	line("strategies:")
	for i := range d.slots {
		s := &d.slots[i]
		for j, f := range s.fields {
			dash := "    "
			if j == 0 {
				dash = "  - "
			}
			line("%s%s", dash, f)
		}
		items(&b, "    signals:", "      ", s.signals)
	}
	line("limits:")
	for _, l := range d.limits {
		line("  %s", l)
	}
	var rules []string
	for i := range d.plan.Rules {
		rules = append(rules, d.plan.Rules[i].String())
	}
	items(&b, "faults:", "  ", rules)
	var acts []string
	for _, a := range d.owner {
		acts = append(acts, fmt.Sprintf("{at: %s, do: %s}", a.At, a.Do))
	}
	items(&b, "owner:", "  ", acts)
	line("expect:\n  - invariants: all")
	line("ablate: {none: drawn from a seed}")
	return []byte(b.String())
}

// items writes a key and its items; nothing without items.
func items(b *strings.Builder, key, indent string, all []string) {
	if len(all) > 0 {
		fmt.Fprintln(b, key)
	}
	for _, item := range all {
		fmt.Fprintf(b, "%s- %s\n", indent, item)
	}
}
