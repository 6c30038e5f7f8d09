package reports

import (
	"math"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// RoundTrip is a position of one slot in one instrument from flat to flat: it opens with
// a buy while nothing is held and closes with the sell that leaves less than one lot.
// Buys and partial sells between accumulate, so its profit is what was received less what
// was paid, to the last digit, whichever lots one says were sold first. One that the run
// leaves open is marked at the last price.
type RoundTrip struct {
	Opened, Closed exchange.Stamp // Closed is the last mark where Open
	Entry, Exit    money.Price    // averages by quantity, rounded to the price's last decimal
	Worst, Best    money.Price    // extremes of the market while it was held
	Qty            money.Qty      // bought in all
	Cost           money.Amount   // paid for it, without fees
	Fees           money.Amount   // in the quote asset; fees paid in coins at their fill's price
	PnL            money.Amount   // quote asset, net of fees
	Net            money.Amount   // PnL in the account's currency at the closing rate
	Bars           int32          // bars of the instrument during which it was held
	Fills          int32
	Instrument     exchange.InstrumentID
	Slot           int16
	ExitType       exchange.OrderType // of the last sell
	ExitFor        exchange.Purpose
	ExitAtOnce     bool // it was to fill at once or not at all, as market orders under a collar
	Open           bool
}

// Return is the profit net of fees over what was paid.
func (t *RoundTrip) Return() float64 {
	if t.Cost == 0 {
		return 0
	}
	return float64(t.PnL) / float64(t.Cost)
}

// Adverse and Favourable are the worst and the best move of the market against the entry
// while the trip was open (MAE and MFE): ratios, the first at most 0 for a clean entry.
func (t *RoundTrip) Adverse() float64 { return move(t.Worst, t.Entry) }

// Favourable is the best move, see Adverse.
func (t *RoundTrip) Favourable() float64 { return move(t.Best, t.Entry) }

func move(to, from money.Price) float64 {
	if from == 0 {
		return 0
	}
	return float64(to-from) / float64(from)
}

// Held is how long the trip was open.
func (t *RoundTrip) Held() time.Duration { return t.Closed.Sub(t.Opened) }

// Reason says why the trip ended, as far as the order that closed it tells.
func (t *RoundTrip) Reason() string {
	if t.Open {
		return "open"
	}
	switch {
	case t.ExitFor == exchange.ForTarget:
		return "target"
	case t.ExitFor == exchange.ForFlatten, t.ExitFor == exchange.ForClosing:
		return t.ExitFor.String()
	case t.ExitType == exchange.Market, t.ExitType == exchange.Limit && t.ExitAtOnce:
		return "signal"
	}
	switch t.ExitType {
	case exchange.Limit, exchange.Iceberg:
		return "limit"
	case exchange.StopLoss, exchange.StopLossLimit:
		return "stop"
	case exchange.TakeProfit, exchange.TakeProfitLimit:
		return "target"
	case exchange.TrailingStop, exchange.TrailingStopLimit:
		return "trailing stop"
	}
	return "unknown"
}

// position is a round trip in the making.
type position struct {
	trip     RoundTrip
	held     money.Amount // base asset, fees in coins taken off
	proceeds money.Amount // quote asset
	feesPaid money.Amount // quote asset, the part of trip.Fees that cost money and not coins
	sold     money.Qty
	bought   float64 // price times quantity, for averages only
	sale     float64
	open     bool
	why      exchange.Purpose // of the sell that is being booked
	at       bool
}

// fill books one execution. It returns true when the trip has closed.
func (p *position) fill(c *Collector, in *exchange.Instrument, f *Fill) (closed bool) {
	if !p.open {
		if f.Side == exchange.Sell {
			c.run.Unmatched++ // coins that no buy of this run brought
			return false
		}
		held := p.held // dust below a lot stays in the account
		*p = position{open: true, held: held, trip: RoundTrip{
			Opened: f.Time, Instrument: f.Instrument, Slot: int16(f.Slot), Worst: f.Price, Best: f.Price,
		}}
	}
	t := &p.trip
	t.Fills++
	t.Worst, t.Best = min(t.Worst, f.Price), max(t.Best, f.Price)
	base, _ := in.BaseAmount(f.Qty)
	fee := f.Fee
	if f.FeeAsset == in.Base {
		p.held -= f.Fee
		fee = c.quoteOf(in, f.Fee, f.Price)
	} else {
		p.feesPaid += fee
	}
	t.Fees += fee
	if f.Side == exchange.Buy {
		p.held += base
		t.Qty += f.Qty
		t.Cost += f.Cost
		p.bought += float64(f.Price) * float64(f.Qty)
		t.Entry = money.Price(math.Round(p.bought / float64(t.Qty)))
		return false
	}
	p.held -= base
	p.sold += f.Qty
	p.proceeds += f.Cost
	p.sale += float64(f.Price) * float64(f.Qty)
	t.Exit = money.Price(math.Round(p.sale / float64(p.sold)))
	t.ExitType, t.ExitFor, t.ExitAtOnce = f.Type, p.why, p.at
	if in.LotsIn(p.held) > 0 {
		return false
	}
	t.Closed = f.Time
	t.PnL = p.proceeds - t.Cost - p.feesPaid
	p.open = false
	return true
}

// marked is the trip of an open position as it stands at the last price.
func (p *position) marked(in *exchange.Instrument, last money.Price, at exchange.Stamp) RoundTrip {
	t := p.trip
	value, _ := in.Cost(last, in.LotsIn(p.held), money.Down)
	t.Open, t.Closed, t.Exit = true, at, last
	t.PnL = p.proceeds + value - t.Cost - p.feesPaid
	return t
}
