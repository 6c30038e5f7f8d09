package reports

import (
	"fmt"
	"strings"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func (a amounts) units(v money.Amount) float64 { return money.Float(int64(v), a.decimals) }

// figure is a line whose value is a statistic.
func figure(label string, f *Figure, text func(float64) string, remark string) line {
	if !f.Has() {
		return line{label: label, value: "N/A", remark: f.NA}
	}
	l := line{label: label, value: text(f.Value), remark: remark}
	switch {
	case f.Interval:
		l.remark = strings.TrimSuffix("95"+noBreak+"% interval "+text(f.Low)+" to "+text(f.High)+"; "+remark, "; ")
	case f.NoRange != "":
		l.remark = strings.TrimSuffix("no interval: "+f.NoRange+"; "+remark, "; ")
	}
	return l
}

func tone(f *Figure) int {
	switch {
	case !f.Has() || f.Value == 0:
		return 0
	case f.Value > 0:
		return 1
	}
	return -1
}

func signedPercent(v float64) string { return percent(v, true) }
func plainPercent(v float64) string  { return percent(v, false) }
func twoDecimals(v float64) string   { return decimal(v, 2) }

func (r *Run) resultLines() []line {
	f, m := &r.Figures, r.amounts(r.Currency)
	ret := figure("Return", &f.Return, signedPercent, fmt.Sprintf("%s → %s %s", m.text(r.Cash), m.text(r.Equity), m.name))
	ret.tone = tone(&f.Return)
	held := ""
	if f.HoldMaxDD.Has() && f.HoldSharpe.Has() {
		held = fmt.Sprintf("max drawdown %s, Sharpe %s", plainPercent(f.HoldMaxDD.Value), twoDecimals(f.HoldSharpe.Value))
	} else if f.HoldMaxDD.Has() {
		held = "max drawdown " + plainPercent(f.HoldMaxDD.Value)
	}
	return []line{
		ret,
		figure("Buy and hold", &f.HoldReturn, signedPercent, held),
		figure("CAGR", &f.CAGR, signedPercent, ""),
		figure("Volatility", &f.Volatility, plainPercent, fmt.Sprintf("a year of %d days, from %s", r.YearDays, plural(int64(f.Returns), "daily return"))),
		figure("Sharpe", &f.Sharpe, twoDecimals, ""),
		figure("Sortino", &f.Sortino, twoDecimals, ""),
		figure("Calmar", &f.Calmar, twoDecimals, ""),
		figure("Max drawdown", &f.MaxDrawdown, plainPercent, r.deepestText()),
		{label: "Exposure", value: plainPercent(r.exposure()), remark: fmt.Sprintf("of the bars; %s of equity on average", plainPercent(r.MeanExposure))},
	}
}

// mean is rounded to the asset's last decimal; 0 for none.
func (o Outcomes) mean() money.Amount {
	if o.Count == 0 {
		return 0
	}
	return money.Amount(money.Div(int64(o.Net), o.Count, money.Half))
}

// exposure is the share of bars at whose end coins were held.
func (r *Run) exposure() float64 {
	if r.Bars == 0 {
		return 0
	}
	return float64(r.ExposedBars) / float64(r.Bars)
}

// deepestText tells the deepest drawdown's length and dates.
func (r *Run) deepestText() string {
	d := &r.Deepest
	if d.Ratio == 0 {
		return ""
	}
	text := fmt.Sprintf("%s: from %s over %s ", spanText(d.Length()), instant(d.Peak.Time), instant(d.Trough.Time))
	if d.Recovered != 0 {
		text += "to " + instant(d.Recovered)
	} else {
		text += "to the end, not recovered"
	}
	if r.Longest.Peak.Time != d.Peak.Time {
		text += "; the longest took " + spanText(r.Longest.Length())
	}
	return text
}

func (r *Run) tripLines() []line {
	f, m := &r.Figures, r.amounts(r.Currency)
	open := ""
	if r.OpenTrips > 0 {
		open = fmt.Sprintf("%d still open, at the last price %s %s", r.OpenTrips, m.signed(r.OpenNet), m.name)
	}
	money := func(v float64) string { return m.float(v, true) }
	average := ""
	if r.Won.Count > 0 && r.Lost.Count > 0 {
		average = fmt.Sprintf("average win %s, loss %s %s", m.signed(r.Won.mean()), m.signed(r.Lost.mean()), m.name)
	}
	best := "in " + m.name + " a round trip"
	if f.BestTrip.Has() {
		best += fmt.Sprintf("; best %s, worst %s", signedPercent(f.BestTrip.Value), signedPercent(f.WorstTrip.Value))
	}
	expectancy := figure("Expectancy", &f.Expectancy, money, best)
	expectancy.tone = tone(&f.Expectancy)
	t := &r.Total
	makers := ""
	if t.Fills > 0 {
		makers = fmt.Sprintf("%s on %s, %s maker", m.name, plural(t.Fills, "fill"), plainPercent(float64(t.Makers)/float64(t.Fills)))
	}
	return []line{
		{label: "Round trips", value: count(t.Trips), remark: open},
		figure("Win rate", &f.WinRate, plainPercent, fmt.Sprintf("%s won, %s lost", count(r.Won.Count), count(r.Lost.Count))),
		figure("Profit factor", &f.ProfitFactor, twoDecimals, average),
		expectancy,
		{label: "Fees", value: m.text(t.Fees), remark: makers},
		figure("Turnover", &f.Turnover, func(v float64) string { return decimal(v, 2) + "×" }, fmt.Sprintf("the average equity a year; %s %s traded", m.text(t.Volume), m.name)),
	}
}

func (r *Run) runLines() []line {
	g := r.Meta.gaps()
	missing := ""
	if g.Missing > 0 {
		missing = fmt.Sprintf("%s without a bar, longest %s; %s", plural(g.Missing, "interval"), spanText(g.Longest), r.Meta.filledIn())
	}
	guard, why := "no denials", ""
	if r.Guard.Denied > 0 {
		guard = plural(r.Guard.Denied, "denial")
		var parts []string
		for i := range r.Guard.Denials {
			d := &r.Guard.Denials[i]
			parts = append(parts, fmt.Sprintf("%s %s", d.Control, count(d.Count)))
		}
		why = ": " + strings.Join(parts, ", ")
	}
	levels := "; ACTIVE throughout"
	if r.Guard.LevelChanges > 0 {
		levels = fmt.Sprintf("; reached %s, ended %s", r.Guard.Worst, r.Guard.Last)
	}
	lines := []line{
		{label: "Gaps", value: strings.TrimSuffix(plural(g.Places, "place")+": "+missing, ": "), wide: true},
		{label: "Guard", value: guard + why + levels, wide: true},
	}
	if n := r.Orders.Rejected; n > 0 {
		lines = append(lines, line{label: "Rejected", value: fmt.Sprintf("%s by the venue: %s", plural(n, "order"), codesText(r.Orders.RejectedBy)), wide: true})
	}
	var cut []CodeCount
	ended := int64(0)
	for _, c := range r.Orders.CancelledBy {
		if c.Code != exchange.CodeUserRequested {
			cut, ended = append(cut, c), ended+c.Count
		}
	}
	if ended > 0 {
		lines = append(lines, line{label: "Cancelled", value: fmt.Sprintf("%s by the venue: %s", plural(ended, "order"), codesText(cut)), wide: true})
	}
	if r.Meta.Rules != "" {
		lines = append(lines, line{label: "Rules", value: r.Meta.Rules, wide: true})
	}
	for _, n := range r.Notes {
		text := n.Text
		if n.Count > 1 {
			text += " (" + count(n.Count) + " times)"
		}
		lines = append(lines, line{label: "Note", value: text, wide: true})
		if len(lines) > 8 {
			break
		}
	}
	if r.Meta.Digest != "" {
		lines = append(lines, line{label: "Digest", value: r.Meta.Digest, wide: true})
	}
	return lines
}

// filledIn tells what became of intervals without a bar.
func (m *Meta) filledIn() string {
	for i := range m.Data {
		if m.Data[i].Empty == "flat" {
			return "flat bars stand in (--empty flat)"
		}
	}
	return "nothing was filled in"
}

func codesText(codes []CodeCount) string {
	var parts []string
	for _, c := range codes {
		text := c.Code.String()
		if c.Code == exchange.CodeNone {
			text = "no reason given"
		}
		parts = append(parts, fmt.Sprintf("%s %s", text, count(c.Count)))
	}
	return strings.Join(parts, ", ")
}
