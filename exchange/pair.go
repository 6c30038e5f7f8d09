package exchange

import (
	"slices"
	"strings"
)

// Kraken's legacy asset ids: X before a crypto asset, Z before a fiat one ("Kraken
// spot API reference", naming). Newer assets carry no prefix.
var legacyAssets = map[string]string{
	"XXBT": "XBT", "XETH": "ETH", "XXRP": "XRP", "XXDG": "XDG", "XLTC": "LTC", "XXLM": "XLM", "XETC": "ETC",
	"XXMR": "XMR", "XZEC": "ZEC", "XREP": "REP", "XMLN": "MLN", "XICN": "ICN",
	"ZCAD": "CAD", "ZUSD": "USD", "ZEUR": "EUR", "ZGBP": "GBP", "ZJPY": "JPY", "ZAUD": "AUD", "ZCHF": "CHF",
	"BTC": "XBT", "DOGE": "XDG",
}

// fiat lists the currencies that Kraken books with four decimals.
var fiat = map[string]bool{
	"CAD": true, "USD": true, "EUR": true, "GBP": true, "JPY": true, "AUD": true, "CHF": true,
}

// quotes are the assets that pairs are quoted in, longest first, so that a name without
// a separator (XBTUSDT) splits in the right place.
var quotes = []string{
	"FDUSD", "USDT", "USDC", "ZCAD", "ZUSD", "ZEUR", "ZGBP", "ZJPY", "ZAUD", "XXBT", "XETH",
	"CAD", "USD", "EUR", "GBP", "JPY", "AUD", "CHF", "DAI", "XBT", "BTC", "ETH", "BNB", "DOT",
}

// NormalAsset is an asset's one name here: Kraken's alternative name, XBT for Bitcoin
// and XDG for Dogecoin, whatever spelling came in.
func NormalAsset(name string) string {
	name = strings.ToUpper(strings.TrimSpace(name))
	if n, ok := legacyAssets[name]; ok {
		return n
	}
	return name
}

// IsFiat reports whether a normal asset name is a state's currency.
func IsFiat(asset string) bool { return fiat[asset] }

// NormalPair splits any of Kraken's spellings of a pair (XBT/CAD, XBTCAD, XXBTZCAD,
// BTC/CAD, BTC-CAD, btc_cad) into the normal names of its two assets. ok is false when
// the name cannot be split.
func NormalPair(name string) (base, quote string, ok bool) {
	name = strings.ToUpper(strings.TrimSpace(name))
	if i := strings.IndexAny(name, "/-_: "); i > 0 {
		base, quote = NormalAsset(name[:i]), NormalAsset(name[i+1:])
		return base, quote, quote != "" && !strings.ContainsAny(quote, "/-_: ")
	}
	for _, q := range quotes {
		b, found := strings.CutSuffix(name, q)
		if !found || len(b) < 2 {
			continue
		}
		if _, legacy := legacyAssets[q]; legacy && len(q) == 4 && !oldStyle(b) {
			continue // XTZCAD is XTZ against CAD, not XT against ZCAD
		}
		return NormalAsset(b), NormalAsset(q), true
	}
	return "", "", false
}

// oldStyle reports whether an asset is spelt as Kraken spells it beside a prefixed quote.
func oldStyle(base string) bool {
	_, legacy := legacyAssets[base]
	return legacy || slices.Contains(quotes, base)
}
