package session

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/sim"
)

// simulated is a simulated venue that outlives the session, as a real one would: it keeps
// the record of all that it was told and all that it said.
type simulated struct {
	*sim.Replay
	venue *sim.Venue
	rec   record
	woken exchange.Stamp
	close func()
	history
	price []money.Price    // by instrument: of the last bar or trade, 0: none yet
	greet []exchange.Event // what the venue tells whoever connects, before all else
	// connecting: the session catches up with its account, and sees nothing of the market
	connecting bool
	met        bool // the connection's first snapshot has come, and with it all fills until then
	sends      int  // what was sent so far
	questions  []question
	seen       []uint64 // by instrument: highest trade that the session has on record
}

// question is a snapshot that was asked for. The venue answers in their order.
type question struct {
	own   bool // by the connection itself
	gone  bool // by a session before: nobody is there for the answer
	sends int  // what was sent before it
}

// openVenue opens the venue of a state directory: a new one, or the one that its record
// tells of. lives is how many sessions it has seen before this one; of each series it
// remembers keep bars.
func openVenue(p *plan, dir string, tops bool, keep int, now time.Time) (v *simulated, lives int, err error) {
	path := filepath.Join(dir, recordName)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := p.beginRecord(path, tops, now); err != nil {
			return nil, 0, err
		}
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if err != nil {
		return nil, 0, fmt.Errorf("session: %s: %s", path, plainFileError(err))
	}
	v = &simulated{
		rec: record{f: f}, history: history{keep: keep}, woken: exchange.Never, close: func() {}, price: make([]money.Price, len(p.catalog.Instruments)),
	}
	if lives, err = v.rebuild(p, tops); err != nil {
		v.Close()
		return nil, 0, err
	}
	// a new connection: what the venue said to the session before this one is gone
	if err := v.rec.number(entryLife, now.UnixNano()); err != nil {
		v.Close()
		return nil, 0, err
	}
	v.reconnect()
	v.tellPrices()
	v.connecting = true
	return v, lives, nil
}

// tellPrices makes the venue begin with its last prices, as Kraken's ticker does for whoever
// subscribes: without them a session that comes back would not know what it owns is worth
// until the next bar closes.
func (v *simulated) tellPrices() {
	now := v.venue.Now()
	for i, p := range v.price {
		if p != 0 {
			v.greet = append(v.greet, exchange.Event{
				Kind: exchange.KindTrade, Time: now, Received: now, Last: true, Instrument: exchange.InstrumentID(i), FeeAsset: exchange.None, Price: p,
			})
		}
	}
}

// note keeps what the venue's last prices are.
func (v *simulated) note(ev *exchange.Event) {
	if ev.Kind == exchange.KindBar {
		v.history.add(ev)
	}
	if ev.Kind == exchange.KindBar && ev.Matched || ev.Kind == exchange.KindTrade {
		v.price[ev.Instrument] = ev.Price
	}
	if ev.Time >= v.woken {
		v.woken = exchange.Never
	}
}

// answers takes the question that a snapshot answers.
func (v *simulated) answers() (q question) {
	if len(v.questions) > 0 {
		q, v.questions = v.questions[0], v.questions[1:]
	}
	return q
}

// Close ends the record.
func (v *simulated) Close() error {
	v.close()
	return v.rec.f.Close()
}

// rebuild makes the venue and brings it to the record's end.
func (v *simulated) rebuild(p *plan, tops bool) (lives int, err error) {
	in := &recordReader{r: bufio.NewReaderSize(v.rec.f, 1<<16)}
	kind, content, err := in.next()
	if err != nil || kind != entryHeader {
		return 0, Refused(fmt.Errorf("%s is no record of a venue; give another state directory", recordName))
	}
	if err := p.adopt(content, tops); err != nil {
		return 0, err
	}
	if err := v.make(p, tops); err != nil {
		return 0, err
	}
	for {
		kind, content, err = in.next()
		if err == nil {
			if kind == entryLife {
				lives++
			}
			if err = v.again(kind, content); err == nil {
				continue
			}
		}
		switch err {
		case io.EOF:
		case errTorn:
			if err := v.rec.f.Truncate(in.read); err != nil {
				return lives, fmt.Errorf("session: %s: %w", recordName, err)
			}
		case errDamaged:
			return lives, Refused(fmt.Errorf("%s is damaged at byte %d: bring it back from a copy, or give a new state directory", recordName, in.read))
		default:
			return lives, err
		}
		v.rec.size = in.read
		_, err = v.rec.f.Seek(in.read, io.SeekStart)
		return lives, err
	}
}

