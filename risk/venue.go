package risk

import (
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

type request struct {
	at     exchange.Stamp
	failed bool
}

// onRequest is api-error-rate, auth-failure and nonce.
func (g *Guard) onRequest(ev *exchange.Event) {
	s, k := g.s, &g.s.link
	switch ev.Code {
	case exchange.CodeInvalidKey, exchange.CodeInvalidSignature, exchange.CodePermission:
		s.host.key = false // whatever the last check said: the ceremony needs one of after
		g.trip(latch{control: AuthFailure, level: Halted, cause: ev.Code.String() + ": no further private call; check the key on the venue's page"})
	case exchange.CodeInvalidNonce:
		g.write(Record{Type: RecNote, Control: Nonce, Text: "invalid nonce", Instrument: exchange.None, Slot: noSlot}, true)
		if k.nonces.full(s.now) {
			g.trip(latch{control: Nonce, level: Halted, cause: "invalid nonces: the clock went back, or somebody else uses the key"})
		}
	}
	kept := k.requests[:0]
	failed := int64(0)
	broke := ev.Code == exchange.CodeTransport || ev.Code == exchange.CodeService || ev.Code == exchange.CodeRateLimit // an order refused is an answer
	if broke {
		k.failure = s.now
	}
	for _, r := range append(k.requests, request{s.now, broke}) {
		if s.now.Sub(r.at) >= time.Minute {
			continue
		}
		kept = append(kept, r)
		if r.failed {
			failed++
		}
	}
	k.requests = kept
	l := &s.limits
	if l.ErrorRequests == Unlimited || l.ErrorPPM == Unlimited {
		return
	}
	n := int64(len(kept))
	if n >= l.ErrorRequests && failed*money.PPM >= l.ErrorPPM*n {
		if g.trip(latch{control: APIErrorRate, level: Paused, cause: "too many requests fail"}) {
			g.cancelEntries()
		}
	}
}

// onDeadMan is dead-mans-switch: the outcome of a refresh.
func (g *Guard) onDeadMan(ev *exchange.Event) {
	k := &g.s.link
	if ev.Code == exchange.CodeNone {
		k.failed, k.stands = 0, g.s.now
		g.heal(DeadMansSwitch, Global, exchange.None)
		return
	}
	if k.failed++; k.failed >= 2 {
		g.trip(latch{control: DeadMansSwitch, level: Paused, cause: "the dead man's switch cannot be refreshed"})
	}
}

// refreshDeadMan keeps the venue's switch from firing as long as events come: also while
// halted, since protective exits stay. A key that the venue refuses is not used.
func (g *Guard) refreshDeadMan() {
	s, k := g.s, &g.s.link
	if !s.keepsDeadMan() || s.now < k.deadMan {
		return
	}
	k.deadMan = s.now.Add(s.limits.DeadMan / 3)
	if err := g.ex.CancelAllAfter(s.limits.DeadMan); err != nil {
		g.onDeadMan(&exchange.Event{Code: exchange.CodeTransport})
	}
	s.settle()
}

func (s *state) wantsDeadMan() bool {
	return DeadMansSwitch.Applicable(s.facts) && s.limits.DeadMan > 0 && s.limits.DeadMan != Forever && s.without != DeadMansSwitch && !s.dry
}

// keepsDeadMan reports whether the switch is to be refreshed now.
func (s *state) keepsDeadMan() bool {
	return s.wantsDeadMan() && s.synced && s.level < Killed && s.link.advice < exchange.CodeDisconnect && !s.refused()
}

// refused reports whether the venue has refused the key: every further call brings its
// lockout nearer.
func (s *state) refused() bool { return s.holds(AuthFailure, Global, exchange.None, noSlot) != nil }

// checkDeadMan denies where the venue has a switch and it does not stand.
func (s *state) checkDeadMan(d *decision, v *Verdict) {
	if DeadMansSwitch.Applicable(s.facts) && s.limits.DeadMan != Forever && d.opens && !s.dry && s.now.Sub(s.link.stands) > s.limits.DeadMan {
		v.deny(DeadMansSwitch, "the dead man's switch does not stand")
	}
}

// onStatus and onAdvice are venue-state.
func (g *Guard) onStatus(ev *exchange.Event) {
	was, all := g.s.online(), true
	for i := range g.s.status {
		if ev.Instrument == exchange.None || int(ev.Instrument) == i {
			g.s.status[i] = ev.Status
		}
		all = all && g.s.status[i] == exchange.Online
	}
	switch {
	case ev.Status != exchange.Online && ev.Status != exchange.PostOnlyMode && ev.Status != exchange.LimitOnlyMode && ev.Instrument == exchange.None:
		g.trip(latch{control: VenueState, level: Paused, cause: "the venue is in " + ev.Status.String()})
	case all && g.s.holds(VenueState, Global, exchange.None, noSlot) != nil:
		if !was {
			g.s.link.advice = exchange.CodeNone // what was announced is over
		}
		g.compare(false) // no order before the books are compared; a failed one leaves the pause
	}
}

func (g *Guard) onAdvice(ev *exchange.Event) {
	g.s.link.advice = ev.Code
	if ev.Code == exchange.CodeNone {
		if g.s.holds(VenueState, Global, exchange.None, noSlot) != nil {
			g.compare(false)
		}
		return
	}
	if ev.Code >= exchange.CodeStopNewOrders && ev.Code <= exchange.CodeEmergency {
		g.trip(latch{control: VenueState, level: Paused, cause: "the venue advises: " + ev.Code.String()})
	}
	if ev.Code >= exchange.CodeCancelOpenOrders && ev.Code <= exchange.CodeEmergency {
		g.cancelEntries()
	}
	if ev.Code >= exchange.CodeDisconnect && ev.Code <= exchange.CodeEmergency && g.s.wantsDeadMan() {
		_ = g.ex.CancelAllAfter(0) // else everything is cancelled when the venue is back; a failure is seen at the next refresh
	}
}

// onNews is signal-source: a headline that does not pass becomes a mere beat.
func (g *Guard) onNews(ev *exchange.Event) {
	s, k := g.s, &g.s.link
	l := &s.limits
	if l.NewsPerHour == Unlimited || s.without == SignalSource {
		return
	}
	w := k.heard[ev.Source]
	if w == nil {
		fresh := newWindow(l.NewsPerHour, int64(time.Hour))
		w = &fresh
		k.heard[ev.Source] = w
	}
	text := ev.Detail.Text
	hash := fnv(text)
	why := ""
	switch {
	case ev.Received.Sub(ev.Time) > l.NewsAge:
		why = "old"
	case ev.Time.Sub(ev.Received) > 2*time.Second:
		why = "from the future"
	case len(text) == 0 || len(text) > 10_000:
		why = "empty or too long"
	case slices.Contains(k.titles, hash):
		why = "told before"
	case w.full(s.now):
		why = "too many from this source"
	default:
		w.add(s.now)
		if k.titles = append(k.titles, hash); len(k.titles) > 1000 {
			k.titles = k.titles[1:]
		}
		return
	}
	g.Note("signal-source: muted news, " + why)
	ev.Kind, ev.Detail = exchange.KindBeat, nil
}

// fnv is FNV-1a of 64 bits.
func fnv(text string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return h
}

func (s *state) online() bool {
	for _, st := range s.status {
		if st != exchange.Online {
			return false
		}
	}
	return true
}
