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

// level3Depths are the depths that single orders may be had in; level3Costs what a symbol
// of each costs of the connection's counter (Kraken WebSocket v2 docs, level3).
var (
	level3Depths = [...]int{10, 100, 1000}
	level3Costs  = [...]float64{5, 25, 100}
)

// queued is a resting order as the public sees it.
type queued struct {
	sim.Resting
	id string
	at exchange.Stamp // entered or changed
}

// queueRow is what a subscriber of single orders is told of one.
type queueRow struct {
	event string
	price money.Price
	queued
}

// queueFeed is a market's single orders as their subscribers know them.
type queueFeed struct {
	sides  [2]ladder
	queues [2]map[money.Price][]queued
	dirty  [2][]money.Price
	rows   [len(level3Depths)][2][]queueRow
	buffer []sim.Resting
}

// start takes the orders as they are.
func (f *queueFeed) start(c *core, m *market) {
	for s := range f.sides {
		side := exchange.Side(s)
		f.sides[s] = ladder{side: side}
		f.queues[s] = map[money.Price][]queued{}
		f.sides[s].load(c.venue.Depth(m.in.ID, side, math.MaxInt, nil))
		for _, lv := range f.sides[s].rows {
			f.queues[s][lv.Price] = f.read(c, m, side, lv.Price, nil)
		}
	}
}

// read is the queue at a price now; what was there before keeps its names and times.
func (f *queueFeed) read(c *core, m *market, side exchange.Side, p money.Price, before []queued) []queued {
	f.buffer = c.venue.Queue(m.in.ID, side, p, f.buffer[:0])
	out := make([]queued, len(f.buffer))
	for i, r := range f.buffer {
		out[i] = queued{Resting: r, at: c.now}
		k := slices.IndexFunc(before, func(b queued) bool { return b.Account == r.Account && b.Order == r.Order })
		if k < 0 {
			out[i].id = c.publicID(r)
			continue
		}
		if out[i].id = before[k].id; before[k].Qty == r.Qty {
			out[i].at = before[k].at
		}
	}
	return out
}

// publicID is the name of an order that everybody may see. The crowd's orders have names
// of the same form.
func (c *core) publicID(r sim.Resting) string {
	if a := c.client(r.Account); a != nil {
		if o := a.byID[r.Order]; o != nil {
			return o.txid
		}
	}
	crowd := idents{seed: mix(c.config.Seed ^ uint64(r.Account)<<56 ^ uint64(r.Order))}
	return crowd.next('O')
}

// queueChange is what a batch of events has done to a queue.
type queueChange struct {
	price    money.Price
	old, now []queued
}

// update finds what has changed, and what each depth that is wanted must be told.
func (f *queueFeed) update(c *core, m *market, wanted func(depth int) bool) (changed bool) {
	for s := range f.sides {
		l := &f.sides[s]
		var edges [len(level3Depths)]money.Price // the last price that is known; 0: all are
		for d, depth := range level3Depths {
			lv, _ := l.at(depth - 1)
			edges[d] = lv.Price
			f.rows[d][s] = nil
		}
		batch := f.refresh(c, m, exchange.Side(s))
		changed = changed || len(batch) > 0
		for d, depth := range level3Depths {
			if wanted(d) && len(batch) > 0 {
				f.rows[d][s] = f.tell(s, depth, edges[d], batch)
			}
		}
	}
	return changed
}

// refresh brings a side up to date and says what has changed.
func (f *queueFeed) refresh(c *core, m *market, side exchange.Side) (batch []queueChange) {
	for _, p := range f.dirty[side] {
		old := f.queues[side][p]
		now := f.read(c, m, side, p, old)
		if slices.Equal(old, now) {
			continue
		}
		batch = append(batch, queueChange{p, old, now})
		total := money.Qty(0)
		for i := range now {
			total += now[i].Qty
		}
		if f.queues[side][p] = now; total == 0 {
			delete(f.queues[side], p)
		}
		f.sides[side].set(p, total)
	}
	f.dirty[side] = f.dirty[side][:0]
	return batch
}

