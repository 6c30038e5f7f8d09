package sim

import (
	"fmt"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// The roundings of the ledger, both to the ledger's decimals of the asset.
const (
	// CostRounding cuts a cost off, as Kraken does.
	CostRounding = money.Down
	// FeeRounding rounds a fee to the nearest unit.
	FeeRounding = money.Half
)

// The venue's own accounts stand behind the traders' and may be negative: what the
// outside market gave or took, the fees received, and the world that deposits come from.
const (
	bookMarket = iota
	bookFees
	bookWorld
	ownBooks
)

// entry is one line of a posting.
type entry struct {
	book   int32 // account, or traders + bookMarket, bookFees, bookWorld
	asset  exchange.AssetID
	amount money.Amount
}

// ledger holds totals and holds by book and asset, in double entry.
type ledger struct {
	traders, assets int32
	total, hold     []money.Amount // [book*assets + asset]
}

func newLedger(traders, assets int) ledger {
	n := (traders + ownBooks) * assets
	return ledger{traders: int32(traders), assets: int32(assets), total: make([]money.Amount, n), hold: make([]money.Amount, n)}
}

// own is the number of one of the venue's own books.
func (l *ledger) own(book int32) int32 { return l.traders + book }

func (l *ledger) at(book int32, a exchange.AssetID) int32 { return book*l.assets + int32(a) }

// free is what is not held.
func (l *ledger) free(account exchange.AccountID, a exchange.AssetID) money.Amount {
	i := l.at(int32(account), a)
	return l.total[i] - l.hold[i]
}

// post books the entries. They must net to zero for each asset.
func (l *ledger) post(entries []entry) {
	for i := range entries {
		e := &entries[i]
		net := money.Amount(0)
		for j := range entries {
			if entries[j].asset == e.asset {
				net += entries[j].amount
			}
		}
		if net != 0 {
			panic(fmt.Sprintf("BUG: posting nets to %d, not zero, for asset %d: %v", net, e.asset, entries))
		}
		at := l.at(e.book, e.asset)
		sum, ok := money.Add(int64(l.total[at]), int64(e.amount))
		if !ok || sum < 0 && e.book < l.traders {
			panic(fmt.Sprintf("BUG: account %d would have %d+%d of asset %d", e.book, l.total[at], e.amount, e.asset))
		}
		l.total[at] = money.Amount(sum)
	}
}

// reserve changes a hold by d.
func (l *ledger) reserve(account exchange.AccountID, a exchange.AssetID, d money.Amount) {
	l.hold[l.at(int32(account), a)] += d
}

// net is the sum of all books for an asset: zero, always.
func (l *ledger) net(a exchange.AssetID) money.Amount {
	sum := money.Amount(0)
	for b := int32(0); b < l.traders+ownBooks; b++ {
		sum += l.total[l.at(b, a)]
	}
	return sum
}
