package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"time"

	"breakwater/data/journal"
	"breakwater/data/journal/osfs"
	"breakwater/exchange"
	"breakwater/risk"
	"breakwater/strategy"
	"breakwater/strategy/engine"
)

// Options are what a command line says beside the configuration.
type Options struct {
	For   time.Duration  // real time after which the session stops; 0: none
	Until exchange.Stamp // event time after which it stops; 0: none
	Build string         // of the program, for the status
	Log   io.Writer      // one line for each thing that a person should see
}

// session is one life of a trading process.
type session struct {
	plan    *plan
	opt     Options
	dir     *stateDir
	fs      *osfs.Dir
	journal *journal.Writer
	books   *books
	digest  *risk.Digest // of this life, digest v1
	trades  *tradeFiles
	venue   *simulated
	pacer   *Pacer
	heard   *recording
	warmth  []series // bars that the strategies were warmed up with
	kill    KillFile
	guard   *risk.Guard
	engine  *engine.Engine
	slots   []engine.Slot
	lives   int // before this one

	nudge    chan struct{}
	signal   atomic.Bool // SIGUSR1 came
	began    time.Time
	statusAt time.Time
	flushed  time.Time  // of the journal
	told     risk.Level // as the status has it
	phase    risk.Phase
	now      exchange.Stamp
	lastWord *risk.Record // for the journal on a full disk
	stuck    error        // what could not be written: nothing goes out any more
}

// Run trades until the context is done, the options end it, or the market does. It
// returns nil after a clean stop. errors.Is with ErrWrong and ErrRefused tells why it did
// not begin.
func Run(ctx context.Context, c *Config, opt Options) (err error) {
	p, err := c.plan()
	if err != nil {
		return err
	}
	s := &session{plan: p, opt: opt, nudge: make(chan struct{}, 1), began: time.Now()}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.open(); err != nil {
		return err
	}
	stop := s.listen()
	defer stop()
	s.logf("session %d in %s: %s at %s, profile %s", s.lives+1, s.dir.path, p.catalog.Symbols(), p.pace.text, p.limits.Profile)
	return s.trade(ctx)
}

// open puts the parts together: state directory, venue, journal, guard, strategies.
func (s *session) open() (err error) {
	p := s.plan
	state := p.config.file(p.config.State)
	if s.dir, err = holdState(state); err != nil {
		return err
	}
	s.kill = KillFile(s.dir.file(killName))
	var tops bool
	if s.slots, tops, err = p.makeSlots(); err != nil {
		return Wrong(err)
	}
	if s.venue, s.lives, err = openVenue(p, s.dir.path, tops, warmUps(s.slots), s.began); err != nil {
		return err
	}
	if s.lives > 0 {
		s.venue.warm(p, s.slots)
		s.warmth = s.venue.history.bars
	}
	s.venue.history = history{} // what comes from now on, the strategies see themselves
	s.pacer = NewPacer(s.venue, p.pace, s.nudge)
	if err := s.dir.clearControl(); err != nil {
		return err
	}
	return s.recover()
}

// makeSlots makes the strategies. tops says that one of them looks at the book.
func (p *plan) makeSlots() (slots []engine.Slot, tops bool, err error) {
	for i := range p.slots {
		sp := &p.slots[i]
		made, err := sp.make()
		if err != nil {
			return nil, false, err
		}
		_, watches := made.(strategy.BookWatcher)
		tops = tops || watches
		slots = append(slots, engine.Slot{
			Name: sp.name, Strategy: made, Mode: sp.mode, Instruments: sp.instruments, Interval: sp.interval, SharePPM: sp.sharePPM,
		})
	}
	return slots, tops, nil
}

