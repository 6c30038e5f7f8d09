package strategy

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// typeNames are the types that a parameter may have, and what people call them.
var typeNames = map[reflect.Type]string{
	reflect.TypeFor[int]():           "int",
	reflect.TypeFor[float64]():       "float",
	reflect.TypeFor[bool]():          "bool",
	reflect.TypeFor[string]():        "string",
	reflect.TypeFor[time.Duration](): "duration",
}

// parseValue reads text as a value of one of the parameter types.
func parseValue(t reflect.Type, text string) (reflect.Value, error) {
	switch t {
	case reflect.TypeFor[int]():
		n, err := strconv.Atoi(text)
		if errors.Is(err, strconv.ErrRange) {
			return reflect.Value{}, errors.New("too large a number")
		} else if err != nil {
			return reflect.Value{}, errors.New("not a whole number, like 20")
		}
		return reflect.ValueOf(n), nil
	case reflect.TypeFor[float64]():
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return reflect.Value{}, errors.New("not a number, like 1.5")
		}
		return reflect.ValueOf(x), nil
	case reflect.TypeFor[bool]():
		b, err := strconv.ParseBool(text)
		if err != nil {
			return reflect.Value{}, errors.New("neither true nor false")
		}
		return reflect.ValueOf(b), nil
	case reflect.TypeFor[time.Duration]():
		d, err := parseDuration(text)
		if err != nil {
			return reflect.Value{}, err
		}
		return reflect.ValueOf(d), nil
	}
	return reflect.ValueOf(text), nil
}

// bound is parseValue for min and max: the invalid value where there is none.
func bound(t reflect.Type, text string) (reflect.Value, error) {
	if text == "" {
		return reflect.Value{}, nil
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int64, reflect.Float64:
		return parseValue(t, text)
	}
	return reflect.Value{}, fmt.Errorf("a %s has no range", typeNames[t])
}

// less orders two numbers or durations.
func less(a, b reflect.Value) bool {
	if a.Kind() == reflect.Float64 {
		return a.Float() < b.Float()
	}
	return a.Int() < b.Int()
}

// formatValue is the text that parseValue reads back to the same value.
func formatValue(v reflect.Value) string {
	switch v.Type() {
	case reflect.TypeFor[float64]():
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case reflect.TypeFor[time.Duration]():
		return formatDuration(time.Duration(v.Int()))
	}
	return fmt.Sprint(v.Interface())
}

// calendar are the units that traders use and time.ParseDuration does not know.
var calendar = []struct {
	suffix string
	length time.Duration
}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}}

// parseDuration reads Go's durations, and whole days and weeks: 90m, 1h30m, 1d, 2w.
func parseDuration(text string) (time.Duration, error) {
	for _, c := range calendar {
		if count, found := strings.CutSuffix(text, c.suffix); found {
			n, err := strconv.ParseInt(count, 10, 32)
			if d := time.Duration(n) * c.length; err == nil && d/c.length == time.Duration(n) {
				return d, nil
			}
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, errors.New("not a time span, like 90m, 4h, 1d or 2w")
	}
	return d, nil
}

func formatDuration(d time.Duration) string {
	for _, c := range calendar {
		if d != 0 && d%c.length == 0 {
			return strconv.FormatInt(int64(d/c.length), 10) + c.suffix
		}
	}
	text := d.String() // 4h0m0s
	if short, found := strings.CutSuffix(text, "m0s"); found {
		text = short + "m"
	}
	if short, found := strings.CutSuffix(text, "h0m"); found {
		text = short + "h"
	}
	return text
}
