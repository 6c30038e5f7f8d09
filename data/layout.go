package data

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"breakwater/exchange"
)

// Format is the shape of a file.
type Format string

// The formats.
const (
	OHLCVT      Format = "ohlcvt"         // Kraken's bars: no header, 7 columns
	TimeSales   Format = "time-and-sales" // Kraken's trades: no header, 3 columns
	HeaderBar   Format = "csv-bars"       // bars under a header
	HeaderTrade Format = "csv-trades"     // trades under a header
	LeanMinute  Format = "lean-minute"    // no header, 6 columns, milliseconds since midnight
)

// Trades reports whether the format holds trades; the others hold bars.
func (f Format) Trades() bool { return f == TimeSales || f == HeaderTrade }

// layout is where a file's columns are and how its times are written; -1 is a column
// that is not there.
type layout struct {
	format                 Format
	header                 bool
	columns                int
	time                   int
	open, high, low, close int
	volume, count          int
	price, side, id        int
	unit                   uint8          // see timeText
	base                   exchange.Stamp // added to every time: midnight of a Lean file's day
	inOrder                bool           // time, open, high, low, close, volume, [count,] …: the fast path
	interval               time.Duration  // most common distance of the first rows
	shortest, longest      time.Duration  // other distances of the first rows
}

// Names of columns, in the order in which they are looked for; lower case, and compared
// without regard to case, blanks and underscores.
var columnNames = struct {
	time, open, high, low, close, volume, count, price, qty, side, id []string
}{
	time: []string{"time", "timestamp", "ts", "date", "datetime", "opentime", "timems", "timens", "timeus", "unixtime", "unix", "opentimems", "start", "timeutc", "dateutc"},
	open: []string{"open", "o", "openprice"}, high: []string{"high", "h", "highprice"},
	low: []string{"low", "l", "lowprice"}, close: []string{"close", "c", "closeprice"},
	volume: []string{"volume", "vol", "v", "basevolume", "volumebase"},
	count:  []string{"trades", "count", "n", "tradecount", "numberoftrades", "numtrades"},
	price:  []string{"price", "p"}, qty: []string{"volume", "qty", "quantity", "size", "amount", "vol", "q"},
	side: []string{"side", "takerside", "direction"}, id: []string{"tradeid", "id", "tid", "aggtradeid"},
}

// notTrades are columns that mark a file with price and amount as something else.
var notTrades = []string{"issnapshot", "orderid", "level"}

// intervalRows is how many of the first rows are looked at for the bar size.
const intervalRows = 2000

// detect finds out what a file is from its first bytes, cut at a row's end.
func detect(head []byte, name string, tells NameInfo) (layout, error) {
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	if err := refuseForeign(head, name); err != nil {
		return layout{}, err
	}
	first, rest := firstRow(head)
	if first == nil {
		return layout{}, Formatf("%s: the file has no rows; give one with market data", name)
	}
	fields := splitAll(first)
	l := layout{time: 0, open: -1, high: -1, low: -1, close: -1, volume: -1, count: -1, price: -1, side: -1, id: -1, columns: len(fields)}
	var err error
	if _, numeric := timeUnit(fields[0]); numeric || isNumber(fields[0]) {
		err = l.headless(name, fields)
		rest = head
	} else {
		l.header = true
		err = l.byNames(name, fields)
	}
	if err != nil {
		return l, err
	}
	row, _ := firstRow(rest)
	if row == nil {
		return l, Formatf("%s: the file has a header and no rows; give one with market data", name)
	}
	if err := l.findUnit(name, splitAll(row), tells); err != nil {
		return l, err
	}
	if l.format.Trades() {
		l.inOrder = l.columns == 3 && l.time == 0 && l.price == 1 && l.volume == 2 && l.unit != timeText
	} else {
		l.inOrder = l.time == 0 && l.open == 1 && l.high == 2 && l.low == 3 && l.close == 4 && l.volume == 5 &&
			(l.count == 6 && l.columns == 7 || l.count < 0 && l.columns == 6) && l.unit != timeText
		l.spacing(rest)
	}
	return l, nil
}

// refuseForeign names common files that are no CSV, by their first bytes.
func refuseForeign(head []byte, name string) error {
	for _, f := range []struct{ magic, what string }{
		{"PAR1", "a Parquet file"}, {"ARROW1", "a Feather (Arrow) file"}, {"\x89HDF", "an HDF5 file"}, {"\xfe\xff", "UTF-16 text"}, {"\xff\xfe", "UTF-16 text"},
		{"\x1f\x8b", "gzip inside another archive"}, {"PK\x03\x04", "a zip inside another archive"},
	} {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return Formatf("%s: this is %s; export it as plain CSV", name, f.what)
		}
	}
	if trimmed := bytes.TrimLeft(head, " \t\r\n"); len(trimmed) > 0 && strings.IndexByte("{[<", trimmed[0]) >= 0 {
		return Formatf("%s: this is JSON, HTML or XML; export it as CSV", name)
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return Formatf("%s: this is binary data; give a CSV file, plain, .gz or .zip", name)
	}
	return nil
}

// firstRow is the first line that is not blank, and what follows it.
func firstRow(head []byte) (row, rest []byte) {
	for len(head) > 0 {
		row, rest, _ = bytes.Cut(head, []byte{'\n'})
		if row = bytes.TrimRight(row, "\r "); len(row) > 0 {
			return row, rest
		}
		head = rest
	}
	return nil, nil
}

// splitAll cuts a row at its commas and takes quotes and blanks off its fields.
func splitAll(row []byte) [][]byte {
	fields := bytes.Split(row, []byte{','})
	for i, f := range fields {
		fields[i] = unquote(f)
	}
	return fields
}

