package krakend

import (
	"slices"
	"strings"
)

// channels are what may be subscribed to, with the fields that a subscription may have.
var channels = map[string]fields{
	"ticker":     {"channel": aString, "symbol": anArray, "event_trigger": aString, "snapshot": aBoolean, "token": aString},
	"book":       {"channel": aString, "symbol": anArray, "depth": aWhole, "snapshot": aBoolean, "token": aString},
	"level3":     {"channel": aString, "symbol": anArray, "depth": aWhole, "snapshot": aBoolean, "token": aString},
	"trade":      {"channel": aString, "symbol": anArray, "snapshot": aBoolean, "token": aString},
	"ohlc":       {"channel": aString, "symbol": anArray, "interval": aWhole, "snapshot": aBoolean, "token": aString},
	"instrument": {"channel": aString, "snapshot": aBoolean, "include_tokenized_assets": aBoolean, "execution_venue": aString, "token": aString},
	"executions": {
		"channel": aString, "token": aString, "snap_orders": aBoolean, "snap_trades": aBoolean, "order_status": aBoolean, "ratecounter": aBoolean, "users": aString,
		"rebased": aBoolean, "snapshot": aBoolean,
	},
	"balances": {"channel": aString, "token": aString, "snapshot": aBoolean, "users": aString, "rebased": aBoolean},
}

// hearSubscribe answers a subscription: once for each symbol.
func (c *core) hearSubscribe(k *socket, q *inquiry) {
	if problem := q.channel(); problem != "" {
		c.refuse(k, q, problem, "")
		return
	}
	switch channel := q.str("channel"); channel {
	case "executions", "balances":
		c.subscribePrivate(k, q, channel)
	case "instrument":
		c.subscribeInstrument(k, q)
	default:
		symbols, ok := q.strs("symbol")
		if !ok || len(symbols) == 0 {
			c.refuse(k, q, errNoSymbols, "")
			return
		}
		variant, problem := q.variant(channel)
		if channel == "level3" && problem == "" {
			if why := c.subscribeLevel3(k, q, len(symbols), variant); why != "" {
				c.refuse(k, q, why, "")
				return
			}
		}
		for _, symbol := range symbols {
			c.subscribeMarket(k, q, channel, symbol, variant, problem)
		}
	}
}

// channel checks the channel and the fields that it may have.
func (q *inquiry) channel() string {
	known, ok := channels[q.str("channel")]
	if !ok {
		return errChannelName
	}
	return known.check(q.params, q.method)
}

// variant is which of a channel's streams is meant: the index of its depth, interval or
// trigger.
func (q *inquiry) variant(channel string) (int, string) {
	switch channel {
	case "book":
		if i := slices.Index(bookDepths[:], int(q.whole("depth", 10))); i >= 0 {
			return i, ""
		}
		return 0, errDepth
	case "level3":
		if i := slices.Index(level3Depths[:], int(q.whole("depth", 10))); i >= 0 {
			return i, ""
		}
		return 0, errDepth
	case "ohlc":
		if i := slices.Index(intervals[:], q.whole("interval", 1)); i >= 0 {
			return i, ""
		}
		return 0, errInterval
	case "ticker":
		switch q.str("event_trigger") {
		case "", "trades":
			return onTrades, ""
		case "bbo":
			return onQuotes, ""
		}
		return 0, string(invalid("event_trigger"))
	}
	return 0, ""
}

// subscribed finds a connection's subscription. Of a market's book or ticker there is one,
// whatever the depth: its frames do not say which.
func (k *socket) subscribed(channel string, m *market, variant int) *subscription {
	for _, s := range k.subs {
		if s.channel == channel && s.market == m && (channel != "ohlc" || s.variant == variant) {
			return s
		}
	}
	return nil
}

