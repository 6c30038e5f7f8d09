package krakend

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/gofrs/flock"

	"breakwater/exchange"
)

// The state file is everything that the venue was told, in order: one line of JSON for
// each private request, each trading request over WebSocket, each command of the control interface and each passing of time at
// which something was due. The venue has no other input, so that who tells it the same
// again has the same venue: orders, balances, fills, ledger, identifiers, keys, nonces,
// counters, tokens. A line is with the operating system before the venue acts on it and
// long before anybody is answered: killing the process loses nothing that was answered.
// A line that was cut by the end of the process is taken off; any other damage is refused.
//
// The first line says what the venue was made of. The file holds the secrets of the keys
// and is for its owner only.

// entry is a line of the state file.
type entry struct {
	Do   string         `json:"do"`   // entryBegin and its kin
	At   exchange.Stamp `json:"t"`    // the venue's time
	Wall int64          `json:"wall"` // ours, in milliseconds of unix time
	// Marks are how many identifiers and trades the venue had made: a venue that has made
	// others on the way here is not the one that wrote the file.
	Marks [2]uint64 `json:"n"`

	Name   string          `json:"name,omitempty"` // of the call or the command
	Key    string          `json:"key,omitempty"`
	IP     string          `json:"ip,omitempty"`
	Signed bool            `json:"signed,omitempty"`
	Params params          `json:"p,omitempty"`
	Body   json.RawMessage `json:"body,omitempty"`
}

// The kinds of lines.
const (
	entryBegin   = "begin"
	entryTime    = "time"
	entryCall    = "call"
	entryCommand = "command"
	entryStream  = "stream"
)

// stateFormat is the version of the file.
const stateFormat = 1

// longestEntry bounds a line: a feed that was loaded is the longest.
const longestEntry = 4 * mostFeedBytes

// beginning is the body of the first line.
type beginning struct {
	Format          int             `json:"format"`
	Seed            uint64          `json:"seed"`
	Start           time.Time       `json:"start"`
	Pairs           []beginningPair `json:"pairs"`
	Rules           string          `json:"rules"` // SHA-256
	PostOnlyRejects bool            `json:"post_only_rejects"`
	HistoryCost     float64         `json:"history_cost"`
	Accounts        []Account       `json:"accounts"`
	Speed           float64         `json:"speed"`
	Lockstep        bool            `json:"lockstep"`
}

type beginningPair struct {
	Symbol string `json:"symbol"`
	Preset string `json:"preset,omitempty"`
	Source string `json:"source,omitempty"`
	Bare   bool   `json:"bare,omitempty"`
}

func (cfg *Config) beginning() beginning {
	b := beginning{
		Format: stateFormat, Seed: cfg.Seed, Start: cfg.Start, PostOnlyRejects: cfg.PostOnlyRejects, HistoryCost: cfg.HistoryCost, Accounts: cfg.Accounts,
		Speed: cfg.Speed, Lockstep: cfg.Lockstep,
	}
	for _, p := range cfg.Pairs {
		b.Pairs = append(b.Pairs, beginningPair{p.Symbol, p.Preset, p.Source, p.Bare})
	}
	sum := sha256.Sum256(cfg.Rules)
	b.Rules = hex.EncodeToString(sum[:])
	return b
}

// differs names the first thing that two beginnings do not share; "": none. The clock may
// differ: it is set anew at each start.
func (b *beginning) differs(given *beginning) string {
	same := func(x, y any) bool {
		p, _ := json.Marshal(x)
		q, _ := json.Marshal(y)
		return bytes.Equal(p, q)
	}
	switch {
	case b.Format != given.Format:
		return "format of the file"
	case b.Seed != given.Seed:
		return "seed"
	case !same(b.Pairs, given.Pairs):
		return "market: pairs, presets or data"
	case b.Rules != given.Rules:
		return "recorded AssetPairs"
	case b.PostOnlyRejects != given.PostOnlyRejects:
		return "treatment of post-only orders"
	case b.HistoryCost != given.HistoryCost:
		return "cost of history calls"
	case !same(b.Accounts, given.Accounts):
		return "accounts at the start"
	case !given.Start.IsZero() && !b.Start.Equal(given.Start):
		return "start"
	}
	return ""
}

// stateFile is the file of a venue that runs.
type stateFile struct {
	file  *os.File
	lock  *flock.Flock
	lines int
	size  int64 // of its whole lines
}

