package risk

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/internal/planted"
)

// Config is what a Guard is made of.
type Config struct {
	Exchange exchange.Exchange
	Catalog  *exchange.Catalog
	Currency exchange.AssetID // in which equity and limits are counted
	FeePPM   int64            // the worst fee that a fill can cost, for reserves
	Facts    exchange.Facts   // what the source declares it can give
	Limits   Limits
	Slots    []SlotInfo // the strategies, by slot id; none: one without a mode
	Recorder Recorder
	Kill     KillSwitch
	Zone     *time.Location // of the trading day; nil: UTC
	Rearm    Rearm          // a backtest's simulated operator
	DryRun   bool           // decide and record, send nothing
	Started  exchange.Stamp // when this run starts, for crash-loop; 0: at the last record
	// ArmKey verifies the signature that ends the ceremony; it is made on another machine.
	ArmKey ed25519.PublicKey
	// History yields the records of earlier runs, oldest first: recovery is the only way to
	// start. nil: there are none.
	History func(yield func(*Record) error) error
}

// Guard is the one door to an exchange: orders go through it and are decided, events come
// through it and are watched. It is used by one goroutine.
type Guard struct {
	ex      exchange.Exchange
	waker   exchange.Waker // nil when the source beats by itself
	rec     Recorder
	kill    KillSwitch
	key     ed25519.PublicKey
	s       *state
	woken   exchange.Stamp
	d       decision
	verdict Verdict
	record  Record
	failed  error // of the recorder: nothing goes out any more
	broken  error // a difference in the books that the history ends with
}

// NoKillSwitch is for a replay, where nobody can press one.
type NoKillSwitch struct{}

// Present is always false.
func (NoKillSwitch) Present() bool { return false }

// New checks a Config, folds the history, and puts the guard before its exchange. It asks
// the exchange for the opening snapshot.
func New(cfg Config) (*Guard, error) { return newGuard(cfg, NoControl, nil) }

// NewWithout is New for a guard that lacks one control: its ablation, by which a scenario
// shows what the control is for. Its first record says so, and an engine refuses it outside
// a World. Only scenarios may make one.
func NewWithout(cfg Config, c Control) (*Guard, error) {
	if c == NoControl || c >= controls {
		return nil, fmt.Errorf("risk: control %d cannot be taken out: there is none", c)
	}
	return newGuard(cfg, c, nil)
}

func newGuard(cfg Config, without Control, breaks func(Control) bool) (*Guard, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	g := &Guard{ex: cfg.Exchange, rec: cfg.Recorder, kill: cfg.Kill, key: cfg.ArmKey, s: newState(&cfg), woken: longAgo}
	g.s.without, g.s.breaks = without, breaks
	g.waker, _ = cfg.Exchange.(exchange.Waker)
	if cfg.History != nil {
		if err := cfg.History(g.fold); err != nil {
			return nil, fmt.Errorf("risk: recovery: %w", err)
		}
	}
	if err := g.start(&cfg); err != nil {
		return nil, err
	}
	return g, nil
}

func (cfg *Config) check() error {
	switch {
	case cfg.Exchange == nil || cfg.Catalog == nil || cfg.Recorder == nil || cfg.Kill == nil:
		return errors.New("risk: a guard needs an exchange, a catalog, a recorder and a kill switch")
	case cfg.Currency < 0 || int(cfg.Currency) >= len(cfg.Catalog.Assets):
		return errors.New("risk: the account's currency is not in the catalog")
	case cfg.FeePPM < 0 || cfg.FeePPM >= money.PPM:
		return fmt.Errorf("risk: a worst fee of %d ppm is out of range", cfg.FeePPM)
	}
	var shares int64
	for _, m := range cfg.Limits.Modes {
		if shares += m.SharePPM; m.SharePPM < 0 || shares > money.PPM {
			return fmt.Errorf("risk: the modes' shares add up to %d ppm; at most 1000000 (100%%) can be given out", shares)
		}
	}
	for i := range cfg.Catalog.Instruments {
		in := &cfg.Catalog.Instruments[i]
		for _, a := range []exchange.AssetID{in.Base, in.Quote} {
			if _, ok := cfg.Catalog.Path(a, cfg.Currency); !ok {
				from, to := cfg.Catalog.Assets[a].Name, cfg.Catalog.Assets[cfg.Currency].Name
				return fmt.Errorf("risk: no rate from %s to the account's currency %s: add data of a pair that joins them, for example %s/%s", from, to, from, to)
			}
		}
	}
	return nil
}

