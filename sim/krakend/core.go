package krakend

import (
	"cmp"
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/sim"
)

// core is the venue with everything that a server adds to it: names, records, keys,
// limits. One goroutine owns it.
type core struct {
	config    *Config
	catalog   *exchange.Catalog
	venue     *sim.Venue
	rules     *rulebook
	fees      sim.Fees // of the start; config.Fees are those of now
	now       exchange.Stamp
	nextTick  exchange.Stamp
	tickEvery time.Duration
	status    exchange.Status
	markets   []market
	accounts  []*account // the clients, in the order of their ids; the crowd's come before them in the venue
	keys      keyring
	byTxid    map[string]*order
	byFill    map[string]*fill
	byRow     map[string]*ledgerRow
	scheduled []*order
	ids       idents
	strangers map[string]stranger
	pace      pace
	state     *stateFile // nil: nothing is kept
	failed    error      // why the venue cannot go on
	requests  *requestLog
	within    bool // a command: what it does by itself is not recorded again
	events    []exchange.Event
	prints    map[uint64]printed // of the events being booked, by the venue's trade id
	wall      exchange.Stamp     // the clock of links: real time, or in lockstep the venue's
	turn      time.Time          // when this turn of the core began, for what waits in queues
	hub       hub
}

// printed is what both sides of a trade share.
type printed struct {
	id     int64
	market bool
}

// What is kept of an account's past: half as much again before the older part goes.
const keptRows = 50_000

// tick is the time between two moves of the crowd.
const tick = time.Second

// advance lets the venue's time pass.
func (c *core) advance(to exchange.Stamp) {
	if c.state != nil && c.isDue(to) && c.record(entry{Do: entryTime, At: to}) != nil {
		return
	}
	for c.nextTick <= to {
		c.moveTo(c.nextTick)
		for i := range c.markets {
			if m := &c.markets[i]; m.crowd != nil {
				m.crowd.step(c, m)
			}
		}
		c.nextTick = c.nextTick.Add(c.tickEvery)
	}
	c.moveTo(to)
}

// moveTo is advance between two ticks: expiries, dead man's switches, scheduled orders.
func (c *core) moveTo(to exchange.Stamp) {
	if to <= c.now {
		return
	}
	for len(c.scheduled) > 0 || c.venue.NextDue() <= to {
		at, i := c.venue.NextDue(), -1
		for k, o := range c.scheduled {
			if o.starts < at {
				at, i = o.starts, k
			}
		}
		if at > to {
			break
		}
		c.now = max(c.now, at)
		c.venue.AdvanceTo(c.now)
		c.drain()
		if i >= 0 && i < len(c.scheduled) {
			o := c.scheduled[i]
			c.scheduled = slices.Delete(c.scheduled, i, i+1)
			c.release(o)
		}
	}
	c.now = to
	c.venue.AdvanceTo(to)
	for _, a := range c.accounts {
		if a.deadMan != 0 && a.deadMan <= to {
			a.deadMan = 0
			for _, o := range slices.Clone(c.scheduled) {
				if o.account == a {
					c.unschedule(o, exchange.CodeDeadMan.String())
				}
			}
		}
	}
	c.drain()
}

// drain books what has happened at the venue: first the tape, in the order of the trades,
// then each account's records in the order in which it was told.
func (c *core) drain() {
	c.events = c.events[:0]
	var ev exchange.Event
	for i := 0; i < int(crowdAccounts)+len(c.accounts); i++ {
		for c.venue.Take(exchange.AccountID(i), &ev) {
			c.events = append(c.events, ev)
		}
	}
	if len(c.events) == 0 {
		return
	}
	c.printAll()
	for i := range c.events {
		ev := &c.events[i]
		if a := c.client(ev.Account); a != nil {
			c.clientEvent(a, ev)
		} else {
			c.crowdEvent(ev)
		}
		if ev.Instrument != exchange.None {
			c.markets[ev.Instrument].moved = true
		}
	}
	for i := range c.markets {
		if m := &c.markets[i]; m.moved {
			m.moved = false
			c.quoted(m)
			c.tellBook(m)
		}
	}
}

// printAll puts the trades of c.events on the tape: the taker's side of each tells it.
func (c *core) printAll() {
	clear(c.prints)
	var takes []*exchange.Event
	for i := range c.events {
		if ev := &c.events[i]; ev.Kind == exchange.KindFill && ev.Liquidity == exchange.Taker {
			takes = append(takes, ev)
		}
	}
	slices.SortFunc(takes, func(a, b *exchange.Event) int { return cmp.Compare(a.TradeID, b.TradeID) })
	for i, ev := range takes {
		m := &c.markets[ev.Instrument]
		if i == 0 || takes[i-1].Instrument != ev.Instrument {
			m.untold = m.tradeID
		}
		atMarket := false
		if a := c.client(ev.Account); a != nil {
			if o := a.byID[ev.Order]; o != nil {
				atMarket = !o.Type.HasLimit()
			}
		}
		c.prints[ev.TradeID] = printed{m.print(ev.Time, ev.Price, ev.Qty, ev.Side, atMarket), atMarket}
		m.touch(ev.Side.Opposite(), ev.Price, ev.Time)
		if i+1 == len(takes) || takes[i+1].Instrument != ev.Instrument {
			c.tellTrades(m, m.untold)
		}
	}
}

