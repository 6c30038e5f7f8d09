package risk

import (
	"encoding/json"
	"fmt"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/internal/planted"
)

// apply takes a record into the state: the only way in which durable state changes, while
// running and when a journal is folded after a restart. The error is a difference in the
// books.
func (s *state) apply(r *Record) error {
	switch r.Type {
	case RecStart:
		s.host.starts.add(r.Time)
	case RecIntent:
		s.rate.onAttempt(r, r.Order, true)
		s.rate.onIntent(r, s.acct.mark[r.Order.Instrument])
		s.acct.lastID = max(s.acct.lastID, r.Order.ID)
		if r.Text == "" { // else a dry run
			s.acct.add(r.Order, r.Cost)
		}
	case RecDenial:
		s.applyDenial(r)
	case RecDenials:
		s.applyDenials(r)
	case RecAmend:
		s.applyAmend(r)
	case RecCancel:
		if oo := s.acct.find(r.OrderID); oo != nil {
			oo.asked = r.Time
			s.rate.onMessage(r.Time, oo.order.Instrument, cancelCost(r.Time.Sub(oo.order.Sent)))
			if planted.On(planted.CancelReleases) {
				s.acct.reserve(oo, 0)
			}
		}
	case RecOrder:
		s.applyOrder(r.Event)
		s.noteSale(r)
	case RecFill:
		if oo := s.acct.find(r.Event.Order); oo != nil {
			s.loss.noteExecution(&s.limits, &s.acct.catalog.Instruments[r.Event.Instrument], r.Event, oo.order.Decision)
		}
		if err := s.acct.onFill(r.Event); err != nil {
			return err
		}
		s.rate.onFill(r, s.acct.find(r.Event.Order))
		if r.Event.State.Done() {
			s.acct.release(r.Event.Order)
		}
		s.noteSale(r)
	case RecFlow:
		if err := s.acct.book(r.Event.FeeAsset, r.Event.Cost); err != nil {
			return err
		}
		s.day.start, s.day.high, s.day.low = s.day.start+r.Equity, s.day.high+r.Equity, s.day.low+r.Equity
		s.floors()
	case RecSnapshot:
		return s.applySnapshot(r.Event.Detail.Snapshot)
	case RecDayStart:
		s.applyDay(r)
	case RecEquity:
		s.day.high, s.day.low = r.High, r.DayLow
		s.day.noted = notedEquity{r.High, r.DayLow, r.Time}
		s.floors()
	case RecLevel:
		s.applyLevel(r)
	case RecArmRequest:
		s.host.challenge, s.host.asked = r.Text, r.Time
	case RecArm:
		s.applyArm(r)
	case RecCycle:
		s.host.cycle = false
	case RecRamp:
		s.host.ramp, s.host.days, s.host.net = int(r.Count), 0, 0
		s.floors()
	case RecNote:
		if r.Control == Nonce {
			s.link.nonces.add(r.Time)
		}
	case RecOperator:
		s.onCommand(r)
	case RecFlattenRequest:
		s.sale.challenge, s.sale.asked = r.Text, r.Time
	}
	return nil
}

// applyDenial counts an attempt, new or a change.
func (s *state) applyDenial(r *Record) {
	o := r.Order
	if o == nil {
		oo := s.acct.find(r.OrderID)
		if oo == nil {
			return
		}
		o = &oo.order
	}
	s.acct.lastID = max(s.acct.lastID, o.ID)
	if s.placed(o.Instrument, o.Slot) {
		s.rate.onAttempt(r, o, false)
		s.rate.onDenial(r)
		s.rate.onStorm(r, o)
	}
}

// noteSale counts a sale that is over.
func (s *state) noteSale(r *Record) {
	if r.Count == 1 {
		s.loss.onTrade(r.Time, r.Equity)
		s.host.net += r.Equity
	}
}

// placed reports whether there is such an instrument and may be such a strategy.
func (s *state) placed(id exchange.InstrumentID, slot exchange.SlotID) bool {
	return id >= 0 && int(id) < len(s.acct.catalog.Instruments) && slot >= 0 && slot < maxSlots
}

// maxSlots keeps a broken slot id from taking all the memory.
const maxSlots = 1 << 10

// applyAmend reserves the larger of both until the venue confirms.
func (s *state) applyAmend(r *Record) {
	oo := s.acct.find(r.OrderID)
	if oo == nil {
		return
	}
	oo.amend = amended(oo, r.Amend)
	oo.amend.Qty += oo.filled
	s.rate.grow(&oo.order, r.Cost-oo.reserve)
	s.acct.reserve(oo, max(oo.reserve, r.Cost))
	s.rate.onMessage(r.Time, oo.order.Instrument, amendCost(r.Time.Sub(oo.order.Sent)))
	s.rate.onRisk(r.Time, &oo.order)
}

