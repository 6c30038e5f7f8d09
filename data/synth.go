package data

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Market describes a synthetic market: trades whose mid price is a geometric Brownian
// motion, with regimes of volatility, jumps and a flash crash where wanted. Start from
// a Preset. The same Market gives the same bytes on every machine.
type Market struct {
	Seed          uint64         `json:"seed"`
	Pair          string         `json:"pair"`
	Start         exchange.Stamp `json:"start_ns"`
	Interval      time.Duration  `json:"interval_ns"`    // of the bars, and the step in which arrivals and regimes change
	Count         int64          `json:"count"`          // intervals; thin markets have fewer bars
	Price         float64        `json:"price"`          // at the start
	Volatility    float64        `json:"volatility"`     // yearly; 0.6 is 60 %
	Drift         float64        `json:"drift"`          // yearly, of the logarithm of the price
	Regimes       bool           `json:"regimes"`        // calm and stormy times alternate
	JumpsPerYear  float64        `json:"jumps_per_year"` // sudden moves of one trade
	JumpSize      float64        `json:"jump_size"`      // their standard deviation
	CrashAt       int64          `json:"crash_at"`       // interval of the flash crash, counted from 1; 0: none
	CrashDepth    float64        `json:"crash_depth"`    // share of the price that it takes away
	TradesPerBar  float64        `json:"trades_per_bar"` // on average, where there are any; at least 1
	EmptyShare    float64        `json:"empty_share"`    // share of the intervals without a trade
	Spread        float64        `json:"spread"`         // between buys and sells, as a share of the price
	Size          float64        `json:"size"`           // average size of a trade, in the base asset
	PriceDecimals uint8          `json:"price_decimals"` // prices are written with these
	LotDecimals   uint8          `json:"lot_decimals"`   // and sizes with these
	Tick          money.Price    `json:"tick"`           // price increment in 10^-PriceDecimals
}

// The shape of the markets that presets do not choose, each with its reason.
const (
	yearSeconds   = 365 * 86400       // crypto never closes
	calmFactor    = 0.6               // volatility in calm times, of the average
	stormFactor   = 1.8               // and in stormy ones
	calmLength    = 600.0             // average intervals in calm times
	stormLength   = 200.0             // and in stormy ones: a quarter of all time
	stormArrivals = 2.0               // trades per bar in stormy times, of those in calm ones
	crashTrades   = 24                // least trades in the interval of a crash: it must be seen
	crashFall     = 0.4               // part of the interval in which the price falls
	crashLeft     = 0.15              // part of the fall that is left at the interval's end
	crashDecay    = 0.8               // of which each later interval keeps this much
	mostLogMove   = 13.8              // the price stays within a million times its start
	mostUnits     = 1_000_000_000_000 // start price in ticks: a million times it fits an int64
)

var presets = []struct {
	name   string
	change func(*Market)
}{
	{"calm", func(m *Market) {}},
	{"volatile", func(m *Market) { m.Volatility, m.Regimes, m.JumpsPerYear = 1.2, true, 120 }},
	{"flash-crash", func(m *Market) { m.Volatility, m.Regimes, m.CrashAt, m.CrashDepth = 0.7, true, -1, 0.6 }},
	{"thin", func(m *Market) { m.TradesPerBar, m.EmptyShare, m.Spread, m.Size = 2, 0.45, 0.003, 0.02 }},
	{"trend", func(m *Market) { m.Volatility, m.Drift, m.Regimes = 0.5, 1.2, true }},
}

// Presets lists the names of the presets.
func Presets() []string {
	names := make([]string, len(presets))
	for i, p := range presets {
		names[i] = p.name
	}
	return names
}

// Preset is a ready market of XBT/CAD: calm, volatile, flash-crash, thin or trend. A
// CrashAt of -1 is the middle of the run.
func Preset(name string) (Market, error) {
	m := Market{
		Seed: 1, Pair: "XBT/CAD", Start: exchange.Seconds(1704067200), Interval: time.Minute, Count: 10_000,
		Price: 58_000, Volatility: 0.45, JumpSize: 0.02, TradesPerBar: 5, Spread: 0.0004, Size: 0.05,
		PriceDecimals: 1, LotDecimals: 8, Tick: 1,
	}
	for _, p := range presets {
		if p.name == name {
			p.change(&m)
			return m, nil
		}
	}
	return m, fmt.Errorf("data: there is no preset %q; give one of %s", name, strings.Join(Presets(), ", "))
}

