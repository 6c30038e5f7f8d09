package session

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"breakwater/data/journal"
	"breakwater/data/journal/osfs"
	"breakwater/exchange"
	"breakwater/risk"
	"breakwater/strategy/engine"
)

// Execution is a recorded session that was executed again.
type Execution struct {
	Session  int            `json:"session"` // from 1 on
	Line     uint64         `json:"line"`    // its first, in the journal
	From     exchange.Stamp `json:"from_ns"`
	To       exchange.Stamp `json:"to_ns"`
	Events   int64          `json:"events"`
	Orders   int64          `json:"orders"`
	Fills    int64          `json:"fills"`
	Digest   string         `json:"digest"`  // of the execution
	Journal  string         `json:"journal"` // digest of the session's lines
	Same     bool           `json:"same"`
	Why      string         `json:"why,omitempty"` // the execution ended before the recording
	finished bool           // the session stopped cleanly
}

// Execute plays every recorded session of a state directory to a fresh guard and fresh
// strategies, and holds the digest of what they do against the journal's. A session that
// was killed is compared up to the last line that reached the journal.
//
// instead, when not nil, gives the strategies, sizes and limits in the place of those on
// record. errors.Is with ErrWrong and ErrRefused tells what cannot be executed.
func Execute(state string, instead *Config) ([]Execution, error) {
	dir, err := osfs.OpenToRead(filepath.Join(state, JournalDir))
	if err != nil {
		return nil, Wrong(fmt.Errorf("%s holds no journal; give a session's state directory with --state", state))
	}
	runs, err := journal.Replay(dir, nil)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(state, recordingName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Wrong(fmt.Errorf("nothing was recorded in %s: it has no %s", state, recordingName))
	}
	if err != nil {
		return nil, fmt.Errorf("session: %s", plainFileError(err))
	}
	defer f.Close()
	x := &execution{in: recordReader{r: bufio.NewReaderSize(f, 1<<16)}}
	if instead != nil {
		if x.instead, err = instead.plan(); err != nil {
			return nil, err
		}
	}
	if err := x.all(runs); err != nil {
		return nil, err
	}
	return x.done, nil
}

// all executes the sessions of the recording in their order.
func (x *execution) all(runs []journal.Run) error {
	x.advance()
	for x.kind == heardStart {
		if err := x.session(); err != nil {
			return err
		}
		for x.err == nil && x.kind != heardStart { // what an execution that went another way has left
			x.advance()
		}
		if err := x.compare(&runs); err != nil {
			return err
		}
	}
	switch {
	case x.err == errDamaged:
		return Refused(fmt.Errorf("%s is damaged at byte %d; bring it back from a copy", recordingName, x.in.read))
	case x.err != io.EOF && x.err != errTorn:
		return fmt.Errorf("session: %s: %w", recordingName, x.err)
	case len(runs) > 0:
		return Wrong(fmt.Errorf("%s has nothing of the session from the journal's line %d on", recordingName, runs[0].Seq))
	case len(x.done) == 0:
		return Wrong(fmt.Errorf("nothing was recorded: %s is empty", recordingName))
	}
	return nil
}

// execution reads a recording and is the exchange and the kill switch that it tells of.
type execution struct {
	in      recordReader
	kind    byte // of the entry that comes next; 0: none
	content []byte
	err     error // why there is none
	instead *plan

	history []*risk.Record // of the sessions before
	records []*risk.Record // of this one
	done    []Execution
	line    uint64 // of the journal, before this session
	calls   uint64
	pressed bool
	guard   *risk.Guard
	catalog *exchange.Catalog
}

// errAct stops a call of Next before an operator's act, errOver at the session's end, and
// errElsewhere where the recording tells of what did not happen now.
var (
	errAct       = errors.New("session: an operator acts")
	errOver      = errors.New("session: the recording of the session is over")
	errElsewhere = errors.New("it took another way than the recording")
)

func (x *execution) advance() {
	if x.kind, x.content, x.err = x.in.next(); x.err != nil {
		x.kind = 0
	}
}

