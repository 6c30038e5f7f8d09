package krakend

import (
	"encoding/base64"
	"fmt"
	"slices"

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
	tokens  map[string]exchange.Stamp
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
func newKey(k Key, a *account) (*apiKey, error) {
	secret, err := base64.StdEncoding.DecodeString(k.Secret)
	switch {
	case k.Public == "":
		return nil, fmt.Errorf("krakend: account %q has a key without its public part; give Key.Public any text", a.Name)
	case err != nil || len(secret) == 0:
		return nil, fmt.Errorf("krakend: the secret of key %q is no base64 text; Kraken's secrets are", k.Public)
	}
	if k.Permissions == nil {
		k.Permissions = TradePermissions()
	}
	for _, p := range k.Permissions {
		if !slices.Contains(knownPermissions, p) {
			return nil, fmt.Errorf("krakend: key %q: there is no permission %q; there are %v", k.Public, p, knownPermissions)
		}
	}
	return &apiKey{Key: k, secret: secret, account: a, used: map[uint64]bool{}}, nil
}

// may reports whether the key has a permission.
func (k *apiKey) may(permission string) bool { return slices.Contains(k.Permissions, permission) }
