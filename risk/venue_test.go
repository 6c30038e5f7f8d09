package risk

import (
	"slices"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
)

func init() {
	tried["venue"] = venueTrials
	ownTest[SignalSource] = TestSignalSource
}

// answers are outcomes of requests.
func answers(n int, c exchange.Code) func(*desk) {
	return func(d *desk) {
		for range n {
			d.code(exchange.KindRequest, c)
		}
	}
}

func (d *desk) refresh(c exchange.Code) { d.Helper(); d.code(exchange.KindDeadMan, c) }

func (d *desk) status(s exchange.Status) {
	d.Helper()
	d.play(exchange.Event{Kind: exchange.KindStatus, Instrument: exchange.None, Status: s})
}

func errorRate(c *Config) {
	c.Facts |= exchange.FactErrors
	c.Limits.ErrorPPM, c.Limits.ErrorRequests = 300_000, 10
}

func deadMan(c *Config) {
	c.Facts |= exchange.FactDeadMan
	c.Limits.DeadMan = time.Minute
}

var venueTrials = []trial{
	{
		control: APIErrorRate, setup: errorRate, // 3 of 10
		below: inTurn(answers(7, exchange.CodeNone), answers(2, exchange.CodeTransport)), trip: answers(1, exchange.CodeService),
		level: Paused, cause: "too many requests fail", tooSoon: first(timer(time.Minute)), reset: second(timer(time.Minute)), forgets: true,
	},
	{
		control: APIErrorRate, setup: errorRate, // all of 9 are too few to tell; 3 of 11 too little
		below: inTurn(answers(9, exchange.CodeRateLimit), func(d *desk) { d.beat(time.Minute) }, answers(8, exchange.CodeNone), answers(3, exchange.CodeRateLimit)),
		trip:  answers(1, exchange.CodeRateLimit),
		level: Paused, cause: "too many requests fail", tooSoon: first(timer(time.Minute)), reset: second(timer(time.Minute)), forgets: true,
	},
	{
		control: APIErrorRate, setup: errorRate, // an order refused is an answer
		below: answers(9, exchange.CodeOrderMinimum), trip: inTurn(answers(3, exchange.CodeTransport), answers(1, exchange.CodeTransport)),
		level: Paused, cause: "too many requests fail", tooSoon: first(timer(time.Minute)), reset: second(timer(time.Minute)), forgets: true,
	},
	{
		control: AuthFailure, setup: facts(exchange.FactErrors),
		below: answers(20, exchange.CodeService), trip: answers(1, exchange.CodeInvalidKey),
		level: Halted, cause: "no further private call", tooSoon: longWait, reset: (*desk).ceremony,
	},
	{
		control: AuthFailure, setup: facts(exchange.FactErrors),
		below: answers(1, exchange.CodeInvalidNonce), trip: answers(1, exchange.CodeInvalidSignature),
		level: Halted, cause: "no further private call", tooSoon: longWait, reset: (*desk).ceremony,
	},
	{
		control: AuthFailure, setup: facts(exchange.FactErrors),
		below: answers(1, exchange.CodeInvalid), trip: answers(1, exchange.CodePermission),
		level: Halted, cause: "no further private call", tooSoon: longWait, reset: (*desk).ceremony,
	},
	{
		control: Nonce, setup: facts(exchange.FactNonce),
		below: inTurn(answers(1, exchange.CodeInvalidNonce), func(d *desk) { d.beat(5 * time.Minute) }, answers(1, exchange.CodeInvalidNonce)),
		trip:  inTurn(func(d *desk) { d.beat(5*time.Minute - 1) }, answers(1, exchange.CodeInvalidNonce)),
		level: Halted, cause: "somebody else uses the key", tooSoon: longWait, reset: (*desk).ceremony,
	},
	{
		control: DeadMansSwitch, setup: deadMan, warm: func(d *desk) { d.refresh(exchange.CodeNone) },
		below: func(d *desk) { d.refresh(exchange.CodeTransport) }, trip: func(d *desk) { d.refresh(exchange.CodeTransport) },
		level: Paused, cause: "cannot be refreshed",
		tooSoon: func(d *desk) { d.beat(time.Hour) }, reset: func(d *desk) { d.refresh(exchange.CodeNone) }, forgets: true,
	},
	{
		control: DeadMansSwitch, setup: deadMan, warm: func(d *desk) { d.refresh(exchange.CodeNone) },
		ok:   func(d *desk) *exchange.Order { d.beat(time.Minute); return d.buy(xbt / 1000) },
		bad:  func(d *desk) *exchange.Order { d.beat(time.Minute + 1); return d.buy(xbt / 1000) },
		says: `dead-mans-switch text="the dead man's switch does not stand"`, reset: func(d *desk) { d.refresh(exchange.CodeNone) },
	},
	{
		control: VenueState, setup: facts(exchange.FactStatus),
		below:   func(d *desk) { d.status(exchange.PostOnlyMode); d.status(exchange.LimitOnlyMode) },
		trip:    func(d *desk) { d.status(exchange.CancelOnlyMode) },
		level:   Paused,
		cause:   "the venue is in cancel",
		sells:   true,
		tooSoon: func(d *desk) { longWait(d); d.status(exchange.Online) },
		reset:   func(d *desk) { d.snapshot(); d.price(d.last) },
	},
	{
		control: VenueState, setup: facts(exchange.FactStatus),
		below: func(d *desk) {
			d.code(exchange.KindAdvice, exchange.CodeReduceActivity)
			d.code(exchange.KindAdvice, exchange.CodeCancelOpenOrders)
		},
		trip:  func(d *desk) { d.code(exchange.KindAdvice, exchange.CodeStopNewOrders) },
		level: Paused, cause: "the venue advises: Stop new orders",
		tooSoon: func(d *desk) { longWait(d); d.snapshot(); d.code(exchange.KindAdvice, exchange.CodeNone) },
		reset:   func(d *desk) { d.snapshot(); d.price(d.last) },
	},
}

