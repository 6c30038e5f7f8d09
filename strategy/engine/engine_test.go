package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
	"breakwater/sim"
	"breakwater/strategy"
	"breakwater/strategy/engine"
)

// A rig is a whole run on real parts: bars as text, the merger, the simulated venue, the
// guard, the engine.
type rig struct {
	series  map[string]string // PAIR_MINUTES → rows of Kraken's OHLCVT
	cash    map[string]float64
	slots   []engine.Slot
	model   sim.Model
	fees    sim.Fees
	limits  risk.Limits
	size    strategy.Size
	close   bool
	marks   engine.Observer
	wrap    func(exchange.Feed) exchange.Feed
	rec     risk.Recorder
	catalog *exchange.Catalog
	venue   *sim.Venue
	replay  *sim.Replay
	guard   *risk.Guard
	engine  *engine.Engine
	log     journal
}

// journal keeps what happened, as text.
type journal struct{ lines []string }

func (j *journal) Record(r *risk.Record, _ bool) error {
	switch r.Type {
	case risk.RecIntent:
		j.add(r, "%v %v %d @%d ^%d for %v", r.Order.Side, r.Order.Type, r.Order.Qty, r.Order.Price, r.Order.Trigger, r.Order.Purpose)
	case risk.RecDenial:
		j.add(r, "denied %v", &r.Reasons[0])
	case risk.RecFill:
		j.add(r, "fill %v %d @%d", r.Event.Side, r.Event.Qty, r.Event.Price)
	case risk.RecOrder:
		j.add(r, "is %v %v", r.Event.State, r.Event.Code)
	case risk.RecLevel:
		j.add(r, "level %v %s", r.Level, r.Text)
	case risk.RecCancel:
		j.add(r, "cancel")
	case risk.RecAmend:
		j.add(r, "amend to %d ^%d", r.Amend.Qty, r.Amend.Trigger)
	}
	return nil
}

func (j *journal) add(r *risk.Record, format string, args ...any) {
	j.lines = append(j.lines, fmt.Sprintf("%s #%d ", r.Time.Time().Format("15:04"), r.OrderID)+fmt.Sprintf(format, args...))
}

func (j *journal) has(t *testing.T, want ...string) {
	t.Helper()
	i := 0
	for _, l := range j.lines {
		if i < len(want) && strings.Contains(l, want[i]) {
			i++
		}
	}
	if i < len(want) {
		t.Errorf("missing %q (after %q) in\n%s", want[i], want[:i], strings.Join(j.lines, "\n"))
	}
}

func (j *journal) count(part string) (n int) {
	for _, l := range j.lines {
		if strings.Contains(l, part) {
			n++
		}
	}
	return n
}

