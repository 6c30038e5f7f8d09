package krakend_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"breakwater/sim/krakend"
)

// shape is a JSON tree reduced to what a client depends on: keys, types, and of a number
// in a string how many decimals it has.
func shape(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			out[k] = shape(x)
		}
		return out
	case []any:
		out := []any{}
		for _, x := range v {
			if s := shape(x); len(out) == 0 || fmt.Sprint(out[len(out)-1]) != fmt.Sprint(s) {
				out = append(out, s)
			}
		}
		return out
	case string:
		if number.MatchString(v) {
			_, fraction, _ := strings.Cut(v, ".")
			return fmt.Sprintf("decimal.%d", len(fraction))
		}
		return "text"
	case json.Number:
		if strings.ContainsAny(v.String(), ".") {
			return "fraction"
		}
		return "integer"
	}
	return fmt.Sprintf("%T", v)
}

var number = regexp.MustCompile(`^-?\d+(\.\d+)?$`)

func tree(t *testing.T, b []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %.200s", err, b)
	}
	return v
}

// tether is a venue of the pair that was recorded.
func tether(t *testing.T) *site {
	return open(t, krakend.Config{Pairs: []krakend.Pair{{Symbol: "XBT/USDT"}}, Rules: recorded(t, "rest/asset_pairs.json")})
}

//kraken:2.3 confirmed AssetPairs: keys, types and number formats of the recording
//kraken:2.6 confirmed Ticker: keys, types and number formats of the recording
//kraken:2.8 confirmed Depth: keys, types and number formats of the recording; volumes with 3 decimals
//kraken:1.6 confirmed Prices of Ticker, Depth and Trades have the pair's cost_decimals, those of OHLC and descr its pair_decimals
func TestAnswersHaveTheShapeOfTheRecordings(t *testing.T) {
	s := tether(t)
	for _, c := range []struct{ file, name, query string }{
		{"asset_pairs.json", "AssetPairs", "pair=XBTUSDT"},
		{"ticker.json", "Ticker", "pair=XBTUSDT"},
		{"order_book.json", "Depth", "pair=XBTUSDT&count=5"},
	} {
		want := tree(t, recorded(t, "rest/"+c.file))
		got := tree(t, s.get(c.name, c.query).body)
		if w, g := fmt.Sprint(shape(want)), fmt.Sprint(shape(got)); w != g {
			t.Errorf("%s:\n Kraken %s\n ours   %s", c.name, w, g)
		}
	}
}

// rows are the rows of a pair in an answer with last beside them.
func rows(t *testing.T, b []byte) (list []any, last any) {
	t.Helper()
	result := tree(t, b)["result"].(map[string]any)
	if len(result) != 2 {
		t.Fatalf("result has %v, want a pair and last", slices.Sorted(maps.Keys(result)))
	}
	return result["XBTUSDT"].([]any), result["last"]
}

//kraken:2.7 confirmed OHLC: rows of the recording, empty intervals filled with vwap `0.0` and volume `0.00000000`
//kraken:2.9 confirmed Trades: rows of the recording, `last` a string of nanoseconds
func TestRowsOfOHLCAndTradesHaveTheFormsOfTheRecordings(t *testing.T) {
	s := tether(t)
	forms := func(list []any) []string {
		seen := map[string]bool{}
		for _, r := range list {
			// A price of 1.0 has the decimals of any; a time on the second has no fraction.
			seen[strings.ReplaceAll(fmt.Sprint(flat(r)), "fraction", "integer")] = true
		}
		return slices.Sorted(maps.Keys(seen))
	}
	for _, c := range []struct{ file, name string }{{"ohlc.json", "OHLC"}, {"trades.json", "Trades"}} {
		want, wantLast := rows(t, recorded(t, "rest/"+c.file))
		got, gotLast := rows(t, s.get(c.name, "pair=XBTUSDT").body)
		w, g := forms(want), forms(got)
		if !slices.Equal(w, g) || shape(wantLast) != shape(gotLast) {
			t.Errorf("%s:\n Kraken %s, last %v\n ours   %s, last %v", c.name, w, wantLast, g, gotLast)
		}
		if len(got) < 100 {
			t.Errorf("%s has %d rows", c.name, len(got))
		}
	}
}

// flat is the shape of a row, each column.
func flat(row any) (columns []any) {
	for _, v := range row.([]any) {
		columns = append(columns, shape(v))
	}
	return columns
}

