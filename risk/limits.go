package risk

import (
	"math"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Unlimited is the explicit wide number of a limit that shall not bind.
const Unlimited = math.MaxInt64

// Limit is a bound as a share of equity and as an absolute amount of the account's
// currency; the stricter one holds. A zero in either place lets nothing through.
type Limit struct {
	PPM    int64        // of equity, in parts per million
	Amount money.Amount // in the account's currency
}

// Of is the bound at an equity.
func (l Limit) Of(equity money.Amount) money.Amount {
	if l.PPM == Unlimited {
		return l.Amount
	}
	share, ok := money.MulDiv(int64(equity), l.PPM, money.PPM, money.Floor)
	if !ok {
		return 0
	}
	return min(money.Amount(share), l.Amount)
}

// Binds reports whether the limit is anything but wide.
func (l Limit) Binds() bool { return l.PPM != Unlimited || l.Amount != Unlimited }

// Share is a Limit that is only a share of equity.
func Share(ppm int64) Limit { return Limit{PPM: ppm, Amount: Unlimited} }

// Wide is a Limit that does not bind.
var Wide = Limit{PPM: Unlimited, Amount: Unlimited}

// Limits are the numbers of the controls. The zero value refuses everything. Counts and
// shares in ppm that shall not bind are Unlimited.
type Limits struct {
	Profile string

	Order         Limit // max-order-notional
	Position      Limit // max-position
	Modes         []Mode
	OpenPerPair   int64 // max-open-orders
	OpenTotal     int64
	OpenValuePPM  int64 // of equity
	SpendablePPM  int64 // cash-reserve: share of equity that buys may use; the rest stays cash
	CapitalElse   money.Amount
	VenueSharePPM int64 // venue-exposure

	PairPerMinute  int64 // order-rate
	PerMinute      int64
	PerDay         int64
	Tier           Tier          // message-throttle
	Duplicate      time.Duration // duplicate-order; Unlimited turns to "never": see Forever
	SignalOrders   int64         // signal-budget
	SignalAge      time.Duration
	FeedbackCycles int64 // fill-feedback
	Executions     int64 // execution-throttle, a day
	TurnoverPPM    int64 // of equity, an hour

	CollarPPM     int64 // price-collar
	CollarCapPPM  int64
	CollarVols    int64 // times one minute's volatility; 0: the base alone
	WalkPPM       int64 // slippage of walking the book
	SourceGapPPM  int64 // venue-sanity
	SpreadPPM     int64
	DepthTimes    int64
	StaleMarket   time.Duration // stale-data
	StaleLink     time.Duration
	StalePause    time.Duration
	ClockSkew     time.Duration
	AllowMarket   bool // order-form: market orders may go out
	NoSelfTrade   bool // self-trade
	Instruments   []exchange.InstrumentID
	NeedsArming   bool          // armed-lease
	Lease         time.Duration //
	CrashStarts   int64         // crash-loop, in 10 minutes
	DeadMan       time.Duration // dead-mans-switch; 0 is refused where the venue has one, Forever needs none
	NewsPerHour   int64         // signal-source
	NewsAge       time.Duration
	ReconcilePPM  int64 // reconcile, unexplained-balance
	UnknownFor    time.Duration
	ErrorPPM      int64 // api-error-rate
	ErrorRequests int64

	DailyLoss   Limit // daily-loss
	HourlyLoss  Limit // hourly-loss
	Streak      int64 // loss-streak
	PauseFor    time.Duration
	DrawdownPPM int64 // drawdown

	ProfilePositionPPM int64 // profile-limits
	ProfileDailyPPM    int64
	ProfileDrawdownPPM int64
	Ramp               []Step // ramp-up; none: no ramp

	FeePPM      int64 // fee-anomaly: the schedule's worst, Unlimited: no schedule
	SlipPPM     int64 // slippage-anomaly
	SlipMeanPPM int64
}

// Forever is the duration of a bound in time that shall not bind.
const Forever = time.Duration(math.MaxInt64)

// Mode is what strategies of one kind may use together.
type Mode struct {
	Name     string
	SharePPM int64        // of equity
	Count    int64        // positions
	Notional money.Amount // of one order
}

// Step is one step of the ramp-up, in the account's currency.
type Step struct {
	Position  money.Amount
	DailyLoss money.Amount
}

// Tier is the venue's per-pair counter (Kraken API docs, trading rate limits). A Threshold
// of Unlimited models none.
type Tier struct {
	Threshold     int64 // points
	DecayPerSecMi int64 // thousandths of a point
}

// Kraken's tiers.
var (
	Starter      = Tier{60, 1000}
	Intermediate = Tier{125, 2340}
	Pro          = Tier{180, 3750}
)

// Research is the profile of a backtest unless told otherwise: every limit an explicit
// wide number, so that only form, inventory and funds bind, and an order is at most all of
// the equity. `trade` refuses it.
func Research() Limits {
	return Limits{
		Profile: "research",
		Order:   Share(money.PPM), Position: Wide, OpenPerPair: Unlimited, OpenTotal: Unlimited, OpenValuePPM: Unlimited,
		SpendablePPM: money.PPM, VenueSharePPM: Unlimited,
		PairPerMinute: Unlimited, PerMinute: Unlimited, PerDay: Unlimited, Tier: Tier{Threshold: Unlimited},
		SignalOrders: Unlimited, SignalAge: Forever, FeedbackCycles: Unlimited, Executions: Unlimited, TurnoverPPM: Unlimited,
		CollarPPM: Unlimited, CollarCapPPM: Unlimited, WalkPPM: Unlimited, SourceGapPPM: Unlimited, SpreadPPM: Unlimited,
		StaleMarket: Forever, StaleLink: Forever, StalePause: Forever, ClockSkew: Forever, AllowMarket: true, Lease: Forever,
		CrashStarts: Unlimited, DeadMan: Forever, NewsPerHour: Unlimited, NewsAge: Forever, ReconcilePPM: 0, UnknownFor: Forever,
		ErrorPPM: Unlimited, ErrorRequests: Unlimited,
		DailyLoss: Wide, HourlyLoss: Wide, Streak: Unlimited, PauseFor: 30 * time.Minute, DrawdownPPM: Unlimited,
		ProfilePositionPPM: Unlimited, ProfileDailyPPM: Unlimited, ProfileDrawdownPPM: Unlimited,
		FeePPM: Unlimited, SlipPPM: Unlimited, SlipMeanPPM: Unlimited,
	}
}

// Live is the table's defaults for a small account; unit is one unit of the account's
// currency at its scale. The profiles start from it.
func Live(unit money.Amount) Limits {
	return Limits{
		Profile: "live",
		Order:   Limit{Unlimited, 25 * unit}, Position: Share(50_000), OpenPerPair: 4, OpenTotal: 10, OpenValuePPM: 200_000,
		SpendablePPM: 900_000, VenueSharePPM: 500_000,
		PairPerMinute: 5, PerMinute: 20, PerDay: 200, Tier: Starter, Duplicate: 5 * time.Second,
		SignalOrders: 2, SignalAge: 15 * time.Minute, FeedbackCycles: 5, Executions: 50, TurnoverPPM: 3 * money.PPM,
		CollarPPM: 20_000, CollarCapPPM: 50_000, CollarVols: 4, WalkPPM: 10_000, SourceGapPPM: 50_000, SpreadPPM: 30_000, DepthTimes: 5,
		StaleMarket: 10 * time.Second, StaleLink: 5 * time.Second, StalePause: 60 * time.Second, ClockSkew: 2 * time.Second,
		NoSelfTrade: true, NeedsArming: true, Lease: 7 * 24 * time.Hour, CrashStarts: 3, DeadMan: 60 * time.Second,
		NewsPerHour: 3, NewsAge: 15 * time.Minute, ReconcilePPM: 1000, UnknownFor: 10 * time.Minute, ErrorPPM: 300_000, ErrorRequests: 10,
		DailyLoss: Limit{50_000, 20 * unit}, HourlyLoss: Limit{Unlimited, 100 * unit}, Streak: 10, PauseFor: 30 * time.Minute, DrawdownPPM: 150_000,
		ProfilePositionPPM: Unlimited, ProfileDailyPPM: Unlimited, ProfileDrawdownPPM: Unlimited,
		FeePPM: 8000, SlipPPM: 20_000, SlipMeanPPM: 5_000,
	}
}

// Profile is a named set of limits; unit is one unit of the account's currency at its
// scale. ok is false for a name that is none.
func Profile(name string, unit money.Amount) (l Limits, ok bool) {
	l = Live(unit)
	switch name {
	case "research":
		return Research(), true
	case "live", "kraken-bot": // whose drawdown of 15 % is the default
	case "nija":
		l.ProfilePositionPPM, l.ProfileDailyPPM, l.ProfileDrawdownPPM = 50_000, 50_000, 120_000
	case "binance-bot": // whose hourly loss, streak and pause are the defaults
		l.Modes = []Mode{
			{"ultra-fast", 300_000, 3, 200 * unit}, {"scalp", 300_000, 4, 300 * unit},
			{"swing", 250_000, 3, 500 * unit}, {"position", 150_000, 2, 750 * unit},
		}
	case "ramp-up":
		l.Ramp = []Step{{50 * unit, 20 * unit}, {200 * unit, 100 * unit}, {500 * unit, 500 * unit}}
	default:
		return Limits{}, false
	}
	l.Profile = name
	return l, true
}

// Profiles lists the names that Profile knows.
func Profiles() []string {
	return []string{"research", "live", "kraken-bot", "nija", "binance-bot", "ramp-up"}
}
