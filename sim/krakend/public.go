package krakend

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// publicCalls are the endpoints that need no key.
var publicCalls = map[string]func(*core, params) (any, error){
	"Time": (*core).callTime, "SystemStatus": (*core).callSystemStatus, "Assets": (*core).callAssets, "AssetPairs": (*core).callAssetPairs,
	"Ticker": (*core).callTicker, "OHLC": (*core).callOHLC, "Depth": (*core).callDepth, "Trades": (*core).callTrades, "Spread": (*core).callSpread,
}

func (c *core) callTime(params) (any, error) {
	t := c.now.Time()
	return object{{"unixtime", t.Unix()}, {"rfc1123", t.Format("Mon, 02 Jan 06 15:04:05 -0700")}}, nil
}

func (c *core) callSystemStatus(params) (any, error) {
	return object{{"status", c.status.String()}, {"timestamp", c.now.Time().Format("2006-01-02T15:04:05Z")}}, nil
}

func (c *core) callAssets(p params) (any, error) {
	assets := []*exchange.Asset{}
	for i := range c.catalog.Assets {
		assets = append(assets, &c.catalog.Assets[i])
	}
	if names := splitList(p.get("asset")); len(names) > 0 && names[0] != "all" {
		assets = assets[:0:0]
		for _, n := range names {
			a, ok := c.asset(n)
			if !ok {
				return nil, errUnknownAsset
			}
			assets = append(assets, a)
		}
	}
	if class := p.get("aclass"); class != "" && class != "currency" {
		assets = nil
	}
	slices.SortFunc(assets, func(a, b *exchange.Asset) int { return strings.Compare(assetID(a.Name), assetID(b.Name)) })
	out := object{}
	for _, a := range assets {
		display := 5
		if exchange.IsFiat(a.Name) {
			display = 2
		}
		out = append(out, member{assetID(a.Name), object{
			{"aclass", "currency"}, {"altname", a.Name}, {"decimals", a.Decimals}, {"display_decimals", display}, {"status", "enabled"},
		}})
	}
	return out, nil
}

