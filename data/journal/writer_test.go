package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"breakwater/data/journal"
	"breakwater/data/journal/faultfs"
	"breakwater/exchange"
	"breakwater/risk"
)

func note(text string) *risk.Record {
	return &risk.Record{Type: risk.RecNote, Time: exchange.Seconds(1_600_000_000), Instrument: exchange.None, Slot: -1, Text: text}
}

// entries reads a journal: the type of each line with its text, and its heads.
func entries(t *testing.T, fs journal.FS) (lines []string) {
	t.Helper()
	recovery, err := journal.Recover(fs, noBallast)
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range recovery.Entries() {
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		if e.Record != nil {
			text = " " + e.Record.Text
		}
		lines = append(lines, e.File+" "+e.TypeName()+text)
	}
	return lines
}

func TestAFullDiskLeavesRoomForTheHalt(t *testing.T) {
	fs := &faultfs.FS{Capacity: 12_000}
	opt := journal.Options{BallastBytes: 4000, LastWord: &risk.Record{
		Type: risk.RecLevel, Level: risk.Halted, Control: risk.JournalHealth, Instrument: exchange.None, Slot: -1, Until: exchange.Never, Text: "the disk is full",
	}}
	w := writer(t, fs, opt)
	var err error
	n := 0
	for err == nil && n < 100 {
		r := typical(n)
		err = w.Record(&r, true)
		n++
	}
	if !errors.Is(err, journal.ErrNoSpace) || !strings.Contains(err.Error(), "free space, then start again") {
		t.Fatalf("after %d records: %v", n, err)
	}
	if again := w.Record(note("more"), true); again != err {
		t.Errorf("a record after the last words returns %v", again)
	}
	lines := entries(t, fs.Crash(seeded(1), faultfs.Tail))
	if len(lines) != 1+(n-1)+2 {
		t.Errorf("%d lines survive; want the head, %d records, the mark and the halt", len(lines), n-1)
	}
	last := lines[len(lines)-2:]
	if want := []string{"00000001.jsonl full ", "00000001.jsonl level the disk is full"}; strings.TrimSpace(last[0]) != strings.TrimSpace(want[0]) || last[1] != want[1] {
		t.Errorf("the last lines are %q, want %q", last, want)
	}
	// with space again the journal goes on, and has its ballast
	fs.Capacity = 0
	w = writer(t, fs, opt)
	if err := w.Record(note("again"), true); err != nil {
		t.Fatal(err)
	}
	if got := len(fs.Bytes("ballast")); got != 4000 {
		t.Errorf("the ballast has %d bytes after the restart", got)
	}
}

func TestAFullDiskAtTheStartIsAnError(t *testing.T) {
	fs := &faultfs.FS{Capacity: 3000}
	recovery, err := journal.Recover(fs, journal.Options{BallastBytes: 4000})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := recovery.Writer(journal.TestCatalog(), 1); !errors.Is(err, journal.ErrNoSpace) {
		t.Errorf("it starts without its ballast: %v", err)
	}
}

func TestADurableRecordIsSyncedAndOthersWait(t *testing.T) {
	fs := &faultfs.FS{}
	w := writer(t, fs, noBallast)
	before := fs.Count(faultfs.Sync)
	if _, waiting := w.Unsynced(); waiting {
		t.Error("a new writer has something unsynced")
	}
	first := note("one")
	first.Time = exchange.Seconds(1_600_000_001)
	for _, r := range []*risk.Record{first, note("two")} {
		if err := w.Record(r, false); err != nil {
			t.Fatal(err)
		}
	}
	if since, waiting := w.Unsynced(); !waiting || since != first.Time {
		t.Errorf("unsynced since %v (%v), want %v", since, waiting, first.Time)
	}
	if got := fs.Count(faultfs.Sync); got != before {
		t.Errorf("%d syncs for records that may wait", got-before)
	}
	if err := w.Record(note("three"), true); err != nil {
		t.Fatal(err)
	}
	if _, waiting := w.Unsynced(); waiting || fs.Count(faultfs.Sync) != before+1 {
		t.Errorf("after a durable record: waiting %v, %d syncs", waiting, fs.Count(faultfs.Sync)-before)
	}
	if err := w.Flush(); err != nil || fs.Count(faultfs.Sync) != before+1 {
		t.Errorf("a flush of nothing: %v, %d syncs", err, fs.Count(faultfs.Sync)-before)
	}
}

