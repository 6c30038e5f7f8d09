package reports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// Stop counts how often one control set one level, and how often that ended.
type Stop struct {
	Control     risk.Control
	Level       risk.Level
	Scope       risk.Scope
	Count       int64
	Ended       int64
	First, Last exchange.Stamp
	Cause       string // of the first
	Remedy      string // what ended the last that did
}

// stop notes a latch that was set or lifted.
func (g *Guard) stop(r *risk.Record) {
	i := slices.IndexFunc(g.Stops, func(s Stop) bool {
		return s.Control == r.Control && s.Scope == r.Scope && (s.Level == r.Level || r.Lift && s.Ended < s.Count)
	})
	switch {
	case r.Lift && i >= 0:
		g.Stops[i].Ended++
		g.Stops[i].Remedy = r.Text
	case r.Lift:
	case i < 0:
		g.Stops = append(g.Stops, Stop{Control: r.Control, Level: r.Level, Scope: r.Scope, Count: 1, First: r.Time, Last: r.Time, Cause: r.Text})
	default:
		s := &g.Stops[i]
		s.Count++
		s.Last = r.Time
	}
}

// sortStops puts the strictest first.
func (g *Guard) sortStops() {
	slices.SortStableFunc(g.Stops, func(a, b Stop) int { return int(b.Level) - int(a.Level) })
}

// what a stop covered.
func (s *Stop) what() string {
	return [...]string{risk.Global: "the account", risk.ByPair: "a pair", risk.BySlot: "a strategy"}[s.Scope]
}

// ends tells how it ended.
func (s *Stop) ends() string {
	switch {
	case s.Ended == 0 && s.Level >= risk.Halted:
		return "not lifted: nothing was sent any more, and what was held stayed"
	case s.Ended == 0:
		return "not lifted"
	case s.Ended < s.Count:
		return fmt.Sprintf("%s lifted, the last not", count(s.Ended))
	}
	return s.Remedy
}

// text is a line for the summary.
func (s *Stop) text() string {
	often := "once, " + instant(s.First)
	if s.Count > 1 {
		often = fmt.Sprintf("%s times, first %s", count(s.Count), instant(s.First))
	}
	return fmt.Sprintf("%s for %s by %s %s: %s; %s", s.Level, s.what(), s.Control, often, s.Cause, s.ends())
}

// reasonText is a reason of a denial for people: "notional 29.3957, limit 25".
func reasonText(r *risk.Reason) string {
	var parts []string
	for i := range r.Fields {
		if f := &r.Fields[i]; f.Key != "" {
			parts = append(parts, fieldText(f))
		}
	}
	numbers := strings.Join(parts, ", ")
	text := r.Text
	for l := risk.Paused; l <= risk.Killed; l++ {
		if text == l.String() {
			text = "it had set " + text
		}
	}
	switch {
	case numbers == "":
		return text
	case text == "":
		return numbers
	}
	return text + ": " + numbers
}

// fieldText is a number with its unit: what the records call limit-ppm is a share here.
func fieldText(f *risk.Field) string {
	unit := func(suffix string, to time.Duration) (string, bool) {
		key, ok := strings.CutSuffix(f.Key, suffix)
		return key + " " + (time.Duration(f.Value) * to).String(), ok && f.Decimals == 0
	}
	if key, ok := strings.CutSuffix(f.Key, "-ppm"); ok {
		return key + " " + money.Trim(f.Value, 4) + noBreak + "%"
	}
	if text, ok := unit("-ms", time.Millisecond); ok {
		return text
	}
	if text, ok := unit("-s", time.Second); ok {
		return text
	}
	return f.Key + " " + grouped(money.Trim(f.Value, f.Decimals))
}

// text is a line for the summary.
func (d *Denials) text() string {
	often := "once, " + instant(d.First)
	if d.Count > 1 {
		often = fmt.Sprintf("%s times, first %s", count(d.Count), instant(d.First))
	}
	return fmt.Sprintf("denied by %s %s: %s", d.Control, often, reasonText(&d.Reason))
}

type jsonStop struct {
	Control string `json:"control"`
	Level   string `json:"level"`
	Scope   string `json:"scope"`
	Count   int64  `json:"count"`
	Ended   int64  `json:"ended"`
	First   string `json:"first"`
	Last    string `json:"last"`
	Cause   string `json:"cause"`
}

func (g *Guard) jsonStops() []jsonStop {
	out := []jsonStop{}
	for i := range g.Stops {
		s := &g.Stops[i]
		out = append(out, jsonStop{s.Control.String(), s.Level.String(), s.Scope.String(), s.Count, s.Ended, s.First.String(), s.Last.String(), s.Cause})
	}
	return out
}

type stopRow struct{ Level, Scope, Control, Rule, Count, First, Last, Cause, Ended string }

func (g *Guard) stopRows() (rows []stopRow) {
	for i := range g.Stops {
		s := &g.Stops[i]
		rows = append(rows, stopRow{
			s.Level.String(), s.what(), s.Control.String(), risk.Declarations[s.Control].Rule, count(s.Count), instant(s.First), instant(s.Last), s.Cause, s.ends(),
		})
	}
	return rows
}
