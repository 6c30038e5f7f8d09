package world

import (
	"context"
	"errors"
	"fmt"
	"time"

	"breakwater/data/journal"
	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/risk"
	"breakwater/strategy/engine"
)

// secondFrom is where the ids of orders begin, at the venue, that the second process
// sends. To the first they are somebody else's.
const secondFrom exchange.OrderID = 1 << 41

// process is a second trading process on the same account: guard, engine and strategies,
// made of the same journal. It finds the state directory locked, and its guard is told.
type process struct {
	w      *World
	link   *chaos.Link
	guard  *risk.Guard
	engine *engine.Engine
	queue  []exchange.Event
	wake   exchange.Stamp
	seq    uint64
	failed bool
}

// second starts it.
func (w *World) second() {
	if w.other != nil || !w.up {
		return
	}
	p := &process{w: w, wake: exchange.Never}
	x, err := chaos.NewInjector(chaos.Plan{}, w.now)
	if err != nil {
		panic("BUG: an empty plan is refused: " + err.Error())
	}
	p.link = chaos.Wrap(p, x, w.linkConfig())
	if err := p.boot(); err != nil {
		w.note(Entry{Kind: "second-instance", Text: err.Error()})
		return
	}
	w.other = p
	w.note(Entry{Kind: "second-instance"})
}

func (p *process) boot() error {
	w := p.w
	_ = w.journal.Flush() // it reads what is on the disk now
	cfg := w.guardConfig()
	cfg.Exchange, cfg.Recorder = p.link, discard{}
	history := func(yield func(*risk.Record) error) error {
		rec, err := journal.Recover(w.disk.fs, journal.Options{})
		if err != nil {
			return err
		}
		return records(rec, yield)
	}
	cfg.History = history
	p.tell(exchange.Event{Kind: exchange.KindLink, State: exchange.Working, Instrument: exchange.None})
	for _, c := range []risk.Control{risk.EnvironmentMatch, risk.SecretsHygiene, risk.BuildIdentity, risk.SingleInstance} {
		check := &exchange.Check{Control: c.String(), OK: c != risk.SingleInstance, Text: "another process holds the state directory"}
		p.tell(exchange.Event{Kind: exchange.KindCheck, Instrument: exchange.None, Detail: &exchange.Detail{Check: check}})
	}
	var err error
	if p.guard, err = w.cfg.Guard(cfg); err != nil {
		return err
	}
	ecfg, err := w.engineConfig(p.guard, history)
	if err != nil {
		return err
	}
	p.engine, err = engine.New(ecfg)
	return err
}

// tell queues an event for the second process.
func (p *process) tell(ev exchange.Event) {
	ev.Time, ev.Received, ev.Last, ev.FeeAsset = p.w.now, p.w.now, true, exchange.None
	p.queue = append(p.queue, ev)
}

// hear gives the second process what the venue sends to everybody, and what is about its
// own orders.
func (p *process) hear(ev *exchange.Event) {
	switch ev.Kind {
	case exchange.KindTop, exchange.KindTrade, exchange.KindBar, exchange.KindSecond, exchange.KindStatus, exchange.KindBeat:
		p.queue = append(p.queue, *ev)
	case exchange.KindOrder, exchange.KindFill:
		if ev.Order >= secondFrom {
			own := *ev
			own.Order -= secondFrom
			p.queue = append(p.queue, own)
		}
	}
}

// run lets it handle what it has heard.
func (p *process) run() {
	if p.failed {
		return
	}
	if err := p.engine.Run(context.Background()); !errors.Is(err, errAttend) {
		p.failed = true
		p.w.note(Entry{Kind: "process-ended", Text: fmt.Sprintf("the second process: %v", err)})
	}
}

// Submit, and all below, is its end of the line.
func (p *process) Submit(o *exchange.Order) error {
	w := p.w
	theirs := *o
	theirs.ID += secondFrom
	w.log.calls[callAdd]++
	w.log.entries = append(w.log.entries, Entry{
		At: w.now, Kind: callNames[callAdd], Instrument: o.Instrument, Slot: o.Slot, Order: o.ID, Side: o.Side, Qty: o.Qty, Price: o.Price, Text: "by the second process",
	})
	w.venue.Submit(0, &theirs)
	return nil
}

// Amend is not for what only shows that there are two.
func (p *process) Amend(*exchange.Amend) error { return exchange.ErrRejected }

// Cancel takes an order back.
func (p *process) Cancel(id exchange.OrderID) error {
	p.w.venue.Cancel(0, id+secondFrom)
	return nil
}

// CancelAllAfter is kept by the first.
func (p *process) CancelAllAfter(time.Duration) error { return nil }

// Refresh is a snapshot of the balances.
func (p *process) Refresh() error {
	snap := &exchange.Snapshot{}
	for i := range p.w.cfg.Catalog.Assets {
		snap.Balances = append(snap.Balances, p.w.venue.Balance(0, exchange.AssetID(i)))
	}
	p.tell(exchange.Event{Kind: exchange.KindSnapshot, Instrument: exchange.None, Detail: &exchange.Detail{Snapshot: snap}})
	return nil
}

// WakeAt asks for a beat; it comes with the next event of the World.
func (p *process) WakeAt(t exchange.Stamp) { p.wake = t }

// Next is the next event, and errAttend when there is none now.
func (p *process) Next(_ context.Context, ev *exchange.Event) error {
	switch {
	case len(p.queue) > 0:
		*ev = p.queue[0]
		p.queue = p.queue[1:]
	case p.wake <= p.w.now:
		p.wake = exchange.Never
		*ev = exchange.Event{Kind: exchange.KindBeat, Time: p.w.now, Received: p.w.now, Last: true, Instrument: exchange.None, FeeAsset: exchange.None}
	default:
		return errAttend
	}
	p.seq++
	ev.Seq = p.seq
	return nil
}
