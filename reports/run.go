package reports

import (
	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// Run is what happened, as far as the reports tell it: plain data, read by every renderer
// and changed by none. Meta is filled by whoever made the run.
type Run struct {
	Meta     Meta
	Catalog  *exchange.Catalog
	Currency exchange.AssetID // of the account

	Benchmark exchange.InstrumentID
	YearDays  int    // days of a year for the ratios
	Seed      uint64 // of the intervals

	Begin, End exchange.Stamp // opening of the first bar, end of the last
	Bars       int64
	Cash       money.Amount // at the start
	Equity     money.Amount // at the end
	Exposed    money.Amount // the part of it in coins at the end
	HoldLast   float64      // what buying and holding the benchmark made of it; 0: it had no price

	Curve   []Point    // thinned, with the extremes
	Prices  []PriceBar // of the benchmark, thinned alike
	Days    []Day
	Deepest Drawdown // of equity, exact
	Longest Drawdown // time under water, exact
	Hold    Drawdown // the deepest of buy and hold

	ExposedBars  int64   // bars at whose end coins were held
	MeanExposure float64 // mean share of equity in coins, over all bars

	Fills       Fills
	Trips       List[RoundTrip] // closed ones in order of closing, then those left open
	OpenTrips   int
	OpenNet     money.Amount // what the open ones have made so far, in the account's currency
	Instruments []Subtotal   // those that were traded, by id
	Won, Lost   Outcomes     // closed trips with a profit and with a loss
	Slots       []SlotTotal  // those that traded, by id
	Total       Subtotal     // all of them, in the account's currency; Instrument is exchange.None
	Unmatched   int64        // sells of coins that no buy of the run brought
	Unconverted int64        // amounts left out of Total for want of a rate

	Orders  Orders
	Guard   Guard
	Notes   []Note // the first notesMax different ones
	Figures Figures
}

// Day is the account at the last mark of a UTC day. A mark at midnight closes the day
// that ends there.
type Day struct {
	Number int64 // days since 1970-01-01
	Point
}

// Subtotal sums up one instrument, in its quote asset.
type Subtotal struct {
	Instrument exchange.InstrumentID
	Fills      int64
	Makers     int64        // fills that were maker
	Volume     money.Amount // bought and sold
	Fees       money.Amount
	Shortfall  money.Amount // paid more or received less than at the decision price; market orders only
	Trips      int64        // closed
	PnL        money.Amount // of all round trips, open ones marked
}

// SlotTotal sums up one slot, in the account's currency.
type SlotTotal struct {
	Slot  exchange.SlotID
	Fills int64
	Fees  money.Amount
	Trips int64        // closed
	Net   money.Amount // of all round trips, open ones marked
}

// Outcomes counts round trips and sums up what they made, in the account's currency.
type Outcomes struct {
	Count int64
	Net   money.Amount
}

// Orders counts what became of the orders.
type Orders struct {
	Approved, Amended, CancelAsked int64
	Cancelled, Expired, Rejected   int64
	RejectedBy                     []CodeCount // by code, ascending
	CancelledBy                    []CodeCount
}

// CodeCount counts outcomes of one code.
type CodeCount struct {
	Code  exchange.Code
	Count int64
}

// Guard is what the risk guard did.
type Guard struct {
	Text         string // of its opening record: profile and limits
	Facts        exchange.Facts
	Denied       int64         // orders and amends
	Denials      []Denials     // by control, those that denied
	Stops        []Stop        // by level, the strictest first
	Levels       []LevelChange // the first levelsMax
	LevelChanges int64
	Worst        risk.Level
	Last         risk.Level
	TradingDays  int64
}

// Denials counts how often one control was among the reasons of a denial.
type Denials struct {
	Control     risk.Control
	Count       int64
	First, Last exchange.Stamp
	Reason      risk.Reason // of the first
	Example     string      // the same as it is recorded
}

// LevelChange is one step of the guard's level.
type LevelChange struct {
	Time     exchange.Stamp
	From, To risk.Level // of the account; To of a pair or strategy is its own
	Lift     bool       // something ended
	Scope    risk.Scope
	Of       string // the pair
	Control  risk.Control
	Cause    string
	Equity   money.Amount

	slot exchange.SlotID // of a strategy
}

// Note is what the records say in words, once, with how often.
type Note struct {
	Time  exchange.Stamp // the first time
	Text  string
	Count int64
}

// drawdowns is the fall from the highest equity so far at each point of the curve, as
// ratios from 0 down to -1.
func (r *Run) drawdowns() []float64 {
	out := make([]float64, len(r.Curve))
	var high money.Amount
	for i := range r.Curve {
		if high = max(high, r.Curve[i].Equity); high > 0 {
			out[i] = float64(r.Curve[i].Equity-high) / float64(high)
		}
	}
	return out
}
