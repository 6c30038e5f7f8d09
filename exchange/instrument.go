package exchange

import (
	"fmt"
	"strings"

	"breakwater/exchange/money"
)

// AssetID is an asset's place in its Catalog.
type AssetID int32

// InstrumentID is an instrument's place in its Catalog.
type InstrumentID int32

// None is the id of no instrument and of no asset.
const None = -1

// Asset is a currency or coin that an account can hold.
type Asset struct {
	ID       AssetID
	Name     string // normal name: XBT, CAD
	Decimals uint8  // scale of its Amounts in the ledger
}

// Status is what a venue allows on an instrument (Kraken REST docs, AssetPairs).
type Status uint8

// The states of an instrument, from Kraken's AssetPairs and SystemStatus.
const (
	Online Status = iota
	PostOnlyMode
	LimitOnlyMode
	ReduceOnlyMode
	CancelOnlyMode
	Maintenance
)

func (s Status) String() string {
	return [...]string{"online", "post_only", "limit_only", "reduce_only", "cancel_only", "maintenance"}[s]
}

// Defaults for an instrument whose rules nobody told: fine enough for every price and
// size in public data, and no minimum.
const (
	DefaultPriceDecimals = 8
	DefaultLotDecimals   = 8
	DefaultAssetDecimals = 8
)

// maxDecimals keeps at least nine million whole units within an int64.
const maxDecimals = 12

// Spec is what somebody says about an instrument; Catalog.Add checks it and turns it
// into an Instrument.
type Spec struct {
	Symbol                     string // any spelling of the pair
	PriceDecimals, LotDecimals uint8
	CostDecimals               uint8       // display precision of cost and fee; the ledger uses the quote asset's
	Tick                       money.Price // price increment in 10^-PriceDecimals; 0 means 1
	OrderMin                   money.Qty   // smallest order in base units, 0: none
	CostMin                    money.Amount
	Status                     Status
	RulesKnown                 bool // false: the defaults stand in for rules nobody gave
}

// Instrument is a pair that can be traded, with the rules of its venue.
type Instrument struct {
	ID          InstrumentID
	Symbol      string // BASE/QUOTE in normal names: XBT/CAD
	Base, Quote AssetID
	Spec
	baseFactor       int64 // base Amount per Qty unit
	costMul, costDiv int64 // quote Amount = price*qty*costMul/costDiv
}

// Cost is price times quantity in the quote asset. ok is false when it does not fit.
func (in *Instrument) Cost(p money.Price, q money.Qty, r money.Rounding) (money.Amount, bool) {
	v, ok := money.MulDiv(int64(p), int64(q), in.costDiv, r)
	if in.costMul != 1 && ok {
		v, ok = money.MulDiv(v, in.costMul, 1, r)
	}
	return money.Amount(v), ok
}

// QtyFor is the largest quantity, in whole lots, whose cost at p does not exceed the
// amount of quote asset. 0 when p is not positive or the result does not fit.
func (in *Instrument) QtyFor(a money.Amount, p money.Price) money.Qty {
	if p <= 0 || a <= 0 {
		return 0
	}
	v, ok := money.MulDiv(int64(a), in.costDiv, int64(p), money.Down)
	if !ok {
		return 0
	}
	return money.Qty(v / in.costMul)
}

// BaseAmount is q as an amount of the base asset: exact, because Catalog.Add demands
// that the asset's scale is at least as fine as the lot's. ok is false when it does not
// fit.
func (in *Instrument) BaseAmount(q money.Qty) (money.Amount, bool) {
	v, ok := money.MulDiv(int64(q), in.baseFactor, 1, money.Down)
	return money.Amount(v), ok
}

// LotsIn is the quantity that an amount of the base asset makes, rounded down to the lot.
func (in *Instrument) LotsIn(a money.Amount) money.Qty {
	return money.Qty(int64(a) / in.baseFactor)
}

// Price and Qty as float64, for statistics and strategies.
func (in *Instrument) PriceFloat(p money.Price) float64 {
	return float64(p) / float64(money.Pow10[in.PriceDecimals])
}

// QtyFloat is q in units of the base asset.
func (in *Instrument) QtyFloat(q money.Qty) float64 {
	return float64(q) / float64(money.Pow10[in.LotDecimals])
}