func (r *rig) build(t *testing.T) {
	t.Helper()
	r.catalog, r.log = exchange.NewCatalog(), journal{}
	var names []string
	for _, pair := range []string{"XBT/CAD", "ETH/CAD", "ETH/XBT"} {
		for name := range r.series {
			if strings.HasPrefix(name, pair) {
				names = append(names, pair)
				break
			}
		}
	}
	ids, err := data.AddPairs(r.catalog, nil, names...)
	if err != nil {
		t.Fatal(err)
	}
	var series []data.Series
	for i, pair := range names {
		for _, minutes := range []int{60, 1440} {
			rows, ok := r.series[fmt.Sprintf("%s_%d", pair, minutes)]
			if !ok {
				continue
			}
			in := &r.catalog.Instruments[ids[i]]
			rd, err := data.NewReader(strings.NewReader(rows), data.Options{Name: pair, Pair: pair, Interval: time.Duration(minutes) * time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			rd.Scale(in.PriceDecimals, in.LotDecimals)
			series = append(series, data.Series{Name: pair, Instrument: in.ID, Interval: rd.Info().Interval, Bars: rd})
		}
	}
	merged, err := data.Merge(series, data.Skip)
	if err != nil {
		t.Fatal(err)
	}
	feed := exchange.Feed(merged)
	if r.wrap != nil {
		feed = r.wrap(feed)
	}
	if r.fees == nil {
		r.fees = sim.FixedFees(0, 0)
	}
	if r.limits.Profile == "" {
		r.limits = risk.Research()
	}
	deposits := sim.Deposits{}
	for i := range r.catalog.Assets {
		if c := r.cash[r.catalog.Assets[i].Name]; c > 0 {
			deposits = append(deposits, exchange.Balance{Asset: exchange.AssetID(i), Total: money.Amount(c * float64(money.Pow10[r.catalog.Assets[i].Decimals]))})
		}
	}
	if r.venue, err = sim.NewVenue(sim.Config{Catalog: r.catalog, Model: r.model, Fees: r.fees, Accounts: []sim.Deposits{deposits}}); err != nil {
		t.Fatal(err)
	}
	cad, _ := r.catalog.Asset("CAD")
	rec := risk.Tee{&r.log}
	if r.rec != nil {
		rec = append(rec, r.rec)
	}
	r.replay = sim.NewReplay(r.venue, feed, 0)
	if r.guard, err = risk.New(risk.Config{
		Exchange: r.replay, Catalog: r.catalog, Currency: cad.ID, FeePPM: 8000, Facts: r.replay.Facts(), Limits: r.limits,
		Recorder: rec, Kill: risk.NoKillSwitch{},
	}); err != nil {
		t.Fatal(err)
	}
	for i := range r.slots {
		if r.slots[i].SharePPM == 0 {
			r.slots[i].SharePPM = money.PPM
		}
		if len(r.slots[i].Instruments) == 0 {
			r.slots[i].Instruments = ids
		}
	}
	if r.engine, err = engine.New(engine.Config{
		Guard: r.guard, Catalog: r.catalog, Currency: cad.ID, FeePPM: 8000, Slots: r.slots, Size: r.size, Seed: 1, CloseAtEnd: r.close, Observer: r.marks,
	}); err != nil {
		t.Fatal(err)
	}
}

// have is what the guard says of an asset, by name.
func (r *rig) have(asset string) money.Amount {
	a, _ := r.catalog.Asset(asset)
	return r.guard.Balance(a.ID)
}

func (r *rig) run(t *testing.T) {
	t.Helper()
	r.build(t)
	if err := r.engine.Run(context.Background()); err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(r.log.lines, "\n"))
	}
}

const start = 1_600_000_000 / 86400 * 86400

// hours are hourly bars: four prices each.
func hours(bars ...[4]float64) string { return rows(60, bars...) }

func rows(minutes int64, bars ...[4]float64) string { return rowsOf(minutes, 1000, bars...) }

func rowsOf(minutes int64, volume float64, bars ...[4]float64) string {
	var b strings.Builder
	for i, p := range bars {
		fmt.Fprintf(&b, "%d,%g,%g,%g,%g,%g,5\n", start+int64(i)*minutes*60, p[0], p[1], p[2], p[3], volume)
	}
	return b.String()
}

func flat(n int, p float64) (bars [][4]float64) {
	for range n {
		bars = append(bars, [4]float64{p, p, p, p})
	}
	return bars
}

// wander is a seeded random walk.
func wander(seed uint64, n int) (bars [][4]float64) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	p := 1000.0
	for range n {
		o := p
		p = float64(int(p * (0.97 + 0.06*rnd.Float64())))
		hi, lo := max(o, p)+float64(rnd.IntN(10)), min(o, p)-float64(rnd.IntN(10))
		bars = append(bars, [4]float64{o, hi, lo, p})
	}
	return bars
}

// script acts on the nth bar that it sees.
type script struct {
	warm  int
	start func(*strategy.Context)
	bars  map[int]func(*strategy.Context, strategy.Bar)
	fills func(*strategy.Context, strategy.Fill)
	order func(*strategy.Context, strategy.OrderUpdate)
	timer func(*strategy.Context, int)
	n     int
	other int
}

