package risk

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
)

func init() {
	tried["host"] = hostTrials
	ownTest[CrashLoop] = TestCrashLoop
	ownTest[ConfigFreeze] = TestConfigFreeze
}

// key is a check of the key, one that passes unless it is spoilt.
func (d *desk) key(spoil func(*exchange.KeyInfo)) {
	d.Helper()
	k := &exchange.KeyInfo{
		Permissions: []string{"query-funds", "query-open-trades", "query-closed-trades", "modify-trades", "close-trades", "create-ws-token", "query-ledger"},
		AllowedIPs:  []string{"192.0.2.1"}, Created: d.now.Add(-time.Hour), ValidUntil: exchange.Never,
	}
	if spoil != nil {
		spoil(k)
	}
	d.play(exchange.Event{Kind: exchange.KindKey, Instrument: exchange.None, Detail: &exchange.Detail{Key: k}})
}

// check is a check of the surroundings; without a fault it passes.
func (d *desk) check(c Control, fault string) {
	d.Helper()
	d.play(exchange.Event{Kind: exchange.KindCheck, Instrument: exchange.None, Detail: &exchange.Detail{Check: &exchange.Check{Control: c.String(), OK: fault == "", Text: fault}}})
}

func (d *desk) checkAll() {
	d.Helper()
	for _, c := range hostChecks {
		d.check(c, "")
	}
}

func goodKey(d *desk) { d.key(nil) }

func hostTrial(c Control, byCheck bool) trial {
	tr := trial{
		control: c, setup: facts(exchange.FactHost), warm: (*desk).checkAll,
		below: func(d *desk) { d.check(c, "") }, trip: func(d *desk) { d.check(c, "what is wrong") },
		level: Halted, cause: "what is wrong",
		tooSoon: longWait, reset: func(d *desk) { d.check(c, "") },
	}
	if !byCheck {
		tr.tooSoon = func(d *desk) { longWait(d); d.check(c, "") }
		tr.reset = (*desk).ceremony
	}
	return tr
}

func leased(c *Config) { c.Limits.NeedsArming, c.Limits.Lease = true, time.Hour }

var hostTrials = []trial{
	{
		control: KeyPolicy, setup: facts(exchange.FactKeyInfo), warm: goodKey,
		below: func(d *desk) { d.key(func(k *exchange.KeyInfo) { k.ValidUntil = d.now + 1 }) },
		trip:  func(d *desk) { d.key(func(k *exchange.KeyInfo) { k.ValidUntil = d.now }) },
		level: Halted, cause: "the key has ended", tooSoon: func(d *desk) { longWait(d); d.key(nil) }, reset: (*desk).ceremony,
	},
	{
		control: KeyPolicy, setup: facts(exchange.FactKeyInfo), warm: goodKey,
		ok:   func(d *desk) *exchange.Order { d.beat(2 * time.Hour); return d.buy(xbt / 1000) },
		bad:  func(d *desk) *exchange.Order { d.beat(2*time.Hour + 1); return d.buy(xbt / 1000) },
		says: `key-policy text="the key was not checked of late"`, reset: goodKey,
	},
	hostTrial(EnvironmentMatch, false), hostTrial(SingleInstance, false), hostTrial(SecretsHygiene, true), hostTrial(BuildIdentity, true),
	{
		control: JournalHealth,
		below:   func(d *desk) { d.check(JournalHealth, "") }, trip: func(d *desk) { d.check(JournalHealth, "1.2 s late") },
		level: Halted, cause: "1.2 s late", tooSoon: func(d *desk) { longWait(d); d.check(JournalHealth, "") }, reset: (*desk).ceremony,
	},
	{
		control: ArmedLease, setup: leased,
		warm: func(d *desk) {
			if d.g.Status().Phase == Ready {
				d.ceremony()
			}
		},
		below: func(d *desk) { d.beat(d.g.Status().Lease.Sub(d.now)) }, trip: func(d *desk) { d.beat(1) },
		level: ReduceOnly, cause: "the lease has ended", tooSoon: longWait, reset: (*desk).ceremony,
	},
}

func TestHostControls(t *testing.T) { tryAll(t, "host", hostTrials) }

