package sim

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// live is an open order at the venue.
type live struct {
	exchange.Order
	account   exchange.AccountID
	parent    exchange.OrderID // of a conditional close: the order whose fill it closes
	self      int32            // its own place in the arena
	gen       uint32
	place     ladder
	node      int32 // in the book, when place is a ladder
	remaining money.Qty
	cash      money.Amount // what a market buy by cash may still spend
	held      money.Amount // its part of the account's hold
	heldPPM   int64        // the fee rate that held reckons with
	arrival   exchange.Stamp
	level     money.Price // trailing: the trigger now
	extreme   money.Price // trailing: the best price so far
	takes     bool        // waits to take liquidity
	born      bool        // placed by the venue in the range of a bar
	triggered bool
	done      bool
	prev      int32 // among the account's open orders
	next      int32
}

// waits reports whether the order still waits for its trigger.
func (o *live) waits() bool { return o.Type.Triggered() && !o.triggered }

// limit is the order's limit price; ok is false when it takes any price.
func (o *live) limit() (p money.Price, ok bool) {
	switch {
	case o.Type == exchange.TrailingStopLimit:
		return max(o.level+o.LimitOffset, 1), true
	case o.Type.HasLimit():
		return o.Price, true
	}
	return 0, false
}

// within reports whether the order may trade at p.
func (o *live) within(p money.Price) bool {
	limit, ok := o.limit()
	return !ok || !worse(o.Side, p, limit)
}

// worse reports whether p is worse than q for who is on that side.
func worse(side exchange.Side, p, q money.Price) bool {
	if side == exchange.Buy {
		return p > q
	}
	return p < q
}

const chunk = 256

// arena holds the open orders. An order keeps its address until it is released.
type arena struct {
	chunks []*[chunk]live
	free   []int32
}

func (a *arena) at(i int32) *live { return &a.chunks[i/chunk][i%chunk] }

// add copies an order in.
func (a *arena) add(o *exchange.Order, account exchange.AccountID) *live {
	if len(a.free) == 0 {
		first := int32(len(a.chunks) * chunk)
		a.chunks = append(a.chunks, new([chunk]live))
		for i := int32(chunk - 1); i >= 0; i-- {
			a.free = append(a.free, first+i)
		}
	}
	i := a.free[len(a.free)-1]
	a.free = a.free[:len(a.free)-1]
	l := a.at(i)
	gen := l.gen
	*l = live{Order: *o, account: account, self: i, gen: gen, place: nowhere, node: none, remaining: o.Qty, cash: o.Cash, prev: none, next: none}
	return l
}

// release gives the place back. The order stays readable until the next add.
func (a *arena) release(l *live) {
	l.done = true
	l.gen++
	a.free = append(a.free, l.self)
}

// table maps order ids to places: open addressing with linear probing, because ids of
// long-lived orders may lie far behind the newest.
type table struct {
	slots []slot // a power of two; ref none: empty
	used  int
}

type slot struct {
	id  exchange.OrderID
	ref int32
}

func (t *table) home(id exchange.OrderID) int {
	return int(uint64(id) * 0x9E3779B97F4A7C15 >> 20 & uint64(len(t.slots)-1))
}

func (t *table) get(id exchange.OrderID) int32 {
	if len(t.slots) == 0 {
		return none
	}
	for i := t.home(id); t.slots[i].ref != none; i = (i + 1) & (len(t.slots) - 1) {
		if t.slots[i].id == id {
			return t.slots[i].ref
		}
	}
	return none
}

func (t *table) put(id exchange.OrderID, ref int32) {
	if 2*t.used >= len(t.slots) {
		old := t.slots
		t.slots = make([]slot, max(64, 2*len(old)))
		for i := range t.slots {
			t.slots[i].ref = none
		}
		t.used = 0
		for _, s := range old {
			if s.ref != none {
				t.put(s.id, s.ref)
			}
		}
	}
	i := t.home(id)
	for t.slots[i].ref != none {
		i = (i + 1) & (len(t.slots) - 1)
	}
	t.slots[i] = slot{id, ref}
	t.used++
}

// del removes an id and closes the gap, so that no probe ends early.
func (t *table) del(id exchange.OrderID) {
	mask := len(t.slots) - 1
	i := t.home(id)
	for t.slots[i].id != id || t.slots[i].ref == none {
		i = (i + 1) & mask
	}
	for j := (i + 1) & mask; t.slots[j].ref != none; j = (j + 1) & mask {
		if home := t.home(t.slots[j].id); (j-home)&mask >= (j-i)&mask {
			t.slots[i] = t.slots[j]
			i = j
		}
	}
	t.slots[i].ref = none
	t.used--
}
