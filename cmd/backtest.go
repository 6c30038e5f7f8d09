package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"breakwater/reports"
	"breakwater/risk"
)

func (a *app) backtestCommand() *cobra.Command {
	s := &settings{}
	c := &cobra.Command{
		Use:   "backtest --data FILE --strategy NAME",
		Short: "Run a strategy over historical data and report",
		Long: `Backtest plays market data to a strategy through the risk guard and a simulated venue,
prints a summary, and writes a report: report.html, CSV files, manifest.json.

Fills are pessimistic by default: nothing fills before the next bar, a limit fills when
the price trades through it, and spread, slippage, latency, fees and a cap on the share of
the volume are on. --ideal turns them off, but for the fees, to reproduce other engines.

  --data XBTCAD_1440.csv                     Kraken's own file: pair and bar size by its name
  --data a.csv --pair XBT/CAD --interval 1h  any CSV with a header
  --data XBTCAD_60.csv --data ETHCAD_60.csv  two pairs on one account
  --data XBTCAD_1440.csv --data XBTCAD_60.csv
                                             decide on days, fill on hours
  --data XBTUSDT_trades.csv --bars 15m       decide on bars built from trades
  --slot name=a,strategy=sma-cross,share=70%,set.fast=5 --slot name=b,strategy=dca
                                             several strategies on one account`,
		Example: `  breakwater backtest --data XBTCAD_1440.csv --strategy sma-cross --set fast=10 --set slow=30 --cash 10000
  breakwater backtest --data XBTCAD_1440.csv --strategy sma-cross --fee 0.16%,0.26% --size 0.5 --out out/first
  breakwater backtest --data XBTCAD_1440.csv --strategy grid --limit drawdown=15% --rearm next-day
  breakwater backtest --data XBTCAD_1440.csv --strategy sma-cross --check-lookahead`,
		Args: noWords,
		RunE: func(c *cobra.Command, _ []string) error { return a.backtest(c, s, nil) },
	}
	addSections(c, append([]section{{"Data", s.dataFlags}, {"Rules of the pairs", s.ruleFlags}}, s.runSections()...)...)
	return c
}

// backtest runs what the settings say on the inputs that the command brings and on --data.
func (a *app) backtest(c *cobra.Command, s *settings, inputs []input) error {
	p, err := s.plan(c.Flags(), inputs)
	if err != nil {
		return err
	}
	if p.risk != nil && !s.quiet {
		for _, n := range p.risk.Notes {
			fmt.Fprintln(a.stderr, "note: "+n)
		}
	}
	if s.lookahead {
		return a.checkLookahead(c.Context(), s, p)
	}
	if !s.noReport && s.out != "" {
		if err := reports.CheckDirectory(s.out, s.overwrite); err != nil {
			return wrong(err)
		}
	}
	r, err := a.measure(c.Context(), s, p)
	if err != nil {
		return err
	}
	r.Meta.Command = commandLine(c, s)
	dir := ""
	if !s.noReport {
		if dir, err = s.write(r, p); err != nil {
			return err
		}
	}
	switch {
	case s.json:
		return r.WriteJSON(a.stdout)
	case s.quiet:
		return nil
	}
	if err := reports.WriteSummary(a.stdout, r, a.summaryOptions()); err != nil {
		return err
	}
	if dir != "" {
		_, err = fmt.Fprintf(a.stdout, "\nreport  %s\n", filepath.Join(dir, reports.FileReport))
	}
	return err
}

