package krakend

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// The crowd trades on the first two accounts of the venue, so that its takers meet its
// makers: prevention of self-trades is by account.
const (
	crowdMaker = exchange.AccountID(iota)
	crowdTaker
	crowdAccounts
)

// The shape of the crowd's book.
const (
	crowdOrders    = 50     // a side
	crowdSpreadPPM = 400    // between its best bid and ask: a calm CAD book
	crowdBandPPM   = 30_000 // how far from the best price it quotes
	churnPercent   = 20     // chance that a tick replaces one order of a side
	idlePercent    = 30     // chance that a tick has no trade where bars tell no volume
	crowdFunds     = 1e17   // units of each asset that a crowd account begins with
	crowdLow       = 1e16   // below this it gets more
	crowdMinutes   = 10     // how long it trades before the first request
)

// quote is an order of the crowd in the book.
type quote struct {
	id    exchange.OrderID
	price money.Price
	left  money.Qty
}

// crowd makes one pair's book: makers around the price of a feed, and takers who trade as
// much as the feed did.
type crowd struct {
	rnd    *rand.Rand
	path   *path
	quotes [2][]quote // by side, the best first
	next   exchange.OrderID
	typed  money.Qty // an ordinary size
	stir   stir
}

// step plays one tick.
func (w *crowd) step(c *core, m *market) {
	target, volume := w.path.at(c.now)
	if w.path.ended != nil && !w.path.told {
		w.path.told = true
		why := ""
		if w.path.ended != io.EOF {
			why = ": " + w.path.ended.Error()
		}
		fmt.Fprintf(c.config.Log, "the feed of %s has ended at %v%s; its book stays about the last price\n", m.in.Symbol, c.now, why)
	}
	if target <= 0 || m.status == exchange.Maintenance || c.now < w.stir.stillFor {
		return
	}
	if c.now < w.stir.drained {
		for side := range w.quotes {
			for n := len(w.quotes[side]); n > 0; n-- {
				w.cancel(c, m, exchange.Side(side), n-1)
			}
		}
		return
	}
	target = w.stir.price(target, c.now)
	w.requote(c, m, target)
	if volume > 0 {
		w.trade(c, m, volume)
	}
	c.fund()
}

// edge is the crowd's best price of a side when the market is at p.
func (w *crowd) edge(m *market, side exchange.Side, p money.Price, ppm int64) money.Price {
	r, sign := money.Floor, int64(-1)
	if side == exchange.Sell {
		r, sign = money.Ceil, 1
	}
	v, ok := money.MulDiv(int64(p), 2*money.PPM+sign*ppm, 2*money.PPM, r)
	if !ok {
		return p
	}
	v, _ = money.RoundTo(v, int64(m.in.Tick), r)
	return max(money.Price(v), m.in.Tick)
}

// requote takes back what the price has moved past and fills the book up again.
func (w *crowd) requote(c *core, m *market, p money.Price) {
	for side := exchange.Buy; side <= exchange.Sell; side++ {
		best := w.edge(m, side, p, w.stir.spreadPPM(c.now))
		for len(w.quotes[side]) > 0 && beyond(side, w.quotes[side][0].price, best) {
			w.cancel(c, m, side, 0)
		}
		if n := len(w.quotes[side]); n > 0 && w.rnd.IntN(100) < churnPercent {
			w.cancel(c, m, side, w.rnd.IntN(n))
		}
	}
	for side := exchange.Buy; side <= exchange.Sell; side++ {
		w.fill(c, m, side, w.edge(m, side, p, w.stir.spreadPPM(c.now)))
	}
}

// beyond reports whether p is nearer to the other side than best.
func beyond(side exchange.Side, p, best money.Price) bool {
	if side == exchange.Buy {
		return p > best
	}
	return p < best
}

