package journal

import (
	"slices"
	"strconv"
	"unicode/utf8"
	"unsafe"

	"breakwater/exchange"
)

// object appends a struct as a JSON object: its fields in the order of its table.
func (s *stamps) object(b []byte, l *layout, p unsafe.Pointer) []byte {
	b = append(b, '{')
	start := len(b)
	for i := range l.fields {
		f := &l.fields[i]
		at := unsafe.Add(p, f.offset)
		var isZero bool
		switch f.size { // most fields are zero
		case 8:
			isZero = *(*uint64)(at) == 0
		case 1:
			isZero = *(*uint8)(at) == 0
		case 4:
			isZero = *(*uint32)(at) == 0
		default:
			isZero = f.isZero(at)
		}
		if isZero && !f.always {
			continue
		}
		b = s.value(append(b, f.key...), f, at)
		b = append(b, ',')
	}
	if len(b) == start {
		return append(b, '}')
	}
	b[len(b)-1] = '}'
	return b
}

func (s *stamps) value(b []byte, f *field, p unsafe.Pointer) []byte {
	switch f.kind {
	case int64Kind:
		return appendInt(b, *(*int64)(p))
	case int32Kind, idKind:
		return appendInt(b, int64(*(*int32)(p)))
	case uint64Kind:
		return appendUint(b, *(*uint64)(p))
	case uint32Kind:
		return strconv.AppendUint(b, uint64(*(*uint32)(p)), 10)
	case uint16Kind:
		return strconv.AppendUint(b, uint64(*(*uint16)(p)), 10)
	case uint8Kind:
		return strconv.AppendUint(b, uint64(*(*uint8)(p)), 10)
	case boolKind:
		return strconv.AppendBool(b, *(*bool)(p))
	case textKind:
		return appendText(b, *(*string)(p))
	case textsKind:
		return appendTexts(b, *(*[]string)(p))
	case stampKind:
		b = s.append(append(b, '"'), *(*exchange.Stamp)(p))
		return append(b, '"')
	case namedKind:
		return appendName(b, f.names, *(*uint8)(p))
	case factsKind:
		return appendFacts(b, *(*exchange.Facts)(p))
	case objectKind:
		return s.object(b, f.sub, p)
	case pointerKind:
		return s.object(b, f.sub, *(*unsafe.Pointer)(p))
	case listKind:
		return s.list(b, f.sub, unsafe.Pointer(unsafe.SliceData(*(*[]byte)(p))), len(*(*[]byte)(p)))
	}
	return s.list(b, f.sub, p, f.arrayLen(p))
}

func appendInt(b []byte, v int64) []byte {
	if v < 0 {
		return appendUint(append(b, '-'), -uint64(v))
	}
	return appendUint(b, uint64(v))
}

// appendUint is strconv.AppendUint without its way through a buffer: numbers are most of
// a line.
func appendUint(b []byte, v uint64) []byte {
	n := 1
	for limit := uint64(10); n < 20 && v >= limit; n++ {
		limit *= 10
	}
	b = slices.Grow(b, n)
	b = b[:len(b)+n]
	for i := len(b) - 1; n > 0; i, n = i-1, n-1 {
		b[i] = byte('0' + v%10)
		v /= 10
	}
	return b
}

// list appends n structs that lie one after the other.
func (s *stamps) list(b []byte, l *layout, p unsafe.Pointer, n int) []byte {
	b = append(b, '[')
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = s.object(b, l, unsafe.Add(p, uintptr(i)*l.typ.Size()))
	}
	return append(b, ']')
}

func appendTexts(b []byte, texts []string) []byte {
	b = append(b, '[')
	for i, s := range texts {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, s)
	}
	return append(b, ']')
}

func appendName(b []byte, set *nameSet, v uint8) []byte {
	if !set.has(uint64(v)) {
		return strconv.AppendUint(b, uint64(v), 10)
	}
	b = append(append(b, '"'), set.names[v]...)
	return append(b, '"')
}

// appendFacts appends the names of the bits that are set, and what has no name as one
// number.
func appendFacts(b []byte, facts exchange.Facts) []byte {
	b = append(b, '[')
	for i, n := range factNames {
		if facts&(1<<i) != 0 {
			b = append(append(append(b, '"'), n...), '"', ',')
		}
	}
	if rest := facts >> len(factNames) << len(factNames); rest != 0 {
		b = append(strconv.AppendUint(b, uint64(rest), 10), ',')
	}
	if b[len(b)-1] == ',' {
		b = b[:len(b)-1]
	}
	return append(b, ']')
}

const hexDigits = "0123456789abcdef"

// appendText appends s as a JSON string. Only quote, backslash and control characters are
// escaped; what is not UTF-8 becomes U+FFFD.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(append(b, s[from:i]...), '\\', c)
		case c < ' ':
			b = append(append(b, s[from:i]...), '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		case c < utf8.RuneSelf:
			i++
			continue
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || n != 1 {
				i += n
				continue
			}
			b = append(append(b, s[from:i]...), "\ufffd"...)
		}
		i++
		from = i
	}
	return append(append(b, s[from:]...), '"')
}
