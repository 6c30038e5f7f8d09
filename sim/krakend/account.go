package krakend

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Tier is how far an account is verified: it sets the rate limits.
type Tier uint8

// The tiers.
const (
	Intermediate Tier = iota
	Starter
	Pro
)

// limits are a tier's ("Kraken spot API reference", section 4).
type limits struct {
	restMax, restDecay     float64
	engineMax, engineDecay float64
	openOrders             int
}

var tierLimits = [...]limits{
	Intermediate: {20, 0.5, 125, 2.34, 80},
	Starter:      {15, 0.33, 60, 1, 60},
	Pro:          {20, 1, 180, 3.75, 225},
}

// Account is a client of the venue.
type Account struct {
	Name     string
	Balances map[string]string // at the start, by asset: {"CAD": "10000"}
	Keys     []Key
	Tier     Tier
	// Unlimited takes the rate limits and the cap on open orders off: for load tests.
	Unlimited bool
}

// Key is an API key.
type Key struct {
	Name, Public string
	Secret       string   // base64
	Permissions  []string // Kraken's ids; nil: TradePermissions
	NonceWindow  uint64
	ValidUntil   exchange.Stamp // 0: no end
	AllowedIPs   []string       // none: any
	// OTP is the key's second factor: a password, or "totp:" and a base32 secret.
	OTP string
}

// Kraken's permission ids (Kraken REST docs, GetApiKeyInfo).
const (
	queryFunds        = "query-funds"
	addFunds          = "add-funds"
	withdrawFunds     = "withdraw-funds"
	earnFunds         = "earn-funds"
	queryOpenTrades   = "query-open-trades"
	queryClosedTrades = "query-closed-trades"
	modifyTrades      = "modify-trades"
	closeTrades       = "close-trades"
	queryLedger       = "query-ledger"
	exportData        = "export-data"
	createToken       = "create-ws-token"
)

// TradePermissions are all that a trading program needs; withdrawing is not among them.
func TradePermissions() []string {
	return []string{queryFunds, queryOpenTrades, queryClosedTrades, modifyTrades, closeTrades, queryLedger, exportData, createToken}
}

var knownPermissions = append(TradePermissions(), addFunds, withdrawFunds, earnFunds, "add-withdraw-address", "update-withdraw-address")

// The demo account's key: public knowledge, good for nothing but this venue. The secret
// is the one of Kraken's published signature vector.
const (
	DemoKey    = "BREAKWATER/DEMO/KEY/0000000000000000000000000000000000000"
	DemoSecret = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
)

// DemoAccount has 100,000 of the pairs' currencies and some of their coins, a tier of Pro,
// and one key that may do everything but withdraw.
func DemoAccount(name string) Account {
	return Account{
		Name: name, Tier: Pro,
		Balances: map[string]string{"CAD": "100000", "USD": "100000", "EUR": "100000", "USDT": "100000", "XBT": "2", "ETH": "20", "SOL": "500", "XRP": "50000"},
		Keys:     []Key{{Name: "demo", Public: DemoKey, Secret: DemoSecret, NonceWindow: 10_000}},
	}
}

// apiKey is a key in use. What the owner of the venue changes stands below the line.
type apiKey struct {
	Key
	secret  []byte
	account *account

	nonce       uint64 // the highest so far
	floor       uint64 // no nonce at or below is good
	used        map[uint64]bool
	counter     counter
	wrong       int // bad signatures and nonces in a row
	lockedUntil exchange.Stamp
	lastUsed    exchange.Stamp
	created     exchange.Stamp
}

// account is a client in use.
type account struct {
	Account
	id      exchange.AccountID
	limits  limits
	byID    map[exchange.OrderID]*order
	open    []*order          // oldest first
	named   map[string]*order // the open ones by cl_ord_id
	closed  []*order          // the latest closed last
	fills   []*fill
	rows    []*ledgerRow
	total   []money.Amount // by asset, as the ledger rows have it
	had     []bool         // by asset: it was ever booked
	engine  []counter      // by pair
	nextID  exchange.OrderID
	refused exchange.Code // of what was just asked
	change  *exchange.Amend
	deadMan exchange.Stamp
	exports []*export

	executions, balances listeners
}

// counter is a limiter's: it decays with time and never falls below zero.
type counter struct {
	value float64
	at    exchange.Stamp
}

// level is the counter's value at t.
func (n *counter) level(t exchange.Stamp, decayPerSecond float64) float64 {
	if t > n.at {
		n.value = max(0, n.value-decayPerSecond*t.Sub(n.at).Seconds())
		n.at = t
	}
	return n.value
}

