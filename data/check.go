package data

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"breakwater/exchange"
)

// CheckOptions bound a report. Zero values mean the defaults.
type CheckOptions struct {
	KeepPerDefect int // findings listed of each kind, 5; all are counted
	KeepGaps      int // longest gaps listed, 5
}

// Severity of a finding.
type Severity string

// An Error is a row that a backtest refuses; a Warning occurs in honest data.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Finding is one flaw and where it is.
type Finding struct {
	Line int64   `json:"line,omitempty"` // 0 when it concerns the whole file
	Time Instant `json:"time,omitempty"` // of the row; 0 when it could not be read
	Text string  `json:"text"`
}

// Findings are all flaws of one kind.
type Findings struct {
	Defect   Defect    `json:"defect"`
	Severity Severity  `json:"severity"`
	Count    int64     `json:"count"`
	First    []Finding `json:"first"` // the first ones, at most KeepPerDefect
}

// Report is what Check found in a file.
type Report struct {
	Info
	Rows        int64      `json:"rows"` // blank lines and the header not counted
	First       Instant    `json:"first"`
	Last        Instant    `json:"last"` // opening of the last bar, or the last trade
	Gaps        Gaps       `json:"gaps"`
	LongestGaps []Gap      `json:"longest_gaps,omitempty"` // longest first
	SameTime    int64      `json:"same_time"`              // trades at the time of the row before
	MissingIDs  int64      `json:"missing_ids"`
	Rounded     int64      `json:"rounded"` // volumes of bars freed of float noise
	Errors      int64      `json:"errors"`
	Warnings    int64      `json:"warnings"`
	Findings    []Findings `json:"findings"` // errors first, then by name of the defect
}

// OK reports whether a backtest would take the file.
func (r *Report) OK() bool { return r.Errors == 0 }

// farWick is how many times further than open and close a high or low must lie to be
// listed: a fat finger, a thin book, or a bad row.
const farWick = 2

// checker collects while the rows stream by.
type checker struct {
	r        *Reader
	o        CheckOptions
	rep      Report
	by       map[Defect]*Findings
	seen     bool
	end      exchange.Stamp // of the latest bar so far
	top      exchange.Stamp // latest time so far
	closest  time.Duration  // smallest positive distance of two rows
	interval time.Duration  // 0 when it is not certain: then nothing is judged by it
	id       uint64
}

// Check reads a file to its end and reports everything that is wrong or odd about it.
// Its error is one that ended the reading: a damaged archive, a line too long.
func Check(r *Reader, o CheckOptions) (*Report, error) {
	if o.KeepPerDefect == 0 {
		o.KeepPerDefect = 5
	}
	if o.KeepGaps == 0 {
		o.KeepGaps = 5
	}
	c := &checker{r: r, o: o, by: map[Defect]*Findings{}}
	c.rep.Info = r.info
	if r.uneven == nil {
		c.interval = r.info.Interval
	}
	for {
		err := c.row()
		if err == io.EOF {
			break
		}
		row, isRow := err.(*RowError)
		switch {
		case isRow:
			c.rep.Rows++
			c.add(row.Defect, 0, "%s", row.Text)
		case err != nil:
			return nil, err
		}
	}
	c.finish()
	return &c.rep, nil
}

// row reads and judges one row.
func (c *checker) row() error {
	if c.r.info.Format.Trades() {
		var t Trade
		if err := c.r.readTrade(&t); err != nil {
			return err
		}
		c.trade(&t)
		return nil
	}
	var b Bar
	if err := c.r.readBar(&b); err != nil {
		return err
	}
	c.bar(&b)
	return nil
}

// add counts a finding of the row that was read last, and keeps the first ones.
func (c *checker) add(d Defect, t exchange.Stamp, format string, args ...any) {
	f := c.by[d]
	if f == nil {
		f = &Findings{Defect: d, Severity: Error}
		if d.Warning() {
			f.Severity = Warning
		}
		c.by[d] = f
	}
	f.Count++
	if len(f.First) < c.o.KeepPerDefect {
		f.First = append(f.First, Finding{Line: c.r.line, Time: Instant(t), Text: fmt.Sprintf(format, args...)})
	}
}

// passed notes a row's time; forward is false for one that does not come after the
// latest.
func (c *checker) passed(t exchange.Stamp) (forward bool) {
	c.rep.Rows++
	if !c.seen {
		c.seen, c.top, c.rep.First, c.rep.Last = true, t, Instant(t), Instant(t)
		return true
	}
	if t <= c.top {
		c.rep.First = min(c.rep.First, Instant(t))
		return false
	}
	if d := t.Sub(c.top); c.closest == 0 || d < c.closest {
		c.closest = d
	}
	c.top, c.rep.Last = t, Instant(t)
	return true
}

