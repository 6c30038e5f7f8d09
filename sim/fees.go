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

// Kraken's schedules ("Kraken spot API reference", section 7, and the recorded AssetPairs
// of 2021 and 2025), by the date of the trade.
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

// Stablecoin, pegged and foreign-exchange base pairs, maker and taker alike. Of the
// schedule from 2024 on only the first tier is published in what we have, so it stays at
// any volume, which errs against the account.
var (
	stableBefore2024 = []tier{{0, 2000, 2000}, {50_000, 1600, 1600}, {100_000, 1200, 1200}, {250_000, 800, 800}, {500_000, 400, 400}, {1_000_000, 0, 0}}
	stable2024       = []tier{{0, 2000, 2000}}
)

type krakenFees struct{}

// KrakenFees are Kraken's own schedules: the one of the trade's date, the tier of the
// account's 30-day volume, and the schedule of stablecoin, pegged and
// foreign-exchange base pairs.
func KrakenFees() Fees { return krakenFees{} }

func (k krakenFees) Rates(in *exchange.Instrument, volume money.Amount, at exchange.Stamp) (maker, taker int64) {
	return k.of(in).Rates(in, volume, at)
}

// of is the schedule that an instrument is on.
func (krakenFees) of(in *exchange.Instrument) Fees {
	switch base := baseName(in); {
	case base == "USDG":
		return fixedFees{0, 100}
	case base == "USDE":
		return fixedFees{0, 0}
	case pegged(in):
		return tieredFees{stableBefore2024, stable2024, stable2024}
	}
	return tieredFees{tiersBefore2024, tiers2024, tiers2026}
}

// feesFor is a schedule for one instrument: what does not change is looked up once.
func feesFor(f Fees, in *exchange.Instrument) Fees {
	if k, ok := f.(krakenFees); ok {
		return k.of(in)
	}
	return f
}

// tieredFees are one kind of pair's schedules, by the date of the trade.
type tieredFees struct{ before2024, from2024, from2026 []tier }

func (f tieredFees) Rates(_ *exchange.Instrument, volume money.Amount, at exchange.Stamp) (maker, taker int64) {
	tiers := f.from2026
	switch {
	case at < start2024:
		tiers = f.before2024
	case at < start2026:
		tiers = f.from2024
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

// pegged reports whether a pair is on the stablecoin schedule: its base is a stablecoin
// or a state's currency, or its two assets are one and the same coin (Kraken support,
// "How do stablecoin/FX fees work?").
func pegged(in *exchange.Instrument) bool {
	if in.Symbol == "WBTC/XBT" {
		return true
	}
	base := baseName(in)
	switch base {
	case "USDT", "USDC", "DAI", "PYUSD", "RLUSD", "USDG", "USDE", "FDUSD", "TUSD", "USDD", "USDS", "USD1", "USDQ", "USDR",
		"EURT", "EURC", "EURQ", "EURR", "EUROP", "AUDX":
		return true
	}
	return exchange.IsFiat(base)
}
