package reports

import (
	"strings"
	"time"

	"breakwater/exchange"
)

// Meta is what whoever made the run says about it. It is printed, never computed with.
type Meta struct {
	Strategy   string
	Title      string // what the strategy does, in a line
	Parameters []Parameter
	Slots      []Slot // more than one strategy on the account; empty: the one above

	Data      []DataFile
	Synthetic bool // made-up data: labelled wherever the run shows

	Profile string      // of the guard
	Limits  []Parameter // of the profile, with units

	Strictness     []Strictness // the run under other limits, this one among them; nil: not compared
	StrictnessNote string       // why it is not
	Worst          *WorstDay    // nil: not told

	Assumptions []Assumption
	FillModel   string // in a line
	FeeSchedule string // in a line
	Rules       string // where the instruments' rules come from

	Seed     uint64
	Digest   string // hex
	Version  string
	Revision string
	Go       string
	Platform string
	Command  string        // that makes the run again
	Made     time.Time     // zero: not told
	Elapsed  time.Duration // of the run, reports excluded
}

// Parameter is a name with its value as it would be typed.
type Parameter struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Slot is a strategy on the account with what it trades.
type Slot struct {
	Name        string      `json:"name"`
	Strategy    string      `json:"strategy"`
	Parameters  []Parameter `json:"parameters"`
	Instruments []string    `json:"instruments"`
}

// DataFile is one input.
type DataFile struct {
	Name       string // as given, without folders
	SHA256     string // hex, of the bytes as they are on disk
	Format     string
	Instrument string
	Interval   time.Duration // 0: trades
	Rows       int64
	First      exchange.Stamp
	Last       exchange.Stamp // end of the last bar
	Gaps       Gaps
	Empty      string // what is done about empty intervals: skip, flat
	Synthetic  bool
}

// Gaps are intervals without a bar between the first and the last.
type Gaps struct {
	Places  int64         // uninterrupted stretches of missing bars
	Missing int64         // bars
	Longest time.Duration // the longest stretch
}

// Assumption is a choice that shapes the result, and why it was made so.
type Assumption struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Why   string `json:"why"`
}

// title names what was run: the strategy with its parameters, or the slots.
func (m *Meta) title() (name, parameters string) {
	if len(m.Slots) < 2 {
		return m.Strategy, parametersText(m.Parameters)
	}
	names := make([]string, len(m.Slots))
	for i := range m.Slots {
		names[i] = m.Slots[i].Name
	}
	return strings.Join(names, " + "), ""
}

// slotLines tells what each of several slots runs.
func (m *Meta) slotLines() []string {
	if len(m.Slots) < 2 {
		return nil
	}
	lines := make([]string, len(m.Slots))
	for i := range m.Slots {
		s := &m.Slots[i]
		text := s.Name + ": " + s.Strategy
		if p := parametersText(s.Parameters); p != "" {
			text += " " + p
		}
		lines[i] = text + " on " + strings.Join(s.Instruments, ", ")
	}
	return lines
}

// gaps adds up the gaps of all files.
func (m *Meta) gaps() (g Gaps) {
	for i := range m.Data {
		f := &m.Data[i].Gaps
		g.Places += f.Places
		g.Missing += f.Missing
		g.Longest = max(g.Longest, f.Longest)
	}
	return g
}
