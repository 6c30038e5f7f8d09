package indicator

// OBV is on-balance volume: the running total of volume, added on a higher close and
// taken away on a lower one. It starts at 0.
type OBV struct {
	total   sum
	last    float64
	started bool
}

// NewOBV starts at 0.
func NewOBV() *OBV { return &OBV{} }

// Update takes a bar's close and volume and returns the total.
func (o *OBV) Update(close, volume float64) float64 {
	switch {
	case !o.started:
		o.started = true
	case close > o.last:
		o.total.add(volume)
	case close < o.last:
		o.total.add(-volume)
	}
	o.last = close
	return o.total.value()
}

// Ready reports whether a bar is in.
func (o *OBV) Ready() bool { return o.started }

// Value is the total in units of volume.
func (o *OBV) Value() float64 { return o.total.value() }
