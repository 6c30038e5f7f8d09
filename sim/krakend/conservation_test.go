package krakend

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"
)

var seeded = flag.Uint64("seed", 0, "of the conservation test; 0: another each time")

var requests = flag.Int("requests", 4000, "how many requests the clients of the conservation test send")

// trader sends a seeded mix of requests.
type trader struct {
	rnd    *rand.Rand
	url    string
	name   string
	secret []byte
	nonce  int
	ids    []string
	http   *http.Client
}

func (t *trader) call(name string, fields url.Values) ([]byte, error) {
	t.nonce++
	fields.Set("nonce", strconv.Itoa(t.nonce))
	body := []byte(fields.Encode())
	path := "/0/private/" + name
	r, err := http.NewRequest("POST", t.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("API-Key", t.name)
	r.Header.Set("API-Sign", Sign(t.secret, path, fields.Get("nonce"), body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := t.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

func (t *trader) pick(words ...string) string { return words[t.rnd.IntN(len(words))] }

// step sends one request, good or bad.
func (t *trader) step() error {
	id := "OAAAAA-AAAAAA-AAAAAA"
	if len(t.ids) > 0 {
		id = t.ids[t.rnd.IntN(len(t.ids))]
	}
	var name string
	v := url.Values{}
	switch n := t.rnd.IntN(100); {
	case n < 55:
		name = "AddOrder"
		v.Set("pair", t.pick("XBTCAD", "ETHCAD", "XXBTZCAD"))
		v.Set("type", t.pick("buy", "sell"))
		v.Set("ordertype", t.pick("limit", "limit", "limit", "market", "stop-loss", "take-profit", "stop-loss-limit", "take-profit-limit", "trailing-stop", "iceberg"))
		v.Set("volume", t.pick("0.0001", "0.01", "0.05", "0.5", "0.00000001", "30", "x"))
		v.Set("price", t.pick("-0.1%", "+0.1%", "#0.05%", "-5%", "+5%", "-0.01%", "60000", "1", "abc"))
		v.Set("price2", t.pick("-1", "+1", "#3", "-0.1%"))
		v.Set("displayvol", t.pick("", "", "0.01"))
		v.Set("oflags", t.pick("", "", "", "post", "fcib", "viqc", "fciq"))
		v.Set("timeinforce", t.pick("", "", "", "IOC", "FOK", "GTC"))
		v.Set("expiretm", t.pick("", "", "", "", "+30"))
		v.Set("stptype", t.pick("", "cancel-oldest", "cancel-both"))
		if t.rnd.IntN(6) == 0 {
			v.Set("close[ordertype]", t.pick("limit", "stop-loss", "take-profit-limit"))
			v.Set("close[price]", t.pick("+0.2%", "-0.2%", "#0.1%"))
			v.Set("close[price2]", t.pick("+0.1%", "-1"))
		}
	case n < 70:
		name = t.pick("CancelOrder", "CancelOrder", "CancelOrderBatch")
		v.Set("txid", id)
		v.Set("orders[0]", id)
	case n < 82:
		name = "AmendOrder"
		v.Set("txid", id)
		v.Set("order_qty", t.pick("", "0.02", "0.001", "3"))
		v.Set("limit_price", t.pick("", "-0.05%", "+0.05%", "70000"))
	case n < 87:
		name = "EditOrder"
		v.Set("txid", id)
		v.Set("pair", "XBTCAD")
		v.Set("price", t.pick("-0.1%", "+0.3%"))
	case n < 88:
		name = t.pick("CancelAll", "CancelAllOrdersAfter")
		v.Set("timeout", t.pick("0", "5", "60"))
	default:
		name = t.pick("OpenOrders", "ClosedOrders", "QueryOrders", "TradesHistory", "Ledgers", "BalanceEx", "Balance", "TradeVolume")
		v.Set("txid", id)
		v.Set("trades", "true")
	}
	body, err := t.call(name, v)
	if err != nil {
		return err
	}
	var a struct {
		Error  []string
		Result struct{ Txid json.RawMessage }
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return fmt.Errorf("%s answers %q", name, body)
	}
	if len(a.Error) > 0 && a.Error[0] == string(errInternal) {
		return fmt.Errorf("%s %v: %s", name, v, body)
	}
	var ids []string
	if name == "AddOrder" && json.Unmarshal(a.Result.Txid, &ids) == nil {
		t.ids = append(t.ids, ids...)
	}
	return nil
}

//kraken:9 confirmed Price-time priority, partial fills, self-trade prevention, holds: the books of all accounts net to zero
func TestMoneyIsNeitherMadeNorLostUnderManyClients(t *testing.T) {
	const clients = 8
	seed := *seeded
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("run it again with: go test ./sim/krakend -run %s -seed %d -requests %d", t.Name(), seed, *requests)
	config := Config{Pairs: []Pair{{Symbol: "XBT/CAD", Preset: "volatile"}, {Symbol: "ETH/CAD"}}, Lockstep: true, Start: time.Date(2026, 8, 3, 12, 0, 0, 0, time.UTC), Seed: seed}
	for i := range clients {
		a := DemoAccount(fmt.Sprint("client ", i))
		a.Keys[0].Public, a.Unlimited = a.Name, true
		config.Accounts = append(config.Accounts, a)
	}
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h := httptest.NewServer(s.Handler())
	defer h.Close()
	secret, _ := base64.StdEncoding.DecodeString(DemoSecret)
	var wait sync.WaitGroup
	failed := make(chan error, clients)
	for i := range clients {
		wait.Go(func() {
			tr := &trader{rnd: rand.New(rand.NewPCG(seed, uint64(i))), url: h.URL, name: fmt.Sprint("client ", i), secret: secret, http: &http.Client{Transport: &http.Transport{}}}
			defer tr.http.CloseIdleConnections()
			for n := range *requests / clients {
				if err := tr.step(); err != nil {
					failed <- err
					return
				}
				if i == 0 && n%5 == 0 {
					s.Step(time.Second)
				}
				if i == 0 && n%200 == 0 {
					s.do(func(c *core) { err = c.audit() })
					if err != nil {
						failed <- err
						return
					}
				}
			}
		})
	}
	wait.Wait()
	s.do(func(c *core) { err = c.audit() })
	if err != nil {
		t.Error(err)
	}
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	s.do(func(c *core) {
		fills, open := 0, 0
		for _, a := range c.accounts {
			fills, open = fills+len(a.fills), open+len(a.open)
		}
		if fills < *requests/50 {
			t.Errorf("only %d fills of %d requests: the mix trades too little to prove anything", fills, *requests)
		}
		t.Logf("%d requests: %d fills, %d open orders, %d trades on the tapes", *requests, fills, open, c.markets[0].tradeID+c.markets[1].tradeID)
	})
}
