package cmd

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"breakwater/risk"
)

// limited is what the tests of limits read of `--json`.
type limited struct {
	Profile string
	Digest  string
	Equity  float64 `json:",string"`
	Figures struct {
		MaxDrawdown struct{ Value float64 } `json:"max_drawdown"`
	}
	Trades struct{ Fills int64 }
	Guard  struct {
		Denied  int64
		Denials []struct {
			Control, Reason string
			Count           int64
		}
		Worst string `json:"worst_level"`
		Last  string `json:"last_level"`
		Stops []struct {
			Control, Level string
			Count          int64
			First          time.Time
		}
	}
	Strictness []struct {
		Limits      string
		Return      float64
		MaxDrawdown float64 `json:"max_drawdown"`
		WorstDay    float64 `json:"worst_day"`
		Orders      int64
		Denied      int64
		Halts       int64
		Last        string `json:"last_level"`
	}
	Note string `json:"strictness_note"`
}

func runLimited(t *testing.T, args ...string) (r limited) {
	t.Helper()
	out := must(t, append([]string{"backtest", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return r
}

func (r *limited) denials() map[string]int64 {
	by := map[string]int64{}
	for _, d := range r.Guard.Denials {
		by[d.Control] = d.Count
	}
	return by
}

func written(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// hours writes hourly bars from 2023-01-01 UTC whose closes are as the function says.
func hours(t *testing.T, n int, price func(i int) float64) string {
	t.Helper()
	var b strings.Builder
	open := price(0)
	for i := range n {
		c := price(i)
		fmt.Fprintf(&b, "%d,%.1f,%.1f,%.1f,%.1f,50,40\n", 1_672_531_200+i*3600, open, max(open, c), min(open, c), c)
		open = c
	}
	return written(t, "XBTCAD_60.csv", b.String())
}

// fall is a market that loses 99 % in five months.
func fall(i int) float64 {
	p := 20_000.0
	for range i {
		p *= 0.9989
	}
	return p + float64(i*7919%13)
}

// Under nija a strategy that buys a falling market all the time keeps its position at 5 %
// of equity, and is stopped for good when that has cost 12 %.
func TestRunUnderNijaStopsAtItsDrawdown(t *testing.T) {
	data := hours(t, 4000, fall)
	dir := filepath.Join(t.TempDir(), "report")
	args := []string{"--data", data, "--strategy", "dca", "--set", "amount=2", "--set", "every=4h", "--cash", "300", "--profile", "nija"}
	r := runLimited(t, append(args, "--out", dir)...)
	if len(r.Guard.Stops) == 0 || r.Guard.Stops[0].Control != "profile-limits" || r.Guard.Stops[0].Level != "HALTED" || r.Guard.Last != "HALTED" || r.Profile != "nija" {
		t.Fatalf("profile %s, ended %s, stops %+v; want HALTED by profile-limits", r.Profile, r.Guard.Last, r.Guard.Stops)
	}
	halt := r.Guard.Stops[0].First
	equity, worst := 300.0, 300.0
	for _, row := range table(t, filepath.Join(dir, "equity.csv")) {
		at, err := time.Parse(time.RFC3339, row["time"])
		if err != nil {
			t.Fatal(err)
		}
		if at.Before(halt) {
			fmt.Sscan(row["equity"], &equity)
			worst = min(worst, equity)
		}
	}
	if worst < 300*0.87 || worst > 300*0.89 {
		t.Errorf("the lowest equity before the halt was %v; want about 12 %% below 300", worst)
	}
	for _, row := range table(t, filepath.Join(dir, "fills.csv")) {
		if at, err := time.Parse(time.RFC3339, row["time"]); err != nil || at.After(halt) {
			t.Errorf("a fill at %v (%v), after the halt at %v", at, err, halt)
		}
	}
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"HALTED</b></td><td class=\"t\">the account", "<td>as given</td>", "fall from the high-water mark", ">max-position</td>", "armed by the backtest"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("report.html does not say %q", want)
		}
	}
	again := runLimited(t, append(args, "--no-report")...)
	if again.Digest != r.Digest {
		t.Errorf("digests %s and %s of one run", r.Digest, again.Digest)
	}
	if len(r.Strictness) != 4 {
		t.Fatalf("strictness %+v", r.Strictness)
	}
	none, twice, given, half := r.Strictness[0], r.Strictness[1], r.Strictness[2], r.Strictness[3]
	if none.Denied != 0 || none.Orders <= twice.Orders || twice.Orders <= given.Orders || given.Orders <= half.Orders {
		t.Errorf("orders %d, %d, %d, %d; want fewer the stricter the limits", none.Orders, twice.Orders, given.Orders, half.Orders)
	}
	if !(none.Return < twice.Return && twice.Return < given.Return && given.Return < half.Return) || given.Denied != r.Guard.Denied || given.Halts != 1 || given.Last != "HALTED" {
		t.Errorf("strictness %+v", r.Strictness)
	}
	if math.Abs(math.Abs(given.MaxDrawdown)-math.Abs(r.Figures.MaxDrawdown.Value)) > 1e-9 {
		t.Errorf("drawdown %v in the table, %v in the figures", given.MaxDrawdown, r.Figures.MaxDrawdown.Value)
	}
}

// The command in the manifest makes the run again.
func TestManifestNamesTheLimitsOfTheRun(t *testing.T) {
	data := hours(t, 500, func(i int) float64 { return 20_000 + float64(i%48)*100 })
	file := written(t, "my risk.yaml", "profile: binance-bot\ndrawdown: 9%\n")
	dir := filepath.Join(t.TempDir(), "report")
	r := runLimited(t, "--data", data, "--strategy", "sma-cross", "--set", "fast=3", "--set", "slow=9", "--size", "0.00105", "--limit", "order-rate.pair-minute=1", "--limit", "max-order-notional=22", "--cash", "1000",
		"--risk", file, "--mode", "scalp", "--limit", "order-rate.day=3", "--rearm", "after=24h", "--strictness=false", "--out", dir)
	raw, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Command string
		Profile string
		Limits  []struct{ Name, Value string }
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(strings.ReplaceAll(strings.ReplaceAll(m.Command, "my risk.yaml", "my\x00risk.yaml"), "'", ""))
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "\x00", " ")
	}
	again := runLimited(t, append(words[2:], "--no-report")...)
	if again.Digest != r.Digest || again.Strictness != nil || r.Guard.Denied == 0 {
		t.Errorf("%q gives digest %s, the run had %s", m.Command, again.Digest, r.Digest)
	}
	if m.Profile != "binance-bot, my risk.yaml, order-rate.pair-minute=1, max-order-notional=22, order-rate.day=3" {
		t.Errorf("profile %q", m.Profile)
	}
	limits := map[string]string{}
	for _, l := range m.Limits {
		limits[l.Name] = l.Value
	}
	for name, want := range map[string]string{
		"drawdown": "9%", "order-rate day": "3", "max-order-notional amount": "22 CAD", "rearm": "after=24h0m0s", "mode-allocation scalp": "30% of equity, 4 positions, 300 CAD an order",
	} {
		if limits[name] != want {
			t.Errorf("the manifest says %s: %q; want %q", name, limits[name], want)
		}
	}
}