func (c *checker) bar(b *Bar) {
	r, interval := c.r, c.interval
	if err, bad := r.impossible(b).(*RowError); bad {
		c.add(err.Defect, b.Time, "%s", err.Text)
	} else if hi, lo := max(b.Open, b.Close), min(b.Open, b.Close); b.High/farWick > hi || b.Low < lo/farWick {
		c.add(DefectWick, b.Time, "high %s and low %s, with open %s and close %s", r.price(b.High), r.price(b.Low), r.price(b.Open), r.price(b.Close))
	}
	if b.Volume == 0 {
		c.add(DefectVolume, b.Time, "volume 0")
	}
	first, top, end := !c.seen, c.top, c.end
	forward := c.passed(b.Time)
	switch {
	case first:
	case !forward && b.Time == top:
		c.add(DefectDoubled, b.Time, "a second bar at %v", b.Time)
	case !forward:
		c.add(DefectUnsorted, b.Time, "%v comes after %v", b.Time, top)
	case b.Time < end:
		c.add(DefectOverlap, b.Time, "%v lies %s after the bar before it, with bars of %s", b.Time, IntervalText(b.Time.Sub(top)), IntervalText(interval))
	case interval > 0:
		c.gap(end, b.Time)
	}
	if interval > 0 && b.Time != floorOr(b.Time, interval) {
		c.add(DefectAlign, b.Time, "%v is no multiple of %s since 1970", b.Time, IntervalText(interval))
	}
	if forward {
		c.end = b.Time.Add(interval)
	}
}

func floorOr(t exchange.Stamp, interval time.Duration) exchange.Stamp {
	if interval <= 0 {
		return t
	}
	return floor(t, interval)
}

// gap counts one place and keeps the longest, earlier ones first among equals.
func (c *checker) gap(from, to exchange.Stamp) {
	g := Gap{From: Instant(from), To: Instant(to), Missing: c.rep.Gaps.note(from, to, c.interval)}
	if g.Missing == 0 {
		return
	}
	c.add(DefectMissing, to, "%s missing from %v", plural(g.Missing, "bar"), g.From)
	l := c.rep.LongestGaps
	if len(l) == c.o.KeepGaps {
		if l[len(l)-1].Missing >= g.Missing {
			return
		}
		l = l[:len(l)-1]
	}
	at := len(l)
	for at > 0 && l[at-1].Missing < g.Missing {
		at--
	}
	c.rep.LongestGaps = slices.Insert(l, at, g)
}

func (c *checker) trade(t *Trade) {
	r := c.r
	switch {
	case t.Price < 0 || t.Qty < 0:
		c.add(DefectNegative, t.Time, "price %s, volume %s", r.price(t.Price), r.qty(t.Qty))
	case t.Price == 0 || t.Qty == 0:
		c.add(DefectZero, t.Time, "price %s, volume %s", r.price(t.Price), r.qty(t.Qty))
	}
	first, top := !c.seen, c.top
	if !c.passed(t.Time) && !first {
		if t.Time == top {
			c.rep.SameTime++
		} else {
			c.add(DefectUnsorted, t.Time, "%v comes after %v", t.Time, top)
		}
	}
	switch {
	case t.ID == 0 || c.id == 0:
	case t.ID == c.id:
		c.add(DefectDoubled, t.Time, "trade %d is there twice", t.ID)
	case t.ID > c.id+1:
		n := int64(t.ID - c.id - 1)
		c.rep.MissingIDs += n
		c.add(DefectIDHole, t.Time, "%s missing before %d", plural(n, "trade id"), t.ID)
	}
	c.id = t.ID
}

// whole counts a finding about the file as a whole.
func (c *checker) whole(d Defect, format string, args ...any) {
	c.add(d, 0, format, args...)
	c.by[d].First[0].Line = 0
}

// finish judges the file as a whole and sorts the findings.
func (c *checker) finish() {
	rep := &c.rep
	rep.Rounded = c.r.noisy
	if rep.Rounded > 0 {
		c.whole(DefectNoise, "%s with float noise, rounded to %d decimals", plural(rep.Rounded, "volume"), c.r.lotDec)
		c.by[DefectNoise].Count = rep.Rounded
	}
	if !rep.Format.Trades() {
		c.judgeInterval()
	}
	rep.Findings = []Findings{}
	for _, d := range slices.Sorted(maps.Keys(c.by)) {
		rep.Findings = append(rep.Findings, *c.by[d])
	}
	slices.SortStableFunc(rep.Findings, func(a, b Findings) int { return cmp.Compare(a.Severity, b.Severity) })
	for _, f := range rep.Findings {
		if f.Severity == Error {
			rep.Errors += f.Count
		} else {
			rep.Warnings += f.Count
		}
	}
}

// judgeInterval says when the bar size is not certain, or the rows never lie as close as
// it wants them.
func (c *checker) judgeInterval() {
	l := &c.r.l
	switch {
	case c.r.uneven != nil && l.interval == 0:
		c.whole(DefectBarSize, "one row does not tell the bar size; give --interval")
	case c.r.uneven != nil:
		c.whole(DefectBarSize, "rows are %s to %s apart; give --interval %s", IntervalText(l.shortest), IntervalText(l.longest), IntervalText(l.shortest))
	case c.closest > c.interval:
		c.whole(DefectInterval, "rows are at least %s apart, with bars of %s; give --interval %s", IntervalText(c.closest), IntervalText(c.interval), IntervalText(c.closest))
	}
}
