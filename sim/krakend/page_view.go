package krakend

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// pageView is what the page shows.
type pageView struct {
	Time, Clock string
	Mode        string
	Feed        string
	Pair        string // the one that is shown
	Query       string // of the address, to stay with it
	Pairs       []pagePair
	Chart       pageChart
	Asks, Bids  []pageLevel // the best level nearest to the other side
	Spread      string
	Trades      []pageTrade
	Orders      []pageOrder
	MoreOrders  int
	Accounts    []pageAccount
	MoreAccount int
	Requests    []pageRequest
	Faults      []pageFault
	Groups      []pageGroup
}

type pagePair struct {
	Name, Last, Query string
	Shown             bool
}

type pageLevel struct {
	Price, Qty string
	Share      int // percent of the largest
}

type pageTrade struct {
	Time, Price, Qty string
	Buy              bool
}

type pageOrder struct{ Account, Txid, Descr, Filled, Opened string }

type pageAccount struct {
	Name, Tier string
	Rows       []pageBalance
}

type pageBalance struct{ Asset, Total, Hold string }

type pageRequest struct {
	Time, Account, Call, Fields, Error, Fault, Took string
}

type pageFault struct{ ID, Text, Count string }

// pageChart is the price of the last two hours, drawn into a box of 600 by 100.
type pageChart struct {
	Line, Area, High, Low, Last string
	Up                          bool
}

// pageGroup is a row of buttons.
type pageGroup struct {
	Title   string
	Buttons []pageButton
}

// pageButton sends a request to the control interface.
type pageButton struct {
	Label, Do, Body, Hint string
}

// What the page shows of each list.
const (
	pageLevels   = 12
	pageTrades   = 25
	pageOrders   = 25
	pageAccounts = 6
	pageRequests = 30
	pagePairs    = 12
	chartMinutes = 120
)

// pageView takes the venue's picture; false when it has ended.
func (s *Server) pageView(pair string) (*pageView, bool) {
	v := &pageView{}
	if !s.do(func(c *core) { c.picture(v, pair) }) {
		return nil, false
	}
	v.Query = url.Values{"pair": {v.Pair}}.Encode()
	s.requests.each(func(r *visit) bool {
		v.Requests = append(v.Requests, r.row())
		return len(v.Requests) < pageRequests
	})
	now := exchange.Stamp(s.now.Load())
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	for _, f := range s.faults.rules {
		if !f.over(now) {
			v.Faults = append(v.Faults, f.row())
		}
	}
	return v, true
}

func (r *visit) row() pageRequest {
	view := r.view()
	words := []string{}
	for _, k := range []string{"pair", "symbol", "type", "side", "ordertype", "order_type", "volume", "order_qty", "price", "limit_price", "txid", "cl_ord_id", "channel"} {
		if t := view.Fields[k]; t != "" {
			words = append(words, t)
		}
	}
	row := pageRequest{
		Time: r.at.Time().Format("15:04:05"), Account: view.Account, Call: strings.TrimPrefix(r.name(), "/"), Fields: strings.Join(words, " "), Error: view.Error, Fault: view.Fault,
	}
	if r.took > 0 {
		row.Took = fmt.Sprintf("%.1f ms", float64(r.took)/float64(time.Millisecond))
	}
	if len(row.Fields) > 70 {
		row.Fields = row.Fields[:70] + "…"
	}
	return row
}

func (f *fault) row() pageFault {
	on := "every private call"
	if f.stream {
		on = "every frame"
	}
	if len(f.on) > 0 {
		on = strings.Join(f.on, ", ")
	}
	text := f.Do + " on " + on
	if f.Account != "" {
		text += " of " + f.Account
	}
	if f.Code != "" {
		text += ": " + f.Code
	}
	count := fmt.Sprintf("%d times", f.fired)
	if f.Times > 0 {
		count = fmt.Sprintf("%d of %d times", f.fired, f.Times)
	}
	return pageFault{fmt.Sprint(f.id), text, count}
}