func TestVenueControls(t *testing.T) { tryAll(t, "venue", venueTrials) }

func TestTheErrorRateIsOfTheLastMinuteAndTakesEntriesBack(t *testing.T) {
	d := open(t, wide(), errorRate)
	entry, exit := d.allowed(d.order(exchange.Buy, xbt/1000, 9_000*cad)), d.allowed(d.order(exchange.Sell, xbt/1000, 11_000*cad))
	answers(9, exchange.CodeTransport)(d)
	d.beat(time.Minute)
	answers(9, exchange.CodeTransport)(d)
	if d.latched(APIErrorRate) != nil {
		t.Fatal("failures of a minute ago count")
	}
	d.beat(time.Minute - 1)
	answers(1, exchange.CodeTransport)(d)
	if d.latched(APIErrorRate) == nil {
		t.Fatal("not paused")
	}
	if !slices.Equal(d.x.gone, []exchange.OrderID{entry.ID}) {
		t.Errorf("cancelled %v, want the entry alone and not %d", d.x.gone, exit.ID)
	}
	d.beat(time.Minute - 1)
	answers(1, exchange.CodeTransport)(d) // another failure, and the minute begins anew
	d.beat(time.Minute - 1)
	if d.latched(APIErrorRate) == nil {
		t.Error("healed within a minute of a failure")
	}
	d.beat(1)
	if d.latched(APIErrorRate) != nil {
		t.Error("not healed after a minute without one")
	}
}

