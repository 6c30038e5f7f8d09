package krakend

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/sim"
)

// Config is what a Server is made of. The zero value is a market of XBT/CAD that is made
// up, played in real time, with one account that has the demo key.
type Config struct {
	Pairs    []Pair    // none: XBT/CAD
	Rules    []byte    // a recorded answer of AssetPairs; its other pairs are listed too, with empty books
	Accounts []Account // none: DemoAccount
	Seed     uint64    // of the crowd, the made-up markets and the identifiers

	Speed    float64   // seconds of the venue in one of ours; 0: 1
	Lockstep bool      // time passes in Step only
	Start    time.Time // the venue's time at the start; zero: now

	Fees            sim.Fees // nil: sim.KrakenFees
	PostOnlyRejects bool     // a post-only order that would cross is refused at once
	FullExecutions  bool     // kinder than Kraken: every row of executions has all that an order is
	AnyConnections  bool     // no limit on how often an address connects
	HistoryCost     float64  // what Ledgers and TradesHistory cost of the REST counter; 0: 2
	MostRequests    int      // at a time; more are EService:Throttled; 0: 512

	// State is a file that the venue keeps and begins from again; "": none. What it was
	// made of must be the same then; speed and lockstep may differ, and without a Start the
	// file's holds. In real time, at speed 1, the market goes on from where it would be now;
	// else it goes on from where it was.
	State string

	Log io.Writer // where a feed's end is told; nil: nowhere
}

// Pair is a pair with a live book.
type Pair struct {
	Symbol string // any spelling
	Preset string // of data.Preset, where Open is nil; "": calm
	// Open gives the bars or trades that the book follows, in the scales of the instrument
	// that it is given: finer ones than the pair's, where old data may have more digits.
	Open func(*exchange.Instrument) (data.Series, error)
	Bare bool // no crowd: the book holds what clients put there
	// Source names the data of Open for the state file, so that it is known again.
	Source string
}

// Server is a simulated Kraken. Its methods may be used by several goroutines.
type Server struct {
	config   Config
	core     *core
	calls    chan func(*core)
	quit     chan struct{}
	done     chan struct{}
	close    sync.Once
	inFlight atomic.Int64
	now      atomic.Int64 // the venue's time, as of its last step
	requests requestLog
	faults   faultTable
	sockets  sockets
	streams  atomic.Int64 // pages that are open
}

// pace is how the venue's time runs beside ours.
type pace struct {
	speed    float64
	lockstep bool
	real     time.Time
	venue    exchange.Stamp // at real
}

// The rhythm of the server in real time, and its defaults.
const (
	wakeEvery      = 50 * time.Millisecond
	ticksAtOnce    = 10 // of the crowd, in one wake: what a fast venue leaves out
	defaultHistory = 720
	mostSpeed      = 86_400 // a venue runs a day or more before its time no longer fits
)

// New makes a server and starts its venue. Close ends it.
func New(config Config) (*Server, error) {
	s := &Server{config: config, calls: make(chan func(*core)), quit: make(chan struct{}), done: make(chan struct{})}
	c := &s.config
	if len(c.Pairs) == 0 {
		c.Pairs = []Pair{{Symbol: "XBT/CAD"}}
	}
	if len(c.Accounts) == 0 {
		c.Accounts = []Account{DemoAccount("demo")}
	}
	if !(c.Speed >= 0 && c.Speed <= mostSpeed) {
		return nil, fmt.Errorf("krakend: speed %g is out of range; give up to %d, a day each second", c.Speed, int64(mostSpeed))
	}
	if c.Speed == 0 {
		c.Speed = 1
	}
	if c.Fees == nil {
		c.Fees = sim.KrakenFees()
	}
	if c.HistoryCost == 0 {
		c.HistoryCost = 2
	}
	if c.Log == nil {
		c.Log = io.Discard
	}
	if c.MostRequests == 0 {
		c.MostRequests = 512
	}
	if c.State != "" {
		if err := s.resume(); err != nil {
			return nil, err
		}
		s.now.Store(int64(s.core.now))
		go s.run()
		return s, nil
	}
	if c.Start.IsZero() {
		c.Start = time.Now()
	}
	if err := s.build(); err != nil {
		return nil, err
	}
	s.core.pace = pace{c.Speed, c.Lockstep, time.Now(), s.core.now}
	s.now.Store(int64(s.core.now))
	go s.run()
	return s, nil
}

