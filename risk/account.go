package risk

import (
	"fmt"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/internal/planted"
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
	slots  []slotBook

	open    []openOrder
	places  map[exchange.OrderID]int
	held    []money.Amount // by asset: reserved for open orders, quote for buys, base for sells
	booked  []bookedTrades // by instrument: booked
	lastID  exchange.OrderID
	unknown int // open orders whose outcome is unknown
}

// route is how an asset's balance becomes account currency.
type route struct {
	legs  []exchange.Leg
	ok    bool
	rated bool // every leg has a price now
}

// slotBook is what one strategy holds and could still buy, by instrument.
type slotBook struct {
	held   []money.Qty
	cost   []money.Amount // of what is held, fees included, in quote
	buying []money.Amount
}

// openOrder is an order that may still fill.
type openOrder struct {
	order    exchange.Order
	state    exchange.State
	filled   money.Qty
	reserve  money.Amount   // quote for a buy, fee included; base for a sell
	amend    exchange.Order // as it will be once the venue confirms a change
	profit   money.Amount   // of a sale's fills so far, in quote
	sold     bool           // a sale with a fill
	since    exchange.Stamp // of the unknown outcome
	sought   bool           // not found until it could not arrive any more, and cancelled by its id
	soughtAt exchange.Stamp
	asked    exchange.Stamp // to be cancelled, last; 0: never
}

func newAccount(cat *exchange.Catalog, currency exchange.AssetID, feePPM int64, slots int) *account {
	a := &account{
		catalog: cat, currency: currency, feePPM: feePPM,
		balance: make([]money.Amount, len(cat.Assets)), value: make([]money.Amount, len(cat.Assets)),
		routes: make([]route, len(cat.Assets)), priced: make([][]exchange.AssetID, len(cat.Instruments)),
		mark: make([]money.Price, len(cat.Instruments)), buying: make([]money.Amount, len(cat.Instruments)),
		places: map[exchange.OrderID]int{}, held: make([]money.Amount, len(cat.Assets)), booked: make([]bookedTrades, len(cat.Instruments)),
	}
	for i := range cat.Assets {
		id := exchange.AssetID(i)
		legs, ok := cat.Path(id, currency)
		a.routes[i] = route{legs: legs, ok: ok, rated: ok && len(legs) == 0}
		for _, leg := range legs {
			a.priced[leg.Instrument] = append(a.priced[leg.Instrument], id)
		}
	}
	a.slot(exchange.SlotID(max(0, slots-1)))
	return a
}

// slot is a strategy's book; an id that nobody declared gets one.
func (a *account) slot(id exchange.SlotID) *slotBook {
	for int(id) >= len(a.slots) {
		n := len(a.catalog.Instruments)
		a.slots = append(a.slots, slotBook{held: make([]money.Qty, n), cost: make([]money.Amount, n), buying: make([]money.Amount, n)})
	}
	return &a.slots[id]
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
	v := a.balance[asset]
	for _, leg := range r.legs {
		var ok bool
		if v, ok = a.catalog.Convert(v, leg, a.mark[leg.Instrument], money.Floor); !ok {
			return false
		}
	}
	sum, fits := money.Add(int64(a.equity), int64(v-a.value[asset]))
	if !fits {
		return false
	}
	a.equity, a.value[asset] = money.Amount(sum), v
	return true
}

// inCurrency is an amount of an asset in the account's currency; ok is false without a
// rate.
func (a *account) inCurrency(v money.Amount, asset exchange.AssetID, r money.Rounding) (money.Amount, bool) {
	ok := a.routes[asset].rated
	for _, leg := range a.routes[asset].legs {
		if ok {
			v, ok = a.catalog.Convert(v, leg, a.mark[leg.Instrument], r)
		}
	}
	return v, ok
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
	if planted.On(planted.LostReservation) {
		return
	}
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
	a.slot(oo.order.Slot).buying[in.ID] += delta
}

// setState moves an open order on.
func (a *account) setState(oo *openOrder, s exchange.State) {
	if oo.state == exchange.Unknown {
		a.unknown--
	}
	if oo.state = s; s == exchange.Unknown {
		a.unknown++
	}
}

// release ends an order that is open. Its place is taken by the last one.
func (a *account) release(id exchange.OrderID) {
	i := a.places[id]
	a.reserve(&a.open[i], 0)
	a.setState(&a.open[i], exchange.Filled)
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
	a.booked[ev.Instrument].add(ev.TradeID)
	oo := a.find(ev.Order)
	if oo == nil {
		return fmt.Errorf("fill of order %d, which is not open here", ev.Order)
	}
	in := &a.catalog.Instruments[ev.Instrument]
	qty, ok := in.BaseAmount(ev.Qty)
	if !ok {
		return fmt.Errorf("fill of %d lots overflows", ev.Qty)
	}
	base, quote := qty, -ev.Cost
	if ev.Side == exchange.Sell && !planted.On(planted.WrongSideDebit) {
		base, quote = -qty, ev.Cost
	}
	switch {
	case planted.On(planted.FeeDropped):
	case ev.FeeAsset == in.Base:
		base -= ev.Fee
	default:
		quote -= ev.Fee
	}
	if err := a.book(in.Base, base); err != nil {
		return err
	}
	if err := a.book(in.Quote, quote); err != nil {
		return err
	}
	a.inSlot(oo, in, ev.Side, in.LotsIn(base), quote)
	return a.onFilled(oo, ev)
}

