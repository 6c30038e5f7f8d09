package krakend

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

// says sends a message.
func says(t *testing.T, conn *websocket.Conn, format string, args ...any) {
	t.Helper()
	if err := conn.Write(context.Background(), websocket.MessageText, fmt.Appendf(nil, format, args...)); err != nil {
		t.Fatal(err)
	}
}

// streamToken is a token of the demo account.
func (h *helm) streamToken() string {
	h.t.Helper()
	var a struct{ Result struct{ Token string } }
	if err := json.Unmarshal([]byte(h.demo("GetWebSocketsToken")), &a); err != nil || a.Result.Token == "" {
		h.t.Fatal("there is no token")
	}
	return a.Result.Token
}

const anAdd = `{"method":"add_order","req_id":%d,"params":{"order_type":"limit","side":"buy","symbol":"BTC/CAD","order_qty":0.01,"limit_price":40000,"token":"%s"}}`

//kraken:10.3 confirmed Gaps, wrong checksums, doubled frames, silence, floods and drops of the stream, on demand
func TestFaultsOfTheStreamDoWhatTheirNamesPromise(t *testing.T) {
	s, _ := quiet(t, bare())
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	h := takeHelm(t, s)
	h.do("PATCH", "accounts/demo", `{"unlimited":true}`)
	conn := dialed(t, web.URL)
	token := h.streamToken()
	next := func() string { t.Helper(); return reads(t, conn) }
	says(t, conn, `{"method":"subscribe","params":{"channel":"book","symbol":["BTC/CAD"]}}`)
	for !strings.Contains(next(), `"checksum"`) { // status, answer, snapshot
	}
	price := 40000
	move := func() { // changes the book by one level
		price++
		h.do("POST", "accounts/demo/orders", fmt.Sprintf(`{"pair":"XBTCAD","type":"buy","ordertype":"limit","volume":"0.01","price":"%d"}`, price))
	}
	at := func() string { return fmt.Sprintf(`"price":%d.0,`, price) }
	told := func(frame string) string {
		_, rest, _ := strings.Cut(frame, `"checksum":`)
		sum, _, _ := strings.Cut(rest, ",")
		return strings.TrimRight(sum, "}]")
	}

	if move(); !strings.Contains(next(), at()) {
		t.Fatal("the book does not come")
	}
	h.do("POST", "faults", `{"do":"gap","on":"book","times":1}`)
	if move(); true {
		lost := at()
		if move(); strings.Contains(next(), lost) {
			t.Error("the frame of the gap comes")
		}
	}
	h.do("POST", "faults", `{"do":"replay","on":"book","times":1}`)
	move()
	if first, second := next(), next(); first != second {
		t.Error("the frame does not come twice")
	}
	h.do("POST", "faults", `{"do":"bad-checksum","times":1}`)
	move()
	wrong := next()
	var right uint32
	s.do(func(c *core) {
		f := &bookFeed{}
		f.start(c, &c.markets[0])
		right = checksum(&f.sides)
	})
	if got := told(wrong); got == fmt.Sprint(right) || len(got) == 0 {
		t.Errorf("checksum %s of %s, right is %d", got, wrong, right)
	}
	h.do("POST", "faults", `{"do":"flood","on":"book","times":1}`)
	move()
	for range floodFrames {
		if f := next(); !strings.Contains(f, at()) {
			t.Fatalf("in the flood comes %s", f)
		}
	}
	h.do("POST", "faults", `{"do":"freeze","on":"book","for":"10s"}`)
	move()
	says(t, conn, `{"method":"ping","req_id":7}`)
	if f := next(); !strings.Contains(f, "pong") {
		t.Errorf("a frozen book says %s", f)
	}
	s.Step(10 * time.Second) // its frames are lost, not late
	move()
	if f := next(); !strings.Contains(f, at()) && !strings.Contains(f, "heartbeat") {
		t.Errorf("after the silence: %s", f)
	}

	before := openOrders(s)
	h.do("POST", "faults", `{"do":"lose-request","on":"add_order","times":1}`)
	says(t, conn, anAdd, 8, token)
	says(t, conn, `{"method":"ping","req_id":9}`)
	for f := next(); !strings.Contains(f, `"req_id":9`); f = next() {
		if strings.Contains(f, `"req_id":8`) {
			t.Errorf("a lost request is answered: %s", f)
		}
	}
	if n := openOrders(s); n != before {
		t.Errorf("a lost request is carried out")
	}
	h.do("POST", "faults", `{"do":"gap","on":"add_order","times":1,"account":"demo"}`)
	says(t, conn, anAdd, 10, token)
	says(t, conn, `{"method":"ping","req_id":11}`)
	for f := next(); !strings.Contains(f, `"req_id":11`); f = next() {
		if strings.Contains(f, `"req_id":10`) {
			t.Errorf("a lost answer comes: %s", f)
		}
	}
	if n := openOrders(s); n != before+1 {
		t.Errorf("of the order whose answer is lost there are %d", n-before)
	}
	var requests []requestView
	h.ask("GET", "requests?limit=1&name=add_order&from=1", "", &requests)
	if len(requests) != 1 || requests[0].Fault != "lose-request" {
		t.Errorf("the lost request is remembered as %+v", requests)
	}
	if h.ask("GET", "requests?limit=1&name=add_order", "", &requests); len(requests) != 1 || requests[0].Account != "demo" || requests[0].Fields["token"] != hiddenText || requests[0].Fields["order_qty"] != "0.01" {
		t.Errorf("the order is remembered as %+v", requests)
	}

	h.do("POST", "faults", `{"do":"disconnect","times":1}`)
	move()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for ended := error(nil); ended == nil; {
		_, _, ended = conn.Read(ctx)
	}
	if ctx.Err() != nil {
		t.Error("the connection stays")
	}
	s.do(func(c *core) {
		for range 3 { // rules that are over leave no trace on the way
			c.announce()
		}
	})
	var faults []faultView
	if h.ask("GET", "faults", "", &faults); len(faults) != 8 {
		t.Errorf("%d faults", len(faults))
	}
	for _, f := range faults {
		if !f.Over || f.Fired == 0 {
			t.Errorf("fault %+v", f)
		}
	}
	h.refused("POST", "faults", `{"do":"gap","on":"AddOrder"}`, 400, "no channel or method")
	conn = dialed(t, web.URL)
	if f := reads(t, conn); !strings.Contains(f, `"status"`) {
		t.Errorf("a new connection hears %s", f)
	}
	s.do(func(c *core) {
		if c.hub.outgoing != nil {
			t.Error("rules that are over still stand before every frame")
		}
	})
}

func TestOrdersOfTheStreamOutliveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	config := Config{Pairs: []Pair{{Symbol: "XBT/CAD"}}, Lockstep: true, Start: time.Date(2026, 8, 3, 12, 0, 0, 0, time.UTC), State: path}
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	h := takeHelm(t, s)
	conn := dialed(t, web.URL)
	token := h.streamToken()
	says(t, conn, `{"method":"subscribe","params":{"channel":"executions","token":"%s"}}`, token)
	for !strings.Contains(reads(t, conn), `"snapshot"`) { // the subscription is there
	}
	s.Step(20 * time.Minute) // the token lives by its subscription
	for i, message := range []string{
		fmt.Sprintf(anAdd, 1, token),
		fmt.Sprintf(`{"method":"add_order","req_id":2,"params":{"order_type":"market","side":"buy","symbol":"BTC/CAD","order_qty":0.02,"token":"%s"}}`, token),
		fmt.Sprintf(`{"method":"batch_add","req_id":3,"params":{"symbol":"BTC/CAD","token":"%s","orders":[{"order_type":"limit","side":"buy","order_qty":0.01,"limit_price":41000.5,"cl_ord_id":"a"},{"order_type":"stop-loss","side":"sell","order_qty":0.01,"triggers":{"price":1000,"price_type":"static"}}]}}`, token),
		fmt.Sprintf(`{"method":"amend_order","req_id":4,"params":{"cl_ord_id":"a","order_qty":0.02,"token":"%s"}}`, token),
		fmt.Sprintf(`{"method":"cancel_all_orders_after","req_id":5,"params":{"timeout":60,"token":"%s"}}`, token),
		fmt.Sprintf(`{"method":"add_order","req_id":6,"params":{"order_type":"market","side":"buy","symbol":"BTC/CAD","order_qty":0.0000001,"token":"%s"}}`, token), // refused
	} {
		says(t, conn, "%s", message)
		for {
			if f := reads(t, conn); strings.Contains(f, fmt.Sprintf(`"req_id":%d`, i+1)) {
				if good := strings.Contains(f, `"success":true`); good != (i < 5) {
					t.Fatalf("%s: %s", message, f)
				}
				break
			}
		}
	}
	config.State = copied(t, path)
	again, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if d := cmp.Diff(s.look(), again.look(), sameInside); d != "" {
		t.Fatalf("the restart has changed (-before +after):\n%.3000s", d)
	}
	s.Step(time.Minute)
	again.Step(time.Minute)
	if d := cmp.Diff(s.look(), again.look(), sameInside); d != "" {
		t.Fatalf("the future is another (-never stopped +restarted):\n%.3000s", d)
	}
	if n := openOrders(again); n != 0 {
		t.Errorf("the dead man's switch has left %d orders", n)
	}
	conn.CloseNow()
}
