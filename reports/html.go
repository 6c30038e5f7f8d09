package reports

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
	"sync"

	"breakwater/risk"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

// HTMLOptions says how report.html is made.
type HTMLOptions struct {
	Static bool // no interactive charts even where their script is built in
}

var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Parse(pageHTML))
})

// page is what the template shows: texts, ready to read.
type page struct {
	CSS template.CSS
	JS  template.JS

	Title, Strategy, Parameters, Market, Span, Profile, Level, Currency, Benchmark string
	Synthetic, HasHold, Several, Slots, LogEquity, LogPrice                        bool

	Descriptions                                 []string
	Nav                                          []link
	Tiles                                        []tile
	Equity, Underwater, Price, Distribution      template.HTML
	Deepest, PriceNote                           string
	MonthNames                                   []string
	Months                                       []yearRow
	TripFigures, GuardFigures, Limits, Reproduce []pair
	ByInstrument                                 []instrumentRow
	BySlot                                       []instrumentRow
	TripHeads                                    []head
	TripsNote                                    string
	Trips                                        []tripRow
	Denials                                      []denialRow
	Levels                                       []levelRow
	LevelsNote                                   string
	Stops                                        []stopRow
	StrictnessHeads                              []string
	Strictness                                   [][]string
	StrictnessNote                               string
	Worst                                        []pair
	WorstNote                                    string
	Assumptions                                  []Assumption
	Notes                                        []string
	Data                                         []dataRow
	All                                          []figureRow
	FiguresNote, Command                         string
	Echarts                                      template.JS
	Options                                      []chartOption
}

type link struct{ ID, Text string }

type tile struct {
	Label, Value, Tone string
	Remarks            []string
}

type pair struct{ Label, Value, Tone, Remark string }

type head struct {
	Text, Title string
	Number      bool
}

// WriteHTML writes report.html: one file that needs nothing else, neither network nor
// JavaScript.
func WriteHTML(w io.Writer, r *Run, o HTMLOptions) error {
	p := r.page()
	if script := echartsScript(); script != "" && !o.Static {
		p.Echarts, p.Options = template.JS(script), r.chartOptions()
	}
	return pageTemplate().Execute(w, p)
}

func (r *Run) page() *page {
	m := &r.Meta
	p := &page{
		CSS: template.CSS(pageCSS), JS: template.JS(pageJS),
		Descriptions: m.slotLines(), Profile: orDash(m.Profile),
		Currency: r.Catalog.Assets[r.Currency].Name, Benchmark: r.Catalog.Instruments[r.Benchmark].Symbol,
		Synthetic: m.Synthetic, HasHold: r.HoldLast > 0, MonthNames: monthNames[:],
		Assumptions: m.Assumptions, Command: m.Command,
	}
	if p.Strategy, p.Parameters = m.title(); p.Strategy == "" {
		p.Strategy = "Backtest"
	}
	if p.Descriptions == nil && m.Title != "" {
		p.Descriptions = []string{m.Title}
	}
	var series []string
	for i := range m.Data {
		series = append(series, m.Data[i].Instrument+" "+intervalText(m.Data[i].Interval))
	}
	if len(series) == 0 {
		series = append(series, p.Benchmark)
	}
	p.Market = strings.Join(series, " · ")
	p.Title = fmt.Sprintf("%s on %s", p.Strategy, p.Market)
	if m.Synthetic {
		p.Title += " (synthetic data)"
	}
	p.Span = "No bars"
	if r.Bars > 0 {
		p.Span = fmt.Sprintf("%s to %s UTC, %s, %s", instant(r.Begin), instant(r.End), spanText(r.End.Sub(r.Begin)), plural(r.Bars, "bar"))
	}
	if r.Guard.Worst > risk.Active {
		p.Level = r.Guard.Worst.String()
	}
	p.Tiles, p.All = r.tiles(), r.figureRows()
	p.FiguresNote = fmt.Sprintf("Ratios from %s in UTC and a year of %d days, without a riskless return. The intervals are bootstrapped from this history: they tell of chance within it, not of another market.",
		plural(int64(r.Figures.Returns), "daily return"), r.YearDays)
	r.pictures(p)
	p.Months = r.yearRows()
	r.tripSection(p)
	r.guardSection(p)
	r.dataSection(p)
	p.nav()
	return p
}

func (p *page) nav() {
	for _, l := range []struct {
		link
		on bool
	}{
		{link{"figures", "Figures"}, true}, {link{"equity", "Equity"}, p.Equity != ""}, {link{"months", "Months"}, p.Months != nil},
		{link{"price", "Price"}, p.Price != ""}, {link{"trips", "Round trips"}, true}, {link{"guard", "Guard"}, true},
		{link{"assumptions", "Assumptions"}, true}, {link{"data", "Data"}, true}, {link{"all", "All figures"}, true}, {link{"again", "Run again"}, true},
	} {
		if l.on {
			p.Nav = append(p.Nav, l.link)
		}
	}
}