func TestRealMarketUnderARiskFile(t *testing.T) {
	data := realData(t, "kraken", "ohlcvt", "XBTCAD_1440.csv")
	file := written(t, "risk.yaml", "profile: research\ntime-zone: America/Toronto\ndrawdown: 12%\ndaily-loss: 5%\n")
	args := []string{"--data", data, "--strategy", "sma-cross", "--risk", file, "--no-report"}
	r := runLimited(t, args...)
	if r.Guard.Worst != "REDUCE_ONLY" || r.denials()["daily-loss"] == 0 || r.Profile != "research, risk.yaml" || len(r.Strictness) != 4 {
		t.Errorf("profile %q reached %s, denials %v, strictness %+v; want daily-loss to end it", r.Profile, r.Guard.Worst, r.denials(), r.Strictness)
	}
	if again := runLimited(t, append(args, "--strictness=false")...); again.Digest != r.Digest || again.Strictness != nil {
		t.Errorf("digest %s without the comparison, %s with it; strictness %+v", again.Digest, r.Digest, again.Strictness)
	}
	lifted := runLimited(t, append(args, "--rearm", "next-day")...)
	if lifted.Guard.Last != "ACTIVE" || lifted.Trades.Fills <= r.Trades.Fills {
		t.Errorf("with an operator: ended %s with %d fills, without %d", lifted.Guard.Last, lifted.Trades.Fills, r.Trades.Fills)
	}
	bot := runLimited(t, "--data", data, "--strategy", "sma-cross", "--profile", "kraken-bot", "--size", "0.0005", "--no-report")
	if bot.Trades.Fills < 50 || bot.denials()["max-order-notional"] == 0 || bot.denials()["armed-lease"] != 0 || bot.denials()["dead-mans-switch"] != 0 {
		t.Errorf("under kraken-bot %d fills and the denials %v", bot.Trades.Fills, bot.denials())
	}
}

