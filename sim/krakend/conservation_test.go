package krakend

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
	harmed bool // faults stand between it and the venue
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
	if t.harmed && (err != nil || len(body) > 0 && body[0] == '<') {
		return nil // a fault has taken the answer
	}
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

// troubles are the faults of the conservation test: each meets a few requests of a hundred.
var troubles = []string{
	`{"do":"drop","chance":1}`, `{"do":"drop-after-apply","chance":2}`, `{"do":"apply-then-502","chance":2}`, `{"do":"truncate","chance":1}`,
	`{"do":"error","code":"EService:Busy","chance":2}`, `{"do":"html","chance":1}`, `{"do":"429","chance":1}`, `{"do":"duplicate","chance":3}`,
	`{"do":"delay","wait":"2ms","chance":1}`, `{"do":"delay-after-apply","wait":"2ms","chance":1}`, `{"do":"reorder","wait":"2ms","chance":1}`,
	`{"do":"hide-order","chance":2,"for":"1h"}`,
}

//kraken:9 confirmed Price-time priority, partial fills, self-trade prevention, holds: the books of all accounts net to zero, under faults and over a restart
func TestMoneyIsNeitherMadeNorLostUnderManyClientsFaultsAndARestart(t *testing.T) {
	const clients = 8
	seed := *seeded
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("run it again with: go test ./sim/krakend -run %s -seed %d -requests %d", t.Name(), seed, *requests)
	config := Config{
		Pairs: []Pair{{Symbol: "XBT/CAD", Preset: "volatile"}, {Symbol: "ETH/CAD"}}, Lockstep: true, Start: time.Date(2026, 8, 3, 12, 0, 0, 0, time.UTC), Seed: seed,
		State: filepath.Join(t.TempDir(), "state"),
	}
	traders := make([]*trader, clients)
	for i := range traders {
		a := DemoAccount(fmt.Sprint("client ", i))
		a.Keys[0].Public, a.Unlimited = a.Name, true
		config.Accounts = append(config.Accounts, a)
		traders[i] = &trader{rnd: rand.New(rand.NewPCG(seed, uint64(i))), name: a.Name, secret: demoSecret(t), http: &http.Client{Transport: &http.Transport{}}, harmed: true}
	}
	var before inside
	for life := range 2 {
		s, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		if life > 0 {
			if d := cmp.Diff(before, s.look(), sameInside); d != "" {
				t.Fatalf("the restart has changed (-before +after):\n%.2000s", d)
			}
		}
		s.trade(t, traders, *requests/clients/2)
		if before = s.look(); before.Audit != "" {
			t.Error(before.Audit)
		}
		if s.Close(); t.Failed() {
			return
		}
		config.Start = time.Time{}
	}
	fills, open := 0, 0
	for i, a := range before.Accounts {
		fills, open = fills+len(before.Fills[i]), open+a.Open
	}
	if fills < *requests/50 {
		t.Errorf("only %d fills of %d requests: the mix trades too little to prove anything", fills, *requests)
	}
	t.Logf("%d requests: %d fills, %d open orders, %d trades", *requests, fills, open, before.Status.Trades)
}

// trade lets each trader send n requests, faults between them and the venue, and audits the
// venue under way.
func (s *Server) trade(t *testing.T, traders []*trader, n int) {
	t.Helper()
	h := httptest.NewServer(s.Handler())
	defer h.Close()
	helm := takeHelm(t, s)
	for _, f := range troubles {
		helm.do("POST", "faults", f)
	}
	var wait sync.WaitGroup
	failed := make(chan error, len(traders))
	for i, tr := range traders {
		tr.url = h.URL
		wait.Go(func() {
			defer tr.http.CloseIdleConnections()
			for k := range n {
				err := tr.step()
				if i == 0 && k%5 == 0 {
					s.Step(time.Second)
				}
				if i == 0 && k%200 == 0 && err == nil {
					s.do(func(c *core) { err = c.audit() })
				}
				if err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wait.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	var faults []faultView
	helm.ask("GET", "faults", "", &faults)
	for _, f := range faults {
		if f.Fired == 0 {
			t.Errorf("the fault %s met nothing", f.Do)
		}
	}
}
