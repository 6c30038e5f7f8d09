package riskfile

import (
	"time"

	"breakwater/exchange/money"
	"breakwater/risk"
)

// kind is how a parameter is written.
type kind uint8

const (
	amount  kind = iota // of the account's currency, an exact decimal
	share               // 5%
	reserve             // a share that is kept; the limit is what it leaves
	span                // 10s
	count               // 4
	toggle              // on, off
)

func (k kind) unit(currency string) string {
	switch k {
	case amount:
		return currency
	case share, reserve:
		return "%"
	case span:
		return "s, m, h, d"
	case count:
		return "count"
	}
	return "on, off"
}

// param is one number of a control: the table of these is what risk.yaml can hold.
type param struct {
	control risk.Control
	name    string // "": the value stands alone behind the control's name
	kind    kind
	doc     string
	zero    string // what a zero does where that lets nothing through; "": a zero is a value like others
	least   bool   // the larger number is the stricter one
	fact    bool   // tells of the account or its surroundings: never looser or stricter
	scaled  bool   // a matter of how much is dared: the strictness table scales it
	zeroOff bool   // none is a zero; else it is Unlimited
	always  bool   // there is no none
	most    int64  // largest that makes sense; 0: of its kind
	at      func(*risk.Limits) *int64
	on      func(*risk.Limits) *bool // of a toggle
}

const nothing = "no order that increases risk gets through"

