package world

import (
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/strategy"
)

// Signal is one thing that a Script does, at times of its own.
type Signal struct {
	At         time.Duration // since the scenario's start; with On: from then on
	On         Trigger       // 0: by the clock
	Times      int           // how often; 0: once, with On without end
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

// Trigger is what a Signal answers, when it does not go by the clock.
type Trigger uint8

// The triggers.
const (
	OnNews   Trigger = iota + 1
	OnFill           // an own fill
	OnDenied         // an own order that was denied or rejected
	OnEnd            // an own order that has ended in any way
	OnBar
	OnTrade // a public trade
	triggers
)

var triggerNames = [...]string{"clock", "news", "fill", "denied", "end", "bar", "trade"}

func (t Trigger) String() string { return triggerNames[min(t, triggers)%triggers] }

// ParseTrigger reads a trigger's name.
func ParseTrigger(name string) (Trigger, bool) {
	for i, n := range triggerNames[1:] {
		if n == name {
			return Trigger(i + 1), true
		}
	}
	return 0, false
}

// TriggerNames are the names of all triggers.
func TriggerNames() []string { return triggerNames[1:] }

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
	done   []int // by signal: how often it has answered
}

// OnBar, and all below, answers what a signal waits for.
func (s *Script) OnBar(ctx *strategy.Context, _ strategy.Bar) { s.answer(ctx, OnBar) }

// OnTrade is a public trade.
func (s *Script) OnTrade(ctx *strategy.Context, _ strategy.Trade) { s.answer(ctx, OnTrade) }

// OnNews is a headline.
func (s *Script) OnNews(ctx *strategy.Context, _ strategy.News) { s.answer(ctx, OnNews) }

// OnFill is an own fill.
func (s *Script) OnFill(ctx *strategy.Context, fill strategy.Fill) {
	s.answer(ctx, OnFill)
	if fill.Done {
		s.answer(ctx, OnEnd)
	}
}

// OnOrder is what became of an own order.
func (s *Script) OnOrder(ctx *strategy.Context, u strategy.OrderUpdate) {
	if u.Op == exchange.OpSubmit && (u.State == exchange.Denied || u.State == exchange.Rejected) {
		s.answer(ctx, OnDenied)
	}
	if u.State.Done() {
		s.answer(ctx, OnEnd)
	}
}

// answer does what waits for a trigger.
func (s *Script) answer(ctx *strategy.Context, t Trigger) {
	for i := range s.Signals {
		sig := &s.Signals[i]
		if sig.On != t || ctx.Now() < s.Start.Add(sig.At) {
			continue
		}
		for len(s.done) < len(s.Signals) {
			s.done = append(s.done, 0)
		}
		if s.done[i]++; sig.Times > 0 && s.done[i] > sig.Times {
			continue
		}
		s.OnTimer(ctx, i)
	}
}

// OnStart sets the clock.
func (s *Script) OnStart(ctx *strategy.Context) {
	for i := range s.Signals {
		sig := &s.Signals[i]
		if sig.On != 0 {
			continue
		}
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
