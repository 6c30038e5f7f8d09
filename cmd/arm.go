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
		a.armRequestCommand(), a.armConfirmCommand())
}

func (a *app) armRequestCommand() *cobra.Command {
	var of stateFlags
	var reason, incident string
	c := &cobra.Command{
		Use:     "request --reason TEXT",
		Short:   "Begin: say why, get a challenge",
		Example: `  breakwater arm request --state out/session --reason "feed repaired, books agree"`,
		Args:    noWords,
		RunE: func(c *cobra.Command, _ []string) error {
			if reason == "" {
				return usagef("no reason; say with --reason why trading shall go on")
			}
			dir, err := of.dir()
			if err != nil {
				return err
			}
			challenge, err := session.RequestArm(c.Context(), dir, reason, incident)
			if err != nil {
				return sessionError(err)
			}
			if st, err := session.ReadStatus(dir); err == nil {
				for _, l := range st.Latches {
					fmt.Fprintf(a.stdout, "%s %s since %s: %s\n", l.Level, l.Control, l.Since, l.Cause)
				}
				fmt.Fprintf(a.stdout, "%d orders open, %d unknown; journal line %d %s\n\n", st.Orders.Open, st.Orders.Unknown, st.Journal.Seq, st.Journal.Hash)
			}
			_, err = fmt.Fprintf(a.stdout, "challenge  %s\n\nOn the machine with the key:  breakwater sign %s --key FILE\nThen, after a minute and within ten (of the venue's time):\n  breakwater arm confirm %s --state %s --signature SIGNATURE\n",
				challenge, challenge, challenge, quoted(dir))
			return err
		},
	}
	of.flags(c.Flags())
	c.Flags().StringVar(&reason, "reason", "", "`TEXT`: why trading shall go on")
	c.Flags().StringVar(&incident, "incident", "", "`ID` of the incident that this ends")
	return c
}

func (a *app) armConfirmCommand() *cobra.Command {
	var of stateFlags
	var signature string
	c := &cobra.Command{
		Use:     "confirm CHALLENGE --signature SIGNATURE",
		Short:   "End: bring the signature",
		Example: "  breakwater arm confirm CHALLENGE --state out/session --signature SIGNATURE",
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
			if err := session.ConfirmArm(c.Context(), dir, args[0], sig); err != nil {
				return sessionError(err)
			}
			_, err = fmt.Fprintln(a.stdout, "armed; one dry cycle passes before orders go out")
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
		Short: "Sign a challenge of arm request, on another machine",
		Long: `Sign makes the signature that arm confirm needs. The key belongs on another machine than the
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
