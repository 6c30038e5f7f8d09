package cmd

import (
	"strings"
	"time"

	"github.com/spf13/pflag"

	"breakwater/exchange"
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
	profile, riskFile, mode    string
	limits                     []string
	rearm                      string
	strictness, blastRadius    bool

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
