package chaos

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Feed is the decorator between a market's history and the venue: market-gap and wick move
// its prices, halt and status the venue's mode. A wick shows in the bar around it; a bar's
// opening is told before what comes in it.
type Feed struct {
	inner   exchange.Feed
	x       *Injector
	catalog *exchange.Catalog
	next    exchange.Event
	held    bool
	opened  []money.Price // by instrument: the opening of the bar that runs
	modes   []exchange.Status
}

var _ exchange.Feed = (*Feed)(nil)

// WrapFeed lets a market go through a plan.
func WrapFeed(inner exchange.Feed, x *Injector, c *exchange.Catalog) *Feed {
	f := &Feed{inner: inner, x: x, catalog: c, opened: make([]money.Price, len(c.Instruments)), modes: make([]exchange.Status, len(c.Instruments))}
	for i := range f.modes {
		f.modes[i] = c.Instruments[i].Status
	}
	return f
}

// Next fills *ev with the next event as the plan has made it.
func (f *Feed) Next(ev *exchange.Event) error {
	if !f.held {
		if err := f.inner.Next(&f.next); err != nil {
			return err
		}
		f.held = true
	}
	if f.changedMode(ev) {
		return nil
	}
	*ev, f.held = f.next, false
	if ev.Instrument < 0 || !f.x.has[MarketGap] && !f.x.has[Wick] {
		return nil
	}
	switch ev.Kind {
	case exchange.KindOpen:
		f.moveAt(&ev.Open, ev, ev.Time)
		f.opened[ev.Instrument] = ev.Open
	case exchange.KindTrade:
		f.outside(ev)
		f.moveAt(&ev.Price, ev, ev.Time)
	case exchange.KindBar:
		f.outside(ev)
		f.bar(ev)
	case exchange.KindTop:
		f.moveAt(&ev.Price, ev, ev.Time)
		f.moveAt(&ev.AskPrice, ev, ev.Time)
	}
	return nil
}

// outside notes what the price is elsewhere: gaps are the market's, wicks are ours.
func (f *Feed) outside(ev *exchange.Event) {
	if f.x.has[Wick] {
		f.x.outside[ev.Instrument] = f.moved(ev.Price, ev.Instrument, f.factors(ev, ev.Time, ev.Time, MarketGap))
	}
}

// moveAt moves a price as it is at an instant.
func (f *Feed) moveAt(p *money.Price, ev *exchange.Event, t exchange.Stamp) {
	*p = f.moved(*p, ev.Instrument, f.factors(ev, t, t, MarketGap, Wick))
}

// bar moves a bar: its opening as it was told, its close as it is then, and its range by
// all that was on in between. Where nothing changes on the way the range moves as it is;
// else it is that of the prices of opening and close.
func (f *Feed) bar(ev *exchange.Event) {
	was := *ev
	from := was.Time - exchange.Stamp(was.Interval)
	ev.Open = f.moved(was.Open, was.Instrument, f.factors(&was, from, from, MarketGap, Wick))
	if o := f.opened[was.Instrument]; o != 0 && was.Matched {
		ev.Open = o
	}
	last := f.factors(&was, was.Time, was.Time, MarketGap, Wick)
	ev.Price = f.moved(was.Price, was.Instrument, last)
	ev.High, ev.Low = max(ev.Open, ev.Price), min(ev.Open, ev.Price)
	still := true
	for i := range f.x.runs { // a price counts as it was before, while, and after each rule was on
		rule, r := &f.x.plan.Rules[i], &f.x.runs[i]
		if rule.Do != MarketGap && rule.Do != Wick || r.from == exchange.Never || !rule.Matches("", f.symbol(&was)) {
			continue
		}
		for _, edge := range [...]exchange.Stamp{r.from, f.x.end(i)} {
			if edge <= from || edge > was.Time {
				continue
			}
			still = false
			for _, t := range [...]exchange.Stamp{edge - 1, edge} {
				m := f.factors(&was, t, t, MarketGap, Wick)
				for _, p := range [...]money.Price{f.moved(was.Price, was.Instrument, m), f.moved(was.Open, was.Instrument, m)} {
					ev.High, ev.Low = max(ev.High, p), min(ev.Low, p)
				}
			}
		}
	}
	if still {
		ev.High, ev.Low = max(ev.High, f.moved(was.High, was.Instrument, last)), min(ev.Low, f.moved(was.Low, was.Instrument, last))
	}
}

// factors are the shares, in ppm, by which prices move at all instants from one to another.
func (f *Feed) factors(ev *exchange.Event, from, to exchange.Stamp, which ...Verb) (ppm []int64) {
	pair := f.symbol(ev)
	for i := range f.x.runs {
		rule := &f.x.plan.Rules[i]
		for _, v := range which {
			if rule.Do == v && rule.Matches("", pair) && f.x.during(i, from, to) {
				f.x.holding(i)
				ppm = append(ppm, money.PPM+rule.PPM)
			}
		}
	}
	return ppm
}

// during reports whether a rule is on at some instant from one to another.
func (x *Injector) during(i int, from, to exchange.Stamp) bool {
	r := &x.runs[i]
	return !x.over && r.from != exchange.Never && r.from <= to && from < x.end(i)
}

// moved is a price times factors, on the tick and above zero.
func (f *Feed) moved(p money.Price, id exchange.InstrumentID, ppm []int64) money.Price {
	if len(ppm) == 0 || p == 0 {
		return p
	}
	v, tick := int64(p), int64(f.catalog.Instruments[id].Tick)
	for _, m := range ppm {
		if w, ok := money.MulDiv(v, m, money.PPM, money.Down); ok {
			v = w
		}
	}
	v, _ = money.RoundTo(v, tick, money.Down)
	return money.Price(max(v, tick))
}

func (f *Feed) symbol(ev *exchange.Event) string { return f.catalog.Instruments[ev.Instrument].Symbol }

// changedMode tells, before an event, that the venue's mode has changed by then.
func (f *Feed) changedMode(ev *exchange.Event) bool {
	if !f.x.has[Halt] && !f.x.has[SetStatus] {
		return false
	}
	for i := range f.modes {
		in := &f.catalog.Instruments[i]
		mode, at := f.modeAt(in, f.next.Time)
		if mode == f.modes[i] {
			continue
		}
		f.modes[i] = mode
		all := true
		for j := range f.modes {
			other, _ := f.modeAt(&f.catalog.Instruments[j], f.next.Time)
			all = all && other == mode
		}
		*ev = exchange.Event{Kind: exchange.KindStatus, Time: at, Received: at, Instrument: in.ID, FeeAsset: exchange.None, Status: mode, Last: true}
		if all { // the venue as a whole
			ev.Instrument = exchange.None
			for j := range f.modes {
				f.modes[j] = mode
			}
		}
		return true
	}
	return false
}

// modeAt is a pair's mode at an instant.
func (f *Feed) modeAt(in *exchange.Instrument, t exchange.Stamp) (exchange.Status, exchange.Stamp) {
	mode := in.Status
	for i := range f.x.runs {
		rule := &f.x.plan.Rules[i]
		if rule.Do != Halt && rule.Do != SetStatus || !rule.Matches("", in.Symbol) || !f.x.during(i, t, t) {
			continue
		}
		if rule.Do == Halt {
			f.x.holding(i)
			mode = exchange.Maintenance
			continue
		}
		for m, name := range modes {
			if rule.Value == name {
				f.x.holding(i)
				mode = exchange.Status(m)
			}
		}
	}
	return mode, t
}