// fill quotes at the best price when nobody of the crowd does, takes back what is too far
// away, and draws the rest: many near the best price, few far from it.
func (w *crowd) fill(c *core, m *market, side exchange.Side, best money.Price) {
	if len(w.quotes[side]) == 0 || w.quotes[side][0].price != best {
		w.place(c, m, side, best)
	}
	band, _ := money.MulDiv(int64(best), crowdBandPPM, money.PPM, money.Up)
	for n := len(w.quotes[side]); n > 1; n-- {
		if far := w.quotes[side][n-1].price - best; n <= crowdOrders && max(far, -far) <= 2*money.Price(band) {
			break
		}
		w.cancel(c, m, side, n-1)
	}
	for tries := 0; len(w.quotes[side]) < crowdOrders && tries < crowdOrders; tries++ {
		u := w.rnd.Float64()
		away, _ := money.RoundTo(int64(u*u*u*float64(band)), int64(m.in.Tick), money.Up)
		if side == exchange.Buy {
			away = -away
		}
		if p := best + money.Price(away); p >= m.in.Tick {
			w.place(c, m, side, p)
		}
	}
}

// place rests an order. What it meets on its way, an order of a client that the price has
// reached, it takes.
func (w *crowd) place(c *core, m *market, side exchange.Side, p money.Price) {
	q := w.size(m, p)
	w.next++
	o := exchange.Order{ID: w.next*exchange.OrderID(len(c.markets)) + exchange.OrderID(m.in.ID) + 1, Instrument: m.in.ID, Side: side, Type: exchange.Limit, Qty: q, Price: p}
	at, _ := slices.BinarySearchFunc(w.quotes[side], p, func(x quote, p money.Price) int {
		if x.price == p {
			return 0
		}
		if beyond(side, x.price, p) {
			return -1
		}
		return 1
	})
	w.quotes[side] = slices.Insert(w.quotes[side], at, quote{o.ID, p, q})
	c.venue.Submit(crowdMaker, &o)
	m.touch(side, p, c.now)
	c.drain()
}

// size is a random size about the typical one, and no less than the least.
func (w *crowd) size(m *market, p money.Price) money.Qty {
	q := money.Qty(float64(w.typed) * (0.2 + 2*w.rnd.ExpFloat64()))
	return max(q, w.least(m, p))
}

// least is the smallest order at p.
func (w *crowd) least(m *market, p money.Price) money.Qty {
	q := max(m.in.OrderMin, 1)
	if by := m.in.QtyFor(m.in.CostMin, p) + 1; m.in.CostMin > 0 {
		q = max(q, by)
	}
	return q
}

func (w *crowd) cancel(c *core, m *market, side exchange.Side, i int) {
	q := w.quotes[side][i]
	w.quotes[side] = slices.Delete(w.quotes[side], i, i+1)
	c.venue.Cancel(crowdMaker, q.id)
	m.touch(side, q.price, c.now)
	c.drain()
}

// trade lets a taker of either side trade.
func (w *crowd) trade(c *core, m *market, volume money.Qty) {
	side := exchange.Side(w.rnd.IntN(2))
	levels := c.depth(m, side.Opposite(), 3)
	if len(levels) == 0 {
		return
	}
	p := levels[len(levels)-1].Price
	w.next++
	o := exchange.Order{
		ID: w.next*exchange.OrderID(len(c.markets)) + exchange.OrderID(m.in.ID) + 1, Instrument: m.in.ID, Side: side, Type: exchange.Limit, TIF: exchange.IOC,
		Qty: max(volume, w.least(m, p)), Price: p,
	}
	c.venue.Submit(crowdTaker, &o)
	c.drain()
}

// crowdEvent keeps the crowd's list of its orders.
func (c *core) crowdEvent(ev *exchange.Event) {
	if ev.Instrument == exchange.None || ev.Account != crowdMaker {
		return
	}
	m := &c.markets[ev.Instrument]
	w := m.crowd
	if w == nil {
		return
	}
	m.touch(ev.Side, ev.Price, ev.Time)
	gone := ev.Kind == exchange.KindOrder && ev.State.Done()
	filled := ev.Kind == exchange.KindFill
	if !gone && !filled {
		return
	}
	for i := range w.quotes[ev.Side] {
		if q := &w.quotes[ev.Side][i]; q.id == ev.Order {
			if filled {
				q.left = ev.Remaining
			}
			if gone || q.left == 0 {
				w.quotes[ev.Side] = slices.Delete(w.quotes[ev.Side], i, i+1)
			}
			return
		}
	}
}

