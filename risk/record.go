package risk

import (
	"strconv"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// RecordType says what a Record tells.
type RecordType uint8

// The record types, with the fields they use besides Time and Type.
const (
	// RecStart opens a run or a restart: Text (the limits, as JSON), Facts.
	RecStart RecordType = iota + 1
	// RecIntent is an approved order, recorded before it leaves: Order, Cost (what it
	// reserves), Text ("dry run" when it does not leave).
	RecIntent
	// RecDenial is a denied order or amend: Order or Amend, Reasons (all that failed).
	RecDenial
	// RecAmend and RecCancel are requests about a working order, before they leave:
	// Amend and Cost, or OrderID.
	RecAmend
	RecCancel
	// RecOrder is the outcome of a request: Event. When it ends a sale that filled in part,
	// Count is 1 and Equity the sale's profit after fees in the account's currency.
	RecOrder
	// RecFill is an execution: Event, Cost (its notional in the account's currency). When it
	// ends a sale, Count is 1 and Equity the sale's profit after fees.
	RecFill
	// RecLevel is a latch that was set, or lifted when Lift is set: Control, Scope, Instrument
	// and Slot (as the scope says), Level (of the latch; the level that remains when lifted),
	// From (the level before), Until (Never: by ceremony), Text (cause), Equity.
	RecLevel
	// RecDayStart is the start of a trading day: Equity.
	RecDayStart
	// RecEquity is an extreme worth keeping: Equity, High (the high-water mark), DayLow.
	RecEquity
	// RecSnapshot is an account as the venue sees it: Event.
	RecSnapshot
	// RecFlow is money that came or went: Equity (signed, in the account's currency), Event.
	RecFlow
	// RecArmRequest begins the ceremony: Text (the challenge). RecArm ends it: Until (the
	// lease), Text (the limits, as JSON). RecCycle says that the dry cycle after it passed.
	RecArmRequest
	RecArm
	RecCycle
	// RecRamp is the step of the ramp-up from now on: Count.
	RecRamp
	// RecOperator is the owner's command: Event.
	RecOperator
	// RecNote is what a reader of the records should know: Text. With Control Nonce it counts
	// an invalid nonce.
	RecNote
	// RecFlattenRequest asks for everything to be sold: Text (the challenge). A RecOperator
	// begins the sale.
	RecFlattenRequest
	// RecDenials is the end of a minute in which a strategy was denied too often for a line
	// each: Count (how many more), Order and Reasons of the last.
	RecDenials
	recordTypes
)

var recordNames = [...]string{
	"none", "start", "intent", "denial", "amend", "cancel", "order", "fill", "level", "day-start", "equity", "snapshot",
	"flow", "arm-request", "arm", "cycle", "ramp", "operator", "note", "flatten-request", "denials",
}

func (t RecordType) String() string {
	if int(t) >= len(recordNames) {
		return "invalid"
	}
	return recordNames[t]
}

// Record is one line of what happened, in the guard's order. Pointers are valid only
// during the call of Recorder.Record: whoever keeps them copies.
type Record struct {
	Time    exchange.Stamp
	Type    RecordType
	Level   Level
	From    Level
	Scope   Scope
	Control Control
	Lift    bool
	Facts   exchange.Facts
	OrderID exchange.OrderID
	// Instrument is exchange.None and Slot -1 where they do not apply.
	Instrument exchange.InstrumentID
	Slot       exchange.SlotID
	Until      exchange.Stamp
	Count      int64
	Order      *exchange.Order
	Amend      *exchange.Amend
	Event      *exchange.Event
	Reasons    []Reason
	Cost       money.Amount
	Equity     money.Amount // in the account's currency
	High       money.Amount
	DayLow     money.Amount
	Text       string
}

// Recorder keeps records. With durable set it returns only when the record would
// survive a crash. An error halts the guard: nothing happens that is not recorded.
type Recorder interface {
	Record(r *Record, durable bool) error
}

// KillSwitch tells whether somebody wants everything to stop. It is asked at every
// approval; one that cannot find out answers true.
type KillSwitch interface{ Present() bool }

// Reason is one failed check with its numbers: "max-order-notional notional=1200.00
// limit=25.00".
type Reason struct {
	Control Control
	Text    string // static, short; empty when the numbers say it all
	Fields  [3]Field
}

// Field is one number of a Reason, scaled by Decimals.
type Field struct {
	Key      string // empty: no field
	Value    int64
	Decimals uint8
}

// Append writes the reason as `code key=value … text`.
func (r *Reason) Append(dst []byte) []byte {
	dst = append(dst, r.Control.String()...)
	for i := range r.Fields {
		if f := &r.Fields[i]; f.Key != "" {
			dst = append(append(append(dst, ' '), f.Key...), '=')
			dst = money.Append(dst, f.Value, f.Decimals)
		}
	}
	if r.Text != "" {
		dst = append(dst, " text="...)
		dst = strconv.AppendQuote(dst, r.Text)
	}
	return dst
}

func (r *Reason) String() string { return string(r.Append(nil)) }
