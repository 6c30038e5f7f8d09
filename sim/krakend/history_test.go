package krakend_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// row is a row of a ledger.
type row struct{ Refid, Type, Asset, Amount, Fee, Balance string }

//kraken:3.5 confirmed A trade makes two ledger rows with the trade's id as refid; balance = previous + amount - fee
//kraken:3.5 confirmed Ledgers, QueryLedgers and QueryTrades; ids of others are not found
//kraken:3.5 assumed Ids that are not found say `EQuery:Unknown ledger` and `EOrder:Invalid order`
func TestATradeMakesTwoLedgerRowsWithOneRefid(t *testing.T) {
	one, two := bare(t)
	one.add("sell limit 1 50000")
	id := two.add("buy limit 0.5 50000 oflags=fcib")
	trade := two.query(id).Trades[0]
	var ledger struct {
		Ledger map[string]row
		Count  int
	}
	two.post("Ledgers", "type", "trade").into(t, &ledger)
	got := []string{}
	for _, r := range ledger.Ledger {
		if r.Refid != trade {
			t.Errorf("refid %s, the trade is %s", r.Refid, trade)
		}
		got = append(got, fmt.Sprint(r.Asset, " ", r.Amount, " ", r.Fee, " ", r.Balance))
	}
	slices.Sort(got)
	if want := []string{"XXBT 0.5000000000 0.0040000000 10.4960000000", "ZCAD -25000.0000 0.0000 75000.0000"}; !slices.Equal(got, want) || ledger.Count != 2 {
		t.Errorf("%d rows: %q", ledger.Count, got)
	}
	var some map[string]row
	ids := slices.Sorted(maps.Keys(ledger.Ledger))
	two.post("QueryLedgers", "id", strings.Join(ids, ",")).into(t, &some)
	if len(some) != 2 || some[ids[0]] != ledger.Ledger[ids[0]] {
		t.Errorf("%v", some)
	}
	one.post("QueryLedgers", "id", ids[0]).fails(t, "EQuery:Unknown ledger") // another's row
	two.post("Ledgers", "type", "trade", "asset", "XBT", "without_count", "true").into(t, &ledger)
	if a := two.post("Ledgers", "type", "deposit"); !strings.Contains(string(a.body), `"count":2`) {
		t.Errorf("deposits: %s", a.body)
	}
	var trades map[string]struct {
		Ordertxid, Pair, Price, Cost, Fee, Vol, Ordertype string
		Maker                                             bool
		TradeID                                           int64 `json:"trade_id"`
	}
	two.post("QueryTrades", "txid", trade).into(t, &trades)
	if got := fmt.Sprintf("%+v", trades[trade]); got != "{Ordertxid:"+id+" Pair:XXBTZCAD Price:50000.00000 Cost:25000.00000 Fee:0.00400000 Vol:0.50000000 Ordertype:limit Maker:false TradeID:1}" {
		t.Errorf("%s", got)
	}
	one.post("QueryTrades", "txid", trade).fails(t, "EOrder:Invalid order")
}

//kraken:3.5 confirmed TradesHistory merges the fills of one taker order unless consolidate_taker is false
func TestTakersFillsAreOneRowUnlessToldOtherwise(t *testing.T) {
	one, two := bare(t)
	for range 3 {
		one.add("sell limit 0.1 50000")
	}
	two.add("buy market 0.3")
	for consolidate, want := range map[string]int{"": 1, "true": 1, "false": 3} {
		var h struct {
			Trades map[string]struct{ Vol, Cost string }
			Count  int
		}
		two.post("TradesHistory", "consolidate_taker", consolidate).into(t, &h)
		if len(h.Trades) != want || h.Count != want {
			t.Errorf("consolidate_taker=%q: %+v", consolidate, h)
		}
		for _, tr := range h.Trades {
			if want == 1 && (tr.Vol != "0.30000000" || tr.Cost != "15000.00000") {
				t.Errorf("merged: %+v", tr)
			}
		}
	}
	var h struct{ Count int }
	one.post("TradesHistory").into(t, &h)
	if h.Count != 3 {
		t.Errorf("the maker has %d rows", h.Count)
	}
}

//kraken:3.4 confirmed ClosedOrders: 50 a page, newest first; start exclusive, end inclusive, times or ids
func TestClosedOrdersComeInPagesOfFiftyTheNewestFirst(t *testing.T) {
	one, _ := bare(t)
	var ids []string
	for i := range 120 {
		one.server.Step(20 * time.Second)
		id := one.add("buy limit 0.001 " + strconv.Itoa(30000+i))
		one.json("CancelOrderBatch", map[string]any{"orders": []string{id}})
		ids = append(ids, id)
	}
	one.server.Step(time.Minute)
	var got []string
	for ofs := 0; ; ofs += 50 {
		a := one.post("ClosedOrders", "ofs", strconv.Itoa(ofs))
		var page struct {
			Closed map[string]details
			Count  int
		}
		a.into(t, &page)
		if page.Count != 120 {
			t.Fatalf("count %d", page.Count)
		}
		if len(page.Closed) == 0 {
			break
		}
		in := slices.Collect(maps.Keys(page.Closed))
		slices.SortFunc(in, func(x, y string) int { return bytes.Index(a.body, []byte(x)) - bytes.Index(a.body, []byte(y)) })
		got = append(got, in...)
	}
	slices.Reverse(ids)
	if !slices.Equal(got, ids) {
		t.Errorf("pages give %d orders, want %d in the opposite order", len(got), len(ids))
	}
	one.server.Step(time.Minute)
	var page struct {
		Closed map[string]details
		Count  int
	}
	one.post("ClosedOrders", "start", ids[10], "end", ids[5], "closetime", "close").into(t, &page) // start excluded, end included
	if page.Count != 5 {
		t.Errorf("between two orders: %d", page.Count)
	}
	first, _ := one.query(ids[119]).OpenTime.Float64()
	one.post("ClosedOrders", "end", strconv.Itoa(int(first)+25)).into(t, &page)
	if page.Count != 2 {
		t.Errorf("until the second order's time: %d", page.Count)
	}
}

