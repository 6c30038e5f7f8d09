package cmd

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"breakwater/data/journal"
	"breakwater/data/journal/osfs"
	"breakwater/exchange"
	"breakwater/session"
)

func (a *app) journalCommand() *cobra.Command {
	return group("journal", "Verify, show, replay and execute again a session's journal", `The journal is what happened, line by line, each with the hash of the one before. These
commands only read it, also while a session writes.

  breakwater journal verify --state out/session
  breakwater journal show --state out/session --type level --type denial`,
		a.journalVerifyCommand(), a.journalShowCommand(), a.journalReplayCommand(), a.journalExecuteCommand())
}

// openJournal opens the journal of a state directory for reading.
func openJournal(of *stateFlags) (journal.FS, error) {
	dir, err := of.dir()
	if err != nil {
		return nil, err
	}
	fs, err := osfs.OpenToRead(filepath.Join(dir, session.JournalDir))
	if err != nil {
		return nil, usagef("%s holds no journal; give a session's state directory with --state", dir)
	}
	return fs, nil
}

func (a *app) journalVerifyCommand() *cobra.Command {
	var of stateFlags
	var anchor string
	asJSON := false
	c := &cobra.Command{
		Use: "verify", Short: "Check every line's hash and name the first bad one",
		Long: `Verify checks that every line follows the one before it, and names the first that does not.
What was cut off from the end, or written anew as a whole, shows only against a head that
was kept elsewhere: the last line that an earlier verify printed, with --anchor.`,
		Example: "  breakwater journal verify --state out/session\n  breakwater journal verify --state out/session --anchor 14:0d003eb8…", Args: noWords,
		RunE: func(*cobra.Command, []string) error {
			var head *journal.Head
			if anchor != "" {
				h, err := journal.ParseHead(anchor)
				if err != nil {
					return usagef("--anchor %s is no head; give the last line that verify printed, NUMBER:HASH", anchor)
				}
				head = &h
			}
			fs, err := openJournal(&of)
			if err != nil {
				return err
			}
			report, err := journal.Verify(fs, head)
			if report.Fault == nil && err != nil {
				return sessionError(err)
			}
			if asJSON {
				err = writeJSON(a.stdout, report)
			} else {
				err = journal.WriteReport(a.stdout, report)
			}
			if err == nil && report.Fault != nil {
				return errNotHeld
			}
			return err
		},
	}
	of.flags(c.Flags())
	c.Flags().StringVar(&anchor, "anchor", "", "`HEAD` that was kept elsewhere: NUMBER:HASH")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON for programs")
	return c
}

func (a *app) journalShowCommand() *cobra.Command {
	var of stateFlags
	var types []string
	var pair, from, to string
	var order uint64
	asJSON := false
	c := &cobra.Command{
		Use: "show", Short: "Print the lines of a journal, all or some",
		Long: `Show prints the lines that the options choose, after each was verified: as a table, or with
--json as they are written.

The types are ` + strings.Join(journal.TypeNames(), ", ") + ".",
		Example: "  breakwater journal show --state out/session --type level --type denial\n  breakwater journal show --state out/session --order 12 --json",
		Args:    noWords,
		RunE: func(*cobra.Command, []string) error {
			f := journal.Filter{Types: types, Instrument: pair, Order: exchange.OrderID(order)}
			for _, t := range types {
				if !slices.Contains(journal.TypeNames(), t) {
					return usagef("--type %s is no type of record; there are %s", t, strings.Join(journal.TypeNames(), ", "))
				}
			}
			if _, _, ok := exchange.NormalPair(pair); pair != "" && !ok {
				return usagef("--pair %q is no pair; write it like XBT/CAD", pair)
			}
			var err error
			if f.From, err = parseTime("--from", from, 0); err != nil {
				return err
			}
			if f.To, err = parseTime("--to", to, 0); err != nil {
				return err
			}
			fs, err := openJournal(&of)
			if err != nil {
				return err
			}
			return sessionError(journal.Show(fs, nil, f, !asJSON, a.stdout))
		},
	}
	of.flags(c.Flags())
	c.Flags().StringArrayVar(&types, "type", nil, "only lines of this `TYPE`; again for more")
	c.Flags().StringVar(&pair, "pair", "", "only about this `PAIR`")
	c.Flags().Uint64Var(&order, "order", 0, "only about the order with this `NUMBER`")
	c.Flags().StringVar(&from, "from", "", "first `TIME` (UTC)")
	c.Flags().StringVar(&to, "to", "", "`TIME` (UTC) before which it ends")
	c.Flags().BoolVar(&asJSON, "json", false, "print the lines as they are written")
	return c
}

