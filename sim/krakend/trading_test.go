package krakend_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/sim/krakend"
)

// placed is AddOrder's answer.
type placed struct {
	Descr struct{ Order, Close string }
	Txid  []string
}

// details is an order as Kraken shows it.
type details struct {
	Refid       *string
	Userref     int
	ClOrdID     string `json:"cl_ord_id"`
	Status      string
	Reason      *string
	Descr       struct{ Pair, Type, Ordertype, Price, Price2, Order, Close string }
	Vol         string
	VolExec     string `json:"vol_exec"`
	Cost        string
	Fee         string
	Price       string
	Misc        string
	Oflags      string
	Trades      []string
	OpenTime    json.Number `json:"opentm"`
	TimeInForce string      `json:"time_in_force"`
}

// bare is a venue without a crowd, where two clients meet: the book holds what they put.
func bare(t *testing.T) (first, second *site) {
	t.Helper()
	accounts := []krakend.Account{}
	for _, name := range []string{"one", "two"} {
		accounts = append(accounts, krakend.Account{
			Name: name, Tier: krakend.Pro, Balances: map[string]string{"CAD": "100000", "XBT": "10"},
			Keys: []krakend.Key{{Public: name, Secret: krakend.DemoSecret}},
		})
	}
	s := open(t, krakend.Config{Accounts: accounts, Pairs: []krakend.Pair{{Symbol: "XBT/CAD", Bare: true}}})
	return s.with("one", krakend.DemoSecret), s.with("two", krakend.DemoSecret)
}

// add places an order by fields like "buy limit 0.5 50000 oflags=post" and returns its id.
func (s *site) add(order string, more ...string) string {
	s.t.Helper()
	var p placed
	s.post("AddOrder", append(fieldsOf(order), more...)...).into(s.t, &p)
	if len(p.Txid) != 1 {
		s.t.Fatalf("AddOrder %s: %+v", order, p)
	}
	return p.Txid[0]
}

// fieldsOf makes form fields of an order in words: side, type, volume, price, price2, then
// name=value.
func fieldsOf(order string) []string {
	names := []string{"type", "ordertype", "volume", "price", "price2"}
	fields := []string{"pair", "XBTCAD"}
	for i, w := range strings.Fields(order) {
		if name, value, ok := strings.Cut(w, "="); ok {
			fields = append(fields, name, value)
		} else {
			fields = append(fields, names[i], w)
		}
	}
	return fields
}

// query looks one order up.
func (s *site) query(id string) details {
	s.t.Helper()
	var all map[string]details
	s.post("QueryOrders", "txid", id, "trades", "true").into(s.t, &all)
	d, ok := all[id]
	if !ok || len(all) != 1 {
		s.t.Fatalf("QueryOrders %s: %+v", id, all)
	}
	return d
}

