package reports

import (
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Drawdown is a fall of equity from a peak.
type Drawdown struct {
	Ratio        float64        // of the peak, 0.25 for a fall by a quarter
	Peak, Trough Point          // the last mark at the peak, the first at the trough
	Recovered    exchange.Stamp // when the peak was reached again; 0: not by the end
	End          exchange.Stamp // Recovered, or the end of the run
}

// Length is from the peak to the recovery, or to the end of the run.
func (d *Drawdown) Length() time.Duration { return d.End.Sub(d.Peak.Time) }

// underwater follows equity mark by mark: exact, whatever the curve is thinned to.
type underwater struct {
	peak    Point
	trough  Point        // where low was reached, once below the peak
	low     money.Amount // lowest since the peak; the peak's own when at it
	deepest Drawdown
	longest Drawdown
}

func (u *underwater) add(p *Point) {
	if p.Equity >= u.peak.Equity {
		if u.low < u.peak.Equity {
			u.close(p.Time, p.Time)
		}
		u.peak, u.low = *p, p.Equity
	} else if p.Equity < u.low {
		u.trough, u.low = *p, p.Equity
	}
}

// close ends the drawdown since the peak. A run that has not recovered passes 0.
func (u *underwater) close(end, recovered exchange.Stamp) {
	d := Drawdown{Peak: u.peak, Trough: u.trough, End: end, Recovered: recovered}
	d.Ratio = float64(d.Peak.Equity-d.Trough.Equity) / float64(d.Peak.Equity)
	if d.Ratio > u.deepest.Ratio {
		u.deepest = d
	}
	if d.Length() > u.longest.Length() {
		u.longest = d
	}
}

// finish closes a drawdown that lasts at the end of the run.
func (u *underwater) finish(end exchange.Stamp) {
	if u.low < u.peak.Equity {
		u.close(end, 0)
	}
}