func TestWhatAKeyMayNotBe(t *testing.T) {
	for want, spoil := range map[string]func(*exchange.KeyInfo){
		"may withdraw-funds; make one that cannot": func(k *exchange.KeyInfo) { k.Permissions = append(k.Permissions, "withdraw-funds") },
		"may export-data":                          func(k *exchange.KeyInfo) { k.Permissions = append(k.Permissions, "export-data") },
		`not known here: "print-money"`:            func(k *exchange.KeyInfo) { k.Permissions = append(k.Permissions, "print-money") },
		"lacks query-funds":                        func(k *exchange.KeyInfo) { k.Permissions = k.Permissions[1:] },
		"no list of allowed addresses":             func(k *exchange.KeyInfo) { k.AllowedIPs = nil },
		"lacks query-open-trades":                  func(k *exchange.KeyInfo) { k.Permissions = []string{"query-funds"} },
	} {
		d := open(t, wide(), facts(exchange.FactKeyInfo))
		d.key(nil)
		d.key(spoil)
		if l := d.latched(KeyPolicy); l == nil || l.Level != Halted || !strings.Contains(l.Cause, want) {
			t.Errorf("%s: %+v", want, d.g.Status().Latches)
		}
	}
	for _, p := range forbiddenPermissions {
		d := open(t, wide(), facts(exchange.FactKeyInfo))
		d.key(func(k *exchange.KeyInfo) { k.Permissions = append(k.Permissions, p) })
		if d.latched(KeyPolicy) == nil {
			t.Errorf("a key that may %s passed", p)
		}
	}
}

func TestAnOldKeyIsNoted(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		age, left time.Duration
		want      string
	}{
		{30 * day, 8 * day, ""}, {30*day + 1, 8 * day, "older than 30 days"}, {90 * day, 8 * day, "older than 30 days"}, {90*day + 1, 8 * day, "older than 90 days; rotate it"},
		{0, 7 * day, ""}, {0, 7*day - 1, "ends within a week"},
	} {
		d := open(t, wide(), facts(exchange.FactKeyInfo))
		notes := d.log.notes("key-policy")
		d.key(func(k *exchange.KeyInfo) { k.Created, k.ValidUntil = d.now.Add(-c.age), d.now.Add(c.left) })
		if d.g.Level() != Active {
			t.Errorf("%v, %v: %v", c.age, c.left, d.g.Level())
		}
		if got := d.log.notes("key-policy") - notes; got != len(c.want)/max(1, len(c.want)) || c.want != "" && d.log.notes(c.want) != 1 {
			t.Errorf("age %v, %v left: %d notes, want %q", c.age, c.left, got, c.want)
		}
	}
}