// make builds the venue as it is before its first event.
func (v *simulated) make(p *plan, tops bool) error {
	feed, closeFeed, err := p.market.open(p.catalog)
	v.close = closeFeed
	if err != nil {
		return err
	}
	first := &peeked{Feed: feed}
	if err := feed.Next(&first.ev); err != nil {
		if err == io.EOF {
			return p.config.wrongAt("$.market", "the market has no data between from and to; widen them")
		}
		return Wrong(err)
	}
	v.venue, err = sim.NewVenue(sim.Config{
		Catalog: p.catalog, Model: p.model, Fees: p.fees, Accounts: []sim.Deposits{{{Asset: p.currency, Total: p.cash}}},
	})
	if err != nil {
		return Wrong(err)
	}
	// the account's first snapshot arrives just before the market begins
	v.venue.AdvanceTo(first.ev.Time - exchange.Stamp(p.model.Latency) - exchange.Stamp(time.Second))
	v.Replay = sim.NewReplay(v.venue, first, 0)
	v.Replay.EmitTops(tops)
	return nil
}

// peeked is a feed whose first event has been looked at.
type peeked struct {
	exchange.Feed
	ev   exchange.Event
	past bool
}

func (p *peeked) Next(ev *exchange.Event) error {
	if !p.past {
		p.past = true
		*ev = p.ev
		return nil
	}
	return p.Feed.Next(ev)
}

// again does what an entry tells.
func (v *simulated) again(kind byte, content []byte) error {
	switch kind {
	case entryLife:
		v.reconnect()
	case entryTold: // said by the connection, not by the market
	case entryEnd:
		var ev exchange.Event
		if err := v.Replay.Next(context.Background(), &ev); err != io.EOF {
			return differs(err)
		}
	case entryEvent, entryUnseen:
		var ev exchange.Event
		if err := v.Replay.Next(context.Background(), &ev); err != nil || !bytes.Equal(packEvent(v.rec.body[:0], &ev), content) {
			return differs(err)
		}
		v.note(&ev)
		if ev.Kind == exchange.KindSnapshot {
			v.answers()
		}
	case entryOrder:
		var o exchange.Order
		if err := unpackOrder(content, &o); err != nil {
			return err
		}
		v.venue.Submit(0, &o)
	case entryAmend:
		var a exchange.Amend
		if err := unpackAmend(content, &a); err != nil {
			return err
		}
		v.venue.Amend(0, &a)
	case entryAsk:
		v.questions = append(v.questions, question{})
		return v.Replay.Refresh()
	default:
		n, size := binary.Varint(content)
		if size <= 0 {
			return errDamaged
		}
		switch kind {
		case entryWake:
			v.woken = exchange.Stamp(n)
			v.Replay.WakeAt(v.woken)
		case entryCancel:
			v.venue.Cancel(0, exchange.OrderID(n))
		case entryDead:
			return v.Replay.CancelAllAfter(time.Duration(n))
		default:
			return Refused(fmt.Errorf("%s has an entry of kind %q, which this program does not know; use the one that wrote it", recordName, kind))
		}
	}
	return nil
}

func differs(err error) error {
	if err != nil && !errors.Is(err, io.EOF) {
		return Wrong(err)
	}
	return Refused(fmt.Errorf("%s: the market does not go as it went: its data or this program has changed; give a new state directory, or what it was made with", recordName))
}

// reconnect loses what the venue has said and nobody took, and the answers to what was
// asked before.
func (v *simulated) reconnect() {
	var ev exchange.Event
	for v.venue.Take(0, &ev) {
		if ev.Kind == exchange.KindSnapshot {
			v.answers()
		}
	}
	for i := range v.questions {
		v.questions[i].gone = true
	}
}

// Submit hands an order over.
func (v *simulated) Submit(o *exchange.Order) error {
	if err := v.rec.write(entryOrder, func(b []byte) []byte { return packOrder(b, o) }); err != nil {
		return err
	}
	v.sends++
	v.venue.Submit(0, o)
	return nil
}

