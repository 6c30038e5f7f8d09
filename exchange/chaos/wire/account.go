package wire

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/chaos"
)

// keyRefuses is Kraken's text for a key that may not make a call; "" when it may.
func (f *Faults) keyRefuses(call string) string {
	if _, on := f.holds(chaos.Revoke, "", ""); on {
		return "EAPI:Invalid key"
	}
	if _, on := f.holds(chaos.IPBlock, "", ""); on {
		return "EGeneral:Permission denied"
	}
	if f.strike(chaos.Key, call, "").Do == chaos.ForeignNonce {
		return "EAPI:Invalid nonce"
	}
	return ""
}

// rewrite changes what the venue's lists show.
func (f *Faults) rewrite(call string, resp *http.Response) (*http.Response, error) {
	lists := map[string]string{chaos.OpenOrders: "open", chaos.ClosedOrders: "closed", chaos.TradesHistory: "trades"}
	since, hidden := f.holds(chaos.HideOrder, call, "")
	_, zero := f.holds(chaos.ZeroBalances, "", "")
	list := lists[call]
	if zero = zero && call == chaos.Balance; !zero && (!hidden || list == "") {
		return resp, nil
	}
	b, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	if zero {
		b = zeroed(b)
	} else {
		b = without(b, list, since)
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	resp.Header.Del("Content-Length")
	return resp, nil
}

// without takes out of a list what is as young as an instant: orders by when they were
// opened, trades by their time. What is no such list stays.
func without(b []byte, list string, since exchange.Stamp) []byte {
	var a struct {
		Error  []string                   `json:"error"`
		Result map[string]json.RawMessage `json:"result"`
	}
	var rows map[string]json.RawMessage
	if json.Unmarshal(b, &a) != nil || json.Unmarshal(a.Result[list], &rows) != nil {
		return b
	}
	for id, row := range rows {
		var when struct{ Opentm, Time float64 }
		if json.Unmarshal(row, &when) == nil && exchange.Stamp(max(when.Opentm, when.Time)*float64(time.Second)) >= since {
			delete(rows, id)
		}
	}
	return again(b, a, func() error {
		text, err := json.Marshal(rows)
		a.Result[list] = text
		return err
	})
}

func zeroed(b []byte) []byte {
	var a struct {
		Error  []string          `json:"error"`
		Result map[string]string `json:"result"`
	}
	if json.Unmarshal(b, &a) != nil {
		return b
	}
	return again(b, a, func() error {
		for asset := range a.Result {
			a.Result[asset] = "0.0000"
		}
		return nil
	})
}

// again is an answer after a change; as it was when it cannot be made.
func again(b []byte, a any, change func() error) []byte {
	if change() != nil {
		return b
	}
	text, err := json.Marshal(a)
	if err != nil {
		return b
	}
	return text
}
