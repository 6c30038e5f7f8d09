package chaos

import (
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// lost is an order about which an answer was lost: what the venue says of it is held back
// until it is looked up. It goes as risk-controls 2.4 says: look in the open orders, the
// closed ones and the trades until deadline and a minute have passed, take it back by its
// client id, look once more, and only then call it absent.
type lost struct {
	id        exchange.OrderID
	in        exchange.InstrumentID
	op        exchange.Op // that was not answered
	arrived   bool
	since     exchange.Stamp
	held      []exchange.Event
	takenBack bool
	absent    bool // given up
}

// How soon and how often a lost order is looked up.
const (
	firstLook = time.Second
	nextLook  = 5 * time.Second
)

func (l *Link) findLost(id exchange.OrderID) int {
	i, ok := slices.BinarySearchFunc(l.lost, id, func(a lost, id exchange.OrderID) int { return int(a.id) - int(id) })
	if !ok {
		return -1
	}
	return i
}

// lose begins to hold back what the venue says of an order; at due the caller learns that
// no answer came. An order that is lost already stays so.
func (l *Link) lose(op exchange.Op, id exchange.OrderID, in exchange.InstrumentID, arrived bool, due exchange.Stamp) {
	i, known := slices.BinarySearchFunc(l.lost, id, func(a lost, id exchange.OrderID) int { return int(a.id) - int(id) })
	if known {
		return
	}
	l.lost = slices.Insert(l.lost, i, lost{id: id, in: in, op: op, arrived: arrived, since: l.now})
	l.insert(item{due: due, act: miss, id: id})
}

// miss is the moment at which the caller knows that no answer came.
func (l *Link) miss(id exchange.OrderID) {
	i := l.findLost(id)
	if i < 0 {
		return
	}
	o := &l.lost[i]
	o.since = l.now
	if o.op == exchange.OpSubmit {
		l.answer(&exchange.Event{Kind: exchange.KindOrder, Op: o.op, Order: id, Instrument: o.in, State: exchange.Unknown, Code: exchange.CodeTransport})
	}
	l.insert(item{due: l.now.Add(firstLook), act: look, id: id})
}

// look looks a lost order up.
func (l *Link) look(id exchange.OrderID) {
	i := l.findLost(id)
	if i < 0 {
		return
	}
	o := &l.lost[i]
	answered := true
	for _, name := range []string{OpenOrders, ClosedOrders, TradesHistory} { // all three must answer
		r, code := l.call(name, exchange.None)
		if code != exchange.CodeNone || r != nil && (r.Do.loses() || !r.Do.arrives()) {
			answered = false
			break
		}
	}
	if answered && l.found(i) {
		return
	}
	late := l.now >= o.since.Add(l.cfg.LateMax)
	switch {
	case answered && o.op != exchange.OpSubmit && !o.arrived: // it is there, and as it was
		l.answer(&exchange.Event{Kind: exchange.KindOrder, Op: o.op, Order: id, Instrument: o.in, State: exchange.Working, Code: exchange.CodeTransport})
		l.lost = slices.Delete(l.lost, i, i+1)
	case answered && late && !o.takenBack && o.op == exchange.OpSubmit:
		o.takenBack = true
		if o.arrived {
			_ = l.inner.Cancel(id) // whether it is gone, the next look tells
		}
		l.insert(item{due: l.now.Add(firstLook), act: look, id: id})
	case answered && o.takenBack:
		l.giveUp(i)
	case late && l.ended: // nobody will ever know
		l.lost = slices.Delete(l.lost, i, i+1)
	default:
		l.insert(item{due: l.now.Add(nextLook), act: look, id: id})
	}
}

// found reports whether one of the venue's lists shows a lost order, and if so tells all
// that was held back of it.
func (l *Link) found(i int) bool {
	o := &l.lost[i]
	if !slices.ContainsFunc(o.held, o.shows) {
		return false
	}
	in := ""
	filled, over := false, false
	for j := range o.held {
		filled = filled || o.held[j].Kind == exchange.KindFill
		over = over || o.held[j].State.Done()
	}
	for _, list := range []struct {
		name, tag string
		has       bool
	}{{OpenOrders, FoundOpen, !over}, {ClosedOrders, FoundClosed, over}, {TradesHistory, FoundTrades, filled}} {
		if in == "" && list.has && l.x.Holds(HideOrder, list.name, "") == nil {
			in = list.tag
		}
	}
	if in == "" {
		return false
	}
	if o.op == exchange.OpSubmit {
		l.x.Met(in)
	}
	for j := range o.held {
		if ev := &o.held[j]; !o.absent || ev.Kind == exchange.KindFill {
			ev.Time, ev.Received = l.now, l.now
			l.executions(l.now, ev)
		}
	}
	l.lost = slices.Delete(l.lost, i, i+1)
	return true
}

// shows reports whether what the venue says of a lost order shows that it has it: that it knows
// none to cancel does not.
func (o *lost) shows(ev exchange.Event) bool {
	return o.op != exchange.OpSubmit || ev.Kind == exchange.KindFill || ev.State != 0
}

// giveUp calls an order absent. What the venue has done all the same comes out when its
// lists show it.
func (l *Link) giveUp(i int) {
	o := &l.lost[i]
	l.x.Met(GivenUp)
	l.answer(&exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpSubmit, Order: o.id, Instrument: o.in, State: exchange.Absent, Code: exchange.CodeUnknownOrder})
	if o.absent = true; !slices.ContainsFunc(o.held, func(ev exchange.Event) bool { return ev.Kind == exchange.KindFill }) {
		l.lost = slices.Delete(l.lost, i, i+1)
	}
}

