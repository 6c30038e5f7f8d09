package journal

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"breakwater/exchange"
	"breakwater/risk"
)

// roundTrip writes a record as the first line of a journal and reads it again.
func roundTrip(t interface {
	Helper()
	Fatalf(string, ...any)
}, r *risk.Record) (line []byte, back *risk.Record) {
	t.Helper()
	line, _ = newChain(Head{}, "guard").record(r)
	line = line[:len(line)-1]
	c := newChecker()
	if isMark, why, err := c.check(line); err != nil || isMark {
		t.Fatalf("the line\n%s\nis refused: mark %v, %s, %+v", line, isMark, why, err)
	}
	return line, &c.record
}

var sameRecord = []cmp.Option{cmpopts.EquateEmpty()}

func TestNoFieldOfARecordIsForgotten(t *testing.T) {
	for _, table := range tables {
		typ := reflect.TypeOf(table.of)
		listed := map[string]int{}
		for i := range compiled.of[typ].fields {
			listed[compiled.of[typ].fields[i].name]++
		}
		for i := range typ.NumField() {
			name := typ.Field(i).Name
			outside := (typ == reflect.TypeFor[risk.Record]() || typ == reflect.TypeFor[Mark]()) && (name == "Time" || name == "Type")
			if want := 1; !outside && listed[name] != want {
				t.Errorf("%v.%s stands %d times in its table in tables.go, want once", typ, name, listed[name])
			}
		}
		if len(compiled.of[typ].fields) == 0 {
			t.Errorf("the table of %v is empty", typ)
		}
	}
}

func TestAFullRecordComesBackWhole(t *testing.T) {
	for seed := range uint64(60) {
		r := &risk.Record{}
		fill(rand.New(rand.NewPCG(seed, 1)), reflect.ValueOf(r).Elem(), 6) // events within an event's snapshot
		_, back := roundTrip(t, r)
		if diff := cmp.Diff(r, back, sameRecord...); diff != "" {
			t.Fatalf("seed %d: (-written +read)\n%s", seed, diff)
		}
	}
}

func TestALineLeavesNothingForTheNext(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	chain, c := newChain(Head{}, "guard"), newChecker()
	for i := range 500 {
		r := randomRecord(rng)
		line, next := chain.record(r)
		chain.advance(next)
		if _, why, err := c.check(line[:len(line)-1]); err != nil {
			t.Fatalf("line %d: %s: %+v", i, why, err)
		}
		if diff := cmp.Diff(r, &c.record, sameRecord...); diff != "" {
			t.Fatalf("line %d: (-written +read)\n%s", i, diff)
		}
	}
}

func TestAnyRecordComesBackAndIsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		r := randomRecord(rng)
		line, back := roundTrip(t, r)
		if diff := cmp.Diff(r, back, sameRecord...); diff != "" {
			t.Fatalf("(-written +read)\n%s", diff)
		}
		if !json.Valid(line) {
			t.Fatalf("not JSON: %s", line)
		}
	})
}

func TestNamesOfValuesAreDistinct(t *testing.T) {
	for typ, set := range names {
		if len(set.names) < 2 {
			t.Errorf("%v has %d names", typ, len(set.names))
		}
		seen := map[string]bool{}
		for i, n := range set.names {
			if n == "" && i == 0 {
				continue
			}
			if n == "" || seen[n] || n == "invalid" {
				t.Errorf("%v: value %d has the name %q", typ, i, n)
			}
			seen[n] = true
		}
	}
}

func TestATimeIsItsRFC3339Text(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, s exchange.Stamp) {
		var w, r stamps
		text := string(w.append(nil, s))
		if want := s.Time().Format("2006-01-02T15:04:05.000000000Z"); text != want {
			t.Fatalf("%d is written %s, want %s", s, text, want)
		}
		if back, ok := r.parse([]byte(text)); !ok || back != s {
			t.Fatalf("%s is read as %d (%v), want %d", text, back, ok, s)
		}
	}
	for _, s := range []exchange.Stamp{0, -1, 1, exchange.Never, math.MinInt64, -1 << 62, 951782400e9, 951868799999999999,
		exchange.At(time.Date(2100, 2, 28, 23, 59, 59, 999999999, time.UTC)), exchange.At(time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC))} {
		check(t, s)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, exchange.Stamp(rapid.Int64().Draw(t, "stamp"))) })
	var r stamps
	for _, text := range []string{
		"2019-02-29T00:00:00.000000000Z", "2019-13-01T00:00:00.000000000Z", "2019-05-30T24:00:00.000000000Z", "2019-05-30T00:00:00.00000000Z",
		"2019-05-30 00:00:00.000000000Z", "2262-04-11T23:47:16.854775808Z", "1677-09-21T00:12:43.145224191Z", "9999-12-31T23:59:59.000000000Z",
		"2019-05-30T00:00:60.000000000Z", "2019-05-30T00:00:0:.000000000Z",
	} {
		if s, ok := r.parse([]byte(text)); ok {
			t.Errorf("%s is accepted as %v", text, s)
		}
	}
}