// fold takes a record of an earlier run. Requests that had no answer when it ended have an
// unknown outcome until the venue's snapshot tells.
func (g *Guard) fold(r *Record) error {
	g.s.now = max(g.s.now, r.Time)
	switch {
	case planted.On(planted.LatchForgotten) && r.Type == RecLevel && r.Level >= Halted, planted.On(planted.DayRestarts) && r.Type == RecDayStart:
		return nil
	case planted.On(planted.StreakForgotten) && (r.Type == RecFill || r.Type == RecOrder):
		forgotten := *r
		forgotten.Count, r = 0, &forgotten
	}
	switch err := g.s.apply(r); {
	case err != nil:
		g.broken = err // it halted then, and does again in case that was not recorded any more
	case r.Type == RecArm:
		g.broken = nil
	}
	return nil
}

// start records the start and looks at what only a start can tell.
func (g *Guard) start(cfg *Config) error {
	s := g.s
	s.timed = s.limits.StalePause != Forever || s.limits.UnknownFor != Forever || s.wantsDeadMan() || s.limits.NeedsArming || s.limits.ErrorRequests != Unlimited && APIErrorRate.Applicable(s.facts) ||
		s.limits.SpreadPPM != Unlimited || s.limits.SourceGapPPM != Unlimited
	for i := range s.acct.open {
		if oo := &s.acct.open[i]; oo.state == exchange.Pending {
			oo.since = s.now
			s.acct.setState(oo, exchange.Unknown)
		}
	}
	fresh := s.now == longAgo
	s.now = max(s.now, cfg.Started)
	for i := range s.latches {
		if l := &s.latches[i]; l.control == VenueSanity {
			s.market[l.instrument].insane, s.market[l.instrument].odd = s.now, true // sane for a while, not at the first word
		}
	}
	text := limitsText(&s.limits)
	if s.breaks != nil {
		text = "breakable " + text
	}
	if s.without != NoControl {
		text = "ablated " + s.without.String() + " " + text
	}
	if err := g.write(Record{Type: RecStart, Facts: s.facts, Text: text}, true); err != nil {
		return err
	}
	if s.host.starts.full(s.now) && !fresh {
		g.trip(latch{control: CrashLoop, level: Halted, cause: "too many starts in ten minutes"})
	}
	if s.host.armed && s.host.limits != "" {
		then, err := parseLimits(s.host.limits)
		if err != nil {
			return err
		}
		if name := loosened(&s.limits, &then); name != "" {
			g.trip(latch{control: ConfigFreeze, level: ReduceOnly, cause: name + " is looser than when the session was armed"})
		}
	}
	if g.broken != nil {
		g.Halt(g.broken.Error())
	}
	s.floors()
	s.settle()
	if planted.On(planted.LevelAfterRestart) && !fresh {
		s.level, s.scoped = Active, false
	}
	if err := g.ask(false); err != nil {
		return fmt.Errorf("risk: opening snapshot: %w", err)
	}
	return g.failed
}

// Next fills *Event with the next one, after the guard has looked at it. wake is when the
// caller wants a Beat at the latest.
func (g *Guard) Next(ctx context.Context, ev *exchange.Event, wake exchange.Stamp) error {
	if g.failed != nil {
		return g.failed
	}
	if err := g.next(ctx, ev, wake); err != nil {
		return err
	}
	return g.failed
}

func (g *Guard) next(ctx context.Context, ev *exchange.Event, wake exchange.Stamp) error {
	if g.waker != nil {
		if due := min(wake, g.s.nextDue); due != g.woken {
			g.woken = due
			g.waker.WakeAt(due)
		}
	}
	if err := g.ex.Next(ctx, ev); err != nil {
		return err
	}
	if ev.Kind == exchange.KindBeat {
		g.woken = longAgo // used up
	}
	g.see(ev)
	return nil
}

// see is observe for controls that may break.
func (g *Guard) see(ev *exchange.Event) {
	defer g.brokeWatching()
	g.observe(ev)
}

