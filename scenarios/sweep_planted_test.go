//go:build planted

package scenarios

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"breakwater/internal/planted"
)

// How many seeds a mistake may hide from, and how many mistakes must be found.
const (
	sweepSeeds   = 500
	sweepFindsOf = 25
)

// What a seed may take, in a process of its own: one that takes more shows nothing.
const (
	seedSeconds   = 20
	seedHeapBytes = 1 << 30
)

// asked is a run that the test wants of a process of its own, which makes one mistake at a
// time: a seed is a find when it is red with the mistake and green without.
type asked struct {
	Bug  planted.Bug
	Seed uint64
}

// ran is what that has shown.
type ran struct {
	Met    int
	Failed string // what did not hold first
	Gone   bool   // it took too long, or too much memory
}

// TestMain is also the process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("BREAKWATER_PLANTED") == "" {
		os.Exit(m.Run())
	}
	go watchHeap()
	debug.SetGCPercent(300)
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for a := (asked{}); in.Decode(&a) == nil; {
		planted.Select(a.Bug)
		w := Sweep(a.Seed)
		r := ran{Met: planted.Met()}
		if len(w.Failed) > 0 {
			r.Failed = w.Failed[0]
		}
		_ = out.Encode(r)
	}
}

// watchHeap ends the process when it grows beyond all measure.
func watchHeap() {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	for {
		time.Sleep(100 * time.Millisecond)
		if metrics.Read(s); s[0].Value.Uint64() > seedHeapBytes {
			os.Exit(1)
		}
	}
}

// runner is such a process, started anew when it is gone.
type runner struct {
	cmd *exec.Cmd
	to  io.WriteCloser
	out *bufio.Reader
}

func (r *runner) start() error {
	r.cmd = exec.Command(os.Args[0])
	r.cmd.Env, r.cmd.Stderr = append(os.Environ(), "BREAKWATER_PLANTED=1", "GOMAXPROCS=1"), nil
	to, err := r.cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	r.to, r.out = to, bufio.NewReader(out)
	return r.cmd.Start()
}

func (r *runner) stop() {
	if r.cmd != nil {
		_ = r.to.Close()
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
		r.cmd = nil
	}
}

// run asks for one run; the process that takes too long for it is ended.
func (r *runner) run(a asked) (ran, error) {
	if r.cmd == nil {
		if err := r.start(); err != nil {
			return ran{}, err
		}
	}
	process := r.cmd.Process
	budget := time.AfterFunc(seedSeconds*time.Second, func() { _ = process.Kill() })
	defer budget.Stop()
	var answer ran
	line, err := "", json.NewEncoder(r.to).Encode(a)
	if err == nil {
		line, err = r.out.ReadString('\n')
	}
	if err != nil {
		r.stop()
		return ran{Gone: true}, nil
	}
	return answer, json.Unmarshal([]byte(line), &answer)
}

// hunt looks for the first seed that shows a mistake, with all processes.
type hunt struct {
	all   []*runner
	mu    sync.Mutex
	clean map[uint64]ran // seeds without any mistake
}

// found is a find; Seed 0: none.
type found struct {
	Seed  uint64
	By    string
	Met   int // runs in which the mistake was made
	Runs  int
	Ill   []uint64 // seeds that are red, or gone, by themselves
	Gone  []uint64 // gone with the mistake only
	Error error
}

func (h *hunt) find(b planted.Bug, first uint64) (f found) {
	next := first
	var wait sync.WaitGroup
	for _, r := range h.all {
		wait.Go(func() {
			for {
				h.mu.Lock()
				seed := next + 1
				next++
				over := f.Seed != 0 || seed > first+sweepSeeds || f.Error != nil
				h.mu.Unlock()
				if over {
					return
				}
				with, err := r.run(asked{b, seed})
				var without ran
				suspect := with.Met > 0 && with.Failed != "" || with.Gone
				if err == nil && suspect {
					without, err = h.cleanly(r, seed)
				}
				h.mu.Lock()
				f.Error = errors.Join(f.Error, err)
				f.Runs++
				if with.Met > 0 {
					f.Met++
				}
				switch {
				case suspect && (without.Gone || without.Failed != "") || with.Met == 0 && with.Failed != "":
					f.Ill = append(f.Ill, seed)
				case with.Gone:
					f.Gone = append(f.Gone, seed)
				case suspect && (f.Seed == 0 || seed < f.Seed):
					f.Seed, f.By = seed, with.Failed
				}
				h.mu.Unlock()
			}
		})
	}
	wait.Wait()
	return f
}

