// Command crossover makes the equity curve and the trades of the long-and-short case of
// reference/backtesting/expected.json, by the rule as written there. It shares no code
// with Breakwater, which knows no short positions: its output is what the statistics are
// tested on. Usage: crossover FILE.csv; it prints JSON.
package main

import (
	"encoding/csv"
	"encoding/json"
	"log"
	"math"
	"os"
	"strconv"
)

const (
	cash     = 10_000.0
	fast     = 10
	slow     = 30
	fraction = 0.9999
)

type bar struct {
	Date        string
	Open, Close float64
}

type trade struct {
	Opened, Closed string // dates
	PnL, Return    float64
}

type point struct {
	Date          string
	Equity, Close float64
	Held          bool
}

type output struct {
	Points []point
	Trades []trade
	Warm   string // date of the first bar with both averages
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: crossover FILE.csv")
	}
	out := run(read(os.Args[1]))
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		log.Fatal(err)
	}
}

func read(name string) (bars []bar) {
	f, err := os.Open(name)
	if err != nil {
		log.Fatal(err)
	}
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range rows[1:] { // date, open, high, low, close, volume
		o, err1 := strconv.ParseFloat(r[1], 64)
		c, err2 := strconv.ParseFloat(r[4], 64)
		if err1 != nil || err2 != nil {
			log.Fatal(r)
		}
		bars = append(bars, bar{r[0], o, c})
	}
	return bars
}

// mean is the average close of the n bars that end with bar t.
func mean(bars []bar, t, n int) float64 {
	sum := 0.0
	for _, b := range bars[t-n+1 : t+1] {
		sum += b.Close
	}
	return sum / float64(n)
}

// signal is +1 for long, -1 for short, 0 for neither, at the close of bar t.
func signal(bars []bar, t int) int {
	if t < slow {
		return 0
	}
	f0, s0, f1, s1 := mean(bars, t-1, fast), mean(bars, t-1, slow), mean(bars, t, fast), mean(bars, t, slow)
	switch {
	case f0 < s0 && f1 > s1:
		return 1
	case s0 < f0 && s1 > f1:
		return -1
	}
	return 0
}

func run(bars []bar) (out output) {
	money, units, entry, opened := cash, 0.0, 0.0, 0
	shut := func(t int) {
		if units == 0 {
			return
		}
		price := bars[t].Open
		pnl := units * (price - entry)
		ret := price/entry - 1
		if units < 0 {
			ret = -ret
		}
		money += pnl
		units = 0
		out.Trades = append(out.Trades, trade{bars[opened].Date, bars[t].Date, pnl, ret})
		for i := opened; i <= t && i < len(out.Points); i++ {
			out.Points[i].Held = true
		}
	}
	last := len(bars) - 1
	for t, b := range bars {
		held := units != 0
		if t > 0 {
			if s := signal(bars, t-1); s != 0 {
				shut(t)
				if t < last {
					units = float64(s) * math.Floor(fraction*money/b.Open)
					entry, opened = b.Open, t
				}
			}
		}
		if t == last {
			shut(t)
		}
		out.Points = append(out.Points, point{b.Date, money + units*(b.Close-entry), b.Close, held || units != 0})
	}
	out.Warm = bars[slow-1].Date
	return out
}
