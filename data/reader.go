package data

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
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
func (r *Reader) Scale(price, lot uint8) { r.priceDec, r.lotDec = price, lot }

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
	for r.ended == nil && r.end < len(r.buf)-1 {
		var n int
		n, r.ended = r.src.Read(r.buf[r.end : len(r.buf)-1])
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

// NextBar reads the next bar. It refuses, with a *RowError, numbers that do not fit the
// scale, an impossible bar, and one that opens before the bar before it ends.
func (r *Reader) NextBar(b *Bar) error {
	if err := r.readBar(b); err != nil {
		return err
	}
	if b.Low <= 0 || b.High < b.Low || b.Open > b.High || b.Open < b.Low || b.Close > b.High || b.Close < b.Low || b.Volume < 0 || b.Count < 0 {
		return r.impossible(b)
	}
	if b.Time < r.next || r.info.Interval <= 0 || r.uneven != nil {
		if err := r.misplaced(b); err != nil {
			return err
		}
	}
	r.started = true
	r.last, r.next = b.Time, b.Time.Add(r.info.Interval)
	return nil
}

// readBar reads a row as it stands.
func (r *Reader) readBar(b *Bar) error {
	if r.pos >= r.lim {
		if err := r.fill(); err != nil {
			return err
		}
	}
	if r.l.inOrder && r.fastBar(b) {
		r.line++
		return nil
	}
	return r.slowBar(b)
}

// fastBar reads a row of plain numbers in Kraken's order of columns; false leaves the
// row to slowBar.
func (r *Reader) fastBar(b *Bar) bool {
	buf := r.buf[:r.lim]
	t, i, ok := decimal(buf, r.pos, r.l.unit)
	if !ok || buf[i] != ',' {
		return false
	}
	b.Time = exchange.Stamp(t) + r.l.base
	var prices [4]int64
	for k := range prices {
		if prices[k], i, ok = decimal(buf, i+1, r.priceDec); !ok || buf[i] != ',' {
			return false
		}
	}
	b.Open, b.High, b.Low, b.Close = money.Price(prices[0]), money.Price(prices[1]), money.Price(prices[2]), money.Price(prices[3])
	v, i, ok := decimal(buf, i+1, r.lotDec)
	if !ok {
		return false
	}
	b.Volume, b.Count = money.Qty(v), 0
	if r.l.count >= 0 {
		if buf[i] != ',' {
			return false
		}
		if b.Count, i, ok = decimal(buf, i+1, 0); !ok {
			return false
		}
	}
	if buf[i] == '\r' {
		i++
	}
	if buf[i] != '\n' {
		return false
	}
	r.pos = i + 1
	return true
}

// nextRow cuts the next row that is not blank into r.parts.
func (r *Reader) nextRow() error {
	for {
		if r.pos >= r.lim {
			if err := r.fill(); err != nil {
				return err
			}
		}
		i := bytes.IndexByte(r.buf[r.pos:r.lim], '\n')
		row := bytes.Trim(r.buf[r.pos:r.pos+i], " \t\r")
		r.pos += i + 1
		r.line++
		if len(row) == 0 {
			continue
		}
		r.parts = r.parts[:0]
		for more := true; more; {
			var f []byte
			f, row, more = bytes.Cut(row, []byte{','})
			if len(r.parts) == cap(r.parts) {
				break // a column too many: counted below, never stored
			}
			r.parts = append(r.parts, unquote(f))
		}
		if len(r.parts) != r.l.columns {
			return r.refuse(DefectColumns, "", "the row has %s columns, the first row %d", countText(len(r.parts), r.l.columns), r.l.columns)
		}
		return nil
	}
}

func countText(n, want int) string {
	if n > want {
		return "more"
	}
	return fmt.Sprint(n)
}

// slowBar reads a row of any layout and spelling.
func (r *Reader) slowBar(b *Bar) error {
	if err := r.nextRow(); err != nil {
		return err
	}
	l := &r.l
	var d Defect
	if b.Time, d = l.timeOf(r.parts[l.time]); d != "" {
		return r.badField("time", l.time, d)
	}
	for _, f := range [...]struct {
		name string
		at   int
		to   *money.Price
	}{{"open", l.open, &b.Open}, {"high", l.high, &b.High}, {"low", l.low, &b.Low}, {"close", l.close, &b.Close}} {
		v, d := number(r.parts[f.at], r.priceDec)
		if d != "" {
			return r.badField(f.name, f.at, d)
		}
		*f.to = money.Price(v)
	}
	v, d := number(r.parts[l.volume], r.lotDec)
	if d == DefectPrecision {
		// A bar's volume is a sum, and public files carry what float64 made of it.
		if n, ok := withoutNoise(r.parts[l.volume], r.lotDec); ok {
			v, d = n, ""
			r.noisy++
		}
	}
	if d != "" {
		return r.badField("volume", l.volume, d)
	}
	b.Volume, b.Count = money.Qty(v), 0
	if l.count >= 0 {
		if b.Count, d = number(r.parts[l.count], 0); d != "" {
			return r.badField("trades", l.count, d)
		}
	}
	return nil
}

// refuse makes the error of the row that was read last.
func (r *Reader) refuse(d Defect, remedy, format string, args ...any) error {
	return &RowError{Name: r.info.Name, Line: r.line, Defect: d, Text: fmt.Sprintf(format, args...), Remedy: remedy}
}

// badField says what is wrong with one field.
func (r *Reader) badField(name string, at int, d Defect) error {
	text := string(bytes.ToValidUTF8(r.parts[at], []byte("?")))
	if len(text) > 40 {
		text = text[:40] + "…"
	}
	scale, flag := r.priceDec, "--price-decimals"
	if at == r.l.volume {
		scale, flag = r.lotDec, "--lot-decimals"
	}
	switch d {
	case DefectTime:
		return r.refuse(d, "", "time %q cannot be read", text)
	case DefectPrecision:
		if at == r.l.count {
			return r.refuse(d, "", "%s %s is no whole number", name, text)
		}
		return r.refuse(d, fmt.Sprintf("give %s a larger number (at most 12), or round the file", flag), "%s %s has more than %d decimals", name, text, scale)
	case DefectTooLarge:
		return r.refuse(d, fmt.Sprintf("give %s a smaller number", flag), "%s %s does not fit 64 bits with %d decimals", name, text, scale)
	}
	return r.refuse(DefectNumber, "", "%s %q is not a number", name, text)
}

func (r *Reader) price(p money.Price) string { return money.Trim(int64(p), r.priceDec) }
func (r *Reader) qty(q money.Qty) string     { return money.Trim(int64(q), r.lotDec) }

// impossible is the error of a bar that cannot be right; nil when it can.
func (r *Reader) impossible(b *Bar) error {
	for _, f := range [...]struct {
		name string
		p    money.Price
	}{{"open", b.Open}, {"high", b.High}, {"low", b.Low}, {"close", b.Close}} {
		if f.p < 0 {
			return r.refuse(DefectNegative, "", "%s %s is negative", f.name, r.price(f.p))
		}
		if f.p == 0 {
			return r.refuse(DefectZero, "", "%s is zero", f.name)
		}
	}
	if b.Volume < 0 {
		return r.refuse(DefectNegative, "", "volume %s is negative", r.qty(b.Volume))
	}
	if b.Count < 0 {
		return r.refuse(DefectNegative, "", "the number of trades, %d, is negative", b.Count)
	}
	if b.High < b.Low {
		return r.refuse(DefectHighLow, "", "high %s is below low %s", r.price(b.High), r.price(b.Low))
	}
	for _, f := range [...]struct {
		name string
		p    money.Price
	}{{"open", b.Open}, {"close", b.Close}} {
		if f.p < b.Low || f.p > b.High {
			return r.refuse(DefectOutside, "", "%s %s lies outside low %s and high %s", f.name, r.price(f.p), r.price(b.Low), r.price(b.High))
		}
	}
	return nil
}

// misplaced is the error of a bar whose time does not fit the one before; nil when it
// fits.
func (r *Reader) misplaced(b *Bar) error {
	if r.uneven != nil {
		return r.uneven
	}
	switch {
	case !r.started || b.Time >= r.next:
		return nil
	case b.Time == r.last:
		return r.refuse(DefectDoubled, "", "a second bar at %v", b.Time)
	case b.Time < r.last:
		return r.refuse(DefectUnsorted, fmt.Sprintf("sort the file by time; \"breakwater data check %s\" lists all such rows", r.info.Name),
			"%v comes after %v", b.Time, r.last)
	}
	return r.refuse(DefectOverlap, fmt.Sprintf("give --interval %s, or remove the row", IntervalText(b.Time.Sub(r.last))),
		"the bar at %v opens before the one at %v ends, with bars of %s", b.Time, r.last, IntervalText(r.info.Interval))
}

// NextTrade reads the next trade. Where the file names no taker's side, Side is that of
// the last change of price: up is a buy, down a sell (the tick rule).
func (r *Reader) NextTrade(t *Trade) error {
	if err := r.readTrade(t); err != nil {
		return err
	}
	switch {
	case t.Price < 0 || t.Qty < 0:
		return r.refuse(DefectNegative, "", "price %s or volume %s is negative", r.price(t.Price), r.qty(t.Qty))
	case t.Price == 0 || t.Qty == 0:
		return r.refuse(DefectZero, "", "price or volume is zero")
	case t.Time < r.last && r.started:
		return r.refuse(DefectUnsorted, fmt.Sprintf("sort the file by time; \"breakwater data check %s\" lists all such rows", r.info.Name),
			"%v comes after %v", t.Time, r.last)
	case t.ID != 0 && t.ID == r.lastTrade.ID:
		return r.refuse(DefectDoubled, "", "trade %d is there twice", t.ID)
	}
	if r.l.side < 0 {
		t.Side = r.lastTrade.Side
		if t.Price > r.lastTrade.Price {
			t.Side = exchange.Buy
		} else if t.Price < r.lastTrade.Price {
			t.Side = exchange.Sell
		}
	}
	r.started, r.last, r.lastTrade = true, t.Time, *t
	return nil
}

// readTrade reads a row as it stands.
func (r *Reader) readTrade(t *Trade) error {
	if err := r.nextRow(); err != nil {
		return err
	}
	l := &r.l
	*t = Trade{}
	var d Defect
	if t.Time, d = l.timeOf(r.parts[l.time]); d != "" {
		return r.badField("time", l.time, d)
	}
	p, d := number(r.parts[l.price], r.priceDec)
	if d != "" {
		return r.badField("price", l.price, d)
	}
	q, d := number(r.parts[l.volume], r.lotDec)
	if d != "" {
		return r.badField("volume", l.volume, d)
	}
	t.Price, t.Qty = money.Price(p), money.Qty(q)
	if l.id >= 0 {
		id, d := number(r.parts[l.id], 0)
		if d != "" || id < 0 {
			return r.refuse(DefectNumber, "", "trade id %q is no whole number", r.parts[l.id])
		}
		t.ID = uint64(id)
	}
	if l.side >= 0 {
		switch s := r.parts[l.side]; {
		case bytes.EqualFold(s, []byte("buy")) || bytes.EqualFold(s, []byte("b")):
		case bytes.EqualFold(s, []byte("sell")) || bytes.EqualFold(s, []byte("s")):
			t.Side = exchange.Sell
		default:
			return r.refuse(DefectSide, "", "side %q is neither buy nor sell", s)
		}
	}
	return nil
}

// IsRow reports whether an error concerns one row, after which a Reader can go on.
func IsRow(err error) bool {
	var row *RowError
	return errors.As(err, &row)
}
