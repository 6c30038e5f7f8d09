package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/risk"
	"breakwater/sim"
)

// helpColumns is how wide the help of flags may be.
const helpColumns = 110

// section is a part of a command's flags, under a heading of its own in the help.
type section struct {
	title string
	flags func(f *pflag.FlagSet)
}

// addSections gives a command its flags and a help that shows them by section.
func addSections(c *cobra.Command, sections ...section) {
	var sets []*pflag.FlagSet
	for _, s := range sections {
		set := pflag.NewFlagSet(s.title, pflag.ContinueOnError)
		set.SortFlags = false
		s.flags(set)
		c.Flags().AddFlagSet(set)
		sets = append(sets, set)
	}
	c.SetUsageFunc(func(c *cobra.Command) error {
		w := c.OutOrStderr()
		fmt.Fprintf(w, "Usage:\n  %s\n\nExamples:\n%s\n", c.UseLine(), c.Example)
		for i, set := range sets {
			fmt.Fprintf(w, "\n%s:\n%s", sections[i].title, set.FlagUsagesWrapped(helpColumns))
		}
		return nil
	})
}

// dataFlags say what the data is; the demo brings its own.
func (s *settings) dataFlags(f *pflag.FlagSet) {
	f.StringArrayVar(&s.data, "data", nil, "bars or trades in a `FILE` (CSV, .gz, .zip); again for more pairs or bar sizes")
	f.StringArrayVar(&s.pairs, "pair", nil, "the data's `PAIR`, where its name does not tell; again in the order of --data")
	f.StringArrayVar(&s.intervals, "interval", nil, "the data's bar `SIZE`, where its name does not tell: 1m, 4h, 1d; again in the order of --data")
}

// ruleFlags say how fine prices and sizes are.
func (s *settings) ruleFlags(f *pflag.FlagSet) {
	f.StringVar(&s.rules, "asset-pairs", "", "Kraken's AssetPairs answer in a `FILE`: ticks, lots and minima")
	f.Uint8Var(&s.priceDecimals, "price-decimals", exchange.DefaultPriceDecimals, "`DECIMALS` that prices of the data have at most")
	f.Uint8Var(&s.lotDecimals, "lot-decimals", exchange.DefaultLotDecimals, "`DECIMALS` of sizes, for pairs that no file tells of, like all below")
	f.StringVar(&s.tick, "tick", "", "smallest `STEP` of a price")
	f.StringVar(&s.orderMin, "ordermin", "", "smallest `SIZE` of an order in base units")
	f.StringVar(&s.costMin, "costmin", "", "smallest `COST` of an order in quote units")
}

// spanFlags say which part of the data is used, and how.
func (s *settings) spanFlags(f *pflag.FlagSet) {
	f.StringVar(&s.from, "from", "", "first `TIME` of the data that is used: 2020-03-12 (UTC)")
	f.StringVar(&s.to, "to", "", "`TIME` before which it ends")
	f.StringVar(&s.bars, "bars", "", "bar `SIZE` to build for the strategy; orders still meet the data as it is")
	f.StringVar(&s.empty, "empty", string(data.Skip), "`WHAT` becomes of intervals without a bar: skip, or flat bars as in Kraken's feeds")
}

func (s *settings) strategyFlags(f *pflag.FlagSet) {
	f.StringVar(&s.strategy, "strategy", s.strategy, "its `NAME`; \"breakwater strategies\" lists them")
	f.StringArrayVar(&s.set, "set", nil, "a parameter, `NAME=VALUE`; again for more")
	f.StringArrayVar(&s.slots, "slot", nil, "one of several strategies on the account, `KEY=VALUE,...` with the keys strategy, name, pairs (A/B+C/D), share, interval, mode and set.PARAM; again for the others")
	f.StringVar(&s.cash, "cash", "10000", "`AMOUNT` on the account at the start")
	f.StringVar(&s.currency, "currency", "", "of the account, a `CODE`; without it the quote of the first pair")
	f.StringVar(&s.size, "size", "all", "`QUANTITY` that an entry buys: all cash, all-whole (whole units), or a number")
	f.Uint64Var(&s.seed, "seed", 1, "`NUMBER` behind the strategies' chance and the intervals of the ratios")
	f.BoolVar(&s.atEnd, "close-at-end", false, "sell what is held at the last price")
}

func (s *settings) fillFlags(f *pflag.FlagSet) {
	f.StringVar(&s.fee, "fee", "kraken", "`RATES`: kraken (its schedule at each date), one rate, or maker,taker: 0.16%,0.26%")
	f.StringVar(&s.spread, "spread", rateText(sim.DefaultSpreadPPM), "quoted, a `RATE`; a taker pays half of it")
	f.StringVar(&s.slippage, "slippage", rateText(sim.DefaultSlippagePPM), "adverse move that a taker pays on top, a `RATE`")
	f.DurationVar(&s.latency, "latency", sim.DefaultLatency, "`TIME` from the decision to the venue")
	f.StringVar(&s.cap, "volume-cap", rateText(sim.DefaultVolumeCapPPM), "largest share of a bar's volume that orders take, a `RATE`; 0: no cap")
	f.BoolVar(&s.ideal, "ideal", false, "fill at the next opening without any of these, and round no fees, as other engines do")
}

func (s *settings) guardFlags(f *pflag.FlagSet) {
	f.StringVar(&s.profile, "profile", risk.Research().Profile, "`NAME` of its limits: "+strings.Join(risk.Profiles(), ", "))
	f.StringVar(&s.riskFile, "risk", "", "its limits in a `FILE`, a profile made stricter; \"breakwater risk profile NAME\" prints one")
	f.StringVar(&s.mode, "mode", "", "the strategy's `MODE`, where the limits give money to modes: swing")
	f.StringArrayVar(&s.limits, "limit", nil, "a narrower limit, `CONTROL=VALUE`: drawdown=15%, max-order-notional=500, order-rate.day=20; again for more")
	f.StringVar(&s.rearm, "rearm", "never", "`WHEN` a simulated operator lifts its latches: never, next-day, after=24h")
	f.BoolVar(&s.strictness, "strictness", false, "also run without limits, with twice and with half of them; --risk and --profile do so where the data is short")
	f.BoolVar(&s.blastRadius, "blast-radius", false, "also measure the largest loss of a day that adversaries get through the limits; the report shows it beside the bound")
}

func (s *settings) outputFlags(f *pflag.FlagSet) {
	f.StringVar(&s.out, "out", "", "`DIR` of the report; without it a new one under out")
	f.BoolVar(&s.overwrite, "overwrite", false, "replace the report that is in --out")
	f.BoolVar(&s.noReport, "no-report", false, "write no files")
	f.BoolVar(&s.json, "json", false, "print the summary as JSON for programs")
	f.BoolVar(&s.quiet, "quiet", false, "print no summary and no progress")
	f.BoolVar(&s.lookahead, "check-lookahead", false, "prove that no decision depends on the future, and stop")
}

// runSections are the flags of a backtest but for those about the data itself.
func (s *settings) runSections() []section {
	return []section{
		{"Span and bars", s.spanFlags}, {"Strategy and account", s.strategyFlags}, {"Fills", s.fillFlags},
		{"Guard", s.guardFlags}, {"Output", s.outputFlags},
	}
}