func (s *script) WarmUp() int { return s.warm }
func (s *script) OnStart(ctx *strategy.Context) {
	if s.start != nil {
		s.start(ctx)
	}
}
func (s *script) OnBar(ctx *strategy.Context, b strategy.Bar) {
	s.n++
	if f := s.bars[s.n]; f != nil {
		f(ctx, b)
	}
}
func (s *script) OnOtherBar(*strategy.Context, strategy.Bar) { s.other++ }
func (s *script) OnFill(ctx *strategy.Context, f strategy.Fill) {
	if s.fills != nil {
		s.fills(ctx, f)
	}
}
func (s *script) OnOrder(ctx *strategy.Context, u strategy.OrderUpdate) {
	if s.order != nil {
		s.order(ctx, u)
	}
}
func (s *script) OnTimer(ctx *strategy.Context, id int) {
	if s.timer != nil {
		s.timer(ctx, id)
	}
}

type on = map[int]func(*strategy.Context, strategy.Bar)

func one(s strategy.Strategy, bars string) *rig {
	return &rig{series: map[string]string{"XBT/CAD_60": bars}, cash: map[string]float64{"CAD": 10_000}, slots: []engine.Slot{{Name: "one", Strategy: s}}}
}

func TestADecisionAtACloseFillsAtTheNextOpening(t *testing.T) {
	bars := append(flat(2, 100), [4]float64{101, 105, 99, 104}, [4]float64{110, 110, 110, 110})
	r := one(&script{bars: on{
		2: func(c *strategy.Context, _ strategy.Bar) { c.Buy(2) },
		3: func(c *strategy.Context, _ strategy.Bar) {
			if p := c.Position(); p.Qty != 2 || p.AvgPrice != 101 {
				t.Errorf("position %+v", p)
			}
			c.Exit()
		},
	}}, hours(bars...))
	r.run(t)
	r.log.has(t, "02:00 #1 buy market 200000000", "02:00 #1 fill buy 200000000 @10100000000", "03:00 #2 sell market", "03:00 #2 fill sell 200000000 @11000000000")
	if got := r.engine.Equity(); got != 10_018*1e4 {
		t.Errorf("equity %d, want 10018 CAD", got)
	}
}

func TestEnteringWithAllCashSpendsItAndNoMore(t *testing.T) {
	bars := append(flat(2, 100), [4]float64{130, 130, 130, 130}, [4]float64{130, 130, 130, 130})
	for _, whole := range []bool{false, true} {
		r := one(&script{bars: on{1: func(c *strategy.Context, _ strategy.Bar) { c.Enter(1) }}}, hours(append(flat(1, 100), bars[2:]...)...))
		r.fees, r.size = sim.FixedFees(2500, 4000), strategy.Size{Whole: whole}
		r.run(t)
		cad := r.have("CAD")
		if whole {
			if got := r.have("XBT"); got != 76*1e10 { // 76 whole coins at 130.52
				t.Errorf("bought %d", got)
			}
		} else if cad > 1 {
			t.Errorf("left %d units of CAD", cad)
		}
		if cad < 0 {
			t.Error("overspent")
		}
	}
}

func TestTheOutboxIsShutDuringTheWarmUp(t *testing.T) {
	started := 0
	s := &script{warm: 3, bars: on{}}
	s.start = func(c *strategy.Context) { started = s.n }
	for i := 1; i <= 5; i++ {
		s.bars[i] = func(c *strategy.Context, _ strategy.Bar) { c.Buy(1) }
	}
	r := one(s, hours(flat(6, 100)...))
	r.run(t)
	if started != 3 || r.log.count("buy market") != 2 {
		t.Errorf("started after %d bars, %d orders\n%v", started, r.log.count("buy market"), r.log.lines)
	}
}