// picture fills in what is the core's.
func (c *core) picture(v *pageView, pair string) {
	m := &c.markets[0]
	if found, ok := c.market(pair); ok {
		m = found
	}
	v.Pair, v.Time, v.Mode, v.Feed = m.wsname, c.now.Time().Format("2006-01-02 15:04:05"), c.status.String(), m.status.String()
	v.Clock = fmt.Sprintf("%gx", c.pace.speed)
	if c.pace.lockstep {
		v.Clock = "stopped"
	}
	for i := range c.markets {
		if x := &c.markets[i]; (x.last() != 0 || x == m || x.crowd != nil) && (len(v.Pairs) < pagePairs || x == m) {
			v.Pairs = append(v.Pairs, pagePair{x.wsname, x.price(x.last()), url.Values{"pair": {x.wsname}}.Encode(), x == m})
		}
	}
	v.Chart = c.chart(m)
	v.Asks, v.Bids = c.levels(m, exchange.Sell), c.levels(m, exchange.Buy)
	if bid, ask := c.venue.Top(m.in.ID); bid != 0 && ask != 0 {
		v.Spread = m.price(ask - bid)
	}
	for i := len(m.tape) - 1; i >= 0 && len(v.Trades) < pageTrades; i-- {
		t := &m.tape[i]
		v.Trades = append(v.Trades, pageTrade{t.at.Time().Format("15:04:05"), m.price(t.price), m.qty(t.qty), t.side == exchange.Buy})
	}
	for _, a := range c.accounts {
		for i := len(a.open) - 1; i >= 0; i-- {
			if len(v.Orders) == pageOrders {
				v.MoreOrders += i + 1
				break
			}
			o := a.open[i]
			v.Orders = append(v.Orders, pageOrder{a.Name, o.txid, o.describe(), o.m.qty(o.filled), o.opened.Time().Format("15:04:05")})
		}
		if len(v.Accounts) == pageAccounts {
			v.MoreAccount++
			continue
		}
		v.Accounts = append(v.Accounts, c.purse(a))
	}
	c.buttons(v, m)
}

