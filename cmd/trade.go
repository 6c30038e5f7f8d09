package cmd

import (
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"breakwater/session"
)

// sessionError gives an error of a session its exit code.
func sessionError(err error) error {
	if err == nil {
		return nil
	}
	text := errors.New(strings.TrimPrefix(errorText(err), "session: "))
	switch {
	case errors.Is(err, session.ErrRefused):
		return exitError{exitRefused, text}
	case errors.Is(err, session.ErrWrong):
		return exitError{exitUsage, text}
	}
	return exitError{exitFailed, text}
}

func (a *app) tradeCommand() *cobra.Command {
	var file, state, speed, until string
	var length time.Duration
	c := &cobra.Command{
		Use:   "trade --config FILE",
		Short: "Run a trading session",
		Long: `Trade runs strategies behind the risk guard until it is told to stop: with a journal that
survives a crash, a status for people and scripts, and a kill switch. The venue is
simulated: a made-up or recorded market, played at real time or faster.

A start is a recovery: what the journal says of limits, losses and latches holds on.
Interrupt it (Ctrl-C, SIGTERM) for a clean stop; "breakwater kill" or the file KILL in the
state directory stops all trading and leaves the process up.`,
		Example: "  breakwater trade --config bot.yaml\n  breakwater trade --config bot.yaml --speed 60x --for 10m",
		Args:    noWords,
		RunE: func(c *cobra.Command, _ []string) error {
			if file == "" {
				return usagef("no configuration; give one with --config, for example --config bot.yaml")
			}
			cfg, err := session.Load(file)
			if err != nil {
				return sessionError(err)
			}
			if state != "" {
				cfg.SetState(state)
			}
			if speed != "" {
				cfg.Speed = speed
			}
			if length < 0 {
				return usagef("--for %v is negative; give how long the session is to run, like 10m", length)
			}
			end, err := parseTime("--until", until, 0)
			if err != nil {
				return err
			}
			b := buildInfo()
			return sessionError(session.Run(c.Context(), cfg, session.Options{For: length, Until: end, Build: b.Version + " " + b.revisionText(), Log: a.stderr}))
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&file, "config", "", "`FILE` that describes the session: bot.yaml")
	f.StringVar(&state, "state", "", "state `DIR` instead of the one in the file")
	f.StringVar(&speed, "speed", "", "`SPEED` instead of the one in the file: 1x, 60x, max, lockstep")
	f.DurationVar(&length, "for", 0, "real `TIME` after which the session stops: 10m")
	f.StringVar(&until, "until", "", "market `TIME` (UTC) at which the session stops")
	return c
}
