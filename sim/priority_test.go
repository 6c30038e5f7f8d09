package sim

import (
	"fmt"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// floor is a book-only venue of several accounts and the events of each, in words.
type floor struct {
	*Venue
	t   testing.TB
	ids exchange.OrderID
}

func newFloor(t testing.TB, accounts int) *floor {
	config := Config{Catalog: catalog(t), Fees: FixedFees(0, 0), BookOnly: true}
	for range accounts {
		config.Accounts = append(config.Accounts, Deposits{{Asset: usd, Total: 100_000_000}, {Asset: xbt, Total: 1_000_000}})
	}
	v, err := NewVenue(config)
	if err != nil {
		t.Fatal(err)
	}
	return &floor{Venue: v, t: t}
}

func (f *floor) send(account exchange.AccountID, o exchange.Order) exchange.OrderID {
	f.ids++
	o.ID = f.ids
	f.Submit(account, &o)
	checkBooks(f.t, f.Venue)
	return o.ID
}

// said takes an account's events in the twin's words and compares them.
func (f *floor) said(account exchange.AccountID, want ...string) {
	f.t.Helper()
	var ev exchange.Event
	var got []string
	for f.Take(account, &ev) {
		switch {
		case ev.Kind == exchange.KindFill:
			got = append(got, fmt.Sprintf("%d fill %d at %d %v", ev.Order, ev.Qty, ev.Price, ev.Liquidity))
		case ev.Code != exchange.CodeNone:
			got = append(got, fmt.Sprintf("%d %v: %v", ev.Order, ev.State, ev.Code))
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		f.t.Fatalf("account %d was told\n%q, want\n%q", account, got, want)
	}
}

func TestPriceThenTimeDecideWhoIsServed(t *testing.T) {
	f := newFloor(t, 4)
	f.send(0, limit(exchange.Sell, 10, 10100))
	f.send(1, limit(exchange.Sell, 10, 10000))
	f.send(2, limit(exchange.Sell, 10, 10000))
	f.send(3, limit(exchange.Buy, 25, 10200))
	f.said(1, "2 fill 10 at 10000 maker")
	f.said(2, "3 fill 10 at 10000 maker")
	f.said(0, "1 fill 5 at 10100 maker")
	f.said(3, "4 fill 10 at 10000 taker", "4 fill 10 at 10000 taker", "4 fill 5 at 10100 taker")
}

func TestIcebergShowsItsNextPartAtTheBackOfTheQueue(t *testing.T) {
	f := newFloor(t, 3)
	f.send(0, exchange.Order{Type: exchange.Iceberg, Side: exchange.Sell, Qty: 30, Display: 10, Price: 10000})
	f.send(1, limit(exchange.Sell, 10, 10000))
	f.send(2, buy(15))
	f.said(0, "1 fill 10 at 10000 maker")
	f.said(1, "2 fill 5 at 10000 maker")
	f.send(2, buy(10))
	f.said(1, "2 fill 5 at 10000 maker")
	f.said(0, "1 fill 5 at 10000 maker")
}

func TestAmendmentKeepsOrLosesItsPlace(t *testing.T) {
	for _, c := range []struct {
		name  string
		amend exchange.Amend
		first exchange.AccountID
	}{
		{"less", exchange.Amend{Qty: 15}, 0},
		{"more", exchange.Amend{Qty: 30}, 1},
		{"another display", exchange.Amend{Display: 8}, 0},
		{"the same price", exchange.Amend{Price: 10000}, 0},
	} {
		f := newFloor(t, 3)
		id := f.send(0, exchange.Order{Type: exchange.Iceberg, Side: exchange.Sell, Qty: 20, Display: 10, Price: 10000})
		f.send(1, limit(exchange.Sell, 20, 10000))
		c.amend.Order = id
		f.Amend(0, &c.amend)
		f.said(0, "1 working: Amended")
		f.send(2, buy(5))
		f.said(c.first, fmt.Sprintf("%d fill 5 at 10000 maker", c.first+1))
	}
	// Another price and back again is the back of the queue.
	f := newFloor(t, 3)
	id := f.send(0, limit(exchange.Sell, 10, 10000))
	f.send(1, limit(exchange.Sell, 10, 10000))
	for _, p := range []money.Price{10001, 10000} {
		f.Amend(0, &exchange.Amend{Order: id, Price: p})
	}
	f.send(2, buy(5))
	f.said(1, "2 fill 5 at 10000 maker")
}

func TestAmendmentBelowWhatIsFilledCancelsTheRest(t *testing.T) {
	f := newFloor(t, 2)
	id := f.send(0, limit(exchange.Sell, 20, 10000))
	f.send(1, buy(10))
	f.Amend(0, &exchange.Amend{Order: id, Qty: 10})
	f.said(0, "1 fill 10 at 10000 maker", "1 cancelled: User requested")
}

func TestAmendmentBeyondTheFundsChangesNothing(t *testing.T) {
	f := newFloor(t, 2)
	id := f.send(0, limit(exchange.Sell, 900_000, 10000))
	f.Amend(0, &exchange.Amend{Order: id, Qty: 1_000_001})
	f.said(0, "1 working: Insufficient funds")
	if b := f.Balance(0, xbt); b.Hold != 900_000 {
		t.Fatalf("holds %d", b.Hold)
	}
	f.Amend(0, &exchange.Amend{Order: id, Trigger: 1})
	f.said(0, "1 working: Invalid arguments")
}

func TestSelfTradeIsPreventedTheWayTheOrderSays(t *testing.T) {
	for _, c := range []struct {
		stp         exchange.SelfTrade
		self, other []string
	}{
		{exchange.CancelNewest, []string{"2 cancelled: Self-trade prevention"}, nil},
		{exchange.CancelOldest, []string{"1 cancelled: Self-trade prevention", "2 fill 10 at 10000 taker"}, []string{"3 fill 10 at 10000 maker"}},
		{exchange.CancelBoth, []string{"1 cancelled: Self-trade prevention", "2 cancelled: Self-trade prevention"}, nil},
	} {
		f := newFloor(t, 2)
		f.send(0, limit(exchange.Sell, 10, 10000))
		f.ids = 2
		f.send(1, limit(exchange.Sell, 10, 10000))
		o := limit(exchange.Buy, 10, 10000)
		o.STP = c.stp
		f.ids = 1
		f.send(0, o)
		f.said(0, c.self...)
		f.said(1, c.other...)
	}
}

func TestMarketOrderInAnEmptyBookIsCancelled(t *testing.T) {
	f := newFloor(t, 2)
	f.send(0, limit(exchange.Sell, 10, 10000))
	f.send(1, buy(15))
	f.said(1, "2 fill 10 at 10000 taker", "2 cancelled: No liquidity")
}

func TestStopIsTriggeredByTheBooksOwnTrades(t *testing.T) {
	f := newFloor(t, 3)
	f.send(0, limit(exchange.Sell, 10, 10000))
	f.send(0, limit(exchange.Sell, 10, 10100))
	f.send(1, stop(exchange.Buy, 5, 10000))
	f.send(2, buy(10))
	f.said(1, "3 working: Triggered", "3 fill 5 at 10100 taker")
}

func TestPartsOfAnOrderForAllTheMoneyFillToTheLast(t *testing.T) {
	// Fees of the parts, each rounded, may sum to more than the fee of the whole that was held.
	config := Config{Catalog: catalog(t), Fees: FixedFees(2600, 2600), BookOnly: true,
		Accounts: []Deposits{{{Asset: usd, Total: 999_600 + 2_599}}, {{Asset: xbt, Total: 9_996}}}}
	v, err := NewVenue(config)
	if err != nil {
		t.Fatal(err)
	}
	o := limit(exchange.Buy, 9_996, 10_000)
	o.ID = 1
	v.Submit(0, &o)
	for i := range 1_666 { // each costs 0.06 and a fee of 0.000156
		o := limit(exchange.Sell, 6, 10_000)
		o.ID = exchange.OrderID(i + 1)
		v.Submit(1, &o)
		checkBooks(t, v)
	}
	if b := v.Balance(0, xbt); b.Total != 9_996 {
		t.Fatalf("bought %d", b.Total)
	}
	if b := v.Balance(0, usd); b.Total != 0 {
		t.Fatalf("left %+v", b)
	}
}

func TestOpenOrdersOfAPairAreCapped(t *testing.T) {
	f := newFloor(t, 1)
	f.SetOpenOrders(0, 2)
	for range 3 {
		f.send(0, limit(exchange.Sell, 1, 10000))
	}
	f.said(0, "3 rejected: Orders limit exceeded")
	f.Cancel(0, 1)
	f.send(0, limit(exchange.Sell, 1, 10000))
	f.said(0, "1 cancelled: User requested")
}

func TestRulesOfThePairAreCheckedInKrakensOrder(t *testing.T) {
	c := exchange.NewCatalog()
	if _, err := c.Add(exchange.Spec{Symbol: "XBT/USD", PriceDecimals: 2, LotDecimals: 4, Tick: 10, OrderMin: 100, CostMin: 5_00000000}); err != nil {
		t.Fatal(err)
	}
	v, err := NewVenue(Config{Catalog: c, Fees: FixedFees(0, 0), BookOnly: true, Accounts: []Deposits{{{Asset: 1, Total: 100_00000000}}}})
	if err != nil {
		t.Fatal(err)
	}
	at := func(q money.Qty, p money.Price) exchange.Order { return limit(exchange.Buy, q, p) }
	strange := at(100, 10000)
	strange.Instrument = 7
	late := at(100, 10001)
	late.Deadline = 1
	v.AdvanceTo(t0)
	for i, c := range []struct {
		o    exchange.Order
		want exchange.Code
	}{
		{strange, exchange.CodeUnknownInstrument},
		{late, exchange.CodeDeadline},
		{at(-1, 10001), exchange.CodeInvalid},
		{at(99, 10001), exchange.CodeTickSize},
		{at(99, 10000), exchange.CodeOrderMinimum},
		{at(100, 10000), exchange.CodeOrderMinimum}, // costs 1, the least is 5
		{at(20_000, 10000), exchange.CodeInsufficientFunds},
		{at(1<<60, 1_000_000_000_000), exchange.CodeInvalid},
		{at(10_000, 10000), exchange.CodeNone},
	} {
		c.o.ID = exchange.OrderID(i + 1)
		v.Submit(0, &c.o)
		var ev exchange.Event
		if !v.Take(0, &ev) || ev.Code != c.want || (ev.State == exchange.Rejected) != (c.want != exchange.CodeNone) {
			t.Errorf("order %d is answered with %v %q, want %q", i, ev.State, ev.Code, c.want)
		}
	}
}

func TestDepositsAndWithdrawalsAreBooked(t *testing.T) {
	f := newFloor(t, 1)
	f.send(0, limit(exchange.Buy, one, 10000))
	if err := f.Withdraw(0, usd, 99_000_001); err == nil {
		t.Fatal("withdrew what an order holds")
	}
	if err := f.Withdraw(0, usd, 99_000_000); err != nil {
		t.Fatal(err)
	}
	if err := f.Deposit(0, usd, 5); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []error{f.Deposit(0, 9, 1), f.Deposit(0, usd, -1), f.Deposit(0, usd, 1<<62), f.Withdraw(0, -1, 1), f.Withdraw(0, usd, -1)} {
		if bad == nil {
			t.Error("an impossible booking went through")
		}
	}
	var last, ev exchange.Event
	for f.Take(0, &ev) {
		last = ev
	}
	if last.Kind != exchange.KindBalance || last.FeeAsset != usd || last.Cost != 1_000_005 {
		t.Fatalf("told %+v", last)
	}
	checkBooks(t, f.Venue)
}

func TestVenueRefusesAnImpossibleConfiguration(t *testing.T) {
	good := Config{Catalog: catalog(t), Fees: FixedFees(0, 0)}
	for _, spoil := range []func(*Config){
		func(c *Config) { c.Catalog = nil },
		func(c *Config) { c.Fees = nil },
		func(c *Config) { c.Model.SpreadPPM = -1 },
		func(c *Config) { c.Model.SlippagePPM = money.PPM },
		func(c *Config) { c.Model.Latency = -time.Second },
		func(c *Config) { c.Model.VolumeCapPPM = -1 },
		func(c *Config) { c.Accounts = []Deposits{{{Asset: 5, Total: 1}}} },
	} {
		c := good
		spoil(&c)
		if _, err := NewVenue(c); err == nil {
			t.Errorf("accepted %+v", c)
		}
	}
}

func TestTopIsTheModelsSpreadOrTheBook(t *testing.T) {
	r := start1(t, Model{SpreadPPM: 2000}, FixedFees(0, 0), flat())
	if bid, ask := r.venue.Top(0); bid != 0 || ask != 0 {
		t.Fatalf("before any price: %d, %d", bid, ask)
	}
	r.EmitTops(true)
	var ev exchange.Event
	for ev.Kind != exchange.KindTop && r.one(&ev) {
	}
	if ev.Kind != exchange.KindTop || ev.Price != 9990 || ev.AskPrice != 10010 || ev.Time != t0.Add(minute) {
		t.Fatalf("the first top is %+v", ev)
	}
	if !r.one(&ev) || ev.Kind != exchange.KindBar || ev.Time != t0.Add(minute) {
		t.Fatalf("after a top comes %+v", ev)
	}
	if r.Facts()&exchange.FactBook == 0 {
		t.Fatal("the book is no fact")
	}
	f := newFloor(t, 1)
	f.send(0, limit(exchange.Buy, 1, 9000))
	if bid, ask := f.Top(0); bid != 9000 || ask != 0 {
		t.Fatalf("book: %d, %d", bid, ask)
	}
}
