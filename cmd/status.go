package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"breakwater/risk"
	"breakwater/session"
)

// stateFlags name a session's state directory.
type stateFlags struct{ state, config string }

func (s *stateFlags) flags(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringVar(&s.state, "state", "", "state `DIR` of the session")
	f.StringVar(&s.config, "config", "", "`FILE` of the session, instead of --state")
}

// dir is the directory that was named.
func (s *stateFlags) dir() (string, error) {
	if s.state != "" {
		return s.state, nil
	}
	if s.config == "" {
		return "", usagef("no session named; give its state directory with --state, or its file with --config")
	}
	cfg, err := session.Load(s.config)
	if err != nil {
		return "", sessionError(err)
	}
	dir, err := cfg.StatePath()
	return dir, sessionError(err)
}

func (a *app) statusCommand() *cobra.Command {
	var of stateFlags
	var asJSON, watch bool
	var expect string
	c := &cobra.Command{
		Use:   "status",
		Short: "Show how a trading session is doing",
		Long: `Status shows the session of a state directory: level, latches with their causes and the way
out, equity, day, drawdown, exposure, orders, ages of the data, and what to do next.

With --expect it says nothing and answers by its exit code: 0 when the session runs at that
level, 1 when it does not.`,
		Example: "  breakwater status --state out/session\n  breakwater status --config bot.yaml --watch\n  breakwater status --state out/session --expect ACTIVE",
		Args:    noWords,
		RunE: func(c *cobra.Command, _ []string) error {
			if expect != "" && !slices.Contains(levelNames(), strings.ToUpper(expect)) {
				return usagef("--expect %s is no level; give one of %s", expect, strings.Join(levelNames(), ", "))
			}
			dir, err := of.dir()
			if err != nil {
				return err
			}
			if watch {
				return a.watchStatus(c.Context(), dir)
			}
			st, err := session.ReadStatus(dir)
			switch {
			case err != nil && expect != "":
				return errNotHeld
			case err != nil:
				return sessionError(err)
			case asJSON:
				err = writeJSON(a.stdout, st)
			case expect == "":
				err = printStatus(a.stdout, st, time.Now())
			}
			if err == nil && expect != "" && (!st.Running || !strings.EqualFold(st.Level, expect)) {
				return errNotHeld
			}
			return err
		},
	}
	of.flags(c.Flags())
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON for programs")
	c.Flags().BoolVar(&watch, "watch", false, "show it again and again, until interrupted")
	c.Flags().StringVar(&expect, "expect", "", "`LEVEL` that the session shall have: "+strings.Join(levelNames(), ", "))
	return c
}

func levelNames() (names []string) {
	for l := risk.Active; l <= risk.Killed; l++ {
		names = append(names, l.String())
	}
	return names
}

// watchStatus shows the status whenever it changes, on a terminal in place.
func (a *app) watchStatus(ctx context.Context, dir string) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	_, inPlace := terminal(a.stdout)
	for {
		st, err := session.ReadStatus(dir)
		if err != nil {
			return sessionError(err)
		}
		var b strings.Builder
		if inPlace {
			b.WriteString("\x1b[H\x1b[2J") // home, clear
		}
		if err := printStatus(&b, st, time.Now()); err != nil {
			return err
		}
		if !inPlace {
			b.WriteString("\n")
		}
		if _, err := io.WriteString(a.stdout, b.String()); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// printStatus is the status for people. now is the clock of who looks.
func printStatus(w io.Writer, st *session.Status, now time.Time) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	age := now.Sub(st.Written).Round(100 * time.Millisecond)
	if st.Running {
		row("session", "running, process %d, start %d, %s at %s, written %v ago", st.PID, st.Starts, st.Venue, st.Speed, max(age, 0))
	} else {
		row("session", "NOT RUNNING: %s (%v ago)", st.Why, age.Round(time.Second))
	}
	level := st.Level
	if st.DryRun {
		level += ", dry run: nothing is sent"
	}
	row("level", "%s (%s, profile %s)", level, st.Phase, st.Profile)
	for _, l := range st.Latches {
		of := l.Scope
		if l.Of != "" {
			of += " " + l.Of
		}
		row("", "%s %s, %s, for %s: %s", l.Level, l.Control, of, l.Age, l.Cause)
		row("", "  way out: %s", l.WayOut)
	}
	printFlatten(row, st)
	m := &st.Account
	row("equity", "%s %s, high %s, drawdown %s%%", m.Equity, m.Currency, dash(m.High), dash(m.DrawdownPct))
	row("day", "%s since %s", dash(m.DayPnL), dash(m.DayStart))
	if m.LeaseUntil != "" {
		row("lease", "until %s", toTheSecond(m.LeaseUntil))
	}
	for _, h := range st.Exposure {
		row("exposure", "%s %s at %s, worst case %s %s", h.Instrument, h.Qty, dash(h.AvgPrice), h.Worst, m.Currency)
	}
	row("orders", "%d open, %d unknown, %d trades", st.Orders.Open, st.Orders.Unknown, st.Orders.Trades)
	for _, d := range st.Data {
		row("data", "%s %v old", d.Instrument, (time.Duration(d.AgeMs) * time.Millisecond).Round(time.Second/10))
	}
	row("journal", "line %d, %d ms behind the disk", st.Journal.Seq, st.Journal.LagMs)
	row("time", "%s at the venue", toTheSecond(st.Time))
	row("next", "%s", st.Next)
	return t.Flush()
}

// printFlatten tells how far the sale of everything has come.
func printFlatten(row func(name, format string, args ...any), st *session.Status) {
	f := st.Flatten
	switch {
	case f == nil || f.Done && st.Level == risk.Killed.String():
		return
	case f.Done:
		row("flatten", "done: nothing is left to sell; strategies stay out until the ceremony")
	case st.Level == risk.Killed.String():
		row("flatten", "stopped by KILLED: %s", f.Why)
	default:
		row("flatten", "going on for %s: %s", f.Age, f.Why)
	}
	for _, c := range f.Coins {
		row("", "%s %s left of %s", c.Asset, c.Left, c.From)
	}
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// toTheSecond is a time without its fraction of a second.
func toTheSecond(text string) string {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return text
	}
	return t.UTC().Format(time.RFC3339)
}
