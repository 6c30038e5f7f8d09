package risk

import (
	"slices"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func init() { tried["loss"] = lossTrials }

func limited(change func(*Limits)) func(*Config) {
	return func(c *Config) { change(&c.Limits) }
}

// nextDay ends nothing by itself; with a reason it does.
func nextDay(d *desk) {
	d.now = exchange.Stamp(d.now.Day()+1) * exchange.Stamp(24*time.Hour)
	d.price(d.last)
}

func nextDayWithReason(d *desk) {
	nextDay(d)
	if err := d.g.Resume("drill"); err != nil {
		d.Fatal(err)
	}
}

// sameDayWithReason lifts the latch and finds the loss still there.
func sameDayWithReason(d *desk) {
	d.ceremony()
	d.price(d.last - 1)
}

func (d *desk) rounds(n int, gain int64) {
	d.Helper()
	for range n {
		d.round(xbt/100, gain)
	}
}

// halfOpen is the state after a pause of hourly-loss.
func halfOpen(d *desk) {
	d.round(xbt/100, -100)
	d.beat(30 * time.Minute)
}

var lossTrials = []trial{
	{
		control: DailyLoss, setup: limited(func(l *Limits) { l.DailyLoss = Limit{Unlimited, 1_000 * cad} }),
		below: func(d *desk) { d.price(9_001) }, trip: func(d *desk) { d.price(9_000) },
		level: ReduceOnly, cause: "loss of the day", tooSoon: nextDay, reset: nextDayWithReason,
	},
	{
		control: DailyLoss, setup: limited(func(l *Limits) { l.DailyLoss = Share(50_000) }),
		below: func(d *desk) { d.price(9_001) }, trip: func(d *desk) { d.price(9_000) },
		level: ReduceOnly, cause: "loss of the day", tooSoon: sameDayWithReason, reset: nextDayWithReason,
	},
	{
		control: HourlyLoss, setup: limited(func(l *Limits) { l.HourlyLoss = Limit{Unlimited, 100 * cad} }),
		below: func(d *desk) { // a win takes nothing off: the sum is of the losing trades
			d.round(xbt/100, -50)
			d.round(xbt/100, 70)
			d.round(xbt/100, -49)
		},
		trip:  func(d *desk) { d.round(xbt/100, -1) },
		level: Paused, cause: "losing trades of an hour", tooSoon: first(halfHour()), reset: second(halfHour()),
	},
	{
		control: HourlyLoss, setup: limited(func(l *Limits) { l.HourlyLoss = Limit{Unlimited, 100 * cad} }),
		below: func(d *desk) { // the first loss is an hour old to the instant, and counts no more
			d.round(xbt/100, -50)
			d.tick(time.Hour, d.last)
			d.round(xbt/100, -99)
			d.tick(time.Hour-1, d.last)
		},
		trip:  func(d *desk) { d.round(xbt/100, -1) },
		level: Paused, cause: "losing trades of an hour", tooSoon: first(halfHour()), reset: second(halfHour()),
	},
	{
		control: LossStreak, setup: limited(func(l *Limits) { l.Streak = 10 }),
		below: func(d *desk) { d.rounds(4, -1); d.rounds(5, 0) }, trip: func(d *desk) { d.rounds(1, 0) },
		level: Paused, cause: "trades in a row without a win", tooSoon: first(halfHour()), reset: second(halfHour()),
	},
	{
		control: LossStreak, setup: limited(func(l *Limits) { l.Streak = 10 }),
		below: func(d *desk) { d.rounds(9, -1); d.rounds(1, 1); d.rounds(9, -1) }, trip: func(d *desk) { d.rounds(1, -1) },
		level: Paused, cause: "trades in a row without a win", tooSoon: first(halfHour()), reset: second(halfHour()),
	},
	{
		control: HalfOpen, setup: limited(func(l *Limits) { l.HourlyLoss = Limit{Unlimited, 100 * cad} }),
		below: func(d *desk) { halfOpen(d); d.round(xbt/100, 0) }, trip: func(d *desk) { d.round(xbt/100, -1) },
		level: Paused, cause: "a loss at half size", tooSoon: first(timer(time.Hour)), reset: second(timer(time.Hour)),
	},
	{
		control: Drawdown, setup: limited(func(l *Limits) { l.DrawdownPPM = 100_000 }),
		below: func(d *desk) { d.price(14_000); d.price(11_601) }, trip: func(d *desk) { d.price(11_600) },
		level: Paused, cause: "first mark", tooSoon: func(d *desk) { d.tick(time.Minute-1, 14_000) }, reset: func(d *desk) { d.tick(1, 14_000) },
	},
	{
		control: ProfileLimits, setup: limited(func(l *Limits) { l.ProfileDrawdownPPM = 120_000 }),
		below: func(d *desk) { d.price(14_000); d.price(11_121) }, trip: func(d *desk) { d.price(11_120) },
		level: Paused, cause: "first mark", tooSoon: func(d *desk) { d.tick(time.Minute-1, 14_000) }, reset: func(d *desk) { d.tick(1, 14_000) },
	},
	{
		control: ProfileLimits, setup: limited(func(l *Limits) { l.ProfileDailyPPM = 50_000 }),
		below: func(d *desk) { d.price(9_001) }, trip: func(d *desk) { d.price(9_000) },
		level: ReduceOnly, cause: "loss of the day", tooSoon: nextDay, reset: nextDayWithReason,
	},
	{
		control: ProfileLimits, setup: limited(func(l *Limits) { l.ProfilePositionPPM = 600_000 }), // 10,000 of 20,000 are held
		ok:   func(d *desk) *exchange.Order { return d.buy(xbt / 5) },
		bad:  func(d *desk) *exchange.Order { return d.buy(xbt/5 + 1) },
		says: "profile-limits exposure=12000.0001 limit=12000.0000",
	},
	{
		control: RampUp, setup: limited(func(l *Limits) { l.Ramp = []Step{{12_000 * cad, 1_000 * cad}} }),
		below: func(d *desk) { d.price(9_001) }, trip: func(d *desk) { d.price(9_000) },
		level: ReduceOnly, cause: "loss of the day", tooSoon: nextDay, reset: nextDayWithReason,
	},
	{
		control: RampUp, setup: limited(func(l *Limits) { l.Ramp = []Step{{12_000 * cad, 1_000 * cad}, {15_000 * cad, 2_000 * cad}} }),
		ok:   func(d *desk) *exchange.Order { return d.buy(xbt / 5) },
		bad:  func(d *desk) *exchange.Order { return d.buy(xbt/5 + 1) },
		says: "ramp-up exposure=12000.0001 limit=12000.0000",
	},
}

func TestLossControls(t *testing.T) { tryAll(t, "loss", lossTrials) }

func TestTheStricterOfLimitProfileAndRampTrips(t *testing.T) {
	for want, change := range map[Control]func(*Limits){
		DailyLoss:     func(l *Limits) { l.DailyLoss.Amount = 900 * cad },
		ProfileLimits: func(l *Limits) { l.ProfileDailyPPM = 45_000 },
		RampUp:        func(l *Limits) { l.Ramp[0].DailyLoss = 900 * cad },
	} {
		l := wide()
		l.DailyLoss, l.ProfileDailyPPM, l.Ramp = Limit{Unlimited, 1_200 * cad}, 60_000, []Step{{Unlimited, 1_200 * cad}}
		change(&l)
		d := open(t, l)
		d.price(9_101)
		if d.g.Level() != Active {
			t.Fatalf("%v: tripped above its bound", want)
		}
		d.price(9_100)
		if d.latched(want) == nil {
			t.Errorf("%v did not trip: %+v", want, d.g.Status().Latches)
		}
	}
	l := wide()
	l.DrawdownPPM, l.ProfileDrawdownPPM = 150_000, 120_000
	d := open(t, l)
	d.price(7_600) // 12 % of 20,000
	if d.latched(ProfileLimits) == nil || d.latched(Drawdown) != nil {
		t.Errorf("the stricter drawdown is the profile's: %+v", d.g.Status().Latches)
	}
}

func TestDrawdownNeedsTwoMarksASecondApart(t *testing.T) {
	falls := func(second time.Duration, p int64) Level {
		l := wide()
		l.DrawdownPPM = 100_000
		d := open(t, l)
		d.price(8_000)
		d.tick(second, p)
		return d.g.Level()
	}
	for _, c := range []struct {
		after time.Duration
		price int64
		want  Level
	}{{time.Second - 1, 7_999, Paused}, {time.Second, 7_999, Halted}, {time.Second, 8_001, Paused}, {time.Second, 8_000, Halted}} {
		if got := falls(c.after, c.price); got != c.want {
			t.Errorf("second mark at %d after %v: %v, want %v", c.price, c.after, got, c.want)
		}
	}
}

// A fall that stays keeps orders out even when no further price comes before the pause ends.
func TestNoEntryBelowTheFloorWhileTheSecondMarkIsAwaited(t *testing.T) {
	l := wide()
	l.DrawdownPPM = 100_000
	d := open(t, l)
	d.price(8_000)
	d.beat(time.Minute)
	d.denied(d.buy(xbt/1000), Drawdown)
	if got, want := d.reason(Drawdown), `drawdown equity=18000.0000 limit=18000.0000 text="fallen from the high-water mark"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	d.allowed(d.sell(xbt / 1000))
	n := d.restart() // which prints the same price once more: a mark, and the first of this run
	n.denied(n.buy(xbt/1000), Drawdown)
}

func TestDrawdownHaltsAndTheCeremonyBeginsANewHigh(t *testing.T) {
	for _, c := range []Control{Drawdown, ProfileLimits} {
		l := wide()
		if c == Drawdown {
			l.DrawdownPPM = 100_000
		} else {
			l.ProfileDrawdownPPM = 100_000
		}
		d := open(t, l)
		entry := d.allowed(d.order(exchange.Buy, xbt/100, 5_000*cad))
		d.price(8_000)
		d.price(7_900)
		if l := d.latched(c); l == nil || l.Level != Halted || l.Until != exchange.Never {
			t.Fatalf("%v: %+v", c, l)
		}
		if !slices.Equal(d.x.gone, []exchange.OrderID{entry.ID}) {
			t.Errorf("%v: entries were not taken back: %v", c, d.x.gone)
		}
		d.denied(d.sell(xbt/1000), c)
		d.gone(entry)
		d = d.restart()
		d.price(20_000)
		d.price(7_900) // neither a restart nor a recovery ends it
		if l := d.latched(c); l == nil || l.Level != Halted {
			t.Fatalf("%v: after restart and recovery %+v", c, l)
		}
		d.ceremony()
		if got := d.g.Status().High; got != 17_900*cad || d.g.Level() != Active {
			t.Errorf("%v: the new high is %d at %v", c, got/cad, d.g.Level())
		}
		d.price(6_111) // 10 % of 17,900 is 1,790
		if d.g.Level() != Active {
			t.Errorf("%v above its new floor", d.g.Level())
		}
		d.price(6_110)
		if d.g.Level() != Paused {
			t.Errorf("%v at its new floor", d.g.Level())
		}
	}
}

func TestTheHighWaterMarkSurvivesARestartToATenthOfAPercent(t *testing.T) {
	l := wide()
	l.DrawdownPPM = 100_000
	d := open(t, l)
	d.price(30_000)
	n := d.restart()
	if got := n.g.Status().High; got != 40_000*cad {
		t.Fatalf("high %d", got/cad)
	}
	n.tick(time.Hour, 30_039) // less than 0.1 %: may be forgotten
	if got := n.reborn().g.Status().High; got != 40_000*cad {
		t.Errorf("high %d: a note for less than 0.1 %%", got/cad)
	}
	n.tick(0, 30_040)
	if got := n.reborn().g.Status().High; got != 40_040*cad {
		t.Errorf("high %d: 0.1 %% is to be noted", got/cad)
	}
	n.tick(time.Second-1, 30_100)
	if got := n.reborn().g.Status().High; got != 40_040*cad {
		t.Errorf("high %d: a note a second is enough", got/cad)
	}
	n.tick(1, 30_101)
	if got := n.reborn().g.Status().High; got != 40_101*cad {
		t.Errorf("high %d after a second and 0.1 %%", got/cad)
	}
	n.tick(1, 30_110)
	n.allowed(n.buy(xbt / 1000)) // before an order it is noted in any case
	if got := n.reborn().g.Status().High; got != 40_110*cad {
		t.Errorf("high %d after an order", got/cad)
	}
}

// A high that is too young to be on record counts all the same.
func TestTheFloorFollowsEachHighAtOnce(t *testing.T) {
	for _, change := range []func(*Limits){func(l *Limits) { l.DrawdownPPM = 100_000 }, func(l *Limits) { l.ProfileDrawdownPPM = 100_000 }} {
		d := open(t, wide(), limited(change))
		d.price(14_000)
		d.tick(1, 15_000)
		d.tick(1, 12_501)
		if d.g.Level() != Active {
			t.Errorf("%v above the floor of 22,500", d.g.Level())
		}
		d.tick(1, 12_500)
		if d.g.Level() != Paused {
			t.Errorf("%v at the floor of 22,500", d.g.Level())
		}
	}
}

func TestHalfOpenHalvesUntilAWinAndEscalates(t *testing.T) {
	l := wide()
	l.Order, l.HourlyLoss = Limit{Unlimited, 1_000 * cad}, Limit{Unlimited, 100 * cad}
	d := open(t, l)
	halfOpen(d)
	for range 2 { // and after a restart
		d.denied(d.buy(xbt/20+1), HalfOpen)
		if got, want := d.reason(HalfOpen), `half-open notional=500.0001 limit=500.0000 text="half size after a pause"`; got != want {
			t.Fatalf("%s, want %s", got, want)
		}
		d.gone(d.allowed(d.buy(xbt / 20)))
		d.gone(d.allowed(d.sell(xbt / 2))) // exits are whole
		d = d.restart()
	}
	d.round(xbt/100, 1)
	d.gone(d.allowed(d.buy(xbt / 10)))

	d = open(t, l)
	halfOpen(d)
	d.round(xbt/100, -1)
	second := d.latched(HalfOpen)
	if second == nil || second.Until.Sub(second.Since) != time.Hour {
		t.Fatalf("the second pause is %+v", second)
	}
	d.beat(time.Hour)
	d = d.restart()
	d.round(xbt/100, -1)
	third := d.latched(HalfOpen)
	if third == nil || third.Level != Halted || third.Until != exchange.Never {
		t.Fatalf("the third pause of a day: %+v", third)
	}
	d.beat(72 * time.Hour)
	if d.g.Level() != Halted {
		t.Error("time lifted it")
	}
	d = d.restart()
	d.ceremony()
	if d.g.Level() != Active || d.g.Status().HalfSize {
		t.Errorf("after the ceremony %v, half %v", d.g.Level(), d.g.Status().HalfSize)
	}
	halfOpen(d)
	if l := d.g.Status(); l.Level != Active || !l.HalfSize {
		t.Error("the count of pauses did not start anew")
	}
}

func TestThePausesOfAnotherDayDoNotCountAndNoneIsLongerThanADay(t *testing.T) {
	l := wide()
	l.HourlyLoss = Limit{Unlimited, 100 * cad}
	d := open(t, l)
	halfOpen(d)
	want := time.Hour
	for range 8 {
		nextDay(d)
		nextDay(d)
		d.round(xbt/100, -1)
		p := d.latched(HalfOpen)
		if p == nil || p.Level != Paused || p.Until.Sub(p.Since) != want {
			t.Fatalf("%+v, want a pause of %v", p, want)
		}
		want = min(2*want, 24*time.Hour)
	}
}

// The third pause of a day counts across the controls.
func TestHourlyLossAndLossStreakCountTogether(t *testing.T) {
	l := wide()
	l.HourlyLoss, l.Streak = Limit{Unlimited, 100 * cad}, 3
	d := open(t, l)
	d.round(xbt/100, -100)
	d.beat(30 * time.Minute)
	d.rounds(3, 0)
	if d.latched(LossStreak) == nil {
		t.Fatal("no streak")
	}
	d.beat(30 * time.Minute)
	d.rounds(3, 0)
	if d.g.Level() != Halted || d.latched(HalfOpen).Cause != "third pause of the day" {
		t.Errorf("%v %+v", d.g.Level(), d.g.Status().Latches)
	}
}

// named defects of the founding bots

func TestAFailedBalanceCallIsNeverAZeroBaseline(t *testing.T) {
	l := wide()
	l.DailyLoss, l.NeedsArming, l.Lease = Limit{Unlimited, 1_000 * cad}, true, time.Hour
	zero := exchange.Event{Kind: exchange.KindSnapshot, Detail: &exchange.Detail{Snapshot: &exchange.Snapshot{Balances: []exchange.Balance{{Asset: 0}, {Asset: 1}}}}}
	d := bare(t, l)
	d.price(10_000) // before any balance
	d.denied(d.buy(xbt/1000), DailyLoss)
	d.play(zero)
	d.price(10_000)
	d.denied(d.buy(xbt/1000), DailyLoss)
	if d.log.last(RecDayStart) != nil {
		t.Fatal("a day started with nothing")
	}
	d.refused("no baseline")
	d.snapshot()
	d.price(10_000)
	if r := d.log.last(RecDayStart); r == nil || r.Equity != 20_000*cad {
		t.Fatalf("day start %+v", r)
	}
	d.ceremony()
	d.gone(d.allowed(d.buy(xbt / 1000)))
	d.play(zero) // a balance call that fails later is no loss of everything either
	if d.latched(DailyLoss) != nil || d.g.Equity() != 20_000*cad {
		t.Errorf("equity %d, %+v", d.g.Equity()/cad, d.g.Status().Latches)
	}
	if d.latched(Reconcile) == nil {
		t.Error("balances of zero did not halt")
	}
}

func TestABuyIsNotALoss(t *testing.T) {
	l := wide()
	l.DailyLoss, l.HourlyLoss, l.DrawdownPPM, l.Streak = Limit{Unlimited, cad}, Limit{Unlimited, cad}, 100, 1
	d := open(t, l)
	o := d.allowed(d.buy(xbt / 2))
	if d.g.Equity() != 20_000*cad {
		t.Error("an order changed the equity")
	}
	d.fill(o, xbt/2, 10_000, exchange.Filled)
	if d.g.Equity() != 20_000*cad || d.g.Balance(0) != 5_000*cad || d.g.Level() != Active || d.g.Status().Streak != 0 {
		t.Errorf("equity %d, cash %d, level %v", d.g.Equity()/cad, d.g.Balance(0)/cad, d.g.Level())
	}
	fee := d.allowed(d.buy(xbt / 1000))
	d.fillAt(fee, xbt/1000, 10_000, cad, exchange.Filled) // its fee is one
	if d.latched(DailyLoss) == nil {
		t.Error("a fee is no loss")
	}
}

func TestARestartResetsNoLimit(t *testing.T) {
	l := wide()
	l.DailyLoss, l.HourlyLoss, l.Streak, l.DrawdownPPM = Limit{Unlimited, 1_000 * cad}, Limit{Unlimited, 100 * cad}, 4, 100_000
	for want, step := range map[Control]func(*desk){
		DailyLoss:  func(d *desk) { d.price(d.last - 334) },
		HourlyLoss: func(d *desk) { d.round(xbt/100, -34) },
		LossStreak: func(d *desk) { d.rounds(1, 0); d.rounds(1, 0) },
	} {
		d := open(t, l)
		for i := 0; d.latched(want) == nil; i++ {
			if i == 3 {
				t.Fatalf("%v: forgotten by restarts", want)
			}
			step(d)
			d = d.restart()
		}
	}
}

func TestEquityCountsEverythingOnce(t *testing.T) {
	d := open(t, wide())
	check := func(want int64, after string) {
		t.Helper()
		if got := d.g.Equity(); got != money.Amount(want*cad) {
			t.Errorf("equity %d after %s, want %d", got/cad, after, want)
		}
	}
	in := d.allowed(d.buy(xbt / 2))
	out := d.allowed(d.sell(xbt / 2))
	check(20_000, "orders, which reserve and do not own")
	d.fill(in, xbt/4, 10_000, exchange.Working)
	d.fees--
	d.fill(in, xbt/4, 10_000, exchange.Working)
	check(20_000, "a fill told twice")
	d.fill(out, xbt/2, 10_000, exchange.Filled)
	d.snapshot()
	check(20_000, "a snapshot")
	d.ledger(exchange.CodeDeposit, 500*cad)
	d.snapshot()
	check(20_500, "a deposit and the balance that shows it")
	d = d.restart()
	check(20_500, "a restart")
	d = d.restart()
	check(20_500, "another")
}

func (d *desk) ledger(code exchange.Code, v money.Amount) {
	d.Helper()
	d.play(exchange.Event{Kind: exchange.KindLedger, Code: code, FeeAsset: 0, Cost: v})
}

func TestDepositsAndWithdrawalsAreNeitherProfitNorLoss(t *testing.T) {
	l := wide()
	l.DailyLoss, l.DrawdownPPM = Limit{Unlimited, 1_000 * cad}, 100_000
	for range 1 {
		d := open(t, l)
		d.ledger(exchange.CodeWithdrawal, -5_000*cad)
		if d.latched(DailyLoss) != nil || d.latched(Drawdown) != nil {
			t.Errorf("a withdrawal is a loss: %+v", d.g.Status().Latches)
		}
		d = open(t, l)
		d.ledger(exchange.CodeDeposit, 5_000*cad)
		if st := d.g.Status(); st.DayLoss != 0 || st.High != 25_000*cad {
			t.Errorf("a deposit: loss of the day %d, high %d", st.DayLoss/cad, st.High/cad)
		}
		d = d.restart()
		d.price(9_001)
		if d.g.Level() != Active {
			t.Errorf("%v at a loss of 999", d.g.Level())
		}
		d.price(9_000) // the deposit does not hide the loss
		if d.latched(DailyLoss) == nil {
			t.Error("the deposit hid the loss")
		}
	}
}

func TestOnlyWhatTheStrategyBoughtIsATrade(t *testing.T) {
	l := wide()
	l.Streak = 1
	d := open(t, l)
	o := d.allowed(d.sell(xbt / 2)) // coins of before
	d.fill(o, xbt/2, 9_000, exchange.Filled)
	if d.g.Level() != Active {
		t.Errorf("%v after selling what nobody bought", d.g.Level())
	}
}

// A sale that filled in part and was then taken back is a trade too.
func TestASaleThatEndsInPartIsATrade(t *testing.T) {
	l := wide()
	l.HourlyLoss = Limit{Unlimited, 100 * cad}
	d := open(t, l)
	in := d.allowed(d.buy(xbt / 2))
	d.fill(in, xbt/2, 10_000, exchange.Filled)
	out := d.allowed(d.sell(xbt / 2))
	d.fill(out, xbt/10, 9_000, exchange.Working)
	if d.g.Level() != Active {
		t.Fatal("a sale that goes on is no trade yet")
	}
	d.gone(out)
	if d.latched(HourlyLoss) == nil {
		t.Error("its loss of 100 was not counted")
	}
}

func TestTheTradingDayFollowsTheZone(t *testing.T) {
	zone, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Skip("this machine has no time zones")
	}
	for day, hours := range map[string]int{"2024-03-10": 23, "2024-11-03": 25, "2024-06-01": 24} {
		start, _ := time.ParseInLocation("2006-01-02", day, zone)
		l := wide()
		l.DailyLoss = Limit{Unlimited, 1_000 * cad}
		d := bare(t, l, func(c *Config) { c.Zone = zone })
		d.now = exchange.At(start)
		d.snapshot()
		d.tick(0, 10_000)
		d.tick(time.Duration(hours)*time.Hour-1, 9_001)
		if n := d.log.count(RecDayStart, NoControl); n != 1 {
			t.Errorf("%s: %d days before it ended", day, n)
		}
		d.tick(1, 9_001)
		if n := d.log.count(RecDayStart, NoControl); n != 2 || d.g.Status().DayLoss != 0 {
			t.Errorf("%s: %d days after %d hours", day, n, hours)
		}
	}
}

// A clock that runs ahead does not end the day, and with it the day's limit.
func TestTheDayMovesOnlyWhenTheVenuesClockAgrees(t *testing.T) {
	l := wide()
	l.DailyLoss, l.ClockSkew = Limit{Unlimited, 1_000 * cad}, 2*time.Second
	d := open(t, l, func(c *Config) { c.Facts = exchange.FactClock })
	agree := func(skew time.Duration) {
		d.play(exchange.Event{Kind: exchange.KindClock, Interval: skew})
	}
	agree(0)
	d.price(9_100)
	d.beat(24 * time.Hour)
	d.price(9_100)
	if d.log.count(RecDayStart, NoControl) != 1 {
		t.Fatal("our own clock alone ended the day")
	}
	for range 5 {
		agree(24 * time.Hour)
	}
	d.price(9_050)
	if d.log.count(RecDayStart, NoControl) != 1 {
		t.Fatal("a clock that is wrong ended the day")
	}
	for range 5 {
		agree(0)
	}
	d.price(9_050)
	if d.log.count(RecDayStart, NoControl) != 2 {
		t.Error("the day did not end when the clocks agreed")
	}
	d.play(exchange.Event{Kind: exchange.KindBar, Time: d.now.Add(48 * time.Hour), Interval: time.Minute, Price: 9_050 * cad, Qty: 1, Matched: true})
	if d.log.count(RecDayStart, NoControl) != 2 || d.g.s.now != d.now {
		t.Error("an event from the future moved the day on")
	}
}

// A clock that was a day ahead for a while and was set right ends no day: its beats have moved
// our time on, and the venue's has not come.
func TestAClockThatWasAheadEndsNoDayWhenItIsRightAgain(t *testing.T) {
	l := wide()
	l.DailyLoss, l.ClockSkew = Limit{Unlimited, 1_000 * cad}, 2*time.Second
	d := open(t, l, func(c *Config) { c.Facts = exchange.FactClock })
	compare := func(at exchange.Stamp, code exchange.Code) {
		d.play(exchange.Event{Kind: exchange.KindClock, Time: at, Received: at, Code: code})
	}
	right := d.now
	compare(right, exchange.CodeNone)
	d.beat(24 * time.Hour)
	compare(right, exchange.CodeClockStep)
	for range 5 {
		compare(right, exchange.CodeNone)
	}
	d.price(9_100)
	if d.latched(ClockSkew) != nil || d.log.count(RecDayStart, NoControl) != 1 {
		t.Errorf("%d days began, latched %v", d.log.count(RecDayStart, NoControl), d.latched(ClockSkew))
	}
}

func TestEveryHaltTakesTheRampAStepDown(t *testing.T) {
	l := wide()
	l.Ramp = []Step{{Unlimited, Unlimited}, {Unlimited, Unlimited}, {Unlimited, Unlimited}}
	d := open(t, l)
	d.g.write(Record{Type: RecRamp, Count: 2}, true)
	d.g.trip(latch{control: DailyLoss, level: ReduceOnly, cause: "drill"})
	if got := d.g.Status().Ramp; got != 2 {
		t.Fatalf("step %d: REDUCE_ONLY is no halt", got)
	}
	d.g.Halt("drill")
	d.g.Halt("drill") // the same halt
	if got := d.restart().g.Status().Ramp; got != 1 {
		t.Errorf("step %d after a halt", got)
	}
	d.ceremony()
	if got := d.g.Status().Ramp; got != 1 {
		t.Errorf("step %d after the ceremony", got)
	}
	n := d.restart()
	n.log.failAt = len(n.log.records) + 2 // the latch is the last that gets onto the disk
	n.g.Halt("drill")
	if got := n.restart().g.Status().Ramp; got != 0 {
		t.Errorf("step %d: a crash after the halt kept it", got)
	}
	d.g.Halt("drill")
	d.ceremony()
	d.g.Halt("drill")
	if got := d.g.Status().Ramp; got != 0 {
		t.Errorf("step %d: there is none below the first", got)
	}
}

func TestTheRampGoesUpByDaysProfitAndCeremonyTogether(t *testing.T) {
	for name, c := range map[string]struct {
		days int
		gain int64
		want int
	}{"all": {14, 1, 1}, "a day short": {13, 1, 0}, "no profit": {14, 0, 0}, "a loss": {14, -1, 0}} {
		l := wide()
		l.Ramp, l.NeedsArming, l.Lease = []Step{{Unlimited, Unlimited}, {Unlimited, Unlimited}}, true, 7*24*time.Hour
		d := open(t, l)
		d.ceremony()
		for i := range c.days {
			nextDay(d)
			if i%5 == 4 {
				d = d.restart()
				d.ceremony()
			}
		}
		d.round(xbt/100, c.gain)
		if got := d.g.Status().Ramp; got != 0 {
			t.Errorf("%s: step %d without a ceremony", name, got)
		}
		d.ceremony()
		if got := d.g.Status().Ramp; got != c.want {
			t.Errorf("%s: step %d, want %d", name, got, c.want)
		}
		d.ceremony()
		if got := d.g.Status().Ramp; got != c.want {
			t.Errorf("%s: step %d by a second ceremony at once", name, got)
		}
	}
}

func TestADayWithoutALeaseIsNoArmedDay(t *testing.T) {
	l := wide()
	l.Ramp, l.NeedsArming, l.Lease = []Step{{Unlimited, Unlimited}, {Unlimited, Unlimited}}, true, 36*time.Hour
	d := open(t, l)
	nextDay(d) // never armed
	d.ceremony()
	nextDay(d)
	nextDay(d) // the lease has ended
	if got := d.g.s.host.days; got != 1 {
		t.Errorf("%d armed days, want 1", got)
	}
}

func TestEveryReasonOfADenialIsRecordedWithItsNumbers(t *testing.T) {
	l := wide()
	l.ProfilePositionPPM, l.Ramp = 500_000, []Step{{10_000 * cad, Unlimited}}
	d := open(t, l)
	d.denied(d.buy(xbt/100), RampUp)
	if said := d.said(); !strings.Contains(said, "profile-limits exposure=10100.0000 limit=10000.0000; ramp-up exposure=10100.0000 limit=10000.0000") {
		t.Error(said)
	}
}
