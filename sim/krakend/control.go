package krakend

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The control interface drives the venue itself: its clock, modes, accounts, keys, faults.
// It is not Kraken's and lives on a listener of its own; docs/venue.md and openapi.json
// describe it. Whoever has its token owns the venue.

// route is an endpoint of the control interface.
type route struct {
	method, path string // with {names} of its parts
	about        string
	query        []queryField
	in, out      any // what is sent and answered, for the description; nil: nothing
	change       func(*core, json.RawMessage) (any, error)
	look         func(*core, *question) (any, error)
	edge         func(*Server, *question) (any, error) // neither: what is not the core's
}

// name is how the state file calls a route.
func (r *route) name() string { return r.method + " " + r.path }

// parts are the names in a route's path.
func (r *route) parts() (names []string) {
	for _, p := range strings.Split(r.path, "/") {
		if strings.HasPrefix(p, "{") {
			names = append(names, strings.Trim(p, "{}"))
		}
	}
	return names
}

// queryField is a parameter behind the question mark.
type queryField struct{ name, about string }

// question is a request to the control interface.
type question struct {
	*http.Request
	body []byte
}

// refusal is an answer of the control interface that is no success.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

// change makes a route that changes the venue. What it is told goes into the state file.
func change[T any](method, path, about string, do func(*core, *T) (any, error), out any) route {
	return route{method: method, path: path, about: about, in: *new(T), out: out, change: func(c *core, body json.RawMessage) (any, error) {
		var told T
		if err := strict(body, &told); err != nil {
			return nil, refuse(http.StatusBadRequest, "%s", plainJSON(err))
		}
		return do(c, &told)
	}}
}

// plainJSON is an error of decoding without the package's name.
func plainJSON(err error) string {
	return "the body is not what this takes: " + strings.TrimPrefix(err.Error(), "json: ") + "; see /sim/openapi.json"
}

// look makes a route that only looks.
func look(path, about string, out any, do func(*core, *question) (any, error), query ...queryField) route {
	return route{method: http.MethodGet, path: path, about: about, out: out, look: do, query: query}
}

// commands are the changes by the names that the state file has for them.
var commands map[string]func(*core, json.RawMessage) (any, error)

// routes are all endpoints.
var routes []route

func init() {
	routes = slices.Concat(clockRoutes, marketRoutes, accountRoutes, keyRoutes, truthRoutes, faultRoutes)
	commands = map[string]func(*core, json.RawMessage) (any, error){}
	for i := range routes {
		if r := &routes[i]; r.change != nil {
			commands[r.name()] = r.change
		}
	}
}

// command carries out a change.
func (c *core) command(name string, body json.RawMessage) (any, error) {
	c.within = true
	defer func() { c.within = false }()
	return commands[name](c, body)
}

// told writes a change into the state file and carries it out.
func (c *core) told(name string, body json.RawMessage) (any, error) {
	if err := c.record(entry{Do: entryCommand, Name: name, Body: body}); err != nil {
		return nil, refuse(http.StatusServiceUnavailable, "%v", err)
	}
	return c.command(name, body)
}

// order is told for what this package itself wants.
func (c *core) order(name string, what any) {
	body, err := json.Marshal(what)
	if err == nil {
		_, err = c.told(name, body)
	}
	if err != nil && c.failed == nil {
		panic("BUG: " + name + ": " + err.Error())
	}
}

// Bounds of the control interface.
const (
	mostControlBytes = 1 << 20
	mostFeedBytes    = 16 << 20
)

// Control serves the control interface under /sim/ and the page for people at /, to those
// who have the token. hosts are the names, with ports, under which it is reached: a request
// for another is refused, so that no foreign web site gets in by a name of its own; none:
// any. An empty token lets nobody in.
func (s *Server) Control(token string, hosts ...string) http.Handler {
	mux := http.NewServeMux()
	for i := range routes {
		r := &routes[i]
		mux.HandleFunc(r.name(), func(w http.ResponseWriter, req *http.Request) { s.control(w, req, r) })
	}
	mux.HandleFunc("GET /sim/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(openAPI)
	})
	mux.HandleFunc("/sim/", func(w http.ResponseWriter, req *http.Request) {
		tell(w, nil, refuse(http.StatusNotFound, "there is no %s %s; /sim/openapi.json lists what there is", req.Method, req.URL.Path))
	})
	d := &door{token: token, hosts: hosts, inside: mux}
	d.page = &webPage{server: s, door: d, inside: mux}
	return d
}