// subscribeMarket subscribes to a channel of a pair.
func (c *core) subscribeMarket(k *socket, q *inquiry, channel, symbol string, variant int, problem string) {
	m := c.streamed(symbol)
	switch {
	case m == nil:
		problem = errNoPair + symbol
	case problem == "" && k.subscribed(channel, m, variant) != nil:
		problem = errSubscribed
	}
	if problem != "" {
		c.refuse(k, q, problem, symbol)
		return
	}
	snapshot := q.flag("snapshot", true)
	c.accept(k, q, func(w *text) { describe(w, channel, symbol, variant, snapshot) })
	s := &subscription{socket: k, channel: channel, market: m, variant: variant}
	m.stream.join(c, m, channel, variant)
	if snapshot {
		c.send(k, channel, c.snapshot(s))
	}
	c.join(s)
}

// join puts a subscription where its frames are sent from.
func (c *core) join(s *subscription) {
	s.socket.subs = append(s.socket.subs, s)
	l := c.listeners(s)
	*l = append(*l, s)
	if s.token != nil {
		s.token.uses++
	}
}

// streamed finds a pair by its stream name, the only one that streams know.
func (c *core) streamed(symbol string) *market {
	for i := range c.markets {
		if c.markets[i].symbol == symbol {
			return &c.markets[i]
		}
	}
	return nil
}

// describe writes the result of a subscription to a market's channel.
func describe(w *text, channel, symbol string, variant int, snapshot bool) {
	w.str("channel", channel)
	switch channel {
	case "book":
		w.int("depth", int64(bookDepths[variant]))
	case "level3":
		w.int("depth", int64(level3Depths[variant]))
	case "ohlc":
		w.int("interval", intervals[variant])
	case "ticker":
		w.str("event_trigger", [...]string{"trades", "bbo"}[variant])
	}
	w.bool("snapshot", snapshot)
	w.str("symbol", symbol)
	if channel == "ohlc" {
		w.raw("warnings", `["timestamp is deprecated, use interval_begin"]`)
	}
}

// subscribeInstrument subscribes to what assets and pairs there are.
func (c *core) subscribeInstrument(k *socket, q *inquiry) {
	if k.subscribed("instrument", nil, 0) != nil {
		c.refuse(k, q, errSubscribed, "")
		return
	}
	snapshot := q.flag("snapshot", true)
	c.accept(k, q, func(w *text) {
		w.str("channel", "instrument")
		w.bool("snapshot", snapshot)
		w.raw("warnings", `["tick_size is deprecated, use price_increment"]`)
	})
	if snapshot {
		c.send(k, "instrument", c.instrumentFrame("snapshot"))
	}
	c.join(&subscription{socket: k, channel: "instrument"})
}

// hearUnsubscribe ends subscriptions: once for each symbol, with the depth, interval or
// trigger of the subscription.
func (c *core) hearUnsubscribe(k *socket, q *inquiry) {
	if problem := q.channel(); problem != "" {
		c.refuse(k, q, problem, "")
		return
	}
	channel := q.str("channel")
	if channel == "executions" || channel == "balances" || channel == "instrument" {
		s := k.subscribed(channel, nil, 0)
		if s == nil {
			c.refuse(k, q, errNotThere, "")
			return
		}
		c.unsubscribe(s)
		c.accept(k, q, func(w *text) { w.str("channel", channel) })
		return
	}
	symbols, ok := q.strs("symbol")
	if !ok || len(symbols) == 0 {
		c.refuse(k, q, errNoSymbols, "")
		return
	}
	variant, problem := q.variant(channel)
	for _, symbol := range symbols {
		var s *subscription
		reason := problem
		if m := c.streamed(symbol); m == nil {
			reason = errNoPair + symbol
		} else if s = k.subscribed(channel, m, variant); reason == "" && (s == nil || s.variant != variant) {
			reason = errNotThere
		}
		if reason != "" {
			c.refuse(k, q, strings.ToValidUTF8(reason, "?"), symbol)
			continue
		}
		c.unsubscribe(s)
		c.accept(k, q, func(w *text) {
			w.str("channel", channel)
			switch channel {
			case "book":
				w.int("depth", int64(bookDepths[variant]))
			case "level3":
				w.int("depth", int64(level3Depths[variant]))
			case "ohlc":
				w.int("interval", intervals[variant])
			}
			w.str("symbol", symbol)
		})
	}
}
