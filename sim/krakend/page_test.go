package krakend

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// window is the page of a venue in a browser's hand.
type window struct {
	t    *testing.T
	door http.Handler
	host string
	pass *http.Cookie
}

// openPage opens the address with the token, as a person does.
func openPage(t *testing.T, s *Server) *window {
	t.Helper()
	w := &window{t: t, door: s.Control("the token", "127.0.0.1:8444"), host: "127.0.0.1:8444"}
	r := httptest.NewRequest("GET", "/?token=the+token", nil)
	r.Host = w.host
	a := httptest.NewRecorder()
	w.door.ServeHTTP(a, r)
	cookies := a.Result().Cookies()
	if a.Code != http.StatusSeeOther || a.Header().Get("Location") != "/" || len(cookies) != 1 {
		t.Fatalf("%d %v %v", a.Code, a.Header(), cookies)
	}
	w.pass = cookies[0]
	return w
}

// ask sends a request with the cookie and headers: name, value, name, value.
func (w *window) ask(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = w.host
	if w.pass != nil {
		r.AddCookie(w.pass)
	}
	if body != "" {
		r.Header.Set("Content-Type", asForm)
	}
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	a := httptest.NewRecorder()
	w.door.ServeHTTP(a, r)
	return a
}

func TestOnlyThePageItselfMayUseThePagesCookie(t *testing.T) {
	s, _ := quiet(t, bare())
	w := openPage(t, s)
	if c := w.pass; !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || strings.Contains(c.Value, "token") || !strings.Contains(c.Name, "8444") {
		t.Errorf("the cookie is %v", c)
	}
	act := url.Values{"do": {"PUT /sim/mode"}, "body": {`{"mode":"cancel_only"}`}}.Encode()
	for _, c := range []struct {
		method, path, body string
		headers            []string
		want               int
	}{
		{"GET", "/", "", []string{"Sec-Fetch-Site", "none"}, 200},
		{"GET", "/", "", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"GET", "/", "", nil, 200}, // a browser that does not say
		{"GET", "/", "", []string{"Sec-Fetch-Site", "cross-site"}, 401},
		{"GET", "/", "", []string{"Sec-Fetch-Site", "same-site"}, 401}, // another port of this machine
		{"GET", "/", "", []string{"Origin", "http://127.0.0.1:9999"}, 401},
		{"GET", "/", "", []string{"Host", "evil.example:8444"}, 403},
		{"POST", "/act", act, []string{"Sec-Fetch-Site", "cross-site", "Origin", "http://evil.example"}, 401},
		{"POST", "/act", act, []string{"Sec-Fetch-Site", "same-site", "Origin", "http://127.0.0.1:9999"}, 401},
		{"POST", "/act", act, []string{"Sec-Fetch-Site", "none"}, 401},
		{"POST", "/act", act, []string{"Origin", "http://127.0.0.1:9999"}, 401},
		{"POST", "/act", act, []string{"Origin", "https://127.0.0.1:8444"}, 401},
		{"POST", "/act", act, []string{"Origin", "null"}, 401},
		{"POST", "/act", act, nil, 401},
		{"PUT", "/sim/mode", `{"mode":"cancel_only"}`, []string{"Sec-Fetch-Site", "same-origin"}, 401}, // the cookie is not for /sim/
		{"GET", "/sim/status", "", []string{"Sec-Fetch-Site", "same-origin"}, 401},
		{"GET", "/nothing", "", nil, 404},
	} {
		if a := w.ask(c.method, c.path, c.body, c.headers...); a.Code != c.want {
			t.Errorf("%s %s %v: %d %.100s, want %d", c.method, c.path, c.headers, a.Code, a.Body, c.want)
		}
	}
	if mode := s.look().Status.Mode; mode != "online" {
		t.Fatalf("a foreign request has put the venue into %s", mode)
	}
	if a := w.ask("POST", "/act", act, "Sec-Fetch-Site", "same-origin", "Accept", "application/json"); a.Code != 200 || s.look().Status.Mode != "cancel_only" {
		t.Errorf("the page's own button: %d %s", a.Code, a.Body)
	}
	act = url.Values{"do": {"PUT /sim/mode"}, "body": {`{"mode":"online"}`}}.Encode()
	if a := w.ask("POST", "/act?pair=XBT%2FCAD", act, "Origin", "http://127.0.0.1:8444"); a.Code != 303 || s.look().Status.Mode != "online" {
		t.Errorf("the button without a script: %d %s", a.Code, a.Body)
	}
	for do, part := range map[string]string{"PUT /sim/mode": "the body", "GET /": "button does nothing", "": "button does nothing", "GET\n /sim/": "button does nothing"} {
		if a := w.ask("POST", "/act", url.Values{"do": {do}, "body": {"x"}}.Encode(), "Sec-Fetch-Site", "same-origin"); a.Code != 400 || !strings.Contains(a.Body.String(), part) {
			t.Errorf("%q: %d %s", do, a.Code, a.Body)
		}
	}
	w.pass.Value = strings.Repeat("0", len(w.pass.Value))
	if a := w.ask("GET", "/", ""); a.Code != 401 || !strings.Contains(a.Body.String(), "the one with the token") {
		t.Errorf("a made-up cookie: %d %s", a.Code, a.Body)
	}
}

