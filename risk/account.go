package risk

import (
	"fmt"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// account is the guard's own view of what is owned and what is open, kept from fills and
// order events alone. The venue's ledger and the engine's book are written
// independently; a difference halts.
type account struct {
	catalog  *exchange.Catalog
	currency exchange.AssetID
	feePPM   int64 // the worst fee a fill can cost

	balance []money.Amount // by asset
	value   []money.Amount // of balance, in the account's currency, by asset
	routes  []route        // by asset
	priced  [][]exchange.AssetID
	equity  money.Amount
	unrated int // assets held without a rate

	mark   []money.Price  // by instrument, 0: none yet
	buying []money.Amount // by instrument: quote that open buys could still spend

	open    []openOrder
	places  map[exchange.OrderID]int
	held    []money.Amount // by asset: reserved for open orders, quote for buys, base for sells
	tradeID []uint64       // by instrument: highest trade seen
}

// route is how an asset's balance becomes account currency.
type route struct {
	legs  []exchange.Leg
	ok    bool
	rated bool // every leg has a price now
}

// openOrder is an order that may still fill.
type openOrder struct {
	order   exchange.Order
	state   exchange.State
	filled  money.Qty
	reserve money.Amount   // quote for a buy, fee included; base for a sell
	amend   exchange.Order // as it will be once the venue confirms a change
}

func newAccount(cat *exchange.Catalog, currency exchange.AssetID, feePPM int64) *account {
	a := &account{
		catalog: cat, currency: currency, feePPM: feePPM,
		balance: make([]money.Amount, len(cat.Assets)), value: make([]money.Amount, len(cat.Assets)),
		routes: make([]route, len(cat.Assets)), priced: make([][]exchange.AssetID, len(cat.Instruments)),
		mark: make([]money.Price, len(cat.Instruments)), buying: make([]money.Amount, len(cat.Instruments)),
		places: map[exchange.OrderID]int{}, held: make([]money.Amount, len(cat.Assets)), tradeID: make([]uint64, len(cat.Instruments)),
	}
	for i := range cat.Assets {
		id := exchange.AssetID(i)
		legs, ok := cat.Path(id, currency)
		a.routes[i] = route{legs: legs, ok: ok, rated: ok && len(legs) == 0}
		for _, leg := range legs {
			a.priced[leg.Instrument] = append(a.priced[leg.Instrument], id)
		}
	}
	return a
}

// setMark takes an instrument's new price and values what it prices.
func (a *account) setMark(id exchange.InstrumentID, p money.Price) bool {
	first := a.mark[id] == 0
	a.mark[id] = p
	for _, asset := range a.priced[id] {
		if first {
			a.rate(asset)
		}
		if a.balance[asset] != 0 && !a.revalue(asset) {
			return false
		}
	}
	return true
}

// rate notes whether an asset's whole route has prices.
func (a *account) rate(asset exchange.AssetID) {
	r := &a.routes[asset]
	was := r.rated
	r.rated = r.ok
	for _, leg := range r.legs {
		r.rated = r.rated && a.mark[leg.Instrument] > 0
	}
	if r.rated && !was && a.balance[asset] != 0 {
		a.unrated--
	}
}

// revalue puts an asset's balance into the equity at today's marks, rounded down.
func (a *account) revalue(asset exchange.AssetID) bool {
	r := &a.routes[asset]
	if !r.rated {
		return true
	}
	v, ok := a.balance[asset], true
	for _, leg := range r.legs {
		if v, ok = a.catalog.Convert(v, leg, a.mark[leg.Instrument], money.Floor); !ok {
			return false
		}
	}
	a.equity += v - a.value[asset]
	a.value[asset] = v
	return true
}

// inCurrency is an amount of an asset in the account's currency, rounded up; ok is false
// without a rate.
func (a *account) inCurrency(v money.Amount, asset exchange.AssetID) (money.Amount, bool) {
	r := &a.routes[asset]
	if !r.rated {
		return 0, false
	}
	ok := true
	for _, leg := range r.legs {
		if v, ok = a.catalog.Convert(v, leg, a.mark[leg.Instrument], money.Ceil); !ok {
			return 0, false
		}
	}
	return v, true
}

// book changes a balance.
func (a *account) book(asset exchange.AssetID, delta money.Amount) error {
	old := a.balance[asset]
	sum, ok := money.Add(int64(old), int64(delta))
	if !ok || sum < 0 {
		return fmt.Errorf("balance of %s would become %d", a.catalog.Assets[asset].Name, sum)
	}
	a.balance[asset] = money.Amount(sum)
	if !a.routes[asset].rated && (old == 0) != (sum == 0) {
		if old == 0 {
			a.unrated++
		} else {
			a.unrated--
		}
	}
	if !a.revalue(asset) {
		return fmt.Errorf("value of %s overflows", a.catalog.Assets[asset].Name)
	}
	return nil
}

// add reserves what an approved order could use: quote for a buy, coins for a sell.
func (a *account) add(o *exchange.Order, cost money.Amount) {
	a.places[o.ID] = len(a.open)
	a.open = append(a.open, openOrder{order: *o, state: exchange.Pending})
	a.reserve(&a.open[len(a.open)-1], cost)
}

// reserve sets what an open order holds.
func (a *account) reserve(oo *openOrder, v money.Amount) {
	in := &a.catalog.Instruments[oo.order.Instrument]
	delta := v - oo.reserve
	oo.reserve = v
	if oo.order.Side == exchange.Sell {
		a.held[in.Base] += delta
		return
	}
	a.held[in.Quote] += delta
	a.buying[in.ID] += delta
}

// release ends an open order. Its place is taken by the last one.
func (a *account) release(id exchange.OrderID) {
	i, ok := a.places[id]
	if !ok {
		return
	}
	a.reserve(&a.open[i], 0)
	last := len(a.open) - 1
	if i != last {
		a.open[i] = a.open[last]
		a.places[a.open[i].order.ID] = i
	}
	a.open = a.open[:last]
	delete(a.places, id)
}

func (a *account) find(id exchange.OrderID) *openOrder {
	if i, ok := a.places[id]; ok {
		return &a.open[i]
	}
	return nil
}

// onFill books an execution. The error is a difference that halts.
func (a *account) onFill(ev *exchange.Event) error {
	if ev.TradeID <= a.tradeID[ev.Instrument] {
		return nil // seen before: a venue may send a fill twice
	}
	a.tradeID[ev.Instrument] = ev.TradeID
	in := &a.catalog.Instruments[ev.Instrument]
	qty, ok := in.BaseAmount(ev.Qty)
	if !ok {
		return fmt.Errorf("fill of %d lots overflows", ev.Qty)
	}
	base, quote := qty, -ev.Cost
	if ev.Side == exchange.Sell {
		base, quote = -qty, ev.Cost
	}
	if ev.FeeAsset == in.Base {
		base -= ev.Fee
	} else {
		quote -= ev.Fee
	}
	oo := a.find(ev.Order)
	if oo == nil {
		return fmt.Errorf("fill of order %d, which is not open here", ev.Order)
	}
	if err := a.book(in.Base, base); err != nil {
		return err
	}
	if err := a.book(in.Quote, quote); err != nil {
		return err
	}
	return a.onFilled(oo, ev)
}

// onFilled takes a fill off its order's reserve.
func (a *account) onFilled(oo *openOrder, ev *exchange.Event) error {
	oo.filled += ev.Qty
	if oo.order.Qty > 0 && oo.filled > oo.order.Qty {
		return fmt.Errorf("order %d filled %d of %d lots", ev.Order, oo.filled, oo.order.Qty)
	}
	if ev.State.Done() {
		a.release(ev.Order)
		return nil
	}
	oo.state = exchange.Working
	left := max(0, oo.reserve-ev.Cost-ev.Fee)
	if oo.order.Qty > 0 {
		// by quantity, so that a fill better than reserved frees its difference
		rest := oo.order.Qty - oo.filled
		share, _ := money.MulDiv(int64(oo.reserve), int64(rest), int64(rest+ev.Qty), money.Ceil)
		left = money.Amount(share)
	}
	a.reserve(oo, left)
	return nil
}

// reconcile compares a venue's snapshot with the own view; the first one is adopted.
func (a *account) reconcile(s *exchange.Snapshot, adopt bool) error {
	seen := make([]bool, len(a.balance))
	for _, b := range s.Balances {
		seen[b.Asset] = true
		if adopt {
			if err := a.book(b.Asset, b.Total-a.balance[b.Asset]); err != nil {
				return err
			}
		}
		if a.balance[b.Asset] != b.Total {
			return a.difference(b.Asset, b.Total)
		}
	}
	for i, have := range a.balance {
		if !seen[i] && have != 0 {
			return a.difference(exchange.AssetID(i), 0)
		}
	}
	return nil
}

func (a *account) difference(asset exchange.AssetID, venue money.Amount) error {
	as := &a.catalog.Assets[asset]
	return fmt.Errorf("the venue has %s %s, the guard's own view is %s",
		money.Format(int64(venue), as.Decimals), as.Name, money.Format(int64(a.balance[asset]), as.Decimals))
}
