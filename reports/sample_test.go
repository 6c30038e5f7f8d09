package reports

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// market is an account that trades one instrument without a venue: enough to drive a
// Collector as an engine does, fills first, then the mark of the bar.
type market struct {
	t     testing.TB
	c     *Collector
	cat   *exchange.Catalog
	in    *exchange.Instrument
	cash  money.Amount
	coins money.Qty
	now   exchange.Stamp
	every time.Duration
	order exchange.OrderID
	fee   int64 // parts per million
}

func newMarket(t testing.TB, cash string, begin time.Time, every time.Duration, feePPM int64) *market {
	t.Helper()
	cat := exchange.NewCatalog()
	cad, err := cat.AddAsset("CAD", 4)
	if err != nil {
		t.Fatal(err)
	}
	id, err := cat.Add(exchange.Spec{Symbol: "XBT/CAD", PriceDecimals: 1, LotDecimals: 8, RulesKnown: true})
	if err != nil {
		t.Fatal(err)
	}
	m := &market{t: t, cat: cat, in: &cat.Instruments[id], now: exchange.At(begin), every: every, fee: feePPM}
	m.cash = m.amount(cash)
	m.c = NewCollector(Setup{Catalog: cat, Currency: cad, Benchmark: id, InitialCash: m.cash})
	m.record(&risk.Record{Type: risk.RecStart, Text: "profile research"})
	return m
}

func (m *market) amount(s string) money.Amount {
	v, err := money.Parse(s, 4)
	if err != nil {
		m.t.Fatal(err)
	}
	return money.Amount(v)
}

func (m *market) record(r *risk.Record) {
	r.Time = m.now
	if err := m.c.Record(r, false); err != nil {
		m.t.Fatal(err)
	}
}

// fill trades at a price in tenths of a dollar.
func (m *market) fill(side exchange.Side, kind exchange.OrderType, qty money.Qty, price money.Price) {
	m.order++
	m.record(&risk.Record{Type: risk.RecIntent, Order: &exchange.Order{ID: m.order, Side: side, Type: kind, Qty: qty, Decision: price}})
	cost, _ := m.in.Cost(price, qty, money.Half)
	feeUnits, _ := money.MulDiv(int64(cost), m.fee, money.PPM, money.Up)
	fee := money.Amount(feeUnits)
	if side == exchange.Buy {
		m.cash, m.coins = m.cash-cost-fee, m.coins+qty
	} else {
		m.cash, m.coins = m.cash+cost-fee, m.coins-qty
	}
	m.record(&risk.Record{Type: risk.RecFill, Event: &exchange.Event{
		Kind: exchange.KindFill, Time: m.now, Order: m.order, Instrument: m.in.ID, Side: side, Price: price, Qty: qty,
		Cost: cost, Fee: fee, FeeAsset: m.in.Quote, State: exchange.Filled,
	}})
}

// bar ends a bar and marks the account.
func (m *market) bar(open, high, low, price money.Price) {
	m.now = m.now.Add(m.every)
	worth, _ := m.in.Cost(price, m.coins, money.Down)
	m.c.Mark(&exchange.Event{
		Kind: exchange.KindBar, Time: m.now, Interval: m.every, Instrument: m.in.ID,
		Open: open, High: high, Low: low, Price: price,
	}, m.cash+worth, worth)
}

// wander is a seeded walk of bars with a slow and a fast average that trade it.
func (m *market) wander(bars int, seed uint64, drift, noise float64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	p, fast, slow := 30000.0, 30000.0, 30000.0
	price := func(f float64) money.Price { return money.Price(math.Round(f * 10)) }
	for range bars {
		open := p
		if m.coins == 0 && fast > slow*1.001 {
			worth := float64(m.cash) / 1e4 * 0.98 / open
			m.fill(exchange.Buy, exchange.Market, money.Qty(worth*1e8), price(open))
		} else if m.coins > 0 && fast < slow {
			kind := exchange.Market
			if rng.IntN(4) == 0 {
				kind = exchange.StopLoss
			}
			m.fill(exchange.Sell, kind, m.coins, price(open))
		}
		p *= math.Exp(drift + noise*rng.NormFloat64())
		high, low := max(open, p)*(1+noise/3*rng.Float64()), min(open, p)*(1-noise/3*rng.Float64())
		m.bar(price(open), price(high), price(low), price(p))
		fast += (p - fast) / 10
		slow += (p - slow) / 40
	}
}
