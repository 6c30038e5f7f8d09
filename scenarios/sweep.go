package scenarios

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/sim/world"
)

// Swept is what the run of a seed has shown.
type Swept struct {
	Seed   uint64        `json:"seed"`
	Digest string        `json:"digest"`
	Failed []string      `json:"failed,omitempty"` // what did not hold; empty: all did
	Plan   string        `json:"plan,omitempty"`   // of a seed that failed: its faults, a line each
	Last   []string      `json:"last,omitempty"`   // the last events before it failed
	Met    []string      `json:"-"`                // the dangers that the run got into
	first  time.Duration // since the start: when the first invariant broke
}

// lastEvents is how many events a failure tells.
const lastEvents = 30

// Every so many seeds one runs a second time: as it is, or with beats in between, which
// must change nothing.
const sweepTwice = 16

// Sweep makes up the scenario of a seed and runs it: two days of minutes with faults in
// which every invariant must hold, then a while without, in which all must settle. The same
// seed gives the same result in any process.
func Sweep(seed uint64) *Swept {
	d := draw(seed)
	s, err := Read(d.name()+".yaml", d.text("Drawn from a seed."))
	if err != nil {
		panic("BUG: a seed draws a scenario that cannot be read: " + err.Error() + "\n" + string(d.text("")))
	}
	return s.sweep(d, seed%sweepTwice == 0, seed%sweepTwice == sweepTwice/2)
}

// sweep runs what was drawn; again and beats ask for a second run that must be like it.
func (s *Scenario) sweep(d *drawn, again, beats bool) *Swept {
	out := &Swept{Seed: d.seed}
	r := out.run(s.cfg)
	if r == nil {
		out.Plan = d.plan.String()
		return out
	}
	out.Digest, out.Met = r.Digest, dangers(r)
	if len(r.Violations) > 0 {
		out.first = r.Violations[0].At.Sub(r.Start)
	}
	for _, v := range r.Violations {
		out.Failed = append(out.Failed, fmt.Sprintf("%s, %s after the start: %s", v.Invariant, v.At.Sub(r.Start), v.Text))
	}
	out.compare(s.cfg, again, "same-seed-same-digest: a second run")
	if beats && !s.beatsTell() {
		cfg := s.cfg
		cfg.Beats = true
		out.compare(cfg, true, "same-events-same-verdicts: a run with more beats")
	}
	if len(out.Failed) > 0 {
		out.Plan = d.plan.String()
		until := r.End
		if len(r.Violations) > 0 {
			until = r.Violations[0].At
		}
		out.Last = s.lastOf(r, until)
	}
	return out
}

// beatsTell reports whether a fault may strike another thing when there are more beats: one
// of our clock, which they tell, one of the disk, since what is not urgent is synced when
// the next event comes, and one that counts events or writes.
func (s *Scenario) beatsTell() bool {
	points := []string{chaos.AnyEvent, chaos.JournalWrite, chaos.JournalAppend, chaos.JournalSync}
	return s.wrongClock() || slices.ContainsFunc(s.cfg.Plan.Rules, func(r chaos.Rule) bool {
		return r.Do.Family() == chaos.Disk || slices.Contains(points, r.After)
	})
}

// run is nil when the program itself fails.
func (out *Swept) run(cfg world.Config) (r *world.Result) {
	defer func() {
		if p := recover(); p != nil {
			r = nil
			out.Digest = "none"
			out.Failed = append(out.Failed, fmt.Sprintf("the program fails: %v %s", p, where()))
		}
	}()
	w, err := world.New(cfg)
	if err != nil {
		panic("BUG: a scenario that was read makes no world: " + err.Error())
	}
	return w.Run()
}

// where is our part of the stack, without addresses: they differ from run to run.
func where() string {
	var at []string
	for _, line := range strings.Split(string(debug.Stack()), "\n") {
		if name, _, ok := strings.Cut(line, "("); ok && strings.HasPrefix(line, "breakwater/") && !strings.HasPrefix(line, "breakwater/scenarios") {
			at = append(at, name)
		}
	}
	return "in " + strings.Join(at[:min(len(at), 6)], " < ")
}

func (out *Swept) compare(cfg world.Config, wanted bool, what string) {
	if !wanted {
		return
	}
	if r := out.run(cfg); r != nil && r.Digest != out.Digest {
		out.Failed = append(out.Failed, fmt.Sprintf("%s has digest %s, not %s", what, r.Digest, out.Digest))
	}
}

// lastOf is the last events up to an instant.
func (s *Scenario) lastOf(r *world.Result, until exchange.Stamp) (lines []string) {
	for i := len(r.Entries) - 1; i >= 0 && len(lines) < lastEvents; i-- {
		e := &r.Entries[i]
		if e.At <= until && !isQuiet(e.Kind) {
			lines = append(lines, fmt.Sprintf("%s %s %s", e.At.Sub(r.Start), e.Kind, s.entryText(e)))
		}
	}
	for i, j := 0, len(lines)-1; i < j; i, j = i+1, j-1 {
		lines[i], lines[j] = lines[j], lines[i]
	}
	return lines
}

// Sum is one digest over many seeds, in the order in which they are added.
type Sum struct{ so [sha256.Size]byte }

// Add takes a seed's result.
func (s *Sum) Add(w *Swept) {
	h := sha256.New()
	h.Write(s.so[:])
	fmt.Fprintf(h, "%d %s %q", w.Seed, w.Digest, w.Failed)
	h.Sum(s.so[:0])
}

// String is the digest.
func (s *Sum) String() string { return hex.EncodeToString(s.so[:16]) }
