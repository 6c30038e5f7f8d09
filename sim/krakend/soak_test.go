package krakend

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// siege is a venue on a real listener and those who make its life hard.
type siege struct {
	t      *testing.T
	server *Server
	at     string
	end    context.Context
	helm   *helm
	counts [6]atomic.Int64
}

// besiegers are what happens to the venue, each in goroutines of its own.
var besiegers = [6]struct {
	name   string
	number int
	once   func(*siege, *rand.Rand, int)
}{
	{"traders", 4, (*siege).trade}, {"half-open connections", 1, (*siege).halfOpen}, {"slow senders", 1, (*siege).slow},
	{"giant bodies", 1, (*siege).giant}, {"garbage", 1, (*siege).garbage}, {"faults", 1, (*siege).disturb},
}

// Slow senders, giant bodies, half-open connections, garbage and traders at the real server,
// faults in between. At the end as many goroutines run as before, the ledger is exact, and
// the state file brings back what was traded.
func TestSoakOfTheListenerLeavesExactBooksAndNothingElse(t *testing.T) {
	seed := *seeded
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d, %v", seed, *soak)
	before := runtime.NumGoroutine()
	config := Config{Pairs: []Pair{{Symbol: "XBT/CAD", Preset: "volatile"}, {Symbol: "ETH/CAD"}}, Speed: 30, Seed: seed, State: filepath.Join(t.TempDir(), "state")}
	for i := range besiegers[0].number {
		a := DemoAccount(fmt.Sprint("client ", i))
		a.Keys[0].Public, a.Unlimited = a.Name, true
		config.Accounts = append(config.Accounts, a)
	}
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serving, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(serving, l) }()
	end, cancel := context.WithTimeout(context.Background(), *soak)
	defer cancel()
	k := &siege{t: t, server: s, at: l.Addr().String(), end: end, helm: takeHelm(t, s)}
	var wait sync.WaitGroup
	for kind := range besiegers {
		for n := range besiegers[kind].number {
			rnd := rand.New(rand.NewPCG(seed, uint64(kind*100+n)))
			wait.Go(func() {
				for once := true; once || end.Err() == nil; once = false {
					besiegers[kind].once(k, rnd, n)
					k.counts[kind].Add(1)
				}
			})
		}
	}
	wait.Wait()
	k.helm.do("DELETE", "faults", "")
	look := s.look()
	if look.Audit != "" {
		t.Error(look.Audit)
	}
	stop()
	if err := <-served; err != nil && !errors.Is(err, context.DeadlineExceeded) { // who sends for ever is cut off
		t.Errorf("the venue ended with %v", err)
	}
	comes(t, "the end of all goroutines", func() bool { runtime.GC(); return runtime.NumGoroutine() <= before })
	said, fills := "", 0
	for i := range besiegers {
		said += fmt.Sprintf("%d %s, ", k.counts[i].Load(), besiegers[i].name)
	}
	for _, list := range look.Fills {
		fills += len(list)
	}
	if n := k.counts[0].Load(); fills == 0 && n > 100 { // a machine that is busy gets to less
		t.Errorf("%d traders have traded nothing", n)
	}
	t.Logf("%s%d fills, %d goroutines before and after", said, fills, before)

	config.Speed, config.Lockstep = 0, true // the venue of the file, its clock standing still
	again, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := again.look(); got.Audit != "" || got.Status.Trades < look.Status.Trades {
		t.Errorf("after a restart: %q, %d trades of %d", got.Audit, got.Status.Trades, look.Status.Trades)
	}
}

// trade is one connection that sends some requests and goes.
func (k *siege) trade(rnd *rand.Rand, n int) {
	tr := &trader{rnd: rnd, url: "http://" + k.at, name: fmt.Sprint("client ", n), secret: demoSecret(k.t), nonce: int(time.Now().UnixNano()), harmed: true, http: &http.Client{Transport: &http.Transport{}}}
	defer tr.http.CloseIdleConnections()
	for range 1 + rnd.IntN(20) {
		if err := tr.step(); err != nil && k.end.Err() == nil {
			k.t.Errorf("a trader: %v", err)
			return
		}
	}
}

