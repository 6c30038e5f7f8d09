package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// JournalDir is the directory of the journal in a state directory.
const JournalDir = "journal"

// The files of a state directory, beside recordName. The directory has mode 0700 and its
// files 0600; no secret is in any of them.
const (
	lockName      = "session.lock" // held while a session runs; holds its process id
	killName      = "KILL"
	statusName    = "latest_status.json"
	positionsName = "positions.json"
	tradesCSV     = "trades.csv"
	tradesJSONL   = "trades.jsonl"
	controlDir    = "control"
)

// stateDir is a state directory that this process holds.
type stateDir struct {
	path string
	lock *flock.Flock
}

// lockPatience is how long a start tries to get the lock.
const lockPatience = time.Second

// holdState makes the directory if need be and keeps every other session out until
// Close.
func holdState(path string) (*stateDir, error) {
	if err := makePrivate(path); err != nil {
		return nil, err
	}
	name := filepath.Join(path, lockName)
	l := flock.New(name, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	// who asks whether a session runs holds the lock for an instant
	ctx, cancel := context.WithTimeout(context.Background(), lockPatience)
	defer cancel()
	ok, err := l.TryLockContext(ctx, lockPatience/20)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("session: %s: %s", name, plainFileError(err))
	}
	if !ok {
		return nil, Refused(fmt.Errorf("a session runs in %s already (process %s); stop it first, or give another --state", path, lockOwner(path)))
	}
	if err := os.WriteFile(name, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		l.Unlock()
		return nil, fmt.Errorf("session: %s: %s", name, plainFileError(err))
	}
	if err := makePrivate(filepath.Join(path, controlDir)); err != nil {
		l.Unlock()
		return nil, err
	}
	return &stateDir{path, l}, nil
}

func (d *stateDir) file(name string) string { return filepath.Join(d.path, name) }

// Close lets the next session in.
func (d *stateDir) Close() error { return d.lock.Unlock() }

// makePrivate makes a directory that only its owner may enter, and refuses one that is
// open to others.
func makePrivate(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return Wrong(fmt.Errorf("%s cannot be the state directory: %s", path, plainFileError(err)))
	}
	info, err := os.Lstat(path)
	if err != nil {
		return Wrong(fmt.Errorf("%s cannot be the state directory: %s", path, plainFileError(err)))
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 {
		return Refused(fmt.Errorf("%s is open to others (mode %04o); run: chmod 700 %s", path, info.Mode().Perm(), path))
	}
	return nil
}

// lockOwner is the process id that a session left in its lock.
func lockOwner(path string) string {
	text, err := os.ReadFile(filepath.Join(path, lockName))
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}

// running tells whether a session holds a state directory, and its process id. The error
// says that there is no such directory.
func running(path string) (pid int, yes bool, err error) {
	if _, err := os.Stat(path); err != nil {
		return 0, false, Wrong(fmt.Errorf("%s: %s; give the session's state directory with --state", path, plainFileError(err)))
	}
	name := filepath.Join(path, lockName)
	if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
		return 0, false, nil
	}
	l := flock.New(name, flock.SetFlag(os.O_RDONLY))
	free, err := l.TryRLock()
	if err != nil {
		return 0, false, fmt.Errorf("session: %s: %s", name, plainFileError(err))
	}
	if free {
		return 0, false, l.Unlock()
	}
	pid, _ = strconv.Atoi(lockOwner(path))
	return pid, true, nil
}

// writeFile puts a file in place as a whole: readers see the old content or the new one.
func writeFile(path string, content []byte) error {
	f, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(path+".tmp", path)
	}
	if err != nil {
		return fmt.Errorf("session: %s: %s", path, plainFileError(err))
	}
	return nil
}
