package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"breakwater/strategy"
)

func TestDemoDataIsWhatItsCommandMakes(t *testing.T) {
	if made := must(t, demoSynth...); made != string(demoBars) {
		t.Errorf("the demo's data is not what \"breakwater %s\" prints", strings.Join(demoSynth, " "))
	}
	if report := must(t, "data", "check", filepath.Join("demo", demoName)); !strings.Contains(report, "usable: no errors") {
		t.Errorf("data check says of the demo's data:\n%s", report)
	}
}

func TestDemoSaysEverywhereThatItsDataIsSynthetic(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	out := must(t, "demo", "--out", dir)
	if !strings.Contains(out, "SYNTHETIC") || !strings.Contains(out, filepath.Join(dir, "report.html")) {
		t.Errorf("the summary says neither that the data is synthetic nor where the report is:\n%s", out)
	}
	for _, name := range []string{"report.html", "manifest.json"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Contains(bytes.ToLower(content), []byte("synthetic")) {
			t.Errorf("%s does not say that the data is synthetic (%v)", name, err)
		}
	}
}

func TestEveryBuiltInStrategyTradesInTheDemo(t *testing.T) {
	for _, s := range builtIns {
		var r result
		if err := json.Unmarshal([]byte(must(t, "demo", "--strategy", s.Name, "--no-report", "--json")), &r); err != nil {
			t.Fatal(err)
		}
		if r.Trades.Fills == 0 && s.Name != "runaway" {
			t.Errorf("%s made no fill", s.Name)
		}
		if r.Profile != "research" || !r.Synthetic {
			t.Errorf("%s ran under profile %q, synthetic %v", s.Name, r.Profile, r.Synthetic)
		}
	}
}

func TestRealDailyFileRunsWithDefaults(t *testing.T) {
	path := realData(t, "kraken", "ohlcvt", "XBTCAD_1440.csv")
	dir := filepath.Join(t.TempDir(), "report")
	r := backtestJSON(t, "--data", path, "--strategy", "sma-cross", "--out", dir)
	if r.Bars != 3327 || r.Currency != "CAD" || len(r.Data) != 1 || r.Data[0].Gaps.Places != 28 || r.Data[0].Gaps.Missing != 55 {
		t.Errorf("%d bars in %s, data %+v; want 3,327 in CAD with 28 gaps of 55 bars", r.Bars, r.Currency, r.Data)
	}
	if r.Trades.RoundTrips < 40 || r.Guard.Worst != "ACTIVE" {
		t.Errorf("%d round trips, guard at worst %s", r.Trades.RoundTrips, r.Guard.Worst)
	}
	for _, name := range []string{"report.html", "fills.csv", "round-trips.csv", "equity.csv", "manifest.json"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() < 500 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if fills := table(t, filepath.Join(dir, "fills.csv")); int64(len(fills)) != r.Trades.Fills {
		t.Errorf("fills.csv has %d rows, the summary %d fills", len(fills), r.Trades.Fills)
	}
}

func TestTwoPairsAndTwoBarSizesRunOnOneAccount(t *testing.T) {
	daily, hours := realData(t, "kraken", "ohlcvt", "XBTUSD_1440.csv"), realData(t, "kraken", "ohlcvt", "XBTUSD_240.csv")
	eth := realData(t, "kraken", "ohlcvt", "ETHUSD_60.csv.gz")
	r := backtestJSON(t, "--data", daily, "--data", hours, "--data", eth, "--from", "2022-06-01", "--to", "2025-01-01", "--no-report",
		"--slot", "name=days,strategy=sma-cross,pairs=XBT/USD,share=50%,set.fast=5,set.slow=20",
		"--slot", "name=hourly,strategy=donchian-breakout,pairs=ETH/USD,interval=1h,share=30%")
	if len(r.Data) != 3 || r.Data[1].Interval != 4*3600 || r.Data[2].Interval != 3600 {
		t.Errorf("data %+v, want three files", r.Data)
	}
	fills := map[string]int64{}
	for _, in := range r.Instruments {
		fills[in.Instrument] = in.Fills
	}
	if fills["XBT/USD"] == 0 || fills["ETH/USD"] == 0 {
		t.Errorf("fills %v, want some of both pairs", fills)
	}
}

func TestBarsAreBuiltFromTradesForTheStrategy(t *testing.T) {
	trades, bars := realData(t, "kraken", "trades", "XBTUSDT_trades.csv"), realData(t, "kraken", "trades", "XBTUSDT_15.csv")
	built := backtestJSON(t, "--data", trades, "--bars", "15m", "--strategy", "sma-cross", "--no-report")
	given := backtestJSON(t, "--data", bars, "--interval", "15m", "--strategy", "sma-cross", "--no-report")
	if built.Bars < given.Bars-1 || built.Bars > given.Bars || built.Trades.RoundTrips != given.Trades.RoundTrips {
		t.Errorf("%d bars and %d round trips on built bars, %d and %d on the recorded ones", built.Bars, built.Trades.RoundTrips, given.Bars, given.Trades.RoundTrips)
	}
}

func TestQuotesInSeveralCurrenciesNeedARate(t *testing.T) {
	xbt, rate := realData(t, "kraken", "ohlcvt", "XBTUSD_1440.csv"), realData(t, "kraken", "ohlcvt", "USDTCAD_1440.csv")
	cad := realData(t, "kraken", "ohlcvt", "XBTCAD_1440.csv")
	code, _, stderr := call(t, "backtest", "--data", xbt, "--data", rate, "--strategy", "buy-and-hold", "--no-report")
	if code != exitUsage || !strings.Contains(stderr, "no rate from") || !strings.Contains(stderr, "add data of a pair") {
		t.Errorf("exit %d, said %q; want a refusal for want of a rate", code, stderr)
	}
	r := backtestJSON(t, "--data", cad, "--data", xbt, "--currency", "CAD", "--from", "2020-01-01", "--to", "2021-01-01", "--no-report",
		"--slot", "strategy=sma-cross,pairs=XBT/CAD")
	if r.Currency != "CAD" || r.Trades.Fills == 0 {
		t.Errorf("%d fills in %s, want some in CAD", r.Trades.Fills, r.Currency)
	}
}

func TestSecondRunNeverOverwritesTheFirst(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, "demo", "--quiet")
	must(t, "demo", "--quiet")
	dirs, err := filepath.Glob(filepath.Join("out", "sma-cross-xbtcad-*", "manifest.json"))
	if err != nil || len(dirs) != 2 {
		t.Errorf("two runs left %v", dirs)
	}
	if code, _, _ := call(t, "demo", "--quiet", "--out", filepath.Dir(dirs[0])); code != exitUsage {
		t.Errorf("--out on a report gave exit %d", code)
	}
	must(t, "demo", "--quiet", "--out", filepath.Dir(dirs[0]), "--overwrite")
}

func TestInterruptLeavesNothingHalfWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs bytes.Buffer
	code := run(ctx, []string{"demo"}, &out, &errs)
	if code != exitFailed || !strings.Contains(errs.String(), "interrupted") || out.Len() > 0 {
		t.Errorf("exit %d, printed %q, said %q", code, out.String(), errs.String())
	}
	if left, _ := filepath.Glob("*"); len(left) > 0 {
		t.Errorf("left %v behind", left)
	}
}

func TestLookaheadCheckHoldsForEveryBuiltIn(t *testing.T) {
	for i, s := range builtIns {
		if testing.Short() && i%3 > 0 {
			continue // the race detector makes eleven runs of each too slow
		}
		out := must(t, "demo", "--strategy", s.Name, "--check-lookahead", "--close-at-end", "--json")
		var r struct {
			OK        bool
			Decisions int
			Cuts      []struct{ Differs string }
		}
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatal(err)
		}
		if !r.OK || r.Decisions == 0 || len(r.Cuts) != lookaheadCuts {
			t.Errorf("%s: %s", s.Name, out)
		}
	}
}

// cheat knows the future: all runs of this process share what the first one saw.
type cheat struct{ seen *[]float64 }

var cheatSaw []float64

func (c *cheat) OnBar(ctx *strategy.Context, bar strategy.Bar) {
	*c.seen = append(*c.seen, bar.Close)
	if n := len(*c.seen); n%7 == 0 && int(bar.Close)%(2+n/10_000) == 0 {
		if ctx.Position().Flat() {
			ctx.Enter(1)
		} else {
			ctx.Exit()
		}
	}
}

