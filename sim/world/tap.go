package world

import (
	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/exchange/money"
	"breakwater/strategy"
)

// tap puts the plan's faults between a strategy and the engine.
func (w *World) tap(slot int, s strategy.Strategy) strategy.Strategy {
	for _, v := range [...]chaos.Verb{chaos.Loop, chaos.MultiplyQty, chaos.ReplaySignal, chaos.StrategyFlood, chaos.FallbackPrice, chaos.Mute} {
		if w.verbs[v] {
			b := &broken{Strategy: s, w: w, slot: slot + 1}
			b.tap = strategy.Tap{Send: b.send, Last: b.last, Position: b.position}
			w.taps = append(w.taps, b)
			return b
		}
	}
	return s
}

// tapAct is an act of a strategy's fault: it happens with the strategy's next event.
func (w *World) tapAct(r *chaos.Rule) {
	for _, b := range w.taps {
		if r.Slot == 0 || r.Slot == b.slot {
			b.acts = append(b.acts, r)
		}
	}
}

// broken is a strategy with faults.
type broken struct {
	strategy.Strategy
	w       *World
	slot    int // from 1
	tap     strategy.Tap
	latest  exchange.Order // that it sent
	acts    []*chaos.Rule
	looping bool
	was     []strategy.Position // by instrument: before it was muted
	known   []bool
}

// holds is a state that the plan has put this strategy into.
func (b *broken) holds(v chaos.Verb) *chaos.Rule {
	r := b.w.holds(v, "")
	if r == nil || r.Slot != 0 && r.Slot != b.slot {
		return nil
	}
	return r
}

// before is called with each event that the strategy sees.
func (b *broken) before(ctx *strategy.Context) *strategy.Context {
	ctx = ctx.Tapped(&b.tap)
	if b.latest.Qty == 0 && b.latest.Cash == 0 {
		return ctx
	}
	for _, r := range b.acts {
		for range r.N() {
			again := b.latest
			if r.Do == chaos.StrategyFlood {
				again.Signal = ctx.Signal()
			}
			ctx.Resend(again)
		}
	}
	b.acts = b.acts[:0]
	if b.holds(chaos.Loop) != nil {
		again := b.latest
		again.Signal = ctx.Signal()
		b.looping = true
		ctx.Resend(again)
		b.looping = false
	}
	return ctx
}

func (b *broken) send(o *exchange.Order, send func(*exchange.Order) exchange.OrderID) exchange.OrderID {
	if r := b.holds(chaos.MultiplyQty); r != nil && !b.looping {
		if v, ok := money.MulDiv(int64(o.Qty), r.Factor, money.PPM, money.Down); ok {
			o.Qty = money.Qty(v)
		}
		if v, ok := money.MulDiv(int64(o.Cash), r.Factor, money.PPM, money.Down); ok {
			o.Cash = money.Amount(v)
		}
	}
	b.latest = *o
	return send(o)
}

func (b *broken) last(id exchange.InstrumentID, p money.Price) money.Price {
	if r := b.holds(chaos.FallbackPrice); r != nil {
		in := &b.w.cfg.Catalog.Instruments[id]
		if v, ok := money.MulDiv(r.Price, money.Pow10[in.PriceDecimals], money.Pow10[chaos.Scale], money.Half); ok {
			return money.Price(max(1, v))
		}
	}
	return p
}

// position is what it was when the strategy was last told of one.
func (b *broken) position(id exchange.InstrumentID, p strategy.Position) strategy.Position {
	for len(b.was) <= int(id) {
		b.was, b.known = append(b.was, strategy.Position{}), append(b.known, false)
	}
	if b.holds(chaos.Mute) == nil || !b.known[id] {
		b.was[id], b.known[id] = p, true
	}
	return b.was[id]
}

// OnBar, and all below, is the strategy's own where it has it.
func (b *broken) OnBar(ctx *strategy.Context, bar strategy.Bar) {
	ctx = b.before(ctx)
	b.Strategy.OnBar(ctx, bar)
}

// WarmUp is the strategy's.
func (b *broken) WarmUp() int {
	if s, has := b.Strategy.(strategy.WarmUpper); has {
		return s.WarmUp()
	}
	return 0
}

// OnStart is the strategy's.
func (b *broken) OnStart(ctx *strategy.Context) {
	if s, has := b.Strategy.(strategy.Starter); has {
		s.OnStart(b.before(ctx))
	}
}

// OnOtherBar is the strategy's.
func (b *broken) OnOtherBar(ctx *strategy.Context, bar strategy.Bar) {
	if s, has := b.Strategy.(strategy.OtherBarWatcher); has {
		s.OnOtherBar(b.before(ctx), bar)
	}
}

// OnTrade is the strategy's.
func (b *broken) OnTrade(ctx *strategy.Context, trade strategy.Trade) {
	ctx = b.before(ctx)
	if s, has := b.Strategy.(strategy.TradeWatcher); has {
		s.OnTrade(ctx, trade)
	}
}

// OnBook is the strategy's.
func (b *broken) OnBook(ctx *strategy.Context, top strategy.Top) {
	if s, has := b.Strategy.(strategy.BookWatcher); has {
		s.OnBook(b.before(ctx), top)
	}
}

// OnFill is the strategy's, unless it hears nothing.
func (b *broken) OnFill(ctx *strategy.Context, fill strategy.Fill) {
	if s, has := b.Strategy.(strategy.FillWatcher); has && b.holds(chaos.Mute) == nil {
		s.OnFill(ctx.Tapped(&b.tap), fill)
	}
}

// OnOrder is the strategy's, unless it hears nothing.
func (b *broken) OnOrder(ctx *strategy.Context, update strategy.OrderUpdate) {
	if s, has := b.Strategy.(strategy.OrderWatcher); has && b.holds(chaos.Mute) == nil {
		s.OnOrder(ctx.Tapped(&b.tap), update)
	}
}

// OnNews is the strategy's.
func (b *broken) OnNews(ctx *strategy.Context, news strategy.News) {
	if s, has := b.Strategy.(strategy.NewsWatcher); has {
		s.OnNews(b.before(ctx), news)
	}
}

// OnTimer is the strategy's.
func (b *broken) OnTimer(ctx *strategy.Context, id int) {
	if s, has := b.Strategy.(strategy.TimerWatcher); has {
		s.OnTimer(b.before(ctx), id)
	}
}
