package metrics

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"breakwater/exchange"
)

// RoundTrip is a position from its opening to its close.
type RoundTrip struct {
	Opened, Closed exchange.Stamp
	PnL            float64 // net of fees, in the account's currency
	Return         float64 // PnL over what the position cost
}

func (t RoundTrip) broken() bool { return !Of(t.PnL).OK || !Of(t.Return).OK }

// Trips are the statistics of round trips. A win has a PnL above zero, a loss one below.
type Trips struct {
	Count        int   `json:"count"`
	WinRate      Value `json:"win_rate"`          // wins over all
	ProfitFactor Value `json:"profit_factor"`     // sum of gains over sum of losses
	Expectancy   Value `json:"expectancy"`        // mean PnL
	MeanReturn   Value `json:"expectancy_return"` // mean Return
	Average      Value `json:"average_return"`    // mean Return; BacktestingPy: geometric
	Best         Value `json:"best_return"`
	Worst        Value `json:"worst_return"`
	SQN          Value `json:"sqn"`          // sqrt(n) * mean PnL / deviation (n-1)
	Kelly        Value `json:"kelly"`        // W - (1-W) / (mean win / mean loss)
	AverageDays  Value `json:"average_days"` // from opening to close
	LongestDays  Value `json:"longest_days"`
	ShortestDays Value `json:"shortest_days"`
}

// tripSums is what some statistics of round trips are formulas on; all but n as floats,
// so that adding needs no branch.
type tripSums struct {
	n            int
	wins, losses float64
	gained, lost float64 // PnL; lost is positive
	up, down     float64 // Return; down is positive
}

// sums are those of one round trip.
func (t RoundTrip) sums() tripSums {
	s := tripSums{n: 1, gained: max(t.PnL, 0), lost: max(-t.PnL, 0), up: max(t.Return, 0), down: max(-t.Return, 0)}
	if t.PnL > 0 {
		s.wins = 1
	} else if t.PnL < 0 {
		s.losses = 1
	}
	return s
}

func (s *tripSums) add(t *tripSums) {
	s.n += t.n
	s.wins += t.wins
	s.losses += t.losses
	s.gained += t.gained
	s.lost += t.lost
	s.up += t.up
	s.down += t.down
}

func (s *tripSums) winRate() Value {
	if s.n == 0 {
		return NA("no round trips")
	}
	return Of(s.wins / float64(s.n))
}

func (s *tripSums) profitFactor(c Convention) Value {
	gained, lost := s.gained, s.lost
	if c == BacktestingPy {
		gained, lost = s.up, s.down
	}
	switch {
	case s.n == 0:
		return NA("no round trips")
	case lost == 0:
		return NA("no losing round trip")
	}
	return Of(gained / lost)
}

func (s *tripSums) expectancy() Value {
	if s.n == 0 {
		return NA("no round trips")
	}
	return Of((s.gained - s.lost) / float64(s.n))
}

func (s *tripSums) kelly() Value {
	switch {
	case s.n == 0:
		return NA("no round trips")
	case s.wins == 0:
		return NA("no winning round trip")
	case s.losses == 0:
		return NA("no losing round trip")
	}
	w := s.wins / float64(s.n)
	return Of(w - (1-w)/(s.gained/s.wins/(s.lost/s.losses)))
}

// TripStats are the statistics of round trips. All are N/A for none; ProfitFactor
// without a loss, Kelly without a win or a loss, SQN for fewer than two trips or ones
// that do not vary.
func TripStats(trips []RoundTrip, c Convention) Trips {
	out := Trips{Count: len(trips)}
	if slices.ContainsFunc(trips, RoundTrip.broken) {
		na := NA("a round trip has no finite result")
		return Trips{len(trips), na, na, na, na, na, na, na, na, na, na, na, na}
	}
	var sums tripSums
	pnl, returns, days := make([]float64, len(trips)), make([]float64, len(trips)), make([]float64, len(trips))
	for i, t := range trips {
		one := t.sums()
		sums.add(&one)
		pnl[i], returns[i] = t.PnL, t.Return
		days[i] = between(t.Opened, t.Closed).Hours() / 24
	}
	out.WinRate, out.ProfitFactor, out.Kelly = sums.winRate(), sums.profitFactor(c), sums.kelly()
	out.Expectancy, out.MeanReturn, out.Average = meanOf(pnl), meanOf(returns), meanOf(returns)
	if c == BacktestingPy {
		out.Average = geometricMean(returns, len(returns))
	}
	out.Best, out.Worst = extremeOf(returns, 1), extremeOf(returns, -1)
	out.AverageDays, out.LongestDays, out.ShortestDays = meanOf(days), extremeOf(days, 1), extremeOf(days, -1)
	out.SQN = sampleOf(pnl, 0).spread().then(func(sd float64) Value {
		if sd == 0 {
			return NA("round trips do not vary")
		}
		return Of(math.Sqrt(float64(len(pnl))) * stat.Mean(pnl, nil) / sd)
	})
	if len(trips) < 2 {
		out.SQN = NA("fewer than 2 round trips")
	}
	if c == BacktestingPy {
		out.AverageDays, out.LongestDays = wholeDays(out.AverageDays), wholeDays(out.LongestDays)
	}
	return out
}

func meanOf(x []float64) Value {
	if len(x) == 0 {
		return NA("no round trips")
	}
	return Of(stat.Mean(x, nil))
}

// extremeOf is the largest, or with sign -1 the smallest.
func extremeOf(x []float64, sign float64) Value {
	if len(x) == 0 {
		return NA("no round trips")
	}
	best := x[0]
	for _, v := range x {
		if v*sign > best*sign {
			best = v
		}
	}
	return Of(best)
}

// wholeDays rounds days up, as backtesting.py does on daily bars.
func wholeDays(v Value) Value {
	return v.then(func(d float64) Value { return Of(math.Ceil(d - 1e-9)) })
}