// fund keeps the crowd from running out: it is not its money that is at stake.
func (c *core) fund() {
	for id := range crowdAccounts {
		for i := range c.catalog.Assets {
			asset := exchange.AssetID(i)
			if c.venue.Balance(id, asset).Total >= crowdLow {
				continue
			}
			if err := c.venue.Deposit(id, asset, crowdFunds); err != nil {
				panic("BUG: " + err.Error())
			}
		}
	}
	c.drain()
}

// path is the price that the crowd follows: through a bar from its open over its extremes
// to its close, or from trade to trade.
type path struct {
	rnd    *rand.Rand
	series data.Series
	shift  time.Duration // from the feed's time to the venue's
	bar    data.Bar
	trade  data.Trade
	price  money.Price
	held   bool  // bar or trade is read and not played
	ended  error // why the feed has no more
	told   bool  // that it has ended
	up     bool  // the bar's high comes first
	tick   time.Duration
}

// at is the price at an instant and the volume that traded since the last call.
func (p *path) at(t exchange.Stamp) (money.Price, money.Qty) {
	if p.series.Trades != nil {
		return p.atTrade(t)
	}
	for p.ended == nil && (!p.held || t >= p.bar.Time.Add(p.shift+p.series.Interval)) {
		if p.held {
			p.price = p.bar.Close
		}
		p.held = p.readBar()
	}
	if !p.held || t < p.bar.Time.Add(p.shift) {
		return p.price, 0
	}
	into := float64(t.Sub(p.bar.Time.Add(p.shift))) / float64(p.series.Interval)
	p.price = p.within(into)
	ticks := max(1, int64(p.series.Interval/p.tick))
	share := float64(p.bar.Volume) / float64(ticks) * p.rnd.ExpFloat64()
	if p.bar.Volume == 0 || p.rnd.IntN(100) < idlePercent {
		return p.price, 0
	}
	return p.price, money.Qty(share * 100 / (100 - idlePercent))
}

// within is the price at a part of the bar: open, first extreme, second extreme, close.
func (p *path) within(part float64) money.Price {
	b := &p.bar
	first, second := b.High, b.Low
	if !p.up {
		first, second = second, first
	}
	points := [...]money.Price{b.Open, first, second, b.Close}
	at := part * 3
	i := min(int(at), 2)
	from, to := float64(points[i]), float64(points[i+1])
	return money.Price(from + float64((to-from)*(at-float64(i))))
}

func (p *path) readBar() bool {
	if p.ended = p.series.Bars.NextBar(&p.bar); p.ended != nil {
		return false
	}
	p.up = p.rnd.IntN(2) == 0
	return true
}

func (p *path) atTrade(t exchange.Stamp) (money.Price, money.Qty) {
	volume := money.Qty(0)
	for p.ended == nil {
		if !p.held {
			if p.ended = p.series.Trades.NextTrade(&p.trade); p.ended != nil {
				break
			}
			p.held = true
		}
		if p.trade.Time.Add(p.shift) > t {
			break
		}
		p.price, p.held = p.trade.Price, false
		volume += p.trade.Qty
	}
	return p.price, volume
}

// history plays what came before the venue opens: bars are told, so that candles reach
// back; the last price is where the crowd begins. It returns the feed's time of opening.
func (p *path) history(bars int, told func(b *data.Bar)) (exchange.Stamp, error) {
	if p.series.Trades != nil {
		if err := p.series.Trades.NextTrade(&p.trade); err != nil {
			return 0, err
		}
		p.held, p.price = true, p.trade.Price
		return p.trade.Time, nil
	}
	for range bars {
		if !p.readBar() {
			return 0, p.ended
		}
		told(&p.bar)
		p.price = p.bar.Close
	}
	if p.held = p.readBar(); !p.held {
		return 0, p.ended
	}
	if p.price == 0 {
		p.price = p.bar.Open
	}
	return p.bar.Time, nil
}
