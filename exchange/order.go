package exchange

import (
	"breakwater/exchange/money"
)

// OrderID is our own number of an order: ascending from 1, never reused in an account.
type OrderID uint64

// AccountID is an account's place at a venue; 0 is the only one of a default run.
type AccountID int32

// SlotID is the place of a strategy among those on one account.
type SlotID int32

// Side is buy or sell.
type Side uint8

// The sides.
const (
	Buy Side = iota
	Sell
)

func (s Side) String() string { return [...]string{"buy", "sell"}[s&1] }

// Opposite is the other side.
func (s Side) Opposite() Side { return s ^ 1 }

// OrderType is one of Kraken's spot order types (Kraken REST docs, AddOrder).
type OrderType uint8

// The order types.
const (
	Market OrderType = iota
	Limit
	Iceberg
	StopLoss
	TakeProfit
	StopLossLimit
	TakeProfitLimit
	TrailingStop
	TrailingStopLimit
	orderTypes // how many there are
)

var orderTypeNames = [...]string{
	"market", "limit", "iceberg", "stop-loss", "take-profit", "stop-loss-limit", "take-profit-limit", "trailing-stop", "trailing-stop-limit",
}

func (t OrderType) String() string {
	if t >= orderTypes {
		return "invalid"
	}
	return orderTypeNames[t]
}

// Valid reports whether t is one of the types above.
func (t OrderType) Valid() bool { return t < orderTypes }

// Triggered reports whether an order of this type waits for a trigger before it can match.
func (t OrderType) Triggered() bool { return t >= StopLoss }

// HasLimit reports whether an order of this type carries a limit price.
func (t OrderType) HasLimit() bool {
	switch t {
	case Limit, Iceberg, StopLossLimit, TakeProfitLimit, TrailingStopLimit:
		return true
	}
	return false
}

// Trailing reports whether the trigger follows the market.
func (t OrderType) Trailing() bool { return t == TrailingStop || t == TrailingStopLimit }

// TimeInForce says how long an order may wait.
type TimeInForce uint8

// The times in force.
const (
	GTC TimeInForce = iota // good till cancelled
	IOC                    // immediate or cancel: fill what is possible, cancel the rest
	FOK                    // fill or kill: all or nothing
	GTD                    // good till date: expires at Order.Expire
)

func (t TimeInForce) String() string { return [...]string{"gtc", "ioc", "fok", "gtd"}[t&3] }

// SelfTrade says what happens when an order would meet one of its own account.
type SelfTrade uint8

// The ways to prevent a self-trade (Kraken REST docs, AddOrder stptype).
const (
	CancelNewest SelfTrade = iota
	CancelOldest
	CancelBoth
)

// Purpose is what the engine sent an order for, beyond the strategy's own wish. It is for
// reports: no decision and no digest depends on it.
type Purpose uint8

// The purposes.
const (
	ForStrategy   Purpose = iota
	ForTarget             // a bracket's target was reached
	ForProtection         // a bracket's stop
	ForFlatten            // the operator wants everything sold
	ForClosing            // the data has ended
)

func (p Purpose) String() string {
	return [...]string{"strategy", "target", "protection", "flatten", "closing"}[min(p, ForClosing)]
}

// Order is what a strategy wants and what a venue gets. All prices are in the
// instrument's scale. The zero value of a field means that the field does not apply.
type Order struct {
	ID         OrderID
	Instrument InstrumentID
	Slot       SlotID
	Signal     uint64 // the decision that this order belongs to; several orders may share one
	Side       Side
	Type       OrderType
	TIF        TimeInForce
	STP        SelfTrade
	PostOnly   bool
	Purpose    Purpose
	ReduceOnly bool // may only make a position smaller
	FeeInBase  bool // fee in the base asset instead of the quote asset
	Qty        money.Qty
	// A market buy may name what it spends at most, fee included, instead of Qty, which is
	// then 0; it buys multiples of CashStep (0: of the lot). Kraken REST docs, oflags viqc.
	Cash     money.Amount
	CashStep money.Qty
	Display  money.Qty   // iceberg: the part that shows, at least Qty/15
	Price    money.Price // limit price
	Trigger  money.Price // stop or take price
	// A trailing order follows the best price since it was placed at a distance of Trail,
	// or of TrailPPM parts per million of it. Its limit is the trigger plus LimitOffset.
	Trail       money.Price
	TrailPPM    int64
	LimitOffset money.Price
	Sent        Stamp // when the engine handed it over
	Expire      Stamp // GTD
	Deadline    Stamp // the venue refuses to match it if it arrives later; 0: none
	Decision    money.Price
	Close       ConditionalClose
}

// ConditionalClose is a second order of the opposite side, placed by the venue for each
// fill of the first (Kraken REST docs, AddOrder close[...]).
type ConditionalClose struct {
	On             bool
	Type           OrderType
	Price, Trigger money.Price
	Trail          money.Price
	TrailPPM       int64
}

// Amend changes a working order in place. A zero field stays as it is; Qty is the new
// total, fills included (Kraken REST docs, AmendOrder).
type Amend struct {
	Order    OrderID
	Qty      money.Qty
	Display  money.Qty
	Price    money.Price
	Trigger  money.Price
	Sent     Stamp
	Deadline Stamp
}

// State is where an order stands.
type State uint8

// The order states. Pending and Unknown may become Working, Filled, Cancelled, Expired
// or Rejected; Pending may become Unknown; Unknown may become Absent; Working may
// become Filled, Cancelled or Expired.
const (
	Denied    State = iota + 1 // by our own guard; it never left
	Pending                    // handed over, no answer yet
	Unknown                    // it may or may not have reached the venue
	Working                    // at the venue, resting or waiting for its trigger
	Filled                     // whole
	Cancelled                  // by us, by the owner or by the venue
	Expired                    // its time in force ran out
	Rejected                   // by the venue
	Absent                     // looked up and found never to have been placed
)

var stateNames = [...]string{"none", "denied", "pending", "unknown", "working", "filled", "cancelled", "expired", "rejected", "absent"}

func (s State) String() string {
	if int(s) >= len(stateNames) {
		return "invalid"
	}
	return stateNames[s]
}

// Done reports whether an order in this state has ended.
func (s State) Done() bool { return s == Denied || s >= Filled }

// May reports whether an order may go from s to next.
func (s State) May(next State) bool {
	switch s {
	case Pending:
		return next == Unknown || next == Working || next >= Filled && next <= Rejected
	case Unknown:
		return next == Working || next >= Filled && next <= Absent
	case Working:
		return next == Filled || next == Cancelled || next == Expired
	}
	return false
}

// Liquidity is the part an order played in a fill.
type Liquidity uint8

// Taker took resting liquidity, Maker was the resting liquidity.
const (
	Taker Liquidity = iota
	Maker
)

func (l Liquidity) String() string { return [...]string{"taker", "maker"}[l&1] }
