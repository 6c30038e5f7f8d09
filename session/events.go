package session

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"breakwater/data/journal"
	"breakwater/exchange"
	"breakwater/risk"
	"breakwater/strategy"
)

// The recording is everything that guard and strategies were given, in order: the starts of
// sessions, the exchange's events, its answers that were no success, and the operator's
// acts at their places. Guard and strategies are a function of it, so that Execute comes to
// the same digest. It is evidence and no truth: nothing waits for its sync, and a file that
// cannot be written ends the recording and not the session.
//
// It is framed like the venue's record.
const recordingName = "events.rec"

// The kinds of its entries.
const (
	heardStart  = 'S' // a session's guard begins: lifeFacts as JSON
	heardWarm   = 'B' // a bar that its strategies are warmed up with
	heardEvent  = 'E' // what Next handed over
	heardEnd    = 'Z' // Next found the market's end
	heardAnswer = 'N' // a call that did not succeed: oddAnswer as JSON
	heardSwitch = 'K' // the kill switch answers otherwise than before: the call's number
	heardAct    = 'A' // what an operator did: act as JSON
	heardStop   = 'Q' // the session stops cleanly: why
)

// lifeFacts are what a session's guard and strategies were made of.
type lifeFacts struct {
	Schema  int            `json:"schema"`
	Line    uint64         `json:"line"` // the journal's last, before
	Started time.Time      `json:"started"`
	Restart bool           `json:"restart"` // not the state directory's first session
	Table   journal.Table  `json:"table"`
	FeePPM  int64          `json:"fee_ppm"`
	Facts   exchange.Facts `json:"facts"`
	Limits  risk.Limits    `json:"limits"`
	Zone    string         `json:"zone"`
	DryRun  bool           `json:"dry_run"`
	ArmKey  []byte         `json:"arm_key,omitempty"`
	Seed    uint64         `json:"seed"`
	Size    strategy.Size  `json:"size"`
	Slots   []slotFacts    `json:"slots"`
}

// lifeSchema is the version of lifeFacts and of all entries that follow.
const lifeSchema = 1

// slotFacts make a slot.
type slotFacts struct {
	Name        string                  `json:"name"`
	Strategy    string                  `json:"strategy"`
	Mode        string                  `json:"mode,omitempty"`
	Settings    []string                `json:"settings,omitempty"`
	Instruments []exchange.InstrumentID `json:"instruments"`
	Interval    time.Duration           `json:"interval_ns"`
	SharePPM    int64                   `json:"share_ppm"`
}

// act is what an operator did: a kill, or a step of a ceremony. A signature serves once
// and is no secret.
type act struct {
	Kill    risk.Control `json:"kill,omitempty"`
	Cause   string       `json:"cause,omitempty"`
	Command string       `json:"arm,omitempty"` // the request's

	Reason    string `json:"reason,omitempty"`
	Incident  string `json:"incident,omitempty"`
	Random    []byte `json:"random,omitempty"`
	Challenge string `json:"challenge,omitempty"`
	Signature []byte `json:"signature,omitempty"`
}

// oddAnswer is the error of a call, with its number among the session's calls.
type oddAnswer struct {
	Call  uint64 `json:"call"`
	Class string `json:"class"`
	Text  string `json:"text"`
}

// classes are the errors of an exchange that its callers tell apart, by name.
var classes = []struct {
	name string
	err  error
}{
	{"rejected", exchange.ErrRejected}, {"throttled", exchange.ErrThrottled}, {"unknown", exchange.ErrUnknown},
	{"broken", exchange.ErrBroken}, {"unsupported", exchange.ErrUnsupported}, {"closed", exchange.ErrClosed},
}

// recording appends entries. Calls of the exchange and questions to the kill switch are
// counted, so that an answer is given again to the same one.
type recording struct {
	f       *os.File
	out     *bufio.Writer
	body    []byte
	buf     []byte
	calls   uint64
	pressed bool
	err     error // of the file, or errInert: what follows is not recorded
}

// openRecording continues the file of a state directory after its last whole entry.
func openRecording(path string) (*recording, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("session: %s: %s", path, plainFileError(err))
	}
	in := &recordReader{r: bufio.NewReaderSize(f, 1<<16)}
	for err == nil {
		_, _, err = in.next()
	}
	whence, at := io.SeekEnd, int64(0) // after what is damaged: it is for people to look at
	if err == errTorn || err == io.EOF {
		whence, at = io.SeekStart, in.read
		err = f.Truncate(at)
	} else if err == errDamaged {
		err = nil
	}
	if err == nil {
		_, err = f.Seek(at, whence)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("session: %s: %s", path, plainFileError(err))
	}
	return &recording{f: f, out: bufio.NewWriterSize(f, 1<<16)}, nil
}

