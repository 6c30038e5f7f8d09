package world

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"breakwater/data/journal"
	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/sim"
	"breakwater/strategy/engine"
)

// World is one run. Use it once, from one goroutine.
type World struct {
	cfg    Config
	venue  *sim.Venue
	market []market
	end    exchange.Stamp
	now    exchange.Stamp
	stepAt exchange.Stamp
	seq    uint64

	queue  []exchange.Event // what the process is still to be told
	head   int
	wake   exchange.Stamp
	attend bool // the process looks around once the queue is empty
	agenda []item
	link   *chaos.Link
	told   exchange.Event // scratch for what nobody hears
	chance *rand.Rand     // of faults

	disk     *disk
	journal  *journal.Writer
	guard    *risk.Guard
	engine   *engine.Engine
	digest   *risk.Digest
	up       bool
	lives    int
	upAt     exchange.Stamp // when it is started again; Never: not
	upSince  exchange.Stamp
	starting exchange.Stamp // the start that is on the agenda
	crowded  bool           // others place orders
	door     door

	ops    operator
	other  *process // a second one on the same account; nil: none
	taps   []*broken
	key    exchange.KeyInfo
	alerts []Alert
	log    log
	half   mark // the record that is being written
	truth  truth
	eyes   eyes
	faults *chaos.Injector
	verbs  [128]bool // in the plan
	inside bool      // the process is running: a crash can happen here
	broke  []Violation
	over   bool
	still  int // things that happened at this instant
	net    func(exchange.AssetID) money.Amount
	beats  *rand.Rand // of Config.Beats
}

// Sentinels that end the engine's run for the World, never for a reason of its own.
var (
	errAttend = errors.New("world: the process looks around")
	errEnd    = errors.New("world: the scenario's time is over")
)

// crashed is what a write of the journal panics with when the process dies there.
type crashed struct{}

// New checks a Config and makes its World.
func New(cfg Config) (*World, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.Guard == nil {
		cfg.Guard = risk.New
	}
	began := cfg.Start.Add(-cfg.prelude())
	w := &World{
		cfg: cfg, now: began - exchange.Stamp(time.Second), stepAt: began, end: cfg.Start.Add(cfg.Duration), wake: exchange.Never, upAt: exchange.Never,
		chance: rand.New(rand.NewPCG(cfg.Seed, 2)), digest: risk.NewDigest(cfg.Catalog),
	}
	var err error
	shifted := chaos.Plan{Rules: slices.Clone(cfg.Plan.Rules)} // the plan counts from the start, the injector's time from the prelude on
	for i := range shifted.Rules {
		shifted.Rules[i].At += w.cfg.Start.Sub(w.now)
	}
	if w.faults, err = chaos.NewInjector(shifted, w.now); err != nil {
		return nil, err
	}
	for _, r := range cfg.Plan.Rules {
		w.verbs[r.Do] = true
	}
	w.disk = newDisk(w)
	model := sim.Model{SpreadPPM: cfg.Markets[0].SpreadPPM, Latency: cfg.Latency, VolumeCapPPM: sim.DefaultVolumeCapPPM}
	w.venue, err = sim.NewVenue(sim.Config{Catalog: cfg.Catalog, Model: model, Fees: &fees{of: cfg.Fees, world: w}, Accounts: []sim.Deposits{cfg.Deposits, w.others()}})
	if err != nil {
		return nil, err
	}
	w.net, w.beats = w.venue.Net, rand.New(rand.NewPCG(cfg.Seed, 3))
	w.drop()
	w.venue.AdvanceTo(w.now)
	for i := range cfg.Markets {
		w.market = append(w.market, newMarket(&cfg, i))
	}
	w.truth.init(&cfg)
	w.eyes.init(w)
	w.crowded = w.verbs[chaos.ForeignOrder] || w.verbs[chaos.ManualTrade]
	w.key = soundKey(&cfg)
	w.connect()
	w.timetable(began)
	w.log.entries = make([]Entry, 0, 512+min(int64(w.end-began)/int64(time.Minute), 10_000)*8) // asked for every minute: a look, a snapshot, a switch thrice
	return w, nil
}