// build makes the core: catalog, venue, accounts, markets, and the first minutes of trading.
func (s *Server) build() error {
	cfg := &s.config
	rules, err := readRules(cfg.Rules)
	if err != nil {
		return err
	}
	c := &core{
		config: cfg, fees: cfg.Fees, rules: rules, tickEvery: tickEvery(cfg.Speed),
		byTxid: map[string]*order{}, byFill: map[string]*fill{}, byRow: map[string]*ledgerRow{}, ids: idents{seed: mix(cfg.Seed + 1)},
		strangers: map[string]stranger{}, prints: map[uint64]printed{},
	}
	s.core, c.requests = c, &s.requests
	prices, err := c.list(cfg, rules)
	if err != nil {
		return err
	}
	c.venue, err = sim.NewVenue(sim.Config{Catalog: c.catalog, Fees: cfg.Fees, Accounts: make([]sim.Deposits, crowdAccounts), BookOnly: true, PostOnlyRejects: cfg.PostOnlyRejects})
	if err != nil {
		return err
	}
	start := exchange.At(cfg.Start)
	c.now = start.Add(-crowdMinutes * time.Minute)
	c.nextTick = c.now
	c.venue.AdvanceTo(c.now)
	for _, a := range cfg.Accounts {
		if _, err := c.admit(a); err != nil {
			return err
		}
	}
	for i := range cfg.Pairs {
		if err := c.populate(&cfg.Pairs[i], prices[i], cfg.Seed+uint64(i)); err != nil {
			return err
		}
	}
	c.fund()
	c.advance(start)
	return nil
}

// list fills the catalog and the markets. It returns the starting prices of cfg.Pairs.
func (c *core) list(cfg *Config, rules *rulebook) ([]float64, error) {
	var specs []exchange.Spec
	var prices []float64
	listed := map[string]bool{}
	for _, p := range cfg.Pairs {
		spec, price, err := rules.spec(p.Symbol)
		if err != nil {
			return nil, err
		}
		if listed[spec.Symbol] {
			return nil, fmt.Errorf("krakend: %s is given twice; leave one out", spec.Symbol)
		}
		listed[spec.Symbol] = true
		specs, prices = append(specs, spec), append(prices, price)
	}
	if rules != nil {
		for _, symbol := range slices.Sorted(maps.Keys(rules.ids)) {
			spec, _, err := rules.spec(symbol)
			if err != nil {
				return nil, err
			}
			if !listed[spec.Symbol] {
				specs = append(specs, spec)
			}
		}
	}
	c.catalog = exchange.NewCatalog()
	if _, err := data.AddSpecs(c.catalog, specs...); err != nil {
		return nil, err
	}
	for i := range cfg.Accounts {
		for _, name := range slices.Sorted(maps.Keys(cfg.Accounts[i].Balances)) {
			if _, ok := c.catalog.Asset(name); ok {
				continue
			}
			if _, err := c.catalog.AddAsset(name, data.AssetDecimals(name)); err != nil {
				return nil, err
			}
		}
	}
	c.markets = make([]market, len(c.catalog.Instruments))
	for i := range c.markets {
		m := &c.markets[i]
		m.in = &c.catalog.Instruments[i]
		base, quote := &c.catalog.Assets[m.in.Base], &c.catalog.Assets[m.in.Quote]
		m.id, m.row = rules.row(m.in, c.catalog)
		m.altname, m.wsname, m.symbol = m.row.Altname, m.row.Wsname, streamName(base.Name)+"/"+streamName(quote.Name)
		m.costDecimals, m.status = m.in.CostDecimals, m.in.Status
		m.baseDecimals, m.quoteDecimals = base.Decimals, quote.Decimals
		for k := range m.candles {
			m.candles[k].size = time.Duration(intervals[k]) * time.Minute
		}
	}
	return prices, nil
}

