package data

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Pairs are the instruments of a recorded answer of Kraken's AssetPairs call.
type Pairs struct {
	bySymbol map[string]pairRules
}

// pairRules is one entry of the answer (Kraken REST docs, AssetPairs). Fields that old
// recordings leave out stay zero.
type pairRules struct {
	Wsname       string `json:"wsname"`
	Base         string `json:"base"`
	Quote        string `json:"quote"`
	PairDecimals uint8  `json:"pair_decimals"`
	LotDecimals  uint8  `json:"lot_decimals"`
	CostDecimals uint8  `json:"cost_decimals"`
	TickSize     string `json:"tick_size"`
	OrderMin     string `json:"ordermin"`
	CostMin      string `json:"costmin"`
	Status       string `json:"status"`
}

// ReadPairs reads an AssetPairs answer as pure JSON, with or without the envelope of
// error and result. Dark pools and synthetic ids (with a dot or a colon) are left out.
func ReadPairs(r io.Reader) (*Pairs, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("data: reading asset pairs: %w", err)
	}
	var envelope struct {
		Error  []string                   `json:"error"`
		Result map[string]json.RawMessage `json:"result"`
	}
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return nil, Formatf("data: the asset pairs are no JSON: %v; record Kraken's AssetPairs again", err)
	}
	if len(envelope.Error) > 0 {
		return nil, Formatf("data: the recording of asset pairs is Kraken's error %q; record it again", strings.Join(envelope.Error, ", "))
	}
	entries := envelope.Result
	if entries == nil {
		if err := json.Unmarshal(raw, &entries); err != nil {
			return nil, Formatf("data: the asset pairs hold no result: %v; record Kraken's AssetPairs again", err)
		}
	}
	p := &Pairs{bySymbol: map[string]pairRules{}}
	for _, id := range slices.Sorted(maps.Keys(entries)) {
		e := entries[id]
		if strings.ContainsAny(id, ".:") {
			continue
		}
		var rules pairRules
		if err := json.Unmarshal(e, &rules); err != nil {
			return nil, Formatf("data: asset pair %s: %v; record Kraken's AssetPairs again", id, err)
		}
		name := rules.Wsname
		if name == "" {
			name = id
		}
		base, quote, ok := exchange.NormalPair(name)
		if !ok {
			continue // no spot pair that we could name
		}
		p.bySymbol[base+"/"+quote] = rules
	}
	if len(p.bySymbol) == 0 {
		return nil, Formatf("data: the recording holds no asset pairs; record Kraken's AssetPairs again")
	}
	return p, nil
}

// Symbols lists the pairs as BASE/QUOTE, sorted.
func (p *Pairs) Symbols() []string {
	return slices.Sorted(maps.Keys(p.bySymbol))
}

// Spec is a pair's rules, for exchange.Catalog.Add. ok is false when the recording does
// not have it. CostMin is in the quote asset's AssetDecimals.
func (p *Pairs) Spec(pair string) (spec exchange.Spec, ok bool, err error) {
	base, quote, ok := exchange.NormalPair(pair)
	if !ok {
		return spec, false, fmt.Errorf("data: cannot tell base and quote of %q; write it as BASE/QUOTE, for example XBT/CAD", pair)
	}
	symbol := base + "/" + quote
	r, ok := p.bySymbol[symbol]
	if !ok {
		return spec, false, nil
	}
	spec = exchange.Spec{Symbol: symbol, PriceDecimals: r.PairDecimals, LotDecimals: r.LotDecimals, CostDecimals: r.CostDecimals, RulesKnown: true}
	read := func(what, text string, decimals uint8) int64 {
		if text == "" || err != nil {
			return 0
		}
		v, bad := money.Parse(text, decimals)
		if bad != nil || v < 0 {
			err = Formatf("data: asset pair %s: %s %q does not fit %d decimals: %v; record Kraken's AssetPairs again", symbol, what, text, decimals, bad)
		}
		return v
	}
	spec.Tick = money.Price(read("tick_size", r.TickSize, r.PairDecimals))
	spec.OrderMin = money.Qty(read("ordermin", r.OrderMin, r.LotDecimals))
	spec.CostMin = money.Amount(read("costmin", r.CostMin, AssetDecimals(quote)))
	if err == nil {
		spec.Status, err = statusOf(symbol, r.Status)
	}
	return spec, true, err
}

// statusOf reads a pair's status; a missing one is online, as in an eighth of Kraken's
// own answers.
func statusOf(symbol, text string) (exchange.Status, error) {
	if text == "" {
		return exchange.Online, nil
	}
	for s := exchange.Online; s <= exchange.Maintenance; s++ {
		if s.String() == text {
			return s, nil
		}
	}
	return 0, Formatf("data: asset pair %s: unknown status %q; record Kraken's AssetPairs again", symbol, text)
}

// AddPairs adds pairs and their assets to a catalog: with the recorded rules where p has
// them, else with the defaults, RulesKnown false. p may be nil. The ids are in the order
// of the pairs.
func AddPairs(cat *exchange.Catalog, p *Pairs, pairs ...string) ([]exchange.InstrumentID, error) {
	specs := make([]exchange.Spec, len(pairs))
	for i, pair := range pairs {
		specs[i] = exchange.Spec{Symbol: pair, PriceDecimals: exchange.DefaultPriceDecimals, LotDecimals: exchange.DefaultLotDecimals}
		if p == nil {
			continue
		}
		known, found, err := p.Spec(pair)
		if err != nil {
			return nil, err
		}
		if found {
			specs[i] = known
		}
	}
	return AddSpecs(cat, specs...)
}

// AddSpecs adds instruments after their assets. An asset gets AssetDecimals, or more
// where one of these instruments trades it in finer lots: Kraken's EUR/USD has lots of
// eight decimals. So all instruments of a run belong in one call.
func AddSpecs(cat *exchange.Catalog, specs ...exchange.Spec) ([]exchange.InstrumentID, error) {
	least := map[string]uint8{}
	for _, s := range specs {
		base, quote, ok := exchange.NormalPair(s.Symbol)
		if !ok {
			return nil, fmt.Errorf("data: cannot tell base and quote of %q; write it as BASE/QUOTE, for example XBT/CAD", s.Symbol)
		}
		least[base], least[quote] = max(least[base], s.LotDecimals), max(least[quote], 0)
	}
	for _, name := range slices.Sorted(maps.Keys(least)) {
		if _, there := cat.Asset(name); there {
			continue
		}
		if _, err := cat.AddAsset(name, max(AssetDecimals(name), least[name])); err != nil {
			return nil, err
		}
	}
	ids := make([]exchange.InstrumentID, len(specs))
	for i, s := range specs {
		var err error
		if ids[i], err = cat.Add(s); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// legacyCrypto are the assets with Kraken's X-prefixed ids.
var legacyCrypto = map[string]bool{
	"XBT": true, "ETH": true, "XRP": true, "XDG": true, "LTC": true, "XLM": true, "ETC": true, "XMR": true, "ZEC": true, "REP": true, "MLN": true,
}

// AssetDecimals is the scale of the ledger for an asset: 4 for fiat and 10 for the
// X-prefixed coins as Kraken's Assets call gives them for ZUSD, ZEUR and XXBT; 8 for
// others, our assumption.
func AssetDecimals(asset string) uint8 {
	asset = exchange.NormalAsset(asset)
	switch {
	case exchange.IsFiat(asset):
		return 4
	case legacyCrypto[asset]:
		return 10
	}
	return exchange.DefaultAssetDecimals
}
