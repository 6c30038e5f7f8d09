package data

import (
	"io"
	"strings"
	"testing"

	"breakwater/exchange"
)

func TestAWindowTakesItsFirstInstantAndNotItsLast(t *testing.T) {
	read := func(from, to int64) (times []int64) {
		rd, err := NewReader(strings.NewReader("1600000080,1,1,1,1,1,1\n1600000140,1,1,1,1,1,1\n1600000200,1,1,1,1,1,1\n1600000260,1,1,1,1,1,1\n"), Options{Name: "XBTCAD_1.csv"})
		if err != nil {
			t.Fatal(err)
		}
		w := BarsBetween(rd, exchange.Seconds(1600000020+from), exchange.Seconds(1600000020+to))
		for {
			var b Bar
			if err := w.NextBar(&b); err == io.EOF {
				return times
			} else if err != nil {
				t.Fatal(err)
			}
			times = append(times, int64(b.Time/1e9)-1600000020)
		}
	}
	if got := read(120, 240); len(got) != 2 || got[0] != 120 || got[1] != 180 {
		t.Errorf("bars from 120 and before 240: %v", got)
	}
	if got := read(500, 900); len(got) != 0 {
		t.Errorf("bars after the end: %v", got)
	}
	rd, err := NewReader(strings.NewReader("1600000120,1,1\n1600000120,2,1\n1600000121,3,1\n1600000122,4,1\n"), Options{Name: "XBTCAD.csv"})
	if err != nil {
		t.Fatal(err)
	}
	w := TradesBetween(rd, exchange.Seconds(1600000120), exchange.Seconds(1600000122))
	n := 0
	for {
		var tr Trade
		if err := w.NextTrade(&tr); err != nil {
			break
		}
		n++
	}
	if n != 3 {
		t.Errorf("%d trades from 100 and before 102, want 3", n)
	}
}