// params is the table, in the order of the guard's own.
var params = []param{
	{control: risk.OrderForm, name: "market-orders", kind: toggle, doc: "off: they go out as limits inside the collar, to fill at once",
		on: func(l *risk.Limits) *bool { return &l.AllowMarket }},
	{control: risk.MaxOrderNotional, name: "amount", kind: amount, doc: "largest value of one order", zero: nothing, scaled: true,
		at: func(l *risk.Limits) *int64 { return (*int64)(&l.Order.Amount) }},
	{control: risk.MaxOrderNotional, name: "share", kind: share, doc: "the same as a share of equity", zero: nothing, scaled: true,
		at: func(l *risk.Limits) *int64 { return &l.Order.PPM }},
	{control: risk.MaxPosition, name: "amount", kind: amount, doc: "largest worst-case position in a pair", zero: nothing, scaled: true,
		at: func(l *risk.Limits) *int64 { return (*int64)(&l.Position.Amount) }},
	{control: risk.MaxPosition, name: "share", kind: share, doc: "the same as a share of equity", zero: nothing, scaled: true,
		at: func(l *risk.Limits) *int64 { return &l.Position.PPM }},
	{control: risk.MaxOpenOrders, name: "per-pair", kind: count, doc: "open orders of a pair", zero: nothing, scaled: true,
		at: func(l *risk.Limits) *int64 { return &l.OpenPerPair }},
	{control: risk.MaxOpenOrders, name: "total", kind: count, doc: "open orders of the account", zero: nothing, scaled: true,
		at: func(l *risk.Limits) *int64 { return &l.OpenTotal }},
	{control: risk.MaxOpenOrders, name: "value", kind: share, doc: "unexecuted value, a share of equity", zero: nothing, scaled: true,
		at: func(l *risk.Limits) *int64 { return &l.OpenValuePPM }},
	{control: risk.CashReserve, kind: reserve, doc: "share of equity that stays cash", always: true, scaled: true,
		at: func(l *risk.Limits) *int64 { return &l.SpendablePPM }},
	{control: risk.OrderRate, name: "pair-minute", kind: count, doc: "attempts a minute in a pair", zero: nothing, scaled: true,
		at: func(l *risk.Limits) *int64 { return &l.PairPerMinute }},
	{control: risk.OrderRate, name: "minute", kind: count, doc: "attempts a minute", zero: nothing, scaled: true,
		at: func(l *risk.Limits) *int64 { return &l.PerMinute }},
	{control: risk.OrderRate, name: "day", kind: count, doc: "attempts in 24 hours", zero: nothing, scaled: true,
		at: func(l *risk.Limits) *int64 { return &l.PerDay }},
	{control: risk.DuplicateOrder, kind: span, doc: "time in which the same order again is denied", least: true, zeroOff: true,
		at: func(l *risk.Limits) *int64 { return (*int64)(&l.Duplicate) }},
	{control: risk.SignalBudget, name: "orders", kind: count, doc: "orders of one signal", zero: nothing, scaled: true,
		at: func(l *risk.Limits) *int64 { return &l.SignalOrders }},
	{control: risk.SignalBudget, name: "age", kind: span, doc: "time that a signal serves", zero: "a signal serves for one instant only",
		at: func(l *risk.Limits) *int64 { return (*int64)(&l.SignalAge) }},
	{control: risk.FillFeedback, kind: count, doc: "cycles of order and fill in 60 s that halt", zero: nothing,
		at: func(l *risk.Limits) *int64 { return &l.FeedbackCycles }},
	{control: risk.ExecutionThrottle, name: "executions", kind: count, doc: "executions of a strategy in a trading day", zero: "the first fill halts the strategy", scaled: true,
		at: func(l *risk.Limits) *int64 { return &l.Executions }},
	{control: risk.ExecutionThrottle, name: "turnover", kind: share, doc: "traded by a strategy in an hour, a share of equity", zero: "the first fill halts the strategy", scaled: true, most: 1000 * money.PPM,
		at: func(l *risk.Limits) *int64 { return &l.TurnoverPPM }},
	{control: risk.PriceCollar, name: "distance", kind: share, doc: "how far a limit may be from the reference price in calm times", zero: "no order gets through, exits neither",
		at: func(l *risk.Limits) *int64 { return &l.CollarPPM }},
	{control: risk.PriceCollar, name: "cap", kind: share, doc: "how far in wild times", zero: "the distance does not widen",
		at: func(l *risk.Limits) *int64 { return &l.CollarCapPPM }},
	{control: risk.PriceCollar, name: "volatilities", kind: count, doc: "the distance is at least so many times one minute's volatility; 0: never wider", always: true,
		at: func(l *risk.Limits) *int64 { return &l.CollarVols }},
	{control: risk.PriceCollar, name: "walk", kind: share, doc: "how far an order may walk the book", zero: "only the best price is taken",
		at: func(l *risk.Limits) *int64 { return &l.WalkPPM }},
	{control: risk.VenueSanity, name: "source-gap", kind: share, doc: "distance from the second source's price", zero: "any difference pauses the pair",
		at: func(l *risk.Limits) *int64 { return &l.SourceGapPPM }},
	{control: risk.VenueSanity, name: "spread", kind: share, doc: "spread of the book", zero: "any spread pauses the pair",
		at: func(l *risk.Limits) *int64 { return &l.SpreadPPM }},
	{control: risk.VenueSanity, name: "depth", kind: count, doc: "depth inside the collar, at least so many times the order", least: true, zeroOff: true,
		at: func(l *risk.Limits) *int64 { return &l.DepthTimes }},
	{control: risk.StaleData, name: "market", kind: span, doc: "age of the last price at which orders are denied; at least two bars", zero: "every price is old",
		at: func(l *risk.Limits) *int64 { return (*int64)(&l.StaleMarket) }},
	{control: risk.StaleData, name: "heartbeat", kind: span, doc: "age of the last heartbeat at which orders are denied", zero: "every heartbeat is old",
		at: func(l *risk.Limits) *int64 { return (*int64)(&l.StaleLink) }},
	{control: risk.StaleData, name: "pause", kind: span, doc: "age of the last price at which the pair pauses; at least two bars", zero: "every price is old",
		at: func(l *risk.Limits) *int64 { return (*int64)(&l.StalePause) }},
	{control: risk.ClockSkew, kind: span, doc: "difference between our clock and the venue's", zero: "any difference pauses",
		at: func(l *risk.Limits) *int64 { return (*int64)(&l.ClockSkew) }},
	{control: risk.DailyLoss, name: "amount", kind: amount, doc: "loss of a trading day", zero: "the first loss of a day ends it", scaled: true,
		at: func(l *risk.Limits) *int64 { return (*int64)(&l.DailyLoss.Amount) }},
	{control: risk.DailyLoss, name: "share", kind: share, doc: "the same as a share of the day's first equity", zero: "the first loss of a day ends it", scaled: true,
		at: func(l *risk.Limits) *int64 { return &l.DailyLoss.PPM }},
	{control: risk.HourlyLoss, name: "amount", kind: amount, doc: "sum of the losing trades of an hour", zero: "every trade without a win pauses", scaled: true,
		at: func(l *risk.Limits) *int64 { return (*int64)(&l.HourlyLoss.Amount) }},
	{control: risk.HourlyLoss, name: "share", kind: share, doc: "the same as a share of equity", zero: "every trade without a win pauses", scaled: true,
		at: func(l *risk.Limits) *int64 { return &l.HourlyLoss.PPM }},
	{control: risk.LossStreak, kind: count, doc: "trades in a row without a win that pause", zero: "every trade without a win pauses", scaled: true,
		at: func(l *risk.Limits) *int64 { return &l.Streak }},
	{control: risk.HalfOpen, kind: span, doc: "first pause after hourly-loss or loss-streak", least: true, always: true,
		at: func(l *risk.Limits) *int64 { return (*int64)(&l.PauseFor) }},
	{control: risk.Drawdown, kind: share, doc: "fall from the highest equity", zero: "any fall halts", scaled: true,
		at: func(l *risk.Limits) *int64 { return &l.DrawdownPPM }},
	{control: risk.ProfileLimits, name: "position", kind: share, doc: "position in a pair beside max-position, a share of equity", zero: nothing, scaled: true,
		at: func(l *risk.Limits) *int64 { return &l.ProfilePositionPPM }},
	{control: risk.ProfileLimits, name: "daily-loss", kind: share, doc: "loss of a trading day beside daily-loss", zero: "the first loss of a day ends it", scaled: true,
		at: func(l *risk.Limits) *int64 { return &l.ProfileDailyPPM }},
	{control: risk.ProfileLimits, name: "drawdown", kind: share, doc: "fall from the highest equity beside drawdown", zero: "any fall halts", scaled: true,
		at: func(l *risk.Limits) *int64 { return &l.ProfileDrawdownPPM }},
	{control: risk.FeeAnomaly, kind: share, doc: "the schedule's worst fee: half as much again on three fills pauses, three times as much on one", zero: "any fee pauses",
		at: func(l *risk.Limits) *int64 { return &l.FeePPM }},
	{control: risk.SlippageAnomaly, name: "fill", kind: share, doc: "distance of a fill from the price at its decision", zero: "any slippage pauses the pair",
		at: func(l *risk.Limits) *int64 { return &l.SlipPPM }},
	{control: risk.SlippageAnomaly, name: "mean", kind: share, doc: "the same, mean of 20 fills", zero: "any slippage pauses the pair",
		at: func(l *risk.Limits) *int64 { return &l.SlipMeanPPM }},
	{control: risk.Reconcile, kind: share, doc: "difference between our books and the venue's; a lot is always allowed", always: true,
		at: func(l *risk.Limits) *int64 { return &l.ReconcilePPM }},
	{control: risk.APIErrorRate, name: "share", kind: share, doc: "failed requests of the last 60 s", zero: "any failure pauses",
		at: func(l *risk.Limits) *int64 { return &l.ErrorPPM }},
	{control: risk.APIErrorRate, name: "requests", kind: count, doc: "requests below which nothing is judged",
		at: func(l *risk.Limits) *int64 { return &l.ErrorRequests }},
	{control: risk.DeadMansSwitch, kind: span, doc: "time after which the venue cancels everything unless refreshed", zero: nothing,
		at: func(l *risk.Limits) *int64 { return (*int64)(&l.DeadMan) }},
	{control: risk.SelfTrade, kind: toggle, doc: "whether an order that would meet an own one is denied", least: true,
		on: func(l *risk.Limits) *bool { return &l.NoSelfTrade }},
	{control: risk.CrashLoop, kind: count, doc: "starts in 10 minutes that halt", zero: "the first start halts",
		at: func(l *risk.Limits) *int64 { return &l.CrashStarts }},
	{control: risk.ArmedLease, kind: span, doc: "how long an arming holds", zero: "an arming holds for no time",
		at: func(l *risk.Limits) *int64 { return (*int64)(&l.Lease) }},
	{control: risk.SignalSource, name: "hour", kind: count, doc: "news of one source in an hour", zero: "all news is muted",
		at: func(l *risk.Limits) *int64 { return &l.NewsPerHour }},
	{control: risk.SignalSource, name: "age", kind: span, doc: "age of news", zero: "all news is too old",
		at: func(l *risk.Limits) *int64 { return (*int64)(&l.NewsAge) }},
	{control: risk.VenueExposure, name: "share", kind: share, doc: "share of all your capital on this venue above which there is a warning", zero: "there is always a warning",
		at: func(l *risk.Limits) *int64 { return &l.VenueSharePPM }},
	{control: risk.VenueExposure, name: "elsewhere", kind: amount, doc: "your capital elsewhere", always: true, fact: true,
		at: func(l *risk.Limits) *int64 { return (*int64)(&l.CapitalElse) }},
	{control: risk.UnknownOutcome, kind: span, doc: "time after which an order of unknown outcome halts its pair", zero: "an unknown outcome halts at once",
		at: func(l *risk.Limits) *int64 { return (*int64)(&l.UnknownFor) }},
}