// saleProfit is what a sale has made once this fill is booked, after fees, in quote. Only
// what the strategy bought itself makes a profit or a loss; ok is false without any.
func (a *account) saleProfit(oo *openOrder, ev *exchange.Event) (profit money.Amount, ok bool) {
	if ev.Side != exchange.Sell {
		return
	}
	in := &a.catalog.Instruments[ev.Instrument]
	lots, quote := ev.Qty, ev.Cost
	if ev.FeeAsset == in.Base {
		lots -= in.LotsIn(-ev.Fee)
	} else {
		quote -= ev.Fee
	}
	profit, sold, _ := a.sale(oo, in, lots, quote)
	return oo.profit + profit, oo.sold || sold > 0
}

// sale is what selling lots for an amount of quote makes, how many of them the strategy
// had bought, and what it had paid for these.
func (a *account) sale(oo *openOrder, in *exchange.Instrument, lots money.Qty, quote money.Amount) (profit money.Amount, sold money.Qty, paid money.Amount) {
	b := a.slot(oo.order.Slot)
	sold = min(lots, b.held[in.ID]) // without any, the shares below are 0 as well
	gone, _ := money.MulDiv(int64(b.cost[in.ID]), int64(sold), int64(b.held[in.ID]), money.Half)
	got, _ := money.MulDiv(int64(quote), int64(sold), int64(lots), money.Half)
	return money.Amount(got - gone), sold, money.Amount(gone)
}

// inSlot books a fill to its strategy: lots and quote, both signed.
func (a *account) inSlot(oo *openOrder, in *exchange.Instrument, side exchange.Side, lots money.Qty, quote money.Amount) {
	b := a.slot(oo.order.Slot)
	if side == exchange.Buy {
		b.held[in.ID] += lots
		b.cost[in.ID] -= quote
	} else {
		profit, sold, paid := a.sale(oo, in, -lots, quote)
		oo.profit += profit
		oo.sold = oo.sold || sold > 0
		b.held[in.ID] -= sold
		b.cost[in.ID] -= paid
	}
}

// onFilled takes a fill off its order's reserve.
func (a *account) onFilled(oo *openOrder, ev *exchange.Event) error {
	oo.filled += ev.Qty
	if oo.order.Qty > 0 && oo.filled > oo.order.Qty {
		return fmt.Errorf("order %d filled %d of %d lots", ev.Order, oo.filled, oo.order.Qty)
	}
	if ev.State.Done() {
		return nil // the caller lets go of it
	}
	a.setState(oo, exchange.Working)
	if planted.On(planted.PartialIsWhole) {
		a.reserve(oo, 0)
		return nil
	}
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

// exposure is the worst case of an instrument in its quote asset: what is held at the
// reference price and every open buy taken as filled.
func (a *account) exposure(in *exchange.Instrument, ref money.Price) (money.Amount, bool) {
	held, ok := in.Cost(ref, in.LotsIn(a.balance[in.Base]), money.Ceil)
	if planted.On(planted.NoPendingExposure) {
		return held, ok
	}
	return held + a.buying[in.ID], ok
}

// slotExposure is the worst case of a strategy in the account's currency, and how many
// instruments it has or could get a position in.
func (a *account) slotExposure(id exchange.SlotID) (sum money.Amount, count int64, ok bool) {
	b := a.slot(id)
	for i := range a.catalog.Instruments {
		if b.held[i] == 0 && b.buying[i] == 0 {
			continue
		}
		in := &a.catalog.Instruments[i]
		if b.held[i] > 0 && a.mark[i] == 0 {
			return sum, count, false
		}
		v, fits := in.Cost(a.mark[i], b.held[i], money.Ceil)
		v, rated := a.inCurrency(v+b.buying[i], in.Quote, money.Ceil)
		if !fits || !rated {
			return sum, count, false
		}
		sum += v
		count++
	}
	return sum, count, true
}

// differences compares a venue's balances with the own view.
func (a *account) differences(balances []exchange.Balance, ppm int64) (assets []exchange.AssetID) {
	venue := make([]money.Amount, len(a.balance))
	for _, b := range balances {
		venue[b.Asset] = b.Total
	}
	for i := range a.balance {
		if a.differs(exchange.AssetID(i), venue[i], ppm) {
			assets = append(assets, exchange.AssetID(i))
		}
	}
	return assets
}

// differs is by more than ppm or a lot, and for an exact source by anything at all.
func (a *account) differs(asset exchange.AssetID, venue money.Amount, ppm int64) bool {
	have := a.balance[asset]
	bound, _ := money.MulDiv(int64(max(have, venue)), ppm, money.PPM, money.Floor)
	for i := range a.catalog.Instruments {
		if in := &a.catalog.Instruments[i]; in.Base == asset && ppm > 0 {
			lot, _ := in.BaseAmount(1)
			bound = max(bound, int64(lot))
		}
	}
	return int64(max(have-venue, venue-have)) > bound
}

func (a *account) amountText(v money.Amount, asset exchange.AssetID) string {
	as := &a.catalog.Assets[asset]
	return money.Format(int64(v), as.Decimals) + " " + as.Name
}
