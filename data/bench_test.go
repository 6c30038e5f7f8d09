package data

import (
	"bytes"
	"io"
	"testing"
	"time"

	"breakwater/exchange"
)

// benchMarket is the market whose files are read.
func benchMarket(rows int64) Market {
	m, err := Preset("calm")
	if err != nil {
		panic(err)
	}
	m.Count = rows
	return m
}

// benchFile is one-minute bars in Kraken's format, about 56 bytes a row.
func benchFile(rows int64) []byte {
	s, err := NewSynth(benchMarket(rows))
	if err != nil {
		panic(err)
	}
	var b bytes.Buffer
	if _, err := WriteBars(&b, s.Bars(), 1, 8); err != nil {
		panic(err)
	}
	return b.Bytes()
}

const benchRows = 50_000

// minimalParse is the yardstick: it reads the digits of seven fields into integers,
// checks nothing, knows no scale and has the whole file in memory. Of three ways to
// write it this is the fastest.
func minimalParse(b []byte) (sum int64) {
	var v [7]int64
	for i := 0; i < len(b); {
		for f := range v {
			n := int64(0)
			for ; b[i] != ',' && b[i] != '\n'; i++ {
				if c := b[i]; c != '.' {
					n = n*10 + int64(c-'0')
				}
			}
			v[f] = n
			i++
		}
		sum += v[0] ^ v[4] ^ v[6]
	}
	return sum
}

func BenchmarkMinimalParser(b *testing.B) {
	file := benchFile(benchRows)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		minimalParse(file)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

func BenchmarkReadOHLCVT(b *testing.B) {
	file := benchFile(benchRows)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	var bar Bar
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(file), Options{Name: "XBTUSD_1.csv"})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for err = r.NextBar(&bar); err == nil; err = r.NextBar(&bar) {
			n++
		}
		if err != io.EOF || n != benchRows {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

func BenchmarkReadTimeAndSales(b *testing.B) {
	s, err := NewSynth(benchMarket(benchRows))
	if err != nil {
		b.Fatal(err)
	}
	var file bytes.Buffer
	rows, err := WriteTrades(&file, s, 1, 8)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(file.Len()))
	var t Trade
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(file.Bytes()), Options{Name: "XBTUSD.csv"})
		for err == nil {
			err = r.NextTrade(&t)
		}
		if err != io.EOF {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
}

// counted gives the same bar n times, a minute apart.
type counted struct{ n, i int }

func (c *counted) NextBar(b *Bar) error {
	if c.i == c.n {
		return io.EOF
	}
	b.Time, b.Open, b.High, b.Low, b.Close, b.Volume, b.Count = exchange.Stamp(c.i)*exchange.Stamp(time.Minute), 10, 12, 9, 11, 5, 1
	c.i++
	return nil
}

func BenchmarkMergeOneSeries(b *testing.B) { benchmarkMerge(b, 1) }
func BenchmarkMerge4Series(b *testing.B)   { benchmarkMerge(b, 4) }

func benchmarkMerge(b *testing.B, n int) {
	var e exchange.Event
	for b.Loop() {
		series := make([]Series, n)
		for i := range series {
			series[i] = Series{Name: "x", Instrument: exchange.InstrumentID(i), Interval: time.Minute, Bars: &counted{n: benchRows}}
		}
		m, err := Merge(series, Skip)
		if err != nil {
			b.Fatal(err)
		}
		for err = m.Next(&e); err == nil; err = m.Next(&e) {
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n)/benchRows, "ns/bar")
}