func TestPageShowsTheVenueWithoutSecretsAndWithoutForeignMarkup(t *testing.T) {
	config := Config{Pairs: []Pair{{Symbol: "XBT/CAD"}, {Symbol: "ETH/CAD", Bare: true}}}
	demo := DemoAccount("<script>alert(1)</script>")
	demo.Keys[0].OTP = "the second factor"
	config.Accounts = []Account{demo}
	s, _ := quiet(t, config)
	h := takeHelm(t, s)
	h.demo("AddOrder", "pair", "XBTCAD", "type", "buy", "ordertype", "limit", "volume", "0.01", "price", "40000", "cl_ord_id", "<b>bold</b>", "otp", "the second factor")
	h.demo("CancelOrder", "txid", `"><img src=x onerror=alert(1)>`, "otp", "the second factor")
	token := h.demo("GetWebSocketsToken", "otp", "the second factor")
	h.do("POST", "faults", `{"do":"error","code":"<i>EService:Busy</i>","times":3}`)
	w := openPage(t, s)
	a := w.ask("GET", "/?pair=XBTCAD", "")
	text := a.Body.String()
	for _, want := range []string{"buy 0.01000000 XBTCAD @ limit 40000.0", "EOrder:Unknown order", "spread ", "<polyline", "error on every private call", "0 of 3 times", "&lt;script&gt;", "1h</button>"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	var answer struct{ Result struct{ Token string } }
	if json.Unmarshal([]byte(token), &answer) != nil || answer.Result.Token == "" {
		t.Fatal(token)
	}
	for _, never := range []string{"<script>alert", "<b>bold", "<img", "<i>", DemoSecret, "the second factor", "the token", answer.Result.Token} {
		if strings.Contains(text, never) {
			t.Errorf("the page has %q", never)
		}
	}
	if p := a.Header().Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") || strings.Contains(p, "unsafe") {
		t.Errorf("policy %q", p)
	}
	if text := w.ask("GET", "/?pair=ETH%2FCAD", "").Body.String(); !strings.Contains(text, "The book is empty.") || !strings.Contains(text, "<h2>ETH/CAD") {
		t.Error("the other pair is not shown")
	}
	if a := w.ask("GET", "/?pair=%3Cscript%3E", ""); a.Code != 200 || !strings.Contains(a.Body.String(), "<h2>XBT/CAD") {
		t.Errorf("an unknown pair: %d", a.Code)
	}
}

func TestStreamTellsWhatChangesAndEndsWithTheVenue(t *testing.T) {
	s, _ := quiet(t, bare())
	web := httptest.NewServer(s.Control("the token"))
	defer web.Close()
	h := takeHelm(t, s)
	follow := func() *http.Response {
		r, err := http.NewRequestWithContext(context.Background(), "GET", web.URL+"/events?pair=XBTCAD", nil)
		if err != nil {
			t.Fatal(err)
		}
		p := &webPage{door: &door{token: "the token"}}
		r.Host = strings.TrimPrefix(web.URL, "http://")
		r.AddCookie(&http.Cookie{Name: cookieName(r), Value: p.pass()})
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	resp := follow()
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	next := func() (id, html string) {
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var p struct{ ID, HTML string }
				if err := json.Unmarshal([]byte(text), &p); err != nil {
					t.Fatal(err)
				}
				return p.ID, p.HTML
			}
		}
		return "", ""
	}
	for _, want := range pagePanels[:len(pagePanels)-1] { // there are no faults to tell of
		if id, _ := next(); id != want {
			t.Errorf("panel %q comes, want %q", id, want)
		}
	}
	h.demo("AddOrder", "pair", "XBTCAD", "type", "buy", "ordertype", "limit", "volume", "0.01", "price", "40000")
	changed := map[string]bool{}
	for !changed["requests"] { // the order stands before the request that placed it is noted
		id, html := next()
		if changed[id] = true; id == "" || id == "orders" && !strings.Contains(html, "limit 40000.0") {
			t.Fatalf("panel %q: %s", id, html)
		}
	}
	if !changed["orders"] || !changed["book"] || changed["faults"] || changed["chart"] {
		t.Errorf("changed panels: %v", changed)
	}
	var more []*http.Response
	for len(more) < mostStreams {
		more = append(more, follow())
	}
	if code := more[mostStreams-1].StatusCode; code != http.StatusServiceUnavailable {
		t.Errorf("page %d gets %d", mostStreams+1, code)
	}
	s.Close()
	for _, r := range append(more, resp) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Errorf("a stream breaks: %v", err)
		}
		r.Body.Close()
	}
}
