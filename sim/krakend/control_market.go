package krakend

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/sim"
)

// pairView is a pair as the control interface shows it.
type pairView struct {
	ID           string      `json:"id" doc:"XXBTZCAD"`
	Name         string      `json:"name" doc:"wsname: XBT/CAD"`
	Status       string      `json:"status"`
	Last         string      `json:"last" doc:"price of the last trade"`
	TickSize     string      `json:"tick_size"`
	OrderMin     string      `json:"ordermin"`
	CostMin      string      `json:"costmin"`
	PairDecimals uint8       `json:"pair_decimals" doc:"as AssetPairs shows it"`
	Crowd        bool        `json:"crowd" doc:"false: nobody but the accounts trades here"`
	Bids         []levelView `json:"bids" doc:"the best ten"`
	Asks         []levelView `json:"asks"`
}

type levelView struct {
	Price string `json:"price"`
	Qty   string `json:"qty"`
}

// pairChange changes what AssetPairs says, and what orders are held to.
type pairChange struct {
	Pair         string `json:"pair"`
	TickSize     string `json:"tick_size,omitempty" doc:"coarser than 10^-pair_decimals, or as fine"`
	OrderMin     string `json:"ordermin,omitempty"`
	CostMin      string `json:"costmin,omitempty"`
	PairDecimals *uint8 `json:"pair_decimals,omitempty" doc:"what AssetPairs shows: fewer than at the start; tick_size must fit"`
}

// feedChange gives a pair other data to follow, from now on.
type feedChange struct {
	Pair     string `json:"pair"`
	CSV      string `json:"csv,omitempty" doc:"bars or trades as in Kraken's downloadable files"`
	Interval string `json:"interval,omitempty" doc:"of the bars where their times do not tell: 1m, 1h, 1d"`
	Preset   string `json:"preset,omitempty" doc:"or a made-up market: calm, volatile, …"`
	Seed     uint64 `json:"seed,omitempty" doc:"of it"`
	Price    string `json:"price,omitempty" doc:"where it begins; without it at the last price"`
}

// stirring moves a pair's crowd.
type stirring struct {
	Pair    string  `json:"pair"`
	Do      string  `json:"do" doc:"gap: the price jumps by percent and stays; wick: it jumps and comes back; drain: the crowd takes its orders away; widen: its spread is percent of what it was; still: nothing of the crowd moves; calm: all of it ends"`
	Percent float64 `json:"percent,omitempty" doc:"of gap and wick, with a sign; of widen, from 100"`
	For     string  `json:"for,omitempty" doc:"of wick, drain, widen and still: how long, as 30s; without it until calm"`
}

// feeChange puts other fees in the place of Kraken's.
type feeChange struct {
	Maker string `json:"maker,omitempty" doc:"percent, as 0.25; without both the venue's own schedule holds again"`
	Taker string `json:"taker,omitempty" doc:"percent, as 0.40"`
}

var marketRoutes = []route{
	look("/sim/pairs", "Every pair with a book or a trade, and the best of its book.", []pairView{}, func(c *core, _ *question) (any, error) {
		views := []pairView{}
		for i := range c.markets {
			if m := &c.markets[i]; m.crowd != nil || m.last() != 0 || len(c.markets) <= 50 {
				views = append(views, c.pairView(m))
			}
		}
		return views, nil
	}),
	look("/sim/pairs/{pair}", "One pair. Slashes in its name are %2F, or leave them out: XBTCAD.", pairView{}, func(c *core, q *question) (any, error) {
		m, err := c.aMarket(q.PathValue("pair"))
		if err != nil {
			return nil, err
		}
		return c.pairView(m), nil
	}),
	change(http.MethodPatch, "/sim/pairs/{pair}", "Changes a pair's rules. Orders that are there stay.", (*core).changePair, pairView{}),
	change(http.MethodPut, "/sim/pairs/{pair}/feed", "Loads data: the pair's book follows it from now on.", (*core).changeFeed, pairView{}),
	change(http.MethodPost, "/sim/pairs/{pair}/market", "Moves the market: gaps, wicks, an empty book, a standstill.", (*core).stir, pairView{}),
	change(http.MethodPut, "/sim/fees", "Changes everybody's fees.", (*core).changeFees, statusView{}),
}

func (c *core) aMarket(name string) (*market, error) {
	m, ok := c.market(name)
	if !ok {
		return nil, refuse(http.StatusNotFound, "there is no pair %q; /sim/status lists them", name)
	}
	return m, nil
}