func (c *core) purse(a *account) pageAccount {
	p := pageAccount{Name: a.Name, Tier: tierNames[a.Tier]}
	if a.Unlimited {
		p.Tier = "no rate limits"
	}
	for _, asset := range c.held(a) {
		b := c.venue.Balance(a.id, asset.ID)
		row := pageBalance{Asset: asset.Name, Total: money.Trim(int64(b.Total), asset.Decimals)}
		if b.Hold != 0 {
			row.Hold = money.Trim(int64(b.Hold), asset.Decimals)
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

// levels are a side of the book with their share of the largest.
func (c *core) levels(m *market, side exchange.Side) (out []pageLevel) {
	levels := c.depth(m, side, pageLevels)
	most := money.Qty(1)
	for _, lv := range levels {
		most = max(most, lv.Qty)
	}
	for _, lv := range levels {
		out = append(out, pageLevel{m.price(lv.Price), m.qty(lv.Qty), int(float64(lv.Qty) / float64(most) * 100)})
	}
	if side == exchange.Sell { // asks stand above bids, the best nearest to them
		for i, k := 0, len(out)-1; i < k; i, k = i+1, k-1 {
			out[i], out[k] = out[k], out[i]
		}
	}
	return out
}

// chart draws the closes of the last minutes.
func (c *core) chart(m *market) (out pageChart) {
	rows := m.candles[0].since(0, c.now)
	if len(rows) > chartMinutes {
		rows = rows[len(rows)-chartMinutes:]
	}
	if len(rows) < 2 {
		return out
	}
	low, high := rows[0].low, rows[0].high
	for i := range rows {
		low, high = min(low, rows[i].low), max(high, rows[i].high)
	}
	var b strings.Builder
	for i := range rows {
		y := 50.0
		if high > low {
			y = 95 - 90*float64(rows[i].close-low)/float64(high-low)
		}
		fmt.Fprintf(&b, "%.1f,%.1f ", 600*float64(i)/float64(len(rows)-1), y)
	}
	out.Line = strings.TrimSpace(b.String())
	out.Area = "0,100 " + out.Line + " 600,100"
	out.High, out.Low, out.Last = m.price(high), m.price(low), m.price(m.last())
	out.Up = rows[len(rows)-1].close >= rows[0].first
	return out
}

// buttons are what people may do to the venue from the page.
func (c *core) buttons(v *pageView, m *market) {
	button := func(label, do, hint string, body map[string]any) pageButton {
		text, err := json.Marshal(body)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		return pageButton{label, do, string(text), hint}
	}
	fault := func(label string, body map[string]any) pageButton {
		i := 0
		all := slices.Concat(verbs, streamVerbs)
		for all[i].name != body["do"] {
			i++
		}
		return button(label, "POST /sim/faults", all[i].about, body)
	}
	modes := pageGroup{Title: "Mode"}
	for s := exchange.Online; s <= exchange.Maintenance; s++ {
		modes.Buttons = append(modes.Buttons, button(strings.ReplaceAll(s.String(), "_", " "), "PUT /sim/mode", "what the whole venue allows", map[string]any{"mode": s.String()}))
	}
	orders := "AddOrder|AddOrderBatch"
	at := "POST /sim/pairs/" + m.altname + "/market"
	v.Groups = []pageGroup{
		modes,
		{"The next order", []pageButton{
			fault("never arrives", map[string]any{"do": "drop", "on": orders, "times": 1}),
			fault("is placed, its answer lost", map[string]any{"do": "drop-after-apply", "on": orders, "times": 1}),
			fault("is placed, answered 502", map[string]any{"do": "apply-then-502", "on": orders, "times": 1}),
			fault("is placed, answered late", map[string]any{"do": "delay-after-apply", "on": orders, "times": 1, "wait": "5s"}),
			fault("is answered by half", map[string]any{"do": "truncate", "on": orders, "times": 1}),
			fault("has a bad nonce", map[string]any{"do": "error", "on": orders, "times": 1, "code": string(errInvalidNonce)}),
		}},
		{"Every private call", []pageButton{
			fault("busy, 10 times", map[string]any{"do": "error", "times": 10, "code": "EService:Busy"}),
			fault("520 page, 10 times", map[string]any{"do": "html", "times": 10}),
			fault("429, 10 times", map[string]any{"do": "429", "times": 10}),
			fault("2 s late, for a minute", map[string]any{"do": "delay", "for": "1m"}),
			fault("hide fresh orders, 45 s", map[string]any{"do": "hide-order", "for": "45s"}),
			fault("no balances, 30 s", map[string]any{"do": "zero-balances", "on": "Balance|BalanceEx", "for": "30s"}),
		}},
		{"WebSocket", []pageButton{
			fault("disconnect all", map[string]any{"do": "disconnect", "for": "2s"}),
			fault("silence, 30 s", map[string]any{"do": "freeze", "for": "30s"}),
			fault("a frame is missing", map[string]any{"do": "gap", "on": "book|executions", "times": 1}),
			fault("a frame comes twice", map[string]any{"do": "replay", "on": "book|executions", "times": 1}),
			fault("wrong checksum", map[string]any{"do": "bad-checksum", "times": 1}),
			fault("next order is lost", map[string]any{"do": "lose-request", "on": "add_order", "times": 1}),
			fault("next order's answer is lost", map[string]any{"do": "gap", "on": "add_order", "times": 1}),
		}},
	}
	if m.crowd != nil {
		v.Groups = append(v.Groups, pageGroup{"The market of " + m.wsname, []pageButton{
			button("gap down 5 %", at, "the price jumps and stays", map[string]any{"do": "gap", "percent": -5}),
			button("gap up 5 %", at, "the price jumps and stays", map[string]any{"do": "gap", "percent": 5}),
			button("flash crash, 10 s", at, "30 % down, and back", map[string]any{"do": "wick", "percent": -30, "for": "10s"}),
			button("empty book, 10 s", at, "the crowd takes its orders away", map[string]any{"do": "drain", "for": "10s"}),
			button("wide spread, 1 min", at, "twenty times as wide", map[string]any{"do": "widen", "percent": 2000, "for": "1m"}),
			button("standstill, 30 s", at, "nothing of the crowd moves", map[string]any{"do": "still", "for": "30s"}),
		}})
	}
	if c.pace.lockstep {
		clock := pageGroup{Title: "Time"}
		for _, d := range []string{"1s", "1m", "1h", "24h"} {
			clock.Buttons = append(clock.Buttons, button("+"+d, "POST /sim/time", "lets time pass", map[string]any{"step": d}))
		}
		v.Groups = append(v.Groups, clock)
	}
}
