package indicator

// Donchian is the channel between the highest high and the lowest low of the last n
// bars, the newest among them. For a breakout compare a bar with the channel as it was
// before that bar's Update.
type Donchian struct {
	upper Highest
	lower Lowest
}

// NewDonchian looks at n bars, 20 by custom.
func NewDonchian(n int) *Donchian {
	mustLength("Donchian", n)
	return &Donchian{upper: *NewHighest(n), lower: *NewLowest(n)}
}

// Update takes a bar and returns the middle; 0 until n bars are in.
func (d *Donchian) Update(high, low float64) float64 {
	d.upper.Update(high)
	d.lower.Update(low)
	return d.Value()
}

// Ready reports whether n bars are in.
func (d *Donchian) Ready() bool { return d.upper.Ready() }

// Value is the middle of the channel; 0 until Ready.
func (d *Donchian) Value() float64 {
	return float64(d.upper.value/2) + float64(d.lower.value/2)
}

// Upper is the highest high; 0 until Ready.
func (d *Donchian) Upper() float64 { return d.upper.Value() }

// Lower is the lowest low; 0 until Ready.
func (d *Donchian) Lower() float64 { return d.lower.Value() }
