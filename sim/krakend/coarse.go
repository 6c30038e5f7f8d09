package krakend

import (
	"breakwater/data"
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// fineDecimals is the least scale that a feed is read in: old files have more digits than
// the pair has today.
const fineDecimals = 8

// fine is an instrument whose scales hold the digits of any feed.
func fine(in *exchange.Instrument) *exchange.Instrument {
	f := *in
	f.PriceDecimals, f.LotDecimals = max(f.PriceDecimals, fineDecimals), max(f.LotDecimals, fineDecimals)
	return &f
}

// coarse turns a feed in the scales of fine(in) into one in the scales of in: the crowd
// quotes around its prices, it trades none of them.
type coarse struct {
	bars   data.BarSource
	trades data.TradeSource
	in     *exchange.Instrument
	from   *exchange.Instrument
}

func (c *coarse) price(p money.Price) money.Price {
	v, ok := money.Rescale(int64(p), c.from.PriceDecimals, c.in.PriceDecimals, money.Half)
	if !ok {
		return p
	}
	return max(money.Price(v), c.in.Tick)
}

func (c *coarse) qty(q money.Qty) money.Qty {
	return money.Qty(rescaled(int64(q), c.from.LotDecimals, c.in.LotDecimals))
}

// NextBar is data.BarSource.
func (c *coarse) NextBar(b *data.Bar) error {
	if err := c.bars.NextBar(b); err != nil {
		return err
	}
	b.Open, b.High, b.Low, b.Close, b.Volume = c.price(b.Open), c.price(b.High), c.price(b.Low), c.price(b.Close), c.qty(b.Volume)
	return nil
}

// NextTrade is data.TradeSource.
func (c *coarse) NextTrade(t *data.Trade) error {
	if err := c.trades.NextTrade(t); err != nil {
		return err
	}
	t.Price, t.Qty = c.price(t.Price), c.qty(t.Qty)
	return nil
}

// coarsened is a series of fine(in) as one of in.
func coarsened(s data.Series, in, from *exchange.Instrument) data.Series {
	c := &coarse{s.Bars, s.Trades, in, from}
	if s.Bars != nil {
		s.Bars = c
	} else {
		s.Trades = c
	}
	return s
}