// check refuses what makes no market, naming the number.
func (m *Market) check() error {
	for _, c := range []struct {
		name       string
		v          float64
		least, top float64
	}{
		{"interval in seconds", m.Interval.Seconds(), 1, maxInterval.Seconds()},
		{"count", float64(m.Count), 1, 1e12},
		{"price", m.Price, 1e-12, 1e12},
		{"volatility", m.Volatility, 0, 20},
		{"drift", m.Drift, -50, 50},
		{"jumps per year", m.JumpsPerYear, 0, 1e6},
		{"jump size", m.JumpSize, 0, 1},
		{"crash depth", m.CrashDepth, 0, 0.99},
		{"crash at", float64(m.CrashAt), -1, float64(m.Count)},
		{"trades per bar", m.TradesPerBar, 1, 300},
		{"empty share", m.EmptyShare, 0, 0.999},
		{"spread", m.Spread, 0, 0.5},
		{"size", m.Size, 1e-12, 1e9},
		{"price decimals", float64(m.PriceDecimals), 0, 12},
		{"lot decimals", float64(m.LotDecimals), 0, 12},
		{"tick", float64(m.Tick), 1, 1e12},
	} {
		if !(c.v >= c.least && c.v <= c.top) {
			return fmt.Errorf("data: synth: %s of %g is out of range; give %g to %g", c.name, c.v, c.least, c.top)
		}
	}
	if _, _, ok := exchange.NormalPair(m.Pair); !ok {
		return fmt.Errorf("data: synth: cannot tell base and quote of %q; write it as BASE/QUOTE, for example XBT/CAD", m.Pair)
	}
	units := float64(m.Price * float64(money.Pow10[m.PriceDecimals]))
	if units < float64(m.Tick) || units > mostUnits {
		return fmt.Errorf("data: synth: a price of %g with %d decimals is out of range; give a price of at least one tick and at most %g in its last decimal", m.Price, m.PriceDecimals, float64(mostUnits))
	}
	if m.Size*float64(money.Pow10[m.LotDecimals]) > 1e15 {
		return fmt.Errorf("data: synth: a size of %g with %d decimals is too large", m.Size, m.LotDecimals)
	}
	if most := int64(latest-m.Start) / int64(m.Interval); m.Start < 0 || m.Count > most {
		return fmt.Errorf("data: synth: %d intervals of %s from %v are not within 1970 to 2199; give fewer, or another start", m.Count, IntervalText(m.Interval), m.Start)
	}
	return nil
}

// Synth is a TradeSource of a Market. It holds no more than its state, so a run may be
// as long as one likes.
type Synth struct {
	m     Market
	rnd   chance
	done  int64 // intervals begun
	at    exchange.Stamp
	n, k  int     // trades of this interval, and how many of them were given
	jump  int     // the trade that jumps; -1: none
	idle  float64 // intervals that passed without a trade
	move  float64 // logarithm of mid over start price
	crash float64 // the flash crash's part of it
	storm bool
	sigma float64 // of one interval, on average
	drift float64
	few   float64 // exp(-m), m the average of trades beyond the first
	many  float64 // the same in stormy times
	id    uint64
	last  exchange.Stamp
}

// NewSynth checks a Market and begins it. The start is moved back to a multiple of the
// interval.
func NewSynth(m Market) (*Synth, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	if m.CrashAt < 0 {
		m.CrashAt = m.Count/2 + 1
	}
	m.Start = floor(m.Start, m.Interval)
	years := m.Interval.Seconds() / yearSeconds
	return &Synth{
		m: m, rnd: newChance(m.Seed, 1), at: m.Start.Add(-m.Interval), jump: -1,
		sigma: float64(m.Volatility * math.Sqrt(years)), drift: float64(m.Drift * years),
		few: exp(1 - m.TradesPerBar), many: exp(1 - m.TradesPerBar*stormArrivals),
	}, nil
}

// Market is what the synthesis was begun with.
func (s *Synth) Market() Market { return s.m }

