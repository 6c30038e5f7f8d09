package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"breakwater/data/journal"
	"breakwater/data/journal/faultfs"
	"breakwater/risk"
)

// sample is a journal of a few files, and its heads after each line.
func sample(t *testing.T, n int) (*faultfs.FS, []journal.Head) {
	t.Helper()
	fs := &faultfs.FS{}
	opt := small()
	opt.SegmentBytes = 2500
	w := writer(t, fs, opt)
	heads := []journal.Head{w.Head()}
	for i := range n {
		r := typical(i)
		if err := w.Record(&r, true); err != nil {
			t.Fatal(err)
		}
		heads = append(heads, w.Head())
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return fs, heads
}

func segments(t *testing.T, fs journal.FS) (names []string) {
	t.Helper()
	files, err := fs.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name, ".jsonl") {
			names = append(names, f.Name)
		}
	}
	return names
}

// with is a copy of a journal in which one file has other bytes; nil: is missing.
func with(t *testing.T, fs *faultfs.FS, name string, b []byte) *faultfs.FS {
	t.Helper()
	out := &faultfs.FS{}
	for _, n := range segments(t, fs) {
		if n != name {
			out.Put(n, fs.Bytes(n))
		} else if b != nil {
			out.Put(n, b)
		}
	}
	return out
}

func TestAJournalCutAtAnyByteKeepsItsWholeLines(t *testing.T) {
	fs, heads := sample(t, 12)
	names := segments(t, fs)
	if len(names) < 2 {
		t.Fatalf("the journal has %d files, the test needs several", len(names))
	}
	last := names[len(names)-1]
	whole := fs.Bytes(last)
	before := uint64(0)
	for _, n := range names[:len(names)-1] {
		before += uint64(bytes.Count(fs.Bytes(n), []byte("\n")))
	}
	for cut := range len(whole) + 1 {
		for _, zeros := range []int{0, 700} {
			part := append(slices.Clone(whole[:cut]), make([]byte, zeros)...)
			lines := before + uint64(bytes.Count(whole[:cut], []byte("\n")))
			if cut < len(whole) && whole[cut] == '\n' {
				lines++ // nothing but its newline is missing
			}
			s := session{written: map[journal.Head]bool{}}
			for _, h := range heads {
				s.written[h] = true
				if h.Seq <= lines {
					s.acked = h
				}
			}
			if got := s.mustHold(t, with(t, fs, last, part), fmt.Sprintf("cut at byte %d, %d zeros", cut, zeros)); got != lines {
				t.Fatalf("cut at byte %d with %d zeros behind: %d lines recovered, want %d", cut, zeros, got, lines)
			}
		}
	}
}

