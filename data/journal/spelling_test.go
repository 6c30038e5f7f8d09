package journal

import (
	"bytes"
	"strings"
	"testing"

	"breakwater/exchange"
	"breakwater/risk"
)

// A text under its right hash is still refused when it is not what the writer writes.
func TestThereIsOneSpellingOfARecord(t *testing.T) {
	r := &risk.Record{
		Type: risk.RecDenial, Time: 1_559_217_600_250_000_000, OrderID: 7, Instrument: exchange.None, Slot: -1, Facts: exchange.FactBook | exchange.FactClock,
		Order:   &exchange.Order{ID: 7, Side: exchange.Sell, Qty: 12, Price: -5, PostOnly: true, Sent: 1},
		Reasons: []risk.Reason{{Control: risk.Drawdown, Fields: [3]risk.Field{{Key: "k", Value: 3}}}}, Text: "tab\there é",
	}
	line, _ := newChain(Head{}, "guard").record(r)
	line = bytes.Clone(line[:len(line)-1])
	for _, c := range []struct{ from, to, why string }{
		{`"order_id":7`, `"order_id":07`, "begins with 0"},
		{`"order_id":7`, `"order_id":+7`, "expected a number"},
		{`"order_id":7`, `"order_id":7.0`, "expected , or }"},
		{`"order_id":7`, `"order_id":"7"`, "expected a number"},
		{`"order_id":7`, `"order_id":0`, "says nothing"},
		{`"order_id":7`, `"order_id":18446744073709551616`, "out of range"},
		{`"order_id":7`, `"order_id": 7`, "expected a number"},
		{`"order_id":7`, `"order_id":7,"order_id":7`, `unknown or misplaced field "order_id"`},
		{`"order_id":7`, `"force":true,"order_id":7`, `unknown or misplaced field "force"`},
		{`"facts":`, `"instrument":-1,"facts":`, "says nothing"},
		{`"order_id":7`, `"level":"ACTIVE","order_id":7`, `unknown or misplaced field "level"`},
		{`"price":-5`, `"price":-0`, "minus zero"},
		{`"price":-5`, `"price":-9223372036854775809`, "out of range"},
		{`"price":-5`, `"price":-5,"trigger":0`, "says nothing"},
		{`"side":"sell",`, ``, "is missing"},
		{`"side":"sell"`, `"side":1`, "1 is written sell"},
		{`"side":"sell"`, `"side":"short"`, "unknown name"},
		{`"side":"sell"`, `"side":256`, "out of range"},
		{`"post_only":true`, `"post_only":false`, "expected true"},
		{`"instrument":0`, `"instrument":2147483648`, "out of range"},
		{`"sent":"1970-01-01T00:00:00.000000001Z"`, `"sent":"1970-01-01T00:00:00.1Z"`, "not a time"},
		{`["book","clock"]`, `["clock","book"]`, "fact"},
		{`["book","clock"]`, `["book","book"]`, "fact"},
		{`["book","clock"]`, `["book",4]`, "facts that have names"},
		{`["book","clock"]`, `["book""clock"]`, "expected , or ]"},
		{`["book","clock"]`, `[]`, "says nothing"},
		{`"fields":[{"key":"k","value":3}]`, `"fields":[{"key":"k","value":3},{}]`, "last element is zero"},
		{`"fields":[{"key":"k","value":3}]`, `"fields":[{"key":"k","value":3},{},{},{"key":"k"}]`, "more than 3"},
		{`"fields":[{"key":"k","value":3}]`, `"fields":[]`, "expected an object"},
		{`\u0009`, `\t`, "expected u00"},
		{`\u0009`, "\t", "control character"},
		{`\u0009`, `\u0041`, "another spelling"},
		{`\u0009`, `\u001G`, "none of ours"},
		{"é", "\xe9", "another spelling"},
		{`"text":"tab\u0009here é"`, `"text":""`, "says nothing"},
		{`"text":"tab\u0009here é"`, "\"text\":\"plain \xe9\"", "UTF-8"},
		{`"text":"tab\u0009here é"`, "\"text\":\"plain \t\"", "control character"},
		{`"src":"guard"`, `"src":"gu\u0061rd"`, "another spelling"},
		{`"type":"denial"`, `"type":3`, "is written denial"},
		{`"seq":1`, `"seq":0`, "counted from 1"},
		{`"prev":"`, `"prev":"0`, "expected the hash"},
		{`,"prev":`, `,"more":1,"prev":`, `expected ,"prev":"`},
		{`"time":"2019-05-30T12`, `"time":"2019-05-32T12`, "not a time"},
	} {
		changed := bytes.Replace(line, []byte(c.from), []byte(c.to), 1)
		if bytes.Equal(changed, line) {
			t.Fatalf("%s is not in %s", c.from, line)
		}
		changed = reseal(changed)
		_, why, err := newChecker().check(changed)
		if why != WhySyntax || !strings.Contains(err.why, c.why) {
			t.Errorf("%s for %s: %s %+v, want a syntax fault with %q", c.to, c.from, why, err, c.why)
		}
	}
}

func reseal(line []byte) []byte {
	sealed := Reseal(append(line, '\n'))
	return sealed[:len(sealed)-1]
}
