package krakend

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"breakwater/exchange"
)

// A fault is something that the way to Kraken does to a request, or Kraken to an answer.
// Faults are rules: what they do, to which requests, how often. They live beside the venue
// and change nothing in it but by what they let through, so that its books stay exact
// under any of them. They are not in the state file: a venue that starts again is healthy.

// verb is what a fault does.
type verb struct {
	name, about string
	applied     bool          // the request reaches the venue
	wait        time.Duration // how long, where the rule does not say; 0: it does not wait
}

// verbs of HTTP. Waits are in our time.
var verbs = []verb{
	{"drop", "the connection ends before the request is read: not applied", false, 0},
	{"delay", "the request arrives late, and is applied then", true, 2 * time.Second},
	{"reorder", "the request waits until another one of the same key has overtaken it", true, 2 * time.Second},
	{"duplicate", "the request arrives twice; the answer is the second one's, mostly EAPI:Invalid nonce", true, 0},
	{"error", "answered with the error in code; not applied", false, 0},
	{"html", "answered by the gateway with an HTML page and status, 520 unless told; not applied", false, 0},
	{"429", "answered by the gateway with 429 Too Many Requests; not applied", false, 0},
	{"delay-after-apply", "applied; the answer comes late", true, 2 * time.Second},
	{"drop-after-apply", "applied; the connection ends without an answer", true, 0},
	{"timeout-after-apply", "applied; no answer comes, until the connection ends", true, 20 * time.Second},
	{"apply-then-502", "applied; the gateway answers with an HTML page and status 502", true, 0},
	{"truncate", "applied; the connection ends in the middle of the answer", true, 0},
	{"hide-order", "OpenOrders, ClosedOrders, QueryOrders and TradesHistory leave out orders younger than the rule", true, 0},
	{"zero-balances", "Balance and BalanceEx tell of nothing", true, 0},
}

// faultMaking is a new rule.
type faultMaking struct {
	Do      string `json:"do" doc:"what: see the table in docs/venue.md"`
	On      string `json:"on,omitempty" doc:"endpoints with | between them: AddOrder|CancelOrder; without it every private one. Of a stream's fault channels or methods: book|add_order; without it all"`
	Account string `json:"account,omitempty" doc:"requests of this account only"`
	After   int    `json:"after,omitempty" doc:"let so many requests pass first"`
	Times   int    `json:"times,omitempty" doc:"how often at most; 0: no end"`
	For     string `json:"for,omitempty" doc:"how long, in the venue's time, as 45s"`
	Chance  int    `json:"chance,omitempty" doc:"percent of the requests it would meet; 0: all"`
	Wait    string `json:"wait,omitempty" doc:"of those that wait, in our time, as 500ms; at most 25s"`
	Code    string `json:"code,omitempty" doc:"of error: Kraken's text, as EService:Busy"`
	Status  int    `json:"status,omitempty" doc:"of html: 400 to 599"`
}

// faultView is a rule and what it has done.
type faultView struct {
	ID string `json:"id"`
	faultMaking
	Seen  int  `json:"seen" doc:"requests that it could have met"`
	Fired int  `json:"fired"`
	Over  bool `json:"over" doc:"it meets nothing any more"`
}

// fault is a rule in force.
type fault struct {
	faultMaking
	id     uint64
	verb   verb
	stream bool // it is about frames
	on     []string
	since  exchange.Stamp
	until  exchange.Stamp
	wait   time.Duration
	seen   int
	fired  int
	chance *rand.Rand
}

// faultTable holds the rules, the oldest first.
type faultTable struct {
	mu    sync.Mutex
	rules []*fault
	next  uint64
	held  []hold // requests that wait to be overtaken

	waiting atomic.Int64 // len(held), for who only wants to know whether there are any
}

type hold struct {
	public string
	free   chan struct{}
}

const (
	mostFaults    = 1000
	longestWait   = 25 * time.Second // below the server's own patience
	gatewayStatus = 520
)

var faultRoutes = []route{
	{method: http.MethodGet, path: "/sim/faults", about: "The rules in force and those that are over.", out: []faultView{}, edge: (*Server).listFaults},
	{method: http.MethodPost, path: "/sim/faults", about: "Adds a rule. Of several that meet a request the oldest acts.", in: faultMaking{}, out: faultView{}, edge: (*Server).makeFault},
	{method: http.MethodDelete, path: "/sim/faults", about: "Ends all faults.", out: []faultView{}, edge: (*Server).clearFaults},
	{method: http.MethodDelete, path: "/sim/faults/{fault}", about: "Ends one.", out: faultView{}, edge: (*Server).endFault},
}