// Run plays the scenario to its end.
func (w *World) Run() *Result {
	w.start()
	for !w.over {
		if !w.up {
			w.idle()
			continue
		}
		died, err := w.live()
		switch {
		case died:
			w.die("the process died")
		case errors.Is(err, errAttend):
			if w.look() {
				w.die("the process died")
			}
		case errors.Is(err, errEnd):
			w.over = true
		default:
			w.ends(err)
		}
	}
	return w.finish()
}

// live lets the process run until the World has something to do; died when a write of the
// journal was its last.
func (w *World) live() (died bool, err error) {
	w.inside = true
	defer w.survive(&died)
	return false, w.engine.Run(context.Background())
}

// survive runs around everything that the process does: a crash ends that, not the World.
func (w *World) survive(died *bool) {
	w.inside = false
	if p := recover(); p != nil {
		if _, *died = p.(crashed); !*died {
			panic(p)
		}
	}
}

// ends is a process that stops by an error of its own, and what looks after it.
func (w *World) ends(err error) {
	text := "by itself"
	if err != nil {
		text = err.Error()
	}
	w.note(Entry{Kind: "process-ended", Text: text})
	w.die("")
	w.upAt = exchange.Never
	w.supervise()
}

// supervise has the process started again, by who looks after it.
func (w *World) supervise() {
	if w.cfg.Supervisor > 0 {
		w.upAt = w.now.Add(w.cfg.Supervisor)
	}
}

// isFinal reports whether a start ends with exit code 2 or 3, a wrong file or a refusal for
// safety, after which a supervisor does not try again (docs/operations.md).
func isFinal(err error) bool {
	var broken *journal.Fault
	var wrong wrongConfig
	return errors.As(err, &broken) || errors.As(err, &wrong)
}

// die loses all that the process had in memory, and of its files what was not synced.
func (w *World) die(text string) {
	if text != "" {
		w.note(Entry{Kind: "crash", Text: text})
	}
	w.rememberLife()
	w.up, w.guard, w.engine, w.journal = false, nil, nil, nil
	w.queue, w.head, w.wake, w.attend = w.queue[:0], 0, exchange.Never, false
	w.drop()
	w.disk.crash(w.chance)
}

// idle lets time pass while there is no process: the link goes on, and nobody listens.
func (w *World) idle() {
	if w.upAt != exchange.Never {
		w.startAt(w.upAt)
		w.upAt = exchange.Never
	}
	for {
		switch err := w.link.Next(context.Background(), &w.told); err {
		case nil:
		case errAttend:
			w.drop()
			w.queue, w.head = w.queue[:0], 0
			w.start()
			return
		default:
			w.over = true
			return
		}
	}
}

// startAt puts the next start on the agenda, in place of one that is there.
func (w *World) startAt(at exchange.Stamp) {
	w.starting = at
	w.on(at, rankEdge, func() {
		if w.starting == at && !w.up {
			w.starting, w.attend = exchange.Never, true
		}
	})
}

// connect puts a new link before the venue: what the old one held back is lost.
func (w *World) connect() {
	w.link = chaos.Wrap((*line)(w), w.faults, w.linkConfig())
}

// linkConfig says what the link brings of itself, as a live client would.
func (w *World) linkConfig() chaos.Config {
	return chaos.Config{
		Catalog: w.cfg.Catalog, Venue: (*owner)(w), Key: w.key, RoundTrip: max(2*w.cfg.Latency, 2*time.Millisecond),
		Facts: w.cfg.Facts & (exchange.FactHeartbeat | exchange.FactClock | exchange.FactKeyInfo | exchange.FactErrors | exchange.FactDeadMan | exchange.FactLedger | exchange.FactForeign),
	}
}

// drop loses what the venue has said and nobody took.
func (w *World) drop() {
	var ev exchange.Event
	for w.venue.Take(0, &ev) {
		if ev.Kind == exchange.KindFill {
			w.truth.onVenueFill(w, &ev)
		}
	}
	for w.venue.Take(1, &ev) {
	}
}

// start is a life of the process: recovery, guard, engine, strategies.
func (w *World) start() {
	died, err := w.boot()
	switch {
	case died:
		w.die("the process died at its start")
		if w.upAt == exchange.Never {
			w.upAt = w.now.Add(time.Second)
		}
	case err != nil:
		w.note(Entry{Kind: "start-refused", Text: err.Error()})
		w.up, w.guard, w.engine, w.journal = false, nil, nil, nil
		if w.upAt = exchange.Never; !isFinal(err) {
			w.supervise()
		}
	default:
		w.up, w.upSince = true, w.now
		w.afterBoot()
		if w.ops.kill {
			w.watchKill()
		}
	}
}

