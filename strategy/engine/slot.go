package engine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/strategy"
)

// slot is one strategy with what it owns: it is the strategy.Host that its Context
// stands on.
type slot struct {
	e    *Engine
	id   exchange.SlotID
	cfg  Slot
	ctx  *strategy.Context
	cash []money.Amount // by asset: what this slot may spend, and what it got for what it sold
	held []money.Amount // by asset: reserved for its open buys

	books   []position // by instrument of the slot
	place   []int32    // by instrument of the catalog: place in books, -1
	timers  []timer
	outbox  []request
	gone    int                    // how much of it has been sent
	updates []strategy.OrderUpdate // denials to tell
	rand    *rand.Rand
	warmUp  int
	cold    int // instruments that still warm up
	started bool
	over    bool // the data has ended: only the engine's own sales go out

	other strategy.OtherBarWatcher
	trade strategy.TradeWatcher
	top   strategy.BookWatcher
	fill  strategy.FillWatcher
	order strategy.OrderWatcher
	news  strategy.NewsWatcher
	timed strategy.TimerWatcher
}

// position is what a slot holds of one instrument, and what it has promised to sell.
type position struct {
	in       *exchange.Instrument
	bars     int // seen while warming up
	held     money.Qty
	reserved money.Qty    // by open sells
	cost     money.Amount // of what is held, fees not included
	bracket  bracket
	exiting  bool             // everything is to be sold once nothing is reserved
	purpose  exchange.Purpose // of that sale
	orders   []*order
}

type timer struct {
	at exchange.Stamp
	id int
}

// request is one thing in the outbox. The zero Op of exchange is a submit.
type request struct {
	n     uint64 // in the order in which all strategies asked
	op    exchange.Op
	order exchange.Order
	amend exchange.Amend
}

// order is an own order that may still fill.
type order struct {
	exchange.Order
	slot    *slot
	state   exchange.State
	sent    bool // the guard has had it
	filled  money.Qty
	reserve money.Amount   // quote that a buy may still use, fee included; lots of a sell
	change  exchange.Amend // asked for and not confirmed yet

	changing  exchange.Stamp // when a change for a bracket was asked for that has no answer yet; 0: none
	triggered bool           // a stop that is live now: no venue changes one
}

func newSlot(e *Engine, id exchange.SlotID, cfg Slot) *slot {
	s := &slot{
		e: e, id: id, cfg: cfg, rand: rand.New(rand.NewPCG(e.cfg.Seed, uint64(id)+1)),
		cash: make([]money.Amount, len(e.cat.Assets)), held: make([]money.Amount, len(e.cat.Assets)),
		place: make([]int32, len(e.cat.Instruments)), cold: len(cfg.Instruments),
	}
	for i := range s.place {
		s.place[i] = -1
	}
	for i, inst := range cfg.Instruments {
		s.place[inst] = int32(i)
		s.books = append(s.books, position{in: &e.cat.Instruments[inst]})
	}
	s.ctx = strategy.NewContext(s)
	s.ctx.Continue(e.guard.LastSignal(id))
	if w, ok := cfg.Strategy.(strategy.WarmUpper); ok {
		s.warmUp = w.WarmUp()
	}
	s.warmUp = max(s.warmUp, cfg.WarmUp)
	s.other, _ = cfg.Strategy.(strategy.OtherBarWatcher)
	s.trade, _ = cfg.Strategy.(strategy.TradeWatcher)
	s.top, _ = cfg.Strategy.(strategy.BookWatcher)
	s.fill, _ = cfg.Strategy.(strategy.FillWatcher)
	s.order, _ = cfg.Strategy.(strategy.OrderWatcher)
	s.news, _ = cfg.Strategy.(strategy.NewsWatcher)
	s.timed, _ = cfg.Strategy.(strategy.TimerWatcher)
	return s
}

// adopt gives the slot its share of an opening balance; coins become the position of the
// first instrument that trades them, at a cost of 0.
func (s *slot) adopt(a exchange.AssetID, v money.Amount) {
	s.cash[a] = v
	for i := range s.books {
		if b := &s.books[i]; b.in.Base == a {
			b.held = b.in.LotsIn(v)
			return
		}
	}
}

func (s *slot) book(id exchange.InstrumentID) *position {
	if i := s.place[id]; i >= 0 {
		return &s.books[i]
	}
	return nil
}

// onBar hands a finished bar to the strategy, once its warm-up is over with the outbox
// open.
func (s *slot) onBar(ev *exchange.Event) {
	b := &s.books[s.place[ev.Instrument]]
	in := b.in
	scale := float64(money.Pow10[in.PriceDecimals])
	bar := strategy.Bar{
		Time: ev.Time, Interval: ev.Interval, Instrument: ev.Instrument,
		Open: float64(ev.Open) / scale, High: float64(ev.High) / scale, Low: float64(ev.Low) / scale, Close: float64(ev.Price) / scale,
		Volume: in.QtyFloat(ev.Qty), Trades: ev.Count,
	}
	if s.cfg.Interval != 0 && ev.Interval != s.cfg.Interval {
		if s.other != nil {
			s.ctx.Focus(ev.Instrument)
			s.other.OnOtherBar(s.ctx, bar)
		}
		return
	}
	if !s.started {
		s.warm(b)
	}
	if !s.e.guard.Flattening() {
		s.watchTarget(b, ev.High)
	}
	s.ctx.Focus(ev.Instrument)
	s.cfg.Strategy.OnBar(s.ctx, bar)
}