// The first refusal of a key is the last private call: each further one brings a lockout
// nearer.
func TestNoPrivateCallAfterTheKeyWasRefused(t *testing.T) {
	d := open(t, wide(), facts(exchange.FactErrors|exchange.FactKeyInfo|exchange.FactStatus), deadMan)
	d.refresh(exchange.CodeNone)
	d.key(nil)
	d.allowed(d.order(exchange.Buy, xbt/1000, 9_000*cad))
	answers(1, exchange.CodeInvalidKey)(d)
	looks, refreshes := d.x.looks, len(d.x.switchs)
	d.beat(time.Hour)
	d.status(exchange.Maintenance)
	d.status(exchange.Online)
	d.code(exchange.KindAdvice, exchange.CodeStopNewOrders)
	d.code(exchange.KindAdvice, exchange.CodeNone)
	d.coins(xbt / 2)
	d.beat(time.Hour)
	if d.x.looks != looks || len(d.x.switchs) != refreshes || len(d.x.gone) != 0 {
		t.Errorf("%d looks, %d refreshes, %d cancels after the refusal", d.x.looks-looks, len(d.x.switchs)-refreshes, len(d.x.gone))
	}
}

func TestTheCeremonyAfterAnAuthFailureNeedsANewKeyCheck(t *testing.T) {
	d := open(t, wide(), facts(exchange.FactErrors|exchange.FactKeyInfo))
	d.key(nil)
	answers(1, exchange.CodeInvalidKey)(d)
	d.refused("the key did not pass its check")
	d.key(nil)
	d.ceremony()
}

func TestTheDeadMansSwitchIsRefreshedWhileItMayStand(t *testing.T) {
	d := open(t, wide(), deadMan)
	if !slices.Equal(d.x.switchs, []time.Duration{time.Minute, time.Minute}) { // with each event, a minute apart
		t.Fatalf("at the start %v", d.x.switchs)
	}
	d.x.switchs = d.x.switchs[1:]
	d.beat(20*time.Second - 1)
	if len(d.x.switchs) != 1 {
		t.Error("refreshed before a third of its time")
	}
	d.beat(1)
	d.g.Halt("drill") // protective exits stay, and so does the switch
	d.beat(20 * time.Second)
	if len(d.x.switchs) != 3 {
		t.Errorf("refreshes %v", d.x.switchs)
	}
	d.g.Kill(KillCommand, "drill")
	d.beat(time.Minute)
	if len(d.x.switchs) != 3 {
		t.Error("refreshed after the kill")
	}

	d = open(t, wide(), deadMan)
	d.x.switchs = d.x.switchs[1:]
	d.code(exchange.KindAdvice, exchange.CodeDisconnect)
	d.beat(time.Minute)
	if want := []time.Duration{time.Minute, 0}; !slices.Equal(d.x.switchs, want) {
		t.Errorf("before a maintenance %v, want %v", d.x.switchs, want)
	}

	d = open(t, wide(), deadMan)
	d.x.deadMan = exchange.ErrUnknown // a request that fails is a refresh that failed
	d.beat(20 * time.Second)
	d.beat(20 * time.Second)
	if d.latched(DeadMansSwitch) == nil {
		t.Error("two failed requests did not pause")
	}
}

func TestTheVenuesAdviceIsObeyed(t *testing.T) {
	for code, cancels := range map[exchange.Code]int{
		exchange.CodeReduceActivity: 0, exchange.CodeCancelOpenOrders: 1, exchange.CodeStopNewOrders: 1, exchange.CodeDisconnect: 1, exchange.CodeEmergency: 1,
	} {
		d := open(t, wide(), facts(exchange.FactStatus))
		d.allowed(d.order(exchange.Buy, xbt/1000, 9_000*cad))
		d.code(exchange.KindAdvice, code)
		if len(d.x.gone) != cancels {
			t.Errorf("%v: %d cancels", code, len(d.x.gone))
		}
		if got, want := d.latched(VenueState) != nil, code >= exchange.CodeStopNewOrders; got != want {
			t.Errorf("%v: paused %v", code, got)
		}
	}
}

