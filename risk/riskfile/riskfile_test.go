package riskfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/risk/riskfile"
)

const unit = money.Amount(10_000) // of CAD

func read(t *testing.T, text string) *riskfile.File {
	t.Helper()
	f, err := riskfile.Read("risk.yaml", []byte(text), riskfile.Account{Decimals: data.AssetDecimals})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAProfileWrittenAndReadBackIsTheSame(t *testing.T) {
	for _, name := range risk.Profiles() {
		var b strings.Builder
		if ok, err := riskfile.Write(&b, name, "CAD", 4); !ok || err != nil {
			t.Fatalf("%s: %v, %v", name, ok, err)
		}
		f := read(t, b.String())
		want, _ := risk.Profile(name, unit)
		if diff := cmp.Diff(want, f.Limits); diff != "" {
			t.Errorf("%s read back differs:\n%s", name, diff)
		}
		if len(f.Notes) > 0 {
			t.Errorf("%s gives the notes %q", name, f.Notes)
		}
	}
}

// Every number of the guard's limits can be set by a file, but for those that are facts
// of the wiring.
func TestEveryLimitHasAKey(t *testing.T) {
	var b strings.Builder
	riskfile.Write(&b, "live", "CAD", 4)
	text := strings.NewReplacer("tier: starter", "tier: pro", "profile: live", "profile: research").Replace(b.String())
	f := read(t, text)
	live := risk.Live(unit)
	live.Profile, live.Tier, live.NeedsArming = "research, risk.yaml", risk.Pro, false
	if diff := cmp.Diff(live, f.Limits); diff != "" {
		t.Errorf("a research profile with all of live's numbers is not live:\n%s", diff)
	}
}

func TestAFileNarrowsItsProfile(t *testing.T) {
	f := read(t, `
profile: kraken-bot
currency: CAD
time-zone: America/Toronto
tier: intermediate
pairs: [xbtcad, ETH/CAD]
max-order-notional: 12.5
max-position: {share: 4%, amount: 100.25}
drawdown: 7.5%
order-rate: {minute: 10}
armed-lease: 1d12h
stale-data: {market: 2s500ms}
duplicate-order: 8s
cash-reserve: 25%
modes: {swing: {share: 60%, positions: 2, order: 20}, scalp: {share: 40%, positions: 1, order: 5}}
ramp: [{position: 5, daily-loss: 2}, {position: 10, daily-loss: 4}]
`)
	want, _ := risk.Profile("kraken-bot", unit)
	want.Profile = "kraken-bot, risk.yaml"
	want.Tier = risk.Intermediate
	want.Order.Amount = 125_000
	want.Position = risk.Limit{PPM: 40_000, Amount: 1_002_500}
	want.DrawdownPPM, want.PerMinute, want.Lease = 75_000, 10, 36*time.Hour
	want.StaleMarket, want.Duplicate, want.SpendablePPM = 2500*time.Millisecond, 8*time.Second, 750_000
	want.Modes = []risk.Mode{{Name: "swing", SharePPM: 600_000, Count: 2, Notional: 20 * unit}, {Name: "scalp", SharePPM: 400_000, Count: 1, Notional: 5 * unit}}
	want.Ramp = []risk.Step{{Position: 5 * unit, DailyLoss: 2 * unit}, {Position: 10 * unit, DailyLoss: 4 * unit}}
	if diff := cmp.Diff(want, f.Limits); diff != "" {
		t.Error(diff)
	}
	if f.Zone.String() != "America/Toronto" || !cmp.Equal(f.Pairs, []string{"XBT/CAD", "ETH/CAD"}) || f.Currency != "CAD" {
		t.Errorf("zone %v, pairs %v, currency %s", f.Zone, f.Pairs, f.Currency)
	}
}

func TestAZeroThatStopsEverythingIsSaidAndNoted(t *testing.T) {
	f := read(t, "profile: nija\ndaily-loss: 0\nmax-order-notional: {share: 0}\ncash-reserve: 100%\n")
	if f.Limits.DailyLoss.Amount != 0 || f.Limits.Order.PPM != 0 || f.Limits.SpendablePPM != 0 {
		t.Errorf("limits %+v", f.Limits)
	}
	want := []string{
		"risk.yaml:2: daily-loss amount is 0: the first loss of a day ends it",
		"risk.yaml:3: max-order-notional share is 0: no order that increases risk gets through",
		"risk.yaml:4: cash-reserve is 100%: nothing is left to buy with",
	}
	if diff := cmp.Diff(want, f.Notes); diff != "" {
		t.Error(diff)
	}
}

func TestPairsAreFoundInTheCatalog(t *testing.T) {
	cat := exchange.NewCatalog()
	ids, err := data.AddSpecs(cat, exchange.Spec{Symbol: "XBT/CAD", PriceDecimals: 1, LotDecimals: 8}, exchange.Spec{Symbol: "ETH/CAD", PriceDecimals: 2, LotDecimals: 8})
	if err != nil {
		t.Fatal(err)
	}
	account := riskfile.Account{Currency: "CAD", Decimals: data.AssetDecimals, Catalog: cat}
	f, err := riskfile.Read("r.yaml", []byte("profile: research\npairs: [ETH/CAD, SOL/CAD]\n"), account)
	if err != nil || !cmp.Equal(f.Limits.Instruments, []exchange.InstrumentID{ids[1]}) || len(f.Notes) != 0 {
		t.Fatalf("%+v, %v", f, err)
	}
	f, err = riskfile.Read("r.yaml", []byte("profile: research\npairs: [SOL/CAD]\n"), account)
	if err != nil || f.Limits.Instruments == nil || len(f.Limits.Instruments) != 0 || len(f.Notes) != 1 {
		t.Fatalf("a list without any of the pairs: %+v, %v; want an empty list and a note", f, err)
	}
	_, err = riskfile.Read("r.yaml", []byte("profile: research\ncurrency: USD\n"), account)
	if err == nil || err.Error() != "r.yaml:2: the amounts are in USD, but the account counts in CAD; write them in CAD" {
		t.Errorf("another currency: %v", err)
	}
}

// Editors on Windows end lines with two characters and begin files with a mark.
func TestFilesOfWindowsEditorsAreRead(t *testing.T) {
	f := read(t, "\ufeffprofile: nija\r\ndrawdown: 8%\r\ndaily-loss:\r\n  amount: 5\r\n")
	if f.Limits.DrawdownPPM != 80_000 || f.Limits.DailyLoss.Amount != 5*unit {
		t.Errorf("limits %+v", f.Limits)
	}
}

func TestNoFileIsReadForEver(t *testing.T) {
	_, err := riskfile.Read("risk.yaml", []byte("profile: nija\n"+strings.Repeat("# x\n", 20_000)), riskfile.Account{Decimals: data.AssetDecimals})
	if err == nil || err.Error() != "risk.yaml: is larger than 64 kB; give a risk.yaml" {
		t.Error(err)
	}
}

// Each refusal has a file NAME.bad.yml and the sentence it gives in NAME.bad.txt.
func TestEveryRefusalNamesFileLineAndRemedy(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.bad.yml"))
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	seen := map[string]string{}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		expected, err := os.ReadFile(strings.TrimSuffix(path, ".yml") + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		want := strings.TrimSpace(string(expected))
		f, err := riskfile.Read("risk.yaml", text, riskfile.Account{Decimals: data.AssetDecimals})
		var wrong *riskfile.Error
		switch {
		case err == nil:
			t.Errorf("%s is accepted: %+v", path, f.Limits)
		case !errors.As(err, &wrong):
			t.Errorf("%s: %T", path, err)
		case err.Error() != want:
			t.Errorf("%s says\n%s\nwant\n%s", path, err, want)
		}
		if other, twice := seen[want]; twice {
			t.Errorf("%s and %s are one refusal", path, other)
		}
		seen[want] = path
	}
}
