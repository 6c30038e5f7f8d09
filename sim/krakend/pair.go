package krakend

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/sim"
)

// pairRow is a row of AssetPairs ("Kraken spot API reference", section 2.3). The order of
// its fields is the order of Kraken's.
type pairRow struct {
	Altname           string          `json:"altname"`
	Wsname            string          `json:"wsname"`
	AclassBase        string          `json:"aclass_base"`
	Base              string          `json:"base"`
	AclassQuote       string          `json:"aclass_quote"`
	Quote             string          `json:"quote"`
	Lot               string          `json:"lot"`
	CostDecimals      uint8           `json:"cost_decimals"`
	PairDecimals      uint8           `json:"pair_decimals"`
	LotDecimals       uint8           `json:"lot_decimals"`
	LotMultiplier     int             `json:"lot_multiplier"`
	LeverageBuy       []int           `json:"leverage_buy"`
	LeverageSell      []int           `json:"leverage_sell"`
	Fees              json.RawMessage `json:"fees"`
	FeesMaker         json.RawMessage `json:"fees_maker"`
	FeeVolumeCurrency string          `json:"fee_volume_currency"`
	MarginCall        int             `json:"margin_call"`
	MarginStop        int             `json:"margin_stop"`
	OrderMin          string          `json:"ordermin"`
	CostMin           string          `json:"costmin"`
	TickSize          string          `json:"tick_size"`
	Status            string          `json:"status"`
	LongLimit         int64           `json:"long_position_limit,omitempty"`
	ShortLimit        int64           `json:"short_position_limit,omitempty"`
}

// prefixed are the crypto assets whose Kraken id is their name behind an X; zPrefixed the
// currencies behind a Z ("Kraken spot API reference", section 2.4).
var (
	prefixed  = []string{"XBT", "ETH", "XRP", "XDG", "LTC", "XLM", "ETC", "XMR", "ZEC", "REP", "MLN"}
	zPrefixed = []string{"CAD", "USD", "EUR", "GBP", "JPY", "AUD"}
)

// assetID is Kraken's id of an asset: XXBT, ZCAD, SOL.
func assetID(name string) string {
	switch {
	case slices.Contains(prefixed, name):
		return "X" + name
	case slices.Contains(zPrefixed, name):
		return "Z" + name
	}
	return name
}

// pairID is Kraken's id of a pair. Old pairs are named after the ids of their assets,
// newer ones after their names.
func pairID(base, quote string) string {
	old := slices.Contains(prefixed, base) && base != "XDG" || base == "USD"
	if b, q := assetID(base), assetID(quote); old && len(q) == 4 && b != base && q != quote {
		return b + q
	}
	return base + quote
}

// streamName is an asset as the WebSocket interface names it.
func streamName(asset string) string {
	switch asset {
	case "XBT":
		return "BTC"
	case "XDG":
		return "DOGE"
	}
	return asset
}

// usual are the rules of pairs that nobody gave any for, by base asset, and the price in
// CAD from which a made-up market starts. The rules are those of Kraken's CAD pairs as
// third parties recorded them; "Kraken spot API reference", section 2.5, says how sure.
var usual = []struct {
	base          string
	priceDecimals uint8
	orderMin      string
	price         float64
}{
	{"XBT", 1, "0.0001", 58_000},
	{"ETH", 2, "0.002", 3_400},
	{"SOL", 2, "0.02", 210},
	{"XRP", 5, "2", 0.8},
	{"XDG", 7, "13", 0.12},
	{"ADA", 6, "4.4", 0.5},
	{"USDC", 4, "5", 1.37},
	{"USDT", 4, "5", 1.37},
}

// usualSpec are the rules of a pair without recorded ones, and its starting price.
func usualSpec(pair string) (exchange.Spec, float64, error) {
	base, quote, ok := exchange.NormalPair(pair)
	if !ok {
		return exchange.Spec{}, 0, fmt.Errorf("krakend: cannot tell base and quote of %q; write it as BASE/QUOTE, for example XBT/CAD", pair)
	}
	s := exchange.Spec{Symbol: base + "/" + quote, PriceDecimals: 4, LotDecimals: 8, CostDecimals: 5, OrderMin: 10_000_000, RulesKnown: true}
	s.CostMin = money.Amount(money.Pow10[data.AssetDecimals(quote)] / 2)
	price := 100.0
	for _, u := range usual {
		if u.base == base {
			s.PriceDecimals, price = u.priceDecimals, u.price
			least, err := money.Parse(u.orderMin, s.LotDecimals)
			if err != nil {
				panic("BUG: " + u.orderMin)
			}
			s.OrderMin = money.Qty(least)
		}
	}
	if !exchange.IsFiat(quote) && !strings.HasPrefix(quote, "USD") { // XBT and ETH quotes: prices far below one
		s.PriceDecimals, s.CostDecimals, s.CostMin, price = 6, 8, money.Amount(money.Pow10[data.AssetDecimals(quote)]/50_000), price/58_000
	}
	s.CostDecimals = min(max(s.CostDecimals, s.PriceDecimals), s.PriceDecimals+s.LotDecimals) // what a cost can have
	return s, price, nil
}

