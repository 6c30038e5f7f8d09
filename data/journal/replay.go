package journal

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"breakwater/exchange"
	"breakwater/risk"
)

// Run is the records from one start of a guard to the next.
type Run struct {
	Seq     uint64         `json:"seq"`   // of its first line
	Start   string         `json:"start"` // what its start record tells
	From    exchange.Stamp `json:"from_ns"`
	To      exchange.Stamp `json:"to_ns"`
	Records int64          `json:"records"`
	Digest  string         `json:"digest"` // digest v1
	// LastWords are what the writer recorded by itself on a full disk: no part of the digest.
	LastWords []risk.Record `json:"-"`
}

// Replay verifies a journal and folds each run in it to its digest, which equals the one
// that the run itself computed.
func Replay(fs FS, anchor *Head) ([]Run, error) {
	r, err := newReader(fs, anchor)
	if err != nil {
		return nil, err
	}
	var (
		runs   []Run
		digest *risk.Digest
	)
	finish := func() {
		if digest != nil {
			runs[len(runs)-1].Digest = digest.Sum()
		}
	}
	full := false
	for e, err := range r.entries() {
		if err != nil {
			return nil, err
		}
		if e.Record == nil {
			full = full || e.Mark.Type == MarkFull
			continue
		}
		if full = full && e.Record.Type != risk.RecStart; full && digest != nil {
			last := *e.Record
			last.Text = strings.Clone(last.Text)
			runs[len(runs)-1].LastWords = append(runs[len(runs)-1].LastWords, last)
			continue
		}
		if digest == nil || e.Record.Type == risk.RecStart {
			finish()
			cat, err := e.Table.Catalog()
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", e.File, e.Line, err)
			}
			digest = risk.NewDigest(cat)
			runs = append(runs, Run{Seq: e.Head.Seq, Start: e.Record.Text})
		}
		run := &runs[len(runs)-1]
		run.Records++
		if e.Time > 0 {
			if run.From == 0 {
				run.From = e.Time
			}
			run.To = max(run.To, e.Time)
		}
		if err := digest.Record(e.Record, false); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", e.File, e.Line, err)
		}
	}
	finish()
	return runs, nil
}

// WriteRuns prints the runs of a journal for people.
func WriteRuns(out io.Writer, runs []Run) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "first line\trecords\tfrom\tto\tdigest")
	for i := range runs {
		r := &runs[i]
		fmt.Fprintf(t, "%d\t%d\t%s\t%s\t%s\n", r.Seq, r.Records, r.From, r.To, r.Digest)
	}
	return t.Flush()
}
