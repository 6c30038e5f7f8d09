package world

import (
	"context"
	"io"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/exchange/money"
	"breakwater/risk"
)

const holdsShape = chaos.Holds

// Result is what a run was. Its amounts are in the account's currency.
type Result struct {
	Start, End exchange.Stamp
	Digest     string
	Entries    []Entry
	Calls      map[string]int
	Alerts     []Alert
	Violations []Violation
	Faults     *chaos.Injector
	Lives      int
	Up         bool        // a process runs at the end
	Status     risk.Status // of the last guard
	Equity     money.Amount
	Began      money.Amount // equity at the start
	Lowest     money.Amount // least equity from the start on, flows taken off
	Curve      []Worth      // of the equity, about 250 of them from the start on
	Held       []money.Amount
	Prices     []money.Price
}

// Worth is what the account is worth at an instant.
type Worth struct {
	At     exchange.Stamp
	Equity money.Amount
}

// curvePoints is about how many points a curve has.
const curvePoints = 250

// Loss is the largest loss from the start on; what came and went by hand is none.
func (r *Result) Loss() money.Amount { return max(0, r.Began-r.Lowest) }

// finish looks at the end and tells.
func (w *World) finish() *Result {
	w.truth.onStep(w)
	w.checkEnd()
	r := &Result{
		Start: w.cfg.Start, End: w.end, Digest: w.digest.Sum(), Entries: w.log.entries, Calls: map[string]int{}, Alerts: w.alerts, Violations: w.broke,
		Faults: w.faults, Lives: w.lives, Up: w.up, Equity: w.truth.equity, Began: w.truth.start, Lowest: w.truth.lowest, Curve: w.truth.curve, Prices: w.truth.price,
	}
	for i, n := range w.log.calls {
		r.Calls[callNames[i]] = n
	}
	for i := range w.cfg.Catalog.Assets {
		r.Held = append(r.Held, w.venue.Balance(0, exchange.AssetID(i)).Total)
	}
	if w.guard != nil {
		r.Status = w.guard.Status()
	} else if w.truth.before != nil {
		r.Status = w.truth.before.status
	}
	return r
}

// nowhere is an exchange for a guard that only looks at its history.
type nowhere struct{}

func (nowhere) Submit(*exchange.Order) error                { return exchange.ErrClosed }
func (nowhere) Amend(*exchange.Amend) error                 { return exchange.ErrClosed }
func (nowhere) Cancel(exchange.OrderID) error               { return exchange.ErrClosed }
func (nowhere) CancelAllAfter(time.Duration) error          { return exchange.ErrClosed }
func (nowhere) Refresh() error                              { return nil }
func (nowhere) Next(context.Context, *exchange.Event) error { return io.EOF }

// discard keeps no record.
type discard struct{}

func (discard) Record(*risk.Record, bool) error { return nil }
