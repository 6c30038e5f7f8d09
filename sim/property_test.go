package sim

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"breakwater/exchange"
	"breakwater/exchange/exchangetest"
	"breakwater/exchange/money"
)

// dice draws a number from 0 to n-1.
type dice func(n int) int

// world is a venue with three pairs of three assets in the hands of dice.
type world struct {
	*Venue
	t         testing.TB
	witnesses []*exchangetest.Witness
	ids       exchange.OrderID
	price     []money.Price
	barOpen   []exchange.Stamp // of a bar that has opened and not closed
	mode      int              // 0: bars, 1: trades, 2: book only
	story     []string
}

const worldAccounts = 3

func newWorld(t testing.TB, roll dice) *world {
	c := exchange.NewCatalog()
	for _, a := range []struct {
		name     string
		decimals uint8
	}{{"XBT", 10}, {"ETH", 9}, {"USD", 4}} {
		if _, err := c.AddAsset(a.name, a.decimals); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []exchange.Spec{
		{Symbol: "XBT/USD", PriceDecimals: 1, LotDecimals: 8, OrderMin: 5_000, CostMin: 5_000},
		{Symbol: "ETH/USD", PriceDecimals: 2, LotDecimals: 8, OrderMin: 100_000},
		{Symbol: "ETH/XBT", PriceDecimals: 5, LotDecimals: 8, Tick: 10},
	} {
		if _, err := c.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	w := &world{t: t, mode: roll(3), price: []money.Price{600_000, 200_000, 3_330}, barOpen: []exchange.Stamp{exchange.Never, exchange.Never, exchange.Never}}
	config := Config{Catalog: c, Fees: KrakenFees(), BookOnly: w.mode == 2, PostOnlyRejects: roll(2) == 0, OpenOrders: 30}
	if roll(3) > 0 {
		config.Model = Model{SpreadPPM: int64(roll(3000)), SlippagePPM: int64(roll(3000)), Latency: time.Duration(roll(3)) * 400 * time.Millisecond, VolumeCapPPM: int64(roll(2) * 200_000)}
	}
	poor := money.Amount(1 + 20*roll(2))
	for range worldAccounts {
		config.Accounts = append(config.Accounts, Deposits{{Asset: 0, Total: 5e10 / poor}, {Asset: 1, Total: 5e10 / poor}, {Asset: 2, Total: 3e9 / poor}})
		w.witnesses = append(w.witnesses, exchangetest.NewWitness())
	}
	v, err := NewVenue(config)
	if err != nil {
		t.Fatal(err)
	}
	w.Venue = v
	v.AdvanceTo(exchange.At(time.Date(2026, 7, 8, 23, 50, 0, 0, time.UTC))) // ten minutes before fees rise
	return w
}

func (w *world) tell(format string, args ...any) {
	w.story = append(w.story, fmt.Sprintf(format, args...))
}

// near is a price around the market's, on the tick.
func (w *world) near(roll dice, i exchange.InstrumentID) money.Price {
	p := w.price[i] * money.Price(9_700+roll(600)) / 10_000
	return max(p-p%w.markets[i].in.Tick, w.markets[i].in.Tick)
}

func (w *world) order(roll dice) exchange.Order {
	i := exchange.InstrumentID(roll(3))
	w.ids++
	o := exchange.Order{
		ID: w.ids, Instrument: i, Side: exchange.Side(roll(2)), Type: exchange.OrderType(roll(9)), STP: exchange.SelfTrade(roll(3)),
		Qty: money.Qty(1 + roll(200_000_000)), FeeInBase: roll(4) == 0,
	}
	if roll(5) == 0 {
		o.Qty = money.Qty(1 + roll(10_000))
	}
	if o.Type.HasLimit() && o.Type != exchange.TrailingStopLimit {
		o.Price = w.near(roll, i)
	}
	if o.Type.Triggered() && !o.Type.Trailing() {
		o.Trigger = w.near(roll, i)
	}
	switch {
	case o.Type.Trailing() && roll(2) == 0:
		o.TrailPPM = int64(1 + roll(20_000))
	case o.Type.Trailing():
		o.Trail = w.markets[i].in.Tick * money.Price(1+roll(100))
	}
	switch {
	case o.Type == exchange.TrailingStopLimit:
		o.LimitOffset = w.markets[i].in.Tick * money.Price(roll(100)-50)
	case o.Type == exchange.Iceberg:
		o.Display = max(1, o.Qty/money.Qty(1+roll(15)))
	case o.Type == exchange.Limit:
		o.TIF = exchange.TimeInForce(roll(4))
		o.PostOnly = o.TIF == exchange.GTC && roll(3) == 0
	case o.Type == exchange.Market && o.Side == exchange.Buy && roll(2) == 0:
		o.Qty, o.Cash, o.CashStep = 0, money.Amount(1+roll(1_000_000_000)), money.Qty(roll(2)*1_000_000)
	}
	if o.TIF == exchange.GTD {
		o.Expire = w.now.Add(time.Duration(1+roll(100)) * time.Second)
	}
	if roll(6) == 0 {
		o.Close = exchange.ConditionalClose{On: true, Type: exchange.Limit, Price: w.near(roll, i)}
		if roll(2) == 0 {
			o.Close = exchange.ConditionalClose{On: true, Type: exchange.StopLoss, Trigger: w.near(roll, i)}
		}
	}
	return o
}

// step is one random command or event, and then all that must hold.
func (w *world) step(roll dice) {
	account := exchange.AccountID(roll(worldAccounts))
	some := exchange.OrderID(1 + roll(int(w.ids)+2))
	switch k := roll(20); {
	case k < 9:
		o := w.order(roll)
		w.tell("%v account %d submits %+v", w.now, account, o)
		w.witnesses[account].Submitted(&o)
		w.Submit(account, &o)
	case k < 11:
		w.tell("%v account %d cancels %d", w.now, account, some)
		w.Cancel(account, some)
	case k < 13:
		a := exchange.Amend{Order: some, Qty: money.Qty(roll(2) * roll(200_000_000))}
		if ref := w.accounts[account].ids.get(some); ref != none && roll(2) == 0 {
			a.Price = w.near(roll, w.orders.at(ref).Instrument)
		}
		w.tell("%v account %d amends %+v", w.now, account, a)
		w.Amend(account, &a)
	case k == 13:
		w.tell("%v account %d sets a dead man's switch", w.now, account)
		w.CancelAllAfter(account, time.Duration(roll(60))*time.Second)
	case k == 14:
		asset, amount := exchange.AssetID(roll(3)), money.Amount(roll(1_000_000_000))
		w.tell("%v account %d withdraws %d of asset %d", w.now, account, amount, asset)
		if err := w.Withdraw(account, asset, amount); err != nil {
			w.tell("refused: %v", err)
		}
	case k == 15:
		o := w.order(roll)
		garble(&o, roll)
		w.tell("%v account %d submits nonsense %+v", w.now, account, o)
		w.witnesses[account].Submitted(&o)
		w.Submit(account, &o)
	case k == 16 && roll(5) == 0:
		ev := exchange.Event{Kind: exchange.KindStatus, Time: w.now, Instrument: exchange.InstrumentID(roll(3)), Status: exchange.Status(max(0, roll(12)-6))}
		w.tell("%v %+v", w.now, ev)
		w.Apply(&ev)
	default:
		w.market(roll)
	}
	w.check()
}

// garble makes one field of an order any number.
func garble(o *exchange.Order, roll dice) {
	n := int64(roll(7)-3) << roll(63)
	switch roll(11) {
	case 0:
		o.Qty = money.Qty(n)
	case 1:
		o.Price = money.Price(n)
	case 2:
		o.Trigger = money.Price(n)
	case 3:
		o.Trail = money.Price(n)
	case 4:
		o.TrailPPM = n
	case 5:
		o.Display = money.Qty(n)
	case 6:
		o.Cash, o.Qty = money.Amount(n), 0
	case 7:
		o.LimitOffset = money.Price(n)
	case 8:
		o.Instrument = exchange.InstrumentID(n)
	case 9:
		o.Close = exchange.ConditionalClose{On: true, Type: exchange.OrderType(roll(9)), Price: money.Price(n), Trigger: money.Price(n)}
	case 10:
		o.Deadline = exchange.Stamp(n)
	}
}

// market lets time pass, by a bar, a trade or nothing.
func (w *world) market(roll dice) {
	i := exchange.InstrumentID(roll(3))
	w.AdvanceTo(w.now.Add(time.Duration(roll(20)) * time.Second))
	if w.mode == 2 {
		return
	}
	to := w.near(roll, i)
	volume := money.Qty(roll(1_000_000_000))
	ev := exchange.Event{Kind: exchange.KindTrade, Instrument: i, Time: w.now, Price: to, Qty: volume}
	if w.mode == 0 {
		ev = exchange.Event{Kind: exchange.KindOpen, Instrument: i, Time: w.now, Interval: minute, Open: to, Qty: volume}
		if opened := w.barOpen[i]; opened != exchange.Never {
			from := w.markets[i].lastPrice
			ev = exchange.Event{Kind: exchange.KindBar, Matched: true, Instrument: i, Time: max(w.now, opened.Add(time.Second)), Open: from, Price: to, Qty: volume,
				High: max(from, to) + w.markets[i].in.Tick*money.Price(roll(50)), Low: max(1, min(from, to)-w.markets[i].in.Tick*money.Price(roll(50)))}
			ev.Interval = ev.Time.Sub(opened)
			w.barOpen[i] = exchange.Never
		} else {
			w.barOpen[i] = w.now
		}
	}
	w.price[i] = (3*w.price[i] + to) / 4
	w.tell("%v %+v", w.now, ev)
	w.Apply(&ev)
}

// check holds what must be true after anything.
func (w *world) check() {
	var ev exchange.Event
	for i, witness := range w.witnesses {
		for w.Take(exchange.AccountID(i), &ev) {
			w.tell("%v account %d: %v order %d %v %q qty %d at %d, remaining %d", ev.Time, i, ev.Kind, ev.Order, ev.State, ev.Code, ev.Qty, ev.Price, ev.Remaining)
			if err := witness.See(&ev); err != nil {
				w.t.Fatalf("account %d: %v\n%s", i, err, w.tail())
			}
			if ev.Kind == exchange.KindFill && ev.Cost+ev.Fee < 0 {
				w.t.Fatalf("fill %+v", ev)
			}
		}
	}
	defer func() {
		if w.t.Failed() {
			w.t.Log(w.tail())
		}
	}()
	checkBooks(w.t, w.Venue)
	w.checkPlaces()
}

// checkPlaces holds that every open order is in exactly one place of its market.
func (w *world) checkPlaces() {
	open := 0
	for i := range w.accounts {
		for ref := w.accounts[i].first; ref != none; ref = w.orders.at(ref).next {
			o := w.orders.at(ref)
			open++
			if o.place == nowhere || o.done {
				w.t.Fatalf("order %d of account %d is nowhere\n%s", o.ID, i, w.tail())
			}
			if o.place < ladders {
				if n := &w.markets[o.Instrument].book.nodes[o.node]; n.ref != ref || n.shown+n.hidden != o.remaining || n.shown <= 0 {
					w.t.Fatalf("order %d with %d remaining lies in the book as %+v\n%s", o.ID, o.remaining, n, w.tail())
				}
			}
		}
	}
	for i := range w.markets {
		m := &w.markets[i]
		places := len(m.waiting) + len(m.trailing)
		for l := range ladders {
			for _, r := range m.book.rungs[l] {
				for n := m.book.levels[r.level].head; n != none; n = m.book.nodes[n].next {
					places++
				}
			}
		}
		if places != m.open {
			w.t.Fatalf("market %d has %d orders in %d places\n%s", i, m.open, places, w.tail())
		}
		open -= m.open
	}
	if open != 0 {
		w.t.Fatalf("%d orders belong to no market\n%s", open, w.tail())
	}
}

// tail is the end of the story, for a failure.
func (w *world) tail() string {
	s := ""
	for _, line := range w.story[max(0, len(w.story)-30):] {
		s += line + "\n"
	}
	return s
}

func TestBooksBalanceAfterAnythingThatHappens(t *testing.T) {
	for seed := uint64(1); seed <= 150; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 7))
			w := newWorld(t, rng.IntN)
			for range 400 {
				w.step(rng.IntN)
			}
		})
	}
}

// The same with draws that rapid can shrink.
func TestBooksBalanceInTheShortestStory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		roll := func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "roll") }
		w := newWorld(t, roll)
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			w.step(roll)
		}
	})
}
