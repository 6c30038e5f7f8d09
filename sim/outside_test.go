package sim

import (
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// two makes a venue of two accounts whose market is bars.
func two(t *testing.T, model Model) *Venue {
	t.Helper()
	rich := Deposits{{Asset: usd, Total: 100_000_000}, {Asset: xbt, Total: 1_000_000}}
	v, err := NewVenue(Config{Catalog: catalog(t), Model: model, Fees: FixedFees(0, 0), Accounts: []Deposits{rich, rich}})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// took takes the fills of an account.
func took(v *Venue, account exchange.AccountID) (fills []exchange.Event) {
	var ev exchange.Event
	for v.Take(account, &ev) {
		if ev.Kind == exchange.KindFill {
			fills = append(fills, ev)
		}
	}
	return fills
}

func TestOtherAccountsComeBeforeTheOutsideMarketWhenTheyAreAsGood(t *testing.T) {
	for _, c := range []struct{ ask, pays money.Price }{{10010, 10010}, {10008, 10008}, {10011, 10010}} {
		v := two(t, costs) // outside, a taker pays 10010
		feed := flat().bar(1, 10000, 10000, 10000, 10000, 100*one).bar(2, 10000, 10000, 10000, 10000, 100*one)
		for i := range feed.events[:3] {
			v.Apply(&feed.events[i])
		}
		ask := limit(exchange.Sell, 10, c.ask)
		ask.ID = 1
		v.Submit(0, &ask) // rests during the second bar
		v.Apply(&feed.events[3])
		o := buy(10)
		o.ID = 1
		v.Submit(1, &o)
		v.Apply(&feed.events[4])
		fills, makers := took(v, 1), took(v, 0)
		if len(fills) != 1 || fills[0].Price != c.pays || (len(makers) == 1) != (c.ask <= 10010) {
			t.Errorf("ask %d: the taker has %+v, the maker %+v", c.ask, fills, makers)
		}
		checkBooks(t, v)
	}
}

func TestOrdersOfOtherAccountsMeetBetweenTrades(t *testing.T) {
	v := two(t, costs)
	v.Apply(&exchange.Event{Kind: exchange.KindTrade, Time: t0, Price: 10000, Qty: one})
	for account, side := range []exchange.Side{exchange.Sell, exchange.Buy} {
		o := limit(side, 10, 10003)
		o.ID = 1
		v.Submit(exchange.AccountID(account), &o)
	}
	for account, want := range []exchange.Liquidity{exchange.Maker, exchange.Taker} {
		if fills := took(v, exchange.AccountID(account)); len(fills) != 1 || fills[0].Price != 10003 || fills[0].Liquidity != want {
			t.Errorf("account %d has %+v", account, fills)
		}
	}
}

func TestOrderSentAfterAnOpeningIsNotThereForItAndNothingOvertakesIt(t *testing.T) {
	v := two(t, IdealModel())
	feed := flat().bar(1, 10000, 10000, 10000, 10000, 100*one)
	v.AdvanceTo(t0)
	o := buy(one)
	o.ID, o.Sent = 1, t0.Add(time.Second)
	v.Submit(0, &o)
	v.Cancel(0, 1)
	v.Apply(&feed.events[0])
	var ev exchange.Event
	if v.Take(0, &ev) {
		t.Fatalf("told %+v before it was sent", ev)
	}
	v.Apply(&feed.events[1])
	for _, want := range []exchange.State{exchange.Working, exchange.Cancelled} {
		if !v.Take(0, &ev) || ev.State != want || ev.Time != o.Sent {
			t.Fatalf("told %+v, want %v", ev, want)
		}
	}
}

func TestWhatLeavesDuringABarDoesNotMeetItsRange(t *testing.T) {
	r := start1(t, IdealModel(), FixedFees(0, 0), flat().bar(1, 10000, 10000, 10000, 10000, 100*one).bar(2, 10000, 10000, 9000, 10000, 100*one))
	r.bars(1)
	id := r.send(limit(exchange.Buy, one, 9500))
	r.bars(1)
	r.WakeAt(t0.Add(150 * time.Second))
	var ev exchange.Event
	r.one(&ev)
	if err := r.Cancel(id); err != nil {
		t.Fatal(err)
	}
	r.bars(-1)
	r.filled()
	r.ended(id, exchange.Cancelled, exchange.CodeUserRequested)
}

func TestFinalAuctionTradesAtTheLastPriceWithoutACap(t *testing.T) {
	r := start1(t, Model{SpreadPPM: 1000, SlippagePPM: 500, Latency: time.Second, VolumeCapPPM: 100_000}, FixedFees(0, 0), flat())
	r.bars(1)
	if r.FinalAuction() {
		t.Fatal("an auction before the end")
	}
	r.bars(-1)
	r.send(sell(5 * one))
	if !r.FinalAuction() {
		t.Fatal("no auction at the end")
	}
	r.bars(-1)
	r.filled(9990, int64(5*one))
}
