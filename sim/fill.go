package sim

import (
	"cmp"
	"slices"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/internal/planted"
)

// affordable is how much of q an order can pay for at p. A sale brings its own coins; a
// buy may have less than it takes when the price ran away from its hold.
func (v *Venue) affordable(m *market, o *live, p money.Price, q money.Qty, l exchange.Liquidity) money.Qty {
	if o.Side == exchange.Sell {
		if cost, ok := m.in.Cost(p, q, CostRounding); !ok || cost > maxBalance {
			return m.in.QtyFor(maxBalance, p) // no more than a balance can take
		}
		return q
	}
	budget := o.held + v.ledger.free(o.account, m.in.Quote)
	step := money.Qty(1)
	if o.Cash != 0 {
		budget = min(budget, o.cash)
		step = max(step, o.CashStep)
	}
	ppm := int64(0)
	if !o.FeeInBase {
		maker, taker := v.rates(o.account, m)
		ppm = taker
		if l == exchange.Maker {
			ppm = maker
		}
	}
	within := func(q money.Qty) bool {
		cost, ok := m.in.Cost(p, q, CostRounding)
		return ok && cost <= budget && cost+feeOf(cost, ppm) <= budget
	}
	if o.Cash == 0 && within(q) {
		return q
	}
	// The estimate is within two units of the ledger, which may be many lots of a cheap coin.
	net, _ := money.MulDiv(int64(budget), money.PPM, money.PPM+ppm, money.Down)
	lo, hi := m.in.QtyFor(money.Amount(net-2), p)/step, min(q, m.in.QtyFor(money.Amount(net+2), p))/step
	for lo = min(lo, hi); lo < hi; {
		if mid := lo + (hi-lo+1)/2; within(mid * step) {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	most := lo * step
	if o.Cash != 0 && most < m.in.OrderMin && o.cash == o.Cash {
		return 0
	}
	return most
}

// spent reports whether an order by cash can buy no more at p.
func (v *Venue) spent(m *market, o *live, p money.Price) bool {
	return o.Cash != 0 && v.affordable(m, o, p, maxQty, exchange.Taker) == 0
}

// feeOf is the fee on an amount. The rates are far below one, so that it fits.
func feeOf(a money.Amount, ppm int64) money.Amount {
	fee, _ := money.MulDiv(int64(a), ppm, money.PPM, FeeRounding)
	return money.Amount(fee)
}

// short ends an order that cannot pay for what it meets.
func (v *Venue) short(o *live) {
	code := exchange.CodeInsufficientFunds
	if o.Cash != 0 {
		code = exchange.CodeOrderMinimum // what cash is left buys less than the least
	}
	v.end(o, exchange.OpVenue, exchange.Cancelled, code)
}

// settleFill books one side of a trade: it adds its lines to the posting, frees the part
// of the hold that is spent, counts the fee volume and emits the fill.
func (v *Venue) settleFill(lines []entry, m *market, o *live, p money.Price, q money.Qty, cost money.Amount, l exchange.Liquidity) []entry {
	maker, taker := v.rates(o.account, m)
	ppm := taker
	if l == exchange.Maker {
		ppm = maker
	}
	base, _ := m.in.BaseAmount(q)
	feeAsset, fee := m.in.Quote, money.Amount(0)
	if o.FeeInBase {
		feeAsset, fee = m.in.Base, feeOf(base, ppm)
	} else {
		fee = feeOf(cost, ppm)
	}
	in, out, gain, paid := m.in.Base, m.in.Quote, base, cost
	if o.Side == exchange.Sell {
		in, out, gain, paid = out, in, cost, base
	}
	budget := o.held + v.ledger.free(o.account, out)
	if !planted.On(planted.DoubleFill) || o.remaining < o.Qty {
		o.remaining -= q
	}
	if feeAsset == out {
		// The fees of an order's parts, each rounded to the nearest unit, may exceed the fee
		// of the whole, which was reserved: a unit is forgiven where the hold would not do.
		rest, _ := v.heldAt(m, o, o.heldPPM)
		if _, limited := o.limit(); limited && fee > 0 && paid+fee+rest > budget {
			fee--
		}
		paid += fee
	} else {
		gain -= fee
	}
	if o.Cash != 0 {
		o.remaining = 0
		o.cash -= paid
	}
	v.hold(m, o, min(v.leftHeld(m, o, paid), budget-paid))
	lines = append(lines, entry{int32(o.account), out, -paid}, entry{int32(o.account), in, gain}, entry{v.ledger.own(bookFees), feeAsset, fee})
	v.count(m, o.account, cost)

	ev := v.emit(o.account)
	ev.Kind, ev.State, ev.Op = exchange.KindFill, exchange.Working, exchange.OpVenue
	if o.Cash == 0 && o.remaining == 0 {
		ev.State = exchange.Filled
	}
	ev.Order, ev.Instrument, ev.Side, ev.Price, ev.Qty = o.ID, o.Instrument, o.Side, p, q
	ev.Cost, ev.Fee, ev.FeeAsset, ev.Liquidity, ev.TradeID, ev.Remaining = cost, fee, feeAsset, l, v.trades, o.remaining
	return lines
}

// leftHeld is what an order reserves after it has paid something.
func (v *Venue) leftHeld(m *market, o *live, paid money.Amount) money.Amount {
	if o.Cash == 0 && o.remaining == 0 {
		return 0
	}
	if _, limited := o.limit(); limited || o.Side == exchange.Sell {
		if held, ok := v.heldAt(m, o, o.heldPPM); ok {
			return min(o.held, held)
		}
	}
	return max(0, o.held-paid)
}

// told follows a fill: a filled order leaves, and its conditional close is due. all says
// that an order by cash has spent what it could.
func (v *Venue) told(o *live, all bool) {
	a := &v.accounts[o.account]
	ev := &a.out[len(a.out)-1] // the fill: nothing was said to this account since
	if o.Cash != 0 && all {
		ev.State = exchange.Filled
	}
	if o.Close.On {
		qty := ev.Qty
		if in := v.markets[o.Instrument].in; o.Side == exchange.Buy && o.FeeInBase {
			base, _ := in.BaseAmount(qty)
			qty = in.LotsIn(base - ev.Fee) // what has come in, not what was bought
		}
		v.births = append(v.births, birth{o.account, o.Order, qty})
	}
	a.remember(ev)
	if ev.State == exchange.Filled {
		v.drop(o)
	}
}

// count adds a trade to the account's fee volume in US dollars, by the rates at hand;
// where there is none the quote amount counts one to one. Stablecoin and
// foreign-exchange pairs do not count.
func (v *Venue) count(m *market, id exchange.AccountID, cost money.Amount) {
	if m.uncounted {
		return
	}
	asset, usd := m.in.Quote, cost
	for _, leg := range m.usd {
		price := v.markets[leg.Instrument].lastPrice
		a, ok := v.catalog.Convert(usd, leg, price, money.Down)
		if !ok {
			asset, usd = m.in.Quote, cost
			break
		}
		in := &v.catalog.Instruments[leg.Instrument]
		if asset, usd = in.Quote, a; leg.Divide {
			asset = in.Base
		}
	}
	if scaled, ok := money.Rescale(int64(usd), v.catalog.Assets[asset].Decimals, VolumeDecimals, money.Down); ok {
		v.accounts[id].volume.add(v.now, money.Amount(scaled))
	}
}

// recentFills is how many fills a snapshot repeats, as Kraken's snap_trades does.
const recentFills = 50

func (a *account) remember(ev *exchange.Event) {
	if len(a.recent) < recentFills {
		a.recent = append(a.recent, *ev)
		return
	}
	a.recent[a.oldest] = *ev
	a.oldest = (a.oldest + 1) % recentFills
}

// snapshot answers Refresh.
func (v *Venue) snapshot(id exchange.AccountID) {
	a := &v.accounts[id]
	s := &exchange.Snapshot{}
	for i := range v.catalog.Assets {
		s.Balances = append(s.Balances, v.Balance(id, exchange.AssetID(i)))
	}
	for ref := a.first; ref != none; {
		o := v.orders.at(ref)
		s.Orders = append(s.Orders, exchange.OpenOrder{Order: o.Order, Filled: o.Qty - o.remaining})
		ref = o.next
	}
	slices.SortFunc(s.Orders, func(x, y exchange.OpenOrder) int { return cmp.Compare(x.Order.ID, y.Order.ID) })
	s.Fills = slices.Concat(a.recent[a.oldest:], a.recent[:a.oldest])
	ev := v.emit(id)
	ev.Kind, ev.Detail = exchange.KindSnapshot, &exchange.Detail{Snapshot: s}
}
