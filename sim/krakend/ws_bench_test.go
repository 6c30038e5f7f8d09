package krakend

import (
	"fmt"
	"testing"
)

// BenchmarkAddOrder is what an order over the stream costs where the venue is owned,
// with one subscriber to the book and one to executions.
func BenchmarkAddOrder(b *testing.B) {
	rich := unlimited()
	rich.Balances = map[string]string{"CAD": "100000000"}
	s, _ := quiet(b, Config{Accounts: []Account{rich}, Pairs: []Pair{{Symbol: "XBT/CAD", Bare: true}}})
	s.Close()
	c := s.core
	c.wall = c.now
	token := c.issue(c.keys.all()[0]).text
	k := listener(c)
	k.hears(c, `{"method":"subscribe","params":{"channel":"book","symbol":["BTC/CAD"]}}`)
	k.hears(c, `{"method":"subscribe","params":{"channel":"executions","token":%q}}`, token)
	messages := make([][]byte, 1000)
	for i := range messages {
		messages[i] = fmt.Appendf(nil, `{"method":"add_order","params":{"order_type":"limit","side":"buy","symbol":"BTC/CAD","order_qty":0.0001,"limit_price":%d,"token":%q},"req_id":%d}`, 5000+i, token, i)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		q, problem := readMessage(messages[i%1000])
		c.hear(k, q, problem)
		c.tellBooks()
		k.out.frames, k.out.bytes = k.out.frames[:0], 0
	}
}

// BenchmarkBookUpdate is what a change of the book costs with 200 subscribers.
func BenchmarkBookUpdate(b *testing.B) {
	s, _ := quiet(b, Config{Accounts: []Account{unlimited()}, Pairs: []Pair{{Symbol: "XBT/CAD", Bare: true}}})
	s.Close()
	c := s.core
	c.wall = c.now
	var all []*socket
	for range 200 {
		k := listener(c)
		k.hears(c, `{"method":"subscribe","params":{"channel":"book","symbol":["BTC/CAD"]}}`)
		all = append(all, k)
	}
	m := &c.markets[0]
	o, err := c.addOrder(c.accounts[0], m, params{"type": "buy", "ordertype": "limit", "volume": "0.001", "price": "5000"})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if _, _, err := c.amendOrder(c.accounts[0], params{"txid": o.txid, "order_qty": [...]string{"0.002", "0.003"}[i%2]}); err != nil {
			b.Fatal(err)
		}
		o.amends = o.amends[:1]
		c.tellBooks()
		for _, k := range all {
			k.out.frames, k.out.bytes = k.out.frames[:0], 0
		}
	}
}
