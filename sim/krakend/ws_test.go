package krakend_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// wire is a WebSocket client that reads frames one by one.
type wire struct {
	t    *testing.T
	conn *websocket.Conn
}

// frame is any frame, as far as the tests look.
type frame struct {
	Channel  string          `json:"channel"`
	Type     string          `json:"type"`
	Data     json.RawMessage `json:"data"`
	Sequence int64           `json:"sequence"`
	Method   string          `json:"method"`
	ReqID    *int64          `json:"req_id"`
	Result   json.RawMessage `json:"result"`
	Success  *bool           `json:"success"`
	Error    string          `json:"error"`
	Symbol   string          `json:"symbol"`
	text     string
}

// patience bounds how long a test waits for a frame that must come.
const patience = 20 * time.Second

// dial connects and reads the status frame.
func (s *site) dial() *wire {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(s.http.URL, "http")+"/v2", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	conn.SetReadLimit(8 << 20)
	s.t.Cleanup(func() { conn.CloseNow() })
	w := &wire{s.t, conn}
	if f := w.next(); f.Channel != "status" {
		s.t.Fatalf("the first frame is %s", f.text)
	}
	return w
}

// token asks for a WebSocket token.
func (s *site) token() string {
	s.t.Helper()
	var r struct{ Token string }
	s.post("GetWebSocketsToken").into(s.t, &r)
	return r.Token
}

// send sends a message as it is.
func (w *wire) send(format string, args ...any) {
	w.t.Helper()
	if err := w.conn.Write(context.Background(), websocket.MessageText, fmt.Appendf(nil, format, args...)); err != nil {
		w.t.Fatal(err)
	}
}

// next is the next frame.
func (w *wire) next() frame {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, b, err := w.conn.Read(ctx)
	if err != nil {
		w.t.Fatalf("no frame comes: %v", err)
	}
	f := frame{text: string(b)}
	if err := json.Unmarshal(b, &f); err != nil {
		w.t.Fatalf("%v in %s", err, b)
	}
	return f
}

// ask sends a message and gives the answer to it; other frames are let go by.
func (w *wire) ask(format string, args ...any) frame {
	w.t.Helper()
	w.send(format, args...)
	for {
		if f := w.next(); f.Channel == "" {
			return f
		}
	}
}

// until is the next frame of a channel.
func (w *wire) until(channel string) frame {
	w.t.Helper()
	for {
		if f := w.next(); f.Channel == channel {
			return f
		}
	}
}

//kraken:6.1 confirmed The first frame is the status; ping is answered with pong
//kraken:6.3 confirmed A request is answered with its method, req_id, success, time_in and time_out
func TestStreamSpeaksKrakensEnvelope(t *testing.T) {
	s, _ := bare(t)
	w := s.dial()
	if f := w.ask(`{"method":"ping","req_id":101}`); f.text != `{"method":"pong","req_id":101,"time_in":"2026-08-03T12:00:00.000000Z","time_out":"2026-08-03T12:00:00.000000Z"}` {
		t.Error(f.text)
	}
	want := `{"method":"subscribe","req_id":11,"result":{"channel":"book","depth":10,"snapshot":true,"symbol":"BTC/CAD"},"success":true,"time_in":"2026-08-03T12:00:00.000000Z","time_out":"2026-08-03T12:00:00.000000Z"}`
	if f := w.ask(`{"method":"subscribe","params":{"channel":"book","symbol":["BTC/CAD"],"depth":10,"snapshot":true},"req_id":11}`); f.text != want {
		t.Errorf("%s\nwant %s", f.text, want)
	}
	if f := w.next(); f.Channel != "book" || f.Type != "snapshot" {
		t.Errorf("after the answer comes %s", f.text)
	}
}

// execution is a row of the executions channel.
type execution struct {
	OrderID     string `json:"order_id"`
	ClOrdID     string `json:"cl_ord_id"`
	ExecType    string `json:"exec_type"`
	OrderStatus string `json:"order_status"`
	Symbol      string
	Side        string
	Reason      string
	CumQty      json.Number `json:"cum_qty"`
	LastQty     json.Number `json:"last_qty"`
	LastPrice   json.Number `json:"last_price"`
	OrderQty    json.Number `json:"order_qty"`
	LimitPrice  json.Number `json:"limit_price"`
	text        string
}

// row demands an executions frame of the given number with one row of a kind.
func (w *wire) row(seq int64, kind string) execution {
	w.t.Helper()
	f := w.until("executions")
	var rows []execution
	if err := json.Unmarshal(f.Data, &rows); err != nil || len(rows) != 1 || rows[0].ExecType != kind || f.Sequence != seq {
		w.t.Fatalf("want %s as number %d: %s", kind, seq, f.text)
	}
	rows[0].text = string(f.Data)
	return rows[0]
}

// follow subscribes to executions and reads the snapshot.
func (w *wire) follow(token, more string) frame {
	w.t.Helper()
	if f := w.ask(`{"method":"subscribe","params":{"channel":"executions","token":%q%s},"req_id":1}`, token, more); f.Success == nil || !*f.Success {
		w.t.Fatal(f.text)
	}
	return w.until("executions")
}

//kraken:6.6 confirmed An order's life: pending_new with all it is, then new, trade, filled, canceled as deltas without symbol and side, one row a frame
//kraken:6.6 confirmed The sequence begins with 1 and counts the frames of the subscription
//kraken:6.6 assumed The frames of an order come before the answer to add_order
func TestOrderOverTheStreamLivesAsExecutionsTell(t *testing.T) {
	s, other := bare(t)
	token := s.token()
	w := s.dial()
	if f := w.follow(token, ""); f.text != `{"channel":"executions","type":"snapshot","data":[],"sequence":1}` {
		t.Errorf("the snapshot of nothing is %s", f.text)
	}
	w.send(`{"method":"add_order","params":{"order_type":"limit","side":"buy","symbol":"BTC/CAD","order_qty":0.5,"limit_price":50000.5,"cl_ord_id":"a","token":%q},"req_id":2}`, token)
	first := w.row(2, "pending_new")
	if first.Symbol != "BTC/CAD" || first.Side != "buy" || first.LimitPrice != "50000.5" || first.OrderQty != "0.50000000" || first.ClOrdID != "a" {
		t.Error(first.text)
	}
	if r := w.row(3, "new"); r.Symbol != "" || r.Side != "" || r.OrderID != first.OrderID {
		t.Error(r.text)
	}
	if f := w.next(); !strings.Contains(f.text, `"result":{"order_id":"`+first.OrderID+`","cl_ord_id":"a"},"success":true`) {
		t.Errorf("add_order is answered with %s", f.text)
	}
	other.add("sell limit 0.2 50000")
	if r := w.row(4, "trade"); r.Symbol != "BTC/CAD" || r.LastQty != "0.20000000" || r.LastPrice != "50000.5" || r.CumQty != "0.20000000" || r.OrderStatus != "partially_filled" {
		t.Error(r.text)
	}
	other.add("sell limit 0.3 50000")
	if r := w.row(5, "trade"); r.OrderStatus != "filled" || r.CumQty != "0.50000000" {
		t.Error(r.text)
	}
	if r := w.row(6, "filled"); r.OrderStatus != "filled" || r.Symbol != "" || r.CumQty != "0.50000000" {
		t.Error(r.text)
	}
}