// client is the account with an id at the venue; nil for one of the crowd's.
func (c *core) client(id exchange.AccountID) *account {
	if id < crowdAccounts {
		return nil
	}
	return c.accounts[id-crowdAccounts]
}

// clientEvent books an event of a client's account.
func (c *core) clientEvent(a *account, ev *exchange.Event) {
	if ev.Kind == exchange.KindBalance {
		return // booked by whoever moved the money
	}
	o := a.byID[ev.Order]
	if o == nil && ev.Kind == exchange.KindOrder && ev.Op == exchange.OpVenue && ev.Count != 0 {
		if o = c.born(a, ev); o != nil && ev.State == exchange.Working {
			c.admitted(o, ev.Time)
		}
	}
	switch {
	case o == nil:
		a.refused = ev.Code // an order that was never let in
	case ev.Kind == exchange.KindFill:
		c.bookFill(o, ev)
	case ev.Kind == exchange.KindOrder:
		c.orderEvent(o, ev)
	}
}

func (c *core) orderEvent(o *order, ev *exchange.Event) {
	o.m.touch(o.Side, o.Price, ev.Time)
	if o.Type == exchange.TrailingStopLimit {
		o.m.stream.lost = true // its limit is known to the venue only
	}
	switch {
	case ev.State == exchange.Rejected:
		o.account.refused = ev.Code
		if ev.Op == exchange.OpVenue { // a conditional close that could not be placed
			c.end(o, "canceled", c.refusalText(o.m, ev.Code), ev.Time)
		}
	case ev.Op == exchange.OpAmend:
		o.account.refused = ev.Code
		switch {
		case ev.State == exchange.Cancelled: // less than what is filled
			o.account.refused = exchange.CodeAmended
			c.end(o, "canceled", "User requested", ev.Time)
		case ev.Code == exchange.CodeAmended:
			o.m.touch(o.Side, o.Price, ev.Time)
			o.apply(o.account.change)
			o.m.touch(o.Side, o.Price, ev.Time)
			c.report(o, execAmended, ev.Time)
		}
	case ev.State == exchange.Cancelled:
		reason := ev.Code.String()
		if o.why != "" {
			reason = o.why
		}
		c.end(o, "canceled", reason, ev.Time)
	case ev.State == exchange.Expired:
		c.end(o, "expired", ev.Code.String(), ev.Time)
	case ev.Code == exchange.CodeTriggered:
		o.stopped = true
		word := "stopped"
		if o.Type == exchange.TakeProfit || o.Type == exchange.TakeProfitLimit {
			word = "touched"
		}
		o.misc = append(o.misc, word)
		c.report(o, execStatus, ev.Time)
	case ev.Code == exchange.CodeNone && ev.Op == exchange.OpSubmit:
		o.status = "open"
		c.admitted(o, ev.Time)
	case ev.Code != exchange.CodeNone:
		o.account.refused = ev.Code
	}
}

func (c *core) refusalText(m *market, code exchange.Code) string { return string(c.refusal(m, code)) }

// born is the record of a conditional close.
func (c *core) born(a *account, ev *exchange.Event) *order {
	parent := a.byID[exchange.OrderID(ev.Count)]
	if parent == nil {
		return nil
	}
	cl := parent.Close
	o := &order{
		Order: exchange.Order{
			ID: ev.Order, Instrument: ev.Instrument, Side: ev.Side, Type: cl.Type, Qty: ev.Qty, Price: cl.Price, Trigger: cl.Trigger, Trail: cl.Trail, TrailPPM: cl.TrailPPM,
		},
		parent: parent.txid, account: a, m: parent.m, userref: parent.userref, hasRef: parent.hasRef, trigger: "last", flags: []string{"fciq"}, status: "open",
		feeAsset: parent.m.in.Quote,
	}
	if cl.Type.Trailing() {
		o.trail = trailText(parent.m, cl.Trail, cl.TrailPPM)
	}
	c.enter(o)
	return o
}

// enter gives an order its id and its place among the open ones.
func (c *core) enter(o *order) {
	o.txid = c.ids.next('O')
	o.opened, o.changed = c.now, c.now
	o.account.byID[o.ID] = o
	o.account.open = append(o.account.open, o)
	c.byTxid[o.txid] = o
	if o.clientID != "" {
		o.account.named[o.clientID] = o
	}
}

// leave takes an order from the open ones of its account.
func (o *order) leave() {
	a := o.account
	if i := slices.Index(a.open, o); i >= 0 {
		a.open = slices.Delete(a.open, i, i+1)
	}
	if a.named[o.clientID] == o {
		delete(a.named, o.clientID)
	}
}

// forget takes back an order that the venue did not let in.
func (c *core) forget(o *order) {
	delete(c.byTxid, o.txid)
	delete(o.account.byID, o.ID)
	o.leave()
}

