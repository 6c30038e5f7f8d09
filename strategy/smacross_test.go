package strategy

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
)

// referenceCase is a case of reference/backtesting/long_only.json.
type referenceCase struct {
	Data     string
	Fast     int
	Slow     int
	Expected struct {
		Rows   int     `json:"rows"`
		Closed int     `json:"round trips closed"`
		First  [][]any `json:"first three"`
		Last   [][]any `json:"last three"`
	}
}

// TestSMACrossDecidesAsTheReference runs the four long-only reference cases with fills at
// the next open and compares entries and exits with the published ones.
func TestSMACrossDecidesAsTheReference(t *testing.T) {
	root := os.Getenv("BREAKWATER_DATA")
	if root == "" {
		t.Skip("BREAKWATER_DATA is not set: no reference data")
	}
	dir := filepath.Join(root, "reference", "backtesting")
	text, err := os.ReadFile(filepath.Join(dir, "long_only.json"))
	if err != nil {
		t.Fatal(err)
	}
	var reference struct{ Cases []referenceCase }
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.Cases) != 4 {
		t.Fatalf("%d cases, want 4", len(reference.Cases))
	}
	for _, c := range reference.Cases {
		t.Run(filepath.Base(c.Data), func(t *testing.T) {
			s := mustNew(t, "sma-cross", fmt.Sprintf("fast=%d", c.Fast), fmt.Sprintf("slow=%d", c.Slow)).(*SMACross)
			h := newHost(t, s, "XBT/CAD")
			h.cash, h.size.Units = 1e9, 1e8
			warm := s.WarmUp()
			type trip struct {
				entry, exit       exchange.Stamp
				entryPrice, price float64
			}
			var trips []trip
			rows := 0
			readBars(t, filepath.Join(dir, c.Data), func(b Bar) {
				open := b.Time // a reference time is the open of the bar that filled
				b.Time = b.Time.Add(b.Interval)
				had := !h.position[0].Flat()
				h.shut = rows < warm
				h.bar(b)
				switch has := !h.position[0].Flat(); {
				case has && !had:
					trips = append(trips, trip{entry: open, entryPrice: b.Open})
				case had && !has:
					last := &trips[len(trips)-1]
					last.exit, last.price = open, b.Open
				}
				rows++
			})
			if rows != c.Expected.Rows {
				t.Fatalf("%d rows, want %d", rows, c.Expected.Rows)
			}
			if trips[len(trips)-1].exit == 0 {
				trips = trips[:len(trips)-1]
			}
			if len(trips) != c.Expected.Closed {
				t.Errorf("%d round trips closed, want %d", len(trips), c.Expected.Closed)
			}
			check := func(got trip, want []any) {
				t.Helper()
				if fmt.Sprint(at(got.entry), got.entryPrice, at(got.exit), got.price) != fmt.Sprint(want[0], want[1], want[2], want[3]) {
					t.Errorf("%s %v to %s %v, want %v", at(got.entry), got.entryPrice, at(got.exit), got.price, want)
				}
			}
			for i := range 3 {
				check(trips[i], c.Expected.First[i])
				check(trips[len(trips)-3+i], c.Expected.Last[i])
			}
		})
	}
}

func at(s exchange.Stamp) string { return s.Time().Format(time.DateTime) }

// readBars reads a reference file: with a header and dates, or Kraken's seven columns.
func readBars(t *testing.T, name string, each func(Bar)) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var in io.Reader = file
	if strings.HasSuffix(name, ".gz") {
		if in, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	}
	rows := csv.NewReader(in)
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		if row[0] == "" {
			continue // header
		}
		b := Bar{Interval: time.Hour}
		if seconds, err := strconv.ParseInt(row[0], 10, 64); err == nil {
			b.Time = exchange.Seconds(seconds)
		} else if when, err := time.Parse(time.DateTime, row[0]); err == nil {
			b.Time = exchange.At(when)
		} else if when, err := time.Parse(time.DateOnly, row[0]); err == nil {
			b.Time = exchange.At(when)
		} else {
			t.Fatalf("%s: time %q", name, row[0])
		}
		for i, field := range []*float64{&b.Open, &b.High, &b.Low, &b.Close, &b.Volume} {
			if *field, err = strconv.ParseFloat(row[i+1], 64); err != nil {
				t.Fatal(err)
			}
		}
		each(b)
	}
}

func TestSMACrossEntersOnlyOnAClearCrossing(t *testing.T) {
	for what, c := range map[string]struct {
		closes []float64
		orders int
	}{
		"below then above":        {[]float64{10, 9, 8, 7, 12}, 1},
		"below, equal, above":     {[]float64{10, 9, 8, 8, 8, 12}, 0},
		"above from the start":    {[]float64{10, 11, 12, 13}, 0},
		"not before both exist":   {[]float64{10, 9, 14}, 0},
		"above twice buys once":   {[]float64{10, 9, 8, 12, 13, 14}, 1},
		"up, down and up: b s b":  {[]float64{10, 9, 8, 12, 13, 5, 4, 15}, 3},
		"up and down at once: bs": {[]float64{10, 9, 8, 12, 1, 1}, 2},
	} {
		h := newHost(t, mustNew(t, "sma-cross", "fast=2", "slow=3"), "XBT/CAD")
		h.closes(0, c.closes...)
		if len(h.sent) != c.orders {
			t.Errorf("%s: %d orders, want %d: %+v", what, len(h.sent), c.orders, h.sent)
		}
	}
}

