package risk

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/internal/planted"
)

func (s *state) inMoney(key string, v money.Amount) Field {
	return Field{key, int64(v), s.acct.catalog.Assets[s.acct.currency].Decimals}
}

// checkNotional is max-order-notional. A sale of what is owned is bounded by what is owned.
func (s *state) checkNotional(d *decision, v *Verdict) {
	if !d.counted {
		v.deny(MaxOrderNotional, "no fresh rate to the account's currency, an asset without a price, or the cost overflows")
		return
	}
	// Rounded as the equity is, so that all the money in another currency is not a unit more than it.
	notional, _ := s.acct.inCurrency(d.gross, d.in.Quote, money.Floor)
	limit := s.limits.Order.Of(s.acct.equity)
	if d.opens && notional > limit {
		v.deny(MaxOrderNotional, "", s.inMoney("notional", notional), s.inMoney("limit", limit))
	}
}

// after is the worst-case exposure to the pair's coin with the order filled, in the
// account's currency: buys of the coin in other pairs count too.
func (s *state) after(d *decision) (money.Amount, bool) {
	held, ok := s.acct.exposure(d.in, d.ref)
	sum, rated := s.acct.inCurrency(held, d.in.Quote, money.Ceil)
	cost, _ := s.acct.inCurrency(d.cost, d.in.Quote, money.Ceil)
	ok = ok && rated
	for i, buying := range s.acct.buying {
		if in := &s.acct.catalog.Instruments[i]; buying != 0 && i != int(d.in.ID) && in.Base == d.in.Base {
			other, rated := s.acct.inCurrency(buying, in.Quote, money.Ceil)
			sum, ok = sum+other, ok && rated
		}
	}
	if planted.On(planted.OwnOrderLeftOut) {
		cost = 0
	}
	total, fits := money.Add(int64(sum), int64(cost))
	return money.Amount(total), ok && fits
}

// checkPosition is max-position.
func (s *state) checkPosition(d *decision, v *Verdict) {
	s.boundPosition(d, v, MaxPosition, s.limits.Position)
}

// checkProfile is profile-limits for positions.
func (s *state) checkProfile(d *decision, v *Verdict) {
	if s.limits.ProfilePositionPPM != Unlimited {
		s.boundPosition(d, v, ProfileLimits, Share(s.limits.ProfilePositionPPM))
	}
}

// checkRamp is ramp-up for positions.
func (s *state) checkRamp(d *decision, v *Verdict) {
	if step, ok := s.host.rampStep(&s.limits); ok {
		s.boundPosition(d, v, RampUp, Limit{PPM: Unlimited, Amount: step.Position})
	}
}

func (s *state) boundPosition(d *decision, v *Verdict, c Control, l Limit) {
	if !d.opens || !d.counted {
		return
	}
	limit := l.Of(s.acct.equity)
	if after, ok := s.after(d); !ok || after > limit {
		v.deny(c, "", s.inMoney("exposure", after), s.inMoney("limit", limit))
	}
}

// checkMode is mode-allocation.
func (s *state) checkMode(d *decision, v *Verdict) {
	if len(s.limits.Modes) == 0 || !d.opens || !d.counted {
		return
	}
	mode := s.modeOf(d.o.Slot)
	if mode == nil {
		v.deny(ModeAllocation, "the strategy names no configured mode")
		return
	}
	var used money.Amount
	var count int64
	for i := range s.slots {
		if s.slots[i].Mode != mode.Name {
			continue
		}
		sum, n, ok := s.acct.slotExposure(exchange.SlotID(i))
		if !ok {
			v.deny(ModeAllocation, "no rate to the account's currency")
			return
		}
		used, count = used+sum, count+n
	}
	b := s.acct.slot(d.o.Slot)
	if b.held[d.in.ID] == 0 && b.buying[d.in.ID] == 0 {
		count++
	}
	cost, _ := s.acct.inCurrency(d.cost, d.in.Quote, money.Ceil)
	if limit := Share(mode.SharePPM).Of(s.acct.equity); used+cost > limit {
		v.deny(ModeAllocation, "", s.inMoney("exposure", used+cost), s.inMoney("limit", limit))
	}
	if count > mode.Count {
		v.deny(ModeAllocation, "", Field{"positions", count, 0}, Field{"limit", mode.Count, 0})
	}
	if d.notional > mode.Notional {
		v.deny(ModeAllocation, "", s.inMoney("notional", d.notional), s.inMoney("limit", mode.Notional))
	}
}