func (r *Run) pictures(p *page) {
	if len(r.Curve) > 2 {
		p.Equity, p.Underwater = r.equityPicture(), r.underwaterPicture()
		p.LogEquity = logScale(r.equityRange())
		if r.Deepest.Ratio > 0 {
			p.Deepest = fmt.Sprintf("Deepest %s: %s.", minus(percent(-r.Deepest.Ratio, false)), r.deepestText())
		}
	}
	if p.Price = r.pricePicture(); p.Price != "" {
		p.LogPrice = logScale(r.priceRange())
		if shown, all := r.marked(markersMax); all > len(shown) {
			p.PriceNote = fmt.Sprintf("%d of %s round trips are marked, evenly chosen.", len(shown), count(int64(all)))
		}
	}
	p.Distribution = r.distributionPicture(r.Distribution())
}

// toneClass is the style of a number that is better the larger it is.
func toneClass(v float64) string {
	switch {
	case v > 0:
		return "up"
	case v < 0:
		return "down"
	}
	return ""
}

// figureTile shows a statistic with its interval and a remark.
func figureTile(label string, f *Figure, text func(float64) string, colour bool, remarks ...string) tile {
	t := tile{Label: label}
	if !f.Has() {
		t.Value, t.Tone, t.Remarks = "N/A", "none", []string{f.NA}
		return t
	}
	t.Value = minus(text(f.Value))
	if colour {
		t.Tone = toneClass(f.Value)
	}
	if f.Interval {
		t.Remarks = append(t.Remarks, "95"+noBreak+"%: "+minus(text(f.Low))+" to "+minus(text(f.High)))
	}
	for _, s := range remarks {
		if s != "" {
			t.Remarks = append(t.Remarks, s)
		}
	}
	return t
}

func (r *Run) tiles() []tile {
	f, m := &r.Figures, r.amounts(r.Currency)
	money := func(v float64) string { return m.float(v, true) }
	hold := func(h *Figure, text func(float64) string) string {
		if !h.Has() {
			return ""
		}
		return "buy and hold " + minus(text(h.Value))
	}
	trips := tile{Label: "Round trips", Value: count(r.Total.Trips), Remarks: []string{plural(r.Total.Fills, "fill")}}
	if r.OpenTrips > 0 {
		trips.Remarks = append(trips.Remarks, fmt.Sprintf("%d still open at %s", r.OpenTrips, minus(m.signed(r.OpenNet)))+noBreak+m.name)
	}
	length := ""
	if r.Deepest.Ratio > 0 {
		length = "lasted " + spanText(r.Deepest.Length())
		if r.Deepest.Recovered == 0 {
			length += ", not recovered"
		}
	}
	return []tile{
		figureTile("Return", &f.Return, signedPercent, true, m.text(r.Cash)+" → "+m.text(r.Equity)+noBreak+m.name),
		figureTile("Buy and hold", &f.HoldReturn, signedPercent, false, "all the cash at the first price"),
		figureTile("CAGR", &f.CAGR, signedPercent, true, hold(&f.HoldCAGR, signedPercent)),
		figureTile("Max drawdown", &f.MaxDrawdown, plainPercent, false, length, hold(&f.HoldMaxDD, plainPercent)),
		figureTile("Volatility", &f.Volatility, plainPercent, false, hold(&f.HoldVol, plainPercent)),
		figureTile("Sharpe", &f.Sharpe, twoDecimals, false, hold(&f.HoldSharpe, twoDecimals)),
		figureTile("Sortino", &f.Sortino, twoDecimals, false),
		figureTile("Calmar", &f.Calmar, twoDecimals, false),
		trips,
		figureTile("Win rate", &f.WinRate, plainPercent, false, fmt.Sprintf("%s won, %s lost", count(r.Won.Count), count(r.Lost.Count))),
		figureTile("Profit factor", &f.ProfitFactor, twoDecimals, false),
		figureTile("Expectancy", &f.Expectancy, money, true, m.name+" a round trip"),
		{Label: "Exposure", Value: plainPercent(r.exposure()), Remarks: []string{"of the bars", plainPercent(r.MeanExposure) + " of equity on average"}},
		{Label: "Fees", Value: m.text(r.Total.Fees), Remarks: []string{m.name + " of " + m.text(r.Total.Volume) + " traded"}},
		figureTile("Turnover", &f.Turnover, func(v float64) string { return decimal(v, 2) + "×" }, false, "the average equity a year"),
		{Label: "Guard", Value: plural(r.Guard.Denied, "denial"), Tone: map[bool]string{true: "", false: "none"}[r.Guard.Denied > 0], Remarks: []string{r.levelsText()}},
	}
}

