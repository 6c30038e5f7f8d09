package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// outcome is what became of a mutant.
type outcome int

const (
	survived outcome = iota
	killed
	timedOut // killed, too: tests that never end are noticed
	invalid  // it does not compile
	outcomes
)

func (o outcome) String() string {
	return [...]string{"SURVIVED", "killed", "timed out", "invalid"}[o]
}

// testTime bounds one mutant's tests, which take a second.
const testTime = 60 * time.Second

// slowTest is from where on a test runs only for a mutant that all the quicker ones let
// live.
const slowTest = 50 * time.Millisecond

// runner runs the tests of binaries.
type runner struct {
	time     time.Duration // bounds one mutant's tests
	dir, tmp string
	slow     string // the slow tests, as -test.run takes them; empty: there are none
}

// warm runs the tests without any change, which must pass, and notes the slow ones.
func (r *runner) warm(ctx context.Context, w *workshop, binary string) error {
	r.dir, r.tmp = w.dir, w.tmp
	out, err := r.start(ctx, binary, 0, "-test.v")
	if err != nil {
		return fmt.Errorf("the tests fail without any change: %w\n%s", err, out)
	}
	var slow []string
	for _, m := range passed.FindAllSubmatch(out, -1) {
		if s, _ := strconv.ParseFloat(string(m[2]), 64); s >= slowTest.Seconds() {
			slow = append(slow, string(m[1]))
		}
	}
	if len(slow) > 0 {
		r.slow = "^(" + strings.Join(slow, "|") + ")$"
	}
	return nil
}

var passed = regexp.MustCompile(`(?m)^--- PASS: (\S+) \((\S+)s\)$`)

// start runs tests once. Random ones draw the same every time, do not shrink, and keep no
// files.
func (r *runner) start(ctx context.Context, binary string, mutant int, args ...string) ([]byte, error) {
	cmd := nicely(ctx, binary, append([]string{
		"-test.short", "-test.failfast", "-test.timeout", r.time.String(), "-rapid.seed=1", "-rapid.shrinktime=1ms", "-rapid.nofailfile",
	}, args...)...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "TMPDIR="+r.tmp, "MUTANT="+strconv.Itoa(mutant))
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return out, err
}

// run tries a mutant that is in a binary: first on the quick tests, then on the slow ones.
func (r *runner) run(ctx context.Context, binary string, mutant int) (outcome, error) {
	quick, slow := []string{}, []string{}
	if r.slow != "" {
		quick, slow = []string{"-test.skip", r.slow}, []string{"-test.run", r.slow}
	}
	for _, args := range [][]string{quick, slow} {
		if len(args) == 0 && r.slow != "" {
			continue
		}
		out, err := r.start(ctx, binary, mutant, args...)
		var exit interface{ ExitCode() int }
		switch {
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case err == nil:
		case !errors.As(err, &exit):
			return 0, err
		case bytes.Contains(out, []byte("panic: test timed out")):
			return timedOut, nil
		default:
			return killed, nil
		}
		if r.slow == "" {
			break
		}
	}
	return survived, nil
}

// runOne builds a mutant that is in no function, and tries it.
func (r *runner) runOne(ctx context.Context, w *workshop, n int, m *mutant) (outcome, error) {
	binary, ok, err := w.buildOne(ctx, n, m)
	switch {
	case err != nil:
		return 0, err
	case !ok:
		return invalid, nil
	}
	defer os.Remove(binary)
	return r.run(ctx, binary, 0)
}

// readReasons reads the survivors that are agreed on: a mutant's name, then " — " and why
// no test can kill it.
func readReasons(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	reasons := map[string]string{}
	for i, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "# ") {
			continue
		}
		name, why, ok := strings.Cut(line, " — ")
		if !ok || strings.TrimSpace(why) == "" {
			return nil, fmt.Errorf("%s:%d: a survivor needs its reason: NAME — WHY", path, i+1)
		}
		reasons[name] = why
	}
	return reasons, nil
}
