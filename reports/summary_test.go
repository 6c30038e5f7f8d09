package reports

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"breakwater/exchange"
	"breakwater/risk"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); run with -update if the new text is right:\n%s", name, diff)
	}
}

// sampleMeta is what a command line would say about a sample run.
func sampleMeta(r *Run) Meta {
	return Meta{
		Strategy: "sma-cross", Title: "buys when the fast average crosses above the slow one, sells when it crosses below",
		Parameters: []Parameter{{"fast", "10"}, {"slow", "30"}}, Synthetic: true,
		Data: []DataFile{{
			Name: "XBTCAD_60.csv", SHA256: strings.Repeat("0123456789abcdef", 4), Format: "Kraken OHLCVT", Instrument: "XBT/CAD", Interval: time.Hour,
			Rows: r.Bars, First: r.Begin, Last: r.End, Gaps: Gaps{Places: 3, Missing: 17, Longest: 9 * time.Hour}, Empty: "skip", Synthetic: true,
		}},
		Profile: "research", Limits: []Parameter{{"max-order-notional", "100 % of equity"}, {"cash-reserve", "0"}, {"daily-loss", "none"}},
		Assumptions: []Assumption{
			{"Fills", "next bar", "an order meets only liquidity that begins after it arrived"},
			{"Spread", "4 bp", "half of it on each side of the bar's price"},
			{"Volume cap", "10 % of a bar", "a larger order moves the price more than history can tell"},
			{"Fees", "0.16 % maker, 0.26 % taker", "Kraken's schedule on the trade's date"},
		},
		FillModel: "two-step bars, pessimistic", FeeSchedule: "Kraken spot by trade date", Rules: "XBT/CAD: rules unknown, 8 and 8 decimals and no minimum assumed",
		Seed: 1, Digest: strings.Repeat("9f86d081", 8), Version: "0.1", Revision: "abcdef0", Go: "go1.26", Platform: "linux/amd64",
		Command: "breakwater backtest --data XBTCAD_60.csv --strategy sma-cross --set fast=10 --set slow=30 --cash 50000",
		Made:    time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Elapsed: 123 * time.Millisecond,
	}
}

// sampleRun is a year and a half of hours with every kind of thing that a report shows.
func sampleRun(t testing.TB) *Run {
	m := newMarket(t, "50000", newYear, time.Hour, 2600)
	m.wander(6000, 7, 0.00003, 0.01)
	for range 12 {
		m.record(&risk.Record{Type: risk.RecDenial, Reasons: []risk.Reason{
			{Control: risk.CashReserve, Fields: [3]risk.Field{{Key: "free", Value: 1234, Decimals: 2}, {Key: "needed", Value: 999900, Decimals: 2}}},
		}})
	}
	m.record(&risk.Record{Type: risk.RecDenial, Reasons: []risk.Reason{
		{Control: risk.MaxOrderNotional, Fields: [3]risk.Field{{Key: "notional", Value: 120000, Decimals: 2}, {Key: "limit", Value: 2500, Decimals: 2}}},
		{Control: risk.CashReserve},
	}})
	m.record(&risk.Record{Type: risk.RecLevel, From: risk.Active, Level: risk.ReduceOnly, Control: risk.DailyLoss, Text: "lost 2,512.10 of 2,500.00 today", Equity: m.cash})
	m.record(&risk.Record{Type: risk.RecLevel, From: risk.ReduceOnly, Level: risk.Active, Lift: true, Control: risk.DailyLoss, Text: "simulated operator: next-day", Equity: m.cash})
	m.record(&risk.Record{Type: risk.RecOrder, Event: &exchange.Event{State: exchange.Rejected, Code: exchange.CodeOrderMinimum, Order: 7}})
	m.record(&risk.Record{Type: risk.RecNote, Text: "a stop was gapped through"})
	m.record(&risk.Record{Type: risk.RecNote, Text: "a stop was gapped through"})
	m.wander(6000, 8, 0.00003, 0.01)
	r := m.c.Finish()
	r.Meta = sampleMeta(r)
	for i, f := range []*Figure{&r.Figures.CAGR, &r.Figures.Volatility, &r.Figures.Sharpe, &r.Figures.Sortino, &r.Figures.Calmar,
		&r.Figures.WinRate, &r.Figures.ProfitFactor, &r.Figures.Expectancy} {
		f.Low, f.High, f.Interval = f.Value-0.1*float64(i+1), f.Value+0.2*float64(i+1), true // how they are drawn is not tested here
	}
	return r
}

func TestSummaryReads(t *testing.T) {
	r := sampleRun(t)
	for _, c := range []struct {
		file string
		o    SummaryOptions
	}{{"summary-100.txt", SummaryOptions{Width: 100}}, {"summary-60.txt", SummaryOptions{Width: 60}}, {"summary-color.txt", SummaryOptions{Color: true}}} {
		var b bytes.Buffer
		if err := WriteSummary(&b, r, c.o); err != nil {
			t.Fatal(err)
		}
		golden(t, c.file, b.Bytes())
	}
}

func TestSummaryOfAShortRunSaysWhyThereAreNoRatios(t *testing.T) {
	m := newMarket(t, "100", newYear, time.Hour, 0)
	m.bar(300000, 300000, 300000, 300000)
	m.bar(300000, 310000, 300000, 310000)
	m.bar(310000, 320000, 300000, 305000)
	r := m.c.Finish()
	var b bytes.Buffer
	if err := WriteSummary(&b, r, SummaryOptions{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "summary-short.txt", b.Bytes())
}

func TestSummaryOfNoBarsIsNoCrash(t *testing.T) {
	r := newMarket(t, "100", newYear, time.Hour, 0).c.Finish()
	var b bytes.Buffer
	if err := WriteSummary(&b, r, SummaryOptions{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "no bars") {
		t.Errorf("summary of no bars does not say so:\n%s", b.String())
	}
}

func TestSummaryFitsItsWidth(t *testing.T) {
	r := sampleRun(t)
	for _, width := range []int{50, 72, 80, 132} {
		var b bytes.Buffer
		if err := WriteSummary(&b, r, SummaryOptions{Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			line = strings.TrimRight(line, "\n")
			if n := utf8.RuneCountInString(line); n > width && !strings.Contains(line, r.Meta.Digest) {
				t.Errorf("width %d: a line of %d: %s", width, n, line)
			}
		}
	}
}

func TestColourOnlyWhenAsked(t *testing.T) {
	var b bytes.Buffer
	if err := WriteSummary(&b, sampleRun(t), SummaryOptions{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Error("escape codes in a summary without colour")
	}
}
