package chaos

import (
	"context"
	"fmt"
	"io"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Venue is what others can do behind the link: the owner by hand, the venue's staff, a
// thief. sim.Venue is one.
type Venue interface {
	Submit(exchange.AccountID, *exchange.Order)
	Deposit(exchange.AccountID, exchange.AssetID, money.Amount) error
	Withdraw(exchange.AccountID, exchange.AssetID, money.Amount) error
	Balance(exchange.AccountID, exchange.AssetID) exchange.Balance
	Forget(exchange.AccountID, func(*exchange.Order) bool)
}

// Config is what a Link needs besides its plan.
type Config struct {
	Catalog *exchange.Catalog
	Account exchange.AccountID
	// Venue carries out foreign orders, manual trades, withdrawals and credits; nil: they are
	// only told.
	Venue Venue
	// Facts are those that the link itself makes up, as a live client would: heartbeats, the
	// comparison of clocks, the key's rights, a second source, outcomes of requests, the dead
	// man's switch, ledger rows and foreign orders. What the inner exchange tells goes through.
	Facts exchange.Facts
	Key   exchange.KeyInfo // what the key may do, for FactKeyInfo
	// LateMax is how long an order may stay invisible before it counts as never placed;
	// 0: 65 s, its deadline and a minute.
	LateMax time.Duration
	// RoundTrip is how long the answer to a call takes that the venue refuses. With 0 it comes
	// at once, and whoever sends again for each refusal never gets on.
	RoundTrip time.Duration
}

// Link is the decorator between guard and venue that fails as an Injector says. It plays
// the part of a live client too: an outcome that is lost becomes Unknown, is looked up, and
// is found or given up; a stream that comes back is caught up with. It hands each order,
// change and cancellation over at most once. An idle one (no rules, no facts) only numbers.
type Link struct {
	inner exchange.Exchange
	waker exchange.Waker // nil when the inner one beats by itself
	x     *Injector
	cfg   Config
	idle  bool

	in     exchange.Event // as the inner one filled it
	seq    uint64
	now    exchange.Stamp // of the venue
	queue  []item         // by due, then in order
	pushed uint64
	ended  bool // the inner one has

	wanted, armed exchange.Stamp // beats: of the caller, at the inner one
	edge          exchange.Stamp // at which a fault begins, ends or happens next

	lost     []lost // orders whose outcome is on its way, by id
	slow     []slow // orders whose outcomes come late
	twice    []exchange.OrderID
	withheld []exchange.Event // of the account, by a stream that stands still
	asked    []*Rule          // for snapshots that were asked for, what strikes each
	stream   streamState
	clock    clockState
	facts    factState
	price    []money.Price // by instrument: last seen
	foreign  exchange.OrderID
}

// item is something to tell or to do at its time.
type item struct {
	due exchange.Stamp
	n   uint64
	act act
	id  exchange.OrderID
	ev  exchange.Event
}

type act uint8

const (
	tell act = iota
	look     // whether a lost order is there
	miss     // the answer was due now
)

var (
	_ exchange.Exchange   = (*Link)(nil)
	_ exchange.Waker      = (*Link)(nil)
	_ exchange.Auctioneer = (*Link)(nil)
)

// Wrap puts a link before inner. The injector is shared by all who play the plan, and
// outlives the link when the process crashes.
func Wrap(inner exchange.Exchange, x *Injector, c Config) *Link {
	l := &Link{inner: inner, x: x, cfg: c, wanted: exchange.Never, armed: -1, foreign: foreignIDs, idle: len(x.plan.Rules) == 0 && c.Facts == 0}
	l.waker, _ = inner.(exchange.Waker)
	l.now, l.edge = x.now, x.nextAfter(x.now-1)
	if l.cfg.LateMax == 0 {
		l.cfg.LateMax = 65 * time.Second
	}
	l.price = make([]money.Price, len(c.Catalog.Instruments))
	l.facts.init()
	return l
}

// Facts are the link's and those of the inner exchange.
func (l *Link) Facts() exchange.Facts {
	if f, ok := l.inner.(interface{ Facts() exchange.Facts }); ok {
		return l.cfg.Facts | f.Facts()
	}
	return l.cfg.Facts
}

// FinalAuction asks the inner exchange; false where it cannot.
func (l *Link) FinalAuction() bool {
	a, ok := l.inner.(exchange.Auctioneer)
	return ok && a.FinalAuction()
}

// WakeAt asks for a beat. Beats come also when a fault begins, ends or happens.
func (l *Link) WakeAt(t exchange.Stamp) { l.wanted = t }

// arm asks the inner exchange for the earliest beat that anybody needs.
func (l *Link) arm() {
	if l.waker == nil {
		return
	}
	at := l.wakeable()
	if !l.idle {
		if len(l.queue) > 0 {
			at = min(at, l.queue[0].due)
		}
		at = min(at, l.edge)
	}
	if at != l.armed {
		l.armed = at
		l.waker.WakeAt(at)
	}
}

// Next hands over what is due, and lets everything from the inner exchange go through the
// faults first.
func (l *Link) Next(ctx context.Context, ev *exchange.Event) error {
	for {
		if len(l.queue) > 0 && l.queue[0].due <= l.now {
			if l.pop(ev) {
				return nil
			}
			continue
		}
		l.arm()
		if l.idle {
			if err := l.inner.Next(ctx, ev); err != nil {
				return err
			}
			l.number(ev)
			return nil
		}
		if err := l.inner.Next(ctx, &l.in); err != nil {
			if err != io.EOF || len(l.queue) == 0 {
				return err
			}
			l.ended = true // what is on its way still comes
			l.advance(l.queue[0].due)
			continue
		}
		l.ended = false
		l.advance(l.in.Time)
		if l.in.Kind == exchange.KindBeat {
			l.armed = -1
			if l.ours() >= l.wanted {
				l.wanted = exchange.Never
			}
		}
		l.arrive(&l.in)
	}
}

// number is all that an idle link does.
func (l *Link) number(ev *exchange.Event) {
	l.seq++
	ev.Seq = l.seq
	l.now = max(l.now, ev.Time)
	if ev.Kind == exchange.KindBeat {
		l.armed = -1
		if ev.Time >= l.wanted {
			l.wanted = exchange.Never
		}
	}
}

// advance lets time pass up to t. When a fault begins, ends or happens on the way, a beat
// tells of it: what came with it may be swallowed.
func (l *Link) advance(t exchange.Stamp) {
	l.now = max(l.now, t)
	l.x.Advance(l.now)
	l.changes()
	if l.edge <= l.now {
		l.push(l.now, l.fact(exchange.KindBeat))
	}
	l.edge = l.x.nextAfter(l.now)
}

// pop takes the queue's head; told says that it is an event, which lies in ev now.
func (l *Link) pop(ev *exchange.Event) (told bool) {
	it := l.queue[0]
	l.queue = l.queue[:copy(l.queue, l.queue[1:])]
	switch it.act {
	case look:
		l.look(it.id)
		return false
	case miss:
		l.miss(it.id)
		return false
	}
	*ev = it.ev
	l.seq++
	ev.Seq = l.seq
	l.dress(ev, it.due)
	l.reach(ev)
	return true
}

// push tells an event at a time.
func (l *Link) push(due exchange.Stamp, ev *exchange.Event) {
	l.insert(item{due: due, ev: *ev})
}

func (l *Link) insert(it item) {
	l.pushed++
	it.n = l.pushed
	at := len(l.queue)
	for at > 0 && l.queue[at-1].due > it.due {
		at--
	}
	l.queue = append(l.queue, item{})
	copy(l.queue[at+1:], l.queue[at:])
	l.queue[at] = it
}

// fact is an event of the link's own, now.
func (l *Link) fact(kind exchange.Kind) *exchange.Event {
	return &exchange.Event{Kind: kind, Time: l.now, Received: l.now, Last: true, Account: l.cfg.Account, Instrument: exchange.None, FeeAsset: exchange.None}
}

// arrive lets an event of the inner exchange go through the faults.
func (l *Link) arrive(ev *exchange.Event) {
	l.freshen(ev)
	switch ev.Kind {
	case exchange.KindBeat:
		l.push(l.now, ev)
	case exchange.KindOrder, exchange.KindFill:
		l.outcome(ev)
	case exchange.KindSnapshot:
		l.snapshot(ev)
	case exchange.KindBalance:
		if l.x.Holds(ZeroBalances, "", "") != nil {
			ev.Cost = 0
		}
		l.push(l.now, ev)
	default:
		l.market(ev)
	}
}

// reach tells the injector what the caller is about to see.
func (l *Link) reach(ev *exchange.Event) {
	switch ev.Kind {
	case exchange.KindOrder:
		if ev.Op == exchange.OpSubmit && ev.State == exchange.Working {
			l.x.Reach(Acked)
		}
	case exchange.KindFill:
		l.x.Reach(Filled)
	case exchange.KindBar:
		l.x.Reach(Barred)
	case exchange.KindSnapshot:
		l.x.Reach(Snapshotted)
	}
	if ev.State == exchange.Unknown {
		l.x.Reach(GoneUnknown)
	}
	if ev.Kind != exchange.KindBeat { // how many of them come, nobody promises
		l.x.Reach(AnyEvent)
	}
}

// symbol is an instrument's pair; "" for none.
func (l *Link) symbol(id exchange.InstrumentID) string {
	if id < 0 || int(id) >= len(l.cfg.Catalog.Instruments) {
		return ""
	}
	return l.cfg.Catalog.Instruments[id].Symbol
}

func (l *Link) instrument(symbol string) *exchange.Instrument {
	in, ok := l.cfg.Catalog.Find(symbol)
	if !ok {
		panic(fmt.Sprintf("BUG: the plan's pair %s is not in the catalog; it was not checked with CheckWithin", symbol))
	}
	return in
}
