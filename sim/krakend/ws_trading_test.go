package krakend_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"breakwater/sim/krakend"
)

// trade sends a trading request with a token and gives its answer.
func (w *wire) trade(token, method, params string) frame {
	w.t.Helper()
	return w.ask(`{"method":%q,"params":{"token":%q%s},"req_id":9}`, method, token, params)
}

// result demands success and gives the result.
func (w *wire) result(token, method, params string) string {
	w.t.Helper()
	f := w.trade(token, method, params)
	if f.Success == nil || !*f.Success || f.ReqID == nil || *f.ReqID != 9 || f.Method != method {
		w.t.Fatalf("%s %s: %s", method, params, f.text)
	}
	return string(f.Result)
}

// placed is the id of a new order.
func (w *wire) placed(token, params string) string {
	w.t.Helper()
	var r struct {
		OrderID string `json:"order_id"`
	}
	if err := json.Unmarshal([]byte(w.result(token, "add_order", `,"symbol":"BTC/CAD"`+params)), &r); err != nil || r.OrderID == "" {
		w.t.Fatal(err, r)
	}
	return r.OrderID
}

//kraken:6.8 confirmed add_order takes every type: limit prices and triggers static, by quote and by pct, conditional closes, times, tags, cash orders
//kraken:6.8 assumed A price by quote or pct without a sign counts upwards
func TestEachTypeOfOrderOverTheStreamIsTheOneOfREST(t *testing.T) {
	s, other := bare(t)
	other.add("sell limit 0.1 60000")
	s.add("buy limit 0.1 60000")
	other.add("sell limit 5 60001")
	w, token := s.dial(), s.token()
	for _, c := range []struct{ params, want, close string }{
		{`"order_type":"limit","side":"buy","order_qty":0.1,"limit_price":100`, "buy 0.10000000 XBTCAD @ limit 100.0", ""},
		{`"order_type":"limit","side":"buy","order_qty":0.1,"limit_price":-100,"limit_price_type":"quote"`, "buy 0.10000000 XBTCAD @ limit 59900.0", ""},
		{`"order_type":"limit","side":"buy","order_qty":0.1,"limit_price":-10,"limit_price_type":"pct"`, "buy 0.10000000 XBTCAD @ limit 54000.0", ""},
		{`"order_type":"iceberg","side":"buy","order_qty":0.1,"display_qty":0.1,"limit_price":100`, "buy 0.10000000 XBTCAD @ limit 100.0", ""},
		{`"order_type":"stop-loss","side":"sell","order_qty":0.1,"triggers":{"price":50000}`, "sell 0.10000000 XBTCAD @ stop loss 50000.0", ""},
		{`"order_type":"stop-loss","side":"sell","order_qty":0.1,"triggers":{"reference":"last","price":-5,"price_type":"pct"}`, "sell 0.10000000 XBTCAD @ stop loss 57000.0", ""},
		{`"order_type":"stop-loss-limit","side":"sell","order_qty":0.1,"limit_price":49000,"triggers":{"price":50000}`, "sell 0.10000000 XBTCAD @ stop loss 50000.0 -> limit 49000.0", ""},
		{`"order_type":"take-profit-limit","side":"sell","order_qty":0.1,"limit_price":-100,"limit_price_type":"quote","triggers":{"price":70000}`, "sell 0.10000000 XBTCAD @ take profit 70000.0 -> limit 69900.0", ""},
		{`"order_type":"trailing-stop","side":"sell","order_qty":0.1,"triggers":{"price":500,"price_type":"quote"}`, "sell 0.10000000 XBTCAD @ trailing stop +500.0", ""},
		{`"order_type":"trailing-stop-limit","side":"sell","order_qty":0.1,"limit_price":-100,"limit_price_type":"quote","triggers":{"price":5,"price_type":"pct"}`, "sell 0.10000000 XBTCAD @ trailing stop +5.0000% -> limit -100.0", ""},
		{`"order_type":"limit","side":"buy","order_qty":0.1,"limit_price":1e2,"conditional":{"order_type":"stop-loss-limit","trigger_price":90,"limit_price":80}`, "buy 0.10000000 XBTCAD @ limit 100.0", "close position @ stop loss 90.0 -> limit 80.0"},
		{`"order_type":"limit","side":"buy","order_qty":0.1,"limit_price":100,"conditional":{"order_type":"limit","limit_price":120}`, "buy 0.10000000 XBTCAD @ limit 100.0", "close position @ limit 120.0"},
		{`"order_type":"limit","side":"buy","order_qty":0.1,"limit_price":100,"time_in_force":"gtd","expire_time":"2026-08-03T13:00:00Z","post_only":true,"order_userref":-7,"stp_type":"cancel_both","fee_preference":"base","sender_sub_id":"sub"`, "buy 0.10000000 XBTCAD @ limit 100.0", ""},
		{`"order_type":"limit","side":"buy","order_qty":0.1,"limit_price":100,"effective_time":"2026-08-03T12:30:00Z"`, "buy 0.10000000 XBTCAD @ limit 100.0", ""},
	} {
		d := s.query(w.placed(token, ","+c.params))
		if d.Descr.Order != c.want || d.Descr.Close != c.close {
			t.Errorf("%s\nis %q, %q; want %q, %q", c.params, d.Descr.Order, d.Descr.Close, c.want, c.close)
		}
		if strings.Contains(c.params, "gtd") && (d.Oflags != "fcib,post" || d.Userref != -7 || d.TimeInForce != "GTD") {
			t.Errorf("%+v", d)
		}
	}
	if d := s.query(w.placed(token, `,"order_type":"market","side":"buy","cash_order_qty":100,"deadline":"2026-08-03T12:00:05Z"`)); d.Status != "closed" || d.Cost < "99" {
		t.Errorf("an order by cash: %+v", d)
	}
	if got := w.result(token, "add_order", `,"symbol":"BTC/CAD","order_type":"limit","side":"buy","order_qty":0.1,"limit_price":100,"validate":true,"cl_ord_id":"q\"q\\"`); got != `{"order_id":"","cl_ord_id":"q\"q\\"}` {
		t.Error(got)
	}
}

