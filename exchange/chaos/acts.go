package chaos

import (
	"fmt"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// foreignIDs is where the ids begin of orders that others place on the account. Nobody
// above sees one.
const foreignIDs exchange.OrderID = 1 << 40

// acts does what others do on the account now.
func (l *Link) acts() {
	for r := l.x.Take(Account); r != nil; r = l.x.Take(Account) {
		switch r.Do {
		case ForeignOrder, ManualTrade:
			l.placeForeign(r)
		case Withdraw, Credit:
			l.moveMoney(r)
		case Vanish:
			l.vanish(r)
		}
	}
}

// placeForeign places somebody else's order: the owner's at the market, a thief's resting
// below it when it has no price.
func (l *Link) placeForeign(r *Rule) {
	in := l.instrument(r.Pair)
	amount := r.Amount
	if amount == 0 {
		amount = money.Pow10[Scale] / 1000
	}
	if l.cfg.Venue == nil {
		ev := l.fact(exchange.KindForeign)
		ev.Instrument, ev.Detail = in.ID, &exchange.Detail{Text: fmt.Sprintf("an order on %s that is not ours", in.Symbol)}
		l.push(l.now, ev)
		return
	}
	o := exchange.Order{
		ID: l.foreign, Instrument: in.ID, Side: r.Side, Sent: l.now,
		Qty: money.Qty(max(rescale(amount, in.LotDecimals), int64(in.OrderMin), 1)),
	}
	l.foreign++
	if r.Do == ForeignOrder {
		price := rescale(r.Price, in.PriceDecimals)
		if r.Price == 0 {
			price = int64(l.price[in.ID]) / 2
			if r.Side == exchange.Sell {
				price = int64(l.price[in.ID]) * 2
			}
		}
		price, _ = money.RoundTo(max(price, int64(in.Tick)), int64(in.Tick), money.Ceil)
		o.Type, o.Price = exchange.Limit, money.Price(price)
	}
	l.cfg.Venue.Submit(l.cfg.Account, &o)
}

// vanish loses our resting orders at the venue, of a pair where the rule names one.
// Nobody is told.
func (l *Link) vanish(r *Rule) {
	if l.cfg.Venue == nil {
		return
	}
	l.cfg.Venue.Forget(l.cfg.Account, func(o *exchange.Order) bool {
		return o.ID < foreignIDs && (r.Pair == "" || r.Pair == l.symbol(o.Instrument))
	})
}

// tellForeign says of an order or fill on the account that it is not ours.
func (l *Link) tellForeign(ev *exchange.Event) {
	f := l.fact(exchange.KindForeign)
	f.Instrument = ev.Instrument
	switch {
	case ev.Kind == exchange.KindFill:
		f.Detail = &exchange.Detail{Text: fmt.Sprintf("a fill on %s of an order that is not ours", l.symbol(ev.Instrument))}
	case ev.State == exchange.Working && ev.Op == exchange.OpSubmit:
		f.Detail = &exchange.Detail{Text: fmt.Sprintf("an order on %s that is not ours", l.symbol(ev.Instrument))}
	default:
		return
	}
	l.push(l.now, f)
}

// rowCodes are by the place in rows; the last is no row.
var rowCodes = []exchange.Code{exchange.CodeDeposit, exchange.CodeWithdrawal, exchange.CodeTransfer, exchange.CodeAdjustment}

// moveMoney books money in or out, with the ledger's row first: who only watches balances
// would take it for lost.
func (l *Link) moveMoney(r *Rule) {
	asset, ok := l.cfg.Catalog.Asset(r.Asset)
	if !ok {
		panic(fmt.Sprintf("BUG: the plan's asset %s is not in the catalog; it was not checked with CheckWithin", r.Asset))
	}
	v, code := money.Amount(max(1, rescale(r.Amount, asset.Decimals))), exchange.CodeDeposit
	if r.Do == Withdraw {
		code = exchange.CodeWithdrawal
	}
	for i, name := range rows {
		if r.Value == name && i < len(rowCodes) {
			code = rowCodes[i]
		}
	}
	if l.cfg.Venue != nil && r.Do == Withdraw {
		b := l.cfg.Venue.Balance(l.cfg.Account, asset.ID)
		v = min(v, b.Total-b.Hold)
	}
	signed := v
	if r.Do == Withdraw {
		signed = -v
	}
	if r.Value != "none" {
		row := l.fact(exchange.KindLedger)
		row.FeeAsset, row.Cost, row.Code = asset.ID, signed, code
		l.push(l.now, row)
	}
	if l.cfg.Venue == nil {
		return
	}
	var err error
	if r.Do == Withdraw {
		err = l.cfg.Venue.Withdraw(l.cfg.Account, asset.ID, v)
	} else {
		err = l.cfg.Venue.Deposit(l.cfg.Account, asset.ID, v)
	}
	if err != nil {
		panic("BUG: a plan's money does not move: " + err.Error())
	}
}

// rescale brings a number of Scale decimals to another scale, rounded down.
func rescale(v int64, decimals uint8) int64 {
	if decimals >= Scale {
		w, ok := money.MulDiv(v, money.Pow10[decimals-Scale], 1, money.Down)
		if !ok {
			return 1 << 60
		}
		return w
	}
	return v / money.Pow10[Scale-decimals]
}
