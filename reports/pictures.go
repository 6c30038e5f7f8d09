package reports

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"breakwater/exchange"
)

// The colours of the pictures stand for variables of the page's style sheet, so that one
// picture is right in light, in dark and on paper: themed puts the variables in.
var (
	inkEquity = color.RGBA{1, 0, 0, 255}
	inkHold   = color.RGBA{2, 0, 0, 255}
	inkUp     = color.RGBA{3, 0, 0, 255}
	inkDown   = color.RGBA{4, 0, 0, 255}
	inkGrid   = color.RGBA{5, 0, 0, 255}
	inkText   = color.RGBA{6, 0, 0, 255}
	inkPrice  = color.RGBA{7, 0, 0, 255}
	inkDnArea = color.RGBA{9, 0, 0, 255}
	inkRange  = color.RGBA{10, 0, 0, 255}
)

var themed = strings.NewReplacer(
	"#010000", "var(--equity)", "#020000", "var(--hold)", "#030000", "var(--up)", "#040000", "var(--down)", "#050000", "var(--grid)",
	"#060000", "var(--muted)", "#070000", "var(--price)", "#090000", "var(--down-area)", "#0A0000", "var(--price-area)",
	"font-family:Liberation Sans;font-variant:normal;font-weight:normal;font-style:normal;", "",
	"\n\tstyle=", " style=",
)

// size is a picture's place: a wide one for screens and paper, a narrow one for phones,
// each drawn for itself so that its letters have the same size in both.
type size struct {
	class        string
	width, scale float64 // scale of the height
	ticks        int     // on the time axis
	points       int     // most points of a line
}

var sizes = []size{
	{class: "wide", width: 1040, scale: 1, ticks: 11, points: 1040},
	{class: "narrow", width: 400, scale: 0.82, ticks: 4, points: 400},
}

// picture draws one figure in all sizes; build fills the plot for a size.
func picture(title string, height float64, build func(*plot.Plot, size)) template.HTML {
	return pictureIn(sizes, title, height, build)
}

func pictureIn(sizes []size, title string, height float64, build func(*plot.Plot, size)) template.HTML {
	var out strings.Builder
	for _, s := range sizes {
		p := plot.New()
		style(p)
		p.X.Tick.Marker = timeTicks{s.ticks}
		build(p, s)
		c := vgsvg.New(vg.Length(s.width), vg.Length(height*s.scale))
		p.Draw(aligned(p, draw.New(c)))
		var b bytes.Buffer
		c.WriteTo(&b)
		_, body, _ := strings.Cut(b.String(), "<svg")
		_, body, _ = strings.Cut(body, ">")
		fmt.Fprintf(&out, `<svg class="static %s" viewBox="0 0 %g %g" role="img" aria-label="%s">`,
			s.class, s.width, height*s.scale, template.HTMLEscapeString(title))
		out.WriteString(themed.Replace(body))
	}
	return template.HTML(out.String())
}

// dataLeft is where all pictures' data begins, so that charts above each other share
// their time axis; room for the labels of a million.
const dataLeft = 46

// aligned is the canvas with its left side moved in until the data begins at dataLeft.
func aligned(p *plot.Plot, c draw.Canvas) draw.Canvas {
	if left := p.DataCanvas(c).Min.X; left < dataLeft {
		return draw.Crop(c, dataLeft-left, 0, 0, 0)
	}
	return c
}

// style strips a plot to thin lines and quiet labels.
func style(p *plot.Plot) {
	p.BackgroundColor = nil
	label := text.Style{Color: inkText, Font: font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, 12), Handler: plot.DefaultTextHandler}
	p.X.Tick.Label, p.Y.Tick.Label = label, label
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XCenter, draw.YTop
	p.Y.Tick.Label.XAlign, p.Y.Tick.Label.YAlign = draw.XRight, draw.YCenter
	p.X.LineStyle = draw.LineStyle{Color: inkGrid, Width: 1}
	p.Y.LineStyle.Width = 0
	p.X.Tick.LineStyle, p.Y.Tick.LineStyle.Width = p.X.LineStyle, 0
	p.X.Tick.Length, p.Y.Tick.Length = 4, 4
	p.X.Padding, p.Y.Padding = 0, 4
}

// grid draws a line at each labelled value.
func grid(p *plot.Plot) {
	g := plotter.NewGrid()
	g.Vertical.Width = 0
	g.Horizontal = draw.LineStyle{Color: inkGrid, Width: 0.75}
	p.Add(g)
}

func xs(s exchange.Stamp) float64 { return float64(s) / 1e9 }

