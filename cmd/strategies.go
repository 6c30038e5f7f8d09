package cmd

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"breakwater/strategy"
)

func (a *app) strategiesCommand() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use:   "strategies [NAME]",
		Short: "List the strategies, or one strategy's parameters",
		Long: `Strategies lists what --strategy can name. With a name it lists the parameters of that
one: what --set can give, within which bounds, and what holds without it.`,
		Example: "  breakwater strategies\n  breakwater strategies sma-cross",
		Args:    words(0, 1, "at most one name"),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listStrategies(asJSON)
			}
			return a.explainStrategy(args[0], asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON for programs")
	return c
}

func (a *app) listStrategies(asJSON bool) error {
	list := strategy.List()
	if asJSON {
		return writeJSON(a.stdout, list)
	}
	t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, s := range list {
		fmt.Fprintf(t, "%s\t%s\n", s.Name, s.Doc)
	}
	return t.Flush()
}

func (a *app) explainStrategy(name string, asJSON bool) error {
	if _, err := strategy.New(name); err != nil {
		return wrong(err)
	}
	for _, s := range strategy.List() {
		if s.Name != name {
			continue
		}
		if asJSON {
			return writeJSON(a.stdout, s)
		}
		return writeStrategy(a.stdout, s)
	}
	return nil
}

func writeStrategy(w io.Writer, s strategy.Info) error {
	fmt.Fprintf(w, "%s: %s\n", s.Name, s.Doc)
	if len(s.Params) == 0 {
		_, err := fmt.Fprintln(w, "\nIt has no parameters.")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nparameter\tdefault\trange\t")
	for _, p := range s.Params {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", p.Name, p.Default, rangeText(p), p.Doc)
	}
	return t.Flush()
}

// rangeText is what values a parameter may have.
func rangeText(p strategy.Param) string {
	unit := ""
	if p.Unit != "" {
		unit = " " + p.Unit
	}
	switch {
	case len(p.OneOf) > 0:
		return strings.Join(p.OneOf, ", ")
	case p.Type == "bool":
		return "true, false"
	case p.Min != "" && p.Max != "":
		return p.Min + " to " + p.Max + unit
	case p.Min != "":
		return "at least " + p.Min + unit
	case p.Max != "":
		return "at most " + p.Max + unit
	}
	return p.Type + unit
}