// Two losses of 3 % on both sides of midnight UTC are of one day in Toronto.
func TestTradingDayIsThatOfTheFile(t *testing.T) {
	data := hours(t, 96, func(i int) float64 {
		switch {
		case i < 46:
			return 10_000
		case i < 49: // from 22:00 UTC of the second day
			return 9_700
		}
		return 9_400 // from 01:00 UTC of the third, 20:00 of the second in Toronto
	})
	for zone, worst := range map[string]string{"UTC": "ACTIVE", "America/Toronto": "REDUCE_ONLY"} {
		file := written(t, "risk.yaml", "profile: research\ndaily-loss: 5%\ntime-zone: "+zone+"\n")
		if r := runLimited(t, "--data", data, "--strategy", "buy-and-hold", "--risk", file, "--no-report"); r.Guard.Worst != worst {
			t.Errorf("in %s the run reached %s; want %s", zone, r.Guard.Worst, worst)
		}
	}
}

func TestBadRiskFileIsOneLineAndExitTwo(t *testing.T) {
	data := hours(t, 10, fall)
	run := func(more ...string) []string {
		return append([]string{"backtest", "--data", data, "--strategy", "sma-cross", "--no-report"}, more...)
	}
	bad := written(t, "risk.yaml", "profile: nija\n\ndaily-los: 5%\n")
	for _, test := range []struct {
		args []string
		want string
	}{
		{run("--risk", bad), `breakwater: risk.yaml:3: unknown key "daily-los"; did you mean "daily-loss"?`},
		{[]string{"risk", "check", bad}, `breakwater: risk.yaml:3: unknown key "daily-los"; did you mean "daily-loss"?`},
		{[]string{"risk", "check"}, "needs one file"},
		{[]string{"risk", "profile", "nina"}, "there are research, live, kraken-bot, nija"},
		{run("--risk", bad, "--profile", "nija"), "leave --profile out"},
		{run("--risk", filepath.Join(t.TempDir(), "none.yaml")), "breakwater risk profile kraken-bot"},
		{run("--risk", written(t, "r.yaml", "profile: nija\ncurrency: USD\n")), "r.yaml:2: the amounts are in USD, but the account counts in CAD"},
		{run("--profile", "binance-bot"), "give --mode"},
		{run("--profile", "binance-bot", "--mode", "swim"), "there are ultra-fast, scalp, swing, position"},
		{run("--strictness"), "--profile, --risk or --limit"},
		{run("--profile", "nija", "--limit", "drawdown=20%"), "--limit drawdown=20%: drawdown 20% is looser than the 15% of profile nija; write at most 15%"},
		{run("--limit", "order-rate=5"), "order-rate.pair-minute, order-rate.minute"},
		{run("--mode", "swing", "--slot", "strategy=dca"), "leave --strategy, --mode and --set out"},
	} {
		code, stdout, stderr := call(t, test.args...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, test.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: exit %d, said %q; want %q in one line", test.args[1:], code, stderr, test.want)
		}
	}
}

