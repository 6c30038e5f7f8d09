package session

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
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

// armed breaks ground and leaves a session behind that was armed and traded.
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
