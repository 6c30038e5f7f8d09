package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/strategy"
)

// Config is what an Engine is made of.
type Config struct {
	Guard    *risk.Guard
	Catalog  *exchange.Catalog
	Currency exchange.AssetID // of the account: in it the slots' shares and equity are counted
	FeePPM   int64            // the worst fee that a fill can cost, kept back when a buy is sized
	Slots    []Slot
	Size     strategy.Size // of entries that leave it to the run
	Seed     uint64        // of the strategies' random streams
	Observer Observer      // nil: nobody looks
	// CloseAtEnd cancels what is open and sells what is held at the last price once the data
	// ends, where the exchange can hold a final auction.
	CloseAtEnd bool
	// Ablated takes a guard that lacks one control. Only a World sets it.
	Ablated bool
	// History yields the records of earlier runs, oldest first, to go on from; nil: none.
	History func(yield func(*risk.Record) error) error
}

// Slot is one strategy on the account, with its share of the money.
type Slot struct {
	Name        string
	Strategy    strategy.Strategy
	Mode        string // for mode-allocation
	Instruments []exchange.InstrumentID
	// Interval is the bar size that OnBar gets; bars of other sizes go to OnOtherBar. 0
	// sends every bar to OnBar.
	Interval time.Duration
	SharePPM int64 // of the opening balances; the slots' shares add up to at most one million
	// WarmUp is how many bars of each instrument pass at least before the strategy may act;
	// what the strategy itself names holds beside it.
	WarmUp int
}

// Observer is told the account's worth after every bar, and once more after the sales of
// CloseAtEnd: equity and the part of it held in coins, in the account's currency.
type Observer interface {
	Mark(ev *exchange.Event, equity, exposed money.Amount)
	Closed(equity, exposed money.Amount)
}

// Engine runs strategies on one guarded account. Use it from one goroutine.
type Engine struct {
	cfg     Config
	guard   *risk.Guard
	cat     *exchange.Catalog
	now     exchange.Stamp
	book    *book
	slots   []*slot
	bySlot  [][]*slot // by instrument
	nextID  exchange.OrderID
	orders  map[exchange.OrderID]*order
	booked  []booked // by instrument
	free    []*order
	ready   bool // the opening snapshot was seen
	wake    exchange.Stamp
	asked   uint64 // requests so far
	waiting bool   // some are in an outbox
	end     int    // running, cancelled or closed
	ev      exchange.Event

	restoring bool // the history is being folded
	resumed   bool // there was one, and the venue's view of the open orders is still to come
	behind    bool // fills of a snapshot are booked, all of which the guard has
}

// New checks a Config. The engine starts with the first event.
func New(cfg Config) (*Engine, error) {
	if cfg.Guard == nil || cfg.Catalog == nil || len(cfg.Slots) == 0 {
		return nil, errors.New("engine: a guard, a catalog and at least one slot are needed")
	}
	if c := cfg.Guard.Ablated(); c != risk.NoControl && !cfg.Ablated {
		return nil, fmt.Errorf("engine: the guard lacks %s: such a one is for scenarios only", c)
	}
	if cfg.Guard.Breakable() && !cfg.Ablated {
		return nil, errors.New("engine: the guard's controls break when they are told to: such a one is for scenarios only")
	}
	e := &Engine{
		cfg: cfg, guard: cfg.Guard, cat: cfg.Catalog, book: newBook(cfg.Catalog, cfg.Currency),
		bySlot: make([][]*slot, len(cfg.Catalog.Instruments)), orders: map[exchange.OrderID]*order{}, booked: make([]booked, len(cfg.Catalog.Instruments)), wake: exchange.Never,
	}
	var shares int64
	for i, sc := range cfg.Slots {
		if sc.Strategy == nil || len(sc.Instruments) == 0 {
			return nil, fmt.Errorf("engine: slot %d (%s) needs a strategy and an instrument", i, sc.Name)
		}
		if sc.SharePPM <= 0 || sc.SharePPM > money.PPM {
			return nil, fmt.Errorf("engine: slot %d (%s): a share of %d ppm is out of range; use more than 0 and at most 100%%", i, sc.Name, sc.SharePPM)
		}
		shares += sc.SharePPM
		s := newSlot(e, exchange.SlotID(i), sc)
		e.slots = append(e.slots, s)
		for _, id := range sc.Instruments {
			if id < 0 || int(id) >= len(e.bySlot) {
				return nil, fmt.Errorf("engine: slot %d (%s): instrument %d is not in the catalog", i, sc.Name, id)
			}
			e.bySlot[id] = append(e.bySlot[id], s)
		}
	}
	if shares > money.PPM {
		return nil, fmt.Errorf("engine: the slots' shares add up to %d ppm; at most 1000000 (100%%) can be given out", shares)
	}
	return e, e.restore()
}

