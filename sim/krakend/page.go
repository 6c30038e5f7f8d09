package krakend

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"html/template"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// The page shows the venue to people and lets them disturb it. The server renders it; a
// stream replaces its panels as they change. It works without a script, too: then it has
// to be loaded again to see what is new.
//
// Whoever opens it with the token in the address gets a cookie, and the address without it.
// The cookie opens the page only, never /sim/, and is good for requests that the page itself
// makes: a foreign web site that sends one is refused by its origin, a foreign name for this
// address by the host.

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS []byte

//go:embed page.js
var pageJS []byte

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// pagePanels are the parts of the page that the stream replaces, by their id.
var pagePanels = []string{"state", "chart", "book", "trades", "orders", "balances", "requests", "faults"}

// pagePolicy lets the page load and reach nothing but its own server.
const pagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// webPage serves the page to who has the token or the cookie.
type webPage struct {
	server *Server
	door   *door
	inside http.Handler // the control interface
}

// cookieName holds the port: cookies are shared by all ports of a host.
func cookieName(r *http.Request) string {
	_, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		port = "0"
	}
	return "breakwater-venue-" + port
}

// pass is what the cookie holds: the token cannot be told from it.
func (p *webPage) pass() string {
	m := hmac.New(sha256.New, []byte(p.door.token))
	m.Write([]byte("page"))
	return hex.EncodeToString(m.Sum(nil))
}

// knows reports whether a request has the cookie and comes from the page itself, or from
// the address bar.
func (p *webPage) knows(r *http.Request) bool {
	c, err := r.Cookie(cookieName(r))
	if err != nil || p.door.token == "" || !hmac.Equal([]byte(c.Value), []byte(p.pass())) {
		return false
	}
	switch site := r.Header.Get("Sec-Fetch-Site"); {
	case site == "same-origin":
		return true
	case site == "none":
		return r.Method == http.MethodGet
	case site != "":
		return false
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	origin := r.Header.Get("Origin")
	return origin == scheme+r.Host || origin == "" && r.Method == http.MethodGet
}

// ServeHTTP serves the page, its parts, its stream and its buttons.
func (p *webPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("X-Frame-Options", "DENY")
	switch at := r.Method + " " + r.URL.Path; at {
	case "GET /page.css":
		h.Set("Content-Type", "text/css; charset=utf-8")
		w.Write(pageCSS)
	case "GET /page.js":
		h.Set("Content-Type", "text/javascript; charset=utf-8")
		w.Write(pageJS)
	case "GET /":
		if token := r.URL.Query().Get("token"); p.door.is(token) {
			http.SetCookie(w, &http.Cookie{Name: cookieName(r), Value: p.pass(), Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil})
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		if p.allowed(w, r) {
			p.show(w, r)
		}
	case "GET /events":
		if p.allowed(w, r) {
			p.stream(w, r)
		}
	case "POST /act":
		if p.allowed(w, r) {
			p.act(w, r)
		}
	default:
		http.Error(w, "There is nothing here. The page is at /.", http.StatusNotFound)
	}
}

func (p *webPage) allowed(w http.ResponseWriter, r *http.Request) bool {
	if p.knows(r) {
		return true
	}
	http.Error(w, "This is a simulated Kraken. Open its page by the address that it printed when it started: the one with the token.", http.StatusUnauthorized)
	return false
}

// show renders the whole page.
func (p *webPage) show(w http.ResponseWriter, r *http.Request) {
	v, ok := p.server.pageView(r.URL.Query().Get("pair"))
	if !ok {
		http.Error(w, "The venue has ended.", http.StatusServiceUnavailable)
		return
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, v); err != nil {
		http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(b.Bytes())
}

// act carries out a button: a request to the control interface, as anybody with the token
// may send it.
func (p *webPage) act(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, mostControlBytes)
	method, path, ok := strings.Cut(r.PostFormValue("do"), " ")
	if !ok || !strings.HasPrefix(path, "/sim/") {
		http.Error(w, "The button does nothing: this page is of another version than its server; load it again.", http.StatusBadRequest)
		return
	}
	inner, err := http.NewRequestWithContext(r.Context(), method, path, strings.NewReader(r.PostFormValue("body")))
	if err != nil {
		http.Error(w, "The button does nothing: "+err.Error(), http.StatusBadRequest)
		return
	}
	inner.RemoteAddr = r.RemoteAddr
	answer := &kept{header: http.Header{}, status: http.StatusOK}
	p.inside.ServeHTTP(answer, inner)
	if answer.status == http.StatusOK && r.Header.Get("Accept") != "application/json" { // a form without a script
		http.Redirect(w, r, "/?"+r.URL.RawQuery, http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Type", answer.header.Get("Content-Type"))
	w.WriteHeader(answer.status)
	w.Write(answer.body.Bytes())
}

// kept keeps an answer.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) WriteHeader(status int)      { k.status = status }
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }

// The stream's rhythm and bounds.
const (
	panelEvery  = 500 * time.Millisecond
	mostStreams = 16
	writeTime   = 10 * time.Second
)

// stream sends the panels that have changed until the page is closed or the venue ends.
func (p *webPage) stream(w http.ResponseWriter, r *http.Request) {
	if p.server.streams.Add(1) > mostStreams {
		p.server.streams.Add(-1)
		http.Error(w, "Too many pages are open.", http.StatusServiceUnavailable)
		return
	}
	defer p.server.streams.Add(-1)
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	shown := map[string]string{}
	every := time.NewTicker(panelEvery)
	defer every.Stop()
	for {
		control.SetReadDeadline(time.Time{}) // of the whole request: the stream has no end
		control.SetWriteDeadline(time.Now().Add(writeTime))
		v, ok := p.server.pageView(r.URL.Query().Get("pair"))
		if !ok || v.sendPanels(w, shown) != nil || control.Flush() != nil {
			return
		}
		select {
		case <-every.C:
		case <-r.Context().Done():
			return
		case <-p.server.done:
			return
		}
	}
}

// sendPanels writes the panels that differ from those that are shown, as events.
func (v *pageView) sendPanels(w io.Writer, shown map[string]string) error {
	for _, id := range pagePanels {
		var b bytes.Buffer
		if err := pageTemplate.ExecuteTemplate(&b, id, v); err != nil {
			return err
		}
		if b.String() == shown[id] {
			continue
		}
		shown[id] = b.String()
		text, err := json.Marshal(map[string]string{"id": id, "html": b.String()})
		if err != nil {
			return err
		}
		if _, err := w.Write(append(append([]byte("event: panel\ndata: "), text...), "\n\n"...)); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, ": \n\n") // so that an end of the other side is noticed
	return err
}
