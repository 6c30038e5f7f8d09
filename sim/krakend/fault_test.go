package krakend

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// remote is a client on the other side of a real connection.
type remote struct {
	t      *testing.T
	url    string
	nonce  atomic.Int64
	secret []byte
}

func connect(t *testing.T, s *Server) *remote {
	t.Helper()
	h := httptest.NewServer(s.Handler())
	t.Cleanup(h.Close)
	secret, err := base64.StdEncoding.DecodeString(DemoSecret)
	if err != nil {
		t.Fatal(err)
	}
	c := &remote{t: t, url: h.URL, secret: secret}
	c.nonce.Store(1_000_000)
	return c
}

// ask sends a signed request. A broken connection is an error.
func (c *remote) ask(name string, fields url.Values) (status int, kind, body string, err error) {
	stamp := strconv.FormatInt(c.nonce.Add(1), 10)
	form := url.Values{"nonce": {stamp}}
	for k, v := range fields {
		form[k] = v
	}
	text := form.Encode()
	r, err := http.NewRequest("POST", c.url+"/0/private/"+name, strings.NewReader(text))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("API-Key", DemoKey)
	r.Header.Set("API-Sign", Sign(c.secret, r.URL.Path, stamp, []byte(text)))
	r.Header.Set("Content-Type", asForm)
	// A connection each: Go sends a request again where one that was kept ends without a word.
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return 0, "", "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header.Get("Content-Type"), string(b), err
}

var anOrder = url.Values{"pair": {"XBTCAD"}, "type": {"buy"}, "ordertype": {"limit"}, "volume": {"0.01"}, "price": {"40000"}}

// openOrders counts the demo account's, the truth behind every answer.
func openOrders(s *Server) (n int) {
	s.do(func(c *core) { n = len(c.accounts[0].open) })
	return n
}

//kraken:1.5 confirmed The gateway's HTML answers with 502, 520 and 429, on demand
//kraken:10.2 confirmed Orders that were placed although the answer was lost, late, cut or a 502, on demand
//kraken:10.3 confirmed Lost, late, doubled and overtaken requests, busy bursts, refused nonces, on demand
func TestEachFaultDoesWhatItsNamePromises(t *testing.T) {
	for _, f := range []struct {
		rule   string
		placed int // orders that are there after one AddOrder under the rule
		seen   func(status int, kind, body string, err error) bool
	}{
		{`{"do":"drop"}`, 0, broken},
		{`{"do":"drop-after-apply"}`, 1, broken},
		{`{"do":"timeout_after_apply","wait":"20ms"}`, 1, broken},
		{`{"do":"truncate"}`, 1, func(status int, _, body string, err error) bool {
			return errors.Is(err, io.ErrUnexpectedEOF) && status == 200 && strings.HasPrefix(body, `{"error":[],"re`)
		}},
		{`{"do":"delay","wait":"20ms"}`, 1, success},
		{`{"do":"delay-after-apply","wait":"20ms"}`, 1, success},
		{`{"do":"reorder","wait":"20ms"}`, 1, success},
		{`{"do":"duplicate"}`, 1, func(_ int, _, body string, _ error) bool { return body == `{"error":["EAPI:Invalid nonce"]}` }},
		{`{"do":"error","code":"EService:Busy"}`, 0, func(status int, _, body string, _ error) bool {
			return status == 200 && body == `{"error":["EService:Busy"]}`
		}},
		{`{"do":"html"}`, 0, htmlPage(520)},
		{`{"do":"html","status":504}`, 0, htmlPage(504)},
		{`{"do":"429"}`, 0, htmlPage(429)},
		{`{"do":"apply-then-502"}`, 1, htmlPage(502)},
	} {
		t.Run(f.rule, func(t *testing.T) {
			s, _ := quiet(t, bare())
			h := takeHelm(t, s)
			c := connect(t, s)
			h.do("POST", "faults", strings.TrimSuffix(f.rule, "}")+`,"on":"AddOrder","times":1}`)
			if status, kind, body, err := c.ask("AddOrder", anOrder); !f.seen(status, kind, body, err) {
				t.Errorf("the client sees %d %s %q, %v", status, kind, body, err)
			}
			if n := openOrders(s); n != f.placed {
				t.Errorf("%d orders are there, want %d", n, f.placed)
			}
			if status, kind, body, err := c.ask("AddOrder", anOrder); !success(status, kind, body, err) {
				t.Errorf("after the fault: %d %q, %v", status, body, err)
			}
			var requests []requestView
			if h.ask("GET", "requests?name=AddOrder", "", &requests); len(requests) != 2 || requests[1].Fault == "" || requests[0].Fault != "" {
				t.Errorf("the venue remembers %+v", requests)
			}
		})
	}
}

