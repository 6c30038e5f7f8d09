package strategy

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// ledgerless is a Host for tests of decisions: it keeps what a strategy asked for and
// lets the test say what became of it. Market orders fill at the next bar's open.
type ledgerless struct {
	catalog  *exchange.Catalog
	ids      []exchange.InstrumentID
	now      exchange.Stamp
	shut     bool // warming up
	size     Size
	cash     float64
	position []Position
	last     []money.Price
	open     []exchange.Order
	sent     []exchange.Order // all of them
	cancels  []exchange.OrderID
	amends   []exchange.Amend
	exits    []exchange.InstrumentID
	brackets [][2]money.Price
	timers   []timer
	notes    []string
	strategy Strategy
	ctx      *Context
}

type timer struct {
	due exchange.Stamp
	id  int
}

// newHost has instruments with 2 and 4 decimals, a minimum of 0.001, and 10,000 in cash.
func newHost(t testing.TB, s Strategy, symbols ...string) *ledgerless {
	t.Helper()
	h := &ledgerless{catalog: exchange.NewCatalog(), cash: 10_000, strategy: s}
	for _, symbol := range symbols {
		id, err := h.catalog.Add(exchange.Spec{Symbol: symbol, PriceDecimals: 2, LotDecimals: 4, OrderMin: 10, RulesKnown: true})
		if err != nil {
			t.Fatal(err)
		}
		h.ids = append(h.ids, id)
	}
	h.position, h.last = make([]Position, len(h.ids)), make([]money.Price, len(h.ids))
	h.ctx = NewContext(h)
	return h
}

func (h *ledgerless) Now() exchange.Stamp                       { return h.now }
func (h *ledgerless) Catalog() *exchange.Catalog                { return h.catalog }
func (h *ledgerless) Instruments() []exchange.InstrumentID      { return h.ids }
func (h *ledgerless) Cash() float64                             { return h.cash }
func (h *ledgerless) Size() Size                                { return h.size }
func (h *ledgerless) Rand() *rand.Rand                          { return rand.New(rand.NewPCG(1, 1)) }
func (h *ledgerless) Note(text string)                          { h.notes = append(h.notes, text) }
func (h *ledgerless) Last(i exchange.InstrumentID) money.Price  { return h.last[i] }
func (h *ledgerless) Position(i exchange.InstrumentID) Position { return h.position[i] }

func (h *ledgerless) Equity() float64 {
	sum := h.cash
	for i, p := range h.position {
		sum += p.Qty * h.catalog.Instruments[i].PriceFloat(h.last[i])
	}
	return sum
}

func (h *ledgerless) Lots(i exchange.InstrumentID) money.Qty {
	return money.Qty(math.Round((h.position[i].Qty - h.position[i].Reserved) * 1e4))
}

func (h *ledgerless) Rate(exchange.AssetID) float64 { return 1 }

func (h *ledgerless) Spendable(i exchange.InstrumentID) money.Amount {
	cash := h.cash
	for _, o := range h.open {
		cash -= money.Float(int64(o.Cash), h.catalog.Assets[h.catalog.Instruments[i].Quote].Decimals)
	}
	v, _ := money.FromFloat(cash, h.catalog.Assets[h.catalog.Instruments[i].Quote].Decimals, 1, money.Down)
	return money.Amount(v)
}

func (h *ledgerless) Send(o *exchange.Order) exchange.OrderID {
	if h.shut {
		return 0
	}
	o.ID = exchange.OrderID(len(h.sent) + 1)
	h.sent, h.open = append(h.sent, *o), append(h.open, *o)
	return o.ID
}

func (h *ledgerless) SendAmend(a *exchange.Amend)    { h.amends = append(h.amends, *a) }
func (h *ledgerless) SendCancel(id exchange.OrderID) { h.cancels = append(h.cancels, id) }
func (h *ledgerless) After(d time.Duration, id int) {
	h.timers = append(h.timers, timer{h.now.Add(d), id})
}
func (h *ledgerless) Exit(i exchange.InstrumentID) {
	if h.shut {
		return
	}
	h.exits = append(h.exits, i)
	if lots := h.Lots(i); lots > 0 {
		h.Send(&exchange.Order{Instrument: i, Side: exchange.Sell, Type: exchange.Market, Qty: lots})
	}
}

func (h *ledgerless) SetBracket(_ exchange.InstrumentID, stop, target money.Price) {
	h.brackets = append(h.brackets, [2]money.Price{stop, target})
}

