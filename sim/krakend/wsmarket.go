package krakend

import (
	"math"
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// The ticker's triggers.
const (
	onTrades = iota
	onQuotes
	tickerTriggers
)

// tradeSnapshot is how many trades the trade channel begins with.
const tradeSnapshot = 50

// stream is a pair's public channels: who listens, and what they have been told.
type stream struct {
	book   [len(bookDepths)]listeners
	ticker [tickerTriggers]listeners
	ohlc   [len(intervals)]listeners
	level3 [len(level3Depths)]listeners
	trade  listeners

	feed     bookFeed
	watching bool       // feed follows the book
	queues   *queueFeed // nil: nobody wants single orders
	lost     bool       // something has changed at a price that nobody told
	top      [2]struct {
		price money.Price
		qty   money.Qty
	}
}

// watched reports whether anybody needs the book.
func (s *stream) watched() bool {
	if len(s.ticker[onQuotes]) > 0 {
		return true
	}
	for i := range s.book {
		if len(s.book[i]) > 0 {
			return true
		}
	}
	return false
}

// join makes a stream ready for a new listener.
func (s *stream) join(c *core, m *market, channel string, variant int) {
	if (channel == "book" || channel == "ticker" && variant == onQuotes) && !s.watching {
		s.feed.start(c, m)
		s.watching = true
		s.quoted(m)
	}
	if channel == "level3" && s.queues == nil {
		s.queues = &queueFeed{}
		s.queues.start(c, m)
	}
}

// rest lets go of what nobody needs any more.
func (s *stream) rest(m *market) {
	if s.watching && !s.watched() {
		s.watching = false
		s.feed = bookFeed{}
	}
	for i := range s.level3 {
		if len(s.level3[i]) > 0 {
			return
		}
	}
	s.queues = nil
}

// note remembers that a level has changed.
func (s *stream) note(side exchange.Side, p money.Price) {
	if s.watching {
		s.feed.dirty[side] = append(s.feed.dirty[side], p)
	}
	if s.queues != nil {
		s.queues.dirty[side] = append(s.queues.dirty[side], p)
	}
}

// suspect has every level looked at again.
func (s *stream) suspect(c *core, m *market) {
	for _, side := range []exchange.Side{exchange.Buy, exchange.Sell} {
		known := s.feed.sides[side].rows
		if !s.watching && s.queues != nil {
			known = s.queues.sides[side].rows
		}
		for _, lv := range slices.Concat(known, c.venue.Depth(m.in.ID, side, math.MaxInt, nil)) {
			s.note(side, lv.Price)
		}
	}
}

// quoted takes the top of the book and reports whether it has changed.
func (s *stream) quoted(m *market) bool {
	changed := false
	for side := range s.top {
		lv, _ := s.feed.sides[side].at(0)
		t := &s.top[side]
		changed = changed || t.price != lv.Price || t.qty != lv.Qty
		t.price, t.qty = lv.Price, lv.Qty
	}
	return changed
}

// snapshot is the first frame of a subscription to a market's channel.
func (c *core) snapshot(s *subscription) []byte {
	m := s.market
	switch s.channel {
	case "book":
		c.tellBook(m) // what has changed until now goes to those who were there before
		return m.stream.feed.snapshot(c, m, bookDepths[s.variant])
	case "level3":
		c.tellBook(m)
		return m.stream.queues.snapshot(c, m, level3Depths[s.variant])
	case "ticker":
		return c.tickerFrame(m, "snapshot")
	case "ohlc":
		rows := m.candles[s.variant].since(0, c.now)
		return c.ohlcFrame(m, s.variant, "snapshot", rows[max(0, len(rows)-defaultHistory):])
	}
	return m.tradeFrame("snapshot", m.tape[max(0, len(m.tape)-tradeSnapshot):])
}

// tellTrades tells what was printed since from, the id of the last trade before.
func (c *core) tellTrades(m *market, from int64) {
	n := int(m.tradeID - from)
	if n <= 0 {
		return
	}
	s := &m.stream
	if len(s.trade) > 0 {
		c.publish(s.trade, m.tradeFrame("update", m.tape[len(m.tape)-n:]))
	}
	for i := range s.ohlc {
		if len(s.ohlc[i]) > 0 {
			rows := m.candles[i].rows
			c.publish(s.ohlc[i], c.ohlcFrame(m, i, "update", rows[len(rows)-1:]))
		}
	}
	if len(s.ticker[onTrades]) > 0 {
		c.publish(s.ticker[onTrades], c.tickerFrame(m, "update"))
	}
}

// tellBook tells what has changed of the book.
func (c *core) tellBook(m *market) {
	s := &m.stream
	if s.lost {
		s.lost = false
		s.suspect(c, m)
	}
	c.tellQueues(m)
	if !s.watching || len(s.feed.dirty[0])+len(s.feed.dirty[1]) == 0 {
		return
	}
	if !s.feed.update(c, m, func(d int) bool { return len(s.book[d]) > 0 }) {
		return
	}
	sum := checksum(&s.feed.sides)
	for d := range s.book {
		if rows := &s.feed.rows[d]; len(rows[0])+len(rows[1]) > 0 {
			c.publish(s.book[d], bookFrame(m, "update", rows[exchange.Buy], rows[exchange.Sell], sum, c.now))
		}
	}
	if s.quoted(m) && len(s.ticker[onQuotes]) > 0 {
		c.publish(s.ticker[onQuotes], c.tickerFrame(m, "update"))
	}
}

// tellBooks is tellBook for all markets.
func (c *core) tellBooks() {
	for i := range c.markets {
		if s := &c.markets[i].stream; s.watching || s.queues != nil {
			c.tellBook(&c.markets[i])
		}
	}
}

// tradeFrame is a frame of public trades.
func (m *market) tradeFrame(kind string, trades []trade) []byte {
	w := message("trade", kind, 160*len(trades))
	w.open('[')
	for i := range trades {
		t := &trades[i]
		w.next()
		w.open('{')
		w.str("symbol", m.symbol)
		w.str("side", t.side.String())
		w.num("price", int64(t.price), m.in.PriceDecimals)
		w.num("qty", int64(t.qty), m.in.LotDecimals)
		w.str("ord_type", t.kind())
		w.int("trade_id", t.id)
		w.at("timestamp", t.at, microseconds)
		w.shut('}')
	}
	w.b = append(w.b, "]}"...)
	return w.b
}

// kind is the taker's type, as the public sees it.
func (t *trade) kind() string {
	if t.market {
		return "market"
	}
	return "limit"
}

// tickerFrame is the ticker now: its figures are those of the last 24 hours.
func (c *core) tickerFrame(m *market, kind string) []byte {
	day := m.candles[0].span(c.now - exchange.Stamp(24*time.Hour))
	w := message("ticker", kind, 320)
	w.open('[')
	w.open('{')
	w.str("symbol", m.symbol)
	for side, names := range [...][2]string{{"bid", "bid_qty"}, {"ask", "ask_qty"}} {
		var p money.Price
		var q money.Qty
		if levels := c.depth(m, exchange.Side(side), 1); len(levels) > 0 {
			p, q = levels[0].Price, levels[0].Qty
		}
		w.num(names[0], int64(p), m.in.PriceDecimals)
		w.num(names[1], int64(q), m.in.LotDecimals)
	}
	last := m.last()
	w.num("last", int64(last), m.in.PriceDecimals)
	w.num("volume", int64(day.volume), m.in.LotDecimals)
	w.raw("vwap", m.average(&day, m.in.PriceDecimals))
	w.num("low", int64(day.low), m.in.PriceDecimals)
	w.num("high", int64(day.high), m.in.PriceDecimals)
	change, percent := money.Price(0), int64(0)
	if day.first != 0 {
		change = last - day.first
		percent, _ = money.MulDiv(int64(change), 10_000, int64(day.first), money.Half)
	}
	w.num("change", int64(change), m.in.PriceDecimals)
	w.num("change_pct", percent, 2)
	w.at("timestamp", c.now, microseconds)
	w.b = append(w.b, "}]}"...)
	return w.b
}

// ohlcFrame is a frame of candles.
func (c *core) ohlcFrame(m *market, interval int, kind string, rows []candle) []byte {
	w := &text{make([]byte, 0, 96+280*len(rows))}
	w.open('{')
	w.str("channel", "ohlc")
	w.str("type", kind)
	w.at("timestamp", c.now, nanoseconds)
	w.key("data")
	w.open('[')
	for i := range rows {
		r := &rows[i]
		w.next()
		w.open('{')
		w.str("symbol", m.symbol)
		for _, v := range []struct {
			name  string
			price money.Price
		}{{"open", r.first}, {"high", r.high}, {"low", r.low}, {"close", r.close}} {
			w.num(v.name, int64(v.price), m.in.PriceDecimals)
		}
		w.int("trades", r.count)
		w.num("volume", int64(r.volume), m.in.LotDecimals)
		w.raw("vwap", m.average(r, m.in.PriceDecimals))
		w.at("interval_begin", r.open, nanoseconds)
		w.int("interval", intervals[interval])
		w.at("timestamp", r.open.Add(m.candles[interval].size), microseconds) // deprecated: the interval's end
		w.shut('}')
	}
	w.b = append(w.b, "]}"...)
	return w.b
}

// instrumentFrame is all assets and pairs; an update has the pairs only, whose states
// have changed.
func (c *core) instrumentFrame(kind string) []byte {
	w := message("instrument", kind, 96*len(c.catalog.Assets)+400*len(c.markets))
	w.open('{')
	w.key("assets")
	w.open('[')
	for i := range c.catalog.Assets {
		if kind == "update" {
			break
		}
		a := &c.catalog.Assets[i]
		display := int64(5)
		if exchange.IsFiat(a.Name) {
			display = 2
		}
		w.next()
		w.open('{')
		w.str("id", streamName(a.Name))
		w.str("status", "enabled")
		w.int("precision", int64(a.Decimals))
		w.int("precision_display", display)
		w.bool("borrowable", false)
		w.raw("collateral_value", "0.0")
		w.raw("margin_rate", "0.0")
		w.shut('}')
	}
	w.shut(']')
	w.key("pairs")
	w.open('[')
	for i := range c.markets {
		c.pairRow(w, &c.markets[i])
	}
	w.b = append(w.b, "]}}"...)
	return w.b
}

// pairRow is a pair as the instrument channel has it.
func (c *core) pairRow(w *text, m *market) {
	in := m.in
	w.next()
	w.open('{')
	w.str("symbol", m.symbol)
	w.str("base", streamName(c.catalog.Assets[in.Base].Name))
	w.str("quote", streamName(c.catalog.Assets[in.Quote].Name))
	w.str("status", m.status.String())
	w.int("qty_precision", int64(in.LotDecimals))
	w.num("qty_increment", 1, in.LotDecimals)
	w.int("price_precision", int64(in.PriceDecimals))
	w.int("cost_precision", int64(m.costDecimals))
	w.bool("marginable", false)
	w.bool("has_index", false)
	w.raw("cost_min", money.Trim(int64(in.CostMin), m.quoteDecimals))
	w.num("tick_size", int64(in.Tick), in.PriceDecimals)
	w.num("price_increment", int64(in.Tick), in.PriceDecimals)
	w.num("qty_min", int64(in.OrderMin), in.LotDecimals)
	w.shut('}')
}
