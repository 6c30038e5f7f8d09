package krakend

import (
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

var soak = flag.Duration("soak", 2*time.Second, "how long the soak lasts")

// visitor comes and goes: it connects, does what its dice say, and leaves in one way or
// another.
type visitor struct {
	rnd    *rand.Rand
	url    string
	tokens []string
	visits *atomic.Int64
}

func (v *visitor) visit(ctx context.Context) {
	v.visits.Add(1)
	if v.rnd.IntN(10) == 0 {
		v.halfOpen(ctx)
		return
	}
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(v.url, "http")+streamPath, nil)
	if err != nil {
		return // a fault, or the end
	}
	defer conn.CloseNow()
	conn.SetReadLimit(64 << 20)
	reading := make(chan struct{})
	deaf := v.rnd.IntN(5) == 0
	go func() {
		defer close(reading)
		for !deaf {
			if _, _, err := conn.Read(ctx); err != nil {
				return
			}
		}
	}()
	for range v.rnd.IntN(60) {
		if conn.Write(ctx, websocket.MessageText, []byte(v.message())) != nil {
			break
		}
	}
	if v.rnd.IntN(2) == 0 && !deaf {
		stop := time.AfterFunc(time.Second, func() { conn.CloseNow() })
		defer stop.Stop()
		conn.Close(websocket.StatusNormalClosure, "")
	}
	conn.CloseNow()
	<-reading
}

// halfOpen begins a handshake or a frame and does not end it.
func (v *visitor) halfOpen(ctx context.Context) {
	d := net.Dialer{}
	conn, err := d.DialContext(ctx, "tcp", strings.TrimPrefix(v.url, "http://"))
	if err != nil {
		return
	}
	defer conn.Close()
	whole := "GET /v2 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\xfe\xff\xffabcd{"
	conn.Write([]byte(whole[:v.rnd.IntN(len(whole))]))
	time.Sleep(time.Duration(v.rnd.IntN(50)) * time.Millisecond)
}

// message is a request, good or bad.
func (v *visitor) message() string {
	token := v.tokens[v.rnd.IntN(len(v.tokens))]
	pick := func(words ...string) string { return words[v.rnd.IntN(len(words))] }
	switch n := v.rnd.IntN(20); {
	case n < 8:
		return fmt.Sprintf(`{"method":"add_order","params":{"order_type":%q,"side":%q,"symbol":%q,"order_qty":%s,"limit_price":%s,"limit_price_type":"pct","stp_type":"cancel_oldest","token":%q},"req_id":%d}`,
			pick("limit", "limit", "market", "nonsense"), pick("buy", "sell"), pick("BTC/CAD", "ETH/CAD"), pick("0.01", "0.1", "1e-9", "30"), pick("-0.1", "0.1", "0.01", "-0.02", "5"), token, n)
	case n < 10:
		return fmt.Sprintf(`{"method":%q,"params":{"token":%q}}`, pick("cancel_all", "cancel_all", "nonsense"), token)
	case n < 12:
		return fmt.Sprintf(`{"method":%q,"params":{"channel":%q,"token":%q}}`, pick("subscribe", "subscribe", "unsubscribe"), pick("executions", "balances"), token)
	case n < 17:
		return fmt.Sprintf(`{"method":%q,"params":{"channel":%q,"symbol":["BTC/CAD",%q],"token":%q}}`, pick("subscribe", "subscribe", "unsubscribe"), pick("book", "trade", "ohlc", "ticker", "level3"), pick("ETH/CAD", "NO/NO"), token)
	case n < 18:
		return `{"method":"subscribe","params":{"channel":"instrument"}}`
	case n < 19:
		return pick(`{"method":"ping"}`, `{`, `[[[[`, strings.Repeat("x", 1000), `{"method":"add_order","params":{"token":5}}`)
	}
	return strings.Repeat("x", mostBodyBytes+v.rnd.IntN(3)-1)
}