func (c *core) pairView(m *market) pairView {
	side := func(s exchange.Side) []levelView {
		levels := []levelView{}
		for _, lv := range c.depth(m, s, 10) {
			levels = append(levels, levelView{m.price(lv.Price), m.qty(lv.Qty)})
		}
		return levels
	}
	return pairView{
		ID: m.id, Name: m.wsname, Status: m.status.String(), Last: m.price(m.last()), TickSize: m.in.PriceText(m.in.Tick), OrderMin: m.in.QtyText(m.in.OrderMin),
		CostMin: money.Trim(int64(m.in.CostMin), m.quoteDecimals), PairDecimals: m.row.PairDecimals, Crowd: m.crowd != nil,
		Bids: side(exchange.Buy), Asks: side(exchange.Sell),
	}
}

func (c *core) changePair(t *pairChange) (any, error) {
	m, err := c.aMarket(t.Pair)
	if err != nil {
		return nil, err
	}
	in := *m.in
	read := func(name, text string, decimals uint8, least int64, to func(int64)) error {
		if text == "" {
			return nil
		}
		v, err := money.Parse(text, decimals)
		if err != nil || v < least || v > mostBalance {
			return refuse(http.StatusBadRequest, "%s %q does not fit; give at least %s, with at most %d decimals", name, text, money.Trim(least, decimals), decimals)
		}
		to(v)
		return nil
	}
	if err := errors.Join(
		read("tick_size", t.TickSize, in.PriceDecimals, 1, func(v int64) { in.Tick = money.Price(v) }),
		read("ordermin", t.OrderMin, in.LotDecimals, 0, func(v int64) { in.OrderMin = money.Qty(v) }),
		read("costmin", t.CostMin, m.quoteDecimals, 0, func(v int64) { in.CostMin = money.Amount(v) }),
	); err != nil {
		return nil, err
	}
	shown := m.row.PairDecimals
	if t.PairDecimals != nil {
		shown = *t.PairDecimals
	}
	if shown > in.PriceDecimals || int64(in.Tick)%money.Pow10[in.PriceDecimals-shown] != 0 {
		return nil, refuse(http.StatusBadRequest, "a tick_size of %s does not fit %d pair_decimals; the pair has at most %d", in.PriceText(in.Tick), shown, in.PriceDecimals)
	}
	m.in.Tick, m.in.OrderMin, m.in.CostMin = in.Tick, in.OrderMin, in.CostMin
	m.row.PairDecimals = shown
	m.row.TickSize, m.row.OrderMin, m.row.CostMin = m.in.PriceText(in.Tick), m.in.QtyText(in.OrderMin), money.Trim(int64(in.CostMin), m.quoteDecimals)
	c.publish(c.hub.instruments, c.instrumentFrame("update"))
	return c.pairView(m), nil
}

func (c *core) changeFeed(t *feedChange) (any, error) {
	m, err := c.aMarket(t.Pair)
	if err != nil {
		return nil, err
	}
	if (t.CSV == "") == (t.Preset == "") {
		return nil, refuse(http.StatusBadRequest, "give either csv, the text of a file, or preset: %s", strings.Join(data.Presets(), ", "))
	}
	series, err := c.feed(m, t)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "%s", strings.TrimPrefix(err.Error(), "data: "))
	}
	w := &crowd{rnd: rand.New(rand.NewPCG(t.Seed, 1)), path: &path{rnd: rand.New(rand.NewPCG(t.Seed, 2)), series: series, tick: c.tickEvery}}
	first, err := w.path.history(0, nil)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the data has no row to begin with: %v", err)
	}
	w.path.shift = c.now.Sub(first)
	w.typed = w.least(m, w.path.price) * 200
	if old := m.crowd; old != nil {
		w.quotes, w.next, w.typed, w.rnd = old.quotes, old.next, old.typed, old.rnd
	}
	m.crowd = w
	return c.pairView(m), nil
}

// feed is the series that a pair is told to follow.
func (c *core) feed(m *market, t *feedChange) (data.Series, error) {
	if t.CSV == "" {
		price := float64(m.last()) / float64(money.Pow10[m.in.PriceDecimals])
		if t.Price != "" {
			v, err := money.Parse(t.Price, m.in.PriceDecimals)
			if err != nil || v <= 0 {
				return data.Series{}, fmt.Errorf("%q is no price of %s", t.Price, m.wsname)
			}
			price = float64(v) / float64(money.Pow10[m.in.PriceDecimals])
		}
		if price == 0 {
			return data.Series{}, fmt.Errorf("%s never traded; give the price where its market begins", m.wsname)
		}
		return made(m.in, t.Preset, price, t.Seed)
	}
	o := data.Options{Pair: m.in.Symbol}
	if t.Interval != "" {
		d, err := data.ParseInterval(t.Interval)
		if err != nil {
			return data.Series{}, err
		}
		o.Interval = d
	}
	r, err := data.NewReader(strings.NewReader(t.CSV), o)
	if err != nil {
		return data.Series{}, err
	}
	f := fine(m.in)
	r.Scale(f.PriceDecimals, f.LotDecimals)
	info := r.Info()
	s := data.Series{Name: info.Name, Instrument: m.in.ID, Interval: info.Interval}
	if info.Format.Trades() {
		s.Trades = r
	} else {
		s.Bars = r
	}
	return coarsened(s, m.in, f), nil
}

