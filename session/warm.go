package session

import (
	"math/rand/v2"
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/strategy"
	"breakwater/strategy/engine"
)

// history is the bars of the market that strategies warm up with after a restart.
type history struct {
	keep int // of each series
	bars []series
}

// series is the last bars of one size.
type series struct {
	instrument exchange.InstrumentID
	interval   time.Duration
	events     []exchange.Event
}

// add keeps a bar.
func (h *history) add(ev *exchange.Event) {
	if h.keep == 0 {
		return
	}
	i := slices.IndexFunc(h.bars, func(s series) bool { return s.instrument == ev.Instrument && s.interval == ev.Interval })
	if i < 0 {
		i = len(h.bars)
		h.bars = append(h.bars, series{instrument: ev.Instrument, interval: ev.Interval})
	}
	s := &h.bars[i]
	if len(s.events) >= 2*h.keep { // so that a bar moves once, on average
		s.events = append(s.events[:0], s.events[len(s.events)-h.keep:]...)
	}
	s.events = append(s.events, *ev)
}

// last are the last bars that a slot decides on, n of each of its instruments, in the
// order in which they came; fewest is how many the poorest instrument has.
func (h *history) last(slot *engine.Slot, n int) (bars []exchange.Event, fewest int) {
	fewest = n
	for _, id := range slot.Instruments {
		var of []exchange.Event
		for _, s := range h.bars {
			if s.instrument == id && (slot.Interval == 0 || s.interval == slot.Interval) {
				of = s.events
			}
		}
		of = of[max(0, len(of)-n):]
		fewest = min(fewest, len(of))
		bars = append(bars, of...)
	}
	slices.SortStableFunc(bars, func(a, b exchange.Event) int { return int(a.Seq) - int(b.Seq) })
	return bars, fewest
}

// warmUps is the longest warm-up of the strategies, in bars.
func warmUps(slots []engine.Slot) (most int) {
	for i := range slots {
		if w, waits := slots[i].Strategy.(strategy.WarmUpper); waits {
			most = max(most, w.WarmUp())
		}
	}
	return most
}

// warm shows each strategy the last bars that it needs, with the outbox shut, so that it
// need not wait for them again after a restart.
func (h *history) warm(p *plan, slots []engine.Slot) {
	for i := range slots {
		slot := &slots[i]
		w, waits := slot.Strategy.(strategy.WarmUpper)
		if !waits || w.WarmUp() == 0 {
			continue
		}
		bars, fewest := h.last(slot, w.WarmUp())
		host := &shutHost{plan: p, slot: slot, last: make([]money.Price, len(p.catalog.Instruments)), rand: rand.New(rand.NewPCG(p.config.Seed, uint64(i)+1))}
		ctx := strategy.NewContext(host)
		for j := range bars {
			ev := &bars[j]
			host.now, host.last[ev.Instrument] = ev.Time, ev.Price
			ctx.Focus(ev.Instrument)
			slot.Strategy.OnBar(ctx, barOf(&p.catalog.Instruments[ev.Instrument], ev))
		}
		slot.Strategy = &warmed{slot.Strategy, w.WarmUp() - fewest}
	}
}

// barOf is a bar as a strategy sees it.
func barOf(in *exchange.Instrument, ev *exchange.Event) strategy.Bar {
	return strategy.Bar{
		Time: ev.Time, Interval: ev.Interval, Instrument: ev.Instrument,
		Open: in.PriceFloat(ev.Open), High: in.PriceFloat(ev.High), Low: in.PriceFloat(ev.Low), Close: in.PriceFloat(ev.Price),
		Volume: in.QtyFloat(ev.Qty), Trades: ev.Count,
	}
}

// warmed is a strategy that has seen bars already: only the rest of its warm-up is left.
type warmed struct {
	strategy.Strategy
	rest int
}

// WarmUp, and all below, is the strategy's own where it has it.
func (w *warmed) WarmUp() int { return w.rest }

func (w *warmed) OnStart(ctx *strategy.Context) {
	if s, has := w.Strategy.(strategy.Starter); has {
		s.OnStart(ctx)
	}
}

func (w *warmed) OnOtherBar(ctx *strategy.Context, bar strategy.Bar) {
	if s, has := w.Strategy.(strategy.OtherBarWatcher); has {
		s.OnOtherBar(ctx, bar)
	}
}

func (w *warmed) OnTrade(ctx *strategy.Context, trade strategy.Trade) {
	if s, has := w.Strategy.(strategy.TradeWatcher); has {
		s.OnTrade(ctx, trade)
	}
}

func (w *warmed) OnBook(ctx *strategy.Context, top strategy.Top) {
	if s, has := w.Strategy.(strategy.BookWatcher); has {
		s.OnBook(ctx, top)
	}
}

func (w *warmed) OnFill(ctx *strategy.Context, fill strategy.Fill) {
	if s, has := w.Strategy.(strategy.FillWatcher); has {
		s.OnFill(ctx, fill)
	}
}

func (w *warmed) OnOrder(ctx *strategy.Context, update strategy.OrderUpdate) {
	if s, has := w.Strategy.(strategy.OrderWatcher); has {
		s.OnOrder(ctx, update)
	}
}

func (w *warmed) OnNews(ctx *strategy.Context, news strategy.News) {
	if s, has := w.Strategy.(strategy.NewsWatcher); has {
		s.OnNews(ctx, news)
	}
}

func (w *warmed) OnTimer(ctx *strategy.Context, id int) {
	if s, has := w.Strategy.(strategy.TimerWatcher); has {
		s.OnTimer(ctx, id)
	}
}

// shutHost is what a strategy's Context stands on while it warms up: it shows the market
// and nothing owned, and whatever is sent goes nowhere, as in the engine's own warm-up.
type shutHost struct {
	plan *plan
	slot *engine.Slot
	now  exchange.Stamp
	last []money.Price
	rand *rand.Rand
}

func (h *shutHost) Now() exchange.Stamp                                                   { return h.now }
func (h *shutHost) Catalog() *exchange.Catalog                                            { return h.plan.catalog }
func (h *shutHost) Instruments() []exchange.InstrumentID                                  { return h.slot.Instruments }
func (h *shutHost) Last(id exchange.InstrumentID) money.Price                             { return h.last[id] }
func (h *shutHost) Size() strategy.Size                                                   { return h.plan.size }
func (h *shutHost) Rand() *rand.Rand                                                      { return h.rand }
func (h *shutHost) Send(*exchange.Order) exchange.OrderID                                 { return 0 }
func (h *shutHost) SendAmend(*exchange.Amend)                                             {}
func (h *shutHost) SendCancel(exchange.OrderID)                                           {}
func (h *shutHost) Exit(exchange.InstrumentID)                                            {}
func (h *shutHost) SetBracket(exchange.InstrumentID, money.Price, money.Price)            {}
func (h *shutHost) After(time.Duration, int)                                              {}
func (h *shutHost) Position(exchange.InstrumentID) strategy.Position                      { return strategy.Position{} }
func (h *shutHost) Lots(exchange.InstrumentID) money.Qty                                  { return 0 }
func (h *shutHost) Cash() float64                                                         { return 0 }
func (h *shutHost) Equity() float64                                                       { return 0 }
func (h *shutHost) Spendable(exchange.InstrumentID) money.Amount                          { return 0 }
func (h *shutHost) Rate(exchange.AssetID) float64                                         { return 0 }
func (h *shutHost) Orders(dst []strategy.Order, _ exchange.InstrumentID) []strategy.Order { return dst }
func (h *shutHost) Note(string)                                                           {}

var _ strategy.Host = (*shutHost)(nil)
