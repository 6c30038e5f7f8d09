package krakend

import (
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"breakwater/exchange"
)

// streamPath is where WebSocket clients connect, for public and private channels alike.
const streamPath = "/v2"

// Handler serves Kraken's REST interface under /0/ and its WebSocket interface at /v2.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// raw is an answer that is no JSON: the ZIP of an export.
type raw []byte

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == streamPath {
		s.stream(w, r)
		return
	}
	v := &visit{wall: time.Now(), from: remoteIP(r), path: r.URL.Path, public: r.Header.Get("API-Key")}
	v.at = exchange.Stamp(s.now.Load())
	defer func() { // also of a request that a fault ends
		v.took = time.Since(v.wall)
		s.requests.add(v)
	}()
	if n := s.inFlight.Add(1); n > int64(s.config.MostRequests) {
		s.inFlight.Add(-1)
		err := failure("EService:Throttled:" + strconv.FormatInt(time.Now().Unix()+1, 10))
		v.ended(err)
		reply(w, nil, err)
		return
	}
	defer s.inFlight.Add(-1)
	if k := s.core.keys.find(v.public); k != nil {
		v.account, v.key = k.account.Name, k.Name
	}
	if f := s.faults.meet(v); f != nil {
		s.disturbed(w, r, v, f)
		return
	}
	result, err := s.answer(r, v)
	reply(w, result, err)
}

// answer carries a request out.
func (s *Server) answer(r *http.Request, v *visit) (result any, err error) {
	defer func() { v.ended(err) }()
	if name, ok := strings.CutPrefix(r.URL.Path, "/0/public/"); ok {
		return s.public(name, r, v)
	}
	if name, ok := strings.CutPrefix(r.URL.Path, "/0/private/"); ok {
		return s.private(name, r, v)
	}
	return nil, errUnknownMethod
}

// body reads a request's body, no more than a client has reason to send.
func body(r *http.Request) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r.Body, mostBodyBytes+1))
	if err != nil || len(b) > mostBodyBytes {
		return nil, errInvalidArguments
	}
	return b, nil
}

func (s *Server) public(name string, r *http.Request, v *visit) (result any, err error) {
	call, ok := publicCalls[name]
	if !ok {
		return nil, errUnknownMethod
	}
	query := r.URL.RawQuery
	if r.Method == http.MethodPost {
		b, err := body(r)
		if err != nil {
			return nil, err
		}
		query = string(b)
	}
	p, err := readForm(query)
	if err != nil {
		return nil, err
	}
	v.asks(p, len(query))
	if !s.do(func(c *core) { result, err = call(c, p) }) {
		return nil, errUnavailable
	}
	return result, err
}

func (s *Server) private(name string, r *http.Request, v *visit) (result any, err error) {
	call, ok := privateCalls[name]
	if !ok {
		return nil, errUnknownMethod
	}
	raw, err := body(r)
	if err != nil {
		return nil, err
	}
	req := &request{name: name, ip: remoteIP(r), otpAt: time.Now()}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		req.params, err = readJSON(raw)
	} else {
		req.params, err = readForm(string(raw))
	}
	if err != nil {
		return nil, err
	}
	v.asks(req.params, len(raw))
	req.public = v.public
	req.signed = s.verify(r, req, raw)
	if !s.do(func(c *core) {
		if v.twice {
			c.serve(req, &call)
		}
		if result, err = c.serve(req, &call); v.filter != "" && err == nil {
			result = c.filtered(result, v)
		}
	}) {
		return nil, errUnavailable
	}
	if s.faults.waiting.Load() > 0 {
		s.faults.passed(v.public, nil)
	}
	return result, err
}

// verify checks the signature over the bytes as they were sent.
func (s *Server) verify(r *http.Request, req *request, raw []byte) bool {
	k := s.core.keys.find(req.public)
	if k == nil {
		return false
	}
	got, err := base64.StdEncoding.DecodeString(r.Header.Get("API-Sign"))
	return err == nil && equal(got, signature(k.secret, r.URL.Path, req.get("nonce"), raw))
}

func remoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// reply writes an answer in Kraken's envelope. The status is 200 for errors too.
func reply(w http.ResponseWriter, result any, err error) {
	kind, b := envelope(result, err)
	w.Header().Set("Content-Type", kind)
	w.Write(b)
}

// envelope is an answer as it is sent, and what it is.
func envelope(result any, err error) (kind string, b []byte) {
	if zip, ok := result.(raw); ok && err == nil {
		return "application/octet-stream", zip
	}
	b = []byte(`{"error":[],"result":`)
	if err == nil {
		var text []byte
		if text, err = marshal(result); err == nil {
			b = append(append(b, text...), '}')
		}
	}
	if err != nil {
		b = append(append([]byte(`{"error":[`), quoted(inKrakensWords(err))...), `]}`...)
	}
	return "application/json; charset=utf-8", b
}

// inKrakensWords is an error as a client reads it.
func inKrakensWords(err error) string {
	f := errInternal
	errors.As(err, &f)
	return string(f)
}
