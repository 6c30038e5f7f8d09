package engine

import (
	"fmt"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// book is the account as the engine sees it: balances from fills, and their worth at the
// last prices.
type book struct {
	cat      *exchange.Catalog
	currency exchange.AssetID
	balance  []money.Amount // by asset
	value    []money.Amount // by asset, in the account's currency
	equity   money.Amount
	last     []money.Price // by instrument
	paths    [][]exchange.Leg
	touched  [][]exchange.AssetID // by instrument: whose value its price moves
}

func newBook(cat *exchange.Catalog, currency exchange.AssetID) *book {
	b := &book{
		cat: cat, currency: currency,
		balance: make([]money.Amount, len(cat.Assets)), value: make([]money.Amount, len(cat.Assets)),
		last: make([]money.Price, len(cat.Instruments)), paths: make([][]exchange.Leg, len(cat.Assets)),
		touched: make([][]exchange.AssetID, len(cat.Instruments)),
	}
	for i := range cat.Assets {
		b.paths[i], _ = cat.Path(exchange.AssetID(i), currency)
		for _, leg := range b.paths[i] {
			b.touched[leg.Instrument] = append(b.touched[leg.Instrument], exchange.AssetID(i))
		}
	}
	return b
}

func (b *book) mark(id exchange.InstrumentID, p money.Price) {
	b.last[id] = p
	for _, a := range b.touched[id] {
		if b.balance[a] != 0 {
			b.revalue(a)
		}
	}
}

func (b *book) add(a exchange.AssetID, delta money.Amount) {
	b.balance[a] += delta
	b.revalue(a)
}

func (b *book) revalue(a exchange.AssetID) {
	v := b.inCurrency(b.balance[a], a)
	b.equity += v - b.value[a]
	b.value[a] = v
}

// inCurrency is an amount of an asset in the account's currency at the last prices,
// rounded down; 0 while a price is missing.
func (b *book) inCurrency(v money.Amount, a exchange.AssetID) money.Amount {
	if a != b.currency && len(b.paths[a]) == 0 {
		return 0
	}
	for _, leg := range b.paths[a] {
		next, ok := b.cat.Convert(v, leg, b.last[leg.Instrument], money.Floor)
		if !ok {
			return 0
		}
		v = next
	}
	return v
}

// compare holds the book against a venue's balances.
func (b *book) compare(balances []exchange.Balance) error {
	left := append([]money.Amount(nil), b.balance...)
	for _, v := range balances {
		left[v.Asset] -= v.Total
	}
	for i, d := range left {
		if d != 0 {
			as := &b.cat.Assets[i]
			return fmt.Errorf("engine: the book has %s %s more than the venue", money.Format(int64(d), as.Decimals), as.Name)
		}
	}
	return nil
}