func (h *ledgerless) Orders(dst []Order, i exchange.InstrumentID) []Order {
	in := &h.catalog.Instruments[i]
	for _, o := range h.open {
		if o.Instrument == i {
			dst = append(dst, Order{
				ID: o.ID, Instrument: i, Side: o.Side, Type: o.Type, State: exchange.Working,
				Qty: in.QtyFloat(o.Qty), Price: in.PriceFloat(o.Price), Trigger: in.PriceFloat(o.Trigger),
			})
		}
	}
	return dst
}

// start tells the strategy that it may act.
func (h *ledgerless) start() {
	if s, ok := h.strategy.(Starter); ok {
		h.ctx.Focus(h.ids[0])
		s.OnStart(h.ctx)
	}
}

// bar fills the market orders of the instrument at the open and shows the bar.
func (h *ledgerless) bar(b Bar) {
	if b.Interval == 0 {
		b.Interval = time.Hour
	}
	if b.Time == 0 {
		b.Time = h.now.Add(b.Interval)
	}
	h.now = b.Time
	for _, o := range slices.Clone(h.open) {
		if o.Instrument == b.Instrument && o.Type == exchange.Market {
			h.fill(o.ID, b.Open)
		}
	}
	v, _ := money.FromFloat(b.Close, h.catalog.Instruments[b.Instrument].PriceDecimals, 1, money.Half)
	h.last[b.Instrument] = money.Price(v)
	h.ctx.Focus(b.Instrument)
	h.strategy.OnBar(h.ctx, b)
}

// closes shows bars that are nothing but a close.
func (h *ledgerless) closes(id exchange.InstrumentID, prices ...float64) {
	for _, p := range prices {
		h.bar(Bar{Instrument: id, Open: p, High: p, Low: p, Close: p, Volume: 1})
	}
}

// fill executes an open order, whole.
func (h *ledgerless) fill(id exchange.OrderID, price float64) {
	at := slices.IndexFunc(h.open, func(o exchange.Order) bool { return o.ID == id })
	o := h.open[at]
	h.open = slices.Delete(h.open, at, at+1)
	in := &h.catalog.Instruments[o.Instrument]
	qty := in.QtyFloat(o.Qty)
	if o.Qty == 0 {
		v, _ := money.FromFloat(price, in.PriceDecimals, 1, money.Half)
		qty = in.QtyFloat(in.QtyFor(o.Cash, money.Price(v)))
	}
	p := &h.position[o.Instrument]
	if o.Side == exchange.Buy {
		p.AvgPrice = (p.AvgPrice*p.Qty + price*qty) / (p.Qty + qty)
		p.Qty += qty
		h.cash -= price * qty
	} else {
		h.cash += price * qty
		if p.Qty -= qty; p.Qty < 1e-6 {
			*p = Position{}
		}
	}
	if w, ok := h.strategy.(FillWatcher); ok {
		h.ctx.Focus(o.Instrument)
		w.OnFill(h.ctx, Fill{Time: h.now, Instrument: o.Instrument, Order: id, Side: o.Side, Price: price, Qty: qty, Done: true})
	}
}

// end closes an open order without a fill.
func (h *ledgerless) end(id exchange.OrderID, state exchange.State, code exchange.Code) {
	at := slices.IndexFunc(h.open, func(o exchange.Order) bool { return o.ID == id })
	o := h.open[at]
	h.open = slices.Delete(h.open, at, at+1)
	if w, ok := h.strategy.(OrderWatcher); ok {
		h.ctx.Focus(o.Instrument)
		w.OnOrder(h.ctx, OrderUpdate{
			Time: h.now, Instrument: o.Instrument, Order: id, State: state, Code: code,
			Remaining: h.catalog.Instruments[o.Instrument].QtyFloat(o.Qty),
		})
	}
}

// mustNew is the strategy of that name with settings.
func mustNew(t testing.TB, name string, settings ...string) Strategy {
	t.Helper()
	s, err := New(name)
	if err == nil {
		err = Configure(s, settings...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fire moves to the earliest timer and lets it ring.
func (h *ledgerless) fire() {
	at := 0
	for i, t := range h.timers {
		if t.due < h.timers[at].due {
			at = i
		}
	}
	due := h.timers[at]
	h.timers = slices.Delete(h.timers, at, at+1)
	h.now = due.due
	h.ctx.Focus(h.ids[0])
	h.strategy.(TimerWatcher).OnTimer(h.ctx, due.id)
}

// Shut is the context of a warm-up: everything can be asked, nothing goes out.
func Shut(catalog *exchange.Catalog, ids []exchange.InstrumentID) *Context {
	n := len(catalog.Instruments)
	return NewContext(&ledgerless{catalog: catalog, ids: ids, shut: true, position: make([]Position, n), last: make([]money.Price, n)})
}