func unquote(f []byte) []byte {
	if n := len(f); n > 0 && f[0] > '"' && f[n-1] > '"' {
		return f // blanks and quotes have smaller codes than what numbers and names are made of
	}
	f = bytes.Trim(f, " \t\r")
	if n := len(f); n >= 2 && f[0] == '"' && f[n-1] == '"' {
		f = f[1 : n-1]
	}
	return f
}

func isNumber(f []byte) bool {
	_, d := number(f, 12)
	return d != DefectNumber
}

// headless lays out a file without a header by its number of columns.
func (l *layout) headless(name string, fields [][]byte) error {
	bars := func() { l.open, l.high, l.low, l.close, l.volume = 1, 2, 3, 4, 5 }
	switch len(fields) {
	case 3:
		l.format, l.price, l.volume = TimeSales, 1, 2
	case 6:
		l.format = LeanMinute
		bars()
	case 7:
		l.format, l.count = OHLCVT, 6
		bars()
	default:
		return Formatf("%s: %d columns without a header; Kraken's files have 7 (time, open, high, low, close, volume, trades) or 3 (time, price, volume): add a header line that names the columns", name, len(fields))
	}
	return nil
}

// byNames lays out a file by the names in its header.
func (l *layout) byNames(name string, fields [][]byte) error {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = plainName(f)
	}
	find := func(wanted []string) int {
		for _, w := range wanted {
			if i := slices.Index(names, w); i >= 0 {
				return i
			}
		}
		return -1
	}
	c := &columnNames
	l.time, l.volume = find(c.time), find(c.volume)
	if l.time < 0 && names[0] == "" {
		l.time = 0 // an index column without a name
	}
	l.open, l.high, l.low, l.close, l.count = find(c.open), find(c.high), find(c.low), find(c.close), find(c.count)
	bars := l.open >= 0 && l.high >= 0 && l.low >= 0 && l.close >= 0
	l.format = HeaderBar
	if !bars {
		l.format, l.open, l.count = HeaderTrade, -1, -1
		l.price, l.volume, l.side, l.id = find(c.price), find(c.qty), find(c.side), find(c.id)
	}
	switch {
	case find(notTrades) >= 0 && !bars:
		return Formatf("%s: these are order-book rows (column %q), neither bars nor trades; give bars or trades", name, fields[find(notTrades)])
	case !bars && l.price < 0 || l.volume < 0 && !bars:
		return Formatf("%s: the header %q names neither open, high, low, close nor price and volume; rename its columns, or check that this is market data", name, headerText(fields))
	case l.time < 0:
		return Formatf("%s: the header %q names no time column; call it time", name, headerText(fields))
	case l.volume < 0:
		return Formatf("%s: the header %q names no volume column; call it volume", name, headerText(fields))
	}
	return nil
}

func headerText(fields [][]byte) string {
	text := string(bytes.Join(fields, []byte{','}))
	if len(text) > 120 {
		text = strings.ToValidUTF8(text[:120], "") + "…"
	}
	return text
}

// plainName is a column's name in lower case without blanks and underscores.
func plainName(f []byte) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == ' ' || r == '-' || r == '(' || r == ')' {
			return -1
		}
		return r
	}, strings.ToLower(string(f)))
}

// findUnit recognises how times are written, by the first row.
func (l *layout) findUnit(name string, row [][]byte, tells NameInfo) error {
	if len(row) <= l.time {
		return Formatf("%s: the first row has %d columns, the header %d; check that this is a CSV file", name, len(row), l.columns)
	}
	unit, ok := timeUnit(row[l.time])
	l.unit = unit
	if l.format == LeanMinute && !ok && isNumber(row[l.time]) {
		if !tells.HasDay {
			return Formatf("%s: times are milliseconds since midnight, and the name tells no day; name it like 20171217_btcusd_minute_trade.csv", name)
		}
		l.unit, l.base = 6, tells.Day
		return nil
	}
	if !ok {
		return Formatf("%s: %q in the time column is no date; use seconds since 1970 or 2006-01-02 15:04:05", name, row[l.time])
	}
	if l.id >= 0 && l.id < len(row) {
		if _, d := number(row[l.id], 0); d != "" {
			l.id = -1 // a text id: of no use as a number
		}
	}
	return nil
}

// spacing finds the most common distance of the first rows, and the extremes.
func (l *layout) spacing(rows []byte) {
	counts := map[time.Duration]int{}
	var last exchange.Stamp
	for n := 0; n < intervalRows; n++ {
		row, rest := firstRow(rows)
		if row == nil {
			break
		}
		rows = rest
		t, d := l.timeOf(unquote(field(row, l.time)))
		if d != "" {
			continue
		}
		if gap := t.Sub(last); n > 0 && gap > 0 {
			counts[gap]++
			if l.shortest == 0 || gap < l.shortest {
				l.shortest = gap
			}
			l.longest = max(l.longest, gap)
			if c := counts[gap]; c > counts[l.interval] || c == counts[l.interval] && gap < l.interval {
				l.interval = gap
			}
		}
		last = t
	}
}

// field is the n-th field of a row.
func field(row []byte, n int) []byte {
	for ; n > 0; n-- {
		_, row, _ = bytes.Cut(row, []byte{','})
	}
	f, _, _ := bytes.Cut(row, []byte{','})
	return f
}

// timeOf reads a field of the time column.
func (l *layout) timeOf(f []byte) (exchange.Stamp, Defect) {
	if l.unit == timeText {
		t, ok := parseDate(f)
		if !ok {
			return 0, DefectTime
		}
		return t, ""
	}
	v, d := number(f, l.unit)
	if d != "" || v < 0 {
		return 0, DefectTime
	}
	return exchange.Stamp(v) + l.base, ""
}
