package world

import (
	"io"
	"math/rand/v2"

	"breakwater/data/journal"
	"breakwater/data/journal/faultfs"
	"breakwater/exchange/chaos"
)

// ballastBytes is kept free for the journal's last words on a full disk.
const ballastBytes = 4096

// disk is the directory of the journal, which fails as the plan says, and the places at which
// the process can die.
type disk struct {
	fs    *faultfs.FS
	world *World
}

var _ journal.FS = (*disk)(nil)

func newDisk(w *World) *disk {
	d := &disk{&faultfs.FS{}, w}
	d.fs.Play(w.faults)
	return d
}

// crash is the machine's loss of power: what was not synced is there in part, or not.
func (d *disk) crash(rng *rand.Rand) { d.fs = d.fs.Crash(rng, faultfs.Tail) }

// point tells that a point of the run is reached at which the process may die.
func (w *World) point(name string) {
	w.faults.Reach(name)
	w.mayDie()
}

// Create implements journal.FS, as do all below.
func (d *disk) Create(name string) (journal.File, error) {
	f, err := d.fs.Create(name)
	return &diskFile{f, d}, err
}

func (d *disk) Append(name string) (journal.File, error) {
	f, err := d.fs.Append(name)
	return &diskFile{f, d}, err
}

func (d *disk) Open(name string) (io.ReadCloser, error) { return d.fs.Open(name) }
func (d *disk) List() ([]journal.FileInfo, error)       { return d.fs.List() }
func (d *disk) Rename(from, to string) error            { return d.fs.Rename(from, to) }
func (d *disk) Remove(name string) error                { return d.fs.Remove(name) }
func (d *disk) Truncate(name string, size int64) error  { return d.fs.Truncate(name, size) }
func (d *disk) SyncDir() error                          { return d.fs.SyncDir() }

// diskFile is an open file of the disk.
type diskFile struct {
	journal.File
	disk *disk
}

// Write writes.
func (f *diskFile) Write(b []byte) (int, error) {
	w := f.disk.world
	w.point(chaos.JournalWrite)
	n, err := f.File.Write(b)
	if err == nil {
		w.point(chaos.JournalAppend)
	}
	return n, err
}

// Sync makes it durable.
func (f *diskFile) Sync() error {
	if err := f.File.Sync(); err != nil {
		return err
	}
	f.disk.world.point(chaos.JournalSync)
	return nil
}
