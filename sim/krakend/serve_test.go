package krakend_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"breakwater/sim/krakend"
)

// A venue for a test of your own bot, in five lines.
func Example() {
	venue, err := krakend.New(krakend.Config{Lockstep: true, Start: time.Date(2026, 8, 3, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		panic(err)
	}
	defer venue.Close()
	kraken := httptest.NewServer(venue.Handler())
	defer kraken.Close()

	// Point the bot at kraken.URL; here a bare request stands for it.
	resp, err := http.Get(kraken.URL + "/0/public/SystemStatus")
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Println(string(body))
	// Output: {"error":[],"result":{"status":"online","timestamp":"2026-08-03T12:00:00Z"}}
}

func TestServeEndsCleanlyAndSpeaksTLSWithItsOwnCertificate(t *testing.T) {
	server, err := krakend.New(krakend.Config{Lockstep: true, Start: opening})
	if err != nil {
		t.Fatal(err)
	}
	cert, leaf, err := krakend.Certificate("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- server.Serve(ctx, tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}))
	}()
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	resp, err := client.Get("https://" + l.Addr().String() + "/0/public/Time")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	client.CloseIdleConnections()
	stop()
	if err := <-done; err != nil {
		t.Errorf("Serve ended with %v", err)
	}
	if !server.Now().IsZero() {
		t.Error("the venue lives on")
	}
	recorder := httptest.NewRecorder()
	server.Handler().ServeHTTP(recorder, httptest.NewRequest("GET", "/0/public/Time", nil))
	if got := recorder.Body.String(); got != `{"error":["EService:Unavailable"]}` {
		t.Errorf("after its end: %s", got)
	}
}

// A test that lets the next order's answer get lost: the bot sees a broken connection, the
// order is there.
func ExampleServer_Control() {
	venue, err := krakend.New(krakend.Config{Lockstep: true, Start: time.Date(2026, 8, 3, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		panic(err)
	}
	defer venue.Close()
	control := httptest.NewServer(venue.Control("a token of the test"))
	defer control.Close()

	rule := `{"do":"drop-after-apply","on":"AddOrder","times":1}`
	r, err := http.NewRequest("POST", control.URL+"/sim/faults", strings.NewReader(rule))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Authorization", "Bearer a token of the test")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Print(string(body))
	// Output: {"id":"1","do":"drop-after-apply","on":"AddOrder","times":1,"seen":0,"fired":0,"over":false}
}
