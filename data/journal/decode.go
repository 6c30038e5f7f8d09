package journal

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"strings"
	"unicode/utf8"
	"unsafe"

	"breakwater/exchange"
)

// A decoder reads lines that appendLine wrote. It is strict: it accepts a text only if
// encoding the result again gives the same bytes, so unknown, doubled or misplaced
// fields, written zeros, spaces and other spellings of a number are all refused.
type decoder struct {
	stamps
	b      []byte
	i      int
	err    *syntaxError
	spare  []unsafe.Pointer // by field.spare: one struct for each pointer field, used again
	nested int              // within a list or a spare struct: no spares there
}

// syntaxError is where and why a line is not one of ours.
type syntaxError struct {
	at  int // byte within the line
	why string
}

// maxNested bounds how deep structs may lie in one another.
const maxNested = 16

func newDecoder() *decoder { return &decoder{spare: make([]unsafe.Pointer, compiled.pointers)} }

func (d *decoder) fail(format string, args ...any) bool {
	if d.err == nil {
		d.err = &syntaxError{d.i, fmt.Sprintf(format, args...)}
	}
	return false
}

// literal skips a text that must come next.
func (d *decoder) literal(s string) bool {
	if len(d.b)-d.i < len(s) || string(d.b[d.i:d.i+len(s)]) != s {
		return d.fail("expected %s", s)
	}
	d.i += len(s)
	return true
}

func (d *decoder) next(c byte) bool {
	if d.i < len(d.b) && d.b[d.i] == c {
		d.i++
		return true
	}
	return false
}

// object reads a struct. p points to a zero one.
func (d *decoder) object(l *layout, p unsafe.Pointer) bool {
	if !d.next('{') {
		return d.fail("expected an object")
	}
	if d.nested++; d.nested > maxNested {
		return d.fail("objects lie too deep in one another")
	}
	for _, offset := range l.nones {
		*(*int32)(unsafe.Add(p, offset)) = exchange.None
	}
	more := !d.next('}')
	for k := 0; k < len(l.fields) && (more || k < l.must); k++ {
		f := &l.fields[k]
		if !more || !bytes.HasPrefix(d.b[d.i:], f.key) {
			if f.always {
				return d.fail("the field %s is missing", f.key[:len(f.key)-1])
			}
			continue
		}
		at := unsafe.Add(p, f.offset)
		start := d.i
		d.i += len(f.key)
		if !d.value(f, at) {
			return false
		}
		if !f.always && f.isZero(at) {
			d.i = start
			return d.fail("the field %s says nothing and is written all the same", f.key[:len(f.key)-1])
		}
		if d.next('}') {
			more = false
		} else if !d.next(',') {
			return d.fail("expected , or }")
		}
	}
	if more {
		return d.fail("unknown or misplaced field %s of %v", d.word(), l.typ)
	}
	d.nested--
	return true
}

// word is what comes next, for a message.
func (d *decoder) word() string {
	rest := d.b[d.i:min(len(d.b), d.i+40)]
	if k := bytes.IndexByte(rest, ':'); k > 0 {
		rest = rest[:k]
	}
	return strings.ToValidUTF8(string(rest), "?")
}

func (d *decoder) value(f *field, p unsafe.Pointer) bool {
	switch f.kind {
	case int64Kind:
		return d.signed((*int64)(p), math.MinInt64, math.MaxInt64)
	case int32Kind, idKind:
		var v int64
		ok := d.signed(&v, math.MinInt32, math.MaxInt32)
		*(*int32)(p) = int32(v)
		return ok
	case uint64Kind:
		return d.number((*uint64)(p), math.MaxUint64)
	case uint32Kind:
		var v uint64
		ok := d.number(&v, math.MaxUint32)
		*(*uint32)(p) = uint32(v)
		return ok
	case uint16Kind:
		var v uint64
		ok := d.number(&v, math.MaxUint16)
		*(*uint16)(p) = uint16(v)
		return ok
	case uint8Kind:
		var v uint64
		ok := d.number(&v, math.MaxUint8)
		*(*uint8)(p) = uint8(v)
		return ok
	case boolKind:
		*(*bool)(p) = true // false is zero and left out
		return d.literal("true")
	case textKind:
		return d.text((*string)(p))
	case textsKind:
		return d.texts((*[]string)(p))
	case stampKind:
		return d.stamp((*exchange.Stamp)(p))
	case namedKind:
		return d.named(f.names, (*uint8)(p))
	case factsKind:
		return d.facts((*exchange.Facts)(p))
	case objectKind:
		return d.object(f.sub, p)
	case pointerKind:
		*(*unsafe.Pointer)(p) = d.fresh(f)
		return d.object(f.sub, *(*unsafe.Pointer)(p))
	}
	return d.list(f, p)
}