// none is the stored value of a limit that does not bind.
func (p *param) none() int64 {
	if p.zeroOff {
		return 0
	}
	return risk.Unlimited
}

// title names a parameter in a message.
func (p *param) title() string {
	if p.name == "" {
		return p.control.String()
	}
	return p.control.String() + " " + p.name
}

// looser reports whether a value lets more through than another.
func (p *param) looser(v, than int64) bool {
	if p.least {
		return v < than
	}
	return v > than
}

// of is the stored value; a toggle is 0 or 1.
func (p *param) of(l *risk.Limits) int64 {
	if p.kind != toggle {
		return *p.at(l)
	}
	if *p.on(l) {
		return 1
	}
	return 0
}

func (p *param) set(l *risk.Limits, v int64) {
	if p.kind == toggle {
		*p.on(l) = v != 0
		return
	}
	*p.at(l) = v
}

// paramsOf are the parameters of a control.
func paramsOf(c risk.Control) (of []*param) {
	for i := range params {
		if params[i].control == c {
			of = append(of, &params[i])
		}
	}
	return of
}

// asLimit reports whether a control has an amount and a share, either of which may stand
// alone behind its name.
func asLimit(of []*param) bool {
	return len(of) == 2 && of[0].name == "amount" && of[1].name == "share"
}

// elsewhere says of a control without parameters where it is set, if anywhere.
var elsewhere = map[risk.Control]string{
	risk.ModeAllocation:  "is set by modes: {swing: {share: 25%, positions: 3, order: 500}}",
	risk.RampUp:          "is set by ramp: [{position: 50, daily-loss: 20}]",
	risk.MessageThrottle: "is set by tier: starter, intermediate or pro",
	risk.DryRun:          "is set in bot.yaml",
	risk.KillFile:        "lies in the state directory and is always on",
}

// longest is the longest time that a file may name.
const longest = 10 * 365 * 24 * time.Hour
