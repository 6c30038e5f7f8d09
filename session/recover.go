package session

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"breakwater/data/journal"
	"breakwater/data/journal/osfs"
	"breakwater/exchange"
	"breakwater/risk"
	"breakwater/strategy/engine"
)

// ballastBytes is kept free on the disk for the journal's last words: a few lines.
const ballastBytes = 1 << 20

// lateRecorder records to where the journal's history ends.
type lateRecorder struct{ to risk.Recorder }

func (l *lateRecorder) Record(r *risk.Record, durable bool) error { return l.to.Record(r, durable) }

// recover reads the journal, continues it, and puts the guard before the venue. It is the
// only way to begin, the first time too.
func (s *session) recover() (err error) {
	if s.fs, err = osfs.Open(s.dir.file(JournalDir)); err != nil {
		return Refused(err)
	}
	if s.trades, err = openTradeFiles(s.dir); err != nil {
		return err
	}
	s.lastWord, s.flushed = diskFull(), time.Now()
	s.books, s.digest = newBooks(s.plan.catalog), risk.NewDigest(s.plan.catalog)
	s.books.onTrade = s.trades.add
	rec, err := journal.Recover(s.fs, journal.Options{BallastBytes: ballastBytes, Now: s.venue.venue.Now(), LastWord: s.lastWord})
	if err != nil {
		return err
	}
	if s.heard, err = openRecording(s.dir.file(recordingName)); err != nil {
		return err
	}
	late := &lateRecorder{}
	var torn, full string
	cfg := s.plan.guardConfig(s.facts())
	cfg.Exchange, cfg.Recorder, cfg.Kill = &heard{s.pacer, s.heard}, late, heardKill{s.kill, s.heard}
	cfg.History = func(yield func(*risk.Record) error) error {
		err := entries(rec, func(e *journal.Entry) error {
			r := e.Record
			switch {
			case r == nil:
				if e.Mark.Type == journal.MarkFull {
					full = strings.Clone(e.Mark.Text)
				}
				return nil
			case r.Type == risk.RecArm || r.Type == risk.RecLevel && r.Control == risk.JournalHealth:
				full = "" // it has halted, or somebody has signed that it may go on
			}
			if err := s.books.Record(r, false); err != nil {
				return err
			}
			return yield(r)
		})
		if err != nil {
			return err
		}
		if f := rec.Torn(); f != nil {
			torn = fmt.Sprintf("the end of %s was torn; it is cut at byte %d", f.File, f.Byte)
		}
		s.venue.seen = s.books.seen
		if s.journal, err = rec.Writer(s.plan.catalog, s.plan.currency); err == nil {
			late.to = risk.Tee{s.heard, s.journal, s.books, s.digest}
			s.recordStart(s.journal.Head().Seq)
		}
		return err
	}
	if s.guard, err = risk.New(cfg); err == nil {
		if err = s.admit(); err == nil {
			err = s.admitFaults(torn, full)
		}
	}
	var broken *journal.Fault
	if errors.As(err, &broken) {
		return Refused(fmt.Errorf("the journal does not hold: %s; breakwater journal verify tells more; bring it back from a copy, or give a new state directory", strings.TrimPrefix(broken.Error(), "journal: ")))
	}
	return err
}

// admit lets the strategies in: the engine goes on from the same records.
func (s *session) admit() (err error) {
	cfg := s.plan.engineConfig(s.slots)
	cfg.Guard = s.guard
	cfg.History = func(yield func(*risk.Record) error) error {
		rec, err := journal.Recover(s.fs, journal.Options{})
		if err != nil {
			return err
		}
		return records(rec, yield)
	}
	s.engine, err = engine.New(cfg)
	return err
}

// guardConfig is what a plan says of its guard.
func (p *plan) guardConfig(facts exchange.Facts) risk.Config {
	cfg := risk.Config{
		Catalog: p.catalog, Currency: p.currency, FeePPM: p.feePPM, Facts: facts, Limits: p.limits, Zone: p.zone, DryRun: p.dryRun, ArmKey: p.armKey,
	}
	for _, sp := range p.slots {
		cfg.Slots = append(cfg.Slots, risk.SlotInfo{Name: sp.name, Mode: sp.mode, Interval: sp.interval})
	}
	return cfg
}

// engineConfig is what a plan says of its engine.
func (p *plan) engineConfig(slots []engine.Slot) engine.Config {
	return engine.Config{Catalog: p.catalog, Currency: p.currency, FeePPM: p.feePPM, Slots: slots, Size: p.size, Seed: p.config.Seed}
}

// records hands the records of a journal over, oldest first.
func records(rec *journal.Recovery, yield func(*risk.Record) error) error {
	return entries(rec, func(e *journal.Entry) error {
		if e.Record == nil {
			return nil
		}
		return yield(e.Record)
	})
}

// entries hands over the journal's own lines too.
func entries(rec *journal.Recovery, yield func(*journal.Entry) error) error {
	for e, err := range rec.Entries() {
		if err != nil {
			return err
		}
		if err := yield(e); err != nil {
			return fmt.Errorf("%s:%d: %w", e.File, e.Line, err)
		}
	}
	return nil
}

// ageText is a duration for people.
func ageText(d time.Duration) string {
	switch {
	case d < time.Minute:
		return d.Round(time.Second).String()
	case d < 24*time.Hour:
		return d.Round(time.Second).String()
	}
	return fmt.Sprintf("%dd%dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}