func TestModesGiveMoneyToStrategies(t *testing.T) {
	data := hours(t, 400, func(i int) float64 { return 20_000 + float64(i%24)*100 })
	r := runLimited(t, "--data", data, "--strategy", "sma-cross", "--set", "fast=3", "--set", "slow=9", "--profile", "binance-bot", "--mode", "scalp", "--size", "0.0005", "--no-report")
	if r.Trades.Fills == 0 || r.denials()["mode-allocation"] != 0 {
		t.Errorf("%d fills and the denials %v under a mode with room", r.Trades.Fills, r.denials())
	}
	file := written(t, "risk.yaml", "profile: binance-bot\nmodes: {scalp: {share: 0%, positions: 1, order: 5}}\n")
	code, stdout, stderr := call(t, "backtest", "--json", "--data", data, "--strategy", "sma-cross", "--set", "fast=3", "--set", "slow=9", "--risk", file, "--mode", "scalp", "--size", "0.0005", "--no-report")
	var none limited
	if err := json.Unmarshal([]byte(stdout), &none); err != nil || code != exitDone {
		t.Fatal(code, err, stderr)
	}
	if none.Trades.Fills != 0 || none.denials()["mode-allocation"] == 0 || stderr != "note: risk.yaml:2: mode scalp has a 0: its strategies can buy nothing\n" {
		t.Errorf("%d fills, denials %v, said %q under a mode without money", none.Trades.Fills, none.denials(), stderr)
	}
}

func TestProfilesArePrintedAndChecked(t *testing.T) {
	list := must(t, "risk", "profile")
	for _, name := range risk.Profiles() {
		if !strings.Contains(list, "\n"+name+" ") || profiles[name] == "" {
			t.Errorf("the list of profiles lacks %s:\n%s", name, list)
		}
		file := written(t, "risk.yaml", must(t, "risk", "profile", name, "--currency", "USD"))
		out := must(t, "risk", "check", file)
		if !strings.Contains(out, "good; profile "+name+", amounts in USD, trading day in UTC") || !strings.Contains(out, "drawdown") {
			t.Errorf("check of %s says\n%s", name, out)
		}
	}
	file := written(t, "risk.yaml", "profile: nija\ndrawdown: 8%\npairs: [XBT/CAD]\ndaily-loss: 0\n")
	out := must(t, "risk", "check", file)
	for _, want := range []string{"8%       risk.yaml:2", "order-form          pairs          XBT/CAD  risk.yaml:3", "note: risk.yaml:4: daily-loss amount is 0", "15%      profile"} {
		if strings.Contains(want, "15%") == strings.Contains(out, want) {
			t.Errorf("check says of %q:\n%s", want, out)
		}
	}
	var checked struct {
		Profile string
		Pairs   []string
		Limits  []struct{ Control, Parameter, Value, From string }
		Notes   []string
	}
	if err := json.Unmarshal([]byte(must(t, "risk", "check", file, "--json")), &checked); err != nil || checked.Profile != "nija" || len(checked.Pairs) != 1 || len(checked.Notes) != 1 {
		t.Errorf("%+v, %v", checked, err)
	}
	for _, l := range checked.Limits {
		if l.Control == "drawdown" && (l.Value != "8%" || l.From != "risk.yaml:2") {
			t.Errorf("drawdown is %+v", l)
		}
	}
}

// A run on much data is compared only when that is asked for, and says so.
func TestComparisonIsLeftOutWhereItWouldTakeLong(t *testing.T) {
	var b strings.Builder
	for i := range strictnessBars {
		fmt.Fprintf(&b, "%d,100,101,99,100,5,4\n", 1_500_000_000+i*60)
	}
	data := written(t, "XBTCAD_1.csv", b.String())
	args := []string{"--data", data, "--strategy", "buy-and-hold", "--profile", "live", "--no-report"}
	r := runLimited(t, args...)
	if r.Strictness != nil || !strings.Contains(r.Note, "300000 bars are many") {
		t.Errorf("strictness %+v, note %q", r.Strictness, r.Note)
	}
	if r := runLimited(t, append(args, "--strictness")...); len(r.Strictness) != 4 || r.Note != "" {
		t.Errorf("asked for: %+v, note %q", r.Strictness, r.Note)
	}
}
