package sim

import (
	"fmt"
	"slices"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// AddAccount opens an account while the venue runs, with the next AccountID. Its opening
// balances are told in its outbox like any deposit.
func (v *Venue) AddAccount(deposits Deposits) (exchange.AccountID, error) {
	id := exchange.AccountID(len(v.accounts))
	for _, b := range deposits {
		if int(b.Asset) >= len(v.catalog.Assets) || b.Asset < 0 || b.Total < 0 || b.Total > maxBalance {
			return 0, fmt.Errorf("sim: account %d cannot open with %d of asset %d", id, b.Total, b.Asset)
		}
	}
	v.ledger.insert()
	v.accounts = append(v.accounts, newAccount(len(v.markets), v.config.OpenOrders))
	for _, b := range deposits {
		if err := v.Deposit(id, b.Asset, b.Total); err != nil {
			return 0, err
		}
	}
	return id, nil
}

func newAccount(markets, openOrders int) account {
	return account{first: none, last: none, deadMan: exchange.Never, open: make([]int32, markets), openCap: openOrders}
}

// insert makes room for one more trader in front of the venue's own books.
func (l *ledger) insert() {
	at := int(l.traders * l.assets)
	l.total = slices.Insert(l.total, at, make([]money.Amount, l.assets)...)
	l.hold = slices.Insert(l.hold, at, make([]money.Amount, l.assets)...)
	l.traders++
}

// SetOpenOrders caps how many open orders an account may have in a pair; 0: no cap.
// Orders that are open stay.
func (v *Venue) SetOpenOrders(account exchange.AccountID, most int) {
	v.accounts[account].openCap = most
}

// OpenOrders is how many open orders an account has in a pair.
func (v *Venue) OpenOrders(account exchange.AccountID, i exchange.InstrumentID) int {
	return int(v.accounts[account].open[i])
}

// SetPostOnlyRejects changes Config.PostOnlyRejects for the orders that come.
func (v *Venue) SetPostOnlyRejects(rejects bool) { v.config.PostOnlyRejects = rejects }

// Trades is how many trades there have been.
func (v *Venue) Trades() uint64 { return v.trades }

// Books are the venue's own books of an asset: with the accounts' totals they net to zero.
type Books struct {
	Outside money.Amount // what the outside market gave or, negative, took
	Fees    money.Amount // received
	World   money.Amount // withdrawals less deposits
}

// Books are the venue's own books of an asset.
func (v *Venue) Books(asset exchange.AssetID) Books {
	of := func(book int32) money.Amount { return v.ledger.total[v.ledger.at(v.ledger.own(book), asset)] }
	return Books{Outside: of(bookMarket), Fees: of(bookFees), World: of(bookWorld)}
}

// SetFees changes the schedule for the trades that come. What open orders hold for their
// fees stays.
func (v *Venue) SetFees(f Fees) {
	v.config.Fees = f
	for i := range v.markets {
		v.markets[i].fees = feesFor(f, v.markets[i].in)
	}
}
