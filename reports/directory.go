package reports

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// The files of a report directory.
const (
	FileReport     = "report.html"
	FileFills      = "fills.csv"
	FileRoundTrips = "round-trips.csv"
	FileEquity     = "equity.csv"
	FileDaily      = "daily.csv"
	FileManifest   = "manifest.json"
)

// DirectoryOptions says how a report directory is written.
type DirectoryOptions struct {
	Overwrite bool // replace the files of an earlier report; others in the directory stay
}

// CheckDirectory says early, before a long run, whether WriteDirectory would refuse dir.
func CheckDirectory(dir string, overwrite bool) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return cannotWrite(dir, err)
	} else if !info.IsDir() {
		return fmt.Errorf("report: %s is a file, not a directory; choose another place with --out", dir)
	}
	if overwrite {
		return nil
	}
	for _, name := range []string{FileReport, FileFills, FileRoundTrips, FileEquity, FileDaily, FileManifest} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return fmt.Errorf("report: %s has a report already (%s); choose another directory with --out, or replace it with --overwrite", dir, name)
		}
	}
	return nil
}

// WriteDirectory writes all the files of a report into dir, which it makes. It refuses a
// directory that holds a report, unless told to overwrite. Each file appears whole or not
// at all: it is written beside its place and renamed, the manifest last, so that a
// directory with a manifest is complete.
func WriteDirectory(dir string, r *Run, o DirectoryOptions) error {
	if err := CheckDirectory(dir, o.Overwrite); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return cannotWrite(dir, err)
	}
	for _, f := range []struct {
		name  string
		write func(io.Writer, *Run) error
	}{
		{FileFills, WriteFills}, {FileRoundTrips, WriteRoundTrips}, {FileEquity, WriteEquity}, {FileDaily, WriteDaily},
		{FileReport, func(w io.Writer, r *Run) error { return WriteHTML(w, r, HTMLOptions{}) }},
		{FileManifest, WriteManifest},
	} {
		if err := writeFile(filepath.Join(dir, f.name), r, f.write); err != nil {
			return cannotWrite(dir, err)
		}
	}
	return nil
}

// cannotWrite is an error of the file system with its remedy.
func cannotWrite(dir string, err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return fmt.Errorf("report: nothing can be written into %s (%w); choose another directory with --out, or make room", dir, err)
}

func writeFile(path string, r *Run, write func(io.Writer, *Run) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 1<<16)
	if err = write(w, r); err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
