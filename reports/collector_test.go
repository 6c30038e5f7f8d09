package reports

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
)

var newYear = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

func TestARoundTripsProfitIsExactToTheLastDigit(t *testing.T) {
	m := newMarket(t, "10000", newYear, 24*time.Hour, 2600)
	m.bar(300000, 301000, 299000, 300000)
	m.fill(exchange.Buy, exchange.Market, 10_000_000, 300000) // 0.1 at 30,000: 3,000, fee 7.80
	m.bar(300000, 330000, 290000, 320000)
	m.fill(exchange.Buy, exchange.Limit, 5_000_000, 310000) // 0.05 at 31,000: 1,550, fee 4.03
	m.bar(310000, 315000, 305000, 312000)
	m.fill(exchange.Sell, exchange.Limit, 5_000_000, 312000) // 1,560, fee 4.056
	m.bar(312000, 340000, 311000, 335000)
	m.fill(exchange.Sell, exchange.StopLoss, 10_000_000, 333333) // 3,333.33, fee 8.666658 → 8.6667
	m.bar(333333, 334000, 333000, 333400)
	r := m.c.Finish()
	if r.Trips.Len() != 1 || r.OpenTrips != 0 {
		t.Fatalf("%d round trips, %d open; want one, closed", r.Trips.Len(), r.OpenTrips)
	}
	trip := r.Trips.At(0)
	want := RoundTrip{
		Opened: exchange.At(newYear.AddDate(0, 0, 1)), Closed: exchange.At(newYear.AddDate(0, 0, 4)),
		Entry: 303333, Exit: 326222, Worst: 290000, Best: 340000, Qty: 15_000_000,
		Cost: m.amount("4550"), Fees: m.amount("24.5527"), PnL: m.amount("318.7773"), Net: m.amount("318.7773"),
		Bars: 3, Fills: 4, ExitType: exchange.StopLoss,
	}
	if *trip != want {
		t.Errorf("round trip\n%+v; want\n%+v", *trip, want)
	}
	if r.Equity != m.amount("10318.7773") || r.Equity-r.Cash != trip.PnL {
		t.Errorf("equity %d; want the cash and the profit", r.Equity)
	}
	if trip.Reason() != "stop" {
		t.Errorf("ended by %q; want stop", trip.Reason())
	}
}

func TestAPositionLeftOpenIsMarkedAtTheLastPrice(t *testing.T) {
	m := newMarket(t, "10000", newYear, time.Hour, 0)
	m.fill(exchange.Buy, exchange.Market, 10_000_000, 300000)
	m.bar(300000, 300000, 300000, 300000)
	m.bar(300000, 310000, 300000, 310000)
	r := m.c.Finish()
	if r.Total.Trips != 0 || r.OpenTrips != 1 {
		t.Fatalf("%d closed, %d open; want 0 and 1", r.Total.Trips, r.OpenTrips)
	}
	if trip := r.Trips.At(0); !trip.Open || trip.PnL != m.amount("100") || trip.Reason() != "open" || trip.Bars != 2 {
		t.Errorf("open trip %+v; want a profit of 100 over 2 bars", *trip)
	}
	if r.Total.PnL != r.Equity-r.Cash {
		t.Errorf("profit of all trips %d; want the account's, %d", r.Total.PnL, r.Equity-r.Cash)
	}
}

func TestAFeeTakenInCoinsIsPaidInCoins(t *testing.T) {
	m := newMarket(t, "10000", newYear, time.Hour, 0)
	buy := exchange.Event{Kind: exchange.KindFill, Order: 1, Side: exchange.Buy, Price: 300000, Qty: 100_000_000, Cost: m.amount("30000"),
		Fee: 260_000, FeeAsset: m.in.Base, State: exchange.Filled} // 0.0026 XBT
	sell := exchange.Event{Kind: exchange.KindFill, Order: 2, Side: exchange.Sell, Price: 300000, Qty: 99_740_000, Cost: m.amount("29922"),
		FeeAsset: m.in.Quote, State: exchange.Filled}
	m.c.fill(&buy)
	m.c.fill(&sell)
	trip := m.c.Finish().Trips.At(0)
	if trip.Open || trip.PnL != -m.amount("78") || trip.Fees != m.amount("78") {
		t.Errorf("round trip %+v; want a closed loss of the fee, 78", *trip)
	}
}

