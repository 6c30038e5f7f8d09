package world

import (
	"math"
	"math/rand/v2"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// market is the state of one instrument's market.
type market struct {
	in      *exchange.Instrument
	spec    *Market
	chance  *rand.Rand
	walk    float64     // factor of the random walk
	sigma   float64     // of one step
	drift   float64     // of one step
	price   money.Price // of the last trade
	fair    money.Price // without what faults do to our venue alone
	second  money.Price // what the second source says
	spread  int64
	thin    float64
	next    int // point of the shape that lies ahead
	status  exchange.Status
	gap     float64 // faults: factor of every price, of our venue's, of the second source's
	wick    float64
	diverge float64
	drained float64 // factor of depth and volume
	widened int64   // ppm added to the spread
	bar     bar
	trades  uint64
}

// bar is the bar that is being built.
type bar struct {
	open, high, low money.Price
	qty             money.Qty
	count           int64
}

const yearSeconds = 365 * 86400

func newMarket(cfg *Config, i int) market {
	spec := &cfg.Markets[i]
	years := cfg.Step.Seconds() / yearSeconds
	m := market{
		in: &cfg.Catalog.Instruments[i], spec: spec, chance: rand.New(rand.NewPCG(cfg.Seed, 100+uint64(i))), walk: 1,
		sigma: float64(spec.Volatility * math.Sqrt(years)), drift: float64(spec.Drift * years), spread: spec.SpreadPPM, thin: 1,
		gap: 1, wick: 1, diverge: 1, drained: 1,
	}
	return m
}

// step is the next instant at which prices come.
func (w *World) step() {
	t := w.now
	w.venue.AdvanceTo(t)
	closes := (t-w.cfg.Start)%exchange.Stamp(w.cfg.Bars) == 0
	for i := range w.market {
		w.trade(&w.market[i], closes)
	}
	w.stepAt = t.Add(w.cfg.Step)
	w.truth.onStep(w)
	if w.cfg.Beats && w.beats.IntN(2) == 0 {
		w.on(t.Add(time.Duration(w.beats.Int64N(int64(w.cfg.Step)))), rankEdge, func() { w.tell(exchange.Event{Kind: exchange.KindBeat}) })
	}
}

// trade moves an instrument's price by one step and lets the venue and the process know.
func (w *World) trade(m *market, closes bool) {
	m.move(w.sinceStart(w.now))
	id := m.in.ID
	if m.status == exchange.Maintenance || m.status == exchange.CancelOnlyMode {
		if closes && m.bar.count > 0 {
			w.bar(m) // the book stands still; the last bar ends
		}
		return
	}
	half, _ := money.MulDiv(int64(m.price), m.spread, 2*money.PPM, money.Ceil)
	// Widening and draining the book is the link's to tell and the venue's to feel.
	// A book that lives changes with every step, also where the price does not
	depth := m.lots(float64(m.spec.Depth * m.thin * (0.9 + float64(0.2*m.chance.Float64()))))
	if w.cfg.Facts&exchange.FactSecondSource != 0 {
		w.tell(exchange.Event{Kind: exchange.KindSecond, Instrument: id, Price: m.second})
	}
	if w.cfg.Facts&exchange.FactBook != 0 {
		w.tell(exchange.Event{
			Kind: exchange.KindTop, Instrument: id, Price: max(m.in.Tick, m.tick(int64(m.price)-half, money.Floor)), Qty: depth,
			AskPrice: m.tick(int64(m.price)+half, money.Ceil) + m.in.Tick*money.Price(boolInt(half == 0)), AskQty: depth,
		})
	}
	m.trades++
	ev := exchange.Event{
		Kind: exchange.KindTrade, Instrument: id, Price: m.price, Qty: m.lots(float64(m.spec.Volume * m.thin * m.drained)), Side: exchange.Side(m.trades & 1), TradeID: m.trades,
		Time: w.now, Received: w.now, Last: true, FeeAsset: exchange.None,
	}
	w.venue.SetSpread(m.spread + m.widened)
	w.venue.Apply(&ev)
	w.takeOutcomes()
	w.tell(ev)
	b := &m.bar
	if b.count == 0 {
		b.open, b.high, b.low = ev.Price, ev.Price, ev.Price
	}
	b.high, b.low = max(b.high, ev.Price), min(b.low, ev.Price)
	b.qty += ev.Qty
	b.count++
	if closes {
		w.bar(m)
	}
}

func boolInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// bar ends the bar that is being built.
func (w *World) bar(m *market) {
	b := &m.bar
	w.tell(exchange.Event{
		Kind: exchange.KindBar, Instrument: m.in.ID, Interval: w.cfg.Bars, Open: b.open, High: b.high, Low: b.low, Price: m.price, Qty: b.qty, Count: b.count,
	})
	*b = bar{}
}

// move draws the next price.
func (m *market) move(at time.Duration) {
	shape := 1.0
	if pts := m.spec.Shape; len(pts) > 0 {
		for m.next < len(pts) && pts[m.next].At <= at {
			p := &pts[m.next]
			if p.SpreadPPM != 0 {
				m.spread = p.SpreadPPM
			}
			if p.Thin != 0 {
				m.thin = p.Thin
			}
			m.next++
		}
		switch {
		case m.next == 0:
			shape = pts[0].Factor
		case m.next == len(pts):
			shape = pts[m.next-1].Factor
		default:
			a, b := &pts[m.next-1], &pts[m.next]
			part := float64(at-a.At) / float64(b.At-a.At)
			shape = a.Factor + float64((b.Factor-a.Factor)*part)
		}
	}
	if m.sigma > 0 || m.drift != 0 {
		m.walk *= 1 + float64(m.drift) + float64(m.sigma*m.normal())
		m.walk = min(max(m.walk, 1e-4), 1e4)
	}
	fair := float64(m.spec.Price * m.walk * shape * m.gap)
	m.fair = m.units(fair)
	m.price = m.units(float64(fair * m.wick))
	m.second = m.units(float64(fair * m.diverge))
}

// normal is nearly a draw from the standard normal distribution: the sum of twelve
// uniform ones less six, which needs no logarithm.
func (m *market) normal() float64 {
	s := -6.0
	for range 12 {
		s += m.chance.Float64()
	}
	return s
}

// units is a price on the tick, at least one.
func (m *market) units(p float64) money.Price {
	v := math.Floor(p*float64(money.Pow10[m.in.PriceDecimals])/float64(m.in.Tick) + 0.5)
	return money.Price(max(1, min(v, 1e15))) * m.in.Tick
}

func (m *market) tick(v int64, r money.Rounding) money.Price {
	t, ok := money.RoundTo(v, int64(m.in.Tick), r)
	if !ok {
		return m.in.Tick
	}
	return money.Price(t)
}

func (m *market) lots(units float64) money.Qty {
	return money.Qty(max(1, math.Floor(min(units*float64(money.Pow10[m.in.LotDecimals]), 1e17))))
}