// ghosts tells of fills of orders that were given up, once the venue shows them.
func (l *Link) ghosts() {
	for i := 0; i < len(l.lost); {
		if !l.lost[i].absent || !l.found(i) {
			i++
		}
	}
}

// snapshot lets a snapshot go through the faults. Who sees one knows what is in it: what was
// held back comes first, unless the venue's lists hide it.
func (l *Link) snapshot(ev *exchange.Event) {
	var r *Rule
	if len(l.asked) > 0 {
		r = l.asked[0]
		l.asked = l.asked[:copy(l.asked, l.asked[1:])]
	}
	l.catchUp()
	l.hasten()
	for i := 0; i < len(l.lost); {
		if !l.found(i) {
			i++
		}
	}
	zero := l.x.Holds(ZeroBalances, "", "") != nil
	if zero || len(l.lost) > 0 || hasForeign(ev.Detail.Snapshot) {
		snap := copySnapshot(ev.Detail.Snapshot)
		l.hide(snap)
		for i := range snap.Balances {
			if zero {
				snap.Balances[i].Total, snap.Balances[i].Hold = 0, 0
			}
		}
		ev.Detail = &exchange.Detail{Snapshot: snap}
	}
	due := l.now
	if r != nil && (r.Do == Delay || r.Do == Reorder) {
		due = due.Add(r.Wait())
	}
	l.push(due, ev)
	if r != nil && r.Do == Duplicate {
		l.push(due, ev)
	}
}

// hasForeign reports whether a snapshot shows what others do on the account.
func hasForeign(s *exchange.Snapshot) bool {
	return slices.ContainsFunc(s.Orders, func(o exchange.OpenOrder) bool { return o.Order.ID >= foreignIDs }) ||
		slices.ContainsFunc(s.Fills, func(f exchange.Event) bool { return f.Order >= foreignIDs })
}

func copySnapshot(s *exchange.Snapshot) *exchange.Snapshot {
	return &exchange.Snapshot{Balances: slices.Clone(s.Balances), Orders: slices.Clone(s.Orders), Fills: slices.Clone(s.Fills)}
}

// hide takes out of a snapshot the orders that are still lost, with all that their fills
// have moved, and makes foreign ones nobody's.
func (l *Link) hide(s *exchange.Snapshot) {
	isLost := func(id exchange.OrderID) bool {
		i := l.findLost(id)
		return i >= 0 && l.lost[i].op == exchange.OpSubmit
	}
	s.Orders = slices.DeleteFunc(s.Orders, func(o exchange.OpenOrder) bool { return isLost(o.Order.ID) })
	s.Fills = slices.DeleteFunc(s.Fills, func(f exchange.Event) bool { return isLost(f.Order) })
	for i := range s.Orders {
		if s.Orders[i].Order.ID >= foreignIDs {
			s.Orders[i].Order.ID = 0
		}
	}
	for i := range s.Fills {
		if s.Fills[i].Order >= foreignIDs {
			s.Fills[i].Order = 0
		}
	}
	for i := range l.lost {
		for j := range l.lost[i].held {
			if f := &l.lost[i].held[j]; f.Kind == exchange.KindFill {
				l.undo(s, f)
			}
		}
	}
}

// undo takes a fill out of balances.
func (l *Link) undo(s *exchange.Snapshot, f *exchange.Event) {
	in := &l.cfg.Catalog.Instruments[f.Instrument]
	base, _ := in.BaseAmount(f.Qty)
	quote := -f.Cost
	if f.Side == exchange.Sell {
		base, quote = -base, f.Cost
	}
	for i := range s.Balances {
		b := &s.Balances[i]
		var moved money.Amount
		if b.Asset == in.Base {
			moved += base
		}
		if b.Asset == in.Quote {
			moved += quote
		}
		if b.Asset == f.FeeAsset {
			moved -= f.Fee
		}
		b.Total -= moved
	}
}
