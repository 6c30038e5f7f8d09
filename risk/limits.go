package risk

import (
	"fmt"
	"math"
	"time"

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

// Share is a Limit that is only a share of equity.
func Share(ppm int64) Limit { return Limit{PPM: ppm, Amount: Unlimited} }

// Limits are the numbers of the controls. The zero value refuses everything.
type Limits struct {
	Profile      string
	Order        Limit // max-order-notional
	Position     Limit // max-position: worst-case exposure in one instrument
	SpendablePPM int64 // cash-reserve: share of equity that buys may use; the rest stays cash
	CollarPPM    int64 // price-collar: largest distance of a limit from the reference price
	DailyLoss    Limit // daily-loss
	DrawdownPPM  int64 // drawdown from the high-water mark
	// MaxOpenOrders bounds the guard's own memory; it is no control of section 2.2 yet.
	MaxOpenOrders int
}

// Research is the profile of a backtest unless told otherwise: every limit an explicit
// wide number, so that only form, inventory and funds bind. `trade` refuses it.
func Research() Limits {
	return Limits{
		Profile:       "research",
		Order:         Share(money.PPM),
		Position:      Limit{Unlimited, Unlimited},
		SpendablePPM:  money.PPM,
		CollarPPM:     100 * money.PPM,
		DailyLoss:     Limit{Unlimited, Unlimited},
		DrawdownPPM:   Unlimited,
		MaxOpenOrders: 10_000,
	}
}

// Rearm is the simulated operator of a backtest who lifts latches; every lift is
// recorded as his.
type Rearm struct {
	Mode  RearmMode
	After time.Duration // for RearmAfter
}

// RearmMode says when the simulated operator acts.
type RearmMode uint8

// The modes.
const (
	RearmNever   RearmMode = iota // latches stay
	RearmNextDay                  // at the start of the next trading day
	RearmAfter                    // a duration after the latch
)

// ParseRearm reads never, next-day or after=DURATION.
func ParseRearm(s string) (Rearm, error) {
	switch {
	case s == "" || s == "never":
		return Rearm{}, nil
	case s == "next-day":
		return Rearm{Mode: RearmNextDay}, nil
	case len(s) > 6 && s[:6] == "after=":
		if d, err := time.ParseDuration(s[6:]); err == nil && d > 0 {
			return Rearm{Mode: RearmAfter, After: d}, nil
		}
	}
	return Rearm{}, fmt.Errorf("rearm %q: use never, next-day or after=24h", s)
}

func (r Rearm) String() string {
	switch r.Mode {
	case RearmNextDay:
		return "next-day"
	case RearmAfter:
		return "after=" + r.After.String()
	}
	return "never"
}
