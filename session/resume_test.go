package session

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"breakwater/data/journal"
	"breakwater/risk"
)

func TestALostDayIsResumedOnTheNextOneWithAReason(t *testing.T) {
	t.Parallel()
	g := breakGround(t, "size: 0.0002", "slots: [{name: slow, strategy: sma-cross, set: {fast: 10, slow: 30}}]", marketLine(3), "speed: 2000x")
	text, err := os.ReadFile(g.config)
	ok(t, err)
	ok(t, os.WriteFile(g.config, []byte(strings.Replace(string(text), "{profile: kraken-bot}", "{file: risk.yaml}", 1)), 0o600))
	ok(t, os.WriteFile(filepath.Join(g.dir, "risk.yaml"), []byte("profile: kraken-bot\ndaily-loss: 0.20\n"), 0o600))
	b := g.start()
	b.arm()
	eventually(t, "the day is lost", func() bool { return b.status().Level == "REDUCE_ONLY" })
	refused := func(words string) {
		t.Helper()
		if code, _, errs := run(t, "resume", "--state", g.state, "--reason", "it was the market"); code != 3 || !strings.Contains(errs, words) {
			t.Errorf("exit code %d: %s; want 3 and %q", code, errs, words)
		}
	}
	st := b.status()
	if st.Latches[0].Control != "daily-loss" || !strings.Contains(st.Latches[0].WayOut, "breakwater resume") || !strings.Contains(st.Next, "breakwater resume") {
		t.Errorf("the latch is %+v, next: %s", st.Latches[0], st.Next)
	}
	refused("the day of the loss is not over; the next one begins at 2025-03-10T00:00:00Z")
	if code, _, errs := run(t, "resume", "--state", g.state); code != 2 || !strings.Contains(errs, "--reason") {
		t.Errorf("without a reason: exit code %d: %s", code, errs)
	}
	at := st.Time
	b.signal(syscall.SIGTERM)
	b.wait()

	b = g.up("--speed", "20000x")
	eventually(t, "the next day has come", func() bool { return later(t, b.status().Time, at, 24*time.Hour) })
	if st := b.status(); st.Level != "REDUCE_ONLY" {
		t.Errorf("it went on by itself: %s", st.Level)
	}
	if code, out, errs := run(t, "resume", "--state", g.state, "--reason", "it was the market"); code != 0 {
		t.Fatalf("on the next day: exit code %d: %s%s", code, out, errs)
	}
	lifted := 0
	g.walk(func(e *journal.Entry) {
		if r := e.Record; r != nil && r.Type == risk.RecLevel && r.Lift && r.Control == risk.DailyLoss {
			if lifted++; r.Text != "the next trading day: it was the market" {
				t.Errorf("lifted: %s", r.Text)
			}
		}
	})
	if lifted != 1 {
		t.Errorf("lifted %d times", lifted)
	}
	b.signal(syscall.SIGTERM)
	b.wait()
	if code, out, errs := run(t, "journal", "execute", "--state", g.state); code != 0 {
		t.Errorf("executed again: exit code %d: %s%s", code, out, errs)
	}
}