func TestTheCutOfATornEndIsRecorded(t *testing.T) {
	fs, _ := sample(t, 3)
	name := segments(t, fs)[0]
	b := fs.Bytes(name)
	torn := with(t, fs, name, b[:len(b)-100])
	w := writer(t, torn, small())
	if _, waiting := w.Unsynced(); waiting {
		t.Error("the note of the cut waits for a sync")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	start := int64(bytes.LastIndexByte(b[:len(b)-1], '\n') + 1)
	var got []string
	recovery, err := journal.Recover(torn, small())
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range recovery.Entries() {
		if err != nil {
			t.Fatal(err)
		}
		if e.Mark != nil && e.Mark.Type == journal.MarkCut {
			got = append(got, fmt.Sprint(e.Mark.File, e.Mark.Byte, e.Mark.Lost, e.Time))
		}
	}
	if want := fmt.Sprint(name, start, int64(len(b))-100-start, small().Now); len(got) != 1 || got[0] != want {
		t.Errorf("the marks of cuts are %q, want %q", got, want)
	}
}

func TestAFlippedBitIsFoundAndNeverRecovered(t *testing.T) {
	fs, heads := sample(t, 7)
	for _, name := range segments(t, fs) {
		b := fs.Bytes(name)
		for bit := range len(b) * 8 {
			changed := slices.Clone(b)
			changed[bit/8] ^= 1 << (bit % 8)
			flipped := with(t, fs, name, changed)
			line := 1 + bytes.Count(b[:bit/8], []byte("\n"))
			var fault *journal.Fault
			if _, err := journal.Verify(flipped, nil); !errors.As(err, &fault) {
				t.Fatalf("bit %d of %s: verify says %v", bit, name, err)
			}
			// a newline that is no more joins two lines: the first is named
			if fault.File != name || fault.Line != line || fault.Byte != int64(lineStart(b, bit/8)) {
				t.Fatalf("bit %d of %s, line %d: the fault is %v", bit, name, line, fault)
			}
			recovery, err := journal.Recover(flipped, small())
			if err != nil {
				continue
			}
			if w, err := recovery.Writer(journal.TestCatalog(), 1); err == nil {
				t.Fatalf("bit %d of %s: recovered at line %d of %d", bit, name, w.Head().Seq, len(heads))
			}
		}
	}
}

func lineStart(b []byte, at int) int { return bytes.LastIndexByte(b[:at], '\n') + 1 }

func TestAForgedJournalIsNamedWithItsReason(t *testing.T) {
	fs, _ := sample(t, 14)
	names := segments(t, fs)
	first := fs.Bytes(names[0])
	lines := bytes.SplitAfter(first, []byte("\n"))
	join := func(order ...int) []byte {
		var b []byte
		for _, i := range order {
			b = append(b, lines[i]...)
		}
		return b
	}
	rest := make([]int, 0)
	for i := 4; i < len(lines); i++ {
		rest = append(rest, i)
	}
	reseal := func(from, to string) []byte {
		b := bytes.Replace(lines[2], []byte(from), []byte(to), 1)
		if bytes.Equal(b, lines[2]) {
			t.Fatalf("%s is not in %s", from, b)
		}
		return journal.Reseal(b)
	}
	replaced := func(line []byte) []byte {
		return append(append(join(0, 1), line...), join(append([]int{3}, rest...)...)...)
	}
	for _, c := range []struct {
		name, why string
		file      string
		bytes     []byte
		line      int
	}{
		{"a line is missing", journal.WhySeq, names[0], join(append([]int{0, 1, 3}, rest...)...), 3},
		{"a line stands twice", journal.WhySeq, names[0], join(append([]int{0, 1, 2, 2, 3}, rest...)...), 4},
		{"two lines are exchanged", journal.WhySeq, names[0], join(append([]int{0, 1, 3, 2}, rest...)...), 3},
		{"a digit is changed", journal.WhyHash, names[0], bytes.Replace(first, []byte("115301"), []byte("115302"), 1), 2},
		{"a line is changed and its hash made anew", journal.WhyPrev, names[0], replaced(reseal(`"order_id":1`, `"order_id":2`)), 4},
		{"an unknown field", journal.WhySyntax, names[0], replaced(reseal(`"body":{`, `"body":{"force":true,`)), 3},
		{"a space", journal.WhySyntax, names[0], replaced(reseal(`"body":{`, `"body": {`)), 3},
		{"an unknown type", journal.WhySyntax, names[0], replaced(reseal(`"type":"order"`, `"type":"odor"`)), 3},
		{"a file is empty", journal.WhySegment, names[0], []byte{}, 1},
		{"a file is missing", journal.WhySegment, names[0], nil, 1},
		{"a middle file is missing", journal.WhySegment, names[1], nil, 1},
		{"a middle file ends within a line", journal.WhySegment, names[0], first[:len(first)-9], len(lines) - 1},
		{"another file's lines", journal.WhySeq, names[1], fs.Bytes(names[2]), 1},
	} {
		forged := with(t, fs, c.file, c.bytes)
		_, err := journal.Verify(forged, nil)
		var fault *journal.Fault
		if !errors.As(err, &fault) || fault.Why != c.why || c.bytes != nil && (fault.File != c.file || fault.Line != c.line) {
			t.Errorf("%s: the fault is %v, want %s in line %d of %s", c.name, err, c.why, c.line, c.file)
		}
	}
}

func TestAnAnchorShowsWhatTheChainCannot(t *testing.T) {
	fs, heads := sample(t, 9)
	anchor := heads[len(heads)-1]
	if _, err := journal.Verify(fs, &anchor); err != nil {
		t.Fatal(err)
	}
	names := segments(t, fs)
	last := names[len(names)-1]
	b := fs.Bytes(last)
	shorter := with(t, fs, last, b[:lineStart(b, len(b)-1)])
	if _, err := journal.Verify(shorter, nil); err != nil {
		t.Errorf("a journal without its last line holds as far as it goes: %v", err)
	}
	other := &faultfs.FS{}
	w := writer(t, other, small())
	for range 12 {
		if err := w.Record(&risk.Record{Type: risk.RecNote, Text: "nothing happened"}, true); err != nil {
			t.Fatal(err)
		}
	}
	for name, forged := range map[string]*faultfs.FS{"cut": shorter, "written anew": other, "empty": {}} {
		var fault *journal.Fault
		if _, err := journal.Verify(forged, &anchor); !errors.As(err, &fault) || fault.Why != journal.WhyAnchor {
			t.Errorf("%s: verify against the anchor says %v", name, err)
		}
		opt := small()
		opt.Anchor = &anchor
		recovery, err := journal.Recover(forged, opt)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := recovery.Writer(journal.TestCatalog(), 1); !errors.As(err, &fault) {
			t.Errorf("%s: recovery against the anchor says %v", name, err)
		}
	}
	back, err := journal.ParseHead(anchor.String())
	if err != nil || back != anchor {
		t.Errorf("%s is read as %v, %v", anchor, back, err)
	}
	for _, bad := range []string{"", "12", "12:", "x:" + anchor.String(), anchor.String() + "00", "-1" + anchor.String()} {
		if _, err := journal.ParseHead(bad); err == nil {
			t.Errorf("%q is accepted as an anchor", bad)
		}
	}
}

func TestAFileBeginsWithItsOwnHead(t *testing.T) {
	table := journal.TableOf(journal.TestCatalog(), 1)
	head, next := journal.MarkLine(journal.Head{}, journal.Mark{Type: journal.MarkSegment, Segment: 1, Table: &table})
	second, _ := journal.MarkLine(next, journal.Mark{Type: journal.MarkSegment, Segment: 2, Table: &table})
	other, _ := journal.MarkLine(journal.Head{}, journal.Mark{Type: journal.MarkSegment, Segment: 2, Table: &table})
	bare, _ := journal.RecordLine(journal.Head{}, note("no head"))
	for _, c := range []struct {
		name string
		file []byte
		line int
	}{
		{"a record comes first", bare, 1},
		{"the head of another file", other, 1},
		{"two heads", slices.Concat(head, second), 2},
	} {
		fs := &faultfs.FS{}
		fs.Put(journal.SegmentName(1), c.file)
		var fault *journal.Fault
		if _, err := journal.Verify(fs, nil); !errors.As(err, &fault) || fault.Why != journal.WhySegment || fault.Line != c.line {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
