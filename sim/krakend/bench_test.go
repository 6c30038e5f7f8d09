package krakend

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// load sends signed requests over keep-alive connections from several clients and reports
// requests a second and the slowest hundredth.
func load(b *testing.B, url string, secret []byte, call func(client, n int) (name, body string)) {
	const clients = 8
	var nonce, left atomic.Int64
	nonce.Store(1_000_000)
	left.Store(int64(b.N))
	took := make([][]time.Duration, clients)
	web := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer web.CloseIdleConnections()
	var wait sync.WaitGroup
	b.ResetTimer()
	for i := range clients {
		wait.Go(func() {
			for n := 0; left.Add(-1) >= 0; n++ {
				name, fields := call(i, n)
				stamp := fmt.Sprint(nonce.Add(1))
				body := "nonce=" + stamp + "&" + fields
				path := "/0/private/" + name
				r, _ := http.NewRequest("POST", url+path, strings.NewReader(body))
				r.Header.Set("API-Key", DemoKey)
				r.Header.Set("API-Sign", Sign(secret, path, stamp, []byte(body)))
				r.Header.Set("Content-Type", asForm)
				start := time.Now()
				resp, err := web.Do(r)
				if err != nil {
					b.Error(err)
					return
				}
				text, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				took[i] = append(took[i], time.Since(start))
				if err != nil || strings.HasPrefix(string(text), `{"error":["`) {
					b.Errorf("%s: %s", name, text)
					return
				}
			}
		})
	}
	wait.Wait()
	b.StopTimer()
	all := slices.Concat(took...)
	slices.Sort(all)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkAddAndCancel places orders and takes them back by their client ids.
func BenchmarkAddAndCancel(b *testing.B) {
	s, secret := quiet(b, Config{Accounts: []Account{unlimited()}, Pairs: []Pair{{Symbol: "XBT/CAD", Bare: true}}})
	s.do(func(c *core) { c.keys.all()[0].NonceWindow = 1000 }) // the clients share a key: their nonces cross
	h := httptest.NewServer(s.Handler())
	defer h.Close()
	load(b, h.URL, secret, func(client, n int) (string, string) {
		if n%2 == 0 {
			return "AddOrder", fmt.Sprintf("pair=XBTCAD&type=buy&ordertype=limit&volume=0.001&price=40000&cl_ord_id=c%d", client)
		}
		return "CancelOrder", fmt.Sprintf("cl_ord_id=c%d", client)
	})
}

// BenchmarkBareSigned is the measure for it: a handler that checks the signature and says
// something of the same size.
func BenchmarkBareSigned(b *testing.B) {
	_, secret := quiet(b, Config{Pairs: []Pair{{Symbol: "XBT/CAD", Bare: true}}})
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p, _ := readForm(string(body))
		if r.Header.Get("API-Sign") != Sign(secret, r.URL.Path, p.get("nonce"), body) {
			io.WriteString(w, `{"error":["EAPI:Invalid signature"]}`)
			return
		}
		io.WriteString(w, `{"error":[],"result":{"descr":{"order":"buy 0.00100000 XBTCAD @ limit 40000.0"},"txid":["OQCLML-BW3P3-BUCMWZ"]}}`)
	}))
	defer h.Close()
	load(b, h.URL, secret, func(int, int) (string, string) {
		return "AddOrder", "pair=XBTCAD&type=buy&ordertype=limit&volume=0.001&price=40000&cl_ord_id=c1"
	})
}