// Run takes events until the exchange ends them (nil), the context is done, or something
// broke.
func (e *Engine) Run(ctx context.Context) error {
	for {
		err := e.guard.Next(ctx, &e.ev, e.wake)
		if err == nil {
			if err = e.step(&e.ev); err == nil {
				continue
			}
		}
		if err != io.EOF {
			return err
		}
		if e.end == running {
			e.noteIdle()
		}
		if e.cfg.CloseAtEnd && e.end < closed {
			if err := e.closeOut(); err != nil {
				return err
			}
			continue
		}
		if o := e.cfg.Observer; o != nil && e.end == closed {
			o.Closed(e.book.equity, e.exposed())
		}
		e.guard.Conclude()
		return e.settle(ctx)
	}
}

// Now is the time of the last event.
func (e *Engine) Now() exchange.Stamp { return e.now }

// Equity is the account's worth at the last prices, in its currency.
func (e *Engine) Equity() money.Amount { return e.book.equity }

// step handles one event.
func (e *Engine) step(ev *exchange.Event) error {
	e.now = max(e.now, ev.Time)
	switch ev.Kind {
	case exchange.KindBar:
		e.onBar(ev)
	case exchange.KindFill:
		if err := e.onFill(ev); err != nil {
			e.guard.Halt(err.Error())
			return err
		}
	case exchange.KindOrder:
		e.onOrder(ev)
	case exchange.KindTrade:
		e.onTrade(ev)
	case exchange.KindTop:
		for _, s := range e.bySlot[ev.Instrument] {
			s.onTop(ev)
		}
	case exchange.KindNews:
		for _, s := range e.slots {
			s.onNews(ev)
		}
	case exchange.KindLedger:
		e.onFlow(ev)
	case exchange.KindSnapshot:
		if err := e.onSnapshot(ev.Detail.Snapshot); err != nil {
			e.guard.Halt(err.Error())
			return err
		}
	}
	switch quiet := ev.Kind.Quiet(); {
	case e.now >= e.wake && (!quiet || ev.Kind == exchange.KindBeat):
		e.fireTimers()
	case quiet:
		return nil // what waits for the next event waits for one that tells something: orders do not depend on how many beats come
	}
	if e.waiting {
		e.waiting = false
		return e.flush()
	}
	return nil
}

func (e *Engine) onBar(ev *exchange.Event) {
	e.book.mark(ev.Instrument, ev.Price)
	if e.guard.Flattening() {
		e.flatten(ev)
	}
	for _, s := range e.bySlot[ev.Instrument] {
		s.onBar(ev)
	}
	if e.cfg.Observer != nil {
		e.cfg.Observer.Mark(ev, e.book.equity, e.exposed())
	}
}

// exposed is the part of the equity that is not in the account's currency.
func (e *Engine) exposed() money.Amount { return e.book.equity - e.book.value[e.cfg.Currency] }

func (e *Engine) onTrade(ev *exchange.Event) {
	e.book.mark(ev.Instrument, ev.Price)
	for _, s := range e.bySlot[ev.Instrument] {
		s.onTrade(ev)
	}
}

