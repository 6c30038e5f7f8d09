package data

import (
	"io"
	"strconv"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Writer writes bars or trades in the formats of Kraken's downloads: OHLCVT
// (seconds, open, high, low, close, volume, trades) and time and sales (seconds, price,
// volume), without a header. It buffers: call Flush at the end. An error of the
// underlying writer comes out of the call that met it, and of every later one.
type Writer struct {
	w                io.Writer
	buf              []byte
	priceDec, lotDec uint8
	err              error
}

// NewWriter writes prices with the given decimals, zeros kept, and volumes with lot
// decimals.
func NewWriter(w io.Writer, priceDecimals, lotDecimals uint8) *Writer {
	return &Writer{w: w, buf: make([]byte, 0, bufferSize), priceDec: priceDecimals, lotDec: lotDecimals}
}

// rowRoom is more than a row can take.
const rowRoom = 256

// WriteBar writes one row of OHLCVT; times are cut to whole seconds.
func (w *Writer) WriteBar(b *Bar) error {
	w.time(b.Time)
	for _, p := range [...]money.Price{b.Open, b.High, b.Low, b.Close} {
		w.field(int64(p), w.priceDec)
	}
	w.field(int64(b.Volume), w.lotDec)
	w.buf = append(w.buf, ',')
	w.buf = strconv.AppendInt(w.buf, b.Count, 10)
	return w.endRow()
}

// WriteTrade writes one row of time and sales; times are cut to whole seconds, and side
// and id have no column.
func (w *Writer) WriteTrade(t *Trade) error {
	w.time(t.Time)
	w.field(int64(t.Price), w.priceDec)
	w.field(int64(t.Qty), w.lotDec)
	return w.endRow()
}

func (w *Writer) time(t exchange.Stamp) {
	w.buf = strconv.AppendInt(w.buf, int64(floor(t, time.Second)/exchange.Stamp(time.Second)), 10)
}

func (w *Writer) field(v int64, decimals uint8) {
	w.buf = money.Append(append(w.buf, ','), v, decimals)
}

func (w *Writer) endRow() error {
	w.buf = append(w.buf, '\n')
	if len(w.buf) > bufferSize-rowRoom {
		return w.Flush()
	}
	return w.err
}

// Flush writes what is buffered.
func (w *Writer) Flush() error {
	if w.err == nil {
		_, w.err = w.w.Write(w.buf)
	}
	w.buf = w.buf[:0]
	return w.err
}

// WriteBars writes all bars of a source as OHLCVT and returns how many.
func WriteBars(w io.Writer, bars BarSource, priceDecimals, lotDecimals uint8) (rows int64, err error) {
	out := NewWriter(w, priceDecimals, lotDecimals)
	for {
		var b Bar
		if err := bars.NextBar(&b); err == io.EOF {
			return rows, out.Flush()
		} else if err != nil {
			return rows, err
		}
		if err := out.WriteBar(&b); err != nil {
			return rows, err
		}
		rows++
	}
}

// WriteTrades writes all trades of a source as time and sales and returns how many.
func WriteTrades(w io.Writer, trades TradeSource, priceDecimals, lotDecimals uint8) (rows int64, err error) {
	out := NewWriter(w, priceDecimals, lotDecimals)
	for {
		var t Trade
		if err := trades.NextTrade(&t); err == io.EOF {
			return rows, out.Flush()
		} else if err != nil {
			return rows, err
		}
		if err := out.WriteTrade(&t); err != nil {
			return rows, err
		}
		rows++
	}
}
