package cmd

import (
	"context"
	"fmt"

	"breakwater/exchange"
	"breakwater/risk"
	"breakwater/strategy/engine"
)

// lookaheadCuts is how many points of a run are tried: each costs two more runs.
const lookaheadCuts = 5

// checkLookahead repeats the run with the future garbled and cut off, and compares the
// decisions. The closing out at the end is left away: that sale does know the end.
func (a *app) checkLookahead(ctx context.Context, s *settings, p *plan) error {
	open := *p
	open.closeAtEnd = false
	report, err := engine.Lookahead{
		Cuts: lookaheadCuts, Seed: p.seed,
		Run: func(wrap func(exchange.Feed) exchange.Feed, rec risk.Recorder) error {
			_, err := open.run(ctx, watchers{recorder: rec, wrap: wrap})
			return err
		},
	}.Check()
	if err != nil {
		return err
	}
	if s.json {
		if err := writeJSON(a.stdout, lookaheadJSON(report)); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.stdout, "look-ahead: %d decisions; the future was garbled and cut off after %d points\n", report.Decisions, len(report.Cuts))
		for _, c := range report.Cuts {
			verdict := "the same"
			if c.Differs != "" {
				verdict = "DIFFERENT: " + c.Differs
			}
			fmt.Fprintf(a.stdout, "  %v  %6d decisions before  %s\n", c.At, c.Decisions, verdict)
		}
	}
	switch {
	case !report.OK():
		fmt.Fprintln(a.stderr, "breakwater: a decision depends on the future; the strategy looks ahead, so its results mean nothing")
		return errNotHeld
	case report.Decisions == 0:
		return usagef("the strategy decided nothing, so nothing was compared; give more data or other parameters")
	}
	return nil
}

type lookaheadCut struct {
	At        string `json:"at"`
	Decisions int    `json:"decisions"`
	Differs   string `json:"differs,omitempty"`
}

func lookaheadJSON(r *engine.LookaheadReport) any {
	cuts := []lookaheadCut{}
	for _, c := range r.Cuts {
		cuts = append(cuts, lookaheadCut{c.At.String(), c.Decisions, c.Differs})
	}
	return struct {
		OK        bool           `json:"ok"`
		Decisions int            `json:"decisions"`
		Cuts      []lookaheadCut `json:"cuts"`
	}{r.OK(), r.Decisions, cuts}
}
