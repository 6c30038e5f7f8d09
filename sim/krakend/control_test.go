package krakend

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// helm is the control interface of a venue, in the hand of a test.
type helm struct {
	t      *testing.T
	server *Server
	door   http.Handler
	used   map[string]bool // routes by name
	nonce  int
}

func takeHelm(t *testing.T, s *Server) *helm {
	return &helm{t: t, server: s, door: s.Control("the token"), used: map[string]bool{}, nonce: 1_000_000}
}

// ask sends a request and decodes the answer, which must be as the file describes.
func (h *helm) ask(method, path, body string, to any) (status int, text string) {
	h.t.Helper()
	r := httptest.NewRequest(method, "/sim/"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer the token")
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	if i := slices.IndexFunc(routes, func(x route) bool { return x.method == method && x.fits(r.URL.EscapedPath()) }); i >= 0 {
		h.used[routes[i].name()] = true
		asDescribed(h.t, &routes[i], w.Code, w.Body.Bytes())
	}
	if to != nil {
		if w.Code != http.StatusOK {
			h.t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		if err := json.Unmarshal(w.Body.Bytes(), to); err != nil {
			h.t.Fatal(err)
		}
	}
	return w.Code, w.Body.String()
}

// fits reports whether a path is one of the route's.
func (r *route) fits(path string) bool {
	got, want := strings.Split(path, "/"), strings.Split(r.path, "/")
	return len(got) == len(want) && !slices.ContainsFunc(want, func(part string) bool {
		return !strings.HasPrefix(part, "{") && part != got[slices.Index(want, part)]
	})
}

// do is ask for what must succeed.
func (h *helm) do(method, path, body string) {
	h.t.Helper()
	if status, text := h.ask(method, path, body, nil); status != http.StatusOK {
		h.t.Fatalf("%s %s %s: %d %s", method, path, body, status, text)
	}
}

// refused demands a refusal with a part of its text.
func (h *helm) refused(method, path, body string, status int, part string) {
	h.t.Helper()
	if got, text := h.ask(method, path, body, nil); got != status || !strings.Contains(text, part) {
		h.t.Errorf("%s %s %s: %d %s, want %d %q", method, path, body, got, text, status, part)
	}
}

// call sends a private request as a client does, and gives the error or the whole answer.
func (h *helm) call(public, secret, name string, fields ...string) string {
	h.t.Helper()
	h.nonce++
	form := url.Values{"nonce": {strconv.Itoa(h.nonce)}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	key, err := base64.StdEncoding.DecodeString(secret)
	if err != nil {
		h.t.Fatal(err)
	}
	body := []byte(form.Encode())
	r := httptest.NewRequest("POST", "/0/private/"+name, bytes.NewReader(body))
	r.Header.Set("API-Key", public)
	r.Header.Set("API-Sign", Sign(key, r.URL.Path, form.Get("nonce"), body))
	r.Header.Set("Content-Type", asForm)
	w := httptest.NewRecorder()
	h.server.Handler().ServeHTTP(w, r)
	var a struct{ Error []string }
	if json.Unmarshal(w.Body.Bytes(), &a) == nil && len(a.Error) > 0 {
		return a.Error[0]
	}
	return w.Body.String()
}

func (h *helm) demo(name string, fields ...string) string {
	h.t.Helper()
	return h.call(DemoKey, DemoSecret, name, fields...)
}

func bare() Config { return Config{Pairs: []Pair{{Symbol: "XBT/CAD", Bare: true}}} }

func TestControlInterfaceIsForWhoHasTheToken(t *testing.T) {
	s, _ := quiet(t, bare())
	door := s.Control("the token", "127.0.0.1:8444")
	for _, c := range []struct {
		host, auth string
		want       int
	}{
		{"127.0.0.1:8444", "Bearer the token", 200},
		{"127.0.0.1:8444", "", 401},
		{"127.0.0.1:8444", "Bearer another", 401},
		{"127.0.0.1:8444", "the token", 401},
		{"evil.example:8444", "Bearer the token", 403}, // a name of its own for this address
		{"127.0.0.1:9999", "Bearer the token", 403},
	} {
		r := httptest.NewRequest("GET", "/sim/status", nil)
		r.Host = c.host
		r.Header.Set("Authorization", c.auth)
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("host %s, %q: %d %s, want %d", c.host, c.auth, w.Code, w.Body, c.want)
		}
	}
	r := httptest.NewRequest("GET", "/sim/openapi.json", nil)
	w := httptest.NewRecorder()
	if s.Control("").ServeHTTP(w, r); w.Code != 200 || !json.Valid(w.Body.Bytes()) {
		t.Errorf("the description: %d", w.Code)
	}
	r = httptest.NewRequest("GET", "/sim/status", nil)
	r.Header.Set("Authorization", "Bearer ")
	w = httptest.NewRecorder()
	if s.Control("").ServeHTTP(w, r); w.Code != 401 {
		t.Errorf("an empty token opens the door: %d", w.Code)
	}
}

// The story goes through every route once, so that each answer is held against the file.
func TestEveryRouteDoesWhatItSaysAndAnswersAsDescribed(t *testing.T) {
	s, _ := quiet(t, Config{Pairs: []Pair{{Symbol: "XBT/CAD"}, {Symbol: "ETH/CAD", Bare: true}}})
	h := takeHelm(t, s)

	var status statusView
	h.ask("POST", "time", `{"step":"90s"}`, &status)
	if status.Time != "2026-08-03T12:01:30Z" || status.Trades == 0 {
		t.Errorf("after 90 s: %+v", status)
	}
	h.ask("POST", "time", `{"to":"2026-08-03T12:02:00Z"}`, &status)
	h.ask("GET", "status", "", &status)
	if status.Time != "2026-08-03T12:02:00Z" || !status.Lockstep || len(status.Pairs) != 2 {
		t.Errorf("status: %+v", status)
	}
	h.ask("PUT", "clock", `{"speed":3600}`, &status)
	if status.Speed != 3600 {
		t.Errorf("clock: %+v", status)
	}

	h.do("PUT", "mode", `{"mode":"cancel_only"}`)
	if got := h.demo("AddOrder", "pair", "XBTCAD", "type", "buy", "ordertype", "limit", "volume", "0.01", "price", "50000"); got != "EService:Market in cancel_only mode" {
		t.Errorf("in cancel_only: %s", got)
	}
	h.do("PUT", "mode", `{"mode":"online"}`)
	h.do("PUT", "mode", `{"mode":"limit_only","pair":"XBT/CAD"}`)
	if got := h.demo("AddOrder", "pair", "XBTCAD", "type", "buy", "ordertype", "market", "volume", "0.01"); got != "EService:Market in limit_only mode" {
		t.Errorf("in limit_only: %s", got)
	}
	h.do("PUT", "mode", `{"mode":"online","pair":"XBT/CAD"}`)

	h.do("PUT", "behaviour", `{"post_only_rejects":true,"history_cost":4}`)
	if got := h.demo("AddOrder", "pair", "XBTCAD", "type", "buy", "ordertype", "limit", "volume", "0.01", "price", "90000", "oflags", "post"); got != "EOrder:Post only order" {
		t.Errorf("post-only that crosses: %s", got)
	}

	var account accountView
	h.ask("POST", "accounts", `{"name":"late","tier":"starter","balances":{"CAD":"1000","XBT":"0.5"}}`, &account)
	h.ask("POST", "accounts/late/deposits", `{"asset":"CAD","amount":"500.5"}`, &account)
	h.ask("POST", "accounts/late/withdrawals", `{"asset":"ZCAD","amount":"0.5"}`, &account)
	if got := account.Balances["CAD"]; got != (balanceView{"1500.0000", "0.0000"}) || account.Rows != 4 || account.Tier != "starter" {
		t.Errorf("account: %+v", account)
	}
	h.refused("POST", "accounts/late/withdrawals", `{"asset":"CAD","amount":"1501"}`, 409, "exceeds the free")
	h.do("GET", "accounts", "")
	h.do("GET", "accounts/late", "")

	var key newKeyView
	h.ask("POST", "accounts/late/keys", `{"name":"bot","permissions":["query-funds"]}`, &key)
	if got := h.call(key.Public, key.Secret, "Balance"); !strings.Contains(got, `"ZCAD":"1500.0000"`) {
		t.Errorf("the new key: %s", got)
	}
	path := "keys/" + url.PathEscape(key.Public)
	order := []string{"pair", "XBTCAD", "type", "sell", "ordertype", "limit", "volume", "0.01", "price", "90000"}
	if got := h.call(key.Public, key.Secret, "AddOrder", order...); got != "EGeneral:Permission denied" {
		t.Errorf("without the permission: %s", got)
	}
	h.do("PATCH", path, `{"add_permissions":["modify-trades"]}`)
	if got := h.call(key.Public, key.Secret, "AddOrder", order...); !strings.Contains(got, "txid") {
		t.Errorf("with the permission: %s", got)
	}
	h.do("PATCH", path, `{"allowed_ips":["203.0.113.7"]}`)
	if got := h.call(key.Public, key.Secret, "Balance"); got != "EGeneral:Permission denied" {
		t.Errorf("from another address: %s", got)
	}
	h.do("PATCH", path, `{"allowed_ips":[],"lock_for":"1m"}`)
	if got := h.call(key.Public, key.Secret, "Balance"); got != "EGeneral:Temporary lockout" {
		t.Errorf("locked out: %s", got)
	}
	h.do("PATCH", path, fmt.Sprintf(`{"lock_for":"0s","nonce":%d}`, h.nonce+100))
	if got := h.call(key.Public, key.Secret, "Balance"); got != "EAPI:Invalid nonce" {
		t.Errorf("below another's nonce: %s", got)
	}
	h.nonce += 200
	h.do("PATCH", path, `{"valid_until":"2026-08-03T12:02:00Z"}`)
	if got := h.call(key.Public, key.Secret, "Balance"); got != "EAPI:Invalid key" {
		t.Errorf("expired: %s", got)
	}
	h.do("PATCH", path, `{"valid_until":""}`)
	h.do("DELETE", path, "")
	if got := h.call(key.Public, key.Secret, "Balance"); got != "EAPI:Invalid key" {
		t.Errorf("revoked: %s", got)
	}
	var keys []keyView
	if h.ask("GET", "keys", "", &keys); len(keys) != 1 || keys[0].Public != DemoKey {
		t.Errorf("keys: %+v", keys)
	}

	h.do("PATCH", "accounts/demo", `{"exhaust":true}`)
	if got := h.demo("Balance"); got != "EAPI:Rate limit exceeded" {
		t.Errorf("exhausted: %s", got)
	}
	h.do("PATCH", "accounts/demo", `{"unlimited":true}`)
	if got := h.demo("Balance"); !strings.Contains(got, "ZCAD") {
		t.Errorf("without limits: %s", got)
	}

	var placed placedView
	h.ask("POST", "accounts/demo/orders", `{"pair":"XBTCAD","type":"buy","ordertype":"limit","volume":"0.01","price":"40000"}`, &placed)
	if got := h.demo("OpenOrders"); !strings.Contains(got, placed.Txid) {
		t.Errorf("the foreign order %+v is not there: %s", placed, got)
	}
	var orders []orderView
	if h.ask("GET", "accounts/demo/orders?limit=1", "", &orders); len(orders) != 1 || orders[0].Txid != placed.Txid {
		t.Errorf("orders: %+v", orders)
	}
	h.do("DELETE", "accounts/demo/orders/"+placed.Txid, "")
	h.refused("DELETE", "accounts/demo/orders/"+placed.Txid, "", 404, "no open order")
	h.ask("POST", "accounts/demo/orders", `{"pair":"XBTCAD","type":"buy","ordertype":"market","volume":"0.01"}`, &placed)
	if placed.Status != "closed" {
		t.Errorf("the manual trade is %+v", placed)
	}
	var fills []fillView
	if h.ask("GET", "accounts/demo/fills", "", &fills); len(fills) == 0 || fills[0].Order != placed.Txid {
		t.Errorf("fills: %+v", fills)
	}
	var rows []rowView
	if h.ask("GET", "accounts/demo/ledger?limit=2", "", &rows); len(rows) != 2 || rows[0].Type != "trade" {
		t.Errorf("rows: %+v", rows)
	}
	h.demo("GetWebSocketsToken")
	h.do("DELETE", "accounts/demo/tokens", "")
	s.do(func(c *core) {
		for text, token := range c.hub.tokens {
			if !token.over(c.now) {
				t.Errorf("token %s lives", text)
			}
		}
	})

	var pair pairView
	h.ask("GET", "pairs/XBTCAD", "", &pair)
	last, _ := strconv.ParseFloat(pair.Last, 64)
	h.ask("POST", "pairs/XBTCAD/market", `{"do":"gap","percent":-20}`, &pair)
	if bid, _ := strconv.ParseFloat(pair.Bids[0].Price, 64); bid > 0.85*last || bid < 0.75*last {
		t.Errorf("a gap of -20 %% from %g leaves a bid of %g", last, bid)
	}
	h.ask("POST", "pairs/XBTCAD/market", `{"do":"drain","for":"10s"}`, &pair)
	if len(pair.Bids) != 0 || len(pair.Asks) > 1 { // an account has one
		t.Errorf("a drained book has %+v", pair)
	}
	h.do("POST", "time", `{"step":"1m"}`)
	h.ask("GET", "pairs/XBT%2FCAD", "", &pair)
	if len(pair.Bids) == 0 {
		t.Error("the book stays empty after its time")
	}
	h.do("GET", "pairs", "")
	h.ask("PATCH", "pairs/XBTCAD", `{"tick_size":"1","pair_decimals":0,"ordermin":"0.02"}`, &pair)
	if got := h.demo("AddOrder", "pair", "XBTCAD", "type", "buy", "ordertype", "limit", "volume", "0.05", "price", "40000.5"); got != "EOrder:Tick size check failed" {
		t.Errorf("off the new grid: %s", got)
	}
	if got := h.demo("AddOrder", "pair", "XBTCAD", "type", "buy", "ordertype", "limit", "volume", "0.01", "price", "40000"); got != "EOrder:Order minimum not met" {
		t.Errorf("below the new least: %s", got)
	}
	h.do("PUT", "fees", `{"maker":"1","taker":"2"}`)
	if got := h.demo("TradeVolume", "pair", "XBTCAD"); !strings.Contains(got, `"fee":"2.0000"`) {
		t.Errorf("fees: %s", got)
	}
	h.do("PUT", "fees", `{}`)
	if got := h.demo("TradeVolume", "pair", "XBTCAD"); strings.Contains(got, `"fee":"2.0000"`) {
		t.Errorf("fees stay: %s", got)
	}
	csv := "1754222400,3000,3100,2900,3050,10,5\\n1754222460,3050,3060,3040,3055,12,6\\n1754222520,3055,3060,3040,3055,12,6\\n"
	h.ask("PUT", "pairs/ETHCAD/feed", `{"csv":"`+csv+`","interval":"1m"}`, &pair)
	h.do("POST", "time", `{"step":"1m"}`)
	if h.ask("GET", "pairs/ETHCAD", "", &pair); len(pair.Bids) == 0 || !strings.HasPrefix(pair.Bids[0].Price, "2") && !strings.HasPrefix(pair.Bids[0].Price, "3") {
		t.Errorf("the fed pair: %+v", pair)
	}

	var fault faultView
	h.ask("POST", "faults", `{"do":"error","on":"Balance","code":"EService:Busy","times":2}`, &fault)
	for _, want := range []string{"EService:Busy", "EService:Busy"} {
		if got := h.demo("Balance"); got != want {
			t.Errorf("under a fault: %s", got)
		}
	}
	if got := h.demo("Balance"); !strings.Contains(got, "ZCAD") {
		t.Errorf("after the fault: %s", got)
	}
	var faults []faultView
	if h.ask("GET", "faults", "", &faults); len(faults) != 1 || faults[0].Fired != 2 || !faults[0].Over {
		t.Errorf("faults: %+v", faults)
	}
	h.do("DELETE", "faults/"+fault.ID, "")
	h.refused("DELETE", "faults/"+fault.ID, "", 404, "no fault")
	h.do("DELETE", "faults", "")

	var requests []requestView
	h.demo("Balance", "otp", "secret-of-the-factor")
	h.ask("GET", "requests?account=demo&limit=5", "", &requests)
	if len(requests) != 5 || requests[0].Path != "/0/private/Balance" || requests[0].Fields["otp"] != hiddenText || requests[0].Account != "demo" {
		t.Errorf("requests: %+v", requests)
	}
	if h.ask("GET", "requests?name=AddOrder&limit=1000", "", &requests); len(requests) == 0 || requests[len(requests)-1].Error != "EService:Market in cancel_only mode" {
		t.Errorf("AddOrder: %+v", requests)
	}

	h.ask("POST", "accounts/late/orders", `{"pair":"ETHCAD","type":"buy","ordertype":"limit","volume":"0.01","price":"100"}`, &placed)
	h.do("POST", "accounts/late/keys", `{"public":"short-lived","secret":"`+DemoSecret+`"}`)
	if h.ask("DELETE", "accounts/late", "", &account); account.Open != 0 || len(account.Keys) != 0 || placed.Status != "open" {
		t.Errorf("the closed account: %+v", account)
	}
	if got := h.call("short-lived", DemoSecret, "Balance"); got != "EAPI:Invalid key" {
		t.Errorf("a key of a closed account: %s", got)
	}

	var assets []assetView
	h.ask("GET", "ledger", "", &assets)
	for _, a := range assets {
		if strings.Trim(a.Net, "0.") != "" {
			t.Errorf("%+v", a)
		}
	}
	var audit auditView
	if h.ask("GET", "audit", "", &audit); !audit.Holds {
		t.Error(audit.Finding)
	}
	for i := range routes {
		if !h.used[routes[i].name()] {
			t.Errorf("nothing here uses %s", routes[i].name())
		}
	}
}

func TestBadControlRequestsAreRefusedWithARemedy(t *testing.T) {
	s, _ := quiet(t, bare())
	h := takeHelm(t, s)
	for _, c := range []struct {
		method, path, body string
		status             int
		part               string
	}{
		{"GET", "nothing", "", 404, "openapi.json"},
		{"POST", "status", "", 404, "openapi.json"},
		{"GET", "status?x=1", "", 400, `no parameter`},
		{"POST", "time", `{"step":"1x"}`, 400, "write it like 90s"},
		{"POST", "time", `{"step":"-1s"}`, 400, "write it like 90s"},
		{"POST", "time", `{"step":"9000h"}`, 400, "at most 7 days"},
		{"POST", "time", `{}`, 400, "give either"},
		{"POST", "time", `{"stp":"1s"}`, 400, "unknown field"},
		{"POST", "time", `[]`, 400, "one JSON object"},
		{"POST", "time", `null`, 400, "one JSON object"},
		{"POST", "time", `{"step":"1s"} {}`, 400, "one JSON object"},
		{"PUT", "clock", `{"speed":0}`, 400, "out of range"},
		{"PUT", "mode", `{"mode":"asleep"}`, 400, "there are online"},
		{"PUT", "mode", `{"mode":"online","pair":"ABC"}`, 404, "no pair"},
		{"PUT", "behaviour", `{"history_cost":-1}`, 400, "out of range"},
		{"POST", "accounts", `{"name":""}`, 400, "needs a name"},
		{"POST", "accounts", `{"name":"demo"}`, 400, "already"},
		{"POST", "accounts", `{"name":"x","tier":"gold"}`, 400, "there are starter"},
		{"POST", "accounts", `{"name":"x","balances":{"ABC":"1"}}`, 400, "no asset"},
		{"POST", "accounts", `{"name":"x","balances":{"CAD":"one"}}`, 400, "no amount"},
		{"GET", "accounts/nobody", "", 404, "no account"},
		{"PATCH", "accounts/demo", `{"account":"other"}`, 400, "stands in the path"},
		{"POST", "accounts/demo/deposits", `{"asset":"CAD","amount":"-1"}`, 400, "no amount"},
		{"POST", "accounts/demo/deposits", `{"asset":"CAD","amount":"0"}`, 400, "moves nothing"},
		{"POST", "accounts/demo/deposits", `{"asset":"CAD","amount":"99999999999999999999"}`, 400, "no amount"},
		{"POST", "accounts/demo/orders", `{"pair":"XBTCAD","type":"buy","ordertype":"limit","volume":"x"}`, 409, "EGeneral:Invalid arguments:volume"},
		{"POST", "accounts/demo/keys", `{"permissions":["all"]}`, 400, "no permission"},
		{"POST", "accounts/demo/keys", `{"secret":"%%"}`, 400, "no base64"},
		{"POST", "accounts/demo/keys", `{"valid_until":"tomorrow"}`, 400, "no instant"},
		{"POST", "accounts/demo/keys", `{"allowed_ips":["here"]}`, 400, "no IP address"},
		{"PATCH", "keys/unknown", `{}`, 404, "no key"},
		{"PATCH", "keys/" + url.PathEscape(DemoKey), `{"drop_permissions":["x"]}`, 400, "no permission"},
		{"POST", "pairs/XBTCAD/market", `{"do":"gap","percent":5}`, 409, "no crowd"},
		{"PUT", "pairs/XBTCAD/feed", `{"csv":"a,b"}`, 400, ""},
		{"PUT", "pairs/XBTCAD/feed", `{}`, 400, "give either"},
		{"PUT", "pairs/XBTCAD/feed", `{"preset":"calm"}`, 400, "give the price"},
		{"PATCH", "pairs/XBTCAD", `{"tick_size":"0"}`, 400, "at least"},
		{"PATCH", "pairs/XBTCAD", `{"pair_decimals":9}`, 400, "does not fit"},
		{"PUT", "fees", `{"maker":"60","taker":"1"}`, 400, "no fees"},
		{"POST", "faults", `{"do":"explode"}`, 400, "there are drop"},
		{"POST", "faults", `{"do":"drop","on":"Nothing"}`, 400, "no endpoint"},
		{"POST", "faults", `{"do":"drop","wait":"1s"}`, 400, "those that wait"},
		{"POST", "faults", `{"do":"delay","wait":"1h"}`, 400, "up to 25s"},
		{"POST", "faults", `{"do":"error"}`, 400, "code goes with error"},
		{"POST", "faults", `{"do":"html","status":200}`, 400, "from 400 to 599"},
		{"POST", "faults", `{"do":"drop","chance":101}`, 400, "0 to 100"},
		{"GET", "requests?limit=x", "", 400, "no number"},
		{"GET", "requests?after=x", "", 400, "no number"},
		{"GET", "accounts/demo/orders?state=lost", "", 400, "open or closed"},
		{"POST", "time", `{"step":"` + strings.Repeat("1", mostControlBytes) + `"}`, 413, "longer than"},
	} {
		h.refused(c.method, c.path, c.body, c.status, c.part)
	}
	var audit auditView
	if h.ask("GET", "audit", "", &audit); !audit.Holds {
		t.Error(audit.Finding)
	}
}

func TestAccountsAreStrangersToEachOther(t *testing.T) {
	s, _ := quiet(t, bare())
	h := takeHelm(t, s)
	h.do("POST", "accounts", `{"name":"other","balances":{"XBT":"1"}}`)
	h.do("POST", "accounts/other/keys", `{"public":"other","secret":"`+DemoSecret+`"}`)
	var mine placedView
	h.ask("POST", "accounts/demo/orders", `{"pair":"XBTCAD","type":"buy","ordertype":"limit","volume":"0.01","price":"40000"}`, &mine)
	if got := h.call("other", DemoSecret, "CancelOrder", "txid", mine.Txid); got != "EOrder:Unknown order" {
		t.Errorf("another account cancels: %s", got)
	}
	if got := h.call("other", DemoSecret, "AddOrder", "pair", "XBTCAD", "type", "sell", "ordertype", "limit", "volume", "0.01", "price", "40000"); !strings.Contains(got, "txid") {
		t.Fatal(got)
	}
	var account accountView
	if h.ask("GET", "accounts/demo", "", &account); account.Fills != 1 || account.Open != 0 {
		t.Errorf("two accounts did not trade: %+v", account)
	}
}

func TestSpeedCanBeChangedWhileTheVenueRuns(t *testing.T) {
	s, err := New(Config{Pairs: []Pair{{Symbol: "XBT/CAD", Bare: true}}, Start: time.Date(2026, 8, 3, 12, 0, 0, 0, time.UTC), Lockstep: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h := takeHelm(t, s)
	var before, after statusView
	h.ask("PUT", "clock", `{"speed":86400,"lockstep":false}`, &before)
	for after = before; after.Time <= before.Time; {
		h.ask("GET", "status", "", &after)
	}
	h.ask("PUT", "clock", `{"lockstep":true}`, &before)
	h.ask("GET", "status", "", &after)
	if before.Time != after.Time || !after.Lockstep {
		t.Errorf("the clock runs on: %s, %s", before.Time, after.Time)
	}
	s.do(func(c *core) {
		if c.tickEvery <= tick {
			t.Errorf("the crowd of a fast venue moves every %v", c.tickEvery)
		}
	})
}
