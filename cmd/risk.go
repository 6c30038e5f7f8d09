package cmd

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"breakwater/risk"
)

func (a *app) riskCommand() *cobra.Command {
	explain := &cobra.Command{
		Use:     "explain [CONTROL]",
		Short:   "Explain the guard's controls, or one of them",
		Long:    "Explain prints the guard's controls from the program's own declarations: what each checks,\nwhat happens when it trips, and what ends that.",
		Example: "  breakwater risk explain\n  breakwater risk explain daily-loss",
		Args:    words(0, 1, "at most one control"),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listControls()
			}
			return a.explainControl(args[0])
		},
	}
	return group("risk", "The risk guard that stands before every order", `Every order goes through the guard: it approves, or denies with all reasons. In a backtest
its profile is "research", whose limits are explicit wide numbers; --profile names
another, --risk a file of limits, and --limit makes one narrower.

  breakwater risk explain drawdown
  breakwater risk profile kraken-bot > risk.yaml
  breakwater risk check risk.yaml`, explain, a.riskProfileCommand(), a.riskCheckCommand())
}

func (a *app) listControls() error {
	t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "control\tscope\tdefault\ttrips to\tended by")
	for _, c := range risk.All() {
		d := &risk.Declarations[c]
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", d.Name, d.Scope, d.Default, d.Trip, d.Reset)
	}
	return t.Flush()
}

func (a *app) explainControl(name string) error {
	c, ok := risk.ParseControl(name)
	if !ok {
		names := &cobra.Command{SuggestionsMinimumDistance: 2}
		for _, c := range risk.All() {
			names.AddCommand(&cobra.Command{Use: c.String(), Run: func(*cobra.Command, []string) {}})
		}
		return usagef("there is no control %q%s; \"breakwater risk explain\" lists them", name, didYouMean(names.SuggestionsFor(name)))
	}
	return risk.Explain(a.stdout, c)
}
