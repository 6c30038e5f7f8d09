package krakend

import (
	"math/bits"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// intervals are the candle sizes of Kraken's OHLC in minutes.
var intervals = [...]int64{1, 5, 15, 30, 60, 240, 1440, 10080, 21600}

// candleRows is how many rows OHLC gives at most: 720 committed ones and the current.
const candleRows = 721

// keptCandles bounds what is kept of an interval. A day of minutes fits, for the ticker.
const keptCandles = 3000

// candle is the trading of an interval.
type candle struct {
	open                    exchange.Stamp
	first, high, low, close money.Price
	volume                  money.Qty
	paid                    paid
	count                   int64
}

// candles are an interval's candles that had trades, the oldest first.
type candles struct {
	size time.Duration
	rows []candle
}

func (c *candles) at(t exchange.Stamp) *candle {
	open := t - t%exchange.Stamp(c.size)
	if n := len(c.rows); n > 0 && c.rows[n-1].open >= open {
		return &c.rows[n-1]
	}
	if len(c.rows) >= 2*keptCandles {
		c.rows = append(c.rows[:0], c.rows[len(c.rows)-keptCandles:]...)
	}
	c.rows = append(c.rows, candle{open: open})
	return &c.rows[len(c.rows)-1]
}

// add counts what was traded between two prices.
func (c *candles) add(t exchange.Stamp, first, high, low, last money.Price, q money.Qty, cost paid, count int64) {
	r := c.at(t)
	if r.count == 0 && r.volume == 0 && r.first == 0 {
		r.first, r.high, r.low = first, high, low
	}
	r.high, r.low, r.close = max(r.high, high), min(r.low, low), last
	r.volume += q
	r.paid.add(cost)
	r.count += count
}

// since lists rows as OHLC gives them at now: at most 721, intervals without a trade
// filled with the close before, the current one last.
func (c *candles) since(since, now exchange.Stamp) []candle {
	if len(c.rows) == 0 {
		return nil
	}
	size := exchange.Stamp(c.size)
	current := now - now%size
	from := max(current-(candleRows-1)*size, c.rows[0].open)
	at := 0
	for at+1 < len(c.rows) && c.rows[at+1].open <= from {
		at++
	}
	var out []candle
	for t := from; t <= current; t += size {
		for at+1 < len(c.rows) && c.rows[at+1].open <= t {
			at++
		}
		r := c.rows[at]
		if r.open != t {
			r = candle{open: t, first: r.close, high: r.close, low: r.close, close: r.close}
		}
		if t > since || t == current {
			out = append(out, r)
		}
	}
	return out
}

// span sums the candles that opened at or after from.
func (c *candles) span(from exchange.Stamp) (sum candle) {
	for i := len(c.rows) - 1; i >= 0 && c.rows[i].open >= from; i-- {
		r := c.rows[i]
		if sum.low == 0 {
			sum.close, sum.high, sum.low = r.close, r.high, r.low
		}
		sum.first, sum.high, sum.low = r.first, max(sum.high, r.high), min(sum.low, r.low)
		sum.volume += r.volume
		sum.paid.add(r.paid)
		sum.count += r.count
	}
	return sum
}

// paid is a sum of prices times quantities, in 128 bits.
type paid struct{ high, low uint64 }

// times is a price times a quantity.
func times(p money.Price, q money.Qty) (v paid) {
	v.high, v.low = bits.Mul64(uint64(p), uint64(q))
	return v
}

func (v *paid) add(w paid) {
	var carry uint64
	v.low, carry = bits.Add64(v.low, w.low, 0)
	v.high, _ = bits.Add64(v.high, w.high, carry)
}

// average is the volume-weighted price with the given decimals, digits beyond them cut off
// as Kraken does; 0 without a trade.
func (m *market) average(r *candle, decimals uint8) string {
	volume := uint64(r.volume)
	if volume == 0 || r.paid.high >= volume {
		return money.Format(0, decimals)
	}
	whole, rest := bits.Div64(r.paid.high, r.paid.low, volume)
	high, low := bits.Mul64(rest, uint64(money.Pow10[decimals-m.in.PriceDecimals]))
	fraction, _ := bits.Div64(high, low, volume)
	return money.Format(int64(whole)*money.Pow10[decimals-m.in.PriceDecimals]+int64(fraction), decimals)
}
