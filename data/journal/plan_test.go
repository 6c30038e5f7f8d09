package journal_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"breakwater/data/journal"
	"breakwater/data/journal/faultfs"
	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/risk"
)

// A plan's disk faults, each on a journal of its own: what the writer says, what fired, and
// what a recovery after a loss of power finds.
func TestAPlanDrivesTheDisk(t *testing.T) {
	start := exchange.Seconds(1_600_000_000)
	for _, c := range []struct {
		rule  string
		err   error // of the record that it strikes
		lines int   // that survive: the head, records, the mark and the halt
	}{
		{"do: enospc, for: 10s", journal.ErrNoSpace, 1 + 3 + 2},
		{"do: fsync-eio", faultfs.ErrIO, 0},
		{"do: torn, count: 20", faultfs.ErrIO, 0},
		{"do: readonly, for: 10s", faultfs.ErrReadOnly, 1 + 3},
	} {
		p, err := chaos.Parse("- {at: 3s, " + c.rule + "}")
		if err != nil {
			t.Fatal(err)
		}
		x, err := chaos.NewInjector(p, start)
		if err != nil {
			t.Fatal(err)
		}
		fs := &faultfs.FS{}
		fs.Play(x)
		opt := journal.Options{BallastBytes: 4000, LastWord: &risk.Record{Type: risk.RecLevel, Level: risk.Halted, Control: risk.JournalHealth, Instrument: exchange.None, Slot: -1, Until: exchange.Never, Text: "the disk is full"}}
		w := writer(t, fs, opt)
		for i := range 3 {
			x.Advance(start.Add(time.Duration(i) * time.Second))
			if err := w.Record(note("before"), true); err != nil {
				t.Fatalf("%s: %v", c.rule, err)
			}
		}
		x.Advance(start.Add(3 * time.Second))
		if err := w.Record(note("struck"), true); !errors.Is(err, c.err) {
			t.Errorf("%s: the record returns %v, want %v", c.rule, err, c.err)
		}
		if err := w.Record(note("more"), true); err == nil {
			t.Errorf("%s: the writer goes on after it failed", c.rule)
		}
		if x.Fired(0) == 0 {
			t.Errorf("%s never fired", c.rule)
		}
		after := fs.Crash(seeded(1), faultfs.Tail)
		x.Advance(start.Add(time.Minute)) // the disk is well again
		lines := entries(t, after)
		if n := len(lines); c.lines != 0 && n != c.lines || n < 4 || !strings.HasSuffix(lines[3], "before") {
			t.Errorf("%s: what survives is %q", c.rule, lines)
		}
		w = writer(t, after, opt)
		if err := w.Record(note("again"), true); err != nil {
			t.Errorf("%s: after the restart: %v", c.rule, err)
		}
	}
}

// A bit that turns is found by whoever reads, wherever it is.
func TestAFlippedBitIsFound(t *testing.T) {
	for bit := 1; bit < 4000; bit += 97 {
		x, err := chaos.NewInjector(chaos.Plan{Rules: []chaos.Rule{{Do: chaos.FlipBit, At: time.Second, Count: bit}}}, 0)
		if err != nil {
			t.Fatal(err)
		}
		fs := &faultfs.FS{}
		fs.Play(x)
		w := writer(t, fs, noBallast)
		for range 4 {
			if err := w.Record(note("a record"), true); err != nil {
				t.Fatal(err)
			}
		}
		x.Advance(exchange.Stamp(2 * time.Second))
		if _, err := fs.List(); err != nil { // whoever comes next
			t.Fatal(err)
		}
		if x.Fired(0) != 1 || fs.Fired() != 1 {
			t.Fatalf("bit %d was not flipped", bit)
		}
		found := false
		recovery, err := journal.Recover(fs, noBallast)
		if err == nil {
			n := 0
			for e, err := range recovery.Entries() {
				if err != nil {
					found = true
					break
				}
				if e.Record != nil && e.Record.Text == "a record" {
					n++
				}
			}
			found = found || n < 4 // in the last line it is a torn tail: cut and noted
		}
		if err == nil && !found {
			t.Errorf("a flipped bit at %d goes unnoticed", bit)
		}
	}
}