// Whoever comes and goes, whatever they send, and with faults in between: in the end the
// books hold and nothing is left of them.
func TestSoakLeavesExactBooksAndNothingElse(t *testing.T) {
	seed := *seeded
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("the same dice again: go test ./sim/krakend -run %s -seed %d -soak %v", t.Name(), seed, *soak)
	before := runtime.NumGoroutine()
	config := Config{Pairs: []Pair{{Symbol: "XBT/CAD", Preset: "volatile"}, {Symbol: "ETH/CAD"}}, Speed: 60, Seed: seed, AnyConnections: true}
	const traders = 3
	for i := range traders {
		a := DemoAccount(fmt.Sprint("client ", i))
		a.Keys[0].Public, a.Unlimited = a.Name, i < traders-1 // one of them meets the limits
		config.Accounts = append(config.Accounts, a)
	}
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	h, control := httptest.NewServer(s.Handler()), s.Control("token")
	var tokens []string
	s.do(func(c *core) {
		for _, k := range c.keys.all() {
			tokens = append(tokens, c.issue(k).text)
		}
	})
	for _, rule := range []string{
		`{"do":"gap","chance":2}`, `{"do":"replay","chance":2}`, `{"do":"disconnect","chance":1}`, `{"do":"lose-request","chance":5}`, `{"do":"flood","chance":1,"times":20}`,
		`{"do":"error","code":"EService:Busy","chance":5}`, `{"do":"drop-after-apply","chance":3}`, `{"do":"delay","wait":"30ms","chance":5}`,
	} {
		r := httptest.NewRequest("POST", "/sim/faults", strings.NewReader(rule))
		r.Header.Set("Authorization", "Bearer token")
		w := httptest.NewRecorder()
		if control.ServeHTTP(w, r); w.Code >= http.StatusBadRequest {
			t.Fatalf("%s: %s", rule, w.Body)
		}
	}
	var visits, calls atomic.Int64
	ctx, end := context.WithTimeout(context.Background(), *soak)
	defer end()
	secret, _ := base64.StdEncoding.DecodeString(DemoSecret)
	var wait sync.WaitGroup
	for i := range uint64(6) {
		wait.Go(func() {
			v := &visitor{rnd: rand.New(rand.NewPCG(seed, i)), url: h.URL, tokens: slices.Concat(tokens, []string{"none"}), visits: &visits}
			for ctx.Err() == nil {
				v.visit(ctx)
			}
		})
	}
	for i := range traders {
		wait.Go(func() {
			tr := &trader{rnd: rand.New(rand.NewPCG(seed, uint64(100+i))), url: h.URL, name: fmt.Sprint("client ", i), secret: secret, http: &http.Client{Transport: &http.Transport{}}}
			defer tr.http.CloseIdleConnections()
			for ctx.Err() == nil {
				tr.step() // faults are part of it
				calls.Add(1)
			}
		})
	}
	wait.Wait()
	comes(t, "the end of all connections", func() (gone bool) {
		s.do(func(c *core) { gone = len(c.hub.sockets) == 0 })
		return gone
	})
	s.do(func(c *core) {
		if err := c.audit(); err != nil {
			t.Error(err)
		}
		for i := range c.markets {
			if m := &c.markets[i]; m.stream.watching || m.stream.queues != nil {
				t.Errorf("the book of %s is still followed for nobody", m.symbol)
			}
		}
		for _, token := range tokens {
			if k := c.hub.tokens[token]; k != nil && k.uses != 0 {
				t.Errorf("a token has %d uses and nobody uses it", k.uses)
			}
		}
	})
	h.Close()
	s.Close()
	comes(t, "the end of all goroutines", func() bool { return runtime.NumGoroutine() <= before })
	if visits.Load() < 10 || calls.Load() < 10 {
		t.Errorf("%d visits and %d calls prove nothing", visits.Load(), calls.Load())
	}
	t.Logf("%d visits, %d calls", visits.Load(), calls.Load())
}
