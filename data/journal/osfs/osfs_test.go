package osfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"breakwater/data/journal"
)

func TestFilesAreTheOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "journal")
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	f, err := d.Create("a")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{path: 0o700 | fs.ModeDir, filepath.Join(path, "a"): 0o600, filepath.Join(path, lockName): 0o600} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", filepath.Base(name), info.Mode(), want)
		}
	}
}

func TestADirectoryThatIsOpenToOthersIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("it is opened, or without a remedy: %v", err)
	}
	file := filepath.Join(path, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, open := range []func(string) (*Dir, error){Open, OpenToRead} {
		if _, err := open(file); err == nil {
			t.Error("a file is opened as a directory")
		}
	}
	if _, err := OpenToRead(filepath.Join(path, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing directory is opened: %v", err)
	}
}

func TestThereIsOneWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	first, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil {
		t.Fatal("a second writer is let in")
	}
	reader, err := OpenToRead(path)
	if err != nil {
		t.Fatalf("a reader is kept out: %v", err)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := Open(path)
	if err != nil {
		t.Fatalf("the lock outlives its writer: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAReaderChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	w, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	f, err := w.Create("a")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := OpenToRead(path)
	if err != nil {
		t.Fatal(err)
	}
	_, createErr := r.Create("b")
	_, appendErr := r.Append("a")
	for name, err := range map[string]error{
		"create": createErr, "append": appendErr, "rename": r.Rename("a", "b"), "remove": r.Remove("a"), "truncate": r.Truncate("a", 0), "sync": r.SyncDir(),
	} {
		if !errors.Is(err, errReadOnly) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFilesAreWrittenAtTheirEnd(t *testing.T) {
	d, err := Open(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	write := func(f journal.File, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("12345")); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	write(d.Create("a"))
	if _, err := d.Create("a"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file is created twice: %v", err)
	}
	if err := d.Truncate("a", 3); err != nil {
		t.Fatal(err)
	}
	write(d.Append("a"))
	write(d.Create("c"))
	if err := errors.Join(d.Rename("a", "b"), d.Remove("c"), d.SyncDir()); err != nil {
		t.Fatal(err)
	}
	files, err := d.List()
	if err != nil {
		t.Fatal(err)
	}
	if want := []journal.FileInfo{{Name: lockName}, {Name: "b", Size: 8}}; !slices.Equal(files, want) {
		t.Errorf("the files are %v, want %v", files, want)
	}
	in, err := d.Open("b")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if b, err := io.ReadAll(in); err != nil || string(b) != "12312345" {
		t.Errorf("the file holds %q, %v", b, err)
	}
	if _, err := d.Append("a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file is opened for writing: %v", err)
	}
}
