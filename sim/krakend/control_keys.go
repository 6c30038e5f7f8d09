package krakend

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"breakwater/exchange"
)

// keyView is a key without its secrets.
type keyView struct {
	Public      string   `json:"public"`
	Name        string   `json:"name"`
	Account     string   `json:"account"`
	Permissions []string `json:"permissions"`
	NonceWindow uint64   `json:"nonce_window"`
	Nonce       uint64   `json:"nonce" doc:"the highest so far"`
	ValidUntil  string   `json:"valid_until" doc:"RFC 3339; empty: no end"`
	AllowedIPs  []string `json:"allowed_ips" doc:"empty: any"`
	HasOTP      bool     `json:"has_otp" doc:"it wants a second factor"`
	LockedUntil string   `json:"locked_until" doc:"of a temporary lockout; empty: none"`
	LastUsed    string   `json:"last_used"`
}

// newKeyView is the only answer with a secret in it: to who makes the key.
type newKeyView struct {
	keyView
	Secret string `json:"secret" doc:"base64; told this once"`
}

// keyMaking is a new key.
type keyMaking struct {
	Account     string   `json:"account"`
	Name        string   `json:"name,omitempty"`
	Public      string   `json:"public,omitempty" doc:"without it one is made"`
	Secret      string   `json:"secret,omitempty" doc:"base64; without it one is made"`
	Permissions []string `json:"permissions,omitempty" doc:"Kraken's ids; without them all that trading needs"`
	NonceWindow uint64   `json:"nonce_window,omitempty"`
	ValidUntil  string   `json:"valid_until,omitempty" doc:"RFC 3339"`
	AllowedIPs  []string `json:"allowed_ips,omitempty"`
	OTP         string   `json:"otp,omitempty" doc:"second factor: a password, or totp: and a base32 secret"`
}

// keyChange changes a key.
type keyChange struct {
	Key         string    `json:"key"`
	Permissions *[]string `json:"permissions,omitempty" doc:"all that it has from now on"`
	Add         []string  `json:"add_permissions,omitempty"`
	Drop        []string  `json:"drop_permissions,omitempty"`
	NonceWindow *uint64   `json:"nonce_window,omitempty"`
	Nonce       *uint64   `json:"nonce,omitempty" doc:"as if somebody else had used the key with this nonce: lower ones are refused"`
	ValidUntil  *string   `json:"valid_until,omitempty" doc:"RFC 3339; empty: no end"`
	AllowedIPs  *[]string `json:"allowed_ips,omitempty"`
	OTP         *string   `json:"otp,omitempty" doc:"empty: none"`
	LockFor     *string   `json:"lock_for,omitempty" doc:"a temporary lockout, as 15m; 0s ends one"`
}

// keyName names a key.
type keyName struct {
	Key string `json:"key"`
}

var keyRoutes = []route{
	look("/sim/keys", "Every key, without its secret.", []keyView{}, func(c *core, _ *question) (any, error) {
		views := []keyView{}
		for _, k := range c.keys.all() {
			views = append(views, k.view())
		}
		return views, nil
	}),
	making(change(http.MethodPost, "/sim/accounts/{account}/keys", "Makes a key. The answer is the only one that has its secret.", (*core).makeKey, newKeyView{})),
	change(http.MethodPatch, "/sim/keys/{key}", "Changes a key: permissions, addresses, end, nonce, lockout. Slashes in its public part are %2F.", (*core).changeKey, keyView{}),
	change(http.MethodDelete, "/sim/keys/{key}", "Revokes a key: EAPI:Invalid key from the next call on.", (*core).revokeKey, keyView{}),
}

// making lets a route of makeKey make what the request leaves out, before it is written
// down: the venue itself knows no chance.
func making(r route) route {
	r.edge = func(s *Server, q *question) (result any, err error) {
		var k keyMaking
		if err := strict(q.body, &k); err != nil {
			return nil, refuse(http.StatusBadRequest, "%s", plainJSON(err))
		}
		if k.Public == "" {
			k.Public = randomText(42)
		}
		if k.Secret == "" {
			k.Secret = randomText(64)
		}
		body, err := json.Marshal(k)
		if err != nil {
			return nil, err
		}
		if !s.do(func(c *core) { result, err = c.told(r.name(), body) }) {
			return nil, refuse(http.StatusServiceUnavailable, "the venue has ended")
		}
		return result, err
	}
	return r
}

// randomText is base64 of so many random bytes.
func randomText(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b)
	return base64.StdEncoding.EncodeToString(b)
}