//kraken:3.4 confirmed An order's row: statuses open, closed, canceled; vol_exec, cost, fee, average price; descr
//kraken:1.7 confirmed Ids: OXXXXX-XXXXX-XXXXXX, trades T, ledger rows L
//kraken:3.8 assumed Cancelling an order that is not open is `EOrder:Unknown order`
//kraken:7 confirmed Fees by the schedule of the day, maker and taker, from the quote currency by default
//kraken:3.3 confirmed Balance: totals with the decimals of the asset
func TestOrderLivesFromPlacementToPartialFillToCancel(t *testing.T) {
	one, two := bare(t)
	var p placed
	one.post("AddOrder", fieldsOf("sell limit 1 50000 userref=7")...).into(t, &p)
	if p.Descr.Order != "sell 1.00000000 XBTCAD @ limit 50000.0" || p.Descr.Close != "" {
		t.Errorf("descr %+v", p.Descr)
	}
	ask := p.Txid[0]
	if len(ask) != 19 || ask[0] != 'O' || ask[6] != '-' || ask[12] != '-' {
		t.Errorf("txid %q", ask)
	}
	if d := one.query(ask); d.Status != "open" || d.Userref != 7 || d.Descr.Pair != "XBTCAD" || d.Descr.Price != "50000.0" || d.VolExec != "0.00000000" || d.Oflags != "fciq" {
		t.Errorf("fresh: %+v", d)
	}
	two.server.Step(time.Minute)
	bid := two.add("buy market 0.25")
	if d := two.query(bid); d.Status != "closed" || d.VolExec != "0.25000000" || d.Cost != "12500.00000" || d.Price != "50000.00000" || d.Fee != "100.00000" || len(d.Trades) != 1 || d.Reason != nil {
		t.Errorf("taker: %+v", d)
	}
	if d := one.query(ask); d.Status != "open" || d.VolExec != "0.25000000" || d.Fee != "50.00000" {
		t.Errorf("maker: %+v", d)
	}
	var count struct{ Count int }
	one.post("CancelOrder", "txid", ask).into(t, &count)
	if d := one.query(ask); count.Count != 1 || d.Status != "canceled" || d.Reason == nil || *d.Reason != "User requested" || d.VolExec != "0.25000000" {
		t.Errorf("cancelled: %+v", d)
	}
	one.post("CancelOrder", "txid", ask).fails(t, "EOrder:Unknown order")
	two.post("CancelOrder", "txid", ask).fails(t, "EOrder:Unknown order")

	var balance map[string]string
	two.post("Balance").into(t, &balance)
	if fmt.Sprint(balance) != "map[XXBT:10.2500000000 ZCAD:87400.0000]" {
		t.Errorf("balance of the taker: %v", balance)
	}
	one.post("Balance").into(t, &balance)
	if fmt.Sprint(balance) != "map[XXBT:9.7500000000 ZCAD:112450.0000]" {
		t.Errorf("balance of the maker: %v", balance)
	}
}

//kraken:3.3 confirmed BalanceEx: balance and hold_trade; a bid holds its cost and the highest fee
func TestHoldsShowInBalanceEx(t *testing.T) {
	one, _ := bare(t)
	one.add("buy limit 0.5 40000")
	one.add("sell limit 2 90000")
	var b map[string]struct{ Balance, Hold string }
	a := one.post("BalanceEx")
	a.into(t, &b)
	if got, want := string(a.Result), `{"XXBT":{"balance":"10.0000000000","hold_trade":"2.0000000000"},"ZCAD":{"balance":"100000.0000","hold_trade":"20160.0000"}}`; got != want {
		t.Errorf("%s", got)
	}
}