// session executes the session whose start comes next. Its error is one of the recording;
// an execution that goes astray says so in its Execution.
func (x *execution) session() error {
	var facts lifeFacts
	if err := json.Unmarshal(x.content, &facts); err != nil || facts.Schema != lifeSchema {
		return Refused(fmt.Errorf("%s was written by another version of this program; use that one", recordingName))
	}
	x.advance()
	x.line, x.calls, x.pressed, x.records = facts.Line, 0, false, nil
	x.done = append(x.done, Execution{Session: len(x.done) + 1})
	p, slots, err := x.made(&facts)
	if err != nil {
		return err
	}
	x.catalog = p.catalog
	if err := x.play(p, slots, facts.Facts); err != nil {
		x.at().Why = oneLine(err.Error())
	}
	return nil
}

func (x *execution) at() *Execution { return &x.done[len(x.done)-1] }

// made makes what the session was made of, its strategies warmed up as they were.
func (x *execution) made(facts *lifeFacts) (*plan, []engine.Slot, error) {
	p, err := facts.plan()
	if err != nil {
		return nil, nil, Refused(fmt.Errorf("%s: %w", recordingName, err))
	}
	if q := x.instead; q != nil {
		if q.catalog.Symbols() != p.catalog.Symbols() {
			return nil, nil, Wrong(fmt.Errorf("%s trades %s, and session %d traded %s", filepath.Base(q.config.path), q.catalog.Symbols(), len(x.done), p.catalog.Symbols()))
		}
		p.slots, p.size, p.limits, p.config = q.slots, q.size, q.limits, q.config
	}
	slots, _, err := p.makeSlots()
	if err != nil {
		return nil, nil, Refused(fmt.Errorf("%s: %w; use the program that wrote it", recordingName, err))
	}
	var h history
	for x.kind == heardWarm {
		var ev exchange.Event
		if err := unpackEvent(x.content, &ev); err != nil {
			return nil, nil, err
		}
		h.keep += 1 // all of them
		h.add(&ev)
		x.advance()
	}
	if facts.Restart {
		h.warm(p, slots)
	}
	return p, slots, nil
}

// plan is the part of a plan that a session without a venue needs.
func (f *lifeFacts) plan() (*plan, error) {
	cat, err := f.Table.Catalog()
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(f.Zone)
	if err != nil {
		return nil, err
	}
	p := &plan{
		config: &Config{Seed: f.Seed}, catalog: cat, currency: f.Table.Currency, feePPM: f.FeePPM, limits: f.Limits, zone: zone, dryRun: f.DryRun,
		armKey: f.ArmKey, size: f.Size,
	}
	for _, s := range f.Slots {
		p.slots = append(p.slots, slotPlan{s.Name, s.Strategy, s.Mode, s.Settings, s.Instruments, s.Interval, s.SharePPM})
	}
	return p, nil
}

