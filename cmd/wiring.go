package cmd

import (
	"context"
	"io"
	"time"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/reports"
	"breakwater/risk"
	"breakwater/risk/riskfile"
	"breakwater/sim"
	"breakwater/strategy"
	"breakwater/strategy/engine"
)

// plan is a backtest, checked: everything that the user said, as the parts want it. It
// can be run several times.
type plan struct {
	inputs []input
	from   exchange.Stamp
	to     exchange.Stamp
	bars   time.Duration // bars built for the strategies; 0: those of the files
	empty  data.Empty

	catalog  *exchange.Catalog
	currency exchange.AssetID
	cash     money.Amount

	slots      []slotPlan
	size       strategy.Size
	seed       uint64
	closeAtEnd bool

	model  sim.Model
	fees   sim.Fees
	feePPM int64 // the worst
	limits risk.Limits
	risk   *riskfile.File // that the limits are from; nil: none
	armed  bool           // the profile wants arming: the backtest stands in for it
	zone   *time.Location // of the trading day; nil: UTC
	rearm  risk.Rearm

	strictness bool // compare with runs under other limits
}

// slotPlan makes a slot anew for each run: a strategy has state.
type slotPlan struct {
	name, strategy string
	mode           string // for the guard's mode-allocation
	settings       []string
	instruments    []exchange.InstrumentID
	interval       time.Duration
	sharePPM       int64
}

// watchers are who looks on at a run; nil ones do not.
type watchers struct {
	recorder risk.Recorder
	observer engine.Observer
	wrap     func(exchange.Feed) exchange.Feed
	progress func(read, size int64)
}

// run is the one place where the parts are put together:
// files → merger → replay on a venue → guard → engine → strategies.
func (p *plan) run(ctx context.Context, w watchers) ([]reports.DataFile, error) {
	sources, err := p.open()
	defer sources.close()
	if err != nil {
		return nil, err
	}
	merger, err := data.Merge(sources.series, p.empty)
	if err != nil {
		return nil, wrong(err)
	}
	var feed exchange.Feed = &attended{Feed: merger, ctx: ctx, sources: sources, tell: w.progress}
	if w.wrap != nil {
		feed = w.wrap(feed)
	}
	venue, err := sim.NewVenue(sim.Config{
		Catalog: p.catalog, Model: p.model, Fees: p.fees,
		Accounts: []sim.Deposits{{{Asset: p.currency, Total: p.cash}}},
	})
	if err != nil {
		return nil, wrong(err)
	}
	slots, books, err := p.makeSlots()
	if err != nil {
		return nil, err
	}
	infos := make([]risk.SlotInfo, len(slots))
	for i := range slots {
		infos[i] = risk.SlotInfo{Name: slots[i].Name, Mode: slots[i].Mode, Interval: slots[i].Interval}
	}
	replay := sim.NewReplay(venue, feed, 0)
	replay.EmitTops(books)
	guard, err := risk.New(risk.Config{
		Exchange: replay, Catalog: p.catalog, Currency: p.currency, FeePPM: p.feePPM,
		Facts:  replay.Facts() &^ exchange.FactDeadMan, // a venue that stands still between events needs no switch
		Limits: p.limits, Slots: infos, Recorder: w.recorder, Kill: risk.NoKillSwitch{}, Zone: p.zone, Rearm: p.rearm,
	})
	if err != nil {
		return nil, wrong(err)
	}
	loop, err := engine.New(engine.Config{
		Guard: guard, Catalog: p.catalog, Currency: p.currency, FeePPM: p.feePPM, Slots: slots, Size: p.size, Seed: p.seed,
		Observer: w.observer, CloseAtEnd: p.closeAtEnd,
	})
	if err != nil {
		return nil, wrong(err)
	}
	if err := loop.Run(ctx); err != nil {
		return nil, err
	}
	return sources.describe(p, merger.Summaries())
}

// makeSlots makes the strategies. books says that one of them looks at the book.
func (p *plan) makeSlots() (slots []engine.Slot, books bool, err error) {
	for _, sp := range p.slots {
		s, err := sp.make()
		if err != nil {
			return nil, false, err
		}
		if _, watches := s.(strategy.BookWatcher); watches {
			books = true
		}
		slots = append(slots, engine.Slot{Name: sp.name, Strategy: s, Mode: sp.mode, Instruments: sp.instruments, Interval: sp.interval, SharePPM: sp.sharePPM})
	}
	return slots, books, nil
}

func (s *slotPlan) make() (strategy.Strategy, error) {
	made, err := strategy.New(s.strategy)
	if err != nil {
		return nil, wrong(err)
	}
	return made, wrong(strategy.Configure(made, s.settings...))
}

// attended ends the data when the run is interrupted, and tells how far it has been read:
// looking now and then, it costs a run nothing.
type attended struct {
	exchange.Feed
	ctx     context.Context
	sources *sources
	tell    func(read, size int64)
	n       uint
}

func (a *attended) Next(ev *exchange.Event) error {
	const often = 1 << 14 // events: about a thousandth of a second of work
	if a.n%often == 0 {
		if err := a.ctx.Err(); err != nil {
			return err
		}
		if a.tell != nil {
			a.tell(a.sources.progress())
		}
	}
	a.n++
	err := a.Feed.Next(ev)
	if err != nil && err != io.EOF {
		return wrong(err) // what cannot be read is the input's fault
	}
	return err
}
