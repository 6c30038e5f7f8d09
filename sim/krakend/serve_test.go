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
