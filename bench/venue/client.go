package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"breakwater/sim/krakend"
)

// nonce is shared by all calls of a run: the venue's demo key has a wide window.
var nonce atomic.Int64

func init() { nonce.Store(time.Now().UnixMicro()) }

// post calls a private endpoint.
func (c *child) post(web *http.Client, name, fields string) ([]byte, error) {
	stamp := fmt.Sprint(nonce.Add(1))
	body, path := "nonce="+stamp+"&"+fields, "/0/private/"+name
	r, err := http.NewRequest("POST", c.rest+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("API-Key", c.key)
	r.Header.Set("API-Sign", krakend.Sign(demoSecret, path, stamp, []byte(body)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := web.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && strings.HasPrefix(string(text), `{"error":["`) {
		err = fmt.Errorf("%s: %s", name, text)
	}
	return text, err
}

// token asks for a WebSocket token.
func (c *child) token() (string, error) {
	text, err := c.post(http.DefaultClient, "GetWebSocketsToken", "")
	if err != nil {
		return "", err
	}
	var answer struct{ Result struct{ Token string } }
	err = json.Unmarshal(text, &answer)
	return answer.Result.Token, err
}

// dial connects and sends a message.
func (c *child) dial(message string) (*websocket.Conn, error) {
	conn, _, err := websocket.Dial(context.Background(), c.stream, nil)
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(1 << 20)
	return conn, say(conn, "%s", message)
}

func say(conn *websocket.Conn, format string, args ...any) error {
	return conn.Write(context.Background(), websocket.MessageText, fmt.Appendf(nil, format, args...))
}

// slowest is the time that a hundredth of all exceeds, and the longest.
func slowest(took []time.Duration) (p99, most time.Duration) {
	if len(took) == 0 {
		return 0, 0
	}
	slices.Sort(took)
	return took[len(took)*99/100], took[len(took)-1]
}

// restClients is how many keep-alive connections the REST load comes over.
const restClients = 8

// hammer calls AddOrder and CancelOrder by turns for a time, as fast as it can or with a
// rate, and gives the calls a second and how long each took.
func (c *child) hammer(span time.Duration, rate float64) (perSecond float64, took []time.Duration, err error) {
	web := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: restClients}}
	defer web.CloseIdleConnections()
	var wait sync.WaitGroup
	var failed atomic.Pointer[error]
	all := make([][]time.Duration, restClients)
	from := time.Now()
	for i := range restClients {
		id := fmt.Sprintf("c%d-%d", i, from.UnixMilli()%1e9) // one that the run before has not left open
		wait.Go(func() {
			next := from
			for n := 0; time.Since(from) < span; n++ {
				name, fields := "AddOrder", fmt.Sprintf("pair=XBTCAD&type=buy&ordertype=limit&volume=0.0001&price=5000&cl_ord_id=%s", id)
				if n%2 == 1 {
					name, fields = "CancelOrder", fmt.Sprintf("cl_ord_id=%s", id)
				}
				if rate > 0 {
					next = next.Add(time.Duration(restClients / rate * float64(time.Second)))
					time.Sleep(time.Until(next))
				}
				at := time.Now()
				if _, err := c.post(web, name, fields); err != nil {
					failed.Store(&err)
					return
				}
				all[i] = append(all[i], time.Since(at))
			}
		})
	}
	wait.Wait()
	if e := failed.Load(); e != nil {
		return 0, nil, *e
	}
	took = slices.Concat(all...)
	return float64(len(took)) / time.Since(from).Seconds(), took, nil
}
