package risk

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// lostDay is a desk that has lost the limit of its day, 1,000 CAD, in the day's first hour.
func lostDay(t *testing.T) *desk {
	t.Helper()
	l := wide()
	l.DailyLoss = Limit{Unlimited, 1_000 * cad}
	d := open(t, l)
	d.price(9_000)
	d.denied(d.buy(xbt/1000), DailyLoss)
	return d
}

func (d *desk) staysLost(words string, err error) {
	d.Helper()
	if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), words) || !strings.HasPrefix(err.Error(), "resume: ") {
		d.Fatalf("%v, want a refusal with %q", err, words)
	}
	if d.latched(DailyLoss) == nil {
		d.Fatal("it was lifted all the same")
	}
}

func TestALostDayEndsWithTheNextOneAndAReason(t *testing.T) {
	d := lostDay(t)
	d.staysLost("the day of the loss is not over; the next one begins at 2020-09-14T00:00:00Z", d.g.Resume("too early"))
	d.now = d.g.s.day.end - 1
	d.tick(0, d.last) // the last instant
	d.staysLost("is not over", d.g.Resume("too early"))
	d.tick(1, d.last) // the first one
	if d.latched(DailyLoss) == nil {
		t.Fatal("it ended without a reason")
	}
	d = d.restart()
	d.staysLost("--reason", d.g.Resume(" \t"))
	d.denied(d.buy(xbt/1000), DailyLoss)
	if err := d.g.Resume("the feed was wrong"); err != nil {
		t.Fatal(err)
	}
	n := len(d.log.records) - 1
	if r := d.log.records[n]; r.Type != RecLevel || !r.Lift || r.Control != DailyLoss || r.Text != "the next trading day: the feed was wrong" || !d.log.durable[n] {
		t.Errorf("on record is %+v", r)
	}
	d.allowed(d.buy(xbt / 1000))
	if d = d.restart(); d.latched(DailyLoss) != nil {
		t.Error("a restart forgot that it was lifted")
	}
	if err := d.g.Resume("again"); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "no loss of a day") {
		t.Errorf("nothing to lift: %v", err)
	}
}

func TestALostDayIsNotResumedWhileMoreIsWrong(t *testing.T) {
	d := lostDay(t)
	nextDay(d)
	d.g.Halt("books")
	d.staysLost("reconcile holds too (books), and only the ceremony lifts it", d.g.Resume("drill"))

	d = lostDay(t)
	nextDay(d)
	d.price(8_000)
	d.staysLost("the limit of this day is lost too", d.g.Resume("drill"))
	d.price(8_001)
	if err := d.g.Resume("drill"); err != nil {
		t.Errorf("a hair above this day's limit: %v", err)
	}

	d = lostDay(t)
	nextDay(d)
	*d.kill = true
	d.staysLost("KILL", d.g.Resume("drill"))

	d = lostDay(t)
	nextDay(d)
	d.g.trip(latch{control: HourlyLoss, level: Paused, until: d.now.Add(time.Hour), cause: "drill"}) // a timer ends by itself
	if err := d.g.Resume("drill"); err != nil || d.g.Level() != Paused {
		t.Errorf("%v at %v", err, d.g.Level())
	}

	d = lostDay(t)
	nextDay(d)
	d = d.reborn()
	d.staysLost("have not come yet", d.g.Resume("drill"))
	d.tick(0, d.last) // a price, and no snapshot
	d.staysLost("have not come yet", d.g.Resume("drill"))

	// a loss in the first instant of a day is one of that day
	l := wide()
	l.DailyLoss = Limit{Unlimited, 1_000 * cad}
	d = open(t, l)
	d.now = d.g.s.day.end
	d.tick(0, 10_000)
	d.tick(0, 9_000)
	d.tick(time.Minute, 9_500)
	d.staysLost("is not over", d.g.Resume("drill"))

	// the drawdown of a profile is no loss of a day
	l = wide()
	l.ProfileDrawdownPPM = 120_000
	d = open(t, l)
	d.price(7_000)
	d.price(7_000)
	nextDay(d)
	if err := d.g.Resume("drill"); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "profile-limits holds too") || d.latched(ProfileLimits) == nil {
		t.Errorf("%v", err)
	}
}
