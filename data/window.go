package data

import (
	"io"

	"breakwater/exchange"
)

// BarsBetween lets through the bars that open at from or later and before to; it ends at
// the first one that does not lie before to.
func BarsBetween(src BarSource, from, to exchange.Stamp) BarSource {
	return &barWindow{src, from, to}
}

// TradesBetween lets through the trades at from or later and before to; it ends at the
// first one that does not lie before to.
func TradesBetween(src TradeSource, from, to exchange.Stamp) TradeSource {
	return &tradeWindow{src, from, to}
}

type barWindow struct {
	src      BarSource
	from, to exchange.Stamp
}

func (w *barWindow) NextBar(b *Bar) error {
	for {
		if err := w.src.NextBar(b); err != nil || b.Time >= w.from && b.Time < w.to {
			return err
		}
		if b.Time >= w.to {
			return io.EOF
		}
	}
}

type tradeWindow struct {
	src      TradeSource
	from, to exchange.Stamp
}

func (w *tradeWindow) NextTrade(t *Trade) error {
	for {
		if err := w.src.NextTrade(t); err != nil || t.Time >= w.from && t.Time < w.to {
			return err
		}
		if t.Time >= w.to {
			return io.EOF
		}
	}
}