// applyOrder takes the outcome of a request.
func (s *state) applyOrder(ev *exchange.Event) {
	a := s.acct
	oo := a.find(ev.Order)
	if oo == nil {
		return
	}
	if ev.State.Done() || ev.State == exchange.Unknown && planted.On(planted.UnknownIsAbsent) {
		a.release(ev.Order)
		return
	}
	if ev.State == exchange.Unknown && oo.state != exchange.Unknown {
		oo.since = ev.Time
	}
	if ev.State != 0 { // a refused cancel says nothing of an order that may still arrive
		a.setState(oo, ev.State)
		oo.sought = oo.sought && ev.State == exchange.Unknown
	}
	if ev.Op == exchange.OpAmend {
		if ev.Code == exchange.CodeAmended {
			oo.order = oo.amend
		}
		a.reserve(oo, s.restCost(oo))
	}
}

// restCost is what an open order's rest could use.
func (s *state) restCost(oo *openOrder) money.Amount {
	in := &s.acct.catalog.Instruments[oo.order.Instrument]
	rest := oo.order.Qty - oo.filled
	if oo.order.Side == exchange.Sell {
		v, _ := in.BaseAmount(rest)
		if oo.order.FeeInBase {
			fee, _ := money.MulDiv(int64(v), s.acct.feePPM, money.PPM, money.Ceil)
			v += money.Amount(fee)
		}
		return v
	}
	cost, _ := in.Cost(worst(&oo.order, s.acct.mark[in.ID]), rest, money.Ceil)
	fee, _ := money.MulDiv(int64(cost), s.acct.feePPM, money.PPM, money.Ceil)
	return cost + money.Amount(fee)
}

// applySnapshot adopts the first snapshot of an account's life.
func (s *state) applySnapshot(snap *exchange.Snapshot) error {
	if s.adopted && !planted.On(planted.PhantomAdopted) {
		return nil
	}
	for _, b := range snap.Balances {
		s.adopted = s.adopted || b.Total > 0 // all zero is a fault of the venue, never a baseline
	}
	for _, b := range snap.Balances {
		if err := s.acct.book(b.Asset, b.Total-s.acct.balance[b.Asset]); err != nil {
			return err
		}
	}
	return nil
}

// applyDay begins a trading day. The first one also sets the high-water mark.
func (s *state) applyDay(r *Record) {
	d := &s.day
	d.began, d.end = r.Time, s.endOfDay(r.Time)
	d.start, d.low = r.Equity, r.Equity
	if !d.started || planted.On(planted.HighLowered) {
		d.started, d.high = true, r.Equity
	} else if s.host.armed && r.Time <= s.host.lease && s.level < Halted {
		s.host.days++
	}
	s.rate.onDay()
	s.loss.onDay()
	s.floors()
}

// applyLevel sets or lifts a latch. The first cause of a latch stays; it only ever gets
// stricter.
func (s *state) applyLevel(r *Record) {
	if r.Lift {
		kept := s.latches[:0]
		for _, l := range s.latches {
			if l.control != r.Control || l.scope != r.Scope || l.instrument != r.Instrument || l.slot != r.Slot {
				kept = append(kept, l)
			}
		}
		s.latches = kept
		if !s.host.cycle { // after the ceremony everything starts anew
			s.loss.onLift(r)
		}
	} else if l := s.holds(r.Control, r.Scope, r.Instrument, r.Slot); l != nil {
		l.level, l.until = max(l.level, r.Level), max(l.until, r.Until)
	} else {
		s.latches = append(s.latches, latch{
			control: r.Control, scope: r.Scope, instrument: r.Instrument, slot: r.Slot, level: r.Level, since: r.Time, until: r.Until, cause: r.Text,
		})
		s.loss.onTrip(r.Control, r.Time)
	}
	if !r.Lift && r.Level >= Halted && s.host.ramp > 0 { // by the same record: a crash leaves no halt without its step
		s.host.ramp, s.host.days, s.host.net = s.host.ramp-1, 0, 0
	}
	s.settle()
}

// applyArm ends the ceremony: latches are lifted by their own records, the counters behind
// them start anew.
func (s *state) applyArm(r *Record) {
	s.host.armed, s.host.lease, s.host.cycle, s.host.challenge = true, r.Until, true, ""
	s.host.limits, s.cycleAt = r.Text, longAgo
	s.host.starts.clear()
	s.sale = saleState{}
	s.rate.clear()
	s.loss.clear()
	s.link.nonces.clear()
	s.day.breach = exchange.Never
}

// limitsText is the limits as they are recorded.
func limitsText(l *Limits) string {
	b, err := json.Marshal(l)
	if err != nil {
		panic("BUG: limits do not marshal: " + err.Error())
	}
	return string(b)
}

func parseLimits(text string) (l Limits, err error) {
	if err = json.Unmarshal([]byte(text), &l); err != nil {
		return l, fmt.Errorf("risk: recorded limits cannot be read: %w", err)
	}
	return l, nil
}
