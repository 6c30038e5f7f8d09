package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"breakwater/session"
)

func (a *app) killCommand() *cobra.Command {
	var of stateFlags
	c := &cobra.Command{
		Use:   `kill "WHY"`,
		Short: "Stop all trading of a session, at once",
		Long: `Kill puts a file named KILL into the state directory, with the reason in it, and wakes the
session. Its own orders are cancelled, nothing goes out any more, and the process stays up.
Taking the file away does not resume: that takes "breakwater arm". Without this program,
any file of that name does the same: touch STATE/KILL`,
		Example: `  breakwater kill --state out/session "prices look wrong"`,
		Args:    words(1, 1, "a reason in quotes"),
		RunE: func(_ *cobra.Command, args []string) error {
			if strings.TrimSpace(args[0]) == "" {
				return usagef("an empty reason helps nobody; say why")
			}
			dir, err := of.dir()
			if err != nil {
				return err
			}
			if err := session.Kill(dir, args[0]); err != nil {
				return sessionError(err)
			}
			_, err = fmt.Fprintf(a.stdout, "KILL is in %s; see breakwater status --state %s\n", dir, quoted(dir))
			return err
		},
	}
	of.flags(c.Flags())
	return c
}