// Amend hands a change over.
func (v *simulated) Amend(a *exchange.Amend) error {
	if err := v.rec.write(entryAmend, func(b []byte) []byte { return packAmend(b, a) }); err != nil {
		return err
	}
	v.sends++
	v.venue.Amend(0, a)
	return nil
}

// Cancel hands a cancellation over.
func (v *simulated) Cancel(id exchange.OrderID) error {
	if err := v.rec.number(entryCancel, int64(id)); err != nil {
		return err
	}
	v.sends++
	v.venue.Cancel(0, id)
	return nil
}

// CancelAllAfter sets the dead man's switch.
func (v *simulated) CancelAllAfter(d time.Duration) error {
	if err := v.rec.number(entryDead, int64(d)); err != nil {
		return err
	}
	return v.Replay.CancelAllAfter(d)
}

// Refresh asks for a snapshot.
func (v *simulated) Refresh() error { return v.ask(false) }

func (v *simulated) ask(own bool) error {
	if err := v.rec.write(entryAsk, func(b []byte) []byte { return b }); err != nil {
		return err
	}
	v.questions = append(v.questions, question{own: own, sends: v.sends})
	return v.Replay.Refresh()
}

// WakeAt asks for a beat.
func (v *simulated) WakeAt(t exchange.Stamp) {
	if t == v.woken {
		return
	}
	v.woken = t
	v.Replay.WakeAt(t)
	// an error of the file shows at the next event, before anything depends on it
	_ = v.rec.number(entryWake, int64(t))
}

// Next is the venue's next event, on record before anybody sees it. A connection begins
// with the last prices, the fills that the session has not seen, and then a snapshot that
// is younger than all that was sent meanwhile: only who knows what became of the orders
// before can judge new ones.
func (v *simulated) Next(ctx context.Context, ev *exchange.Event) error {
	for {
		if len(v.greet) > 0 {
			*ev, v.greet = v.greet[0], v.greet[1:]
			return v.rec.write(entryTold, func(b []byte) []byte { return packEvent(b, ev) })
		}
		if err := v.Replay.Next(ctx, ev); err != nil {
			if err == io.EOF {
				if err := v.rec.write(entryEnd, func(b []byte) []byte { return b }); err != nil {
					return err
				}
			}
			return err
		}
		var q question
		if ev.Kind == exchange.KindSnapshot {
			q = v.answers()
		}
		kind := byte(entryEvent)
		if !v.shown(ev, q) {
			kind = entryUnseen
		}
		v.note(ev)
		if err := v.rec.write(kind, func(b []byte) []byte { return packEvent(b, ev) }); err != nil || kind == entryEvent {
			return err
		}
		if ev.Kind == exchange.KindSnapshot && v.connecting && !q.gone {
			if err := v.catchUp(ev); err != nil {
				return err
			}
		}
	}
}

// shown reports whether an event is for the session.
func (v *simulated) shown(ev *exchange.Event, q question) bool {
	switch {
	case q.gone:
		return false
	case v.connecting:
		return v.shownEarly(ev, q)
	}
	return !q.own
}

// shownEarly reports whether an event is for a session that is still connecting: the
// snapshot that ends it, and once the fills that were missed are told, the outcomes after
// them. Before, an outcome would overtake them: the fill of an order that has ended since,
// or a later fill, after which the earlier one counts as seen.
func (v *simulated) shownEarly(ev *exchange.Event, q question) bool {
	switch ev.Kind {
	case exchange.KindOrder, exchange.KindFill:
		return v.met
	case exchange.KindSnapshot:
		v.met = true
		for i := range ev.Detail.Snapshot.Fills {
			if f := &ev.Detail.Snapshot.Fills[i]; v.isNew(f) {
				return false
			}
		}
		v.connecting = q.sends != v.sends
		return !v.connecting
	}
	return false
}

func (v *simulated) isNew(fill *exchange.Event) bool {
	return v.seen != nil && fill.TradeID > v.seen[fill.Instrument]
}

// catchUp tells the fills of a snapshot that the session has not seen, one by one, and
// asks for another snapshot: what the session sends in answer is not in this one.
func (v *simulated) catchUp(snapshot *exchange.Event) error {
	for _, f := range snapshot.Detail.Snapshot.Fills {
		if v.isNew(&f) {
			f.Kind, f.Time, f.Received, f.Account = exchange.KindFill, snapshot.Time, snapshot.Time, snapshot.Account
			v.greet = append(v.greet, f)
		}
	}
	return v.ask(true)
}
