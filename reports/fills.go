package reports

import (
	"encoding/binary"
	"iter"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// noType is the order type of a fill whose order the records do not tell.
const noType = exchange.OrderType(255)

// Fill is one execution, in the scales of its instrument and its quote asset.
type Fill struct {
	Time       exchange.Stamp
	Order      exchange.OrderID
	Price      money.Price
	Qty        money.Qty
	Cost       money.Amount // quote asset
	Fee        money.Amount // FeeAsset
	Instrument exchange.InstrumentID
	FeeAsset   exchange.AssetID
	Slot       exchange.SlotID
	Side       exchange.Side
	Liquidity  exchange.Liquidity
	Type       exchange.OrderType // of the order; Known says whether the records told
}

// Known reports whether the order's type is known.
func (f *Fill) Known() bool { return f.Type != noType }

// Fills keeps executions in order, packed: each as its difference from the one before,
// about 22 bytes. A volume cap can make three quarters of a million of them out of two
// million bars; as structs they would take 56 MB. The zero value is empty.
type Fills struct {
	chunks [][]byte
	n      int
	last   Fill
}

const (
	fillsChunk = 64 << 10
	fillMax    = 1 + 1 + 3*binary.MaxVarintLen32 + 6*binary.MaxVarintLen64 // one packed fill at most
)

// What the first byte of a packed fill says besides the side.
const (
	flagSell  = 1 << iota
	flagMaker // maker liquidity
	flagNanos // the time is not a whole second from the one before
	flagPlace // instrument, fee asset or slot differ from those before
	flagOrder // order and type differ from those before
)

// Len is the number of fills.
func (l *Fills) Len() int { return l.n }

func (l *Fills) push(f *Fill) {
	if n := len(l.chunks); n == 0 || cap(l.chunks[n-1])-len(l.chunks[n-1]) < fillMax {
		l.chunks = append(l.chunks, make([]byte, 0, fillsChunk))
	}
	last := &l.chunks[len(l.chunks)-1]
	*last = f.pack(*last, &l.last)
	l.last = *f
	l.n++
}

// pack appends f as its difference from the fill before.
func (f *Fill) pack(b []byte, before *Fill) []byte {
	flags := byte(f.Side&1)*flagSell | byte(f.Liquidity&1)*flagMaker
	since, unit := int64(f.Time-before.Time), int64(1e9)
	if since%unit != 0 {
		flags, unit = flags|flagNanos, 1
	}
	if f.Instrument != before.Instrument || f.FeeAsset != before.FeeAsset || f.Slot != before.Slot {
		flags |= flagPlace
	}
	if f.Order != before.Order || f.Type != before.Type {
		flags |= flagOrder
	}
	b = binary.AppendVarint(append(b, flags), since/unit)
	if flags&flagPlace != 0 {
		b = binary.AppendVarint(binary.AppendVarint(binary.AppendVarint(b, int64(f.Instrument)), int64(f.FeeAsset)), int64(f.Slot))
	}
	if flags&flagOrder != 0 {
		b = append(binary.AppendVarint(b, int64(f.Order-before.Order)), byte(f.Type))
	}
	b = binary.AppendVarint(b, int64(f.Price-before.Price))
	b = binary.AppendVarint(b, int64(f.Qty))
	b = binary.AppendVarint(b, int64(f.Cost))
	return binary.AppendVarint(b, int64(f.Fee))
}

// unpack reads the fill after f into f and returns the rest.
func (f *Fill) unpack(b []byte) []byte {
	flags := b[0]
	b = b[1:]
	next := func() int64 {
		v, n := binary.Varint(b)
		b = b[n:]
		return v
	}
	f.Side, f.Liquidity = exchange.Side(flags&flagSell), exchange.Liquidity(flags&flagMaker/flagMaker)
	since := next()
	if flags&flagNanos == 0 {
		since *= 1e9
	}
	f.Time += exchange.Stamp(since)
	if flags&flagPlace != 0 {
		f.Instrument, f.FeeAsset, f.Slot = exchange.InstrumentID(next()), exchange.AssetID(next()), exchange.SlotID(next())
	}
	if flags&flagOrder != 0 {
		f.Order += exchange.OrderID(next())
		f.Type, b = exchange.OrderType(b[0]), b[1:]
	}
	f.Price += money.Price(next())
	f.Qty, f.Cost, f.Fee = money.Qty(next()), money.Amount(next()), money.Amount(next())
	return b
}

// All yields the fills in order. The pointer is to the same place each time.
func (l *Fills) All() iter.Seq2[int, *Fill] {
	return func(yield func(int, *Fill) bool) {
		var f Fill
		i := 0
		for _, b := range l.chunks {
			for len(b) > 0 {
				b = f.unpack(b)
				if !yield(i, &f) {
					return
				}
				i++
			}
		}
	}
}