func TestABracketPlacedWithTheEntryRestsFromTheFillOn(t *testing.T) {
	enter := func(c *strategy.Context, _ strategy.Bar) { c.Buy(1); c.Bracket(95, 120) }
	t.Run("stop in the very bar of the entry", func(t *testing.T) {
		r := one(&script{bars: on{1: enter}}, hours([4]float64{100, 100, 100, 100}, [4]float64{100, 101, 90, 92}, [4]float64{92, 92, 92, 92}))
		r.run(t)
		r.log.has(t, "01:00 #1 fill buy", "01:00 #2 sell stop-loss 100000000 @0 ^9500000000 for protection", "02:00 #2 fill sell 100000000 @9500000000")
	})
	t.Run("target cancels the stop, waits, then sells", func(t *testing.T) {
		r := one(&script{bars: on{1: enter}}, hours([4]float64{100, 100, 100, 100}, [4]float64{100, 121, 99, 119}, [4]float64{118, 118, 118, 118}, [4]float64{118, 118, 118, 118}))
		r.run(t)
		r.log.has(t, "#2 sell stop-loss", "02:00 #2 cancel", "#2 is cancelled", "#3 sell market 100000000 @0 ^0 for target", "#3 fill sell 100000000 @11800000000")
		if r.log.count("fill sell") != 1 {
			t.Error("sold twice")
		}
	})
	t.Run("both in one bar: the stop", func(t *testing.T) {
		r := one(&script{bars: on{1: enter}}, hours([4]float64{100, 100, 100, 100}, [4]float64{100, 125, 90, 110}, [4]float64{110, 110, 110, 110}))
		r.run(t)
		r.log.has(t, "#2 fill sell 100000000 @9500000000")
		if r.log.count("#3") != 0 {
			t.Errorf("the target was played too\n%v", r.log.lines)
		}
	})
	t.Run("grows with the position", func(t *testing.T) {
		r := one(&script{bars: on{1: enter, 3: func(c *strategy.Context, _ strategy.Bar) { c.Buy(2) }}}, hours(append(flat(5, 100), [4]float64{90, 90, 90, 90})...))
		r.run(t)
		r.log.has(t, "#2 sell stop-loss 100000000", "#2 amend to 300000000", "#2 fill sell 300000000 @9000000000") // gapped: at the open
	})
	t.Run("a stop that sells already is left alone, and the rest gets one of its own", func(t *testing.T) {
		more := func(c *strategy.Context, _ strategy.Bar) { c.Buy(0.5) }
		r := one(&script{bars: on{1: enter, 4: more}}, hours(append(flat(3, 100), [4]float64{100, 100, 94, 96}, [4]float64{96, 97, 96, 96}, [4]float64{96, 97, 96, 96}, [4]float64{96, 97, 96, 96}, [4]float64{96, 97, 96, 96})...))
		r.model.VolumeCapPPM = 300 // of 1,000 coins a bar
		r.run(t)
		r.log.has(t, "#2 is working Triggered", "#2 fill sell 10000000", "#4 sell stop-loss 10000000", "#4 amend to 30000000")
		if n := r.log.count("#2 amend"); n != 2 {
			t.Errorf("changed %d times, want 2\n%s", n, strings.Join(r.log.lines, "\n"))
		}
	})
}

func TestExitSellsWhatRestingSellsHeld(t *testing.T) {
	r := one(&script{bars: on{
		1: func(c *strategy.Context, _ strategy.Bar) { c.Buy(3) },
		2: func(c *strategy.Context, _ strategy.Bar) { c.SellLimit(1, 200); c.StopLoss(1, 50) },
		3: func(c *strategy.Context, _ strategy.Bar) { c.Exit(); c.Exit() },
	}}, hours(flat(6, 100)...))
	r.run(t)
	r.log.has(t, "#2 cancel", "#3 cancel", "#4 sell market 300000000", "#4 fill sell 300000000")
	if r.have("XBT") != 0 || r.log.count("cancel\n") > 2 || r.log.count("denied") != 0 {
		t.Errorf("held %d\n%s", r.have("XBT"), strings.Join(r.log.lines, "\n"))
	}
}

