package data

import (
	"slices"
	"strings"
	"time"

	"breakwater/exchange"
)

// NameInfo is what a file's name tells; zero values where it is silent.
type NameInfo struct {
	Pair     string // BASE/QUOTE in normal names
	Interval time.Duration
	Day      exchange.Stamp // midnight of a date in the name
	HasDay   bool
}

// krakenMinutes are the bar sizes that a bare number at the end of a name means: those
// of Kraken's OHLCVT files and of its OHLC call, and 3 as other venues have it.
var krakenMinutes = []string{"1", "3", "5", "15", "30", "60", "240", "720", "1440", "10080", "21600"}

// ParseName reads pair, bar size and day from the last element of a path:
// XBTCAD_1440.csv, ETHUSD_60.csv.gz, binance_BTCUSDT_1m_2024-08.csv, BTC-USDT-1h.csv,
// 20171217_btcusd_minute_trade.csv. What it does not find is left zero.
func ParseName(path string) NameInfo {
	name := path[strings.LastIndexAny(path, `/\`)+1:]
	if i := strings.LastIndex(strings.ToLower(name), ".zip:"); i >= 0 {
		name = name[i+len(".zip:"):] // a file inside an archive
	}
	for {
		cut := name
		for _, ext := range []string{".gz", ".zip", ".csv", ".txt"} {
			cut = strings.TrimSuffix(cut, ext)
		}
		if cut == name {
			break
		}
		name = cut
	}
	var info NameInfo
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' || r == ' ' || r == '.' })
	for i, p := range parts {
		if info.Interval == 0 && i > 0 {
			info.Interval = nameInterval(p, i == len(parts)-1)
		}
		if t, ok := parseDate([]byte(dashed(p))); ok && !info.HasDay {
			info.Day, info.HasDay = t, true
		}
		if info.Pair != "" {
			continue
		}
		if b, q, ok := exchange.NormalPair(p); ok {
			info.Pair = b + "/" + q
		}
	}
	for i := len(parts) - 1; i > 0 && info.Pair == ""; i-- { // BTC_USDT-1m; of kraken_BTC-CAD the last two
		if b, q, ok := exchange.NormalPair(parts[i-1] + parts[i]); ok && b == exchange.NormalAsset(parts[i-1]) {
			info.Pair = b + "/" + q
		}
	}
	return info
}

// dashed writes 20171217 as 2017-12-17.
func dashed(s string) string {
	if len(s) != 8 {
		return ""
	}
	return s[:4] + "-" + s[4:6] + "-" + s[6:]
}

func nameInterval(part string, last bool) time.Duration {
	part = strings.ToLower(part)
	switch part {
	case "minute":
		return time.Minute
	case "hour", "hourly":
		return time.Hour
	case "daily", "day":
		return 24 * time.Hour
	}
	bare := part[0]-'0' <= 9 && part[len(part)-1]-'0' <= 9
	if bare && !(last && slices.Contains(krakenMinutes, part)) || part[0]-'0' > 9 {
		return 0
	}
	d, err := ParseInterval(part)
	if err != nil {
		return 0
	}
	return d
}
