package reports

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gocarina/gocsv"

	"breakwater/exchange/money"
)

func TestFillsReadBackToTheLastDigit(t *testing.T) {
	r := sampleRun(t)
	var b bytes.Buffer
	if err := WriteFills(&b, r); err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Time  time.Time `csv:"time"`
		Order uint64    `csv:"order"`
		Side  string    `csv:"side"`
		Type  string    `csv:"type"`
		Price string    `csv:"price"`
		Qty   string    `csv:"qty"`
		Cost  string    `csv:"cost"`
		Fee   string    `csv:"fee"`
		Asset string    `csv:"fee_asset"`
	}
	if err := gocsv.UnmarshalBytes(b.Bytes(), &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != r.Fills.Len() || len(rows) == 0 {
		t.Fatalf("%d rows for %d fills", len(rows), r.Fills.Len())
	}
	for i, f := range r.Fills.All() {
		row := rows[i]
		for _, c := range []struct {
			text     string
			decimals uint8
			want     int64
		}{{row.Price, 1, int64(f.Price)}, {row.Qty, 8, int64(f.Qty)}, {row.Cost, 4, int64(f.Cost)}, {row.Fee, 4, int64(f.Fee)}} {
			if got, err := money.Parse(c.text, c.decimals); err != nil || got != c.want {
				t.Fatalf("row %d: %q is %d, %v; want %d", i, c.text, got, err, c.want)
			}
		}
		if !row.Time.Equal(f.Time.Time()) || row.Order != uint64(f.Order) || row.Side != f.Side.String() || row.Type != f.Type.String() || row.Asset != "CAD" {
			t.Fatalf("row %d: %+v; want %+v", i, row, *f)
		}
	}
}

func TestRoundTripsReadBack(t *testing.T) {
	r := sampleRun(t)
	var b bytes.Buffer
	if err := WriteRoundTrips(&b, r); err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Closed string  `csv:"closed"`
		PnL    string  `csv:"pnl"`
		Return float64 `csv:"return"`
		Exit   string  `csv:"exit"`
	}
	if err := gocsv.UnmarshalBytes(b.Bytes(), &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != r.Trips.Len() {
		t.Fatalf("%d rows for %d round trips", len(rows), r.Trips.Len())
	}
	for i, row := range rows {
		trip := r.Trips.At(i)
		if pnl, err := money.Parse(row.PnL, 4); err != nil || pnl != int64(trip.PnL) || row.Exit != trip.Reason() || (row.Closed == "") != trip.Open {
			t.Fatalf("row %d: %+v; want %+v", i, row, *trip)
		}
	}
}

func TestEquityAndDailyHaveARowForEachPoint(t *testing.T) {
	r := sampleRun(t)
	var b bytes.Buffer
	if err := WriteEquity(&b, r); err != nil {
		t.Fatal(err)
	}
	var rows []EquityRow
	if err := gocsv.UnmarshalBytes(b.Bytes(), &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(r.Curve) || rows[len(rows)-1].Equity != money.Format(int64(r.Equity), 4) {
		t.Errorf("%d rows, the last %+v; want %d and the final equity", len(rows), rows[len(rows)-1], len(r.Curve))
	}
	b.Reset()
	if err := WriteDaily(&b, r); err != nil {
		t.Fatal(err)
	}
	var days []DayRow
	if err := gocsv.UnmarshalBytes(b.Bytes(), &days); err != nil {
		t.Fatal(err)
	}
	if len(days) != 500 || days[0].Date != "2024-01-01" {
		t.Errorf("%d days from %s; want 500 from 2024-01-01", len(days), days[0].Date)
	}
}

// The golden file holds the names and the kinds of all values, so that a name that goes or
// changes kind is seen: that is what Schema numbers.
func TestJSONSchemaIsStable(t *testing.T) {
	r := sampleRun(t)
	var summary, manifest bytes.Buffer
	if err := r.WriteJSON(&summary); err != nil {
		t.Fatal(err)
	}
	if err := WriteManifest(&manifest, r); err != nil {
		t.Fatal(err)
	}
	golden(t, "summary.schema", []byte(shapeOf(t, summary.Bytes())))
	golden(t, "manifest.json", manifest.Bytes())
}

func shapeOf(t *testing.T, raw []byte) string {
	t.Helper()
	var b strings.Builder
	d := json.NewDecoder(bytes.NewReader(raw))
	seen := map[string]bool{}
	var walk func(path string)
	walk = func(path string) {
		tok, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		kind := ""
		switch v := tok.(type) {
		case json.Delim:
			for d.More() {
				if v == '{' {
					name, _ := d.Token()
					walk(path + "." + name.(string))
				} else {
					walk(path + "[]")
				}
			}
			d.Token()
			return
		case string:
			kind = "string"
		case float64:
			kind = "number"
		case bool:
			kind = "bool"
		default:
			kind = "null"
		}
		if line := path + " " + kind + "\n"; !seen[line] {
			seen[line] = true
			b.WriteString(line)
		}
	}
	walk("")
	return b.String()
}

func TestAFigureThatIsNotThereIsNullWithItsReason(t *testing.T) {
	b, err := json.Marshal(Figure{NA: "no losing round trip"})
	if err != nil || string(b) != `{"value":null,"reason":"no losing round trip"}` {
		t.Errorf("%s, %v", b, err)
	}
}

func TestAReportIsNeverOverwrittenUnlessTold(t *testing.T) {
	r := sampleRun(t)
	dir := filepath.Join(t.TempDir(), "out", "run")
	if err := WriteDirectory(dir, r, DirectoryOptions{}); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(dir, FileManifest))
	if err != nil {
		t.Fatal(err)
	}
	r.Meta.Version = "other"
	err = WriteDirectory(dir, r, DirectoryOptions{})
	if err == nil || !strings.Contains(err.Error(), "--overwrite") || !strings.Contains(err.Error(), dir) {
		t.Errorf("a second report: %v; want a refusal with the remedy", err)
	}
	if after, _ := os.ReadFile(filepath.Join(dir, FileManifest)); !bytes.Equal(before, after) {
		t.Error("the refused report has changed the first one")
	}
	if err := WriteDirectory(dir, r, DirectoryOptions{Overwrite: true}); err != nil {
		t.Error(err)
	}
	if after, _ := os.ReadFile(filepath.Join(dir, FileManifest)); bytes.Equal(before, after) {
		t.Error("told to overwrite, nothing changed")
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestAFileInTheWayIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := CheckDirectory(file, true); err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("%v; want a refusal", err)
	}
}