func TestSlotsOwnTheirOwnMoneyAndCoins(t *testing.T) {
	greedy := &script{bars: on{1: func(c *strategy.Context, _ strategy.Bar) { c.Buy(40) }, 3: func(c *strategy.Context, _ strategy.Bar) { c.Sell(100) }}}
	poor := &script{bars: on{
		1: func(c *strategy.Context, _ strategy.Bar) {
			if c.Cash() != 3_000 {
				t.Errorf("cash %v", c.Cash())
			}
			if c.Buy(31) != 0 {
				t.Error("bought with somebody else's money")
			}
			c.Buy(10)
		},
		3: func(c *strategy.Context, _ strategy.Bar) {
			if q := c.Position().Qty; q != 10 {
				t.Errorf("position %v", q)
			}
			if e := c.Equity(); e != 3_000 {
				t.Errorf("equity %v", e)
			}
		},
	}}
	r := one(greedy, hours(flat(6, 100)...))
	r.slots = []engine.Slot{{Name: "greedy", Strategy: greedy, SharePPM: 700_000}, {Name: "poor", Strategy: poor, SharePPM: 300_000}}
	r.run(t)
	if got := r.have("XBT"); got != 10*1e10 { // the greedy one sold its own 40 only
		t.Errorf("%d coins are left, want 10", got)
	}
}

// Orders leave in the order of their numbers, whichever strategy they are of: one that comes
// after a higher number is denied as a repetition.
func TestWhatWaitedLeavesBeforeWhatIsNew(t *testing.T) {
	first := &script{bars: on{2: func(c *strategy.Context, _ strategy.Bar) { c.Buy(2) }}}
	second := &script{bars: on{1: func(c *strategy.Context, _ strategy.Bar) { c.Buy(20) }}}
	second.order = func(c *strategy.Context, u strategy.OrderUpdate) {
		if u.State == exchange.Denied {
			c.Buy(1) // goes out with the next event
		}
	}
	r := one(first, hours(flat(4, 100)...))
	r.limits = risk.Research()
	r.limits.Order = risk.Limit{PPM: risk.Unlimited, Amount: 500 * 10_000}
	r.slots = []engine.Slot{{Name: "first", Strategy: first, SharePPM: 500_000}, {Name: "second", Strategy: second, SharePPM: 500_000}}
	r.run(t)
	r.log.has(t, "#1 denied", "#2 buy market 100000000", "#3 buy market 200000000", "#2 fill buy", "#3 fill buy")
	if r.log.count("denied") != 1 {
		t.Errorf("%v", r.log.lines)
	}
}

func TestADenialIsToldAndRetriedOnlyWithTheNextEvent(t *testing.T) {
	told := 0
	s := &script{bars: on{1: func(c *strategy.Context, _ strategy.Bar) { c.Buy(1_000) }}}
	s.order = func(c *strategy.Context, u strategy.OrderUpdate) {
		if u.State == exchange.Denied {
			told++
			c.Buy(1_000) // forever
		}
	}
	r := one(s, hours(flat(5, 100)...))
	r.run(t)
	if told < 3 || told > 6 {
		t.Errorf("told %d times in five bars", told)
	}
}

func TestTimersFireExactlyOnTime(t *testing.T) {
	var at []string
	s := &script{bars: on{1: func(c *strategy.Context, _ strategy.Bar) { c.After(90*time.Minute, 7); c.After(10*time.Minute, 8) }}}
	s.timer = func(c *strategy.Context, id int) {
		at = append(at, fmt.Sprintf("%d %s", id, c.Now().Time().Format("15:04")))
	}
	r := one(s, hours(flat(5, 100)...))
	r.run(t)
	if got := strings.Join(at, ", "); got != "8 01:10, 7 02:30" {
		t.Errorf("fired %s", got)
	}
}

func TestOtherIntervalsDoNotMixIn(t *testing.T) {
	s := &script{}
	r := one(s, "")
	r.series = map[string]string{"XBT/CAD_60": hours(flat(48, 100)...), "XBT/CAD_1440": rows(1440, flat(2, 100)...)}
	r.slots[0].Interval = time.Hour
	r.run(t)
	if s.n != 48 || s.other != 2 {
		t.Errorf("%d bars and %d others", s.n, s.other)
	}
}

