// Package strategy is what a strategy's author sees: the Strategy interface with its
// optional parts, the Context it acts through, parameters by struct tags, a registry, and
// the built-in strategies, one file each.
//
// It promises that a strategy runs unchanged in a backtest, a scenario, paper and live
// trading. A strategy does no I/O, reads no clock and starts no goroutine; everything it
// knows arrives in a call, everything it wants goes to the outbox.
package strategy

import (
	"time"

	"breakwater/exchange"
)

// Strategy decides. OnBar is called with every finished bar of its instruments.
type Strategy interface {
	OnBar(ctx *Context, bar Bar)
}

// The optional parts of a Strategy, found by type assertion when the run starts.
type (
	// WarmUpper names how many bars of each instrument it must see before it may act: they
	// are fed with the outbox shut, also after a restart.
	WarmUpper interface{ WarmUp() int }
	// Starter is told once, after the warm-up, that it may act; position and open orders
	// are known.
	Starter interface{ OnStart(ctx *Context) }
	// OtherBarWatcher sees finished bars of its instruments in other intervals than the one
	// that OnBar gets.
	OtherBarWatcher interface {
		OnOtherBar(ctx *Context, bar Bar)
	}
	// TradeWatcher sees public trades.
	TradeWatcher interface {
		OnTrade(ctx *Context, trade Trade)
	}
	// BookWatcher sees the top of the book.
	BookWatcher interface {
		OnBook(ctx *Context, top Top)
	}
	// FillWatcher sees its own fills.
	FillWatcher interface {
		OnFill(ctx *Context, fill Fill)
	}
	// OrderWatcher sees what becomes of its orders.
	OrderWatcher interface {
		OnOrder(ctx *Context, update OrderUpdate)
	}
	// NewsWatcher sees headlines.
	NewsWatcher interface {
		OnNews(ctx *Context, news News)
	}
	// TimerWatcher is called when a timer set by Context.After is due.
	TimerWatcher interface{ OnTimer(ctx *Context, id int) }
)

// Bar is a finished bar in floats. Time is its close: open time plus Interval.
type Bar struct {
	Time       exchange.Stamp
	Interval   time.Duration
	Instrument exchange.InstrumentID
	Open       float64
	High       float64
	Low        float64
	Close      float64
	Volume     float64
	Trades     int64
}

// Trade is a public trade. Side is the taker's.
type Trade struct {
	Time       exchange.Stamp
	Instrument exchange.InstrumentID
	Price, Qty float64
	Side       exchange.Side
}

// Top is the best bid and ask.
type Top struct {
	Time        exchange.Stamp
	Instrument  exchange.InstrumentID
	Bid, BidQty float64
	Ask, AskQty float64
}

// Fill is an execution of an own order. Fee is in the quote asset.
type Fill struct {
	Time       exchange.Stamp
	Instrument exchange.InstrumentID
	Order      exchange.OrderID
	Side       exchange.Side
	Price, Qty float64
	Fee        float64
	Maker      bool
	Done       bool // the order is whole
}

// OrderUpdate is a change of an own order, a denial by the guard included.
type OrderUpdate struct {
	Time       exchange.Stamp
	Instrument exchange.InstrumentID
	Order      exchange.OrderID
	State      exchange.State
	Op         exchange.Op // what it answers
	Code       exchange.Code
	Remaining  float64
}

// News is a headline.
type News struct {
	Time exchange.Stamp
	Text string
}

// Position is what a strategy holds of one instrument.
type Position struct {
	Qty      float64 // base asset
	AvgPrice float64 // average entry price, fees not included; 0 when flat
	Reserved float64 // held by resting sell orders
}

// Flat reports whether nothing is held.
func (p Position) Flat() bool { return p.Qty == 0 }
