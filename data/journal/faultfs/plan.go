package faultfs

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"breakwater/exchange/chaos"
)

// ErrReadOnly is a disk that takes no writes.
var ErrReadOnly = errors.New("read-only file system")

// Play makes the directory fail as the disk's rules of a plan say, also after a crash. The
// injector counts what came true and is told the time by whoever else plays it.
func (d *FS) Play(x *chaos.Injector) { d.plan = x }

// Turn does what is due of the plan's bits; it reports whether there was any. Each operation
// of the directory does it first.
func (d *FS) Turn() (any bool) {
	if d.plan == nil {
		return false
	}
	for r := d.plan.Take(chaos.Disk); r != nil; r = d.plan.Take(chaos.Disk) {
		d.turn(r.Count)
		any = true
	}
	return any
}

// turned is a bit of a plan that has turned.
type turned struct {
	name     string
	at       int
	bit, was byte
}

// Mend turns back the bits of the plan that have turned, as from a copy.
func (d *FS) Mend() {
	for _, t := range slices.Backward(d.turned) { // one may have turned twice
		if f := d.names[t.name]; f != nil && t.at < len(f.data) && f.data[t.at] == t.was^t.bit {
			f.flip(t.at, t.bit)
		}
	}
	d.turned = nil
}

// flip turns a bit where it lies.
func (f *inode) flip(at int, bit byte) {
	f.data = slices.Clone(f.data) // what was read keeps its bytes
	f.data[at] ^= bit
	if at < len(f.disk) {
		f.disk = slices.Clone(f.disk)
		f.disk[at] ^= bit
	}
}

// planned is the plan's fault that hits an operation.
func (d *FS) planned(op Op) *Fault {
	x := d.plan
	if x == nil {
		return nil
	}
	d.Turn()
	var f *Fault
	switch changes := op == Create || op == Append || op == Write || op == Rename || op == Remove || op == Truncate || op == SyncDir; {
	case changes && x.Holds(chaos.ReadOnly, "", "") != nil:
		f = &Fault{Op: op, Err: ErrReadOnly}
	case op == Sync && x.Hit(chaos.FsyncError, "", "") != nil:
		f = &Fault{Op: op, Err: ErrIO}
	case op == Write:
		if r := x.Hit(chaos.Torn, "", ""); r != nil {
			f = &Fault{Op: op, Err: ErrIO, Keep: r.N()}
		}
	}
	if f != nil {
		d.fired++
	}
	return f
}

// capacity is how many bytes fit: while a plan's disk is full, as many as there were when
// it filled up, so that what is removed makes room.
func (d *FS) capacity() int64 {
	if d.plan == nil || d.plan.Holds(chaos.NoSpace, "", "") == nil {
		d.full = 0
		return d.Capacity
	}
	if d.full == 0 {
		d.full = max(1, d.used())
	}
	if d.Capacity > 0 {
		return min(d.Capacity, d.full)
	}
	return d.full
}

// turn turns a bit of the journal's youngest segment, by its place; 0: in its middle.
// Without a segment there is none to turn.
func (d *FS) turn(bit int) {
	names := slices.Sorted(maps.Keys(d.names))
	for _, name := range slices.Backward(names) {
		f := d.names[name]
		if len(f.data) == 0 || !strings.HasSuffix(name, ".jsonl") {
			continue
		}
		if bit == 0 {
			bit = 8 * (len(f.data) / 2)
		}
		at := bit / 8 % len(f.data)
		d.turned = append(d.turned, turned{name, at, 1 << (bit % 8), f.data[at]})
		f.flip(at, 1<<(bit%8))
		d.fired++
		return
	}
}
