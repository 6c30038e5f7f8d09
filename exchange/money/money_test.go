package money

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

var roundings = []Rounding{Down, Up, Floor, Ceil, Half}

// oracle rounds an exact fraction by its definition, sharing no code with MulDiv.
func oracle(x *big.Rat, r Rounding) *big.Int {
	floor := new(big.Int).Div(x.Num(), x.Denom()) // Euclidean: floor for a positive denominator
	if x.IsInt() {
		return floor
	}
	ceil := new(big.Int).Add(floor, big.NewInt(1))
	toward, away := floor, ceil
	if x.Sign() < 0 {
		toward, away = ceil, floor
	}
	switch r {
	case Down:
		return toward
	case Up:
		return away
	case Floor:
		return floor
	case Ceil:
		return ceil
	}
	half := new(big.Rat).Sub(x, new(big.Rat).SetInt(toward))
	if half.Abs(half).Cmp(big.NewRat(1, 2)) >= 0 {
		return away
	}
	return toward
}

func checkMulDiv(t interface{ Fatalf(string, ...any) }, a, b, c int64, r Rounding) {
	got, ok := MulDiv(a, b, c, r)
	if c <= 0 {
		if ok {
			t.Fatalf("MulDiv(%d,%d,%d,%v) accepted a divisor that is not positive", a, b, c, r)
		}
		return
	}
	x := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(a), big.NewInt(b)), big.NewInt(c))
	want := oracle(x, r)
	if ok != want.IsInt64() || ok && got != want.Int64() {
		t.Fatalf("MulDiv(%d,%d,%d,%v) = %d,%v; exact %v", a, b, c, r, got, ok, want)
	}
}

func TestMulDivIsExactAtTheBorders(t *testing.T) {
	edge := []int64{0, 1, -1, 2, -2, 3, 5, -5, 7, 10, 1e9, 1e18, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1}
	for _, a := range edge {
		for _, b := range edge {
			for _, c := range edge {
				for _, r := range roundings {
					checkMulDiv(t, a, b, c, r)
				}
			}
		}
	}
}

func FuzzMulDiv(f *testing.F) {
	f.Add(int64(115854), int64(100000000), int64(1000), uint8(4))
	f.Fuzz(func(t *testing.T, a, b, c int64, r uint8) {
		checkMulDiv(t, a, b, c, roundings[int(r)%len(roundings)])
	})
}

// FuzzParse compares with big.Rat, which reads the same texts.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"0", "-0.00", "12.5", "1e-05", "+7.", ".5", "9223372036854775807", "1.000000000000000000000", "", ".", "1e", "0x1", "NaN", "1_0", "5E+3"} {
		f.Add(s, uint8(8))
	}
	f.Fuzz(func(t *testing.T, s string, d uint8) {
		d %= MaxDecimals + 1
		v, err := Parse(s, d)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatalf("Parse(%q) = %d, but it is no number", s, v)
		}
		if got := big.NewRat(v, Pow10[d]); got.Cmp(want) != 0 {
			t.Fatalf("Parse(%q,%d) = %v, want %v", s, d, got, want)
		}
		if back, err := Parse(Format(v, d), d); err != nil || back != v {
			t.Fatalf("Format(%d,%d) = %q reads back as %d, %v", v, d, Format(v, d), back, err)
		}
		if back, err := Parse([]byte(Trim(v, d)), d); err != nil || back != v {
			t.Fatalf("Trim(%d,%d) = %q reads back as %d, %v", v, d, Trim(v, d), back, err)
		}
	})
}

func TestParseRefusesWhatItCannotHold(t *testing.T) {
	for _, c := range []struct {
		s    string
		d    uint8
		want error
	}{
		{"1.23", 1, ErrPrecision}, {"1e-9", 8, ErrPrecision}, {"9223372036854775808", 0, ErrRange},
		{"92233720368.54775808", 8, ErrRange}, {"99999999999999999999999", 0, ErrRange},
		{"", 2, ErrSyntax}, {"-", 2, ErrSyntax}, {"1.2.3", 2, ErrSyntax}, {"NaN", 2, ErrSyntax}, {"1,5", 2, ErrSyntax}, {" 1", 2, ErrSyntax},
		{"1e99", 2, ErrRange}, {"1e", 2, ErrSyntax},
	} {
		if v, err := Parse(c.s, c.d); err != c.want {
			t.Errorf("Parse(%q,%d) = %d, %v; want %v", c.s, c.d, v, err, c.want)
		}
	}
	for s, want := range map[string]int64{"1.2300": 123, "-0.5": -50, "12": 1200, "1.5e1": 1500, "0.00e5": 0, "100e-2": 100} {
		if v, err := Parse(s, 2); v != want || err != nil {
			t.Errorf("Parse(%q,2) = %d, %v; want %d", s, v, err, want)
		}
	}
}

func TestFromFloatRoundsOnceInTheNamedDirection(t *testing.T) {
	for _, c := range []struct {
		f    float64
		d    uint8
		step int64
		r    Rounding
		want int64
	}{
		{0.3, 1, 1, Down, 3}, {0.1 + 0.2, 1, 1, Up, 3}, {1.29, 1, 1, Down, 12}, {1.21, 1, 1, Up, 13},
		{-1.29, 1, 1, Floor, -13}, {-1.29, 1, 1, Down, -12}, {-1.21, 1, 1, Ceil, -12}, {-1.21, 1, 1, Up, -13},
		{101.3, 1, 5, Down, 1010}, {101.3, 1, 5, Up, 1015}, {101.25, 2, 50, Half, 10150},
	} {
		if got, err := FromFloat(c.f, c.d, c.step, c.r); got != c.want || err != nil {
			t.Errorf("FromFloat(%v,%d,%d,%v) = %d, %v; want %d", c.f, c.d, c.step, c.r, got, err, c.want)
		}
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e12} {
		if _, err := FromFloat(f, 8, 1, Down); err != ErrRange {
			t.Errorf("FromFloat(%v) = %v, want %v", f, err, ErrRange)
		}
	}
}

func TestRoundToGivesTheNeighbouringMultiple(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64().Draw(t, "v")
		step := rapid.Int64Range(1, 1e12).Draw(t, "step")
		r := rapid.SampledFrom(roundings).Draw(t, "r")
		got, ok := RoundTo(v, step, r)
		want := oracle(big.NewRat(v, step), r)
		want.Mul(want, big.NewInt(step))
		if ok != want.IsInt64() || ok && got != want.Int64() {
			t.Fatalf("RoundTo(%d,%d,%v) = %d,%v; want %v", v, step, r, got, ok, want)
		}
	})
}

func TestRescaleAndAddReportOverflow(t *testing.T) {
	if v, ok := Rescale(12345, 4, 2, Half); v != 123 || !ok {
		t.Errorf("Rescale = %d, %v", v, ok)
	}
	if _, ok := Rescale(1e12, 0, 8, Down); ok {
		t.Error("Rescale lost an overflow")
	}
	if _, ok := Add(math.MaxInt64, 1); ok {
		t.Error("Add lost an overflow")
	}
	if v, ok := Add(-5, 0); v != -5 || !ok {
		t.Errorf("Add(-5,0) = %d, %v", v, ok)
	}
}
