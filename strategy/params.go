package strategy

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Param describes one parameter of a strategy, as the tags of its field say:
//
//	Fast int `param:"fast" default:"10" min:"2" max:"200" unit:"bars" doc:"bars of the fast average"`
//
// The field is exported and of type int, float64, bool, string or time.Duration. min and
// max (both allowed) are for numbers and durations; oneof:"a,b" lists what a string may
// be. Without a default, the value that the strategy's maker set is kept.
type Param struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"` // int, float, bool, string, duration
	Default string   `json:"default,omitempty"`
	Min     string   `json:"min,omitempty"` // "" when there is no bound
	Max     string   `json:"max,omitempty"`
	OneOf   []string `json:"one_of,omitempty"`
	Unit    string   `json:"unit,omitempty"`
	Doc     string   `json:"doc"`
}

// Setting is a parameter's name and value as text: Set accepts what Values gave.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Validator is a strategy with a rule over several parameters (fast must be below slow).
// Validate says what is wrong and how to mend it, naming the parameters.
type Validator interface{ Validate() error }

// Describe lists the strategy's parameters in the order of its fields.
func Describe(s Strategy) []Param {
	fields := fieldsOf(s)
	params := make([]Param, len(fields))
	for i, f := range fields {
		params[i] = f.Param
	}
	return params
}

// Values lists the strategy's settings in the order of its fields.
func Values(s Strategy) []Setting {
	fields := fieldsOf(s)
	settings := make([]Setting, len(fields))
	for i, f := range fields {
		settings[i] = Setting{Name: f.Name, Value: formatValue(f.value)}
	}
	return settings
}

// Set gives one parameter a value. An error names the parameter, what it may be, and for
// an unknown name the nearest one. Rules over several parameters are Check's.
func Set(s Strategy, name, value string) error {
	fields := fieldsOf(s)
	for _, f := range fields {
		if f.Name != name {
			continue
		}
		v, err := parseValue(f.value.Type(), value)
		if err == nil {
			err = f.check(v)
		}
		if err != nil {
			return fmt.Errorf("strategy: parameter %s=%s: %w", name, value, err)
		}
		f.value.Set(v)
		return nil
	}
	if len(fields) == 0 {
		return fmt.Errorf("strategy: parameter %q: this strategy has no parameters", name)
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return fmt.Errorf("strategy: no parameter %q%s; there are %s", name, didYouMean(name, names), strings.Join(names, ", "))
}

// Check asks the strategy's Validate, if it has one.
func Check(s Strategy) error {
	if v, ok := s.(Validator); ok {
		if err := v.Validate(); err != nil {
			return fmt.Errorf("strategy: %w", err)
		}
	}
	return nil
}

// Configure sets parameters given as name=value, all of them, and then checks the whole,
// so that their order does not matter.
func Configure(s Strategy, settings ...string) error {
	seen := make([]string, 0, len(settings))
	for _, text := range settings {
		name, value, found := strings.Cut(text, "=")
		if !found {
			return fmt.Errorf("strategy: %q is not a setting; write name=value", text)
		}
		if name = strings.TrimSpace(name); slices.Contains(seen, name) {
			return fmt.Errorf("strategy: parameter %q is set twice; give it once", name)
		}
		seen = append(seen, name)
		if err := Set(s, name, strings.TrimSpace(value)); err != nil {
			return err
		}
	}
	return Check(s)
}

// field is a parameter and the place of its value.
type field struct {
	Param
	value    reflect.Value
	min, max reflect.Value // invalid where there is no bound
	initial  reflect.Value // the default, invalid where there is none
}

// fieldsOf reads the tags. A wrong tag is a bug of the strategy and panics; Register
// reads every strategy's tags, so that it shows at the start and not in the middle.
func fieldsOf(s Strategy) []field {
	v := reflect.ValueOf(s)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return nil
	}
	v = v.Elem()
	var fields []field
	for _, sf := range reflect.VisibleFields(v.Type()) {
		name, tagged := sf.Tag.Lookup("param")
		if !tagged {
			continue
		}
		bad := func(why string, args ...any) {
			panic(fmt.Sprintf("BUG: strategy %s: field %s: %s", v.Type(), sf.Name, fmt.Sprintf(why, args...)))
		}
		if name == "" || strings.ContainsAny(name, "= \t") {
			bad("parameter name %q", name)
		}
		if !sf.IsExported() {
			bad("a parameter's field must be exported")
		}
		if slices.ContainsFunc(fields, func(f field) bool { return f.Name == name }) {
			bad("a second parameter %q", name)
		}
		f := field{value: v.FieldByIndex(sf.Index)}
		kind, known := typeNames[sf.Type]
		if !known {
			bad("type %s; a parameter is an int, float64, bool, string or time.Duration", sf.Type)
		}
		f.Param = Param{
			Name: name, Type: kind, Default: sf.Tag.Get("default"),
			Min: sf.Tag.Get("min"), Max: sf.Tag.Get("max"), Unit: sf.Tag.Get("unit"), Doc: sf.Tag.Get("doc"),
		}
		if list := sf.Tag.Get("oneof"); list != "" {
			f.OneOf = strings.Split(list, ",")
		}
		var err error
		if f.min, err = bound(sf.Type, f.Min); err != nil {
			bad("min: %v", err)
		}
		if f.max, err = bound(sf.Type, f.Max); err != nil {
			bad("max: %v", err)
		}
		if _, has := sf.Tag.Lookup("default"); has {
			if f.initial, err = parseValue(sf.Type, f.Default); err == nil {
				err = f.check(f.initial)
			}
			if err != nil {
				bad("default %q: %v", f.Default, err)
			}
		}
		fields = append(fields, f)
	}
	return fields
}

// setDefaults gives every parameter its default.
func setDefaults(s Strategy) {
	for _, f := range fieldsOf(s) {
		if f.initial.IsValid() {
			f.value.Set(f.initial)
		}
	}
}

// check reports a value outside of the parameter's range or list.
func (f *field) check(v reflect.Value) error {
	if f.min.IsValid() && less(v, f.min) || f.max.IsValid() && less(f.max, v) {
		switch unit := f.unitText(); {
		case f.Max == "":
			return fmt.Errorf("out of range; at least %s%s", f.Min, unit)
		case f.Min == "":
			return fmt.Errorf("out of range; at most %s%s", f.Max, unit)
		default:
			return fmt.Errorf("out of range; from %s to %s%s", f.Min, f.Max, unit)
		}
	}
	if len(f.OneOf) > 0 && !slices.Contains(f.OneOf, v.String()) {
		return fmt.Errorf("not a choice%s; one of %s", didYouMean(v.String(), f.OneOf), strings.Join(f.OneOf, ", "))
	}
	return nil
}

func (f *field) unitText() string {
	if f.Unit == "" || f.value.Type() == reflect.TypeFor[time.Duration]() {
		return ""
	}
	return " " + f.Unit
}
