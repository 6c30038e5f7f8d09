package scenarios

import (
	"bufio"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"breakwater/sim/world"
)

// day is a market day as it was recorded: a scenario's limits and strategies on real bars.
type day struct {
	scenario, file string
	from           string // where the recording is taken up
	hours          int
	fall           float64 // from the first open to the lowest low, as it must have been at least
}

// days are those of the shared data; its README says where each file comes from.
var days = []day{
	{"market-gdax-2017", "kraken/ohlcvt/ETHUSD_60.csv.gz", "2017-06-21T00:00:00Z", 48, 0.15},
	{"market-covid-2020", "kraken/ohlcvt/ETHUSD_60.csv.gz", "2020-03-12T00:00:00Z", 48, 0.45},
	{"market-kraken-2021", "kraken/ohlcvt/ETHUSD_60.csv.gz", "2021-02-22T00:00:00Z", 24, 0.6},
	{"market-may-2021", "kraken/ohlcvt/ETHUSD_60.csv.gz", "2021-05-19T00:00:00Z", 24, 0.35},
	{"market-ftx-2022", "kraken/ohlcvt/ETHUSD_60.csv.gz", "2022-11-08T00:00:00Z", 96, 0.25},
	{"market-kraken-2018", "kraken/ohlcvt/ETHUSD_60.csv.gz", "2018-01-11T00:00:00Z", 72, 0.05},
	{"market-august-2024", "bars/binance_BTCUSDT_1m_2024-08.csv", "2024-08-05T00:00:00Z", 12, 0.12},
	{"market-cascade-2025", "kraken/ohlcvt/XBTUSD_240.csv", "2025-10-10T00:00:00Z", 48, 0.1},
	{"market-xbtcad-2019", "kraken/ohlcvt/XBTCAD_1440.csv", "2019-05-28T00:00:00Z", 96, 0.9},
}

// On the days as they were recorded nothing that must always hold breaks, and the loss of a
// whole day stays within its limit and what was held when it was reached.
func TestRecordedMarketDaysBreakNoInvariant(t *testing.T) {
	dir := os.Getenv("BREAKWATER_DATA")
	if dir == "" {
		t.Skip("BREAKWATER_DATA is not set: no recorded days")
	}
	for _, d := range days {
		t.Run(d.scenario, func(t *testing.T) {
			from, err := time.Parse(time.RFC3339, d.from)
			if err != nil {
				t.Fatal(err)
			}
			shape, first, fall := recorded(t, filepath.Join(dir, d.file), from.Unix(), int64(d.hours)*3600)
			if fall < d.fall {
				t.Fatalf("the recording falls by %.3f, not by %.3f: is it the right day?", fall, d.fall)
			}
			s, err := Read("recorded.yaml", []byte(recordedFile(d, first)))
			if err != nil {
				t.Fatal(err)
			}
			s.cfg.Markets[0].Shape = shape
			r := s.world(0)
			for _, v := range r.Violations {
				t.Errorf("%s, %s after the start: %s", v.Invariant, v.At.Sub(r.Start), v.Text)
			}
			if r.Calls["AddOrder"] == 0 {
				t.Error("nothing was ordered: the day was not met")
			}
			// what may be held is 200; a day loses its limit and at most all of that
			if r.Loss() > units(60+200, 4) {
				t.Errorf("the loss is %d", r.Loss())
			}
		})
	}
}

// recordedFile is the scenario that a recorded day is played in.
func recordedFile(d day, first float64) string {
	return `
name: recorded
doc: a recorded day
start: ` + d.from + `
duration: ` + strconv.Itoa(d.hours) + `h
step: 2m
account: {currency: CAD}
market:
  XBT/CAD: {price: ` + strconv.FormatFloat(first, 'f', -1, 64) + `, spread-bps: 20}
strategies:
  - {name: scripted, signals: [{at: 1h, do: buy, notional: 24, times: ` + strconv.Itoa(d.hours-2) + `, every: 1h}]}
  - {name: runaway, slot: doubles, set: {fault: doubles, weight: 0.02, hold: 20}}
limits: {profile: research, max-order-notional: 25, max-position: 200, daily-loss: 20, drawdown: 15%, price-collar: {distance: 2%, cap: 5%}}
expect:
  - invariants: all
ablate: {none: "the shapes of the same days prove the controls"}
`
}

// recorded reads the bars of a span as a shape: open, the nearer extreme, the other, close.
func recorded(t *testing.T, path string, from, span int64) (shape []world.Point, first, fall float64) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	var rows [][5]float64
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var row [5]float64
		for i, text := range strings.SplitN(lines.Text(), ",", 6)[:5] {
			row[i], _ = strconv.ParseFloat(text, 64)
		}
		if at := int64(row[0]); at >= from && at < from+span {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		t.Fatalf("%s has no bar of the day", path)
	}
	first = rows[0][1]
	bar := time.Duration(span) * time.Second / time.Duration(len(rows))
	for i := 1; i < len(rows); i++ {
		bar = min(bar, time.Duration(rows[i][0]-rows[i-1][0])*time.Second)
	}
	for _, r := range rows {
		begin := time.Duration(int64(r[0])-from) * time.Second
		a, b := r[3], r[2] // a bar that rose has been at its low first
		if r[4] < r[1] {
			a, b = b, a
		}
		for k, p := range [...]float64{r[1], a, b, r[4]} {
			shape = append(shape, world.Point{At: begin + time.Duration(k)*bar/4, Factor: p / first})
		}
		fall = max(fall, 1-r[3]/first)
	}
	return shape, first, fall
}
