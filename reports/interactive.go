package reports

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"

	"breakwater/exchange"
)

//go:embed all:assets
var assets embed.FS

// echartsScript is the script of the interactive charts, where it was built in.
func echartsScript() string {
	b, err := assets.ReadFile("assets/echarts.min.js")
	if err != nil {
		return "" // a build without it: the pictures stand for themselves
	}
	return string(b)
}

// chartOption is what makes one picture interactive: pure data, no script, so that the
// page's own script can start it, in the colours of the moment.
type chartOption struct {
	Name string
	JSON template.JS
}

// chartOptions are the charts that take the pictures' places, by go-echarts. Colours are
// names of the style sheet's variables; the page's script puts their values in.
func (r *Run) chartOptions() []chartOption {
	var out []chartOption
	add := func(name string, c interface {
		Validate()
		JSON() map[string]any
	}) {
		c.Validate()
		var b bytes.Buffer
		if err := json.NewEncoder(&b).Encode(c.JSON()); err != nil { // escapes <, > and &
			panic(fmt.Sprintf("BUG: chart %s: %v", name, err))
		}
		out = append(out, chartOption{name, template.JS(b.String())})
	}
	if len(r.Curve) > 2 {
		add("equity", r.equityChart())
		add("underwater", r.underwaterChart())
	}
	if len(r.Prices) > 0 {
		add("price", r.priceChart())
	}
	if bins := r.Distribution(); len(bins) > 0 {
		add("distribution", r.distributionChart(bins))
	}
	return out
}

// globals is what all charts share.
func globals(left string, x opts.XAxis, y opts.YAxis, trigger string) []charts.GlobalOpts {
	quiet := &opts.LineStyle{Color: "var(--grid)"}
	label := &opts.AxisLabel{Color: "var(--muted)", Formatter: x.AxisLabel.Formatter, HideOverlap: opts.Bool(true)}
	x.AxisLabel, x.AxisLine, x.AxisTick = label, &opts.AxisLine{LineStyle: quiet}, &opts.AxisTick{LineStyle: quiet}
	x.SplitLine = &opts.SplitLine{Show: opts.Bool(false)}
	y.AxisLabel.Color, y.AxisLabel.Show = "var(--muted)", opts.Bool(true)
	y.SplitLine = &opts.SplitLine{Show: opts.Bool(true), LineStyle: quiet}
	return []charts.GlobalOpts{
		charts.WithXAxisOpts(x), charts.WithYAxisOpts(y),
		charts.WithGridOpts(opts.Grid{Left: left, Right: "16", Top: "12", Bottom: "28"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{
			Show: opts.Bool(true), Trigger: trigger, BackgroundColor: "var(--card)", BorderColor: "var(--line)",
			AxisPointer: &opts.AxisPointer{Type: "cross", Label: &opts.Label{BackgroundColor: "var(--muted)"}},
		}),
		charts.WithAnimation(false),
	}
}

func timeX() opts.XAxis { return opts.XAxis{Type: "time", AxisLabel: &opts.AxisLabel{}} }

func valueY(low, high float64) opts.YAxis {
	y := opts.YAxis{Type: "value", Scale: opts.Bool(true), AxisLabel: &opts.AxisLabel{}}
	if logScale(low, high) {
		y.Type, y.Min, y.Max = "log", rounded(low*0.9, 8), rounded(high*1.1, 8)
		y.AxisLabel.ShowMinLabel, y.AxisLabel.ShowMaxLabel = opts.Bool(false), opts.Bool(false) // no round numbers
	}
	return y
}

// chartLeft is the room for the labels of the equity and of the price, the same for all
// charts over time, so that their axes stand above each other.
func (r *Run) chartLeft() string {
	_, equity := r.equityRange()
	_, price := r.priceRange()
	widest := max(len("-100 %"), len(decimal(equity*1.2, 0)), len(decimal(price*1.2, 0)))
	if price < 10 {
		widest = max(widest, len("0.000012"))
	}
	return strconv.Itoa(14 + 7*widest)
}

// zoom lets wheel and drag zoom into time.
func zoom() charts.GlobalOpts { return charts.WithDataZoomOpts(opts.DataZoom{Type: "inside"}) }

func ms(s exchange.Stamp) int64 { return int64(s) / 1e6 }

func rounded(v float64, decimals int) float64 {
	p := math.Pow(10, float64(decimals))
	return math.Round(v*p) / p
}

func lineOf(c string, width float32) []charts.SeriesOpts {
	return []charts.SeriesOpts{
		charts.WithLineStyleOpts(opts.LineStyle{Color: c, Width: width}), charts.WithItemStyleOpts(opts.ItemStyle{Color: c}),
		charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false)}),
	}
}