// warm counts a bar of the warm-up. When every instrument has had its bars, the strategy
// may act from this bar on.
func (s *slot) warm(b *position) {
	b.bars++
	if b.bars == s.warmUp+1 {
		s.cold--
	}
	if s.cold > 0 {
		return
	}
	s.started = true
	if st, ok := s.cfg.Strategy.(strategy.Starter); ok {
		s.ctx.Focus(b.in.ID)
		st.OnStart(s.ctx)
	}
}

func (s *slot) onTrade(ev *exchange.Event) {
	b := s.book(ev.Instrument)
	if !s.e.guard.Flattening() {
		s.watchTarget(b, ev.Price)
	}
	if s.trade == nil {
		return
	}
	s.ctx.Focus(ev.Instrument)
	s.trade.OnTrade(s.ctx, strategy.Trade{
		Time: ev.Time, Instrument: ev.Instrument, Price: b.in.PriceFloat(ev.Price), Qty: b.in.QtyFloat(ev.Qty), Side: ev.Side,
	})
}

func (s *slot) onTop(ev *exchange.Event) {
	if s.top == nil {
		return
	}
	in := s.book(ev.Instrument).in
	s.ctx.Focus(ev.Instrument)
	s.top.OnBook(s.ctx, strategy.Top{
		Time: ev.Time, Instrument: ev.Instrument, Bid: in.PriceFloat(ev.Price), BidQty: in.QtyFloat(ev.Qty),
		Ask: in.PriceFloat(ev.AskPrice), AskQty: in.QtyFloat(ev.AskQty),
	})
}

func (s *slot) onNews(ev *exchange.Event) {
	if s.news == nil {
		return
	}
	s.ctx.Focus(s.cfg.Instruments[0])
	s.news.OnNews(s.ctx, strategy.News{Time: ev.Time, Text: ev.Detail.Text})
}

func (s *slot) fireTimers() {
	if s.timed == nil {
		s.timers = s.timers[:0]
		return
	}
	for {
		due := -1
		for i, t := range s.timers {
			if t.at <= s.e.now && (due < 0 || t.at < s.timers[due].at) {
				due = i
			}
		}
		if due < 0 {
			return
		}
		id := s.timers[due].id
		s.timers = slices.Delete(s.timers, due, due+1)
		s.ctx.Focus(s.cfg.Instruments[0])
		s.timed.OnTimer(s.ctx, id)
	}
}

// flush sends what is in the outboxes through the guard, in the order in which it was asked
// for: an order with a higher number must not be there first. Then it tells the strategies
// what was denied. What they want in answer goes out with the next event, so that a strategy
// that retries forever cannot hold up the loop.
func (e *Engine) flush() error {
	for {
		var next *slot
		for _, s := range e.slots {
			if s.gone < len(s.outbox) && (next == nil || s.outbox[s.gone].n < next.outbox[next.gone].n) {
				next = s
			}
		}
		if next == nil {
			break
		}
		next.gone++
		if err := next.carryOut(&next.outbox[next.gone-1]); err != nil && !survivable(err) {
			return err
		}
	}
	for _, s := range e.slots {
		s.outbox, s.gone = s.outbox[:0], 0
		s.tellUpdates()
	}
	return nil
}

// ask puts a request in the outbox.
func (s *slot) ask(r request) {
	s.e.asked++
	r.n = s.e.asked
	s.outbox = append(s.outbox, r)
	s.e.waiting = true
}

// carryOut takes a request through the guard.
func (s *slot) carryOut(r *request) error {
	switch r.op {
	case exchange.OpSubmit:
		return s.submit(&r.order)
	case exchange.OpAmend:
		return s.amend(&r.amend)
	}
	return s.e.guard.Cancel(r.order.ID)
}

// tellUpdates tells the strategy what was denied.
func (s *slot) tellUpdates() {
	told := len(s.updates)
	for i := range told {
		u := s.updates[i]
		if s.order != nil {
			s.ctx.Focus(u.Instrument)
			s.order.OnOrder(s.ctx, u)
		}
	}
	s.updates = s.updates[:copy(s.updates, s.updates[told:])]
}

// survivable reports whether the run goes on after a request met this error.
func survivable(err error) bool {
	for _, e := range [...]error{exchange.ErrDenied, exchange.ErrRejected, exchange.ErrThrottled, exchange.ErrUnknown, exchange.ErrDryRun} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// submit takes an order through the guard.
func (s *slot) submit(o *exchange.Order) error {
	own := s.e.orders[o.ID]
	own.sent = true
	err := s.e.guard.Submit(o)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, exchange.ErrUnknown):
		own.state = exchange.Unknown
		return err
	case errors.Is(err, exchange.ErrDenied), errors.Is(err, exchange.ErrDryRun):
		own.state = exchange.Denied
	default:
		own.state = exchange.Rejected
	}
	s.refused(own, exchange.OpSubmit)
	s.end(own)
	return err
}