// PriceText is p with the instrument's decimals, trailing zeros dropped.
func (in *Instrument) PriceText(p money.Price) string {
	return money.Trim(int64(p), in.PriceDecimals)
}

// QtyText is q with the instrument's decimals, trailing zeros dropped.
func (in *Instrument) QtyText(q money.Qty) string { return money.Trim(int64(q), in.LotDecimals) }

// Catalog is the set of assets and instruments of one run; ids are places in it.
type Catalog struct {
	Assets      []Asset
	Instruments []Instrument
	assetByName map[string]AssetID
	bySymbol    map[string]InstrumentID
}

// NewCatalog is an empty catalog.
func NewCatalog() *Catalog {
	return &Catalog{assetByName: map[string]AssetID{}, bySymbol: map[string]InstrumentID{}}
}

// AddAsset adds an asset, or returns the one of that name. It refuses one that is there
// with other decimals, and more than 12 decimals.
func (c *Catalog) AddAsset(name string, decimals uint8) (AssetID, error) {
	name = NormalAsset(name)
	if name == "" {
		return None, fmt.Errorf("exchange: an asset needs a name")
	}
	if id, ok := c.assetByName[name]; ok {
		if have := c.Assets[id].Decimals; have != decimals {
			return None, fmt.Errorf("exchange: asset %s has %d decimals already, not %d", name, have, decimals)
		}
		return id, nil
	}
	if decimals > maxDecimals {
		return None, fmt.Errorf("exchange: asset %s: %d decimals could overflow 64-bit amounts; at most %d", name, decimals, maxDecimals)
	}
	id := AssetID(len(c.Assets))
	c.Assets = append(c.Assets, Asset{ID: id, Name: name, Decimals: decimals})
	c.assetByName[name] = id
	return id, nil
}

// Asset finds an asset by any spelling of its name.
func (c *Catalog) Asset(name string) (*Asset, bool) {
	id, ok := c.assetByName[NormalAsset(name)]
	if !ok {
		return nil, false
	}
	return &c.Assets[id], true
}

// Add checks a Spec and adds the instrument; assets it names and nobody added get the
// default scale. It refuses what could overflow or could not be exact.
func (c *Catalog) Add(s Spec) (InstrumentID, error) {
	base, quote, ok := NormalPair(s.Symbol)
	if !ok {
		return None, fmt.Errorf("exchange: cannot tell base and quote of %q; write it as BASE/QUOTE, for example XBT/CAD", s.Symbol)
	}
	symbol := base + "/" + quote
	if base == quote {
		return None, fmt.Errorf("exchange: %s trades an asset against itself", symbol)
	}
	if _, dup := c.bySymbol[symbol]; dup {
		return None, fmt.Errorf("exchange: %s is there already", symbol)
	}
	if s.PriceDecimals > maxDecimals || s.LotDecimals > maxDecimals {
		return None, fmt.Errorf("exchange: %s: %d price and %d lot decimals could overflow 64-bit numbers; at most %d each", symbol, s.PriceDecimals, s.LotDecimals, maxDecimals)
	}
	if s.Tick == 0 {
		s.Tick = 1
	}
	if s.Tick < 0 || s.OrderMin < 0 || s.CostMin < 0 {
		return None, fmt.Errorf("exchange: %s: tick, ordermin and costmin must not be negative", symbol)
	}
	in := Instrument{ID: InstrumentID(len(c.Instruments)), Symbol: symbol, Spec: s, costMul: 1, costDiv: 1}
	in.Spec.Symbol = symbol
	var err error
	if in.Base, err = c.assetFor(base); err != nil {
		return None, err
	}
	if in.Quote, err = c.assetFor(quote); err != nil {
		return None, err
	}
	bd, qd := c.Assets[in.Base].Decimals, c.Assets[in.Quote].Decimals
	if bd < s.LotDecimals {
		return None, fmt.Errorf("exchange: %s: a lot of %d decimals is finer than the ledger's %d for %s", symbol, s.LotDecimals, bd, base)
	}
	in.baseFactor = money.Pow10[bd-s.LotDecimals]
	if shift := int(s.PriceDecimals) + int(s.LotDecimals) - int(qd); shift > money.MaxDecimals {
		return None, fmt.Errorf("exchange: %s: price, lot and %s decimals (%d, %d, %d) could overflow a cost", symbol, quote, s.PriceDecimals, s.LotDecimals, qd)
	} else if shift >= 0 {
		in.costDiv = money.Pow10[shift]
	} else {
		in.costMul = money.Pow10[-shift]
	}
	c.Instruments = append(c.Instruments, in)
	c.bySymbol[symbol] = in.ID
	return in.ID, nil
}

