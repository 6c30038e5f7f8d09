package data

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"

	"breakwater/exchange"
)

// benchFile is one-minute bars in Kraken's format, about 56 bytes a row.
func benchFile(rows int) []byte {
	var b bytes.Buffer
	p, x := 361609, uint32(1)
	for i := range rows {
		x = x*1664525 + 1013904223
		o := p
		p += int(x>>24) - 127
		h, l := max(o, p)+int(x>>28), min(o, p)-int(x>>27&15)
		fmt.Fprintf(&b, "%d,%d.%d,%d.%d,%d.%d,%d.%d,%d.%08d,%d\n", 1700179200+60*i, o/10, o%10, h/10, h%10, l/10, l%10, p/10, p%10, x>>30, x%100000000, x>>26)
	}
	return b.Bytes()
}

const benchRows = 50_000

// minimalParse is the yardstick: it splits at commas and reads digits into integers,
// checks nothing, knows no scale and takes the whole file from memory.
func minimalParse(b []byte) (sum int64) {
	var v [7]int64
	field := 0
	for _, c := range b {
		switch {
		case c >= '0':
			v[field] = v[field]*10 + int64(c-'0')
		case c == ',':
			field++
		case c == '\n':
			sum += v[0] ^ v[4] ^ v[6]
			v, field = [7]int64{}, 0
		}
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
