package world

import (
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/strategy"
)

// Signal is one thing that a Script does, at times of its own.
type Signal struct {
	At         time.Duration // since the scenario's start
	Times      int           // how often; 0: once
	Every      time.Duration // from one time to the next
	Count      int           // orders in one go; 0: one
	Name       string        // signals of one name are one decision; "": each time a new one
	Instrument exchange.InstrumentID
	Do         SignalKind
	Notional   float64 // of the quote asset
	Qty        float64 // of the base asset, when Notional is 0
	Limit      bool    // a limit order
	Offset     float64 // of its price from the last one, as a share: -0.01 is one per cent below
	Price      float64 // of it, when it is not 0
	PostOnly   bool
	Stop       float64 // a bracket's stop, as a share of the last price; 0: none
	Target     float64
}

// SignalKind is what a Signal does.
type SignalKind uint8

// The kinds.
const (
	SignalBuy SignalKind = iota + 1
	SignalSell
	SignalExit    // sells everything
	SignalCancel  // takes back all open orders
	SignalAmend   // changes the price of all open orders to the Offset
	SignalBracket // protects what is held
	signals
)

var signalNames = [...]string{"none", "buy", "sell", "exit", "cancel", "amend", "bracket"}

func (s SignalKind) String() string { return signalNames[min(s, signals)%signals] }

// ParseSignal reads a kind's name.
func ParseSignal(name string) (SignalKind, bool) {
	for i, n := range signalNames[1:] {
		if n == name {
			return SignalKind(i + 1), true
		}
	}
	return 0, false
}

// SignalNames are the names of all kinds.
func SignalNames() []string { return signalNames[1:] }

// Script is a strategy that does what it is told, when it is told. A restart goes on with
// what is still ahead.
type Script struct {
	Start   exchange.Stamp // of the scenario
	Signals []Signal

	names  []string // of decisions that have begun, and their numbers
	number []uint64
	orders []strategy.Order
}

// OnBar does nothing: a Script acts by the clock.
func (s *Script) OnBar(*strategy.Context, strategy.Bar) {}

// OnStart sets the clock.
func (s *Script) OnStart(ctx *strategy.Context) {
	for i := range s.Signals {
		sig := &s.Signals[i]
		for k := range max(sig.Times, 1) {
			at := s.Start.Add(sig.At + time.Duration(k)*sig.Every)
			if d := at.Sub(ctx.Now()); d >= 0 {
				ctx.After(d, i)
			}
		}
	}
}

// OnTimer does one thing.
func (s *Script) OnTimer(ctx *strategy.Context, id int) {
	sig := &s.Signals[id]
	ctx = ctx.On(sig.Instrument)
	if sig.Name != "" {
		ctx = s.decision(ctx, sig.Name)
	}
	switch sig.Do {
	case SignalBuy, SignalSell:
		for range max(sig.Count, 1) {
			s.order(ctx, sig)
		}
	case SignalExit:
		ctx.Exit()
	case SignalCancel:
		for _, o := range ctx.Orders(s.orders[:0]) {
			ctx.Cancel(o.ID)
		}
	case SignalAmend:
		for _, o := range ctx.Orders(s.orders[:0]) {
			ctx.Amend(o.ID, 0, s.price(ctx, sig))
		}
	}
	if sig.Stop != 0 {
		p := ctx.Price()
		target := 0.0
		if sig.Target != 0 {
			target = p + float64(p*sig.Target)
		}
		ctx.Bracket(p+float64(p*sig.Stop), target)
	}
}

// decision is the context of the decision of a name, begun when it is first used.
func (s *Script) decision(ctx *strategy.Context, name string) *strategy.Context {
	for i, n := range s.names {
		if n == name {
			return ctx.Under(s.number[i])
		}
	}
	s.names, s.number = append(s.names, name), append(s.number, ctx.Signal())
	return ctx
}

func (s *Script) price(ctx *strategy.Context, sig *Signal) float64 {
	if sig.Price != 0 {
		return sig.Price
	}
	p := ctx.Price()
	return p + float64(p*sig.Offset)
}

// order sends what a signal wants.
func (s *Script) order(ctx *strategy.Context, sig *Signal) {
	in := ctx.Instrument()
	price := s.price(ctx, sig)
	qty := sig.Qty
	if sig.Notional != 0 && price > 0 {
		qty = sig.Notional / price
	}
	o := exchange.Order{Side: exchange.Buy, Type: exchange.Market, PostOnly: sig.PostOnly}
	if sig.Do == SignalSell {
		o.Side = exchange.Sell
	}
	lots, err := money.FromFloat(qty, in.LotDecimals, 1, money.Down)
	if err != nil || lots <= 0 {
		return
	}
	o.Qty = money.Qty(lots)
	if sig.Limit {
		p, err := money.FromFloat(price, in.PriceDecimals, int64(in.Tick), money.Half)
		if err != nil || p <= 0 {
			return
		}
		o.Type, o.Price = exchange.Limit, money.Price(p)
	}
	ctx.Place(o)
}
