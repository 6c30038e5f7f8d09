package data

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"breakwater/exchange"
)

// bufferSize is how much of a file is held at once: large enough that system calls do
// not count, small enough for a second-level cache.
const bufferSize = 256 << 10

// Options is what a user tells about a file. Given values win over what its name and
// rows tell.
type Options struct {
	Name     string        // for messages and for what a name tells
	Member   string        // name inside an archive, where it tells more
	Pair     string        // any spelling
	Interval time.Duration // bar size
}

// Info is what is known about a file before its rows are read.
type Info struct {
	Name     string        `json:"name"`
	Format   Format        `json:"format"`
	Pair     string        `json:"pair,omitempty"`        // BASE/QUOTE; "" when nothing tells it
	Interval time.Duration `json:"interval_ns,omitempty"` // bar size; 0 for trades, and for bars when nothing tells it
	HasCount bool          `json:"has_count"`             // bars tell how many trades they hold
	HasSide  bool          `json:"has_side"`              // trades tell the taker's side
	HasID    bool          `json:"has_id"`                // trades have ids
}

// Reader reads bars or trades from CSV text as they stream by. It allocates nothing per
// row, and refuses a row that cannot be right with a *RowError; after one it can go on
// with the next row. It is a BarSource or a TradeSource, by Info().Format.
type Reader struct {
	src      io.Reader
	buf      []byte
	pos      int   // next unread byte
	lim      int   // end of the last whole row in buf
	end      int   // end of what was read
	ended    error // io.EOF, or what broke the source
	line     int64
	info     Info
	l        layout
	uneven   error
	priceDec uint8
	lotDec   uint8
	scales   [7]uint8 // of the columns, where plainRow reads them
	parts    [][]byte
	noisy    int64 // volumes freed of float noise

	started    bool
	last, next exchange.Stamp // time of the row before; earliest time of the next
	lastTrade  Trade
}

// NewReader looks at the first rows of src and finds out what it holds. The error says
// what is wrong with the file and how to mend it.
func NewReader(src io.Reader, o Options) (*Reader, error) {
	r := &Reader{src: src, buf: make([]byte, bufferSize), priceDec: exchange.DefaultPriceDecimals, lotDec: exchange.DefaultLotDecimals}
	r.info.Name = o.Name
	if err := r.fill(); err != nil && err != io.EOF {
		return nil, err
	}
	if r.lim == 0 {
		return nil, Formatf("%s: the file is empty; give one with market data", o.Name)
	}
	tells := ParseName(o.Name)
	if o.Member != "" {
		inner := ParseName(o.Member)
		if !tells.HasDay {
			tells.Day, tells.HasDay = inner.Day, inner.HasDay
		}
		if tells.Pair == "" {
			tells.Pair = inner.Pair
		}
		if tells.Interval == 0 {
			tells.Interval = inner.Interval
		}
	}
	var err error
	if r.l, err = detect(r.buf[:r.lim], o.Name, tells); err != nil {
		return nil, err
	}
	if err := r.describe(o, tells); err != nil {
		return nil, err
	}
	r.pos = len(r.buf[:r.lim]) - len(bytes.TrimPrefix(r.buf[:r.lim], []byte("\xef\xbb\xbf")))
	if r.l.header {
		for row, rest := []byte(nil), r.buf[r.pos:r.lim]; len(bytes.TrimRight(row, "\r ")) == 0; {
			row, rest, _ = bytes.Cut(rest, []byte{'\n'})
			r.pos = r.lim - len(rest)
			r.line++
		}
	}
	r.Scale(r.priceDec, r.lotDec)
	r.parts = make([][]byte, 0, r.l.columns+1)
	return r, nil
}

// describe settles pair and bar size: what is given, else what the name tells, else
// what the rows tell.
func (r *Reader) describe(o Options, tells NameInfo) error {
	i := &r.info
	i.Format, i.Pair, i.HasCount, i.HasSide, i.HasID = r.l.format, tells.Pair, r.l.count >= 0, r.l.side >= 0, r.l.id >= 0
	if o.Pair != "" {
		b, q, ok := exchange.NormalPair(o.Pair)
		if !ok {
			return fmt.Errorf("data: cannot tell base and quote of %q; write it as BASE/QUOTE, for example XBT/CAD", o.Pair)
		}
		i.Pair = b + "/" + q
	}
	if i.Format.Trades() {
		return nil
	}
	if o.Interval < 0 || o.Interval > maxInterval {
		return fmt.Errorf("data: %v is no bar size; give --interval 1m, 15m, 4h, 1d or 1w", o.Interval)
	}
	switch {
	case o.Interval > 0 && o.Interval < tells.Interval && r.l.interval == tells.Interval:
		return Formatf("%s: its name and its rows say that bars are %s, not %s; leave out --interval", i.Name, IntervalText(tells.Interval), IntervalText(o.Interval))
	case o.Interval > 0:
		i.Interval = o.Interval
	case tells.Interval > 0:
		i.Interval = tells.Interval
	case r.l.interval == 0:
		r.uneven = Formatf("%s: one row does not tell the bar size; give --interval", i.Name)
	default:
		i.Interval = r.l.interval
		if r.l.shortest < r.l.interval {
			r.uneven = Formatf("%s: bars are %s to %s apart, so the bar size is not certain; give --interval %s (the shortest)", i.Name,
				IntervalText(r.l.shortest), IntervalText(r.l.longest), IntervalText(r.l.shortest))
		}
	}
	return nil
}

// Info is what was found out about the file.
func (r *Reader) Info() Info { return r.info }

// Scale sets the decimals of prices and sizes; without it both are 8. Call it before
// the first row is read.
func (r *Reader) Scale(price, lot uint8) {
	r.priceDec, r.lotDec = price, lot
	r.scales = [7]uint8{r.l.unit, price, price, price, price, lot, 0}
	if r.info.Format.Trades() {
		r.scales = [7]uint8{r.l.unit, price, lot}
	}
}

// Noisy is how many volumes of bars were rounded to the scale because they carried
// float noise: digits beyond it of less than one part in 10^12.
func (r *Reader) Noisy() int64 { return r.noisy }

// Line is the line of the row that was read last, counted from 1.
func (r *Reader) Line() int64 { return r.line }

// fill moves the unread rest to the front and reads until the buffer is full or the
// source ends. The last row gets a line end if it has none. A read error comes after
// the whole rows before it.
func (r *Reader) fill() error {
	n := copy(r.buf, r.buf[r.lim:r.end])
	r.pos, r.lim, r.end = 0, 0, n
	for r.ended == nil && r.end < bufferSize-1 {
		var n int
		n, r.ended = r.src.Read(r.buf[r.end : bufferSize-1])
		r.end += n
	}
	r.lim = bytes.LastIndexByte(r.buf[:r.end], '\n') + 1
	switch {
	case r.lim > 0:
		return nil
	case r.ended == nil:
		return Formatf("%s: line %d is longer than %d KB; this is no CSV file", r.info.Name, r.line+1, bufferSize>>10)
	case r.ended != io.EOF:
		return fmt.Errorf("%s: reading line %d: %w; the file is damaged: fetch it again", r.info.Name, r.line+1, r.ended)
	case r.end == 0:
		return io.EOF
	}
	r.buf[r.end] = '\n'
	r.end++
	r.lim = r.end
	return nil
}
