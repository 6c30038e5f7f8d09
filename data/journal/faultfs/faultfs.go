// Package faultfs is a directory in memory that fails as it is told, and loses at a crash
// what a kernel may lose.
//
// It keeps two states: what a process sees, and what is on the disk. A sync moves a file's
// bytes to the disk, SyncDir the names. Crash returns a directory with what was on the
// disk and a random part of what was not. After a sync that failed, the bytes are still
// seen but never reach the disk by a later sync, as on Linux.
package faultfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"breakwater/data/journal"
	"breakwater/exchange/chaos"
)

// Op is an operation that can fail.
type Op string

// The operations. Any stands for each of them.
const (
	Any      Op = "operation"
	Create   Op = "create"
	Append   Op = "append"
	Write    Op = "write"
	Sync     Op = "sync"
	Close    Op = "close"
	Open     Op = "open"
	Read     Op = "read"
	List     Op = "list"
	Rename   Op = "rename"
	Remove   Op = "remove"
	Truncate Op = "truncate"
	SyncDir  Op = "sync-dir"
)

// Fault makes the Nth operation of a kind fail, counted from 1.
type Fault struct {
	Op   Op
	Nth  int
	Err  error
	Keep int // of a write: how many bytes go through before it fails
}

func (f Fault) String() string {
	return fmt.Sprintf("%s %d fails after %d bytes: %v", f.Op, f.Nth, f.Keep, f.Err)
}

// ErrIO is a broken disk.
var ErrIO = errors.New("input/output error")

// Loss is how a crash treats what was written and not synced.
type Loss int

// The ways to lose bytes.
const (
	Tail    Loss = iota // a file keeps a prefix of it, perhaps with zeros behind
	Sectors             // each sector of 512 bytes is there or is zeros
)

// FS is the directory. The zero value is empty and without faults.
type FS struct {
	Faults   []Fault
	Capacity int64 // in bytes of all files; 0: no bound
	names    map[string]*inode
	disk     map[string]*inode
	pending  []change // of names since the last SyncDir
	counts   map[Op]int
	fired    int
	plan     *chaos.Injector // nil: none
	full     int64           // bytes there were when the plan's disk filled up
	turned   []turned        // bits of the plan
}

var _ journal.FS = (*FS)(nil)

// inode is a file's bytes.
type inode struct {
	data  []byte // as a process sees them
	disk  []byte
	dirty []span // written since the last sync
	lost  bool   // a sync has failed: no later one brings what it was for to the disk
}

type span struct{ from, to int }

// change is one step of the directory. A removal has no inode.
type change struct {
	name string
	file *inode
}

// Count is how many operations of a kind there were.
func (d *FS) Count(op Op) int { return d.counts[op] }

// Fired is how many faults came true.
func (d *FS) Fired() int { return d.fired }

// Dirty reports whether some file has bytes that no sync has moved to the disk, also not
// one that came after a sync that failed.
func (d *FS) Dirty() bool {
	dirty := false
	for _, name := range slices.Sorted(maps.Keys(d.names)) {
		dirty = dirty || len(d.names[name].dirty) > 0 || d.names[name].lost
	}
	return dirty
}

// Bytes is a file as a process sees it; nil when there is none.
func (d *FS) Bytes(name string) []byte {
	if f := d.names[name]; f != nil {
		return f.data
	}
	return nil
}

// Put makes a file with the given bytes, on the disk.
func (d *FS) Put(name string, b []byte) {
	d.init()
	f := &inode{data: slices.Clone(b), disk: slices.Clone(b)}
	d.names[name], d.disk[name] = f, f
}

func (d *FS) init() {
	if d.names == nil {
		d.names, d.disk, d.counts = map[string]*inode{}, map[string]*inode{}, map[Op]int{}
	}
}

// step counts an operation and returns the fault that hits it.
func (d *FS) step(op Op) *Fault {
	d.init()
	d.counts[op]++
	d.counts[Any]++
	for i := range d.Faults {
		if f := &d.Faults[i]; (f.Op == op || f.Op == Any) && d.counts[f.Op] == f.Nth {
			d.fired++
			return f
		}
	}
	return d.planned(op)
}