// fresh is a zero struct for a pointer field: a spare one for what hangs on the record
// itself, a new one deeper down.
func (d *decoder) fresh(f *field) unsafe.Pointer {
	if d.nested > 1 {
		return reflect.New(f.sub.typ).UnsafePointer()
	}
	if d.spare[f.spare] == nil {
		d.spare[f.spare] = reflect.New(f.sub.typ).UnsafePointer()
	} else {
		reflect.NewAt(f.sub.typ, d.spare[f.spare]).Elem().SetZero()
	}
	return d.spare[f.spare]
}

// list reads a slice, or an array, of structs.
func (d *decoder) list(f *field, p unsafe.Pointer) bool {
	if !d.next('[') {
		return d.fail("expected a list")
	}
	v := reflect.NewAt(f.typ, p).Elem()
	for n := 0; ; n++ {
		if f.kind == listKind {
			v.Grow(1)
			v.SetLen(n + 1)
			v.Index(n).SetZero()
		} else if n == v.Len() {
			return d.fail("more than %d elements", n)
		}
		if !d.object(f.sub, v.Index(n).Addr().UnsafePointer()) {
			return false
		}
		if d.next(']') {
			if f.kind == arrayKind && f.arrayLen(p) != n+1 {
				return d.fail("the last element is zero and written all the same")
			}
			return true
		}
		if !d.next(',') {
			return d.fail("expected , or ]")
		}
	}
}

func (d *decoder) number(v *uint64, limit uint64) bool {
	start, n := d.i, uint64(0)
	for ; d.i < len(d.b); d.i++ {
		c := d.b[d.i] - '0'
		if c > 9 {
			break
		}
		if n > (math.MaxUint64-9)/10 && (n > math.MaxUint64/10 || uint64(c) > math.MaxUint64-n*10) {
			return d.fail("number out of range")
		}
		n = n*10 + uint64(c)
	}
	switch {
	case d.i == start:
		return d.fail("expected a number")
	case d.b[start] == '0' && d.i > start+1:
		d.i = start
		return d.fail("a number begins with 0")
	case n > limit:
		d.i = start
		return d.fail("number out of range")
	}
	*v = n
	return true
}

func (d *decoder) signed(v *int64, low, high int64) bool {
	neg := d.next('-')
	limit := uint64(high)
	if neg {
		limit = uint64(-(low + 1)) + 1
	}
	var n uint64
	if !d.number(&n, limit) {
		return false
	}
	if neg {
		if n == 0 {
			return d.fail("minus zero")
		}
		n = -n
	}
	*v = int64(n)
	return true
}

// quoted is the text up to the next quote, for what has no escapes.
func (d *decoder) quoted() ([]byte, bool) {
	if !d.next('"') {
		return nil, d.fail("expected a text")
	}
	n := bytes.IndexByte(d.b[d.i:], '"')
	if n < 0 {
		return nil, d.fail("a text without an end")
	}
	s := d.b[d.i : d.i+n]
	d.i += n + 1
	return s, true
}

func (d *decoder) stamp(t *exchange.Stamp) bool {
	start := d.i
	s, ok := d.quoted()
	if !ok {
		return false
	}
	if *t, ok = d.parse(s); !ok {
		d.i = start
		return d.fail("not a time like 2006-01-02T15:04:05.000000000Z")
	}
	return true
}