//kraken:3.6 confirmed TradeVolume: wire shape, null fees without a pair; a trade counts at once
//kraken:7 assumed Where no rate to the dollar is at hand the quote counts one to one
func TestTradeVolumeMovesTheFeeTier(t *testing.T) {
	one, two := bare(t)
	if a := two.post("TradeVolume"); string(a.Result) != `{"currency":"ZUSD","volume":"0.0000","fees":null,"fees_maker":null}` {
		t.Errorf("%s", a.body)
	}
	one.add("sell limit 1 50000")
	two.add("buy market 0.1")
	var v struct {
		Volume string
		Fees   map[string]map[string]string
		Maker  map[string]map[string]string `json:"fees_maker"`
	}
	two.post("TradeVolume", "pair", "XBTCAD").into(t, &v)
	if f := v.Fees["XXBTZCAD"]; v.Volume != "5000.0000" || fmt.Sprint(f) != "map[fee:0.6000 maxfee:0.8000 minfee:0.0500 nextfee:0.3800 nextvolume:10000.0000 tiervolume:2500.0000]" || v.Maker["XXBTZCAD"]["fee"] != "0.3000" {
		t.Errorf("%+v", v)
	}
	id := two.add("buy market 0.1")
	if d := two.query(id); d.Fee != "30.00000" {
		t.Errorf("the next trade's fee is %s, want 0.6 %% of 5000", d.Fee)
	}
}

//kraken:3.9 confirmed Exports: queued, processed, a ZIP with a CSV whose fields are all quoted, removed
//kraken:3.9 assumed Exports take one second; the texts of their errors
func TestExportIsAZipWithTheLedger(t *testing.T) {
	one, two := bare(t)
	one.add("sell limit 1 50000")
	two.add("buy market 0.1")
	for report, want := range map[string]int{"ledgers": 4, "trades": 1} { // two deposits, one trade of two rows
		var made struct{ ID string }
		two.post("AddExport", "report", report, "description", "all", "starttm", "1").into(t, &made)
		two.post("RetrieveExport", "id", made.ID).fails(t, "EExport:Not ready")
		two.server.Step(2 * time.Second)
		var status []struct{ ID, Status string }
		two.post("ExportStatus", "report", report).into(t, &status)
		if len(status) != 1 || status[0].Status != "Processed" {
			t.Fatalf("%+v", status)
		}
		a := two.post("RetrieveExport", "id", made.ID)
		z, err := zip.NewReader(bytes.NewReader(a.body), int64(len(a.body)))
		if err != nil {
			t.Fatal(err)
		}
		f, err := z.Open(report + ".csv")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil || len(lines) != want+1 || lines[0][0] != "txid" || !bytes.HasPrefix(text, []byte(`"txid",`)) {
			t.Errorf("%s: %v %q", report, err, lines)
		}
		two.post("RemoveExport", "id", made.ID, "type", "cancel").fails(t, "EExport:Invalid type")
		if a := two.post("RemoveExport", "id", made.ID, "type", "delete"); string(a.Result) != `{"delete":true}` {
			t.Errorf("%s", a.body)
		}
	}
}

//kraken:3.5 confirmed OpenPositions is `[]`
//kraken:3.8 confirmed GetWebSocketsToken: a token for 900 s
//kraken:3.3 confirmed TradeBalance without margin
func TestTheRestOfTheAccount(t *testing.T) {
	one, _ := bare(t)
	if a := one.post("OpenPositions"); string(a.Result) != "[]" {
		t.Errorf("OpenPositions: %s", a.body)
	}
	var token struct {
		Token   string
		Expires int
	}
	one.post("GetWebSocketsToken").into(t, &token)
	if len(token.Token) < 40 || token.Expires != 900 {
		t.Errorf("%+v", token)
	}
	if a := one.post("TradeBalance", "asset", "CAD"); string(a.Result) != `{"eb":"100000.0000","tb":"100000.0000","m":"0.0000","uv":"0.0000","n":"0.0000","c":"0.0000","v":"0.0000","e":"100000.0000","mf":"100000.0000"}` {
		t.Errorf("TradeBalance before any price: %s", a.body)
	}
	one.post("WithdrawMethods").fails(t, "EGeneral:Permission denied")
}
