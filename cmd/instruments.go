package cmd

import (
	"os"
	"slices"

	"github.com/spf13/pflag"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// planInstruments fills the catalog with the pairs of the files, each with its rules.
func (s *settings) planInstruments(_ *pflag.FlagSet, p *plan) error {
	var pairs *data.Pairs
	if s.rules != "" {
		f, err := os.Open(s.rules)
		if err != nil {
			return usagef("--asset-pairs %s: cannot be read; check the path", s.rules)
		}
		defer f.Close()
		if pairs, err = data.ReadPairs(f); err != nil {
			return usagef("--asset-pairs %s: %s", s.rules, errorText(err))
		}
	}
	var symbols []string
	for i := range p.inputs {
		if symbol := p.inputs[i].info.Pair; !slices.Contains(symbols, symbol) {
			symbols = append(symbols, symbol)
		}
	}
	specs := make([]exchange.Spec, len(symbols))
	for i, symbol := range symbols {
		var err error
		if specs[i], err = s.spec(symbol, pairs); err != nil {
			return err
		}
		if err := s.idealLedger(p.catalog, &specs[i]); err != nil {
			return err
		}
	}
	ids, err := data.AddSpecs(p.catalog, specs...)
	if err != nil {
		return wrong(err)
	}
	for i := range p.inputs {
		p.inputs[i].instrument = ids[slices.Index(symbols, p.inputs[i].info.Pair)]
	}
	return nil
}

// spec is a pair's rules: those recorded, else what the flags say.
func (s *settings) spec(symbol string, pairs *data.Pairs) (spec exchange.Spec, err error) {
	if pairs != nil {
		spec, found, err := pairs.Spec(symbol)
		if err != nil {
			return spec, wrong(err)
		}
		if !found {
			return spec, usagef("--asset-pairs %s has no %s; take the answer that lists it, or give its rules with --tick, --ordermin and --costmin instead", s.rules, symbol)
		}
		if s.tick != "" || s.orderMin != "" || s.costMin != "" {
			return spec, usagef("--asset-pairs already tells tick and minima of %s; leave out --tick, --ordermin and --costmin, or --asset-pairs", symbol)
		}
		widen(&spec, s.priceDecimals)
		return spec, nil
	}
	spec = exchange.Spec{Symbol: symbol, PriceDecimals: s.priceDecimals, LotDecimals: s.lotDecimals}
	_, quote, _ := exchange.NormalPair(symbol)
	for _, v := range []struct {
		flag, text string
		decimals   uint8
		to         *int64
	}{
		{"--tick", s.tick, s.priceDecimals, (*int64)(&spec.Tick)},
		{"--ordermin", s.orderMin, s.lotDecimals, (*int64)(&spec.OrderMin)},
		{"--costmin", s.costMin, data.AssetDecimals(quote), (*int64)(&spec.CostMin)},
	} {
		if v.text == "" {
			continue
		}
		if v.decimals > money.MaxDecimals {
			return spec, usagef("%d decimals are too many; at most 12", v.decimals)
		}
		if *v.to, err = parseAmount(v.flag, v.text, v.decimals); err != nil {
			return spec, err
		}
		spec.RulesKnown = true
	}
	return spec, nil
}

// widen lets the data of a pair have finer prices than its tick: over the years Kraken has
// made many ticks coarser. Orders keep to the tick.
func widen(spec *exchange.Spec, decimals uint8) {
	if decimals <= spec.PriceDecimals || decimals > money.MaxDecimals {
		return
	}
	spec.Tick = max(spec.Tick, 1) * money.Price(money.Pow10[decimals-spec.PriceDecimals])
	spec.PriceDecimals = decimals
}

// idealDecimals is the scale of money under --ideal: other engines do not round fees to
// the four decimals in which Kraken books fiat money.
const idealDecimals = 8

func (s *settings) idealLedger(cat *exchange.Catalog, spec *exchange.Spec) error {
	_, quote, _ := exchange.NormalPair(spec.Symbol)
	have := data.AssetDecimals(quote)
	if !s.ideal || have >= idealDecimals {
		return nil
	}
	spec.CostMin *= money.Amount(money.Pow10[idealDecimals-have])
	_, err := cat.AddAsset(quote, idealDecimals)
	return wrong(err)
}
