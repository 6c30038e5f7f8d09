package indicator

// extreme holds the largest of the last n values in a monotonic queue: a value leaves
// when it is too old or when a larger one came after it, so each goes in and out once.
type extreme struct {
	values []float64 // a ring; from head, falling
	born   []uint64  // number of the update that brought it
	head   int
	size   int
	now    uint64
}

func newExtreme(n int) extreme {
	return extreme{values: make([]float64, n), born: make([]uint64, n)}
}

func (e *extreme) update(x float64) float64 {
	n := len(e.values)
	e.now++
	if e.size > 0 && e.now-e.born[e.head] >= uint64(n) {
		if e.head++; e.head == n {
			e.head = 0
		}
		e.size--
	}
	tail := e.head + e.size
	if tail >= n {
		tail -= n
	}
	for e.size > 0 {
		last := tail - 1
		if last < 0 {
			last = n - 1
		}
		if e.values[last] > x {
			break
		}
		tail = last
		e.size--
	}
	e.values[tail], e.born[tail] = x, e.now
	e.size++
	return e.values[e.head]
}

func (e *extreme) ready() bool { return e.now >= uint64(len(e.values)) }

// Highest is the largest of the last n values, the newest among them.
type Highest struct {
	top   extreme
	value float64
}

// NewHighest looks at n values.
func NewHighest(n int) *Highest {
	mustLength("Highest", n)
	return &Highest{top: newExtreme(n)}
}

// Update takes a value and returns the highest; 0 until n values are in.
func (h *Highest) Update(x float64) float64 {
	if v := h.top.update(x); h.top.ready() {
		h.value = v
	}
	return h.value
}

// Ready reports whether n values are in.
func (h *Highest) Ready() bool { return h.top.ready() }

// Value is the highest; 0 until Ready.
func (h *Highest) Value() float64 { return h.value }

// Lowest is the smallest of the last n values, the newest among them.
type Lowest struct {
	top   extreme // of the negated values
	value float64
}

// NewLowest looks at n values.
func NewLowest(n int) *Lowest {
	mustLength("Lowest", n)
	return &Lowest{top: newExtreme(n)}
}

// Update takes a value and returns the lowest; 0 until n values are in.
func (l *Lowest) Update(x float64) float64 {
	if v := l.top.update(-x); l.top.ready() {
		l.value = 0 - v
	}
	return l.value
}

// Ready reports whether n values are in.
func (l *Lowest) Ready() bool { return l.top.ready() }

// Value is the lowest; 0 until Ready.
func (l *Lowest) Value() float64 { return l.value }