// play executes a session to its end.
func (x *execution) play(p *plan, slots []engine.Slot, facts exchange.Facts) (err error) {
	before := func(yield func(*risk.Record) error) error {
		for _, r := range x.history {
			if err := yield(r); err != nil {
				return err
			}
		}
		return nil
	}
	cfg := p.guardConfig(facts)
	cfg.Exchange, cfg.Recorder, cfg.Kill, cfg.History = x, x, x, before
	if x.guard, err = risk.New(cfg); err != nil {
		return err
	}
	of := p.engineConfig(slots)
	of.Guard, of.History = x.guard, before
	e, err := engine.New(of)
	if err != nil {
		return err
	}
	ctx := context.Background()
	for {
		err := e.Run(ctx)
		switch {
		case errors.Is(err, errAct):
			err = x.act()
		}
		if errors.Is(err, errOver) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// act does what an operator did.
func (x *execution) act() error {
	if x.kind == heardStop {
		why := string(x.content)
		x.at().finished = true
		x.advance()
		return stop(x.guard, why)
	}
	var a act
	if err := json.Unmarshal(x.content, &a); err != nil {
		return err
	}
	x.advance()
	switch {
	case a.Command == "":
		x.guard.Kill(a.Kill, a.Cause)
		return nil
	case !slices.Contains(commands, a.Command) && a.Command != actFault && a.Command != actNote:
		return errElsewhere
	}
	_, err := a.carryOut(x.guard)
	if errors.Is(err, risk.ErrRefused) {
		return nil // as it was
	}
	return err
}

// compare holds the session that was just executed against its run of the journal, and
// takes the run off the list.
func (x *execution) compare(runs *[]journal.Run) error {
	e := x.at()
	next := ^uint64(0)
	if x.kind == heardStart {
		var facts lifeFacts
		if err := json.Unmarshal(x.content, &facts); err == nil {
			next = facts.Line
		}
	}
	if len(*runs) > 0 && (*runs)[0].Seq <= x.line {
		return Wrong(fmt.Errorf("%s has nothing of the session from the journal's line %d on", recordingName, (*runs)[0].Seq))
	}
	if len(*runs) == 0 || (*runs)[0].Seq > next { // it was killed before its first line
		x.done = x.done[:len(x.done)-1]
		return nil
	}
	run := (*runs)[0]
	*runs = (*runs)[1:]
	if n := int(run.Records); !e.finished && e.Why == "" && len(x.records) > n { // killed: these never reached the journal
		x.records = x.records[:n]
	}
	if len(x.records) > 0 {
		digest := risk.NewDigest(x.catalog)
		for _, r := range x.records {
			if err := digest.Record(r, false); err != nil {
				return err
			}
			switch r.Type {
			case risk.RecIntent:
				e.Orders++
			case risk.RecFill:
				e.Fills++
			}
		}
		e.Digest = digest.Sum()
	}
	e.Line, e.From, e.To, e.Journal = run.Seq, run.From, run.To, run.Digest
	e.Same = e.Why == "" && e.Digest == e.Journal
	x.history = append(x.history, x.records...)
	for i := range run.LastWords {
		x.history = append(x.history, &run.LastWords[i])
	}
	return nil
}

// Record keeps a copy of a record: guard and engine use theirs again.
func (x *execution) Record(r *risk.Record, _ bool) error {
	c := *r
	if r.Order != nil {
		c.Order = new(exchange.Order)
		*c.Order = *r.Order
	}
	if r.Amend != nil {
		c.Amend = new(exchange.Amend)
		*c.Amend = *r.Amend
	}
	if r.Event != nil {
		c.Event = new(exchange.Event)
		*c.Event = *r.Event
	}
	c.Reasons = slices.Clone(r.Reasons)
	x.records = append(x.records, &c)
	return nil
}

// Next is the next event of the recording.
func (x *execution) Next(_ context.Context, ev *exchange.Event) error {
	switch x.kind {
	case heardEvent:
		x.at().Events++
		err := unpackEvent(x.content, ev)
		x.advance()
		return err
	case heardEnd:
		x.advance()
		return io.EOF
	case heardAct, heardStop:
		return errAct
	case heardStart, 0:
		return errOver
	}
	return errElsewhere
}

// answered gives the answer that the call got.
func (x *execution) answered() error {
	x.calls++
	if x.kind != heardAnswer {
		return nil
	}
	var odd oddAnswer
	if err := json.Unmarshal(x.content, &odd); err != nil {
		return err
	}
	if odd.Call != x.calls {
		return nil
	}
	x.advance()
	for _, c := range classes {
		if c.name == odd.Class {
			return saidAgain{odd.Text, c.err}
		}
	}
	return errors.New(odd.Text)
}

// saidAgain is an error of a class in its own words.
type saidAgain struct {
	text  string
	class error
}

func (e saidAgain) Error() string { return e.text }
func (e saidAgain) Unwrap() error { return e.class }

func (x *execution) Submit(*exchange.Order) error       { return x.answered() }
func (x *execution) Amend(*exchange.Amend) error        { return x.answered() }
func (x *execution) Cancel(exchange.OrderID) error      { return x.answered() }
func (x *execution) CancelAllAfter(time.Duration) error { return x.answered() }
func (x *execution) Refresh() error                     { return x.answered() }
func (x *execution) WakeAt(exchange.Stamp)              {} // its beats are on record

// Present is what the kill switch answered.
func (x *execution) Present() bool {
	x.calls++
	if x.kind == heardSwitch {
		if call, n := binary.Uvarint(x.content); n > 0 && call == x.calls {
			x.pressed = !x.pressed
			x.advance()
		}
	}
	return x.pressed
}