// NextTrade gives the next trade; io.EOF after the last interval.
func (s *Synth) NextTrade(t *Trade) error {
	for s.k == s.n {
		if s.done == s.m.Count {
			return io.EOF
		}
		s.begin()
	}
	m := &s.m
	share := 1 / float64(s.n)
	dt := share
	if s.k == 0 {
		dt += s.idle
		s.idle = 0
	}
	s.move += float64(s.drift*dt) + float64(float64(s.volatility()*math.Sqrt(dt))*s.rnd.normal())
	if s.k == s.jump {
		s.move += float64(m.JumpSize * s.rnd.normal())
	}
	s.move = min(max(s.move, -mostLogMove), mostLogMove)
	if s.done == m.CrashAt {
		s.fall(float64(float64(s.k+1) * share))
	}
	half := m.Spread / 2
	t.Side = exchange.Buy
	if s.rnd.pcg.Uint64()&1 == 1 {
		t.Side, half = exchange.Sell, -half
	}
	mid := float64(m.Price * exp(min(s.move+s.crash, mostLogMove)))
	t.Price = onTick(mid+float64(mid*half), m.PriceDecimals, m.Tick)
	u := s.rnd.uniform()
	t.Qty = max(1, money.Qty(float64(3*m.Size*float64(u*u))*float64(money.Pow10[m.LotDecimals])))
	within := float64(float64(m.Interval) * (float64(s.k) + s.rnd.uniform()) * share)
	at := s.at + exchange.Stamp(within)
	t.Time = max(at-at%exchange.Stamp(time.Millisecond), s.last)
	s.last = t.Time
	s.id++
	t.ID = s.id
	s.k++
	return nil
}

// onTick is the multiple of the tick that is nearest to a price, at least one.
func onTick(p float64, decimals uint8, tick money.Price) money.Price {
	n := math.Floor(p*float64(money.Pow10[decimals])/float64(tick) + 0.5)
	return max(1, money.Price(n)) * tick
}

func (s *Synth) volatility() float64 {
	switch {
	case !s.m.Regimes:
		return s.sigma
	case s.storm:
		return float64(s.sigma * stormFactor)
	}
	return float64(s.sigma * calmFactor)
}

// begin starts the next interval: its regime, its number of trades, its jump.
func (s *Synth) begin() {
	m := &s.m
	s.done++
	s.at = s.at.Add(m.Interval)
	s.n, s.k, s.jump = 0, 0, -1
	s.crash = float64(s.crash * crashDecay)
	length := calmLength
	if s.storm {
		length = stormLength
	}
	if m.Regimes && s.rnd.uniform()*length < 1 {
		s.storm = !s.storm
	}
	crashing := s.done == m.CrashAt
	if m.EmptyShare > 0 && s.rnd.uniform() < m.EmptyShare && !crashing {
		s.idle++
		return
	}
	arrivals := s.few
	if s.storm {
		arrivals = s.many
	}
	s.n = 1 + s.rnd.poisson(arrivals)
	if crashing {
		s.n = max(s.n, crashTrades)
	}
	if m.JumpsPerYear > 0 && s.rnd.uniform()*yearSeconds < m.JumpsPerYear*m.Interval.Seconds() {
		s.jump = int(s.rnd.uniform() * float64(s.n))
	}
}

// fall sets the crash's part of the price when a part of its interval has passed: down
// at first, and most of the way back.
func (s *Synth) fall(passed float64) {
	depth := ln(1 - s.m.CrashDepth)
	if passed <= crashFall {
		s.crash = float64(depth * (passed / crashFall))
		return
	}
	back := (passed - crashFall) / (1 - crashFall)
	s.crash = float64(depth * (1 - float64(back*(1-crashLeft))))
}

// Bars are the bars of the synthetic trades, by the one Builder.
func (s *Synth) Bars() BarSource {
	return &built{b: NewBuilder(s.m.Interval), trades: s}
}

// Feed is the synthetic market as a stream of events: of its trades, or of its bars.
func (s *Synth) Feed(id exchange.InstrumentID, trades bool, empty Empty) (*Merger, error) {
	one := Series{Name: "synthetic " + s.m.Pair, Instrument: id}
	if trades {
		one.Trades = s
	} else {
		one.Bars, one.Interval = s.Bars(), s.m.Interval
	}
	return Merge([]Series{one}, empty)
}
