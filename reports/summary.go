package reports

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guptarohit/asciigraph"
)

// SummaryOptions says how the terminal summary looks.
type SummaryOptions struct {
	Width int  // of the terminal in columns; 0: 80
	Color bool // ANSI colours
}

// line is one figure of the summary.
type line struct {
	label, value, remark string
	tone                 int  // of the value: 1 good, -1 bad
	wide                 bool // the value is a text that begins at the column
}

// WriteSummary prints the run for a person at a terminal.
func WriteSummary(w io.Writer, r *Run, o SummaryOptions) error {
	if o.Width == 0 {
		o.Width = 80
	}
	s := &summary{width: max(o.Width, 40), color: o.Color}
	s.head(r)
	s.chart(r)
	groups := [][]line{r.resultLines(), r.tripLines(), r.runLines()}
	label, value := 0, 0
	for _, g := range groups {
		for _, l := range g {
			label = max(label, utf8.RuneCountInString(l.label))
			if !l.wide {
				value = max(value, utf8.RuneCountInString(l.value))
			}
		}
	}
	for _, g := range groups {
		s.b.WriteByte('\n')
		for _, l := range g {
			s.line(l, label, value)
		}
	}
	s.denials(r)
	_, err := io.WriteString(w, strings.ReplaceAll(s.b.String(), noBreak, " "))
	return err
}

type summary struct {
	b     strings.Builder
	width int
	color bool
}

const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

func (s *summary) paint(code, text string) string {
	if !s.color || text == "" || code == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s *summary) head(r *Run) {
	m := &r.Meta
	parts := []string{"profile " + orDash(m.Profile)}
	if name, parameters := m.title(); name != "" {
		parts = append(parts, strings.TrimSpace(name+" "+parameters))
	}
	s.wrap(bold, strings.Join(parts, " · "))
	for _, l := range m.slotLines() {
		s.wrap("", l)
	}
	if m.Synthetic {
		s.wrap(yellow, "SYNTHETIC DATA: made by a program, says nothing about any market")
	}
	var files []string
	for i := range m.Data {
		f := &m.Data[i]
		if name := f.Instrument + " " + intervalText(f.Interval); !slices.Contains(files, name) { // a series may lie in several files
			files = append(files, name)
		}
	}
	span := "no bars"
	if r.Bars > 0 {
		span = fmt.Sprintf("%s to %s · %s", instant(r.Begin), instant(r.End), plural(r.Bars, "bar"))
	}
	s.wrap(dim, strings.Join(append(files, span), " · "))
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// wrap prints a text over as many lines as the width asks for.
func (s *summary) wrap(code, text string) {
	for _, l := range wrapped(text, s.width) {
		s.b.WriteString(s.paint(code, l) + "\n")
	}
}

func wrapped(text string, width int) []string {
	var out []string
	cur, n := "", 0
	for _, word := range strings.Split(text, " ") { // not at the no-break space before a %
		k := utf8.RuneCountInString(word)
		if n > 0 && n+1+k > width {
			out, cur, n = append(out, cur), "", 0
		}
		if n > 0 {
			cur, n = cur+" ", n+1
		}
		cur, n = cur+word, n+k
	}
	return append(out, cur)
}

func (s *summary) line(l line, label, value int) {
	code := map[int]string{1: green, -1: red}[l.tone]
	s.b.WriteString(l.label + strings.Repeat(" ", label-utf8.RuneCountInString(l.label)+2))
	room := s.width - label - 2
	if l.wide {
		s.hang(wrapped(l.value, room), label+2, "")
		return
	}
	pad := strings.Repeat(" ", value-utf8.RuneCountInString(l.value))
	s.b.WriteString(pad + s.paint(code, l.value))
	if l.remark == "" {
		s.b.WriteByte('\n')
		return
	}
	s.b.WriteString("  ")
	s.hang(wrapped(l.remark, max(room-value-2, 20)), label+value+4, dim)
}

// hang prints lines, each after the first indented.
func (s *summary) hang(lines []string, indent int, code string) {
	for i, l := range lines {
		if i > 0 {
			s.b.WriteString(strings.Repeat(" ", indent))
		}
		if code != "" {
			l = s.paint(code, l)
		}
		s.b.WriteString(l + "\n")
	}
}

// chart draws the equity curve, on a logarithmic axis where it spreads far.
func (s *summary) chart(r *Run) {
	if len(r.Curve) < 3 {
		return
	}
	m := r.amounts(r.Currency)
	low, high := math.Inf(1), 0.0
	for i := range r.Curve {
		e := r.units(r.Curve[i].Equity)
		low, high = min(low, e), max(high, e)
	}
	if high >= 100_000 {
		m.shown = 0
	}
	labels := len(m.float(high, false)) + 3
	width := min(s.width-labels, 100)
	if width < 20 {
		return
	}
	values := r.resampled(width)
	text := func(v float64) string { return m.float(v, false) }
	note := ""
	if logScale(low, high) {
		for i := range values {
			values[i] = math.Log10(values[i])
		}
		text = func(v float64) string { return m.float(math.Pow(10, v), false) }
		note = ", logarithmic"
	}
	graph := asciigraph.Plot(values, asciigraph.Height(7), asciigraph.Precision(uint(m.shown)), asciigraph.YAxisValueFormatter(text))
	s.b.WriteString("\n" + graph + "\n")
	first, _, _ := strings.Cut(graph, "\n")
	left := utf8.RuneCountInString(first[:strings.IndexAny(first, "┤┼")]) + 1
	begin, middle, end := dateText(r.Begin), "equity in "+m.name+note, dateText(r.End)
	room := max(width-len(begin)-len(middle)-len(end), 2)
	s.b.WriteString(s.paint(dim, strings.Repeat(" ", left)+begin+strings.Repeat(" ", room/2)+middle+strings.Repeat(" ", room-room/2)+end) + "\n")
}

// resampled is the equity at n equally spaced instants of the run.
func (r *Run) resampled(n int) []float64 {
	m := r.amounts(r.Currency)
	out := make([]float64, n)
	i := 0
	for k := range out {
		t := r.Begin.Add(r.End.Sub(r.Begin) / time.Duration(n-1) * time.Duration(k))
		for i+1 < len(r.Curve) && r.Curve[i+1].Time <= t {
			i++
		}
		out[k] = m.units(r.Curve[i].Equity)
	}
	return out
}

// denials tells what the guard denied, paused and halted, and what other limits would have
// made of the run.
func (s *summary) denials(r *Run) {
	g := &r.Guard
	gap := func(n int) {
		if n > 0 {
			s.b.WriteByte('\n')
		}
	}
	gap(len(g.Denials))
	for i := range g.Denials {
		s.hang(wrapped(g.Denials[i].text(), s.width-2), 2, dim)
	}
	if r.Orders.Approved == 0 && g.Denied > 0 {
		s.wrap(yellow, "No order got through: every one was larger than a limit or came while the guard was closed. A limit denies, it does not make an order smaller.")
	}
	gap(len(g.Stops))
	for i := range g.Stops {
		s.hang(wrapped(g.Stops[i].text(), s.width-2), 2, yellow)
	}
	if table := r.Meta.strictnessTable(); table != "" {
		s.b.WriteString("\n" + table)
	}
	if line := r.worstLine(); line != "" {
		s.b.WriteByte('\n')
		s.wrap(yellow, line)
	}
	if note := r.Meta.StrictnessNote; note != "" {
		gap(1)
		s.wrap(dim, note)
	}
}
