package session

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"breakwater/data/journal"
	"breakwater/data/journal/faultfs"
	"breakwater/exchange"
	"breakwater/risk"
)

// journalHealth is the latch of that control; nil when it has none.
func journalHealth(st *Status) *Latch {
	for i := range st.Latches {
		if st.Latches[i].Control == "journal-health" {
			return &st.Latches[i]
		}
	}
	return nil
}

// journalSize is that of its only file.
func (g *ground) journalSize() int64 {
	g.t.Helper()
	info, err := os.Stat(filepath.Join(g.state, JournalDir, "00000001.jsonl"))
	ok(g.t, err)
	return info.Size()
}

// cramped runs a session whose files cannot grow beyond so many bytes.
func (g *ground) cramped(bytes int64, args ...string) *bot {
	g.t.Helper()
	limit := fmt.Sprintf(`ulimit -f %d; exec "$0" "$@"`, bytes/512)
	return g.startAs(exec.Command("sh", append([]string{"-c", limit, program, "trade", "--config", g.config}, args...)...))
}

func TestASessionThatCannotWriteItsJournalStaysUpInert(t *testing.T) {
	t.Parallel()
	g := breakGround(t, append(crowd, marketLine(3), "speed: 600x")...)
	b := g.start("--speed", "max")
	eventually(t, "denials have made the journal the largest file", func() bool { return g.journalSize() > 1<<20 })
	b.signal(syscall.SIGTERM)
	b.wait()
	b = g.start()
	b.arm()
	b.signal(syscall.SIGTERM)
	b.wait()

	b = g.cramped(g.journalSize()+32<<10, "--speed", "6000x")
	eventually(t, "the journal takes no more", func() bool { return journalHealth(b.status()) != nil })
	st := b.status()
	if l := journalHealth(st); l.Level != "HALTED" || !strings.Contains(l.Cause, "file too large") || !strings.Contains(st.Next, "mend the disk") {
		t.Errorf("the latch is %+v, next: %s", l, st.Next)
	}
	sent, lines := g.sent(), st.Journal.Seq
	eventually(t, "an hour of the market has passed", func() bool { return later(t, b.status().Time, st.Time, time.Hour) })
	if now := g.sent(); !slices.Equal(now, sent) || b.status().Journal.Seq != lines || !b.alive() {
		t.Errorf("an hour later %d orders more, %d lines more, alive %v", len(now)-len(sent), b.status().Journal.Seq-lines, b.alive())
	}
	cancelled := g.cancels()
	for id := range g.buysOnRecord() {
		if !cancelled[id] {
			t.Errorf("the entry %d was not taken back", id)
		}
	}
	for _, what := range []string{"arm", "flatten"} {
		if code, _, errs := run(t, what, "request", "--state", g.state, "--reason", "x"); code != 3 || !strings.Contains(errs, "record") {
			t.Errorf("%s request: exit code %d: %s", what, code, errs)
		}
	}
	if code, _, _ := run(t, "status", "--state", g.state, "--expect", "HALTED"); code != 0 {
		t.Errorf("status --expect HALTED: exit code %d", code)
	}
	if code, _, errs := run(t, "kill", "--state", g.state, "enough"); code != 0 {
		t.Fatal(errs)
	}
	b.killedWithin(time.Second, time.Now())
	eventually(t, "nothing is open", func() bool { return b.status().Orders.Open == 0 })
	b.signal(syscall.SIGTERM)
	if code := b.wait(); code != 1 || !strings.Contains(b.log.String(), "INERT") {
		t.Errorf("stopped: exit code %d: %s", code, b.log)
	}
	if st := g.status(); st.Running || !strings.Contains(st.Why, "stopped while inert") {
		t.Errorf("the last status says running %v, %q", st.Running, st.Why)
	}

	ok(t, os.Remove(filepath.Join(g.state, killName))) // no start in between has seen it
	for range 2 {
		b = g.up("--speed", "60x")
		if st := b.status(); st.Level != "HALTED" || !strings.Contains(journalHealth(st).Cause, "the session before could not write") {
			t.Errorf("after a restart with room it is %s: %+v", st.Level, st.Latches)
		}
		b.signal(syscall.SIGTERM)
		b.wait()
	}
	if _, levels := g.lines(); len(slices.DeleteFunc(levels, func(l string) bool { return !strings.HasPrefix(l, "HALTED journal-health") })) != 1 {
		t.Errorf("two starts, and not one activation: %v", levels)
	}
	b = g.up("--speed", "600x")
	b.arm()
	if st := b.status(); journalHealth(st) != nil {
		t.Errorf("after the ceremony: %+v", st.Latches)
	}
	b.signal(syscall.SIGTERM)
	b.wait()
	if code, out, errs := run(t, "journal", "execute", "--state", g.state); code != 0 {
		t.Errorf("executed again: exit code %d: %s%s", code, out, errs)
	}
}

