package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"

	"github.com/coder/websocket"

	"breakwater/sim/krakend"
)

// serveReference is the least that a server of the kind can do, until it is killed.
func serveReference(name string) error {
	handler, ok := map[string]http.HandlerFunc{"rest": bareREST, "fanout": bareFanout, "echo": bareEcho}[name]
	if !ok {
		return fmt.Errorf("no reference %q; there are rest, fanout and echo", name)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	json.NewEncoder(os.Stdout).Encode(map[string]string{
		"rest": "http://" + l.Addr().String(), "stream": "ws://" + l.Addr().String() + "/v2", "key": krakend.DemoKey, "secret": krakend.DemoSecret,
	})
	return http.Serve(l, handler)
}

var demoSecret, _ = base64.StdEncoding.DecodeString(krakend.DemoSecret)

// bareREST checks a signature and says something of the size of AddOrder's answer.
func bareREST(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	form, _ := url.ParseQuery(string(body))
	if r.Header.Get("API-Sign") != krakend.Sign(demoSecret, r.URL.Path, form.Get("nonce"), body) {
		io.WriteString(w, `{"error":["EAPI:Invalid signature"]}`)
		return
	}
	io.WriteString(w, `{"error":[],"result":{"descr":{"order":"buy 0.00010000 XBTCAD @ limit 5000.0"},"txid":["OQCLML-BW3P3-BUCMWZ"]}}`)
}

// bareFrame is of the size of a book update.
var bareFrame = []byte(`{"channel":"book","type":"update","data":[{"symbol":"BTC/CAD","bids":[{"price":5000.0,"qty":0.00010000}],"asks":[],"checksum":3310070434,"timestamp":"` + strings.Repeat("0", 27) + `"}]}`)

// all are there when the last subscriber has come.
var (
	all  = make(chan struct{})
	come atomic.Int64
)

// bareFanout writes the same frame to a connection for as long as it is there, once all are.
func bareFanout(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	if _, _, err := conn.Read(context.Background()); err != nil { // the subscription
		return
	}
	if come.Add(1) == subscribers {
		close(all)
	}
	<-all
	for conn.Write(context.Background(), websocket.MessageText, bareFrame) == nil {
		continue
	}
}

// bareEcho reads an order and answers with its number, as add_order does.
func bareEcho(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	for {
		_, b, err := conn.Read(context.Background())
		if err != nil {
			return
		}
		var q struct {
			ReqID int `json:"req_id"`
		}
		if json.Unmarshal(b, &q) != nil {
			return
		}
		if conn.Write(context.Background(), websocket.MessageText, fmt.Appendf(nil, `{"method":"add_order","req_id":%d,"result":{"order_id":"OQCLML-BW3P3-BUCMWZ"},"success":true}`, q.ReqID)) != nil {
			return
		}
	}
}
