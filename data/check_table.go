package data

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
)

// WriteTable writes the report for people: what the file is, its gaps, a line for each
// kind of finding with its first places, and a verdict.
func (r *Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "file\t%s\n", r.Name)
	fmt.Fprintf(t, "format\t%s\n", r.Format.describe())
	fmt.Fprintf(t, "pair\t%s\n", orUnknown(r.Pair, "unknown (give --pair)"))
	if !r.Format.Trades() {
		size := "unknown (give --interval)"
		if r.Interval > 0 {
			size = IntervalText(r.Interval)
		}
		fmt.Fprintf(t, "bar size\t%s\n", size)
	}
	fmt.Fprintf(t, "rows\t%s\n", thousands(r.Rows))
	if r.First != r.Last {
		fmt.Fprintf(t, "from\t%v\nto\t%v\n", r.First, r.Last)
	}
	if r.Format.Trades() {
		fmt.Fprintf(t, "same time\t%s trades at the time of the row before\n", thousands(r.SameTime))
		if r.HasID {
			fmt.Fprintf(t, "trade ids\t%s missing\n", thousands(r.MissingIDs))
		}
	} else {
		r.writeGaps(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return r.writeFindings(w)
}

func (r *Report) writeGaps(t io.Writer) {
	if r.Gaps.Places == 0 {
		fmt.Fprintf(t, "gaps\tnone\n")
		return
	}
	fmt.Fprintf(t, "gaps\t%s, %s missing (%.2f %% of the span)\n", plural(r.Gaps.Places, "place"), plural(r.Gaps.Missing, "bar"),
		100*float64(r.Gaps.Missing)/float64(r.Gaps.Missing+r.Rows))
	for i, g := range r.LongestGaps {
		label := ""
		if i == 0 {
			label = "longest"
		}
		fmt.Fprintf(t, "%s\t%s from %v to %v\n", label, plural(g.Missing, "bar"), g.From, g.To)
	}
}

func (r *Report) writeFindings(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	shown := 0
	for _, f := range r.Findings {
		if f.Defect == DefectMissing {
			continue // told above, the longest first
		}
		if shown++; shown == 1 {
			fmt.Fprintf(t, "\nseverity\tfinding\tcount\tline\twhat\n")
		}
		for i, one := range f.First {
			line, text := strconv.FormatInt(one.Line, 10), one.Text
			if one.Line == 0 {
				line = "-"
			}
			if one.Time != 0 {
				text = one.Time.String() + ": " + text
			}
			if i == 0 {
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", f.Severity, f.Defect, thousands(f.Count), line, text)
			} else {
				fmt.Fprintf(t, "\t\t\t%s\t%s\n", line, text)
			}
		}
		if rest := f.Count - int64(len(f.First)); rest > 0 && f.First[0].Line != 0 {
			fmt.Fprintf(t, "\t\t\t\tand %s more\n", thousands(rest))
		}
	}
	fmt.Fprintln(t)
	if r.OK() {
		fmt.Fprintf(t, "usable: no errors, %s\n", plural(r.Warnings, "warning"))
	} else {
		fmt.Fprintf(t, "not usable: %s, %s\n", plural(r.Errors, "error"), plural(r.Warnings, "warning"))
	}
	return t.Flush()
}

func orUnknown(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// describe is a format's name for people.
func (f Format) describe() string {
	switch f {
	case OHLCVT:
		return "Kraken OHLCVT"
	case TimeSales:
		return "Kraken time and sales"
	case HeaderBar:
		return "CSV with a header, bars"
	case HeaderTrade:
		return "CSV with a header, trades"
	}
	return "Lean minute bars"
}

// plural is a number and its noun: "1 bar", "1,234 bars".
func plural(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return thousands(n) + " " + noun
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
