package wire_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
	"breakwater/exchange/chaos/wire"
	"breakwater/sim/krakend"
)

var opening = time.Date(2026, 8, 3, 12, 0, 0, 0, time.UTC)

// site is a simulated Kraken on a real socket with a client whose requests go through a
// plan, and one whose do not.
type site struct {
	t      *testing.T
	server *krakend.Server
	url    string
	faults *wire.Faults
	client *http.Client
	nonce  int64
}

// open starts a venue in lockstep whose account can pay for the test's orders. Waiting lets
// the venue's time pass.
func open(t *testing.T, plan string) *site {
	t.Helper()
	account := krakend.Account{Name: "one", Tier: krakend.Pro, Balances: map[string]string{"CAD": "100000", "XBT": "10"}, Keys: []krakend.Key{{Public: "one", Secret: krakend.DemoSecret}}}
	server, err := krakend.New(krakend.Config{Lockstep: true, Start: opening, Accounts: []krakend.Account{account}, Pairs: []krakend.Pair{{Symbol: "XBT/CAD", Bare: true}}})
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(server.Handler())
	t.Cleanup(func() { h.Close(); server.Close() })
	p, err := chaos.Parse(plan)
	if err != nil {
		t.Fatal(err)
	}
	x, err := chaos.NewInjector(p, exchange.At(opening))
	if err != nil {
		t.Fatal(err)
	}
	f := wire.New(x, func() exchange.Stamp { return exchange.At(server.Now()) }, func(ctx context.Context, d time.Duration) error {
		server.Step(d)
		return ctx.Err()
	})
	return &site{t: t, server: server, url: h.URL, faults: f, client: &http.Client{Transport: f.Transport(http.DefaultTransport)}, nonce: 1_000_000}
}

// seen is what a caller gets.
type seen struct {
	err    error // of the request or of reading its answer
	status int
	body   string
	Error  []string
	Result json.RawMessage
	parsed bool
}

