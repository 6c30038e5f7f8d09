package world

import (
	"cmp"
	"slices"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// truth is the World's own account of what is and what was promised: made of what the
// records say and of what the venue did, never of the guard's or the engine's own state.
type truth struct {
	currency exchange.AssetID
	price    []money.Price // by instrument, fair
	routes   [][]exchange.Leg

	intents map[exchange.OrderID]*intent
	cancels []exchange.OrderID // on record and not handed over yet
	amends  []exchange.OrderID // the same
	latches []latch
	level   risk.Level
	flatten bool

	equity  money.Amount
	flows   money.Amount // since the day began
	high    money.Amount // the high-water mark that no crash may take; 0: not known
	day     money.Amount // equity at its start, by record
	floor   money.Amount // equity of the day at which the loss limit is reached
	breach  *breach
	worst   money.Amount // largest loss of a day
	lowest  money.Amount // of all equities, flows taken off
	curve   []Worth
	start   money.Amount // equity at the scenario's start
	started bool
	failed  bool // the journal takes nothing any more

	// explained is what the account should have: deposits, our fills, rows of the ledger that
	// are on record.
	explained []money.Amount

	before   *lifeEnd // the last life's end
	replayed []string
}

// intent is an order that is on record.
type intent struct {
	exchange.Order
	durable bool
	dry     bool
	filled  money.Qty
	open    money.Qty    // as the venue last told of a change, with what is filled; 0: as it left
	spent   money.Amount // quote, fees included
	done    bool
	sent    int
	absent  bool // given up: its fills are not in our books until the owner explains them
	moved   []exchange.Balance
	removed bool // by the owner's hand
}

// rest is what an order may still fill.
func (i *intent) rest() money.Qty { return max(0, cmp.Or(i.open, i.Qty)-i.filled) }

// latch is one as the records tell.
type latch struct {
	control    risk.Control
	scope      risk.Scope
	instrument exchange.InstrumentID
	slot       exchange.SlotID
	level      risk.Level
	since      exchange.Stamp
	until      exchange.Stamp
}

// breach is the moment at which a day's loss reached its limit.
type breach struct {
	at     exchange.Stamp
	equity money.Amount
	held   []money.Amount // by asset, of ours and what was on its way
	price  []money.Price
	lowest []money.Price // since then
}

// lifeEnd is what a life of the process left behind.
type lifeEnd struct {
	latches []latch
	level   risk.Level
	status  risk.Status
	lost    bool // what it knew last may not be on record; the venue tells it again
}

func (t *truth) init(c *Config) {
	t.currency = c.Currency
	t.price = make([]money.Price, len(c.Catalog.Instruments))
	t.routes = make([][]exchange.Leg, len(c.Catalog.Assets))
	for i := range c.Catalog.Assets {
		t.routes[i], _ = c.Catalog.Path(exchange.AssetID(i), c.Currency)
	}
	t.intents = map[exchange.OrderID]*intent{}
	t.explained = make([]money.Amount, len(c.Catalog.Assets))
	for _, d := range c.Deposits {
		t.explained[d.Asset] += d.Total
	}
	t.floor = -1 << 62
	t.lowest = 1 << 62
}

// worth is an amount of an asset in the account's currency at fair prices.
func (t *truth) worth(w *World, a exchange.AssetID, v money.Amount) money.Amount {
	for _, leg := range t.routes[a] {
		next, ok := w.cfg.Catalog.Convert(v, leg, t.price[leg.Instrument], money.Floor)
		if !ok {
			return 0
		}
		v = next
	}
	return v
}

// account is what the account is worth: the venue's own ledger.
func (t *truth) account(w *World) (sum money.Amount) {
	for i := range w.cfg.Catalog.Assets {
		if v := w.venue.Balance(0, exchange.AssetID(i)).Total; v != 0 {
			sum += t.worth(w, exchange.AssetID(i), v)
		}
	}
	return sum
}

// ours is what the account is worth without what nobody has explained.
func (t *truth) ours(w *World) (sum money.Amount) {
	for i, v := range t.explained {
		if v != 0 {
			sum += t.worth(w, exchange.AssetID(i), v)
		}
	}
	return sum
}

// onStep looks at the account after each step of the market.
func (t *truth) onStep(w *World) {
	for i := range w.market {
		t.price[i] = w.market[i].price
	}
	t.equity = t.account(w)
	if !t.started && w.now >= w.cfg.Start {
		t.started, t.start = true, t.equity
	}
	if t.started {
		t.lowest = min(t.lowest, t.equity-t.flows)
		if n := len(t.curve); n == 0 || w.now.Sub(t.curve[n-1].At) >= w.cfg.Duration/curvePoints || t.equity <= t.lowest {
			t.curve = append(t.curve, Worth{w.now, t.equity})
		}
	}
	if t.day != 0 {
		t.worst = max(t.worst, t.day-t.equity)
	}
	if t.high = 0; w.up {
		t.high = w.guard.High() // reached a step ago, or earlier: on record by now
	}
	t.checkLoss(w)
	w.eyes.onStep(w)
}

// onFlow is money that came or went.
func (t *truth) onFlow(w *World, a exchange.AssetID, v money.Amount) {
	worth := t.worth(w, a, v)
	t.flows += worth
	t.day += worth
	t.floor += worth
	if b := t.breach; b != nil {
		now := t.price
		t.price = b.price
		b.equity += t.worth(w, a, v)
		t.price = now
		b.held[a] += v
	}
}

// onRecord takes a record that is written.
func (t *truth) onRecord(w *World, r *risk.Record) {
	switch r.Type {
	case risk.RecStart:
		t.checkRestart(w)
	case risk.RecIntent:
		i := &intent{Order: *r.Order, durable: true, dry: r.Text != ""}
		if t.intents[r.OrderID] != nil {
			w.breaks(oneOrderPerIntent, "order %d has a second intent", r.OrderID)
		}
		t.intents[r.OrderID] = i
	case risk.RecAmend:
		t.amends = append(t.amends, r.OrderID)
		if i := t.intents[r.OrderID]; i != nil && r.Amend.Qty > i.Qty {
			i.Qty, i.open = r.Amend.Qty, r.Amend.Qty
		}
	case risk.RecCancel:
		t.cancels = append(t.cancels, r.OrderID)
	case risk.RecDenial, risk.RecDenials:
		t.checkDenial(w, r)
	case risk.RecOrder:
		if i := t.intents[r.Event.Order]; i != nil && r.Event.Op == exchange.OpAmend && r.Event.Remaining > 0 {
			i.open = r.Event.Remaining + i.filled
		}
		if i := t.intents[r.Event.Order]; i != nil && r.Event.State.Done() {
			if r.Event.State == exchange.Absent && !i.absent {
				i.absent = true
				for _, m := range i.moved {
					t.explained[m.Asset] -= m.Total
				}
			}
			i.done = true
		}
	case risk.RecFill:
		if i := t.intents[r.Event.Order]; i != nil && r.Event.State.Done() {
			i.done = true // an order for an amount of money has no quantity that tells
		}
	case risk.RecLevel:
		t.onLevel(r)
	case risk.RecEquity:
		t.high = r.High
	case risk.RecFlow:
		t.high = 0
		w.eyes.onFlow(t.worth(w, r.Event.FeeAsset, r.Event.Cost))
		if x := t.explained[r.Event.FeeAsset] + r.Event.Cost; x >= 0 { // else the books do not take it
			t.explained[r.Event.FeeAsset] = x
		}
	case risk.RecOperator:
		t.flatten = r.Event.Code == exchange.CodeFlatten
	case risk.RecArm:
		t.flatten = false
		t.latches, t.level = t.latches[:0], risk.Active
		t.breach, t.floor = nil, -1<<62 // the owner has looked; the day goes on
	case risk.RecDayStart:
		t.day, t.breach = r.Equity, nil
		t.floor = -1 << 62
		if l := w.cfg.Limits.DailyLoss; l.Binds() {
			t.floor = r.Equity - l.Of(r.Equity)
		}
	}
}

func (t *truth) onLevel(r *risk.Record) {
	kept := t.latches[:0]
	for _, l := range t.latches {
		if l.control != r.Control || l.scope != r.Scope || l.instrument != r.Instrument || l.slot != r.Slot {
			kept = append(kept, l)
		} else if !r.Lift && l.level > r.Level {
			r = nil // it only gets stricter
			kept = append(kept, l)
			break
		}
	}
	if r == nil {
		return
	}
	t.latches = kept
	if !r.Lift {
		t.latches = append(t.latches, latch{r.Control, r.Scope, r.Instrument, r.Slot, r.Level, r.Time, r.Until})
	}
	t.level = risk.Active
	for _, l := range t.latches {
		if l.scope == risk.Global {
			t.level = max(t.level, l.level)
		}
	}
}

// levelFor is the strictest level on record for an instrument and a slot.
func (t *truth) levelFor(id exchange.InstrumentID, slot exchange.SlotID) (worst risk.Level) {
	for _, l := range t.latches {
		if l.scope == risk.Global || l.scope == risk.ByPair && l.instrument == id || l.scope == risk.BySlot && l.slot == slot {
			worst = max(worst, l.level)
		}
	}
	return worst
}

// onSubmit holds an order that leaves against what is on record.
func (t *truth) onSubmit(w *World, o *exchange.Order) {
	i := t.intents[o.ID]
	switch {
	case t.failed: // the disk is broken, which is what journal-health is about
	case i == nil || !i.durable:
		w.breaks(approvalPrecedesOrder, "order %d left without an approval on record", o.ID)
	case i.dry:
		w.breaks(approvalPrecedesOrder, "order %d left in a dry run", o.ID)
	}
	if i == nil {
		i = &intent{Order: *o}
		t.intents[o.ID] = i
	}
	if i.sent++; i.sent > 1 {
		w.breaks(oneOrderPerIntent, "order %d left %d times", o.ID, i.sent)
	}
	t.checkLevel(w, o)
	t.checkExposure(w, o)
}

// onAmend holds a change that leaves against what is on record.
func (t *truth) onAmend(w *World, a *exchange.Amend) {
	at := slices.Index(t.amends, a.Order)
	i := t.intents[a.Order]
	if at < 0 || i == nil {
		if !t.failed {
			w.breaks(approvalPrecedesOrder, "a change of order %d left without an approval on record", a.Order)
		}
		return
	}
	t.amends = slices.Delete(t.amends, at, at+1)
	o := i.Order
	o.Qty = cmp.Or(a.Qty, i.open, o.Qty) - i.filled // as it was it has been looked at
	if a.Price != 0 {
		o.Price = a.Price
	}
	if a.Trigger != 0 {
		o.Trigger = a.Trigger
	}
	t.checkLevel(w, &o)
	if o.Qty > 0 {
		t.checkExposure(w, &o)
		w.eyes.onAmend(w, &o)
	}
	if a.Price != 0 { // whichever of the two it has, it costs no less than this
		i.Price = min(i.Price, a.Price)
	}
}

// onCancel is a cancel that was handed over.
func (t *truth) onCancel(id exchange.OrderID) {
	for i, c := range t.cancels {
		if c == id {
			t.cancels = append(t.cancels[:i], t.cancels[i+1:]...)
			return
		}
	}
}

// explain books a fill of ours.
func (t *truth) explain(w *World, i *intent, ev *exchange.Event) {
	in := &w.cfg.Catalog.Instruments[ev.Instrument]
	base, _ := in.BaseAmount(ev.Qty)
	quote := ev.Cost
	if ev.Side == exchange.Buy {
		quote = -quote
	} else {
		base = -base
	}
	i.spent += ev.Cost + ev.Fee
	i.moved = append(i.moved, exchange.Balance{Asset: in.Base, Total: base}, exchange.Balance{Asset: in.Quote, Total: quote}, exchange.Balance{Asset: ev.FeeAsset, Total: -ev.Fee})
	if i.absent {
		return
	}
	for _, m := range i.moved[len(i.moved)-3:] {
		t.explained[m.Asset] += m.Total
	}
}

// onVenueFill holds what the venue did against the intent.
func (t *truth) onVenueFill(w *World, ev *exchange.Event) {
	i := t.intents[ev.Order]
	if i == nil {
		t.breach = nil // somebody else's: what is held from now on is what the day's loss grows by
		return
	}
	i.filled += ev.Qty
	t.explain(w, i, ev)
	if !w.up {
		w.note(Entry{Kind: "fill-while-down", Order: ev.Order, Instrument: ev.Instrument, Side: ev.Side, Qty: ev.Qty, Price: ev.Price})
	}
	if i.Qty > 0 && i.filled > i.Qty {
		w.breaks(oneOrderPerIntent, "order %d of %d lots filled %d", ev.Order, i.Qty, i.filled)
	}
	t.checkLateBuy(w, i, ev)
	w.eyes.onVenueFill(w, ev)
}

// afterEvent is the end of everything that one event has caused.
func (w *World) afterEvent() {
	t := &w.truth
	if len(t.cancels) > 0 {
		w.breaks(cancelAlwaysAdmitted, "the cancel of order %d is on record and did not go out", t.cancels[0])
		t.cancels = t.cancels[:0]
	}
	t.amends = t.amends[:0]
	for i := range w.cfg.Catalog.Assets {
		if n := w.net(exchange.AssetID(i)); n != 0 {
			w.breaks(moneyConserved, "the venue's books of %s net to %d", w.cfg.Catalog.Assets[i].Name, n)
		}
	}
	w.eyes.afterEvent(w)
	w.mayDie()
}
