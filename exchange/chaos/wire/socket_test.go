package wire_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"breakwater/exchange/chaos"
	"breakwater/exchange/chaos/wire"
)

// patience bounds how long a test waits for a frame that must come.
const patience = 20 * time.Second

// stream is a client of /v2.
type stream struct {
	t    *testing.T
	conn wire.Socket
}

func (s *site) dial(client *http.Client) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(s.url, "http")+"/v2", &websocket.DialOptions{HTTPClient: client})
	return conn, err
}

// streams are two connections, one through the plan and one past it, that both follow the
// book and have read its snapshot.
func (s *site) streams() (struck, plain *stream) {
	s.t.Helper()
	var both []*stream
	for _, client := range []*http.Client{s.client, http.DefaultClient} {
		conn, err := s.dial(client)
		if err != nil {
			s.t.Fatal(err)
		}
		conn.SetReadLimit(1 << 20)
		k := &stream{s.t, conn}
		if client == s.client {
			k.conn = s.faults.Socket(conn)
		}
		s.t.Cleanup(func() { k.conn.CloseNow() })
		if k.send(`{"method":"subscribe","params":{"channel":"book","symbol":["BTC/CAD"],"depth":10}}`); !strings.Contains(k.until(`"type":"snapshot"`), "book") {
			s.t.Fatal("no snapshot of the book")
		}
		both = append(both, k)
	}
	return both[0], both[1]
}

func (k *stream) send(format string, args ...any) {
	k.t.Helper()
	if err := k.conn.Write(context.Background(), websocket.MessageText, fmt.Appendf(nil, format, args...)); err != nil {
		k.t.Fatal(err)
	}
}

func (k *stream) next() string {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, b, err := k.conn.Read(ctx)
	if err != nil {
		k.t.Fatalf("no frame comes: %v", err)
	}
	return string(b)
}

// until is the next frame with a text in it.
func (k *stream) until(part string) string {
	k.t.Helper()
	for {
		if f := k.next(); strings.Contains(f, part) {
			return f
		}
	}
}

// book makes the book change, past the plan.
func (s *site) book(price string) {
	s.t.Helper()
	if a := s.post(http.DefaultClient, "AddOrder", "pair", "XBTCAD", "type", "buy", "ordertype", "limit", "price", price, "volume", "0.1"); a.err != nil || len(a.Error) > 0 {
		s.t.Fatalf("%+v", a)
	}
}

// For each verb of ws: what the venue sends, and what the client reads.
func TestEachVerbOfTheStreamShowsTheClientAnotherFrame(t *testing.T) {
	const update = `"type":"update"`
	for rule, sees := range map[string]func(t *testing.T, k *stream, sent, then string){
		"do: ws-gap": func(t *testing.T, k *stream, sent, then string) {
			if f := k.until(update); f != then {
				t.Errorf("it reads %s, want the one after the gap: %s", f, then)
			}
		},
		"do: bad-checksum": func(t *testing.T, k *stream, sent, then string) {
			var a, b struct{ Data []struct{ Checksum uint32 } }
			f := k.until(update)
			if json.Unmarshal([]byte(f), &a) != nil || json.Unmarshal([]byte(sent), &b) != nil || a.Data[0].Checksum == b.Data[0].Checksum {
				t.Errorf("it reads %s of %s", f, sent)
			}
			if strings.Replace(f, strconv.Itoa(int(a.Data[0].Checksum)), strconv.Itoa(int(b.Data[0].Checksum)), 1) != sent {
				t.Errorf("more than the checksum differs: %s", f)
			}
		},
		"do: replay": func(t *testing.T, k *stream, sent, then string) {
			if a, b, c := k.until(update), k.until(update), k.until(update); a != sent || b != sent || c != then {
				t.Errorf("it reads\n%s%s%s", a, b, c)
			}
		},
		"do: ws-flood, count: 3": func(t *testing.T, k *stream, sent, then string) {
			if a := k.until(update); a != sent {
				t.Errorf("it reads %s", a)
			}
			for range 3 {
				if f := k.next(); f != `{"channel":"heartbeat"}` {
					t.Errorf("it reads %s", f)
				}
			}
		},
		"do: bad-number": func(t *testing.T, k *stream, sent, then string) {
			if f := k.until(update); !strings.Contains(f, `"price":NaN`) || json.Valid([]byte(f)) {
				t.Errorf("it reads %s", f)
			}
		},
		"do: future-time, by: 1h": func(t *testing.T, k *stream, sent, then string) {
			if f := k.until(update); strings.Replace(f, "13:00:01.", "12:00:01.", 1) != sent {
				t.Errorf("it reads %s of %s", f, sent)
			}
		},
		"do: ws-freeze, for: 30s": func(t *testing.T, k *stream, sent, then string) {
			if f := k.until(update); f == sent || f == then || !strings.Contains(f, "49000") {
				t.Errorf("the first that it reads is %s", f)
			}
		},
	} {
		t.Run(rule, func(t *testing.T) {
			s := open(t, "- {at: 1s, on: book, "+rule+"}")
			struck, plain := s.streams()
			s.server.Step(time.Second)
			s.book("50000")
			sent := plain.until(update)
			s.book("50001")
			then := plain.until(update)
			if strings.Contains(rule, "freeze") {
				// what comes is thrown away as it comes: the trade channel's answer behind it tells when
				if struck.send(`{"method":"ping","req_id":7}`); !strings.Contains(struck.until("pong"), "7") {
					t.Error("no pong while the book stands still")
				}
				s.server.Step(30 * time.Second)
				s.book("49000")
			}
			sees(t, struck, sent, then)
			s.fired(1)
		})
	}
}

