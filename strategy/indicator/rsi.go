package indicator

// RSI is Wilder's relative strength index, 0 to 100: 100*up/(up+down) of the smoothed
// rises and falls. A line that never moved is at 50, neither bought nor sold.
type RSI struct {
	up, down EMA
	last     float64
	started  bool
	value    float64
}

// NewRSI smooths over n changes, 14 by custom.
func NewRSI(n int) *RSI {
	return &RSI{up: newWilder("RSI", n), down: newWilder("RSI", n)}
}

// Update takes a value and returns the index; 0 until n changes are in.
func (r *RSI) Update(x float64) float64 {
	change := x - r.last
	r.last = x
	if !r.started {
		r.started = true
		return 0
	}
	up := r.up.Update(max(change, 0))
	down := r.down.Update(max(-change, 0))
	if !r.up.Ready() {
		return 0
	}
	r.value = 50
	if sum := up + down; sum > 0 {
		r.value = float64(100 * (up / sum))
	}
	return r.value
}

// Ready reports whether n changes, so n+1 values, are in.
func (r *RSI) Ready() bool { return r.up.Ready() }

// Value is the index; 0 until Ready.
func (r *RSI) Value() float64 { return r.value }
