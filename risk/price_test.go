package risk

import (
	"fmt"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func init() { tried["price"] = priceTrials }

func (d *desk) second(p int64) {
	d.Helper()
	d.play(exchange.Event{Kind: exchange.KindSecond, Price: money.Price(p * cad)})
}

func (d *desk) level(side exchange.Side, p money.Price, q money.Qty) {
	d.Helper()
	d.play(exchange.Event{Kind: exchange.KindLevel, Side: side, Price: p, Qty: q})
}

func (d *desk) clock(off time.Duration) {
	d.Helper()
	d.play(exchange.Event{Kind: exchange.KindClock, Instrument: exchange.None, Interval: off})
}

func (d *desk) ahead(by time.Duration) {
	d.Helper()
	d.play(exchange.Event{Kind: exchange.KindTrade, Time: d.now.Add(by), Price: 10_000 * cad, Qty: 1})
}

func collarOf2(c *Config) { c.Limits.CollarPPM = 20_000 }

func facts(f exchange.Facts, change ...func(*Limits)) func(*Config) {
	return func(c *Config) {
		c.Facts = f
		for _, do := range change {
			do(&c.Limits)
		}
	}
}

func priced(side exchange.Side, p money.Price) func(*desk) *exchange.Order {
	return func(d *desk) *exchange.Order { return d.order(side, xbt/100, int64(p)) }
}

func market(side exchange.Side, qty money.Qty) func(*desk) *exchange.Order {
	return func(d *desk) *exchange.Order { return d.order(side, qty, 0) }
}

// steep is a book whose second level lies 1 % off, and the third a tick further.
func steep(d *desk) {
	d.level(exchange.Buy, 9_999*cad, xbt/10)
	d.level(exchange.Sell, 10_000*cad, xbt/10)
	d.level(exchange.Sell, 10_100*cad, xbt/10)
	d.level(exchange.Sell, 10_100*cad+1000, xbt/10)
}

func calm(d *desk)   { d.book(9_990, 10_010, 10) }
func thin(d *desk)   { d.book(9_990, 10_010, 1) }
func agree(d *desk)  { d.second(10_000) }
func inStep(d *desk) { d.clock(0) }

func twice(d *desk) { d.clock(2 * time.Second); d.clock(2 * time.Second) }

const off = 2*time.Second + 1

var minute = timerOf(time.Minute)

func timerOf(after time.Duration) [2]func(*desk) {
	a, b := timer(after)
	return [2]func(*desk){a, b}
}

var priceTrials = []trial{
	{
		control: PriceCollar, setup: collarOf2,
		ok: priced(exchange.Buy, 10_200*cad), bad: priced(exchange.Buy, 10_200*cad+1000),
		says: `price-collar price=10200.1000 ref=10000.0000 limit-ppm=20000`,
	},
	{
		control: PriceCollar, setup: collarOf2, // exits too
		ok: priced(exchange.Sell, 9_800*cad), bad: priced(exchange.Sell, 9_800*cad-1000),
		says: `price-collar price=9799.9000 ref=10000.0000 limit-ppm=20000`,
	},
	{
		control: PriceCollar, setup: collarOf2, // on the far side it is a mistake as well
		ok: priced(exchange.Sell, 10_200*cad), bad: priced(exchange.Sell, 10_200*cad+1000),
		says: `price-collar price=10200.1000 ref=10000.0000 limit-ppm=20000`,
	},
	{
		control: PriceCollar, setup: collarOf2, // a stop's limit against its trigger
		ok: at(func(_ *desk, o *exchange.Order) {
			o.Side, o.Type, o.Trigger, o.Price = exchange.Sell, exchange.StopLossLimit, 9_000*cad, 8_820*cad
		}),
		bad: at(func(_ *desk, o *exchange.Order) {
			o.Side, o.Type, o.Trigger, o.Price = exchange.Sell, exchange.StopLossLimit, 9_000*cad, 8_820*cad-1000
		}),
		says: `price-collar price=8819.9000 ref=9000.0000 limit-ppm=20000`,
	},
	{
		control: PriceCollar, setup: facts(exchange.FactBook, func(l *Limits) { l.WalkPPM = 10_000 }), warm: steep,
		ok: market(exchange.Buy, xbt*2/10), bad: market(exchange.Buy, xbt*2/10+1),
		says: `price-collar slip-ppm=10010 limit-ppm=10000 text="the order would walk the book too far"`,
	},
	{
		control: PriceCollar, setup: facts(exchange.FactBook, func(l *Limits) { l.WalkPPM = Unlimited - 1 }), warm: steep, // the book must have that much
		ok: market(exchange.Buy, xbt*3/10), bad: market(exchange.Buy, xbt*3/10+1),
		says: `price-collar slip-ppm=0 limit-ppm=9223372036854775806 text="the order would walk the book too far"`,
	},
	{
		control: VenueSanity, setup: facts(exchange.FactBook, func(l *Limits) { l.DepthTimes, l.CollarPPM = 5, 20_000 }), warm: thin,
		ok: market(exchange.Buy, xbt/5), bad: market(exchange.Buy, xbt/5+1),
		says: `venue-sanity depth=1.00000000 need=1.00000005 text="too little depth inside the collar"`,
	},
	{
		control: VenueSanity, setup: facts(exchange.FactBook, func(l *Limits) { l.DepthTimes, l.CollarPPM = 5, 20_000 }), warm: thin,
		ok: market(exchange.Sell, xbt/5), bad: market(exchange.Sell, xbt/5+1),
		says: `venue-sanity depth=1.00000000 need=1.00000005 text="too little depth inside the collar"`,
	},
	{
		control: VenueSanity, setup: facts(exchange.FactBook, func(l *Limits) { l.SpreadPPM = 30_000 }), warm: calm,
		below: func(d *desk) { d.book(10_000, 10_300, 10) },
		trip:  func(d *desk) { d.book(10_000, 10_301, 10) },
		level: Paused, scope: ByPair, cause: "the spread is too wide",
		tooSoon: func(d *desk) { d.beat(time.Hour); calm(d); minute[0](d) }, reset: minute[1], // a minute from when it is sane
	},
	{
		control: VenueSanity, setup: facts(exchange.FactSecondSource, func(l *Limits) { l.SourceGapPPM = 50_000 }), warm: agree,
		below: func(d *desk) { d.trade(0, 10_500) },
		trip:  func(d *desk) { d.trade(0, 10_501) },
		level: Paused, scope: ByPair, cause: "the second source has another price", sells: true, // two that do not agree are no reference
		tooSoon: func(d *desk) { d.beat(time.Hour); d.second(10_501); minute[0](d) }, reset: minute[1],
	},
	{
		control: StaleData, setup: func(c *Config) { c.Limits.StaleMarket = 10 * time.Second }, // two intervals of the bars
		ok:   func(d *desk) *exchange.Order { d.beat(2 * time.Minute); return d.buy(xbt / 1000) },
		bad:  func(d *desk) *exchange.Order { d.beat(2*time.Minute + 1); return d.buy(xbt / 1000) },
		says: `stale-data age-ms=120000 limit-ms=120000 text="market"`,
	},
	{
		control: StaleData, setup: facts(exchange.FactHeartbeat, func(l *Limits) { l.StaleLink = 5 * time.Second }),
		warm: func(d *desk) { d.play(exchange.Event{Kind: exchange.KindHeartbeat, Instrument: exchange.None}) },
		ok:   func(d *desk) *exchange.Order { d.trade(5*time.Second, 10_000); return d.buy(xbt / 1000) },
		bad:  func(d *desk) *exchange.Order { d.trade(5*time.Second+1, 10_000); return d.buy(xbt / 1000) },
		says: `stale-data age-ms=5000 limit-ms=5000 text="heartbeat"`,
	},
	{
		control: StaleData, setup: func(c *Config) { c.Limits.StaleMarket, c.Limits.StalePause = 10*time.Second, time.Minute },
		below: func(d *desk) { d.beat(2 * time.Minute) },
		trip:  func(d *desk) { d.beat(1) },
		level: Paused, scope: ByPair, cause: "no change for too long", sells: true, forgets: true,
		tooSoon: func(d *desk) { d.beat(time.Hour) },
		reset:   func(d *desk) { d.trade(0, d.last) },
	},
	{
		control: DataIntegrity,
		below:   func(d *desk) { d.book(9_999, 10_000, 1) },
		trip:    func(d *desk) { d.book(10_000, 10_000, 1) },
		level:   Paused, scope: ByPair, cause: "Crossed book",
		reset: calm,
	},
	{
		control: DataIntegrity,
		below:   func(d *desk) { d.ahead(2 * time.Second) },
		trip:    func(d *desk) { d.ahead(2*time.Second + 1) },
		level:   Paused, scope: ByPair, cause: "Time in the future",
		reset: func(d *desk) { d.trade(time.Minute, 10_000) },
	},
	{
		control: DataIntegrity, setup: func(c *Config) { c.Facts = exchange.FactChecksum },
		below: func(d *desk) { d.play(exchange.Event{Kind: exchange.KindIntegrity}) },
		trip:  func(d *desk) { d.play(exchange.Event{Kind: exchange.KindIntegrity, Code: exchange.CodeChecksum}) },
		level: Paused, scope: ByPair, cause: "Checksum mismatch",
		tooSoon: func(d *desk) { d.trade(time.Hour, 10_000) }, // a good price is no snapshot
		reset:   func(d *desk) { d.play(exchange.Event{Kind: exchange.KindIntegrity}) },
	},
	{
		control: ClockSkew, setup: facts(exchange.FactClock, func(l *Limits) { l.ClockSkew = 2 * time.Second }), warm: inStep,
		ok:    func(d *desk) *exchange.Order { d.beat(10 * time.Minute); return d.buy(xbt / 1000) },
		bad:   func(d *desk) *exchange.Order { d.beat(10*time.Minute + 1); return d.buy(xbt / 1000) },
		says:  `clock-skew age-ms=600000 limit-ms=600000 text="our clock was not compared with the venue's of late"`,
		reset: func(d *desk) { inStep(d); d.tick(0, d.last) },
	},
	{
		control: ClockSkew, setup: facts(exchange.FactClock, func(l *Limits) { l.ClockSkew = 2 * time.Second }), warm: inStep,
		below: func(d *desk) { twice(d); d.clock(-2 * time.Second); d.clock(off); d.clock(-off) }, // three of the last five are within
		trip:  func(d *desk) { d.clock(off) },
		level: Paused, cause: "our clock and the venue's differ",
		tooSoon: func(d *desk) { d.beat(time.Hour); twice(d) },
		reset:   func(d *desk) { d.clock(2 * time.Second) },
	},
	{
		control: ClockSkew, setup: facts(exchange.FactClock, func(l *Limits) { l.ClockSkew = 2 * time.Second }), warm: inStep,
		below: func(d *desk) { twice(d) },
		trip: func(d *desk) {
			d.play(exchange.Event{Kind: exchange.KindClock, Instrument: exchange.None, Code: exchange.CodeClockStep})
		},
		level: Paused, cause: "our clock stepped",
		tooSoon: func(d *desk) { d.beat(time.Hour); d.clock(off) }, // what agreed before the step is no comfort
		reset:   func(d *desk) { inStep(d); d.clock(2 * time.Second); d.clock(2 * time.Second) },
	},
}

func TestPriceControls(t *testing.T) { tryAll(t, "price", priceTrials) }

// A control that has declared facts and does not get them, or not of late, denies; one
// whose facts are declared absent does not apply.
func TestPriceControlsDenyWithoutTheirDeclaredFacts(t *testing.T) {
	narrow := func(c *Config) {
		l := &c.Limits
		l.StaleMarket, l.StaleLink, l.ClockSkew = 10*time.Minute, 10*time.Minute, 2*time.Second
		l.SpreadPPM, l.SourceGapPPM, l.DepthTimes, l.WalkPPM = 30_000, 50_000, 5, 10_000
	}
	give := map[exchange.Facts]func(*desk){
		exchange.FactBook:         func(d *desk) { d.fees++; d.book(9_990, 10_010, int64(d.fees)+10) }, // another one each time
		exchange.FactSecondSource: agree, exchange.FactClock: inStep,
		exchange.FactHeartbeat: func(d *desk) { d.play(exchange.Event{Kind: exchange.KindHeartbeat, Instrument: exchange.None}) },
	}
	says := map[exchange.Facts]string{
		exchange.FactBook: `venue-sanity text="the book is missing or old"`, exchange.FactSecondSource: `venue-sanity text="the second source is missing or old"`,
		exchange.FactClock: `clock-skew`, exchange.FactHeartbeat: `stale-data`,
	}
	all := exchange.FactBook | exchange.FactSecondSource | exchange.FactClock | exchange.FactHeartbeat
	order := []exchange.Facts{exchange.FactBook, exchange.FactSecondSource, exchange.FactClock, exchange.FactHeartbeat}
	for _, missing := range order {
		for _, c := range []struct {
			name    string
			facts   exchange.Facts
			first   bool // it came once
			allowed bool
		}{{"absent", all &^ missing, false, true}, {"missing", all, false, false}, {"given", all, true, true}, {"old", all, true, false}} {
			d := open(t, wide(), narrow, func(cfg *Config) { cfg.Facts = c.facts })
			feed := func(all bool) {
				d.trade(0, 10_000)
				for _, f := range order {
					if f != missing || all {
						give[f](d)
					}
				}
			}
			feed(c.first)
			if c.name == "old" {
				d.now = d.now.Add(10*time.Minute + 1)
				feed(false)
			}
			err := d.g.Submit(d.buy(xbt / 1000))
			if (err == nil) != c.allowed {
				t.Errorf("%v %s: %v %s", missing.Names(), c.name, err, d.said())
			}
			if !c.allowed && len(d.g.LastVerdict().Reasons) > 0 {
				if said := d.g.LastVerdict().Reasons[0].String(); len(said) < len(says[missing]) || said[:len(says[missing])] != says[missing] {
					t.Errorf("%v %s: it says %s", missing.Names(), c.name, d.said())
				}
			}
		}
	}
}

// The reference is the median of what is fresh, where two agree within 2 %.
func TestTheReferencePriceNeedsTwoThatAgree(t *testing.T) {
	for _, c := range []struct{ last, middle, second, want int64 }{
		{10_000, 10_200, 0, 10_100}, // 2 % exactly
		{10_000, 10_201, 0, 0},
		{10_000, 0, 10_200, 10_100},
		{10_000, 0, 10_201, 0},
		{10_000, 0, 0, 0}, // one alone
		{10_000, 10_050, 10_100, 10_050},
		{10_000, 10_050, 50_000, 10_050}, // the third may say what it wants
		{10_000, 100, 10_100, 10_000},
		{10_000, 11_000, 12_000, 0}, // none agrees
	} {
		d := open(t, wide(), facts(exchange.FactBook|exchange.FactSecondSource))
		d.trade(0, c.last)
		if c.middle > 0 {
			d.book(c.middle-5, c.middle+5, 1)
		}
		if c.second > 0 {
			d.second(c.second)
		}
		if got := d.g.s.reference(0); got != money.Price(c.want*cad) {
			t.Errorf("%+v: %d", c, got/cad)
		}
		if c.want == 0 {
			d.denied(d.sell(xbt/1000), PriceCollar) // exits neither
			if said := d.reason(PriceCollar); said != `price-collar text="no reference price"` {
				t.Error(said)
			}
		}
	}
}

// What is old is no part of the reference, at the very instant.
func TestAnOldPriceIsNoReference(t *testing.T) {
	for age, want := range map[time.Duration]bool{10 * time.Minute: true, 10*time.Minute + 1: false} {
		for _, old := range []func(*desk){func(d *desk) { d.trade(0, 10_000) }, calm, agree} {
			d := open(t, wide(), facts(exchange.FactBook|exchange.FactSecondSource, func(l *Limits) { l.StaleMarket = 10 * time.Minute }))
			d.now = d.now.Add(time.Hour)
			old(d)
			d.now = d.now.Add(age)
			one := agree
			if d.g.s.market[0].secondAt != longAgo {
				one = func(d *desk) { d.trade(0, 10_000) }
			}
			one(d)
			if got := d.g.s.reference(0) > 0; got != want {
				t.Errorf("a price %v old and a fresh one: a reference %v", age, got)
			}
		}
	}
}

// The second source serves orders up to the very age at which it is old; what it last said
// still counts against the venue's price, since age alone makes nothing sane.
func TestAnOldSecondSourceDeniesAndStillContradicts(t *testing.T) {
	for age, old := range map[time.Duration]bool{10 * time.Minute: false, 10*time.Minute + 1: true} {
		d := open(t, wide(), facts(exchange.FactSecondSource, func(l *Limits) { l.SourceGapPPM, l.StaleMarket = 50_000, 10*time.Minute }))
		d.second(10_000)
		d.trade(age, 10_000)
		if err := d.g.Submit(d.buy(xbt / 1000)); (err != nil) != old || (d.reason(VenueSanity) != "") != old {
			t.Errorf("a second source %v old: %v", age, err)
		}
		d.trade(0, 11_000) // far from it
		if d.latched(VenueSanity) == nil {
			t.Errorf("a second source %v old and far off did not trip", age)
		}
	}
}

// A price that quadruples is a flaw of the data, not volatility.
func TestAJumpBeyondFourTimesIsNoVolatility(t *testing.T) {
	for _, c := range []struct {
		from, to money.Price
		counts   bool
	}{{10_000 * cad, 40_000 * cad, true}, {10_000 * cad, 40_000*cad + 100, false}} {
		m := marketState{}
		if m.onPrice(exchange.Seconds(60), c.from, c.to); (m.variance > 0) != c.counts {
			t.Errorf("from %d to %d: a variance of %d", c.from, c.to, m.variance)
		}
	}
}

// In a wild market the collar is four times a minute's volatility, up to its cap.
func TestTheCollarWidensWithVolatilityUpToItsCap(t *testing.T) {
	wild := func(step int64) *desk {
		d := open(t, wide(), func(c *Config) {
			c.Limits.CollarPPM, c.Limits.CollarVols, c.Limits.CollarCapPPM = 20_000, 4, 50_000
		})
		for i := range int64(400) {
			d.price(10_000 + i%2*step)
		}
		return d
	}
	for step, want := range map[int64][2]int64{0: {20_000, 20_000}, 40: {20_000, 20_000}, 80: {31_000, 32_500}, 500: {50_000, 50_000}} {
		d := wild(step)
		c := d.g.Collar(0)
		if c < want[0] || c > want[1] {
			t.Errorf("moves of %d a minute: a collar of %d ppm, want %v", step, c, want)
		}
		ref := int64(d.g.s.reference(0))
		edge := (ref + ref*c/money.PPM) / 1000 * 1000
		d.allowed(d.order(exchange.Buy, xbt/1000, edge))
		d.denied(d.order(exchange.Buy, xbt/1000, edge+1000), PriceCollar)
	}
}

// Depth outside the collar is none.
func TestDepthIsCountedInsideTheCollarOnly(t *testing.T) {
	d := open(t, wide(), facts(exchange.FactBook, func(l *Limits) { l.DepthTimes, l.CollarPPM = 5, 20_000 }))
	d.level(exchange.Buy, 9_990*cad, xbt)
	d.level(exchange.Sell, 10_010*cad, xbt/10)
	d.level(exchange.Sell, 10_200*cad, xbt/10) // its edge
	d.level(exchange.Sell, 10_200*cad+1000, 100*xbt)
	d.allowed(d.order(exchange.Buy, xbt*4/100, 10_200*cad))
	d.denied(d.order(exchange.Buy, xbt*4/100+1, 10_200*cad), VenueSanity)
	d.allowed(d.order(exchange.Buy, xbt/2, 10_000*cad)) // it rests, and takes nothing
}

// An order for an amount has no quantity, and walks the book all the same.
func TestAnAmountToSpendIsHeldToTheBook(t *testing.T) {
	d := open(t, wide(), facts(exchange.FactBook, func(l *Limits) { l.WalkPPM, l.DepthTimes = 10_000, 1 }))
	steep(d)
	spend := func(cash money.Amount) *exchange.Order {
		o := d.order(exchange.Buy, 0, 0)
		o.Cash = cash
		return o
	}
	d.allowed(spend(1_999*cad + 9_500)) // 0.2 at 9,999.75, between the last price and the middle
	d.denied(spend(1_999*cad+9_501), PriceCollar)
	d.denied(spend(3_001*cad), VenueSanity)
}

// Without bars the age of a price is held to the configured bounds; what comes again
// without a change is no news.
func TestStaleDataLooksAtChanges(t *testing.T) {
	fresh := func() *desk {
		d := bare(t, wide(), func(c *Config) { c.Limits.StaleMarket, c.Limits.StalePause = 10*time.Second, time.Minute })
		d.snapshot()
		d.trade(0, 10_000)
		d.book(9_990, 10_010, 1)
		return d
	}
	for name, c := range map[string]struct {
		news func(*desk)
		new  bool
	}{
		"nothing":     {func(*desk) {}, false},
		"a heartbeat": {func(d *desk) { d.play(exchange.Event{Kind: exchange.KindHeartbeat, Instrument: exchange.None}) }, false},
		"the link": {func(d *desk) {
			d.play(exchange.Event{Kind: exchange.KindLink, Instrument: exchange.None, State: exchange.Working})
		}, false},
		"the same top":         {func(d *desk) { d.book(9_990, 10_010, 1) }, false},
		"a bar without trades": {func(d *desk) { d.play(exchange.Event{Kind: exchange.KindBar, Price: 10_000 * cad}) }, false},
		"a trade":              {func(d *desk) { d.trade(0, 10_000) }, true},
		"another size":         {func(d *desk) { d.book(9_990, 10_010, 2) }, true},
		"another level":        {func(d *desk) { d.level(exchange.Buy, 9_980*cad, xbt) }, true},
		"a level that stands":  {func(d *desk) { d.level(exchange.Buy, 9_990*cad, xbt) }, false},
	} {
		d := fresh()
		d.beat(10 * time.Second)
		d.allowed(d.buy(xbt / 1000)) // exactly the bound
		c.news(d)
		d.beat(1)
		if err := d.g.Submit(d.buy(xbt / 1000)); (err == nil) != c.new {
			t.Errorf("%s: %v", name, err)
		}
		d.beat(50*time.Second - 1)
		if l := d.latched(StaleData); l != nil {
			t.Errorf("%s: paused after exactly a minute", name)
		}
		d.beat(1)
		if l := d.latched(StaleData); (l == nil) != c.new {
			t.Errorf("%s: after more than a minute %+v", name, l)
		}
	}
}

// A flaw pauses its pair and no other, and what is flawed changes nothing.
func TestFlawedDataIsNotTaken(t *testing.T) {
	for name, ev := range map[string]exchange.Event{
		"a trade at 0":            {Kind: exchange.KindTrade, Qty: 1},
		"a trade below 0":         {Kind: exchange.KindTrade, Price: -1, Qty: 1},
		"a bar below 0":           {Kind: exchange.KindBar, Price: -1, Qty: 1},
		"a volume below 0":        {Kind: exchange.KindTrade, Price: 9_000 * cad, Qty: -1},
		"a bid below 0":           {Kind: exchange.KindTop, Price: -1, Qty: 1, AskPrice: 9_000 * cad, AskQty: 1},
		"an ask below 0":          {Kind: exchange.KindTop, Price: 9_000 * cad, Qty: 1, AskPrice: -1, AskQty: 1},
		"a level at 0":            {Kind: exchange.KindLevel, Qty: 1},
		"a level's size below 0":  {Kind: exchange.KindLevel, Price: 9_000 * cad, Qty: -1},
		"a second source of 0":    {Kind: exchange.KindSecond},
		"a book of the future":    {Kind: exchange.KindTop, Price: 9_000 * cad, Qty: 1, AskPrice: 9_001 * cad, AskQty: 1, Time: midnight().Add(time.Hour)},
		"a level of the future":   {Kind: exchange.KindLevel, Price: 9_000 * cad, Qty: 1, Time: midnight().Add(time.Hour)},
		"a second of the future":  {Kind: exchange.KindSecond, Price: 9_000 * cad, Time: midnight().Add(time.Hour)},
		"a sequence with a gap":   {Kind: exchange.KindIntegrity, Code: exchange.CodeSequence},
		"a top with bid over ask": {Kind: exchange.KindTop, Price: 9_002 * cad, Qty: 1, AskPrice: 9_001 * cad, AskQty: 1},
	} {
		d := open(t, wide(), func(c *Config) {
			if _, err := c.Catalog.Add(exchange.Spec{Symbol: "ETH/CAD", PriceDecimals: 4, LotDecimals: 8, Tick: 1000}); err != nil {
				t.Fatal(err)
			}
		})
		d.play(exchange.Event{Kind: exchange.KindTrade, Instrument: 1, Price: 10_000 * cad, Qty: 1})
		calm(d)
		before := fmt.Sprint(d.g.s.market[0], d.g.Equity(), d.g.s.now.Day())
		d.play(ev)
		if after := fmt.Sprint(d.g.s.market[0], d.g.Equity(), d.g.s.now.Day()); after != before {
			t.Errorf("%s was taken: %s, before %s", name, after, before)
		}
		if l := d.latched(DataIntegrity); l == nil || l.Scope != ByPair || l.Instrument != 0 || l.Level != Paused {
			t.Errorf("%s: %+v", name, d.g.Status().Latches)
		}
		d.denied(d.buy(xbt/1000), DataIntegrity)
		d.allowed(d.sell(xbt / 1000))
		other := d.buy(xbt / 1000)
		other.Instrument = 1
		d.allowed(other)
	}
}

// After a restart a market that was not sane is not trusted at its first word.
func TestARestartDoesNotShortenVenueSanity(t *testing.T) {
	d := open(t, wide(), facts(exchange.FactBook, func(l *Limits) { l.SpreadPPM = 30_000 }))
	d.book(10_000, 10_301, 10)
	d.now = d.now.Add(10 * time.Minute)
	d = d.restart()
	calm(d)
	d.denied(d.buy(xbt/1000), VenueSanity)
	d.beat(time.Minute - 1)
	d.denied(d.buy(xbt/1000), VenueSanity)
	d.beat(1)
	d.allowed(d.buy(xbt / 1000))
}

// A difference of half a second is noted before it pauses.
func TestClockSkewWarnsAtHalfASecond(t *testing.T) {
	d := open(t, wide(), facts(exchange.FactClock, func(l *Limits) { l.ClockSkew = 2 * time.Second }))
	d.clock(500 * time.Millisecond)
	if n := d.log.notes("clock-skew"); n != 0 {
		t.Errorf("%d warnings at the bound", n)
	}
	d.clock(500*time.Millisecond + 1)
	d.clock(500*time.Millisecond + 1)
	if n := d.log.notes("clock-skew"); n != 1 || d.g.Level() != Active {
		t.Errorf("%d warnings, level %v", n, d.g.Level())
	}
}
