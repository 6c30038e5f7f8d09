package risk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Config is what a Guard is made of. Every field but Zone and Rearm is needed.
type Config struct {
	Exchange exchange.Exchange
	Catalog  *exchange.Catalog
	Currency exchange.AssetID // in which equity and limits are counted
	FeePPM   int64            // the worst fee that a fill can cost, for reserves
	Facts    exchange.Facts   // what the source declares it can give
	Limits   Limits
	Recorder Recorder
	Kill     KillSwitch
	Zone     *time.Location // of the trading day; nil: UTC
	Rearm    Rearm          // a backtest's simulated operator
}

// Guard is the one door to an exchange: orders go through it and are decided, events come
// through it and are watched. It is used by one goroutine.
type Guard struct {
	ex      exchange.Exchange
	waker   exchange.Waker // nil when the source beats by itself
	rec     Recorder
	kill    KillSwitch
	s       *state
	facts   exchange.Facts
	woken   exchange.Stamp
	verdict Verdict
	record  Record
	failed  error // of the recorder: nothing goes out any more
}

// NoKillSwitch is for a replay, where nobody can press one.
type NoKillSwitch struct{}

// Present is always false.
func (NoKillSwitch) Present() bool { return false }

// New checks a Config and puts the guard before its exchange. It asks the exchange for
// the opening snapshot.
func New(cfg Config) (*Guard, error) {
	switch {
	case cfg.Exchange == nil || cfg.Catalog == nil || cfg.Recorder == nil || cfg.Kill == nil:
		return nil, errors.New("risk: a guard needs an exchange, a catalog, a recorder and a kill switch")
	case cfg.Currency < 0 || int(cfg.Currency) >= len(cfg.Catalog.Assets):
		return nil, errors.New("risk: the account's currency is not in the catalog")
	case cfg.FeePPM < 0 || cfg.FeePPM >= money.PPM:
		return nil, fmt.Errorf("risk: a worst fee of %d ppm is out of range", cfg.FeePPM)
	}
	for i := range cfg.Catalog.Instruments {
		in := &cfg.Catalog.Instruments[i]
		for _, a := range []exchange.AssetID{in.Base, in.Quote} {
			if _, ok := cfg.Catalog.Path(a, cfg.Currency); !ok {
				return nil, fmt.Errorf("risk: no rate from %s to the account's currency %s: add data of a pair that joins them, for example %s/%s",
					cfg.Catalog.Assets[a].Name, cfg.Catalog.Assets[cfg.Currency].Name, cfg.Catalog.Assets[a].Name, cfg.Catalog.Assets[cfg.Currency].Name)
			}
		}
	}
	g := &Guard{ex: cfg.Exchange, rec: cfg.Recorder, kill: cfg.Kill, s: newState(&cfg), facts: cfg.Facts, woken: -1}
	g.waker, _ = cfg.Exchange.(exchange.Waker)
	g.record = Record{Type: RecStart, Time: 0, Facts: cfg.Facts, Text: "profile " + cfg.Limits.Profile}
	if err := g.write(true); err != nil {
		return nil, err
	}
	if err := g.ex.Refresh(); err != nil {
		return nil, fmt.Errorf("risk: opening snapshot: %w", err)
	}
	return g, nil
}

// Next fills *Event with the next one, after the guard has looked at it. wake is when the
// caller wants a Beat at the latest.
func (g *Guard) Next(ctx context.Context, ev *exchange.Event, wake exchange.Stamp) error {
	if g.failed != nil {
		return g.failed
	}
	if g.waker != nil {
		if due := min(wake, g.s.nextDue); due != g.woken {
			g.woken = due
			g.waker.WakeAt(due)
		}
	}
	if err := g.ex.Next(ctx, ev); err != nil {
		return err
	}
	g.observe(ev)
	return g.failed
}

// Submit decides about an order. nil means approved, recorded and handed over;
// exchange.ErrDenied that the guard refused, with the reasons in LastVerdict; any other
// error is the exchange's own.
func (g *Guard) Submit(o *exchange.Order) error {
	o.Sent = g.s.now
	if err := g.askKillSwitch(); err != nil {
		return err
	}
	if g.s.decide(o, &g.verdict); !g.verdict.Approved() {
		g.record = Record{Type: RecDenial, Time: g.s.now, Order: o, Reasons: g.verdict.Reasons, OrderID: o.ID}
		if err := g.write(false); err != nil {
			return err
		}
		return exchange.ErrDenied
	}
	g.noteExtremes(true)
	g.record = Record{Type: RecIntent, Time: g.s.now, Order: o, OrderID: o.ID}
	if err := g.write(true); err != nil {
		return err
	}
	g.s.acct.add(o, g.verdict.cost)
	err := g.ex.Submit(o)
	switch {
	case err == nil:
	case errors.Is(err, exchange.ErrUnknown):
		g.s.acct.find(o.ID).state = exchange.Unknown // stays reserved: it may have happened
	default:
		g.s.acct.release(o.ID)
	}
	return err
}