// newKey checks a key.
func (c *core) newKey(k Key, a *account) (*apiKey, error) {
	secret, err := base64.StdEncoding.DecodeString(k.Secret)
	switch {
	case k.Public == "":
		return nil, fmt.Errorf("krakend: account %q has a key without its public part; give Key.Public any text", a.Name)
	case err != nil || len(secret) == 0:
		return nil, fmt.Errorf("krakend: the secret of key %q is no base64 text; Kraken's secrets are", k.Public)
	case c.keys.find(k.Public) != nil:
		return nil, errTwoKeys(k.Public)
	}
	if k.Permissions == nil {
		k.Permissions = TradePermissions()
	}
	for _, p := range k.Permissions {
		if !slices.Contains(knownPermissions, p) {
			return nil, fmt.Errorf("krakend: key %q: there is no permission %q; there are %v", k.Public, p, knownPermissions)
		}
	}
	return &apiKey{Key: k, secret: secret, account: a, created: c.now, used: map[uint64]bool{}}, nil
}

// may reports whether the key has a permission.
func (k *apiKey) may(permission string) bool { return slices.Contains(k.Permissions, permission) }

// keyring holds the keys by their public part. The core's goroutine changes it; any may
// look into it: it is replaced, never written to.
type keyring struct {
	keys atomic.Pointer[map[string]*apiKey]
}

// find is the key with a public part, nil when there is none.
func (r *keyring) find(public string) *apiKey {
	if m := r.keys.Load(); m != nil {
		return (*m)[public]
	}
	return nil
}

// all are the keys by name of their public part.
func (r *keyring) all() []*apiKey {
	m := r.keys.Load()
	if m == nil {
		return nil
	}
	var out []*apiKey
	for _, public := range slices.Sorted(maps.Keys(*m)) {
		out = append(out, (*m)[public])
	}
	return out
}

// set puts a key in, or takes one out where it is nil.
func (r *keyring) set(public string, k *apiKey) {
	m := map[string]*apiKey{}
	if old := r.keys.Load(); old != nil {
		m = maps.Clone(*old)
	}
	if delete(m, public); k != nil {
		m[public] = k
	}
	r.keys.Store(&m)
}

// admit opens an account, takes its keys and books its balances. It changes nothing when
// it fails.
func (c *core) admit(given Account) (*account, error) {
	a := &account{
		Account: given, limits: tierLimits[given.Tier%Tier(len(tierLimits))], byID: map[exchange.OrderID]*order{}, named: map[string]*order{},
		total: make([]money.Amount, len(c.catalog.Assets)), had: make([]bool, len(c.catalog.Assets)), engine: make([]counter, len(c.markets)),
	}
	a.Keys, a.Balances = nil, nil // as given; what holds is in the core
	if slices.ContainsFunc(c.accounts, func(x *account) bool { return x.Name == a.Name }) {
		return nil, fmt.Errorf("krakend: there is an account %q already; give each its own name", a.Name)
	}
	var deposits []exchange.Balance
	for _, name := range slices.Sorted(maps.Keys(given.Balances)) {
		b, err := c.amount(name, given.Balances[name])
		if err != nil {
			return nil, fmt.Errorf("krakend: account %q: %w", a.Name, err)
		}
		deposits = append(deposits, b)
	}
	var keys []*apiKey
	for _, k := range given.Keys {
		key, err := c.newKey(k, a)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(keys, func(x *apiKey) bool { return x.Public == k.Public }) {
			return nil, errTwoKeys(k.Public)
		}
		keys = append(keys, key)
	}
	id, err := c.venue.AddAccount(nil)
	if err != nil {
		return nil, err
	}
	a.id = id
	c.accounts = append(c.accounts, a)
	for _, k := range keys {
		c.keys.set(k.Public, k)
	}
	for _, b := range deposits {
		if err := c.deposit(a, b.Asset, b.Total); err != nil {
			panic("BUG: " + err.Error())
		}
	}
	return a, nil
}

func errTwoKeys(public string) error {
	return fmt.Errorf("krakend: two keys are %q; a key's public part must be its own", public)
}

// mostBalance bounds what is booked at once: the venue's books have room for many.
const mostBalance = 1 << 59

// amount reads an amount of an asset.
func (c *core) amount(name, text string) (b exchange.Balance, err error) {
	asset, ok := c.asset(name)
	if !ok {
		return b, fmt.Errorf("there is no asset %q; a pair or an account at the start must have it", name)
	}
	v, err := money.Parse(text, asset.Decimals)
	if err != nil || v < 0 || v > mostBalance {
		return b, fmt.Errorf("%q of %s is no amount of at most %d decimals", text, name, asset.Decimals)
	}
	return exchange.Balance{Asset: asset.ID, Total: money.Amount(v)}, nil
}
