// Package world is a venue, the line to it, a clock, a disk, an owner and one trading
// process, guard, engine, strategies and journal as they are, in one goroutine under one
// seed. Faults strike where a chaos.Plan says; the process can die at any write of its
// journal and comes back through recovery.
//
// It promises that one Config gives one digest in any process, and it looks after every
// event whether the invariants hold. It never reads a clock, starts a goroutine or draws
// from anything but its seed.
package world
