package cmd

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/risk/riskfile"
)

// planLimits finds the guard's limits: those of --risk, else of --profile. A replay has
// nobody to arm a session, and nothing to lose: it stands in for the ceremony.
func (s *settings) planLimits(f *pflag.FlagSet, p *plan) (err error) {
	asset := &p.catalog.Assets[p.currency]
	var known bool
	switch {
	case s.riskFile != "" && f.Changed("profile"):
		return usagef("--risk names its profile; leave --profile out")
	case s.riskFile != "":
		if p.risk, err = readRiskFile("--risk ", s.riskFile, asset.Name, p.catalog); err != nil {
			return err
		}
		p.limits, p.zone = p.risk.Limits, p.risk.Zone
	default:
		if p.limits, known = risk.Profile(s.profile, money.Amount(money.Pow10[asset.Decimals])); !known {
			return usagef("--profile %s is unknown; there are %s", s.profile, strings.Join(risk.Profiles(), ", "))
		}
	}
	p.armed, p.limits.NeedsArming = p.limits.NeedsArming, false
	if p.limits.CapitalElse == 0 {
		p.limits.VenueSharePPM = risk.Unlimited // nothing tells of capital elsewhere
	}
	return nil
}

// narrow makes one limit stricter, as --limit says it.
func narrow(l *risk.Limits, text string, account *exchange.Asset) error {
	key, value, found := strings.Cut(text, "=")
	if !found {
		return usagef("--limit %q is no limit; write CONTROL=VALUE, for example drawdown=15%%", text)
	}
	if err := riskfile.Narrow(l, key, value, account.Name, account.Decimals); err != nil {
		return usagef("--limit %v", err)
	}
	return nil
}

// checkMode refuses a strategy that the guard would deny everything for want of a mode.
func (p *plan) checkMode(sp *slotPlan) error {
	var names []string
	for _, m := range p.limits.Modes {
		if names = append(names, m.Name); m.Name == sp.mode {
			return nil
		}
	}
	switch {
	case names == nil:
		return nil
	case sp.mode == "":
		return usagef("profile %s gives money to modes and strategy %s has none; give --mode, or mode= of its --slot: %s", p.limits.Profile, sp.name, strings.Join(names, ", "))
	}
	return usagef("mode %q of strategy %s is unknown to profile %s; there are %s", sp.mode, sp.name, p.limits.Profile, strings.Join(names, ", "))
}

// readRiskFile reads a risk.yaml for an account; "" and nil where none is known yet.
func readRiskFile(flag, path, currency string, cat *exchange.Catalog) (*riskfile.File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, usagef("%s%s cannot be read; check the path, or make one with \"breakwater risk profile kraken-bot > risk.yaml\"", flag, path)
	}
	f, err := riskfile.Read(filepath.Base(path), text, riskfile.Account{Currency: currency, Catalog: cat, Decimals: func(asset string) uint8 {
		if cat != nil {
			if a, ok := cat.Asset(asset); ok {
				return a.Decimals
			}
		}
		return data.AssetDecimals(asset)
	}})
	return f, wrong(err)
}

func (a *app) riskProfileCommand() *cobra.Command {
	var currency string
	c := &cobra.Command{
		Use:   "profile [NAME]",
		Short: "Print a profile as a complete risk.yaml, with a comment on every number",
		Long: `Profile prints all limits of a profile as a file that "breakwater backtest --risk" reads.
Keep the lines that you make stricter and delete the rest. Without a name it lists the
profiles.`,
		Example: "  breakwater risk profile kraken-bot > risk.yaml\n  breakwater risk profile",
		Args:    words(0, 1, "at most one profile"),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listProfiles()
			}
			name := exchange.NormalAsset(currency)
			ok, err := riskfile.Write(a.stdout, args[0], name, data.AssetDecimals(name))
			if !ok {
				return usagef("there is no profile %q; there are %s", args[0], strings.Join(risk.Profiles(), ", "))
			}
			return err
		},
	}
	c.Flags().StringVar(&currency, "currency", "CAD", "`CURRENCY` of the amounts")
	return c
}

// profiles tells what each profile is for.
var profiles = map[string]string{
	"research":    "none that bind but form, inventory and funds; the default of a backtest, refused by trade",
	"live":        "the defaults of the table, for a small account",
	"kraken-bot":  "live; drawdown 15 %",
	"nija":        "live; position 5 %, daily loss 5 %, drawdown 12 % of equity beside the absolute limits",
	"binance-bot": "live; losses of an hour, a streak of 10, pauses of 30 minutes, money allotted by mode",
	"ramp-up":     "live; position and daily loss grow in three steps with armed days",
}

func (a *app) listProfiles() error {
	t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "profile\tlimits")
	for _, name := range risk.Profiles() {
		fmt.Fprintf(t, "%s\t%s\n", name, profiles[name])
	}
	return t.Flush()
}

func (a *app) riskCheckCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a risk.yaml and show the limits that are in force",
		Long: `Check reads a risk.yaml and prints every number that is in force, with who set it: the
profile, or a line of the file. A mistake is one sentence with its line, and exit code 2.`,
		Example: "  breakwater risk check risk.yaml\n  breakwater risk check risk.yaml --json",
		Args:    words(1, 1, "one file"),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := readRiskFile("", args[0], "", nil)
			if err != nil {
				return err
			}
			if asJSON {
				return a.checkedJSON(args[0], f)
			}
			return a.checkedTable(args[0], f)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print it as JSON for programs")
	return c
}

// zoneText is the zone of the trading day.
func zoneText(f *riskfile.File) string {
	if f.Zone == nil {
		return "UTC"
	}
	return f.Zone.String()
}

func (a *app) checkedTable(path string, f *riskfile.File) error {
	fmt.Fprintf(a.stdout, "%s: good; profile %s, amounts in %s, trading day in %s\n\n", filepath.Base(path), f.Profile, f.Currency, zoneText(f))
	t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "control\tpart\tlimit\tset by")
	before := ""
	numbered := map[string]bool{}
	for _, r := range f.Rows() {
		name := r.Control
		numbered[name] = true
		if name == before {
			name = ""
		}
		before = r.Control
		value := r.Value
		if r.Binds() && r.Unit == f.Currency {
			value += " " + f.Currency
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", name, r.Parameter, value, r.From)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	var others []string
	for _, c := range risk.All() {
		if !numbered[c.String()] {
			others = append(others, c.String())
		}
	}
	fmt.Fprintf(a.stdout, "\nwithout a number of their own: %s\n", strings.Join(others, ", "))
	for _, n := range f.Notes {
		fmt.Fprintf(a.stdout, "note: %s\n", n)
	}
	return nil
}

func (a *app) checkedJSON(path string, f *riskfile.File) error {
	e := json.NewEncoder(a.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	notes, pairs := f.Notes, f.Pairs
	if notes == nil {
		notes = []string{}
	}
	return e.Encode(struct {
		File     string         `json:"file"`
		Profile  string         `json:"profile"`
		Currency string         `json:"currency"`
		TimeZone string         `json:"time_zone"`
		Pairs    []string       `json:"pairs"` // null: all
		Limits   []riskfile.Row `json:"limits"`
		Notes    []string       `json:"notes"`
	}{filepath.Base(path), f.Profile, f.Currency, zoneText(f), pairs, f.Rows(), notes})
}
