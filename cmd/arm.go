package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"breakwater/session"
)

func (a *app) armCommand() *cobra.Command {
	return group("arm", "Let a session trade, again or for the first time", `Arming takes two steps, at least a minute apart, and a signature that is made on another
machine: who has only the session's machine can stop it, but not start it.

  breakwater arm request --state DIR --reason "…"    prints a challenge
  breakwater sign CHALLENGE --key FILE               elsewhere; prints a signature
  breakwater arm confirm CHALLENGE --signature …     a minute later, within ten`,
		a.ceremonyCommands(&ceremony{
			of: session.Arm, ask: "why trading shall go on", example: "feed repaired, books agree", within: "after a minute and within ten",
			done: "armed; one dry cycle passes before orders go out",
		})...)
}

func (a *app) flattenCommand() *cobra.Command {
	return group("flatten", "Sell everything that a session holds", `Flatten cancels the session's orders and sells what its strategies hold: each bar at most a
tenth of its volume, as a limit inside the price collar that fills at once or not at all.
It works up to HALTED and not at KILLED. Strategies stay out, also after a restart, until
the session is armed again. It takes two steps, and a signature that is made on another
machine:

  breakwater flatten request --state DIR --reason "…"  prints a challenge
  breakwater sign CHALLENGE --key FILE                 elsewhere; prints a signature
  breakwater flatten confirm CHALLENGE --signature …   within ten minutes`,
		a.ceremonyCommands(&ceremony{
			of: session.Flatten, ask: "why everything shall be sold", example: "leaving this market", within: "within ten minutes",
			done: "selling begins with the next bar; strategies stay out until the session is armed again",
		})...)
}

// ceremony is what differs between the two.
type ceremony struct {
	of                         session.Ceremony
	ask, example, within, done string
}

func (a *app) ceremonyCommands(of *ceremony) []*cobra.Command {
	return []*cobra.Command{a.requestCommand(of), a.confirmCommand(of)}
}

func (a *app) requestCommand(by *ceremony) *cobra.Command {
	var of stateFlags
	var reason, incident string
	c := &cobra.Command{
		Use:     "request --reason TEXT",
		Short:   "Begin: say why, get a challenge",
		Example: fmt.Sprintf("  breakwater %s request --state out/session --reason %q", by.of, by.example),
		Args:    noWords,
		RunE: func(c *cobra.Command, _ []string) error {
			if reason == "" {
				return usagef("no reason; say with --reason %s", by.ask)
			}
			dir, err := of.dir()
			if err != nil {
				return err
			}
			challenge, err := by.of.Request(c.Context(), dir, reason, incident)
			if err != nil {
				return sessionError(err)
			}
			if st, err := session.ReadStatus(dir); err == nil {
				for _, l := range st.Latches {
					fmt.Fprintf(a.stdout, "%s %s since %s: %s\n", l.Level, l.Control, l.Since, l.Cause)
				}
				for _, h := range st.Exposure {
					if by.of == session.Flatten {
						fmt.Fprintf(a.stdout, "%s %s, worst case %s %s\n", h.Instrument, h.Qty, h.Worst, st.Account.Currency)
					}
				}
				fmt.Fprintf(a.stdout, "%d orders open, %d unknown; journal line %d %s\n\n", st.Orders.Open, st.Orders.Unknown, st.Journal.Seq, st.Journal.Hash)
			}
			_, err = fmt.Fprintf(a.stdout, "challenge  %s\n\nOn the machine with the key:  breakwater sign %s --key FILE\nThen, %s (of the venue's time):\n  breakwater %s confirm %s --state %s --signature SIGNATURE\n",
				challenge, challenge, by.within, by.of, challenge, quoted(dir))
			return err
		},
	}
	of.flags(c.Flags())
	c.Flags().StringVar(&reason, "reason", "", "`TEXT`: "+by.ask)
	if by.of == session.Arm {
		c.Flags().StringVar(&incident, "incident", "", "`ID` of the incident that this ends")
	}
	return c
}

func (a *app) confirmCommand(by *ceremony) *cobra.Command {
	var of stateFlags
	var signature string
	c := &cobra.Command{
		Use:     "confirm CHALLENGE --signature SIGNATURE",
		Short:   "End: bring the signature",
		Example: fmt.Sprintf("  breakwater %s confirm CHALLENGE --state out/session --signature SIGNATURE", by.of),
		Args:    words(1, 1, "the challenge"),
		RunE: func(c *cobra.Command, args []string) error {
			if signature == "" {
				return usagef("no signature; make one on the machine with the key: breakwater sign %s --key FILE", args[0])
			}
			sig, err := session.ParseSignature(signature)
			if err != nil {
				return sessionError(err)
			}
			dir, err := of.dir()
			if err != nil {
				return err
			}
			if err := by.of.Confirm(c.Context(), dir, args[0], sig); err != nil {
				return sessionError(err)
			}
			_, err = fmt.Fprintln(a.stdout, by.done)
			return err
		},
	}
	of.flags(c.Flags())
	c.Flags().StringVar(&signature, "signature", "", "`WORD` that breakwater sign printed")
	return c
}

func (a *app) signCommand() *cobra.Command {
	var key, fresh string
	c := &cobra.Command{
		Use:   "sign CHALLENGE --key FILE",
		Short: "Sign the challenge of a request, on another machine",
		Long: `Sign makes the signature that arm confirm and flatten confirm need. The key belongs on another machine than the
session; there, bot.yaml has only the public one (arm-key).`,
		Example: "  breakwater sign CHALLENGE --key arm.key\n  breakwater sign --new-key arm.key",
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case fresh != "" && len(args) == 0 && key == "":
				public, err := session.NewKey(fresh)
				if err != nil {
					return sessionError(err)
				}
				_, err = fmt.Fprintf(a.stdout, "private key  %s (mode 0600; keep it off the session's machine)\npublic key   %s\n\nIn bot.yaml:  arm-key: %s\n", fresh, public, public)
				return err
			case fresh != "":
				return usagef("--new-key makes a key and signs nothing; leave the challenge and --key out")
			case len(args) != 1 || key == "":
				return usagef("breakwater sign needs a challenge and a key; for example: breakwater sign CHALLENGE --key arm.key")
			}
			text, err := session.ChallengeText(args[0])
			if err != nil {
				return sessionError(err)
			}
			signature, public, err := session.Sign(args[0], key)
			if err != nil {
				return sessionError(err)
			}
			_, err = fmt.Fprintf(a.stdout, "you sign     %s\nwith         %s\nsignature    %s\n", text, public, signature)
			return err
		},
	}
	c.Flags().StringVar(&key, "key", "", "`FILE` with the private key")
	c.Flags().StringVar(&fresh, "new-key", "", "make a key pair: the private key into `FILE`")
	return c
}
