package krakend

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"breakwater/exchange"
)

// inside is all that a venue has, in a form that can be compared.
type inside struct {
	Now      exchange.Stamp
	Status   statusView
	Marks    [2]uint64
	Accounts []accountView
	Orders   [][]orderView
	Rows     [][]string
	Fills    [][]string
	Keys     []string
	Tokens   int
	Engine   [][]counter
	Books    []string
	Audit    string
}

// look takes it.
func (c *core) look() (v inside) {
	v.Now, v.Marks, v.Status, v.Tokens = c.now, c.marks(), c.statusView(), len(c.hub.tokens)
	for _, a := range c.accounts {
		v.Accounts = append(v.Accounts, c.accountView(a))
		var orders []orderView
		for _, o := range append(append([]*order{}, a.open...), a.closed...) {
			orders = append(orders, o.view())
		}
		v.Orders = append(v.Orders, orders)
		var fills, rows []string
		for _, f := range a.fills {
			fills = append(fills, fmt.Sprint(f.txid, f.order.txid, f.at, f.price, f.qty, f.fee, f.maker, f.tradeID, f.rows))
		}
		for _, r := range a.rows {
			rows = append(rows, fmt.Sprint(r.id, r.refid, r.at, r.kind, r.asset, r.amount, r.fee, r.balance))
		}
		v.Fills, v.Rows = append(v.Fills, fills), append(v.Rows, rows)
		v.Engine = append(v.Engine, append([]counter{}, a.engine...))
	}
	for _, k := range c.keys.all() {
		v.Keys = append(v.Keys, fmt.Sprintf("%+v %+v %d %d %d", k.view(), k.counter, k.floor, len(k.used), k.wrong))
	}
	for i := range c.markets {
		m := &c.markets[i]
		v.Books = append(v.Books, fmt.Sprint(c.depth(m, exchange.Buy, 1000), c.depth(m, exchange.Sell, 1000), m.tape, m.candles[0].rows))
	}
	if err := c.audit(); err != nil {
		v.Audit = err.Error()
	}
	return v
}

func (s *Server) look() (v inside) {
	s.do(func(c *core) { v = c.look() })
	return v
}

var sameInside = cmp.AllowUnexported(counter{})

// copied is a copy of a state file, as a kill of the process at this moment leaves it.
func copied(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

// wild sends a mix of requests, commands and time to a venue that two can send alike.
func wild(t *testing.T, s *Server, h *helm, from, n int) {
	t.Helper()
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	tr := &trader{rnd: rand.New(rand.NewPCG(7, uint64(from))), url: web.URL, name: DemoKey, secret: demoSecret(t), http: &http.Client{Transport: &http.Transport{}}, nonce: from * 1_000_000}
	defer tr.http.CloseIdleConnections()
	for i := range n {
		if err := tr.step(); err != nil {
			t.Fatal(err)
		}
		switch tr.rnd.IntN(12) {
		case 0:
			s.Step(time.Duration(tr.rnd.IntN(4000)) * time.Millisecond)
		case 1:
			h.ask("POST", "accounts/demo/deposits", `{"asset":"CAD","amount":"1000"}`, nil)
		case 2:
			h.ask("POST", "accounts", fmt.Sprintf(`{"name":"a%d-%d","balances":{"XBT":"0.1"}}`, from, i), nil)
		case 3:
			h.ask("POST", "pairs/XBTCAD/market", `{"do":"gap","percent":0.5}`, nil)
		case 4:
			if _, err := tr.call("GetWebSocketsToken", url.Values{}); err != nil {
				t.Fatal(err)
			}
		case 5:
			wrong := *tr
			wrong.secret = []byte("another")
			if _, err := wrong.call("Balance", url.Values{}); err != nil {
				t.Fatal(err)
			}
			tr.nonce = wrong.nonce
		}
	}
}

//kraken:1.3 confirmed A record of nonces that survives a restart
func TestARestartLosesNothingAndTheFutureIsTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	demo := DemoAccount("demo")
	demo.Unlimited = true
	config := Config{
		Pairs: []Pair{{Symbol: "XBT/CAD", Preset: "volatile"}, {Symbol: "ETH/CAD"}}, Accounts: []Account{demo}, Lockstep: true,
		Start: time.Date(2026, 8, 3, 12, 0, 0, 0, time.UTC), Seed: 5, State: path,
	}
	first, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	wild(t, first, takeHelm(t, first), 1, 400)
	if first.Step(1234567); len(first.look().Fills[0]) == 0 { // a time at which nothing happens
		t.Fatal("nothing was traded: the test shows nothing")
	}

	config.State, config.Start = copied(t, path), time.Time{}
	second, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	a, b := first.look(), second.look()
	if d := cmp.Diff(a, b, sameInside); d != "" {
		t.Fatalf("the restart has changed (-before +after):\n%.3000s", d)
	}
	if a.Audit != "" {
		t.Error(a.Audit)
	}
	wild(t, first, takeHelm(t, first), 2, 200)
	wild(t, second, takeHelm(t, second), 2, 200)
	if d := cmp.Diff(first.look(), second.look(), sameInside); d != "" {
		t.Fatalf("after the restart the same requests lead elsewhere (-never stopped +restarted):\n%.3000s", d)
	}
}

