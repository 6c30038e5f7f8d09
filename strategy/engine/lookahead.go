package engine

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// Lookahead proves that decisions do not depend on the future: a run is repeated with
// everything after a cut garbled, and again with the data ending there, and every
// decision up to the cut must be the same.
//
// It finds whatever leaks through the data that the run is given: a bar handed out too
// early, an average over bars to come, a fill that knows its bar. It cannot find a strategy
// that reads a file by itself.
type Lookahead struct {
	// Run executes the whole run on a feed wrapped by wrap, recording to rec.
	Run  func(wrap func(exchange.Feed) exchange.Feed, rec risk.Recorder) error
	Cuts int    // how many points are tried, at least 1
	Seed uint64 // of the cuts and of the garbage
}

// LookaheadReport is what a check found.
type LookaheadReport struct {
	Decisions int         // of the whole run
	Cuts      []CutReport // in order of time
}

// CutReport is one cut: in both repetitions, decisions up to At were compared.
type CutReport struct {
	At        exchange.Stamp
	Decisions int
	Differs   string // what differed first, empty when nothing did
}

// OK reports whether no decision depended on the future.
func (r *LookaheadReport) OK() bool {
	for _, c := range r.Cuts {
		if c.Differs != "" {
			return false
		}
	}
	return true
}

// Check runs once whole and twice for each cut. The error is of a run, not of a finding.
func (l Lookahead) Check() (*LookaheadReport, error) {
	var closes []exchange.Stamp
	whole := &decisions{}
	spy := func(f exchange.Feed) exchange.Feed { return &closeSpy{f, &closes} }
	if err := l.Run(spy, whole); err != nil {
		return nil, err
	}
	report := &LookaheadReport{Decisions: len(whole.list)}
	if len(closes) < 10 {
		return nil, errors.New("the look-ahead check needs at least 10 bars or trades")
	}
	random := rand.New(rand.NewPCG(l.Seed, 0x10c))
	for i := range max(1, l.Cuts) {
		// one random point in each equal part of the run
		part := len(closes) / max(1, l.Cuts)
		cut := closes[min(len(closes)-2, i*part+random.IntN(max(1, part)))]
		c := CutReport{At: cut}
		var same *decisions // the run as it is, but for the openings at the cut
		for _, how := range []fate{kept, garbled, gone} {
			again := &decisions{}
			wrap := func(f exchange.Feed) exchange.Feed {
				return &future{feed: f, cut: cut, fate: how, random: rand.New(rand.NewPCG(l.Seed, uint64(i)))}
			}
			if err := l.Run(wrap, again); err != nil {
				return nil, fmt.Errorf("with the data after %v %s: %w", cut, [...]string{"kept", "garbled", "cut off"}[how], err)
			}
			if how == kept {
				same, c.Decisions = again, again.until(cut)
			} else if c.Differs == "" {
				c.Differs = same.differs(again, cut)
			}
		}
		report.Cuts = append(report.Cuts, c)
	}
	return report, nil
}

// decisions is a Recorder that keeps what the strategies wanted.
type decisions struct{ list []decision }

type decision struct {
	at   exchange.Stamp
	typ  risk.RecordType
	id   exchange.OrderID
	want exchange.Order
	amnd exchange.Amend
}

func (d *decisions) Record(r *risk.Record, _ bool) error {
	switch r.Type {
	case risk.RecIntent, risk.RecDenial, risk.RecDenials, risk.RecAmend, risk.RecCancel:
		n := decision{at: r.Time, typ: r.Type, id: r.OrderID}
		if r.Order != nil {
			n.want = *r.Order
		}
		if r.Amend != nil {
			n.amnd = *r.Amend
		}
		d.list = append(d.list, n)
	}
	return nil
}

// until counts the decisions up to an instant.
func (d *decisions) until(t exchange.Stamp) int {
	n := 0
	for n < len(d.list) && d.list[n].at <= t {
		n++
	}
	return n
}

// differs names the first decision up to an instant that is not the same in both.
func (d *decisions) differs(o *decisions, t exchange.Stamp) string {
	n, m := d.until(t), o.until(t)
	for i := range min(n, m) {
		if a, b := d.list[i], o.list[i]; a != b {
			return fmt.Sprintf("decision %d at %v: %v order %d of %d lots became %v order %d of %d lots at %v", i+1, a.at, a.typ, a.id, a.want.Qty, b.typ, b.id, b.want.Qty, b.at)
		}
	}
	if n != m {
		return fmt.Sprintf("%d decisions became %d", n, m)
	}
	return ""
}

// closeSpy notes the times at which a run learns something.
type closeSpy struct {
	exchange.Feed
	at *[]exchange.Stamp
}

func (c *closeSpy) Next(ev *exchange.Event) error {
	err := c.Feed.Next(ev)
	if err == nil && ev.Kind != exchange.KindOpen {
		if n := len(*c.at); n == 0 || (*c.at)[n-1] != ev.Time {
			*c.at = append(*c.at, ev.Time)
		}
	}
	return err
}

// future hides what comes after the cut: garbled, or gone. An opening at the very instant
// of the cut already belongs to the future; it is moved a nanosecond on, so that what
// follows from it is told apart from what was decided at the cut.
type future struct {
	feed   exchange.Feed
	cut    exchange.Stamp
	fate   fate
	random *rand.Rand
}

func (f *future) Next(ev *exchange.Event) error {
	if err := f.feed.Next(ev); err != nil {
		return err
	}
	opening := ev.Time == f.cut && ev.Kind == exchange.KindOpen
	if ev.Time <= f.cut && !opening {
		return nil
	}
	if f.fate == gone {
		return io.EOF
	}
	if opening {
		ev.Time, ev.Received = ev.Time+1, ev.Received+1
	}
	if f.fate == kept {
		return nil
	}
	factor := 500_000 + f.random.Int64N(1_000_000) // half to one and a half
	for _, p := range []*money.Price{&ev.Open, &ev.High, &ev.Low, &ev.Price} {
		v, _ := money.MulDiv(int64(*p), factor, money.PPM, money.Half)
		*p = money.Price(max(v, min(1, int64(*p))))
	}
	q, _ := money.MulDiv(int64(ev.Qty), factor, money.PPM, money.Half)
	ev.Qty = money.Qty(q)
	return nil
}

type fate uint8

const (
	kept fate = iota
	garbled
	gone
)