// newFault checks a rule.
func newFault(t faultMaking, now exchange.Stamp) (*fault, error) {
	t.Do = strings.ReplaceAll(t.Do, "_", "-")
	f := &fault{faultMaking: t, since: now, until: exchange.Never}
	stream, err := f.asStream()
	if !stream {
		err = f.asCall()
	}
	if err != nil {
		return nil, err
	}
	if t.For != "" {
		d, err := time.ParseDuration(t.For)
		if err != nil || d <= 0 || d > longestSpan {
			return nil, refuse(http.StatusBadRequest, "for %q is no time span; write it like 45s", t.For)
		}
		f.until = now.Add(d)
	}
	if t.Wait != "" {
		d, err := time.ParseDuration(t.Wait)
		if err != nil || d <= 0 || d > longestWait || f.verb.wait == 0 {
			return nil, refuse(http.StatusBadRequest, "wait %q does not do for %s; give a time span up to %v, to those that wait", t.Wait, t.Do, longestWait)
		}
		f.wait = d
	}
	switch {
	case t.After < 0 || t.Times < 0 || t.Chance < 0 || t.Chance > 100:
		return nil, refuse(http.StatusBadRequest, "after and times count from 0, chance goes from 0 to 100")
	case (t.Do == "error") != (t.Code != ""):
		return nil, refuse(http.StatusBadRequest, "code goes with error, and error with a code, like EService:Busy")
	case t.Status != 0 && (t.Do != "html" || t.Status < 400 || t.Status > 599):
		return nil, refuse(http.StatusBadRequest, "status goes with html, from 400 to 599")
	}
	return f, nil
}

// asCall makes a rule one of REST.
func (f *fault) asCall() error {
	i := slices.IndexFunc(verbs, func(v verb) bool { return v.name == f.Do })
	if i < 0 {
		names := []string{}
		for _, v := range slices.Concat(verbs, streamVerbs) {
			names = append(names, v.name)
		}
		return refuse(http.StatusBadRequest, "there is no fault %q; there are %s", f.Do, strings.Join(names, ", "))
	}
	f.verb = verbs[i]
	f.wait = f.verb.wait
	for _, name := range strings.FieldsFunc(f.On, func(r rune) bool { return r == '|' }) {
		_, private := privateCalls[name]
		if _, public := publicCalls[name]; !private && !public {
			return refuse(http.StatusBadRequest, "on: there is no endpoint %q", name)
		}
		f.on = append(f.on, name)
	}
	return nil
}

// meet is the rule that acts on a request, nil when none does.
func (t *faultTable) meet(v *visit) *fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.rules {
		if f.stream || f.over(v.at) || !f.about(v) {
			continue
		}
		if f.seen++; f.seen <= f.After || f.Chance > 0 && f.chance.IntN(100) >= f.Chance {
			continue
		}
		f.fired++
		v.fault = f.Do
		return f
	}
	return nil
}

func (f *fault) over(now exchange.Stamp) bool {
	return now >= f.until || f.Times > 0 && f.fired >= f.Times
}

// about reports whether a request is one that the rule is for.
func (f *fault) about(v *visit) bool {
	if f.Account != "" && f.Account != v.account {
		return false
	}
	if len(f.on) == 0 {
		return strings.HasPrefix(v.path, "/0/private/")
	}
	return strings.HasPrefix(v.path, "/0/") && slices.Contains(f.on, v.name())
}

func (f *fault) view(now exchange.Stamp) faultView {
	return faultView{ID: strconv.FormatUint(f.id, 10), faultMaking: f.faultMaking, Seen: f.seen, Fired: f.fired, Over: f.over(now)}
}

// hold makes a request wait to be overtaken by another one of its key.
func (t *faultTable) hold(public string) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := hold{public, make(chan struct{})}
	t.held = append(t.held, h)
	t.waiting.Store(int64(len(t.held)))
	return h.free
}

// passed lets go what waited for a request of a key; only its own hold it does not let go.
func (t *faultTable) passed(public string, own <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held = slices.DeleteFunc(t.held, func(h hold) bool {
		switch {
		case h.free == own:
			return true
		case h.public == public:
			close(h.free)
			return true
		}
		return false
	})
	t.waiting.Store(int64(len(t.held)))
}

func (s *Server) listFaults(*question) (any, error) {
	t := &s.faults
	t.mu.Lock()
	defer t.mu.Unlock()
	views := []faultView{}
	for _, f := range t.rules {
		views = append(views, f.view(exchange.Stamp(s.now.Load())))
	}
	return views, nil
}

func (s *Server) makeFault(q *question) (any, error) {
	defer s.disturbStreams()
	var told faultMaking
	if err := strict(q.body, &told); err != nil {
		return nil, refuse(http.StatusBadRequest, "%s", plainJSON(err))
	}
	now := exchange.Stamp(s.now.Load())
	f, err := newFault(told, now)
	if err != nil {
		return nil, err
	}
	t := &s.faults
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.rules) >= mostFaults {
		t.rules = slices.DeleteFunc(t.rules, func(f *fault) bool { return f.over(now) })
	}
	if len(t.rules) >= mostFaults {
		return nil, refuse(http.StatusConflict, "there are %d faults in force; end some", mostFaults)
	}
	t.next++
	f.id, f.chance = t.next, rand.New(rand.NewPCG(s.config.Seed, t.next))
	t.rules = append(t.rules, f)
	return f.view(now), nil
}

func (s *Server) clearFaults(*question) (any, error) {
	defer s.disturbStreams()
	t := &s.faults
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rules = nil
	return []faultView{}, nil
}

func (s *Server) endFault(q *question) (any, error) {
	defer s.disturbStreams()
	t := &s.faults
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, f := range t.rules {
		if strconv.FormatUint(f.id, 10) == q.PathValue("fault") {
			t.rules = slices.Delete(t.rules, i, i+1)
			return f.view(exchange.Stamp(s.now.Load())), nil
		}
	}
	return nil, refuse(http.StatusNotFound, "there is no fault %q; /sim/faults lists them", q.PathValue("fault"))
}