// openState opens or makes a state file and reads its first line; begin is nil when the
// file is new. No other process has it then.
func openState(path string) (f *stateFile, lines *bufio.Scanner, begin *beginning, err error) {
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	held, err := lock.TryLock()
	if err != nil {
		return nil, nil, nil, fmt.Errorf("krakend: state file %s: %w", path, err)
	}
	if !held {
		return nil, nil, nil, fmt.Errorf("krakend: state file %s is in use by another venue; stop that one, or give another file", path)
	}
	defer func() {
		if err != nil {
			lock.Unlock()
		}
	}()
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("krakend: state file: %w", err)
	}
	f = &stateFile{file: file, lock: lock}
	lines = bufio.NewScanner(file)
	lines.Buffer(make([]byte, 64<<10), longestEntry)
	lines.Split(f.whole)
	if !lines.Scan() {
		return f, lines, nil, lines.Err()
	}
	var e entry
	begin = &beginning{}
	if err = strict(lines.Bytes(), &e); err == nil {
		err = strict(e.Body, begin)
	}
	if err != nil || e.Do != entryBegin {
		file.Close()
		return nil, nil, nil, fmt.Errorf("krakend: %s is no state file of a venue: its first line does not say how one began; give another file", path)
	}
	if begin.Format != stateFormat {
		file.Close()
		return nil, nil, nil, fmt.Errorf("krakend: %s has format %d, this program writes format %d; begin a new file", path, begin.Format, stateFormat)
	}
	return f, lines, begin, nil
}

// whole cuts lines that end; a rest without an end is left, to be taken off.
func (f *stateFile) whole(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		f.lines++
		f.size += int64(i + 1)
		return i + 1, data[:i], nil
	}
	if atEOF {
		return len(data), nil, nil
	}
	return 0, nil, nil
}

// strict decodes JSON that knows every field.
func strict(text []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one value")
	}
	return nil
}

// cut takes off what a killed process has not finished, and stands at the end.
func (f *stateFile) cut() (bytes int64, err error) {
	end, err := f.file.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	if err := f.file.Truncate(f.size); err != nil {
		return 0, err
	}
	_, err = f.file.Seek(f.size, io.SeekStart)
	return end - f.size, err
}

// write adds a line.
func (f *stateFile) write(e *entry) error {
	line, err := marshal(e)
	if err != nil {
		return err
	}
	if _, err := f.file.Write(append(line, '\n')); err != nil {
		return err
	}
	f.lines++
	f.size += int64(len(line) + 1)
	return nil
}

// close leaves the file on the disk.
func (f *stateFile) close() error {
	err := errors.Join(f.file.Sync(), f.file.Close())
	return errors.Join(err, f.lock.Unlock())
}

// marks are what entry.Marks tells.
func (c *core) marks() [2]uint64 { return [2]uint64{c.ids.n, c.venue.Trades()} }

// record writes what the venue is about to do. A venue that cannot write stops: the error
// is kept, and whoever asked is answered that the service is unavailable.
func (c *core) record(e entry) error {
	if c.state == nil || c.within || c.failed != nil {
		return c.failed
	}
	if e.Marks = c.marks(); e.At == 0 {
		e.At = c.now
	}
	if e.Wall == 0 {
		e.Wall = time.Now().UnixMilli()
	}
	if err := c.state.write(&e); err != nil {
		c.failed = fmt.Errorf("krakend: the state file cannot be written: %w; the venue stops, as it could not come back to where it was", err)
	}
	return c.failed
}

// isDue reports whether anything happens by itself up to an instant.
func (c *core) isDue(to exchange.Stamp) bool {
	return c.nextTick <= to || c.venue.NextDue() <= to ||
		slices.ContainsFunc(c.scheduled, func(o *order) bool { return o.starts <= to }) ||
		slices.ContainsFunc(c.accounts, func(a *account) bool { return a.deadMan != 0 && a.deadMan <= to })
}

// retell tells the venue again what a file holds. It returns our time of the last line.
func (c *core) retell(path string, f *stateFile, lines *bufio.Scanner) (last time.Time, err error) {
	c.hub.outgoing = func(*socket, string, []byte) [][]byte { return nil } // who asked is gone
	defer func() { c.hub.outgoing = nil }()
	for lines.Scan() {
		wrong := func(format string, args ...any) error {
			return fmt.Errorf("krakend: %s:%d: %s", path, f.lines, fmt.Sprintf(format, args...))
		}
		var e entry
		if err := strict(lines.Bytes(), &e); err != nil {
			return last, wrong("the line is damaged (%v); take a copy of the file from before, or begin a new one", err)
		}
		if have := c.marks(); e.Marks != have {
			return last, wrong("the venue has made %d names and %d trades up to here, the file says %d and %d: it was written with other data or by another version; begin a new one", have[0], have[1], e.Marks[0], e.Marks[1])
		}
		last = time.UnixMilli(e.Wall)
		c.advance(e.At)
		switch e.Do {
		case entryTime:
		case entryCall:
			call, ok := privateCalls[e.Name]
			if !ok {
				return last, wrong("there is no call %q in this version; begin a new file", e.Name)
			}
			if e.Params == nil {
				e.Params = params{}
			}
			_, _ = c.serve(&request{params: e.Params, name: e.Name, ip: e.IP, public: e.Key, signed: e.Signed, otpAt: last}, &call) // who asked has his answer
		case entryStream:
			if err := c.restream(&e); err != nil {
				return last, wrong("%v; begin a new file", err)
			}
		case entryCommand:
			if _, ok := commands[e.Name]; !ok {
				return last, wrong("there is no command %q in this version; begin a new file", e.Name)
			}
			_, _ = c.command(e.Name, e.Body)
		default:
			return last, wrong("there is no kind of line %q in this version; begin a new file", e.Do)
		}
	}
	if err := lines.Err(); err != nil {
		return last, fmt.Errorf("krakend: %s: %w", path, err)
	}
	return last, nil
}