// named are the markets of a comma list; all of them when there is none.
func (c *core) named(list string) ([]*market, error) {
	var out []*market
	names := splitList(list)
	if len(names) == 0 {
		for i := range c.markets {
			out = append(out, &c.markets[i])
		}
		return out, nil
	}
	for _, n := range names {
		m, ok := c.market(n)
		if !ok {
			return nil, errUnknownPair
		}
		if !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out, nil
}

// pair is the one market that a call is about.
func (c *core) pair(p params) (*market, error) {
	if !p.has("pair") {
		return nil, errInvalidArguments
	}
	m, ok := c.market(p.get("pair"))
	if !ok {
		return nil, errUnknownPair
	}
	return m, nil
}

func (c *core) callAssetPairs(p params) (any, error) {
	markets, err := c.named(p.get("pair"))
	if err != nil {
		return nil, err
	}
	out := object{}
	for _, m := range markets {
		row := m.row
		row.Status = m.status.String()
		row.Fees, row.FeesMaker = feeRows(feeTiers(c.config.Fees, m.in, c.now))
		switch p.get("info") {
		case "", "info":
			out = append(out, member{m.id, row})
		case "leverage":
			out = append(out, member{m.id, object{{"leverage_buy", row.LeverageBuy}, {"leverage_sell", row.LeverageSell}}})
		case "fees":
			out = append(out, member{m.id, object{{"fees", row.Fees}, {"fees_maker", row.FeesMaker}, {"fee_volume_currency", row.FeeVolumeCurrency}}})
		case "margin":
			out = append(out, member{m.id, object{{"margin_call", row.MarginCall}, {"margin_stop", row.MarginStop}}})
		default:
			return nil, invalid("info")
		}
	}
	if c.rules != nil && !p.has("pair") && (p.get("info") == "" || p.get("info") == "info") {
		for id, row := range c.rules.rows {
			if strings.ContainsAny(id, ".:") {
				out = append(out, member{id, row}) // dark pools: listed, not traded
			}
		}
	}
	slices.SortFunc(out, func(a, b member) int { return strings.Compare(a.key, b.key) })
	return out, nil
}

func (c *core) callTicker(p params) (any, error) {
	markets, err := c.named(p.get("pair"))
	if err != nil {
		return nil, err
	}
	out := object{}
	for _, m := range markets {
		if !p.has("pair") && m.last() == 0 {
			continue // listed, never traded
		}
		out = append(out, member{m.id, c.tickerRow(m)})
	}
	return out, nil
}

func (c *core) tickerRow(m *market) object {
	day := exchange.Stamp(24 * time.Hour)
	today, rolling := m.candles[0].span(c.now-c.now%day), m.candles[0].span(c.now-day)
	level := func(side exchange.Side) []string {
		var p money.Price
		var q money.Qty
		if levels := c.depth(m, side, 1); len(levels) > 0 {
			p, q = levels[0].Price, levels[0].Qty
		}
		return []string{m.wide(p), wholeLots(m, q), shown(int64(q), m.in.LotDecimals, 3)}
	}
	last := []string{m.wide(m.last()), m.qty(0)}
	if n := len(m.tape); n > 0 {
		last[1] = m.qty(m.tape[n-1].qty)
	}
	both := func(text func(*candle) string) []string { return []string{text(&today), text(&rolling)} }
	return object{
		{"a", level(exchange.Sell)}, {"b", level(exchange.Buy)}, {"c", last},
		{"v", both(func(r *candle) string { return m.qty(r.volume) })},
		{"p", both(func(r *candle) string { return m.average(r, m.costDecimals) })},
		{"t", []int64{today.count, rolling.count}},
		{"l", both(func(r *candle) string { return m.wide(r.low) })},
		{"h", both(func(r *candle) string { return m.wide(r.high) })},
		{"o", m.wide(today.first)},
	}
}

// wholeLots is a size in whole units, at least one where there is any.
func wholeLots(m *market, q money.Qty) string {
	whole := int64(q) / money.Pow10[m.in.LotDecimals]
	if q > 0 {
		whole = max(1, whole)
	}
	return strconv.FormatInt(whole, 10)
}

func (c *core) callOHLC(p params) (any, error) {
	m, err := c.pair(p)
	if err != nil {
		return nil, err
	}
	minutes, err := p.integer("interval", 1, 1, 1<<20)
	if err != nil {
		return nil, err
	}
	i := slices.Index(intervals[:], minutes)
	if i < 0 {
		return nil, invalid("interval")
	}
	since, err := sinceStamp(p)
	if err != nil {
		return nil, err
	}
	rows := [][8]any{}
	candles := m.candles[i].since(since, c.now)
	for k := range candles {
		r := &candles[k]
		rows = append(rows, [8]any{r.open.Time().Unix(), m.price(r.first), m.price(r.high), m.price(r.low), m.price(r.close), m.average(r, m.in.PriceDecimals), m.qty(r.volume), r.count})
	}
	size := exchange.Stamp(minutes) * exchange.Stamp(time.Minute)
	current := c.now - c.now%size
	return object{{m.id, rows}, {"last", (current - size).Time().Unix()}}, nil
}

// mostSeconds is the largest since that is taken for seconds: as nanoseconds it still fits.
const mostSeconds = 9_000_000_000

// sinceStamp reads since: seconds, or nanoseconds where it is too large for seconds.
func sinceStamp(p params) (exchange.Stamp, error) {
	text, _, _ := strings.Cut(p.get("since"), ".")
	if text == "" {
		return 0, nil
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil || v < 0 {
		return 0, invalid("since")
	}
	if v < mostSeconds {
		v *= int64(time.Second)
	}
	return exchange.Stamp(v), nil
}

func (c *core) callDepth(p params) (any, error) {
	m, err := c.pair(p)
	if err != nil {
		return nil, err
	}
	n, err := p.integer("count", 100, 1, 500)
	if err != nil {
		return nil, err
	}
	side := func(side exchange.Side) [][3]any {
		rows := [][3]any{}
		for _, lv := range c.depth(m, side, int(n)) {
			rows = append(rows, [3]any{m.wide(lv.Price), shown(int64(lv.Qty), m.in.LotDecimals, 3), m.touched[side][lv.Price].Time().Unix()})
		}
		return rows
	}
	return object{{m.id, object{{"asks", side(exchange.Sell)}, {"bids", side(exchange.Buy)}}}}, nil
}

func (c *core) callTrades(p params) (any, error) {
	m, err := c.pair(p)
	if err != nil {
		return nil, err
	}
	n, err := p.integer("count", 1000, 1, 1000)
	if err != nil {
		return nil, err
	}
	since, err := sinceStamp(p)
	if err != nil {
		return nil, err
	}
	from := max(0, len(m.tape)-int(n)) // without since, the latest
	if p.has("since") {
		from, _ = slices.BinarySearchFunc(m.tape, since+1, func(x trade, t exchange.Stamp) int { return int(min(1, max(-1, x.at-t))) })
	}
	rows := [][7]any{}
	last := since
	for _, t := range m.tape[from:min(len(m.tape), from+int(n))] {
		side, kind := "b", "l"
		if t.side == exchange.Sell {
			side = "s"
		}
		if t.market {
			kind = "m"
		}
		rows = append(rows, [7]any{m.wide(t.price), m.qty(t.qty), instant(t.at), side, kind, "", t.id})
		last = t.at
	}
	if last == 0 {
		last = c.now
	}
	return object{{m.id, rows}, {"last", strconv.FormatInt(int64(last), 10)}}, nil
}

func (c *core) callSpread(p params) (any, error) {
	m, err := c.pair(p)
	if err != nil {
		return nil, err
	}
	since, err := sinceStamp(p)
	if err != nil {
		return nil, err
	}
	rows := [][3]any{}
	for _, s := range m.spreads[max(0, len(m.spreads)-keptSpreads):] {
		if s.at >= since && s.bid != 0 && s.ask != 0 {
			rows = append(rows, [3]any{s.at.Time().Unix(), m.wide(s.bid), m.wide(s.ask)})
		}
	}
	return object{{m.id, rows}, {"last", c.now.Time().Unix()}}, nil
}