// LastVerdict is the verdict of the last Submit or Amend. It is valid until the next.
func (g *Guard) LastVerdict() *Verdict { return &g.verdict }

// Amend decides about a change: the order as it would be is decided like a new one, with
// its own reserve given back first.
func (g *Guard) Amend(a *exchange.Amend) error {
	a.Sent = g.s.now
	if err := g.askKillSwitch(); err != nil {
		return err
	}
	oo := g.s.acct.find(a.Order)
	if oo == nil {
		return exchange.ErrRejected
	}
	changed, before := amended(oo, a), oo.reserve
	g.s.acct.reserve(oo, 0)
	g.s.decide(&changed, &g.verdict)
	cost := g.verdict.cost
	if !g.verdict.Approved() {
		g.s.acct.reserve(oo, before)
		g.record = Record{Type: RecDenial, Time: g.s.now, Amend: a, OrderID: a.Order, Reasons: g.verdict.Reasons}
		if err := g.write(false); err != nil {
			return err
		}
		return exchange.ErrDenied
	}
	// until the venue confirms, the larger of both reserves holds
	g.s.acct.reserve(oo, max(before, cost))
	g.record = Record{Type: RecAmend, Time: g.s.now, Amend: a, OrderID: a.Order}
	if err := g.write(true); err != nil {
		return err
	}
	if err := g.ex.Amend(a); err != nil {
		if !errors.Is(err, exchange.ErrUnknown) {
			g.s.acct.reserve(oo, before)
		}
		return err
	}
	oo.amend = changed
	oo.amend.Qty += oo.filled
	return nil
}

// amended is an order with a change applied, without what has filled.
func amended(oo *openOrder, a *exchange.Amend) exchange.Order {
	o := oo.order
	if a.Qty != 0 {
		o.Qty = a.Qty
	}
	if a.Display != 0 {
		o.Display = a.Display
	}
	if a.Price != 0 {
		o.Price = a.Price
	}
	if a.Trigger != 0 {
		o.Trigger = a.Trigger
	}
	o.Qty -= oo.filled
	return o
}

// Cancel takes an order back. It is never denied.
func (g *Guard) Cancel(id exchange.OrderID) error {
	g.record = Record{Type: RecCancel, Time: g.s.now, OrderID: id}
	if err := g.write(false); err != nil {
		return err
	}
	return g.ex.Cancel(id)
}

// CancelAll takes back every own order that may still fill, entries only when told.
func (g *Guard) CancelAll(entriesOnly bool) error {
	var first error
	for _, oo := range g.s.acct.open {
		if entriesOnly && oo.order.Side == exchange.Sell {
			continue
		}
		if err := g.Cancel(oo.order.ID); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Refresh asks the exchange for a snapshot, which is compared with the guard's own view.
func (g *Guard) Refresh() error { return g.ex.Refresh() }

// Level is the global level.
func (g *Guard) Level() Level { return g.s.level }

// Equity is the guard's own view of the account's worth, in its currency, at the last
// marks.
func (g *Guard) Equity() money.Amount { return g.s.acct.equity }

// Balance is the guard's own view of an asset.
func (g *Guard) Balance(a exchange.AssetID) money.Amount { return g.s.acct.balance[a] }

// Halt stops everything but cancels because the caller found a difference in the books.
func (g *Guard) Halt(cause string) { g.trip(latch{control: Bookkeeping, level: Halted, cause: cause}) }

// FinalAuction lets a replay trade once more at the last prices after its data has ended;
// false where the exchange cannot.
func (g *Guard) FinalAuction() bool {
	a, ok := g.ex.(exchange.Auctioneer)
	return ok && a.FinalAuction()
}

// Note writes a line into the records.
func (g *Guard) Note(text string) {
	g.record = Record{Type: RecNote, Time: g.s.now, Text: text}
	_ = g.write(false) // a failed recorder shows at the next order
}

// askKillSwitch asks before every approval; a positive answer is recorded before it acts.
func (g *Guard) askKillSwitch() error {
	if g.failed != nil {
		return g.failed
	}
	if g.kill.Present() {
		g.trip(latch{control: KillFile, level: Killed, cause: "the kill switch is present"})
	}
	return g.failed
}

// write hands g.record over. A recorder that fails shuts the door.
func (g *Guard) write(durable bool) error {
	if g.failed != nil {
		return g.failed
	}
	if err := g.rec.Record(&g.record, durable); err != nil {
		g.failed = fmt.Errorf("risk: cannot record, so nothing may happen: %w", err)
	}
	return g.failed
}