// put appends an entry with the content that body appends.
func (r *recording) put(kind byte, body func(b []byte) []byte) {
	if r.err != nil {
		return
	}
	r.body = body(r.body[:0])
	r.buf = entry(r.buf[:0], kind, r.body)
	_, r.err = r.out.Write(r.buf)
}

func (r *recording) putJSON(kind byte, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic("BUG: an entry of the recording is no JSON: " + err.Error())
	}
	r.put(kind, func(b []byte) []byte { return append(b, text...) })
}

func (r *recording) putText(kind byte, text string) {
	r.put(kind, func(b []byte) []byte { return append(b, text...) })
}

// flush hands everything to the file.
func (r *recording) flush() {
	if r.err == nil {
		r.err = r.out.Flush()
	}
}

// Record is called with each record before the journal has it: what led to a line is on
// file before the line is.
func (r *recording) Record(*risk.Record, bool) error {
	r.flush()
	return nil
}

// end records nothing any more.
func (r *recording) end() {
	r.flush()
	if r.err == nil {
		r.err = errInert
	}
}

// errInert ends the recording of a session that cannot write its journal.
var errInert = errors.New("the session became inert")

func (r *recording) close() error {
	r.flush()
	return r.f.Close()
}

// answered counts a call and keeps an answer that is no success.
func (r *recording) answered(err error) error {
	if r.calls++; err != nil {
		class := ""
		for _, c := range classes {
			if errors.Is(err, c.err) {
				class = c.name
			}
		}
		r.putJSON(heardAnswer, oddAnswer{r.calls, class, err.Error()})
	}
	return err
}

// heard is an exchange of which everything is recorded.
type heard struct {
	replay
	rec *recording
}

func (h *heard) Submit(o *exchange.Order) error { return h.rec.answered(h.replay.Submit(o)) }
func (h *heard) Amend(a *exchange.Amend) error  { return h.rec.answered(h.replay.Amend(a)) }
func (h *heard) Cancel(id exchange.OrderID) error {
	return h.rec.answered(h.replay.Cancel(id))
}
func (h *heard) CancelAllAfter(d time.Duration) error {
	return h.rec.answered(h.replay.CancelAllAfter(d))
}
func (h *heard) Refresh() error { return h.rec.answered(h.replay.Refresh()) }

// Next records the event before anybody acts on it.
func (h *heard) Next(ctx context.Context, ev *exchange.Event) error {
	err := h.replay.Next(ctx, ev)
	switch err {
	case nil:
		h.rec.put(heardEvent, func(b []byte) []byte { return packEvent(b, ev) })
	case io.EOF:
		h.rec.putText(heardEnd, "")
	}
	return err
}

// heardKill is a kill switch whose answers are recorded where they change.
type heardKill struct {
	risk.KillSwitch
	rec *recording
}

func (h heardKill) Present() bool {
	pressed := h.KillSwitch.Present()
	if h.rec.calls++; pressed != h.rec.pressed {
		h.rec.pressed = pressed
		h.rec.put(heardSwitch, func(b []byte) []byte { return binary.AppendUvarint(b, h.rec.calls) })
	}
	return pressed
}

// recordStart writes what this session is made of. The journal's next line is its first.
func (s *session) recordStart(line uint64) {
	p, rec := s.plan, s.heard
	rec.putJSON(heardStart, lifeFacts{
		Schema: lifeSchema, Line: line, Started: s.began.UTC(), Restart: s.lives > 0, Table: tableOf(p.catalog, p.currency), FeePPM: p.feePPM,
		Facts: s.facts(), Limits: p.limits, Zone: p.zone.String(), DryRun: p.dryRun, ArmKey: p.armKey, Seed: p.config.Seed, Size: p.size, Slots: p.slotFacts(),
	})
	for _, of := range s.warmth {
		for i := range of.events {
			rec.put(heardWarm, func(b []byte) []byte { return packEvent(b, &of.events[i]) })
		}
	}
	rec.flush()
}

func (p *plan) slotFacts() (facts []slotFacts) {
	for i := range p.slots {
		sp := &p.slots[i]
		facts = append(facts, slotFacts{sp.name, sp.strategy, sp.mode, sp.settings, sp.instruments, sp.interval, sp.sharePPM})
	}
	return facts
}

// tableOf is a catalog as the journal writes it.
func tableOf(cat *exchange.Catalog, currency exchange.AssetID) journal.Table {
	t := journal.Table{Assets: cat.Assets, Currency: currency}
	for i := range cat.Instruments {
		t.Instruments = append(t.Instruments, cat.Instruments[i].Spec)
	}
	return t
}
