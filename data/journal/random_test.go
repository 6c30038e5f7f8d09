package journal

import (
	"math/rand/v2"
	"reflect"

	"breakwater/exchange"
	"breakwater/risk"
)

// fill sets every field of a struct to a random value that is not zero, so deep as the
// tables go.
func fill(rng *rand.Rand, v reflect.Value, depth int) {
	set, isNamed := names[v.Type()]
	switch {
	case isNamed:
		for {
			if n := rng.IntN(len(set.names) + 2); n > 0 && (n >= len(set.names) || set.names[n] != "") {
				v.SetUint(uint64(n))
				return
			}
		}
	case v.CanInt():
		bits := v.Type().Bits()
		for v.Int() == 0 {
			v.SetInt(int64(rng.Uint64()) >> (64 - bits) >> rng.IntN(bits))
		}
	case v.CanUint():
		bits := v.Type().Bits()
		for v.Uint() == 0 {
			v.SetUint(rng.Uint64() >> (64 - bits) >> rng.IntN(bits))
		}
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		alphabet := []rune("abc \"\\\n\x00\x1f\x7f<&é漢🚢\u2028")
		text := make([]rune, 1+rng.IntN(12))
		for i := range text {
			text[i] = alphabet[rng.IntN(len(alphabet))]
		}
		v.SetString(string(text))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(rng, v.Field(i), depth)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(rng, v.Index(i), depth)
		}
	case reflect.Pointer:
		if depth > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(rng, v.Elem(), depth-1)
		}
	case reflect.Slice:
		if depth > 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1+rng.IntN(3), 4))
			for i := range v.Len() {
				fill(rng, v.Index(i), depth-1)
			}
		}
	}
}

// fullRecord has no field that is zero.
func fullRecord(rng *rand.Rand) *risk.Record {
	r := &risk.Record{}
	fill(rng, reflect.ValueOf(r).Elem(), 4)
	r.Type = risk.RecordType(1 + rng.IntN(len(recordTypes.names)-1))
	return r
}

// sparse clears fields of a record by chance.
func sparse(rng *rand.Rand, v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		switch {
		case rng.IntN(3) == 0:
			f.SetZero()
		case f.Kind() == reflect.Pointer && !f.IsNil():
			sparse(rng, f.Elem())
		case f.Kind() == reflect.Struct:
			sparse(rng, f)
		case f.Type() == reflect.TypeFor[[]string]():
		case f.Kind() == reflect.Slice || f.Kind() == reflect.Array:
			for k := range f.Len() {
				sparse(rng, f.Index(k))
			}
		}
	}
}

// randomRecord has any of its fields, or none.
func randomRecord(rng *rand.Rand) *risk.Record {
	r := fullRecord(rng)
	typ := r.Type
	sparse(rng, reflect.ValueOf(r).Elem())
	r.Type = typ
	return r
}

// testCatalog is two pairs with scales of their own.
func testCatalog() *exchange.Catalog {
	cat := exchange.NewCatalog()
	must(cat.AddAsset("XBT", 10))
	must(cat.AddAsset("CAD", 4))
	must(cat.Add(exchange.Spec{Symbol: "XBT/CAD", PriceDecimals: 1, LotDecimals: 8, OrderMin: 5000, RulesKnown: true}))
	must(cat.Add(exchange.Spec{Symbol: "ETH/CAD", PriceDecimals: 2, LotDecimals: 8}))
	return cat
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
