package indicator

// StdDev is the population standard deviation (divisor n) of the last n values. A flat
// window has exactly 0. Squares are kept to 104 bits, so that a spread of a cent on a
// price of a million is not lost.
type StdDev struct {
	mean   SMA
	square pair // sum of squares of the window
	value  float64
}

// NewStdDev looks at n values.
func NewStdDev(n int) *StdDev {
	mustLength("StdDev", n)
	return &StdDev{mean: *NewSMA(n)}
}

// Update takes a value and returns the deviation; 0 until n values are in.
func (s *StdDev) Update(x float64) float64 {
	old := s.mean.window[s.mean.next]
	s.mean.Update(x)
	s.slideSquares(x, old)
	if s.mean.next == 0 && s.square.hi-s.square.hi != 0 {
		s.square = pair{}
		for _, v := range s.mean.window {
			s.slideSquares(v, 0)
		}
	}
	if !s.mean.full {
		return 0
	}
	s.value = 0
	if !s.mean.flat() {
		s.value = sqrtNonNegative(s.variance())
	}
	return s.value
}

// slideSquares adds x*x - old*old, as (x-old)*(x+old).
func (s *StdDev) slideSquares(x, old float64) {
	var difference, total sum
	difference.slide(x, old)
	total.slide(x, -old)
	p := product(difference.hi, total.hi)
	p.lo += float64(difference.hi * total.lo)
	p.lo += float64(difference.lo * total.hi)
	s.square = s.square.plus(p)
}

// variance is (n * sum of squares - square of the sum) / n^2.
func (s *StdDev) variance() float64 {
	n, t := float64(len(s.mean.window)), s.mean.total.pair()
	squared := t.times(t.hi).plus(t.times(t.lo))
	d := s.square.times(n).plus(pair{-squared.hi, -squared.lo})
	return d.hi / float64(n*n)
}

// Ready reports whether n values are in.
func (s *StdDev) Ready() bool { return s.mean.full }

// Value is the deviation; 0 until Ready.
func (s *StdDev) Value() float64 { return s.value }

// Mean is the average of the same values; 0 until Ready.
func (s *StdDev) Mean() float64 { return s.mean.value }
