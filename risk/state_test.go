package risk

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// A pair that is not online when the session starts takes no order from the first on.
func TestAPairThatIsNotOnlineAtTheStartTakesNoOrder(t *testing.T) {
	d := open(t, wide(), func(c *Config) { c.Catalog.Instruments[0].Status = exchange.CancelOnlyMode })
	d.denied(d.buy(xbt/100), OrderForm)
	if got, want := d.said(), `order-form text="the pair is not online"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	d.status(exchange.Online)
	d.allowed(d.buy(xbt / 100))
}

// A guard begins with nothing seen, in the zone of its configuration, UTC without one.
func TestAGuardBeginsWithNothingSeen(t *testing.T) {
	zone := time.FixedZone("x", 3600)
	cfg := bare(t, wide()).cfg
	for _, z := range []*time.Location{nil, zone} {
		cfg.Zone = z
		s := newState(&cfg)
		if want := z; z == nil && s.zone != time.UTC || z != nil && s.zone != want {
			t.Errorf("zone %v", s.zone)
		}
		m := s.market[0]
		for i, at := range []exchange.Stamp{s.now, s.cycleAt, m.changed, m.lastAt, m.bookAt, m.secondAt, s.day.end, s.host.lease, s.host.asked, s.host.keyAt, s.link.heartbeat, s.link.deadMan, s.link.stands, s.link.clockAt, s.link.failure, s.rate.filled[0]} {
			if at != longAgo {
				t.Errorf("%d: %d", i, at)
			}
		}
		for i, at := range []exchange.Stamp{s.nextDue, s.day.breach, s.link.due, s.link.lookAt, s.link.routineAt, s.host.due} {
			if at != exchange.Never {
				t.Errorf("%d: %d", i, at)
			}
		}
	}
	if longAgo >= -1<<61 {
		t.Error("long ago is not")
	}
}

func TestALatchCoversItsScope(t *testing.T) {
	for _, c := range []struct {
		scope Scope
		id    exchange.InstrumentID
		slot  exchange.SlotID
		want  bool
	}{{Global, 7, 7, true}, {ByPair, 2, 7, true}, {ByPair, 7, 3, false}, {BySlot, 7, 3, true}, {BySlot, 2, 7, false}} {
		if got := (&latch{scope: c.scope, instrument: 2, slot: 3}).covers(c.id, c.slot); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	for l, want := range map[latch]bool{{level: Paused}: false, {level: ReduceOnly}: true, {level: Halted}: true, {level: Paused, control: FeeAnomaly}: true} {
		if got := l.needsCeremony(); got != want {
			t.Errorf("%+v: %v", l, got)
		}
	}
}

// The level of an order is the strictest that covers it, the first of equals its cause.
func TestTheStrictestLatchHolds(t *testing.T) {
	d := twoPairs(t)
	s := d.g.s
	if l, c := s.levelFor(0, 0); l != Active || c != NoControl {
		t.Errorf("%v by %v", l, c)
	}
	s.latches = []latch{
		{control: HourlyLoss, level: Paused, until: 50, instrument: exchange.None, slot: noSlot}, {control: StaleData, scope: ByPair, instrument: 1, level: ReduceOnly, until: 40, slot: noSlot},
		{control: DailyLoss, scope: BySlot, slot: 2, level: ReduceOnly, until: 30, instrument: exchange.None}, {control: Reconcile, scope: ByPair, instrument: 1, level: Halted, until: exchange.Never, slot: noSlot},
		{control: LossStreak, level: Paused, until: 60, instrument: exchange.None, slot: noSlot},
	}
	s.settle()
	if s.level != Paused || !s.scoped || s.nextDue != 30 {
		t.Errorf("level %v, scoped %v, due %d", s.level, s.scoped, s.nextDue)
	}
	for i, c := range []struct {
		id    exchange.InstrumentID
		slot  exchange.SlotID
		level Level
		cause Control
	}{{0, 0, Paused, HourlyLoss}, {0, 2, ReduceOnly, DailyLoss}, {1, 0, Halted, Reconcile}, {1, 2, Halted, Reconcile}} {
		if l, by := s.levelFor(c.id, c.slot); l != c.level || by != c.cause {
			t.Errorf("%d: %v by %v", i, l, by)
		}
	}
	for i, c := range []struct {
		control Control
		scope   Scope
		id      exchange.InstrumentID
		slot    exchange.SlotID
		there   bool
	}{
		{HourlyLoss, Global, 7, 7, true}, {HourlyLoss, ByPair, exchange.None, noSlot, false}, {StaleData, ByPair, 1, 7, true}, {StaleData, ByPair, 0, noSlot, false},
		{DailyLoss, BySlot, 7, 2, true}, {DailyLoss, BySlot, exchange.None, 3, false}, {Drawdown, Global, 0, 0, false},
	} {
		if l := s.holds(c.control, c.scope, c.id, c.slot); (l != nil) != c.there || l != nil && l.control != c.control {
			t.Errorf("%d: %+v", i, l)
		}
	}
	s.latches = s.latches[1:2]
	s.settle()
	if l, by := s.levelFor(1, 0); s.level != Active || l != ReduceOnly || by != StaleData {
		t.Errorf("a pair's alone: %v by %v", l, by)
	}
	s.link.due, s.host.due = 20, 10
	if s.settle(); s.nextDue != 10 {
		t.Errorf("due %d", s.nextDue)
	}
	s.host.due = 25
	if s.settle(); s.nextDue != 20 {
		t.Errorf("due %d", s.nextDue)
	}
}

// The end of the day is due while it lies ahead, or while what begins the next is there.
func TestWhenTheEndOfTheDayIsDue(t *testing.T) {
	for i, c := range []struct {
		started bool
		now     exchange.Stamp // from the day's end
		unrated int
		clock   exchange.Stamp // from the day's end; 1: none is declared
		due     bool
	}{{true, -1, 1, 1, true}, {true, 0, 0, 1, true}, {true, 0, 1, 1, false}, {false, -1, 0, 1, false}, {true, 5, 0, 0, true}, {true, 5, 0, -1, false}, {true, -1, 0, -1, true}} {
		d := open(t, wide())
		s := d.g.s
		s.link.due, s.host.due = exchange.Never, exchange.Never
		s.day.started, s.now, s.acct.unrated = c.started, s.day.end+c.now, c.unrated
		if c.clock < 1 {
			s.facts, s.limits.ClockSkew, s.link.clockAt = exchange.FactClock, time.Second, s.day.end+c.clock
		}
		if s.settle(); (s.nextDue == s.day.end) != c.due || !c.due && s.nextDue != exchange.Never {
			t.Errorf("%d: due %d", i, s.nextDue)
		}
	}
	zone := time.FixedZone("x", 3600)
	day := exchange.Stamp(24 * time.Hour)
	for _, c := range []struct {
		zone    *time.Location
		at, end exchange.Stamp
	}{{time.UTC, midnight(), midnight() + day}, {time.UTC, midnight() + day - 1, midnight() + day}, {time.UTC, 0, day}, {zone, midnight(), midnight() + day - exchange.Stamp(time.Hour)}, {zone, midnight() - exchange.Stamp(time.Hour), midnight() + day - exchange.Stamp(time.Hour)}} {
		if got := (&state{zone: c.zone}).endOfDay(c.at); got != c.end {
			t.Errorf("%v: the day of %d ends at %d, want %d", c.zone, c.at, got, c.end)
		}
	}
}

// The floors are the strictest of limit, profile and ramp, the first of equals their cause.
func TestTheFloorsAreTheStrictest(t *testing.T) {
	for i, c := range []struct {
		change         func(*Limits)
		loss, fall     money.Amount
		lossBy, fallBy Control
	}{
		{func(*Limits) {}, -Unlimited, -Unlimited, NoControl, NoControl},
		{func(l *Limits) { l.DailyLoss.Amount = 1 }, 20_000*cad - 1, -Unlimited, DailyLoss, NoControl},
		{func(l *Limits) { l.DailyLoss.PPM = 50_000 }, 19_000 * cad, -Unlimited, DailyLoss, NoControl},
		{func(l *Limits) { l.DailyLoss.Amount, l.ProfileDailyPPM = 1_000*cad, 50_000 }, 19_000 * cad, -Unlimited, DailyLoss, NoControl},
		{func(l *Limits) { l.DailyLoss.Amount, l.ProfileDailyPPM = 1_000*cad, 49_000 }, 19_020 * cad, -Unlimited, ProfileLimits, NoControl},
		{func(l *Limits) { l.ProfileDailyPPM, l.Ramp = 50_000, []Step{{Unlimited, 999 * cad}} }, 19_001 * cad, -Unlimited, RampUp, NoControl},
		{func(l *Limits) { l.DrawdownPPM, l.ProfileDrawdownPPM = 100_000, 100_000 }, -Unlimited, 18_000 * cad, NoControl, Drawdown},
		{func(l *Limits) { l.DrawdownPPM, l.ProfileDrawdownPPM = 100_001, 100_000 }, -Unlimited, 18_000 * cad, NoControl, ProfileLimits},
	} {
		d := open(t, wide(), limited(c.change))
		if x := d.g.s.day; x.lossAt != c.loss || x.lossBy != c.lossBy || x.fallAt != c.fall || x.fallBy != c.fallBy {
			t.Errorf("%d: loss at %d by %v, fall at %d by %v", i, x.lossAt, x.lossBy, x.fallAt, x.fallBy)
		}
	}
}

// A window is full when its bound of things happened within its span.
func TestAWindowIsFullWithinItsSpan(t *testing.T) {
	w := newWindow(3, 10)
	for i, c := range []struct {
		at         exchange.Stamp
		full, with bool // before it is added
	}{{100, false, false}, {105, false, false}, {106, false, true}, {109, true, true}, {115, false, true}, {116, false, true}, {116, true, true}, {117, true, true}, {126, false, false}} {
		if w.full(c.at) != c.full || w.fullWith(c.at) != c.with {
			t.Errorf("%d: full %v, with one more %v", i, w.full(c.at), w.fullWith(c.at))
		}
		w.add(c.at)
	}
	w.clear()
	if w.full(126) || w.fullWith(126) || len(w.times) != 0 {
		t.Error("not clear")
	}
	for n := range exchange.Stamp(20) { // what comes after is counted anew
		if w.add(200 + n); w.full(200+n) != (n >= 2) {
			t.Errorf("after %d", n+1)
		}
	}
	w.clear()
	for _, at := range []exchange.Stamp{300, 305, 308} {
		w.add(at)
	}
	if !w.full(309) || w.full(310) {
		t.Error("after it is cleared the oldest is another")
	}
	one := newWindow(1, 10)
	if one.full(5) || !one.fullWith(5) {
		t.Error("one")
	}
	if one.add(5); !one.full(14) || one.full(15) {
		t.Error("one")
	}
	none, most, wide := newWindow(0, 10), newWindow(1<<20, 10), newWindow(1<<20+1, 10)
	none.add(1)
	wide.add(1)
	most.add(1)
	if !none.full(0) || !none.fullWith(0) || len(none.times) != 0 || wide.full(1) || wide.fullWith(1) || len(wide.times) != 0 || len(most.times) != 1 {
		t.Error("bounds of nothing and of everything")
	}
	for range 1<<20 - 1 {
		most.add(1)
	}
	if !most.full(1) || !most.fullWith(1) {
		t.Error("the largest bound is never reached")
	}
}

// The status tells the whole state, and stays as it is.
func TestTheStatusTellsTheState(t *testing.T) {
	l := wide()
	l.NeedsArming, l.Lease = true, time.Hour
	d := twoPairs(t, func(c *Config) { c.Limits = l })
	d.ceremony()
	d.price(9_000)
	o := d.allowed(d.buy(xbt / 100))
	d.unknown()
	s := d.g.s
	s.loss.streak, s.loss.half, s.host.ramp, s.day.high = 3, true, 2, 21_000*cad
	d.g.trip(latch{control: StaleData, scope: ByPair, level: Paused, until: 77, cause: "drill"})
	st := d.g.Status()
	if st.Time != d.now || st.Phase != Armed || st.Level != Active || st.Equity != 19_000*cad || st.DayStart != 20_000*cad || st.DayLoss != 1_000*cad || st.High != 21_000*cad || st.FallPPM != 95_238 ||
		st.Lease != s.host.lease || st.Ramp != 2 || st.Open != 2 || st.Unknown != 1 || st.Streak != 3 || !st.HalfSize || st.Sale != nil || !st.Limits.NeedsArming {
		t.Errorf("%+v", st)
	}
	if want := []money.Amount{9_000*cad + 90*cad + 9*cad, 0}; !slices.Equal(st.Exposure, want) {
		t.Errorf("exposure %v, want %v", st.Exposure, want)
	}
	if !slices.Equal(st.Changed, []exchange.Stamp{d.now, 0}) {
		t.Errorf("changed %v", st.Changed)
	}
	if want := (Latch{StaleData, ByPair, 0, noSlot, Paused, d.now, 77, "drill"}); len(st.Latches) != 2 || st.Latches[1] != want {
		t.Errorf("%+v", st.Latches)
	}
	d.gone(o)
	if st.Open != 2 {
		t.Error("the copy changed")
	}
	s.day.high = 0
	if st := d.g.Status(); st.FallPPM != 0 {
		t.Errorf("fall %d of nothing", st.FallPPM)
	}
	s.day.high = 1
	s.acct.equity = 0
	if st := d.g.Status(); st.FallPPM != money.PPM {
		t.Errorf("fall %d of the least", st.FallPPM)
	}
	s.day.started = false
	if st := d.g.Status(); st.DayLoss != 0 || st.FallPPM != 0 {
		t.Errorf("before the day: %d, %d", st.DayLoss, st.FallPPM)
	}
	c := crossed(t)
	c.g.s.acct.balance[2] = 3
	if st := c.g.Status(); st.Exposure[1] != 4 { // 3.0003
		t.Errorf("exposure %v", st.Exposure)
	}
}

func TestThePhases(t *testing.T) {
	for i, c := range []struct {
		synced, started, needs, armed, cycle bool
		lease                                exchange.Stamp // from now
		want                                 Phase
		name                                 string
	}{
		{false, true, false, false, false, 0, Reconciling, "reconciling"}, {true, false, false, false, false, 0, Reconciling, "reconciling"}, {true, true, true, false, false, 0, Ready, "ready"},
		{true, true, true, true, false, -1, Ready, "ready"}, {true, true, true, true, false, 0, Armed, "armed"}, {true, true, true, true, true, 0, DryCycle, "dry cycle"},
		{true, true, false, false, true, 0, DryCycle, "dry cycle"}, {true, true, false, false, false, 0, Armed, "armed"},
	} {
		d := open(t, wide())
		s := d.g.s
		s.synced, s.day.started, s.limits.NeedsArming, s.host.armed, s.host.cycle, s.host.lease = c.synced, c.started, c.needs, c.armed, c.cycle, s.now+c.lease
		if got := d.g.Status().Phase; got != c.want || got.String() != c.name {
			t.Errorf("%d: %v", i, got)
		}
	}
}

// The share of failures is of the requests of the last minute, and of enough of them.
func TestTheErrorRateHoldsExactly(t *testing.T) {
	for i, c := range []struct {
		ppm, requests int64
		failed, fine  int
		want          bool
	}{{300_000, 10, 3, 7, true}, {300_001, 10, 3, 7, false}, {300_000, 11, 3, 7, false}, {Unlimited, 1, 9, 0, false}, {1, Unlimited, 9, 0, false}} {
		d := open(t, wide(), facts(exchange.FactErrors, func(l *Limits) { l.ErrorPPM, l.ErrorRequests = c.ppm, c.requests }))
		entry := d.allowed(d.order(exchange.Buy, xbt/100, 9_000*cad))
		for range c.fine {
			d.code(exchange.KindRequest, exchange.CodeNone)
		}
		for range c.failed {
			d.code(exchange.KindRequest, exchange.CodeTransport)
		}
		if got := d.latched(APIErrorRate) != nil; got != c.want || got != slices.Contains(d.x.gone, entry.ID) {
			t.Errorf("%d: %v, cancelled %v", i, got, d.x.gone)
		}
		if d.code(exchange.KindRequest, exchange.CodeTransport); len(d.x.gone) > 1 {
			t.Errorf("%d: entries are cancelled again and again: %v", i, d.x.gone)
		}
	}
	d := open(t, wide(), facts(exchange.FactErrors, func(l *Limits) { l.ErrorPPM, l.ErrorRequests = 1_000_000, 2 }))
	d.code(exchange.KindRequest, exchange.CodeService)
	d.beat(time.Minute - 1)
	d.code(exchange.KindRequest, exchange.CodeRateLimit)
	if d.latched(APIErrorRate) == nil || d.g.s.link.failure != d.now {
		t.Error("within a minute")
	}
	d = open(t, wide(), facts(exchange.FactErrors, func(l *Limits) { l.ErrorPPM, l.ErrorRequests = 1_000_000, 2 }))
	d.code(exchange.KindRequest, exchange.CodeService)
	d.beat(time.Minute)
	d.code(exchange.KindRequest, exchange.CodeRateLimit)
	if d.latched(APIErrorRate) != nil || len(d.g.s.link.requests) != 1 {
		t.Error("a minute later")
	}
}

// A nonce that was refused is on record, durably, since it counts over restarts.
func TestARefusedNonceIsOnRecord(t *testing.T) {
	d := open(t, wide(), facts(exchange.FactNonce))
	d.request1(exchange.CodeInvalidNonce)
	n := len(d.log.records) - 1
	if r := d.log.records[n]; r.Type != RecNote || r.Control != Nonce || r.Instrument != exchange.None || r.Slot != noSlot || !d.log.durable[n] {
		t.Errorf("%+v", r)
	}
	n2 := d.restart()
	n2.now = d.now.Add(5*time.Minute - 1)
	if n2.request1(exchange.CodeInvalidNonce); n2.latched(Nonce) == nil {
		t.Error("the second within five minutes")
	}
	n2 = d.restart()
	n2.now = d.now.Add(5 * time.Minute)
	if n2.request1(exchange.CodeInvalidNonce); n2.latched(Nonce) != nil {
		t.Error("the second after five minutes")
	}
}

// The switch is set a third of its time after it was, fails twice before it pauses, and does
// not stand from its time after the last that succeeded.
func TestTheDeadMansSwitchHoldsItsTimes(t *testing.T) {
	d := open(t, wide(), facts(exchange.FactDeadMan, func(l *Limits) { l.DeadMan = time.Minute }))
	d.refresh(exchange.CodeNone)
	set := len(d.x.switchs)
	if d.g.s.link.deadMan != d.now.Add(20*time.Second) || d.x.switchs[set-1] != time.Minute {
		t.Errorf("the next in %v", d.g.s.link.deadMan.Sub(d.now))
	}
	d.beat(20*time.Second - 1)
	if len(d.x.switchs) != set {
		t.Error("set too soon")
	}
	if d.beat(1); len(d.x.switchs) != set+1 || d.g.s.link.deadMan != d.now.Add(20*time.Second) {
		t.Error("not set")
	}
	d.refresh(exchange.CodeTransport)
	if d.latched(DeadMansSwitch) != nil {
		t.Error("one failure pauses")
	}
	d.refresh(exchange.CodeNone)
	d.refresh(exchange.CodeTransport)
	if d.latched(DeadMansSwitch) != nil {
		t.Error("two failures with a success in between pause")
	}
	d.refresh(exchange.CodeTransport)
	if l := d.latched(DeadMansSwitch); l == nil || l.Level != Paused {
		t.Errorf("%+v", l)
	}
	s := d.g.s
	m := &decision{o: &exchange.Order{}, opens: true}
	says := func() string { return d.says((*state).checkDeadMan, m) }
	const falls = `dead-mans-switch text="the dead man's switch does not stand";`
	if s.now = s.link.stands.Add(time.Minute); says() != "" {
		t.Error("does not stand at its last instant")
	}
	if s.now++; says() != falls {
		t.Error("stands too long")
	}
	if m.opens = false; says() != "" {
		t.Error("a sale")
	}
	m.opens, s.dry = true, true
	if says() != "" {
		t.Error("a dry run")
	}
	s.dry, s.limits.DeadMan = false, Forever
	if says() != "" {
		t.Error("without a bound")
	}
	s.limits.DeadMan, s.facts = time.Minute, 0
	if says() != "" {
		t.Error("without the fact")
	}
	s.facts, s.limits.DeadMan = exchange.FactDeadMan, 0
	if says() != falls || s.wantsDeadMan() {
		t.Error("a time of nothing stands")
	}
	s.limits.DeadMan = 1
	if !s.wantsDeadMan() {
		t.Error("the shortest time is none")
	}
}

// keeps tells when the switch is refreshed at all.
func TestWhenTheDeadMansSwitchIsKept(t *testing.T) {
	for i, c := range []struct {
		change func(*state)
		want   bool
	}{
		{func(*state) {}, true}, {func(s *state) { s.synced = false }, false}, {func(s *state) { s.level = Halted }, true}, {func(s *state) { s.level = Killed }, false},
		{func(s *state) { s.link.advice = exchange.CodeStopNewOrders }, true}, {func(s *state) { s.link.advice = exchange.CodeDisconnect }, false},
		{func(s *state) { s.latches = append(s.latches, latch{control: AuthFailure, level: Halted}) }, false}, {func(s *state) { s.dry = true }, false},
		{func(s *state) { s.without = DeadMansSwitch }, false}, {func(s *state) { s.limits.DeadMan = Forever }, false}, {func(s *state) { s.facts = 0 }, false},
	} {
		d := open(t, wide(), facts(exchange.FactDeadMan, func(l *Limits) { l.DeadMan = time.Minute }))
		c.change(d.g.s)
		if got := d.g.s.keepsDeadMan(); got != c.want {
			t.Errorf("%d: %v", i, got)
		}
	}
}

// Advice of each kind does what it says, and no more.
func TestEachAdviceIsObeyed(t *testing.T) {
	for code, c := range map[exchange.Code]struct{ pauses, cancels, disarms bool }{
		exchange.CodeReduceActivity: {}, exchange.CodeCancelOpenOrders: {false, true, false}, exchange.CodeStopNewOrders: {true, true, false},
		exchange.CodeDisconnect: {true, true, true}, exchange.CodeEmergency: {true, true, true}, exchange.CodeKill: {}, exchange.CodeNone: {},
	} {
		d := open(t, wide(), facts(exchange.FactStatus|exchange.FactDeadMan, func(l *Limits) { l.DeadMan = time.Minute }))
		d.refresh(exchange.CodeNone)
		entry := d.allowed(d.order(exchange.Buy, xbt/100, 9_000*cad))
		set := len(d.x.switchs)
		d.code(exchange.KindAdvice, code)
		if got := d.latched(VenueState) != nil; got != c.pauses {
			t.Errorf("%v: paused %v", code, got)
		}
		if got := slices.Contains(d.x.gone, entry.ID); got != c.cancels {
			t.Errorf("%v: cancelled %v", code, got)
		}
		if got := len(d.x.switchs) == set+1 && d.x.switchs[set] == 0; got != c.disarms {
			t.Errorf("%v: disarmed %v", code, got)
		}
	}
}

// A headline passes when it is fresh, of a size, new, and not one of too many.
func TestWhichNewsPass(t *testing.T) {
	for i, c := range []struct {
		age  time.Duration
		text string
		want string
	}{
		{15 * time.Minute, "a", ""}, {15*time.Minute + 1, "a", "old"}, {-2 * time.Second, "a", ""}, {-2*time.Second - 1, "a", "from the future"},
		{0, "", "empty or too long"}, {0, strings.Repeat("x", 10_000), ""}, {0, strings.Repeat("x", 10_001), "empty or too long"},
	} {
		d := open(t, wide(), limited(func(l *Limits) { l.NewsPerHour, l.NewsAge = 3, 15*time.Minute }))
		ev := exchange.Event{Kind: exchange.KindNews, Time: d.now.Add(-c.age), Received: d.now, Detail: &exchange.Detail{Text: c.text}}
		d.g.onNews(&ev)
		if muted := ev.Kind == exchange.KindBeat && ev.Detail == nil; muted != (c.want != "") || muted && d.log.notes("signal-source: muted news, "+c.want) != 1 {
			t.Errorf("%d: muted %v, %+v", i, muted, d.log.last(RecNote))
		}
	}
	d := open(t, wide(), limited(func(l *Limits) { l.NewsPerHour, l.NewsAge = 2000, Forever }))
	told := func(text string) bool {
		ev := exchange.Event{Kind: exchange.KindNews, Time: d.now, Received: d.now, Detail: &exchange.Detail{Text: text}}
		d.g.onNews(&ev)
		return ev.Kind == exchange.KindNews
	}
	for n := range 1000 {
		if !told(fmt.Sprint(n)) {
			t.Fatal(n)
		}
	}
	if told("0") || len(d.g.s.link.titles) != 1000 {
		t.Error("of the last thousand one may be told again")
	}
	if !told("1000") || told("1") || !told("0") || len(d.g.s.link.titles) != 1000 {
		t.Errorf("%d are remembered", len(d.g.s.link.titles))
	}
	d.g.s.link.heard[0] = nil
	d.g.s.limits.NewsPerHour = 2
	for i, want := range []bool{true, true, false} {
		if got := told(fmt.Sprint("new", i)); got != want {
			t.Errorf("%d: %v", i, got)
		}
	}
	d.g.s.now = d.g.s.now.Add(time.Hour)
	if !told("an hour later") {
		t.Error("muted for longer than an hour")
	}
	if !told("another") || told("a third") {
		t.Error("the next hour has another count")
	}
}

func TestFnvIsFnv1a(t *testing.T) {
	for text, want := range map[string]uint64{"": 0xcbf29ce484222325, "a": 0xaf63dc4c8601ec8c, "foobar": 0x85944171f73967e8} {
		if got := fnv(text); got != want {
			t.Errorf("%q: %x", text, got)
		}
	}
}

// A status of all pairs or of one is kept, pauses when the whole venue is closed, and ends
// the pause with a look when all are online again.
func TestWhatAStatusDoes(t *testing.T) {
	for st, pauses := range map[exchange.Status]bool{exchange.Online: false, exchange.PostOnlyMode: false, exchange.LimitOnlyMode: false, exchange.CancelOnlyMode: true, exchange.Maintenance: true} {
		d := twoPairs(t, facts(exchange.FactStatus))
		looks := d.x.looks
		d.play(exchange.Event{Kind: exchange.KindStatus, Instrument: 1, Status: st})
		if d.latched(VenueState) != nil || d.g.s.status[1] != st || d.g.s.status[0] != exchange.Online || d.g.s.online() != (st == exchange.Online) {
			t.Errorf("%v of one pair: %+v", st, d.g.s.status)
		}
		d.status(st)
		if got := d.latched(VenueState) != nil; got != pauses || d.g.s.status[0] != st {
			t.Errorf("%v: paused %v", st, got)
		}
		d.g.s.link.advice = exchange.CodeReduceActivity
		if d.x.looks != looks {
			t.Errorf("%v: a look before it is over", st)
		}
		d.play(exchange.Event{Kind: exchange.KindStatus, Instrument: 0, Status: exchange.Online})
		if st != exchange.Online && d.x.looks != looks {
			t.Errorf("%v: a look while one pair is closed", st)
		}
		d.play(exchange.Event{Kind: exchange.KindStatus, Instrument: 1, Status: exchange.Online})
		if d.x.looks != looks+map[bool]int{true: 1}[pauses] || pauses && d.g.s.link.advice != exchange.CodeNone || !pauses && d.g.s.link.advice == exchange.CodeNone {
			t.Errorf("%v: %d looks, advice %v", st, d.x.looks-looks, d.g.s.link.advice)
		}
		d.snapshot()
		if d.latched(VenueState) != nil {
			t.Errorf("%v: the books agree and it is still paused", st)
		}
	}
	d := twoPairs(t, facts(exchange.FactStatus)) // a pause of an advice, and a status that says online once more
	d.code(exchange.KindAdvice, exchange.CodeStopNewOrders)
	d.status(exchange.Online)
	if d.g.s.link.advice != exchange.CodeStopNewOrders {
		t.Error("an advice ended by what was online all the time")
	}
	if d.snapshot(); d.latched(VenueState) == nil {
		t.Error("ended while the advice stands")
	}
	looks := d.x.looks
	d.code(exchange.KindAdvice, exchange.CodeNone)
	if d.x.looks != looks+1 {
		t.Error("nobody looks")
	}
	if d.snapshot(); d.latched(VenueState) != nil {
		t.Error("not ended")
	}
}
