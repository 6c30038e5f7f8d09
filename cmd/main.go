package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// app is what every command shares.
type app struct {
	stdout, stderr io.Writer
	debug          bool   // --debug: the trace of a bug
	profile        string // --cpuprofile: where the time went, for go tool pprof
}

// Main runs the command line and returns the exit code: 0 done, 1 failed or a check did
// not hold, 2 wrong usage or input, 3 refused for safety. An interrupt ends a run cleanly,
// a second one at once.
func Main(args []string, stdout, stderr io.Writer) (code int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, args, stdout, stderr)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	a := &app{stdout: stdout, stderr: stderr}
	defer func() {
		if bug := recover(); bug != nil {
			fmt.Fprintf(stderr, "breakwater: %s; this is a bug: please report it with the output of the same command and --debug\n", oneLine(fmt.Sprint(bug)))
			if a.debug {
				stderr.Write(debug.Stack())
			}
			code = exitFailed
		}
	}()
	root := a.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	pprof.StopCPUProfile() // where none was started it does nothing
	if err == nil {
		return exitDone
	}
	if text := errorText(err); text != "" {
		fmt.Fprintln(stderr, "breakwater: "+text)
	}
	return exitCode(err)
}

// startProfile begins to note where the time goes; run ends it.
func (a *app) startProfile() error {
	if a.profile == "" {
		return nil
	}
	f, err := os.Create(a.profile)
	if err != nil {
		return usagef("--cpuprofile: %v; give a file that can be written", err)
	}
	return pprof.StartCPUProfile(f)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "breakwater",
		Short: "One trading strategy, behind one risk guard, from backtest to live",
		Long: `Breakwater runs a trading strategy behind a risk guard over the history of a market.

  breakwater demo                                    a backtest on data that ships with the program
  breakwater data check XBTCAD_1440.csv              is this file good?
  breakwater backtest --data XBTCAD_1440.csv --strategy sma-cross --set fast=10 --set slow=30

Spot only: no shorts, no margin. A backtest is no promise: what worked on the past may
lose all of your money.`,
		Args:          noWords,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceErrors: true, SilenceUsage: true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SuggestionsMinimumDistance = 2
	root.PersistentFlags().BoolVar(&a.debug, "debug", false, "print the trace of a bug")
	root.PersistentFlags().Lookup("debug").Hidden = true
	root.PersistentFlags().StringVar(&a.profile, "cpuprofile", "", "write a profile of the run to a `FILE`")
	root.PersistentFlags().Lookup("cpuprofile").Hidden = true
	root.PersistentPreRunE = func(*cobra.Command, []string) error { return a.startProfile() }
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(a.backtestCommand(), a.demoCommand(), a.dataCommand(), a.strategiesCommand(), a.riskCommand(), a.tradeCommand(), a.statusCommand(), a.killCommand(), a.armCommand(), a.flattenCommand(), a.resumeCommand(), a.signCommand(), a.journalCommand(), a.venueCommand(), a.scenariosCommand(), a.versionCommand())
	return root
}

// group is a command that only holds others.
func group(use, short, long string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Long: long, Args: noWords,
		RunE:                       func(c *cobra.Command, _ []string) error { return c.Help() },
		SuggestionsMinimumDistance: 2,
	}
	c.AddCommand(commands...)
	return c
}

// noWords refuses words after a command that takes none, with what was probably meant.
func noWords(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if c.HasSubCommands() {
		names := []string{}
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				names = append(names, sub.Name())
			}
		}
		return usagef("%s has no command %q%s; there are %s", c.CommandPath(), args[0], didYouMean(c.SuggestionsFor(args[0])), strings.Join(names, ", "))
	}
	return usagef("%s takes no word %q; options begin with --, see %s --help", c.CommandPath(), args[0], c.CommandPath())
}

// words demands a number of words after a command.
func words(least, most int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return usagef("%s needs %s; for example: %s", c.CommandPath(), what, strings.TrimSpace(strings.Split(c.Example, "\n")[0]))
		}
		return nil
	}
}

// kinds are what flags of a type want, for people.
var kinds = map[string]string{
	"uint8": "whole number from 0 to 255", "uint64": "whole number from 0", "int64": "whole number", "float64": "number",
	"duration": "time span, like 250ms or 2s", "bool": "true or false",
}

// flagError names the flag that was probably meant.
func flagError(c *cobra.Command, err error) error {
	text := err.Error()
	var value *pflag.InvalidValueError
	if errors.As(err, &value) {
		f := value.GetFlag()
		return usagef("--%s %q is no %s; see %s --help", f.Name, value.GetValue(), kinds[f.Value.Type()], c.CommandPath())
	}
	name, unknown := strings.CutPrefix(text, "unknown flag: --")
	if !unknown {
		return usagef("%s; see %s --help", text, c.CommandPath())
	}
	// cobra knows how to find a near name among commands.
	names := &cobra.Command{SuggestionsMinimumDistance: 2}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		names.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
	})
	return usagef("%s has no option --%s%s; see %s --help", c.CommandPath(), name, didYouMean(names.SuggestionsFor(name)), c.CommandPath())
}

func didYouMean(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", names[0])
}
