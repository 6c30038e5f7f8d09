package risk

import (
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// asked is what one check says of an order at a reference price.
func (d *desk) asked(check func(*state, *decision, *Verdict), o *exchange.Order, ref money.Price) string {
	var v Verdict
	check(d.g.s, &decision{o: o, in: &d.g.s.acct.catalog.Instruments[o.Instrument], opens: o.Side == exchange.Buy, ref: ref}, &v)
	text := ""
	for i := range v.Reasons {
		text += v.Reasons[i].String() + ";"
	}
	return text
}

func TestIsqrtRoundsDown(t *testing.T) {
	for v := int64(0); v < 20_000; v++ {
		if r := isqrt(v); r*r > v || (r+1)*(r+1) <= v {
			t.Fatalf("isqrt(%d) = %d", v, r)
		}
	}
	if r := isqrt(1 << 60); r != 1<<30 {
		t.Error(r)
	}
}

// Volatility is of one minute, an average over the last 32 moves; what has no move or no
// time counts for nothing.
func TestVolatilityIsAnAverageOfMinutes(t *testing.T) {
	const m = exchange.Stamp(time.Minute)
	for i, c := range []struct {
		after       exchange.Stamp
		before, now money.Price
		from, want  int64
	}{
		{m, 1_000_000, 1_000_320, 0, 320 * 320 / 32}, {m, 1_000_000, 999_680, 0, 320 * 320 / 32},
		{2 * m, 1_000_000, 1_000_320, 0, 320 * 320 / 64}, {m / 60, 1_000_000, 1_000_320, 0, 320 * 320 * 60 / 32},
		{1, 1_000_000, 1_000_320, 0, 320 * 320 * 60 / 32}, // less than a second is one
		{m, 1_000_000, 1_000_000, 3200, 3100}, {m, 1_000_000, 1_000_000, 31, 31},
		{0, 1_000_000, 1_000_320, 7, 7}, {-1, 1_000_000, 1_000_320, 7, 7}, {m, 0, 1_000_320, 7, 7}, {m, 1, 2, 0, 1_000_000_000_000 / 32},
		{m, 1, 4, 0, 9_000_000_000_000 / 32}, {m, 1_000_000, 4_000_001, 7, 7}, // more than three times is for other controls
		{m, 1_000_000, 1, 0, 999_999 * 999_999 / 32}, {3 * m, 3_000_000, 3_000_001, 32, 31}, // a third of a ppm
	} {
		s := marketState{barAt: midnight(), variance: c.from}
		s.onPrice(midnight()+c.after, c.before, c.now)
		if s.variance != c.want || s.barAt != midnight()+c.after {
			t.Errorf("%d: variance %d, want %d", i, s.variance, c.want)
		}
	}
	for vols, want := range map[int64]bool{0: false, 1: true} {
		d := open(t, wide(), limited(func(l *Limits) { l.CollarVols = vols }))
		d.price(10_100)
		if got := d.g.s.market[0].variance > 0; got != want {
			t.Errorf("asked for %d times the volatility: %v", vols, got)
		}
	}
}

// The reference is the median of what is fresh, two of which agree within 2 %.
func TestTheReferenceIsTheMedianOfWhatIsFresh(t *testing.T) {
	for i, c := range []struct {
		last, bid, ask, second money.Price
		want                   money.Price
	}{
		{100, 0, 0, 0, 0}, {0, 0, 0, 100, 0}, {0, 99, 101, 0, 0}, // one alone is none
		{100, 0, 0, 102, 101}, {102, 0, 0, 100, 101}, {100, 0, 0, 103, 0},
		{1_000_000, 0, 0, 1_020_000, 1_010_000}, {1_000_000, 0, 0, 1_020_001, 0}, // exactly 2 %
		{1_000_000, 0, 0, 1_000_001, 1_000_000},           // rounded down
		{1, 1, 1, 0, 1}, {1, 0, 0, 1, 1}, {0, 1, 1, 1, 1}, // the smallest price is one; bid may meet ask
		{100, 99, 101, 0, 100}, {100, 98, 101, 0, 99},
		{30, 20, 20, 10, 0}, {100, 100, 101, 101, 100}, {103, 101, 102, 102, 102}, {100, 102, 102, 101, 101}, {101, 103, 103, 102, 102},
		{1_000_000, 1_020_000, 1_020_000, 2_000_000, 1_020_000}, {1_000_000, 1_020_001, 1_020_001, 2_000_000, 0}, // two agree
		{1_000_000, 2_000_000, 2_000_000, 2_040_000, 2_000_000}, {1_000_000, 2_000_000, 2_000_000, 2_040_001, 0},
		{2_000_000, 1_020_000, 1_020_000, 1_000_000, 1_020_000}, {5, 3, 3, 1, 0},
	} {
		d := open(t, wide(), facts(exchange.FactBook|exchange.FactSecondSource, func(l *Limits) { l.StaleMarket = 10 * time.Second }))
		m := &d.g.s.market[0]
		d.g.s.acct.mark[0], m.second, m.interval = c.last, c.second, 0
		m.book.top(c.bid, 1, c.ask, 1)
		m.lastAt, m.bookAt, m.secondAt = d.now.Add(-10*time.Second), d.now.Add(-10*time.Second), d.now.Add(-10*time.Second)
		if got := d.g.s.reference(0); got != c.want {
			t.Errorf("%d: %d, want %d", i, got, c.want)
		}
		for _, age := range []*exchange.Stamp{&m.lastAt, &m.bookAt, &m.secondAt} { // each that is old counts no more
			before := d.g.s.reference(0)
			*age--
			if c.last > 0 && c.bid > 0 && c.second > 0 && before != 0 && d.g.s.reference(0) == before && age == &m.secondAt {
				t.Errorf("%d: an old one counts", i)
			}
		}
		if got := d.g.s.reference(0); got != 0 {
			t.Errorf("%d: all old, and it is %d", i, got)
		}
	}
	d := open(t, wide())
	if d.g.s.acct.mark[0] = 7; d.g.s.reference(0) != 7 {
		t.Error("where nothing else is declared the last trade is the reference")
	}
}

func TestTheCollarHoldsToThePpm(t *testing.T) {
	d := penny(t, wide(), collarOf2)
	limit := func(price, trigger money.Price) *exchange.Order {
		o := d.dog(exchange.Buy, 1, price)
		if o.Trigger = trigger; trigger != 0 {
			o.Type = exchange.StopLossLimit
		}
		return o
	}
	for i, c := range []struct {
		order *exchange.Order
		ref   money.Price
		want  string
	}{
		{limit(1_020_000, 0), 1_000_000, ""}, {limit(1_020_001, 0), 1_000_000, "price-collar price=102.0001 ref=100.0000 limit-ppm=20000;"},
		{limit(980_000, 0), 1_000_000, ""}, {limit(979_999, 0), 1_000_000, "price-collar price=97.9999 ref=100.0000 limit-ppm=20000;"},
		{limit(3_060_000, 0), 3_000_000, ""}, {limit(3_060_001, 0), 3_000_000, "price-collar price=306.0001 ref=300.0000 limit-ppm=20000;"}, // 20,000.3 ppm
		{limit(1, 0), 1, ""}, {limit(1, 0), 0, `price-collar text="no reference price";`}, {limit(1, 0), -1, `price-collar text="no reference price";`},
		{limit(1, 1), 1_000_000, ""}, {limit(2, 1), 1_000_000, "price-collar price=0.0002 ref=0.0001 limit-ppm=20000;"},
	} {
		if got := d.asked((*state).checkCollar, c.order, c.ref); got != c.want {
			t.Errorf("%d: %s, want %s", i, got, c.want)
		}
	}
	for collar, want := range map[int64]string{0: `price-collar text="no collar is set";`, 1: ""} {
		d.g.s.limits.CollarPPM, d.g.s.limits.CollarCapPPM = collar, collar
		if got := d.asked((*state).checkCollar, limit(100, 0), 100); got != want {
			t.Errorf("a collar of %d: %s", collar, got)
		}
	}
}

// Walking the book is bounded where a book and a bound are declared, for what would take
// liquidity at once.
func TestWalkingTheBookIsBounded(t *testing.T) {
	d := penny(t, wide())
	s := d.g.s
	book := &s.market[1].book
	fill := func(levels ...level) {
		book.clear()
		book.set(exchange.Buy, 90_000, 5)
		for i, l := range levels {
			side := exchange.Sell
			if i > 1 {
				side = exchange.Buy
			}
			book.set(side, l.price, l.qty)
		}
	}
	buy := func(qty money.Qty, price money.Price) *exchange.Order {
		o := d.dog(exchange.Buy, qty, price)
		if price == 0 {
			o.Type = exchange.Market
		}
		return o
	}
	sell := func(qty money.Qty, price money.Price) *exchange.Order {
		o := buy(qty, price)
		o.Side = exchange.Sell
		return o
	}
	stop := buy(9, 0)
	stop.Type, stop.Trigger = exchange.StopLoss, 1
	cash := buy(0, 0)
	cash.Cash = 600_000 // 6 at 100,000
	said := func(slip string) string {
		return `price-collar slip-ppm=` + slip + ` limit-ppm=10000 text="the order would walk the book too far";`
	}
	for i, c := range []struct {
		order *exchange.Order
		facts exchange.Facts
		limit int64
		last  money.Price // of the second level
		want  string
	}{
		{buy(9, 0), exchange.FactBook, 10_000, 101_000, ""},
		{buy(9, 0), exchange.FactBook, 10_000, 101_001, said("10010")},
		{buy(5, 0), exchange.FactBook, 10_000, 101_001, ""},
		{buy(11, 0), exchange.FactBook, 10_000, 101_000, said("0")}, // there is not that much
		{buy(11, 0), exchange.FactBook, Unlimited, 101_000, ""},
		{buy(11, 0), 0, 10_000, 101_000, ""},
		{stop, exchange.FactBook, 10_000, 101_001, ""},
		{buy(9, 100_000), exchange.FactBook, 10_000, 101_001, said("10010")},
		{buy(9, 99_999), exchange.FactBook, 10_000, 101_001, ""},
		{cash, exchange.FactBook, 10_000, 101_001, said("10010")},
		{sell(5, 90_000), exchange.FactBook, 10_000, 101_000, ""},
		{sell(6, 90_000), exchange.FactBook, 10_000, 101_000, said("0")},
		{sell(6, 90_001), exchange.FactBook, 10_000, 101_000, ""},
		{sell(6, 0), exchange.FactBook, 10_000, 101_000, said("0")},
	} {
		s.facts, s.limits.WalkPPM, s.limits.CollarPPM = c.facts, c.limit, 100*money.PPM
		fill(level{100_000, 5}, level{c.last, 5})
		if got := d.asked((*state).checkCollar, c.order, 100_000); got != c.want {
			t.Errorf("%d: %s, want %s", i, got, c.want)
		}
	}
	fill(level{3_000_000, 5}, level{3_030_001, 5}) // 10,000.3 ppm
	if got := d.asked((*state).checkCollar, buy(9, 0), 3_000_000); got != said("10001") {
		t.Error(got)
	}
	book.clear()
	book.set(exchange.Sell, 100_000, 50) // no bid: there is no book to speak of
	if got := d.asked((*state).checkCollar, buy(9, 0), 100_000); got != said("0") {
		t.Error(got)
	}
	if got := d.asked((*state).checkCollar, buy(9, 100_000), 100_000); got != "" { // and nothing is known to be taken at once
		t.Error(got)
	}
}

// What an order needs of the market: a fresh second source and book where they are declared
// and bounded, and depth enough inside the collar.
func TestTheDepthThatAnOrderNeeds(t *testing.T) {
	const (
		missing = `venue-sanity text="the book is missing or old";`
		second  = `venue-sanity text="the second source is missing or old";`
	)
	both := exchange.FactBook | exchange.FactSecondSource
	type setup struct {
		facts                    exchange.Facts
		spread, gap, times       int64
		bookAge, secondAge       time.Duration
		noBook, noSecond, resale bool
	}
	ten := 10 * time.Second
	for i, c := range []struct {
		setup
		want string
	}{
		{setup{facts: both, spread: Unlimited, gap: Unlimited}, ""},
		{setup{facts: both, spread: Unlimited, gap: Unlimited, noBook: true, noSecond: true}, ""},
		{setup{facts: both, spread: 1, gap: Unlimited}, ""},
		{setup{facts: both, spread: 1, gap: Unlimited, noBook: true}, missing},
		{setup{facts: both, spread: 1, gap: Unlimited, bookAge: ten}, ""},
		{setup{facts: both, spread: 1, gap: Unlimited, bookAge: ten + 1}, missing},
		{setup{facts: both, spread: Unlimited, gap: Unlimited, times: 1, noBook: true}, missing}, // and nothing about depth
		{setup{facts: both, spread: 1, gap: Unlimited, noBook: true, resale: true}, ""},
		{setup{facts: exchange.FactSecondSource, spread: 1, times: 1, gap: Unlimited, noBook: true}, ""},
		{setup{facts: both, spread: Unlimited, gap: 1}, ""},
		{setup{facts: both, spread: Unlimited, gap: 1, noSecond: true}, second},
		{setup{facts: both, spread: Unlimited, gap: 1, secondAge: ten}, ""},
		{setup{facts: both, spread: Unlimited, gap: 1, secondAge: ten + 1}, second},
		{setup{facts: both, spread: Unlimited, gap: 1, noSecond: true, resale: true}, ""},
		{setup{facts: exchange.FactBook, spread: Unlimited, gap: 1, noSecond: true}, ""},
		{setup{facts: both, spread: 1, gap: 1, noBook: true, noSecond: true}, second + missing},
	} {
		d := open(t, wide(), facts(c.facts, func(l *Limits) { l.StaleMarket = ten }))
		l, m := &d.g.s.limits, &d.g.s.market[0]
		l.SpreadPPM, l.SourceGapPPM, l.DepthTimes, m.interval = c.spread, c.gap, c.times, 0
		m.bookAt, m.secondAt = d.now.Add(-c.bookAge), d.now.Add(-c.secondAge)
		if !c.noBook {
			m.book.top(100, xbt, 101, xbt)
		}
		if !c.noSecond {
			m.second = 1
		}
		o := d.buy(xbt / 100)
		if c.resale {
			o.Side = exchange.Sell
		}
		if got := d.asked((*state).checkDepth, o, 100*cad); got != c.want {
			t.Errorf("%d: %s, want %s", i, got, c.want)
		}
	}
	d := penny(t, wide(), facts(exchange.FactBook))
	s := d.g.s
	s.limits.CollarPPM = 20_000
	m := &s.market[1]
	m.bookAt = d.now
	m.book.set(exchange.Buy, 98_001, 10)
	m.book.set(exchange.Sell, 100_051, 20)
	m.book.set(exchange.Sell, 102_051, 30) // the last inside 2 % of 100,050: 2,001
	order := func(side exchange.Side, qty money.Qty) *exchange.Order {
		o := d.dog(side, qty, 0)
		o.Type = exchange.Market
		return o
	}
	few := func(have, need string) string {
		return "venue-sanity depth=" + have + " need=" + need + ` text="too little depth inside the collar";`
	}
	trigger := order(exchange.Buy, 99)
	trigger.Type, trigger.Trigger = exchange.StopLoss, 1
	for i, c := range []struct {
		order *exchange.Order
		times int64
		ref   money.Price
		want  string
	}{
		{order(exchange.Buy, 10), 5, 100_050, ""}, {order(exchange.Buy, 11), 5, 100_050, few("50", "55")},
		{order(exchange.Buy, 10), 5, 100_049, few("20", "50")}, // 102,049
		{order(exchange.Buy, 11), 0, 100_050, ""}, {trigger, 5, 100_050, ""},
		{order(exchange.Sell, 2), 5, 100_001, ""}, {order(exchange.Sell, 3), 5, 100_001, few("10", "15")}, {order(exchange.Sell, 2), 5, 100_003, few("0", "10")}, // 98,001 and 98,003
		{order(exchange.Buy, 11), 5, 0, ""}, {order(exchange.Buy, 11), 5, 1, few("0", "55")},
		{d.dog(exchange.Buy, 11, 100_050), 5, 100_050, ""}, {d.dog(exchange.Buy, 11, 100_051), 5, 100_050, few("50", "55")}, // only what takes at once
	} {
		s.limits.DepthTimes = c.times
		if got := d.asked((*state).checkDepth, c.order, c.ref); got != c.want {
			t.Errorf("%d: %s, want %s", i, got, c.want)
		}
	}
	s.facts = 0
	s.limits.DepthTimes = 5
	if got := d.asked((*state).checkDepth, order(exchange.Buy, 11), 100_050); got != "" {
		t.Errorf("without a book declared: %s", got)
	}
}

// A market is sane while its spread and the second source's price are within their bounds,
// to the ppm; what is not bounded, or not told yet, is not looked at.
func TestWhenAMarketIsSane(t *testing.T) {
	const spread, gap = "the spread is too wide", "the second source has another price"
	for i, c := range []struct {
		spreadPPM, gapPPM      int64
		bid, ask, last, second money.Price
		want                   string
	}{
		{10_000, 10_000, 1_000_000, 1_010_000, 1_000_000, 1_000_000, ""},
		{10_000, 10_000, 1_000_000, 1_010_001, 1_000_000, 1_000_000, spread},
		{10_000, 10_000, 3_000_000, 3_030_001, 1_000_000, 1_000_000, spread}, // 10,000.3 ppm
		{Unlimited, 10_000, 1_000_000, 9_010_001, 1_000_000, 1_000_000, ""},
		{10_000, 10_000, 0, 9_010_001, 1_000_000, 1_000_000, ""}, {1_000_000, 10_000, 1, 2, 1_000_000, 1_000_000, ""}, {1_000_000, 10_000, 1, 3, 1_000_000, 1_000_000, spread},
		{10_000, 10_000, 0, 0, 1_010_000, 1_000_000, ""}, {10_000, 10_000, 0, 0, 1_010_001, 1_000_000, gap}, {10_000, 10_000, 0, 0, 990_000, 1_000_000, ""}, {10_000, 10_000, 0, 0, 989_999, 1_000_000, gap},
		{10_000, 10_000, 0, 0, 3_030_001, 3_000_000, gap},
		{10_000, Unlimited, 0, 0, 9_010_001, 1_000_000, ""}, {10_000, 10_000, 0, 0, 0, 1_000_000, ""}, {10_000, 10_000, 0, 0, 1_000_000, 0, ""},
		{10_000, 10_000, 0, 0, 1, 1_000_000, gap}, {10_000, 10_000, 0, 0, 1_000_000, 1, gap},
	} {
		d := open(t, wide())
		d.g.s.limits.SpreadPPM, d.g.s.limits.SourceGapPPM = c.spreadPPM, c.gapPPM
		d.g.s.acct.mark[0], d.g.s.market[0].second = c.last, c.second
		d.g.s.market[0].book.top(c.bid, 1, c.ask, 1)
		if got := d.g.s.sanityOf(0); got != c.want {
			t.Errorf("%d: %q, want %q", i, got, c.want)
		}
	}
}
