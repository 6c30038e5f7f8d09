package indicator

// Bollinger is a moving average with a band of some population standard deviations
// around it. A flat line has all three on itself.
type Bollinger struct {
	deviation    StdDev
	width        float64
	upper, lower float64
}

// NewBollinger takes the length and the width of the band in deviations, 20 and 2 by
// custom. It panics with "BUG:" on a negative width or NaN.
func NewBollinger(n int, width float64) *Bollinger {
	mustLength("Bollinger", n)
	if !(width >= 0) {
		panic("BUG: indicator: Bollinger bands of negative width")
	}
	return &Bollinger{deviation: *NewStdDev(n), width: width}
}

// Update takes a value and returns the middle; 0 until n values are in.
func (b *Bollinger) Update(x float64) float64 {
	b.deviation.Update(x)
	if !b.deviation.Ready() {
		return 0
	}
	half := float64(b.width * b.deviation.Value())
	middle := b.deviation.Mean()
	b.upper, b.lower = middle+half, middle-half
	return middle
}

// Ready reports whether n values are in.
func (b *Bollinger) Ready() bool { return b.deviation.Ready() }

// Value is the middle, the simple average; 0 until Ready.
func (b *Bollinger) Value() float64 { return b.deviation.Mean() }

// Upper is the middle plus the width; 0 until Ready.
func (b *Bollinger) Upper() float64 { return b.upper }

// Lower is the middle less the width; 0 until Ready.
func (b *Bollinger) Lower() float64 { return b.lower }

// StdDev is one standard deviation; 0 until Ready.
func (b *Bollinger) StdDev() float64 { return b.deviation.Value() }