func (w *World) boot() (died bool, err error) {
	w.inside = true
	defer w.survive(&died)
	w.lives++
	w.connect()
	if err := w.ops.misread(&w.cfg); err != nil {
		return false, err
	}
	w.door = door{connecting: w.lives > 1}
	w.greet()
	cfg := w.guardConfig()
	rec, err := journal.Recover(w.disk, journal.Options{BallastBytes: ballastBytes, Now: w.now, LastWord: lastWord})
	if err != nil {
		return false, err
	}
	w.truth.replayed = w.truth.replayed[:0]
	late := &lateRecorder{}
	cfg.Recorder = late
	cfg.History = func(yield func(*risk.Record) error) error {
		if err := records(rec, func(r *risk.Record) error { w.door.see(r); w.recall(r); return yield(r) }); err != nil {
			return err
		}
		var err error
		if w.journal, err = rec.Writer(w.cfg.Catalog, w.cfg.Currency); err == nil {
			late.to = risk.Tee{(*writing)(w), w.journal, (*observer)(w), (*bugs)(w), w.digest}
		}
		return err
	}
	if w.guard, err = w.newGuard(cfg); err != nil {
		return false, err
	}
	w.taps = w.taps[:0]
	ecfg, err := w.engineConfig(w.guard, func(yield func(*risk.Record) error) error {
		rec, err := journal.Recover(w.disk, journal.Options{})
		if err != nil {
			return err
		}
		return records(rec, yield)
	})
	if err != nil {
		return false, err
	}
	w.engine, err = engine.New(ecfg)
	return false, err
}

// engineConfig is an engine with strategies made anew.
func (w *World) engineConfig(g *risk.Guard, history func(yield func(*risk.Record) error) error) (engine.Config, error) {
	cfg := engine.Config{
		Guard: g, Catalog: w.cfg.Catalog, Currency: w.cfg.Currency, FeePPM: w.cfg.FeePPM, Seed: w.cfg.Seed, Ablated: true, History: history,
	}
	for i := range w.cfg.Slots {
		s := &w.cfg.Slots[i]
		made, err := s.Make(w.cfg.Start)
		if err != nil {
			return cfg, err
		}
		slot := engine.Slot{Name: s.Name, Strategy: w.tap(i, made), Mode: s.Mode, Instruments: s.Instruments, Interval: w.cfg.Bars, SharePPM: s.SharePPM}
		if w.now < w.cfg.Start {
			slot.WarmUp = int((w.cfg.Start - w.stepAt) / exchange.Stamp(w.cfg.Bars))
		}
		cfg.Slots = append(cfg.Slots, slot)
	}
	return cfg, nil
}

// lastWord is what a full disk's ballast is for.
var lastWord = &risk.Record{
	Type: risk.RecLevel, Control: risk.JournalHealth, Level: risk.Halted, Until: exchange.Never, Instrument: exchange.None, Slot: -1, Text: "the disk is full",
}

// lateRecorder records to where the journal's history ends.
type lateRecorder struct{ to risk.Recorder }

func (l *lateRecorder) Record(r *risk.Record, durable bool) error { return l.to.Record(r, durable) }

func (w *World) guardConfig() risk.Config {
	c := &w.cfg
	cfg := risk.Config{
		Exchange: (*front)(w), Catalog: c.Catalog, Currency: c.Currency, FeePPM: c.FeePPM, Facts: c.Facts, Limits: w.ops.limits(c.Limits, c.Edit), Kill: (*killFile)(w),
		Zone: c.Zone, DryRun: c.DryRun, ArmKey: ownerKey.Public().(publicKey), Started: w.now,
	}
	for i := range c.Slots {
		cfg.Slots = append(cfg.Slots, risk.SlotInfo{Name: c.Slots[i].Name, Mode: c.Slots[i].Mode, Interval: c.Bars})
	}
	return cfg
}