//kraken:5 confirmed Refusals of AddOrder: funds, minima, arguments by field, deadline, unknown pair
//kraken:5 assumed A price with too many decimals: `EOrder:Invalid price:… can only be specified up to N decimals.`
//kraken:3.7 assumed A deadline closer than 2 s is taken; one beyond 60 s is an invalid argument
//kraken:5 assumed Leverage is `EAccount:Invalid permissions:margin trading not available`
func TestRefusalsAreKrakensTexts(t *testing.T) {
	one, two := bare(t)
	two.add("sell limit 1 50000")
	for _, c := range []struct{ order, want string }{
		{"buy limit 10 40000", "EOrder:Insufficient funds"},
		{"sell limit 11 40000", "EOrder:Insufficient funds"},
		{"buy limit 0.00001 40000", "EOrder:Order minimum not met"},
		{"buy limit 0.001 1", "EOrder:Cost minimum not met"},
		{"buy limit 1 40000.05", "EOrder:Invalid price:XBT/CAD price can only be specified up to 1 decimals."},
		{"buy limit 1 abc", "EGeneral:Invalid arguments:price"},
		{"buy limit 1", "EGeneral:Invalid arguments:price"},
		{"buy limit 1 -5", "EGeneral:Invalid arguments:price"}, // relative, and nothing has traded
		{"buy limit x 1", "EGeneral:Invalid arguments:volume"},
		{"buy limit 0 1", "EGeneral:Invalid arguments:volume"},
		{"buy limit 1e30 1", "EGeneral:Invalid arguments:volume"},
		{"buy fancy 1 1", "EGeneral:Invalid arguments:ordertype"},
		{"hold limit 1 1", "EGeneral:Invalid arguments:type"},
		{"buy settle-position 1", "EOrder:Unknown position"},
		{"sell market 1 oflags=viqc", "EGeneral:Invalid arguments:viqc"},
		{"buy limit 1 40000 oflags=mystery", "EGeneral:Invalid arguments:oflags"},
		{"buy market 1 oflags=post", "EGeneral:Invalid arguments:post"},
		{"buy limit 1 40000 timeinforce=XXX", "EGeneral:Invalid arguments:timeinforce"},
		{"buy stop-loss 1 40000 timeinforce=FOK", "EGeneral:Invalid arguments:timeinforce"},
		{"buy limit 1 40000 timeinforce=GTD", "EGeneral:Invalid arguments:expiretm"},
		{"buy limit 1 40000 expiretm=+4", "EGeneral:Invalid arguments:expiretm"},
		{"buy limit 1 40000 trigger=index", "EGeneral:Invalid arguments:Index unavailable"},
		{"buy limit 1 40000 userref=1 cl_ord_id=x", "EGeneral:Invalid arguments:cl_ord_id"},
		{"buy limit 1 40000 userref=2147483648", "EGeneral:Invalid arguments:userref"},
		{"buy limit 1 40000 cl_ord_id=0123456789012345678", "EGeneral:Invalid arguments:cl_ord_id"},
		{"buy limit 1 40000 leverage=2:1", "EAccount:Invalid permissions:margin trading not available"},
		{"buy limit 1 40000 deadline=2026-08-03T11:59:00Z", "EService:Deadline elapsed"},
		{"buy limit 1 40000 deadline=2026-08-03T12:09:00Z", "EGeneral:Invalid arguments:deadline"},
		{"buy iceberg 1 40000 displayvol=0.01", "EGeneral:Invalid arguments:displayvol"},
		{"buy trailing-stop 1 50", "EGeneral:Invalid arguments:price"},
		{"buy limit 1 40000 pair=NOSUCH", "EQuery:Unknown asset pair"},
	} {
		one.server.Step(time.Minute) // so that the engine's counter is empty
		if c.order == "buy limit 1 40000 deadline=2026-08-03T11:59:00Z" {
			c.order = "buy limit 1 40000 deadline=" + one.server.Now().Add(-time.Second).Format(time.RFC3339)
		}
		if strings.Contains(c.order, "T12:09:00Z") {
			c.order = "buy limit 1 40000 deadline=" + one.server.Now().Add(61*time.Second).Format(time.RFC3339)
		}
		one.post("AddOrder", fieldsOf(c.order)...).fails(t, c.want)
	}
	var open struct{ Open map[string]details }
	one.post("OpenOrders").into(t, &open)
	if len(open.Open) != 0 {
		t.Errorf("a refused order is open: %v", open.Open)
	}
}