// end moves an order to the closed ones.
func (c *core) end(o *order, status, reason string, at exchange.Stamp) {
	if o.ended != 0 {
		return
	}
	a := o.account
	o.status, o.reason, o.ended = status, reason, max(at, o.opened)
	if status == "canceled" && o.filled > 0 {
		o.misc = append(o.misc, "partial")
	}
	o.leave()
	if o.told {
		c.report(o, map[string]string{"closed": execFilled, "canceled": execCanceled, "expired": execExpired}[status], o.ended)
	}
	a.closed = append(a.closed, o)
	if len(a.closed) > keptRows*3/2 {
		for _, old := range a.closed[:keptRows/2] {
			delete(c.byTxid, old.txid)
			delete(a.byID, old.ID)
		}
		a.closed = slices.Delete(a.closed, 0, keptRows/2)
	}
}

// bookFill books one side of a trade: the order, the trade, two rows of the ledger.
func (c *core) bookFill(o *order, ev *exchange.Event) {
	a, m := o.account, o.m
	cost, _ := money.MulDiv(int64(ev.Price), int64(ev.Qty), money.Pow10[m.in.PriceDecimals+m.in.LotDecimals-m.costDecimals], money.Half)
	o.filled += ev.Qty
	o.cost += cost
	o.fee += ev.Fee
	o.feeAsset = ev.FeeAsset
	f := &fill{
		txid: c.ids.next('T'), position: c.ids.next('T'), order: o, at: ev.Time, price: ev.Price, qty: ev.Qty, cost: cost, fee: ev.Fee, feeIn: ev.FeeAsset,
		maker: ev.Liquidity == exchange.Maker, tradeID: c.prints[ev.TradeID].id, cumQty: o.filled, cumCost: o.cost,
	}
	m.touch(o.Side, ev.Price, ev.Time)
	base, _ := m.in.BaseAmount(ev.Qty)
	paid, got := m.in.Quote, m.in.Base
	out, in := -ev.Cost, base
	if o.Side == exchange.Sell {
		paid, got, out, in = got, paid, -base, ev.Cost
	}
	feeOf := func(asset exchange.AssetID) money.Amount {
		if asset == ev.FeeAsset {
			return ev.Fee
		}
		return 0
	}
	f.rows = []string{
		c.ledger(a, f.txid, "trade", paid, out, feeOf(paid), ev.Time).id,
		c.ledger(a, f.txid, "trade", got, in, feeOf(got), ev.Time).id,
	}
	o.fills = append(o.fills, f)
	a.fills = append(a.fills, f)
	c.byFill[f.txid] = f
	if len(a.fills) > keptRows*3/2 {
		for _, old := range a.fills[:keptRows/2] {
			delete(c.byFill, old.txid)
		}
		a.fills = slices.Delete(a.fills, 0, keptRows/2)
	}
	c.report(o, execTrade, ev.Time)
	for _, id := range f.rows {
		c.booked(a, c.byRow[id])
	}
	o.refill(c, ev)
	if ev.State == exchange.Filled {
		c.end(o, "closed", "", ev.Time)
	}
}

// ledger adds a row to an account's ledger: balance = previous + amount - fee.
func (c *core) ledger(a *account, refid, kind string, asset exchange.AssetID, amount, fee money.Amount, at exchange.Stamp) *ledgerRow {
	a.total[asset] += amount - fee
	a.had[asset] = true
	r := &ledgerRow{account: a, id: c.ids.next('L'), refid: refid, at: at, kind: kind, asset: asset, amount: amount, fee: fee, balance: a.total[asset]}
	a.rows = append(a.rows, r)
	c.byRow[r.id] = r
	if len(a.rows) > keptRows*3 {
		for _, old := range a.rows[:keptRows] {
			delete(c.byRow, old.id)
		}
		a.rows = slices.Delete(a.rows, 0, keptRows)
	}
	return r
}

// deposit books money into an account.
func (c *core) deposit(a *account, asset exchange.AssetID, amount money.Amount) error {
	if err := c.venue.Deposit(a.id, asset, amount); err != nil {
		return err
	}
	c.drain()
	c.booked(a, c.ledger(a, c.ids.next('F'), "deposit", asset, amount, 0, c.now))
	return nil
}

// market finds a pair by any of Kraken's spellings: id, altname, wsname, stream name.
func (c *core) market(name string) (*market, bool) {
	for i := range c.markets {
		m := &c.markets[i]
		if name == m.id || name == m.altname || name == m.wsname || name == m.symbol {
			return m, true
		}
	}
	return nil, false
}

// asset finds an asset by Kraken's id or name.
func (c *core) asset(name string) (*exchange.Asset, bool) {
	a, ok := c.catalog.Asset(name)
	if ok && name != a.Name && name != assetID(a.Name) && name != streamName(a.Name) {
		return nil, false
	}
	return a, ok
}

// setStatus changes what the venue allows.
func (c *core) setStatus(s exchange.Status) {
	c.status = s
	c.venue.Apply(&exchange.Event{Kind: exchange.KindStatus, Time: c.now, Instrument: exchange.None, Status: s})
	for i := range c.markets {
		c.markets[i].status = s
	}
	c.drain()
	c.announce()
}