// cleanly is a seed without any mistake, run once for all.
func (h *hunt) cleanly(r *runner, seed uint64) (ran, error) {
	h.mu.Lock()
	was, has := h.clean[seed]
	h.mu.Unlock()
	if has {
		return was, nil
	}
	now, err := r.run(asked{planted.None, seed})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clean[seed] = now
	return now, err
}

// Each mistake is made alone; the sweep looks until its first find. BREAKWATER_SEED is
// where the seeds begin, BREAKWATER_BUGS names mistakes to look for only.
func TestTheSweepFindsPlantedMistakes(t *testing.T) {
	first, _ := strconv.ParseUint(os.Getenv("BREAKWATER_SEED"), 10, 62)
	h := hunt{clean: map[uint64]ran{}}
	for range runtime.GOMAXPROCS(0) {
		r := &runner{}
		defer r.stop()
		h.all = append(h.all, r)
	}
	bugs := planted.All()
	if only := os.Getenv("BREAKWATER_BUGS"); only != "" {
		bugs = slices.DeleteFunc(bugs, func(b planted.Bug) bool { return !slices.Contains(strings.Split(only, ","), b.String()) })
	}
	finds := 0
	var missed []string
	for _, b := range bugs {
		began := time.Now()
		f := h.find(b, first)
		if f.Error != nil {
			t.Fatal(f.Error)
		}
		text := "not found"
		if f.Seed != 0 {
			text = fmt.Sprintf("seed %d: %.160s", f.Seed, f.By)
			finds++
		} else {
			missed = append(missed, b.String())
		}
		if len(f.Ill) > 0 {
			text += fmt.Sprintf(" (not counted: %d are ill by themselves)", f.Ill)
		}
		if len(f.Gone) > 0 {
			text += fmt.Sprintf(" (not counted: %d took too much)", f.Gone)
		}
		t.Logf("%2d %-22s %3d of %3d runs made it, %5.1f s: %s", b, b, f.Met, f.Runs, time.Since(began).Seconds(), text)
	}
	t.Logf("the sweep finds %d of %d within %d seeds; not: %s", finds, len(bugs), sweepSeeds, strings.Join(missed, ", "))
	if finds < min(sweepFindsOf, len(bugs)) {
		t.Errorf("%d are found, at least %d must be", finds, sweepFindsOf)
	}
}

// What reduce writes is small, reads back, and runs red by itself: of what breaks at once, and
// of what shows at the end only.
func TestPlantedMistakeReducesToASmallRedScenario(t *testing.T) {
	defer planted.Select(planted.None)
	for _, c := range []struct {
		bug  planted.Bug
		most time.Duration
	}{{planted.ResendOnTimeout, time.Hour}, {planted.LateFillIgnored, 6 * time.Hour}} {
		t.Run(c.bug.String(), func(t *testing.T) {
			seed := firstRed(t, c.bug)
			began := time.Now()
			text, failed, runs := Reduce(seed)
			took := time.Since(began)
			s, err := Read(draw(seed).name()+".yaml", text)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			o := s.Run(nil)
			lines := strings.Count(string(draw(seed).text("")), "\n")
			t.Logf("seed %d, %d runs, %.1f s, %d of %d lines are left: %s\n%s", seed, runs, took.Seconds(), strings.Count(string(text), "\n"), lines, failed[0], text)
			if o.Green() || len(s.cfg.Plan.Rules) > 2 || len(s.cfg.Slots) > 1 || s.cfg.Duration > c.most {
				t.Errorf("green: %v, %d faults, %d strategies, %v", o.Green(), len(s.cfg.Plan.Rules), len(s.cfg.Slots), s.cfg.Duration)
			}
			planted.Select(planted.None)
			if o := s.Run(nil); len(o.Failed) > 0 {
				t.Errorf("without the mistake it is red: %s", o.Failed)
			}
		})
	}
}

// firstRed is the first seed that is red with a mistake and green without.
func firstRed(t *testing.T, b planted.Bug) uint64 {
	for seed := uint64(1); seed <= sweepSeeds; seed++ {
		planted.Select(b)
		if w := Sweep(seed); planted.Met() == 0 || len(w.Failed) == 0 {
			continue
		}
		planted.Select(planted.None)
		if w := Sweep(seed); len(w.Failed) == 0 {
			planted.Select(b)
			return seed
		}
	}
	t.Fatal("no seed finds it")
	return 0
}
