package exchange

import (
	"time"

	"breakwater/exchange/money"
)

// Kind says what an Event tells and with it which of its fields mean something.
type Kind uint8

// The kinds, with the fields they use besides Seq, Time, Received, Source and Last.
const (
	// KindOpen is the opening of a bar of the series that an instrument is matched on:
	// Instrument, Interval, Open, Qty (the whole bar's volume). Between feed and venue
	// only; an engine never sees it.
	KindOpen Kind = iota + 1
	// KindBar is a finished bar: Instrument, Interval, Open, High, Low, Price (close),
	// Qty (volume), Count; Matched when the venue matches on this series. Time is open
	// plus Interval.
	KindBar
	// KindTrade is a public trade: Instrument, Price, Qty, Side (of the taker), TradeID.
	KindTrade
	// KindTop is the top of the book: Instrument, Price and Qty (bid), AskPrice, AskQty.
	KindTop
	// KindLevel is one book level: Instrument, Side, Price, Qty (0: gone).
	KindLevel
	// KindOrder is the outcome of a submit, an amend or a cancel, or a change by the
	// venue: Account, Order, Op, State (of the order now), Code, Remaining.
	KindOrder
	// KindFill is an execution: Account, Order, Instrument, Side, Price, Qty, Cost, Fee,
	// FeeAsset, Liquidity, TradeID, Remaining, State (Working or Filled).
	KindFill
	// KindBeat only carries time.
	KindBeat
	// KindLink is the state of the connection: State is Working when up, Absent when down.
	KindLink
	// KindSnapshot is balances, open orders and recent fills: Account, Detail.Snapshot.
	KindSnapshot
	// KindBalance is one asset's balance as the venue says: Account, FeeAsset (which), Cost (total).
	KindBalance
	// KindStatus is what the venue allows: Instrument (None: all), Status.
	KindStatus
	// KindNews is a headline: Source, Detail.Text. Received less Time is its age.
	KindNews

	// Facts that controls need besides the market. A source that declares a fact sends it.

	// KindSecond is a second venue's price: Instrument, Price.
	KindSecond
	// KindHeartbeat says that the link lives.
	KindHeartbeat
	// KindClock is a comparison of clocks: Interval (ours less the venue's, travel time taken
	// off), or with CodeClockStep that ours jumped.
	KindClock
	// KindIntegrity is a flaw of an instrument's data: Code; CodeNone says that a fresh
	// snapshot healed it.
	KindIntegrity
	// KindRequest is the outcome of a request to the venue: Code, CodeNone for success.
	KindRequest
	// KindLedger is a row of the venue's ledger that is no trade: FeeAsset, Cost (signed), Code.
	KindLedger
	// KindForeign is an order or fill on the account that is not ours: Instrument, Detail.Text.
	KindForeign
	// KindDeadMan is the outcome of a refresh of the dead man's switch: Code.
	KindDeadMan
	// KindAdvice is what the venue asks of its clients: Code.
	KindAdvice
	// KindKey is what the API key may do: Detail.Key.
	KindKey
	// KindCheck is the outcome of one of the program's checks of its own surroundings:
	// Detail.Check.
	KindCheck
	// KindOperator is a command of the owner: Code, Detail.Text (why).
	KindOperator
)

var kindNames = [...]string{"none", "open", "bar", "trade", "top", "level", "order", "fill", "beat", "link", "snapshot", "balance", "status", "news",
	"second", "heartbeat", "clock", "integrity", "request", "ledger", "foreign", "dead-man", "advice", "key", "check", "operator"}

func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return "invalid"
	}
	return kindNames[k]
}

// Quiet reports whether an event only tells that time has passed or that somebody has looked:
// how many of them come is chance, and no decision may depend on it.
func (k Kind) Quiet() bool {
	switch k {
	case KindBeat, KindHeartbeat, KindClock, KindRequest, KindDeadMan, KindKey, KindCheck:
		return true
	}
	return false
}

// Op is what an order event answers.
type Op uint8

// The operations.
const (
	OpSubmit Op = iota
	OpAmend
	OpCancel
	OpVenue // nobody asked: expiry, trigger, self-trade prevention, a venue's own cancel
)

// Event is one thing that happened, in flat numbers. Next fills the caller's event;
// whoever keeps one copies it. Detail is nil except for snapshots, news and free text.
type Event struct {
	Seq      uint64 // of the source, ascending
	Time     Stamp  // at the exchange
	Received Stamp  // here; equal to Time in a replay
	Interval time.Duration

	Kind      Kind
	Side      Side
	State     State
	Op        Op
	Liquidity Liquidity
	Status    Status
	Last      bool // end of one venue message: checks run now
	Matched   bool // bar of the series that the venue matches on
	Code      Code
	Source    uint16

	Account    AccountID
	Instrument InstrumentID
	FeeAsset   AssetID

	Open, High, Low money.Price
	Price           money.Price
	Qty             money.Qty
	AskPrice        money.Price
	AskQty          money.Qty
	Count           int64

	Order     OrderID
	TradeID   uint64
	Remaining money.Qty
	Cost, Fee money.Amount
	Detail    *Detail
}

// Detail is what does not fit into flat numbers.
type Detail struct {
	Text     string
	Snapshot *Snapshot
	Key      *KeyInfo
	Check    *Check
}

// KeyInfo is what the venue says of an API key (Kraken REST docs, GetApiKeyInfo).
type KeyInfo struct {
	Permissions []string
	AllowedIPs  []string
	Created     Stamp
	ValidUntil  Stamp // Never when it does not end
	// Nonce is the highest that the venue has seen of the key, Sent the highest that we have
	// sent with it, this question's included: a venue that is ahead has heard somebody else.
	Nonce, Sent uint64
}

// Check is the outcome of a check of the program's surroundings, by the name of the
// control that needs it.
type Check struct {
	Control string
	OK      bool
	Text    string
}

// Balance is what an account has of one asset. Hold is the part reserved by open orders.
type Balance struct {
	Asset       AssetID
	Total, Hold money.Amount
}

// OpenOrder is an order as the venue has it.
type OpenOrder struct {
	Order  Order
	Filled money.Qty
}

// Snapshot is an account as the venue sees it.
type Snapshot struct {
	Balances []Balance   // by asset, ascending
	Orders   []OpenOrder // by order id, ascending
	Fills    []Event     // recent, oldest first
}
