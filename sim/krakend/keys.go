package krakend

import (
	"strconv"
	"time"

	"breakwater/exchange"
)

// tokenLife is how long a WebSocket token may wait for its use.
const tokenLife = 15 * time.Minute

func (c *core) callGetWebSocketsToken(_ *account, r *request) (any, error) {
	return object{{"token", c.issue(r.key).text}, {"expires", int(tokenLife.Seconds())}}, nil
}

func (c *core) callGetAPIKeyInfo(_ *account, r *request) (any, error) {
	k := r.key
	seconds := func(t exchange.Stamp) string { return strconv.FormatInt(t.Time().Unix(), 10) }
	allowed := k.AllowedIPs
	if allowed == nil {
		allowed = []string{}
	}
	return object{
		{"apiKeyName", k.Name}, {"apiKey", k.Public}, {"nonce", strconv.FormatUint(k.nonce, 10)}, {"nonceWindow", k.NonceWindow}, {"permissions", k.Permissions},
		{"iban", ""}, {"validUntil", seconds(k.ValidUntil)}, {"queryFrom", "0"}, {"queryTo", "0"}, {"createdTime", seconds(k.created)},
		{"modifiedTime", seconds(k.created)}, {"ipAllowlist", allowed}, {"lastUsed", seconds(k.lastUsed)},
	}, nil
}

// callWithdrawMethods is there for the probe whether a key may withdraw: nothing here does.
func (c *core) callWithdrawMethods(_ *account, r *request) (any, error) {
	rows := []object{}
	for i := range c.catalog.Assets {
		asset := &c.catalog.Assets[i]
		id := assetID(asset.Name)
		if want := r.get("asset"); want != "" && want != id && want != asset.Name {
			continue
		}
		method, network := asset.Name, asset.Name
		if exchange.IsFiat(asset.Name) {
			method, network = "Bank transfer", "Bank"
		}
		rows = append(rows, object{{"asset", id}, {"method", method}, {"network", network}, {"minimum", "0"}})
	}
	return rows, nil
}