// Submit decides about an order. nil means approved, recorded and handed over;
// exchange.ErrDenied that the guard refused, with the reasons in LastVerdict;
// exchange.ErrDryRun that it was approved and not sent; any other error is the exchange's
// own.
func (g *Guard) Submit(o *exchange.Order) error {
	s := g.s
	o.Sent = s.now
	if err := g.askKillSwitch(); err != nil {
		return err
	}
	g.d = decision{o: o}
	g.judge()
	if !g.verdict.Approved() {
		return g.deny(Record{Type: RecDenial, Order: o, OrderID: o.ID, Instrument: o.Instrument, Slot: o.Slot, Reasons: g.verdict.Reasons, Count: s.rate.cycle(s.now, o)})
	}
	g.noteExtremes(true)
	intent := Record{Type: RecIntent, Order: o, OrderID: o.ID, Instrument: o.Instrument, Slot: o.Slot, Cost: g.verdict.cost, Count: s.rate.cycle(s.now, o)}
	if s.dryNow() {
		intent.Text = "dry run"
		if err := g.write(intent, true); err != nil {
			return err
		}
		return exchange.ErrDryRun
	}
	var err error
	if planted.On(planted.IntentLate) {
		err = g.ex.Submit(o)
	}
	if err := g.write(intent, true); err != nil {
		return err
	}
	if !planted.On(planted.IntentLate) {
		err = g.ex.Submit(o)
	}
	switch {
	case err == nil:
	case errors.Is(err, exchange.ErrUnknown):
		g.outcome(o, exchange.Unknown) // stays reserved: it may have happened
		g.lookLater()
	default:
		g.outcome(o, exchange.Rejected)
	}
	return err
}

// judge decides, with a panic of a control taken as a denial that halts: a control that
// cannot evaluate denies.
func (g *Guard) judge() {
	defer func() {
		if p := recover(); p != nil {
			g.brokeDeciding(p)
		}
	}()
	g.s.decide(&g.d, &g.verdict)
}

// outcome records what became of an order that the exchange did not take as it should.
func (g *Guard) outcome(o *exchange.Order, state exchange.State) {
	g.onOrder(&exchange.Event{Kind: exchange.KindOrder, Time: g.s.now, Received: g.s.now, Order: o.ID, Instrument: o.Instrument, Side: o.Side, State: state})
}

// dryNow reports whether nothing may leave: by configuration, or in the cycle after the
// ceremony.
func (s *state) dryNow() bool { return (s.dry || s.host.cycle) && s.without != DryRun }

// deny records a denial and the latches that denials set.
func (g *Guard) deny(r Record) error {
	if planted.On(planted.DenialSilent) {
		r.Reasons = nil
	}
	if g.calm(&r) {
		return exchange.ErrDenied
	}
	if err := g.write(r, false); err != nil {
		return err
	}
	s := g.s
	if !s.placed(r.Instrument, r.Slot) {
		return exchange.ErrDenied
	}
	pause := latch{scope: BySlot, slot: r.Slot, level: Paused, until: s.now.Add(30 * time.Minute)}
	for _, c := range [...]struct {
		control Control
		w       *window
		cause   string
	}{{MaxOrderNotional, &s.rate.denied[r.Slot], "orders too large, again and again"}, {DuplicateOrder, &s.rate.doubles[r.Slot], "the same order, again and again"}} {
		if r.names(c.control) && c.w.full(s.now) {
			pause.control, pause.cause = c.control, c.cause
			g.trip(pause)
		}
	}
	if r.names(OrderRate) && s.rate.hits.full(s.now) {
		g.trip(latch{control: OrderRate, level: Halted, cause: "too many orders, again and again"})
	}
	if r.names(FillFeedback) && s.rate.cycles[r.Instrument].full(s.now) {
		g.trip(latch{control: FillFeedback, level: Halted, cause: "orders answer fills with no news in between"})
	}
	return exchange.ErrDenied
}

// names reports whether a control is among the reasons.
func (r *Record) names(c Control) bool {
	for i := range r.Reasons {
		if r.Reasons[i].Control == c {
			return true
		}
	}
	return false
}

// LastVerdict is the verdict of the last Submit or Amend. It is valid until the next.
func (g *Guard) LastVerdict() *Verdict { return &g.verdict }

