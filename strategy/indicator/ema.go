package indicator

// EMA is the exponential moving average, e += a*(x - e) with a = 2/(n+1), seeded by the
// mean of the first n values.
type EMA struct {
	n     int
	seen  int
	alpha float64
	seed  sum
	value float64
}

// NewEMA smooths over n values.
func NewEMA(n int) *EMA {
	mustLength("EMA", n)
	return &EMA{n: n, alpha: 2 / float64(n+1)}
}

// newWilder is Wilder's smoothing: an EMA with a = 1/n.
func newWilder(what string, n int) EMA {
	mustLength(what, n)
	return EMA{n: n, alpha: 1 / float64(n)}
}

// Update takes a value and returns the average; 0 until n values are in.
func (e *EMA) Update(x float64) float64 {
	if e.seen < e.n {
		e.seed.add(x)
		if e.seen++; e.seen == e.n {
			e.value = e.seed.mean(e.n)
		}
		return e.value
	}
	e.value += float64(e.alpha * (x - e.value))
	return e.value
}

// Ready reports whether n values are in.
func (e *EMA) Ready() bool { return e.seen == e.n }

// Value is the average; 0 until Ready.
func (e *EMA) Value() float64 { return e.value }
