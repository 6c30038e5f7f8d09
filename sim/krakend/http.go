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
	if n := s.inFlight.Add(1); n > int64(s.config.MostRequests) {
		s.inFlight.Add(-1)
		reply(w, nil, failure("EService:Throttled:"+strconv.FormatInt(time.Now().Unix()+1, 10)))
		return
	}
	defer s.inFlight.Add(-1)
	result, err := s.answer(r)
	reply(w, result, err)
}

// answer carries a request out.
func (s *Server) answer(r *http.Request) (any, error) {
	if name, ok := strings.CutPrefix(r.URL.Path, "/0/public/"); ok {
		return s.public(name, r)
	}
	if name, ok := strings.CutPrefix(r.URL.Path, "/0/private/"); ok {
		return s.private(name, r)
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

func (s *Server) public(name string, r *http.Request) (result any, err error) {
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
	if !s.do(func(c *core) { result, err = call(c, p) }) {
		return nil, errUnavailable
	}
	return result, err
}

func (s *Server) private(name string, r *http.Request) (result any, err error) {
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
	req.public = r.Header.Get("API-Key")
	req.signed = s.verify(r, req, raw)
	if !s.do(func(c *core) { result, err = c.serve(req, &call) }) {
		return nil, errUnavailable
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
	if zip, ok := result.(raw); ok && err == nil {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Write(zip)
		return
	}
	b := []byte(`{"error":[],"result":`)
	if err == nil {
		var text []byte
		if text, err = marshal(result); err == nil {
			b = append(append(b, text...), '}')
		}
	}
	if err != nil {
		f := errInternal
		errors.As(err, &f)
		b = append(append([]byte(`{"error":[`), quoted(string(f))...), `]}`...)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(b)
}