func TestOnePairInMaintenanceDoesNotPauseTheOthers(t *testing.T) {
	d := twoPairs(t, facts(exchange.FactStatus))
	d.play(exchange.Event{Kind: exchange.KindStatus, Instrument: 1, Status: exchange.Maintenance})
	if d.g.Level() != Active {
		t.Error(d.g.Level())
	}
	d.allowed(d.buy(xbt / 1000))
}

// A source that does not declare a fact cannot feed the control; what it declares and does
// not tell denies.
func TestVenueFacts(t *testing.T) {
	for control, f := range map[Control]exchange.Facts{
		APIErrorRate: exchange.FactErrors, AuthFailure: exchange.FactErrors, Nonce: exchange.FactNonce, DeadMansSwitch: exchange.FactDeadMan,
		VenueState: exchange.FactStatus, UnexplainedBalance: exchange.FactBalances, WithdrawalSeen: exchange.FactLedger,
		KeyPolicy: exchange.FactKeyInfo, EnvironmentMatch: exchange.FactHost, SecretsHygiene: exchange.FactHost, SingleInstance: exchange.FactHost, BuildIdentity: exchange.FactHost,
	} {
		if !control.Applicable(f) || control.Applicable(^f) {
			t.Errorf("%v is not applicable by its fact alone", control)
		}
	}
	l := wide()
	l.DeadMan = time.Minute
	open(t, l).allowed(open(t, l).buy(xbt / 1000))
	d := open(t, l, deadMan)
	d.denied(d.buy(xbt/1000), DeadMansSwitch)
	d.allowed(d.sell(xbt / 1000))
}

func TestSignalSource(t *testing.T) {
	l := wide()
	l.NewsPerHour, l.NewsAge = 3, 15*time.Minute
	d := open(t, l)
	hear := func(age time.Duration, source uint16, text string) (muted string) {
		t.Helper()
		ev := exchange.Event{Kind: exchange.KindNews, Time: d.now.Add(-age), Received: d.now, Source: source, Instrument: exchange.None, Detail: &exchange.Detail{Text: text}}
		before := d.log.count(RecNote, NoControl)
		d.x.events = append(d.x.events, ev)
		var got exchange.Event
		if err := d.g.Next(t.Context(), &got, exchange.Never); err != nil {
			t.Fatal(err)
		}
		if got.Kind == exchange.KindNews {
			return ""
		}
		if got.Kind != exchange.KindBeat || got.Detail != nil || d.log.count(RecNote, NoControl) != before+1 {
			t.Errorf("a muted headline is %v", got.Kind)
		}
		_, why, _ := strings.Cut(d.log.last(RecNote).Text, "muted news, ")
		return why
	}
	for _, c := range []struct {
		age    time.Duration
		source uint16
		text   string
		want   string
	}{
		{15 * time.Minute, 1, "exactly old enough", ""},
		{15*time.Minute + 1, 1, "a moment too old", "old"},
		{-2 * time.Second, 1, "two seconds ahead", ""},
		{-2*time.Second - 1, 1, "more than that", "from the future"},
		{0, 1, "", "empty or too long"},
		{0, 2, strings.Repeat("x", 10_001), "empty or too long"},
		{0, 2, strings.Repeat("x", 10_000), ""},
		{0, 2, "two seconds ahead", "told before"},
		{0, 1, "the third", ""},
		{0, 1, "the fourth", "too many from this source"},
		{0, 3, "another source", ""},
	} {
		if got := hear(c.age, c.source, c.text); got != c.want {
			t.Errorf("%.20s: muted %q, want %q", c.text, got, c.want)
		}
	}
	d.beat(time.Hour - 1)
	if got := hear(0, 1, "too soon"); got != "too many from this source" {
		t.Errorf("within the hour: %q", got)
	}
	d.beat(1)
	if got := hear(0, 1, "an hour later"); got != "" {
		t.Errorf("after an hour: muted, %q", got)
	}
	d.allowed(d.buy(xbt / 1000)) // a muted source holds nothing up
}