func (r *Run) levelsText() string {
	if r.Guard.LevelChanges == 0 {
		return "ACTIVE throughout"
	}
	return fmt.Sprintf("reached %s, ended %s", r.Guard.Worst, r.Guard.Last)
}

type figureRow struct{ Label, Value, Range, Hold string }

func (r *Run) figureRows() []figureRow {
	f, m := &r.Figures, r.amounts(r.Currency)
	money := func(v float64) string { return m.float(v, true) }
	row := func(label string, f, hold *Figure, text func(float64) string) figureRow {
		out := figureRow{Label: label, Range: "–", Hold: "–"}
		out.Value = "N/A: " + f.NA
		if f.Has() {
			out.Value = minus(text(f.Value))
		}
		if f.Interval {
			out.Range = minus(text(f.Low)) + " to " + minus(text(f.High))
		} else if f.NoRange != "" {
			out.Range = "N/A: " + f.NoRange
		}
		if hold != nil && hold.Has() {
			out.Hold = minus(text(hold.Value))
		}
		return out
	}
	return []figureRow{
		row("Return", &f.Return, &f.HoldReturn, signedPercent),
		row("CAGR", &f.CAGR, &f.HoldCAGR, signedPercent),
		row("Volatility, a year", &f.Volatility, &f.HoldVol, plainPercent),
		row("Sharpe", &f.Sharpe, &f.HoldSharpe, twoDecimals),
		row("Sortino", &f.Sortino, &f.HoldSortino, twoDecimals),
		row("Calmar", &f.Calmar, &f.HoldCalmar, twoDecimals),
		row("Max drawdown", &f.MaxDrawdown, &f.HoldMaxDD, plainPercent),
		row("Alpha against buy and hold, a year", &f.Alpha, nil, signedPercent),
		row("Beta against buy and hold", &f.Beta, nil, twoDecimals),
		row("Win rate", &f.WinRate, nil, plainPercent),
		row("Profit factor", &f.ProfitFactor, nil, twoDecimals),
		row("Expectancy, "+m.name+" a round trip", &f.Expectancy, nil, money),
		row("Mean return of a round trip", &f.AverageTrip, nil, signedPercent),
		row("Best round trip", &f.BestTrip, nil, signedPercent),
		row("Worst round trip", &f.WorstTrip, nil, signedPercent),
		row("Mean time held", &f.AverageDays, nil, days),
		row("Longest time held", &f.LongestDays, nil, days),
		row("System quality number", &f.SQN, nil, twoDecimals),
		row("Kelly share", &f.Kelly, nil, plainPercent),
		row("Turnover, average equities a year", &f.Turnover, nil, twoDecimals),
	}
}

var monthNames = [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

type yearRow struct {
	Year   int
	Months [12]cell
	Total  cell
}

type cell struct{ Text, Class string }

// yearRows is the heat map of monthly returns, the latest year first.
func (r *Run) yearRows() []yearRow {
	var out []yearRow
	for i := len(r.Figures.Years) - 1; i >= 0; i-- {
		y := &r.Figures.Years[i]
		row := yearRow{Year: y.Year, Total: cell{heatText(y.Return), toneClass(y.Return)}}
		for _, m := range r.Figures.Months {
			if m.Year == y.Year {
				row.Months[m.Month-1] = cell{heatText(m.Return), heatClass(m.Return)}
			}
		}
		out = append(out, row)
	}
	return out
}

func heatText(v float64) string {
	decimals := 1
	if math.Abs(v) >= 9.9995 {
		decimals = 0
	}
	return minus(decimal(v*100, decimals))
}

// heatClass is the depth of colour of a month: four steps at 1, 4 and 10 %.
func heatClass(v float64) string {
	side := "u"
	if v < 0 {
		side = "d"
	}
	switch a := math.Abs(v); {
	case a < 0.0005:
		return ""
	case a < 0.01:
		return side + "1"
	case a < 0.04:
		return side + "2"
	case a < 0.10:
		return side + "3"
	}
	return side + "4"
}

func (r *Run) equityRange() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for i := range r.Curve {
		c := &r.Curve[i]
		e := r.units(c.Equity)
		low, high = min(low, e), max(high, e)
		if c.Hold > 0 {
			low, high = min(low, c.Hold), max(high, c.Hold)
		}
	}
	return low, high
}

func (r *Run) priceRange() (low, high float64) {
	in := &r.Catalog.Instruments[r.Benchmark]
	low, high = math.Inf(1), math.Inf(-1)
	for i := range r.Prices {
		low, high = min(low, in.PriceFloat(r.Prices[i].Low)), max(high, in.PriceFloat(r.Prices[i].High))
	}
	return low, high
}
