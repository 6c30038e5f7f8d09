package indicator

// ATR is Wilder's average true range. The first true range is that of the second bar,
// the seed the mean of the first n.
type ATR struct {
	average   EMA
	trueRange float64
	lastClose float64
	started   bool
}

// NewATR smooths over n true ranges, 14 by custom.
func NewATR(n int) *ATR { return &ATR{average: newWilder("ATR", n)} }

// Update takes a bar and returns the average; 0 until n+1 bars are in.
func (a *ATR) Update(high, low, close float64) float64 {
	if !a.started {
		a.started, a.lastClose = true, close
		return 0
	}
	a.trueRange = trueRange(high, low, a.lastClose)
	a.lastClose = close
	return a.average.Update(a.trueRange)
}

// Ready reports whether n+1 bars are in.
func (a *ATR) Ready() bool { return a.average.Ready() }

// Value is the average true range in price units; 0 until Ready.
func (a *ATR) Value() float64 { return a.average.Value() }

// TrueRange is that of the last bar alone; 0 for the first.
func (a *ATR) TrueRange() float64 { return a.trueRange }

// trueRange is the bar's range with the last close taken in.
func trueRange(high, low, lastClose float64) float64 {
	return max(high, lastClose) - min(low, lastClose)
}
