package indicator

// MACD is the difference of a fast and a slow EMA, with an EMA of that difference as its
// signal. Each EMA is seeded by a mean.
type MACD struct {
	fast, slow, signal *EMA
	value              float64
}

// NewMACD takes the lengths of the three averages, 12, 26 and 9 by custom. It panics
// with "BUG:" unless fast is below slow.
func NewMACD(fast, slow, signal int) *MACD {
	if fast >= slow {
		panic("BUG: indicator: MACD whose fast length is not below its slow one")
	}
	return &MACD{fast: NewEMA(fast), slow: NewEMA(slow), signal: NewEMA(signal)}
}

// Update takes a value and returns the difference; 0 until the slow average is there.
func (m *MACD) Update(x float64) float64 {
	f, s := m.fast.Update(x), m.slow.Update(x)
	if !m.slow.Ready() {
		return 0
	}
	m.value = f - s
	m.signal.Update(m.value)
	return m.value
}

// Ready reports whether the signal is there, slow+signal-1 values in.
func (m *MACD) Ready() bool { return m.signal.Ready() }

// Value is fast less slow average; 0 for the first slow-1 values.
func (m *MACD) Value() float64 { return m.value }

// Signal is the average of Value; 0 until Ready.
func (m *MACD) Signal() float64 { return m.signal.Value() }

// Histogram is Value less Signal; 0 until Ready.
func (m *MACD) Histogram() float64 {
	if !m.Ready() {
		return 0
	}
	return m.value - m.signal.Value()
}