// line adds a line. NaN ends a stretch.
func addLine(p *plot.Plot, pts plotter.XYs, c color.Color, width vg.Length) {
	for len(pts) > 0 {
		n := slices.IndexFunc(pts, func(v plotter.XY) bool { return math.IsNaN(v.Y) })
		if n < 0 {
			n = len(pts)
		}
		if n > 1 {
			p.Add(bareLine{&plotter.Line{XYs: pts[:n], LineStyle: draw.LineStyle{Color: c, Width: width}}})
		}
		pts = pts[min(n+1, len(pts)):]
	}
}

// bareLine is a line that hides how far its points reach beyond the axes: they do not,
// and asking cost a third of a picture's time and memory.
type bareLine struct{ line *plotter.Line }

// Plot implements plot.Plotter.
func (l bareLine) Plot(c draw.Canvas, p *plot.Plot) { l.line.Plot(c, p) }

func addArea(p *plot.Plot, pts plotter.XYs, c color.Color) {
	p.Add(&plotter.Polygon{XYs: []plotter.XYs{pts}, Color: c, LineStyle: draw.LineStyle{Color: c, Width: 1}})
}

// thinned keeps at most about most points: the lowest and the highest of equal stretches.
func thinned(pts plotter.XYs, most int) plotter.XYs {
	if len(pts) <= most {
		return pts
	}
	out := make(plotter.XYs, 0, most+2)
	out = append(out, pts[0])
	buckets := most / 2
	for b := range buckets {
		part := pts[b*len(pts)/buckets : (b+1)*len(pts)/buckets]
		low, high := 0, 0
		for i := range part {
			if part[i].Y < part[low].Y {
				low = i
			}
			if part[i].Y > part[high].Y {
				high = i
			}
		}
		out = append(out, part[min(low, high)], part[max(low, high)])
	}
	return append(out, pts[len(pts)-1])
}

// logScale reports whether values spread so far that a linear axis would flatten the
// small ones.
func logScale(low, high float64) bool { return low > 0 && high/low >= 8 }

// yAxis fits the vertical axis to values, with a little air.
func yAxis(p *plot.Plot, low, high float64, s size) {
	most := int(6 * s.scale)
	if logScale(low, high) {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, logTicks{most + 2, short}
		p.Y.Min, p.Y.Max = low*0.95, high*1.05
		return
	}
	air := (high - low) * 0.04
	if air == 0 {
		air = math.Max(math.Abs(high)*0.01, 1e-9)
	}
	p.Y.Min, p.Y.Max = low-air, high+air
	p.Y.Tick.Marker = valueTicks{most: most, text: short}
}

// equityPicture is equity against buy and hold.
func (r *Run) equityPicture() template.HTML {
	equity, held := make(plotter.XYs, 0, len(r.Curve)), make(plotter.XYs, 0, len(r.Curve))
	low, high := math.Inf(1), math.Inf(-1)
	for i := range r.Curve {
		c := &r.Curve[i]
		e := r.units(c.Equity)
		equity = append(equity, plotter.XY{X: xs(c.Time), Y: e})
		low, high = min(low, e), max(high, e)
		if c.Hold > 0 {
			held = append(held, plotter.XY{X: xs(c.Time), Y: c.Hold})
			low, high = min(low, c.Hold), max(high, c.Hold)
		}
	}
	return picture("Equity against buy and hold", 340, func(p *plot.Plot, s size) {
		r.timeAxis(p)
		yAxis(p, low, high, s)
		grid(p)
		addLine(p, thinned(held, s.points), inkHold, 1.25)
		addLine(p, thinned(equity, s.points), inkEquity, 1.75)
	})
}

func (r *Run) timeAxis(p *plot.Plot) { p.X.Min, p.X.Max = xs(r.Begin), xs(r.End) }

// underwaterPicture is the fall from the highest equity so far.
func (r *Run) underwaterPicture() template.HTML {
	falls := r.drawdowns()
	pts := make(plotter.XYs, len(falls))
	low := 0.0
	for i, f := range falls {
		pts[i] = plotter.XY{X: xs(r.Curve[i].Time), Y: f}
		low = min(low, f)
	}
	return picture("Underwater: fall from the highest equity so far", 190, func(p *plot.Plot, s size) {
		r.timeAxis(p)
		p.Y.Min, p.Y.Max = min(low*1.06, -1e-6), 0
		p.Y.Tick.Marker = valueTicks{most: int(4 * s.scale), text: shortPercent}
		grid(p)
		line := thinned(pts, s.points)
		area := append(plotter.XYs{{X: line[0].X}}, line...)
		addArea(p, append(area, plotter.XY{X: line[len(line)-1].X}), inkDnArea)
		addLine(p, line, inkDown, 1.25)
	})
}
