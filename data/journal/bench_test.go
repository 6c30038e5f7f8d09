package journal_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"breakwater/data/journal"
	"breakwater/data/journal/osfs"
	"breakwater/exchange"
	"breakwater/risk"
)

// typical is what an order leaves behind: intent, acknowledgement, fill, extreme.
func typical(i int) risk.Record {
	at := exchange.Seconds(1_559_217_600).Add(time.Duration(i) * 250 * time.Millisecond)
	id := exchange.OrderID(1 + i/4)
	switch i % 4 {
	case 0:
		return risk.Record{Type: risk.RecIntent, Instrument: exchange.None, Slot: -1, Time: at, OrderID: id, Order: &exchange.Order{
			ID: id, Side: exchange.Buy, Type: exchange.Limit, TIF: exchange.IOC, Qty: 1_234_500, Price: 115_301, Sent: at, Decision: 115_300,
		}}
	case 1:
		return risk.Record{Type: risk.RecOrder, Instrument: exchange.None, Slot: -1, Time: at, OrderID: id, Event: &exchange.Event{
			Kind: exchange.KindOrder, Seq: uint64(i), Time: at, Received: at, Order: id, State: exchange.Working, Remaining: 1_234_500, Last: true,
		}}
	case 2:
		return risk.Record{Type: risk.RecFill, Instrument: exchange.None, Slot: -1, Time: at, OrderID: id, Event: &exchange.Event{
			Kind: exchange.KindFill, Seq: uint64(i), Time: at, Received: at, Order: id, State: exchange.Filled, Price: 115_301, Qty: 1_234_500,
			Cost: 1_423_391, Fee: 3_701, FeeAsset: 1, TradeID: uint64(i), Last: true,
		}}
	}
	return risk.Record{Type: risk.RecEquity, Instrument: exchange.None, Slot: -1, Time: at, Equity: 10_000_1234, High: 10_020_0000, DayLow: 9_990_0000}
}

func BenchmarkEncodeAndChain(b *testing.B) {
	records := make([]risk.Record, 4096)
	for i := range records {
		records[i] = typical(i)
	}
	chain := journal.NewChain()
	bytes, i := 0, 0
	for b.Loop() {
		bytes += chain(&records[i%len(records)])
		i++
	}
	b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(bytes)/float64(i), "bytes/record")
}

func directory(tb testing.TB) *osfs.Dir {
	tb.Helper()
	dir, err := osfs.Open(filepath.Join(tb.TempDir(), "journal"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = dir.Close() })
	return dir
}

func writer(tb testing.TB, fs journal.FS, opt journal.Options) *journal.Writer {
	tb.Helper()
	recovery, err := journal.Recover(fs, opt)
	if err != nil {
		tb.Fatal(err)
	}
	w, err := recovery.Writer(journal.TestCatalog(), 1)
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

var noBallast = journal.Options{BallastBytes: -1}

// BenchmarkDurable alternates a durable record with one raw write and sync of as many
// bytes in the same directory.
func BenchmarkDurable(b *testing.B) {
	w := writer(b, directory(b), noBallast)
	raw, err := os.OpenFile(filepath.Join(b.TempDir(), "raw"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	defer raw.Close()
	r := typical(0)
	line, _ := journal.RecordLine(w.Head(), &r)
	var ours, theirs time.Duration
	for b.Loop() {
		start := time.Now()
		if err := w.Record(&r, true); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		if _, err := raw.Write(line); err != nil {
			b.Fatal(err)
		}
		if err := raw.Sync(); err != nil {
			b.Fatal(err)
		}
		ours += middle.Sub(start)
		theirs += time.Since(middle)
	}
	b.ReportMetric(float64(ours.Microseconds())/float64(b.N), "µs/record")
	b.ReportMetric(float64(theirs.Microseconds())/float64(b.N), "µs/raw")
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
}

func BenchmarkGroups(b *testing.B) {
	w := writer(b, directory(b), noBallast)
	i, last := 0, time.Now()
	for b.Loop() {
		r := typical(i)
		if err := w.Record(&r, false); err != nil {
			b.Fatal(err)
		}
		if i++; i%16 == 0 && time.Since(last) >= 100*time.Millisecond {
			last = time.Now()
			if err := w.Flush(); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkRecovery(b *testing.B) {
	const records = 1_000_000
	dir := directory(b)
	opt := noBallast
	opt.Replay = true
	w := writer(b, dir, opt)
	for i := range records {
		r := typical(i)
		if err := w.Record(&r, false); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		recovery, err := journal.Recover(dir, noBallast)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for e, err := range recovery.Entries() {
			if err != nil {
				b.Fatal(err)
			}
			if e.Record != nil {
				n++
			}
		}
		if n != records {
			b.Fatal(fmt.Sprint(n, " records"))
		}
		if _, err := recovery.Writer(journal.TestCatalog(), 1); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/recovery")
}
