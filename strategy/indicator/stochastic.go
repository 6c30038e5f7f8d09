package indicator

// Stochastic says where the close lies in the range of the last n bars, 0 to 100: Value
// (%K) is the mean of the last smooth places, Signal (%D) the mean of Value. In a market
// without range the close is at 50.
type Stochastic struct {
	highest Highest
	lowest  Lowest
	k, d    SMA
}

// NewStochastic takes the length and the two smoothings, 14, 3 and 3 by custom.
func NewStochastic(n, smooth, signal int) *Stochastic {
	mustLength("Stochastic", n)
	return &Stochastic{highest: *NewHighest(n), lowest: *NewLowest(n), k: *NewSMA(smooth), d: *NewSMA(signal)}
}

// Update takes a bar and returns %K; 0 until n+smooth-1 bars are in.
func (s *Stochastic) Update(high, low, close float64) float64 {
	top, bottom := s.highest.Update(high), s.lowest.Update(low)
	if !s.highest.Ready() {
		return 0
	}
	place := 50.0
	if top > bottom {
		place = float64(100 * ((close - bottom) / (top - bottom)))
	}
	s.k.Update(place)
	k := min(max(s.k.value, 0), 100) // rounding could step out by a last digit
	s.k.value = k
	if s.k.Ready() {
		s.d.Update(k)
	}
	return k
}

// Ready reports whether the signal is there, n+smooth+signal-2 bars in.
func (s *Stochastic) Ready() bool { return s.d.Ready() }

// Value is %K; 0 for the first n+smooth-2 bars.
func (s *Stochastic) Value() float64 { return s.k.Value() }

// Signal is %D; 0 until Ready.
func (s *Stochastic) Signal() float64 { return min(max(s.d.Value(), 0), 100) }
