package krakend

import (
	"hash/crc32"
	"math"
	"slices"
	"strconv"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/sim"
)

// bookDepths are the depths that a book may be had in.
var bookDepths = [...]int{10, 25, 100, 500, 1000}

// checksumLevels is how many levels of a side the checksum covers, whatever the depth.
const checksumLevels = 10

// ladder is one side of a book as it was told, the best level last: there most changes are.
type ladder struct {
	side exchange.Side
	rows []sim.Level
}

// find is the place of a price among the rows, or where it belongs.
func (l *ladder) find(p money.Price) (int, bool) {
	return slices.BinarySearchFunc(l.rows, p, func(lv sim.Level, p money.Price) int {
		switch {
		case lv.Price == p:
			return 0
		case (lv.Price > p) == (l.side == exchange.Sell):
			return -1
		}
		return 1
	})
}

// set changes a level; q 0 takes it away. rank counts from 0, the best.
func (l *ladder) set(p money.Price, q money.Qty) (rank int, changed bool) {
	i, ok := l.find(p)
	switch {
	case ok && q == 0:
		rank = len(l.rows) - 1 - i
		l.rows = slices.Delete(l.rows, i, i+1)
	case ok && l.rows[i].Qty == q, !ok && q == 0:
		return 0, false
	case ok:
		l.rows[i].Qty = q
		rank = len(l.rows) - 1 - i
	default:
		l.rows = slices.Insert(l.rows, i, sim.Level{Price: p, Qty: q})
		rank = len(l.rows) - 1 - i
	}
	return rank, true
}

// at is the level of a rank.
func (l *ladder) at(rank int) (sim.Level, bool) {
	if rank >= len(l.rows) {
		return sim.Level{}, false
	}
	return l.rows[len(l.rows)-1-rank], true
}

// cut forgets the levels beyond n.
func (l *ladder) cut(n int) {
	if len(l.rows) > n {
		l.rows = slices.Delete(l.rows, 0, len(l.rows)-n)
	}
}

// load takes a side of the venue's book.
func (l *ladder) load(levels []sim.Level) {
	l.rows = append(l.rows[:0], levels...)
	slices.Reverse(l.rows)
}

// checksum is Kraken's of a book: the CRC-32 over the digits of the ten best asks and the
// ten best bids, price before size, without point and leading zeros (Kraken WebSocket v2
// docs, book checksum). A scaled integer is those digits.
func checksum(sides *[2]ladder) uint32 {
	var room [64 * checksumLevels]byte
	b := room[:0]
	for _, side := range []exchange.Side{exchange.Sell, exchange.Buy} {
		for rank := range checksumLevels {
			lv, ok := sides[side].at(rank)
			if !ok {
				break
			}
			b = strconv.AppendInt(b, int64(lv.Price), 10)
			b = strconv.AppendInt(b, int64(lv.Qty), 10)
		}
	}
	return crc32.ChecksumIEEE(b)
}

// bookRows are the changed levels of a depth, by side, in the order of the changes.
type bookRows [2][]sim.Level

// bookFeed is a market's book as its subscribers know it.
type bookFeed struct {
	sides [2]ladder
	dirty [2][]money.Price          // touched since the last update, by side
	rows  [len(bookDepths)]bookRows // of the update that is being made
}

// start takes the book as it is.
func (f *bookFeed) start(c *core, m *market) {
	for side := range f.sides {
		f.sides[side].side = exchange.Side(side)
		f.sides[side].load(c.venue.Depth(m.in.ID, exchange.Side(side), math.MaxInt, nil))
		f.dirty[side] = f.dirty[side][:0]
	}
}

// update finds what has changed and what each depth that is wanted must be told. It
// reports whether anything has.
func (f *bookFeed) update(c *core, m *market, wanted func(depth int) bool) bool {
	for d := range f.rows {
		f.rows[d][0], f.rows[d][1] = f.rows[d][0][:0], f.rows[d][1][:0]
	}
	changed := false
	for s := range f.sides {
		side := exchange.Side(s)
		for _, p := range f.dirty[s] {
			q := c.venue.At(m.in.ID, side, p)
			rank, is := f.sides[s].set(p, q)
			if !is {
				continue
			}
			changed = true
			for d, depth := range bookDepths {
				if rank >= depth || !wanted(d) {
					continue
				}
				f.rows[d][s] = append(f.rows[d][s], sim.Level{Price: p, Qty: q})
				if q != 0 {
					continue
				}
				if lv, ok := f.sides[s].at(depth - 1); ok { // what comes into range is told anew
					f.rows[d][s] = append(f.rows[d][s], lv)
				}
			}
		}
		f.dirty[s] = f.dirty[s][:0]
	}
	return changed
}

// levels writes a side of a frame.
func (w *text) levels(name string, m *market, rows []sim.Level) {
	w.key(name)
	w.open('[')
	for _, lv := range rows {
		w.next()
		w.open('{')
		w.num("price", int64(lv.Price), m.in.PriceDecimals)
		w.num("qty", int64(lv.Qty), m.in.LotDecimals)
		w.shut('}')
	}
	w.shut(']')
}

// bookFrame is a snapshot or an update.
func bookFrame(m *market, kind string, bids, asks []sim.Level, sum uint32, at exchange.Stamp) []byte {
	w := message("book", kind, 160+48*(len(bids)+len(asks)))
	w.open('[')
	w.open('{')
	w.str("symbol", m.symbol)
	w.levels("bids", m, bids)
	w.levels("asks", m, asks)
	w.int("checksum", int64(sum))
	w.at("timestamp", at, microseconds)
	w.b = append(w.b, "}]}"...)
	return w.b
}

// snapshot is the book of a depth.
func (f *bookFeed) snapshot(c *core, m *market, depth int) []byte {
	side := func(s exchange.Side) (rows []sim.Level) {
		for rank := 0; rank < depth; rank++ {
			lv, ok := f.sides[s].at(rank)
			if !ok {
				break
			}
			rows = append(rows, lv)
		}
		return rows
	}
	return bookFrame(m, "snapshot", side(exchange.Buy), side(exchange.Sell), checksum(&f.sides), c.now)
}