func TestAReplaySyncsAtItsEnd(t *testing.T) {
	fs := &faultfs.FS{}
	opt := noBallast
	opt.Replay = true
	w := writer(t, fs, opt)
	before := fs.Count(faultfs.Sync)
	for range 10 {
		if err := w.Record(note(""), true); err != nil {
			t.Fatal(err)
		}
	}
	if got := fs.Count(faultfs.Sync); got != before {
		t.Errorf("%d syncs in a replay", got-before)
	}
	if err := w.Close(); err != nil || fs.Count(faultfs.Sync) != before+1 {
		t.Errorf("Close: %v, %d syncs", err, fs.Count(faultfs.Sync)-before)
	}
	if err := w.Record(note("late"), false); err == nil {
		t.Error("a record after Close is accepted")
	}
	if err := errors.Join(w.Close(), w.Err()); err != nil {
		t.Errorf("a good Close leaves the error %v", err)
	}
}

func TestAFileHoldsADay(t *testing.T) {
	fs := &faultfs.FS{}
	opt := noBallast
	opt.Daily = true
	w := writer(t, fs, opt)
	day := exchange.At(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	for _, at := range []exchange.Stamp{0, day, day.Add(24*time.Hour - 1), day.Add(24 * time.Hour), day.Add(23 * time.Hour), day.Add(49 * time.Hour)} {
		r := note(fmt.Sprint(at))
		r.Time = at
		if err := w.Record(r, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, line := range entries(t, fs) {
		files = append(files, strings.TrimPrefix(line[:8], "0000000"))
	}
	if want := []string{"1", "1", "1", "1", "2", "2", "2", "3", "3"}; !slices.Equal(files, want) {
		t.Errorf("the lines lie in the files %v, want %v", files, want)
	}
}

func TestTheTableOfAJournalMayGrowAndNotChange(t *testing.T) {
	fs := &faultfs.FS{}
	if err := writer(t, fs, noBallast).Close(); err != nil {
		t.Fatal(err)
	}
	resume := func(cat *exchange.Catalog, currency exchange.AssetID) error {
		recovery, err := journal.Recover(fs, noBallast)
		if err != nil {
			t.Fatal(err)
		}
		w, err := recovery.Writer(cat, currency)
		if err != nil {
			return err
		}
		return w.Close()
	}
	for name, bad := range map[string]func() (*exchange.Catalog, exchange.AssetID){
		"another currency": func() (*exchange.Catalog, exchange.AssetID) { return journal.TestCatalog(), 0 },
		"an asset less": func() (*exchange.Catalog, exchange.AssetID) {
			cat := exchange.NewCatalog()
			must(t, cat.AddAsset, "XBT", 10)
			must(t, cat.AddAsset, "CAD", 4)
			return cat, 1
		},
		"other price decimals": func() (*exchange.Catalog, exchange.AssetID) { return scaled(t, 4, 2, 8), 1 },
		"other lot decimals":   func() (*exchange.Catalog, exchange.AssetID) { return scaled(t, 4, 1, 7), 1 },
		"other asset decimals": func() (*exchange.Catalog, exchange.AssetID) { return scaled(t, 5, 1, 8), 1 },
	} {
		if err := resume(bad()); err == nil {
			t.Errorf("%s: the journal is continued", name)
		}
	}
	recovery, err := journal.Recover(fs, noBallast)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range recovery.Entries() {
		if err != nil {
			t.Fatal(err)
		}
	}
	cat, err := recovery.Table().Catalog()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cat.Add(exchange.Spec{Symbol: "SOL/CAD", PriceDecimals: 2, LotDecimals: 8}); err != nil {
		t.Fatal(err)
	}
	if err := resume(scaled(t, 4, 1, 8), 1); err != nil {
		t.Fatalf("the same catalog: %v", err)
	}
	if err := resume(cat, 1); err != nil {
		t.Fatalf("one more pair: %v", err)
	}
	if got := entries(t, fs); len(got) != 2 || got[1] != "00000002.jsonl segment" {
		t.Errorf("the new table begins no file: %v", got)
	}
	if err := resume(cat, 1); err != nil {
		t.Fatal(err)
	}
	if got := entries(t, fs); len(got) != 2 {
		t.Errorf("the same table begins a file: %v", got)
	}
}

// scaled is the catalog of the tests with other decimals of CAD and of XBT/CAD.
func scaled(t *testing.T, cad, price, lot uint8) *exchange.Catalog {
	t.Helper()
	cat := exchange.NewCatalog()
	must(t, cat.AddAsset, "XBT", 10)
	must(t, cat.AddAsset, "CAD", cad)
	for _, s := range []exchange.Spec{
		{Symbol: "XBT/CAD", PriceDecimals: price, LotDecimals: lot, OrderMin: 5000, RulesKnown: true}, {Symbol: "ETH/CAD", PriceDecimals: 2, LotDecimals: 8},
	} {
		if _, err := cat.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	return cat
}

func must(t *testing.T, add func(string, uint8) (exchange.AssetID, error), name string, decimals uint8) {
	t.Helper()
	if _, err := add(name, decimals); err != nil {
		t.Fatal(err)
	}
}

func TestRecoveryLeavesNothingHalfMade(t *testing.T) {
	fs, heads := sample(t, 8)
	names := segments(t, fs)
	fs.Put("ballast.tmp", []byte("half"))
	fs.Put(names[0]+".tmp", []byte("half"))
	fs.Put("notes.txt", []byte("not ours"))
	fs.Put(journal.SegmentName(int64(len(names)+1)), []byte(`{"seq":`))
	w := writer(t, fs, noBallast)
	if h := w.Head(); h.Seq != heads[len(heads)-1].Seq+1 {
		t.Errorf("the journal goes on after line %d, want the note of the cut as %d", h.Seq, heads[len(heads)-1].Seq+1)
	}
	files, err := fs.List()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.Name)
	}
	if want := append(slices.Clone(names), "ballast", "notes.txt"); !slices.Equal(got, want) {
		t.Errorf("the files are %v, want %v", got, want)
	}
	if _, err := journal.Verify(fs, nil); err != nil {
		t.Error(err)
	}
}

func TestAFileIsFilledUpToItsSize(t *testing.T) {
	sizes := func(limit int64) (sizes []int) {
		fs := &faultfs.FS{}
		opt := noBallast
		opt.SegmentBytes = limit
		w := writer(t, fs, opt)
		for range 6 {
			if err := w.Record(note("same size"), false); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range segments(t, fs) {
			sizes = append(sizes, bytes.Count(fs.Bytes(name), []byte("\n")))
		}
		return sizes
	}
	fs := &faultfs.FS{}
	w := writer(t, fs, noBallast)
	for range 3 {
		if err := w.Record(note("same size"), false); err != nil {
			t.Fatal(err)
		}
	}
	whole := int64(len(fs.Bytes(journal.SegmentName(1))))
	if got := sizes(whole); !slices.Equal(got, []int{4, 4}) {
		t.Errorf("files of the size of three records hold %v lines", got)
	}
	if got := sizes(whole - 1); !slices.Equal(got, []int{3, 3, 3}) {
		t.Errorf("files of one byte less hold %v lines", got)
	}
	if got := sizes(1); !slices.Equal(got, []int{2, 2, 2, 2, 2, 2}) {
		t.Errorf("files that are too small for anything hold %v lines", got)
	}
}

func TestARecoveryHasOneWriterOfWhatItRead(t *testing.T) {
	fs, _ := sample(t, 3)
	recovery, err := journal.Recover(fs, noBallast)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := recovery.Writer(journal.TestCatalog(), 1); err != nil {
		t.Fatal(err)
	}
	if _, err := recovery.Writer(journal.TestCatalog(), 1); err == nil {
		t.Error("a second writer is made")
	}
	if recovery, err = journal.Recover(fs, noBallast); err != nil {
		t.Fatal(err)
	}
	for _, err := range recovery.Entries() {
		if err != nil {
			t.Fatal(err)
		}
	}
	name := segments(t, fs)[0]
	fs.Put(name, fs.Bytes(name)[:100])
	if _, err := recovery.Writer(journal.TestCatalog(), 1); err == nil {
		t.Error("a journal that changed while it was read is continued")
	}
}

func TestASmallBallastIsMadeAnew(t *testing.T) {
	fs := &faultfs.FS{}
	for _, size := range []int64{1000, 300_000, 300_000} {
		w := writer(t, fs, journal.Options{BallastBytes: size})
		if got := int64(len(fs.Bytes("ballast"))); got != size {
			t.Errorf("the ballast has %d bytes, want %d", got, size)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