func (d *FS) used() (n int64) {
	for _, name := range slices.Sorted(maps.Keys(d.names)) {
		n += int64(len(d.names[name].data))
	}
	return n
}

func fail(op Op, name string, err error) error {
	return &fs.PathError{Op: string(op), Path: name, Err: err}
}

func (d *FS) open(op Op, name string, isNew bool) (*inode, error) {
	if f := d.step(op); f != nil {
		return nil, fail(op, name, f.Err)
	}
	f := d.names[name]
	switch {
	case f == nil && !isNew:
		return nil, fail(op, name, fs.ErrNotExist)
	case f != nil && isNew:
		return nil, fail(op, name, fs.ErrExist)
	case isNew:
		f = &inode{}
		d.set(name, f)
	}
	return f, nil
}

func (d *FS) set(name string, f *inode) {
	if d.names[name] = f; f == nil {
		delete(d.names, name)
	}
	d.pending = append(d.pending, change{name, f})
}

// Create implements journal.FS.
func (d *FS) Create(name string) (journal.File, error) {
	f, err := d.open(Create, name, true)
	return &file{d, name, f}, err
}

// Append implements journal.FS.
func (d *FS) Append(name string) (journal.File, error) {
	f, err := d.open(Append, name, false)
	return &file{d, name, f}, err
}

// Open implements journal.FS.
func (d *FS) Open(name string) (io.ReadCloser, error) {
	f, err := d.open(Open, name, false)
	if err != nil {
		return nil, err
	}
	return &reader{d, name, f, 0}, nil
}

// List implements journal.FS.
func (d *FS) List() ([]journal.FileInfo, error) {
	if f := d.step(List); f != nil {
		return nil, fail(List, ".", f.Err)
	}
	var files []journal.FileInfo
	for _, name := range slices.Sorted(maps.Keys(d.names)) {
		files = append(files, journal.FileInfo{Name: name, Size: int64(len(d.names[name].data))})
	}
	return files, nil
}

// Rename implements journal.FS.
func (d *FS) Rename(from, to string) error {
	if f := d.step(Rename); f != nil {
		return fail(Rename, from, f.Err)
	}
	f := d.names[from]
	if f == nil {
		return fail(Rename, from, fs.ErrNotExist)
	}
	// one step of the disk: the two names never show apart
	delete(d.names, from)
	d.names[to] = f
	d.pending = append(d.pending, change{from + "\x00" + to, f})
	return nil
}

// Remove implements journal.FS.
func (d *FS) Remove(name string) error {
	if f := d.step(Remove); f != nil {
		return fail(Remove, name, f.Err)
	}
	if d.names[name] == nil {
		return fail(Remove, name, fs.ErrNotExist)
	}
	d.set(name, nil)
	return nil
}

// Truncate implements journal.FS.
func (d *FS) Truncate(name string, size int64) error {
	if f := d.step(Truncate); f != nil {
		return fail(Truncate, name, f.Err)
	}
	f := d.names[name]
	if f == nil {
		return fail(Truncate, name, fs.ErrNotExist)
	}
	f.data = f.data[:min(int(size), len(f.data))]
	for i := range f.dirty {
		f.dirty[i] = span{min(f.dirty[i].from, len(f.data)), min(f.dirty[i].to, len(f.data))}
	}
	return nil
}

// SyncDir implements journal.FS.
func (d *FS) SyncDir() error {
	if f := d.step(SyncDir); f != nil {
		return fail(SyncDir, ".", f.Err)
	}
	for _, c := range d.pending {
		c.apply(d.disk)
	}
	d.pending = nil
	return nil
}

func (c change) apply(names map[string]*inode) {
	from, to, isRename := strings.Cut(c.name, "\x00")
	switch {
	case isRename:
		delete(names, from)
		names[to] = c.file
	case c.file == nil:
		delete(names, c.name)
	default:
		names[c.name] = c.file
	}
}

