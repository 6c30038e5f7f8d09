package session

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAnyEntryAndAnyDoubtCountsAsKill(t *testing.T) {
	for name, c := range map[string]struct {
		put  func(t *testing.T, dir, path string)
		want bool
	}{
		"nothing":       {func(*testing.T, string, string) {}, false},
		"file":          {func(t *testing.T, _, path string) { ok(t, os.WriteFile(path, nil, 0o600)) }, true},
		"no permission": {func(t *testing.T, _, path string) { ok(t, os.WriteFile(path, nil, 0)) }, true},
		"directory":     {func(t *testing.T, _, path string) { ok(t, os.Mkdir(path, 0o700)) }, true},
		"dangling link": {func(t *testing.T, _, path string) { ok(t, os.Symlink("nowhere", path)) }, true},
		"no directory":  {func(t *testing.T, dir, _ string) { ok(t, os.RemoveAll(dir)) }, true},
		"a file where the directory was": {func(t *testing.T, dir, _ string) {
			ok(t, os.RemoveAll(dir))
			ok(t, os.WriteFile(dir, nil, 0o600))
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state")
			ok(t, os.Mkdir(dir, 0o700))
			path := filepath.Join(dir, killName)
			c.put(t, dir, path)
			if got := KillFile(path).Present(); got != c.want {
				t.Errorf("present %v, want %v", got, c.want)
			}
			if KillFile(path).Cause() == "" {
				t.Error("no cause is told")
			}
		})
	}
}

func TestKillKeepsTheFirstWords(t *testing.T) {
	dir := t.TempDir()
	ok(t, Kill(dir, "first\nand a second line"))
	ok(t, Kill(dir, "second"))
	if got := KillFile(filepath.Join(dir, killName)).Cause(); got != "KILL file: first and a second line" {
		t.Errorf("the file says %q", got)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.tmp"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := Kill(filepath.Join(dir, "nowhere"), "x"); err == nil {
		t.Error("a kill of nothing seems to have worked")
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The probe is asked at every approval.
func BenchmarkKillProbe(b *testing.B) {
	k := KillFile(filepath.Join(b.TempDir(), killName))
	b.ReportAllocs()
	for b.Loop() {
		if k.Present() {
			b.Fatal("present")
		}
	}
}
