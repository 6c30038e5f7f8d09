package risk

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Verdict is what the guard says of one order: empty reasons mean approved.
type Verdict struct {
	Reasons []Reason
	// cost is what an approved order could use: quote with fee for a buy, coins for a sell.
	cost money.Amount
}

// Approved reports whether nothing speaks against the order.
func (v *Verdict) Approved() bool { return len(v.Reasons) == 0 }

func (v *Verdict) deny(c Control, text string, fields ...Field) {
	r := Reason{Control: c, Text: text}
	copy(r.Fields[:], fields)
	v.Reasons = append(v.Reasons, r)
}

// decision is an order with what the checks need to know of it.
type decision struct {
	o        *exchange.Order
	in       *exchange.Instrument
	opens    bool         // it increases risk; on spot every buy does
	amending bool         // it is a change of an order that is out already
	ref      money.Price  // reference price, 0: none
	gross    money.Amount // quote at the worst price, without fee
	cost     money.Amount // quote with fee for a buy, coins for a sell
	notional money.Amount // gross in the account's currency
	counted  bool         // gross, cost and notional could be computed
}

// checks is every control that looks at an order, in the fixed order: form, identity,
// data health, price, size and exposure, rate, loss. The level comes before them.
var checks = [...]struct {
	control Control
	check   func(*state, *decision, *Verdict)
}{
	{Reconcile, (*state).checkSynced},
	{SelfTrade, (*state).checkSelfTrade},
	{DuplicateOrder, (*state).checkDuplicate},
	{SignalBudget, (*state).checkSignal},
	{ArmedLease, (*state).checkLease},
	{StaleData, (*state).checkStale},
	{ClockSkew, (*state).checkClock},
	{KeyPolicy, (*state).checkKey},
	{EnvironmentMatch, (*state).checkHost},
	{DeadMansSwitch, (*state).checkDeadMan},
	{PriceCollar, (*state).checkCollar},
	{VenueSanity, (*state).checkDepth},
	{MaxOrderNotional, (*state).checkNotional},
	{MaxPosition, (*state).checkPosition},
	{ProfileLimits, (*state).checkProfile},
	{RampUp, (*state).checkRamp},
	{ModeAllocation, (*state).checkMode},
	{MaxOpenOrders, (*state).checkOpen},
	{CashReserve, (*state).checkFunds},
	{OrderRate, (*state).checkRate},
	{FillFeedback, (*state).checkFeedback},
	{MessageThrottle, (*state).checkThrottle},
	{DailyLoss, (*state).checkBaseline},
	{HalfOpen, (*state).checkHalf},
}

// decide is the whole decision about an order, a pure function of the guard's state. All
// failing reasons are collected. A check that cannot be evaluated denies.
func (s *state) decide(d *decision, v *Verdict) {
	v.Reasons = v.Reasons[:0]
	o := d.o
	if s.limits.Profile == "" {
		v.deny(OrderForm, "no limits are set")
	}
	if !s.placed(o.Instrument, o.Slot) {
		v.deny(OrderForm, "unknown instrument or strategy")
		return
	}
	d.in = &s.acct.catalog.Instruments[o.Instrument]
	d.opens = o.Side == exchange.Buy
	s.enter(OrderForm)
	s.checkLevel(d, v)
	s.checkSale(d, v)
	if s.without != OrderForm && !s.checkForm(d, v) {
		return // without form there is nothing to compute with
	}
	s.measure(d)
	for i := range checks {
		if c := &checks[i]; c.control != s.without {
			s.enter(c.control)
			c.check(s, d, v)
		}
	}
	v.cost = d.cost
}

// measure computes what several checks need.
func (s *state) measure(d *decision) {
	o, a := d.o, s.acct
	d.ref = s.reference(d.in.ID)
	if d.ref <= 0 {
		return
	}
	if o.Side == exchange.Sell { // bounded by what is owned, whatever it is worth
		if d.cost, d.counted = d.in.BaseAmount(o.Qty); o.FeeInBase {
			d.addFee(a.feePPM)
		}
		return
	}
	ok := true
	if d.gross = o.Cash; o.Cash == 0 {
		d.gross, ok = d.in.Cost(worst(o, d.ref), o.Qty, money.Ceil)
	}
	var rated bool
	d.notional, rated = a.inCurrency(d.gross, d.in.Quote, money.Ceil)
	if !ok || !rated || a.unrated > 0 || !s.freshRate(d.in.Quote) {
		return
	}
	if d.cost, d.counted = d.gross, true; o.Cash == 0 {
		d.addFee(a.feePPM)
	}
}

// addFee adds the worst fee to what an order could cost.
func (d *decision) addFee(ppm int64) {
	fee, _ := money.MulDiv(int64(d.cost), ppm, money.PPM, money.Ceil) // it fits: a fee is less than its cost
	sum, fits := money.Add(int64(d.cost), fee)
	d.cost, d.counted = money.Amount(sum), d.counted && fits
}

// freshRate reports whether the prices that turn an asset into the account's currency are
// not old.
func (s *state) freshRate(asset exchange.AssetID) bool {
	for _, leg := range s.acct.routes[asset].legs {
		if m := &s.market[leg.Instrument]; s.limits.StaleMarket != Forever && s.now.Sub(m.lastAt) > s.staleAfter(m) {
			return false
		}
	}
	return true
}

// checkLevel lets at PAUSED and REDUCE_ONLY only what makes a position smaller: on spot,
// every sale of what is owned; the inventory check stands behind it. An operator's flatten
// also goes on at HALTED.
func (s *state) checkLevel(d *decision, v *Verdict) {
	l, cause := s.levelFor(d.o.Instrument, d.o.Slot)
	if l == Active || l <= ReduceOnly && !d.opens || l == Halted && !d.opens && s.sale.on && !s.untrusted() {
		return
	}
	v.deny(cause, l.String())
}

// untrusted reports whether nobody knows what is really owned.
func (s *state) untrusted() bool {
	return s.holds(UnexplainedBalance, Global, exchange.None, noSlot) != nil
}

// worst is the price at which an order's exposure is counted.
func worst(o *exchange.Order, ref money.Price) money.Price {
	if o.Side == exchange.Sell {
		return max(o.Price, ref)
	}
	if o.Price > 0 {
		ref = o.Price
	}
	return max(o.Trigger, ref)
}