// listen makes SIGUSR1 a request to kill.
func (s *session) listen() (stop func()) {
	signals := make(chan os.Signal, 1)
	done := make(chan struct{})
	signal.Notify(signals, killSignal)
	go func() {
		for {
			select {
			case <-signals:
				s.signal.Store(true)
				select {
				case s.nudge <- struct{}{}:
				default: // it is about to look around already
				}
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
	}
}

// trade is the session's life after its start.
func (s *session) trade(ctx context.Context) error {
	if s.opt.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.opt.For)
		defer cancel()
	}
	for {
		err := s.engine.Run(ctx)
		switch {
		case errors.Is(err, errAttend):
			err = s.attend()
		case err == nil:
			return s.finish("the market has ended")
		case errors.Is(err, context.DeadlineExceeded):
			return s.finish("the time given with --for is over")
		case errors.Is(err, context.Canceled):
			return s.finish("told to stop")
		}
		if errors.Is(err, errUntil) {
			return s.finish("the time given with --until has come")
		}
		if s.cannotWrite(err) {
			return s.inert(ctx, err)
		}
		if err != nil {
			s.lastWords(strings.TrimPrefix(err.Error(), "session: "))
			return err
		}
	}
}

// errUntil ends a session at the event time that was given.
var errUntil = errors.New("session: until")

// attend is everything that happens by the clock: it is called every 50 ms. Its error is
// the journal's, or errUntil.
func (s *session) attend() error {
	s.now = s.pacer.last
	s.lookForKill()
	s.besides(s.serve())
	s.heard.flush()
	if _, waiting := s.journal.Unsynced(); waiting && time.Since(s.flushed) > lagMost {
		s.doubt(fmt.Sprintf("lines have waited %v for the disk", time.Since(s.flushed).Round(time.Millisecond)))
	}
	if err := s.journal.Flush(); err != nil {
		return err
	}
	s.flushed = time.Now()
	s.besides(s.trades.flush())
	g := s.guard.Status()
	if now := time.Now(); now.Sub(s.statusAt) >= statusEvery || g.Level != s.told || g.Phase != s.phase {
		s.statusAt = now
		s.besides(s.writeStatus(&g, ""))
	}
	if s.opt.Until != 0 && s.now >= s.opt.Until {
		return errUntil
	}
	return nil
}

// lagMost is how long a line may wait for its sync, which is due every 50 ms.
const lagMost = time.Second

// statusEvery is how old the status may be while nothing changes in it.
const statusEvery = 250 * time.Millisecond

// finish is a clean stop.
func (s *session) finish(why string) error {
	s.pacer.Hurry()
	s.heard.putText(heardStop, why)
	err := stop(s.guard, why)
	if err != nil {
		why += "; " + err.Error()
	}
	s.lastWords(why)
	return err
}

// stop takes back the entries and waits for the answers, so that the journal says how
// every one of them ended.
func stop(g *risk.Guard, why string) error {
	g.Note("session stops: " + why)
	if err := g.CancelAll(true); err != nil {
		return err
	}
	if err := g.Refresh(); err != nil {
		return err
	}
	ctx := context.Background()
	for {
		var ev exchange.Event
		err := g.Next(ctx, &ev, exchange.Never)
		switch {
		case err == io.EOF || err == nil && ev.Kind == exchange.KindSnapshot:
			return nil
		case errors.Is(err, errAttend):
		case err != nil:
			return err
		}
	}
}

// lastWords is the last status.
func (s *session) lastWords(why string) {
	s.logf("stopped: %s; digest %s", why, s.digest.Sum())
	if s.journal.Flush() == nil { // else the status says so
		s.flushed = time.Now()
	}
	g := s.guard.Status()
	if err := s.writeStatus(&g, why); err != nil {
		s.logf("%v", err)
	}
}

// close lets go of everything, in the reverse order.
func (s *session) close() error {
	var errs []error
	if s.trades != nil {
		errs = append(errs, s.trades.close())
	}
	if s.journal != nil {
		if err := s.journal.Close(); s.journal.Err() == nil {
			errs = append(errs, err)
		}
	}
	if s.heard != nil {
		if err := s.heard.close(); err != nil || s.heard.err != nil {
			s.logf("%s is not whole: %v", recordingName, errors.Join(s.heard.err, err))
		}
	}
	if s.fs != nil {
		errs = append(errs, s.fs.Close())
	}
	if s.venue != nil {
		errs = append(errs, s.venue.Close())
	}
	if s.dir != nil {
		errs = append(errs, s.dir.Close())
	}
	return errors.Join(errs...)
}

func (s *session) logf(format string, args ...any) {
	if s.opt.Log != nil {
		fmt.Fprintf(s.opt.Log, "%s  %s\n", time.Now().UTC().Format("15:04:05.000"), fmt.Sprintf(format, args...))
	}
}
