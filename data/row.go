package data

import (
	"bytes"
	"fmt"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// plainRow reads the next row if it is made of plain numbers, one for each value. If it
// is not, the row is left for nextRow.
func (r *Reader) plainRow(v []int64) bool {
	buf := r.buf[:r.lim]
	i, ok := plain(buf, r.pos, v, r.scales[:])
	if buf[i] == '\r' {
		i++
	}
	if !ok || buf[i] != '\n' {
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

// number reads a field of the row that nextRow has cut.
func (r *Reader) number(at int, scale uint8) (int64, Defect) {
	f := r.parts[at]
	if len(f) < cap(f) { // an empty one may be nil
		// What follows a field is a comma, a quote, a blank or a line end, as plain needs it.
		var v [1]int64
		if next, ok := plain(f[:len(f)+1], 0, v[:], []uint8{scale}); ok && next == len(f) {
			return v[0], ""
		}
	}
	return number(f, scale)
}

// refuse makes the error of the row that was read last.
func (r *Reader) refuse(d Defect, remedy, format string, args ...any) error {
	return &RowError{Name: r.info.Name, Line: r.line, Defect: d, Text: fmt.Sprintf(format, args...), Remedy: remedy}
}

// tooLate is the error of a time after latest.
func (r *Reader) tooLate(t exchange.Stamp) error {
	return r.refuse(DefectTime, "", "time %v lies after the year 2199", t)
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

func (r *Reader) qty(q money.Qty) string { return money.Trim(int64(q), r.lotDec) }
