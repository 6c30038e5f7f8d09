package session

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gofrs/flock"
)

// Whoever asks whether a session runs takes the lock for an instant; that is no session.
func TestLookingDoesNotKeepASessionFromStarting(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	d, err := holdState(dir)
	ok(t, err)
	ok(t, d.Close())
	look := flock.New(filepath.Join(dir, lockName))
	if held, err := look.TryRLock(); err != nil || !held {
		t.Fatal(held, err)
	}
	done := make(chan error)
	go func() {
		d, err := holdState(dir)
		if err == nil {
			err = d.Close()
		}
		done <- err
	}()
	ok(t, look.Unlock())
	ok(t, <-done)
}

func TestStateDirectoryOpenToOthersIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	ok(t, os.Mkdir(dir, 0o755))
	if _, err := holdState(dir); err == nil {
		t.Error("a directory that others may enter is taken")
	}
	ok(t, os.Chmod(dir, 0o700))
	d, err := holdState(dir)
	ok(t, err)
	if pid, runs, err := running(dir); err != nil || !runs || pid != os.Getpid() {
		t.Errorf("process %d, runs %v, %v", pid, runs, err)
	}
	ok(t, d.Close())
	if _, runs, err := running(dir); err != nil || runs {
		t.Errorf("after its end: runs %v, %v", runs, err)
	}
}
