package sim

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// holdAsset is what an order reserves: quote for a buy, base for a sale.
func (v *Venue) holdAsset(m *market, o *live) exchange.AssetID {
	if o.Side == exchange.Buy {
		return m.in.Quote
	}
	return m.in.Base
}

// reckoned is the price that an order is reckoned with before it trades: its limit, or
// what a taker would get at its trigger or at the last price. 0 when none is known.
func (v *Venue) reckoned(m *market, o *live) money.Price {
	if o.Type == exchange.TrailingStopLimit && o.level == 0 {
		return 0
	}
	if p, ok := o.limit(); ok {
		return p
	}
	p := m.lastPrice
	switch {
	case o.Type.Trailing():
		p = o.level
	case o.waits():
		p = o.Trigger
	case v.config.BookOnly:
		p, _ = m.book.bestPrice(opposite(o.Side))
	}
	if p == 0 {
		return 0
	}
	return v.model.taker(m.in, o.Side, p, 0)
}

// holdFor is what an order has to reserve for what remains of it, with the worst fee at
// the rate of now. ok is false when it does not fit.
func (v *Venue) holdFor(m *market, o *live) (held money.Amount, ppm int64, ok bool) {
	maker, taker := v.rates(o.account, m)
	ppm = max(maker, taker)
	held, ok = v.heldAt(m, o, ppm)
	return held, ppm, ok
}

func (v *Venue) heldAt(m *market, o *live, ppm int64) (held money.Amount, ok bool) {
	switch {
	case o.Cash != 0:
		return o.cash, true
	case o.Side == exchange.Buy:
		held, ok = m.in.Cost(v.reckoned(m, o), o.remaining, money.Up)
	default:
		held, ok = m.in.BaseAmount(o.remaining)
	}
	if o.FeeInBase != (o.Side == exchange.Sell) || !ok {
		return held, ok // the fee comes out of what the order brings in
	}
	fee, ok := money.MulDiv(int64(held), ppm, money.PPM, money.Up)
	sum, fits := money.Add(int64(held), fee)
	return money.Amount(sum), ok && fits
}

// hold sets what an order reserves.
func (v *Venue) hold(m *market, o *live, held money.Amount) {
	if held != o.held {
		v.ledger.reserve(o.account, v.holdAsset(m, o), held-o.held)
		o.held = held
	}
}

// rates are the account's fees on an instrument now.
func (v *Venue) rates(account exchange.AccountID, m *market) (maker, taker int64) {
	w := &v.accounts[account].volume
	w.roll(v.now)
	return m.fees.Rates(m.in, w.sum, v.now)
}

// opposite is the ladder that an order of a side takes from.
func opposite(s exchange.Side) ladder {
	if s == exchange.Buy {
		return asks
	}
	return bids
}

// own is the ladder that a limit of a side rests in.
func own(s exchange.Side) ladder {
	if s == exchange.Buy {
		return bids
	}
	return asks
}