// Declared and never told: denied. Declared absent: not asked for.
func TestSurroundingsThatNobodyCheckedDeny(t *testing.T) {
	d := open(t, wide())
	d.allowed(d.buy(xbt / 1000))
	d = open(t, wide(), facts(exchange.FactHost|exchange.FactKeyInfo))
	d.denied(d.buy(xbt/1000), KeyPolicy)
	for _, c := range hostChecks {
		if got, want := d.reason(c), c.String()+` text="not checked yet"`; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	d.gone(d.allowed(d.sell(xbt / 1000)))
	d.checkAll()
	d.key(nil)
	d.gone(d.allowed(d.buy(xbt / 1000)))
	d = d.restart() // a check of before is none of now
	d.denied(d.buy(xbt/1000), KeyPolicy)
	d.denied(d.buy(xbt/1000), BuildIdentity)
}

func TestACheckThatNobodyKnowsHalts(t *testing.T) {
	d := open(t, wide())
	d.play(exchange.Event{Kind: exchange.KindCheck, Instrument: exchange.None, Detail: &exchange.Detail{Check: &exchange.Check{Control: "weather", OK: true}}})
	if d.g.Level() != Halted {
		t.Error(d.g.Level())
	}
}

func TestCrashLoop(t *testing.T) {
	l := wide()
	l.CrashStarts = 3
	starts := func(after ...time.Duration) *desk {
		d := open(t, l, func(c *Config) { c.Started = midnight() })
		for _, a := range after {
			d.now = d.now.Add(a)
			d = d.restart()
		}
		return d
	}
	const ten = 10*time.Minute - time.Minute // the first price of a desk takes a minute
	if d := starts(ten-2, 1); d.latched(CrashLoop) == nil || d.latched(CrashLoop).Level != Halted {
		t.Errorf("three starts within ten minutes: %+v", d.g.Status().Latches)
	}
	if d := starts(ten-1, 1); d.g.Level() != Active {
		t.Errorf("the third start ten minutes after the first: %v", d.g.Level())
	}
	if d := starts(1); d.g.Level() != Active {
		t.Errorf("two starts: %v", d.g.Level())
	}
	// a storm of restarts keeps the first cause, and adds nothing to it
	d := starts(1, 1)
	was := *d.latched(CrashLoop)
	for range 20 {
		d.now = d.now.Add(time.Second)
		d = d.restart()
	}
	if now := d.latched(CrashLoop); *now != was || d.log.count(RecLevel, CrashLoop) != 1 {
		t.Errorf("%+v, was %+v, %d activations", now, was, d.log.count(RecLevel, CrashLoop))
	}
	d.denied(d.buy(xbt/1000), CrashLoop)
	d.ceremony()
	d = d.restart() // starts of before the ceremony are forgiven
	if d.g.Level() != Active {
		t.Error(d.g.Level())
	}
}

func TestConfigFreeze(t *testing.T) {
	l := Live(cad)
	l.CrashStarts = Unlimited
	d := open(t, l)
	d.ceremony()
	at := func(change func(*Limits)) *desk {
		return d.reborn(func(c *Config) { change(&c.Limits) })
	}
	if n := at(func(*Limits) {}); n.g.Level() != Active {
		t.Errorf("the same limits: %+v", n.g.Status().Latches)
	}
	if n := at(func(l *Limits) { l.Streak-- }); n.g.Level() != Active {
		t.Errorf("a stricter limit: %+v", n.g.Status().Latches)
	}
	n := at(func(l *Limits) { l.Streak++ })
	if l := n.latched(ConfigFreeze); l == nil || l.Level != ReduceOnly || l.Scope != Global || l.Until != exchange.Never || !strings.HasPrefix(l.Cause, "loss-streak is looser") {
		t.Fatalf("%+v", n.g.Status().Latches)
	}
	n.snapshot()
	n.tick(0, n.last)
	n.denied(n.buy(xbt/1000), ConfigFreeze)
	n.gone(n.allowed(n.sell(xbt / 1000)))
	n = n.reborn() // again with the loose ones
	if n.log.count(RecLevel, ConfigFreeze) != 1 {
		t.Error("a second activation")
	}
	n = n.reborn(func(c *Config) { c.Limits.Streak-- }) // setting it back does not end it
	if n.g.Level() != ReduceOnly {
		t.Error(n.g.Level())
	}
	n = n.reborn(func(c *Config) { c.Limits.Streak++ })
	n.snapshot()
	n.tick(0, n.last)
	n.ceremony() // signs the new ones
	if n = n.reborn(); n.g.Level() != Active {
		t.Errorf("%+v", n.g.Status().Latches)
	}
	if open(t, l).reborn(func(c *Config) { c.Limits.Streak++ }).g.Level() != Active {
		t.Error("what was never armed is not frozen")
	}
}

// Each number of the limits is frozen: moved one way it is looser, moved the other it is
// not.
func TestEveryLimitIsFrozen(t *testing.T) {
	base := Live(cad)
	base.Order, base.Position = Limit{500_000, 25 * cad}, Limit{500_000, 100 * cad}
	base.HourlyLoss, base.DailyLoss = Limit{500_000, 100 * cad}, Limit{50_000, 20 * cad}
	base.CapitalElse, base.ProfilePositionPPM, base.ProfileDailyPPM, base.ProfileDrawdownPPM = cad, 50_000, 50_000, 120_000
	var move func(v reflect.Value, path string, l *Limits)
	looser := func(l *Limits) string { return loosened(l, &base) }
	move = func(v reflect.Value, path string, l *Limits) {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				move(v.Field(i), path+"."+v.Type().Field(i).Name, l)
			}
		case reflect.Int64:
			was := v.Int()
			v.SetInt(was + 1)
			up := looser(l)
			v.SetInt(was - 1)
			down := looser(l)
			v.SetInt(was)
			if (up == "") == (down == "") {
				t.Errorf("%s: one more is looser by %q, one less by %q", path, up, down)
			}
			for _, name := range []string{up, down} {
				if _, ok := ParseControl(name); name != "" && !ok {
					t.Errorf("%s: %q is no control", path, name)
				}
			}
		case reflect.Bool:
			was := v.Bool()
			v.SetBool(!was)
			changed := looser(l)
			v.SetBool(was)
			back := base
			field := reflect.ValueOf(&base).Elem().FieldByName(strings.TrimPrefix(path, "Limits."))
			field.SetBool(!was)
			reverse := looser(&back)
			field.SetBool(was)
			if (changed == "") == (reverse == "") {
				t.Errorf("%s: the change is looser by %q, its reverse by %q", path, changed, reverse)
			}
		}
	}
	l := base
	move(reflect.ValueOf(&l).Elem(), "Limits", &l)
}

