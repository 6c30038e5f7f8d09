package world

import (
	"time"

	"breakwater/exchange"
	"breakwater/risk"
)

// When faults are over, the owner looks after the process again and again until it trades.
const (
	ownerLooks    = 5 * time.Minute
	ownerConfirms = 61 * time.Second
)

// heal ends every fault for good, and the owner puts right what stays broken: files, the
// build, the process, money that nobody has explained.
func (w *World) heal() {
	w.note(Entry{Kind: "heal"})
	w.faults.Heal()
	w.modes()
	w.disk.fs.Mend()
	wrong := w.ops.swapped || w.ops.exposed || w.ops.wrongKey
	w.ops.kill, w.ops.edits = false, nil
	w.ops.swapped, w.ops.exposed, w.ops.wrongKey = false, false, false
	switch {
	case !w.up:
		w.startAt(w.now.Add(time.Second))
	case wrong || w.journal.Err() != nil:
		w.restart()
	}
	w.on(w.now.Add(time.Minute), rankOwner, w.lookAfter)
}

// restart is the owner's: the process ends and comes back.
func (w *World) restart() {
	w.later(func() {
		w.upAt = w.now.Add(time.Second)
		panic(crashed{})
	})
}

// lookAfter is the owner, who explains to the process what it does not know, and holds the
// ceremony when it stands still.
func (w *World) lookAfter() {
	w.on(w.now.Add(ownerLooks), rankOwner, w.lookAfter)
	if !w.up {
		return
	}
	w.explain()
	if w.cfg.Facts&exchange.FactHost != 0 {
		w.tellCheck(risk.SingleInstance, true, "")
	}
	for id := exchange.OrderID(1); id <= w.guard.LastOrderID(); id++ {
		if i := w.truth.intents[id]; i != nil && i.absent && !i.removed {
			w.venue.Cancel(0, id) // an order that was given up and is there: by hand
			i.removed = true
		}
	}
	if w.resting() {
		return
	}
	w.act(Act{Do: ArmRequest, Text: "all faults are over"})
	w.on(w.now.Add(ownerConfirms), rankOwner, func() { w.act(Act{Do: ArmConfirm}) })
}

// resting reports whether the process trades, or will once its dry cycle is over, so that
// there is nothing to do for its owner.
func (w *World) resting() bool {
	st := w.guard.Status()
	return st.Level == risk.Active && len(st.Latches) == 0 && (!w.cfg.Limits.NeedsArming || st.Phase >= risk.DryCycle)
}

// explain books money that came or went without a row of the ledger: only so much as the
// World knows of, so that a fill that the process has lost stays a difference.
func (w *World) explain() {
	for i := range w.cfg.Catalog.Assets {
		a := exchange.AssetID(i)
		if v := w.venue.Balance(0, a).Total - w.truth.explained[i]; v != 0 {
			w.tell(exchange.Event{Kind: exchange.KindLedger, FeeAsset: a, Cost: v, Code: exchange.CodeAdjustment})
		}
	}
}

// checkSettled is the other half of trading-resumes-after-heal: what must be so at the end
// when all faults were over long before.
func (w *World) checkSettled() {
	if w.cfg.Heal == 0 || w.end.Sub(w.cfg.Start.Add(w.cfg.Heal)) < time.Hour {
		return
	}
	if !w.up {
		w.breaks(tradingResumesAfterHeal, "no process runs at the end")
		return
	}
	st := w.guard.Status()
	if n := len(w.log.sent); n == 0 || w.end.Sub(w.log.sent[n-1].at) > onTheWay {
		w.checkBooks(&st)
	}
	if !w.resting() && !w.trippedSince(w.end.Add(-3*ownerLooks)) {
		why := st.Phase.String()
		for _, l := range st.Latches {
			why += ", " + l.Control.String() + ": " + l.Cause
		}
		w.breaks(tradingResumesAfterHeal, "at the end the level is %s: %s", st.Level, why)
	}
}

// onTheWay is longer than an order, its fill and the answer can take when nothing is wrong.
const onTheWay = 15 * time.Second

// checkBooks holds the guard's books against the venue's.
func (w *World) checkBooks(st *risk.Status) {
	if st.Unknown > 0 {
		w.breaks(tradingResumesAfterHeal, "%d orders are unknown at the end", st.Unknown)
	}
	for i := range w.cfg.Catalog.Assets {
		a := exchange.AssetID(i)
		if is, ours := w.venue.Balance(0, a).Total, w.guard.Balance(a); is != ours {
			w.breaks(tradingResumesAfterHeal, "at the end the venue has %d of %s, the guard's books %d", is, w.cfg.Catalog.Assets[i].Name, ours)
		}
	}
	w.venue.Refresh(0)
	w.venue.AdvanceTo(w.now.Add(onTheWay))
	open := map[exchange.OrderID]bool{}
	for ev := (exchange.Event{}); w.venue.Take(0, &ev); {
		if ev.Kind == exchange.KindSnapshot {
			for _, o := range ev.Detail.Snapshot.Orders {
				open[o.Order.ID] = true
			}
		}
	}
	for id := exchange.OrderID(1); id <= w.guard.LastOrderID(); id++ {
		if _, ours := w.guard.State(id); ours != open[id] {
			w.breaks(tradingResumesAfterHeal, "at the end order %d is open at the venue: %v, for the guard: %v", id, open[id], ours)
		}
	}
}

// trippedSince reports whether the guard has tripped since an instant: the owner had no
// time to answer that.
func (w *World) trippedSince(t exchange.Stamp) bool {
	for i := len(w.log.entries) - 1; i >= 0 && w.log.entries[i].At >= t; i-- {
		if w.log.entries[i].Kind == "trip" {
			return true
		}
	}
	return false
}
