package krakend

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// kind is the JSON type that a field of a request must have; its text is Kraken's, in
// "Limit_price field must be a number_float".
type kind string

const (
	aNumber  kind = "a number_float"
	aWhole   kind = "a number_integer"
	aString  kind = "a string"
	aBoolean kind = "a boolean"
	anArray  kind = "an array"
	anObject kind = "an object"
)

// is reports whether a value has the kind.
func (k kind) is(v any) bool {
	switch v := v.(type) {
	case json.Number:
		_, err := strconv.ParseInt(v.String(), 10, 64)
		return k == aNumber || k == aWhole && err == nil
	case string:
		return k == aString
	case bool:
		return k == aBoolean
	case []any:
		return k == anArray
	case map[string]any:
		return k == anObject
	}
	return false
}

// fields are the fields that a request may have.
type fields map[string]kind

// check finds what is wrong with the fields of a request: one that does not belong there,
// or one of the wrong type. "" when nothing is.
func (f fields) check(given map[string]any, method string) string {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		want, ok := f[name]
		switch {
		case !ok:
			return unsupported(name, method)
		case given[name] == nil:
			delete(given, name) // null is as good as absent
		case !want.is(given[name]):
			return strings.ToUpper(name[:1]) + name[1:] + " field must be " + string(want)
		}
	}
	return ""
}

// The values of fields whose types have been checked; the zero value when they are absent.

func (q *inquiry) str(name string) string {
	s, _ := q.params[name].(string)
	return s
}

func (q *inquiry) flag(name string, otherwise bool) bool {
	if v, ok := q.params[name].(bool); ok {
		return v
	}
	return otherwise
}

func (q *inquiry) whole(name string, otherwise int64) int64 {
	n, ok := q.params[name].(json.Number)
	if !ok {
		return otherwise
	}
	v, _ := strconv.ParseInt(n.String(), 10, 64)
	return v
}

// strs is an array of texts; ok is false when something else is in it.
func (q *inquiry) strs(name string) (out []string, ok bool) {
	list, _ := q.params[name].([]any)
	for _, v := range list {
		s, is := v.(string)
		if !is {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}
