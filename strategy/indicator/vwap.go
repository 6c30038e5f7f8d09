package indicator

// VWAP is the volume-weighted average of the typical price (high+low+close)/3 over the
// last n bars. Where none of them has volume it is the newest typical price. Volumes
// must not be negative.
type VWAP struct {
	worth, volume []float64 // price times volume, volume
	next          int
	full          bool
	traded        int // bars with volume in the window
	worths, vols  sum
	value         float64
}

// NewVWAP looks at n bars.
func NewVWAP(n int) *VWAP {
	mustLength("VWAP", n)
	return &VWAP{worth: make([]float64, n), volume: make([]float64, n)}
}

// Update takes a bar and returns the average; 0 until n bars are in.
func (v *VWAP) Update(high, low, close, volume float64) float64 {
	i, price := v.next, typical(high, low, close)
	worth := float64(price * volume)
	if v.volume[i] != 0 {
		v.traded--
	}
	if volume != 0 {
		v.traded++
	}
	v.worths.slide(worth, v.worth[i])
	v.vols.slide(volume, v.volume[i])
	v.worth[i], v.volume[i] = worth, volume
	if i++; i == len(v.worth) {
		i = 0
		v.full = true
		v.worths.settle(v.worth)
		v.vols.settle(v.volume)
	}
	v.next = i
	if !v.full {
		return 0
	}
	v.value = price
	if total := v.vols.value(); v.traded > 0 && total > 0 {
		v.value = v.worths.value() / total
	}
	return v.value
}

// Ready reports whether n bars are in.
func (v *VWAP) Ready() bool { return v.full }

// Value is the average; 0 until Ready.
func (v *VWAP) Value() float64 { return v.value }

// SessionVWAP is the same average since the beginning of a session, for example a UTC
// day. Until a session has volume it is the newest typical price.
type SessionVWAP struct {
	session      int64
	started      bool
	worths, vols sum
	value        float64
}

// NewSessionVWAP begins with the first bar's session.
func NewSessionVWAP() *SessionVWAP { return &SessionVWAP{} }

// Update takes a bar and the number of its session, such as the UTC day of its opening;
// another number than the bar before begins anew. It returns the average.
func (v *SessionVWAP) Update(session int64, high, low, close, volume float64) float64 {
	if !v.started || session != v.session {
		*v = SessionVWAP{session: session, started: true}
	}
	v.value = typical(high, low, close)
	v.worths.add(float64(v.value * volume))
	v.vols.add(volume)
	if t := v.vols.value(); t > 0 {
		v.value = v.worths.value() / t
	}
	return v.value
}

// Ready reports whether a bar is in.
func (v *SessionVWAP) Ready() bool { return v.started }

// Value is the average of the session so far.
func (v *SessionVWAP) Value() float64 { return v.value }

func typical(high, low, close float64) float64 { return (high + low + close) / 3 }
