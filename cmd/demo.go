package cmd

import (
	_ "embed"

	"github.com/spf13/cobra"
)

// The demo's data, made by demoSynth; a test makes it again and compares.
//
//go:embed demo/synthetic_XBTCAD_240.csv
var demoBars []byte

const demoName = "synthetic_XBTCAD_240.csv"

// demoSynth is the command line that made the demo's data: three years of four-hour bars
// with calm and stormy times, and a flash crash in the middle.
var demoSynth = []string{
	"data", "synth", "--preset", "flash-crash", "--seed", "12", "--start", "2021-01-01", "--interval", "4h", "--count", "6570",
	"--price", "40000", "--volatility", "0.6", "--drift", "0.2", "--jumps", "12", "--crash-depth", "0.35", "--trades-per-bar", "90", "--trade-size", "0.08",
}

func (a *app) demoCommand() *cobra.Command {
	s := &settings{strategy: "sma-cross"}
	c := &cobra.Command{
		Use:   "demo",
		Short: "Run a backtest on synthetic data that ships with the program",
		Long: `Demo is a backtest on made-up data: three years of four-hour bars of a market that never
was. It takes the options of backtest, but for those about the data.`,
		Example: "  breakwater demo\n  breakwater demo --strategy donchian-breakout --out out/mine",
		Args:    noWords,
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("strategy") && len(s.slots) == 0 && len(s.set) == 0 {
				s.set = []string{"fast=30", "slow=120"}
			}
			in := input{open: func() (source, error) { return openEmbedded(demoName, demoBars) }, synthetic: true}
			if err := in.look(); err != nil {
				return err
			}
			return a.backtest(c, s, []input{in})
		},
	}
	s.priceDecimals, s.lotDecimals, s.tick, s.rulesFrom = 1, 8, "0.1", "tick 0.1 as the data was made, no minimum"
	addSections(c, s.runSections()...)
	return c
}