func (d *decoder) named(set *nameSet, v *uint8) bool {
	start := d.i
	if d.i < len(d.b) && d.b[d.i] != '"' {
		var n uint64
		if !d.number(&n, math.MaxUint8) {
			return false
		}
		if set.has(n) {
			d.i = start
			return d.fail("%d is written %s", n, set.names[n])
		}
		*v = uint8(n)
		return true
	}
	s, ok := d.quoted()
	if !ok {
		return false
	}
	if *v, ok = set.value[string(s)]; !ok {
		d.i = start
		return d.fail("unknown name %.40q", s)
	}
	return true
}

func (d *decoder) facts(facts *exchange.Facts) bool {
	start := d.i
	if !d.next('[') {
		return d.fail("expected a list of facts")
	}
	for !d.next(']') {
		if *facts != 0 && !d.next(',') {
			return d.fail("expected , or ]")
		}
		if d.i < len(d.b) && d.b[d.i] == '"' {
			s, ok := d.quoted()
			if !ok {
				return false
			}
			k := 0
			for k < len(factNames) && factNames[k] != string(s) {
				k++
			}
			if k == len(factNames) || *facts>>k != 0 {
				return d.fail("unknown or misplaced fact %.40q", s)
			}
			*facts |= 1 << k
			continue
		}
		var n uint64
		if !d.number(&n, math.MaxUint32) {
			return false
		}
		if rest := exchange.Facts(n); rest == 0 || rest>>len(factNames)<<len(factNames) != rest || *facts>>len(factNames) != 0 {
			return d.fail("facts that have names, as a number")
		}
		*facts |= exchange.Facts(n)
	}
	if string(appendFacts(nil, *facts)) != string(d.b[start:d.i]) {
		d.i = start
		return d.fail("a list of facts in another spelling")
	}
	return true
}

func (d *decoder) text(s *string) bool {
	if !d.next('"') {
		return d.fail("expected a text")
	}
	start := d.i
	for ; d.i < len(d.b); d.i++ {
		switch c := d.b[d.i]; {
		case c == '"':
			raw := d.b[start:d.i]
			if !utf8.Valid(raw) {
				return d.fail("a text that is not UTF-8")
			}
			*s = string(raw)
			d.i++
			return true
		case c == '\\':
			return d.escaped(s, start)
		case c < ' ':
			return d.fail("a control character in a text")
		}
	}
	return d.fail("a text without an end")
}

func (d *decoder) texts(list *[]string) bool {
	if !d.next('[') {
		return d.fail("expected a list of texts")
	}
	for {
		var s string
		if !d.text(&s) {
			return false
		}
		*list = append(*list, s)
		if d.next(']') {
			return true
		}
		if !d.next(',') {
			return d.fail("expected , or ]")
		}
	}
}

// escaped reads a text from start that has an escape at d.i.
func (d *decoder) escaped(s *string, start int) bool {
	out := append([]byte(nil), d.b[start:d.i]...)
	for d.i < len(d.b) {
		c := d.b[d.i]
		d.i++
		switch {
		case c == '"':
			if *s = string(out); string(appendText(nil, *s)) != string(d.b[start-1:d.i]) {
				return d.fail("a text in another spelling")
			}
			return true
		case c != '\\':
			out = append(out, c)
		case d.next('"'):
			out = append(out, '"')
		case d.next('\\'):
			out = append(out, '\\')
		default:
			if !d.literal("u00") || len(d.b)-d.i < 2 {
				return d.fail("an escape that is none of ours")
			}
			high, low := strings.IndexByte(hexDigits, d.b[d.i]), strings.IndexByte(hexDigits, d.b[d.i+1])
			if high < 0 || low < 0 {
				return d.fail("an escape that is none of ours")
			}
			out = append(out, byte(high<<4|low))
			d.i += 2
		}
	}
	return d.fail("a text without an end")
}
