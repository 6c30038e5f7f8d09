package world

import (
	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// Entry is one line of what happened: of the records, of the venue, and of the World
// itself.
type Entry struct {
	At         exchange.Stamp
	Kind       string // a record's type, or what the World did
	Control    risk.Control
	Level      risk.Level
	Scope      risk.Scope
	Instrument exchange.InstrumentID // None: none
	Slot       exchange.SlotID       // -1: none
	Order      exchange.OrderID
	Side       exchange.Side
	Qty        money.Qty
	Price      money.Price
	State      exchange.State
	Reasons    []risk.Control // of a denial
	Text       string
}

// log is everything that happened, in order.
type log struct {
	entries []Entry
	calls   [callEnd]int
	sent    []call // orders that reached the venue's door
}

// What the process asked the venue for.
const (
	callAdd = iota
	callAmend
	callCancel
	callDeadMan
	callRefresh
	callEnd
)

var callNames = [callEnd]string{chaos.AddOrder, chaos.AmendOrder, chaos.CancelOrder, chaos.CancelAllAfter, "Refresh"}

// CallNames are the calls that a World counts.
func CallNames() []string { return callNames[:] }

type call struct {
	at exchange.Stamp
	id exchange.OrderID
}

// note adds a line. A zero instrument and slot mean none here: records have their own.
func (w *World) note(e Entry) {
	e.At = w.now
	if e.Instrument == 0 && e.Order == 0 {
		e.Instrument = exchange.None
	}
	if e.Slot == 0 && e.Order == 0 {
		e.Slot = -1
	}
	w.log.entries = append(w.log.entries, e)
}

// writing is what the World knows of a record before the journal has it.
type writing World

// mark tells one record from all others of a run.
type mark struct {
	at      exchange.Stamp
	typ     risk.RecordType
	control risk.Control
	scope   risk.Scope
	lift    bool
	in      exchange.InstrumentID
	slot    exchange.SlotID
	order   exchange.OrderID
}

func markOf(r *risk.Record) mark {
	return mark{r.Time, r.Type, r.Control, r.Scope, r.Lift, r.Instrument, r.Slot, r.OrderID}
}

// Record keeps which record it is.
func (p *writing) Record(r *risk.Record, _ bool) error {
	p.half = markOf(r)
	return nil
}

// recall takes a record of the journal that the process has died over: it may be on the disk
// all the same, and then it counts.
func (w *World) recall(r *risk.Record) {
	if w.half.typ == 0 || w.half != markOf(r) {
		return
	}
	w.half = mark{}
	w.note(Entry{Kind: "was-written", Text: r.Type.String()})
	w.truth.onRecord(w, r)
	w.eyes.onRecord(w, r)
}

// observer is what the World learns from the records, in the order in which they are
// durable.
type observer World

// Record takes a record that the journal has.
func (o *observer) Record(r *risk.Record, durable bool) error {
	w := (*World)(o)
	w.half = mark{}
	e := Entry{
		At: w.now, Kind: r.Type.String(), Control: r.Control, Level: r.Level, Scope: r.Scope, Instrument: r.Instrument, Slot: r.Slot, Order: r.OrderID, Text: r.Text,
	}
	switch r.Type {
	case risk.RecStart, risk.RecArm:
		e.Text, e.Instrument, e.Slot = "", exchange.None, -1
	case risk.RecIntent:
		e.Side, e.Qty, e.Price = r.Order.Side, r.Order.Qty, r.Order.Price
	case risk.RecDenial, risk.RecDenials:
		if r.Order != nil {
			e.Side, e.Qty, e.Price = r.Order.Side, r.Order.Qty, r.Order.Price
		}
		for i := range r.Reasons {
			e.Reasons = append(e.Reasons, r.Reasons[i].Control)
		}
	case risk.RecOrder:
		e.Kind, e.State, e.Order, e.Side = "order-"+r.Event.State.String(), r.Event.State, r.Event.Order, r.Event.Side
	case risk.RecFill:
		e.Order, e.Side, e.Qty, e.Price, e.Instrument = r.Event.Order, r.Event.Side, r.Event.Qty, r.Event.Price, r.Event.Instrument
	case risk.RecLevel:
		if e.Kind = "trip"; r.Lift {
			e.Kind = "lift"
		} else {
			w.alert(r)
		}
		w.faults.Reach(chaos.LevelChanged)
	}
	w.log.entries = append(w.log.entries, e)
	w.truth.onRecord(w, r)
	w.eyes.onRecord(w, r)
	return nil
}

// call counts what the process asks the venue for, and lets the invariants look at it.
func (w *World) call(which int, id exchange.InstrumentID, what any) {
	w.log.calls[which]++
	e := Entry{At: w.now, Kind: callNames[which], Instrument: id, Slot: -1}
	switch v := what.(type) {
	case *exchange.Order:
		e.Order, e.Side, e.Qty, e.Price, e.Slot = v.ID, v.Side, v.Qty, v.Price, v.Slot
		w.log.sent = append(w.log.sent, call{w.now, v.ID})
		w.truth.onSubmit(w, v)
		w.eyes.onSubmit(w, v)
	case *exchange.Amend:
		e.Order, e.Qty, e.Price = v.Order, v.Qty, v.Price
		w.truth.onAmend(w, v)
	case exchange.OrderID:
		e.Order = v
		w.truth.onCancel(v)
	}
	w.log.entries = append(w.log.entries, e)
}

// delivered is an event that the process is told now.
func (w *World) delivered(ev *exchange.Event) {
	w.eyes.onTold(w, ev)
	w.mayDie()
}