//kraken:3.7 confirmed All order types, relative prices (+, -, #, %), and their descriptions
//kraken:3.7 confirmed validate checks and places nothing
func TestEachTypeOfOrderReadsAsKrakenWritesIt(t *testing.T) {
	one, two := bare(t)
	two.add("sell limit 0.001 50000")
	one.add("buy limit 0.001 50000") // the last price is 50000
	for _, c := range []struct{ order, want string }{
		{"buy market 0.5", "buy 0.50000000 XBTCAD @ market"},
		{"buy limit 1.5 40000", "buy 1.50000000 XBTCAD @ limit 40000.0"},
		{"buy limit 1.5 -10%", "buy 1.50000000 XBTCAD @ limit 45000.0"},
		{"sell limit 1.5 +1234.5", "sell 1.50000000 XBTCAD @ limit 51234.5"},
		{"sell limit 1.5 #5", "sell 1.50000000 XBTCAD @ limit 50005.0"},
		{"buy limit 1.5 #5", "buy 1.50000000 XBTCAD @ limit 49995.0"},
		{"buy iceberg 1.5 40000 displayvol=0.5", "buy 1.50000000 XBTCAD @ limit 40000.0"},
		{"sell stop-loss 1 45000", "sell 1.00000000 XBTCAD @ stop loss 45000.0"},
		{"sell stop-loss 1 #1000", "sell 1.00000000 XBTCAD @ stop loss 49000.0"},
		{"sell take-profit 1 55000", "sell 1.00000000 XBTCAD @ take profit 55000.0"},
		{"sell stop-loss-limit 1 45000 44000", "sell 1.00000000 XBTCAD @ stop loss 45000.0 -> limit 44000.0"},
		{"sell stop-loss-limit 1 45000 -100", "sell 1.00000000 XBTCAD @ stop loss 45000.0 -> limit 44900.0"},
		{"sell take-profit-limit 1 55000 54000", "sell 1.00000000 XBTCAD @ take profit 55000.0 -> limit 54000.0"},
		{"sell trailing-stop 1 +50%", "sell 1.00000000 XBTCAD @ trailing stop +50.0000%"},
		{"sell trailing-stop 1 +500", "sell 1.00000000 XBTCAD @ trailing stop +500.0"},
		{"sell trailing-stop-limit 1 +500 -10", "sell 1.00000000 XBTCAD @ trailing stop +500.0 -> limit -10.0"},
	} {
		one.server.Step(time.Minute)
		var p placed
		one.post("AddOrder", append(fieldsOf(c.order), "validate", "true")...).into(t, &p)
		if p.Descr.Order != c.want || p.Txid != nil {
			t.Errorf("%s: %+v", c.order, p)
		}
		if strings.Contains(c.order, "market") {
			continue
		}
		id := one.add(c.order)
		if d := one.query(id); d.Status != "open" || d.Descr.Order != c.want {
			t.Errorf("%s: %+v", c.order, d)
		}
		one.server.Step(5 * time.Minute)
		one.post("CancelOrder", "txid", id)
	}
}

//kraken:3.7 confirmed Stops are triggered by the last trade; a conditional close is placed for each fill, with the parent as refid
//kraken:3.5 assumed misc says stopped or touched
func TestStopsFireAndConditionalClosesFollowEachFill(t *testing.T) {
	one, two := bare(t)
	stop := one.add("sell stop-loss 0.5 48000")
	entry := one.add("buy limit 0.2 49000", "close[ordertype]", "stop-loss-limit", "close[price]", "47000", "close[price2]", "46000")
	two.add("buy limit 1 47500")
	two.add("sell limit 0.2 49000") // fills the entry
	var open struct{ Open map[string]details }
	one.post("OpenOrders").into(t, &open)
	closing := ""
	for id, d := range open.Open {
		if d.Descr.Order == "sell 0.20000000 XBTCAD @ stop loss 47000.0 -> limit 46000.0" && d.Refid != nil && *d.Refid == entry {
			closing = id
		}
	}
	if closing == "" || len(open.Open) != 2 {
		t.Fatalf("open: %+v", open.Open)
	}
	if d := one.query(entry); d.Descr.Close != "close position @ stop loss 47000.0 -> limit 46000.0" {
		t.Errorf("the entry: %+v", d)
	}
	two.add("sell limit 0.01 47500 stptype=cancel-both") // meets its own bid: no trade
	if d := one.query(stop); d.Status != "open" {
		t.Fatalf("fired without a trade: %+v", d)
	}
	two.add("buy limit 1 47500")
	one.add("sell market 0.001") // trades at 47500, below the stop
	if d := one.query(stop); d.Status != "closed" || d.Misc != "stopped" || d.Price != "47500.00000" {
		t.Errorf("the stop: %+v", d)
	}
}

