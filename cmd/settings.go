package cmd

import (
	"strings"
	"time"

	"github.com/spf13/pflag"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/risk"
	"breakwater/sim"
)

// settings are the flags of a backtest as they were written.
type settings struct {
	data, pairs, intervals []string
	bars, from, to, empty  string

	strategy string
	set      []string
	slots    []string
	cash     string
	currency string
	size     string
	seed     uint64
	atEnd    bool

	fee, spread, slippage, cap string
	latency                    time.Duration
	ideal                      bool
	profile                    string
	limits                     []string
	rearm                      string

	rules                      string
	rulesFrom                  string // of a command that brings its data: where its rules are from
	priceDecimals, lotDecimals uint8
	tick, orderMin, costMin    string

	lookahead bool
	out       string
	overwrite bool
	noReport  bool
	json      bool
	quiet     bool
}

// dataFlags are those that say what the data is; the demo brings its own.
func (s *settings) dataFlags(f *pflag.FlagSet) {
	f.StringArrayVar(&s.data, "data", nil, "`FILE` of bars or trades (CSV, .gz, .zip); again for more pairs or bar sizes")
	f.StringArrayVar(&s.pairs, "pair", nil, "`PAIR` of the data where the name does not tell; again in the order of --data")
	f.StringArrayVar(&s.intervals, "interval", nil, "bar `SIZE` of the data where the name does not tell: 1m, 4h, 1d; again in the order of --data")
	f.StringVar(&s.rules, "asset-pairs", "", "`FILE` with Kraken's AssetPairs answer: ticks, lots and minima of the pairs")
	f.Uint8Var(&s.priceDecimals, "price-decimals", exchange.DefaultPriceDecimals, "`DECIMALS` of prices, where no rules are given")
	f.Uint8Var(&s.lotDecimals, "lot-decimals", exchange.DefaultLotDecimals, "`DECIMALS` of sizes, where no rules are given")
	f.StringVar(&s.tick, "tick", "", "smallest `STEP` of a price, where no rules are given")
	f.StringVar(&s.orderMin, "ordermin", "", "smallest `SIZE` of an order in base units, where no rules are given")
	f.StringVar(&s.costMin, "costmin", "", "smallest `COST` of an order in quote units, where no rules are given")
}

// runFlags are the others.
func (s *settings) runFlags(f *pflag.FlagSet) {
	f.StringVar(&s.bars, "bars", "", "build bars of this `SIZE` for the strategy; orders still meet the data as it is")
	f.StringVar(&s.from, "from", "", "first `TIME` of data that is used (2020-03-12, UTC)")
	f.StringVar(&s.to, "to", "", "`TIME` before which the data ends")
	f.StringVar(&s.empty, "empty", string(data.Skip), "intervals without a bar: skip, or flat bars as in Kraken's feeds")

	f.StringVar(&s.strategy, "strategy", s.strategy, "`NAME` of the strategy; \"breakwater strategies\" lists them")
	f.StringArrayVar(&s.set, "set", nil, "parameter of the strategy, `NAME=VALUE`; again for more")
	f.StringArrayVar(&s.slots, "slot", nil, "one of several strategies: `name=N,strategy=S,pairs=A/B+C/D,share=50%,interval=4h,set.PARAM=VALUE`")
	f.StringVar(&s.cash, "cash", "10000", "`AMOUNT` on the account at the start")
	f.StringVar(&s.currency, "currency", "", "of the account; without it the quote of the first pair")
	f.StringVar(&s.size, "size", "all", "what an entry buys: `all` cash, all-whole (whole units), or a quantity")
	f.Uint64Var(&s.seed, "seed", 1, "of the strategies' random numbers and of the intervals of the ratios")
	f.BoolVar(&s.atEnd, "close-at-end", false, "sell what is held at the last price")

	f.StringVar(&s.fee, "fee", "kraken", "`kraken` (its schedule at each date), one rate, or maker,taker: 0.16%,0.26%")
	f.StringVar(&s.spread, "spread", rateText(sim.DefaultSpreadPPM), "quoted spread; a taker pays half of it")
	f.StringVar(&s.slippage, "slippage", rateText(sim.DefaultSlippagePPM), "adverse move that a taker pays on top")
	f.DurationVar(&s.latency, "latency", sim.DefaultLatency, "from the decision to the venue")
	f.StringVar(&s.cap, "volume-cap", rateText(sim.DefaultVolumeCapPPM), "largest share of a bar's volume that orders take; 0: no cap")
	f.BoolVar(&s.ideal, "ideal", false, "fills at the next opening without spread, slippage, latency, cap or rounding of fees, as in other engines")
	f.StringVar(&s.profile, "profile", risk.Research().Profile, "`NAME` of the guard's limits: "+strings.Join(risk.Profiles(), ", "))
	f.StringArrayVar(&s.limits, "limit", nil, "narrower limit of the guard, `CONTROL=VALUE`: drawdown=15%, max-order-notional=500; again for more")
	f.StringVar(&s.rearm, "rearm", "never", "simulated operator who lifts the guard's latches: never, next-day, `after=24h`")

	f.BoolVar(&s.lookahead, "check-lookahead", false, "prove that no decision depends on the future, and stop")
	f.StringVar(&s.out, "out", "", "`DIR` of the report; without it a new one under out")
	f.BoolVar(&s.overwrite, "overwrite", false, "replace the report that is in --out")
	f.BoolVar(&s.noReport, "no-report", false, "write no files")
	f.BoolVar(&s.json, "json", false, "print the summary as JSON for programs")
	f.BoolVar(&s.quiet, "quiet", false, "print no summary and no progress")
}

// model is how data becomes fills.
func (s *settings) model(f *pflag.FlagSet) (m sim.Model, err error) {
	if s.ideal {
		for _, name := range []string{"spread", "slippage", "latency", "volume-cap"} {
			if f.Changed(name) {
				return m, usagef("--ideal means no %s; leave one of --ideal and --%s out", strings.ReplaceAll(name, "-", " "), name)
			}
		}
		return sim.IdealModel(), nil
	}
	if m.SpreadPPM, err = parseRate("--spread", s.spread, 500_000); err != nil {
		return m, err
	}
	if m.SlippagePPM, err = parseRate("--slippage", s.slippage, 500_000); err != nil {
		return m, err
	}
	if m.VolumeCapPPM, err = parseRate("--volume-cap", s.cap, 1_000_000); err != nil {
		return m, err
	}
	if m.Latency = s.latency; m.Latency < 0 || m.Latency > time.Hour {
		return m, usagef("--latency %v is out of range; give 0s to 1h", s.latency)
	}
	return m, nil
}

// schedule is the fees, and the worst of them.
func (s *settings) schedule(cat *exchange.Catalog) (fees sim.Fees, worstPPM int64, err error) {
	if s.fee == "kraken" {
		fees = sim.KrakenFees()
		for i := range cat.Instruments {
			for _, at := range []exchange.Stamp{0, exchange.Seconds(1_735_689_600), exchange.Never} { // a day of each of its schedules
				maker, taker := fees.Rates(&cat.Instruments[i], 0, at)
				worstPPM = max(worstPPM, maker, taker)
			}
		}
		return fees, worstPPM, nil
	}
	first, second, both := strings.Cut(s.fee, ",")
	maker, err := parseRate("--fee", first, 100_000)
	if err != nil {
		return nil, 0, err
	}
	taker := maker
	if both {
		if taker, err = parseRate("--fee", second, 100_000); err != nil {
			return nil, 0, err
		}
	}
	return sim.FixedFees(maker, taker), max(maker, taker), nil
}
