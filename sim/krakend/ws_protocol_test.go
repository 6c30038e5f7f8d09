package krakend_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"breakwater/exchange"
	"breakwater/sim/krakend"
)

//kraken:6.2 confirmed Numbers must be JSON numbers: a text gives `Limit_price field must be a number_float`; whole numbers are fine
//kraken:6.3 confirmed Error texts: pair, depth, interval, symbols, token, malformed, event, unsupported field; the answer has no result
//kraken:6.3 confirmed A req_id that is no whole number is not in the answer
//kraken:6.3 assumed The texts for an unknown channel, a subscription that is not there, and types other than number_float
//kraken:6.8 confirmed no_mpp is for market orders only
func TestTheStreamRefusesInKrakensWords(t *testing.T) {
	s, _ := bare(t)
	w := s.dial()
	token := s.token()
	order := `{"method":"add_order","params":{"token":"` + token + `","symbol":"BTC/CAD","side":"buy","order_type":"limit","order_qty":5,"limit_price":50000%s}}`
	for _, c := range []struct{ message, want string }{
		{`{`, "Malformed request"},
		{`[]`, "Malformed request"},
		{`null`, "Malformed request"},
		{`{"method":5}`, "Malformed request"},
		{`{"method":"ping"} {}`, "Malformed request"},
		{`{"method":"subscribe","params":[]}`, "Malformed request"},
		{`{"method":"nonsense"}`, "Unsupported event"},
		{`{"method":"ping","params":{}}`, "Unsupported field: 'params' for the given msg type: ping"},
		{`{"method":"subscribe","params":{"channel":"nonsense"}}`, "Subscription name invalid"},
		{`{"method":"subscribe","params":{"channel":"book"}}`, "Symbol(s) not found"},
		{`{"method":"subscribe","params":{"channel":"book","symbol":"BTC/CAD"}}`, "Symbol field must be an array"},
		{`{"method":"subscribe","params":{"channel":"book","symbol":["XBT/CAD"]}}`, "Currency pair not supported XBT/CAD"},
		{`{"method":"subscribe","params":{"channel":"book","symbol":["BTC/CAD"],"depth":7}}`, "Subscription depth not supported"},
		{`{"method":"subscribe","params":{"channel":"book","symbol":["BTC/CAD"],"interval":7}}`, "Unsupported field: 'interval' for the given msg type: subscribe"},
		{`{"method":"subscribe","params":{"channel":"ohlc","symbol":["BTC/CAD"],"interval":7}}`, "Subscription ohlc interval not supported"},
		{`{"method":"subscribe","params":{"channel":"executions"}}`, "Token(s) not found"},
		{`{"method":"subscribe","params":{"channel":"executions","token":"x"}}`, "EAPI:Invalid token"},
		{`{"method":"unsubscribe","params":{"channel":"trade","symbol":["BTC/CAD"]}}`, "Subscription Not Found"},
		{`{"method":"add_order","params":{"symbol":"BTC/CAD","price":1,"token":"x"}}`, "Unsupported field: 'price' for the given msg type: add order"},
		{fmt.Sprintf(order, `,"limit_price":"50000"`), "Limit_price field must be a number_float"},
		{fmt.Sprintf(order, `,"order_userref":1.5`), "Order_userref field must be a number_integer"},
		{fmt.Sprintf(order, `,"no_mpp":true`), "EGeneral:Invalid arguments:no_mpp order option is only available when ordertype = market"},
		{fmt.Sprintf(order, `,"symbol":"XBT/CAD"`), "Currency pair not supported XBT/CAD"},
		{fmt.Sprintf(order, `,"order_type":"nonsense"`), "EGeneral:Invalid arguments:ordertype"},
		{fmt.Sprintf(order, `,"margin":true`), "EAccount:Invalid permissions:margin trading not available"},
		{fmt.Sprintf(order, `,"order_qty":0.00000001`), "EOrder:Order minimum not met"},
		{fmt.Sprintf(order, ``), "EOrder:Insufficient funds"},
		{fmt.Sprintf(order, `,"deadline":"2026-08-03T11:59:00Z"`), "EService:Deadline elapsed"},
		{`{"method":"cancel_order","params":{"order_id":["OAAAAA-AAAAA-AAAAAA"],"token":"` + token + `"}}`, "EOrder:Unknown order"},
		{`{"method":"amend_order","params":{"order_id":"OAAAAA-AAAAA-AAAAAA","order_qty":1,"token":"` + token + `"}}`, "EOrder:Unknown order"},
		{`{"method":"batch_add","params":{"symbol":"BTC/CAD","orders":[],"token":"` + token + `"}}`, "EGeneral:Invalid arguments:orders"},
	} {
		f := w.ask("%s", c.message)
		if f.Error != c.want || f.Success == nil || *f.Success || f.Result != nil || f.ReqID != nil {
			t.Errorf("%s\n%s, want %q", c.message, f.text, c.want)
		}
	}
	if f := w.ask(`{"method":"subscribe","params":{"channel":"book","symbol":["WWW/USD"]},"req_id":0}`); f.text != `{"error":"Currency pair not supported WWW/USD","method":"subscribe","req_id":0,"success":false,"symbol":"WWW/USD","time_in":"2026-08-03T12:00:00.000000Z","time_out":"2026-08-03T12:00:00.000000Z"}` {
		t.Error(f.text)
	}
	if f := w.ask(`{"method":"ping","req_id":"seven"}`); f.Method != "pong" || f.ReqID != nil {
		t.Error(f.text)
	}
	w.ask(`{"method":"subscribe","params":{"channel":"book","symbol":["BTC/CAD"]}}`)
	if f := w.ask(`{"method":"subscribe","params":{"channel":"book","symbol":["BTC/CAD"],"depth":25}}`); f.Error != "Already subscribed" || f.Symbol != "BTC/CAD" {
		t.Error(f.text)
	}
}

