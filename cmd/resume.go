package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"breakwater/session"
)

func (a *app) resumeCommand() *cobra.Command {
	var of stateFlags
	var reason string
	c := &cobra.Command{
		Use:   "resume --reason TEXT",
		Short: "Let a session go on after a day that lost its limit",
		Long: `Resume lifts what the loss of a trading day has set (daily-loss), once the next day has
begun. The reason is recorded. It takes no signature; what needs the ceremony is not
lifted, and while something does, resume is refused.`,
		Example: `  breakwater resume --state out/session --reason "a gap in the market, nothing to mend"`,
		Args:    noWords,
		RunE: func(c *cobra.Command, _ []string) error {
			if reason == "" {
				return usagef("no reason; say with --reason why trading shall go on")
			}
			dir, err := of.dir()
			if err != nil {
				return err
			}
			if err := session.Resume(c.Context(), dir, reason); err != nil {
				return sessionError(err)
			}
			_, err = fmt.Fprintf(a.stdout, "resumed; see breakwater status --state %s\n", quoted(dir))
			return err
		},
	}
	of.flags(c.Flags())
	c.Flags().StringVar(&reason, "reason", "", "`TEXT`: why trading shall go on")
	return c
}