func (k *apiKey) view() keyView {
	return keyView{
		Public: k.Public, Name: k.Name, Account: k.account.Name, Permissions: slices.Clone(k.Permissions), NonceWindow: k.NonceWindow, Nonce: k.nonce,
		ValidUntil: stampText(k.ValidUntil), AllowedIPs: append([]string{}, k.AllowedIPs...), HasOTP: k.OTP != "", LockedUntil: stampText(k.lockedUntil),
		LastUsed: stampText(k.lastUsed),
	}
}

func (c *core) aKey(public string) (*apiKey, error) {
	if k := c.keys.find(public); k != nil {
		return k, nil
	}
	return nil, refuse(http.StatusNotFound, "there is no key %q; /sim/keys lists them", public)
}

func (c *core) makeKey(t *keyMaking) (any, error) {
	a, err := c.anAccount(t.Account)
	if err != nil {
		return nil, err
	}
	if len(c.keys.all()) >= mostKeys {
		return nil, refuse(http.StatusConflict, "there are %d keys; a venue has no more", mostKeys)
	}
	until, err := instantText("valid_until", t.ValidUntil)
	if err != nil {
		return nil, err
	}
	if err := addresses(t.AllowedIPs); err != nil {
		return nil, err
	}
	k, err := c.newKey(Key{
		Name: t.Name, Public: t.Public, Secret: t.Secret, Permissions: t.Permissions, NonceWindow: t.NonceWindow, ValidUntil: until, AllowedIPs: t.AllowedIPs, OTP: t.OTP,
	}, a)
	if err != nil {
		return nil, err
	}
	c.keys.set(k.Public, k)
	return newKeyView{k.view(), k.Secret}, nil
}

func instantText(name, text string) (exchange.Stamp, error) {
	if text == "" {
		return 0, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return 0, refuse(http.StatusBadRequest, "%s %q is no instant; write it like 2026-08-03T12:00:00Z", name, text)
	}
	return exchange.At(t), nil
}

func addresses(list []string) error {
	for _, ip := range list {
		if _, err := netip.ParseAddr(ip); err != nil {
			return refuse(http.StatusBadRequest, "%q is no IP address", ip)
		}
	}
	return nil
}

func permissions(list []string) error {
	for _, p := range list {
		if !slices.Contains(knownPermissions, p) {
			return refuse(http.StatusBadRequest, "there is no permission %q; there are %v", p, knownPermissions)
		}
	}
	return nil
}

func (c *core) changeKey(t *keyChange) (any, error) {
	k, err := c.aKey(t.Key)
	if err != nil {
		return nil, err
	}
	has := slices.Clone(k.Permissions)
	if t.Permissions != nil {
		has = append([]string{}, *t.Permissions...)
	}
	for _, p := range t.Add {
		if !slices.Contains(has, p) {
			has = append(has, p)
		}
	}
	if err := permissions(append(has, t.Drop...)); err != nil {
		return nil, err
	}
	has = slices.DeleteFunc(has, func(p string) bool { return slices.Contains(t.Drop, p) })
	until, locked := k.ValidUntil, k.lockedUntil
	if t.ValidUntil != nil {
		if until, err = instantText("valid_until", *t.ValidUntil); err != nil {
			return nil, err
		}
	}
	if t.LockFor != nil {
		d, err := time.ParseDuration(*t.LockFor)
		if err != nil || d < 0 || d > longestSpan {
			return nil, refuse(http.StatusBadRequest, "lock_for %q is no time span; write it like 15m", *t.LockFor)
		}
		locked = c.now.Add(d)
	}
	if t.AllowedIPs != nil {
		if err := addresses(*t.AllowedIPs); err != nil {
			return nil, err
		}
		k.AllowedIPs = *t.AllowedIPs
	}
	k.Permissions, k.ValidUntil, k.lockedUntil = has, until, locked
	if t.NonceWindow != nil {
		k.NonceWindow = *t.NonceWindow
	}
	if t.Nonce != nil {
		k.nonce, k.floor = max(k.nonce, *t.Nonce), max(k.floor, *t.Nonce)
	}
	if t.OTP != nil {
		k.OTP = *t.OTP
	}
	return k.view(), nil
}

func (c *core) revokeKey(t *keyName) (any, error) {
	k, err := c.aKey(t.Key)
	if err != nil {
		return nil, err
	}
	c.keys.set(t.Key, nil)
	return k.view(), nil
}