//kraken:9 confirmed A post-only order that would take is acknowledged and cancelled, or refused at once, as configured
func TestPostOnlyThatWouldTakeIsCancelledOrRefused(t *testing.T) {
	for _, refuses := range []bool{false, true} {
		accounts := []krakend.Account{krakend.DemoAccount("one")}
		s := open(t, krakend.Config{Accounts: accounts, PostOnlyRejects: refuses})
		a := s.post("AddOrder", fieldsOf("buy limit 0.01 90000 oflags=post")...)
		if refuses {
			a.fails(t, "EOrder:Post only order")
			continue
		}
		var p placed
		a.into(t, &p)
		if d := s.query(p.Txid[0]); d.Status != "canceled" || d.Reason == nil || *d.Reason != "Post only order" || d.VolExec != "0.00000000" {
			t.Errorf("%+v", d)
		}
	}
}

//kraken:3.7 confirmed cl_ord_id is unique among open orders only
//kraken:5 assumed A doubled cl_ord_id is `EOrder:cl_ord_id already in use`
func TestClientIDsAreUniqueAmongOpenOrdersOnly(t *testing.T) {
	one, _ := bare(t)
	id := one.add("buy limit 0.01 40000 cl_ord_id=mine")
	one.post("AddOrder", fieldsOf("buy limit 0.01 40000 cl_ord_id=mine")...).fails(t, "EOrder:cl_ord_id already in use")
	one.post("CancelOrder", "txid", id, "cl_ord_id", "mine").fails(t, "EGeneral:Invalid arguments:txid")
	var count struct{ Count int }
	one.post("CancelOrder", "cl_ord_id", "mine").into(t, &count)
	if second := one.add("buy limit 0.01 40000 cl_ord_id=mine"); second == id {
		t.Error("the second order has the id of the first")
	}
	var closed struct{ Closed map[string]details }
	one.post("ClosedOrders", "cl_ord_id", "mine").into(t, &closed)
	if len(closed.Closed) != 1 || closed.Closed[id].ClOrdID != "mine" {
		t.Errorf("%+v", closed)
	}
}

//kraken:3.8 confirmed AmendOrder keeps the id; EditOrder cancels and places anew, reason Order replaced
//kraken:3.4 confirmed OrderAmends lists the original and each change
func TestAmendChangesInPlaceAndEditReplaces(t *testing.T) {
	one, _ := bare(t)
	id := one.add("buy limit 0.5 40000")
	var amend struct {
		ID string `json:"amend_id"`
	}
	one.post("AmendOrder", "txid", id, "order_qty", "0.3", "limit_price", "41000").into(t, &amend)
	if d := one.query(id); amend.ID == "" || d.Descr.Order != "buy 0.30000000 XBTCAD @ limit 41000.0" || d.Vol != "0.30000000" || d.Misc != "amended" {
		t.Errorf("amended %q: %+v", amend.ID, d)
	}
	one.post("AmendOrder", "txid", id).fails(t, "EOrder:No amendable parameters")
	one.post("AmendOrder", "txid", id, "order_qty", "9").fails(t, "EOrder:Insufficient funds")
	one.post("AmendOrder", "txid", "OAAAAA-AAAAA-AAAAAA", "order_qty", "9").fails(t, "EOrder:Unknown order")
	var history struct {
		Count  int
		Amends []struct {
			Type  string `json:"amend_type"`
			Qty   string `json:"order_qty"`
			Limit string `json:"limit_price"`
		}
	}
	one.post("OrderAmends", "order_id", id).into(t, &history)
	if got := fmt.Sprint(history); got != "{2 [{original 0.50000000 40000.0} {user 0.30000000 41000.0}]}" {
		t.Errorf("%s", got)
	}
	var edit struct{ Status, Txid, Originaltxid, Price, Volume string }
	one.post("EditOrder", "txid", id, "pair", "XBTCAD", "price", "42000").into(t, &edit)
	if edit.Status != "ok" || edit.Originaltxid != id || edit.Price != "42000.0" || edit.Volume != "0.30000000" {
		t.Errorf("%+v", edit)
	}
	if d := one.query(id); d.Status != "canceled" || *d.Reason != "Order replaced" {
		t.Errorf("the old order: %+v", d)
	}
	if d := one.query(edit.Txid); d.Status != "open" || d.Descr.Price != "42000.0" {
		t.Errorf("the new order: %+v", d)
	}
}

