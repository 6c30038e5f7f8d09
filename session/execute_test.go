package session

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"breakwater/exchange"
	"breakwater/risk"
)

// execute runs the program's own command.
func (g *ground) execute(args ...string) (code int, done []Execution, errs string) {
	g.t.Helper()
	code, out, errs := run(g.t, append([]string{"journal", "execute", "--json", "--state", g.state}, args...)...)
	if code < 2 {
		if err := json.Unmarshal([]byte(out), &done); err != nil {
			g.t.Fatalf("exit code %d: %v: %s%s", code, err, out, errs)
		}
	}
	return code, done, errs
}

// executesAlike holds the execution of all recorded sessions against the journal.
func (g *ground) executesAlike() {
	g.t.Helper()
	code, done, errs := g.execute()
	if code != 0 {
		g.t.Errorf("executed again: exit code %d: %s", code, errs)
	}
	for _, e := range done {
		if !e.Same {
			g.t.Errorf("executed again: session %d from line %d on: %s instead of %s %s", e.Session, e.Line, e.Digest, e.Journal, e.Why)
		}
	}
}

// tradedGround breaks ground for a session that is armed and trades.
func tradedGround(t *testing.T) (*ground, *bot) {
	t.Helper()
	g := breakGround(t, append(crowd, marketLine(3), "speed: 2000x")...)
	b := g.start()
	b.arm()
	eventually(t, "something was traded", func() bool { return b.status().Orders.Trades > 3 })
	return g, b
}

func TestRecordedSessionsAreExecutedAgainToTheSameDigest(t *testing.T) {
	t.Parallel()
	g, b := tradedGround(t)
	b.signal(syscall.SIGTERM)
	b.wait()

	b = g.start("--speed", "max") // goes on armed; the second session is killed by its file
	before := b.status().Orders.Trades
	eventually(t, "the second traded too", func() bool { return b.status().Orders.Trades > before+3 })
	ok(t, os.WriteFile(filepath.Join(g.state, killName), []byte("the owner's hand\n"), 0o600))
	eventually(t, "the level is KILLED", func() bool { return b.status().Level == "KILLED" })
	b.signal(syscall.SIGKILL)
	b.wait()

	b = g.start() // the third one comes back after a kill -9
	b.signal(syscall.SIGTERM)
	b.wait()

	code, done, errs := g.execute()
	if code != 0 || len(done) != 3 {
		t.Fatalf("exit code %d: %+v %s", code, done, errs)
	}
	for _, e := range done {
		if !e.Same || e.Digest == "" || e.Digest != e.Journal || e.Events == 0 {
			t.Errorf("session %d: %+v", e.Session, e)
		}
	}
	if done[0].Orders == 0 || done[0].Fills == 0 || done[1].Fills == 0 {
		t.Errorf("too little happened to prove anything: %+v", done)
	}
	if want := g.status().Digest; done[2].Digest != want {
		t.Errorf("the last session told %s, the execution %s", want, done[2].Digest)
	}
	if info, err := os.Stat(filepath.Join(g.state, recordingName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// moody is an exchange that throttles its second order, loses its fourth, and cannot cancel.
type moody struct {
	replay
	orders int
}

func (m *moody) Submit(*exchange.Order) error {
	switch m.orders++; m.orders {
	case 2:
		return fmt.Errorf("EAPI: %w", exchange.ErrThrottled)
	case 4:
		return exchange.ErrUnknown
	}
	return nil
}

func (m *moody) Cancel(exchange.OrderID) error { return errors.New("no") }

// oneIn is a kill switch that is present at every third question.
type oneIn struct{ asked int }

func (o *oneIn) Present() bool {
	o.asked++
	return o.asked%3 == 0
}

// Answers are given again to the same call, whatever lies between: nothing is recorded for
// those that went well.
func TestOddAnswersAreGivenAgainToTheSameCalls(t *testing.T) {
	path := filepath.Join(t.TempDir(), recordingName)
	rec, err := openRecording(path)
	ok(t, err)
	calls := func(ex exchange.Exchange, kill risk.KillSwitch) (told []string) {
		for range 4 {
			for range 2 {
				told = append(told, fmt.Sprint(kill.Present()))
			}
			err := ex.Submit(&exchange.Order{})
			told = append(told, fmt.Sprint(err, errors.Is(err, exchange.ErrThrottled), errors.Is(err, exchange.ErrUnknown)))
		}
		return append(told, fmt.Sprint(ex.Cancel(1)))
	}
	want := calls(&heard{&moody{}, rec}, heardKill{&oneIn{}, rec})
	ok(t, rec.close())
	f, err := os.Open(path)
	ok(t, err)
	defer f.Close()
	x := &execution{in: recordReader{r: bufio.NewReader(f)}}
	x.advance()
	got := calls(x, x)
	if !slices.Equal(got, want) {
		t.Errorf("answers\n%q, want\n%q", got, want)
	}
	if x.err != io.EOF {
		t.Errorf("entries are left: %q %v", x.kind, x.err)
	}
}

func TestExecutionShowsWhatWasChanged(t *testing.T) {
	t.Parallel()
	g, b := tradedGround(t)
	b.signal(syscall.SIGTERM)
	b.wait()
	if code, done, errs := g.execute("--config", g.config); code != 0 {
		t.Fatalf("with the same file: exit code %d: %+v %s", code, done, errs)
	}

	config, err := os.ReadFile(g.config)
	ok(t, err)
	ok(t, os.WriteFile(g.config, bytes.Replace(config, []byte("slow: 3"), []byte("slow: 9"), 1), 0o600))
	if code, done, errs := g.execute("--config", g.config); code != 1 || len(done) != 1 || done[0].Same {
		t.Errorf("with another parameter: exit code %d: %+v %s", code, done, errs)
	}
	if code, _, errs := g.execute(); code != 0 {
		t.Errorf("the file is not asked unless it is given: exit code %d: %s", code, errs)
	}

	path := filepath.Join(g.state, recordingName)
	whole, err := os.ReadFile(path)
	ok(t, err)
	ok(t, os.WriteFile(path, whole[:len(whole)-3], 0o600))
	if code, done, errs := g.execute(); code > 1 {
		t.Errorf("with a torn end: exit code %d: %+v %s", code, done, errs)
	}
	for _, at := range []int{len(whole) / 4, len(whole) / 2, len(whole) - 200} {
		changed := bytes.Clone(whole)
		changed[at] ^= 1
		ok(t, os.WriteFile(path, changed, 0o600))
		if code, _, errs := g.execute(); code != 3 || !strings.Contains(errs, "damaged at byte") {
			t.Errorf("byte %d changed: exit code %d: %s", at, code, errs)
		}
	}
	ok(t, os.Remove(path))
	if code, _, errs := g.execute(); code != 2 || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "nothing was recorded") {
		t.Errorf("without a recording: exit code %d: %s", code, errs)
	}
}
