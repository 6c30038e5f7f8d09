package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"breakwater/exchange"
	"breakwater/risk"
)

const (
	suffix     = ".jsonl"
	temporary  = ".tmp"
	numberLen  = 8
	lineMax    = 64 << 20 // bytes: more is no line of ours
	chunkBytes = 1 << 18
)

// segmentName is the name of the file with the given number, from 1.
func segmentName(number int64) string { return fmt.Sprintf("%0*d%s", numberLen, number, suffix) }

func segmentNumber(name string) (int64, bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, ok && err == nil && n > 0 && segmentName(n) == name
}

// Fault is the first place at which a journal is not what was written.
type Fault struct {
	File   string `json:"file"`
	Line   int    `json:"line"` // from 1
	Byte   int64  `json:"byte"` // of the file, where the line begins
	Why    string `json:"why"`  // one of the reasons above
	Detail string `json:"detail"`
}

func (f *Fault) Error() string {
	return fmt.Sprintf("journal: %s:%d: byte %d: %s: %s", f.File, f.Line, f.Byte, f.Why, f.Detail)
}

// The faults of files, beside those of lines.
const (
	WhyTorn    = "torn"    // the journal ends within a line
	WhySegment = "segment" // a file is missing, or holds another's lines
	WhyAnchor  = "anchor"  // it is not the journal that the anchor was taken from
)

// Entry is one line that has been verified. It and all it points to are valid until the
// next one is read.
type Entry struct {
	Head   Head
	Time   exchange.Stamp
	Source string
	Record *risk.Record // nil for a mark
	Mark   *Mark        // nil for a record
	Table  *Table       // what its numbers mean
	File   string       `json:"file"`
	Line   int
	Byte   int64
	Raw    []byte // without the newline
}

// TypeName is the line's type as it is written.
func (e *Entry) TypeName() string {
	if e.Mark != nil {
		return e.Mark.Type.String()
	}
	return e.Record.Type.String()
}

// reader goes through all lines of a journal and verifies each.
type reader struct {
	fs       FS
	anchor   *Head
	segments []FileInfo
	at       int // of segments; the open one while in is not nil
	in       io.ReadCloser
	buf      []byte
	lo, hi   int // what is read and not yet used
	ended    bool
	offset   int64 // of buf[lo] in the file
	line     int
	bytes    int64 // of the whole journal, verified
	chk      *checker
	table    Table
	entry    Entry
	torn     *Fault // the partial line at the end, when there is one
	tornLen  int64
	bare     bool // the last line is whole but for its newline
	finished bool // the end of the last file was reached
	done     bool
	err      error
}

func newReader(fs FS, anchor *Head) (*reader, error) {
	files, err := fs.List()
	if err != nil {
		return nil, err
	}
	r := &reader{fs: fs, anchor: anchor, chk: newChecker()}
	largest := int64(0)
	for _, f := range files {
		n, ok := segmentNumber(f.Name)
		if !ok {
			continue
		}
		if want := int64(len(r.segments)) + 1; n != want {
			return nil, &Fault{File: f.Name, Line: 1, Why: WhySegment, Detail: "the file before it should be " + segmentName(n-1) + ", which is missing; bring all files from " + segmentName(1) + " together"}
		}
		r.segments = append(r.segments, f)
		largest = max(largest, f.Size)
	}
	r.buf = make([]byte, min(chunkBytes, largest+1))
	return r, nil
}

// next reads one line; false at the end and after an error.
func (r *reader) next() (*Entry, bool) {
	if r.done || r.err != nil {
		return nil, false
	}
	line, err := r.readLine()
	if err == nil && line != nil {
		err = r.take(line)
	}
	if err != nil {
		r.err = err
		return nil, false
	}
	if line == nil {
		r.done = true
		r.err = r.checkEnd()
		return nil, false
	}
	return &r.entry, true
}

// take verifies a line and makes it the entry.
func (r *reader) take(line []byte) error {
	isMark, why, bad := r.chk.check(line)
	if bad != nil {
		return r.fault(why, "%s (byte %d of the line)", bad.why, bad.at)
	}
	file := r.segments[r.at].Name
	r.entry = Entry{Head: r.chk.head, Time: r.chk.record.Time, Source: r.chk.source, Table: &r.table, File: file, Line: r.line, Byte: r.offset, Raw: line}
	e := &r.entry
	if isMark {
		e.Mark = &r.chk.mark
	} else {
		e.Record = &r.chk.record
	}
	switch head := isMark && e.Mark.Type == MarkSegment; {
	case head != (r.line == 1):
		return r.fault(WhySegment, "the head of a segment is its first line and no other")
	case head && e.Mark.Segment != int64(r.at)+1:
		return r.fault(WhySegment, "the file holds segment %d", e.Mark.Segment)
	case head && e.Mark.Table == nil:
		r.table = Table{}
	case head:
		r.table = *e.Mark.Table
	}
	if a := r.anchor; a != nil && a.Seq == e.Head.Seq && *a != e.Head {
		return r.fault(WhyAnchor, "line %d has another hash than in the anchor: the journal was written anew", a.Seq)
	}
	return nil
}

