package reports

import (
	"fmt"
	"html/template"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"breakwater/exchange"
)

// markersMax is how many round trips the price chart marks: more would be a carpet.
const markersMax = 200

// marked lists round trips of the benchmark that the price chart shows, evenly chosen
// where there are more than markersMax, and how many there are.
func (r *Run) marked(most int) (trips []*RoundTrip, all int) {
	for _, t := range r.Trips.All() {
		if t.Instrument == r.Benchmark {
			all++
		}
	}
	i, every := 0, float64(all)/float64(most)
	for _, t := range r.Trips.All() {
		if t.Instrument != r.Benchmark {
			continue
		}
		if all <= most || i == int(float64(len(trips))*every) {
			trips = append(trips, t)
		}
		i++
	}
	return trips, all
}

// pricePicture is the benchmark's price with the round trips on it: a triangle up where
// one opened, down where it closed, and a line between in the colour of its outcome.
func (r *Run) pricePicture() template.HTML {
	if len(r.Prices) == 0 {
		return ""
	}
	in := &r.Catalog.Instruments[r.Benchmark]
	n := len(r.Prices)
	line := make(plotter.XYs, n)
	area := make(plotter.XYs, 2*n)
	low, high := math.Inf(1), math.Inf(-1)
	for i := range r.Prices {
		b := &r.Prices[i]
		x, l, h := xs(b.Time), in.PriceFloat(b.Low), in.PriceFloat(b.High)
		line[i] = plotter.XY{X: x, Y: in.PriceFloat(b.Close)}
		area[i], area[2*n-1-i] = plotter.XY{X: x, Y: h}, plotter.XY{X: x, Y: l}
		low, high = min(low, l), max(high, h)
	}
	return picture("Price of "+in.Symbol+" with the trades", 340, func(p *plot.Plot, s size) {
		r.timeAxis(p)
		yAxis(p, low, high, s)
		grid(p)
		addArea(p, area, inkRange)
		addLine(p, thinned(line, s.points), inkPrice, 1)
		most := markersMax
		if s.class == "narrow" {
			most /= 3
		}
		r.addTrades(p, in, most)
	})
}

func (r *Run) addTrades(p *plot.Plot, in *exchange.Instrument, most int) {
	trips, _ := r.marked(most)
	buys, sells := triangles(inkUp, true), triangles(inkDown, false)
	for _, t := range trips {
		from := plotter.XY{X: xs(t.Opened), Y: in.PriceFloat(t.Entry)}
		to := plotter.XY{X: xs(t.Closed), Y: in.PriceFloat(t.Exit)}
		ink := inkUp
		if t.PnL < 0 {
			ink = inkDown
		}
		addLine(p, plotter.XYs{from, to}, ink, 1)
		buys.XYs = append(buys.XYs, from)
		if !t.Open {
			sells.XYs = append(sells.XYs, to)
		}
	}
	p.Add(buys, sells)
}

func triangles(c color.Color, up bool) *plotter.Scatter {
	return &plotter.Scatter{GlyphStyle: draw.GlyphStyle{Color: c, Radius: 4, Shape: triangle{up}}}
}

// triangle is a filled glyph whose tip touches its point, from below where up.
type triangle struct{ up bool }

// DrawGlyph implements draw.GlyphDrawer.
func (t triangle) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	r, h := s.Radius, 1.7*s.Radius
	if t.up {
		h = -h
	}
	var path vg.Path
	path.Move(at)
	path.Line(vg.Point{X: at.X - r, Y: at.Y + h})
	path.Line(vg.Point{X: at.X + r, Y: at.Y + h})
	path.Close()
	c.SetColor(s.Color)
	c.Fill(path)
}

// Bin is a bar of the distribution of round trips: those with a return from Low up to
// but without High. The first and the last bin also take what lies beyond.
type Bin struct {
	Low, High float64
	Count     int
}

// binsMost is about how many bars the distribution has.
const binsMost = 36

// Distribution sorts the closed round trips by their return into bins of one round
// width, with a border at 0, over the mean and three standard deviations to each side.
func (r *Run) Distribution() []Bin {
	var n, sum, squares, low, high float64
	for _, t := range r.Trips.All() {
		if t.Open {
			continue
		}
		v := t.Return()
		n, sum, squares = n+1, sum+v, squares+v*v
		low, high = min(low, v), max(high, v)
	}
	if n == 0 {
		return nil
	}
	mean := sum / n
	spread := 3 * math.Sqrt(max(squares/n-mean*mean, 0))
	low, high = max(low, min(mean-spread, 0)), min(high, max(mean+spread, 0))
	step := niceStep((high - low) / binsMost)
	if high == low {
		step = 0.01
	}
	first, last := int(math.Floor(low/step)), int(math.Floor(high/step))
	bins := make([]Bin, last-first+1)
	for i := range bins {
		bins[i].Low, bins[i].High = float64(first+i)*step, float64(first+i+1)*step
	}
	for _, t := range r.Trips.All() {
		if !t.Open {
			i := int(math.Floor(t.Return()/step)) - first
			bins[min(max(i, 0), len(bins)-1)].Count++
		}
	}
	return bins
}

// distributionPicture is how many round trips made which return.
func (r *Run) distributionPicture(bins []Bin) template.HTML {
	if len(bins) == 0 {
		return ""
	}
	lost, won := &plotter.Histogram{FillColor: inkDown}, &plotter.Histogram{FillColor: inkUp}
	most := 0
	for _, b := range bins {
		gap := (b.High - b.Low) * 0.06
		bar := plotter.HistogramBin{Min: b.Low + gap, Max: b.High - gap, Weight: float64(b.Count)}
		if b.Low < 0 {
			lost.Bins = append(lost.Bins, bar)
		} else {
			won.Bins = append(won.Bins, bar)
		}
		most = max(most, b.Count)
	}
	title := fmt.Sprintf("Distribution of %d round trips by return", r.Total.Trips)
	beside := []size{sizes[0], sizes[1]}
	beside[0].width, beside[0].ticks = 640, 7 // it shares its row with a list
	return pictureIn(beside, title, 290, func(p *plot.Plot, s size) {
		p.X.Min, p.X.Max = bins[0].Low, bins[len(bins)-1].High
		p.X.Tick.Marker = valueTicks{most: s.ticks, text: shortPercent}
		p.Y.Min, p.Y.Max = 0, float64(most)*1.06
		p.Y.Tick.Marker = valueTicks{most: int(5 * s.scale), text: short, whole: true}
		p.Y.Padding = 0
		grid(p)
		for _, h := range []*plotter.Histogram{lost, won} {
			if len(h.Bins) > 0 {
				p.Add(h)
			}
		}
	})
}