//kraken:3.8 confirmed AddOrderBatch: 2 to 15 orders; a bad argument refuses all, lack of funds one row
//kraken:3.8 confirmed CancelOrderBatch and CancelAll count what they cancelled
func TestBatchesAreAllOrNothingBeforeTheEngine(t *testing.T) {
	one, _ := bare(t)
	order := func(volume, price string) map[string]any {
		return map[string]any{"ordertype": "limit", "type": "buy", "volume": volume, "price": price}
	}
	one.json("AddOrderBatch", map[string]any{"pair": "XBTCAD", "orders": []any{order("0.1", "40000"), order("0.00001", "40000")}}).fails(t, "EOrder:Order minimum not met")
	one.json("AddOrderBatch", map[string]any{"pair": "XBTCAD", "orders": []any{order("0.1", "40000")}}).fails(t, "EGeneral:Invalid arguments:orders")
	var batch struct {
		Orders []struct {
			Txid, Error string
			Descr       struct{ Order string }
		}
	}
	one.json("AddOrderBatch", map[string]any{"pair": "XBTCAD", "orders": []any{order("0.1", "40000"), order("5", "40000"), order("0.2", "41000")}}).into(t, &batch)
	if b := batch.Orders; len(b) != 3 || b[0].Txid == "" || b[1].Error != "EOrder:Insufficient funds" || b[1].Txid != "" || b[2].Descr.Order != "buy 0.20000000 XBTCAD @ limit 41000.0" {
		t.Fatalf("%+v", batch)
	}
	var count struct{ Count int }
	one.json("CancelOrderBatch", map[string]any{"orders": []string{batch.Orders[0].Txid, batch.Orders[2].Txid}}).into(t, &count)
	if count.Count != 2 {
		t.Errorf("%d cancelled", count.Count)
	}
	for _, price := range []string{"40000", "41000", "42000"} {
		one.add("buy limit 0.1 " + price)
	}
	one.post("CancelAll").into(t, &count)
	if count.Count != 3 {
		t.Errorf("CancelAll: %d", count.Count)
	}
}

//kraken:3.7 confirmed starttm waits as pending, expiretm ends as expired, IOC never rests
func TestOrdersThatWaitAndOrdersThatEnd(t *testing.T) {
	one, _ := bare(t)
	later := one.add("buy limit 0.1 40000 starttm=+60 expiretm=+120")
	if d := one.query(later); d.Status != "pending" {
		t.Errorf("%+v", d)
	}
	one.server.Step(61 * time.Second)
	if d := one.query(later); d.Status != "open" || d.TimeInForce != "GTD" {
		t.Errorf("after its start: %+v", d)
	}
	one.server.Step(60 * time.Second)
	if d := one.query(later); d.Status != "expired" {
		t.Errorf("after its end: %+v", d)
	}
	if id := one.add("buy limit 0.1 40000 timeinforce=IOC"); one.query(id).Status != "canceled" {
		t.Error("an IOC order rests")
	}
}

//kraken:3.8 confirmed CancelAllOrdersAfter cancels all orders of the account, below 86400 s; 0 disarms
func TestDeadMansSwitchCancelsEverything(t *testing.T) {
	one, two := bare(t)
	mine, theirs := one.add("buy limit 0.1 40000"), two.add("buy limit 0.1 40000")
	later := one.add("buy limit 0.1 39000 starttm=+600")
	if got, want := string(one.post("CancelAllOrdersAfter", "timeout", "60").Result), `{"currentTime":"2026-08-03T12:00:00Z","triggerTime":"2026-08-03T12:01:00Z"}`; got != want {
		t.Errorf("%s", got)
	}
	one.server.Step(59 * time.Second)
	if one.query(mine).Status != "open" {
		t.Error("it fired too early")
	}
	one.server.Step(time.Second)
	if a, b := one.query(mine).Status, one.query(later).Status; a != "canceled" || b != "canceled" || two.query(theirs).Status != "open" {
		t.Errorf("mine %s and %s, theirs %s", a, b, two.query(theirs).Status)
	}
	one.post("CancelAllOrdersAfter", "timeout", "86400").fails(t, "EGeneral:Invalid arguments:timeout")
	if got := string(one.post("CancelAllOrdersAfter", "timeout", "0").Result); !strings.Contains(got, `"triggerTime":"0"`) {
		t.Errorf("%s", got)
	}
}

