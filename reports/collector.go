package reports

import (
	"math"
	"slices"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// Setup is what is known before the run.
type Setup struct {
	Catalog     *exchange.Catalog
	Currency    exchange.AssetID      // of the account, of equity and of all totals
	Benchmark   exchange.InstrumentID // for buy and hold and the price chart
	InitialCash money.Amount
	YearDays    int    // for the ratios; 0: 365
	Seed        uint64 // of the intervals
}

// What a report keeps of things that a bad strategy makes without end.
const (
	notesMax  = 100
	levelsMax = 500
	endedMax  = 1000
)

const day = exchange.Stamp(24 * time.Hour)

// Collector makes a Run out of the marks and records of a run while they happen. It is a
// risk.Recorder. Its memory does not grow with the number of bars.
type Collector struct {
	run       Run
	last      Point
	dayEnd    exchange.Stamp // the open day's
	benchmark exchange.InstrumentID
	holdUnit  float64 // account's currency per unit of the benchmark's price
	exposure  float64 // sum of exposed shares
	water     underwater
	curve     curve
	prices    priceCurve
	close     []money.Price   // last, by instrument
	finest    []time.Duration // shortest bars so far, by instrument: coarser series repeat them
	open      []*position     // those with a round trip open
	positions [][]*position   // by slot and instrument
	orders    map[exchange.OrderID]order
	ended     map[exchange.OrderID]order // cancelled lately: a fill may have crossed the cancel on its way
	denials   [len(risk.Declarations)]Denials
	rejected  [256]int64
	cancelled [256]int64
	totals    []Subtotal
	slots     []SlotTotal
	paths     []path // from each asset to the account's currency
	holdPath  path
	holdPeak  Point
	holdFloor float64 // below it, the fall from the peak is the deepest so far
}

// order is what a fill needs to know of its order.
type order struct {
	decision money.Price
	slot     exchange.SlotID
	kind     exchange.OrderType
	purpose  exchange.Purpose
	at       bool // it was to fill at once or not at all
}

type path struct {
	legs []exchange.Leg
	ok   bool
}

var _ risk.Recorder = (*Collector)(nil)

// NewCollector is a collector for one run.
func NewCollector(s Setup) *Collector {
	if s.YearDays == 0 {
		s.YearDays = 365
	}
	c := &Collector{
		run: Run{
			Catalog: s.Catalog, Currency: s.Currency, Benchmark: s.Benchmark, YearDays: s.YearDays, Seed: s.Seed,
			Cash: s.InitialCash, Equity: s.InitialCash, Total: Subtotal{Instrument: exchange.None},
		},
		benchmark: s.Benchmark,
		curve:     newCurve(),
		prices:    newPriceCurve(),
		close:     make([]money.Price, len(s.Catalog.Instruments)),
		finest:    slices.Repeat([]time.Duration{math.MaxInt64}, len(s.Catalog.Instruments)),
		orders:    map[exchange.OrderID]order{},
		ended:     map[exchange.OrderID]order{},
		totals:    make([]Subtotal, len(s.Catalog.Instruments)),
		paths:     make([]path, len(s.Catalog.Assets)),
	}
	for i := range c.paths {
		c.paths[i].legs, c.paths[i].ok = s.Catalog.Path(exchange.AssetID(i), s.Currency)
	}
	for i := range c.totals {
		c.totals[i].Instrument = exchange.InstrumentID(i)
	}
	c.holdPath = c.paths[s.Catalog.Instruments[s.Benchmark].Quote]
	return c
}

// Mark is called after every bar that was handled, with the bar, the account's equity and
// the part of it held in coins, both in the account's currency. It allocates nothing.
func (c *Collector) Mark(ev *exchange.Event, equity, exposed money.Amount) {
	if ev.Time > c.dayEnd || c.run.Bars == 0 {
		c.newDay(ev)
	}
	c.run.Bars++
	c.close[ev.Instrument] = ev.Price
	p := &c.last
	p.Time, p.Equity, p.Exposed = ev.Time, equity, exposed
	if exposed != 0 {
		c.run.ExposedBars++
		c.exposure += float64(exposed) / float64(equity)
	}
	finest := ev.Interval <= c.finest[ev.Instrument]
	if finest {
		c.finest[ev.Instrument] = ev.Interval
		if ev.Instrument == c.benchmark {
			c.markBenchmark(ev)
		}
	}
	c.water.add(p)
	c.curve.add(p)
	for _, o := range c.open {
		if finest && o.trip.Instrument == ev.Instrument {
			o.trip.Bars++
			o.trip.Worst, o.trip.Best = min(o.trip.Worst, ev.Low), max(o.trip.Best, ev.High)
		}
	}
}

// Closed is called once, after the last bar and the sales of --close-at-end: what they cost
// belongs to that bar's instant and day.
func (c *Collector) Closed(equity, exposed money.Amount) {
	if c.run.Bars == 0 {
		return
	}
	c.last.Equity, c.last.Exposed = equity, exposed
	c.water.add(&c.last)
	c.curve.add(&c.last)
}

// newDay closes the open day and opens that of the event.
func (c *Collector) newDay(ev *exchange.Event) {
	if c.run.Bars == 0 {
		c.begin(ev)
	} else {
		c.closeDay()
	}
	c.dayEnd = exchange.Stamp((ev.Time-1).Day()+1) * day
}

func (c *Collector) begin(ev *exchange.Event) {
	c.run.Begin = ev.Time.Add(-ev.Interval)
	c.last = Point{Time: c.run.Begin, Equity: c.run.Cash}
	c.water.add(&c.last)
	c.curve.add(&c.last)
}

func (c *Collector) closeDay() {
	c.run.Days = append(c.run.Days, Day{Number: int64(c.dayEnd/day) - 1, Point: c.last})
}

// markBenchmark follows what all the initial cash, put into the benchmark at its first
// close without any cost, would be worth.
func (c *Collector) markBenchmark(ev *exchange.Event) {
	c.prices.add(ev)
	v := float64(ev.Price)
	if c.holdPath.legs != nil {
		if v *= c.rate(c.holdPath); v == 0 {
			return
		}
	}
	if c.holdUnit == 0 {
		if v == 0 {
			return
		}
		c.holdUnit = money.Float(int64(c.run.Cash), c.run.Catalog.Assets[c.run.Currency].Decimals) / v
	}
	v *= c.holdUnit
	c.last.Hold = v
	switch {
	case v > c.holdPeak.Hold:
		c.holdPeak = c.last
		c.holdFloor = v * (1 - c.run.Hold.Ratio)
	case v < c.holdFloor:
		c.run.Hold = Drawdown{Ratio: 1 - v/c.holdPeak.Hold, Peak: c.holdPeak, Trough: c.last}
		c.holdFloor = v
	}
}

// rate is the product of a path's prices; 0 while one is unknown.
func (c *Collector) rate(p path) float64 {
	r := 1.0
	for _, leg := range p.legs {
		price := c.run.Catalog.Instruments[leg.Instrument].PriceFloat(c.close[leg.Instrument])
		if price == 0 {
			return 0
		}
		if leg.Divide {
			r /= price
		} else {
			r *= price
		}
	}
	return r
}

// inCurrency is an amount of an asset in the account's currency at the last prices.
func (c *Collector) inCurrency(asset exchange.AssetID, a money.Amount) money.Amount {
	p := &c.paths[asset]
	ok := p.ok
	for _, leg := range p.legs {
		if !ok {
			break
		}
		a, ok = c.run.Catalog.Convert(a, leg, c.close[leg.Instrument], money.Half)
	}
	if !ok {
		c.run.Unconverted++
		return 0
	}
	return a
}

// quoteOf is an amount of the base asset in the quote asset at a price.
func (c *Collector) quoteOf(in *exchange.Instrument, a money.Amount, p money.Price) money.Amount {
	v, _ := c.run.Catalog.Convert(a, exchange.Leg{Instrument: in.ID}, p, money.Half)
	return v
}

// Finish closes the run. The collector must not be used afterwards.
func (c *Collector) Finish() *Run {
	r := &c.run
	if r.Bars > 0 {
		c.closeDay()
	}
	r.HoldLast = c.last.Hold
	r.End, r.Equity, r.Exposed = c.last.Time, c.last.Equity, c.last.Exposed
	if r.Bars > 0 {
		r.MeanExposure = c.exposure / float64(r.Bars)
	} else {
		r.Equity = r.Cash
	}
	c.water.finish(r.End)
	r.Deepest, r.Longest = c.water.deepest, c.water.longest
	extra := []Point{c.last}
	if r.Deepest.Ratio > 0 {
		extra = append(extra, r.Deepest.Peak, r.Deepest.Trough)
	}
	if r.Bars > 0 {
		first := Point{Time: r.Begin, Equity: r.Cash}
		r.Curve = c.curve.points(append(extra, first)...)
	}
	r.Prices = c.prices.list()
	c.finishTrips()
	c.finishCounts()
	r.Figures = figures(r)
	return r
}

func (c *Collector) finishTrips() {
	r := &c.run
	for _, p := range c.open {
		in := &r.Catalog.Instruments[p.trip.Instrument]
		t := p.marked(in, c.close[in.ID], r.End)
		c.bookTrip(in, &t)
		r.OpenTrips++
		r.OpenNet += r.Trips.At(r.Trips.Len() - 1).Net
	}
	for i := range c.totals {
		if c.totals[i].Fills > 0 {
			r.Instruments = append(r.Instruments, c.totals[i])
		}
	}
	for i := range c.slots {
		if c.slots[i].Fills > 0 {
			r.Slots = append(r.Slots, c.slots[i])
		}
	}
}

func (c *Collector) finishCounts() {
	r := &c.run
	for i := range c.denials {
		if d := c.denials[i]; d.Count > 0 {
			d.Control = risk.Control(i)
			r.Guard.Denials = append(r.Guard.Denials, d)
		}
	}
	slices.SortStableFunc(r.Guard.Denials, func(a, b Denials) int { return int(b.Count - a.Count) })
	r.Guard.sortStops()
	r.Orders.RejectedBy, r.Orders.CancelledBy = byCode(&c.rejected), byCode(&c.cancelled)
}

func byCode(counts *[256]int64) []CodeCount {
	var out []CodeCount
	for i, n := range counts {
		if n > 0 {
			out = append(out, CodeCount{exchange.Code(i), n})
		}
	}
	return out
}
