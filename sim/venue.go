package sim

import (
	"fmt"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Config is what a Venue is made of.
type Config struct {
	Catalog  *exchange.Catalog
	Model    Model
	Fees     Fees
	Accounts []Deposits // opening balances, one entry an account: AccountID is its index

	// BookOnly says that no market data will come: orders meet each other only, stops are
	// triggered by their trades, and what a market order cannot fill is cancelled.
	BookOnly bool
	// PostOnlyRejects makes a post-only order that would cross a rejection at once; without
	// it the order is acknowledged and then cancelled, as Kraken documents.
	PostOnlyRejects bool
	// OpenOrders is the most open orders an account may have in a pair; 0: no cap
	// (Kraken: 60, 80 or 225 by verification tier). SetOpenOrders changes it for one.
	OpenOrders int
}

// Deposits are an account's opening balances: Asset and Total.
type Deposits []exchange.Balance

// Venue is the simulated exchange. It is passive: it does nothing but in a call, and
// answers in the outbox of the account concerned. It is used by one goroutine.
type Venue struct {
	catalog  *exchange.Catalog
	model    Model
	config   Config
	ledger   ledger
	accounts []account
	markets  []market
	orders   arena
	now      exchange.Stamp
	due      exchange.Stamp // the earliest thing that AdvanceTo would do
	armed    int            // dead man's switches
	arrivals arrivals
	timers   timers
	births   []birth
	trades   uint64 // last trade id
	closes   uint64 // conditional closes placed
	lines    [6]entry
}

// account is one trader's part of the venue.
type account struct {
	ids     table
	out     []exchange.Event // outbox; what is before read has been taken
	read    int
	volume  volume
	first   int32   // open orders, oldest first
	last    int32   //
	open    []int32 // how many, by instrument
	openCap int     // in each instrument; 0: none
	deadMan exchange.Stamp
	recent  []exchange.Event // last fills, for snapshots
	oldest  int
}

// market is one instrument's part of the venue.
type market struct {
	in        *exchange.Instrument
	fees      Fees
	uncounted bool // its trades are no fee volume
	status    exchange.Status
	book      book
	open      int            // orders at the venue
	lastPrice money.Price    // of the latest trade, opening or close; 0: none yet
	onBars    bool           // matched on bars; trades are not liquidity then
	barOpen   exchange.Stamp // of the latest bar
	barClose  exchange.Stamp
	prevRange money.Price
	printing  bool        // the outside market is there, now
	drift     money.Price // what a taker suffers in this bar
	capLeft   money.Qty   // of the bar's or trade's volume
	capped    bool        // capLeft is of this bar; it is computed once an order could use it
	waiting   []int32     // for the next opening or trade
	spare     []int32
	trailing  []int32
	rest      []int32 // triggered in a range, to rest from the next bar on
	usd       []exchange.Leg
}

// NewVenue checks the configuration and books the opening balances.
func NewVenue(c Config) (*Venue, error) {
	switch m := c.Model; {
	case c.Catalog == nil || c.Fees == nil:
		return nil, fmt.Errorf("sim: a venue needs a catalog and fees")
	case m.SpreadPPM < 0 || m.SlippagePPM < 0 || m.SpreadPPM+2*m.SlippagePPM >= 2*money.PPM:
		return nil, fmt.Errorf("sim: spread %d ppm and slippage %d ppm leave no price; both must be from 0 and half the spread plus the slippage below 1000000", m.SpreadPPM, m.SlippagePPM)
	case m.Latency < 0:
		return nil, fmt.Errorf("sim: latency %v is negative", m.Latency)
	case m.VolumeCapPPM < 0:
		return nil, fmt.Errorf("sim: volume cap %d ppm is negative; 0 means no cap", m.VolumeCapPPM)
	}
	v := &Venue{
		catalog: c.Catalog, model: c.Model, config: c, due: exchange.Never,
		ledger:   newLedger(len(c.Accounts), len(c.Catalog.Assets)),
		accounts: make([]account, len(c.Accounts)), markets: make([]market, len(c.Catalog.Instruments)),
	}
	for i := range v.markets {
		m := &v.markets[i]
		m.in = &c.Catalog.Instruments[i]
		m.status = m.in.Status
		m.fees, m.uncounted = feesFor(c.Fees, m.in), pegged(m.in)
		if usd, ok := c.Catalog.Asset("USD"); ok {
			m.usd, _ = c.Catalog.Path(m.in.Quote, usd.ID)
		}
	}
	for i, deposits := range c.Accounts {
		a := &v.accounts[i]
		*a = newAccount(len(v.markets), c.OpenOrders)
		for _, b := range deposits {
			if err := v.Deposit(exchange.AccountID(i), b.Asset, b.Total); err != nil {
				return nil, err
			}
		}
		a.out = a.out[:0]
	}
	return v, nil
}

// Deposit books money from the world into an account and tells it with a KindBalance event.
func (v *Venue) Deposit(account exchange.AccountID, asset exchange.AssetID, amount money.Amount) error {
	if int(asset) >= len(v.catalog.Assets) || asset < 0 {
		return fmt.Errorf("sim: deposit of unknown asset %d", asset)
	}
	if sum, ok := money.Add(int64(v.Balance(account, asset).Total), int64(amount)); amount < 0 || !ok || sum > maxBalance {
		return fmt.Errorf("sim: deposit of %s %s does not fit in a balance", money.Trim(int64(amount), v.catalog.Assets[asset].Decimals), v.catalog.Assets[asset].Name)
	}
	v.move(account, asset, amount)
	return nil
}

// Withdraw books money out to the world. It refuses more than what is free.
func (v *Venue) Withdraw(account exchange.AccountID, asset exchange.AssetID, amount money.Amount) error {
	if int(asset) >= len(v.catalog.Assets) || asset < 0 {
		return fmt.Errorf("sim: withdrawal of unknown asset %d", asset)
	}
	if free := v.ledger.free(account, asset); amount < 0 || amount > free {
		d := v.catalog.Assets[asset].Decimals
		return fmt.Errorf("sim: withdrawal of %s %s exceeds the free %s", money.Trim(int64(amount), d), v.catalog.Assets[asset].Name, money.Trim(int64(free), d))
	}
	v.move(account, asset, -amount)
	return nil
}

// maxBalance leaves the venue's own books, which mirror the traders', room for many.
const maxBalance = 1 << 60

func (v *Venue) move(account exchange.AccountID, asset exchange.AssetID, amount money.Amount) {
	v.lines[0] = entry{int32(account), asset, amount}
	v.lines[1] = entry{v.ledger.own(bookWorld), asset, -amount}
	v.ledger.post(v.lines[:2])
	ev := v.emit(account)
	ev.Kind, ev.FeeAsset, ev.Cost = exchange.KindBalance, asset, v.Balance(account, asset).Total
}

// Balance is what an account has of an asset.
func (v *Venue) Balance(account exchange.AccountID, asset exchange.AssetID) exchange.Balance {
	i := v.ledger.at(int32(account), asset)
	return exchange.Balance{Asset: asset, Total: v.ledger.total[i], Hold: v.ledger.hold[i]}
}

// Now is the latest instant that the venue has been told of.
func (v *Venue) Now() exchange.Stamp { return v.now }

// Top is the best bid and ask: the model's spread around the outside market's last
// price, or in a book-only venue the best resting orders. 0 where there is none.
func (v *Venue) Top(i exchange.InstrumentID) (bid, ask money.Price) {
	m := &v.markets[i]
	if v.config.BookOnly {
		bid, _ = m.book.bestPrice(bids)
		ask, _ = m.book.bestPrice(asks)
		return bid, ask
	}
	if m.lastPrice == 0 {
		return 0, 0
	}
	return v.quote(m, exchange.Sell), v.quote(m, exchange.Buy)
}

// emit adds an event to an account's outbox for the caller to fill in.
func (v *Venue) emit(id exchange.AccountID) *exchange.Event {
	a := &v.accounts[id]
	a.out = append(a.out, exchange.Event{})
	ev := &a.out[len(a.out)-1]
	ev.Time, ev.Received, ev.Account, ev.Last = v.now, v.now, id, true
	ev.Instrument, ev.FeeAsset = exchange.None, exchange.None
	return ev
}

// Take hands over the account's next outcome; false when there is none.
func (v *Venue) Take(id exchange.AccountID, ev *exchange.Event) bool {
	a := &v.accounts[id]
	if a.read == len(a.out) {
		return false
	}
	*ev = a.out[a.read]
	a.out[a.read].Detail = nil
	a.read++
	if a.read == len(a.out) {
		a.out, a.read = a.out[:0], 0
	}
	return true
}

// tell emits a KindOrder event about an order. Count is the parent of a conditional close.
func (v *Venue) tell(o *live, op exchange.Op, state exchange.State, code exchange.Code) {
	ev := v.emit(o.account)
	ev.Kind, ev.Op, ev.State, ev.Code = exchange.KindOrder, op, state, code
	ev.Order, ev.Instrument, ev.Side = o.ID, o.Instrument, o.Side
	ev.Price, ev.Qty, ev.Remaining, ev.Count = o.Price, o.Qty, o.remaining, int64(o.parent)
}

// link adds an order to its account's open ones.
func (v *Venue) link(o *live) {
	a := &v.accounts[o.account]
	a.ids.put(o.ID, o.self)
	o.prev, o.next = a.last, none
	if a.last == none {
		a.first = o.self
	} else {
		v.orders.at(a.last).next = o.self
	}
	a.last = o.self
}

// end takes an order off the venue, releases its hold and tells the account.
func (v *Venue) end(o *live, op exchange.Op, state exchange.State, code exchange.Code) {
	v.drop(o)
	v.tell(o, op, state, code)
}

// drop is end without a word.
func (v *Venue) drop(o *live) {
	m := &v.markets[o.Instrument]
	v.unplace(m, o)
	v.hold(m, o, 0)
	a := &v.accounts[o.account]
	a.ids.del(o.ID)
	if o.prev == none {
		a.first = o.next
	} else {
		v.orders.at(o.prev).next = o.next
	}
	if o.next == none {
		a.last = o.prev
	} else {
		v.orders.at(o.next).prev = o.prev
	}
	a.open[o.Instrument]--
	m.open--
	v.orders.release(o)
}

// unplace takes an order out of the ladder or list it is in.
func (v *Venue) unplace(m *market, o *live) {
	switch o.place {
	case nowhere:
	case waiting:
		m.waiting = without(m.waiting, o.self)
		m.rest = without(m.rest, o.self)
	case trailing:
		m.trailing = without(m.trailing, o.self)
	default:
		m.book.remove(o.node)
	}
	o.place, o.node = nowhere, none
}

// without is list less one entry, order kept.
func without(list []int32, ref int32) []int32 {
	for i, r := range list {
		if r == ref {
			return append(list[:i], list[i+1:]...)
		}
	}
	return list
}