func TestEquityCountsQuotesInOtherCurrencies(t *testing.T) {
	s := &script{bars: on{2: func(c *strategy.Context, _ strategy.Bar) { c.On(1).Buy(10) }}}
	r := &rig{
		series: map[string]string{"XBT/CAD_60": hours(flat(4, 50_000)...), "ETH/XBT_60": hours(append(flat(2, 0.05), flat(2, 0.06)...)...)},
		cash:   map[string]float64{"CAD": 1_000, "XBT": 1}, slots: []engine.Slot{{Name: "x", Strategy: s}},
	}
	r.run(t)
	// 10 ETH for 0.5 XBT, now worth 0.6 XBT: 1,000 + 1.1 × 50,000
	if got := r.engine.Equity(); got != 56_000*1e4 {
		t.Errorf("equity %d\n%v", got, r.log.lines)
	}
}

func TestCoinsOfAPositionAreNoMoneyForAnotherPair(t *testing.T) {
	var spendable float64
	var held []float64
	s := &script{bars: on{
		2:  func(c *strategy.Context, _ strategy.Bar) { c.On(0).Buy(1) },
		6:  func(c *strategy.Context, _ strategy.Bar) { spendable = c.On(1).Spendable(); c.On(1).Buy(10) },
		8:  func(c *strategy.Context, _ strategy.Bar) { held = append(held, c.On(0).Position().Qty); c.On(0).Exit() },
		10: func(c *strategy.Context, _ strategy.Bar) { held = append(held, c.On(0).Position().Qty) },
	}}
	r := &rig{
		series: map[string]string{"XBT/CAD_60": hours(flat(6, 50_000)...), "ETH/XBT_60": hours(flat(6, 0.05)...)},
		cash:   map[string]float64{"CAD": 60_000}, slots: []engine.Slot{{Name: "x", Strategy: s}},
	}
	r.run(t)
	if spendable != 0 || len(held) != 2 || held[0] != 0.5 || held[1] != 0 || r.have("CAD") != 35_000*1e4 {
		t.Errorf("spendable %v, held %v, %d CAD\n%v", spendable, held, r.have("CAD"), r.log.lines)
	}
}

func TestCloseAtEndSellsAtTheLastPrice(t *testing.T) {
	r := one(&script{bars: on{1: func(c *strategy.Context, _ strategy.Bar) { c.Buy(1) }}}, hours(append(flat(3, 100), [4]float64{100, 140, 100, 140})...))
	r.close = true
	r.run(t)
	r.log.has(t, "#2 fill sell 100000000 @14000000000")
	if got := r.engine.Equity(); got != 10_040*1e4 || r.have("XBT") != 0 {
		t.Errorf("equity %d", got)
	}
}

// worth keeps what an Observer was told last.
type worth struct{ equity, exposed money.Amount }

func (w *worth) Mark(_ *exchange.Event, equity, exposed money.Amount) { *w = worth{equity, exposed} }
func (w *worth) Closed(equity, exposed money.Amount)                  { *w = worth{equity, exposed} }

func TestCloseAtEndCancelsWhatIsOpenAndSellsWhatRested(t *testing.T) {
	r := one(&script{bars: on{
		1: func(c *strategy.Context, _ strategy.Bar) { c.Buy(1) },
		2: func(c *strategy.Context, _ strategy.Bar) { c.SellLimit(1, 500); c.BuyLimit(2, 99) },
		4: func(c *strategy.Context, _ strategy.Bar) { c.Buy(3) }, // on its way when the data ends
	}}, hours(flat(4, 100)...))
	var last worth
	r.close, r.marks, r.fees = true, &last, sim.FixedFees(10_000, 10_000)
	r.run(t)
	r.log.has(t, "#5 fill sell 100000000 @10000000000")
	if got := r.engine.Equity(); got != 9_998*1e4 || r.have("XBT") != 0 || last != (worth{equity: got}) {
		t.Errorf("equity %d, %d XBT, told %+v\n%v", got, r.have("XBT"), last, r.log.lines)
	}
}

