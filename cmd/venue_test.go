package cmd

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"breakwater/sim/krakend"
)

// venueProcess is a venue in a process of its own.
type venueProcess struct {
	venueCard
	t      *testing.T
	cmd    *exec.Cmd
	stderr bytes.Buffer
	http   *http.Client
}

// startVenue starts one on free ports and reads its card.
func startVenue(t *testing.T, args ...string) *venueProcess {
	t.Helper()
	p := &venueProcess{t: t, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}, Timeout: 20 * time.Second}}
	p.cmd = exec.Command(os.Args[0], append([]string{"venue", "--listen", "127.0.0.1:0", "--json"}, args...)...)
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.http.CloseIdleConnections()
		p.cmd.Process.Kill() // one that has ended does not mind
		p.cmd.Wait()
	})
	if err := json.NewDecoder(out).Decode(&p.venueCard); err != nil {
		p.cmd.Wait()
		t.Fatalf("the venue says nothing of use: %v; %s", err, p.stderr.String())
	}
	return p
}

// stop interrupts it and demands a clean end.
func (p *venueProcess) stop() {
	p.t.Helper()
	p.cmd.Process.Signal(os.Interrupt)
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("after an interrupt: %v; %s", err, p.stderr.String())
	}
}

// kill ends it as a power cut to the process would.
func (p *venueProcess) kill() {
	p.cmd.Process.Signal(syscall.SIGKILL)
	p.cmd.Wait()
}

// send posts a signed request; an error is the connection's.
func (p *venueProcess) send(nonce int64, name string, fields url.Values) (body string, err error) {
	form := url.Values{"nonce": {strconv.FormatInt(nonce, 10)}}
	for k, v := range fields {
		form[k] = v
	}
	text := form.Encode()
	r, err := http.NewRequest("POST", p.REST+"/0/private/"+name, strings.NewReader(text))
	if err != nil {
		return "", err
	}
	secret, err := base64.StdEncoding.DecodeString(p.Secret)
	if err != nil {
		return "", err
	}
	r.Header.Set("API-Key", p.Key)
	r.Header.Set("API-Sign", krakend.Sign(secret, r.URL.Path, form.Get("nonce"), []byte(text)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.do(r)
}

func (p *venueProcess) do(r *http.Request) (string, error) {
	resp, err := p.http.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// steer asks the control interface and decodes its answer.
func (p *venueProcess) steer(method, path, body string, to any) {
	p.t.Helper()
	r, err := http.NewRequest(method, p.Control+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.Token)
	text, err := p.do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), to); err != nil {
		p.t.Fatalf("%s %s: %s", method, path, text)
	}
}

var resting = url.Values{"pair": {"XBTCAD"}, "type": {"buy"}, "ordertype": {"limit"}, "volume": {"0.0002"}, "price": {"30000"}}

func TestVenueIsDrivenAndEndsCleanlyOnAnInterrupt(t *testing.T) {
	p := startVenue(t)
	if body, err := p.send(1, "AddOrder", resting); err != nil || !strings.Contains(body, "txid") {
		t.Fatal(body, err)
	}
	var status struct {
		Mode  string
		Pairs []string
	}
	if p.steer("PUT", "/mode", `{"mode":"maintenance"}`, &status); status.Mode != "maintenance" || len(status.Pairs) != 1 {
		t.Errorf("status: %+v", status)
	}
	if body, err := p.send(2, "Balance", nil); err != nil || body != `{"error":["EService:Unavailable"]}` {
		t.Error(body, err)
	}
	p.stop()
	if p.stderr.Len() > 0 {
		t.Errorf("it said %s", p.stderr.String())
	}
}

func TestVenueSpeaksTLSOnAllItsPorts(t *testing.T) {
	p := startVenue(t, "--tls")
	pool := x509.NewCertPool()
	if !strings.HasPrefix(p.REST, "https://") || !strings.HasPrefix(p.Stream, "wss://") || !strings.HasPrefix(p.Control, "https://") || !pool.AppendCertsFromPEM([]byte(p.Certificate)) {
		t.Fatalf("card: %+v", p.venueCard)
	}
	p.http.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	if body, err := p.send(1, "Balance", nil); err != nil || !strings.Contains(body, "ZCAD") {
		t.Error(body, err)
	}
	var audit struct{ Holds bool }
	if p.steer("GET", "/audit", "", &audit); !audit.Holds {
		t.Error("the audit fails")
	}
	p.stop()
}

// The stream over TLS, with --bare and --full-executions: an empty book, and rows that tell
// all of an order; an interrupt ends it with the connection open.
func TestVenueStreamsOverTLSWithAnEmptyBookAndFullRows(t *testing.T) {
	p := startVenue(t, "--tls", "--bare", "--full-executions")
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(p.Certificate))
	p.http.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, p.Stream, &websocket.DialOptions{HTTPClient: p.http})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	await := func(part string) string {
		t.Helper()
		for {
			_, b, err := conn.Read(ctx)
			if err != nil {
				t.Fatalf("%s does not come: %v", part, err)
			}
			if strings.Contains(string(b), part) {
				return string(b)
			}
		}
	}
	say := func(text string) {
		t.Helper()
		if err := conn.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	say(`{"method":"subscribe","params":{"channel":"book","symbol":["BTC/CAD"]}}`)
	if f := await(`"type":"snapshot"`); !strings.Contains(f, `"bids":[],"asks":[]`) {
		t.Error(f)
	}
	body, err := p.send(1, "GetWebSocketsToken", nil)
	var answer struct{ Result struct{ Token string } }
	if err != nil || json.Unmarshal([]byte(body), &answer) != nil {
		t.Fatal(body, err)
	}
	say(`{"method":"subscribe","params":{"channel":"executions","token":"` + answer.Result.Token + `"}}`)
	await(`"channel":"executions","type":"snapshot"`)
	if body, err := p.send(2, "AddOrder", resting); err != nil || !strings.Contains(body, "txid") {
		t.Fatal(body, err)
	}
	if f := await(`"exec_type":"new"`); !strings.Contains(f, `"symbol":"BTC/CAD"`) {
		t.Error(f)
	}
	p.stop()
	for err = nil; err == nil; { // what was on its way may come yet
		_, _, err = conn.Read(ctx)
	}
	if ctx.Err() != nil {
		t.Error("the connection outlives the venue")
	}
}

