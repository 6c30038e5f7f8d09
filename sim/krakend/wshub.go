package krakend

import (
	"slices"
	"time"

	"github.com/coder/websocket"

	"breakwater/exchange"
)

// The rhythm of Kraken's WebSocket connections ("Kraken spot API reference", section 6.1).
const (
	heartbeatEvery = time.Second
	idleClose      = time.Minute
	beatEvery      = 250 * time.Millisecond // how often all connections are looked at

	mostConnects   = 150 // by one address in connectsWithin; then nobody gets in for as long
	connectsWithin = 10 * time.Minute

	messageBurst     = 1000 // messages that a connection may send at once; the numbers are ours
	messagePerSecond = 200

	level3Symbols   = 200
	level3PerSecond = 200
)

// hub is what the core knows of its WebSocket connections.
type hub struct {
	sockets     []*socket
	count       uint64
	beat        exchange.Stamp
	connects    map[string]connects
	instruments listeners
	tokens      map[string]*wsToken

	// outgoing, when set, stands between the venue and the connections: it is given each
	// frame in the order of sending, with the channel or the method that it answers, and
	// returns the frames that go out in its place. A frame may be shared by many
	// connections: who changes one copies it. It is called where the venue is owned.
	outgoing func(k *socket, kind string, frame []byte) [][]byte
	// incoming, when set, is asked for each request; false loses it without an answer.
	incoming func(k *socket, method string) bool
}

// connects are the attempts of an address.
type connects struct {
	from  exchange.Stamp
	count int
	until exchange.Stamp // banned
}

// subscription is a client's wish for a channel.
type subscription struct {
	socket  *socket
	channel string
	market  *market // nil: the channel is not about one
	variant int     // depth, interval or trigger: the index of it
	account *account
	token   *wsToken
	seq     uint64 // of the last frame of a private channel
	brief   bool   // executions: no states between opening and closing
	counted bool   // executions: with the engine's counter
}

// listeners are the subscriptions of one channel.
type listeners []*subscription

func (l *listeners) remove(s *subscription) {
	*l = slices.DeleteFunc(*l, func(x *subscription) bool { return x == s })
}

// listeners is the list that a subscription belongs to.
func (c *core) listeners(s *subscription) *listeners {
	switch s.channel {
	case "book":
		return &s.market.stream.book[s.variant]
	case "level3":
		return &s.market.stream.level3[s.variant]
	case "ticker":
		return &s.market.stream.ticker[s.variant]
	case "ohlc":
		return &s.market.stream.ohlc[s.variant]
	case "trade":
		return &s.market.stream.trade
	case "executions":
		return &s.account.executions
	case "balances":
		return &s.account.balances
	case "instrument":
		return &c.hub.instruments
	}
	panic("BUG: no channel " + s.channel)
}

// admitSocket counts an attempt to connect; false turns it away.
func (c *core) admitSocket(ip string) bool {
	h := &c.hub
	if c.config.AnyConnections {
		return true
	}
	if h.connects == nil || len(h.connects) > mostStrangers {
		h.connects = map[string]connects{}
	}
	n := h.connects[ip]
	switch {
	case n.until > c.wall:
	case c.wall.Sub(n.from) >= connectsWithin:
		n = connects{from: c.wall, count: 1}
	default:
		if n.count++; n.count > mostConnects {
			n.until = c.wall.Add(connectsWithin)
		}
	}
	h.connects[ip] = n
	return n.until <= c.wall
}

// welcome takes a connection in.
func (c *core) welcome(k *socket) {
	c.hub.count++
	k.id = mix(c.config.Seed^c.hub.count*0x9e3779b97f4a7c15) | 1<<63
	k.heard, k.told = c.wall, c.wall
	c.hub.sockets = append(c.hub.sockets, k)
	c.send(k, "status", c.statusFrame(k))
}

// farewell forgets a connection.
func (c *core) farewell(k *socket) {
	for len(k.subs) > 0 {
		c.unsubscribe(k.subs[len(k.subs)-1])
	}
	if i := slices.Index(c.hub.sockets, k); i >= 0 {
		c.hub.sockets = slices.Delete(c.hub.sockets, i, i+1)
	}
}

// unsubscribe ends a subscription.
func (c *core) unsubscribe(s *subscription) {
	c.listeners(s).remove(s)
	s.socket.subs = slices.DeleteFunc(s.socket.subs, func(x *subscription) bool { return x == s })
	if s.token != nil {
		s.token.uses--
	}
	if s.market != nil {
		s.market.stream.rest(s.market)
	}
}

// send queues a frame for a connection. kind is the channel, or the method of an answer.
func (c *core) send(k *socket, kind string, frame []byte) {
	if c.hub.outgoing != nil {
		for _, f := range c.hub.outgoing(k, kind, frame) {
			c.put(k, f)
		}
		return
	}
	c.put(k, frame)
}

// put queues a frame; a connection that has no room for it is cut off, not waited for.
func (c *core) put(k *socket, frame []byte) {
	if !k.out.put(frame, c.turn) {
		k.cut()
	}
	k.told = c.wall
}

// publish sends one frame to all of a list.
func (c *core) publish(to listeners, frame []byte) {
	for _, s := range to {
		c.send(s.socket, s.channel, frame)
	}
}

var heartbeat = []byte(`{"channel":"heartbeat"}`)

// tend sends heartbeats, closes idle connections and cuts slow ones off.
func (c *core) tend(now time.Time) {
	if c.wall < c.hub.beat {
		return
	}
	c.hub.beat = c.wall.Add(beatEvery)
	for _, k := range c.hub.sockets {
		switch {
		case k.out.behind(now) > mostBehind:
			k.cut()
		case len(k.subs) == 0 && c.wall.Sub(k.heard) >= idleClose:
			k.bye(websocket.StatusNormalClosure, "")
		case len(k.subs) > 0 && c.wall.Sub(k.told) >= heartbeatEvery:
			c.send(k, "heartbeat", heartbeat)
		}
	}
}

// statusFrame is the state of the engine, as the first frame of a connection has it.
func (c *core) statusFrame(k *socket) []byte {
	w := message("status", "update", 128)
	w.open('[')
	w.open('{')
	w.str("version", "2.0.10")
	w.str("system", c.status.String())
	w.str("api_version", "v2")
	if c.status != exchange.Maintenance {
		w.key("connection_id")
		w.b = appendUint(w.b, k.id)
	}
	w.b = append(w.b, "}]}"...)
	return w.b
}

// announce tells every connection that the engine's state has changed.
func (c *core) announce() {
	for _, k := range c.hub.sockets {
		c.send(k, "status", c.statusFrame(k))
	}
	c.publish(c.hub.instruments, c.instrumentFrame("update"))
}
