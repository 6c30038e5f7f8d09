package indicator

import "math"

// ADX is Wilder's directional movement: PDI and MDI say how much of the true range was
// new ground above and below, Value (the ADX) how one-sided the two have been, all
// 0 to 100. A market without any range has 0 in all three.
type ADX struct {
	plus, minus, ranges, average EMA
	high, low, close             float64 // of the last bar
	started                      bool
	pdi, mdi                     float64
}

// NewADX smooths over n bars, 14 by custom.
func NewADX(n int) *ADX {
	w := newWilder("ADX", n)
	return &ADX{plus: w, minus: w, ranges: w, average: w}
}

// Update takes a bar and returns the ADX; 0 until 2n bars are in.
func (a *ADX) Update(high, low, close float64) float64 {
	up, down, tr := high-a.high, a.low-low, trueRange(high, low, a.close)
	a.high, a.low, a.close = high, low, close
	if !a.started {
		a.started = true
		return 0
	}
	var plus, minus float64 // the larger of two moves outward counts, neither of two equal ones
	switch {
	case up > down && up > 0:
		plus = up
	case down > up && down > 0:
		minus = down
	}
	a.plus.Update(plus)
	a.minus.Update(minus)
	a.ranges.Update(tr)
	if !a.ranges.Ready() {
		return 0
	}
	a.pdi, a.mdi = 0, 0
	if r := a.ranges.Value(); r > 0 {
		a.pdi = float64(100 * (a.plus.Value() / r))
		a.mdi = float64(100 * (a.minus.Value() / r))
	}
	dx := 0.0
	if s := a.pdi + a.mdi; s > 0 {
		dx = float64(100 * (math.Abs(a.pdi-a.mdi) / s))
	}
	return a.average.Update(dx)
}

// Ready reports whether 2n bars are in; PDI and MDI are there after n+1.
func (a *ADX) Ready() bool { return a.average.Ready() }

// Value is the ADX; 0 until Ready.
func (a *ADX) Value() float64 { return a.average.Value() }

// PDI is the positive directional indicator; 0 until n+1 bars are in.
func (a *ADX) PDI() float64 { return a.pdi }

// MDI is the negative directional indicator; 0 until n+1 bars are in.
func (a *ADX) MDI() float64 { return a.mdi }
