package krakend

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// patience bounds how long a test waits for what must come.
const patience = 20 * time.Second

// dialed is a connection to a server.
func dialed(t testing.TB, url string) *websocket.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(url, "http")+streamPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(64 << 20)
	t.Cleanup(func() { conn.CloseNow() })
	return conn
}

// reads is the next frame.
func reads(t testing.TB, conn *websocket.Conn) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, b, err := conn.Read(ctx)
	if err != nil {
		t.Fatalf("no frame comes: %v", err)
	}
	return string(b)
}

// comes waits for what the server must come to by itself.
func comes(t testing.TB, what string, true func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !true(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%s has not come in %v", what, patience)
		}
	}
}

//kraken:6.1 assumed A client that does not read is cut off when 8,192 frames or 16 MB wait for it, or one for 5 seconds; nobody waits for it
func TestASlowClientIsCutOffAndNobodyWaits(t *testing.T) {
	s, _ := quiet(t, Config{Pairs: []Pair{{Symbol: "XBT/CAD", Bare: true}}})
	h := httptest.NewServer(s.Handler())
	defer h.Close()
	slow, quick := dialed(t, h.URL), dialed(t, h.URL)
	reads(t, quick)
	frame := []byte(`{"channel":"test","data":"` + strings.Repeat("x", 64<<10) + `"}`)
	comes(t, "the second connection", func() (ok bool) {
		s.do(func(c *core) { ok = len(c.hub.sockets) == 2 })
		return ok
	})
	sent := 0
	for cut := false; !cut; sent++ { // the quick one reads each frame before the next
		s.do(func(c *core) {
			for _, k := range c.hub.sockets {
				c.send(k, "test", frame)
			}
			cut = len(c.hub.sockets) == 1
		})
		if got := reads(t, quick); got != string(frame) {
			t.Fatalf("%.100s", got)
		}
		if sent > 64*mostQueuedBytes/len(frame) {
			t.Fatal("a client that does not read is never cut off")
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		if _, _, err := slow.Read(ctx); err != nil {
			if ctx.Err() != nil {
				t.Error("the slow one's connection is still there")
			}
			break
		}
	}
	if q := new(outbox); q.behind(time.Now()) != 0 {
		t.Error("nothing waits, and is late")
	}
}

func TestAnOldFrameIsToldAsItsAge(t *testing.T) {
	o := &outbox{ready: make(chan struct{}, 1)}
	o.put([]byte("a"), time.Now())
	later := time.Now().Add(time.Minute)
	if got := o.behind(later); got < 59*time.Second {
		t.Errorf("a frame that waits is %v old", got)
	}
	frames, _ := o.take(nil)
	if got := o.behind(later); len(frames) != 1 || got < 59*time.Second {
		t.Errorf("%d frames are taken, %v old", len(frames), got)
	}
	o.close()
	if _, ok := o.take(nil); ok || o.behind(later) != 0 || o.put([]byte("b"), time.Now()) {
		t.Error("a closed outbox gives or takes")
	}
}

func TestConnectionsLeaveNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	s, _ := quiet(t, Config{Pairs: []Pair{{Symbol: "XBT/CAD", Bare: true}}})
	h := httptest.NewServer(s.Handler())
	token := ""
	s.do(func(c *core) { token = c.issue(c.keys.all()[0]).text })
	var wait sync.WaitGroup
	for i := range 60 {
		conn := dialed(t, h.URL)
		wait.Go(func() {
			ctx := context.Background()
			conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"method":"subscribe","params":{"channel":"executions","token":%q}}`, token))
			conn.Write(ctx, websocket.MessageText, []byte(`{"method":"subscribe","params":{"channel":"book","symbol":["BTC/CAD"]}}`))
			conn.Read(ctx)
			if i%2 == 0 {
				conn.CloseNow()
				return
			}
			for {
				if _, _, err := conn.Read(ctx); err != nil {
					return
				}
			}
		})
	}
	comes(t, "the end of the half that has gone", func() bool {
		n, uses, listeners := 0, 0, 0
		s.do(func(c *core) {
			n, listeners = len(c.hub.sockets), len(c.accounts[0].executions)+len(c.markets[0].stream.book[0])
			uses = c.hub.tokens[token].uses
		})
		return n == 30 && uses == 30 && listeners == 60
	})
	s.Close()
	wait.Wait()
	h.Close()
	comes(t, "the end of all goroutines", func() bool { return runtime.NumGoroutine() <= before })
}

// A client that does not answer the goodbye holds the venue's end up for a second, no more.
func TestTheEndWaitsForNobodyLong(t *testing.T) {
	s, _ := quiet(t, Config{Pairs: []Pair{{Symbol: "XBT/CAD", Bare: true}}})
	h := httptest.NewServer(s.Handler())
	defer h.Close()
	reads(t, dialed(t, h.URL)) // and then no more
	from := time.Now()
	if s.Close(); time.Since(from) > 4*goodbyeTime { // the library's own patience is 5 s
		t.Errorf("the end took %v", time.Since(from))
	}
}

// The seam of the faults: what stands there sees each frame and each request, and may
// drop, change, double and hold them.
func TestFaultsStandBetweenVenueAndConnection(t *testing.T) {
	s, _ := quiet(t, Config{Pairs: []Pair{{Symbol: "XBT/CAD", Bare: true}}})
	s.Close()
	c := s.core
	k := listener(c)
	k.frames()
	c.hub.outgoing = func(k *socket, kind string, frame []byte) [][]byte {
		if kind == "pong" {
			return [][]byte{frame, frame}
		}
		return nil
	}
	c.hub.incoming = func(k *socket, method string) bool { return method != "subscribe" }
	if got := k.hears(c, `{"method":"ping"}`); len(got) != 2 || got[0] != got[1] {
		t.Error(got)
	}
	if got := k.hears(c, `{"method":"nonsense"}`); len(got) != 0 {
		t.Error(got)
	}
	if k.hears(c, `{"method":"subscribe","params":{"channel":"book","symbol":["BTC/CAD"]}}`); len(k.subs) != 0 {
		t.Error("a lost request was carried out")
	}
}

//kraken:6.3 assumed A message beyond 64 KiB ends the connection
func TestGiantMessagesEndTheConnection(t *testing.T) {
	s, _ := quiet(t, Config{Pairs: []Pair{{Symbol: "XBT/CAD", Bare: true}}})
	h := httptest.NewServer(s.Handler())
	defer h.Close()
	conn := dialed(t, h.URL)
	reads(t, conn)
	conn.Write(context.Background(), websocket.MessageText, []byte(strings.Repeat("x", mostBodyBytes+1)))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, b, err := conn.Read(ctx); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
		t.Errorf("%.100s, %v", b, err)
	}
}

// FuzzStream sends any message to a venue whose accounts' books must stay right.
func FuzzStream(f *testing.F) {
	s, _ := quiet(f, Config{Accounts: []Account{unlimited()}, AnyConnections: true})
	s.Close() // from here on the core is the test's
	c := s.core
	c.wall = c.now
	token := c.issue(c.keys.all()[0]).text
	for _, seed := range []string{
		`{"method":"ping","req_id":1}`, `{"method":"subscribe","params":{"channel":"book","symbol":["BTC/CAD"],"depth":25}}`,
		`{"method":"subscribe","params":{"channel":"level3","symbol":["BTC/CAD"],"token":"TOKEN"}}`, `{"method":"subscribe","params":{"channel":"ohlc","symbol":["BTC/CAD"],"interval":5}}`,
		`{"method":"subscribe","params":{"channel":"executions","token":"TOKEN","snap_trades":true,"ratecounter":true}}`, `{"method":"unsubscribe","params":{"channel":"book","symbol":["BTC/CAD"],"depth":25}}`,
		`{"method":"add_order","params":{"order_type":"stop-loss-limit","side":"buy","symbol":"BTC/CAD","order_qty":0.1,"limit_price":-1,"limit_price_type":"pct","triggers":{"price":1e3},"conditional":{"order_type":"limit","limit_price":5},"token":"TOKEN"},"req_id":2}`,
		`{"method":"add_order","params":{"order_type":"market","side":"sell","symbol":"BTC/CAD","order_qty":0.01,"cl_ord_id":"\"","token":"TOKEN"}}`,
		`{"method":"batch_add","params":{"symbol":"BTC/CAD","orders":[{"order_type":"limit","side":"buy","order_qty":1,"limit_price":9},{"order_type":"limit","side":"sell","order_qty":1,"limit_price":99999999}],"token":"TOKEN"}}`,
		`{"method":"batch_cancel","params":{"orders":["1","2"],"token":"TOKEN"}}`, `{"method":"cancel_order","params":{"order_userref":[1],"token":"TOKEN"}}`,
		`{"method":"edit_order","params":{"order_id":"x","symbol":"BTC/CAD","token":"TOKEN"}}`, `{"method":"amend_order","params":{"cl_ord_id":"x","order_qty":1,"token":"TOKEN"}}`,
		`{"method":"cancel_all_orders_after","params":{"timeout":5,"token":"TOKEN"}}`, `{"method":"cancel_all","params":{"token":"TOKEN"}}`, `{"method":"subscribe","params":{"channel":"balances","token":"TOKEN"}}`,
	} {
		f.Add([]byte(seed))
	}
	k := listener(c)
	f.Fuzz(func(t *testing.T, message []byte) {
		q, problem := readMessage([]byte(strings.ReplaceAll(string(message), "TOKEN", token)))
		c.hear(k, q, problem)
		c.tellBooks()
		c.wall = c.now.Add(time.Second)
		c.advance(c.wall)
		c.tend(time.Now())
		for _, frame := range k.frames() {
			if !json.Valid([]byte(frame)) {
				t.Fatalf("no JSON: %q", frame)
			}
		}
		if err := c.audit(); err != nil {
			t.Fatal(err)
		}
		if a := c.accounts[0]; len(a.open) > 200 { // each audit looks at all of them
			c.cancelEach(slices.Clone(a.open))
		}
	})
}