// onSnapshot adopts the opening balances and gives the slots their shares; later ones must
// agree with the book.
func (e *Engine) onSnapshot(snap *exchange.Snapshot) error {
	if e.ready {
		if err := e.adoptOrders(snap); err != nil {
			return err
		}
		return e.compare(snap)
	}
	e.ready = true
	for _, b := range snap.Balances {
		e.book.add(b.Asset, b.Total)
		for _, s := range e.slots {
			share, _ := money.MulDiv(int64(b.Total), s.cfg.SharePPM, money.PPM, money.Floor)
			s.adopt(b.Asset, money.Amount(share))
		}
	}
	return nil
}

// compare holds the book against the guard's, and where the source is exact against the
// venue's: elsewhere a difference may be on its way, and the guard judges it.
func (e *Engine) compare(snap *exchange.Snapshot) error {
	for i := range e.cat.Assets {
		if g := e.guard.Balance(exchange.AssetID(i)); g != e.book.balance[i] {
			return fmt.Errorf("engine: the book has %d of %s, the guard %d", e.book.balance[i], e.cat.Assets[i].Name, g)
		}
	}
	if !e.guard.Exact() {
		return nil
	}
	return e.book.compare(snap.Balances)
}

// onFlow is money that came or went; the first slot has it.
func (e *Engine) onFlow(ev *exchange.Event) {
	if e.book.balance[ev.FeeAsset]+ev.Cost < 0 {
		return // money that was never in our books: the guard does not book it either, and halts
	}
	e.book.add(ev.FeeAsset, ev.Cost)
	e.slots[0].cash[ev.FeeAsset] += ev.Cost
}

// settle compares the book with the guard's view and asks the venue for its own.
func (e *Engine) settle(ctx context.Context) error {
	for i := range e.cat.Assets {
		if g := e.guard.Balance(exchange.AssetID(i)); g != e.book.balance[i] {
			return fmt.Errorf("engine: BUG: the guard has %d of %s, the book %d", g, e.cat.Assets[i].Name, e.book.balance[i])
		}
	}
	if err := e.guard.Refresh(); err != nil {
		return nil // the source is gone: there is nobody to compare with
	}
	for {
		switch err := e.guard.Next(ctx, &e.ev, exchange.Never); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		if err := e.step(&e.ev); err != nil {
			return err
		}
	}
}

// How far a run that closes at its end has come.
const (
	running   = iota
	cancelled // every open order: none may fill in the auction, and coins that rest are free
	closed    // what is held has been sold
)

// closeOut is called at the data's end, until the account is closed: the first time it
// cancels what is open, and once the venue has confirmed that it sells what is held, at the
// last price.
func (e *Engine) closeOut() error {
	e.end++
	for _, s := range e.slots {
		s.over = true
		for i := range s.books {
			b := &s.books[i]
			if e.end == closed {
				s.exit(b, exchange.ForClosing)
				continue
			}
			b.bracket, b.exiting = bracket{}, false
			for _, o := range b.orders {
				s.SendCancel(o.ID)
			}
		}
	}
	if err := e.flush(); err != nil {
		return err
	}
	if e.end == closed {
		e.guard.FinalAuction()
	}
	return nil
}

// noteIdle says of a strategy that could not do anything why, where the reason is a run that
// can do nothing.
func (e *Engine) noteIdle() {
	for _, s := range e.slots {
		b := &s.books[0]
		for i := range s.books {
			if s.books[i].bars < b.bars {
				b = &s.books[i]
			}
		}
		quote := e.cat.Assets[b.in.Quote].Name
		switch {
		case !s.started && s.warmUp > 0:
			s.Note(fmt.Sprintf("has not acted: it looks at %d bars of a pair first, and %s had %d", s.warmUp, b.in.Symbol, b.bars))
		case s.started && s.poor():
			s.Note(fmt.Sprintf("has not acted: the account has no %s to buy %s with", quote, b.in.Symbol))
		}
	}
}

// poor reports whether a slot has neither money nor coins for any of its pairs.
func (s *slot) poor() bool {
	for i := range s.books {
		if b := &s.books[i]; s.cash[b.in.Quote] != 0 || b.held != 0 {
			return false
		}
	}
	return true
}

func (e *Engine) fireTimers() {
	e.wake = exchange.Never
	for _, s := range e.slots {
		s.fireTimers()
		for _, t := range s.timers {
			e.wake = min(e.wake, t.at)
		}
	}
}
