package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"breakwater/exchange"
	"breakwater/risk"
	"breakwater/sim"
	"breakwater/strategy"
	"breakwater/strategy/engine"
)

// memory is a Recorder that keeps everything, for a history.
type memory struct{ records []risk.Record }

func (m *memory) Record(r *risk.Record, _ bool) error {
	c := *r
	if r.Order != nil {
		o := *r.Order
		c.Order = &o
	}
	if r.Amend != nil {
		a := *r.Amend
		c.Amend = &a
	}
	if r.Event != nil {
		e := *r.Event
		c.Event = &e
	}
	c.Reasons = slices.Clone(r.Reasons)
	m.records = append(m.records, c)
	return nil
}

func (m *memory) yield(f func(*risk.Record) error) error {
	for i := range m.records {
		if err := f(&m.records[i]); err != nil {
			return err
		}
	}
	return nil
}

// crashing is an exchange whose process dies after so many bars.
type crashing struct {
	*sim.Replay
	bars int
}

var errCrash = errors.New("crash")

func (c *crashing) Next(ctx context.Context, ev *exchange.Event) error {
	if c.bars == 0 {
		c.bars--
		return errCrash
	}
	err := c.Replay.Next(ctx, ev)
	if err == nil && ev.Kind == exchange.KindBar {
		c.bars--
	}
	return err
}

// pass lets bars go by that nobody sees; it returns how many fills were missed.
func (c *crashing) pass(t *testing.T, bars int) (fills int) {
	var ev exchange.Event
	for bars > 0 {
		if err := c.Replay.Next(context.Background(), &ev); err != nil {
			t.Fatal(err)
		}
		switch ev.Kind {
		case exchange.KindBar:
			bars--
		case exchange.KindFill:
			fills++
		}
	}
	return fills
}

// wants lists the orders of a journal.
func wants(m *memory) (list []string) {
	for _, r := range m.records {
		if r.Type == risk.RecIntent {
			list = append(list, r.Time.String()+" "+r.Order.Side.String()+" "+r.Order.Type.String())
		}
	}
	return list
}

func TestARestartGoesOnWhereItStopped(t *testing.T) {
	text := hours(wander(11, 300)...)
	for _, name := range []string{"sma-cross", "donchian-breakout", "grid", "bollinger-reversion"} {
		var whole *memory
		missed := 0
		for _, crash := range []int{1 << 30, 90, 91, 130, 200, 60, 61, 150, 151, 180} {
			log := &memory{}
			r := one(nil, text)
			r.model, r.fees = sim.DefaultModel(), sim.FixedFees(2500, 4000)
			s, err := strategy.New(name)
			if err != nil {
				t.Fatal(err)
			}
			r.slots[0].Strategy = s
			r.build(t)
			c := &crashing{r.replay, crash}
			for range 2 {
				s, _ := strategy.New(name)
				cad, _ := r.catalog.Asset("CAD")
				g, err := risk.New(risk.Config{
					Exchange: c, Catalog: r.catalog, Currency: cad.ID, FeePPM: 8000, Limits: risk.Research(), Recorder: log, Kill: risk.NoKillSwitch{}, History: (&memory{slices.Clone(log.records)}).yield,
				})
				if err != nil {
					t.Fatal(err)
				}
				e, err := engine.New(engine.Config{Guard: g, Catalog: r.catalog, Currency: cad.ID, FeePPM: 8000, Slots: []engine.Slot{{Name: name, Strategy: s, Instruments: []exchange.InstrumentID{0}, SharePPM: 1e6}}, Seed: 1, History: (&memory{slices.Clone(log.records)}).yield})
				if err != nil {
					t.Fatal(err)
				}
				err = e.Run(context.Background())
				if err == nil {
					break
				}
				if !errors.Is(err, errCrash) {
					t.Fatalf("%s, crash after bar %d: %v", name, crash, err)
				}
				missed += c.pass(t, crash%3*7) // the venue goes on while the process is down
			}
			for _, rec := range log.records {
				if rec.Type == risk.RecLevel && rec.Level > risk.Paused { // a pause while an outcome is unknown is right
					t.Errorf("%s, crash after bar %d: %v %s", name, crash, rec.Level, rec.Text)
				}
			}
			if whole == nil {
				whole = log
				if len(wants(whole)) < 4 {
					t.Errorf("%s hardly trades: %v", name, wants(whole))
				}
			}
		}
		if name == "grid" && missed < 2 {
			t.Errorf("%s missed %d fills: the test does not try what it should", name, missed)
		}
	}
}

func TestHistoryGivesTheSameBooks(t *testing.T) {
	log := &memory{}
	r := one(nil, hours(wander(5, 200)...))
	r.model, r.fees, r.rec = sim.DefaultModel(), sim.FixedFees(2500, 4000), log
	s, _ := strategy.New("grid")
	r.slots[0].Strategy = s
	r.run(t)
	cad, _ := r.catalog.Asset("CAD")
	v, err := sim.NewVenue(sim.Config{Catalog: r.catalog, Fees: sim.FixedFees(0, 0), Accounts: []sim.Deposits{{}}})
	if err != nil {
		t.Fatal(err)
	}
	again := &memory{}
	g, err := risk.New(risk.Config{
		Exchange: sim.NewReplay(v, &loop{}, 0), Catalog: r.catalog, Currency: cad.ID, FeePPM: 8000, Limits: risk.Research(), Recorder: again, Kill: risk.NoKillSwitch{}, History: log.yield,
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.catalog.Assets {
		if a := exchange.AssetID(i); g.Balance(a) != r.guard.Balance(a) {
			t.Errorf("%s: %d became %d", r.catalog.Assets[i].Name, r.guard.Balance(a), g.Balance(a))
		}
	}
	was, is := r.guard.Status(), g.Status()
	if is.Open != was.Open || is.DayStart != was.DayStart || is.High > was.High || was.High-is.High > was.High/1000 || is.Streak != was.Streak {
		t.Errorf("status was %+v, is %+v", was, is)
	}
	if g.LastOrderID() != r.guard.LastOrderID() || g.LastOrderID() == 0 {
		t.Errorf("last order %d, was %d", g.LastOrderID(), r.guard.LastOrderID())
	}
	if !strings.Contains(again.records[0].Text, "research") {
		t.Errorf("the start is recorded as %q", again.records[0].Text)
	}
}
