package file

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"breakwater/data"
	"breakwater/exchange"
)

const rows = "1700000040,100.1,102,99.5,101.25,3.0001,4\n1700000100,101,101,101,101,0.5,1\n"

// write puts a file into a fresh folder.
func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

func gz(t *testing.T, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, content)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// zipped is an archive of the given names, each with the two rows.
func zipped(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, n := range names {
		f, err := w.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, rows)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestArchivesReadLikeThePlainFile(t *testing.T) {
	for _, c := range []struct {
		name, member string
		content      []byte
	}{
		{"XBTCAD_1.csv", "", []byte(rows)},
		{"XBTCAD_1.csv.gz", "", gz(t, rows)},
		{"XBTCAD_1.csv", "", gz(t, rows)}, // known by its bytes, not by its name
		{"XBTCAD_1.zip", "", zipped(t, "XBTCAD_1.csv")},
		{"one.zip", "", zipped(t, "__MACOSX/._XBTCAD_1.csv", "folder/", "folder/XBTCAD_1.csv")},
		{"Kraken_OHLCVT.zip", ":XBTCAD_1.csv", zipped(t, "master/ETHCAD_1.csv", "master/XBTCAD_1.csv")},
		{"Kraken_OHLCVT.zip", ":master/XBTCAD_1.csv", zipped(t, "master/ETHCAD_1.csv", "master/XBTCAD_1.csv")},
	} {
		path := write(t, c.name, c.content) + c.member
		f, err := Open(path, data.Options{})
		if err != nil {
			t.Errorf("%s%s: %v", c.name, c.member, err)
			continue
		}
		if i := f.Info(); i.Pair != "XBT/CAD" || i.Interval != time.Minute || i.Format != data.OHLCVT {
			t.Errorf("%s%s: %+v", c.name, c.member, i)
		}
		n := 0
		var b data.Bar
		for err = f.NextBar(&b); err == nil; err = f.NextBar(&b) {
			n++
		}
		sum, sumErr := f.SHA256()
		if err != io.EOF || n != 2 || sumErr != nil || sum != fmt.Sprintf("%x", sha256.Sum256(c.content)) {
			t.Errorf("%s%s: %d rows, %v; hash %s, %v", c.name, c.member, n, err, sum, sumErr)
		}
		if read, size := f.Progress(); read != size || size != int64(len(c.content)) {
			t.Errorf("%s%s: progress %d of %d", c.name, c.member, read, size)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTheHashIsThatOfTheWholeFileWhereverReadingStopped(t *testing.T) {
	content := []byte(strings.Repeat(rows, 20000))
	f, err := Open(write(t, "XBTCAD_1.csv", content), data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sum, err := f.SHA256()
	if again, _ := f.SHA256(); err != nil || sum != fmt.Sprintf("%x", sha256.Sum256(content)) || again != sum {
		t.Errorf("%s, %s, %v", sum, again, err)
	}
}

func TestEveryUnreadableFileIsNamedWithARemedy(t *testing.T) {
	whole := gz(t, strings.Repeat(rows, 5000))
	for _, c := range []struct {
		path, want string
	}{
		{filepath.Join(t.TempDir(), "none.csv"), "there is no such file; check the path"},
		{t.TempDir(), "this is a folder; give a file in it"},
		{os.DevNull, "this is a pipe or a device"},
		{write(t, "empty.csv", nil), "the file is empty"},
		{write(t, "blank.csv", []byte("\n\n")), "blank.csv: the file has no rows"},
		{write(t, "x.csv", []byte("x\n")), `x.csv: the header "x"`},
		{write(t, "empty.csv.gz", gz(t, "")), "the file is empty"},
		{write(t, "a.zip", []byte(rows)), "no zip archive; fetch it again"},
		{write(t, "a.csv.gz", []byte(rows)), "no gzip file"},
		{write(t, "cut.zip", zipped(t, "a.csv")[:60]), "the zip archive is damaged"},
		{write(t, "none.zip", zipped(t)), "holds no file"},
		{write(t, "two.zip", zipped(t, "XBTCAD_1.csv", "ETHCAD_1.csv")), "holds 2 files (XBTCAD_1.csv, ETHCAD_1.csv); name one, as in"},
		{write(t, "two.zip", zipped(t, "XBTCAD_1.csv", "ETHCAD_1.csv")) + ":SOLCAD_1.csv", `holds no "SOLCAD_1.csv"`},
		{write(t, "plain.zip", []byte(rows)) + ":a.csv", "no zip archive"},
		{write(t, "cut.csv.gz", whole[:5]), "the archive is damaged"},
		{write(t, "deep.csv.gz", gz(t, string(whole))), "gzip inside another archive"},
		{write(t, "garbage.csv", []byte("\x7fELF\x01\x00\x00")), "binary data"},
	} {
		f, err := Open(c.path, data.Options{})
		if err == nil {
			f.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, data.ErrFormat) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

func TestAFileThatBreaksInTheMiddleFailsAfterItsGoodRows(t *testing.T) {
	var text strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&text, "%d,%d,200000,1,1%05d,1,1\n", 1700000040+60*i, i+1, i*7919%100000)
	}
	whole := gz(t, text.String())
	f, err := Open(write(t, "XBTCAD_1.csv.gz", whole[:len(whole)/2]), data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	var b data.Bar
	for err == nil {
		err = f.NextBar(&b)
		n++
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), fmt.Sprintf("reading line %d: ", n)) || n < 5000 {
		t.Errorf("after %d rows: %v", n, err)
	}
}

func TestRealEventsAreFoundByTheCheck(t *testing.T) {
	for _, c := range []struct{ path, when string }{
		{"kraken/ohlcvt/XBTCAD_1440.csv", "2019-05-30T00:00:00Z"},
		{"kraken/ohlcvt/ETHUSD_60.csv.gz", "2017-05-07T23:00:00Z"},
		{"kraken/ohlcvt/ETHUSD_60.csv.gz", "2021-02-22T14:00:00Z"},
		{"kraken/ohlcvt/STORJUSD_60.csv", "2020-08-13T20:00:00Z"},
	} {
		f, err := Open(realData(t, c.path), data.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rep, err := data.Check(f.Reader, data.CheckOptions{KeepPerDefect: 100})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, d := range rep.Findings {
			for _, one := range d.First {
				found = found || d.Defect == data.DefectWick && one.Time.String() == c.when
			}
		}
		if !found {
			t.Errorf("%s: the wick of %s is not listed", c.path, c.when)
		}
	}
}

func TestLeanQuoteBarsAreRefused(t *testing.T) {
	f, err := Open(realData(t, "bars/coinbase_BTCUSD_1m_20171217_quote.zip"), data.Options{})
	if err == nil {
		f.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "11 columns without a header") {
		t.Error(err)
	}
}

// The two files of one pair and one year on one account, merged.
func TestTwoPairsMergeByTime(t *testing.T) {
	cat := exchange.NewCatalog()
	ids, err := data.AddPairs(cat, nil, "XBT/CAD", "USDT/CAD")
	if err != nil {
		t.Fatal(err)
	}
	var series []data.Series
	for i, p := range []string{"kraken/ohlcvt/XBTCAD_1440.csv", "kraken/ohlcvt/USDTCAD_1440.csv"} {
		f, err := Open(realData(t, p), data.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		series = append(series, f.Series(&cat.Instruments[ids[i]]))
	}
	m, err := data.Merge(series, data.Flat)
	if err != nil {
		t.Fatal(err)
	}
	var e, before exchange.Event
	n := 0
	for err = m.Next(&e); err == nil; err = m.Next(&e) {
		if e.Time < before.Time || e.Time == before.Time && e.Kind == exchange.KindBar && before.Kind == exchange.KindOpen {
			t.Fatalf("%+v after %+v", e, before)
		}
		before = e
		n++
	}
	if err != io.EOF || n != 2*(3327+55+469) {
		t.Errorf("%d events, %v", n, err)
	}
}