func (a *app) journalReplayCommand() *cobra.Command {
	var of stateFlags
	asJSON := false
	c := &cobra.Command{
		Use: "replay", Short: "Fold the records of each run into its digest",
		Long:    "Replay verifies the journal and computes the digest of each run in it: what was sent, decided\nand filled, as one number.",
		Example: "  breakwater journal replay --state out/session", Args: noWords,
		RunE: func(*cobra.Command, []string) error {
			fs, err := openJournal(&of)
			if err != nil {
				return err
			}
			runs, err := journal.Replay(fs, nil)
			switch {
			case err != nil:
				return sessionError(err)
			case asJSON:
				return writeJSON(a.stdout, runs)
			}
			t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "line\trecords\tfrom\tto\tdigest")
			for i := range runs {
				r := &runs[i]
				fmt.Fprintf(t, "%d\t%d\t%s\t%s\t%s\n", r.Seq, r.Records, r.From, r.To, r.Digest)
			}
			return t.Flush()
		},
	}
	of.flags(c.Flags())
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON for programs")
	return c
}

func (a *app) journalExecuteCommand() *cobra.Command {
	var of stateFlags
	asJSON := false
	c := &cobra.Command{
		Use: "execute", Short: "Execute the recorded sessions again and compare their digests",
		Long: `Execute gives a fresh guard and fresh strategies what those of each session were given, from
events.rec, and compares the digest of what they do with the journal's. What the sessions
were made of is on record; with --config the strategies, sizes and limits are those of the
file instead, so that a change shows. A session that was killed is compared up to the
journal's last line of it.

The exit code is 0 when all are the same, 1 when one is not, and 2 when nothing was recorded.`,
		Example: "  breakwater journal execute --state out/session\n  breakwater journal execute --config bot.yaml --json", Args: noWords,
		RunE: func(*cobra.Command, []string) error {
			dir, err := of.dir()
			if err != nil {
				return err
			}
			var instead *session.Config
			if of.config != "" {
				if instead, err = session.Load(of.config); err != nil {
					return sessionError(err)
				}
				instead.SetState(dir)
			}
			done, err := session.Execute(dir, instead)
			if err != nil {
				return sessionError(err)
			}
			if asJSON {
				err = writeJSON(a.stdout, done)
			} else {
				err = writeExecutions(a.stdout, done)
			}
			if err == nil && slices.ContainsFunc(done, func(e session.Execution) bool { return !e.Same }) {
				return errNotHeld
			}
			return err
		},
	}
	of.flags(c.Flags())
	c.Flags().Lookup("config").Usage = "`FILE` whose strategies, sizes and limits are taken; without --state its sessions"
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON for programs")
	return c
}

// writeExecutions prints executions for people, and why some ended early.
func writeExecutions(out io.Writer, done []session.Execution) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "session\tfrom\tto\tevents\torders\tfills\tdigest\tsame")
	for i := range done {
		e, same := &done[i], "no"
		if e.Same {
			same = "yes"
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%d\t%d\t%d\t%s\t%s\n", e.Session, e.From, e.To, e.Events, e.Orders, e.Fills, e.Digest, same)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for i := range done {
		if e := &done[i]; e.Why != "" {
			if _, err := fmt.Fprintf(out, "session %d ended early: %s\n", e.Session, e.Why); err != nil {
				return err
			}
		}
	}
	return nil
}