// rulebook is a recorded answer of AssetPairs.
type rulebook struct {
	pairs *data.Pairs
	rows  map[string]pairRow // by Kraken's id
	ids   map[string]string  // BASE/QUOTE to id
}

// readRules reads a recorded AssetPairs answer; nil for none.
func readRules(recorded []byte) (*rulebook, error) {
	if len(recorded) == 0 {
		return nil, nil
	}
	pairs, err := data.ReadPairs(bytes.NewReader(recorded))
	if err != nil {
		return nil, err
	}
	var envelope struct {
		Result map[string]pairRow `json:"result"`
	}
	if err := json.Unmarshal(recorded, &envelope); err != nil || envelope.Result == nil {
		if err := json.Unmarshal(recorded, &envelope.Result); err != nil {
			return nil, fmt.Errorf("krakend: the asset pairs are no answer of AssetPairs: %w", err)
		}
	}
	r := &rulebook{pairs: pairs, rows: envelope.Result, ids: map[string]string{}}
	for _, id := range slices.Sorted(maps.Keys(r.rows)) {
		if strings.ContainsAny(id, ".:") {
			continue // dark pools and synthetic ids: listed, not traded
		}
		if base, quote, ok := exchange.NormalPair(r.rows[id].Wsname); ok {
			r.ids[base+"/"+quote] = id
		}
	}
	return r, nil
}

// spec is a pair's recorded rules, or the usual ones, and the price to start from.
func (r *rulebook) spec(pair string) (exchange.Spec, float64, error) {
	usual, price, err := usualSpec(pair)
	usual.CostDecimals = max(usual.CostDecimals, usual.PriceDecimals)
	if err != nil || r == nil {
		return usual, price, err
	}
	s, ok, err := r.pairs.Spec(pair)
	if err != nil || !ok {
		return usual, price, err
	}
	if s.CostDecimals == 0 {
		s.CostDecimals = usual.CostDecimals
	}
	if s.CostMin == 0 {
		s.CostMin = usual.CostMin
	}
	return s, price, nil
}

// row is a pair's row of AssetPairs, completed where the recording is older than a field.
func (r *rulebook) row(in *exchange.Instrument, cat *exchange.Catalog) (id string, row pairRow) {
	base, quote := cat.Assets[in.Base].Name, cat.Assets[in.Quote].Name
	id = pairID(base, quote)
	row = pairRow{
		Altname: base + quote, Wsname: base + "/" + quote, AclassBase: "currency", Base: assetID(base), AclassQuote: "currency", Quote: assetID(quote),
		Lot: "unit", LotMultiplier: 1, LeverageBuy: []int{}, LeverageSell: []int{}, FeeVolumeCurrency: "ZUSD", MarginCall: 80, MarginStop: 40,
		OrderMin: in.QtyText(in.OrderMin),
	}
	if r != nil {
		if known, ok := r.ids[in.Symbol]; ok {
			id, row = known, r.rows[known]
		}
	}
	row.CostDecimals, row.PairDecimals, row.LotDecimals = in.CostDecimals, in.PriceDecimals, in.LotDecimals
	row.CostMin = money.Trim(int64(in.CostMin), cat.Assets[in.Quote].Decimals)
	row.TickSize = in.PriceText(in.Tick)
	return id, row
}

// feeBorders are the volumes in US dollars at which one of Kraken's schedules has changed
// its rates ("Kraken spot API reference", section 7).
var feeBorders = []int64{
	0, 2_500, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
	50_000_000, 100_000_000, 250_000_000, 400_000_000, 500_000_000,
}

// feeTier is a step of a schedule, in percent as Kraken writes it.
type feeTier struct {
	volumeUSD    int64
	maker, taker int64 // ppm
}

// feeTiers is the schedule that holds for a pair at an instant.
func feeTiers(f sim.Fees, in *exchange.Instrument, at exchange.Stamp) []feeTier {
	var tiers []feeTier
	for _, v := range feeBorders {
		maker, taker := f.Rates(in, money.Amount(v*money.Pow10[sim.VolumeDecimals]), at)
		if n := len(tiers); n == 0 || tiers[n-1].maker != maker || tiers[n-1].taker != taker {
			tiers = append(tiers, feeTier{v, maker, taker})
		}
	}
	return tiers
}

// percent is ppm as a number in percent, never without a fraction where Kraken has one:
// 2600 is 0.26, 0 is 0.0.
func percent(ppm int64) string {
	if ppm == 0 {
		return "0.0"
	}
	return money.Trim(ppm, 4)
}

// feeRows are the two columns of AssetPairs: [[volume, percent], …].
func feeRows(tiers []feeTier) (taker, maker json.RawMessage) {
	t, m := []byte{'['}, []byte{'['}
	for i, tier := range tiers {
		if i > 0 {
			t, m = append(t, ','), append(m, ',')
		}
		t = fmt.Appendf(t, "[%d,%s]", tier.volumeUSD, percent(tier.taker))
		m = fmt.Appendf(m, "[%d,%s]", tier.volumeUSD, percent(tier.maker))
	}
	return append(t, ']'), append(m, ']')
}
