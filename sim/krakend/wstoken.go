package krakend

import (
	"breakwater/exchange"
)

// wsToken lets a WebSocket connection speak for an account, with the rights of the key that
// asked for it. It must be used within tokenLife, and lives on with the subscriptions that
// it made (Kraken REST docs, GetWebSocketsToken).
type wsToken struct {
	text  string
	key   *apiKey
	until exchange.Stamp
	uses  int // private subscriptions that are open
}

// issue makes a token for a key, and forgets those that are over.
func (c *core) issue(k *apiKey) *wsToken {
	if c.hub.tokens == nil {
		c.hub.tokens = map[string]*wsToken{}
	}
	for text, t := range c.hub.tokens {
		if t.over(c.now) && c.now.Sub(t.until) >= tokenLife {
			delete(c.hub.tokens, text) // until then it is remembered as one that has expired
		}
	}
	t := &wsToken{text: c.ids.plain(43), key: k, until: c.now.Add(tokenLife)}
	c.hub.tokens[t.text] = t
	return t
}

func (t *wsToken) over(now exchange.Stamp) bool { return t.uses == 0 && t.until <= now }

// speaker is the token of a request, or Kraken's reason why there is none. A text that was
// never a token is an invalid one, one that has expired an invalid session.
func (c *core) speaker(k *socket, q *inquiry) (*wsToken, string) {
	text := q.str("token")
	if text == "" {
		return nil, errNoToken
	}
	t := c.hub.tokens[text]
	switch {
	case t == nil:
		return nil, errToken
	case c.keys.find(t.key.Public) != t.key, t.over(c.now), t.key.ValidUntil != 0 && c.now >= t.key.ValidUntil:
		return nil, errSession
	}
	if t.key.account.Unlimited {
		k.unlimited = true
	}
	return t, ""
}