//kraken:2.7 confirmed OHLC gives 720 committed rows and the current one; `last` is the newest committed row
//kraken:2.7 assumed `since` is exclusive; an interval that is not offered is `EGeneral:Invalid arguments:interval`
func TestOHLCKeepsTheRulesOfItsRows(t *testing.T) {
	s := tether(t)
	s.server.Step(90 * time.Second)
	list, last := rows(t, s.get("OHLC", "pair=XBTUSDT&interval=1").body)
	if len(list) != 721 {
		t.Errorf("%d rows, want 720 and the current one", len(list))
	}
	at := func(i int) int64 {
		n, err := list[i].([]any)[0].(json.Number).Int64()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for i := 1; i < len(list); i++ {
		if at(i) != at(i-1)+60 {
			t.Fatalf("row %d opens at %d, the one before at %d", i, at(i), at(i-1))
		}
	}
	end := len(list) - 1
	if now := s.server.Now().Unix(); at(end) != now-now%60 || fmt.Sprint(last) != fmt.Sprint(at(end-1)) {
		t.Errorf("the last row opens at %d, last is %v, now is %d", at(end), last, now)
	}
	list, _ = rows(t, s.get("OHLC", fmt.Sprintf("pair=XBTUSDT&since=%d", at(end-3))).body)
	for _, far := range []string{"8999999999", "9223372036854775807"} {
		if list, _ := rows(t, s.get("OHLC", "pair=XBTUSDT&since="+far).body); len(list) != 1 {
			t.Errorf("since %s gives %d rows, want the current one", far, len(list))
		}
	}
	if len(list) != 3 {
		t.Errorf("since gives %d rows, want those after it", len(list))
	}
	s.get("OHLC", "pair=XBTUSDT&interval=7").fails(t, "EGeneral:Invalid arguments:interval")
}

//kraken:2.9 confirmed Trades pages by `since`, exclusive on nanoseconds; at the end `last` stays
func TestTradesPageWithoutALossOrADouble(t *testing.T) {
	s := tether(t)
	all, _ := rows(t, s.get("Trades", "pair=XBTUSDT&since=0").body)
	var got []string
	for since := "0"; ; {
		list, last := rows(t, s.get("Trades", "pair=XBTUSDT&count=7&since="+since).body)
		for _, r := range list {
			got = append(got, fmt.Sprint(r.([]any)[6]))
		}
		if len(list) == 0 {
			if last.(string) != since {
				t.Errorf("at the end last moves from %s to %v", since, last)
			}
			break
		}
		since = last.(string)
		if len(since) != 19 {
			t.Fatalf("last is %q, want nanoseconds", since)
		}
	}
	if len(got) != len(all) {
		t.Fatalf("%d trades by pages, %d at once", len(got), len(all))
	}
	for i, id := range got {
		if want := fmt.Sprint(i + 1); id != want {
			t.Fatalf("trade %d has id %s", i, id)
		}
	}
}

//kraken:2.4 confirmed A pair is found by id, altname and wsname, and answered by its id
//kraken:2 confirmed One unknown pair fails the whole call with `EQuery:Unknown asset pair`
//kraken:2.8 missing Depth keyed by wsname when asked by wsname (seen once)
func TestPairsAreFoundByAllTheirNamesAndAnsweredByTheirID(t *testing.T) {
	s := open(t, krakend.Config{})
	for _, name := range []string{"XXBTZCAD", "XBTCAD", "XBT/CAD", "BTC/CAD"} {
		var depth map[string]any
		s.get("Depth", "pair="+name).into(t, &depth)
		if _, ok := depth["XXBTZCAD"]; !ok || len(depth) != 1 {
			t.Errorf("%s: answered by %v", name, slices.Sorted(maps.Keys(depth)))
		}
	}
	s.get("Ticker", "pair=XBTCAD,NOSUCH").fails(t, "EQuery:Unknown asset pair")
	s.get("Depth", "").fails(t, "EGeneral:Invalid arguments")
	s.get("Assets", "asset=NOSUCH").fails(t, "EQuery:Unknown asset")
	s.get("NoSuch", "").fails(t, "EGeneral:Unknown Method")
	s.get("time", "").fails(t, "EGeneral:Unknown Method")
}

//kraken:2.1 confirmed Time and SystemStatus; the year of rfc1123 has two digits
//kraken:2.2 confirmed Assets by id or name, XXBT with 10 decimals
//kraken:2.2 assumed ZCAD has 4 decimals and shows 2
func TestTimeAndStatus(t *testing.T) {
	s := open(t, krakend.Config{})
	if got := string(s.get("Time", "").Result); got != `{"unixtime":1785758400,"rfc1123":"Mon, 03 Aug 26 12:00:00 +0000"}` {
		t.Errorf("Time: %s", got)
	}
	if got := string(s.get("SystemStatus", "").Result); got != `{"status":"online","timestamp":"2026-08-03T12:00:00Z"}` {
		t.Errorf("SystemStatus: %s", got)
	}
	if got := string(s.get("Assets", "asset=XBT,ZCAD").Result); got != `{"XXBT":{"aclass":"currency","altname":"XBT","decimals":10,"display_decimals":5,"status":"enabled"},"ZCAD":{"aclass":"currency","altname":"CAD","decimals":4,"display_decimals":2,"status":"enabled"}}` {
		t.Errorf("Assets: %s", got)
	}
}

//kraken:2.3 confirmed 304 recorded pairs are listed with their fields; dark pools are listed and not traded
//kraken:2.3 assumed `fees` are the schedule by which the venue charges today
func TestEveryRecordedPairIsListed(t *testing.T) {
	line, _, _ := strings.Cut(string(recorded(t, "ws-v1/assetpairs_rest.txt")), "\n")
	recording := line[strings.Index(line, "{"):]
	s := open(t, krakend.Config{Rules: []byte(recording)})
	want := tree(t, []byte(recording))["result"].(map[string]any)
	got := tree(t, s.get("AssetPairs", "").body)["result"].(map[string]any)
	if len(got) != 304 || len(want) != 304 {
		t.Errorf("%d pairs listed, %d recorded", len(got), len(want))
	}
	for id, w := range want {
		g, ok := got[id].(map[string]any)
		if !ok {
			t.Errorf("%s is missing", id)
			continue
		}
		for key, v := range w.(map[string]any) {
			if key == "fees" || key == "fees_maker" {
				continue // those of the day
			}
			if fmt.Sprint(g[key]) != fmt.Sprint(v) {
				t.Errorf("%s: %s is %v, was %v", id, key, g[key], v)
			}
		}
	}
	var depth map[string]map[string][]any
	s.get("Depth", "pair=ADAETH").into(t, &depth)
	if len(depth["ADAETH"]["asks"]) != 0 {
		t.Error("a pair without a crowd has a book")
	}
}

//kraken:2.8 assumed The book moves every second: the crowd is ours, not a model of Kraken's
func TestTheBookIsLiveAndNeverCrossed(t *testing.T) {
	s := open(t, krakend.Config{})
	tops := map[string]bool{}
	for range 120 {
		s.server.Step(time.Second)
		var depth map[string]map[string][][]any
		s.get("Depth", "pair=XBTCAD&count=25").into(t, &depth)
		bids, asks := depth["XXBTZCAD"]["bids"], depth["XXBTZCAD"]["asks"]
		if len(bids) < 10 || len(asks) < 10 {
			t.Fatalf("%d bids, %d asks", len(bids), len(asks))
		}
		if bids[0][0].(string) >= asks[0][0].(string) {
			t.Fatalf("crossed: %v %v", bids[0], asks[0])
		}
		tops[fmt.Sprint(bids[0], asks[0])] = true
	}
	if len(tops) < 60 {
		t.Errorf("the top of the book took %d forms in 120 seconds", len(tops))
	}
}

//kraken:2.10 confirmed Spread: at most 200 rows of time, bid and ask; last is a whole number
func TestSpreadHasTheTopsOfTheBook(t *testing.T) {
	s := open(t, krakend.Config{})
	var spread struct {
		Rows [][]any `json:"XXBTZCAD"`
		Last int64
	}
	s.get("Spread", "pair=XBTCAD").into(t, &spread)
	if n := len(spread.Rows); n < 50 || n > 200 || spread.Last != opening.Unix() {
		t.Errorf("%d rows, last %d", n, spread.Last)
	}
	var depth map[string]map[string][][]any
	s.get("Depth", "pair=XBTCAD&count=1").into(t, &depth)
	row := spread.Rows[len(spread.Rows)-1]
	if top := depth["XXBTZCAD"]; fmt.Sprint(row[1:]) != fmt.Sprint([]any{top["bids"][0][0], top["asks"][0][0]}) {
		t.Errorf("the last row is %v, the book %v", row, top)
	}
}
