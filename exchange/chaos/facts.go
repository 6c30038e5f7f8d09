package chaos

import (
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// factState is when the facts that a live client brings by itself were last told.
type factState struct{ beat, clock, key exchange.Stamp }

func (f *factState) init() { f.beat, f.clock, f.key = -1, -1, -1 }

// How often a live client brings them.
const (
	beatEvery  = time.Second
	clockEvery = time.Minute
	keyEvery   = time.Hour
)

func due(last *exchange.Stamp, now exchange.Stamp, every time.Duration) bool {
	if *last >= 0 && now.Sub(*last) < every {
		return false
	}
	*last = now
	return true
}

// freshen brings the facts that are due, just before an event: nobody looks in between.
func (l *Link) freshen(ev *exchange.Event) {
	f := l.cfg.Facts
	if f == 0 {
		return
	}
	if f&exchange.FactHeartbeat != 0 && !l.stream.down && due(&l.facts.beat, l.now, beatEvery) && l.x.Holds(WSFreeze, "heartbeat", "") == nil {
		l.push(l.now, l.fact(exchange.KindHeartbeat))
	}
	if f&exchange.FactClock != 0 && due(&l.facts.clock, l.now, clockEvery) {
		if r := l.x.Strike(HTTP, "Time", ""); r == nil || !r.Do.loses() && r.Do.arrives() {
			l.tellClock(exchange.CodeNone)
		}
	}
	if f&exchange.FactKeyInfo != 0 && due(&l.facts.key, l.now, keyEvery) {
		l.tellKey()
	}
}

// anyAddress is what a key may do whose list of addresses is empty.
const anyAddress = "any-address"

// tellKey asks what the key may do.
func (l *Link) tellKey() {
	if code := l.keyRefuses("GetApiKeyInfo"); code != exchange.CodeNone {
		l.request(nil, code)
		return
	}
	if r := l.x.Strike(HTTP, "GetApiKeyInfo", ""); r != nil && (r.Do.loses() || !r.Do.arrives()) {
		l.request(r, exchange.CodeNone)
		return
	}
	k := l.cfg.Key
	k.Permissions = slices.Clone(k.Permissions)
	for i := range l.x.plan.Rules {
		switch r := &l.x.plan.Rules[i]; {
		case r.Do == AddPerm && r.Value == anyAddress && l.x.holdsValue(AddPerm, anyAddress):
			k.AllowedIPs = nil
		case r.Do == AddPerm && l.x.holdsValue(AddPerm, r.Value):
			k.Permissions = append(k.Permissions, r.Value)
		case r.Do == DropPerm && l.x.holdsValue(DropPerm, r.Value):
			k.Permissions = slices.DeleteFunc(k.Permissions, func(p string) bool { return p == r.Value })
		}
	}
	ev := l.fact(exchange.KindKey)
	ev.Detail = &exchange.Detail{Key: &k}
	l.push(l.now, ev)
}

// second tells a second source's price before ours. It follows the market; a wick of our
// venue it does not see.
func (l *Link) second(ev *exchange.Event) {
	if l.cfg.Facts&exchange.FactSecondSource == 0 {
		return
	}
	price := int64(ev.Price)
	if p := l.x.outside[ev.Instrument]; p != 0 {
		price = int64(p)
	}
	if r := l.x.Holds(Diverge, "", l.symbol(ev.Instrument)); r != nil {
		price, _ = money.MulDiv(price, money.PPM+r.PPM, money.PPM, money.Down)
	}
	s := l.fact(exchange.KindSecond)
	s.Instrument, s.Price = ev.Instrument, money.Price(max(1, price))
	l.push(l.now, s)
}

// clockState is how our clock stands to the venue's.
type clockState struct {
	off    time.Duration // ours less the venue's
	step   bool
	frozen exchange.Stamp // where it stands still; 0: it runs
}

// tickClock notes what is wrong with our clock now.
func (l *Link) tickClock() {
	c := &l.clock
	c.off = 0
	if r := l.x.Holds(Skew, "", ""); r != nil {
		c.off += r.By
	}
	r := l.x.Holds(Step, "", "")
	if r != nil {
		c.off += r.By
	}
	if l.x.Holds(ClockFreeze, "", "") == nil {
		c.frozen = 0
	} else if c.frozen == 0 {
		c.frozen = l.now.Add(c.off)
	}
	if (r != nil) != c.step {
		if c.step = r != nil; l.cfg.Facts&exchange.FactClock != 0 {
			l.tellClock(exchange.CodeClockStep)
			l.tellClock(exchange.CodeNone)
			l.facts.clock = l.now
		}
	}
}

func (l *Link) tellClock(code exchange.Code) {
	ev := l.fact(exchange.KindClock)
	ev.Interval, ev.Code = l.ours().Sub(l.now), code
	l.push(l.now, ev)
}

// ours is what our clock shows.
func (l *Link) ours() exchange.Stamp {
	if l.clock.frozen != 0 {
		return l.clock.frozen
	}
	return l.now + exchange.Stamp(l.clock.off)
}

// wakeable is when the inner exchange must wake us for the caller, whose clock is ours. A
// clock that stands still never gets there.
func (l *Link) wakeable() exchange.Stamp {
	switch {
	case l.clock.frozen != 0 || l.wanted == exchange.Never:
		return exchange.Never
	case l.clock.off == 0:
		return l.wanted
	}
	return max(l.now, l.wanted-exchange.Stamp(l.clock.off))
}

// dress gives an event the times that the caller sees: the time of receipt is our clock's,
// and so is a beat's. What comes late has the time at which it comes, however many beats
// there were before it; only news keeps its age, and what lies about the future its lie.
func (l *Link) dress(ev *exchange.Event, due exchange.Stamp) {
	ev.Received = l.ours()
	switch {
	case ev.Kind == exchange.KindBeat:
		if l.clock.off != 0 || l.clock.frozen != 0 {
			ev.Time = ev.Received
		}
	case ev.Kind == exchange.KindNews:
	case ev.Time <= l.now:
		ev.Time = max(ev.Time, due)
	}
}
