package cmd

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"breakwater/data"
)

func (a *app) synthCommand() *cobra.Command {
	preset, start, interval, trades := "", "", "", false
	out := output{}
	var want data.Market // the numbers that flags gave
	c := &cobra.Command{
		Use:   "synth",
		Short: "Make up a market, for trying things out",
		Long: `Synth writes a made-up market in Kraken's own formats: bars (OHLCVT), or trades (time and
sales) with --trades. The same flags make the same file on every machine. It says nothing
about any real market.

The presets are ` + strings.Join(data.Presets(), ", ") + `; the other flags change their numbers.`,
		Example: `  breakwater data synth --preset flash-crash --interval 1h --count 8760 --out XBTCAD_60.csv
  breakwater data synth --preset thin --trades --seed 7 --out XBTCAD.csv`,
		Args: noWords,
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&preset, "preset", data.Presets()[0], "kind of market: "+strings.Join(data.Presets(), ", "))
	f.Uint64Var(&want.Seed, "seed", 1, "of the random numbers")
	f.StringVar(&start, "start", "2024-01-01", "first `TIME` (UTC)")
	f.StringVar(&interval, "interval", "1m", "bar `SIZE`: 1m, 4h, 1d")
	f.Int64Var(&want.Count, "count", 10_000, "intervals; a thin market has fewer bars")
	f.Float64Var(&want.Price, "price", 0, "at the start")
	f.Float64Var(&want.Volatility, "volatility", 0, "a year: 0.6 is 60 %")
	f.Float64Var(&want.Drift, "drift", 0, "a year, of the logarithm of the price")
	f.Float64Var(&want.JumpsPerYear, "jumps", 0, "sudden moves a year")
	f.Float64Var(&want.CrashDepth, "crash-depth", 0, "share of the price that a flash crash takes away")
	f.Int64Var(&want.CrashAt, "crash-at", 0, "interval of the flash crash, counted from 1; -1: the middle; 0: none")
	f.Float64Var(&want.TradesPerBar, "trades-per-bar", 0, "on average, where there are any")
	f.Float64Var(&want.EmptyShare, "empty", 0, "share of the intervals without a trade")
	f.Float64Var(&want.Size, "trade-size", 0, "average size of a trade in the base asset")
	f.Uint8Var(&want.PriceDecimals, "price-decimals", 0, "`DECIMALS` of prices")
	f.BoolVar(&trades, "trades", false, "write trades instead of bars")
	out.flags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		m, err := data.Preset(preset)
		if err != nil {
			return wrong(err)
		}
		if m.Start, err = parseTime("--start", start, 0); err != nil {
			return err
		}
		if m.Interval, err = parseInterval("--interval", interval); err != nil {
			return err
		}
		for name, set := range map[string]func(){
			"seed":           func() { m.Seed = want.Seed },
			"count":          func() { m.Count = want.Count },
			"price":          func() { m.Price = want.Price },
			"volatility":     func() { m.Volatility = want.Volatility },
			"drift":          func() { m.Drift = want.Drift },
			"jumps":          func() { m.JumpsPerYear = want.JumpsPerYear },
			"crash-depth":    func() { m.CrashDepth = want.CrashDepth },
			"crash-at":       func() { m.CrashAt = want.CrashAt },
			"trades-per-bar": func() { m.TradesPerBar = want.TradesPerBar },
			"empty":          func() { m.EmptyShare = want.EmptyShare },
			"trade-size":     func() { m.Size = want.Size },
			"price-decimals": func() { m.PriceDecimals = want.PriceDecimals },
		} {
			if c.Flags().Changed(name) {
				set()
			}
		}
		synth, err := data.NewSynth(m)
		if err != nil {
			return wrong(err)
		}
		return out.write(a.stdout, func(w io.Writer) error {
			if trades {
				_, err := data.WriteTrades(w, synth, m.PriceDecimals, m.LotDecimals)
				return err
			}
			bars, err := data.BuildBars(synth, m.Interval)
			if err != nil {
				return wrong(err)
			}
			_, err = data.WriteBars(w, bars, m.PriceDecimals, m.LotDecimals)
			return err
		})
	}
	return c
}