// Amend decides about a change: the order as it would be is decided like a new one, with
// its own reserve given back first.
func (g *Guard) Amend(a *exchange.Amend) error {
	s := g.s
	a.Sent = s.now
	if err := g.askKillSwitch(); err != nil {
		return err
	}
	oo := s.acct.find(a.Order)
	if oo == nil {
		return exchange.ErrRejected
	}
	changed, before := amended(oo, a), oo.reserve
	s.acct.reserve(oo, 0)
	g.d = decision{o: &changed, amending: true}
	g.judge()
	cost := g.verdict.cost
	s.acct.reserve(oo, before)
	if planted.On(planted.AmendNotRechecked) {
		g.verdict.Reasons = g.verdict.Reasons[:0]
	}
	if !g.verdict.Approved() {
		return g.deny(Record{Type: RecDenial, Amend: a, OrderID: a.Order, Instrument: changed.Instrument, Slot: changed.Slot, Reasons: g.verdict.Reasons})
	}
	if s.dryNow() {
		return exchange.ErrDryRun // with what a live session left behind
	}
	if err := g.write(Record{Type: RecAmend, Amend: a, OrderID: a.Order, Instrument: changed.Instrument, Slot: changed.Slot, Cost: cost}, true); err != nil {
		return err
	}
	err := g.ex.Amend(a)
	if err != nil && !errors.Is(err, exchange.ErrUnknown) {
		g.onOrder(&exchange.Event{Kind: exchange.KindOrder, Time: s.now, Received: s.now, Op: exchange.OpAmend, Order: a.Order, Instrument: changed.Instrument, State: oo.state})
	}
	return err
}

// amended is the rest of an order with a change applied.
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

// Cancel takes an order back. It is never denied, not even by a journal that fails, and
// counts in the model of the venue's limits.
func (g *Guard) Cancel(id exchange.OrderID) error {
	if planted.On(planted.CancelDenied) && g.s.level >= Halted {
		return exchange.ErrDenied
	}
	r := Record{Type: RecCancel, OrderID: id, Instrument: exchange.None, Slot: noSlot}
	if oo := g.s.acct.find(id); oo != nil {
		r.Instrument, r.Slot = oo.order.Instrument, oo.order.Slot
	} else if g.s.dry {
		return nil // nothing of a dry run is at the venue
	}
	_ = g.write(r, false) // goes out even where nothing can be recorded any more: it only makes things safer
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

// cancelEntries keeps protective exits. An error of a cancel is the exchange's to report:
// the orders stay in the books.
func (g *Guard) cancelEntries() { g.cancelEntriesOf(&latch{}) }

// cancelEntriesOf is cancelEntries for what a latch covers. With a key that the venue has
// refused no cancel goes out by itself; the operator's kill still sends them.
func (g *Guard) cancelEntriesOf(l *latch) {
	if g.s.refused() {
		return
	}
	for _, oo := range g.s.acct.open {
		if o := &oo.order; o.Side == exchange.Buy && l.covers(o.Instrument, o.Slot) {
			_ = g.Cancel(o.ID)
		}
	}
}

// Refresh asks the exchange for a snapshot, which is compared with the guard's own view.
func (g *Guard) Refresh() error { return g.ask(false) }

// Compare is Refresh as the guard itself does it every 50 s in a session that needs arming:
// an answer that agrees says nothing new, and is not recorded.
func (g *Guard) Compare() error { return g.ask(true) }

// Halt stops everything but cancels because the caller found a difference in the books.
func (g *Guard) Halt(cause string) {
	g.trip(latch{control: Reconcile, level: Halted, cause: cause})
}

// Kill stops everything for good: own orders are cancelled, nothing goes out any more.
func (g *Guard) Kill(by Control, cause string) {
	g.trip(latch{control: by, level: Killed, cause: cause})
}

// FinalAuction lets a replay trade once more at the last prices after its data has ended;
// false where the exchange cannot.
func (g *Guard) FinalAuction() bool {
	a, ok := g.ex.(exchange.Auctioneer)
	return ok && a.FinalAuction()
}

// Note writes a line into the records.
func (g *Guard) Note(text string) {
	_ = g.write(Record{Type: RecNote, Text: text, Instrument: exchange.None, Slot: noSlot}, false) // a failed recorder shows at the next order
}

// askKillSwitch asks before every approval; a positive answer is recorded before it acts.
func (g *Guard) askKillSwitch() error {
	if g.failed == nil && !(planted.On(planted.KillReadOnce) && g.s.acct.lastID > 0) {
		if is, why := g.present(); is {
			g.Kill(KillFile, why)
		}
	}
	return g.failed
}

// write hands a record over and takes it into the state. A recorder that fails shuts the
// door: nothing happens that is not recorded, and a failed sync is never tried again.
func (g *Guard) write(r Record, durable bool) error {
	g.record = r
	g.record.Time = g.s.now
	if g.failed == nil {
		if err := g.rec.Record(&g.record, durable); err != nil {
			g.shut(err)
		}
		if g.failed == nil {
			if err := g.s.apply(&g.record); err != nil {
				g.Halt(err.Error())
			}
			return g.failed
		}
	}
	g.witness(r)
	return g.failed
}
