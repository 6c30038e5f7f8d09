package scenarios

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/risk"
	"breakwater/sim/world"
)

// The picture of a run, in the units of its view box.
const (
	pictureWidth  = 960
	pictureLeft   = 132.0
	pictureRight  = 948.0
	equityTop     = 12.0
	equityBottom  = 128.0
	levelTop      = 140.0
	laneHeight    = 16.0
	apart         = 3.0 // of two marks of one kind in a lane; nearer ones cannot be told apart
	mostFaultBars = 60
)

// picture draws a scenario's timeline: what the account was worth with the control and
// without, the strictest level, faults, and orders.
type picture struct {
	b          strings.Builder
	start, end exchange.Stamp
}

func (o *Outcome) picture() template.HTML {
	p := &picture{start: o.Run.Start, end: o.Run.End}
	lanes := o.Scenario.faultLanes()
	rows := 1 + len(lanes) + 1
	if o.Ablated != nil {
		rows += 2
	}
	height := levelTop + float64(rows)*(laneHeight+6) + 26
	fmt.Fprintf(&p.b, `<svg viewBox="0 0 %d %.0f" role="img" aria-label="timeline of %s">`, pictureWidth, height, template.HTMLEscapeString(o.Scenario.Name))
	p.equity(o)
	y := levelTop
	y = p.levels("level", o.Run, y)
	y = p.orders("orders", o.Run, y)
	if o.Ablated != nil {
		name := "without it"
		y = p.levels(name, o.Ablated, y)
		y = p.orders("orders", o.Ablated, y)
	}
	for _, places := range lanes {
		y = p.lane(o.Scenario.cfg.Plan.Rules[places[0]].Do.String(), y)
		for _, place := range places {
			p.fault(o, place, y-laneHeight-6)
		}
	}
	p.axis(y)
	p.b.WriteString("</svg>")
	return template.HTML(p.b.String())
}

// x is where an instant lies.
func (p *picture) x(t exchange.Stamp) float64 {
	share := float64(t-p.start) / math.Max(float64(p.end-p.start), 1)
	return pictureLeft + math.Min(math.Max(share, 0), 1)*(pictureRight-pictureLeft)
}

// equity draws both curves on one scale.
func (p *picture) equity(o *Outcome) {
	low, high := math.Inf(1), math.Inf(-1)
	runs := []*world.Result{o.Run}
	if o.Ablated != nil {
		runs = append(runs, o.Ablated)
	}
	for _, r := range runs {
		for _, c := range r.Curve {
			low, high = math.Min(low, float64(c.Equity)), math.Max(high, float64(c.Equity))
		}
	}
	if high <= low {
		low, high = low-1, high+1
	}
	y := func(v float64) float64 { return equityBottom - (v-low)/(high-low)*(equityBottom-equityTop) }
	scale := math.Pow10(int(o.Scenario.cfg.Catalog.Assets[o.Scenario.cfg.Currency].Decimals))
	for _, v := range []float64{low, high} {
		fmt.Fprintf(&p.b, `<line class="grid" x1="%.0f" x2="%.0f" y1="%.1f" y2="%.1f"/><text class="tick" x="%.0f" y="%.1f">%.2f</text>`,
			pictureLeft, pictureRight, y(v), y(v), pictureLeft-6, y(v)+4, v/scale)
	}
	for i := len(runs) - 1; i >= 0; i-- {
		class := [...]string{"with", "without"}[i]
		fmt.Fprintf(&p.b, `<polyline class="curve %s" points="`, class)
		p.curve(runs[i].Curve, y)
		p.b.WriteString(`"/>`)
	}
}

// column is how wide the part of a curve is of which only the first, the lowest, the highest and the
// last point are drawn: more cannot be seen.
const column = 2.0

// curve writes a curve's points, as stairs where it is flat.
func (p *picture) curve(points []world.Worth, y func(float64) float64) {
	drawn := [2]float64{-1, -1}
	to := func(x, y float64) {
		if at := [2]float64{math.Round(10*x) / 10, math.Round(10*y) / 10}; at != drawn {
			drawn = at
			fmt.Fprintf(&p.b, "%g,%g ", at[0], at[1])
		}
	}
	for i := 0; i < len(points); {
		x, first := p.x(points[i].At), y(float64(points[i].Equity))
		low, high, last := first, first, first
		j := i
		for ; j < len(points) && p.x(points[j].At) < x+column; j++ {
			last = y(float64(points[j].Equity))
			low, high = math.Min(low, last), math.Max(high, last)
		}
		if i > 0 && drawn[1] != math.Round(10*first)/10 {
			to(x, drawn[1])
		}
		to(x, first)
		if high > low {
			to(x+column/2, low)
			to(x+column/2, high)
		}
		if j == len(points) || y(float64(points[j].Equity)) != last {
			to(p.x(points[j-1].At), last)
		}
		i = j
	}
	if n := len(points); n > 0 {
		to(p.x(points[n-1].At), y(float64(points[n-1].Equity)))
	}
}

// faultLanes are the faults by what they do, in the order of the plan.
func (s *Scenario) faultLanes() (lanes [][]int) {
	rules := s.cfg.Plan.Rules
next:
	for i := range rules {
		for k := range lanes {
			if rules[lanes[k][0]].Do == rules[i].Do {
				lanes[k] = append(lanes[k], i)
				continue next
			}
		}
		lanes = append(lanes, []int{i})
	}
	return lanes
}

// lane begins a lane of faults.
func (p *picture) lane(name string, y float64) float64 {
	p.label(name, y)
	middle := y + laneHeight/2
	fmt.Fprintf(&p.b, `<line class="grid" x1="%.0f" x2="%.0f" y1="%.1f" y2="%.1f"/>`, pictureLeft, pictureRight, middle, middle)
	return y + laneHeight + 6
}

