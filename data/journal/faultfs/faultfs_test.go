package faultfs

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"breakwater/data/journal"
	"breakwater/exchange/chaos"
)

func write(t *testing.T, f journal.File, text string) {
	t.Helper()
	if _, err := f.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, d *FS, name string) journal.File {
	t.Helper()
	f, err := d.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// outcomes are what crashes make of a directory's file, and how often.
func outcomes(d *FS, name string, loss Loss) map[string]int {
	seen := map[string]int{}
	for seed := range uint64(300) {
		after := d.Crash(rand.New(rand.NewPCG(seed, 1)), loss)
		b := after.Bytes(name)
		if b == nil && after.names[name] == nil {
			seen["missing"]++
			continue
		}
		seen[string(bytes.ReplaceAll(b, []byte{0}, []byte{'0'}))]++
	}
	return seen
}

func TestACrashKeepsWhatWasSyncedAndAnyPartOfTheRest(t *testing.T) {
	d := &FS{}
	f := create(t, d, "a")
	write(t, f, "safe")
	ok(t, f.Sync())
	if seen := outcomes(d, "a", Tail); seen["missing"] == 0 || seen["safe"] == 0 {
		t.Errorf("a file whose name was not synced: %v", seen)
	}
	ok(t, d.SyncDir())
	if seen := outcomes(d, "a", Tail); seen["safe"] != 300 {
		t.Errorf("a file that was synced: %v", seen)
	}
	write(t, f, "lost")
	seen := outcomes(d, "a", Tail)
	for _, want := range []string{"safe", "safelo", "safelost", "safelo00", "safe0000"} {
		if seen[want] == 0 {
			t.Errorf("no crash leaves %q: %v", want, seen)
		}
	}
	if d.Bytes("a") == nil || string(d.Bytes("a")) != "safelost" {
		t.Errorf("the process sees %q", d.Bytes("a"))
	}
}

func TestASyncThatFailedIsNotMadeGoodByAnother(t *testing.T) {
	d := &FS{Faults: []Fault{{Op: Sync, Nth: 1, Err: ErrIO}}}
	f := create(t, d, "a")
	ok(t, d.SyncDir())
	write(t, f, "gone")
	if err := f.Sync(); !errors.Is(err, ErrIO) {
		t.Fatal(err)
	}
	ok(t, f.Sync())
	write(t, f, "+")
	ok(t, f.Sync())
	if seen := outcomes(d, "a", Tail); seen["0000+"] != 300 {
		t.Errorf("after a failed and two good syncs: %v", seen)
	}
}

func TestARenameIsOneStep(t *testing.T) {
	d := &FS{}
	d.Put("a", []byte("old"))
	f := create(t, d, "a.tmp")
	write(t, f, "new")
	ok(t, f.Sync())
	ok(t, d.SyncDir())
	ok(t, d.Rename("a.tmp", "a"))
	if seen := outcomes(d, "a", Tail); seen["old"] == 0 || seen["new"] == 0 || len(seen) != 2 {
		t.Errorf("a rename without a sync of the directory: %v", seen)
	}
	ok(t, d.SyncDir())
	if seen := outcomes(d, "a", Tail); seen["new"] != 300 {
		t.Errorf("with it: %v", seen)
	}
}

func TestSectorsAreLostOneByOne(t *testing.T) {
	d := &FS{}
	f := create(t, d, "a")
	ok(t, d.SyncDir())
	text := string(bytes.Repeat([]byte("a"), 512)) + string(bytes.Repeat([]byte("b"), 512))
	write(t, f, text)
	zeros := string(bytes.Repeat([]byte("0"), 512))
	seen := outcomes(d, "a", Sectors)
	for _, want := range []string{text, zeros + text[512:], text[:512] + zeros, zeros + zeros} {
		if seen[want] == 0 {
			t.Errorf("no crash leaves %q…%q", want[:1], want[1023:])
		}
	}
}

func TestADiskIsFullAtItsCapacity(t *testing.T) {
	d := &FS{Capacity: 6}
	f := create(t, d, "a")
	write(t, f, "1234")
	if n, err := f.Write([]byte("567")); n != 2 || !errors.Is(err, journal.ErrNoSpace) {
		t.Errorf("%d bytes, %v", n, err)
	}
	if string(d.Bytes("a")) != "123456" {
		t.Errorf("%q", d.Bytes("a"))
	}
}

func TestAFaultHitsItsOperationOnce(t *testing.T) {
	d := &FS{Faults: []Fault{{Op: Write, Nth: 2, Err: ErrIO, Keep: 1}}}
	f := create(t, d, "a")
	write(t, f, "12")
	if n, err := f.Write([]byte("34")); n != 1 || !errors.Is(err, ErrIO) {
		t.Errorf("%d bytes, %v", n, err)
	}
	write(t, f, "56")
	if string(d.Bytes("a")) != "12356" || d.Fired() != 1 || d.Count(Write) != 3 || d.Count(Any) != 4 {
		t.Errorf("%q, fired %d, %d writes of %d operations", d.Bytes("a"), d.Fired(), d.Count(Write), d.Count(Any))
	}
}

func TestWhatNoSyncHasMovedIsDirty(t *testing.T) {
	d := &FS{Faults: []Fault{{Op: Sync, Nth: 2, Err: ErrIO}}}
	f := create(t, d, "a")
	write(t, f, "one")
	if !d.Dirty() {
		t.Error("what was only written is not dirty")
	}
	ok(t, f.Sync())
	if d.Dirty() {
		t.Error("what was synced is dirty")
	}
	write(t, f, "two")
	if err := f.Sync(); !errors.Is(err, ErrIO) || !d.Dirty() {
		t.Errorf("after a sync that failed with %v it is clean", err)
	}
	ok(t, f.Sync())
	if !d.Dirty() {
		t.Error("a second sync is believed")
	}
}

// A bit of a plan turns once, where it lies and for whoever has the file open; Mend turns it
// back, also after a crash, also when it has turned again, and touches nothing that was
// written anew.
func TestABitThatHasTurnedIsTurnedBack(t *testing.T) {
	whole := []byte("a line of the journal\n")
	for times := 1; times <= 4; times++ {
		var d FS
		d.Put("000001.jsonl", whole)
		x, err := chaos.NewInjector(chaos.Plan{Rules: slices.Repeat([]chaos.Rule{{Do: chaos.FlipBit}}, times)}, 0)
		if err != nil {
			t.Fatal(err)
		}
		d.Play(x)
		turned := times%2 == 1
		if !d.Turn() || d.Turn() || bytes.Equal(d.Bytes("000001.jsonl"), whole) == turned {
			t.Fatalf("after it has turned %d times: %q", times, d.Bytes("000001.jsonl"))
		}
		after := d.Crash(rand.New(rand.NewPCG(1, 1)), Tail)
		if bytes.Equal(after.Bytes("000001.jsonl"), whole) == turned {
			t.Error("a crash mends it")
		}
		after.Mend()
		if after.Mend(); !bytes.Equal(after.Bytes("000001.jsonl"), whole) {
			t.Errorf("mended after %d times: %q", times, after.Bytes("000001.jsonl"))
		}
	}
}