//kraken:6.3 confirmed One answer a symbol, then its snapshot; unsubscribe mirrors subscribe; deprecations are warnings of the result
func TestEachSymbolIsAnsweredForItself(t *testing.T) {
	s := open(t, krakend.Config{Pairs: []krakend.Pair{{Symbol: "XBT/CAD"}, {Symbol: "ETH/CAD"}}})
	w := s.dial()
	w.send(`{"method":"subscribe","params":{"channel":"ohlc","symbol":["BTC/CAD","NO/NO","ETH/CAD"],"interval":5},"req_id":4}`)
	for _, want := range []string{`"symbol":"BTC/CAD","warnings":["timestamp is deprecated, use interval_begin"]}`, `"channel":"ohlc","type":"snapshot"`, `"error":"Currency pair not supported NO/NO"`, `"interval":5,"snapshot":true,"symbol":"ETH/CAD"`, `"channel":"ohlc","type":"snapshot"`} {
		if f := w.next(); !strings.Contains(f.text, want) {
			t.Errorf("%.300s, want %s", f.text, want)
		}
	}
	if f := w.ask(`{"method":"unsubscribe","params":{"channel":"ohlc","symbol":["ETH/CAD"],"interval":1}}`); f.Error != "Subscription Not Found" {
		t.Error(f.text)
	}
	if f := w.ask(`{"method":"unsubscribe","params":{"channel":"ohlc","symbol":["ETH/CAD"],"interval":5},"req_id":5}`); !*f.Success || string(f.Result) != `{"channel":"ohlc","interval":5,"symbol":"ETH/CAD"}` {
		t.Error(f.text)
	}
	s.server.Step(3 * time.Minute)
	for range 20 {
		if f := w.until("ohlc"); !strings.Contains(f.text, "BTC/CAD") {
			t.Fatalf("after the end of a subscription: %s", f.text)
		}
	}
}

