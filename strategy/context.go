package strategy

import (
	"math/rand/v2"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Host is what a Context stands on: the engine. Strategies never see it.
type Host interface {
	Now() exchange.Stamp
	Catalog() *exchange.Catalog
	Instruments() []exchange.InstrumentID // of this strategy
	Send(o *exchange.Order) exchange.OrderID
	SendAmend(a *exchange.Amend)
	SendCancel(id exchange.OrderID)
	Exit(instrument exchange.InstrumentID)
	SetBracket(instrument exchange.InstrumentID, stop, target money.Price)
	After(d time.Duration, id int)
	Position(instrument exchange.InstrumentID) Position
	Lots(instrument exchange.InstrumentID) money.Qty // held and not reserved
	Cash() float64
	Equity() float64
	Spendable(instrument exchange.InstrumentID) money.Amount // quote asset that a new buy may use
	Last(instrument exchange.InstrumentID) money.Price
	Rate(asset exchange.AssetID) float64 // of one unit in the account's currency; 0: none
	Orders(dst []Order, instrument exchange.InstrumentID) []Order
	Size() Size
	Rand() *rand.Rand
	Note(text string)
}

// Size is how much an entry buys when the strategy leaves it to the run (`--size`).
type Size struct {
	Units money.Qty // a fixed quantity at 8 decimals; 0: all cash
	Whole bool      // with all cash: whole units only
}

// SizeDecimals is the scale of Size.Units.
const SizeDecimals = 8

// Order is an open order in floats.
type Order struct {
	ID         exchange.OrderID
	Instrument exchange.InstrumentID
	Side       exchange.Side
	Type       exchange.OrderType
	State      exchange.State
	Qty        float64
	Filled     float64
	Price      float64
	Trigger    float64
}

// Context is a strategy's hands and eyes during one call. Sizes and prices are in units
// of the base asset and of the quote asset; they are rounded once, to lot and tick, in
// the direction that is safe: never more than asked for, never a worse price. Orders are
// for the instrument of the current call unless On says otherwise. A method that sends an
// order returns its id, or 0 when nothing was sent: the size rounded to nothing, the
// number was not finite, or the strategy is still warming up.
type Context struct {
	host       Host
	instrument exchange.InstrumentID
	signal     uint64
	signals    *uint64
}

// NewContext is for the engine: a strategy never makes one.
func NewContext(h Host) *Context { return &Context{host: h, signals: new(uint64)} }

// Continue is for the engine: signals go on after the last one of an earlier run, since
// none is ever used again.
func (c *Context) Continue(last uint64) { *c.signals = last }

// Focus is for the engine: it points the context at the instrument of the next call and
// opens a new signal.
func (c *Context) Focus(id exchange.InstrumentID) {
	c.instrument = id
	*c.signals++
	c.signal = *c.signals
}

// On is the context of another of the strategy's instruments.
func (c *Context) On(id exchange.InstrumentID) *Context {
	other := *c
	other.instrument = id
	return &other
}

// Signal is the number of the decision that orders of this call belong to.
func (c *Context) Signal() uint64 { return c.signal }

// Under is the context with an earlier decision: its orders are further parts of that one,
// and count against its budget.
func (c *Context) Under(signal uint64) *Context {
	other := *c
	other.signal = signal
	return &other
}

// Now is the time of the event that is being handled.
func (c *Context) Now() exchange.Stamp { return c.host.Now() }

// Instrument is what orders of this context are for, with its tick, lot and minima.
func (c *Context) Instrument() *exchange.Instrument {
	return &c.host.Catalog().Instruments[c.instrument]
}

// Instruments lists the strategy's instruments.
func (c *Context) Instruments() []exchange.InstrumentID { return c.host.Instruments() }

// Position is what the strategy holds of the instrument.
func (c *Context) Position() Position { return c.host.Position(c.instrument) }

// Price is the instrument's last price, 0 before the first.
func (c *Context) Price() float64 { return c.Instrument().PriceFloat(c.host.Last(c.instrument)) }

// Cash is what the strategy has left to spend, in the account's currency, holds of its
// resting orders taken off.
func (c *Context) Cash() float64 { return c.host.Cash() }

// Equity is the strategy's share of the account, in the account's currency.
func (c *Context) Equity() float64 { return c.host.Equity() }

// Orders appends the strategy's open orders of the instrument to dst, oldest first.
func (c *Context) Orders(dst []Order) []Order { return c.host.Orders(dst, c.instrument) }

// Rand is the strategy's own stream of random numbers, the same in every run of one seed.
func (c *Context) Rand() *rand.Rand { return c.host.Rand() }

// Note writes a line into the records.
func (c *Context) Note(text string) { c.host.Note(text) }

// After calls OnTimer with the id once d has passed.
func (c *Context) After(d time.Duration, id int) { c.host.After(d, id) }

// Enter buys the run's size (`--size`: a fixed quantity, or all cash) times weight at the
// market. weight is above 0 and at most 1.
func (c *Context) Enter(weight float64) exchange.OrderID {
	if !(weight > 0 && weight <= 1) {
		return 0
	}
	o := c.order(exchange.Buy, exchange.Market)
	in := c.Instrument()
	if size := c.host.Size(); size.Units > 0 {
		units := float64(size.Units) * weight / float64(money.Pow10[SizeDecimals])
		if o.Qty = c.qty(units); o.Qty == 0 {
			return 0
		}
		return c.host.Send(&o)
	} else if size.Whole {
		o.CashStep = money.Qty(money.Pow10[in.LotDecimals])
	}
	o.Cash = c.host.Spendable(c.instrument)
	if weight < 1 {
		o.Cash = money.Amount(float64(o.Cash) * weight)
	}
	if o.Cash <= 0 {
		return 0
	}
	return c.host.Send(&o)
}

// Exit sells everything that the strategy holds of the instrument, at the market. Its own
// resting sell orders and bracket are cancelled first; the sale follows the
// confirmation.
func (c *Context) Exit() { c.host.Exit(c.instrument) }

// Target buys or sells at the market so that the position's value becomes weight times
// the strategy's equity; a purchase has its fee inside. weight is from 0 to 1. Nothing is
// sent while the instrument or its rate to the account's currency has no price.
func (c *Context) Target(weight float64) exchange.OrderID {
	in := c.Instrument()
	worth := float64(c.Price() * c.host.Rate(in.Quote)) // of one unit, in the account's currency
	if !(weight >= 0 && weight <= 1) || !(worth > 0) {
		return 0
	}
	if weight == 0 {
		c.Exit()
		return 0
	}
	want := c.Equity()*weight/worth - c.Position().Qty
	if want <= 0 {
		return c.Sell(-want)
	}
	quote := c.host.Catalog().Assets[in.Quote].Decimals
	cash, err := money.FromFloat(float64(want*c.Price()), quote, 1, money.Down)
	if err != nil {
		return 0
	}
	o := c.order(exchange.Buy, exchange.Market)
	if o.Cash = min(money.Amount(cash), c.host.Spendable(c.instrument)); o.Cash <= 0 {
		return 0
	}
	return c.host.Send(&o)
}

// Spendable is what a new buy of the instrument may use, in its quote asset: the
// strategy's cash less what its open buys reserve.
func (c *Context) Spendable() float64 {
	return money.Float(int64(c.host.Spendable(c.instrument)), c.host.Catalog().Assets[c.Instrument().Quote].Decimals)
}

// Size is the run's size of an entry (`--size`), for a strategy that splits it.
func (c *Context) Size() Size { return c.host.Size() }

// Buy buys qty at the market.
func (c *Context) Buy(qty float64) exchange.OrderID { return c.market(exchange.Buy, qty) }

// Sell sells qty at the market, at most what is held and not reserved.
func (c *Context) Sell(qty float64) exchange.OrderID { return c.market(exchange.Sell, qty) }

func (c *Context) market(side exchange.Side, qty float64) exchange.OrderID {
	o := c.order(side, exchange.Market)
	return c.send(&o, qty)
}

// BuyLimit rests a buy at price.
func (c *Context) BuyLimit(qty, price float64) exchange.OrderID {
	o := c.order(exchange.Buy, exchange.Limit)
	o.Price = c.price(price, money.Down)
	return c.send(&o, qty)
}

// SellLimit rests a sell at price.
func (c *Context) SellLimit(qty, price float64) exchange.OrderID {
	o := c.order(exchange.Sell, exchange.Limit)
	o.Price = c.price(price, money.Up)
	return c.send(&o, qty)
}

// StopLoss sells qty at the market once the price falls to trigger.
func (c *Context) StopLoss(qty, trigger float64) exchange.OrderID {
	o := c.order(exchange.Sell, exchange.StopLoss)
	o.Trigger = c.price(trigger, money.Up)
	return c.send(&o, qty)
}

// BuyStop buys qty at the market once the price rises to trigger: a breakout entry.
func (c *Context) BuyStop(qty, trigger float64) exchange.OrderID {
	o := c.order(exchange.Buy, exchange.StopLoss)
	o.Trigger = c.price(trigger, money.Up)
	return c.send(&o, qty)
}

// TakeProfit sells qty at the market once the price rises to trigger.
func (c *Context) TakeProfit(qty, trigger float64) exchange.OrderID {
	o := c.order(exchange.Sell, exchange.TakeProfit)
	o.Trigger = c.price(trigger, money.Up)
	return c.send(&o, qty)
}

// TrailingStop sells qty at the market once the price falls by distance from the best
// price since the order was placed.
func (c *Context) TrailingStop(qty, distance float64) exchange.OrderID {
	o := c.order(exchange.Sell, exchange.TrailingStop)
	o.Trail = c.price(distance, money.Down)
	return c.send(&o, qty)
}

// Bracket protects the position of the instrument with a stop and a target, now or once
// an entry fills. On spot both cannot hold the same coins: the stop rests at the venue,
// the target is watched; when it is reached the stop is cancelled, the confirmation
// awaited, and the position sold. A target of 0 means none; a stop of 0 ends the bracket.
func (c *Context) Bracket(stop, target float64) {
	c.host.SetBracket(c.instrument, c.price(stop, money.Up), c.price(target, money.Up))
}

// Place sends an order of the full vocabulary, in the instrument's own integers; side,
// type, quantities and prices are the author's, instrument and signal are filled in.
func (c *Context) Place(o exchange.Order) exchange.OrderID {
	o.Instrument, o.Signal, o.Decision = c.instrument, c.signal, c.host.Last(c.instrument)
	return c.host.Send(&o)
}

// Amend changes quantity and limit price of a working order in place; 0 leaves one as it
// is.
func (c *Context) Amend(id exchange.OrderID, qty, price float64) {
	a := exchange.Amend{Order: id, Price: c.price(price, money.Half)}
	if qty != 0 {
		a.Qty = c.qty(qty)
	}
	if a.Qty != 0 || a.Price != 0 {
		c.host.SendAmend(&a)
	}
}

// Cancel takes an order back.
func (c *Context) Cancel(id exchange.OrderID) { c.host.SendCancel(id) }

func (c *Context) order(side exchange.Side, t exchange.OrderType) exchange.Order {
	return exchange.Order{
		Instrument: c.instrument, Signal: c.signal, Side: side, Type: t, Decision: c.host.Last(c.instrument),
	}
}

func (c *Context) send(o *exchange.Order, qty float64) exchange.OrderID {
	if o.Qty = c.qty(qty); o.Qty <= 0 {
		return 0
	}
	if o.Type.HasLimit() && o.Price <= 0 {
		return 0
	}
	if o.Type.Triggered() && o.Trigger <= 0 && o.Trail <= 0 {
		return 0
	}
	return c.host.Send(o)
}

// qty is a size rounded down to the lot; 0 when it is not a positive finite number.
func (c *Context) qty(units float64) money.Qty {
	if !(units > 0) {
		return 0
	}
	v, err := money.FromFloat(units, c.Instrument().LotDecimals, 1, money.Down)
	if err != nil {
		return 0
	}
	return money.Qty(v)
}

// price is a price rounded to the tick; 0 when it is not a positive finite number.
func (c *Context) price(f float64, r money.Rounding) money.Price {
	if !(f > 0) {
		return 0
	}
	in := c.Instrument()
	v, err := money.FromFloat(f, in.PriceDecimals, int64(in.Tick), r)
	if err != nil {
		return 0
	}
	return money.Price(v)
}