func TestSMACrossMayActAtTheFirstBarThatCanCross(t *testing.T) {
	s := mustNew(t, "sma-cross", "fast=2", "slow=3").(*SMACross)
	h := newHost(t, s, "XBT/CAD")
	for i, p := range []float64{10, 9, 8, 12} {
		h.shut = i < s.WarmUp()
		h.closes(0, p)
	}
	if len(h.sent) != 1 {
		t.Errorf("%d orders with a warm-up of %d bars, want 1 at the fourth", len(h.sent), s.WarmUp())
	}
}

func TestSMACrossKeepsInstrumentsApart(t *testing.T) {
	h := newHost(t, mustNew(t, "sma-cross", "fast=2", "slow=3"), "XBT/CAD", "ETH/CAD")
	h.size.Units = 1e8
	falling, rising := []float64{10, 9, 8, 7, 12, 12}, []float64{10, 11, 12, 13, 7, 7}
	for i := range falling {
		h.closes(0, falling[i])
		h.closes(1, rising[i])
	}
	if len(h.sent) != 1 || h.sent[0].Instrument != 0 || h.position[0].Qty != 1 || h.position[1].Qty != 0 {
		t.Errorf("orders %+v, positions %+v; want one entry of the first instrument", h.sent, h.position)
	}
}

func TestSMACrossDecidesOnTheShortestInterval(t *testing.T) {
	h := newHost(t, mustNew(t, "sma-cross", "fast=2", "slow=3"), "XBT/CAD")
	for i, p := range []float64{10, 9, 8, 7, 12} {
		h.closes(0, p)
		h.bar(Bar{Time: h.now, Interval: 24 * time.Hour, Close: float64(100 - i)})
	}
	if len(h.sent) != 1 {
		t.Errorf("%d orders, want 1: daily bars must not disturb hourly ones", len(h.sent))
	}
}

func TestSMACrossDoesNotRetryADeniedEntry(t *testing.T) {
	h := newHost(t, mustNew(t, "sma-cross", "fast=2", "slow=3"), "XBT/CAD")
	h.closes(0, 10, 9, 8, 12)
	h.end(h.sent[0].ID, exchange.Denied, exchange.CodeNone)
	h.closes(0, 13, 14, 15, 16)
	if len(h.sent) != 1 {
		t.Errorf("%d orders, want the denied one only", len(h.sent))
	}
}

func TestSMACrossTakesBackAnEntryThatTheMarketTurnedFrom(t *testing.T) {
	h := newHost(t, mustNew(t, "sma-cross", "fast=2", "slow=3"), "XBT/CAD")
	h.closes(0, 10, 9, 8, 12)
	h.open[0].Type = exchange.Limit // the venue is slow: it does not fill at the next open
	h.closes(0, 3)
	if len(h.cancels) != 1 || h.cancels[0] != h.sent[0].ID {
		t.Fatalf("cancels %v, want the entry", h.cancels)
	}
	h.fill(h.sent[0].ID, 3) // and fills after all
	h.closes(0, 2)
	if len(h.exits) != 1 {
		t.Errorf("%d exits after the late fill, want 1", len(h.exits))
	}
}

func TestSMACrossSellsUntilNothingIsLeft(t *testing.T) {
	h := newHost(t, mustNew(t, "sma-cross", "fast=2", "slow=3"), "XBT/CAD")
	h.closes(0, 10, 9, 8, 12, 12, 3)
	sale := h.sent[len(h.sent)-1]
	h.end(sale.ID, exchange.Cancelled, exchange.CodeNoLiquidity)
	h.closes(0, 2, 1, 1)
	if len(h.exits) != 2 || !h.position[0].Flat() {
		t.Errorf("%d exits, position %+v; want a second exit at the next bar, and no third", len(h.exits), h.position[0])
	}
}

func TestSMACrossSellsAtOnceAfterARestartBelow(t *testing.T) {
	h := newHost(t, mustNew(t, "sma-cross", "fast=2", "slow=3"), "XBT/CAD")
	h.shut = true
	h.closes(0, 12, 10, 8)
	h.shut, h.position[0] = false, Position{Qty: 1, AvgPrice: 12}
	h.start()
	if len(h.exits) != 1 {
		t.Errorf("%d exits, want 1: the crossing was missed", len(h.exits))
	}
}

// BenchmarkSMACross is a bar of a slow wave: a crossing every 500 bars.
func BenchmarkSMACross(b *testing.B) {
	s := mustNew(b, "sma-cross")
	h := newHost(b, s, "XBT/CAD")
	h.ctx.Focus(0)
	h.shut = true
	var wave [1000]float64
	for i := range wave {
		wave[i] = 100 + math.Abs(float64(i-500)/10)
	}
	bar := Bar{Interval: time.Minute}
	b.ReportAllocs()
	for i := range b.N {
		bar.Close = wave[i%len(wave)]
		s.OnBar(h.ctx, bar)
	}
}

func TestSMACrossAllocatesNothingPerBar(t *testing.T) {
	s := mustNew(t, "sma-cross")
	h := newHost(t, s, "XBT/CAD")
	h.ctx.Focus(0)
	h.shut = true
	bar := Bar{Interval: time.Minute, Close: 100}
	s.OnBar(h.ctx, bar)
	n := 0
	if got := testing.AllocsPerRun(1000, func() {
		n++
		bar.Close += float64(n%7) - 3
		s.OnBar(h.ctx, bar)
	}); got != 0 {
		t.Errorf("%v allocations a bar, want 0", got)
	}
}