// resume makes a server that keeps a state file: a new one, or the one that the file tells of.
func (s *Server) resume() (err error) {
	cfg := &s.config
	file, lines, begin, err := openState(cfg.State)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			file.close()
		}
	}()
	speed, lockstep := cfg.Speed, cfg.Lockstep
	if begin != nil {
		given := cfg.beginning()
		given.Format = stateFormat
		if what := begin.differs(&given); what != "" {
			return fmt.Errorf("krakend: state file %s was begun with another %s; start with the same settings, or with a new file", cfg.State, what)
		}
		cfg.Start, cfg.Speed, cfg.Lockstep = begin.Start, begin.Speed, begin.Lockstep
	}
	if cfg.Start.IsZero() {
		cfg.Start = time.Now()
	}
	if err = s.build(); err != nil {
		return err
	}
	c := s.core
	c.pace = pace{cfg.Speed, cfg.Lockstep, time.Now(), c.now}
	if begin == nil {
		if _, err = file.cut(); err != nil {
			return fmt.Errorf("krakend: state file: %w", err)
		}
		c.state = file
		body, _ := json.Marshal(cfg.beginning())
		return c.record(entry{Do: entryBegin, Body: body})
	}
	last, err := c.retell(cfg.State, file, lines)
	if err != nil {
		return err
	}
	torn, err := file.cut()
	if err != nil {
		return fmt.Errorf("krakend: state file: %w", err)
	}
	fmt.Fprintf(cfg.Log, "the venue is back where %s left it, at %v: %d lines told again", cfg.State, c.now, file.lines)
	if torn > 0 {
		fmt.Fprintf(cfg.Log, "; %d bytes of a line that was never finished are taken off", torn)
	}
	fmt.Fprintln(cfg.Log)
	c.state = file
	c.pace.real, c.pace.venue = time.Now(), c.now
	if !c.pace.lockstep && !lockstep {
		// Between the last line and the end less than a tick passed, in which nothing happened
		// but the clock: it must not go back.
		c.advance(c.nextTick - 1)
		c.pace.venue = c.now
		if speed == 1 && c.pace.speed == 1 {
			c.pace.real = last
		}
	}
	if speed != c.pace.speed || lockstep != c.pace.lockstep {
		c.order("PUT /sim/clock", clockChange{Speed: &speed, Lockstep: &lockstep})
	}
	return c.failed
}

// leave closes the state file behind a last line with the time.
func (c *core) leave() {
	if c.state == nil {
		return
	}
	c.record(entry{Do: entryTime})
	if err := c.state.close(); err != nil && c.failed == nil {
		c.failed = fmt.Errorf("krakend: state file: %w", err)
	}
	c.state = nil
}

// recordStream writes down a trading request over WebSocket. Who it speaks for stands in
// the place of its token, whose life hangs on connections that end with the process.
func (c *core) recordStream(k *apiKey, q *inquiry) error {
	if c.state == nil {
		return nil
	}
	fields := maps.Clone(q.params)
	delete(fields, "token")
	body, err := marshal(fields)
	if err != nil {
		return err
	}
	return c.record(entry{Do: entryStream, Name: q.method, Key: k.Public, Body: body})
}

// restream carries out a trading request of the file.
func (c *core) restream(e *entry) error {
	call, ok := tradingCalls[e.Name]
	key := c.keys.find(e.Key)
	q := &inquiry{method: e.Name, at: c.now}
	d := json.NewDecoder(bytes.NewReader(e.Body))
	d.UseNumber()
	if !ok || key == nil || d.Decode(&q.params) != nil {
		return fmt.Errorf("there is no request %q of a key %q in this version", e.Name, e.Key)
	}
	call.run(c, &socket{}, q, key.account)
	return nil
}