func (c *Catalog) assetFor(name string) (AssetID, error) {
	if id, ok := c.assetByName[name]; ok {
		return id, nil
	}
	return c.AddAsset(name, DefaultAssetDecimals)
}

// Find returns the instrument of any spelling of a pair.
func (c *Catalog) Find(pair string) (*Instrument, bool) {
	base, quote, ok := NormalPair(pair)
	if !ok {
		return nil, false
	}
	id, ok := c.bySymbol[base+"/"+quote]
	if !ok {
		return nil, false
	}
	return &c.Instruments[id], true
}

// Leg is one step of a conversion: multiply by the instrument's price, or divide by it.
type Leg struct {
	Instrument InstrumentID
	Divide     bool
}

// Path is the shortest way to turn amounts of one asset into another by the prices of
// instruments at hand: none for the asset itself, else one or two legs. ok is false
// where no rate is at hand.
func (c *Catalog) Path(from, to AssetID) (legs []Leg, ok bool) {
	if from == to {
		return nil, true
	}
	for i := range c.Instruments {
		if leg, end, ok := c.Instruments[i].legFrom(from); ok && end == to {
			return []Leg{leg}, true
		}
	}
	for i := range c.Instruments {
		first, mid, ok := c.Instruments[i].legFrom(from)
		if !ok {
			continue
		}
		for j := range c.Instruments {
			if second, end, ok := c.Instruments[j].legFrom(mid); ok && end == to {
				return []Leg{first, second}, true
			}
		}
	}
	return nil, false
}

func (in *Instrument) legFrom(a AssetID) (leg Leg, end AssetID, ok bool) {
	switch a {
	case in.Base:
		return Leg{Instrument: in.ID}, in.Quote, true
	case in.Quote:
		return Leg{Instrument: in.ID, Divide: true}, in.Base, true
	}
	return Leg{}, None, false
}

// Convert turns an amount of one end's asset into the other's along a leg, at price p.
// ok is false when p is not positive or the result does not fit.
func (c *Catalog) Convert(a money.Amount, leg Leg, p money.Price, r money.Rounding) (money.Amount, bool) {
	if p <= 0 {
		return 0, false
	}
	in := &c.Instruments[leg.Instrument]
	base := int64(c.Assets[in.Base].Decimals)
	// quote = base * p * 10^(qd - bd - pd)
	shift := int64(c.Assets[in.Quote].Decimals) - base - int64(in.PriceDecimals)
	if !leg.Divide && shift <= 0 && shift >= -money.MaxDecimals {
		v, ok := money.MulDiv(int64(a), int64(p), money.Pow10[-shift], r) // nearly always
		return money.Amount(v), ok
	}
	mul, div := int64(p), int64(1)
	if leg.Divide {
		mul, div, shift = 1, int64(p), -shift
	}
	if shift >= 0 {
		if shift > money.MaxDecimals {
			return 0, false
		}
		if v, ok := money.MulDiv(mul, money.Pow10[shift], 1, r); ok {
			out, ok := money.MulDiv(int64(a), v, div, r)
			return money.Amount(out), ok
		}
		return 0, false
	}
	for ; shift < 0; shift += money.MaxDecimals {
		step := min(-shift, money.MaxDecimals)
		if d, ok := money.MulDiv(div, money.Pow10[step], 1, r); ok {
			div = d
			continue
		}
		return 0, false
	}
	out, ok := money.MulDiv(int64(a), mul, div, r)
	return money.Amount(out), ok
}

// Symbols lists the instruments' symbols, for messages.
func (c *Catalog) Symbols() string {
	names := make([]string, len(c.Instruments))
	for i := range c.Instruments {
		names[i] = c.Instruments[i].Symbol
	}
	return strings.Join(names, ", ")
}
