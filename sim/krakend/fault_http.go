package krakend

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"breakwater/exchange/money"
)

// disturbed answers a request as a fault has it.
func (s *Server) disturbed(w http.ResponseWriter, r *http.Request, v *visit, f *fault) {
	if !f.verb.applied {
		s.refused(w, r, v, f)
		return
	}
	var own <-chan struct{}
	switch f.Do {
	case "delay":
		s.pause(r, f.wait, nil)
	case "reorder":
		own = s.faults.hold(v.public)
		s.pause(r, f.wait, own)
		defer s.faults.passed(v.public, own)
	case "duplicate":
		v.twice = true
	case "hide-order", "zero-balances":
		v.filter, v.since = f.Do, f.since
	}
	result, err := s.answer(r, v)
	switch f.Do {
	case "delay-after-apply":
		s.pause(r, f.wait, nil)
	case "drop-after-apply":
		panic(http.ErrAbortHandler)
	case "timeout-after-apply":
		s.pause(r, f.wait, nil)
		panic(http.ErrAbortHandler)
	case "apply-then-502":
		gateway(w, http.StatusBadGateway)
		return
	case "truncate":
		kind, b := envelope(result, err)
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		w.Write(b[:len(b)/2])
		http.NewResponseController(w).Flush() // what cannot be flushed is as truncated
		panic(http.ErrAbortHandler)
	}
	reply(w, result, err)
}

// refused ends a request that does not reach the venue.
func (s *Server) refused(w http.ResponseWriter, r *http.Request, v *visit, f *fault) {
	if f.Do == "drop" {
		panic(http.ErrAbortHandler)
	}
	if _, err := body(r); err != nil { // so that the connection can go on
		v.ended(err)
		reply(w, nil, err)
		return
	}
	switch f.Do {
	case "error":
		v.ended(failure(f.Code))
		reply(w, nil, failure(f.Code))
	case "429":
		gateway(w, http.StatusTooManyRequests)
	case "html":
		status := f.Status
		if status == 0 {
			status = gatewayStatus
		}
		gateway(w, status)
	default:
		panic("BUG: no fault " + f.Do)
	}
}

// gateway answers as the proxy before Kraken does: with a page, not with JSON.
func gateway(w http.ResponseWriter, status int) {
	text := http.StatusText(status)
	if text == "" {
		text = "Web server is returning an unknown error"
	}
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>api.kraken.com | %d: %s</title></head><body><h1>Error %d</h1><p>%s</p></body></html>\n", status, text, status, text)
}

// pause waits in our time: until then, or free, or nobody waits for the answer any more.
func (s *Server) pause(r *http.Request, d time.Duration, free <-chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-free:
	case <-r.Context().Done():
	case <-s.done:
	}
}

// filtered is an answer without what a fault hides.
func (c *core) filtered(result any, v *visit) any {
	top, ok := result.(object)
	if !ok {
		return result
	}
	if v.filter == "zero-balances" {
		return c.emptied(top, v.name())
	}
	switch v.name() {
	case "OpenOrders", "ClosedOrders", "TradesHistory":
		out := object{}
		for _, m := range top {
			if rows, ok := m.value.(object); ok {
				m.value = c.older(rows, v)
			}
			out = append(out, m)
		}
		return out
	case "QueryOrders":
		return c.older(top, v)
	}
	return result
}

// older are the rows whose orders were there before the rule.
func (c *core) older(rows object, v *visit) object {
	kept := object{}
	for _, m := range rows {
		o := c.byTxid[m.key]
		if f := c.byFill[m.key]; f != nil {
			o = f.order
		}
		if o == nil || o.opened < v.since {
			kept = append(kept, m)
		}
	}
	return kept
}

// emptied are balances of nothing.
func (c *core) emptied(top object, name string) object {
	if name != "Balance" && name != "BalanceEx" {
		return top
	}
	out := object{}
	for _, m := range top {
		asset, ok := c.asset(m.key)
		if !ok {
			continue
		}
		zero := money.Format(0, asset.Decimals)
		if name == "Balance" {
			out = append(out, member{m.key, zero})
		} else {
			out = append(out, member{m.key, object{{"balance", zero}, {"hold_trade", zero}}})
		}
	}
	return out
}
