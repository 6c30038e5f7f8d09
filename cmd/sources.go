package cmd

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"time"

	"breakwater/data"
	"breakwater/data/file"
	"breakwater/exchange"
	"breakwater/reports"
)

// source is an open stream of bars or trades that knows its size and its hash.
type source interface {
	Info() data.Info
	Series(in *exchange.Instrument) data.Series
	Progress() (read, size int64)
	SHA256() (string, error)
	Close() error
}

// input is one file of a plan, to be opened for each run.
type input struct {
	open       func() (source, error)
	info       data.Info
	instrument exchange.InstrumentID
	synthetic  bool
}

// fileInput looks into a file.
func fileInput(path string, o data.Options) (input, error) {
	in := input{open: func() (source, error) { return file.Open(path, o) }}
	return in, in.look()
}

// look opens the input once, to learn what it holds.
func (in *input) look() error {
	s, err := in.open()
	if err != nil {
		return wrong(err)
	}
	defer s.Close()
	in.info = s.Info()
	return nil
}

// embedded is a file within the program.
type embedded struct {
	*data.Reader
	content []byte
	read    *bytes.Reader
}

func openEmbedded(name string, content []byte) (source, error) {
	e := &embedded{content: content, read: bytes.NewReader(content)}
	var err error
	e.Reader, err = data.NewReader(e.read, data.Options{Name: name})
	return e, err
}

func (e *embedded) Series(in *exchange.Instrument) data.Series {
	e.Scale(in.PriceDecimals, in.LotDecimals)
	return data.Series{Name: e.Info().Name, Instrument: in.ID, Interval: e.Info().Interval, Bars: e.Reader}
}

func (e *embedded) Progress() (read, size int64) {
	return int64(len(e.content) - e.read.Len()), int64(len(e.content))
}

func (e *embedded) SHA256() (string, error) {
	sum := sha256.Sum256(e.content)
	return hex.EncodeToString(sum[:]), nil
}

func (e *embedded) Close() error { return nil }

// sources are the opened inputs of one run: the first len(inputs) series are those of the
// files, what follows is built from them.
type sources struct {
	opened []source
	series []data.Series
}

// open opens every input, and a second time where bars are to be built of it.
func (p *plan) open() (*sources, error) {
	s := &sources{}
	for i := range p.inputs {
		if err := s.add(p, &p.inputs[i], 0); err != nil {
			return s, err
		}
	}
	for i := range p.inputs {
		if p.bars == 0 || p.inputs[i].info.Interval == p.bars {
			continue
		}
		if err := s.add(p, &p.inputs[i], p.bars); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s *sources) add(p *plan, in *input, bars time.Duration) error {
	src, err := in.open()
	if err != nil {
		return wrong(err)
	}
	s.opened = append(s.opened, src)
	series := src.Series(&p.catalog.Instruments[in.instrument])
	if p.from > 0 || p.to < exchange.Never {
		if series.Bars != nil {
			series.Bars = data.BarsBetween(series.Bars, p.from, p.to)
		} else {
			series.Trades = data.TradesBetween(series.Trades, p.from, p.to)
		}
	}
	if bars > 0 {
		if series, err = resampled(series, bars); err != nil {
			return wrong(err)
		}
	}
	s.series = append(s.series, series)
	return nil
}

// resampled builds bars of a size out of a series of trades or of finer bars.
func resampled(s data.Series, size time.Duration) (data.Series, error) {
	var err error
	if s.Trades != nil {
		s.Bars, err = data.BuildBars(s.Trades, size)
	} else {
		s.Bars, err = data.ResampleBars(s.Bars, s.Interval, size)
	}
	s.Trades, s.Interval = nil, size
	return s, err
}

func (s *sources) close() {
	for _, src := range s.opened {
		src.Close() // only read from: nothing can be lost
	}
}

func (s *sources) progress() (read, size int64) {
	for _, src := range s.opened {
		r, n := src.Progress()
		read, size = read+r, size+n
	}
	return read, size
}

// describe says what was read, for the reports.
func (s *sources) describe(p *plan, sums []data.SeriesSummary) ([]reports.DataFile, error) {
	files := make([]reports.DataFile, len(p.inputs))
	for i := range p.inputs {
		in, sum := &p.inputs[i], &sums[i]
		hash, err := s.opened[i].SHA256()
		if err != nil {
			return nil, err
		}
		files[i] = reports.DataFile{
			Name: filepath.Base(in.info.Name), SHA256: hash, Format: string(in.info.Format), Synthetic: in.synthetic,
			Instrument: p.catalog.Instruments[in.instrument].Symbol, Interval: sum.Interval, Rows: sum.Rows,
			First: exchange.Stamp(sum.First), Last: exchange.Stamp(sum.Last).Add(sum.Interval), Empty: string(p.empty),
			Gaps: reports.Gaps{Places: sum.Gaps.Places, Missing: sum.Gaps.Missing, Longest: time.Duration(sum.Gaps.Longest.Missing) * sum.Interval},
		}
		if in.info.Format.Trades() {
			files[i].Empty = ""
		}
	}
	return files, nil
}