//kraken:6.8 confirmed amend_order, edit_order, cancel_order with an answer for each order, cancel_all, cancel_all_orders_after, batch_add with an array, batch_cancel
//kraken:6.8 assumed A row of batch_add that the engine refuses has its error; batch_cancel answers with result.count
func TestOrdersAreChangedAndCancelledOverTheStream(t *testing.T) {
	s, _ := bare(t)
	w, token := s.dial(), s.token()
	limit := `,"order_type":"limit","side":"buy","order_qty":0.1,"limit_price":100`
	id := w.placed(token, limit+`,"cl_ord_id":"mine"`)
	if got := w.result(token, "amend_order", `,"cl_ord_id":"mine","order_qty":0.2,"limit_price":110`); !strings.HasSuffix(got, `"cl_ord_id":"mine"}`) || !strings.HasPrefix(got, `{"amend_id":"T`) {
		t.Error(got)
	}
	if d := s.query(id); d.Vol != "0.20000000" || d.Descr.Price != "110.0" {
		t.Errorf("%+v", d)
	}
	var edited struct {
		New string `json:"order_id"`
		Old string `json:"original_order_id"`
	}
	json.Unmarshal([]byte(w.result(token, "edit_order", `,"symbol":"BTC/CAD","order_id":"`+id+`","order_qty":0.3,"limit_price":120`)), &edited)
	if d := s.query(edited.New); edited.Old != id || d.Vol != "0.30000000" || d.Descr.Price != "120.0" || *s.query(id).Reason != "Order replaced" {
		t.Errorf("%+v %+v", edited, d)
	}
	named, tagged := w.placed(token, limit+`,"cl_ord_id":"x"`), w.placed(token, limit+`,"order_userref":4`)
	w.send(`{"method":"cancel_order","params":{"order_id":[%q,"OAAAAA-AAAAA-AAAAAA"],"cl_ord_id":["x"],"order_userref":[4],"token":%q},"req_id":3}`, edited.New, token)
	for _, want := range []string{`"result":{"order_id":"` + edited.New + `"},"success":true`, `"error":"EOrder:Unknown order","method":"cancel_order","req_id":3`, `"result":{"cl_ord_id":"x"}`, `"result":{"order_userref":4}`} {
		if f := w.next(); !strings.Contains(f.text, want) || *f.ReqID != 3 {
			t.Errorf("%s, want %s", f.text, want)
		}
	}
	for _, id := range []string{edited.New, named, tagged} {
		if d := s.query(id); d.Status != "canceled" || *d.Reason != "User requested" {
			t.Errorf("%+v", d)
		}
	}
	batch := w.result(token, "batch_add", `,"symbol":"BTC/CAD","orders":[{`+limit[1:]+`,"cl_ord_id":"b1"},{`+limit[1:]+`,"order_userref":5},{"order_type":"limit","side":"sell","order_qty":50,"limit_price":1000}]`)
	var rows []map[string]any
	if err := json.Unmarshal([]byte(batch), &rows); err != nil || len(rows) != 3 || rows[0]["cl_ord_id"] != "b1" || rows[1]["order_userref"] != 5.0 || rows[2]["error"] != "EOrder:Insufficient funds" {
		t.Error(batch)
	}
	if got := w.result(token, "batch_cancel", `,"orders":["5"],"cl_ord_id":["b1"]`); got != `{"count":2}` {
		t.Error(got)
	}
	w.placed(token, limit)
	if got := w.result(token, "cancel_all_orders_after", `,"timeout":60`); got != `{"currentTime":"2026-08-03T12:00:00Z","triggerTime":"2026-08-03T12:01:00Z"}` {
		t.Error(got)
	}
	w.placed(token, limit)
	if got := w.result(token, "cancel_all", ""); got != `{"count":2}` {
		t.Error(got)
	}
}

