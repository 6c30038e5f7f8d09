package krakend

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Whatever the control interface is told, it answers as JSON, no fault of ours, and the
// books hold.
func FuzzControl(f *testing.F) {
	for i, body := range []string{`{}`, `{"step":"1h"}`, `{"do":"gap","percent":-5}`, `{"asset":"CAD","amount":"1"}`, `{"csv":"1,2,3,4,5,6,7"}`, `{"preset":"calm","price":"1"}`, `{"tick_size":"0.5"}`, `null`, `{"a":`} {
		f.Add(uint8(i*5), "demo", "limit=3", body)
	}
	f.Fuzz(func(t *testing.T, which uint8, name, query, body string) {
		s, _ := quiet(t, Config{Pairs: []Pair{{Symbol: "XBT/CAD"}, {Symbol: "ETH/CAD", Bare: true}}})
		door := s.Control("the token")
		r := &routes[int(which)%len(routes)]
		path := r.path
		for _, part := range r.parts() {
			path = strings.Replace(path, "{"+part+"}", url.PathEscape(name), 1)
		}
		req, err := http.NewRequest(r.method, "http://venue"+path+"?"+url.QueryEscape(query), strings.NewReader(body))
		if err != nil || strings.Contains(body, "h") && strings.HasSuffix(path, "/time") && len(body) > 40 {
			return
		}
		req.Header.Set("Authorization", "Bearer the token")
		w := httptest.NewRecorder()
		door.ServeHTTP(w, req)
		if w.Code >= 500 || w.Code == 200 && !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
			t.Errorf("%s %s: %d %s", r.method, path, w.Code, w.Body)
		}
		s.Step(2 * time.Second)
		if look := s.look(); look.Audit != "" {
			t.Errorf("%s %s %s: %s", r.method, path, body, look.Audit)
		}
	})
}

// Whatever is in a state file, a venue begins from it or says why not.
func FuzzStateFile(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, "good")
	config := Config{Pairs: []Pair{{Symbol: "XBT/CAD", Bare: true}}, Lockstep: true, Start: time.Date(2026, 8, 3, 12, 0, 0, 0, time.UTC), State: path}
	s, err := New(config)
	if err != nil {
		f.Fatal(err)
	}
	s.Step(time.Second)
	s.SetStatus(1)
	s.Close()
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	begin, rest, _ := strings.Cut(string(good), "\n")
	f.Add(rest)
	f.Add(rest + `{"do":"call","t":1,"n":[1,0],"name":"AddOrder"}` + "\n")
	f.Add(`{"do":"stream","t":1754222400000000000,"wall":1,"n":[0,0],"name":"add_order","key":"` + DemoKey + `","body":{"symbol":5}}` + "\n")
	f.Fuzz(func(t *testing.T, lines string) {
		c := config
		c.State = filepath.Join(t.TempDir(), "state")
		if strings.Contains(lines, `"step"`) && len(lines) > 4000 {
			return
		}
		if err := os.WriteFile(c.State, []byte(begin+"\n"+lines), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := New(c)
		if err != nil {
			if !strings.Contains(err.Error(), c.State) {
				t.Errorf("the refusal does not name the file: %v", err)
			}
			return
		}
		if look := s.look(); look.Audit != "" {
			t.Error(look.Audit)
		}
		s.Close()
	})
}
