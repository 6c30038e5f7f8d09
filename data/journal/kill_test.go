package journal_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"breakwater/data/journal"
	"breakwater/data/journal/osfs"
	"breakwater/exchange"
)

// childVariable names the directory in which the test binary is the process to be killed.
const childVariable = "BREAKWATER_JOURNAL_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		fmt.Println(child(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// child recovers the journal and writes to it until it is killed, telling each line that
// Record acknowledged.
func child(dir string) error {
	fmt.Println("started")
	fs, err := osfs.Open(dir)
	if err != nil {
		return err
	}
	opt := killOptions
	recovery, err := journal.Recover(fs, opt)
	if err != nil {
		return err
	}
	w, err := recovery.Writer(journal.TestCatalog(), 1)
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(w.Head().Seq, 3))
	for i := 0; ; i++ {
		r := typical(i)
		if err := w.Record(&r, rng.IntN(4) == 0); err != nil {
			return err
		}
		fmt.Println(w.Head())
	}
}

var killOptions = journal.Options{SegmentBytes: 6_000, BallastBytes: 100_000, Now: exchange.Seconds(1_600_000_000)}

func TestAKilledProcessLosesNothingAcknowledged(t *testing.T) {
	kills := 200
	if testing.Short() {
		kills = 20
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := seeded(seed)
	dir := filepath.Join(t.TempDir(), "journal")
	var acked journal.Head
	torn, began := 0, time.Now()
	for n := range kills {
		if told := killed(t, dir, rng.IntN(40)); told.Seq > 0 {
			acked = told
		}
		d, err := osfs.OpenToRead(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		report, err := journal.Verify(d, &acked)
		if err != nil {
			t.Fatalf("kill %d, %s acknowledged: %v", n, acked, err)
		}
		if report.Torn != nil {
			torn++
		}
	}
	d, err := osfs.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	opt := killOptions
	opt.Anchor = &acked
	w := writer(t, d, opt)
	t.Logf("%d kills, %d lines, %d torn ends, %.1f s", kills, w.Head().Seq, torn, time.Since(began).Seconds())
	if w.Head().Seq < uint64(kills) {
		t.Errorf("only %d lines were written: the test killed too early", w.Head().Seq)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// killed runs a child, kills it after it has told n lines, and returns the last that it
// told.
func killed(t *testing.T, dir string, n int) (last journal.Head) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// what the child told before it died counts, read or not
	lines := bufio.NewScanner(out)
	for i := 0; lines.Scan(); i++ {
		switch text := lines.Text(); {
		case text == "started":
		case !strings.Contains(text, ":") || strings.Contains(text, " "):
			t.Errorf("the child says %s", text)
		default:
			if h, err := journal.ParseHead(text); err == nil {
				last = h
			}
		}
		if i == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
	return last
}