func TestListsOfLimitsAreFrozen(t *testing.T) {
	modes := func() []Mode { return []Mode{{"scalp", 300_000, 4, 300 * cad}, {"swing", 250_000, 3, 500 * cad}} }
	ramp := func() []Step { return []Step{{50 * cad, 20 * cad}, {200 * cad, 100 * cad}} }
	base := Live(cad)
	base.Modes, base.Ramp, base.Instruments = modes(), ramp(), []exchange.InstrumentID{0, 1}
	for name, c := range map[string]struct {
		change func(*Limits)
		looser bool
	}{
		"same":               {func(*Limits) {}, false},
		"share up":           {func(l *Limits) { l.Modes[1].SharePPM++ }, true},
		"share down":         {func(l *Limits) { l.Modes[1].SharePPM-- }, false},
		"count up":           {func(l *Limits) { l.Modes[0].Count++ }, true},
		"notional up":        {func(l *Limits) { l.Modes[0].Notional++ }, true},
		"another mode":       {func(l *Limits) { l.Modes[0].Name = "ultra" }, true},
		"a mode less":        {func(l *Limits) { l.Modes = l.Modes[:1] }, true},
		"no modes":           {func(l *Limits) { l.Modes = nil }, true},
		"ramp position up":   {func(l *Limits) { l.Ramp[1].Position++ }, true},
		"ramp loss up":       {func(l *Limits) { l.Ramp[0].DailyLoss++ }, true},
		"ramp down":          {func(l *Limits) { l.Ramp[0].DailyLoss--; l.Ramp[1].Position-- }, false},
		"no ramp":            {func(l *Limits) { l.Ramp = nil }, true},
		"all pairs":          {func(l *Limits) { l.Instruments = nil }, true},
		"another pair":       {func(l *Limits) { l.Instruments = []exchange.InstrumentID{0, 2} }, true},
		"a pair less":        {func(l *Limits) { l.Instruments = []exchange.InstrumentID{1} }, false},
		"modes where none":   {func(l *Limits) {}, false},
		"one pair too many":  {func(l *Limits) { l.Instruments = []exchange.InstrumentID{0, 1, 2} }, true},
		"a ramp step beyond": {func(l *Limits) { l.Ramp = append(l.Ramp, Step{}) }, true},
	} {
		now := base
		now.Modes, now.Ramp = modes(), ramp()
		c.change(&now)
		if got := loosened(&now, &base) != ""; got != c.looser {
			t.Errorf("%s: looser %v", name, got)
		}
	}
	bare := Live(cad)
	if with := base; loosened(&with, &bare) != "" {
		t.Error("lists where there were none are stricter")
	}
}

// A recorder that fails shuts the door: nothing goes out, and only what makes it safer.
func TestJournalHealth(t *testing.T) {
	for n := 1; n <= 12; n++ {
		d := open(t, wide())
		entry := d.allowed(d.order(exchange.Buy, xbt/1000, 9_000*cad))
		exit := d.allowed(d.order(exchange.Sell, xbt/1000, 11_000*cad))
		d.log.failAt = len(d.log.records) + n
		var err error
		for range 12 {
			sent := len(d.x.sent)
			if err = d.g.Submit(d.buy(xbt / 1000)); err != nil {
				if len(d.x.sent) != sent {
					t.Fatalf("write %d: an order left that was not recorded", n)
				}
				break
			}
		}
		if err == nil || !strings.Contains(err.Error(), "journal-health") || !strings.Contains(err.Error(), "disk full") {
			t.Fatalf("write %d: %v", n, err)
		}
		if l := d.latched(JournalHealth); l == nil || l.Level != Halted {
			t.Fatalf("write %d: %+v", n, d.g.Status().Latches)
		}
		gone := map[exchange.OrderID]bool{}
		for _, id := range d.x.gone {
			gone[id] = true
		}
		if !gone[entry.ID] || gone[exit.ID] {
			t.Errorf("write %d: cancelled %v", n, d.x.gone)
		}
		d.log.failAt = 0 // a disk that is well again is not trusted
		if d.g.Submit(d.buy(xbt/1000)) == nil || d.g.Next(t.Context(), &exchange.Event{}, exchange.Never) == nil {
			t.Errorf("write %d: it went on", n)
		}
		if err := d.g.Cancel(exit.ID); err != nil || d.x.gone[len(d.x.gone)-1] != exit.ID {
			t.Errorf("write %d: a cancel was held: %v", n, err)
		}
	}
}

func TestWithoutASyncedIntentNoOrderLeaves(t *testing.T) {
	d := open(t, wide())
	d.allowed(d.buy(xbt / 1000))
	if n := len(d.log.records) - 1; d.log.records[n].Type != RecIntent || !d.log.durable[n] {
		t.Errorf("%v, durable %v", d.log.records[n].Type, d.log.durable[n])
	}
}