func (r *reader) fault(why, format string, args ...any) error {
	return &Fault{r.segments[r.at].Name, r.line, r.offset, why, fmt.Sprintf(format, args...)}
}

// checkEnd looks for lines that the anchor vouches for and the journal no longer has.
func (r *reader) checkEnd() error {
	if a := r.anchor; a != nil && a.Seq > r.chk.head.Seq {
		f := &Fault{File: segmentName(1), Why: WhyAnchor}
		if n := len(r.segments); n > 0 {
			f.File, f.Line, f.Byte = r.segments[n-1].Name, r.line+1, r.offset
		}
		f.Detail = fmt.Sprintf("the journal ends at line %d, the anchor is line %d: the end was cut off", r.chk.head.Seq, a.Seq)
		return f
	}
	return nil
}

// readLine is the next line without its newline; nil at the end of the last file. What
// lies before it counts as verified.
func (r *reader) readLine() ([]byte, error) {
	r.skip()
	for r.at < len(r.segments) && !r.finished {
		if r.in == nil {
			if err := r.open(); err != nil {
				return nil, err
			}
		}
		scanned := 0
		for {
			if n := bytes.IndexByte(r.buf[r.lo+scanned:r.hi], '\n'); n >= 0 {
				r.line++
				line := r.buf[r.lo : r.lo+scanned+n]
				return line, nil
			}
			if scanned = r.hi - r.lo; r.ended {
				break
			}
			if err := r.fill(); err != nil {
				return nil, err
			}
		}
		if line, err := r.endOfFile(); line != nil || err != nil {
			return line, err
		}
	}
	return nil, nil
}

// skip leaves the line of the present entry behind.
func (r *reader) skip() {
	n := len(r.entry.Raw)
	if n > 0 && !r.bare {
		n++ // its newline
	}
	r.lo, r.offset, r.bytes = r.lo+n, r.offset+int64(n), r.bytes+int64(n)
	r.entry.Raw = nil
}

func (r *reader) open() error {
	in, err := r.fs.Open(r.segments[r.at].Name)
	if err != nil {
		return err
	}
	r.in, r.lo, r.hi, r.ended, r.offset, r.line = in, 0, 0, false, 0, 0
	return nil
}

// fill reads more behind what is not yet used.
func (r *reader) fill() error {
	if r.lo > 0 {
		r.hi = copy(r.buf, r.buf[r.lo:r.hi])
		r.lo = 0
	}
	if r.hi == len(r.buf) {
		if len(r.buf) >= lineMax {
			r.line++
			return r.fault(WhySyntax, "a line longer than %d bytes", lineMax)
		}
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	n, err := r.in.Read(r.buf[r.hi:])
	r.hi += n
	if errors.Is(err, io.EOF) {
		r.ended = true
		return nil
	}
	return err
}

// endOfFile handles what follows the last newline of a file. In the last file a crash may
// have left a part of a line, or zeros where the end was not written: such an end is torn.
// A last line that lacks nothing but its newline is whole.
func (r *reader) endOfFile() ([]byte, error) {
	last := r.at == len(r.segments)-1
	if rest := r.buf[r.lo:r.hi]; len(rest) > 0 && !r.bare || r.line == 0 {
		r.line++
		if !last {
			return nil, r.fault(WhySegment, "the file ends within a line, and another follows it")
		}
		text := bytes.TrimRight(rest, "\x00")
		if ownHash(text) {
			r.bare = true
			return text, nil
		}
		if len(text) > 0 && ownHash(text[:len(text)-1]) {
			return nil, r.fault(WhySyntax, "no newline after the line")
		}
		r.torn = r.fault(WhyTorn, "the journal ends within a line, of which %d bytes are there", len(rest)).(*Fault)
		r.tornLen = int64(len(rest))
	}
	err := r.in.Close()
	r.in, r.finished = nil, last
	if !last {
		r.at++
	}
	return nil, err
}

// close lets go of the open file.
func (r *reader) close() {
	if r.in != nil {
		_ = r.in.Close() // only read
		r.in = nil
	}
}