func (p *picture) label(name string, y float64) {
	fmt.Fprintf(&p.b, `<text class="tick" x="%.0f" y="%.1f">%s</text>`, pictureLeft-6, y+laneHeight-4, template.HTMLEscapeString(name))
}

// levels draws the strictest level of any scope over time.
func (p *picture) levels(name string, r *world.Result, y float64) float64 {
	p.label(name, y)
	type key struct {
		control risk.Control
		scope   risk.Scope
		pair    exchange.InstrumentID
		slot    exchange.SlotID
	}
	var held []struct {
		key
		level risk.Level
	}
	at, level := p.start, risk.Active
	band := func(to exchange.Stamp) {
		if x0, x1 := p.x(at), p.x(to); to > p.start {
			fmt.Fprintf(&p.b, `<rect class="level l%d" x="%.1f" y="%.1f" width="%.1f" height="%.0f"><title>%s</title></rect>`, level, x0, y, math.Max(x1-x0, 0.5), laneHeight, level)
		}
		at = max(to, p.start)
	}
	for i := range r.Entries {
		e := &r.Entries[i]
		if e.Kind != "trip" && e.Kind != "lift" {
			continue
		}
		k := key{e.Control, e.Scope, e.Instrument, e.Slot}
		kept := held[:0]
		for _, h := range held {
			if h.key != k {
				kept = append(kept, h)
			} else if e.Kind == "trip" && h.level > e.Level {
				e.Level = h.level
			}
		}
		held = kept
		if e.Kind == "trip" {
			held = append(held, struct {
				key
				level risk.Level
			}{k, e.Level})
		}
		worst := risk.Active
		for _, h := range held {
			worst = max(worst, h.level)
		}
		if worst != level {
			band(e.At)
			level = worst
		}
	}
	band(p.end)
	return y + laneHeight + 6
}

// orders draws what left, what filled and what was denied.
func (p *picture) orders(name string, r *world.Result, y float64) float64 {
	p.label(name, y)
	middle := y + laneHeight/2
	fmt.Fprintf(&p.b, `<line class="grid" x1="%.0f" x2="%.0f" y1="%.1f" y2="%.1f"/>`, pictureLeft, pictureRight, middle, middle)
	last := map[string]float64{} // by class
	for i := range r.Entries {
		e := &r.Entries[i]
		class := ""
		switch e.Kind {
		case chaos.AddOrder:
			class = "sent"
		case "fill":
			class = "fill"
		case "denial", "denials":
			class = "denied"
		}
		if class == "" || e.At < p.start {
			continue
		}
		x := p.x(e.At)
		if at, has := last[class]; has && x-at < apart {
			continue
		}
		last[class] = x
		title := fmt.Sprintf("%s %s #%d at %s", strings.ToLower(e.Side.String()), map[string]string{"sent": "sent", "fill": "filled", "denied": "denied"}[class], e.Order, e.At.Sub(p.start))
		switch class {
		case "denied":
			fmt.Fprintf(&p.b, `<path class="mark denied" d="M%.1f %.1fl6 6m0 -6l-6 6"><title>%s</title></path>`, x-3, middle-3, title)
		case "fill":
			fmt.Fprintf(&p.b, `<circle class="mark fill" cx="%.1f" cy="%.1f" r="3"><title>%s</title></circle>`, x, middle, title)
		default:
			fmt.Fprintf(&p.b, `<path class="mark sent" d="M%.1f %.1fv%.0f"><title>%s</title></path>`, x, y, laneHeight, title)
		}
	}
	return y + laneHeight + 6
}

// fault draws when a rule struck: as long as a state held, or an instant each time.
func (p *picture) fault(o *Outcome, place int, y float64) {
	rule := &o.Scenario.cfg.Plan.Rules[place]
	title := template.HTMLEscapeString(fmt.Sprintf("%s: %s; %d times", o.Scenario.cfg.Plan.Called(place), rule.Do.Doc(), o.Run.Faults.Fired(place)))
	bars := 0
	for _, f := range o.Run.Faults.Log() {
		if f.Place != place || f.At < p.start {
			continue
		}
		if bars++; bars > mostFaultBars {
			break
		}
		width := 3.0
		if rule.Do.Shape() == chaos.Holds && rule.For > 0 {
			width = math.Max(p.x(f.At.Add(rule.For))-p.x(f.At), 3)
		}
		fmt.Fprintf(&p.b, `<rect class="fault" x="%.1f" y="%.1f" width="%.1f" height="%.0f"><title>%s</title></rect>`, p.x(f.At), y+3, width, laneHeight-6, title)
		if rule.Do.Shape() == chaos.Holds {
			break
		}
	}
}

// axis writes the time since the start.
func (p *picture) axis(y float64) {
	const parts = 6
	whole := p.end.Sub(p.start)
	for i := range parts + 1 {
		t := whole * time.Duration(i) / parts
		x := p.x(p.start.Add(t))
		anchor := "middle"
		if i == parts {
			anchor = "end"
		}
		fmt.Fprintf(&p.b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%.0f" y2="%.1f"/><text class="time" text-anchor="%s" x="%.1f" y="%.1f">%s</text>`, x, x, equityTop, y, anchor, x, y+14, clockText(t))
	}
}

// clockText is a time since the start, short.
func clockText(d time.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d >= 48*time.Hour:
		return fmt.Sprintf("%.1f d", d.Hours()/24)
	case d >= time.Hour:
		return fmt.Sprintf("%d:%02d h", int(d.Hours()), int(d.Minutes())%60)
	case d >= time.Minute:
		return fmt.Sprintf("%d:%02d min", int(d.Minutes()), int(d.Seconds())%60)
	}
	return d.Round(time.Millisecond).String()
}
