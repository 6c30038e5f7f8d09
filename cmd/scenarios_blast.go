package cmd

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"breakwater/data"
	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/risk/riskfile"
	"breakwater/scenarios"
)

func (a *app) scenariosBlastCommand() *cobra.Command {
	file, profile, currency, cash := "", "live", "CAD", "1000"
	var names []string
	asJSON := false
	c := &cobra.Command{
		Use: "blast-radius", Short: "Measure the largest loss that limits let through, and what each control holds back", Args: noWords,
		Long: `Blast-radius puts adversaries in the strategy's place, which know the limits and want to lose:
greedy, random, and the runaways. It runs them on the worst days, with every control and
without each in turn, and prints the largest losses beside the bound that the limits give.`,
		Example: "  breakwater scenarios blast-radius --risk risk.yaml --cash 1000",
		RunE: func(c *cobra.Command, _ []string) error {
			if v, err := money.Parse(cash, 2); err != nil || v <= 0 || v > 1e14 {
				return usagef("--cash %q is no amount; write it like 1000", cash)
			}
			var l risk.Limits
			if file != "" {
				if c.Flags().Changed("profile") {
					return usagef("--profile and --risk do not go together; the file names its own profile")
				}
				text, err := os.ReadFile(file)
				if err != nil {
					return usagef("--risk %s: no such file, or it cannot be read; check the path", file)
				}
				f, err := riskfile.Read(filepath.Base(file), text, riskfile.Account{Decimals: data.AssetDecimals})
				if err != nil {
					return wrong(err)
				}
				l, currency = f.Limits, f.Currency
			} else {
				unit := money.Amount(money.Pow10[data.AssetDecimals(currency)])
				known := false
				if l, known = risk.Profile(profile, unit); !known {
					return usagef("there is no profile %q; there are %s", profile, strings.Join(risk.Profiles(), ", "))
				}
			}
			without := risk.All()
			if len(names) > 0 {
				without = nil
			}
			for _, name := range names {
				c, ok := risk.ParseControl(name)
				if !ok {
					return usagef("there is no control %q; \"breakwater risk explain\" lists them", name)
				}
				without = append(without, c)
			}
			tell, done := a.progress(&settings{json: asJSON}, "days")
			b, err := scenarios.BlastRadius(l, currency, cash, without, tell)
			done()
			if err != nil {
				return wrong(err)
			}
			if asJSON {
				err = writeJSON(a.stdout, b)
			} else {
				err = b.Write(a.stdout)
			}
			if err == nil && !b.Held() {
				return errNotHeld
			}
			return err
		},
	}
	c.Flags().StringVar(&file, "risk", "", "limits from a `FILE`")
	c.Flags().StringVar(&profile, "profile", profile, "or those of a profile `NAME`")
	c.Flags().StringVar(&cash, "cash", cash, "`AMOUNT` that the account has, in its currency")
	c.Flags().StringSliceVar(&names, "control", nil, "take out only these `CONTROLS`; without it each in turn")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON for programs")
	return c
}