func TestVenueWithoutControlHasNone(t *testing.T) {
	p := startVenue(t, "--control", "off")
	if p.Control != "" || p.Token != "" || p.Page != "" {
		t.Errorf("card: %+v", p.venueCard)
	}
	p.stop()
}

// Clients trade with a venue that is killed under them again and again: what was answered
// is there after each restart, no nonce is good twice, and the books are exact.
func TestKilledVenueComesBackWithEveryAnswerItGave(t *testing.T) {
	lives, clients := 4, 4
	if testing.Short() {
		lives = 2
	}
	state := filepath.Join(t.TempDir(), "venue.state")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	args := []string{"--state", state, "--no-rate-limits", "--pairs", "XBT/CAD,ETH/CAD", "--synth", "volatile"}
	var mu sync.Mutex
	placed, asked, cancelled := []string{}, map[string]bool{}, map[string]bool{} // cancelled: and answered so
	nonce, last := int64(0), int64(0)                                            // sent, and accepted
	next := func() int64 {
		mu.Lock()
		defer mu.Unlock()
		nonce++
		return nonce
	}
	for life := range lives {
		p := startVenue(t, args...)
		var wait sync.WaitGroup
		for client := range clients {
			mine := rand.New(rand.NewPCG(seed, uint64(life*100+client)))
			wait.Go(func() {
				for {
					n := next()
					fields, name, id := resting, "AddOrder", ""
					mu.Lock()
					if k := len(placed); k > 5 && mine.IntN(3) == 0 {
						id, name = placed[mine.IntN(k)], "CancelOrder"
						fields = url.Values{"txid": {id}}
						asked[id] = true
					} else if mine.IntN(3) == 0 {
						fields = url.Values{"pair": {"XBTCAD"}, "type": {[]string{"buy", "sell"}[mine.IntN(2)]}, "ordertype": {"market"}, "volume": {"0.0002"}}
					}
					mu.Unlock()
					body, err := p.send(n, name, fields)
					if err != nil {
						return // killed
					}
					var a struct {
						Error  []string
						Result struct{ Txid []string }
					}
					if json.Unmarshal([]byte(body), &a) != nil || len(a.Error) > 0 && a.Error[0] != "EOrder:Unknown order" {
						t.Errorf("%s: %s", name, body)
						return
					}
					mu.Lock()
					last = max(last, n)
					placed = append(placed, a.Result.Txid...)
					if name == "CancelOrder" && len(a.Error) == 0 {
						cancelled[id] = true
					}
					mu.Unlock()
				}
			})
		}
		time.Sleep(time.Duration(100+rnd.IntN(400)) * time.Millisecond) // until the random moment of the kill
		p.kill()
		wait.Wait()
	}
	if len(placed) < 20*lives {
		t.Fatalf("only %d orders in %d lives: the test shows nothing", len(placed), lives)
	}
	p := startVenue(t, args...)
	var audit struct {
		Holds   bool
		Finding string
	}
	if p.steer("GET", "/audit", "", &audit); !audit.Holds {
		t.Error(audit.Finding)
	}
	var ledger []struct{ Asset, Net string }
	p.steer("GET", "/ledger", "", &ledger)
	for _, a := range ledger {
		if strings.Trim(a.Net, "0.") != "" {
			t.Errorf("the books of %s net to %s", a.Asset, a.Net)
		}
	}
	status := map[string]string{}
	for from := 0; ; from += 1000 {
		var open, closed []struct{ Txid, Status string }
		p.steer("GET", fmt.Sprintf("/accounts/demo/orders?limit=1000&from=%d", from), "", &open)
		p.steer("GET", fmt.Sprintf("/accounts/demo/orders?limit=1000&state=closed&from=%d", from), "", &closed)
		for _, o := range append(open, closed...) {
			status[o.Txid] = o.Status
		}
		if len(open)+len(closed) == 0 {
			break
		}
	}
	for _, id := range placed {
		// A cancel that the kill cut off before its answer may have been carried out or not.
		if s := status[id]; s == "" || cancelled[id] && s != "canceled" || s == "canceled" && !asked[id] {
			t.Errorf("order %s is %q after the kills; a cancel of it was asked: %v, answered: %v", id, s, asked[id], cancelled[id])
		}
	}
	if body, err := p.send(last, "Balance", nil); err != nil || body != `{"error":["EAPI:Invalid nonce"]}` {
		t.Errorf("a nonce is good twice: %s, %v", body, err)
	}
	p.stop()
	t.Logf("%d lives, %d orders answered, %d cancels; %s", lives, len(placed), len(cancelled), strings.TrimSpace(p.stderr.String()))
}

