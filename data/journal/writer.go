package journal

import (
	"errors"
	"fmt"

	"breakwater/exchange"
	"breakwater/internal/planted"
	"breakwater/risk"
)

// Options are what a journal is written with. The zero value is good.
type Options struct {
	Source       string // who writes the records; "": "guard"
	SegmentBytes int64  // a new file is begun before one grows beyond it; 0: 64 MiB
	Daily        bool   // a new file is begun also with each UTC day of the records
	BallastBytes int64  // kept free for the last words on a full disk; 0: 64 MiB, negative: none
	// Replay says that nothing outside depends on the records, as in a backtest: they are
	// synced when a file is full and at Close only.
	Replay bool
	// LastWord is recorded last when the disk is full: the guard's own halt, so that a
	// restart finds it. Its Time is set by the writer.
	LastWord *risk.Record
	Now      exchange.Stamp // of this start, for the marks that recovery leaves
	Anchor   *Head          // the journal must still have this line; nil: not asked
}

const mebibyte = 1 << 20

func (o Options) withDefaults() Options {
	if o.Source == "" {
		o.Source = "guard"
	}
	if o.SegmentBytes == 0 {
		o.SegmentBytes = 64 * mebibyte
	}
	if o.BallastBytes == 0 {
		o.BallastBytes = 64 * mebibyte
	}
	return o
}

// Writer appends records to a journal. It is a risk.Recorder, used by one goroutine; only
// Recovery makes one.
//
// After Record returned nil the record survives the end of the process, and after a
// durable one that of the machine. After the first error nothing is written any more,
// and every call returns that error.
type Writer struct {
	fs      FS
	opt     Options
	chain   *chain
	table   Table
	file    File
	name    string
	number  int64 // of the segment
	size    int64
	records int64 // in the segment, marks too
	day     int64 // of the segment's last record
	waiting bool  // something is written and not synced
	since   exchange.Stamp
	err     error
}

var _ risk.Recorder = (*Writer)(nil)

var errClosed = errors.New("journal: closed")

// Record writes r; with durable set it is on the disk when Record returns nil.
func (w *Writer) Record(r *risk.Record, durable bool) error {
	if w.err != nil {
		return w.err
	}
	line, next := w.chain.record(r)
	if w.isFull(r.Time, int64(len(line))) {
		if err := w.rotate(r.Time); err != nil {
			return w.fail(err, r.Time)
		}
		line, next = w.chain.record(r)
	}
	if r.Time > 0 {
		w.day = r.Time.Day()
	}
	if err := w.write(line, next, r.Time); err != nil {
		return w.fail(err, r.Time)
	}
	if durable && !w.opt.Replay && !planted.On(planted.SyncSkipped) {
		return w.Flush()
	}
	return nil
}

// isFull reports whether a record belongs into a new segment.
func (w *Writer) isFull(t exchange.Stamp, bytes int64) bool {
	if w.records < 2 {
		return false // nothing but its head
	}
	return w.size+bytes > w.opt.SegmentBytes || w.opt.Daily && w.day != 0 && t > 0 && t.Day() > w.day
}

func (w *Writer) write(line []byte, next Head, t exchange.Stamp) error {
	if _, err := w.file.Write(line); err != nil {
		return err
	}
	w.chain.advance(next)
	w.size += int64(len(line))
	w.records++
	if !w.waiting {
		w.waiting, w.since = true, t
	}
	return nil
}

// Unsynced tells whether records wait for a sync, and the time of the oldest of them. The
// driver calls Flush before it has waited 100 ms.
func (w *Writer) Unsynced() (since exchange.Stamp, waiting bool) { return w.since, w.waiting }

// Flush makes every record so far durable.
func (w *Writer) Flush() error {
	if w.err != nil || !w.waiting {
		return w.err
	}
	err := w.file.Sync()
	if err != nil && planted.On(planted.SyncRetried) {
		err = w.file.Sync()
	}
	if err != nil {
		// what is on the disk is unknown now, and a second sync may lie
		w.err = fmt.Errorf("journal: sync of %s: %w: nothing more is recorded; check the disk, then start again", w.name, err)
		return w.err
	}
	w.waiting = false
	return nil
}

// Head is the last line, to be kept outside as an anchor.
func (w *Writer) Head() Head { return w.chain.head }

// Err is the error that ended the writing; nil while all is well, and after a good Close.
func (w *Writer) Err() error {
	if w.err == errClosed {
		return nil
	}
	return w.err
}

// Close makes every record durable and lets go of the file. A second Close does nothing.
func (w *Writer) Close() error {
	if w.err == errClosed {
		return nil
	}
	err := w.Flush()
	if closeErr := w.file.Close(); err == nil && closeErr != nil {
		w.err = fmt.Errorf("journal: close of %s: %w", w.name, closeErr)
		return w.err
	}
	if err == nil {
		w.err = errClosed
	}
	return err
}

// rotate begins the next segment. The old one is durable before the new one exists, so
// that only the last file of a journal can have a torn end.
func (w *Writer) rotate(t exchange.Stamp) error {
	if err := w.Flush(); err != nil {
		return err
	}
	old := w.file
	if err := w.begin(t); err != nil {
		return err
	}
	return old.Close()
}

// begin makes the next segment and its first line, durable. On an error the writer still
// has the old one.
func (w *Writer) begin(t exchange.Stamp) error {
	name := segmentName(w.number + 1)
	file, err := w.fs.Create(name)
	if err != nil {
		return err
	}
	mark := Mark{Type: MarkSegment, Segment: w.number + 1, Table: &w.table}
	line, next := w.chain.mark(t, &mark)
	if _, err = file.Write(line); err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = w.fs.SyncDir()
	}
	if err != nil {
		_ = file.Close()
		if removeErr := w.fs.Remove(name); removeErr != nil {
			// a full disk is told as any other error: with that file there, last words in the old one would break the chain
			return fmt.Errorf("%v; and %s cannot be removed: %w", err, name, removeErr)
		}
		return err
	}
	w.chain.advance(next)
	w.file, w.name, w.number, w.size, w.records = file, name, w.number+1, int64(len(line)), 1
	return nil
}

// fail keeps the first error. On a full disk it gives the ballast back and writes the
// last words.
func (w *Writer) fail(err error, t exchange.Stamp) error {
	if w.err != nil {
		return w.err
	}
	w.err = fmt.Errorf("journal: %s: %w: nothing more is recorded", w.name, err)
	if !errors.Is(err, ErrNoSpace) {
		return w.err
	}
	if err := w.lastWords(t); err != nil {
		w.err = fmt.Errorf("%w; the halt could not be recorded either: %w", w.err, err)
		return w.err
	}
	w.err = fmt.Errorf("%w; free space, then start again", w.err)
	return w.err
}

// lastWords uses the ballast's space for the end of a run. What was written of the failed
// record is cut: nobody was told that it is there.
func (w *Writer) lastWords(t exchange.Stamp) error {
	if err := w.fs.Remove(ballastName); err != nil {
		return err
	}
	if err := w.fs.SyncDir(); err != nil {
		return err
	}
	if err := w.fs.Truncate(w.name, w.size); err != nil {
		return err
	}
	line, next := w.chain.mark(t, &Mark{Type: MarkFull, Text: w.err.Error()})
	if err := w.write(line, next, t); err != nil {
		return err
	}
	if w.opt.LastWord != nil {
		r := *w.opt.LastWord
		r.Time = t
		line, next = w.chain.record(&r)
		if err := w.write(line, next, t); err != nil {
			return err
		}
	}
	return w.file.Sync()
}