// door lets those in who may.
type door struct {
	token  string
	hosts  []string
	inside http.Handler
	page   http.Handler
}

// ServeHTTP checks host, origin and token before anything else is looked at.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	switch {
	case len(d.hosts) > 0 && !slices.Contains(d.hosts, r.Host):
		tell(w, nil, refuse(http.StatusForbidden, "this venue is not %s; use the address that it printed", r.Host))
	case !strings.HasPrefix(r.URL.Path, "/sim/"):
		d.page.ServeHTTP(w, r)
	case r.URL.Path == "/sim/openapi.json":
		d.inside.ServeHTTP(w, r)
	case !d.knows(r):
		h.Set("WWW-Authenticate", "Bearer")
		tell(w, nil, refuse(http.StatusUnauthorized, "send the control token that the venue printed, as Authorization: Bearer TOKEN"))
	default:
		d.inside.ServeHTTP(w, r)
	}
}

// knows reports whether a request has the token.
func (d *door) knows(r *http.Request) bool {
	got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && d.is(got)
}

func (d *door) is(token string) bool {
	return d.token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(d.token)) == 1
}

// control answers one request.
func (s *Server) control(w http.ResponseWriter, req *http.Request, r *route) {
	q := &question{Request: req}
	result, err := s.asked(w, q, r)
	tell(w, result, err)
}

func (s *Server) asked(w http.ResponseWriter, q *question, r *route) (result any, err error) {
	most := int64(mostControlBytes)
	if strings.HasSuffix(r.path, "/feed") {
		most = mostFeedBytes
	}
	if q.body, err = io.ReadAll(http.MaxBytesReader(w, q.Body, most)); err != nil {
		return nil, refuse(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes, or was cut", most)
	}
	if err := q.fits(r); err != nil {
		return nil, err
	}
	if r.in != nil {
		if q.body, err = q.whole(r); err != nil {
			return nil, err
		}
	}
	if r.edge != nil {
		return r.edge(s, q)
	}
	if !s.do(func(c *core) {
		if r.change != nil {
			result, err = c.told(r.name(), q.body)
		} else {
			result, err = r.look(c, q)
		}
	}) {
		return nil, refuse(http.StatusServiceUnavailable, "the venue has ended")
	}
	return result, err
}

// fits refuses parameters that a route does not have.
func (q *question) fits(r *route) error {
	values, err := url.ParseQuery(q.URL.RawQuery)
	if err != nil {
		return refuse(http.StatusBadRequest, "the query is malformed")
	}
	for name := range values {
		if !slices.ContainsFunc(r.query, func(f queryField) bool { return f.name == name }) {
			return refuse(http.StatusBadRequest, "%s has no parameter %q; see /sim/openapi.json", r.path, name)
		}
	}
	return nil
}

// whole is the body with the parts of the path written into it.
func (q *question) whole(r *route) (json.RawMessage, error) {
	fields := map[string]json.RawMessage{}
	if len(bytes.TrimSpace(q.body)) > 0 {
		if err := strict(q.body, &fields); err != nil || fields == nil {
			return nil, refuse(http.StatusBadRequest, "the body must be one JSON object; see /sim/openapi.json")
		}
	}
	for _, name := range r.parts() {
		if _, twice := fields[name]; twice {
			return nil, refuse(http.StatusBadRequest, "%q stands in the path; leave it out of the body", name)
		}
		fields[name], _ = json.Marshal(q.PathValue(name))
	}
	return json.Marshal(fields)
}

// tell writes an answer of the control interface.
func tell(w http.ResponseWriter, result any, err error) {
	status := http.StatusOK
	if err != nil {
		status = http.StatusBadRequest
		var r *refusal
		if errors.As(err, &r) {
			status = r.status
		}
		result = object{{"error", strings.TrimPrefix(err.Error(), "krakend: ")}}
	}
	text, err := marshal(result)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"error":"the answer cannot be written"}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(append(text, '\n'))
}
