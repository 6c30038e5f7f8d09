package krakend

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// bookMessage is a message of the recorded book channel, version 1.
type bookMessage struct {
	pair     string
	snapshot bool
	rows     [2][][2]string // by side: price, size
	checksum uint32
	summed   bool
}

// recordedBooks reads the recording of ten books.
func recordedBooks(t *testing.T) (all []bookMessage) {
	t.Helper()
	dir := os.Getenv("BREAKWATER_DATA")
	if dir == "" {
		t.Skip("BREAKWATER_DATA is not set: no recordings to compare with")
	}
	text, err := os.ReadFile(filepath.Join(dir, "kraken", "ws-v1", "book1000.txt"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		_, body, _ := strings.Cut(lines.Text(), ": ")
		var parts []json.RawMessage
		if json.Unmarshal([]byte(body), &parts) != nil {
			continue // what was sent, and states of the connection
		}
		m := bookMessage{}
		if err := json.Unmarshal(parts[len(parts)-1], &m.pair); err != nil {
			t.Fatal(err)
		}
		for _, part := range parts[1 : len(parts)-2] {
			var sides map[string]json.RawMessage
			if err := json.Unmarshal(part, &sides); err != nil {
				t.Fatal(err)
			}
			for name, raw := range sides {
				if name == "c" {
					sum, err := strconv.ParseUint(strings.Trim(string(raw), `"`), 10, 32)
					if err != nil {
						t.Fatal(err)
					}
					m.checksum, m.summed = uint32(sum), true
					continue
				}
				var rows [][]string
				if err := json.Unmarshal(raw, &rows); err != nil {
					t.Fatal(err)
				}
				side := exchange.Buy
				if name[0] == 'a' {
					side = exchange.Sell
				}
				m.snapshot = m.snapshot || len(name) == 2
				for _, r := range rows {
					m.rows[side] = append(m.rows[side], [2]string{r[0], r[1]})
				}
			}
		}
		all = append(all, m)
	}
	return all
}

// decimalsOf is how many digits a recorded number has behind its point.
func decimalsOf(text string) uint8 { return uint8(len(text) - strings.Index(text, ".") - 1) }

// scaledTo reads a recorded number.
func scaledTo(t *testing.T, text string, decimals uint8) int64 {
	t.Helper()
	v, err := money.Parse(text, decimals)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const recordedChecksums = 4269

//kraken:6.5 confirmed 4,269 recorded checksums of ten books of 1,000 levels
func TestRecordedBooksHaveTheirRecordedChecksums(t *testing.T) {
	books := map[string]*[2]ladder{}
	right := 0
	for _, m := range recordedBooks(t) {
		b := books[m.pair]
		if b == nil {
			b = &[2]ladder{{side: exchange.Buy}, {side: exchange.Sell}}
			books[m.pair] = b
		}
		for side, rows := range m.rows {
			for _, r := range rows {
				b[side].set(money.Price(scaledTo(t, r[0], decimalsOf(r[0]))), money.Qty(scaledTo(t, r[1], 8)))
			}
			b[side].cut(1000)
		}
		if m.summed && checksum(b) == m.checksum {
			right++
		}
	}
	if right != recordedChecksums {
		t.Errorf("%d checksums are right, want %d", right, recordedChecksums)
	}
}

// The recorded books, put into the venue as orders, come out of its stream with the
// recorded checksums.
//
//kraken:6.5 confirmed The same books as orders of the venue: the frames of its book channel have the recorded checksums
func TestRecordedBooksComeOutOfTheVenueWithTheirChecksums(t *testing.T) {
	messages := recordedBooks(t)
	s, _ := quiet(t, recordedVenue(t, messages))
	s.Close() // from here on the core is the test's
	c := s.core
	for i := range c.catalog.Instruments {
		c.catalog.Instruments[i].OrderMin, c.catalog.Instruments[i].CostMin = 1, 0
	}
	client := listener(c)
	orders := map[string]*order{} // by pair, side, price
	copies := map[string]*bookCopy{}
	right, lost := 0, 0
	for _, msg := range messages {
		m, _ := c.market(msg.pair)
		c.putBook(t, m, &msg, orders)
		if msg.snapshot {
			client.hears(c, `{"method":"subscribe","params":{"channel":"book","symbol":[%q],"depth":1000,"snapshot":false}}`, m.symbol)
			copies[msg.pair] = &bookCopy{depth: 1000}
			copies[msg.pair].apply(t, m, string(m.stream.feed.snapshot(c, m, 1000)))
			continue
		}
		for _, f := range client.frames() {
			copies[msg.pair].apply(t, m, f)
		}
		switch {
		case msg.summed && copies[msg.pair].sum == msg.checksum:
			right++
		case msg.summed:
			lost++
		}
	}
	if right != recordedChecksums || lost != 0 {
		t.Errorf("%d checksums are right and %d wrong, want %d and 0", right, lost, recordedChecksums)
	}
	for pair, b := range copies {
		m, _ := c.market(pair)
		b.equals(t, c, m)
	}
}

// recordedVenue is a bare venue of the recorded pairs, with the digits of the recording.
func recordedVenue(t *testing.T, messages []bookMessage) Config {
	t.Helper()
	rich := unlimited()
	rich.Balances = map[string]string{}
	rules := map[string]any{}
	config := Config{}
	for _, m := range messages {
		base, quote, _ := strings.Cut(m.pair, "/")
		if _, known := rules[base+quote]; known || !m.snapshot {
			continue
		}
		decimals := decimalsOf(m.rows[exchange.Sell][0][0])
		rules[base+quote] = map[string]any{
			"altname": base + quote, "wsname": m.pair, "base": base, "quote": quote, "pair_decimals": decimals, "lot_decimals": 8, "cost_decimals": decimals,
			"ordermin": "0.00000001", "costmin": "0.0001",
		}
		config.Pairs = append(config.Pairs, Pair{Symbol: m.pair, Bare: true})
		for _, asset := range []string{base, quote} {
			rich.Balances[asset] = money.Trim(mostBalance, data.AssetDecimals(asset))
		}
	}
	var err error
	if config.Rules, err = json.Marshal(map[string]any{"error": []string{}, "result": rules}); err != nil {
		t.Fatal(err)
	}
	config.Accounts = []Account{rich}
	return config
}

// putBook makes a market's resting orders those of a recorded message: one order a level,
// what goes before what comes, and none beyond 1,000 levels.
func (c *core) putBook(t *testing.T, m *market, msg *bookMessage, orders map[string]*order) {
	t.Helper()
	a := c.accounts[0]
	key := func(side int, price string) string { return fmt.Sprint(msg.pair, side, price) }
	drop := func(k string) {
		if o := orders[k]; o != nil {
			c.cancel(o, "")
			delete(orders, k)
		}
	}
	latest := [2]map[string]string{{}, {}} // of a level that comes twice the last counts
	for side, rows := range msg.rows {
		for _, r := range rows {
			drop(key(side, r[0]))
			latest[side][r[0]] = r[1]
		}
	}
	for side := range latest {
		for _, price := range slices.Sorted(maps.Keys(latest[side])) {
			q := scaledTo(t, latest[side][price], 8)
			if q == 0 {
				continue
			}
			o := &order{account: a, m: m, trigger: "last", flags: []string{"fciq"}, feeAsset: m.in.Quote}
			o.Instrument, o.Type, o.Side, o.Qty = m.in.ID, exchange.Limit, exchange.Side(side), money.Qty(q)
			o.Price = money.Price(scaledTo(t, price, m.in.PriceDecimals))
			if err := c.submit(o); err != nil || len(o.fills) > 0 {
				t.Fatalf("%s %s at %s: %v, %d fills", msg.pair, latest[side][price], price, err, len(o.fills))
			}
			orders[key(side, price)] = o
		}
	}
	for side := range latest {
		levels := c.venue.Depth(m.in.ID, exchange.Side(side), 1100, nil)
		for _, lv := range levels[min(1000, len(levels)):] {
			drop(key(side, money.Format(int64(lv.Price), m.in.PriceDecimals)))
		}
	}
	c.tellBooks()
	c.advance(c.now.Add(time.Millisecond))
}
