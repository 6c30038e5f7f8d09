package file

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"breakwater/data"
)

const benchRows = 200_000

// BenchmarkReadFile opens, reads and hashes a file of one-minute bars.
func BenchmarkReadFile(b *testing.B) {
	m, err := data.Preset("calm")
	if err != nil {
		b.Fatal(err)
	}
	m.Count = benchRows
	s, err := data.NewSynth(m)
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "XBTCAD_1.csv")
	out, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := data.WriteBars(out, s.Bars(), 1, 8); err != nil {
		b.Fatal(err)
	}
	if err := out.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var bar data.Bar
	for b.Loop() {
		f, err := Open(path, data.Options{})
		if err != nil {
			b.Fatal(err)
		}
		_, size := f.Progress()
		b.SetBytes(size)
		n := 0
		for err = f.NextBar(&bar); err == nil; err = f.NextBar(&bar) {
			n++
		}
		if err != io.EOF || n != benchRows {
			b.Fatal(n, err)
		}
		if _, err := f.SHA256(); err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}
