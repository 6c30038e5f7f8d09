package risk

import (
	"testing"
	"time"

	"breakwater/exchange/money"
)

// finished is a trade that is over with a profit in the smallest unit.
func (d *desk) finished(profit money.Amount) {
	d.g.s.noteSale(&Record{Time: d.now, Count: 1, Equity: profit})
	d.g.afterTrade(profit)
}

func TestOneUnitIsAWinAndNoneIsNot(t *testing.T) {
	l := wide()
	l.HourlyLoss, l.Streak = Limit{Unlimited, 3}, 3
	for gain, streak := range map[money.Amount]int64{1: 0, 0: 2, -1: 2} {
		d := open(t, l)
		d.finished(-1)
		d.finished(gain)
		if st := d.g.Status(); st.Streak != streak || st.Level != Active {
			t.Errorf("%d: streak %d at %v", gain, st.Streak, st.Level)
		}
	}
	d := open(t, l)
	d.finished(-2)
	d.finished(0)
	if d.g.Level() != Active {
		t.Fatal("a break-even is no loss")
	}
	d.finished(-1)
	if d.latched(HourlyLoss) == nil {
		t.Error("a loss of one unit is one")
	}
}

// A win trips nothing, whatever the bound has become in between.
func TestAWinTripsNothing(t *testing.T) {
	l := wide()
	l.HourlyLoss, l.Streak = Share(5_000), 5 // 100 of 20,000
	d := open(t, l)
	d.finished(-99 * cad)
	d.price(5_000) // of 15,000 it is 75
	d.finished(1)
	if d.g.Level() != Active {
		t.Errorf("%+v", d.g.Status().Latches)
	}
	d.finished(0)
	if d.latched(HourlyLoss) == nil {
		t.Error("a trade without a win did not trip")
	}
}

func TestTheCeremonyForgetsLosses(t *testing.T) {
	d := open(t, wide())
	x := &d.g.s.loss
	x.streak, x.trips, x.fees, x.half, x.cooldown = 7, 2, 2, true, time.Hour
	x.losses = append(x.losses, lossAt{d.now, 5})
	x.slips[0].ppm = append(x.slips[0].ppm, 9)
	d.ceremony()
	if x.streak != 0 || x.trips != 0 || x.fees != 0 || x.half || x.cooldown != x.pause || len(x.losses) != 0 || len(x.slips[0].ppm) != 0 {
		t.Errorf("%+v", x)
	}
}

// A limit on the loss of a day, each of its kinds alone, needs the day's start.
func TestALimitOnADaysLossNeedsItsStart(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Limits)
		needs  bool
	}{
		"none":          {func(*Limits) {}, false},
		"daily loss":    {func(l *Limits) { l.DailyLoss.Amount = 1 }, true},
		"its share":     {func(l *Limits) { l.DailyLoss.PPM = 1 }, true},
		"the profile's": {func(l *Limits) { l.ProfileDailyPPM = 1 }, true},
		"drawdown":      {func(l *Limits) { l.DrawdownPPM = 1 }, true},
		"ramp":          {func(l *Limits) { l.Ramp = []Step{{Unlimited, Unlimited}} }, true},
	} {
		d := open(t, wide(), limited(c.change))
		d.g.s.day.started = false
		want := ""
		if c.needs {
			want = `daily-loss text="the day has no valid start: balances and prices first"`
		}
		if got := d.decides(d.buy(xbt / 100)); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if got := d.decides(d.sell(xbt / 100)); got != "" {
			t.Errorf("%s: a sale: %s", name, got)
		}
	}
}