//kraken:9 confirmed post_only, limit_only, cancel_only and maintenance let in what they may
//kraken:2.1 confirmed SystemStatus names the mode
func TestModesLetInWhatTheyMay(t *testing.T) {
	one, _ := bare(t)
	id := one.add("buy limit 0.1 40000")
	for _, c := range []struct {
		mode        exchange.Status
		order, want string
	}{
		{exchange.PostOnlyMode, "buy limit 0.1 40000", "EService:Market in post_only mode"},
		{exchange.PostOnlyMode, "buy limit 0.1 40000 oflags=post", ""},
		{exchange.LimitOnlyMode, "buy market 0.1", "EService:Market in limit_only mode"},
		{exchange.CancelOnlyMode, "buy limit 0.1 40000 oflags=post", "EService:Market in cancel_only mode"},
		{exchange.Maintenance, "buy limit 0.1 40000", "EService:Unavailable"},
	} {
		one.server.SetStatus(c.mode)
		a := one.post("AddOrder", fieldsOf(c.order)...)
		if c.want == "" {
			var p placed
			a.into(t, &p)
		} else {
			a.fails(t, c.want)
		}
		if got := string(one.get("SystemStatus", "").Result); !strings.Contains(got, `"status":"`+c.mode.String()+`"`) {
			t.Errorf("%s", got)
		}
	}
	one.post("CancelOrder", "txid", id).fails(t, "EService:Unavailable")
	one.server.SetStatus(exchange.CancelOnlyMode)
	one.server.Step(10 * time.Minute)
	var count struct{ Count int }
	one.post("CancelOrder", "txid", id).into(t, &count)
}

//kraken:4.1 confirmed The REST counter: maximum and decay by tier; a call while limited keeps it limited
//kraken:4.1 assumed Ledgers and TradesHistory cost 2, other calls 1, placing and cancelling 0
func TestRESTCounterFollowsItsTier(t *testing.T) {
	for _, c := range []struct {
		tier  krakend.Tier
		calls int
		wait  time.Duration // until one more call is let in
	}{{krakend.Starter, 15, 3100 * time.Millisecond}, {krakend.Intermediate, 20, 2 * time.Second}, {krakend.Pro, 20, time.Second}} {
		account := krakend.DemoAccount("one")
		account.Tier = c.tier
		s := open(t, krakend.Config{Accounts: []krakend.Account{account}})
		var b map[string]string
		for range c.calls {
			s.post("Balance").into(t, &b)
		}
		s.post("Balance").fails(t, "EAPI:Rate limit exceeded")
		s.add("buy limit 0.001 40000") // placing is another counter's matter
		s.server.Step(c.wait - 100*time.Millisecond)
		s.post("Balance").fails(t, "EAPI:Rate limit exceeded")
		s.server.Step(c.wait)
		s.post("Balance").into(t, &b)
	}
}

