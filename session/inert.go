package session

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"breakwater/exchange"
	"breakwater/risk"
)

// faultName is the file that a session leaves which could not write its journal: the next
// start halts by it. On a full disk the journal itself has the halt as its last line; on one
// that takes nothing at all there is neither.
const faultName = "journal.fault"

// diskFull is the journal's last line on a full disk: the halt that the next start finds.
func diskFull() *risk.Record {
	return &risk.Record{
		Type: risk.RecLevel, Level: risk.Halted, Control: risk.JournalHealth, Instrument: exchange.None, Slot: -1, Until: exchange.Never,
		Text: "the disk was full, and what happened after this line is not on record",
	}
}

// cannotWrite reports whether an error is of a file of the state directory: the journal's,
// or the simulated venue's.
func (s *session) cannotWrite(err error) bool {
	var file *fs.PathError
	return err != nil && (s.guard.Failed() != nil || s.journal.Err() != nil || errors.As(err, &file))
}

// besides takes the error of a file beside the journal. Nothing depends on these files, but
// a disk that does not take them cannot be relied on.
func (s *session) besides(err error) {
	if err != nil {
		s.doubt(oneLine(err.Error()))
	}
}

// doubt halts by journal-health, once.
func (s *session) doubt(cause string) {
	for _, l := range s.guard.Status().Latches {
		if l.Control == risk.JournalHealth {
			return
		}
	}
	s.logf("journal-health: %s", cause)
	s.act(act{Command: actFault, Cause: cause})
}

// act has the guard do something that is no event, and records it at its place.
func (s *session) act(a act) {
	s.heard.putJSON(heardAct, a)
	_, _ = a.carryOut(s.guard) // these cannot be refused
}

// inert is the session's life once it cannot write any more: no order goes out, own entries
// are taken back, the status says why, and a kill still cancels all. It stays up until it is
// stopped: a supervisor that starts it again would only repeat what failed.
func (s *session) inert(ctx context.Context, err error) error {
	s.stuck = err
	if s.guard.Failed() != nil || s.journal.Err() != nil {
		s.heard.end() // what follows is in no journal, so there is nothing to compare it with
	}
	s.logf("INERT, nothing goes out any more: %s", oneLine(err.Error()))
	if werr := writeFile(s.dir.file(faultName), []byte(oneLine(err.Error())+"\n")); werr != nil {
		s.logf("%v", werr)
	}
	s.act(act{Command: actFault, Cause: oneLine(err.Error())})
	asked := time.Now()
	for {
		var ev exchange.Event
		err := s.guard.Watch(ctx, &ev)
		switch {
		case err == nil:
			continue
		case ctx.Err() != nil:
			return s.giveUp()
		case !errors.Is(err, errAttend): // nothing comes any more, but people do
			select {
			case <-ctx.Done():
				return s.giveUp()
			case <-time.After(attendEvery):
			}
		}
		s.now = s.pacer.last
		if s.opt.Until != 0 && s.now >= s.opt.Until {
			return s.giveUp()
		}
		if time.Since(asked) >= cancelAgain {
			asked = time.Now()
			_ = s.guard.CancelAll(true) // the one before may not have got through
		}
		s.attendInert()
	}
}

// cancelAgain is how often an inert session takes back entries that are still open.
const cancelAgain = time.Minute

// attendInert is attend without what needs a disk. A status that cannot be written stays as
// it is.
func (s *session) attendInert() {
	s.lookForKill()
	_ = s.serve()
	_ = s.trades.flush()
	g := s.guard.Status()
	if now := time.Now(); now.Sub(s.statusAt) >= statusEvery || g.Level != s.told {
		s.statusAt = now
		_ = s.writeStatus(&g, "")
	}
}

// giveUp ends an inert session as it was told to. Its error is why it was inert.
func (s *session) giveUp() error {
	_ = s.guard.CancelAll(true)
	s.lastWords(fmt.Sprintf("stopped while inert: %s", oneLine(s.stuck.Error())))
	return s.stuck
}

// admitFaults halts by what the journal or the session before tells of a disk that failed,
// and notes a torn end.
func (s *session) admitFaults(torn, full string) error {
	if torn != "" {
		s.logf("journal-health: %s", torn)
		s.act(act{Command: actNote, Cause: "journal-health: " + torn})
	}
	if full != "" {
		s.doubt(full)
	}
	path := s.dir.file(faultName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("session: %s: %s", path, plainFileError(err))
	}
	s.doubt("the session before could not write: " + oneLine(string(text)))
	if err := s.guard.Failed(); err != nil {
		return err
	}
	return os.Remove(path) // the halt is on the disk
}
