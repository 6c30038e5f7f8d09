package sim

import (
	"context"
	"fmt"
	"io"
	"time"

	"breakwater/exchange"
)

// Replay is one account of a Venue whose market is a feed of history: an
// exchange.Exchange and exchange.Waker. It ends with io.EOF when the feed has ended and
// every outcome is handed over.
type Replay struct {
	venue   *Venue
	feed    exchange.Feed
	account exchange.AccountID
	seq     uint64
	wake    exchange.Stamp
	next    exchange.Event // read from the feed, not played yet
	ahead   bool
	held    bool // next is a bar whose range is played, to be handed over after its fills
	ended   bool
	err     error
	tops    bool
	top     bool // a top of the book is due
	of      exchange.InstrumentID
}

// NewReplay plays feed into v and trades on one of its accounts.
func NewReplay(v *Venue, feed exchange.Feed, account exchange.AccountID) *Replay {
	return &Replay{venue: v, feed: feed, account: account, wake: exchange.Never}
}

// EmitTops makes Replay send the instrument's top of the book before every bar and trade.
func (r *Replay) EmitTops(on bool) { r.tops = on }

// Facts are what a replay can tell: its balances, its pairs' modes, outcomes, a dead
// man's switch, and the top of the book when asked for.
func (r *Replay) Facts() exchange.Facts {
	f := exchange.FactStatus | exchange.FactBalances | exchange.FactErrors | exchange.FactDeadMan
	if r.tops {
		f |= exchange.FactBook
	}
	return f
}

// Submit hands an order over.
func (r *Replay) Submit(o *exchange.Order) error {
	r.venue.Submit(r.account, o)
	return nil
}

// Amend hands a change over.
func (r *Replay) Amend(a *exchange.Amend) error {
	r.venue.Amend(r.account, a)
	return nil
}

// Cancel hands a cancellation over.
func (r *Replay) Cancel(id exchange.OrderID) error {
	r.venue.Cancel(r.account, id)
	return nil
}

// longestDeadMan bounds the dead man's switch (Kraken REST docs, CancelAllOrdersAfter).
const longestDeadMan = 24 * time.Hour

// CancelAllAfter sets the dead man's switch; at most a day.
func (r *Replay) CancelAllAfter(d time.Duration) error {
	if d < 0 || d >= longestDeadMan {
		return fmt.Errorf("sim: dead man's switch of %v: must be from 0 and below %v: %w", d, longestDeadMan, exchange.ErrRejected)
	}
	r.venue.CancelAllAfter(r.account, d)
	return nil
}

// Refresh asks for a snapshot.
func (r *Replay) Refresh() error {
	r.venue.Refresh(r.account)
	return nil
}

// WakeAt asks for a beat at t, once.
func (r *Replay) WakeAt(t exchange.Stamp) { r.wake = t }

// Next hands over the account's outcomes, the market's events and beats in order of time.
func (r *Replay) Next(ctx context.Context, ev *exchange.Event) error {
	for {
		if r.venue.Take(r.account, ev) {
			r.seq++
			ev.Seq = r.seq
			return nil
		}
		if r.top {
			r.top = false
			r.bookTop(ev)
			return nil
		}
		if r.held {
			r.held = false
			*ev = r.next
			return r.shown(ev)
		}
		if !r.ahead {
			if r.ended {
				return r.finish(ev)
			}
			if err := r.feed.Next(ev); err != nil {
				r.ended, r.err = true, err
				continue
			}
		}
		if done, err := r.step(ctx, ev); done {
			return err
		}
	}
}

// step plays what comes first: something due at the venue, a beat, or the next market
// event, which lies in ev or, when ahead, in r.next. done says that ev is to be handed over.
func (r *Replay) step(ctx context.Context, ev *exchange.Event) (done bool, err error) {
	v, market := r.venue, ev
	if r.ahead {
		market = &r.next
	}
	// A beat at the instant of an opening goes before it: who decides then is there for it.
	t := market.Time
	if v.due <= t || r.wake < t || r.wake == t && market.Kind == exchange.KindOpen {
		if !r.ahead {
			r.next, r.ahead = *ev, true
		}
		if v.due <= t && v.due <= r.wake {
			v.AdvanceTo(v.due)
			return false, nil
		}
		r.beat(ev)
		return true, nil
	}
	if r.ahead {
		*ev, r.ahead = r.next, false
	}
	v.Apply(ev)
	if ev.Kind == exchange.KindOpen {
		if r.seq%256 == 0 {
			err = ctx.Err()
		}
		return err != nil, err
	}
	// The top goes before the price that moved it, so that whoever decides on the bar has both.
	r.top, r.of = r.tops && (ev.Kind == exchange.KindBar && ev.Matched || ev.Kind == exchange.KindTrade), ev.Instrument
	if r.top || len(v.accounts[r.account].out) != 0 {
		r.next, r.held = *ev, true
		return false, nil
	}
	return true, r.shown(ev)
}

// shown numbers a market event as it is handed over.
func (r *Replay) shown(ev *exchange.Event) error {
	r.seq++
	ev.Seq, ev.Received = r.seq, ev.Time
	if ev.Kind != exchange.KindLevel {
		ev.Last = true
	}
	return nil
}

// beat hands over the time that was asked for.
func (r *Replay) beat(ev *exchange.Event) {
	t := max(r.wake, r.venue.now)
	r.wake = exchange.Never
	r.venue.AdvanceTo(t)
	r.seq++
	*ev = exchange.Event{Kind: exchange.KindBeat, Time: t, Received: t, Seq: r.seq, Last: true, Instrument: exchange.None, FeeAsset: exchange.None}
}

func (r *Replay) bookTop(ev *exchange.Event) {
	v := r.venue
	r.seq++
	*ev = exchange.Event{Kind: exchange.KindTop, Time: v.now, Received: v.now, Seq: r.seq, Last: true, Instrument: r.of, FeeAsset: exchange.None}
	ev.Price, ev.AskPrice = v.Top(r.of)
}

// finish lets commands that are still on their way arrive, so that each has its outcome,
// and then answers with the feed's end.
func (r *Replay) finish(ev *exchange.Event) error {
	if c := r.venue.arrivals.head(); c != nil && r.err == io.EOF {
		r.venue.AdvanceTo(c.due)
		if r.venue.Take(r.account, ev) {
			r.seq++
			ev.Seq = r.seq
			return nil
		}
		return r.finish(ev)
	}
	return r.err
}
