package chaos

import (
	"cmp"
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// streamState is whether the stream runs.
type streamState struct {
	down   bool
	frozen bool // executions stand still
	advice exchange.Code
	whole  exchange.Stamp // when the message of executions that is missing has been fetched
}

// resnapshot is how long it takes to heal a flaw of the data.
const resnapshot = time.Second

// channelOf is the channel that a kind of event comes on; "" for what is no stream's.
func channelOf(k exchange.Kind) string {
	switch k {
	case exchange.KindTop:
		return "ticker"
	case exchange.KindLevel:
		return "book"
	case exchange.KindTrade:
		return "trade"
	case exchange.KindBar:
		return "ohlc"
	case exchange.KindStatus, exchange.KindAdvice:
		return "status"
	case exchange.KindHeartbeat:
		return "heartbeat"
	}
	return ""
}

// changes notes what began or ended, and does what is due.
func (l *Link) changes() {
	if down := l.x.Holds(Disconnect, "", "") != nil; down != l.stream.down {
		l.stream.down = down
		ev := l.fact(exchange.KindLink)
		ev.State = exchange.Absent
		if !down {
			ev.State = exchange.Working
		}
		l.push(l.now, ev)
		if !down { // the snapshot brings what was missed; a failure is the inner one's to tell
			if l.inner.Refresh() == nil {
				l.asked = append(l.asked, nil)
			}
		}
	}
	if l.stream.frozen = l.x.Holds(WSFreeze, "executions", "") != nil; !l.stream.frozen && !l.stream.down && len(l.withheld) > 0 {
		l.catchUp()
	}
	l.tickClock()
	l.advise()
	l.acts()
	l.ghosts()
}

// catchUp tells what a stream that stood still had held back.
func (l *Link) catchUp() {
	for i := range l.withheld {
		l.withheld[i].Time, l.withheld[i].Received = l.now, l.now
		l.push(l.now, &l.withheld[i])
	}
	l.withheld = l.withheld[:0]
}

// hasten tells what is on its way: in order, whoever was due later stays behind.
func (l *Link) hasten() {
	for i := range l.queue {
		if it := &l.queue[i]; it.act == tell && (it.ev.Kind == exchange.KindOrder || it.ev.Kind == exchange.KindFill) {
			it.due = min(it.due, l.now)
		}
	}
	slices.SortFunc(l.queue, func(a, b item) int { return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.n, b.n)) })
}

// executions tells an order event or fill, unless the stream stands still: an answer to a
// request comes all the same.
func (l *Link) executions(due exchange.Stamp, ev *exchange.Event) {
	answer := ev.Kind == exchange.KindOrder && ev.Op != exchange.OpVenue
	if (l.stream.down || l.stream.frozen) && !answer {
		l.withheld = append(l.withheld, *ev)
		return
	}
	if !answer || ev.Kind == exchange.KindFill {
		if r := l.x.Strike(WS, "executions", l.symbol(ev.Instrument)); r != nil {
			switch r.Do {
			case Replay:
				for range r.N() {
					l.push(due, ev)
				}
			default: // a message is missing, which its number tells: it is fetched
				l.stream.whole = l.now.Add(resnapshot)
			}
		}
	}
	l.push(max(due, l.stream.whole), ev) // what comes after it waits for it: an order's end before its fill would make that nobody's
}

// market lets everything else of the inner exchange go through the faults.
func (l *Link) market(ev *exchange.Event) {
	channel, pair := channelOf(ev.Kind), l.symbol(ev.Instrument)
	if ev.Kind == exchange.KindBar && ev.Matched || ev.Kind == exchange.KindTrade {
		l.price[ev.Instrument] = ev.Price
		l.second(ev)
	}
	if channel == "" {
		l.push(l.now, ev)
		return
	}
	if l.stream.down || l.x.Holds(WSFreeze, channel, pair) != nil {
		return
	}
	l.book(ev, pair)
	r := l.x.Strike(WS, channel, pair)
	if r == nil {
		l.push(l.now, ev)
		return
	}
	switch r.Do {
	case WSGap:
		l.flaw(ev, exchange.CodeSequence)
	case BadChecksum:
		l.flaw(ev, exchange.CodeChecksum)
	case Replay:
		for range r.N() + 1 {
			l.push(l.now, ev)
		}
	case WSFlood:
		l.push(l.now, ev)
		for range r.N() {
			l.push(l.now, l.fact(exchange.KindHeartbeat))
		}
	case BadNumber:
		ev.Price, ev.AskPrice = 0, -1
		if ev.Kind != exchange.KindTop {
			ev.AskPrice = 0
		}
		l.push(l.now, ev)
	case FutureTime:
		ev.Time = ev.Time.Add(r.Wait())
		l.push(l.now, ev)
	}
}

// flaw tells that a message could not be used, and a little later that a fresh snapshot
// healed it.
func (l *Link) flaw(ev *exchange.Event, code exchange.Code) {
	if ev.Instrument < 0 {
		return // no book to heal
	}
	bad := l.fact(exchange.KindIntegrity)
	bad.Instrument, bad.Code = ev.Instrument, code
	l.push(l.now, bad)
	bad.Code, bad.Time = exchange.CodeNone, l.now.Add(resnapshot)
	bad.Received = bad.Time
	l.push(bad.Time, bad)
}

// book widens and drains what is told of the book.
func (l *Link) book(ev *exchange.Event, pair string) {
	if ev.Kind != exchange.KindTop && ev.Kind != exchange.KindLevel {
		return
	}
	if r := l.x.Holds(Widen, "", pair); r != nil && ev.Kind == exchange.KindTop && ev.Price > 0 && ev.AskPrice > 0 {
		tick := int64(l.cfg.Catalog.Instruments[ev.Instrument].Tick)
		half, _ := money.MulDiv((int64(ev.Price)+int64(ev.AskPrice))/2, r.PPM, 2*money.PPM, money.Down)
		middle := (int64(ev.Price) + int64(ev.AskPrice)) / 2
		bid, _ := money.RoundTo(max(middle-half, tick), tick, money.Down)
		ask, _ := money.RoundTo(middle+half, tick, money.Ceil)
		ev.Price, ev.AskPrice = money.Price(bid), money.Price(ask)
	}
	if r := l.x.Holds(DrainBook, "", pair); r != nil {
		left := r.PPM
		if left == 0 {
			left = money.PPM / 100
		}
		ev.Qty, ev.AskQty = part(ev.Qty, left), part(ev.AskQty, left)
	}
}

// part is a share of a quantity, not less than a lot of what there is.
func part(q money.Qty, ppm int64) money.Qty {
	if q == 0 {
		return 0
	}
	v, _ := money.MulDiv(int64(q), ppm, money.PPM, money.Down)
	return max(1, money.Qty(v))
}

// adviceCodes are by the place in advices.
var adviceCodes = []exchange.Code{
	exchange.CodeReduceActivity, exchange.CodeCancelOpenOrders, exchange.CodeStopNewOrders, exchange.CodeDisconnect, exchange.CodeEmergency,
}

// advise tells when the venue's advice changes. Modes are the feed's: they hold for the
// venue itself.
func (l *Link) advise() {
	code := exchange.CodeNone
	for i, name := range advices {
		if l.x.holdsValue(SetStatus, name) {
			code = adviceCodes[i]
		}
	}
	if code != l.stream.advice {
		l.stream.advice = code
		ev := l.fact(exchange.KindAdvice)
		ev.Code = code
		l.push(l.now, ev)
	}
}