//kraken:4.2 confirmed The engine counter by pair: fixed points, the table of ages, the documented example; batch cancels pass
func TestEngineCounterFollowsTheWorkedExample(t *testing.T) {
	account := krakend.DemoAccount("one")
	account.Tier = krakend.Starter
	s := open(t, krakend.Config{Accounts: []krakend.Account{account}, Pairs: []krakend.Pair{{Symbol: "XBT/CAD", Bare: true}}})
	// Adding and cancelling at once costs 9: six rounds make 54, the next cancel is too much.
	for range 6 {
		id := s.add("buy limit 0.001 40000")
		var count struct{ Count int }
		s.post("CancelOrder", "txid", id).into(t, &count)
	}
	id := s.add("buy limit 0.001 40000") // 55
	s.post("CancelOrder", "txid", id).fails(t, "EOrder:Rate limit exceeded")
	var count struct{ Count int }
	s.json("CancelOrderBatch", map[string]any{"orders": []string{id}}).into(t, &count) // let through: 63
	s.post("AddOrder", fieldsOf("buy limit 0.001 40000")...).fails(t, "EOrder:Rate limit exceeded")
	s.server.Step(5 * time.Second) // 58
	s.add("buy limit 0.001 40000")
	s.server.Step(10 * time.Minute) // 0
	id = s.add("buy limit 0.001 40000")
	s.server.Step(7 * time.Second)
	s.post("AmendOrder", "txid", id, "limit_price", "40001")
	s.server.Step(36 * time.Second)
	s.post("CancelOrder", "txid", id)
	// The documented example: 1 + (1+2) + 4 = 8, of which 43 seconds take away 7 at most;
	// 59 more orders fit, as 4 are left of the cancel.
	n := 0
	for ; n < 100; n++ {
		if a := s.post("AddOrder", fieldsOf("buy limit 0.001 "+strconv.Itoa(30000+n))...); len(a.Error) > 0 {
			break
		}
	}
	if n != 56 {
		t.Errorf("%d orders fit after the example, want 60 - 4", n)
	}
}

//kraken:4.2 confirmed Open orders by pair are capped by tier
func TestOpenOrdersAreCapped(t *testing.T) {
	account := krakend.DemoAccount("one")
	account.Tier = krakend.Starter
	s := open(t, krakend.Config{Accounts: []krakend.Account{account}, Pairs: []krakend.Pair{{Symbol: "XBT/CAD", Bare: true}}})
	for i := range 60 {
		s.server.Step(2 * time.Second)
		s.add("buy limit 0.001 " + strconv.Itoa(30000+i))
	}
	s.server.Step(2 * time.Second)
	s.post("AddOrder", fieldsOf("buy limit 0.001 29000")...).fails(t, "EOrder:Orders limit exceeded")
}

//kraken:10.1 assumed validate does not look at funds
func TestValidateDoesNotLookAtFunds(t *testing.T) {
	one, _ := bare(t)
	var p placed
	one.post("AddOrder", fieldsOf("buy limit 1000 40000 validate=true")...).into(t, &p)
	one.post("AddOrder", fieldsOf("buy limit 0.00001 40000 validate=true")...).fails(t, "EOrder:Order minimum not met")
}

func TestPricesOfCheapCoinsKeepTheirDigits(t *testing.T) {
	s := open(t, krakend.Config{Pairs: []krakend.Pair{{Symbol: "XDG/CAD", Bare: true}}, Accounts: []krakend.Account{
		{Name: "one", Balances: map[string]string{"XDG": "1000"}, Keys: []krakend.Key{{Public: "one", Secret: krakend.DemoSecret}}},
		{Name: "two", Balances: map[string]string{"CAD": "1000"}, Keys: []krakend.Key{{Public: "two", Secret: krakend.DemoSecret}}},
	}})
	one, two := s.with("one", krakend.DemoSecret), s.with("two", krakend.DemoSecret)
	one.add("sell limit 100 0.1234567 pair=XDGCAD")
	id := two.add("buy limit 50 0.2 pair=XDGCAD")
	if d := two.query(id); d.Price != "0.1234567" || d.Cost != "6.1728350" || d.Descr.Order != "buy 50.00000000 XDGCAD @ limit 0.2000000" {
		t.Errorf("%+v", d)
	}
	if got := string(s.get("Depth", "pair=XDGCAD").Result); got != `{"XDGCAD":{"asks":[["0.1234567","50.000",1785758400]],"bids":[]}}` {
		t.Errorf("%s", got)
	}
}