// post signs a call and sends it with a client.
func (s *site) post(client *http.Client, call string, fields ...string) (a seen) {
	s.t.Helper()
	s.nonce++
	nonce := strconv.FormatInt(s.nonce, 10)
	form := url.Values{"nonce": {nonce}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	body := form.Encode()
	secret, err := base64.StdEncoding.DecodeString(krakend.DemoSecret)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequest("POST", s.url+"/0/private/"+call, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("API-Key", "one")
	r.Header.Set("API-Sign", krakend.Sign(secret, r.URL.Path, nonce, []byte(body)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(r)
	if err != nil {
		a.err = err
		return a
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	a.err, a.status, a.body = err, resp.StatusCode, string(b)
	a.parsed = json.Unmarshal(b, &a) == nil
	return a
}

// order sends an order through the plan.
func (s *site) order() seen {
	s.t.Helper()
	return s.post(s.client, "AddOrder", "pair", "XBTCAD", "type", "buy", "ordertype", "limit", "price", "50000", "volume", "0.1")
}

// truth is how many orders the venue has open, asked past the plan.
func (s *site) truth() int {
	s.t.Helper()
	a := s.post(http.DefaultClient, "OpenOrders")
	var r struct{ Open map[string]json.RawMessage }
	if err := json.Unmarshal(a.Result, &r); err != nil {
		s.t.Fatalf("%v: %s", err, a.body)
	}
	return len(r.Open)
}

func (s *site) fired(n int) {
	s.t.Helper()
	s.faults.Injector(func(x *chaos.Injector) {
		if x.Fired(0) != n {
			s.t.Errorf("it fired %d times, want %d", x.Fired(0), n)
		}
	})
}

// For each verb: what the caller sees, and what the venue has.
func TestEachVerbShowsTheCallerOneThingAndLeavesTheVenueAnother(t *testing.T) {
	isTimeout := func(a seen) bool {
		var e net.Error
		return errors.As(a.err, &e) && e.Timeout()
	}
	refused := func(text string) func(seen) bool {
		return func(a seen) bool {
			return a.err == nil && a.status == 200 && a.parsed && len(a.Error) == 1 && a.Error[0] == text
		}
	}
	for _, c := range []struct {
		rule   string
		sees   func(seen) bool
		orders int
		passed time.Duration // of the venue's time
	}{
		{"do: drop, by: 7s", isTimeout, 0, 7 * time.Second},
		{"do: delay, by: 3s", func(a seen) bool { return a.err == nil && len(a.Error) == 0 && a.Result != nil }, 1, 3 * time.Second},
		{"do: timeout-after-apply", isTimeout, 1, 5 * time.Second},
		{"do: apply-then-502", func(a seen) bool { return a.status == 502 && !a.parsed && strings.Contains(a.body, "<html>") }, 1, 0},
		{"do: error, code: EService:Unavailable", refused("EService:Unavailable"), 0, 0},
		{"do: error, code: EOrder:Insufficient funds", refused("EOrder:Insufficient funds"), 0, 0},
		{"do: truncate", func(a seen) bool {
			return errors.Is(a.err, io.ErrUnexpectedEOF) && a.status == 200 && !a.parsed && strings.HasPrefix(a.body, `{"error":[]`)
		}, 1, 0},
		{"do: html", func(a seen) bool { return a.status == 200 && !a.parsed && strings.Contains(a.body, "<html>") }, 0, 0},
		{"do: 429", func(a seen) bool { return a.status == 429 && !a.parsed }, 0, 0},
		{"do: duplicate", refused("EAPI:Invalid nonce"), 1, 0}, // the nonce makes the second one harmless
		{"do: revoke", refused("EAPI:Invalid key"), 0, 0},
		{"do: ip-block", refused("EGeneral:Permission denied"), 0, 0},
		{"do: foreign-nonce", refused("EAPI:Invalid nonce"), 0, 0},
	} {
		t.Run(c.rule, func(t *testing.T) {
			on := ", on: AddOrder"
			if strings.Contains(c.rule, "revoke") || strings.Contains(c.rule, "ip-block") {
				on = ""
			}
			s := open(t, "- {at: 1s, "+c.rule+on+"}")
			if a := s.order(); a.err != nil || len(a.Error) > 0 || s.truth() != 1 {
				t.Fatalf("before the fault begins: %+v", a)
			}
			s.server.Step(time.Second)
			before := s.server.Now()
			a := s.order()
			if !c.sees(a) {
				t.Errorf("the caller sees %v, %d %q", a.err, a.status, a.body)
			}
			if n := s.truth() - 1; n != c.orders {
				t.Errorf("the venue has %d of its orders, want %d", n, c.orders)
			}
			if d := s.server.Now().Sub(before); d != c.passed {
				t.Errorf("%v have passed, want %v", d, c.passed)
			}
			s.fired(1)
			if on == "" {
				return
			}
			if a := s.order(); a.err != nil || len(a.Error) > 0 || s.truth() != c.orders+2 {
				t.Errorf("after the fault: %+v", a)
			}
		})
	}
}

// A request that is overtaken has a nonce that is too low by then.
func TestAnOvertakenRequestIsRefusedForItsNonce(t *testing.T) {
	s := open(t, "- {on: AddOrder, do: reorder, by: 1h, times: 1}")
	release := make(chan struct{})
	s.faults = wire.New(injector(t, "- {on: AddOrder, do: reorder, by: 1h, times: 1}"), func() exchange.Stamp { return exchange.At(s.server.Now()) }, func(ctx context.Context, d time.Duration) error {
		close(release) // it waits now
		<-ctx.Done()
		return ctx.Err()
	})
	s.client = &http.Client{Transport: s.faults.Transport(http.DefaultTransport)}
	first := make(chan seen)
	slow := *s
	go func() { first <- slow.order() }()
	<-release
	s.nonce = 2_000_000
	if a := s.order(); a.err != nil || len(a.Error) > 0 {
		t.Errorf("the one that overtakes: %+v", a)
	}
	if a := <-first; len(a.Error) != 1 || a.Error[0] != "EAPI:Invalid nonce" {
		t.Errorf("the one that is overtaken: %+v", a)
	}
	if n := s.truth(); n != 1 {
		t.Errorf("the venue has %d orders", n)
	}
	s.fired(1)
}

func injector(t *testing.T, plan string) *chaos.Injector {
	t.Helper()
	p, err := chaos.Parse(plan)
	if err != nil {
		t.Fatal(err)
	}
	x, err := chaos.NewInjector(p, exchange.At(opening))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// The venue's lists do not show what is as young as the fault: the order that a 502 hides.
func TestTheListsHideTheOrderThatWasPlaced(t *testing.T) {
	s := open(t, "- {at: 10s, on: OpenOrders, do: hide-order, for: 45s}\n- {at: 10s, on: AddOrder, do: apply-then-502}")
	s.order()
	s.server.Step(10 * time.Second)
	if a := s.order(); a.status != 502 || s.truth() != 2 {
		t.Fatalf("the caller sees %d, the venue has %d orders", a.status, s.truth())
	}
	shown := func() int {
		var r struct{ Open map[string]json.RawMessage }
		if a := s.post(s.client, "OpenOrders"); json.Unmarshal(a.Result, &r) != nil {
			t.Fatal(a.body)
		}
		return len(r.Open)
	}
	if n := shown(); n != 1 {
		t.Errorf("%d orders are shown while it is hidden", n)
	}
	s.server.Step(45 * time.Second)
	if n := shown(); n != 2 {
		t.Errorf("%d orders are shown afterwards", n)
	}
}

func TestBalancesAreZeroWithoutAnyRow(t *testing.T) {
	s := open(t, "- {do: zero-balances, for: 1m}")
	var shown map[string]string
	if a := s.post(s.client, "Balance"); json.Unmarshal(a.Result, &shown) != nil || shown["ZCAD"] != "0.0000" || shown["XXBT"] != "0.0000" {
		t.Errorf("while it is on: %s", a.body)
	}
	s.server.Step(time.Minute)
	if a := s.post(s.client, "Balance"); json.Unmarshal(a.Result, &shown) != nil || shown["ZCAD"] != "100000.0000" {
		t.Errorf("afterwards: %s", a.body)
	}
}

// A plan without rules changes no byte.
func TestAnEmptyPlanIsInvisible(t *testing.T) {
	s := open(t, "")
	s.order()
	for _, call := range []string{"Balance", "OpenOrders", "TradeBalance"} {
		if a, b := s.post(s.client, call), s.post(http.DefaultClient, call); a.body != b.body || a.status != b.status {
			t.Errorf("%s answers %q and %q", call, a.body, b.body)
		}
	}
}