//kraken:6.1 confirmed With a subscription and nothing to tell a heartbeat comes each second; without one an idle connection is closed after a minute; a ping keeps it open
func TestHeartbeatsAndIdleConnections(t *testing.T) {
	s, _ := bare(t)
	listening, pinging, idle := s.dial(), s.dial(), s.dial()
	listening.ask(`{"method":"subscribe","params":{"channel":"trade","symbol":["BTC/CAD"]}}`)
	listening.until("trade")
	for range 61 {
		s.server.Step(time.Second)
		if f := listening.next(); f.text != `{"channel":"heartbeat"}` {
			t.Fatal(f.text)
		}
		if f := pinging.ask(`{"method":"ping"}`); f.Method != "pong" {
			t.Fatal(f.text)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, b, err := idle.conn.Read(ctx); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("an idle connection gets %s, %v", b, err)
	}
}

//kraken:6.1 confirmed The state of the engine is told to every connection when it changes, without connection_id in maintenance
//kraken:6.4 confirmed instrument: assets and pairs with their increments; a change of state is told
func TestChangesOfStateAreTold(t *testing.T) {
	s, _ := bare(t)
	w := s.dial()
	token := s.token()
	w.ask(`{"method":"subscribe","params":{"channel":"instrument"}}`)
	if f := w.until("instrument"); !strings.Contains(f.text, `{"symbol":"BTC/CAD","base":"BTC","quote":"CAD","status":"online","qty_precision":8,"qty_increment":0.00000001,"price_precision":1,`) || !strings.Contains(f.text, `{"id":"BTC","status":"enabled","precision":10,`) {
		t.Error(f.text)
	}
	s.server.SetStatus(exchange.CancelOnlyMode)
	if f := w.until("status"); !strings.Contains(f.text, `"system":"cancel_only","api_version":"v2","connection_id":`) {
		t.Error(f.text)
	}
	if f := w.until("instrument"); f.Type != "update" || !strings.Contains(f.text, `"assets":[],"pairs":[{"symbol":"BTC/CAD","base":"BTC","quote":"CAD","status":"cancel_only"`) {
		t.Error(f.text)
	}
	add := `{"method":"add_order","params":{"order_type":"limit","side":"buy","symbol":"BTC/CAD","order_qty":1,"limit_price":5,"token":%q}}`
	if f := w.ask(add, token); f.Error != "EService:Market in cancel_only mode" {
		t.Error(f.text)
	}
	s.server.SetStatus(exchange.Maintenance)
	if f := w.until("status"); strings.Contains(f.text, "connection_id") {
		t.Error(f.text)
	}
	if f := w.ask(add, token); f.Error != "EService:Unavailable" {
		t.Error(f.text)
	}
}

//kraken:6.1 confirmed About 150 connections from an address within ten minutes; who makes more is kept out for ten minutes
//kraken:6.1 assumed Who is kept out gets status 429
func TestAnAddressMayConnectSoOften(t *testing.T) {
	s, _ := bare(t)
	at := "ws" + strings.TrimPrefix(s.http.URL, "http") + "/v2"
	for i := range 151 {
		conn, resp, err := websocket.Dial(context.Background(), at, nil)
		if err == nil {
			conn.CloseNow()
		}
		if (err == nil) != (i < 150) || i == 150 && resp.StatusCode != http.StatusTooManyRequests {
			t.Fatalf("connection %d: %v", i+1, err)
		}
	}
	s.server.Step(10 * time.Minute)
	s.dial()
}

//kraken:6.1 assumed A connection may send 1,000 messages at once and 200 a second; more are answered with `{"Error":"Exceeded msg rate"}` and not carried out
func TestAFloodOfMessagesIsNotCarriedOut(t *testing.T) {
	s, _ := bare(t)
	w := s.dial()
	for i := range 1000 {
		if f := w.ask(`{"method":"ping"}`); f.Method != "pong" {
			t.Fatalf("message %d: %s", i, f.text)
		}
	}
	if f := w.ask(`{"method":"ping"}`); f.text != `{"Error":"Exceeded msg rate"}` {
		t.Error(f.text)
	}
	s.server.Step(time.Second)
	if f := w.ask(`{"method":"ping"}`); f.Method != "pong" {
		t.Error(f.text)
	}
}

//kraken:3.8 confirmed A token must be used within 15 minutes and lives on with the subscription that it made
//kraken:6.3 assumed A text that was never a token is `EAPI:Invalid token`, a token that has expired `ESession:Invalid session`, both with status error; the connection stays
func TestTokenLivesWithItsSubscription(t *testing.T) {
	s, _ := bare(t)
	w := s.dial()
	used, unused := s.token(), s.token()
	w.follow(used, "")
	s.server.Step(15 * time.Minute)
	cancel := `{"method":"cancel_all","params":{"token":%q},"req_id":3}`
	if f := w.ask(cancel, used); f.Error != "" || string(f.Result) != `{"count":0}` {
		t.Errorf("with a live subscription: %s", f.text)
	}
	if f := w.ask(cancel, unused); f.Error != "ESession:Invalid session" || !strings.Contains(f.text, `"status":"error"`) {
		t.Errorf("without: %s", f.text)
	}
	w.ask(`{"method":"unsubscribe","params":{"channel":"executions","token":%q}}`, used)
	if f := w.ask(cancel, used); f.Error != "ESession:Invalid session" {
		t.Errorf("after the subscription: %s", f.text)
	}
	if f := w.ask(cancel, s.token()); f.Error != "" {
		t.Errorf("with a new token: %s", f.text)
	}
}

//kraken:6.6 confirmed executions needs query-open-trades; trading needs what the REST calls need
//kraken:6.7 assumed balances needs query-ledger
func TestTokenHasTheRightsOfItsKey(t *testing.T) {
	sites := keyed(t,
		krakend.Key{Name: "reader", Permissions: []string{"create-ws-token", "query-open-trades", "close-trades"}},
		krakend.Key{Name: "trader", Permissions: []string{"create-ws-token", "modify-trades"}},
	)
	reader, trader := sites[0], sites[1]
	requests := map[string]string{
		"executions": `{"method":"subscribe","params":{"channel":"executions","token":%q}}`,
		"balances":   `{"method":"subscribe","params":{"channel":"balances","token":%q}}`,
		"add":        `{"method":"add_order","params":{"order_type":"limit","side":"buy","symbol":"BTC/CAD","order_qty":0.01,"limit_price":100,"token":%q}}`,
		"edit":       `{"method":"edit_order","params":{"symbol":"BTC/CAD","order_id":"x","token":%q}}`,
		"cancel":     `{"method":"cancel_all","params":{"token":%q}}`,
	}
	for _, c := range []struct {
		site *site
		may  string
	}{{reader, "executions cancel"}, {trader, "add cancel"}} {
		w, token := c.site.dial(), c.site.token()
		for name, request := range requests {
			f := w.ask(request, token)
			if denied := f.Error == "EGeneral:Permission denied"; denied == strings.Contains(c.may, name) {
				t.Errorf("%s with the rights for %q: %s", name, c.may, f.text)
			}
		}
	}
}

//kraken:6.7 confirmed balances: a snapshot with wallets, then a frame for each row of the ledger, numbered
func TestBalancesFollowTheLedger(t *testing.T) {
	s, other := bare(t)
	w := s.dial()
	w.ask(`{"method":"subscribe","params":{"channel":"balances","token":%q},"req_id":1}`, s.token())
	if f := w.next(); f.text != `{"channel":"balances","type":"snapshot","data":[{"asset":"BTC","asset_class":"currency","balance":10.0000000000,"wallets":[{"type":"spot","id":"main","balance":10.0000000000}]},{"asset":"CAD","asset_class":"currency","balance":100000.0000,"wallets":[{"type":"spot","id":"main","balance":100000.0000}]}],"sequence":1}` {
		t.Error(f.text)
	}
	s.add("buy limit 0.5 50000")
	other.add("sell limit 0.5 50000")
	var ledger struct {
		Ledger map[string]struct{ Refid, Balance string }
	}
	s.post("Ledgers", "type", "trade").into(t, &ledger)
	for seq, asset := range []string{"CAD", "BTC"} {
		f := w.next()
		var rows []struct {
			LedgerID    string `json:"ledger_id"`
			RefID       string `json:"ref_id"`
			Type, Asset string
			Balance     json.Number
		}
		if err := json.Unmarshal(f.Data, &rows); err != nil || len(rows) != 1 || f.Sequence != int64(seq)+2 || f.Type != "update" {
			t.Fatal(f.text)
		}
		r := rows[0]
		if row, ok := ledger.Ledger[r.LedgerID]; !ok || row.Refid != r.RefID || row.Balance != r.Balance.String() || r.Asset != asset || r.Type != "trade" {
			t.Errorf("%s; the ledger has %v", f.text, ledger.Ledger)
		}
	}
}