// amend takes a change through the guard and keeps it until the venue confirms.
func (s *slot) amend(a *exchange.Amend) error {
	own := s.e.orders[a.Order]
	if own == nil {
		return exchange.ErrRejected // it ended before the change went out
	}
	err := s.e.guard.Amend(a)
	if err != nil {
		s.refused(own, exchange.OpAmend)
		own.changing = 0
		return err
	}
	own.change = *a
	return nil
}

// refused notes what OnOrder will be told.
func (s *slot) refused(o *order, op exchange.Op) {
	in := &s.e.cat.Instruments[o.Instrument]
	s.updates = append(s.updates, strategy.OrderUpdate{
		Time: s.e.now, Instrument: o.Instrument, Order: o.ID, State: o.state, Op: op, Remaining: in.QtyFloat(o.Qty - o.filled),
	})
}

// Now, and all below, is strategy.Host.
func (s *slot) Now() exchange.Stamp { return s.e.now }

func (s *slot) Catalog() *exchange.Catalog { return s.e.cat }

func (s *slot) Instruments() []exchange.InstrumentID { return s.cfg.Instruments }

func (s *slot) Rand() *rand.Rand { return s.rand }

func (s *slot) Size() strategy.Size { return s.e.cfg.Size }

func (s *slot) Last(id exchange.InstrumentID) money.Price { return s.e.book.last[id] }

func (s *slot) Note(text string) { s.e.guard.Note(fmt.Sprintf("%s: %s", s.cfg.Name, text)) }

func (s *slot) After(d time.Duration, id int) {
	if d <= 0 {
		d = 1
	}
	at := s.e.now.Add(d)
	s.timers = append(s.timers, timer{at, id})
	s.e.wake = min(s.e.wake, at)
}

func (s *slot) Position(id exchange.InstrumentID) strategy.Position {
	b := s.book(id)
	if b == nil || b.held == 0 {
		return strategy.Position{}
	}
	quote := s.e.cat.Assets[b.in.Quote].Decimals
	qty := b.in.QtyFloat(b.held)
	return strategy.Position{Qty: qty, AvgPrice: money.Float(int64(b.cost), quote) / qty, Reserved: b.in.QtyFloat(b.reserved)}
}

func (s *slot) Lots(id exchange.InstrumentID) money.Qty {
	if b := s.book(id); b != nil {
		return b.held - b.reserved
	}
	return 0
}

func (s *slot) Spendable(id exchange.InstrumentID) money.Amount {
	q := s.e.cat.Instruments[id].Quote
	free := s.cash[q] - s.held[q]
	for i := range s.books {
		b := &s.books[i]
		if b.in.Base != q {
			continue
		}
		kept := b.held // a position is not money for another pair
		if q == s.e.cfg.Currency {
			kept = b.reserved // but the account's own currency is
		}
		lots, _ := b.in.BaseAmount(kept)
		free -= lots
	}
	return max(0, free)
}

// spend takes coins that paid for another pair out of the positions that held them.
func (s *slot) spend(a exchange.AssetID) {
	left := s.cash[a]
	for i := range s.books {
		b := &s.books[i]
		if b.in.Base != a {
			continue
		}
		if have := b.in.LotsIn(max(0, left)); have < b.held {
			b.lose(b.held - have)
		}
		lots, _ := b.in.BaseAmount(b.held)
		left -= lots
	}
}

func (s *slot) Rate(asset exchange.AssetID) float64 {
	d := s.e.cat.Assets[asset].Decimals
	one := s.e.book.inCurrency(money.Amount(money.Pow10[d]), asset)
	return money.Float(int64(one), s.e.cat.Assets[s.e.cfg.Currency].Decimals)
}

func (s *slot) Cash() float64 {
	c := s.e.cfg.Currency
	return money.Float(int64(s.cash[c]-s.held[c]), s.e.cat.Assets[c].Decimals)
}

// Equity is the slot's cash and positions at the last prices, in the account's currency.
func (s *slot) Equity() float64 {
	var sum money.Amount
	for i, v := range s.cash {
		if v != 0 {
			sum += s.e.book.inCurrency(v, exchange.AssetID(i))
		}
	}
	return money.Float(int64(sum), s.e.cat.Assets[s.e.cfg.Currency].Decimals)
}

func (s *slot) Orders(dst []strategy.Order, id exchange.InstrumentID) []strategy.Order {
	b := s.book(id)
	if b == nil {
		return dst
	}
	for _, o := range b.orders {
		dst = append(dst, strategy.Order{
			ID: o.ID, Instrument: id, Side: o.Side, Type: o.Type, State: o.state, Qty: b.in.QtyFloat(o.Qty), Filled: b.in.QtyFloat(o.filled),
			Price: b.in.PriceFloat(o.Price), Trigger: b.in.PriceFloat(o.Trigger),
		})
	}
	return dst
}

var _ strategy.Host = (*slot)(nil)