// buysOnRecord are the entries that are open at the journal's end.
func (g *ground) buysOnRecord() map[exchange.OrderID]bool {
	open := map[exchange.OrderID]bool{}
	g.walk(func(e *journal.Entry) {
		switch r := e.Record; {
		case r == nil:
		case r.Type == risk.RecIntent && r.Order.Side == exchange.Buy && r.Text == "":
			open[r.Order.ID] = true
		case (r.Type == risk.RecOrder || r.Type == risk.RecFill) && r.Event.State.Done():
			delete(open, r.Event.Order)
		}
	})
	return open
}

// cancels are the orders of which the venue was told to take them back.
func (g *ground) cancels() map[exchange.OrderID]bool {
	g.t.Helper()
	f, err := os.Open(filepath.Join(g.state, recordName))
	ok(g.t, err)
	defer f.Close()
	ids, in := map[exchange.OrderID]bool{}, &recordReader{r: bufio.NewReader(f)}
	for {
		kind, content, err := in.next()
		if err == io.EOF || err == errTorn {
			return ids
		}
		ok(g.t, err)
		if kind == entryCancel {
			id, _ := binary.Varint(content)
			ids[exchange.OrderID(id)] = true
		}
	}
}

// The journal's own last line halts the next start, also where the writer could not leave
// the guard's halt behind it.
func TestAFullDiskIsRememberedByTheNextStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		last  *risk.Record
		cause string
	}{
		"with the guard's halt": {diskFull(), "the disk was full"},
		"with the mark alone":   {nil, "nothing more is recorded"},
	} {
		t.Run(name, func(t *testing.T) {
			g := breakGround(t, append(busy, marketLine(3), "speed: 600x")...)
			b := g.up()
			b.signal(syscall.SIGTERM)
			b.wait()
			path := filepath.Join(g.state, JournalDir, "00000001.jsonl")
			content, err := os.ReadFile(path)
			ok(t, err)
			disk := &faultfs.FS{}
			disk.Put("00000001.jsonl", content)
			rec, err := journal.Recover(disk, journal.Options{BallastBytes: 4096, LastWord: c.last})
			ok(t, err)
			for _, err := range rec.Entries() {
				ok(t, err)
			}
			cat, err := rec.Table().Catalog()
			ok(t, err)
			w, err := rec.Writer(cat, rec.Table().Currency)
			ok(t, err)
			disk.Capacity = int64(len(content)) + 4096 + 100
			if err := w.Record(&risk.Record{Type: risk.RecNote, Time: 1, Text: strings.Repeat("x", 200), Instrument: exchange.None, Slot: -1}, true); err == nil {
				t.Fatal("the disk took it")
			}
			ok(t, os.WriteFile(path, disk.Bytes("00000001.jsonl"), 0o600))

			b = g.up()
			for range 2 {
				if st := b.status(); st.Level != "HALTED" || journalHealth(st) == nil || !strings.Contains(journalHealth(st).Cause, c.cause) {
					t.Errorf("it is %s: %+v", st.Level, st.Latches)
				}
				b.signal(syscall.SIGKILL)
				b.wait()
				b = g.up()
			}
			b.signal(syscall.SIGTERM)
			b.wait()
			if code, out, errs := run(t, "journal", "execute", "--state", g.state); code != 0 {
				t.Errorf("executed again: exit code %d: %s%s", code, out, errs)
			}
		})
	}
}