func TestOnlyTheFinestSeriesOfAnInstrumentMakesItsPrice(t *testing.T) {
	m := newMarket(t, "10000", newYear, time.Hour, 0)
	m.fill(exchange.Buy, exchange.Market, 10_000_000, 300000)
	for i := range 48 {
		m.bar(300000, 300100, 299900, 300000)
		if i%24 == 23 { // the day's bar says the same again
			m.c.Mark(&exchange.Event{Kind: exchange.KindBar, Time: m.now, Interval: 24 * time.Hour, Open: 300000, High: 300100, Low: 299900, Price: 300000}, m.c.last.Equity, 0)
		}
	}
	r := m.c.Finish()
	if len(r.Prices) != 48 || r.Trips.At(0).Bars != 48 {
		t.Errorf("%d bars of price, position held for %d; want 48", len(r.Prices), r.Trips.At(0).Bars)
	}
	if r.HoldLast != 10_000 {
		t.Errorf("buy and hold made %v; want the cash", r.HoldLast)
	}
}

func TestAFillThatCrossedTheCancelStaysWithItsSlot(t *testing.T) {
	m := newMarket(t, "10000", newYear, time.Hour, 0)
	m.record(&risk.Record{Type: risk.RecIntent, Order: &exchange.Order{ID: 9, Slot: 3, Type: exchange.Limit}})
	m.record(&risk.Record{Type: risk.RecOrder, Event: &exchange.Event{Op: exchange.OpCancel, Order: 9, State: exchange.Cancelled, Code: exchange.CodeUserRequested}})
	m.record(&risk.Record{Type: risk.RecFill, Event: &exchange.Event{Kind: exchange.KindFill, Order: 9, Price: 300000, Qty: 100, Cost: 300, FeeAsset: m.in.Quote}})
	r := m.c.Finish()
	for _, f := range r.Fills.All() {
		if f.Slot != 3 || f.Type != exchange.Limit {
			t.Errorf("fill %+v; want slot 3 and a limit order", *f)
		}
	}
	if r.Orders.Cancelled != 1 || r.Trips.At(0).Slot != 3 {
		t.Errorf("orders %+v, round trip %+v", r.Orders, *r.Trips.At(0))
	}
}

func TestProfitsOfAllRoundTripsAreTheAccountsProfit(t *testing.T) {
	m := newMarket(t, "50000", newYear, time.Hour, 2600)
	m.wander(9000, 7, 0, 0.01)
	r := m.c.Finish()
	if r.Trips.Len() < 50 {
		t.Fatalf("only %d round trips", r.Trips.Len())
	}
	var sum money.Amount
	for _, trip := range r.Trips.All() {
		sum += trip.PnL
	}
	if sum != r.Equity-r.Cash || sum != r.Total.PnL {
		t.Errorf("profits sum to %d, total %d; want %d", sum, r.Total.PnL, r.Equity-r.Cash)
	}
}

func TestAMarkAtMidnightClosesTheDayThatEnds(t *testing.T) {
	m := newMarket(t, "1000", newYear, 8*time.Hour, 0)
	for range 6 {
		m.bar(300000, 300000, 300000, 300000)
	}
	r := m.c.Finish()
	first := exchange.At(newYear).Day()
	if len(r.Days) != 2 || r.Days[0].Number != first || r.Days[1].Number != first+1 {
		t.Errorf("days %+v; want the two days of the six bars", r.Days)
	}
}

