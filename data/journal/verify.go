package journal

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"breakwater/exchange"
	"breakwater/risk"
)

// Report is what a verification found in the lines that hold.
type Report struct {
	Files   int
	Bytes   int64
	Lines   uint64
	Head    Head           // the last good line
	From    exchange.Stamp // of the first and the last record, by event time
	To      exchange.Stamp
	Records [256]int64 // by risk.RecordType
	Marks   [256]int64 // by MarkType
	Torn    *Fault     // a partial line at the end, which recovery would cut
	Fault   *Fault     // the first line that does not hold
}

// Verify reads a whole journal and tells what it found; the error is a *Fault where the
// journal does not hold. A partial line at the end is no error: a writer may be at work,
// or a crash has left it. The anchor is a head that was kept outside; without one (nil)
// lines missing from the end, and a journal written anew as a whole, cannot be seen.
func Verify(fs FS, anchor *Head) (*Report, error) {
	report := &Report{}
	r, err := newReader(fs, anchor)
	if err != nil {
		report.Fault, _ = err.(*Fault)
		return report, err
	}
	for e, entryErr := range r.entries() {
		if err = entryErr; err != nil {
			break
		}
		report.add(e)
	}
	report.Files, report.Bytes, report.Head, report.Torn = len(r.segments), r.bytes, r.chk.head, r.torn
	report.Fault, _ = err.(*Fault)
	return report, err
}

func (p *Report) add(e *Entry) {
	p.Lines++
	if e.Mark != nil {
		p.Marks[e.Mark.Type]++
		return
	}
	p.Records[e.Record.Type]++
	if e.Time <= 0 {
		return // a run's start stands before its first event
	}
	if p.From == 0 {
		p.From = e.Time
	}
	p.To = max(p.To, e.Time)
}

// WriteReport prints a report for people.
func WriteReport(out io.Writer, p *Report) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	verdict := "every line follows the one before it"
	if p.Fault != nil {
		verdict = "BROKEN"
	}
	fmt.Fprintf(t, "journal\t%s\n", verdict)
	if p.Fault != nil {
		fmt.Fprintf(t, "first bad line\t%s line %d, byte %d\n\t%s: %s\n", p.Fault.File, p.Fault.Line, p.Fault.Byte, p.Fault.Why, p.Fault.Detail)
	}
	if p.Torn != nil {
		fmt.Fprintf(t, "torn end\t%s line %d, byte %d: %s\n", p.Torn.File, p.Torn.Line, p.Torn.Byte, p.Torn.Detail)
	}
	fmt.Fprintf(t, "good lines\t%d in %d files, %d bytes\n", p.Lines, p.Files, p.Bytes)
	if p.From != 0 {
		fmt.Fprintf(t, "from, to\t%s, %s\n", p.From, p.To)
	}
	p.counts(func(name string, n int64) { fmt.Fprintf(t, "  %s\t%d\n", name, n) })
	fmt.Fprintf(t, "head\t%s\n", p.Head)
	return t.Flush()
}

// counts walks the types that occur.
func (p *Report) counts(tell func(name string, n int64)) {
	for i, n := range p.Records {
		if n > 0 {
			tell(risk.RecordType(i).String(), n)
		}
	}
	for i, n := range p.Marks {
		if n > 0 {
			tell(source+" "+MarkType(i).String(), n)
		}
	}
}

// MarshalJSON is the report for programs.
func (p *Report) MarshalJSON() ([]byte, error) {
	types := map[string]int64{}
	p.counts(func(name string, n int64) { types[name] = n })
	return json.Marshal(struct {
		OK    bool             `json:"ok"`
		Files int              `json:"files"`
		Bytes int64            `json:"bytes"`
		Lines uint64           `json:"lines"`
		From  string           `json:"from,omitempty"`
		To    string           `json:"to,omitempty"`
		Types map[string]int64 `json:"types"`
		Head  string           `json:"head"`
		Hash  string           `json:"head_hash"`
		Torn  *Fault           `json:"torn,omitempty"`
		Fault *Fault           `json:"fault,omitempty"`
	}{p.Fault == nil, p.Files, p.Bytes, p.Lines, optional(p.From), optional(p.To), types, p.Head.String(), hex.EncodeToString(p.Head.Hash[:]), p.Torn, p.Fault})
}

func optional(t exchange.Stamp) string {
	if t == 0 {
		return ""
	}
	return t.String()
}