func TestCloseAtEndLeavesNothingAndCountsWhatItCosts(t *testing.T) {
	for _, s := range []string{"sma-cross", "grid", "bollinger-reversion", "dca"} {
		var r struct {
			PnL     string
			Exposed string
			Trades  struct {
				Open    int
				NetWon  string `json:"net_won"`
				NetLost string `json:"net_lost"`
			}
		}
		out := must(t, "demo", "--strategy", s, "--close-at-end", "--no-report", "--json")
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatal(err)
		}
		pnl, _ := new(big.Rat).SetString(r.PnL)
		won, _ := new(big.Rat).SetString(r.Trades.NetWon)
		lost, _ := new(big.Rat).SetString(r.Trades.NetLost)
		if r.Trades.Open != 0 || strings.Trim(r.Exposed, "0.") != "" || pnl.Cmp(won.Add(won, lost)) != 0 {
			t.Errorf("%s: profit %v, round trips %v, %d open, exposed %s", s, r.PnL, won.FloatString(4), r.Trades.Open, r.Exposed)
		}
	}
}

func TestLookaheadCheckCatchesACheat(t *testing.T) {
	strategy.Register("cheat", "remembers other runs", func() strategy.Strategy { return &cheat{&cheatSaw} })
	code, out, stderr := call(t, "demo", "--strategy", "cheat", "--check-lookahead")
	if code != exitFailed || !strings.Contains(out, "DIFFERENT") || !strings.Contains(stderr, "looks ahead") {
		t.Errorf("exit %d, printed %q, said %q", code, out, stderr)
	}
}

func TestSameRunHasTheSameDigestInEveryProcess(t *testing.T) {
	here := func(s string) string {
		var r result
		if err := json.Unmarshal([]byte(must(t, "demo", "--strategy", s, "--no-report", "--json")), &r); err != nil {
			t.Fatal(err)
		}
		return r.Digest
	}
	for _, s := range []string{"sma-cross", "grid", "donchian-breakout"} {
		want := here(s)
		if again := here(s); again != want || len(want) != 64 {
			t.Errorf("%s: digest %q, then %q", s, want, again)
		}
		for _, procs := range []string{"1", "2"} {
			cmd := exec.Command(os.Args[0], "demo", "--strategy", s, "--no-report", "--json")
			cmd.Env = append(os.Environ(), "GOMAXPROCS="+procs, asProgram+"=1")
			out, err := cmd.Output()
			var r result
			if err == nil {
				err = json.Unmarshal(out, &r)
			}
			if err != nil || r.Digest != want {
				t.Errorf("%s with GOMAXPROCS=%s in another process: digest %q, want %q (%v)", s, procs, r.Digest, want, err)
			}
		}
	}
}

// asProgram makes the test binary the program itself.
const asProgram = "BREAKWATER_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

type broken struct{}

func (broken) OnBar(*strategy.Context, strategy.Bar) { panic("BUG: made for a test") }

func TestBugIsOneSentenceWithoutATrace(t *testing.T) {
	strategy.Register("broken", "panics", func() strategy.Strategy { return new(broken) })
	code, _, stderr := call(t, "demo", "--strategy", "broken", "--no-report")
	if code != exitFailed || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "please report") {
		t.Errorf("exit %d, said %q", code, stderr)
	}
	if _, _, stderr = call(t, "demo", "--strategy", "broken", "--no-report", "--debug"); !strings.Contains(stderr, "goroutine") {
		t.Errorf("--debug said %q, want the trace", stderr)
	}
}

func TestNarrowerLimitsDeny(t *testing.T) {
	var r result
	if err := json.Unmarshal([]byte(must(t, "demo", "--no-report", "--json", "--limit", "max-order-notional=5%")), &r); err != nil {
		t.Fatal(err)
	}
	if r.Guard.Denied == 0 || r.Guard.Denials[0].Control != "max-order-notional" || r.Trades.Fills != 0 {
		t.Errorf("denied %d (%+v), %d fills; want every order of all cash denied", r.Guard.Denied, r.Guard.Denials, r.Trades.Fills)
	}
	if !strings.Contains(r.Profile, "max-order-notional=5%") {
		t.Errorf("profile %q does not tell of the limit", r.Profile)
	}
}

func TestProfileBindsWhatItLists(t *testing.T) {
	run := func(size string) (r result) {
		args := []string{"demo", "--no-report", "--json", "--profile", "live", "--size", size}
		if err := json.Unmarshal([]byte(must(t, args...)), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := run("0.0001"); r.Profile != "live" || r.Trades.Fills == 0 {
		t.Errorf("profile %q, %d fills; an order of a few dollars is within the live limits", r.Profile, r.Trades.Fills)
	}
	if r := run("0.1"); r.Trades.Fills != 0 || r.Guard.Denied == 0 {
		t.Errorf("%d fills, %d denied; an order of thousands is not", r.Trades.Fills, r.Guard.Denied)
	}
}