func records(rec *journal.Recovery, yield func(*risk.Record) error) error {
	for e, err := range rec.Entries() {
		if err != nil {
			return err
		}
		if e.Record == nil {
			continue
		}
		if err := yield(e.Record); err != nil {
			return fmt.Errorf("%s:%d: %w", e.File, e.Line, err)
		}
	}
	return nil
}

// item is something that the World does at an instant.
type item struct {
	at   exchange.Stamp
	rank int // of those at one instant
	do   func()
}

// on puts something on the agenda.
func (w *World) on(at exchange.Stamp, rank int, do func()) {
	i, _ := slices.BinarySearchFunc(w.agenda, item{at: at, rank: rank}, func(a, b item) int {
		switch {
		case a.at != b.at:
			return int(min(max(a.at-b.at, -1), 1))
		case a.rank <= b.rank: // behind its equals
			return -1
		}
		return 1
	})
	w.agenda = slices.Insert(w.agenda, i, item{at, rank, do})
}

// The ranks of the agenda.
const (
	rankOwner = iota
	rankEdge
)

// nextInstant is when the next thing happens.
func (w *World) nextInstant() exchange.Stamp {
	t := min(w.stepAt, w.venue.NextDue(), w.wake, w.faults.NextDue())
	if len(w.agenda) > 0 {
		t = min(t, w.agenda[0].at)
	}
	return max(t, w.now)
}

// advance lets the next thing happen: what is on the agenda, at the venue, in the market, a
// beat. What the process is told of it lies in the queue and at the venue.
func (w *World) advance() {
	t := w.nextInstant()
	if w.still++; t > w.now {
		w.still = 0
	} else if w.still > mostAtOnce {
		panic(fmt.Sprintf("BUG: time stands still at %v, %v after the start", t, w.sinceStart(t)))
	}
	w.flushBefore(t)
	w.now = t
	w.faults.Advance(t)
	if w.strike() || w.faults.NextDue() <= t && len(w.queue) == 0 && w.owed(t) {
		return
	}
	if len(w.agenda) > 0 && w.agenda[0].at <= t {
		it := w.agenda[0]
		w.agenda = w.agenda[:copy(w.agenda, w.agenda[1:])]
		w.venue.AdvanceTo(min(t, w.stepAt-1)) // what the process answers is sent now, and not at the market's last step
		it.do()
		return
	}
	if w.venue.NextDue() <= t {
		w.venue.AdvanceTo(t)
		return
	}
	if w.stepAt <= t {
		w.step()
		return
	}
	w.venue.AdvanceTo(t)
	if w.wake <= t {
		w.wake = exchange.Never
		w.tell(exchange.Event{Kind: exchange.KindBeat})
	}
}

// owed lets the link look at the plan, where what is due is the link's to do.
func (w *World) owed(t exchange.Stamp) bool {
	w.venue.AdvanceTo(min(t, w.stepAt-1))
	w.tell(exchange.Event{Kind: exchange.KindBeat})
	return true
}

// mostAtOnce is how much can happen at one instant before something goes round in circles.
const mostAtOnce = 100_000

// flushEvery is how long a record may wait for its sync.
const flushEvery = 100 * time.Millisecond

// flushBefore syncs the journal where that is due before t.
func (w *World) flushBefore(t exchange.Stamp) {
	if w.journal == nil {
		return
	}
	if since, waiting := w.journal.Unsynced(); waiting && t.Sub(since) >= flushEvery {
		if err := w.journal.Flush(); err != nil {
			w.tellCheck(risk.JournalHealth, false, "the journal cannot be synced")
		}
	}
}

// tell queues an event for the process.
func (w *World) tell(ev exchange.Event) {
	ev.Time, ev.Received, ev.Last = w.now, w.now, true
	if ev.Kind != exchange.KindTop && ev.Kind != exchange.KindTrade && ev.Kind != exchange.KindBar && ev.Kind != exchange.KindSecond && ev.Kind != exchange.KindIntegrity && ev.Kind != exchange.KindStatus {
		ev.Instrument = exchange.None
	}
	if ev.Kind != exchange.KindBalance && ev.Kind != exchange.KindLedger {
		ev.FeeAsset = exchange.None
	}
	w.queue = append(w.queue, ev)
}

// sinceStart is an instant in the scenario's own time.
func (w *World) sinceStart(t exchange.Stamp) time.Duration { return t.Sub(w.cfg.Start) }
