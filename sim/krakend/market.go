package krakend

import (
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/sim"
)

// market is a pair as the public sees it: its names, its tape, its candles.
type market struct {
	in                          *exchange.Instrument
	row                         pairRow
	id                          string // XXBTZCAD
	altname                     string // XBTCAD
	wsname                      string // XBT/CAD
	symbol                      string // BTC/CAD
	costDecimals                uint8
	baseDecimals, quoteDecimals uint8 // of the ledger
	status                      exchange.Status
	tape                        []trade
	tradeID                     int64
	candles                     [len(intervals)]candles
	spreads                     []spread
	touched                     [2]map[money.Price]exchange.Stamp // when a level changed last, by side
	moved                       bool                              // since the top of the book was looked at
	stream                      stream
	untold                      int64  // the last trade that streams were told of
	crowd                       *crowd // nil: nobody but the clients
}

// trade is a public trade.
type trade struct {
	at     exchange.Stamp // unique within the pair: it is the page mark of Trades
	price  money.Price
	qty    money.Qty
	side   exchange.Side // of the taker
	market bool          // the taker's order had no limit
	id     int64
}

// spread is the top of the book from an instant on.
type spread struct {
	at       exchange.Stamp
	bid, ask money.Price
}

// What is kept of a pair.
const (
	keptPrints  = 50_000 // 50 pages of Trades
	keptSpreads = 200    // what Spread gives
	keptLevels  = 4096   // times of changes, beside those of levels that are there
)

// last is the price of the latest trade, 0 before the first.
func (m *market) last() money.Price {
	if n := len(m.tape); n > 0 {
		return m.tape[n-1].price
	}
	if rows := m.candles[0].rows; len(rows) > 0 {
		return rows[len(rows)-1].close
	}
	for i := range m.candles {
		if rows := m.candles[i].rows; len(rows) > 0 {
			return rows[len(rows)-1].close
		}
	}
	return 0
}

// print adds a trade to the tape and the candles.
func (m *market) print(t exchange.Stamp, p money.Price, q money.Qty, side exchange.Side, atMarket bool) int64 {
	if n := len(m.tape); n > 0 {
		t = max(t, m.tape[n-1].at+1)
	}
	if len(m.tape) >= 2*keptPrints {
		m.tape = append(m.tape[:0], m.tape[len(m.tape)-keptPrints:]...)
	}
	m.tradeID++
	m.tape = append(m.tape, trade{t, p, q, side, atMarket, m.tradeID})
	cost := times(p, q)
	for i := range m.candles {
		m.candles[i].add(t, p, p, p, p, q, cost, 1)
	}
	return m.tradeID
}

// history counts a bar that was traded before the server began.
func (m *market) history(t exchange.Stamp, size time.Duration, open, high, low, last money.Price, q money.Qty, count int64) {
	cost := times((high+low+last)/3, q) // its average is not told
	for i := range m.candles {
		if c := &m.candles[i]; c.size >= size {
			c.add(t, open, high, low, last, q, cost, count)
		}
	}
}

// touch notes that a level has changed.
func (m *market) touch(side exchange.Side, p money.Price, at exchange.Stamp) {
	if p == 0 {
		return
	}
	if m.touched[side] == nil {
		m.touched[side] = map[money.Price]exchange.Stamp{}
	}
	m.touched[side][p] = at
	m.stream.note(side, p)
}

// quoted notes the top of the book where it has changed, and forgets the times of levels
// that are gone.
func (c *core) quoted(m *market) {
	bid, ask := c.venue.Top(m.in.ID)
	if n := len(m.spreads); n == 0 || m.spreads[n-1].bid != bid || m.spreads[n-1].ask != ask {
		if n >= 2*keptSpreads {
			m.spreads = append(m.spreads[:0], m.spreads[n-keptSpreads:]...)
		}
		m.spreads = append(m.spreads, spread{c.now, bid, ask})
	}
	for side := range m.touched {
		if len(m.touched[side]) < keptLevels {
			continue
		}
		kept := map[money.Price]exchange.Stamp{}
		for _, lv := range c.venue.Depth(m.in.ID, exchange.Side(side), keptLevels/2, nil) {
			kept[lv.Price] = m.touched[side][lv.Price]
		}
		m.touched[side] = kept
	}
}

// depth is one side of the book, the best first.
func (c *core) depth(m *market, side exchange.Side, n int) []sim.Level {
	return c.venue.Depth(m.in.ID, side, n, nil)
}

// price is p as private answers and OHLC write it: with the pair's decimals.
func (m *market) price(p money.Price) string { return money.Format(int64(p), m.in.PriceDecimals) }

// wide is p as Ticker, Depth and Trades write it: with the decimals of a cost.
func (m *market) wide(p money.Price) string {
	return shown(int64(p), m.in.PriceDecimals, m.costDecimals)
}

// perUnit is what a quantity cost on average, at the decimals of a cost.
func (m *market) perUnit(cost int64, q money.Qty) int64 {
	if q == 0 {
		return 0
	}
	v, _ := money.MulDiv(cost, money.Pow10[m.in.LotDecimals], int64(q), money.Half)
	return v
}

// qty is q with the lot's decimals.
func (m *market) qty(q money.Qty) string { return money.Format(int64(q), m.in.LotDecimals) }
