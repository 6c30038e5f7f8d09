// Command reference is the yardstick of `make bench`: the least that a program can do to
// backtest a crossover on a Kraken OHLCVT file. It streams the file through one buffer,
// parses all seven fields of every row into integers, keeps two moving averages, fills at
// the next opening with a fee, and prints the final equity.
//
// It checks nothing, knows one pair and one scale, and has no guard, no venue, no records
// and no report.
//
//	reference FILE FAST SLOW
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
)

// Money is counted in 10^-8, so that a hundredth of a coin at prices of one decimal and
// its fee of 0.26 % are exact.
const (
	unit      = 100_000_000
	cashStart = 1_000_000 * unit
)

// decimals of the columns: seconds, four prices, volume, trades.
var decimals = [7]int{0, 8, 8, 8, 8, 8, 0}

// average is a moving average over the last closes, as their sum.
type average struct {
	last []int64
	at   int
	sum  int64
}

func (a *average) add(v int64) {
	a.sum += v - a.last[a.at]
	a.last[a.at] = v
	if a.at++; a.at == len(a.last) {
		a.at = 0
	}
}

// number reads a decimal number up to the comma or line end after it, counted in
// 10^-scale: Kraken writes as many decimals as it likes, so they must be counted.
func number(buf []byte, i, scale int) (v int64, next int) {
	for ; buf[i]-'0' <= 9; i++ {
		v = v*10 + int64(buf[i]-'0')
	}
	if buf[i] == '.' {
		for i++; buf[i]-'0' <= 9; i++ {
			v = v*10 + int64(buf[i]-'0')
			scale--
		}
	}
	for ; scale > 0; scale-- {
		v *= 10
	}
	return v, i + 1
}

type account struct {
	cash, held, trades int64
}

func (a *account) trade(price, side int64) {
	cost := price / 100
	a.cash -= side*cost + cost*26/10_000
	a.held += side
	a.trades++
}

func main() {
	f, err := os.Open(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer f.Close()
	n, _ := strconv.Atoi(os.Args[2])
	m, _ := strconv.Atoi(os.Args[3])
	fast, slow := average{last: make([]int64, n)}, average{last: make([]int64, m)}
	acct := account{cash: cashStart}
	var row [7]int64
	rows, last, want, side, checksum := 0, int64(0), int64(0), 0, int64(0)
	buf := make([]byte, 256<<10)
	for have := 0; ; {
		k, err := f.Read(buf[have:])
		have += k
		end := bytes.LastIndexByte(buf[:have], '\n') + 1
		for i := 0; i < end; {
			for c := range row {
				row[c], i = number(buf, i, decimals[c])
			}
			if want != 0 {
				acct.trade(row[1], want)
				want = 0
			}
			last = row[4]
			checksum += row[0] ^ row[2] ^ row[3] ^ row[5] ^ row[6]
			fast.add(last)
			slow.add(last)
			if rows++; rows >= m {
				was := side
				side = 0
				if d := fast.sum*int64(m) - slow.sum*int64(n); d > 0 {
					side = 1
				} else if d < 0 {
					side = -1
				}
				switch {
				case was < 0 && side > 0 && acct.held == 0:
					want = 1
				case was > 0 && side < 0 && acct.held == 1:
					want = -1
				}
			}
		}
		have = copy(buf, buf[end:have])
		if err == io.EOF {
			break
		}
	}
	equity := acct.cash + acct.held*last/100
	fmt.Printf("equity %d.%08d trades %d rows %d checksum %x\n", equity/unit, equity%unit, acct.trades, rows, checksum)
}
