package journal_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"breakwater/data/journal"
	"breakwater/data/journal/faultfs"
	"breakwater/exchange"
	"breakwater/risk"
)

// story is a journal of two runs on two pairs.
func story(t *testing.T) *faultfs.FS {
	t.Helper()
	fs := &faultfs.FS{}
	for run := range 2 {
		w := writer(t, fs, noBallast)
		if err := w.Record(&risk.Record{Type: risk.RecStart, Text: "profile kraken-bot", Facts: exchange.FactBook | exchange.FactClock}, true); err != nil {
			t.Fatal(err)
		}
		for i := range 12 {
			r := typical(run*12 + i)
			if r.Order != nil {
				r.Order.Instrument = exchange.InstrumentID(i / 4 % 2)
			}
			if r.Event != nil {
				r.Event.Instrument = exchange.InstrumentID(i / 4 % 2)
			}
			if err := w.Record(&r, false); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Record(&risk.Record{Type: risk.RecLevel, Time: typicalTime(run*12 + 11), Level: risk.Halted, Control: risk.Drawdown, Text: "a\x1b[2Jdrawdown\nforged line"}, true); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return fs
}

func typicalTime(i int) exchange.Stamp { r := typical(i); return r.Time }

func show(t *testing.T, fs journal.FS, f journal.Filter, table bool) []string {
	t.Helper()
	var out bytes.Buffer
	if err := journal.Show(fs, nil, f, table, &out); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

func TestShowChooses(t *testing.T) {
	fs := story(t)
	for _, c := range []struct {
		filter journal.Filter
		want   int
	}{
		{journal.Filter{}, 1 + 2*14},
		{journal.Filter{Types: []string{"intent"}}, 6},
		{journal.Filter{Types: []string{"intent", "fill"}}, 12},
		{journal.Filter{Types: []string{"segment"}}, 1},
		{journal.Filter{Order: 2}, 3},
		{journal.Filter{Instrument: "BTC/CAD"}, 12},
		{journal.Filter{Instrument: "ETHCAD"}, 6},
		{journal.Filter{Instrument: "ETHCAD", Types: []string{"fill"}}, 2},
		{journal.Filter{From: typicalTime(4), To: typicalTime(8)}, 4},
		{journal.Filter{From: typicalTime(23)}, 2},
		{journal.Filter{Instrument: "SOL/CAD"}, 0},
	} {
		got := show(t, fs, c.filter, false)
		if c.want == 0 {
			got = got[1:]
		}
		if len(got) != c.want {
			t.Errorf("%+v shows %d lines, want %d", c.filter, len(got), c.want)
		}
		for _, line := range got {
			if !json.Valid([]byte(line)) {
				t.Errorf("not JSON: %s", line)
			}
		}
	}
	for _, bad := range []journal.Filter{{Types: []string{"odor"}}, {Instrument: "X"}} {
		if err := journal.Show(fs, nil, bad, false, &bytes.Buffer{}); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}

func TestShowIsReadable(t *testing.T) {
	lines := show(t, story(t), journal.Filter{}, true)
	for i, want := range map[int]string{
		1: "segment                         file 1 begins",
		2: "start                           facts: book clock profile kraken-bot",
		3: "intent            1  XBT/CAD    buy limit 0.012345 at 11530.1 ioc",
		4: "order             1  XBT/CAD    working",
		5: "fill              1  XBT/CAD    buy 0.012345 at 11530.1 taker fee 0.3701 CAD, filled",
		6: "equity                          equity 10000.1234 CAD high 10020.0000 CAD day low 9990.0000 CAD",
		7: "intent            2  ETH/CAD    buy limit 0.012345 at 1153.01 ioc",
	} {
		if !strings.HasSuffix(lines[i], want) {
			t.Errorf("line %d is\n%s\nand should end in\n%s", i, lines[i], want)
		}
	}
	fs := &faultfs.FS{}
	w := writer(t, fs, noBallast)
	if err := w.Record(note(strings.Repeat("long ", 1000)), true); err != nil {
		t.Fatal(err)
	}
	if long := show(t, fs, journal.Filter{}, true); len(long[2]) > 300 {
		t.Errorf("a long text fills the screen: %d bytes", len(long[2]))
	}
	level := lines[15]
	if !strings.HasSuffix(level, "ACTIVE → HALTED by drawdown a·[2Jdrawdown·forged line") {
		t.Errorf("a text from outside steers the terminal: %q", level)
	}
}

func TestShowBearsAnyRecord(t *testing.T) {
	fs := &faultfs.FS{}
	w := writer(t, fs, noBallast)
	rng := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		if err := w.Record(journal.FullRecord(rng), false); err != nil {
			t.Fatal(err)
		}
		if err := w.Record(journal.RandomRecord(rng), false); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := len(show(t, fs, journal.Filter{}, true)); got != 1+1+1000 {
		t.Errorf("%d lines are shown", got)
	}
}

func TestReplayGivesTheDigestOfTheRun(t *testing.T) {
	fs := &faultfs.FS{}
	opt := noBallast
	opt.SegmentBytes = 5000
	rng := rand.New(rand.NewPCG(2, 2))
	var want []string
	for range 3 {
		w := writer(t, fs, opt)
		digest := risk.NewDigest(journal.TestCatalog())
		both := risk.Tee{w, digest}
		if err := both.Record(&risk.Record{Type: risk.RecStart, Text: "profile research"}, true); err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			r := typical(rng.IntN(400))
			if i%5 == 4 {
				order := typical(0)
				r = risk.Record{Type: risk.RecDenial, Time: r.Time, OrderID: 9, Order: order.Order, Reasons: []risk.Reason{{Control: risk.CashReserve}, {Control: risk.Drawdown}}}
			}
			if err := both.Record(&r, false); err != nil {
				t.Fatal(err)
			}
		}
		want = append(want, digest.Sum())
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	runs, err := journal.Replay(fs, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range runs {
		if runs[i].Digest != want[i] || runs[i].Records != 41 || runs[i].Start != "profile research" {
			t.Errorf("run %d is %+v, want the digest %s", i, runs[i], want[i])
		}
	}
	if len(runs) != len(want) || want[0] == want[1] {
		t.Errorf("%d runs, want %d different ones", len(runs), len(want))
	}
	var out bytes.Buffer
	if err := journal.WriteRuns(&out, runs); err != nil || !strings.Contains(out.String(), want[2]) {
		t.Errorf("the table of runs: %v\n%s", err, out.String())
	}
}

func TestAReportIsForPeopleAndPrograms(t *testing.T) {
	fs := story(t)
	report, err := journal.Verify(fs, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := journal.WriteReport(&out, report); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"every line follows", "29 in 1 files", "intent", "journal segment", report.Head.String(), "2019-05-30T12:00:00Z"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report does not tell %q:\n%s", want, out.String())
		}
	}
	var decoded struct {
		OK    bool
		Lines int
		Head  string
		Types map[string]int
		Fault *journal.Fault
	}
	b, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &decoded); err != nil {
		t.Fatal(err)
	}
	if !decoded.OK || decoded.Lines != 29 || decoded.Head != report.Head.String() || decoded.Types["fill"] != 6 || decoded.Fault != nil {
		t.Errorf("as JSON: %s", b)
	}
	name := segments(t, fs)[0]
	bad := bytes.Replace(fs.Bytes(name), []byte("115301"), []byte("115302"), 1)
	report, err = journal.Verify(with(t, fs, name, bad), nil)
	if err == nil || report.Fault == nil || report.Lines != 2 {
		t.Fatalf("a changed journal: %v, %+v", err, report)
	}
	out.Reset()
	if err := journal.WriteReport(&out, report); err != nil || !strings.Contains(out.String(), "BROKEN") || !strings.Contains(out.String(), "00000001.jsonl line 3, byte") {
		t.Errorf("the report of a broken journal: %v\n%s", err, out.String())
	}
}
