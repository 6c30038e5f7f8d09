package sim

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// ladder is where an order lies in a book. Each is sorted so that what meets the market
// first is last in its slice, where it is taken off for nothing.
type ladder uint8

// The ladders of a book: two of limits, four of triggers by what has to happen.
const (
	bids     ladder = iota // buy limits: the highest first
	asks                   // sell limits: the lowest first
	stopDown               // sell stops: triggered when the price falls to them
	stopUp                 // buy stops: when it rises to them
	takeDown               // buy take-profits: when it falls to them
	takeUp                 // sell take-profits: when it rises to them
	ladders
	nowhere
	waiting  // for the next opening or trade
	trailing // triggers that follow the market
)

// rising reports whether a ladder's orders are met when the price rises: the lowest first.
func (l ladder) rising() bool { return l&1 == 1 }

// key orders a ladder: the largest key is met first.
func (l ladder) key(p money.Price) int64 {
	if l.rising() {
		return -int64(p)
	}
	return int64(p)
}

// none is the end of a list and the place of no node.
const none = int32(-1)

// node is an order in a ladder.
type node struct {
	price   money.Price
	shown   money.Qty // what can be met now
	hidden  money.Qty // the rest of an iceberg
	display money.Qty // how much of it is shown at a time
	account exchange.AccountID
	ref     int32 // the order in the venue's arena
	prev    int32
	next    int32
	level   int32
	in      ladder
}

// level is the queue at one price, first come first.
type level struct{ head, tail int32 }

// rung is a level's place in its ladder.
type rung struct {
	key   int64
	level int32
}

// book holds orders by price and time. It allocates only while it grows.
type book struct {
	rungs      [ladders][]rung
	levels     []level
	nodes      []node
	freeLevels []int32
	freeNodes  []int32
}

// find is the place of key among rungs, or where it belongs.
func find(rungs []rung, key int64) (at int, ok bool) {
	lo, hi := 0, len(rungs)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if rungs[mid].key < key {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(rungs) && rungs[lo].key == key
}

// add puts an order at the back of its price's queue. The caller fills in the node's
// price, shown, hidden, display, account and ref.
func (b *book) add(l ladder, n node) int32 {
	key := l.key(n.price)
	rungs := b.rungs[l]
	at, ok := find(rungs, key)
	if !ok {
		rungs = append(rungs, rung{})
		copy(rungs[at+1:], rungs[at:])
		rungs[at] = rung{key, b.newLevel()}
		b.rungs[l] = rungs
	}
	var i int32
	if k := len(b.freeNodes); k > 0 {
		i = b.freeNodes[k-1]
		b.freeNodes = b.freeNodes[:k-1]
	} else {
		b.nodes = append(b.nodes, node{})
		i = int32(len(b.nodes) - 1)
	}
	n.in, n.level = l, rungs[at].level
	b.nodes[i] = n
	b.pushBack(i)
	return i
}

func (b *book) newLevel() int32 {
	if k := len(b.freeLevels); k > 0 {
		i := b.freeLevels[k-1]
		b.freeLevels = b.freeLevels[:k-1]
		b.levels[i] = level{none, none}
		return i
	}
	b.levels = append(b.levels, level{none, none})
	return int32(len(b.levels) - 1)
}

// pushBack links a node at the end of its level's queue.
func (b *book) pushBack(i int32) {
	n := &b.nodes[i]
	lv := &b.levels[n.level]
	n.prev, n.next = lv.tail, none
	if lv.tail == none {
		lv.head = i
	} else {
		b.nodes[lv.tail].next = i
	}
	lv.tail = i
}

func (b *book) unlink(i int32) {
	n := &b.nodes[i]
	lv := &b.levels[n.level]
	if n.prev == none {
		lv.head = n.next
	} else {
		b.nodes[n.prev].next = n.next
	}
	if n.next == none {
		lv.tail = n.prev
	} else {
		b.nodes[n.next].prev = n.prev
	}
}

// remove takes a node out.
func (b *book) remove(i int32) {
	b.unlink(i)
	n := &b.nodes[i]
	if b.levels[n.level].head == none {
		rungs := b.rungs[n.in]
		at := len(rungs) - 1
		if rungs[at].level != n.level {
			at, _ = find(rungs, n.in.key(n.price))
			copy(rungs[at:], rungs[at+1:])
		}
		b.rungs[n.in] = rungs[:len(rungs)-1]
		b.freeLevels = append(b.freeLevels, n.level)
	}
	b.freeNodes = append(b.freeNodes, i)
}

// best is the node of a ladder that is met first, or none.
func (b *book) best(l ladder) int32 {
	rungs := b.rungs[l]
	if len(rungs) == 0 {
		return none
	}
	return b.levels[rungs[len(rungs)-1].level].head
}

// bestPrice is the price that is met first.
func (b *book) bestPrice(l ladder) (p money.Price, ok bool) {
	rungs := b.rungs[l]
	if len(rungs) == 0 {
		return 0, false
	}
	p = money.Price(rungs[len(rungs)-1].key)
	if l.rising() {
		p = -p
	}
	return p, true
}

// reached reports whether the market at p meets the ladder's first price: at it, or when
// through is set, beyond it.
func (b *book) reached(l ladder, p money.Price, through bool) bool {
	rungs := b.rungs[l]
	if len(rungs) == 0 {
		return false
	}
	if through {
		return rungs[len(rungs)-1].key > l.key(p)
	}
	return rungs[len(rungs)-1].key >= l.key(p)
}

// take reduces a node by q, at most what it shows. An iceberg shows its next part at the
// back of the queue; a node with nothing left is removed. gone reports the latter.
func (b *book) take(i int32, q money.Qty) (gone bool) {
	n := &b.nodes[i]
	n.shown -= q
	if n.shown > 0 {
		return false
	}
	if n.hidden == 0 {
		b.remove(i)
		return true
	}
	n.shown = min(n.display, n.hidden)
	n.hidden -= n.shown
	b.unlink(i)
	b.pushBack(i)
	return false
}

// takeWhole reduces a node by q of all it has, shown or not: a market that goes through
// a price meets the hidden part too.
func (b *book) takeWhole(i int32, q money.Qty) (gone bool) {
	n := &b.nodes[i]
	if q <= n.shown {
		return b.take(i, q)
	}
	n.hidden -= q - n.shown
	return b.take(i, n.shown)
}
