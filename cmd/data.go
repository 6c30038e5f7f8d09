package cmd

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"breakwater/data"
	"breakwater/data/file"
	"breakwater/exchange"
)

func (a *app) dataCommand() *cobra.Command {
	return group("data", "Check, resample and synthesise market data", `Data works on files of bars and trades: Kraken's downloads and CSV with a header, plain,
.gz or .zip.

  breakwater data check XBTCAD_1440.csv
  breakwater data resample --to 1d XBTUSD_240.csv --out XBTUSD_1440.csv
  breakwater data synth --preset flash-crash --interval 1h --count 8760 --out XBTCAD_60.csv`,
		a.checkCommand(), a.resampleCommand(), a.synthCommand())
}

// reading are the flags of commands that read files.
type reading struct {
	pair, interval             string
	priceDecimals, lotDecimals uint8
}

func (r *reading) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&r.pair, "pair", "", "`PAIR` where the name does not tell")
	f.StringVar(&r.interval, "interval", "", "bar `SIZE` where the name does not tell: 1m, 4h, 1d")
	f.Uint8Var(&r.priceDecimals, "price-decimals", exchange.DefaultPriceDecimals, "`DECIMALS` that prices have at most")
	f.Uint8Var(&r.lotDecimals, "lot-decimals", exchange.DefaultLotDecimals, "`DECIMALS` that sizes have at most")
}

func (r *reading) open(path string) (*file.File, error) {
	const most = 12 // as exchange.Catalog allows
	if r.priceDecimals > most || r.lotDecimals > most {
		return nil, usagef("%d decimals are too many; at most %d", max(r.priceDecimals, r.lotDecimals), most)
	}
	size, err := parseInterval("--interval", r.interval)
	if err != nil {
		return nil, err
	}
	f, err := file.Open(path, data.Options{Pair: r.pair, Interval: size})
	if err != nil {
		return nil, wrong(err)
	}
	f.Scale(r.priceDecimals, r.lotDecimals)
	return f, nil
}

func (a *app) checkCommand() *cobra.Command {
	r, asJSON := reading{}, false
	c := &cobra.Command{
		Use:   "check FILE...",
		Short: "Find what is wrong in files of market data",
		Long: `Check reads whole files and lists what is wrong, with lines: unsorted or doubled rows,
high below low, open or close outside the range, zero, negative, digits beyond the
precision; and what is odd but honest: missing bars, far wicks, rows without volume.

It exits with 1 when a backtest would refuse a file.`,
		Example: "  breakwater data check XBTCAD_1440.csv\n  breakwater data check --json XBTCAD_1440.csv ETHUSD_60.csv.gz",
		Args:    words(1, 1<<20, "a file"),
		RunE: func(_ *cobra.Command, paths []string) error {
			all := []*data.Report{}
			bad := false
			for i, path := range paths {
				report, err := checkFile(path, &r)
				if err != nil {
					return err
				}
				all, bad = append(all, report), bad || !report.OK()
				if asJSON {
					continue
				}
				if i > 0 {
					fmt.Fprintln(a.stdout)
				}
				if err := report.WriteTable(a.stdout); err != nil {
					return err
				}
			}
			if asJSON {
				if err := writeJSON(a.stdout, all); err != nil {
					return err
				}
			}
			if bad {
				return errNotHeld
			}
			return nil
		},
	}
	r.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON for programs, a list of reports")
	return c
}

func checkFile(path string, r *reading) (*data.Report, error) {
	f, err := r.open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	report, err := data.Check(f.Reader, data.CheckOptions{})
	return report, wrong(err)
}

func (a *app) resampleCommand() *cobra.Command {
	r, to, out := reading{}, "", output{}
	c := &cobra.Command{
		Use:   "resample --to SIZE FILE",
		Short: "Make coarser bars of bars or trades",
		Long: `Resample builds bars of a size out of finer bars or of trades, and writes them in Kraken's
OHLCVT format. Bars begin at multiples of their size since 1970 in UTC; an interval
without a trade makes no row.`,
		Example: "  breakwater data resample --to 1d XBTUSD_240.csv --out XBTUSD_1440.csv",
		Args:    words(1, 1, "one file"),
		RunE: func(_ *cobra.Command, paths []string) error {
			size, err := parseInterval("--to", to)
			if err != nil {
				return err
			}
			if size == 0 {
				return usagef("no bar size; give one with --to, for example --to 1d")
			}
			f, err := r.open(paths[0])
			if err != nil {
				return err
			}
			defer f.Close()
			series := data.Series{Name: f.Info().Name, Interval: f.Info().Interval}
			if f.Info().Format.Trades() {
				series.Trades = f
			} else {
				series.Bars = f
			}
			if series, err = resampled(series, size); err != nil {
				return wrong(err)
			}
			return out.write(a.stdout, func(w io.Writer) error {
				to := &watched{Writer: w}
				if _, err := data.WriteBars(to, series.Bars, r.priceDecimals, r.lotDecimals); to.err == nil {
					return wrong(err)
				}
				return to.err
			})
		},
	}
	c.Flags().StringVar(&to, "to", "", "bar `SIZE` to make: 15m, 4h, 1d")
	r.flags(c)
	out.flags(c)
	return c
}

// watched keeps what a writer failed with, to tell it from faults of the data.
type watched struct {
	io.Writer
	err error
}

func (w *watched) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	if err != nil {
		w.err = err
	}
	return n, err
}

// output is where a command that makes a file puts it.
type output struct {
	path      string
	overwrite bool
}

func (o *output) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.path, "out", "", "`FILE` to write; without it the standard output")
	c.Flags().BoolVar(&o.overwrite, "overwrite", false, "replace --out when it is there")
}

// write makes the file whole or not at all.
func (o *output) write(stdout io.Writer, make func(io.Writer) error) (err error) {
	if o.path == "" {
		return make(stdout)
	}
	if _, err := os.Lstat(o.path); err == nil && !o.overwrite {
		return usagef("%s is there already; give another name with --out, or --overwrite", o.path)
	}
	f, err := os.CreateTemp(filepath.Dir(o.path), "."+filepath.Base(o.path)+".*")
	if err != nil {
		return usagef("%s cannot be written: %v; give another place with --out", o.path, errors.Unwrap(err))
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 1<<16)
	if err = make(w); err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), o.path)
}
