package risk

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"

	"pgregory.net/rapid"
)

// worldSteps times rapid's 100 runs is more than 100,000 steps; `go test -short` makes a fifth.
const worldSteps = 1010

func TestRandomEventsAndOrdersKeepTheGuardsPromises(t *testing.T) {
	steps, orders, sent := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, rt)
		for range worldSteps {
			w.step()
			w.invariants()
			steps++
		}
		w.end()
		orders, sent = orders+int(w.ids), sent+w.approved
	})
	t.Logf("%d steps, %d orders, %d approved", steps, orders, sent)
	if sent < orders/50 {
		t.Errorf("only %d of %d orders were approved: the test shows too little", sent, orders)
	}
}

// witness is a tape that holds what it is sent against the records, at that moment.
type witness struct {
	*tape
	log   *log
	fault string
}

func watched(c *Config) {
	x, _ := c.Exchange.(*tape)
	c.Exchange = &witness{tape: x, log: c.Recorder.(*log)}
}

func (x *witness) Submit(o *exchange.Order) error {
	x.recorded(RecIntent, o.ID)
	return x.tape.Submit(o)
}

func (x *witness) Amend(a *exchange.Amend) error {
	x.recorded(RecAmend, a.Order)
	return x.tape.Amend(a)
}

func (x *witness) recorded(want RecordType, id exchange.OrderID) {
	n := len(x.log.records) - 1
	if r := x.log.records[n]; r.Type != want || r.OrderID != id || r.Text != "" || !x.log.durable[n] {
		x.fault = fmt.Sprintf("order %d left after a record %v of order %d, durable %v", id, r.Type, r.OrderID, x.log.durable[n])
	}
}

// world plays the same events and orders to a guard and to its twin, which hears beats in
// between that the first does not.
type world struct {
	*rapid.T
	d, twin  *desk
	live     []exchange.Order // at the venue
	filled   map[exchange.OrderID]money.Qty
	ids      exchange.OrderID
	trades   uint64
	signal   uint64
	rounds   byte
	answered int // of the cancels
	approved int
	bars     time.Duration
	beats    bool
	last     [2]money.Price
	owns     [3]money.Amount // by asset, as this test counts it
	read     int             // of the records
	latches  map[latchKey]Level
}

// latchKey tells latches apart.
type latchKey struct {
	control    Control
	scope      Scope
	instrument exchange.InstrumentID
	slot       exchange.SlotID
}

func newWorld(t *testing.T, rt *rapid.T) *world {
	names := []string{"live", "kraken-bot", "nija", "binance-bot", "ramp-up"}
	limits, _ := Profile(names[rapid.IntRange(0, len(names)-1).Draw(rt, "profile")], cad)
	limits.Order.Amount = 200 * cad
	limits.Tier = Tier{600, 20_000}
	limits.NeedsArming = rapid.Bool().Draw(rt, "needs arming")
	limits.AllowMarket = rapid.Bool().Draw(rt, "market orders")
	if rapid.Bool().Draw(rt, "loose rates") {
		limits.PairPerMinute, limits.PerMinute, limits.PerDay = 1000, 1000, 10_000
	}
	facts := []exchange.Facts{0, exchange.AllFacts, exchange.FactErrors | exchange.FactBalances | exchange.FactLedger, exchange.FactBook | exchange.FactSecondSource}
	change := func(c *Config) {
		c.Catalog.AddAsset("ETH", 8)
		if _, err := c.Catalog.Add(exchange.Spec{Symbol: "ETH/CAD", PriceDecimals: 4, LotDecimals: 8, Tick: 100, OrderMin: 10_000, CostMin: cad / 2}); err != nil {
			t.Fatal(err)
		}
		c.FeePPM = 4000
		c.Slots = []SlotInfo{{Name: "a", Mode: "swing"}, {Name: "b", Mode: "scalp"}}
		watched(c)
	}
	w := &world{T: rt, latches: map[latchKey]Level{}, filled: map[exchange.OrderID]money.Qty{}, last: [2]money.Price{10_000 * cad, 1_000 * cad}}
	declared := facts[rapid.IntRange(0, len(facts)-1).Draw(rt, "facts")]
	declare := func(c *Config) { c.Facts = declared }
	w.beats = rapid.Bool().Draw(rt, "beats")
	w.bars = time.Duration(rapid.IntRange(0, 1).Draw(rt, "bars")) * time.Minute
	w.d, w.twin = bare(t, limits, change, declare), bare(t, limits, change, declare)
	w.owns = [3]money.Amount{10_000 * cad, xbt / 50, 0}
	w.snapshot(0)
	w.well()
	w.ceremony()
	return w
}

