package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// outcome is what became of a mutant.
type outcome int

const (
	survived outcome = iota
	killed
	invalid // it does not compile
)

func (o outcome) String() string { return [...]string{"SURVIVED", "killed", "invalid"}[o] }

// testTime bounds one mutant's tests: one that runs for ever is noticed, too.
const testTime = 90 * time.Second

// run tests a package with one file changed. Random tests draw the same every time, do not
// shrink, and keep no files.
func run(ctx context.Context, dir string, m *mutant) (outcome, error) {
	tmp, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(tmp)
	args := []string{"test", "-short", "-failfast", "-vet=off", "-count=1", "-timeout", testTime.String()}
	if m != nil {
		overlay, err := m.overlay(tmp)
		if err != nil {
			return 0, err
		}
		args = append(args, "-overlay", overlay)
	}
	args = append(args, ".", "-rapid.seed=1", "-rapid.shrinktime=1ms", "-rapid.nofailfile")
	name := "go"
	if nice, err := exec.LookPath("nice"); err == nil {
		name, args = nice, append([]string{"-n", "10", "go"}, args...)
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "TMPDIR="+tmp)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err == nil:
		return survived, nil
	case !errors.As(err, &exit):
		return 0, err
	case bytes.Contains(out, []byte("[build failed]")), bytes.Contains(out, []byte("[setup failed]")):
		return invalid, nil
	case m == nil:
		return 0, fmt.Errorf("the tests fail without any change:\n%s", out)
	}
	return killed, nil
}

// overlay writes what `go test -overlay` reads.
func (m *mutant) overlay(tmp string) (string, error) {
	text, err := os.ReadFile(m.file)
	if err != nil {
		return "", err
	}
	path, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	changed := filepath.Join(tmp, "changed.go")
	if err := os.WriteFile(changed, m.apply(text), 0o600); err != nil {
		return "", err
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(tmp, "overlay.json")
	return overlay, os.WriteFile(overlay, list, 0o600)
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
