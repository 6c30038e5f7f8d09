package wire

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"breakwater/exchange/chaos"
)

// Transport puts the plan between a client and the transport that carries its requests.
func (f *Faults) Transport(base http.RoundTripper) http.RoundTripper { return &transport{f, base} }

type transport struct {
	f    *Faults
	base http.RoundTripper
}

// gatewayPage is what a proxy in front of the venue shows.
const gatewayPage = "<html><head><title>%d %s</title></head><body><center><h1>%[1]d %[2]s</h1></center><hr><center>cloudflare</center></body></html>\n"

// RoundTrip carries a request out as the plan says.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	call, private := callOf(req)
	if call == "" {
		if _, down := t.f.holds(chaos.Disconnect, "", ""); down && req.Header.Get("Upgrade") != "" {
			drop(req)
			return nil, errDown
		}
		return t.base.RoundTrip(req)
	}
	body, err := readBody(req)
	if err != nil {
		return nil, err
	}
	send := func() (*http.Response, error) {
		again := req.Clone(req.Context())
		if body != nil {
			again.Body, again.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		}
		return t.base.RoundTrip(again)
	}
	if private {
		if text := t.f.keyRefuses(call); text != "" {
			return refuse(req, text), nil
		}
	}
	resp, err := t.strike(t.f.strike(chaos.HTTP, call, ""), req, send)
	if err == nil {
		resp, err = t.f.rewrite(call, resp)
	}
	return resp, err
}

// strike sends a request as a rule says; the zero Rule says nothing.
func (t *transport) strike(r chaos.Rule, req *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
	switch r.Do {
	case chaos.Drop:
		if err := t.f.wait(req.Context(), r.Wait()); err != nil {
			return nil, err
		}
		return nil, timeout{}
	case chaos.HTML:
		return page(req, http.StatusOK), nil
	case chaos.TooMany:
		return page(req, http.StatusTooManyRequests), nil
	case chaos.Refuse:
		return refuse(req, r.Code), nil
	case chaos.Reorder:
		if err := t.f.hold(req.Context(), r.Wait()); err != nil {
			return nil, err
		}
		return send()
	case chaos.Duplicate:
		if err := swallow(send()); err != nil {
			return nil, err
		}
		return send()
	case chaos.ApplyThen502:
		if err := swallow(send()); err != nil {
			return nil, err
		}
		return page(req, http.StatusBadGateway), nil
	case chaos.TimeoutAfterApply:
		if err := swallow(send()); err != nil {
			return nil, err
		}
		if err := t.f.wait(req.Context(), r.Wait()); err != nil {
			return nil, err
		}
		return nil, timeout{}
	}
	resp, err := send()
	t.f.overtake()
	if err != nil {
		return nil, err
	}
	switch r.Do {
	case chaos.Delay:
		if err := t.f.wait(req.Context(), r.Wait()); err != nil {
			resp.Body.Close()
			return nil, err
		}
	case chaos.Truncate:
		return cut(resp)
	}
	return resp, nil
}

// callOf is Kraken's name of a call; "" for what is none of its REST interface.
func callOf(req *http.Request) (name string, private bool) {
	if name, ok := strings.CutPrefix(req.URL.Path, "/0/private/"); ok {
		return name, true
	}
	name, ok := strings.CutPrefix(req.URL.Path, "/0/public/")
	if !ok {
		return "", false
	}
	return name, false
}

// readBody takes a request's body, and closes it as a RoundTripper must.
func readBody(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	defer req.Body.Close()
	return io.ReadAll(req.Body)
}

func drop(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// swallow loses an answer.
func swallow(resp *http.Response, err error) error {
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// answer makes a response out of nothing.
func answer(req *http.Request, status int, kind, body string) *http.Response {
	return &http.Response{
		Status: strconv.Itoa(status) + " " + http.StatusText(status), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

func page(req *http.Request, status int) *http.Response {
	return answer(req, status, "text/html", fmt.Sprintf(gatewayPage, status, http.StatusText(status)))
}

// refuse is an error as Kraken words it, with the status 200 that it has.
func refuse(req *http.Request, text string) *http.Response {
	return answer(req, http.StatusOK, "application/json; charset=utf-8", `{"error":[`+strconv.Quote(text)+`]}`)
}

// cut breaks an answer off in its middle, as a connection that ends does.
func cut(resp *http.Response) (*http.Response, error) {
	b, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(b[:len(b)/2]), broken{}))
	return resp, nil
}

// broken is the rest of an answer that does not come.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
