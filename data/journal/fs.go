package journal

import (
	"errors"
	"io"
)

// FS is the directory that a journal lies in, and the seam for faults. Names are plain
// file names. Errors name the file.
type FS interface {
	// Create makes a new file for writing; one that exists is an error.
	Create(name string) (File, error)
	// Append opens a file for writing at its end.
	Append(name string) (File, error)
	// Open opens a file for reading. One that is missing is an error that is fs.ErrNotExist.
	Open(name string) (io.ReadCloser, error)
	// List is the files, by name ascending.
	List() ([]FileInfo, error)
	// Rename gives a file a new name, and takes the place of one that has it.
	Rename(from, to string) error
	Remove(name string) error
	Truncate(name string, size int64) error
	// SyncDir makes creations, renames and removals durable.
	SyncDir() error
}

// File is a file that is written from its end on.
type File interface {
	io.Writer
	// Sync makes what was written durable. After an error nobody knows what is: it is
	// never called again.
	Sync() error
	io.Closer
}

// FileInfo is a file's name and size in bytes.
type FileInfo struct {
	Name string
	Size int64
}

// ErrNoSpace is what an FS's errors are when the disk is full.
var ErrNoSpace = errors.New("no space left on the disk")