// measure runs the plan once, with the collector and the digest looking on.
func (a *app) measure(ctx context.Context, s *settings, p *plan) (*reports.Run, error) {
	collector := reports.NewCollector(reports.Setup{
		Catalog: p.catalog, Currency: p.currency, Benchmark: p.slots[0].instruments[0], InitialCash: p.cash, Seed: p.seed,
	})
	digest := risk.NewDigest(p.catalog)
	begin := time.Now()
	look := watchers{recorder: risk.Tee{digest, collector}, observer: collector}
	var tally *reports.Tally
	if p.strictness {
		tally = reports.NewTally(givenLimits, p.cash)
		look.recorder, look.observer = risk.Tee{digest, collector, tally}, observers{collector, tally}
	}
	progress, done := a.progress(s, "reading")
	look.progress = progress
	files, err := p.run(ctx, look)
	done()
	if err != nil {
		return nil, err
	}
	r := collector.Finish()
	if r.Bars == 0 && r.Fills.Len() == 0 && nothingRead(files) {
		return nil, usagef("no data lies between --from and --to; widen them")
	}
	r.Meta = p.meta(s, files)
	r.Meta.Digest = digest.Sum()
	r.Meta.Made, r.Meta.Elapsed = begin.UTC(), time.Since(begin)
	if r.Meta.Worst, err = a.worstDay(s, p); err != nil {
		return nil, err
	}
	if tally != nil {
		err = a.compare(ctx, s, p, r, tally.Finish())
	}
	return r, err
}

func nothingRead(files []reports.DataFile) bool {
	for i := range files {
		if files[i].Rows > 0 {
			return false
		}
	}
	return true
}

// write puts the report into --out, or into a new directory of its own.
func (s *settings) write(r *reports.Run, p *plan) (dir string, err error) {
	if dir = s.out; dir == "" {
		if dir, err = freshDirectory(p); err != nil {
			return "", err
		}
	}
	return dir, wrong(reports.WriteDirectory(dir, r, reports.DirectoryOptions{Overwrite: s.overwrite}))
}

// freshDirectory makes out/STRATEGY-PAIR-N with the first N that is free.
func freshDirectory(p *plan) (string, error) {
	in := p.catalog.Instruments[p.slots[0].instruments[0]]
	name := strings.ToLower(p.slots[0].strategy + "-" + strings.ReplaceAll(in.Symbol, "/", ""))
	if err := os.MkdirAll("out", 0o755); err != nil {
		return "", usagef("no directory for the report: %v; give one with --out", err)
	}
	for n := 1; ; n++ {
		dir := filepath.Join("out", fmt.Sprintf("%s-%d", name, n))
		if err := os.Mkdir(dir, 0o755); err == nil {
			return dir, nil
		} else if !os.IsExist(err) {
			return "", usagef("no directory for the report: %v; give one with --out", err)
		}
	}
}

// commandLine is what makes the run again.
func commandLine(c *cobra.Command, s *settings) string {
	words := []string{c.CommandPath()}
	for _, list := range []struct {
		flag   string
		values []string
	}{{"--data", s.data}, {"--pair", s.pairs}, {"--interval", s.intervals}, {"--set", s.set}, {"--slot", s.slots}, {"--limit", s.limits}} {
		for _, v := range list.values {
			words = append(words, list.flag, quoted(v))
		}
	}
	for _, name := range []string{
		"strategy", "asset-pairs", "price-decimals", "lot-decimals", "tick", "ordermin", "costmin", "bars", "from", "to", "empty",
		"cash", "currency", "size", "seed", "close-at-end", "fee", "spread", "slippage", "latency", "volume-cap", "ideal", "profile", "risk", "mode", "rearm", "strictness", "blast-radius",
	} {
		f := c.Flags().Lookup(name)
		switch {
		case f == nil || !f.Changed:
		case f.Value.Type() == "bool":
			words = append(words, "--"+name+map[bool]string{true: "", false: "=false"}[f.Value.String() == "true"])
		default:
			words = append(words, "--"+name, quoted(f.Value.String()))
		}
	}
	return strings.Join(words, " ")
}

// quoted is a word as a shell reads it.
func quoted(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=+,:%@") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// terminal is the file behind a stream when that is a terminal.
func terminal(w io.Writer) (f *os.File, ok bool) {
	f, ok = w.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

func (a *app) summaryOptions() reports.SummaryOptions {
	f, ok := terminal(a.stdout)
	if !ok {
		return reports.SummaryOptions{}
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 0
	}
	return reports.SummaryOptions{Width: min(width, 120), Color: os.Getenv("NO_COLOR") == ""}
}
