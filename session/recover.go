package session

import (
	"breakwater/data/journal"
	"breakwater/data/journal/osfs"
	"breakwater/risk"
)

// ballastBytes is kept free on the disk for the journal's last words: a few lines.
const ballastBytes = 1 << 20

// recover reads the journal, continues it, and puts the guard before the venue. It is the
// only way to begin, the first time too.
func (s *session) recover() (err error) {
	if s.fs, err = osfs.Open(s.dir.file(journalDir)); err != nil {
		return Refused(err)
	}
	rec, err := journal.Recover(s.fs, journal.Options{BallastBytes: ballastBytes, Now: s.venue.venue.Now()})
	if err != nil {
		return err
	}
	s.books = newBooks(s.plan.catalog)
	if s.trades, err = openTradeFiles(s.dir); err != nil {
		return err
	}
	s.books.onTrade = s.trades.add
	for e, err := range rec.Entries() {
		if err != nil {
			return err
		}
		if e.Record != nil {
			if err := s.books.Record(e.Record, false); err != nil {
				return err
			}
		}
	}
	if s.journal, err = rec.Writer(s.plan.catalog); err != nil {
		return err
	}
	s.guard, err = risk.New(risk.Config{
		Exchange: s.pacer, Catalog: s.plan.catalog, Currency: s.plan.currency, FeePPM: s.plan.feePPM, Facts: s.venue.Facts(),
		Limits: s.plan.limits, Recorder: risk.Tee{s.journal, s.books}, Kill: s.kill, Zone: s.plan.zone,
	})
	return Wrong(err)
}
