package risk

import (
	"fmt"
	"io"
	"strings"
)

// Explain writes what a control is, for people.
func Explain(w io.Writer, c Control) error {
	d := &Declarations[c]
	facts := "none beyond orders, fills and prices"
	if names := d.Facts.Names(); len(names) > 0 {
		facts = strings.Join(names, ", ") + "; where the source declares one absent, it is not applicable"
	}
	survives := "no: it is recomputed from what comes in"
	if d.Survives {
		survives = "yes: its state is a fold of the records"
	}
	_, err := fmt.Fprintf(w, "%s\n\n  holds     %s\n  default   %s\n  scope     %s\n  trips to  %s\n  ended by  %s\n  needs     %s\n  survives  %s\n",
		d.Name, d.Rule, d.Default, d.Scope, d.Trip, d.Reset, facts, survives)
	return err
}

// WriteTable writes the table of all controls as Markdown: docs/risk.md holds it.
func WriteTable(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| control | exact rule | default | scope | at trip | reset | restart |\n|---|---|---|---|---|---|---|\n")
	for _, c := range All() {
		d := &Declarations[c]
		survives := "–"
		if d.Survives {
			survives = "survives"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", d.Name, d.Rule, d.Default, d.Scope, d.Trip, d.Reset, survives)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