// Crash is the directory after the machine lost power: what was on the disk, a random
// part of the bytes that were not, and some of the last changes of names. It has no
// faults but those of a plan.
func (d *FS) Crash(rng *rand.Rand, loss Loss) *FS {
	d.init()
	names := maps.Clone(d.disk)
	for _, c := range d.pending[:rng.IntN(len(d.pending)+1)] {
		c.apply(names)
	}
	after := &FS{Capacity: d.Capacity, plan: d.plan, turned: d.turned}
	after.init()
	for _, name := range slices.Sorted(maps.Keys(names)) {
		after.Put(name, names[name].survive(rng, loss))
	}
	return after
}

func (f *inode) survive(rng *rand.Rand, loss Loss) []byte {
	out := slices.Clone(f.disk)
	extend := func(to int) {
		for len(out) < to {
			out = append(out, 0)
		}
	}
	end := len(out)
	if n := len(f.dirty); n > 0 {
		end = max(end, f.dirty[n-1].to)
	}
	if loss == Tail {
		kept := rng.IntN(end - len(out) + 1)
		limit := len(out) + kept
		for _, s := range f.dirty {
			if to := min(s.to, limit); to > s.from {
				extend(to)
				copy(out[s.from:to], f.data[s.from:to])
			}
		}
		if rng.IntN(3) == 0 {
			extend(len(out) + rng.IntN(end-len(out)+1))
		}
		return out
	}
	const sector = 512
	for _, s := range f.dirty {
		for from := s.from; from < s.to; {
			to := min(s.to, (from/sector+1)*sector)
			extend(to)
			if rng.IntN(2) == 0 {
				copy(out[from:to], f.data[from:to])
			}
			from = to
		}
	}
	return out
}

// file is an open file.
type file struct {
	fs   *FS
	name string
	*inode
}

// room is b with place for n more bytes. A journal grows by many small writes: it doubles
// rather than growing by the runtime's quarter.
func room(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b
	}
	return slices.Grow(b, max(n, len(b), 4096))
}

func (f *file) Write(b []byte) (int, error) {
	keep, err := len(b), error(nil)
	if hit := f.fs.step(Write); hit != nil {
		keep, err = min(hit.Keep, len(b)), fail(Write, f.name, hit.Err)
	} else if most := f.fs.capacity(); most > 0 && int64(keep) > most-f.fs.used() {
		free := most - f.fs.used()
		keep, err = int(max(0, free)), fail(Write, f.name, journal.ErrNoSpace)
	}
	from := len(f.data)
	f.data = append(room(f.data, keep), b[:keep]...)
	f.dirty = append(f.dirty, span{from, len(f.data)})
	return keep, err
}

func (f *file) Sync() error {
	if hit := f.fs.step(Sync); hit != nil {
		f.lost = f.lost || len(f.dirty) > 0
		f.dirty = nil // the kernel calls them clean: no later sync writes them
		return fail(Sync, f.name, hit.Err)
	}
	disk := f.inode.disk[:min(len(f.inode.disk), len(f.data))]
	if grown := len(f.data) - len(disk); grown > 0 { // only what is new is copied: a long journal is synced often
		disk = append(room(disk, grown), make([]byte, grown)...)
	}
	for _, s := range f.dirty {
		copy(disk[s.from:s.to], f.data[s.from:s.to])
	}
	f.inode.disk, f.dirty = disk, f.dirty[:0]
	return nil
}

func (f *file) Close() error {
	if hit := f.fs.step(Close); hit != nil {
		return fail(Close, f.name, hit.Err)
	}
	return nil
}

// reader is a file open for reading.
type reader struct {
	fs   *FS
	name string
	*inode
	at int
}

func (r *reader) Read(b []byte) (int, error) {
	if hit := r.fs.step(Read); hit != nil {
		return 0, fail(Read, r.name, hit.Err)
	}
	if r.at >= len(r.data) {
		return 0, io.EOF
	}
	n := copy(b, r.data[r.at:])
	r.at += n
	return n, nil
}

func (r *reader) Close() error { return nil }