// leak hands every closing price to a strategy one bar early.
type leak struct {
	exchange.Feed
	after  exchange.Event
	primed bool
	err    error
	seen   *float64
}

func (l *leak) Next(ev *exchange.Event) error {
	if !l.primed {
		l.primed = true
		l.err = l.Feed.Next(&l.after)
	}
	if l.err != nil {
		return l.err
	}
	*ev = l.after
	for l.err = l.Feed.Next(&l.after); l.err == nil && l.after.Kind == exchange.KindOpen && ev.Kind == exchange.KindBar; {
		*l.seen = float64(l.after.Open) + float64(l.after.Qty)
		break
	}
	if ev.Kind == exchange.KindOpen && l.err == nil {
		*l.seen = float64(l.after.Price)
	}
	return nil
}

// peeker buys when the next close will be higher.
type peeker struct{ next, last float64 }

func (p *peeker) OnBar(ctx *strategy.Context, bar strategy.Bar) {
	if p.next > p.last && ctx.Position().Flat() {
		ctx.Buy(0.1)
	} else if p.next < p.last {
		ctx.Exit()
	}
	p.last = p.next
}

func TestLookaheadCheckCatchesACheatAndPassesAnHonestOne(t *testing.T) {
	text := hours(wander(3, 400)...)
	check := func(honest bool) *engine.LookaheadReport {
		l := engine.Lookahead{Cuts: 6, Seed: 1, Run: func(wrap func(exchange.Feed) exchange.Feed, rec risk.Recorder) error {
			var s strategy.Strategy
			p := &peeker{}
			s = p
			if honest {
				sma, err := strategy.New("sma-cross")
				if err != nil {
					return err
				}
				s = sma
			}
			r := one(s, text)
			r.rec = rec
			r.wrap = func(f exchange.Feed) exchange.Feed {
				f = wrap(f)
				if honest {
					return f
				}
				return &leak{Feed: f, seen: &p.next}
			}
			r.build(t)
			return r.engine.Run(context.Background())
		}}
		report, err := l.Check()
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	if r := check(true); !r.OK() || r.Decisions < 10 {
		t.Errorf("honest: %+v", r)
	}
	if r := check(false); r.OK() {
		t.Errorf("the cheat was not caught: %+v", r)
	}
}

// A run in which nothing could happen says why.
func TestARunThatEndsBeforeItsWarmUpSaysSo(t *testing.T) {
	for bars, want := range map[int]int{30: 1, 60: 0} {
		log := &memory{}
		r := one(nil, hours(wander(3, bars)...))
		r.rec = log
		s, _ := strategy.New("sma-cross")
		r.slots[0].Strategy = s
		r.run(t)
		n := 0
		for _, rec := range log.records {
			if rec.Type == risk.RecNote && strings.Contains(rec.Text, "it looks at 30 bars of a pair first, and XBT/CAD had 30") {
				n++
			}
		}
		if n != want {
			t.Errorf("%d bars: said %d times, want %d", bars, n, want)
		}
	}
}

// doubler answers every denial with two orders.
type doubler struct{ denied, most int }

func (d *doubler) OnBar(ctx *strategy.Context, _ strategy.Bar) {
	d.most, d.denied = max(d.most, d.denied), 0
	ctx.Buy(1e6)
}

func (d *doubler) OnOrder(ctx *strategy.Context, _ strategy.OrderUpdate) {
	d.denied++
	ctx.Buy(1e6)
	ctx.Buy(1e6)
}

// Doubled with every bar, sixty of them would be more than any memory holds.
func TestAnswersToDenialsDoNotGrowWithoutBound(t *testing.T) {
	r := one(nil, hours(wander(3, 60)...))
	d := &doubler{}
	r.slots[0].Strategy = d
	r.run(t)
	if d.most < 100 || d.most > 300 {
		t.Errorf("at most %d denials at one bar", d.most)
	}
}