func (s *state) modeOf(id exchange.SlotID) *Mode {
	if int(id) >= len(s.slots) {
		return nil
	}
	for i := range s.limits.Modes {
		if m := &s.limits.Modes[i]; m.Name == s.slots[id].Mode {
			return m
		}
	}
	return nil
}

// checkOpen is max-open-orders, for orders that increase risk: a protective exit is never
// kept out by what waits.
func (s *state) checkOpen(d *decision, v *Verdict) {
	if !d.opens {
		return
	}
	l := &s.limits
	one := int64(1)
	if d.amending {
		one = 0 // it is among the open ones
	}
	total := int64(len(s.acct.open)) + one
	if l.OpenPerPair == Unlimited && l.OpenValuePPM == Unlimited {
		if total > l.OpenTotal {
			v.deny(MaxOpenOrders, "", Field{"open", total, 0}, Field{"limit", l.OpenTotal, 0})
		}
		return
	}
	pair := one
	value, ok := d.notional, d.counted
	for i := range s.acct.open {
		oo := &s.acct.open[i]
		if oo.order.Instrument == d.o.Instrument {
			pair++
		}
		if oo.order.Side == exchange.Buy {
			w, rated := s.acct.inCurrency(oo.reserve, s.acct.catalog.Instruments[oo.order.Instrument].Quote, money.Ceil)
			value, ok = value+w, ok && rated
		}
	}
	if pair > l.OpenPerPair {
		v.deny(MaxOpenOrders, "of the pair", Field{"open", pair, 0}, Field{"limit", l.OpenPerPair, 0})
	}
	if total > l.OpenTotal {
		v.deny(MaxOpenOrders, "of the account", Field{"open", total, 0}, Field{"limit", l.OpenTotal, 0})
	}
	if limit := (Limit{l.OpenValuePPM, Unlimited}).Of(s.acct.equity); !ok || value > limit {
		v.deny(MaxOpenOrders, "unexecuted value", s.inMoney("value", value), s.inMoney("limit", limit))
	}
}

// checkFunds is cash-reserve and inventory.
func (s *state) checkFunds(d *decision, v *Verdict) {
	if !d.counted {
		return // max-order-notional has said why
	}
	a := s.acct
	if !d.opens {
		// a sell has what is owned and not reserved by other sells
		if free := a.balance[d.in.Base] - a.held[d.in.Base]; d.cost > free {
			v.deny(CashReserve, "more than is owned and not reserved", Field{"qty", int64(d.o.Qty), d.in.LotDecimals}, Field{"free", int64(free), a.catalog.Assets[d.in.Base].Decimals})
		}
		return
	}
	var reserve money.Amount
	if share := money.PPM - s.limits.SpendablePPM; share > 0 {
		r, _ := money.MulDiv(int64(a.equity), share, money.PPM, money.Ceil)
		reserve = money.Amount(r)
	}
	left := a.balance[d.in.Quote] - a.held[d.in.Quote] - d.cost
	if d.in.Quote == a.currency {
		left -= reserve
	}
	if s.limits.SpendablePPM <= 0 || left < 0 {
		qd := a.catalog.Assets[d.in.Quote].Decimals
		v.deny(CashReserve, "", Field{"cost", int64(d.cost), qd}, Field{"free", int64(a.balance[d.in.Quote] - a.held[d.in.Quote]), qd}, s.inMoney("reserve", reserve))
	}
}

// venueShare is the account's share of all the operator's capital, in ppm.
func (s *state) venueShare() int64 {
	all, ok := money.Add(int64(s.acct.equity), int64(s.limits.CapitalElse))
	if !ok || all <= 0 {
		return money.PPM
	}
	ppm, _ := money.MulDiv(int64(s.acct.equity), money.PPM, all, money.Ceil)
	return ppm
}
