package data

import (
	"errors"
	"fmt"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Bar is the trading of one interval, in the scales of its instrument. Time is the
// opening time of the interval; Count is 0 where the source does not tell it.
type Bar struct {
	Time                   exchange.Stamp
	Open, High, Low, Close money.Price
	Volume                 money.Qty
	Count                  int64
}

// Trade is one public trade. Side is the taker's; ID is 0 where the source has none.
type Trade struct {
	Time  exchange.Stamp
	Price money.Price
	Qty   money.Qty
	Side  exchange.Side
	ID    uint64
}

// BarSource gives bars in ascending order of time, none overlapping; io.EOF ends it.
type BarSource interface{ NextBar(*Bar) error }

// TradeSource gives trades in order of time, equal times in the order of the market;
// io.EOF ends it.
type TradeSource interface{ NextTrade(*Trade) error }

// Defect is a kind of flaw in data. Its text is what reports and programs see.
type Defect string

// The defects. Those of a row that cannot be right are errors; those that occur in
// honest data are warnings.
const (
	DefectColumns   Defect = "columns"        // not the number of columns of the first row
	DefectNumber    Defect = "not-a-number"   // NaN, inf, text where a number belongs
	DefectTime      Defect = "bad-time"       // a time that cannot be read
	DefectPrecision Defect = "precision"      // more digits than the instrument's scale
	DefectTooLarge  Defect = "out-of-range"   // does not fit the scaled integer
	DefectNegative  Defect = "negative"       // price, volume or count below zero
	DefectZero      Defect = "zero"           // price of zero, or a trade of no quantity
	DefectHighLow   Defect = "high-below-low" //
	DefectOutside   Defect = "outside-range"  // open or close outside low..high
	DefectUnsorted  Defect = "unsorted"       // earlier than the row before
	DefectDoubled   Defect = "doubled"        // same opening time, or same trade id, as the row before
	DefectOverlap   Defect = "overlap"        // opens before the bar before it ends
	DefectSide      Defect = "bad-side"       // neither buy nor sell
	DefectBarSize   Defect = "bar-size"       // the rows do not tell one, and nobody gave it
	DefectInterval  Defect = "interval"       // the rows' spacing does not fit the bar size
	DefectAlign     Defect = "not-aligned"    // opening time is no multiple of the interval since 1970
	DefectMissing   Defect = "missing"        // bars that are not there
	DefectIDHole    Defect = "missing-ids"    // trade ids that are not there
	DefectWick      Defect = "far-wick"       // high or low further than twice from open and close
	DefectVolume    Defect = "zero-volume"    // a bar without trading
	DefectNoise     Defect = "float-noise"    // a volume with the last digits that a float64 left
)

// Warning reports whether the defect occurs in honest data.
func (d Defect) Warning() bool {
	switch d {
	case DefectInterval, DefectAlign, DefectMissing, DefectIDHole, DefectWick, DefectVolume, DefectNoise:
		return true
	}
	return false
}

// RowError is a row that cannot be used: where it is, why, and what to do.
type RowError struct {
	Name   string // file name as the user gave it
	Line   int64  // counted from 1, header included
	Defect Defect
	Text   string
	Remedy string
}

func (e *RowError) Error() string {
	remedy := e.Remedy
	if remedy == "" {
		remedy = fmt.Sprintf("remove the row or run \"breakwater data check %s\"", e.Name)
	}
	return fmt.Sprintf("%s:%d: %s; %s", e.Name, e.Line, e.Text, remedy)
}

// ErrFormat is matched by errors about a file that holds no market data we can read.
var ErrFormat = errors.New("unreadable market data")

// formatError is a sentence about a file, with its remedy; errors.Is(err, ErrFormat).
type formatError string

func (e formatError) Error() string        { return string(e) }
func (e formatError) Is(target error) bool { return target == ErrFormat }

// Formatf makes an error about a whole file that errors.Is reports as ErrFormat.
func Formatf(format string, args ...any) error { return formatError(fmt.Sprintf(format, args...)) }