//kraken:6.6 confirmed The snapshot has what is open; snap_trades the last 50 trades, in a frame of its own; order_status false leaves out what is between opening and closing; ratecounter tells the threshold
//kraken:6.6 assumed With ratecounter each row has ratecount
func TestExecutionsAreAsTheSubscriptionAsks(t *testing.T) {
	s, other := bare(t)
	other.add("sell limit 1 50000")
	s.add("buy limit 0.5 50000")
	open := s.add("buy limit 0.2 40000")
	token := s.token()
	plain, brief, counted := s.dial(), s.dial(), s.dial()
	first := plain.follow(token, `,"snap_trades":true`)
	second := plain.until("executions")
	var orders, trades []execution
	if json.Unmarshal(first.Data, &orders) != nil || len(orders) != 1 || orders[0].OrderID != open || orders[0].ExecType != "new" || orders[0].Symbol != "BTC/CAD" || first.Sequence != 1 {
		t.Error(first.text)
	}
	if json.Unmarshal(second.Data, &trades) != nil || len(trades) != 1 || trades[0].ExecType != "trade" || trades[0].LastQty != "0.50000000" || second.Sequence != 2 || second.Type != "snapshot" {
		t.Error(second.text)
	}
	brief.follow(token, `,"order_status":false`)
	counted.send(`{"method":"subscribe","params":{"channel":"executions","token":%q,"ratecounter":true,"snap_orders":false}}`, token)
	if f := counted.next(); !strings.Contains(f.text, `"maxratecount":180,"snap_orders":false`) {
		t.Error(f.text)
	}
	s.post("AmendOrder", "txid", open, "order_qty", "0.3")
	if r := plain.row(3, "amended"); r.OrderQty != "0.30000000" || r.OrderStatus != "new" || r.Reason != "User requested" || r.Symbol != "" {
		t.Error(r.text)
	}
	if r := counted.row(1, "amended"); !strings.Contains(r.text, `"ratecount":6.00`) { // 1 for each order, 1 and 3 for the change of a young one
		t.Error(r.text)
	}
	s.post("CancelOrder", "txid", open)
	if r := plain.row(4, "canceled"); r.OrderStatus != "canceled" || r.Reason != "User requested" || r.CumQty != "0.00000000" || !strings.Contains(r.text, `"cancel_reason":"User requested"`) {
		t.Error(r.text)
	}
	if r := brief.row(2, "canceled"); r.OrderID != open {
		t.Error(r.text)
	}
}

