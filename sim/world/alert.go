package world

import (
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/risk"
)

// Alert is what the owner is to hear of. It waits in a queue on the disk, so that a crash
// does not lose it.
type Alert struct {
	What     string // the control, or what happened
	At       exchange.Stamp
	Heard    exchange.Stamp // Never: not yet
	Fallback bool           // by the second channel
	Tries    int
}

// How alerts are sent: at once, again each second, and after that by the second channel,
// which reaches the owner within the five seconds that RTS 6 wants.
const (
	alertRetry    = time.Second
	alertFallback = 3 * time.Second
)

// alert queues what a latch has to say.
func (w *World) alert(r *risk.Record) { w.alertText(r.Control.String()) }

func (w *World) alertText(what string) {
	w.alerts = append(w.alerts, Alert{What: what, At: w.now, Heard: exchange.Never})
	i := len(w.alerts) - 1
	w.on(w.now, rankEdge, func() { w.send(i) })
}

// send tries to reach the owner.
func (w *World) send(i int) {
	a := &w.alerts[i]
	a.Tries++
	switch {
	case w.holds(chaos.AlertDown, "") == nil:
		a.Heard = w.now
	case w.now.Sub(a.At) >= alertFallback:
		a.Heard, a.Fallback = w.now, true
	default:
		w.on(w.now.Add(alertRetry), rankEdge, func() { w.send(i) })
	}
}
