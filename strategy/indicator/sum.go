package indicator

import "math"

// sum is a total that keeps what rounding loses: its value is hi + lo. Added and taken
// away in the same rounding, prices leave no trace behind.
type sum struct{ hi, lo float64 }

// add adds x (Knuth's two-sum: lo gathers the exact error of hi + x).
func (s *sum) add(x float64) {
	t := s.hi + x
	z := t - s.hi
	s.lo += (s.hi - (t - z)) + (x - z)
	s.hi = t
}

// slide adds x and takes old away: one addition deep in hi, so that a long stream
// waits for one addition a value.
func (s *sum) slide(x, old float64) {
	d := x - old
	z := d - x
	e := (x - (d - z)) - (old + z)
	t := s.hi + d
	z = t - s.hi
	s.lo += e + ((s.hi - (t - z)) + (d - z))
	s.hi = t
}

// value is the total rounded once.
func (s *sum) value() float64 { return s.hi + s.lo }

// pair is the total in two parts of which the second is below the first's last digit.
func (s *sum) pair() pair {
	a := s.hi + s.lo
	z := a - s.hi
	return pair{a, (s.hi - (a - z)) + (s.lo - z)}
}

// mean is the total over n, nearest to the exact quotient: a first guess and the exact
// remainder of that guess.
func (s *sum) mean(n int) float64 {
	t, d := s.pair(), float64(n)
	q := t.hi / d
	high, low := halves(q)
	r := ((t.hi - float64(high*d)) - float64(low*d)) + t.lo
	return q + r/d
}

// settle is called once a window: it moves what lo gathered into hi, and makes the total
// afresh where a NaN or an infinity went in, so that it leaves with its window.
func (s *sum) settle(window []float64) {
	p := s.pair()
	if p.hi-p.hi == 0 && p.lo-p.lo == 0 {
		*s = sum(p)
		return
	}
	*s = sum{}
	for _, x := range window {
		s.add(x)
	}
}

// halves splits x into two parts of at most 26 bits each (Dekker), so that products of
// parts are exact.
func halves(x float64) (high, low float64) {
	c := float64(x * (1<<27 + 1))
	high = c - (c - x)
	return high, x - high
}

// pair is an unevaluated sum hi + lo of about 106 bits.
type pair struct{ hi, lo float64 }

// product is a*b exactly.
func product(a, b float64) pair {
	p := float64(a * b)
	ah, al := halves(a)
	bh, bl := halves(b)
	e := float64(ah*bh) - p
	e += float64(ah * bl)
	e += float64(al * bh)
	return pair{p, e + float64(al*bl)}
}

// plus is a + b to about 104 bits.
func (a pair) plus(b pair) pair {
	s := a.hi + b.hi
	z := s - a.hi
	e := (a.hi - (s - z)) + (b.hi - z) + (a.lo + b.lo)
	hi := s + e
	return pair{hi, e - (hi - s)}
}

// times is a*x to about 104 bits.
func (a pair) times(x float64) pair {
	p := product(a.hi, x)
	e := p.lo + float64(a.lo*x)
	hi := p.hi + e
	return pair{hi, e - (hi - p.hi)}
}

func sqrtNonNegative(x float64) float64 {
	if x <= 0 {
		return 0
	}
	return math.Sqrt(x)
}