// stir is what the control interface does to a crowd.
type stir struct {
	shiftPPM, wickPPM, widePPM              int64
	wickUntil, drained, wideUntil, stillFor exchange.Stamp
}

// mostShiftPPM keeps a gap within what a price can be.
const mostShiftPPM = 100 * money.PPM

func (c *core) stir(t *stirring) (any, error) {
	m, err := c.aMarket(t.Pair)
	if err != nil {
		return nil, err
	}
	w := m.crowd
	if w == nil {
		return nil, refuse(http.StatusConflict, "%s has no crowd to move; give it data with PUT /sim/pairs/%s/feed", m.wsname, m.altname)
	}
	until := exchange.Never
	if t.For != "" {
		d, err := time.ParseDuration(t.For)
		if err != nil || d <= 0 || d > longestSpan {
			return nil, refuse(http.StatusBadRequest, "for %q is no time span; write it like 30s", t.For)
		}
		until = c.now.Add(d)
	}
	ppm := int64(t.Percent * float64(money.PPM) / 100)
	if moves := t.Do == "gap" || t.Do == "wick"; moves && !(t.Percent >= -99 && t.Percent <= 10_000 && t.Percent != 0) {
		return nil, refuse(http.StatusBadRequest, "percent %g moves no price; give -99 to 10000, and not 0", t.Percent)
	}
	switch s := &w.stir; t.Do {
	case "gap":
		base, _ := money.MulDiv(money.PPM+s.shiftPPM, money.PPM+ppm, money.PPM, money.Half)
		if base <= 0 || base > mostShiftPPM {
			return nil, refuse(http.StatusBadRequest, "the price would be %g times that of its data; that is too far", float64(base)/float64(money.PPM))
		}
		s.shiftPPM = base - money.PPM
	case "wick":
		s.wickPPM, s.wickUntil = ppm, until
	case "drain":
		s.drained = until
	case "widen":
		if !(t.Percent >= 100 && t.Percent <= 100_000) {
			return nil, refuse(http.StatusBadRequest, "percent %g does not widen a spread; give 100 to 100000", t.Percent)
		}
		s.widePPM, s.wideUntil = ppm, until
	case "still":
		s.stillFor = until
	case "calm":
		*s = stir{}
	default:
		return nil, refuse(http.StatusBadRequest, "the market knows no %q; there are gap, wick, drain, widen, still, calm", t.Do)
	}
	if t.Do != "still" && c.now >= w.stir.stillFor {
		w.step(c, m)
	}
	return c.pairView(m), nil
}

// price is the target as it is moved now.
func (s *stir) price(p money.Price, now exchange.Stamp) money.Price {
	for _, ppm := range [...]int64{s.shiftPPM, s.wickNow(now)} {
		if v, ok := money.MulDiv(int64(p), money.PPM+ppm, money.PPM, money.Half); ok {
			p = money.Price(v)
		}
	}
	return p
}

func (s *stir) wickNow(now exchange.Stamp) int64 {
	if now < s.wickUntil {
		return s.wickPPM
	}
	return 0
}

// spreadPPM is the crowd's spread now.
func (s *stir) spreadPPM(now exchange.Stamp) int64 {
	if now < s.wideUntil {
		return min(crowdSpreadPPM*s.widePPM/money.PPM, money.PPM)
	}
	return crowdSpreadPPM
}

func (c *core) changeFees(t *feeChange) (any, error) {
	fees := c.fees
	if t.Maker != "" || t.Taker != "" {
		maker, err := money.Parse(t.Maker, 4)
		taker, err2 := money.Parse(t.Taker, 4)
		if err = errors.Join(err, err2); err != nil || maker < 0 || taker < 0 || maker > money.PPM/2 || taker > money.PPM/2 {
			return nil, refuse(http.StatusBadRequest, "maker %q and taker %q are no fees; give both in percent, like 0.25, from 0 to 50", t.Maker, t.Taker)
		}
		fees = sim.FixedFees(maker, taker)
	}
	c.config.Fees = fees
	c.venue.SetFees(fees)
	return c.statusView(), nil
}
