package risk

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Every number of the limits is looser when it is larger, but for these.
var stricterWhenLarger = map[string]bool{"Duplicate": true, "DepthTimes": true, "PauseFor": true, "NoSelfTrade": true, "NeedsArming": true}

func TestLooseningIsSeenInItsDirection(t *testing.T) {
	then := Live(cad)
	then.Order, then.Position, then.HourlyLoss, then.DailyLoss = Limit{5, 5}, Limit{5, 5}, Limit{5, 5}, Limit{5, 5}
	then.ProfilePositionPPM, then.ProfileDailyPPM, then.ProfileDrawdownPPM = 5, 5, 5
	now := then
	v := reflect.ValueOf(&now).Elem()
	try := func(name string, f reflect.Value) {
		was := f.Interface()
		for _, larger := range []bool{true, false} {
			switch f.Kind() {
			case reflect.Bool:
				if f.SetBool(larger); f.Interface() == was {
					continue // the other way is the reverse of it
				}
			case reflect.Int64:
				f.SetInt(reflect.ValueOf(was).Int() + map[bool]int64{true: 1, false: -1}[larger])
			}
			looser := loosened(&now, &then)
			if want := larger != stricterWhenLarger[name]; (looser != "") != want {
				t.Errorf("%s, larger %v: looser by %q", name, larger, looser)
			}
			f.Set(reflect.ValueOf(was))
		}
	}
	for i := range v.NumField() {
		name, f := v.Type().Field(i).Name, v.Field(i)
		switch f.Kind() {
		case reflect.Struct:
			for j := range f.NumField() {
				try(name, f.Field(j))
			}
		case reflect.Bool, reflect.Int64:
			try(name, f)
		case reflect.Slice, reflect.String: // see TestListsOfLimitsAreFrozen; a name is no limit
		default:
			t.Errorf("%s: nobody knows when a %v is looser", name, f.Kind())
		}
	}
}

func TestListsOfOneAreFrozenToo(t *testing.T) {
	then := Live(cad)
	then.Modes, then.Ramp = []Mode{{"scalp", 1, 1, 1}}, []Step{{1, 1}}
	for name, change := range map[string]func(*Limits){"modes": func(l *Limits) { l.Modes = nil }, "ramp": func(l *Limits) { l.Ramp = nil }} {
		now := then
		change(&now)
		if loosened(&now, &then) != "mode-allocation, ramp-up or the pairs" {
			t.Errorf("no %s: %q", name, loosened(&now, &then))
		}
	}
}

// A share rounds down, and one that nobody can compute lets nothing through.
func TestALimitIsTheStricterOfItsTwo(t *testing.T) {
	for _, c := range []struct {
		limit        Limit
		equity, want money.Amount
	}{
		{Limit{500_000, 10}, 21, 10}, {Limit{500_000, 10}, 19, 9}, {Limit{Unlimited, 10}, 0, 10}, {Limit{500_000, Unlimited}, 7, 3},
		{Limit{3_000_000, Unlimited}, math.MaxInt64, 0}, {Limit{0, Unlimited}, 7, 0}, {Limit{Unlimited, 0}, 7, 0},
	} {
		if got := c.limit.Of(c.equity); got != c.want {
			t.Errorf("%+v of %d: %d", c.limit, c.equity, got)
		}
	}
	for l, want := range map[Limit]bool{Wide: false, {Unlimited, 1}: true, Share(1): true, {1, 1}: true} {
		if l.Binds() != want {
			t.Errorf("%+v binds: %v", l, l.Binds())
		}
	}
}

// Kraken's thresholds and decays (Kraken API docs, trading rate limits), and the profiles'
// words of the founding documents.
func TestTiersAndProfilesAreAsDocumented(t *testing.T) {
	for tier, want := range map[Tier][2]int64{Starter: {60, 1000}, Intermediate: {125, 2340}, Pro: {180, 3750}} {
		if tier.Threshold != want[0] || tier.DecayPerSecMi != want[1] {
			t.Errorf("%+v, want %v", tier, want)
		}
	}
	for _, name := range Profiles() {
		l, ok := Profile(name, cad)
		if !ok || l.Profile != name {
			t.Errorf("%s: %q, %v", name, l.Profile, ok)
		}
		if name == "research" {
			continue
		}
		if !l.NoSelfTrade || !l.NeedsArming || l.AllowMarket || l.DrawdownPPM != 150_000 || l.HourlyLoss != (Limit{Unlimited, 100 * cad}) || l.Streak != 10 || l.PauseFor != 30*time.Minute || l.Lease != 7*24*time.Hour {
			t.Errorf("%s: %+v", name, l)
		}
		if modes := len(l.Modes) > 0; modes != (name == "binance-bot") {
			t.Errorf("%s has modes: %v", name, modes)
		}
	}
	if l, ok := Profile("yolo", cad); ok || !reflect.DeepEqual(l, Limits{}) {
		t.Errorf("a profile that is none: %+v, %v", l, ok)
	}
}

