package riskfile

import (
	"fmt"
	"io"
	"strings"

	"breakwater/exchange/money"
	"breakwater/risk"
)

// Write writes a complete risk.yaml of a profile with a comment on every number; reading
// it back gives the profile's limits. ok is false for a name that is no profile.
func Write(w io.Writer, profile, currency string, decimals uint8) (ok bool, err error) {
	l, ok := risk.Profile(profile, unit(decimals))
	if !ok {
		return false, nil
	}
	_, err = io.WriteString(w, fileText(profile, &l, currency, decimals))
	return true, err
}

// fileText is a complete file of limits that narrow a profile.
func fileText(profile string, l *risk.Limits, currency string, decimals uint8) string {
	b := &strings.Builder{}
	fmt.Fprintf(b, "# The limits of profile %s. Keep the lines that you make stricter and delete the rest:\n", profile)
	fmt.Fprintf(b, "# what a file leaves out is as in its profile, and nothing can be looser than there.\n")
	fmt.Fprintf(b, "#\n#   breakwater risk check risk.yaml              shows what is in force\n")
	fmt.Fprintf(b, "#   breakwater backtest --risk risk.yaml ...     runs under it\n\n")
	fmt.Fprintf(b, "profile: %s\ncurrency: %s%s# of all amounts here\ntime-zone: UTC%s# of the trading day, like America/Toronto\n",
		profile, currency, strings.Repeat(" ", max(2, 22-len(currency))), strings.Repeat(" ", 18))
	fmt.Fprintf(b, "tier: %-24s  # what the venue has granted: starter, intermediate, pro\n", tierText(l.Tier))
	b.WriteString("# pairs: [XBT/CAD, ETH/CAD]     # the only ones that may be traded\n")
	for c := range params {
		p := &params[c]
		if c == 0 || params[c-1].control != p.control {
			b.WriteString("\n")
			comment(b, risk.Declarations[p.control].Rule)
			if p.name != "" {
				fmt.Fprintf(b, "%s:\n", p.control)
			}
		}
		line := p.control.String()
		if p.name != "" {
			line = "  " + p.name
		}
		line += ": " + p.text(p.of(l), decimals)
		fmt.Fprintf(b, "%-30s  # %s\n", line, p.remark(currency))
	}
	writeModes(b, l, decimals, currency)
	writeRamp(b, l, decimals, currency)
	return b.String()
}

// remark is a parameter's meaning with its unit.
func (p *param) remark(currency string) string {
	if p.kind == amount {
		return "in " + currency + ": " + p.doc
	}
	return p.doc
}

// comment writes a text in lines of at most 90 columns behind #.
func comment(b *strings.Builder, text string) {
	n := 0
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
			b.WriteString("# ")
		case n+1+len(word) > 88:
			b.WriteString("\n# ")
			n = 0
		default:
			b.WriteByte(' ')
			n++
		}
		b.WriteString(word)
		n += len(word)
	}
	b.WriteByte('\n')
}

func writeModes(b *strings.Builder, l *risk.Limits, decimals uint8, currency string) {
	b.WriteByte('\n')
	comment(b, risk.Declarations[risk.ModeAllocation].Rule)
	comment(b, "share: of equity; positions: how many; order: largest one in "+currency)
	if len(l.Modes) == 0 {
		b.WriteString("# modes:\n#   swing: {share: 25%, positions: 3, order: 500}\n")
		return
	}
	b.WriteString("modes:\n")
	for _, m := range l.Modes {
		fmt.Fprintf(b, "  %s: {share: %s%%, positions: %d, order: %s}\n", m.Name, money.Trim(m.SharePPM, 4), m.Count, money.Trim(int64(m.Notional), decimals))
	}
}

func writeRamp(b *strings.Builder, l *risk.Limits, decimals uint8, currency string) {
	b.WriteByte('\n')
	comment(b, risk.Declarations[risk.RampUp].Rule)
	comment(b, "position: in a pair; daily-loss: of a trading day; both in "+currency)
	if len(l.Ramp) == 0 {
		b.WriteString("# ramp:\n#   - {position: 50, daily-loss: 20}\n#   - {position: 200, daily-loss: 100}\n")
		return
	}
	b.WriteString("ramp:\n")
	for _, s := range l.Ramp {
		fmt.Fprintf(b, "  - {position: %s, daily-loss: %s}\n", money.Trim(int64(s.Position), decimals), money.Trim(int64(s.DailyLoss), decimals))
	}
}

// WriteKeys writes the table of all keys as Markdown: docs/limits.md holds it.
func WriteKeys(w io.Writer) error {
	b := &strings.Builder{}
	live := risk.Live(unit(0))
	b.WriteString("| key | part | unit | meaning | live | stricter | a plain 0 |\n|---|---|---|---|---|---|---|\n")
	for i := range params {
		p := &params[i]
		part, zero, stricter := "–", p.zero, "less"
		if p.name != "" {
			part = "`" + p.name + "`"
		}
		if zero == "" {
			zero = "a value like others"
		}
		switch {
		case p.fact:
			stricter = "neither"
		case p.kind == toggle:
			stricter, zero = map[bool]string{true: "on", false: "off"}[p.least], "–"
		case p.least || p.kind == reserve:
			stricter = "more"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", p.control, part, p.kind.unit("amount"), p.doc, p.text(p.of(&live), 0), stricter, zero)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
