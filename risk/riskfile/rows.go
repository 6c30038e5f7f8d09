package riskfile

import (
	"fmt"
	"strings"

	"breakwater/exchange/money"
	"breakwater/risk"
)

// Row is one number in force, as a file would write it.
type Row struct {
	Control   string `json:"control"`
	Parameter string `json:"parameter,omitempty"`
	Value     string `json:"value"` // none: it does not bind
	Unit      string `json:"unit"`  // the currency; %; s, m, h, d; count; on, off
	Meaning   string `json:"meaning"`
	From      string `json:"from"` // profile NAME, or the file with the line
}

// Binds reports whether the number keeps anything out.
func (r *Row) Binds() bool { return r.Value != noneWord }

// Rows lists the numbers of limits in the order of the controls, lists of modes and steps
// at the end. from is who set them.
func Rows(l *risk.Limits, currency string, decimals uint8, from string) (rows []Row) {
	for i := range params {
		p := &params[i]
		unit := p.kind.unit(currency)
		rows = append(rows, Row{p.control.String(), p.name, p.text(p.of(l), decimals), unit, p.doc, from})
	}
	rows = append(rows, Row{risk.MessageThrottle.String(), keyTier, tierText(l.Tier), "", "points that the venue has granted", from})
	if len(l.Modes) == 0 {
		rows = append(rows, Row{risk.ModeAllocation.String(), "", noneWord, "", "what strategies of a mode may use", from})
	}
	for _, m := range l.Modes {
		rows = append(rows, Row{risk.ModeAllocation.String(), m.Name, fmt.Sprintf("%s%% of equity, %d positions, %s %s an order", money.Trim(m.SharePPM, 4), m.Count, money.Trim(int64(m.Notional), decimals), currency), "", "what strategies of the mode may use", from})
	}
	if len(l.Ramp) == 0 {
		rows = append(rows, Row{risk.RampUp.String(), "", noneWord, "", "what holds on a step", from})
	}
	for i, s := range l.Ramp {
		rows = append(rows, Row{risk.RampUp.String(), fmt.Sprintf("step %d", i+1), fmt.Sprintf("position %s, daily loss %s %s", money.Trim(int64(s.Position), decimals), money.Trim(int64(s.DailyLoss), decimals), currency), "", "what holds on this step", from})
	}
	return rows
}

// Rows lists the numbers in force with who set each.
func (f *File) Rows() []Row {
	rows := Rows(&f.Limits, f.Currency, f.Decimals, "profile "+f.Profile)
	for i := range rows {
		r := &rows[i]
		key := strings.TrimSpace(r.Control + " " + r.Parameter)
		switch r.Control {
		case risk.MessageThrottle.String():
			key = keyTier
		case risk.ModeAllocation.String():
			key = keyModes
		case risk.RampUp.String():
			key = keyRamp
		}
		if line, ok := f.lines[key]; ok {
			r.From = fmt.Sprintf("%s:%d", f.name, line)
		}
	}
	if f.Pairs != nil {
		rows = append(rows, Row{risk.OrderForm.String(), keyPairs, strings.Join(f.Pairs, ", "), "", "the only ones that may be traded", fmt.Sprintf("%s:%d", f.name, f.lines[keyPairs])})
	}
	return rows
}
