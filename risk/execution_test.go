package risk

import (
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

func init() { tried["execution"] = executionTrials }

// feeOf fills a buy of 100 CAD with a fee in the ledger's smallest unit; the schedule's
// worst, 0.8 %, is 8000 of them.
func feeOf(fees ...money.Amount) func(*desk) {
	return func(d *desk) {
		for _, fee := range fees {
			d.fillAt(d.allowed(d.buy(xbt/100)), xbt/100, 10_000, fee, exchange.Filled)
		}
	}
}

// slipTo fills orders that were decided at 10,000 CAD at other prices.
func slipTo(side exchange.Side, prices ...int64) func(*desk) {
	return func(d *desk) {
		for _, p := range prices {
			o := d.order(side, xbt/100, d.last*cad)
			o.Decision = 10_000 * cad
			d.fill(d.allowed(o), xbt/100, p, exchange.Filled)
		}
	}
}

func times(n int, f func(*desk)) func(*desk) {
	return func(d *desk) {
		for range n {
			f(d)
		}
	}
}

func inTurn(list ...func(*desk)) func(*desk) {
	return func(d *desk) {
		for _, f := range list {
			f(d)
		}
	}
}

func longWait(d *desk) { d.beat(100 * 24 * time.Hour) }

var executionTrials = []trial{
	{
		control: FeeAnomaly, setup: limited(func(l *Limits) { l.FeePPM = 8000 }),
		below: feeOf(12_001, 12_001, 12_000, 12_001, 12_001), // exactly 1.5 times is none, and ends the row
		trip:  feeOf(12_001), level: Paused, cause: "fees beyond the schedule", tooSoon: longWait, reset: (*desk).ceremony,
	},
	{
		control: FeeAnomaly, setup: limited(func(l *Limits) { l.FeePPM = 8000 }),
		below: feeOf(24_000), trip: feeOf(24_001),
		level: Paused, cause: "fees beyond the schedule", tooSoon: longWait, reset: (*desk).ceremony,
	},
	{
		control: SlippageAnomaly, setup: limited(func(l *Limits) { l.SlipPPM = 20_000 }),
		below: slipTo(exchange.Buy, 10_200, 9_000), trip: slipTo(exchange.Buy, 10_201),
		level: Paused, scope: ByPair, cause: "far from the price at decision", tooSoon: first(halfHour()), reset: second(halfHour()),
	},
	{
		control: SlippageAnomaly, setup: limited(func(l *Limits) { l.SlipPPM = 20_000 }),
		below: slipTo(exchange.Sell, 9_800, 11_000), trip: slipTo(exchange.Sell, 9_799),
		level: Paused, scope: ByPair, cause: "far from the price at decision", tooSoon: first(halfHour()), reset: second(halfHour()),
	},
	{
		control: SlippageAnomaly, setup: limited(func(l *Limits) { l.SlipMeanPPM = 5_000 }),
		below: times(20, slipTo(exchange.Buy, 10_050)), trip: slipTo(exchange.Buy, 10_051),
		level: Paused, scope: ByPair, cause: "far from the price at decision", tooSoon: first(halfHour()), reset: second(halfHour()),
	},
	{
		control: SlippageAnomaly, setup: limited(func(l *Limits) { l.SlipMeanPPM = 5_000 }), // 19 fills have no mean yet
		below: times(19, slipTo(exchange.Buy, 10_060)), trip: slipTo(exchange.Buy, 10_060),
		level: Paused, scope: ByPair, cause: "far from the price at decision", tooSoon: first(halfHour()), reset: second(halfHour()),
	},
}

func TestExecutionControls(t *testing.T) { tryAll(t, "execution", executionTrials) }

func TestTheMeanSlippageIsOfTheLastTwentyAndStartsAnewAfterThePause(t *testing.T) {
	l := wide()
	l.SlipMeanPPM = 5_000
	d := open(t, l)
	inTurn(slipTo(exchange.Buy, 9_000), times(20, slipTo(exchange.Buy, 10_050)))(d)
	if d.latched(SlippageAnomaly) != nil {
		t.Fatal("tripped at its bound")
	}
	slipTo(exchange.Buy, 10_051)(d)
	d.beat(30 * time.Minute)
	times(19, slipTo(exchange.Buy, 10_100))(d)
	if d.latched(SlippageAnomaly) != nil {
		t.Error("fills of before the pause count")
	}
	slipTo(exchange.Buy, 10_100)(d)
	if d.latched(SlippageAnomaly) == nil {
		t.Error("20 fills of 1 % passed")
	}
}

func TestAFeeInCoinsIsComparedToo(t *testing.T) {
	l := wide()
	l.FeePPM = 8000
	for fee, want := range map[money.Amount]bool{24_000: false, 24_001: true} { // of 1,000,000 lots
		d := open(t, l)
		o := d.allowed(d.buy(xbt / 100))
		d.play(exchange.Event{
			Kind: exchange.KindFill, Order: o.ID, Side: exchange.Buy, Qty: o.Qty, Price: o.Price, Cost: 100 * cad,
			Fee: fee, FeeAsset: 1, TradeID: 1, State: exchange.Filled,
		})
		if got := d.latched(FeeAnomaly) != nil; got != want {
			t.Errorf("a fee of %d lots: tripped %v", fee, got)
		}
	}
}

func TestARoundedFeeOfATinyFillIsNoAnomaly(t *testing.T) {
	l := wide()
	l.FeePPM = 100
	d := open(t, l)
	for range 3 {
		o := d.allowed(d.buy(xbt / 10_000))
		d.fillAt(o, xbt/10_000, 10_000, 2, exchange.Filled)
	}
	if d.g.Level() != Active {
		t.Error("rounding paused")
	}
}
