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

// disk is the directory of the journal, with the faults of the plan, and the places at
// which the process can die.
type disk struct {
	fs      *faultfs.FS
	world   *World
	tear    int  // bytes of the next write that reach the file, when torn is set
	torn    bool //
	lost    bool // the next sync fails
	flipped []flip
}

// flip is a bit that has turned.
type flip struct {
	name string
	at   int
	is   byte
}

// mend turns back the bits that have turned, as from a copy.
func (d *disk) mend() {
	for _, f := range d.flipped {
		if b := d.fs.Bytes(f.name); f.at < len(b) && b[f.at] == f.is {
			d.fs.Flip(f.name, f.at)
		}
	}
	d.flipped = nil
}

var _ journal.FS = (*disk)(nil)

func newDisk() *disk { return &disk{fs: &faultfs.FS{}} }

// crash is the machine's loss of power: what was not synced is there in part, or not.
func (d *disk) crash(rng *rand.Rand) { d.fs = d.fs.Crash(rng, faultfs.Tail) }

// broken is what an operation that changes the disk fails with; nil for none. A full disk
// has room for what replaces something that is given back.
func (d *disk) broken() error {
	w := d.world
	if w.verbs[chaos.NoSpace] {
		switch full := w.faults.Holds(chaos.NoSpace, "", "") != nil; {
		case !full:
			d.fs.Capacity = 0
		case d.fs.Capacity == 0:
			files, _ := d.fs.List()
			for _, f := range files {
				d.fs.Capacity += f.Size
			}
		}
	}
	if w.verbs[chaos.ReadOnly] && w.faults.Holds(chaos.ReadOnly, "", "") != nil {
		return faultfs.ErrIO
	}
	if w.verbs[chaos.Torn] || w.verbs[chaos.FsyncError] {
		if r := w.faults.Strike(chaos.Disk, "", ""); r != nil {
			if r.Do == chaos.Torn {
				d.torn, d.tear = true, r.N()
			} else {
				d.lost = true
			}
		}
	}
	return nil
}

// point tells that a point of the run is reached at which the process may die.
func (w *World) point(name string) {
	w.faults.Reach(name)
	w.mayDie()
}

// Create implements journal.FS, as do all below.
func (d *disk) Create(name string) (journal.File, error) {
	if err := d.broken(); err != nil {
		return nil, err
	}
	f, err := d.fs.Create(name)
	return &diskFile{f, d}, err
}

func (d *disk) Append(name string) (journal.File, error) {
	if err := d.broken(); err != nil {
		return nil, err
	}
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

// Write writes, in part when the plan says so.
func (f *diskFile) Write(b []byte) (int, error) {
	w := f.disk.world
	w.point(chaos.JournalWrite)
	if err := f.disk.broken(); err != nil {
		return 0, err
	}
	if f.disk.torn {
		f.disk.torn = false
		n, _ := f.File.Write(b[:min(f.disk.tear, len(b))])
		return n, faultfs.ErrIO
	}
	n, err := f.File.Write(b)
	w.point(chaos.JournalAppend)
	return n, err
}

// Sync makes it durable.
func (f *diskFile) Sync() error {
	w := f.disk.world
	if err := f.disk.broken(); err != nil {
		return err
	}
	if f.disk.lost {
		f.disk.lost = false
		f.disk.fs.Faults = append(f.disk.fs.Faults[:0], faultfs.Fault{Op: faultfs.Sync, Nth: f.disk.fs.Count(faultfs.Sync) + 1, Err: faultfs.ErrIO})
	}
	if err := f.File.Sync(); err != nil {
		return err
	}
	w.point(chaos.JournalSync)
	return nil
}

// flip turns a bit in the middle of the journal.
func (d *disk) flip(rng *rand.Rand) bool {
	files, err := d.fs.List()
	if err != nil {
		return false
	}
	for _, f := range files {
		if b := d.fs.Bytes(f.Name); len(b) > 200 && f.Name != "ballast" {
			at := 100 + rng.IntN(len(b)-200)
			d.fs.Flip(f.Name, at)
			d.flipped = append(d.flipped, flip{f.Name, at, d.fs.Bytes(f.Name)[at]})
			return true
		}
	}
	return false
}
