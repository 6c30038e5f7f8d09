package krakend_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"breakwater/sim/krakend"
)

// opening is the time at which the venues of the tests begin.
var opening = time.Date(2026, 8, 3, 12, 0, 0, 0, time.UTC)

// site is a venue in lockstep and a client of its demo account.
type site struct {
	t      *testing.T
	server *krakend.Server
	http   *httptest.Server
	key    string
	secret []byte
	nonce  int64
	as     func(*http.Request) // changes a request before it is sent
}

// open starts a venue in lockstep; what config leaves out is the default.
func open(t *testing.T, config krakend.Config) *site {
	t.Helper()
	config.Lockstep = true
	if config.Start.IsZero() {
		config.Start = opening
	}
	server, err := krakend.New(config)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(server.Handler())
	t.Cleanup(func() { h.Close(); server.Close() })
	s := &site{t: t, server: server, http: h, nonce: 1_000_000}
	return s.with(krakend.DemoKey, krakend.DemoSecret)
}

// with is the same venue with another key.
func (s site) with(key, secret string) *site {
	b, err := base64.StdEncoding.DecodeString(secret)
	if err != nil {
		s.t.Fatal(err)
	}
	s.key, s.secret = key, b
	return &s
}

// recorded reads a file of the data directory.
func recorded(t *testing.T, name string) []byte {
	t.Helper()
	dir := os.Getenv("BREAKWATER_DATA")
	if dir == "" {
		t.Skip("BREAKWATER_DATA is not set: no recordings to compare with")
	}
	b, err := os.ReadFile(filepath.Join(dir, "kraken", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// answer is Kraken's envelope.
type answer struct {
	Error  []string        `json:"error"`
	Result json.RawMessage `json:"result"`
	status int
	body   []byte
}

func (s *site) do(r *http.Request) answer {
	s.t.Helper()
	if s.as != nil {
		s.as(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode}
	if a.body, err = io.ReadAll(resp.Body); err != nil {
		s.t.Fatal(err)
	}
	if !strings.HasPrefix(string(a.body), "PK") {
		if err := json.Unmarshal(a.body, &a); err != nil {
			s.t.Fatalf("%s answers no JSON: %q", r.URL, a.body)
		}
	}
	return a
}

// get calls a public endpoint.
func (s *site) get(name, query string) answer {
	s.t.Helper()
	r, err := http.NewRequest("GET", s.http.URL+"/0/public/"+name+"?"+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.do(r)
}

// send signs a body that has its nonce already and posts it.
func (s *site) send(name, nonce, kind, body string) answer {
	s.t.Helper()
	r, err := http.NewRequest("POST", s.http.URL+"/0/private/"+name, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("API-Key", s.key)
	r.Header.Set("API-Sign", krakend.Sign(s.secret, "/0/private/"+name, nonce, []byte(body)))
	r.Header.Set("Content-Type", kind)
	return s.do(r)
}

// post calls a private endpoint with a form: name, value, name, value.
func (s *site) post(name string, fields ...string) answer {
	s.t.Helper()
	s.nonce++
	form := url.Values{"nonce": {strconv.FormatInt(s.nonce, 10)}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return s.send(name, form.Get("nonce"), "application/x-www-form-urlencoded", form.Encode())
}

// json calls a private endpoint with a JSON body.
func (s *site) json(name string, fields map[string]any) answer {
	s.t.Helper()
	s.nonce++
	nonce := strconv.FormatInt(s.nonce, 10)
	fields["nonce"] = nonce
	b, err := json.Marshal(fields)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.send(name, nonce, "application/json", string(b))
}

// fails demands an error.
func (a answer) fails(t *testing.T, want string) {
	t.Helper()
	if len(a.Error) != 1 || a.Error[0] != want || a.Result != nil || a.status != http.StatusOK {
		t.Errorf("status %d, answer %s; want the error %q", a.status, a.body, want)
	}
}

// into demands success and decodes the result.
func (a answer) into(t *testing.T, to any) {
	t.Helper()
	if len(a.Error) != 0 || a.Result == nil {
		t.Fatalf("answer %s", a.body)
	}
	if err := json.Unmarshal(a.Result, to); err != nil {
		t.Fatalf("%v in %s", err, a.Result)
	}
}
