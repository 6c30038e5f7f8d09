package world

import (
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/exchange/money"
)

// strike lets the faults happen that are due; it reports whether one has told the process
// something or ended it.
func (w *World) strike() (any bool) {
	any = w.disk.fs.Turn()
	for _, f := range [...]chaos.Family{chaos.Proc, chaos.Ops, chaos.Strategy} {
		for r := w.faults.Take(f); r != nil; r = w.faults.Take(f) {
			w.happen(r)
			any = true
		}
	}
	w.modes()
	return any
}

// happen is one act of the plan.
func (w *World) happen(r *chaos.Rule) {
	switch r.Do {
	case chaos.Crash:
		w.crash(r.RestartAfter)
	case chaos.RestartLoop:
		for i := 1; i < r.N(); i++ {
			w.on(w.now.Add(time.Duration(i)*(r.RestartAfter+time.Second)), rankOwner, func() { w.crash(r.RestartAfter) })
		}
		w.crash(r.RestartAfter)
	case chaos.Stop:
		if w.up {
			w.later(func() { w.stop(r.RestartAfter) })
		}
	case chaos.SecondInstance:
		w.second()
	case chaos.TouchKill:
		w.ops.kill, w.ops.entry = true, r.Value
		w.watchKill()
	case chaos.RemoveKill:
		w.ops.kill = false
	case chaos.EditConfig:
		w.ops.edits = append(w.ops.edits, *r)
	case chaos.SwapBuild:
		w.ops.swapped = true
	case chaos.FileMode:
		w.ops.exposed = true
	case chaos.WrongKey:
		w.ops.wrongKey = true
	case chaos.ReplaySignal, chaos.StrategyFlood:
		w.tapAct(r)
	}
}

// crash ends the process now, where it stands.
func (w *World) crash(restartAfter time.Duration) {
	if !w.up && !w.inside {
		return
	}
	w.upAt = w.now.Add(restartAfter)
	if w.inside {
		panic(crashed{})
	}
	w.die("the process died")
}

// mayDie ends the process when the plan has a crash for the point that it has reached.
func (w *World) mayDie() {
	if !w.verbs[chaos.Crash] || !w.inside {
		return
	}
	if r := w.faults.Take(chaos.Proc); r != nil {
		w.happen(r)
	}
}

// stop is a clean end: entries are taken back, all is synced.
func (w *World) stop(restartAfter time.Duration) {
	w.guard.Note("session stops: asked to")
	_ = w.guard.CancelAll(true) // the venue tells the next life what became of them
	w.on(w.now.Add(time.Second), rankEdge, func() {
		if !w.up {
			return
		}
		w.later(func() {
			_ = w.journal.Close()
			w.note(Entry{Kind: "stop"})
			w.upAt = w.now.Add(restartAfter)
			panic(crashed{})
		})
	})
}

// modes brings the market into the state that the plan wants for it.
func (w *World) modes() {
	for i := range w.market {
		m := &w.market[i]
		pair := m.in.Symbol
		m.gap, m.wick, m.diverge, m.drained, m.widened = 1, 1, 1, 1, 0
		if r := w.holds(chaos.MarketGap, pair); r != nil {
			m.gap = share(money.PPM + r.PPM)
		}
		if r := w.holds(chaos.Wick, pair); r != nil {
			m.wick = share(money.PPM + r.PPM)
		}
		if r := w.holds(chaos.Diverge, pair); r != nil {
			m.diverge = share(money.PPM + r.PPM)
		}
		if r := w.holds(chaos.DrainBook, pair); r != nil {
			if m.drained = share(r.PPM); r.PPM == 0 {
				m.drained = 0.0001
			}
		}
		if r := w.holds(chaos.Widen, pair); r != nil {
			m.widened = r.PPM
		}
		status := exchange.Online
		if w.holds(chaos.Halt, pair) != nil {
			status = exchange.Maintenance
		} else if r := w.holds(chaos.SetStatus, pair); r != nil {
			status = modeOf(r.Value)
		}
		if status != m.status {
			w.setStatus(m, status)
		}
	}
}

func share(ppm int64) float64 { return float64(ppm) / float64(money.PPM) }

var modeNames = map[string]exchange.Status{
	"online": exchange.Online, "post-only": exchange.PostOnlyMode, "limit-only": exchange.LimitOnlyMode, "reduce-only": exchange.ReduceOnlyMode,
	"cancel-only": exchange.CancelOnlyMode, "maintenance": exchange.Maintenance,
}

// modeOf is the mode that a value of status names; advice leaves the venue online, and is
// the link's to tell.
func modeOf(value string) exchange.Status { return modeNames[value] }

// setStatus changes an instrument's mode at the venue, and for the process: of all of them
// when none stays online.
func (w *World) setStatus(m *market, s exchange.Status) {
	m.status = s
	ev := exchange.Event{Kind: exchange.KindStatus, Instrument: m.in.ID, Status: s, Time: w.now, Received: w.now}
	w.venue.Apply(&ev)
	if w.cfg.Facts&exchange.FactStatus == 0 {
		return
	}
	all := true
	for i := range w.market {
		all = all && w.market[i].status == s
	}
	w.tell(ev)
	if all {
		ev.Instrument = exchange.None
		w.tell(ev)
	}
}