func TestVenueTellsWhereItIsInWords(t *testing.T) {
	cmd := exec.Command(os.Args[0], "venue", "--listen", "127.0.0.1:0", "--state", filepath.Join(t.TempDir(), "s"))
	cmd.Env = append(os.Environ(), asProgram+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Signal(os.Interrupt)
	var text []byte
	for b := make([]byte, 4096); !bytes.Contains(text, []byte("Ctrl-C")); {
		n, err := out.Read(b)
		if text = append(text, b[:n]...); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	for _, want := range []string{"REST        http://127.0.0.1:", "WebSocket   ws://127.0.0.1:", krakend.DemoKey, krakend.DemoSecret, "look at it  http://127.0.0.1:", "/?token=", "its token   ", "is kept in"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}

func TestBadVenueInputIsOneSentenceWithARemedy(t *testing.T) {
	dir := t.TempDir()
	notState := filepath.Join(dir, "bars.csv")
	if err := os.WriteFile(notState, []byte("1754222400,3000,3100,2900,3050,10,5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, part string }{
		{"--listen 0.0.0.0:0", "say --any-address"},
		{"--listen here", "write it like 127.0.0.1:8443"},
		{"--listen 127.0.0.1:99999", "write it like 127.0.0.1:8443"},
		{"--listen 127.0.0.1:0 --control 0.0.0.0:0", "--control 0.0.0.0:0 can be reached"},
		{"--listen 127.0.0.1:0 --control on", "--control on is no address"},
		{"--listen 127.0.0.1:0 --speed fast", "write it like 1x"},
		{"--listen 127.0.0.1:0 --synth calm --data x.csv", "two markets"},
		{"--listen 127.0.0.1:0 --pairs XBTXBT", "against itself"},
		{"--listen 127.0.0.1:0 --synth stormy", "stormy"},
		{"--listen 127.0.0.1:0 --cert " + notState, "--cert and --cert-key"},
		{"--listen 127.0.0.1:0 --state " + notState, "is no state file"},
		{"--listen 127.0.0.1:0 --state " + filepath.Join(dir, "none", "file"), "none"},
	} {
		code, stdout, stderr := call(t, append([]string{"venue"}, strings.Fields(c.args)...)...)
		if code != exitUsage || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, c.part) {
			t.Errorf("%s: exit %d, said %q, want %q", c.args, code, stderr, c.part)
		}
	}
}