func TestTheDrawdownIsExactWhateverIsThinned(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	m := newMarket(t, "10000", newYear, time.Minute, 0)
	cash := m.c.run.Cash
	equity, times := []money.Amount{cash}, []exchange.Stamp{m.now}
	e := cash
	for range 50_000 {
		e += money.Amount(rng.IntN(200_001) - 100_000)
		e = max(e, 1)
		m.now = m.now.Add(m.every)
		m.c.Mark(&exchange.Event{Kind: exchange.KindBar, Time: m.now, Interval: m.every, Open: 1, High: 1, Low: 1, Price: 1}, e, 0)
		equity, times = append(equity, e), append(times, m.now)
	}
	r := m.c.Finish()
	peak, deepest, longest := 0, 0.0, time.Duration(0)
	var from, to int
	for i := range equity {
		if equity[i] >= equity[peak] {
			if i > peak+1 {
				longest = max(longest, times[i].Sub(times[peak]))
			}
			peak = i
		} else if fall := float64(equity[peak]-equity[i]) / float64(equity[peak]); fall > deepest {
			deepest, from, to = fall, peak, i
		}
	}
	if peak != len(equity)-1 {
		longest = max(longest, times[len(times)-1].Sub(times[peak]))
	}
	if d := r.Deepest; d.Ratio != deepest || d.Peak.Time != times[from] || d.Trough.Time != times[to] {
		t.Errorf("deepest %v from %v to %v; want %v from %v to %v", d.Ratio, d.Peak.Time, d.Trough.Time, deepest, times[from], times[to])
	}
	if r.Longest.Length() != longest {
		t.Errorf("longest %v; want %v", r.Longest.Length(), longest)
	}
	if len(r.Curve) > 2010 || len(r.Curve) < 900 {
		t.Errorf("%d points in the curve; want about 1,000 to 2,000", len(r.Curve))
	}
	low, high := slices.Min(equity), slices.Max(equity)
	if !slices.ContainsFunc(r.Curve, func(p Point) bool { return p.Equity == low }) || !slices.ContainsFunc(r.Curve, func(p Point) bool { return p.Equity == high }) {
		t.Errorf("the curve has lost an extreme: %d or %d", low, high)
	}
	if got := slices.Min(r.drawdowns()); got != -deepest {
		t.Errorf("the curve's deepest fall is %v; want %v", got, -deepest)
	}
}

func TestMemoryDoesNotGrowWithBars(t *testing.T) {
	m := newMarket(t, "10000", newYear, time.Second, 0)
	m.fill(exchange.Buy, exchange.Market, 10_000_000, 300000)
	m.bar(300000, 301000, 299000, 300500)
	ev := exchange.Event{Kind: exchange.KindBar, Time: m.now, Interval: time.Second, Open: 300000, High: 300001, Low: 299999, Price: 300000}
	e := m.c.run.Cash
	allocs := testing.AllocsPerRun(1, func() {
		for i := range 40_000 { // less than a day
			ev.Time = ev.Time.Add(time.Second)
			m.c.Mark(&ev, e+money.Amount(i%977), 1000)
		}
	})
	if allocs > 0 {
		t.Errorf("%v allocations in 40,000 marks; want none", allocs)
	}
}

func BenchmarkMark(b *testing.B) {
	m := newMarket(b, "10000", newYear, time.Minute, 0)
	m.fill(exchange.Buy, exchange.Market, 10_000_000, 300000)
	rng := rand.New(rand.NewPCG(1, 1))
	var walk [4096]money.Amount
	e := m.c.run.Cash
	for i := range walk {
		e += money.Amount(rng.IntN(2001) - 1000)
		walk[i] = e
	}
	ev := exchange.Event{Kind: exchange.KindBar, Time: m.now, Interval: time.Minute, Open: 300000, High: 301000, Low: 299000, Price: 300500}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		ev.Time += exchange.Stamp(time.Minute)
		v := walk[i&4095]
		ev.Price = 300000 + money.Price(v&1023)
		m.c.Mark(&ev, v, 500_000)
	}
}
