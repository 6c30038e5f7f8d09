package reports

import (
	"fmt"

	"breakwater/exchange/money"
)

// WorstDay is the most that the limits let anybody lose on a day, whatever the strategy does:
// the number to read before going live.
type WorstDay struct {
	Equity    money.Amount // of which it is
	Bound     money.Amount // computed from the limits; all of Equity: nothing bounds it
	FallPPM   int64        // of the price, in the bound
	Coins     int          // held at once, in the bound
	Measured  bool
	Loss      money.Amount // the largest that adversaries got through the guard
	Adversary string
	Day       string
	Runs      int
}

// worstSection is what the page says of it: the numbers, and what they are made of.
func (r *Run) worstSection() (numbers []pair, note string) {
	w, m := r.Meta.Worst, r.amounts(r.Currency)
	if w == nil {
		return nil, ""
	}
	bound := pair{Label: "Bound by the limits", Value: m.text(w.Bound) + noBreak + m.name, Remark: "of " + m.text(w.Equity)}
	what := "the largest position still loses"
	if w.Coins > 1 {
		what = fmt.Sprintf("the largest positions in %d coins still lose", w.Coins)
	}
	note = fmt.Sprintf("The bound: the limit of a day's loss, and what %s after it when prices fall by %d %%, with fees. ", what, w.FallPPM*100/money.PPM)
	if w.Bound >= w.Equity {
		bound.Value, bound.Tone = "nothing", "down"
		note = "All of it may be lost on one day: give limits with --risk or --profile. "
	}
	measured := pair{Label: "Measured", Value: "not yet", Remark: "--blast-radius does"}
	if !w.Measured {
		return []pair{bound, measured}, note + "Measuring puts adversaries in the strategy's place that know the limits."
	}
	measured.Value, measured.Remark = m.text(w.Loss)+noBreak+m.name, "by "+w.Adversary
	if w.Loss > w.Bound {
		measured.Tone = "down"
	}
	return []pair{bound, measured}, note + fmt.Sprintf("Measured: the largest loss of %d days with adversaries in the strategy's place that know the limits; the worst day was %q.", w.Runs, w.Day)
}

// worstLine is one line for a terminal; "" where nothing was measured.
func (r *Run) worstLine() string {
	w := r.Meta.Worst
	if w == nil || !w.Measured {
		return ""
	}
	m := r.amounts(r.Currency)
	bound := "; nothing in the limits bounds it"
	if w.Bound < w.Equity {
		bound = fmt.Sprintf("; the limits bound it to %s", m.text(w.Bound))
	}
	return fmt.Sprintf("Worst day: of %s %s adversaries lost %s at most (%s; %s)%s.", m.text(w.Equity), m.name, m.text(w.Loss), w.Adversary, w.Day, bound)
}

type jsonWorstDay struct {
	Bound     string  `json:"bound"` // of the loss; the whole account where nothing bounds it
	Fall      float64 `json:"fall"`
	Coins     int     `json:"coins"`
	Measured  string  `json:"measured,omitempty"`
	Adversary string  `json:"adversary,omitempty"`
	Day       string  `json:"day,omitempty"`
}

func (r *Run) jsonWorst() *jsonWorstDay {
	w, exact := r.Meta.Worst, r.exact(r.Currency)
	if w == nil {
		return nil
	}
	j := &jsonWorstDay{Bound: exact(w.Bound), Fall: float64(w.FallPPM) / float64(money.PPM), Coins: w.Coins}
	if w.Measured {
		j.Measured, j.Adversary, j.Day = exact(w.Loss), w.Adversary, w.Day
	}
	return j
}