func TestTheRampStepInForce(t *testing.T) {
	l := &Limits{Ramp: []Step{{1, 1}, {2, 2}}}
	for ramp, want := range map[int]money.Amount{-1: 1, 0: 1, 1: 2, 2: 2, 9: 2} {
		if step, ok := (&hostState{ramp: ramp}).rampStep(l); !ok || step.Position != want {
			t.Errorf("step %d: %+v, %v", ramp, step, ok)
		}
	}
	if _, ok := (&hostState{}).rampStep(&Limits{}); ok {
		t.Error("a step without a ramp")
	}
}

// A lease that has ended is said at the next order, before its latch and beside it.
func TestALeaseThatEndedIsSaid(t *testing.T) {
	d := open(t, wide(), leased)
	if got, want := d.decides(d.buy(xbt/100)), `armed-lease text="not armed; run breakwater arm request"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	d.ceremony()
	d.g.s.now = d.g.s.host.lease
	if got := d.decides(d.buy(xbt / 100)); got != "" {
		t.Errorf("at the lease's last instant: %s", got)
	}
	d.g.s.now++
	if got, want := d.decides(d.buy(xbt/100)), `armed-lease text="the lease has ended; run breakwater arm request"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// What a check or the key said last is what counts, and the ceremony asks for all of them.
func TestTheLastWordOfACheckCounts(t *testing.T) {
	for _, c := range []Control{EnvironmentMatch, SecretsHygiene, SingleInstance, BuildIdentity} {
		d := open(t, wide(), facts(exchange.FactHost))
		d.refused(EnvironmentMatch.String() + " does not hold") // the first of those not looked at
		for _, other := range []Control{EnvironmentMatch, SecretsHygiene, SingleInstance, BuildIdentity} {
			if other != c {
				d.check(other, "")
			}
		}
		if got, want := d.decides(d.buy(xbt/100)), c.String()+` text="not checked yet"`; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		d.refused(c.String() + " does not hold")
		d.check(c, "")
		if got := d.decides(d.buy(xbt / 100)); got != "" {
			t.Error(got)
		}
		d.check(c, "drill")
		d.refused(c.String() + " does not hold")
		d.check(c, "")
		d.ceremony()
	}
	d := open(t, wide(), facts(exchange.FactKeyInfo))
	d.key(nil)
	d.key(func(k *exchange.KeyInfo) { k.AllowedIPs = nil })
	d.refused("the key did not pass its check")
	d.key(nil)
	d.ceremony()
}

// A check that nobody knows, and a journal that is late, end there: they pass nothing.
func TestACheckOfNothingPassesNothing(t *testing.T) {
	d := open(t, wide())
	records := len(d.log.records)
	d.play(exchange.Event{Kind: exchange.KindCheck, Detail: &exchange.Detail{Check: &exchange.Check{Control: "weather", OK: false}}})
	if n := len(d.log.records) - records; n != 1 || d.latched(Reconcile).Cause != "a check of an unknown control: weather" || d.g.s.host.checks[NoControl] != unchecked {
		t.Errorf("%d records, %+v", n, d.g.Status().Latches)
	}
	d = open(t, wide())
	d.check(JournalHealth, "1.2 s late")
	if d.g.s.host.checks[JournalHealth] != unchecked || len(d.g.Status().Latches) != 1 {
		t.Errorf("%+v", d.g.s.host.checks[JournalHealth])
	}
	d.check(JournalHealth, "")
	if d.g.Level() != Halted {
		t.Error("a check lifted what the ceremony lifts")
	}
}

func TestEachForbiddenPermissionIsNamed(t *testing.T) {
	for _, p := range []string{"withdraw-funds", "add-withdraw-address", "update-withdraw-address", "add-funds", "earn-funds", "export-data"} {
		k := exchange.KeyInfo{Permissions: []string{p}, AllowedIPs: []string{"192.0.2.1"}, ValidUntil: exchange.Never}
		if got, want := keyFault(&k, 0), "the key may "+p+"; make one that cannot"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestARearmIsReadAsItIsWritten(t *testing.T) {
	for text, want := range map[string]Rearm{"": {}, "never": {}, "next-day": {Mode: RearmNextDay}, "after=1ns": {RearmAfter, 1}, "after=24h0m0s": {RearmAfter, 24 * time.Hour}} {
		got, err := ParseRearm(text)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		if text != "" && got.String() != text {
			t.Errorf("%s is written %s", text, got)
		}
	}
	for _, text := range []string{"after=", "after=0s", "after=-1h", "after=soon", "later", "before=1h", "AFTER=1h"} {
		if got, err := ParseRearm(text); err == nil || got != (Rearm{}) || !strings.Contains(err.Error(), "use never, next-day or after=24h") {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

// An instance that cannot be told from the epoch has heard nothing yet.
func TestNothingWasHeardBeforeTheStart(t *testing.T) {
	l := wide()
	l.DeadMan, l.ClockSkew, l.StaleLink = time.Minute, 2*time.Second, time.Minute
	d := bare(t, l, facts(exchange.FactDeadMan|exchange.FactClock|exchange.FactHeartbeat|exchange.FactKeyInfo))
	d.now = 1
	d.x.deadMan = errors.New("no")
	d.snapshot()
	d.tick(1, 10_000)
	for _, c := range []Control{DeadMansSwitch, ClockSkew, StaleData, KeyPolicy} {
		if d.denied(d.buy(xbt/100), c); d.reason(c) == "" {
			t.Error(c)
		}
	}
}
