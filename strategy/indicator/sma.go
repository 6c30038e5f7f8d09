package indicator

// SMA is the simple moving average of the last n values, to the last digit or the one
// before it, and the same whatever came before the window. A flat line has exactly
// itself as its average, whatever n is, so that two averages of it never cross.
type SMA struct {
	window []float64
	next   int
	run    int // how many of the newest values are the same
	full   bool
	last   float64
	inv    float64 // 1/n
	total  sum
	value  float64
}

// NewSMA averages n values.
func NewSMA(n int) *SMA {
	mustLength("SMA", n)
	return &SMA{window: make([]float64, n), inv: 1 / float64(n)}
}

// Update takes a value and returns the average; 0 until n values are in.
func (s *SMA) Update(x float64) float64 {
	i := s.next
	old := s.window[i] // 0 while the window fills
	s.window[i] = x
	s.total.slide(x, old)
	s.run++
	if x != s.last {
		s.last, s.run = x, 1
	}
	if i++; i == len(s.window) {
		i = 0
		s.full = true
		s.total.settle(s.window)
	}
	s.next = i
	if !s.full {
		return 0
	}
	v := float64(s.total.value() * s.inv)
	if s.run >= len(s.window) {
		v = x
	}
	s.value = v
	return v
}

// flat reports whether all values of the window are the same.
func (s *SMA) flat() bool { return s.run >= len(s.window) }

// Ready reports whether n values are in.
func (s *SMA) Ready() bool { return s.full }

// Value is the average; 0 until Ready.
func (s *SMA) Value() float64 { return s.value }