// The socket dies, and nobody gets a new one until it is over.
func TestADisconnectedClientGetsNoNewConnectionUntilItIsOver(t *testing.T) {
	s := open(t, "- {at: 1s, do: disconnect, for: 30s}")
	struck, plain := s.streams()
	s.server.Step(time.Second)
	s.book("50000")
	plain.until(`"type":"update"`)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		if _, f, err := struck.conn.Read(ctx); err != nil {
			break
		} else if strings.Contains(string(f), `"type":"update"`) {
			t.Fatalf("it reads %s", f)
		}
	}
	if err := ctx.Err(); err != nil {
		t.Fatal("the connection stays open")
	}
	if _, err := s.dial(s.client); err == nil {
		t.Error("a new connection is made while the network is down")
	}
	if a := s.post(s.client, "Balance"); a.err != nil {
		t.Errorf("REST fails too: %v", a.err)
	}
	s.server.Step(30 * time.Second)
	conn, err := s.dial(s.client)
	if err != nil {
		t.Fatal(err)
	}
	conn.CloseNow()
	s.fired(1)
}

// Requests to trade over the stream are struck like those over REST.
func TestARequestOverTheStreamIsStruckLikeACall(t *testing.T) {
	for _, c := range []struct {
		rule, answer string // "": none comes
		orders       int
	}{
		{"do: drop", "", 0},
		{"do: html", "", 0},
		{"do: timeout-after-apply", "", 1},
		{"do: apply-then-502", "", 1},
		{"do: error, code: EService:Unavailable", `{"error":"EService:Unavailable","method":"add_order","req_id":2,"success":false}`, 0},
		{"do: 429", `{"error":"EAPI:Rate limit exceeded","method":"add_order","req_id":2,"success":false}`, 0},
		{"do: delay, by: 3s", `"success":true`, 1},
		{"do: duplicate", `"success":true`, 2},
		{"do: truncate", `{"method":"add_order","req_id":2,"result":`, 1},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s := open(t, "- {on: AddOrder, "+c.rule+"}")
			struck, _ := s.streams()
			var token struct{ Token string }
			if a := s.post(http.DefaultClient, "GetWebSocketsToken"); json.Unmarshal(a.Result, &token) != nil {
				t.Fatal(a.body)
			}
			struck.send(`{"method":"add_order","params":{"order_type":"limit","side":"buy","symbol":"BTC/CAD","order_qty":0.1,"limit_price":50000,"token":%q},"req_id":2}`, token.Token)
			if c.answer == "" {
				struck.send(`{"method":"ping","req_id":3}`)
				for {
					f := struck.next()
					if strings.Contains(f, "add_order") {
						t.Fatalf("it is answered with %s", f)
					}
					if strings.Contains(f, "pong") {
						break
					}
				}
			} else if f := struck.until("add_order"); !strings.Contains(f, c.answer) || c.rule == "do: truncate" && json.Valid([]byte(f)) {
				t.Errorf("it is answered with %s", f)
			}
			if c.rule == "do: duplicate" {
				struck.until("add_order") // the second one's answer
			}
			if n := s.truth(); n != c.orders {
				t.Errorf("the venue has %d orders, want %d", n, c.orders)
			}
			s.fired(1)
		})
	}
}

// A frame of executions that is lost shows in the number of the next.
func TestALostExecutionShowsInTheNextNumber(t *testing.T) {
	s := open(t, "- {at: 1s, on: executions, do: ws-gap}")
	struck, _ := s.streams()
	var token struct{ Token string }
	if a := s.post(http.DefaultClient, "GetWebSocketsToken"); json.Unmarshal(a.Result, &token) != nil {
		t.Fatal(a.body)
	}
	struck.send(`{"method":"subscribe","params":{"channel":"executions","token":%q},"req_id":1}`, token.Token)
	if f := struck.until(`"executions","type":"snapshot"`); !strings.Contains(f, `"sequence":1}`) {
		t.Fatal(f)
	}
	s.server.Step(time.Second)
	s.book("50000")
	if f := struck.until(`"executions","type":"update"`); !strings.Contains(f, `"sequence":3}`) {
		t.Errorf("after the gap comes %s", f)
	}
	s.faults.Injector(func(x *chaos.Injector) {
		if x.Fired(0) != 1 {
			t.Errorf("it fired %d times", x.Fired(0))
		}
	})
}