func broken(status int, _, _ string, err error) bool { return err != nil && status == 0 }

func success(status int, _, body string, err error) bool {
	return err == nil && status == 200 && strings.HasPrefix(body, `{"error":[],"result":{"descr"`)
}

func htmlPage(want int) func(int, string, string, error) bool {
	return func(status int, kind, body string, err error) bool {
		return err == nil && status == want && strings.HasPrefix(kind, "text/html") && strings.Contains(body, fmt.Sprint(want))
	}
}

func TestAReorderedRequestIsOvertakenByTheNext(t *testing.T) {
	s, _ := quiet(t, bare())
	s.do(func(c *core) { c.keys.find(DemoKey).NonceWindow = 0 })
	h := takeHelm(t, s)
	c := connect(t, s)
	h.do("POST", "faults", `{"do":"reorder","on":"AddOrder","times":1,"wait":"25s"}`)
	first := make(chan string)
	go func() {
		_, _, body, err := c.ask("AddOrder", anOrder)
		first <- fmt.Sprint(body, err)
	}()
	for s.faults.waiting.Load() == 0 {
		runtime.Gosched() // until the first one is held
	}
	if _, _, body, err := c.ask("Balance", nil); err != nil || !strings.Contains(body, "ZCAD") {
		t.Fatalf("the second: %s, %v", body, err)
	}
	// Without a nonce window who comes late has lost: that is what reordering does.
	if got := <-first; !strings.HasPrefix(got, `{"error":["EAPI:Invalid nonce"]}`) {
		t.Errorf("the first: %s", got)
	}
}

func TestFaultsMeetOnlyWhatTheirConditionsSay(t *testing.T) {
	s, _ := quiet(t, bare())
	h := takeHelm(t, s)
	h.do("POST", "accounts", `{"name":"other"}`)
	h.do("POST", "accounts/other/keys", `{"public":"other","secret":"`+DemoSecret+`"}`)
	h.do("PATCH", "accounts/demo", `{"unlimited":true}`)
	busy := "EService:Busy"
	met := func(name string) bool { return h.demo(name) == busy }
	rule := func(conditions string) {
		h.do("DELETE", "faults", "")
		h.do("POST", "faults", `{"do":"error","code":"`+busy+`"`+conditions+`}`)
	}
	rule(`,"on":"Balance|OpenOrders","after":1,"times":2`)
	for i, want := range []bool{false, true, true, false} {
		if met("Balance") != want {
			t.Errorf("call %d: met %v", i+1, !want)
		}
		if met("BalanceEx") {
			t.Error("another endpoint is met")
		}
	}
	rule(`,"account":"other"`)
	if met("Balance") || h.call("other", DemoSecret, "Balance") != busy {
		t.Error("the wrong account is met")
	}
	rule(`,"for":"45s"`)
	if s.Step(44 * time.Second); !met("Balance") {
		t.Error("the rule ends early")
	}
	if s.Step(time.Second); met("Balance") {
		t.Error("the rule stays")
	}
	rule(`,"chance":30`)
	n := 0
	for range 300 {
		if met("Balance") {
			n++
		}
	}
	if n < 60 || n > 120 {
		t.Errorf("a chance of 30 %% met %d of 300", n)
	}
	rule(``)
	r := httptest.NewRequest("GET", "/0/public/Time", nil)
	w := httptest.NewRecorder()
	if s.Handler().ServeHTTP(w, r); strings.Contains(w.Body.String(), busy) {
		t.Error("a rule without endpoints meets public calls")
	}
	rule(`,"on":"Time"`)
	w = httptest.NewRecorder()
	if s.Handler().ServeHTTP(w, r); !strings.Contains(w.Body.String(), busy) {
		t.Errorf("a rule for a public call: %s", w.Body)
	}
}

