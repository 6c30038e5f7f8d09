package session

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// books is what people and scripts want of the records: positions and trades. It is a fold
// of the journal and nothing else, so that a restart finds it as it was.
type books struct {
	cat       *exchange.Catalog
	balance   []money.Amount // by asset, as of the last snapshot and the fills since
	positions []position     // by instrument
	open      map[exchange.OrderID]openOrder
	trades    int64
	seen      []uint64 // by instrument: highest trade id
	onTrade   func(*Trade)
	changed   bool
}

// position is what is held of one instrument, and what it cost.
type position struct {
	qty  money.Qty
	cost money.Amount // of what is held, fees not included
}

// openOrder is what is to be known of an order that may still fill.
type openOrder struct {
	slot exchange.SlotID
	side exchange.Side
}

// Trade is one execution, for people and scripts.
type Trade struct {
	Time       exchange.Stamp `json:"-"`
	At         string         `json:"time"`
	Order      int64          `json:"order"`
	Slot       int            `json:"slot"`
	Instrument string         `json:"instrument"`
	Side       string         `json:"side"`
	Price      string         `json:"price"`
	Qty        string         `json:"qty"`
	Cost       string         `json:"cost"`
	Fee        string         `json:"fee"`
	FeeAsset   string         `json:"fee_asset"`
	Liquidity  string         `json:"liquidity"`
	TradeID    uint64         `json:"trade_id"`
}

func newBooks(cat *exchange.Catalog) *books {
	return &books{
		cat: cat, balance: make([]money.Amount, len(cat.Assets)), positions: make([]position, len(cat.Instruments)),
		open: map[exchange.OrderID]openOrder{}, seen: make([]uint64, len(cat.Instruments)), changed: true,
	}
}

// Record takes a record of the journal, an old one or a new one.
func (b *books) Record(r *risk.Record, _ bool) error {
	switch r.Type {
	case risk.RecIntent:
		if r.Text == "" { // else a dry run
			b.open[r.Order.ID] = openOrder{r.Order.Slot, r.Order.Side}
		}
	case risk.RecFill:
		b.fill(r.Event)
	case risk.RecOrder:
		if r.Event.State.Done() {
			delete(b.open, r.Event.Order)
		}
	case risk.RecSnapshot:
		if r.Event == nil || r.Event.Detail == nil || r.Event.Detail.Snapshot == nil {
			return nil
		}
		clear(b.balance)
		for _, v := range r.Event.Detail.Snapshot.Balances {
			b.balance[v.Asset] = v.Total
		}
		b.changed = true
	}
	return nil
}

func (b *books) fill(ev *exchange.Event) {
	if ev.TradeID <= b.seen[ev.Instrument] {
		return
	}
	b.seen[ev.Instrument] = ev.TradeID
	in := &b.cat.Instruments[ev.Instrument]
	p := &b.positions[ev.Instrument]
	base, _ := in.BaseAmount(ev.Qty)
	quote := -ev.Cost
	if ev.Side == exchange.Buy {
		p.qty += ev.Qty
		p.cost += ev.Cost
	} else {
		base, quote = -base, ev.Cost
		sold := min(ev.Qty, p.qty)
		gone, _ := money.MulDiv(int64(p.cost), int64(sold), int64(max(p.qty, 1)), money.Half)
		p.qty, p.cost = p.qty-sold, p.cost-money.Amount(gone)
	}
	b.balance[in.Base] += base
	b.balance[in.Quote] += quote
	b.balance[ev.FeeAsset] -= ev.Fee
	slot := b.open[ev.Order].slot
	if ev.State.Done() {
		delete(b.open, ev.Order)
	}
	b.trades++
	b.changed = true
	if b.onTrade == nil {
		return
	}
	quoteDec := b.cat.Assets[in.Quote].Decimals
	liquidity := "taker"
	if ev.Liquidity == exchange.Maker {
		liquidity = "maker"
	}
	b.onTrade(&Trade{
		Time: ev.Time, At: ev.Time.String(), Order: int64(ev.Order), Slot: int(slot), Instrument: in.Symbol, Side: ev.Side.String(),
		Price: in.PriceText(ev.Price), Qty: in.QtyText(ev.Qty), Cost: money.Trim(int64(ev.Cost), quoteDec),
		Fee: money.Trim(int64(ev.Fee), b.cat.Assets[ev.FeeAsset].Decimals), FeeAsset: b.cat.Assets[ev.FeeAsset].Name, Liquidity: liquidity, TradeID: ev.TradeID,
	})
}

// Positions is positions.json.
type Positions struct {
	Time      string            `json:"time"`
	Balances  map[string]string `json:"balances"`
	Positions []Position        `json:"positions"`
	Trades    int64             `json:"trades"`
}

// Position is one entry of it.
type Position struct {
	Instrument string `json:"instrument"`
	Qty        string `json:"qty"`
	AvgPrice   string `json:"avg_price"`
	Cost       string `json:"cost"`
	Quote      string `json:"quote"`
}

func (b *books) list(now exchange.Stamp) *Positions {
	out := &Positions{Time: now.String(), Balances: map[string]string{}, Positions: []Position{}, Trades: b.trades}
	for i := range b.cat.Assets {
		out.Balances[b.cat.Assets[i].Name] = money.Trim(int64(b.balance[i]), b.cat.Assets[i].Decimals)
	}
	for i := range b.positions {
		p, in := &b.positions[i], &b.cat.Instruments[i]
		if p.qty == 0 {
			continue
		}
		quote := &b.cat.Assets[in.Quote]
		// price = cost / qty, in the instrument's decimals
		avg, _ := money.MulDiv(int64(p.cost), money.Pow10[in.LotDecimals], int64(p.qty), money.Half)
		out.Positions = append(out.Positions, Position{
			Instrument: in.Symbol, Qty: in.QtyText(p.qty), AvgPrice: money.Trim(avg, quote.Decimals), Cost: money.Trim(int64(p.cost), quote.Decimals), Quote: quote.Name,
		})
	}
	return out
}