//kraken:6.6 confirmed Stops carry triggers; expired, iceberg_refill, canceled by the dead man's switch
//kraken:6.6 assumed A stop that is triggered is told as exec_type status
func TestExecutionsTellWhatTheVenueDoesByItself(t *testing.T) {
	s, other := bare(t)
	w := s.dial()
	w.follow(s.token(), "")
	var seen []string
	read := func(n int) []string {
		t.Helper()
		seen = nil
		for range n {
			f := w.until("executions")
			var rows []execution
			if err := json.Unmarshal(f.Data, &rows); err != nil {
				t.Fatal(err)
			}
			seen = append(seen, rows[0].ExecType)
		}
		return seen
	}
	s.add("sell iceberg 0.3 50000 displayvol=0.1")
	read(2)
	other.add("buy limit 0.15 50000")
	if got := read(3); !slices.Equal(got, []string{"trade", "iceberg_refill", "trade"}) {
		t.Error(got)
	}
	s.add("buy stop-loss-limit 0.1 52000 48000")
	if f := w.until("executions"); !strings.Contains(f.text, `"triggers":{"reference":"last","price":52000.0,"price_type":"static","last_price":50000.0,"status":"untriggered"}`) {
		t.Error(f.text)
	}
	s.add("sell limit 0.01 52000")
	other.add("buy limit 0.16 52000")
	for !strings.Contains(w.until("executions").text, `"exec_type":"status"`) {
		continue // what was bought on the way
	}
	s.add("buy limit 0.1 1000 timeinforce=GTD expiretm=+60")
	read(2)
	s.server.Step(time.Minute)
	if got := read(1); got[0] != "expired" {
		t.Error(got)
	}
	s.post("CancelAllOrdersAfter", "timeout", "5")
	s.server.Step(5 * time.Second)
	f := w.until("executions")
	if !strings.Contains(f.text, `"exec_type":"canceled"`) {
		t.Error(f.text)
	}
}

//kraken:6.6 assumed A kinder server: every row has all that an order is, in the same frames
func TestAKinderServerTellsAllOfAnOrder(t *testing.T) {
	s := open(t, krakend.Config{FullExecutions: true, Pairs: []krakend.Pair{{Symbol: "XBT/CAD", Bare: true}}})
	w := s.dial()
	w.follow(s.token(), "")
	s.add("buy limit 0.1 1000")
	for seq, kind := range []string{"pending_new", "new"} {
		if r := w.row(int64(seq)+2, kind); r.Symbol != "BTC/CAD" || r.Side != "buy" || r.LimitPrice != "1000.0" {
			t.Error(r.text)
		}
	}
}

//kraken:6.4 confirmed trade, ticker and ohlc: a snapshot, then a frame for what an order has traded; the ticker by bbo when the top changes
//kraken:6.4 assumed The snapshot of trade is sent unless declined; ohlc begins with 720 candles and tells a candle when it trades
func TestTradesTickerAndCandlesFollowTheTape(t *testing.T) {
	s, other := bare(t)
	w, tops := s.dial(), s.dial()
	for i, channel := range []string{`"trade"`, `"ticker"`, `"ohlc","interval":60`} {
		w.ask(`{"method":"subscribe","params":{"channel":%s,"symbol":["BTC/CAD"]},"req_id":%d}`, channel, i)
		w.next()
	}
	tops.ask(`{"method":"subscribe","params":{"channel":"ticker","symbol":["BTC/CAD"],"event_trigger":"bbo"}}`)
	tops.next()
	s.add("sell limit 0.1 50000")
	if f := tops.next(); !strings.Contains(f.text, `"type":"update","data":[{"symbol":"BTC/CAD","bid":0.0,"bid_qty":0.00000000,"ask":50000.0,"ask_qty":0.10000000,"last":0.0,`) {
		t.Error(f.text)
	}
	s.add("sell limit 0.1 50010")
	other.add("buy limit 0.15 50020")
	if f := w.next(); f.text != `{"channel":"trade","type":"update","data":[{"symbol":"BTC/CAD","side":"buy","price":50000.0,"qty":0.10000000,"ord_type":"limit","trade_id":1,"timestamp":"2026-08-03T12:00:00.000000Z"},{"symbol":"BTC/CAD","side":"buy","price":50010.0,"qty":0.05000000,"ord_type":"limit","trade_id":2,"timestamp":"2026-08-03T12:00:00.000000Z"}]}` {
		t.Error(f.text)
	}
	if f := w.next(); f.text != `{"channel":"ohlc","type":"update","timestamp":"2026-08-03T12:00:00.000000000Z","data":[{"symbol":"BTC/CAD","open":50000.0,"high":50010.0,"low":50000.0,"close":50010.0,"trades":2,"volume":0.15000000,"vwap":50003.3,"interval_begin":"2026-08-03T12:00:00.000000000Z","interval":60,"timestamp":"2026-08-03T13:00:00.000000Z"}]}` {
		t.Error(f.text)
	}
	if f := w.next(); f.text != `{"channel":"ticker","type":"update","data":[{"symbol":"BTC/CAD","bid":0.0,"bid_qty":0.00000000,"ask":50010.0,"ask_qty":0.05000000,"last":50010.0,"volume":0.15000000,"vwap":50003.3,"low":50000.0,"high":50010.0,"change":10.0,"change_pct":0.02,"timestamp":"2026-08-03T12:00:00.000000Z"}]}` {
		t.Error(f.text)
	}
}