//kraken:3.4 confirmed A fresh order that OpenOrders does not show for a while, on demand
func TestHiddenOrdersAndEmptyBalancesAreOnlyHidden(t *testing.T) {
	s, _ := quiet(t, Config{Pairs: []Pair{{Symbol: "XBT/CAD"}}})
	h := takeHelm(t, s)
	var old, fresh, traded placedView
	h.ask("POST", "accounts/demo/orders", `{"pair":"XBTCAD","type":"buy","ordertype":"limit","volume":"0.01","price":"40000"}`, &old)
	s.Step(time.Second)
	h.do("POST", "faults", `{"do":"hide-order","for":"45s"}`)
	h.ask("POST", "accounts/demo/orders", `{"pair":"XBTCAD","type":"buy","ordertype":"limit","volume":"0.01","price":"40000"}`, &fresh)
	h.ask("POST", "accounts/demo/orders", `{"pair":"XBTCAD","type":"buy","ordertype":"market","volume":"0.01"}`, &traded)
	for name, txid := range map[string]string{"OpenOrders": fresh.Txid, "ClosedOrders": traded.Txid, "TradesHistory": traded.Txid} {
		if got := h.demo(name); strings.Contains(got, txid) || name == "OpenOrders" && !strings.Contains(got, old.Txid) {
			t.Errorf("%s under the rule: %s", name, got)
		}
	}
	if got := h.demo("QueryOrders", "txid", fresh.Txid+","+old.Txid); strings.Contains(got, fresh.Txid) || !strings.Contains(got, old.Txid) {
		t.Errorf("QueryOrders under the rule: %s", got)
	}
	s.Step(45 * time.Second)
	if got := h.demo("OpenOrders"); !strings.Contains(got, fresh.Txid) {
		t.Errorf("after the rule: %s", got)
	}
	h.do("PATCH", "accounts/demo", `{"unlimited":true}`)
	h.do("POST", "faults", `{"do":"zero-balances","times":2}`)
	if got := h.demo("Balance"); !strings.Contains(got, `"ZCAD":"0.0000"`) || strings.ContainsAny(got, "123456789") {
		t.Errorf("Balance: %s", got)
	}
	if got := h.demo("BalanceEx"); !strings.Contains(got, `"ZCAD":{"balance":"0.0000","hold_trade":"0.0000"}`) {
		t.Errorf("BalanceEx: %s", got)
	}
	if got := h.demo("Balance"); !strings.Contains(got, `"ZUSD":"100000.0000"`) {
		t.Errorf("after the rule: %s", got)
	}
}

func TestEndOfTheVenueLetsGoWhoWaitsUnderAFault(t *testing.T) {
	s, _ := quiet(t, bare())
	h := takeHelm(t, s)
	c := connect(t, s)
	h.do("POST", "faults", `{"do":"reorder","wait":"25s"}`)
	done := make(chan error)
	go func() {
		_, _, _, err := c.ask("Balance", nil)
		done <- err
	}()
	for s.faults.waiting.Load() == 0 {
		runtime.Gosched() // until it is held
	}
	from := time.Now()
	s.Close()
	if err := <-done; err != nil || time.Since(from) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(from), err)
	}
}

func TestTheGuideListsEveryFaultAsItIs(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "venue.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range slices.Concat(verbs, streamVerbs) {
		if row := "| `" + v.name + "` | " + v.about + " |\n"; !strings.Contains(string(guide), row) {
			t.Errorf("docs/venue.md lacks the row %s", row)
		}
	}
}
