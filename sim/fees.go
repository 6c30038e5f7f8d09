package sim

import (
	"strings"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Fees is a fee schedule.
type Fees interface {
	// Rates are the maker's and the taker's fee in ppm of the cost, for an account that
	// traded volume (US dollars at VolumeDecimals) in the last 30 days, at an instant.
	Rates(in *exchange.Instrument, volume money.Amount, at exchange.Stamp) (makerPPM, takerPPM int64)
}

// VolumeDecimals is the scale of a fee volume in US dollars: Kraken's for fiat money.
const VolumeDecimals = 4

type fixedFees struct{ maker, taker int64 }

// FixedFees are the same at any volume and time.
func FixedFees(makerPPM, takerPPM int64) Fees { return fixedFees{makerPPM, takerPPM} }

func (f fixedFees) Rates(*exchange.Instrument, money.Amount, exchange.Stamp) (int64, int64) {
	return f.maker, f.taker
}

// tier is what an account pays from a 30-day volume on.
type tier struct {
	volumeUSD    int64
	maker, taker int64 // ppm
}

// Kraken's schedules ("Kraken spot API reference", section 7), by the date of the trade.
var (
	tiersBefore2024 = []tier{
		{0, 1600, 2600}, {50_000, 1400, 2400}, {100_000, 1200, 2200}, {250_000, 1000, 2000}, {500_000, 800, 1800},
		{1_000_000, 600, 1600}, {2_500_000, 400, 1400}, {5_000_000, 200, 1200}, {10_000_000, 0, 1000},
	}
	tiers2024 = []tier{
		{0, 2500, 4000}, {10_000, 2000, 3500}, {50_000, 1400, 2400}, {100_000, 1200, 2200}, {250_000, 1000, 2000},
		{500_000, 800, 1800}, {1_000_000, 600, 1600}, {2_500_000, 400, 1400}, {5_000_000, 200, 1200}, {10_000_000, 0, 1000},
	}
	tiers2026 = []tier{
		{0, 4000, 8000}, {2_500, 3000, 6000}, {10_000, 2200, 3800}, {25_000, 2000, 3500}, {50_000, 1500, 3000},
		{100_000, 1200, 2500}, {250_000, 1000, 2200}, {500_000, 800, 2000}, {1_000_000, 600, 1800}, {2_500_000, 400, 1500},
		{5_000_000, 200, 1200}, {10_000_000, 0, 1000}, {50_000_000, 0, 900}, {100_000_000, 0, 800}, {250_000_000, 0, 700},
		{400_000_000, 0, 600}, {500_000_000, 0, 500},
	}
)

// The days on which a schedule began.
var (
	start2024 = exchange.At(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC))
	start2026 = exchange.At(time.Date(2026, 7, 9, 0, 0, 0, 0, time.UTC))
)

// stablePPM is the fee of stablecoin, pegged and foreign-exchange base pairs, maker and
// taker. Only the first tier is published in what we have, so it stays at any volume,
// which errs against the account.
const stablePPM = 2000

type krakenFees struct{}

// KrakenFees are Kraken's own schedules: the one of the trade's date, the tier of the
// account's 30-day volume, and the schedule of stablecoin, pegged and
// foreign-exchange base pairs.
func KrakenFees() Fees { return krakenFees{} }

func (krakenFees) Rates(in *exchange.Instrument, volume money.Amount, at exchange.Stamp) (maker, taker int64) {
	switch base := baseName(in); {
	case base == "USDG":
		return 0, 100
	case base == "USDE":
		return 0, 0
	case pegged(base):
		return stablePPM, stablePPM
	}
	tiers := tiers2026
	switch {
	case at < start2024:
		tiers = tiersBefore2024
	case at < start2026:
		tiers = tiers2024
	}
	usd := int64(volume) / money.Pow10[VolumeDecimals]
	i := 0
	for i+1 < len(tiers) && usd >= tiers[i+1].volumeUSD {
		i++
	}
	return tiers[i].maker, tiers[i].taker
}

func baseName(in *exchange.Instrument) string {
	base, _, _ := strings.Cut(in.Symbol, "/")
	return base
}

// pegged reports whether an asset belongs on the stablecoin schedule when it is the base.
func pegged(asset string) bool {
	switch asset {
	case "USDT", "USDC", "DAI", "PYUSD", "RLUSD", "USDG", "USDE", "FDUSD", "TUSD", "USDD", "USDS", "USD1", "USDQ", "USDR",
		"EURT", "EURC", "EURQ", "EURR", "EUROP", "AUDX", "WBTC", "TBTC", "CBBTC":
		return true
	}
	return exchange.IsFiat(asset)
}