// populate gives a pair its crowd.
func (c *core) populate(p *Pair, price float64, seed uint64) error {
	if p.Bare {
		return nil
	}
	in, _ := c.catalog.Find(p.Symbol)
	m := &c.markets[in.ID]
	var series data.Series
	var err error
	if p.Open == nil {
		series, err = made(in, p.Preset, price, seed)
	} else if series, err = p.Open(fine(in)); err == nil {
		series = coarsened(series, in, fine(in))
	}
	if err != nil {
		return err
	}
	w := &crowd{
		rnd:  rand.New(rand.NewPCG(seed, 1)),
		path: &path{rnd: rand.New(rand.NewPCG(seed, 2)), series: series, tick: c.tickEvery},
	}
	if err := w.open(c, m); err != nil {
		return fmt.Errorf("krakend: the feed of %s has no data to begin with: %w", in.Symbol, err)
	}
	m.crowd = w
	return nil
}

// made is a made-up market: the same as "breakwater data synth" makes.
func made(in *exchange.Instrument, preset string, price float64, seed uint64) (data.Series, error) {
	if preset == "" {
		preset = "calm"
	}
	m, err := data.Preset(preset)
	if err != nil {
		return data.Series{}, err
	}
	m.Size *= m.Price / price
	m.Seed, m.Pair, m.Price, m.Count = seed, in.Symbol, price, 1_000_000
	m.PriceDecimals, m.LotDecimals, m.Tick = in.PriceDecimals, in.LotDecimals, in.Tick
	synth, err := data.NewSynth(m)
	if err != nil {
		return data.Series{}, err
	}
	return data.Series{Name: "synthetic " + in.Symbol, Instrument: in.ID, Interval: m.Interval, Bars: synth.Bars()}, nil
}

// run owns the venue until Close.
func (s *Server) run() {
	c := s.core
	defer close(s.done)
	defer c.leave()
	wake := time.NewTicker(wakeEvery)
	defer wake.Stop()
	for c.failed == nil {
		s.now.Store(int64(c.now))
		select {
		case call := <-s.calls:
			c.begin()
			c.advance(c.clock())
			call(c)
			c.tellBooks()
		case now := <-wake.C:
			if c.pace.lockstep {
				continue
			}
			c.begin()
			c.advance(c.clock())
			c.tend(now)
		case <-s.quit:
			return
		}
	}
	fmt.Fprintln(c.config.Log, c.failed)
}

// clock is the venue's time by ours.
func (c *core) clock() exchange.Stamp {
	if c.pace.lockstep {
		return c.now
	}
	return max(c.now, c.pace.venue.Add(time.Duration(float64(time.Since(c.pace.real))*c.pace.speed)))
}

// tickEvery is the time between two moves of the crowd at a speed.
func tickEvery(speed float64) time.Duration {
	return max(tick, time.Duration(speed*float64(wakeEvery)/ticksAtOnce))
}

// begin notes when a turn of the core begins: by our clock, and by the connections', whose
// other ends have our time whatever the venue's speed.
func (c *core) begin() {
	c.turn = time.Now()
	if c.wall = c.now; !c.pace.lockstep {
		c.wall = exchange.At(c.turn)
	}
}

// do runs f where the venue is owned and waits for it; false when the server is closed.
func (s *Server) do(f func(*core)) bool {
	done := make(chan struct{})
	select {
	case s.calls <- func(c *core) { defer close(done); f(c); s.now.Store(int64(c.now)) }:
		<-done
		return true
	case <-s.done:
		return false
	}
}

// Close stops the venue. Calls that come later are answered with EService:Unavailable.
func (s *Server) Close() {
	s.close.Do(func() { close(s.quit) })
	<-s.done
	s.sockets.close()
}

// Now is the venue's time.
func (s *Server) Now() (now time.Time) {
	s.do(func(c *core) { now = c.now.Time() })
	return now
}

// Err is why the venue has ended by itself: its state could not be written. nil while it
// runs and after Close.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.core.failed
	default:
		return nil
	}
}

// Step lets time pass in a venue that runs in lockstep.
func (s *Server) Step(d time.Duration) {
	s.do(func(c *core) { c.order("POST /sim/time", timeStep{Step: max(0, d).String()}) })
}

// SetStatus changes what the venue allows: online, post-only, cancel-only, maintenance.
func (s *Server) SetStatus(status exchange.Status) {
	s.do(func(c *core) { c.order("PUT /sim/mode", modeChange{Mode: status.String()}) })
}
