package sim

import (
	"testing"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func TestAnAccountOpenedLaterTradesAndTheBooksStillNet(t *testing.T) {
	rich := Deposits{{Asset: usd, Total: 100_000_000}, {Asset: xbt, Total: 1_000_000}}
	v, err := NewVenue(Config{Catalog: catalog(t), Fees: FixedFees(1000, 2000), Accounts: []Deposits{rich}, BookOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	fees := func() Books { return v.Books(usd) }
	ask := limit(exchange.Sell, one, 10000)
	ask.ID = 1
	v.Submit(0, &ask)
	late, err := v.AddAccount(rich)
	if err != nil || late != 1 {
		t.Fatal(late, err)
	}
	if b := v.Balance(0, xbt); b.Hold == 0 {
		t.Fatalf("the resting order's hold is lost: %+v", b)
	}
	bid := limit(exchange.Buy, one, 10000)
	bid.ID = 1
	v.Submit(late, &bid)
	if fills := took(v, late); len(fills) != 1 || fills[0].Liquidity != exchange.Taker {
		t.Fatalf("the new account has the fills %+v", fills)
	}
	checkBooks(t, v)
	sum := v.Balance(0, usd).Total + v.Balance(late, usd).Total
	if b := fees(); b.Fees <= 0 || sum+b.Fees+b.World+b.Outside != 0 || v.Trades() != 1 {
		t.Errorf("accounts have %d, the venue's books %+v, trades %d", sum, b, v.Trades())
	}
	for _, bad := range []Deposits{{{Asset: 99, Total: 1}}, {{Asset: usd, Total: -1}}, {{Asset: usd, Total: maxBalance + 1}}} {
		if id, err := v.AddAccount(bad); err == nil {
			t.Errorf("%+v opens account %d", bad, id)
		}
	}
	if next, err := v.AddAccount(nil); err != nil || next != 2 {
		t.Errorf("after the refusals comes account %d, %v", next, err)
	}
}

func TestTheCapOnOpenOrdersIsEachAccountsOwn(t *testing.T) {
	rich := Deposits{{Asset: usd, Total: 100_000_000}}
	v, err := NewVenue(Config{Catalog: catalog(t), Fees: FixedFees(0, 0), Accounts: []Deposits{rich, rich}, BookOnly: true, OpenOrders: 2})
	if err != nil {
		t.Fatal(err)
	}
	v.SetOpenOrders(1, 3)
	for account, want := range []int{2, 3} {
		for i := range 5 {
			o := limit(exchange.Buy, 100, money.Price(5000+i))
			o.ID = exchange.OrderID(i + 1)
			v.Submit(exchange.AccountID(account), &o)
		}
		if n := v.OpenOrders(exchange.AccountID(account), 0); n != want {
			t.Errorf("account %d has %d open orders, its cap is %d", account, n, want)
		}
	}
	v.SetOpenOrders(0, 0)
	o := limit(exchange.Buy, 100, 5000)
	o.ID = 9
	v.Submit(0, &o)
	if n := v.OpenOrders(0, 0); n != 3 {
		t.Errorf("%d open orders without a cap", n)
	}
}

func TestPostOnlyCanBeginToRejectWhileTheVenueRuns(t *testing.T) {
	rich := Deposits{{Asset: usd, Total: 100_000_000}, {Asset: xbt, Total: 1_000_000}}
	v, err := NewVenue(Config{Catalog: catalog(t), Fees: FixedFees(0, 0), Accounts: []Deposits{rich, rich}, BookOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	ask := limit(exchange.Sell, one, 10000)
	ask.ID = 1
	v.Submit(0, &ask)
	for i, want := range []exchange.State{exchange.Cancelled, exchange.Rejected} {
		v.SetPostOnlyRejects(want == exchange.Rejected)
		o := limit(exchange.Buy, 100, 10000)
		o.ID, o.PostOnly = exchange.OrderID(i+1), true
		v.Submit(1, &o)
		var ev exchange.Event
		var last exchange.State
		for v.Take(1, &ev) {
			if ev.Kind == exchange.KindOrder {
				last = ev.State
			}
		}
		if last != want {
			t.Errorf("a post-only order that crosses ends as %v, want %v", last, want)
		}
	}
}
