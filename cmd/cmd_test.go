package cmd

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"breakwater/strategy"
)

// builtIns are the strategies before any test registers one of its own.
var builtIns = strategy.List()

// call runs a command line in this process.
func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// must is call for a command that has to succeed in silence.
func must(t *testing.T, args ...string) (stdout string) {
	t.Helper()
	code, stdout, stderr := call(t, args...)
	if code != exitDone || stderr != "" {
		t.Fatalf("breakwater %s: exit %d, said %q", strings.Join(args, " "), code, stderr)
	}
	return stdout
}

// result is what the tests read of `--json`.
type result struct {
	Strategy  string
	Profile   string
	Synthetic bool
	Bars      int64
	Currency  string
	Cash      string
	Equity    string
	Digest    string
	Figures   struct {
		MaxDrawdown struct{ Value float64 } `json:"max_drawdown"`
		WinRate     struct{ Value float64 } `json:"win_rate"`
	}
	Trades struct {
		RoundTrips int64 `json:"round_trips"`
		Open       int
		Fills      int64
		Fees       string
	}
	Data []struct {
		Instrument string
		Interval   float64 `json:"interval_s"`
		Rows       int64
		SHA256     string
		Gaps       struct{ Places, Missing int64 }
	}
	Instruments []struct {
		Instrument string
		Fills      int64
	}
	Guard struct {
		Denied  int64
		Denials []struct{ Control string }
		Worst   string `json:"worst_level"`
	}
}

func backtestJSON(t *testing.T, args ...string) (r result) {
	t.Helper()
	out := must(t, append([]string{"backtest", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("--json printed %q: %v", out, err)
	}
	return r
}

// realData is the path of a real data file; the test is skipped where there are none.
func realData(t *testing.T, elements ...string) string {
	t.Helper()
	root := os.Getenv("BREAKWATER_DATA")
	if root == "" {
		t.Skip("BREAKWATER_DATA is not set: no real data here")
	}
	path := filepath.Join(append([]string{root}, elements...)...)
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// table reads a CSV file into rows by column name.
func table(t *testing.T, path string) (rows []map[string]string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil || len(all) == 0 {
		t.Fatalf("%s: %d rows, %v", path, len(all), err)
	}
	for _, fields := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = fields[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// write makes a file in a temporary directory.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