// Every field of the samples is in our frames, with its JSON type.
//
//kraken:6.4 confirmed book, trade, ticker, ohlc and level3: the fields of the collected samples
func TestFramesHaveTheFieldsOfTheSamples(t *testing.T) {
	recorded(t, "ws-v2/trade_update.json") // skips, or fails when it is not there
	s, other := bare(t)
	w, token := s.dial(), s.token()
	other.add("sell limit 0.1 60000")
	s.add("buy limit 0.2 60000")
	got := map[string]frame{}
	for _, c := range []struct{ channel, params string }{{"book", ""}, {"trade", ""}, {"ticker", ""}, {"ohlc", ""}, {"level3", fmt.Sprintf(`,"token":%q`, token)}} {
		got["subscribe_response"] = w.ask(`{"method":"subscribe","params":{"channel":%q,"symbol":["BTC/CAD"]%s},"req_id":1}`, c.channel, c.params)
		got[c.channel+"_snapshot"] = w.until(c.channel)
	}
	other.add("sell limit 0.3 60000")
	for range 5 {
		f := w.next()
		got[f.Channel+"_update"] = f
	}
	for name, sample := range map[string]string{
		"book_snapshot": "book_snapshot", "book_update": "book_update", "level3_snapshot": "l3_snapshot", "level3_update": "l3_update_modify_qty", "ohlc_update": "ohlc_update",
		"ticker_snapshot": "ticker_snapshot", "trade_update": "trade_update", "subscribe_response": "subscribe_response",
	} {
		var want, have any
		if err := json.Unmarshal(recorded(t, "ws-v2/"+sample+".json"), &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(got[name].text), &have); err != nil {
			t.Fatalf("%s: %v in %q", name, err, got[name].text)
		}
		if lack := lacks(want, have, name); lack != "" {
			t.Errorf("%s: %s", lack, got[name].text)
		}
	}
}

// lacks is the first field of want that is not in have, or has another type there.
func lacks(want, have any, at string) string {
	switch want := want.(type) {
	case map[string]any:
		h, ok := have.(map[string]any)
		if !ok {
			return at + " is no object"
		}
		for k, v := range want {
			if _, ok := h[k]; !ok {
				return at + "." + k + " is not there"
			}
			if why := lacks(v, h[k], at+"."+k); why != "" {
				return why
			}
		}
	case []any:
		h, ok := have.([]any)
		if !ok {
			return at + " is no array"
		}
		for i := range min(1, len(want), len(h)) {
			return lacks(want[i], h[i], at+"[]")
		}
	default:
		if fmt.Sprintf("%T", want) != fmt.Sprintf("%T", have) {
			return fmt.Sprintf("%s is %T, not %T", at, have, want)
		}
	}
	return ""
}