// On a day that is lost, no entry, whatever latch stands or was lifted.
func TestNoEntryOnALostDay(t *testing.T) {
	l := wide()
	l.DailyLoss = Limit{Unlimited, 1_000 * cad}
	d := open(t, l)
	d.g.s.acct.equity = 19_000*cad + 1
	if got := d.decides(d.buy(xbt / 100)); got != "" {
		t.Errorf("a unit above: %s", got)
	}
	d.g.s.acct.equity--
	if got, want := d.decides(d.buy(xbt/100)), `daily-loss equity=19000.0000 limit=19000.0000 text="lost today"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := d.decides(d.sell(xbt / 100)); got != "" {
		t.Errorf("a sale: %s", got)
	}
}

// A fall that was over begins anew with its first mark.
func TestAFallThatWasOverBeginsAnew(t *testing.T) {
	for name, loss := range map[string]money.Amount{"alone": Unlimited, "on a day that is lost": 500 * cad} {
		l := wide()
		l.DrawdownPPM, l.DailyLoss = 100_000, Limit{Unlimited, loss}
		d := open(t, l)
		d.price(8_000)
		d.price(8_500) // above the floor of 18,000, below that of the day
		d.price(8_400)
		d.price(8_000)
		if l := d.latched(Drawdown); l == nil || l.Level != Paused {
			t.Errorf("%s: %+v", name, l)
		}
		d.tick(time.Second, 8_000)
		if l := d.latched(Drawdown); l == nil || l.Level != Halted {
			t.Errorf("%s: the second mark of the second fall: %+v", name, l)
		}
	}
}

// An extreme is noted durably once it moved by a thousandth, and any move before an order.
func TestWhatOfTheExtremesIsNoted(t *testing.T) {
	for i, c := range []struct {
		high, low money.Amount // were noted at 40,001 and 30,001
		order     bool
		noted     bool
	}{
		{40_001, 30_001, true, false},
		{40_002, 30_001, true, true}, {40_001, 30_000, true, true},
		{40_040, 30_001, false, false}, {40_041, 30_001, false, true},
		{40_001, 29_972, false, false}, {40_001, 29_971, false, true},
	} {
		d := open(t, wide())
		d.beat(time.Second)
		day := &d.g.s.day
		day.noted = notedEquity{40_001, 30_001, d.now.Add(-time.Second)}
		day.high, day.low = c.high, c.low
		records := len(d.log.records)
		d.g.noteExtremes(c.order)
		n := len(d.log.records)
		if n-records != map[bool]int{true: 1}[c.noted] {
			t.Errorf("%d: %d records", i, n-records)
		} else if c.noted {
			if r := d.log.records[n-1]; r.Type != RecEquity || r.High != c.high || r.DayLow != c.low || r.Equity != d.g.Equity() || !d.log.durable[n-1] {
				t.Errorf("%d: %+v", i, r)
			}
		}
	}
	d := open(t, wide())
	day := &d.g.s.day
	day.noted = notedEquity{7, 7, longAgo}
	day.high, day.low = 8, 7 // of a few units each one counts
	records := len(d.log.records)
	if d.g.noteExtremes(false); len(d.log.records) != records+1 {
		t.Error("a unit of seven was not noted")
	}
	day.started, day.high = false, 9
	if d.g.noteExtremes(true); len(d.log.records) != records+1 {
		t.Error("noted before the day began")
	}
}

// An extreme that is too young for a note is noted when its second is over, with whatever
// comes.
func TestAnExtremeIsNotedOnceItsSecondIsOver(t *testing.T) {
	d := open(t, wide())
	d.price(11_000)
	d.tick(1, 12_000)
	d.beat(time.Second - 2)
	if r := d.log.last(RecEquity); r.High != 21_000*cad {
		t.Fatalf("high %d within a second", r.High/cad)
	}
	d.beat(1)
	if r := d.log.last(RecEquity); r.High != 22_000*cad {
		t.Errorf("high %d after it", r.High/cad)
	}
	records := len(d.log.records)
	if d.beat(time.Second); len(d.log.records) != records {
		t.Error("noted twice")
	}
}

// The day's low follows each fall and starts with the day.
func TestTheDaysLowIsOnRecord(t *testing.T) {
	d := open(t, wide())
	d.price(9_000)
	d.price(8_000)
	d.price(9_500)
	if r := d.log.last(RecEquity); r.DayLow != 18_000*cad || r.High != 20_000*cad || r.Equity != 18_000*cad {
		t.Errorf("%+v", r)
	}
	nextDay(d)
	if d.g.s.day.low != 19_500*cad {
		t.Errorf("the new day's low is %d", d.g.s.day.low/cad)
	}
	d.ceremony()
	if r := d.log.last(RecEquity); r.High != 19_500*cad || r.DayLow != 19_500*cad {
		t.Errorf("after the ceremony %+v", r)
	}
	d.price(9_000)
	d.price(9_400)
	d.ceremony()
	if r := d.log.last(RecEquity); r.High != 19_400*cad || r.DayLow != 19_000*cad {
		t.Errorf("the ceremony keeps the day's low: %+v", r)
	}
}
