package reports

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// Strictness is what a run under other limits would have been, in the few numbers by
// which such runs are compared.
type Strictness struct {
	Name        string  // of the limits
	Return      float64 // ratio
	MaxDrawdown float64 // ratio, 0 or less
	WorstDay    float64 // lowest return of a UTC day, a ratio
	Orders      int64   // approved
	Denied      int64
	Halts       int64          // latches at HALTED and above
	FirstHalt   exchange.Stamp // 0: none
	Last        risk.Level     // of the whole account, at the end
	Held        float64        // share of equity in coins at the end: a halt keeps it
}

// Tally makes a Strictness of a run while it happens. It allocates nothing.
type Tally struct {
	out    Strictness
	cash   money.Amount
	last   money.Amount
	high   money.Amount
	before money.Amount // at the end of the day before
	dayEnd exchange.Stamp

	exposed money.Amount
}

var _ risk.Recorder = (*Tally)(nil)

// NewTally is a tally for one run that begins with so much cash.
func NewTally(name string, cash money.Amount) *Tally {
	return &Tally{out: Strictness{Name: name}, cash: cash, last: cash, high: cash, before: cash}
}

// Mark is called after every bar with the account's equity.
func (t *Tally) Mark(ev *exchange.Event, equity, exposed money.Amount) {
	if ev.Time > t.dayEnd {
		t.closeDay()
		t.dayEnd = exchange.Stamp((ev.Time-1).Day()+1) * day
	}
	t.Closed(equity, exposed)
}

// Closed is called after the sales at the end, if there are any.
func (t *Tally) Closed(equity, exposed money.Amount) {
	t.last, t.exposed = equity, exposed
	t.high = max(t.high, equity)
	t.out.MaxDrawdown = min(t.out.MaxDrawdown, change(t.high, equity))
}

func (t *Tally) closeDay() {
	t.out.WorstDay = min(t.out.WorstDay, change(t.before, t.last))
	t.before = t.last
}

// change is the ratio of a change to what it began with; 0 where that was nothing.
func change(from, to money.Amount) float64 {
	if from <= 0 {
		return 0
	}
	return float64(to-from) / float64(from)
}

// Record counts orders, denials and halts. It never fails.
func (t *Tally) Record(r *risk.Record, _ bool) error {
	switch r.Type {
	case risk.RecIntent:
		t.out.Orders++
	case risk.RecDenial:
		t.out.Denied++
	case risk.RecDenials:
		t.out.Denied += r.Count
	case risk.RecLevel:
		if r.Level >= risk.Halted && !r.Lift {
			if t.out.Halts++; t.out.Halts == 1 {
				t.out.FirstHalt = r.Time
			}
		}
		if r.Lift {
			t.out.Last = r.Level
		} else if r.Scope == risk.Global {
			t.out.Last = max(t.out.Last, r.Level)
		}
	}
	return nil
}

// Finish closes the tally.
func (t *Tally) Finish() Strictness {
	t.closeDay()
	t.out.Return = change(t.cash, t.last)
	if t.last > 0 {
		t.out.Held = float64(t.exposed) / float64(t.last)
	}
	return t.out
}

// strictnessHeads are the columns of the table; a terminal has no room for the last.
var strictnessHeads = []string{"limits", "return", "drawdown", "worst day", "orders", "denials", "halts", "ended", "held then"}

// cells is a row; with dated it says when the first halt was.
func (s *Strictness) cells(dated bool) []string {
	halts := count(s.Halts)
	if s.Halts > 0 && dated {
		halts += ", " + dateText(s.FirstHalt)
	}
	return []string{
		s.Name, percent(s.Return, true), percent(s.MaxDrawdown, false), percent(s.WorstDay, false), count(s.Orders), count(s.Denied), halts, s.Last.String(), percent(s.Held, false),
	}
}

// strictnessTable is the table for a terminal, 80 columns at most in most cases.
func (m *Meta) strictnessTable() string {
	if len(m.Strictness) == 0 {
		return ""
	}
	last := len(strictnessHeads) - 1
	rows := [][]string{slices.Clone(strictnessHeads[:last])}
	width := 0
	for i := range m.Strictness {
		rows = append(rows, m.Strictness[i].cells(false)[:last])
	}
	for _, cells := range rows {
		width = max(width, utf8.RuneCountInString(cells[0]))
	}
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, cells := range rows {
		cells[0] += strings.Repeat(" ", width-utf8.RuneCountInString(cells[0])) // names begin at the margin
		fmt.Fprintln(t, strings.Join(cells, "\t")+"\t")
	}
	t.Flush()
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "  ")
	}
	return strings.Join(lines, "\n")
}

type jsonStrictness struct {
	Limits      string  `json:"limits"`
	Return      float64 `json:"return"`
	MaxDrawdown float64 `json:"max_drawdown"`
	WorstDay    float64 `json:"worst_day"`
	Orders      int64   `json:"orders"`
	Denied      int64   `json:"denied"`
	Halts       int64   `json:"halts"`
	FirstHalt   *string `json:"first_halt"` // null: none
	Last        string  `json:"last_level"`
	Held        float64 `json:"held"`
}

func (m *Meta) jsonStrictness() (out []jsonStrictness) {
	for i := range m.Strictness {
		s := &m.Strictness[i]
		j := jsonStrictness{s.Name, s.Return, s.MaxDrawdown, s.WorstDay, s.Orders, s.Denied, s.Halts, nil, s.Last.String(), s.Held}
		if s.Halts > 0 {
			at := s.FirstHalt.String()
			j.FirstHalt = &at
		}
		out = append(out, j)
	}
	return out
}