// tell is what a depth must be told of a side: changes of the levels that it knew, and
// all of those that have come into its range. What has left the range it forgets by itself.
func (f *queueFeed) tell(side, depth int, edge money.Price, batch []queueChange) (rows []queueRow) {
	l := &f.sides[side]
	for _, ch := range batch {
		if edge != 0 && ch.price != edge && !beyond(exchange.Side(side), ch.price, edge) {
			continue // not known
		}
		if i, there := l.find(ch.price); !there || len(l.rows)-1-i < depth {
			rows = append(rows, changes(ch.price, ch.old, ch.now)...)
		}
	}
	for rank := min(depth, len(l.rows)) - 1; edge != 0 && rank >= 0; rank-- {
		lv, _ := l.at(rank)
		if lv.Price == edge || beyond(exchange.Side(side), lv.Price, edge) {
			break
		}
		rows = append(rows, changes(lv.Price, nil, f.queues[side][lv.Price])...)
	}
	return rows
}

// changes leads from one queue to another: who has lost his place is deleted and added
// at the end.
func changes(p money.Price, old, now []queued) (rows []queueRow) {
	j := 0
	for _, o := range old {
		if j < len(now) && now[j].id == o.id {
			if now[j].Qty != o.Qty {
				rows = append(rows, queueRow{"modify", p, now[j]})
			}
			j++
			continue
		}
		o.Qty = 0
		rows = append(rows, queueRow{"delete", p, o})
	}
	for ; j < len(now); j++ {
		rows = append(rows, queueRow{"add", p, now[j]})
	}
	return rows
}

// checksum is that of the book, over each order of the ten best prices.
func (f *queueFeed) checksum() uint32 {
	var b []byte
	for _, side := range []exchange.Side{exchange.Sell, exchange.Buy} {
		for rank := range checksumLevels {
			lv, ok := f.sides[side].at(rank)
			if !ok {
				break
			}
			for _, o := range f.queues[side][lv.Price] {
				b = strconv.AppendInt(b, int64(lv.Price), 10)
				b = strconv.AppendInt(b, int64(o.Qty), 10)
			}
		}
	}
	return crc32.ChecksumIEEE(b)
}

// frame is a snapshot or an update.
func (f *queueFeed) frame(m *market, kind string, rows *[2][]queueRow, at exchange.Stamp) []byte {
	w := message("level3", kind, 160+160*(len(rows[0])+len(rows[1])))
	w.open('[')
	w.open('{')
	w.str("symbol", m.symbol)
	for side, name := range [...]string{"bids", "asks"} {
		w.key(name)
		w.open('[')
		for _, r := range rows[side] {
			w.next()
			w.open('{')
			if kind == "update" {
				w.str("event", r.event)
			}
			w.str("order_id", r.id)
			w.num("limit_price", int64(r.price), m.in.PriceDecimals)
			w.num("order_qty", int64(r.Qty), m.in.LotDecimals)
			w.at("timestamp", r.at, nanoseconds)
			w.shut('}')
		}
		w.shut(']')
	}
	w.int("checksum", int64(f.checksum()))
	w.at("timestamp", at, nanoseconds)
	w.b = append(w.b, "}]}"...)
	return w.b
}

// snapshot is the orders of a depth.
func (f *queueFeed) snapshot(c *core, m *market, depth int) []byte {
	var rows [2][]queueRow
	for s := range f.sides {
		for rank := range depth {
			lv, ok := f.sides[s].at(rank)
			if !ok {
				break
			}
			rows[s] = append(rows[s], changes(lv.Price, nil, f.queues[s][lv.Price])...)
		}
	}
	return f.frame(m, "snapshot", &rows, c.now)
}

// tellQueues tells what has changed of a market's single orders.
func (c *core) tellQueues(m *market) {
	s := &m.stream
	f := s.queues
	if f == nil || !f.update(c, m, func(d int) bool { return len(s.level3[d]) > 0 }) {
		return
	}
	for d := range s.level3 {
		if rows := &f.rows[d]; len(rows[0])+len(rows[1]) > 0 {
			c.publish(s.level3[d], f.frame(m, "update", rows, c.now))
		}
	}
}

// subscribeLevel3 checks what a subscription to single orders needs: a token, the right,
// room on the connection and not too much haste.
func (c *core) subscribeLevel3(k *socket, q *inquiry, symbols int, depth int) (problem string) {
	t, problem := c.speaker(k, q)
	if problem != "" {
		return problem
	}
	if !t.key.may(queryOpenTrades) {
		return string(errPermission)
	}
	have := 0
	for _, s := range k.subs {
		if s.channel == "level3" {
			have++
		}
	}
	cost := level3Costs[depth] * float64(symbols)
	switch {
	case t.key.account.Unlimited:
		return ""
	case have+symbols > level3Symbols, k.level3.level(c.wall, level3PerSecond)+cost > level3PerSecond:
		return string(errRateLimit)
	}
	k.level3.value += cost
	return ""
}
