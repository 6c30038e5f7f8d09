package reports

import (
	"math"
	"strconv"
	"time"

	"gonum.org/v1/plot"
)

// timeTicks marks a time axis in Unix seconds at calendar borders in UTC, at most about
// most labels.
type timeTicks struct{ most int }

// calendarSteps are the distances between ticks, from fine to coarse.
var calendarSteps = []struct {
	about  time.Duration // never longer than the step
	months int
	every  time.Duration // where months is 0
	layout string
}{
	{every: time.Minute, layout: "15:04"}, {every: 5 * time.Minute, layout: "15:04"}, {every: 15 * time.Minute, layout: "15:04"},
	{every: time.Hour, layout: "15:04"}, {every: 3 * time.Hour, layout: "2 Jan 15:04"}, {every: 12 * time.Hour, layout: "2 Jan 15:04"},
	{every: 24 * time.Hour, layout: "2 Jan"}, {every: 2 * 24 * time.Hour, layout: "2 Jan"}, {every: 7 * 24 * time.Hour, layout: "2 Jan"},
	{about: 28 * 24 * time.Hour, months: 1, layout: "Jan 2006"}, {about: 59 * 24 * time.Hour, months: 2, layout: "Jan 2006"},
	{about: 89 * 24 * time.Hour, months: 3, layout: "Jan 2006"}, {about: 181 * 24 * time.Hour, months: 6, layout: "Jan 2006"},
	{about: 365 * 24 * time.Hour, months: 12, layout: "2006"}, {about: 730 * 24 * time.Hour, months: 24, layout: "2006"},
	{about: 1826 * 24 * time.Hour, months: 60, layout: "2006"}, {about: 3652 * 24 * time.Hour, months: 120, layout: "2006"},
}

// Ticks implements plot.Ticker.
func (k timeTicks) Ticks(low, high float64) []plot.Tick {
	span := time.Duration((high - low) * float64(time.Second))
	step := calendarSteps[len(calendarSteps)-1]
	for _, s := range calendarSteps {
		if s.months == 0 {
			s.about = s.every
		}
		if span/s.about <= time.Duration(k.most) {
			step = s
			break
		}
	}
	var out []plot.Tick
	for t := firstTick(time.Unix(int64(low), 0).UTC(), step.months, step.every); ; {
		at := float64(t.Unix())
		if at > high {
			return out
		}
		if at >= low {
			out = append(out, plot.Tick{Value: at, Label: t.Format(step.layout)})
		}
		if step.months > 0 {
			t = t.AddDate(0, step.months, 0)
		} else {
			t = t.Add(step.every)
		}
	}
}

// firstTick is the last border at or before t.
func firstTick(t time.Time, months int, every time.Duration) time.Time {
	if months == 0 {
		return t.Truncate(every)
	}
	n := t.Year()*12 + int(t.Month()) - 1
	n -= n % months
	return time.Date(n/12, time.Month(n%12+1), 1, 0, 0, 0, 0, time.UTC)
}

// valueTicks marks a linear axis at round numbers.
type valueTicks struct {
	most  int
	text  func(v, step float64) string
	whole bool // no fractions
}

// Ticks implements plot.Ticker.
func (k valueTicks) Ticks(low, high float64) []plot.Tick {
	step := niceStep((high - low) / float64(k.most))
	if k.whole {
		step = math.Ceil(step)
	}
	var out []plot.Tick
	for i := math.Ceil(low/step-1e-9) + 0; i*step <= high+step*1e-9; i++ { // + 0: no -0
		out = append(out, plot.Tick{Value: i * step, Label: k.text(i*step, step)})
	}
	return out
}

// niceStep is the smallest of 1, 2, 2.5 and 5 times a power of ten that is at least v.
func niceStep(v float64) float64 {
	if !(v > 0) {
		return 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*unit >= v*(1-1e-9) {
			return m * unit
		}
	}
	return 10 * unit
}

// logTicks marks a logarithmic axis at 1, 2 and 5 times powers of ten, or at powers alone
// where those are enough.
type logTicks struct {
	most int
	text func(v, step float64) string
}

// Ticks implements plot.Ticker.
func (k logTicks) Ticks(low, high float64) []plot.Tick {
	for _, in := range [][]float64{{1, 2, 3, 5, 7}, {1, 2, 5}, {1, 3}, {1}} {
		var out []plot.Tick
		for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
			for _, m := range in {
				if v := m * math.Pow(10, e); v >= low*(1-1e-9) && v <= high*(1+1e-9) {
					out = append(out, plot.Tick{Value: v, Label: k.text(v, v)})
				}
			}
		}
		if len(out) <= k.most || len(in) == 1 {
			return out
		}
	}
	return nil
}

// short is a number for an axis: 1.2k, 35M, with as many decimals as the step asks for.
func short(v, step float64) string {
	unit, suffix := 1.0, ""
	for _, u := range []struct {
		unit   float64
		suffix string
	}{{1e9, "bn"}, {1e6, "M"}, {1e3, "k"}} {
		if math.Abs(v) >= u.unit*10 || math.Abs(v) >= u.unit && step >= u.unit/10 {
			unit, suffix = u.unit, u.suffix
			break
		}
	}
	s := strconv.FormatFloat(v/unit, 'f', decimalsFor(step/unit), 64)
	if s == "-0" {
		s = "0"
	}
	return minus(s) + suffix
}

func shortPercent(v, step float64) string {
	s := strconv.FormatFloat(v*100, 'f', decimalsFor(step*100), 64)
	if s == "-0" {
		s = "0"
	}
	return minus(s) + noBreak + "%"
}

// decimalsFor is how many decimals tell multiples of a step apart.
func decimalsFor(step float64) int {
	for d := range 8 {
		x := step * math.Pow(10, float64(d))
		if math.Abs(x-math.Round(x)) < 1e-6*math.Max(x, 1) && x >= 0.999 {
			return d
		}
	}
	return 8
}

// minus puts the typographic minus, as long as a digit is wide, for the hyphen.
func minus(s string) string {
	if len(s) > 0 && s[0] == '-' {
		return "−" + s[1:]
	}
	return s
}
