package journal_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"breakwater/data/journal"
	"breakwater/data/journal/faultfs"
	"breakwater/exchange"
	"breakwater/risk"
)

// small makes many short segments and a small ballast.
func small() journal.Options {
	return journal.Options{SegmentBytes: 4000, BallastBytes: 3000, Now: exchange.Seconds(1_600_000_000)}
}

// session opens the journal, writes n random records and closes nothing. It returns what
// was promised to survive.
type session struct {
	acked   journal.Head          // durable: a sync behind it was reported
	written map[journal.Head]bool // every line that Record returned nil for
	err     error
}

func run(fs journal.FS, rng *rand.Rand, n int, opt journal.Options) (s session) {
	s.written = map[journal.Head]bool{}
	recovery, err := journal.Recover(fs, opt)
	if err != nil {
		s.err = err
		return s
	}
	w, err := recovery.Writer(journal.TestCatalog(), 1)
	if err != nil {
		s.err = err
		return s
	}
	s.acked = w.Head()
	for range n {
		durable := rng.IntN(3) == 0
		if s.err = w.Record(journal.RandomRecord(rng), durable); s.err != nil {
			return s
		}
		s.written[w.Head()] = true
		if !durable && rng.IntN(5) == 0 {
			if s.err = w.Flush(); s.err != nil {
				return s
			}
			durable = true
		}
		if durable {
			s.acked = w.Head()
		}
	}
	return s
}

// mustHold recovers a journal and demands that it has everything acknowledged, nothing that was
// not written, and can be continued and verified.
func (s *session) mustHold(t *testing.T, fs *faultfs.FS, what string) (lines uint64) {
	t.Helper()
	opt := small()
	opt.Anchor = &s.acked
	if s.acked.Seq == 0 {
		opt.Anchor = nil
	}
	recovery, err := journal.Recover(fs, opt)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	for e, err := range recovery.Entries() {
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if lines++; e.Record != nil && e.Head.Seq <= s.acked.Seq && !s.written[e.Head] {
			t.Fatalf("%s: line %d was never written", what, e.Head.Seq)
		}
	}
	w, err := recovery.Writer(journal.TestCatalog(), 1)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if err := w.Record(&risk.Record{Type: risk.RecNote, Text: "continued"}, true); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	head := w.Head()
	if err := w.Close(); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	// what recovery found counts as durable now, whatever became of the syncs before it
	for name, fs := range map[string]*faultfs.FS{"read again": fs, "after a crash": fs.Crash(seeded(1), faultfs.Tail)} {
		if report, err := journal.Verify(fs, &head); err != nil || report.Torn != nil {
			t.Fatalf("%s: recovered, then %s: %v, torn: %v", what, name, err, report.Torn)
		}
	}
	return lines
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

func TestWhatFailsAtAnyOperationLosesNothingAcknowledged(t *testing.T) {
	for _, op := range []faultfs.Op{faultfs.Any, faultfs.Write, faultfs.Sync} {
		for _, cause := range []error{faultfs.ErrIO, journal.ErrNoSpace} {
			for seed := range uint64(2) {
				n := 0
				for {
					n++
					fs := &faultfs.FS{Faults: []faultfs.Fault{{Op: op, Nth: n, Err: cause, Keep: int(seed) * 100}}}
					s := run(fs, seeded(seed), 25, small())
					if fs.Fired() == 0 {
						break
					}
					what := fmt.Sprintf("seed %d, %v", seed, fs.Faults[0])
					fs.Faults = nil
					crash := seeded(seed + 100)
					for k := range 2 {
						s.mustHold(t, fs.Crash(crash, faultfs.Tail), fmt.Sprintf("%s, crash %d", what, k))
					}
					s.mustHold(t, fs, what+", process restarted")
				}
				t.Logf("%s, %v, seed %d: failed at each of %d places", op, cause, seed, n-1)
			}
		}
	}
}

func TestACrashAtAnyPlaceLosesNothingAcknowledged(t *testing.T) {
	for seed := range uint64(300) {
		rng := seeded(seed)
		fs := &faultfs.FS{}
		s := run(fs, rng, 1+rng.IntN(60), small())
		if s.err != nil {
			t.Fatal(s.err)
		}
		s.mustHold(t, fs.Crash(rng, faultfs.Tail), fmt.Sprintf("seed %d", seed))
	}
}

func TestAnErrorIsKept(t *testing.T) {
	for _, op := range []faultfs.Op{faultfs.Write, faultfs.Sync} {
		fs := &faultfs.FS{}
		w := open(t, fs)
		fs.Faults = []faultfs.Fault{{Op: op, Nth: fs.Count(op) + 1, Err: faultfs.ErrIO}}
		note := &risk.Record{Type: risk.RecNote}
		first := w.Record(note, true)
		if !errors.Is(first, faultfs.ErrIO) {
			t.Fatalf("%s: %v", op, first)
		}
		syncs, writes := fs.Count(faultfs.Sync), fs.Count(faultfs.Write)
		for _, err := range []error{w.Record(note, true), w.Record(note, false), w.Flush(), w.Err()} {
			if err != first {
				t.Errorf("%s: a later call returns %v", op, err)
			}
		}
		if err := w.Close(); err != first {
			t.Errorf("%s: Close returns %v", op, err)
		}
		if fs.Count(faultfs.Sync) != syncs || fs.Count(faultfs.Write) != writes {
			t.Errorf("%s: tried again after an error", op)
		}
	}
}

// open is a fresh writer on a directory.
func open(t *testing.T, fs journal.FS) *journal.Writer {
	t.Helper()
	recovery, err := journal.Recover(fs, small())
	if err != nil {
		t.Fatal(err)
	}
	w, err := recovery.Writer(journal.TestCatalog(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// A disk that writes sectors out of order can leave a hole before whole lines. Such a
// journal is refused rather than cut behind somebody's back; what was acknowledged is
// never lost.
func TestACrashThatLeavesHolesIsRecoveredOrRefused(t *testing.T) {
	refused, recovered := 0, 0
	for seed := range uint64(300) {
		rng := seeded(seed)
		fs := &faultfs.FS{}
		s := run(fs, rng, 1+rng.IntN(30), small())
		if s.err != nil {
			t.Fatal(s.err)
		}
		after := fs.Crash(rng, faultfs.Sectors)
		var fault *journal.Fault
		if _, err := journal.Verify(after, nil); errors.As(err, &fault) {
			if refused++; fault.Byte == 0 && fault.Line == 0 {
				t.Errorf("seed %d: the refusal names no place: %v", seed, fault)
			}
			continue
		}
		recovered++
		s.mustHold(t, after, fmt.Sprintf("seed %d", seed))
	}
	t.Logf("%d crashes recovered, %d refused", recovered, refused)
	if refused == 0 || recovered == 0 {
		t.Error("the test sees only one kind of crash")
	}
}