func (w *world) both() [2]*desk { return [2]*desk{w.d, w.twin} }

func (w *world) pick(n int, what string) int { return rapid.IntRange(0, n-1).Draw(w.T, what) }

func (w *world) play(ev exchange.Event) {
	ev.Received = w.d.now
	if ev.Time == 0 {
		ev.Time = w.d.now
	}
	if s := w.twin.g.s; w.beats && s.now < w.d.now && s.now > 0 {
		gap := int64(w.d.now - s.now)
		for i := range int64(w.pick(3, "beats")) {
			w.beat(s.now.Add(time.Duration(gap / (3 - i))))
		}
	}
	for _, d := range w.both() {
		if err := d.tryPlay(ev); err != nil {
			w.Fatal(err)
		}
	}
	if w.beats && ev.Time == w.d.now && ev.Kind != exchange.KindOperator {
		w.beat(w.d.now)
	}
}

func (w *world) beat(t exchange.Stamp) {
	if err := w.twin.tryPlay(exchange.Event{Kind: exchange.KindBeat, Instrument: exchange.None, Time: t, Received: t}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) pass(after time.Duration) {
	w.d.now = w.d.now.Add(after)
	w.twin.now = w.d.now
}

// well says that all is in order, with the prices as they are.
func (w *world) well() {
	none := exchange.InstrumentID(exchange.None)
	facts := w.d.cfg.Facts
	w.play(exchange.Event{Kind: exchange.KindHeartbeat, Instrument: none})
	w.play(exchange.Event{Kind: exchange.KindClock, Instrument: none})
	w.play(exchange.Event{Kind: exchange.KindDeadMan, Instrument: none})
	if facts&exchange.FactKeyInfo != 0 {
		w.play(exchange.Event{Kind: exchange.KindKey, Instrument: none, Detail: &exchange.Detail{Key: &exchange.KeyInfo{Permissions: neededPermissions, AllowedIPs: []string{"192.0.2.1"}, Created: w.d.now, ValidUntil: exchange.Never}}})
	}
	if facts&exchange.FactHost != 0 {
		for _, c := range hostChecks {
			w.play(exchange.Event{Kind: exchange.KindCheck, Instrument: none, Detail: &exchange.Detail{Check: &exchange.Check{Control: c.String(), OK: true}}})
		}
	}
	for id := range exchange.InstrumentID(2) {
		w.price(id)
	}
}

func (w *world) price(id exchange.InstrumentID) {
	p := w.last[id]
	tick := w.d.cat.Instruments[id].Tick
	w.play(exchange.Event{Kind: exchange.KindIntegrity, Instrument: id})
	w.play(exchange.Event{Kind: exchange.KindSecond, Instrument: id, Price: p})
	w.play(exchange.Event{Kind: exchange.KindTop, Instrument: id, Price: p - tick, Qty: 1000 * xbt, AskPrice: p + tick, AskQty: 1000 * xbt})
	if w.bars > 0 {
		w.play(exchange.Event{Kind: exchange.KindBar, Instrument: id, Interval: w.bars, Price: p, Qty: 1, Matched: true})
	} else {
		w.play(exchange.Event{Kind: exchange.KindTrade, Instrument: id, Price: p, Qty: 1})
	}
}

// snapshot is the venue's, right but for so many CAD.
func (w *world) snapshot(wrong money.Amount) {
	snap := &exchange.Snapshot{}
	for i, v := range w.owns {
		snap.Balances = append(snap.Balances, exchange.Balance{Asset: exchange.AssetID(i), Total: v})
	}
	snap.Balances[0].Total += wrong
	for _, o := range w.live {
		snap.Orders = append(snap.Orders, exchange.OpenOrder{Order: o, Filled: w.filled[o.ID]})
	}
	w.play(exchange.Event{Kind: exchange.KindSnapshot, Instrument: exchange.None, Detail: &exchange.Detail{Snapshot: snap}})
}

func (w *world) step() {
	gaps := []time.Duration{0, time.Millisecond, time.Second, 3 * time.Second, 20 * time.Second, 2 * time.Minute}
	w.pass(gaps[w.pick(len(gaps), "gap")])
	switch what := w.pick(100, "what"); {
	case what < 20:
		moves := []int64{0, 500, -500, 2_000, -2_000, 5_000, -5_000, 80_000, -80_000}
		id := w.pick(2, "pair")
		w.move(id, moves[w.pick(len(moves), "move")])
		w.well()
	case what < 50:
		w.order()
	case what < 65:
		w.fill()
	case what < 72:
		w.outcome()
	case what < 77:
		w.cancel()
	case what < 81:
		w.amend()
	case what < 86:
		w.trouble()
	case what < 88:
		w.pass([]time.Duration{10 * time.Minute, 31 * time.Minute, 5 * time.Hour, 25 * time.Hour}[w.pick(4, "long")])
		w.well()
	case what < 90:
		w.snapshot(money.Amount(w.pick(10, "wrong")/9) * 500 * cad)
	case what < 91:
		w.fold()
	case what < 92:
		w.restart()
	default:
		if w.d.g.Level() >= ReduceOnly || w.pick(10, "anyway") == 0 {
			w.ceremony()
		} else {
			w.well()
		}
	}
}

func (w *world) move(id int, ppm int64) {
	tick := w.d.cat.Instruments[id].Tick
	p := w.last[id] + w.last[id]*money.Price(ppm)/money.PPM
	w.last[id] = min(max(p/tick*tick, 100*cad), 100_000*cad)
}

func (w *world) order() {
	w.ids++
	id := exchange.InstrumentID(w.pick(2, "pair"))
	in := &w.d.cat.Instruments[id]
	p := w.last[id]
	o := exchange.Order{
		ID: w.ids, Instrument: id, Slot: exchange.SlotID(w.pick(2, "slot")), Side: exchange.Side(w.pick(2, "side")), Decision: p,
		Qty: money.Qty(int64(w.pick(250, "worth")+1) * cad * xbt / int64(p)),
	}
	if w.pick(10, "new signal") > 0 {
		w.signal++
	}
	o.Signal = w.signal
	o.FeeInBase = w.pick(4, "fee in coins") == 0
	if o.Side == exchange.Sell {
		o.Qty = min(o.Qty, max(10_000, in.LotsIn(w.d.g.Balance(in.Base)-w.d.g.s.acct.held[in.Base])))
	}
	switch w.pick(12, "type") {
	case 0:
		o.Type, o.Trigger = exchange.StopLoss, (p+p/50)/in.Tick*in.Tick
	case 1:
		o.Price = 0 // market
	case 2:
		o.Type, o.Price = exchange.Limit, p/10/in.Tick*in.Tick // far outside the collar
	case 3:
		o.Type, o.Price = exchange.Limit, p+1 // off the tick
	default:
		o.Type, o.Price = exchange.Limit, (p+p*money.Price(w.pick(30, "limit")-15)/1000)/in.Tick*in.Tick
	}
	var answer error
	switch w.pick(20, "answer") {
	case 0:
		answer = exchange.ErrUnknown
	case 1:
		answer = exchange.ErrThrottled
	}
	w.submit(&o, answer)
}

func (w *world) submit(o *exchange.Order, answer error) {
	g := w.d.g
	level, flattening := w.covering(o), g.Flattening()
	copied := *o
	w.d.x.answer, w.twin.x.answer = answer, answer
	got, same := w.d.g.Submit(o), w.twin.g.Submit(&copied)
	w.d.x.answer, w.twin.x.answer = nil, nil
	if !errors.Is(got, same) || w.d.said() != w.twin.said() {
		w.Fatalf("order %d: %v %q, the twin %v %q", o.ID, got, w.d.said(), same, w.twin.said())
	}
	if errors.Is(got, exchange.ErrDenied) {
		if len(g.LastVerdict().Reasons) == 0 {
			w.Fatalf("order %d is denied without a reason", o.ID)
		}
		return
	}
	w.approved++
	switch {
	case level >= Paused && o.Side == exchange.Buy:
		w.Fatalf("a buy was approved at %v", level)
	case level == Halted && !flattening, level == Killed:
		w.Fatalf("a sell was approved at %v", level)
	}
	if errors.Is(got, exchange.ErrDryRun) || errors.Is(got, exchange.ErrThrottled) {
		return
	}
	w.live = append(w.live, *o)
	if o.Side == exchange.Buy {
		w.capped(o)
	}
}

// covering is the strictest level over an order, from what people are shown.
func (w *world) covering(o *exchange.Order) (worst Level) {
	for _, l := range w.d.g.Status().Latches {
		if l.Scope == Global || l.Scope == ByPair && l.Instrument == o.Instrument || l.Scope == BySlot && l.Slot == o.Slot {
			worst = max(worst, l.Level)
		}
	}
	return worst
}

// capped holds the books of this test against the caps, just after a buy was approved.
func (w *world) capped(o *exchange.Order) {
	s := w.d.g.s
	in := &w.d.cat.Instruments[o.Instrument]
	worth := func(q money.Qty, p money.Price) money.Amount {
		v, _ := in.Cost(p, q, money.Floor)
		return v
	}
	rest := func(x *exchange.Order) money.Amount {
		p := x.Price
		if p == 0 {
			p = max(x.Trigger, x.Decision)
		}
		return worth(x.Qty-w.filled[x.ID], p)
	}
	position, pair, value := worth(in.LotsIn(s.acct.balance[in.Base]), s.reference(o.Instrument)), int64(0), money.Amount(0)
	for i := range w.live {
		x := &w.live[i]
		if x.Instrument == o.Instrument {
			pair++
		}
		if x.Side == exchange.Buy {
			value += rest(x)
			if x.Instrument == o.Instrument {
				position += rest(x)
			}
		}
	}
	e, l := s.acct.equity, &s.limits
	for _, c := range []struct {
		what       string
		has, limit money.Amount
	}{
		{"position", position, l.Position.Of(e)}, {"position of the profile", position, Share(l.ProfilePositionPPM).Of(e)},
		{"order", rest(o), l.Order.Of(e)}, {"unexecuted", value, Share(l.OpenValuePPM).Of(e)},
		{"orders of the pair", money.Amount(pair), money.Amount(l.OpenPerPair)}, {"orders", money.Amount(len(w.live)), money.Amount(l.OpenTotal)},
		{"spent", value + e - s.acct.balance[0], e},
	} {
		if l.ProfilePositionPPM == Unlimited && c.what == "position of the profile" {
			continue
		}
		if c.has > c.limit {
			w.Fatalf("%s %d, cap %d after order %d", c.what, c.has, c.limit, o.ID)
		}
	}
	if n := len(l.Ramp); n > 0 && position > l.Ramp[min(s.host.ramp, n-1)].Position {
		w.Fatalf("position %d on ramp step %d", position, s.host.ramp)
	}
}

// drop forgets an order that is over.
func (w *world) drop(i int) {
	delete(w.filled, w.live[i].ID)
	w.live = append(w.live[:i], w.live[i+1:]...)
}

func (w *world) fill() {
	if len(w.live) == 0 {
		return
	}
	i := w.pick(len(w.live), "order")
	o := w.live[i]
	in := &w.d.cat.Instruments[o.Instrument]
	q := o.Qty - w.filled[o.ID]
	if w.pick(3, "part") == 0 {
		q = max(1, q/3)
	}
	p := o.Price
	if p == 0 {
		p = w.last[o.Instrument]
	}
	if o.Side == exchange.Buy {
		p -= p / 100 * money.Price(w.pick(2, "better"))
	} else if w.pick(3, "worse") == 0 {
		p -= p / 50 // a venue that fills worse than the limit
	}
	cost, _ := in.Cost(p, q, money.Ceil)
	fee := cost * 4 / 1000
	if w.pick(50, "fee") == 0 {
		fee *= 4
	}
	coins, _ := in.BaseAmount(q)
	w.trades++
	w.filled[o.ID] += q
	ev := exchange.Event{Kind: exchange.KindFill, Order: o.ID, Instrument: o.Instrument, Side: o.Side, Price: p, Qty: q, Cost: cost, Fee: fee, TradeID: w.trades, State: exchange.Working}
	if o.FeeInBase {
		ev.FeeAsset, ev.Fee = in.Base, coins*4/1000
	}
	w.owns[ev.FeeAsset] -= ev.Fee
	if o.Side == exchange.Buy {
		w.owns[0], w.owns[in.Base] = w.owns[0]-cost, w.owns[in.Base]+coins
	} else {
		w.owns[0], w.owns[in.Base] = w.owns[0]+cost, w.owns[in.Base]-coins
	}
	if w.filled[o.ID] == o.Qty {
		ev.State = exchange.Filled
		w.drop(i)
	}
	w.play(ev)
	if w.pick(10, "twice") == 0 {
		w.play(ev)
	}
}

// outcome answers a request: the cancels first.
func (w *world) outcome() {
	for ; w.answered < len(w.d.x.gone); w.answered++ {
		for i := range w.live {
			if o := w.live[i]; o.ID == w.d.x.gone[w.answered] {
				w.over(i, exchange.OpCancel, exchange.Cancelled)
				w.answered++
				return
			}
		}
	}
	if len(w.live) == 0 {
		return
	}
	i := w.pick(len(w.live), "order")
	states := []exchange.State{exchange.Working, exchange.Working, exchange.Unknown, exchange.Absent, exchange.Cancelled, exchange.Rejected}
	switch s := states[w.pick(len(states), "state")]; s {
	case exchange.Working, exchange.Unknown:
		w.play(exchange.Event{Kind: exchange.KindOrder, Order: w.live[i].ID, Instrument: w.live[i].Instrument, Side: w.live[i].Side, State: s})
	default:
		w.over(i, exchange.OpVenue, s)
	}
}

func (w *world) over(i int, op exchange.Op, s exchange.State) {
	o := w.live[i]
	w.drop(i)
	w.play(exchange.Event{Kind: exchange.KindOrder, Op: op, Order: o.ID, Instrument: o.Instrument, Side: o.Side, State: s})
}

// cancel is always admitted, of an order that is open or not.
func (w *world) cancel() {
	id := exchange.OrderID(w.pick(int(w.ids)+1, "cancel") + 1)
	if len(w.live) > 0 && w.pick(2, "mine") == 0 {
		id = w.live[w.pick(len(w.live), "order")].ID
	}
	for _, d := range w.both() {
		if err := d.g.Cancel(id); err != nil || len(d.x.gone) == 0 || d.x.gone[len(d.x.gone)-1] != id {
			w.Fatalf("the cancel of order %d was held: %v", id, err)
		}
	}
}

func (w *world) amend() {
	if len(w.live) == 0 {
		return
	}
	i := w.pick(len(w.live), "order")
	o := &w.live[i]
	if o.Price == 0 || w.filled[o.ID] > 0 {
		return
	}
	tick := w.d.cat.Instruments[o.Instrument].Tick
	a := exchange.Amend{Order: o.ID, Price: (o.Price + o.Price*money.Price(w.pick(20, "amend")-10)/1000) / tick * tick, Qty: o.Qty + o.Qty*money.Qty(w.pick(5, "more"))/4}
	copied := a
	got, same := w.d.g.Amend(&a), w.twin.g.Amend(&copied)
	if !errors.Is(got, same) || w.d.said() != w.twin.said() {
		w.Fatalf("amend of order %d: %v %q, the twin %v %q", o.ID, got, w.d.said(), same, w.twin.said())
	}
	if got != nil {
		return
	}
	need, _ := w.d.cat.Instruments[o.Instrument].Cost(a.Price, a.Qty, money.Ceil)
	if o.Side == exchange.Sell {
		need, _ = w.d.cat.Instruments[o.Instrument].BaseAmount(a.Qty)
	}
	if has := w.d.g.s.acct.find(o.ID).reserve; has < need {
		w.Fatalf("an order that may become larger reserves %d, it could use %d", has, need)
	}
	ev := exchange.Event{Kind: exchange.KindOrder, Op: exchange.OpAmend, Order: o.ID, Instrument: o.Instrument, State: exchange.Working}
	if w.pick(3, "amended") > 0 {
		ev.Code, o.Price, o.Qty = exchange.CodeAmended, a.Price, a.Qty
	}
	w.play(ev)
}

// trouble is one of the facts that controls wait for.
func (w *world) trouble() {
	ev := exchange.Event{Instrument: exchange.None, Detail: &exchange.Detail{Text: fmt.Sprint("drill ", w.pick(100, "text"))}}
	id := exchange.InstrumentID(w.pick(2, "pair"))
	switch w.pick(17, "trouble") {
	case 0:
		ev.Kind, ev.Code = exchange.KindRequest, exchange.CodeTransport
	case 1:
		ev.Kind, ev.Code = exchange.KindRequest, exchange.CodeInvalidNonce
	case 2:
		ev.Kind, ev.Code = exchange.KindRequest, exchange.CodeInvalidKey
	case 3:
		ev.Kind, ev.Instrument = exchange.KindForeign, id
	case 4:
		ev.Kind, ev.Cost, ev.Code = exchange.KindLedger, 100*cad, exchange.CodeDeposit
	case 5:
		ev.Kind, ev.Cost, ev.Code = exchange.KindLedger, -w.d.g.Balance(0)/50, exchange.CodeWithdrawal
	case 6:
		ev.Kind, ev.Cost = exchange.KindBalance, w.d.g.Balance(0)+500*cad*money.Amount(w.pick(2, "off"))
	case 7:
		ev.Kind, ev.Code = exchange.KindDeadMan, exchange.CodeTransport
	case 8:
		ev.Kind, ev.Interval = exchange.KindClock, 5*time.Second
	case 9:
		ev.Kind, ev.Code = exchange.KindClock, exchange.CodeClockStep
	case 10:
		ev.Kind, ev.Status = exchange.KindStatus, []exchange.Status{exchange.Online, exchange.CancelOnlyMode, exchange.PostOnlyMode}[w.pick(3, "status")]
	case 11:
		ev.Kind, ev.Code = exchange.KindAdvice, []exchange.Code{exchange.CodeNone, exchange.CodeStopNewOrders, exchange.CodeDisconnect}[w.pick(3, "advice")]
	case 12:
		ev.Kind, ev.Instrument, ev.Price, ev.AskPrice = exchange.KindTop, id, w.last[id], w.last[id]/2
	case 13:
		ev.Kind, ev.Instrument, ev.Price = exchange.KindSecond, id, w.last[id]*11/10
	case 14:
		ev.Kind, ev.Instrument, ev.Price, ev.Qty = exchange.KindTrade, id, w.last[id], 1
		ev.Time = w.d.now.Add(time.Hour) // from the future
	case 15:
		ev.Kind, ev.Code = exchange.KindOperator, []exchange.Code{exchange.CodeFlatten, exchange.CodeNone, exchange.CodeKill}[w.pick(3, "command")]
	case 16:
		ev.Kind = exchange.KindNews
	}
	before, day := w.d.g.Status(), w.d.g.s.day.end
	w.play(ev)
	if ev.Kind == exchange.KindLedger {
		w.owns[0] += ev.Cost
		if after := w.d.g.Status(); day == w.d.g.s.day.end && (before.DayLoss != after.DayLoss || before.High-before.Equity != after.High-after.Equity) {
			w.Fatalf("money that came or went changed the loss of the day from %d to %d, the fall from %d to %d", before.DayLoss, after.DayLoss, before.High-before.Equity, after.High-after.Equity)
		}
	}
}

// ceremony puts everything in order and re-enables trading, both guards or neither.
func (w *world) ceremony() {
	w.play(exchange.Event{Kind: exchange.KindStatus, Instrument: exchange.None, Status: exchange.Online})
	w.play(exchange.Event{Kind: exchange.KindAdvice, Instrument: exchange.None})
	for i := 0; i < len(w.live); {
		if oo := w.d.g.s.acct.find(w.live[i].ID); oo != nil && oo.state == exchange.Unknown {
			w.over(i, exchange.OpVenue, exchange.Absent)
			continue
		}
		i++
	}
	w.snapshot(0)
	w.rounds++
	var challenges [2]string
	for i, d := range w.both() {
		var err error
		if challenges[i], err = d.g.RequestArm("drill", "none", [16]byte{w.rounds}); err != nil {
			w.Fatal(err)
		}
	}
	w.pass(armWait)
	w.well()
	var errs [2]error
	for i, d := range w.both() {
		errs[i] = d.g.ConfirmArm(challenges[i], ed25519.Sign(armKey(), []byte(challenges[i])))
	}
	if (errs[0] == nil) != (errs[1] == nil) {
		w.Fatalf("the ceremony: %v, the twin %v", errs[0], errs[1])
	}
	w.well()
}

// fold restarts twice in thought: no latch may be gone or looser, and all that is counted
// is counted still.
func (w *world) fold() {
	n := w.d
	for range 2 {
		n = n.reborn(watched)
		w.notLooser(w.d.g, n.g)
	}
}

func (w *world) notLooser(before, after *Guard) {
	now := after.Status().Latches
	for _, l := range before.Status().Latches {
		there := false
		for _, m := range now {
			there = there || m.Control == l.Control && m.Scope == l.Scope && m.Instrument == l.Instrument && m.Slot == l.Slot && m.Level >= l.Level && m.Until >= l.Until && m.Since == l.Since && m.Cause == l.Cause
		}
		if !there {
			w.Fatalf("a restart lost %v %v %q", l.Control, l.Level, l.Cause)
		}
	}
	for i, was := range durable(before.s) {
		if is := durable(after.s)[i]; is != was {
			w.Fatalf("a restart changed what is counted:\n%s\n%s", was, is)
		}
	}
	for i, was := range before.s.rate.recent {
		is := after.s.rate.recent[i]
		if is.price == 0 {
			is.price = was.price // at the market, which a fold does not know: equal to any
		}
		if is != was {
			w.Fatalf("a restart changed an approved order from %+v to %+v", was, is)
		}
	}
	for i := range before.s.rate.counter {
		tier := before.s.limits.Tier
		if was, is := before.s.rate.counter[i].value(after.s.now, tier), after.s.rate.counter[i].value(after.s.now, tier); is < was {
			w.Fatalf("a restart lowered the message counter of pair %d from %d to %d", i, was, is)
		}
	}
	if b, a := &before.s.day, &after.s.day; b.high-a.high > b.high/1000 && before.s.now.Sub(b.noted.at) >= time.Second {
		w.Fatalf("a restart set the high-water mark back from %d to %d", b.high, a.high)
	}
}

// restart goes on with new guards.
func (w *world) restart() {
	w.d, w.twin = w.d.reborn(watched), w.twin.reborn(watched)
	w.answered = 0
	w.snapshot(0)
	w.well()
}

// invariants hold after every step.
func (w *world) invariants() {
	if x := w.d.cfg.Exchange.(*witness); x.fault != "" {
		w.Fatal(x.fault)
	}
	a, b := w.d.g, w.twin.g
	if la, lb := a.Level(), b.Level(); la != lb {
		w.Fatalf("level %v, the twin %v: %+v %+v", la, lb, a.Status().Latches, b.Status().Latches)
	}
	if !w.beats && len(w.d.log.records) != len(w.twin.log.records) {
		w.Fatalf("%d records, the twin %d", len(w.d.log.records), len(w.twin.log.records))
	}
	w.recordedLatches()
	acct := a.s.acct
	worth := w.owns[0]
	for i := range w.d.cat.Instruments {
		in := &w.d.cat.Instruments[i]
		v, _ := in.Cost(w.last[i], in.LotsIn(w.owns[in.Base]), money.Floor)
		worth += v
	}
	if [3]money.Amount(acct.balance) != w.owns || acct.equity != worth {
		w.Fatalf("the guard has %v worth %d, there are %v worth %d", acct.balance, acct.equity, w.owns, worth)
	}
	held, buying := make([]money.Amount, len(acct.held)), make([]money.Amount, len(acct.buying))
	unknown := 0
	for i := range acct.open {
		oo := &acct.open[i]
		in := &w.d.cat.Instruments[oo.order.Instrument]
		if oo.state == exchange.Unknown {
			unknown++
		}
		if oo.reserve < 0 {
			w.Fatalf("order %d reserves %d", oo.order.ID, oo.reserve)
		}
		if oo.order.Side == exchange.Sell {
			held[in.Base] += oo.reserve
			continue
		}
		held[in.Quote] += oo.reserve
		buying[in.ID] += oo.reserve
	}
	if !slices.Equal(held, acct.held) || !slices.Equal(buying, acct.buying) || unknown != acct.unknown || len(acct.open) != len(w.live) {
		w.Fatalf("the orders reserve %v, buy %v, %d unknown, %d at the venue; the account says %v, %v, %d, %d open", held, buying, unknown, len(w.live), acct.held, acct.buying, acct.unknown, len(acct.open))
	}
}

// recordedLatches are set and lifted by their own records, and by nothing else.
func (w *world) recordedLatches() {
	for ; w.read < len(w.d.log.records); w.read++ {
		r := &w.d.log.records[w.read]
		if r.Type != RecLevel {
			continue
		}
		if key := (latchKey{r.Control, r.Scope, r.Instrument, r.Slot}); r.Lift {
			delete(w.latches, key)
		} else {
			w.latches[key] = max(w.latches[key], r.Level)
		}
	}
	has := w.d.g.Status().Latches
	for _, l := range has {
		if on := w.latches[latchKey{l.Control, l.Scope, l.Instrument, l.Slot}]; on != l.Level {
			w.Fatalf("%v is at %v, on record at %v", l.Control, l.Level, on)
		}
	}
	if len(has) != len(w.latches) {
		w.Fatalf("%d latches, on record %v", len(has), w.latches)
	}
}

// end ends every order: nothing is reserved any more. Then the disk fails, and a cancel is
// still admitted.
func (w *world) end() {
	for len(w.live) > 0 {
		w.over(0, exchange.OpVenue, exchange.Cancelled)
	}
	w.invariants()
	for _, d := range w.both() {
		for i, v := range d.g.s.acct.held {
			if v != 0 {
				w.Fatalf("%d of asset %d is reserved for no order", v, i)
			}
		}
	}
	w.fold()
	w.d.log.failAt, w.twin.log.failAt = 1, 1
	w.cancel()
}

// What the random events have found, told without them.

func TestARestartStillKnowsAMarketOrderAsADuplicate(t *testing.T) {
	l := wide()
	l.Duplicate = time.Hour
	d := open(t, l)
	d.allowed(d.order(exchange.Buy, xbt/100, 0))
	d.denied(d.order(exchange.Buy, xbt/100, 0), DuplicateOrder)
	d = d.restart()
	d.denied(d.order(exchange.Buy, xbt/100, 0), DuplicateOrder)
}

func TestAHighWaterMarkIsOnRecordOnceASecondHasPassed(t *testing.T) {
	d := open(t, wide())
	d.tick(time.Minute, 11_000)
	d.tick(time.Millisecond, 14_000) // too soon to be noted
	if got := d.log.last(RecEquity).High; got != 21_000*cad {
		t.Fatalf("noted %d", got/cad)
	}
	d.tick(time.Millisecond, 12_000)
	d.beat(time.Second)
	if got := d.log.last(RecEquity).High; got != 24_000*cad {
		t.Errorf("a crash would set the high-water mark of 24,000 CAD back to %d", got/cad)
	}
}

func TestAFillResolvesAnUnknownOutcome(t *testing.T) {
	d := open(t, wide())
	d.x.answer = exchange.ErrUnknown
	o := d.buy(xbt / 100)
	if err := d.g.Submit(o); !errors.Is(err, exchange.ErrUnknown) {
		t.Fatal(err)
	}
	d.x.answer = nil
	d.denied(d.buy(xbt/100), UnknownOutcome)
	d.fill(o, xbt/200, d.last, exchange.Working)
	d.allowed(d.buy(xbt / 100))
}