// dial is a bare connection; nil when the soak is over.
func (k *siege) dial() net.Conn {
	conn, err := (&net.Dialer{}).DialContext(k.end, "tcp", k.at)
	if err != nil {
		return nil
	}
	return conn
}

// halfOpen connects, says nothing or half a request, and goes or stays away.
func (k *siege) halfOpen(rnd *rand.Rand, _ int) {
	conn := k.dial()
	if conn == nil {
		return
	}
	defer conn.Close()
	io.WriteString(conn, []string{"", "POST /0/pri", "POST /0/private/Balance HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nnonce", "GET /v2 HTTP/1.1\r\nUpgrade: websocket\r\n"}[rnd.IntN(4)])
	k.wait(time.Duration(rnd.IntN(100)) * time.Millisecond)
}

// slow sends a request byte by byte.
func (k *siege) slow(rnd *rand.Rand, _ int) {
	conn := k.dial()
	if conn == nil {
		return
	}
	defer conn.Close()
	text := "GET /0/public/Time HTTP/1.1\r\nHost: x\r\n\r\n"
	for i := range len(text) {
		if _, err := io.WriteString(conn, text[i:i+1]); err != nil {
			return
		}
		k.wait(time.Duration(rnd.IntN(3)) * time.Millisecond)
	}
	conn.SetReadDeadline(time.Now().Add(patience))
	if line, err := bufio.NewReader(conn).ReadString('\n'); k.end.Err() == nil && (err != nil || !strings.Contains(line, "200")) {
		k.t.Errorf("a slow sender hears %q, %v", line, err)
	}
}

// giant sends a body without an end until the venue has had enough.
func (k *siege) giant(rnd *rand.Rand, _ int) {
	conn := k.dial()
	if conn == nil {
		return
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /0/private/%s HTTP/1.1\r\nHost: x\r\nAPI-Key: %s\r\nContent-Length: 1000000000\r\n\r\n", []string{"AddOrder", "Balance"}[rnd.IntN(2)], DemoKey)
	chunk := []byte(strings.Repeat("a=b&", 4096))
	conn.SetDeadline(time.Now().Add(patience))
	sent := 0
	for {
		n, err := conn.Write(chunk)
		if sent += n; err != nil {
			break
		}
	}
	if sent > 16<<20 && k.end.Err() == nil {
		k.t.Errorf("%d bytes of a giant body were taken", sent)
	}
}

// garbage sends what is no HTTP.
func (k *siege) garbage(rnd *rand.Rand, _ int) {
	conn := k.dial()
	if conn == nil {
		return
	}
	defer conn.Close()
	b := make([]byte, rnd.IntN(2000))
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	conn.Write(append(b, "\r\n\r\n"...))
	conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	io.Copy(io.Discard, conn)
}

// disturb puts faults in force and ends them.
func (k *siege) disturb(rnd *rand.Rand, _ int) {
	r := &question{body: []byte([]string{
		`{"do":"drop","chance":20,"for":"10s"}`, `{"do":"drop-after-apply","chance":20,"for":"10s"}`, `{"do":"truncate","chance":20,"for":"10s"}`,
		`{"do":"apply-then-502","chance":20,"for":"10s"}`, `{"do":"duplicate","chance":20,"for":"10s"}`, `{"do":"timeout-after-apply","chance":5,"wait":"200ms","for":"10s"}`,
		`{"do":"reorder","chance":20,"wait":"50ms","for":"10s"}`,
	}[rnd.IntN(7)])}
	if _, err := k.server.makeFault(r); err != nil {
		k.t.Errorf("a fault: %v", err)
	}
	if rnd.IntN(4) == 0 {
		k.server.clearFaults(nil)
	}
	k.wait(time.Duration(rnd.IntN(200)) * time.Millisecond)
}

// wait waits, or until the soak is over.
func (k *siege) wait(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-k.end.Done():
	}
}
