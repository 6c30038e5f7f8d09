package journal

import (
	"fmt"
	"reflect"
	"strings"
	"unsafe"

	"breakwater/exchange"
)

// A layout is a struct's table, compiled once when the program starts: where each field
// lies and how it is written. Writing and reading walk it without reflection.
type layout struct {
	typ    reflect.Type
	fields []field
	must   int       // one past the last field that is always written
	nones  []uintptr // where the fields lie that are left out when they are -1
}

type field struct {
	key    []byte // `"price":`
	name   string // in Go
	offset uintptr
	typ    reflect.Type
	kind   kind
	size   uintptr  // of a number: 1, 4 or 8; 0: of anything else
	always bool     // written also when zero
	names  *nameSet // named, facts
	sub    *layout  // object, pointer, list, array: of what is in it
	spare  int      // pointer: its place among a decoder's spare values
}

// kind is how a field is written.
type kind uint8

const (
	int64Kind kind = iota
	int32Kind
	idKind // an int32 of which -1 means none
	uint64Kind
	uint32Kind
	uint16Kind
	uint8Kind
	boolKind
	textKind    // a JSON string
	textsKind   // a slice of strings
	stampKind   // a JSON string, see appendStamp
	namedKind   // a uint8 with names; a value without one is a number
	factsKind   // a uint32 of named bits: an array of names
	objectKind  // a struct within
	pointerKind // a struct elsewhere, nil: absent
	listKind    // a slice of structs
	arrayKind   // an array of structs, written up to its last one that is not zero
)

// nameSet is the names of an enumeration: values are places.
type nameSet struct {
	names []string
	value map[string]uint8
}

func newNames(names []string) *nameSet {
	s := &nameSet{names: names, value: map[string]uint8{}}
	for i, n := range names {
		if n != "" {
			s.value[n] = uint8(i)
		}
	}
	return s
}

// namesOf asks the first n values of an enumeration for their names.
func namesOf[T interface {
	~uint8
	fmt.Stringer
}](n int) *nameSet {
	names := make([]string, n)
	for i := range names {
		names[i] = T(i).String()
	}
	return newNames(names)
}

// validNames asks for names until one is "invalid".
func validNames[T interface {
	~uint8
	fmt.Stringer
}]() *nameSet {
	n := 0
	for n < 255 && T(n).String() != "invalid" {
		n++
	}
	return namesOf[T](n)
}

func (s *nameSet) has(v uint64) bool { return v < uint64(len(s.names)) && s.names[v] != "" }

// layouts are the compiled tables. pointers counts the pointer fields.
type layouts struct {
	of       map[reflect.Type]*layout
	names    map[reflect.Type]*nameSet
	pointers int
}

// compile turns the tables into layouts.
func compile(tables []table, names map[reflect.Type]*nameSet) *layouts {
	c := &layouts{of: map[reflect.Type]*layout{}, names: names}
	for _, t := range tables {
		typ := reflect.TypeOf(t.of)
		c.of[typ] = &layout{typ: typ}
	}
	for _, t := range tables {
		l := c.of[reflect.TypeOf(t.of)]
		for _, entry := range t.fields {
			key, name, ok := strings.Cut(entry, ":")
			name, always := strings.CutSuffix(name, "!")
			name, isID := strings.CutSuffix(name, "?")
			f, found := l.typ.FieldByName(name)
			if !ok || !found {
				panic("BUG: journal: the table of " + l.typ.String() + " names no field in " + entry)
			}
			if key == "-" {
				continue // written elsewhere in the line
			}
			l.fields = append(l.fields, c.field(key, f, always))
			if always {
				l.must = len(l.fields)
			}
			if isID {
				last := &l.fields[len(l.fields)-1]
				last.kind, last.size = idKind, 0
				l.nones = append(l.nones, last.offset)
			}
		}
	}
	return c
}

func (c *layouts) field(key string, f reflect.StructField, always bool) field {
	o := c.fieldKind(key, f, always)
	switch o.kind {
	case textKind, textsKind, objectKind, listKind, arrayKind:
	default:
		o.size = f.Type.Size()
	}
	return o
}

func (c *layouts) fieldKind(key string, f reflect.StructField, always bool) field {
	o := field{key: []byte(`"` + key + `":`), name: f.Name, offset: f.Offset, typ: f.Type, always: always}
	switch names := c.names[f.Type]; {
	case names != nil:
		o.kind, o.names = namedKind, names
		return o
	case f.Type == reflect.TypeFor[exchange.Stamp]():
		o.kind = stampKind
		return o
	case f.Type == reflect.TypeFor[exchange.Facts]():
		o.kind = factsKind
		return o
	}
	switch f.Type.Kind() {
	case reflect.Int64:
		o.kind = int64Kind
	case reflect.Int32:
		o.kind = int32Kind
	case reflect.Uint64:
		o.kind = uint64Kind
	case reflect.Uint32:
		o.kind = uint32Kind
	case reflect.Uint16:
		o.kind = uint16Kind
	case reflect.Uint8:
		o.kind = uint8Kind
	case reflect.Bool:
		o.kind = boolKind
	case reflect.String:
		o.kind = textKind
	case reflect.Struct:
		o.kind, o.sub = objectKind, c.below(f.Type)
	case reflect.Pointer:
		o.kind, o.sub, o.spare = pointerKind, c.below(f.Type.Elem()), c.pointers
		c.pointers++
	case reflect.Slice:
		if f.Type == reflect.TypeFor[[]string]() {
			o.kind = textsKind
			break
		}
		o.kind, o.sub = listKind, c.below(f.Type.Elem())
	case reflect.Array:
		o.kind, o.sub = arrayKind, c.below(f.Type.Elem())
	default:
		panic(fmt.Sprintf("BUG: journal: no way to write field %s of type %v; give it a kind in layout.go", f.Name, f.Type))
	}
	return o
}

func (c *layouts) below(t reflect.Type) *layout {
	l := c.of[t]
	if l == nil {
		panic(fmt.Sprintf("BUG: journal: %v has no table; add one in tables.go", t))
	}
	return l
}

// isZero reports whether nothing of a struct would be written.
func (l *layout) isZero(p unsafe.Pointer) bool {
	for i := range l.fields {
		if f := &l.fields[i]; !f.isZero(unsafe.Add(p, f.offset)) {
			return false
		}
	}
	return true
}

func (f *field) isZero(p unsafe.Pointer) bool {
	switch f.kind {
	case int64Kind, uint64Kind, stampKind:
		return *(*uint64)(p) == 0
	case int32Kind, uint32Kind, factsKind:
		return *(*uint32)(p) == 0
	case idKind:
		return *(*int32)(p) == exchange.None
	case uint16Kind:
		return *(*uint16)(p) == 0
	case uint8Kind, boolKind, namedKind:
		return *(*uint8)(p) == 0
	case textKind:
		return *(*string)(p) == ""
	case objectKind:
		return f.sub.isZero(p)
	case pointerKind:
		return *(*unsafe.Pointer)(p) == nil
	case listKind, textsKind:
		return len(*(*[]struct{})(p)) == 0
	}
	return f.arrayLen(p) == 0
}

// arrayLen is one past the last element of an array that is not zero.
func (f *field) arrayLen(p unsafe.Pointer) int {
	n := f.typ.Len()
	for n > 0 && f.sub.isZero(unsafe.Add(p, uintptr(n-1)*f.sub.typ.Size())) {
		n--
	}
	return n
}