// On a real full disk the session stays up, and the journal has its halt.
func TestAFullFileSystemHaltsASessionAndItsJournalSaysSo(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt").CombinedOutput(); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v: %s", err, out)
	}
	g := breakGround(t, append(crowd, marketLine(3), "speed: max")...)
	script := `set -u
mkdir -p -m 700 "$1" "$1/journal"
mount -t tmpfs -o size=1300k,mode=700 none "$1/journal" || exit 9
"$0" trade --config "$2" --for 2s; echo "exit code $?"
"$0" status --state "$1" --json > "$3"
rm -f "$1/journal.fault" # the journal itself remembers
mount -o remount,size=16m "$1/journal" || exit 9
"$0" journal show --state "$1" --type full --type level | tail -n 2
"$0" trade --config "$2" --speed 60x --for 500ms; echo "exit code $?"
"$0" status --state "$1"`
	out, err := exec.Command("unshare", "-rm", "sh", "-c", script, program, g.state, g.config, filepath.Join(g.dir, "status.json")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"no space left on device", "INERT", "exit code 1\n", "HALTED by journal-health", "exit code 0\n", "HALTED journal-health, global"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	status, err := os.ReadFile(filepath.Join(g.dir, "status.json"))
	ok(t, err)
	if !strings.Contains(string(status), "stopped while inert") {
		t.Errorf("the status is\n%s", status)
	}
}

// A file that people look at and that cannot be written halts, and the session goes on to
// try.
func TestAStatusThatCannotBeWrittenHalts(t *testing.T) {
	t.Parallel()
	g := breakGround(t, append(busy, marketLine(3), "speed: 60x")...)
	b := g.up()
	blocked := filepath.Join(g.state, statusName+".tmp")
	eventually(t, "the way is blocked", func() bool { return os.Mkdir(blocked, 0o700) == nil })
	eventually(t, "the journal has the halt", func() bool {
		_, levels := g.lines()
		return slices.ContainsFunc(levels, func(l string) bool {
			return strings.HasPrefix(l, "HALTED journal-health") && strings.Contains(l, statusName)
		})
	})
	ok(t, os.Remove(blocked))
	eventually(t, "the status tells it", func() bool { return journalHealth(b.status()) != nil })
	b.signal(syscall.SIGTERM)
	if code := b.wait(); code != 0 {
		t.Errorf("a clean stop: exit code %d: %s", code, b.log)
	}
	if code, out, errs := run(t, "journal", "execute", "--state", g.state); code != 0 {
		t.Errorf("executed again: exit code %d: %s%s", code, out, errs)
	}
}

// A process that stood still with lines that were not on the disk yet has told of them.
func TestLinesThatWaitTooLongForTheDiskHalt(t *testing.T) {
	t.Parallel()
	g := breakGround(t, append(crowd, marketLine(3), "speed: 6000x")...)
	b := g.up()
	eventually(t, "it stood still with lines that wait", func() bool {
		b.signal(syscall.SIGSTOP)
		time.Sleep(lagMost + 50*time.Millisecond) // what is tested is that real time passed
		b.signal(syscall.SIGCONT)
		written := b.status().Written
		eventually(t, "it has looked around", func() bool { return b.status().Written.After(written) })
		return journalHealth(b.status()) != nil
	})
	if l := journalHealth(b.status()); l.Level != "HALTED" || !strings.Contains(l.Cause, "have waited 1.") {
		t.Errorf("%+v", l)
	}
}