func TestAWaitingOrderAndADeadMansSwitchOutliveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	config := Config{Pairs: []Pair{{Symbol: "XBT/CAD", Bare: true}}, Lockstep: true, Start: time.Date(2026, 8, 3, 12, 0, 0, 0, time.UTC), State: path}
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	h := takeHelm(t, s)
	h.demo("AddOrder", "pair", "XBTCAD", "type", "buy", "ordertype", "limit", "volume", "0.01", "price", "40000", "starttm", "+30")
	h.demo("AddOrder", "pair", "XBTCAD", "type", "buy", "ordertype", "limit", "volume", "0.01", "price", "41000")
	h.demo("CancelAllOrdersAfter", "timeout", "60")
	s.Close()
	if s, err = New(config); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, c := range []struct {
		step time.Duration
		open string
	}{{0, "open pending"}, {30 * time.Second, "open open"}, {30 * time.Second, ""}} {
		s.Step(c.step)
		var is []string
		s.do(func(c *core) {
			for _, o := range c.accounts[0].open {
				is = append([]string{o.status}, is...)
			}
		})
		if got := strings.Join(is, " "); got != c.open {
			t.Errorf("after %v more: %q, want %q", c.step, got, c.open)
		}
	}
}

func TestRealTimeGoesOnWhereItWouldBeAndNeverBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	config := Config{Pairs: []Pair{{Symbol: "XBT/CAD", Bare: true}}, Start: time.Date(2026, 8, 3, 12, 0, 0, 0, time.UTC), State: path}
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	was := s.Now()
	s.Close()
	if s, err = New(config); err != nil {
		t.Fatal(err)
	}
	if is := s.Now(); is.Before(was) || is.Sub(was) > time.Minute {
		t.Errorf("the clock was at %v and is at %v", was, is)
	}
	s.Close()

	// Half an hour passes in which no venue runs.
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	var e entry
	if err := strict(lines[len(lines)-1], &e); err != nil {
		t.Fatal(err)
	}
	e.Wall -= (30 * time.Minute).Milliseconds()
	last, _ := marshal(&e)
	if err := os.WriteFile(path, append(bytes.Join(append(lines[:len(lines)-1], last), []byte("\n")), '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err = New(config); err != nil {
		t.Fatal(err)
	}
	if gone := s.Now().Sub(was); gone < 30*time.Minute || gone > 31*time.Minute {
		t.Errorf("after half an hour %v have passed", gone)
	}
	s.Close()
	config.Speed = 60
	if s, err = New(config); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.look().Status.Speed != 60 {
		t.Error("another speed at the start does not hold")
	}
}

func TestBadStateFilesAreRefusedWithARemedy(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	config := Config{Pairs: []Pair{{Symbol: "XBT/CAD"}}, Lockstep: true, Start: time.Date(2026, 8, 3, 12, 0, 0, 0, time.UTC), Seed: 3, State: good}
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	h := takeHelm(t, s)
	if _, err := New(config); err == nil || !strings.Contains(err.Error(), "in use by another venue") {
		t.Errorf("a second venue on the file: %v", err)
	}
	for range 3 {
		h.demo("AddOrder", "pair", "XBTCAD", "type", "buy", "ordertype", "market", "volume", "0.01")
		s.Step(2 * time.Second)
	}
	want := s.look()
	s.Close()
	if info, err := os.Stat(good); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file with the keys' secrets is %v, %v", info.Mode(), err)
	}
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	try := func(text []byte, change func(*Config)) (*Server, error) {
		path := filepath.Join(t.TempDir(), "state")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		c := config
		c.State = path
		if change != nil {
			change(&c)
		}
		return New(c)
	}
	for name, c := range map[string]struct {
		text   []byte
		change func(*Config)
		part   string
	}{
		"no state file":     {[]byte("time,price\n"), nil, "is no state file"},
		"another seed":      {whole, func(c *Config) { c.Seed++ }, "another seed"},
		"another market":    {whole, func(c *Config) { c.Pairs = []Pair{{Symbol: "ETH/CAD"}} }, "another market"},
		"other accounts":    {whole, func(c *Config) { c.Accounts = []Account{DemoAccount("x")} }, "another accounts"},
		"another start":     {whole, func(c *Config) { c.Start = c.Start.Add(1) }, "another start"},
		"damaged":           {bytes.Join([][]byte{lines[0], lines[1], []byte("{\"do\":\n"), lines[2]}, nil), nil, ":3: the line is damaged"},
		"a line is missing": {bytes.Join(append([][]byte{lines[0]}, lines[3:]...), nil), nil, "names and"},
		"unknown call":      {bytes.Replace(whole, []byte(`"AddOrder"`), []byte(`"AddOrders"`), 1), nil, "no call"},
		"later format":      {bytes.Replace(whole, []byte(`"format":1`), []byte(`"format":2`), 1), nil, "has format 2"},
	} {
		s, err := try(c.text, c.change)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.part) {
			t.Errorf("%s: %v, want %q", name, err, c.part)
		}
	}
	// A kill in the middle of a write: the rest of a line.
	s, err = try(append(bytes.Clone(whole), lines[2][:len(lines[2])/2]...), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if d := cmp.Diff(want, s.look(), sameInside); d != "" {
		t.Errorf("a torn line has changed (-want +got):\n%.2000s", d)
	}
}

func TestAVenueThatCannotWriteItsStateStops(t *testing.T) {
	s, err := New(Config{Pairs: []Pair{{Symbol: "XBT/CAD", Bare: true}}, Lockstep: true, State: filepath.Join(t.TempDir(), "state")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h := takeHelm(t, s)
	s.do(func(c *core) { c.state.file.Close() }) // as a full disk: every write fails
	if got := h.demo("AddOrder", "pair", "XBTCAD", "type", "buy", "ordertype", "limit", "volume", "0.01", "price", "40000"); got != string(errUnavailable) {
		t.Errorf("an order that cannot be written down: %s", got)
	}
	<-s.done
	if err := s.Err(); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("the venue ended with %v", err)
	}
	if n := len(s.core.accounts[0].open); n != 0 {
		t.Errorf("%d orders are open that a restart would not know", n)
	}
}
