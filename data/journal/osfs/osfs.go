// Package osfs is the directory of a journal on a real file system.
//
// The directory has mode 0700 and its files 0600. A directory is open for writing once: a
// lock in it that dies with the process keeps a second writer out.
package osfs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"

	"breakwater/data/journal"
)

const lockName = "LOCK"

// Dir is a journal's directory.
type Dir struct {
	path string
	lock *flock.Flock // nil when only for reading
}

var _ journal.FS = (*Dir)(nil)

// Open makes the directory if need be and keeps other writers out until Close.
func Open(path string) (*Dir, error) {
	if err := makeDir(path); err != nil {
		return nil, err
	}
	d := &Dir{path: path, lock: flock.New(filepath.Join(path, lockName), flock.SetPermissions(0o600))}
	ok, err := d.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	if !ok {
		return nil, fmt.Errorf("journal: another process writes to %s; there can be one", path)
	}
	return d, nil
}

// OpenToRead opens a directory without keeping a writer out. Whatever would change it is
// an error.
func OpenToRead(path string) (*Dir, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("journal: %s is not a directory", path)
	}
	return &Dir{path: path}, nil
}

// makeDir makes a directory that only its owner may enter, durable in its parent.
func makeDir(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.IsDir():
		return fmt.Errorf("journal: %s is not a directory", path)
	case err == nil && info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("journal: %s is open to others (mode %04o); run chmod 700 on it", path, info.Mode().Perm())
	case err == nil:
		return nil
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("journal: %w", err)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return syncDir(filepath.Dir(filepath.Clean(path)))
}

// Close lets another writer in.
func (d *Dir) Close() error {
	if d.lock == nil {
		return nil
	}
	return d.lock.Close()
}

func (d *Dir) join(name string) string {
	if name != filepath.Base(name) {
		panic("BUG: journal: " + name + " is not a plain file name")
	}
	return filepath.Join(d.path, name)
}

var errReadOnly = errors.New("journal: the directory is open for reading only")

func (d *Dir) open(name string, flags int) (journal.File, error) {
	if d.lock == nil {
		return nil, errReadOnly
	}
	f, err := os.OpenFile(d.join(name), os.O_WRONLY|os.O_APPEND|flags, 0o600)
	if err != nil {
		return nil, known(err)
	}
	return &file{f}, nil
}

// Create implements journal.FS.
func (d *Dir) Create(name string) (journal.File, error) { return d.open(name, os.O_CREATE|os.O_EXCL) }

// Append implements journal.FS.
func (d *Dir) Append(name string) (journal.File, error) { return d.open(name, 0) }

// Open implements journal.FS.
func (d *Dir) Open(name string) (io.ReadCloser, error) { return os.Open(d.join(name)) }

// List implements journal.FS.
func (d *Dir) List() ([]journal.FileInfo, error) {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return nil, err
	}
	var files []journal.FileInfo
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, os.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue
		}
		if err != nil {
			return nil, err
		}
		files = append(files, journal.FileInfo{Name: e.Name(), Size: info.Size()})
	}
	return files, nil
}

// Rename implements journal.FS.
func (d *Dir) Rename(from, to string) error {
	if d.lock == nil {
		return errReadOnly
	}
	return known(os.Rename(d.join(from), d.join(to)))
}

// Remove implements journal.FS.
func (d *Dir) Remove(name string) error {
	if d.lock == nil {
		return errReadOnly
	}
	return known(os.Remove(d.join(name)))
}

// Truncate implements journal.FS.
func (d *Dir) Truncate(name string, size int64) error {
	if d.lock == nil {
		return errReadOnly
	}
	return known(os.Truncate(d.join(name), size))
}

// SyncDir implements journal.FS.
func (d *Dir) SyncDir() error {
	if d.lock == nil {
		return errReadOnly
	}
	return syncDir(d.path)
}

func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return known(err)
	}
	defer f.Close() // only synced
	return known(f.Sync())
}

// file is an os.File whose errors the journal knows.
type file struct{ *os.File }

func (f *file) Write(b []byte) (int, error) {
	n, err := f.File.Write(b)
	return n, known(err)
}

func (f *file) Sync() error { return known(f.File.Sync()) }

// known marks the errors that mean a full disk or an exhausted quota.
func known(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w (%w)", journal.ErrNoSpace, err)
	}
	return err
}