func (r *Run) equityChart() *charts.Line {
	m := r.amounts(r.Currency)
	shown := int(m.shown)
	if low, high := r.equityRange(); logScale(low, high) {
		shown = int(m.decimals) // cents of an account that is nearly lost are steps, and then 0
	}
	var equity, held []opts.LineData
	for i := range r.Curve {
		p := &r.Curve[i]
		equity = append(equity, opts.LineData{Value: []any{ms(p.Time), rounded(r.units(p.Equity), shown)}})
		if p.Hold > 0 {
			held = append(held, opts.LineData{Value: []any{ms(p.Time), rounded(p.Hold, shown)}})
		}
	}
	c := charts.NewLine()
	c.SetGlobalOptions(append(globals(r.chartLeft(), timeX(), valueY(r.equityRange()), "axis"), zoom())...)
	if len(held) > 0 {
		c.AddSeries("buy and hold", held, lineOf("var(--hold)", 1.25)...)
	}
	c.AddSeries("equity", equity, lineOf("var(--equity)", 1.75)...)
	return c
}

func (r *Run) underwaterChart() *charts.Line {
	data := make([]opts.LineData, len(r.Curve))
	y := opts.YAxis{Type: "value", Max: 0, SplitNumber: 3, AxisLabel: &opts.AxisLabel{Formatter: types.FuncStr("{value} %")}}
	for i, f := range r.drawdowns() {
		data[i].Value = []any{ms(r.Curve[i].Time), rounded(f*100, 2)}
		if f < -0.9 {
			y.Min, y.SplitNumber = -100, 2 // nobody loses more
		}
	}
	c := charts.NewLine()
	c.SetGlobalOptions(append(globals(r.chartLeft(), timeX(), y, "axis"), zoom())...)
	c.AddSeries("underwater, %", data, append(lineOf("var(--down)", 1.25),
		charts.WithAreaStyleOpts(opts.AreaStyle{Color: "var(--down-area)", Opacity: opts.Float(1)}))...)
	return c
}

func (r *Run) priceChart() *charts.Kline {
	in := &r.Catalog.Instruments[r.Benchmark]
	bars := make([]opts.KlineData, len(r.Prices))
	for i := range r.Prices {
		b := &r.Prices[i]
		bars[i].Value = []any{ms(b.Time), in.PriceFloat(b.Open), in.PriceFloat(b.Close), in.PriceFloat(b.Low), in.PriceFloat(b.High)}
	}
	c := charts.NewKLine()
	c.SetGlobalOptions(append(globals(r.chartLeft(), timeX(), valueY(r.priceRange()), "item"), zoom())...)
	c.AddSeries(in.Symbol, bars, charts.WithItemStyleOpts(opts.ItemStyle{
		Color: "var(--card)", Color0: "var(--price)", BorderColor: "var(--price)", BorderColor0: "var(--price)",
	}))
	trips, _ := r.marked(5 * markersMax)
	var opened, closed []opts.ScatterData
	links := charts.NewLine()
	links.SetGlobalOptions(charts.WithAnimation(false))
	var profit, loss []opts.LineData
	gap := opts.LineData{Value: []any{nil, nil}}
	for _, t := range trips {
		from, to := []any{ms(t.Opened), in.PriceFloat(t.Entry)}, []any{ms(t.Closed), in.PriceFloat(t.Exit)}
		opened = append(opened, opts.ScatterData{Value: from})
		if !t.Open {
			closed = append(closed, opts.ScatterData{Value: to})
		}
		if t.PnL < 0 {
			loss = append(loss, opts.LineData{Value: from}, opts.LineData{Value: to}, gap)
		} else {
			profit = append(profit, opts.LineData{Value: from}, opts.LineData{Value: to}, gap)
		}
	}
	links.AddSeries("profit", profit, lineOf("var(--up)", 1)...)
	links.AddSeries("loss", loss, lineOf("var(--down)", 1)...)
	marks := charts.NewScatter()
	marks.AddSeries("opened", opened, marker("var(--up)", "triangle")...)
	marks.AddSeries("closed", closed, marker("var(--down)", "path://M0,0L10,0L5,9Z")...)
	c.Overlap(links, marks)
	return c
}

func marker(c, symbol string) []charts.SeriesOpts {
	return []charts.SeriesOpts{
		charts.WithScatterChartOpts(opts.ScatterChart{Symbol: symbol, SymbolSize: 7}),
		charts.WithItemStyleOpts(opts.ItemStyle{Color: c}),
	}
}

func (r *Run) distributionChart(bins []Bin) *charts.Bar {
	data, names := make([]opts.BarData, len(bins)), make([]string, len(bins))
	for i, b := range bins {
		colour := "var(--up)"
		if b.Low < 0 {
			colour = "var(--down)"
		}
		step := b.High - b.Low
		data[i] = opts.BarData{Value: b.Count, ItemStyle: &opts.ItemStyle{Color: colour}}
		names[i] = strings.TrimSuffix(shortPercent(b.Low, step), noBreak+"%") + " to " + shortPercent(b.High, step)
	}
	c := charts.NewBar()
	x := opts.XAxis{Type: "category", AxisLabel: &opts.AxisLabel{}}
	c.SetGlobalOptions(globals("48", x, opts.YAxis{Type: "value", AxisLabel: &opts.AxisLabel{}}, "axis")...)
	c.SetXAxis(names).AddSeries("round trips", data)
	return c
}
