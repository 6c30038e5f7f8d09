package krakend_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"breakwater/exchange"
	"breakwater/sim/krakend"
)

//kraken:1.2 confirmed API-Sign is HMAC-SHA512 over path and SHA-256 of nonce and body: the published vector, and one with a JSON body
func TestSignatureIsTheOneOfThePublishedVector(t *testing.T) {
	secret, err := base64.StdEncoding.DecodeString(krakend.DemoSecret)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ body, want string }{
		{"nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25", "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="},
		{`{"nonce":"1616492376594","ordertype":"limit","pair":"XBTUSD","price":"37500","type":"buy","volume":"1.25"}`, "r/o+GpKxXjV/mls/r5CKLu5R+yzK5psqvQ4hXxMX1nzdxTBhV+ui82QGgPZMMitpFwCOAdPEZMmXgZxD2chJEg=="},
	} {
		if got := krakend.Sign(secret, "/0/private/AddOrder", "1616492376594", []byte(c.body)); got != c.want {
			t.Errorf("%s: signature %s", c.body, got)
		}
	}
}

//kraken:1.1 confirmed Private calls take form and JSON bodies; the nonce may be a string or a number
//kraken:1.2 confirmed The signature is checked over the raw bytes: order of parameters and percent-encoding do not matter
//kraken:1.2 confirmed A wrong signature is `EAPI:Invalid signature`, an unknown key `EAPI:Invalid key`
func TestSignatureIsOverTheBytesAsTheyWereSent(t *testing.T) {
	s := open(t, krakend.Config{})
	form := "application/x-www-form-urlencoded"
	for _, body := range []string{"nonce=2000001", "a=%7e&nonce=2000002", "nonce=2000003&b=1+2&&x"} {
		nonce := strings.TrimPrefix(body[strings.Index(body, "nonce="):], "nonce=")[:7]
		if a := s.send("Balance", nonce, form, body); len(a.Error) > 0 {
			t.Errorf("%s: %s", body, a.body)
		}
	}
	if a := s.send("Balance", "2000004", "application/json", `{"nonce": 2000004 , "x":null}`); len(a.Error) > 0 {
		t.Errorf("JSON with a number as nonce: %s", a.body)
	}
	s.send("Balance", "2000005", form, "nonce=2000006").fails(t, "EAPI:Invalid signature")
	wrong := s.with(krakend.DemoKey, base64.StdEncoding.EncodeToString([]byte("another secret")))
	wrong.nonce = 2000010
	wrong.post("Balance").fails(t, "EAPI:Invalid signature")
	s.with("nobody", krakend.DemoSecret).post("Balance").fails(t, "EAPI:Invalid key")
}

// keyed is a venue with an account for each key.
func keyed(t *testing.T, keys ...krakend.Key) []*site {
	t.Helper()
	accounts := []krakend.Account{}
	for i := range keys {
		k := &keys[i]
		k.Public, k.Secret = "key-"+string(rune('a'+i)), krakend.DemoSecret
		accounts = append(accounts, krakend.Account{Name: k.Public, Balances: map[string]string{"CAD": "1000", "XBT": "1"}, Keys: []krakend.Key{*k}})
	}
	s := open(t, krakend.Config{Accounts: accounts})
	sites := []*site{}
	for _, k := range keys {
		sites = append(sites, s.with(k.Public, k.Secret))
	}
	return sites
}

//kraken:1.3 confirmed A nonce is 64 bits unsigned, above the highest of its key, or within the key's window and unused
//kraken:1.3 confirmed A nonce that is not: `EAPI:Invalid nonce`
func TestNonceMustRise(t *testing.T) {
	all := keyed(t, krakend.Key{}, krakend.Key{NonceWindow: 10})
	strict, wide := all[0], all[1]
	try := func(s *site, nonce string, good bool) {
		t.Helper()
		a := s.send("Balance", nonce, "application/x-www-form-urlencoded", "nonce="+nonce)
		if good {
			if len(a.Error) > 0 {
				t.Errorf("nonce %s: %s", nonce, a.body)
			}
			return
		}
		a.fails(t, "EAPI:Invalid nonce")
	}
	try(strict, "100", true)
	try(strict, "100", false)
	try(strict, "99", false)
	try(strict, "18446744073709551615", true) // the largest of 64 bits
	try(strict, "18446744073709551616", false)
	try(strict, "", false)
	try(strict, "-5", false)
	try(wide, "100", true)
	try(wide, "95", true)
	try(wide, "95", false)
	try(wide, "90", true)
	try(wide, "89", false)
	try(wide, "101", true)
	try(wide, "100", false)
}

//kraken:4.1 confirmed Many wrong signatures or nonces in a row bring `EGeneral:Temporary lockout`, about 15 minutes, prolonged by further calls
//kraken:4.1 assumed Ten wrong ones in a row bring the lockout
func TestManyWrongSignaturesLockTheKey(t *testing.T) {
	all := keyed(t, krakend.Key{}, krakend.Key{})
	s := all[0]
	for range 10 {
		s.send("Balance", "1", "application/x-www-form-urlencoded", "nonce=2").fails(t, "EAPI:Invalid signature")
	}
	s.post("Balance").fails(t, "EGeneral:Temporary lockout")
	s.server.Step(14 * time.Minute)
	s.post("Balance").fails(t, "EGeneral:Temporary lockout") // which prolongs it
	s.server.Step(14 * time.Minute)
	s.post("Balance").fails(t, "EGeneral:Temporary lockout")
	s.server.Step(16 * time.Minute)
	var balance map[string]string
	s.post("Balance").into(t, &balance)
	all[1].post("Balance").into(t, &balance) // a stranger's key was never locked
}

//kraken:1.4 confirmed `otp` carries a key's second factor, a password
//kraken:1.4 assumed A wrong second factor is `EAPI:Invalid signature`; one that nobody asked for is ignored
//kraken:3.2 assumed An address that is not on the key's list gets `EGeneral:Permission denied`
//kraken:3.2 assumed An expired key is `EAPI:Invalid key`
func TestKeyWithSecondFactorAddressListOrEnd(t *testing.T) {
	all := keyed(t,
		krakend.Key{OTP: "sesame"}, krakend.Key{AllowedIPs: []string{"203.0.113.9"}}, krakend.Key{AllowedIPs: []string{"127.0.0.1", "::1"}},
		krakend.Key{ValidUntil: exchange.At(opening.Add(time.Minute))})
	var balance map[string]string
	all[0].post("Balance").fails(t, "EAPI:Invalid signature")
	all[0].post("Balance", "otp", "sesame").into(t, &balance)
	all[1].post("Balance").fails(t, "EGeneral:Permission denied")
	all[2].post("Balance").into(t, &balance)
	all[3].post("Balance").into(t, &balance)
	all[3].server.Step(time.Minute)
	all[3].post("Balance").fails(t, "EAPI:Invalid key")
}

// needs is the table of "Kraken spot API reference", section 3.1: what each endpoint
// wants, every list being one set that is enough.
var needs = map[string][]string{
	"Balance": {"query-funds"}, "BalanceEx": {"query-funds"}, "TradeVolume": {"query-funds"},
	"TradeBalance": {"query-open-trades"}, "OpenOrders": {"query-open-trades"}, "OpenPositions": {"query-open-trades"},
	"ClosedOrders": {"query-closed-trades"}, "TradesHistory": {"query-closed-trades"}, "QueryTrades": {"query-closed-trades"},
	"QueryOrders": {"query-open-trades", "query-closed-trades"}, "OrderAmends": {"query-open-trades", "query-closed-trades"},
	"Ledgers": {"query-ledger"}, "QueryLedgers": {"query-ledger"},
	"AddExport": {"export-data"}, "ExportStatus": {"export-data"}, "RetrieveExport": {"export-data"}, "RemoveExport": {"export-data"},
	"AddOrder": {"modify-trades"}, "AmendOrder": {"modify-trades", "close-trades"}, "CancelOrder": {"modify-trades", "close-trades"},
	"CancelAll": {"modify-trades", "close-trades"}, "CancelAllOrdersAfter": {"modify-trades", "close-trades"}, "CancelOrderBatch": {"modify-trades", "close-trades"},
	"EditOrder": {"modify-trades+close-trades"}, "AddOrderBatch": {"modify-trades+close-trades"},
	"GetWebSocketsToken": {"create-ws-token"}, "WithdrawMethods": {"query-funds+withdraw-funds"}, "GetApiKeyInfo": {""},
}

//kraken:3.1 confirmed Each endpoint asks for its permissions; otherwise `EGeneral:Permission denied`
func TestEachEndpointAsksForItsPermissions(t *testing.T) {
	all := []string{"query-funds", "withdraw-funds", "query-open-trades", "query-closed-trades", "modify-trades", "close-trades", "query-ledger", "export-data", "create-ws-token"}
	without := func(drop []string) []string {
		left := []string{}
		for _, p := range all {
			if !strings.Contains("+"+strings.Join(drop, "+")+"+", "+"+p+"+") {
				left = append(left, p)
			}
		}
		return left
	}
	denied := func(s *site, name string) bool {
		a := s.post(name)
		return len(a.Error) == 1 && a.Error[0] == "EGeneral:Permission denied"
	}
	for name, enough := range needs {
		var keys []krakend.Key
		var mayNot []bool
		for _, set := range enough {
			parts := strings.Split(set, "+")
			keys, mayNot = append(keys, krakend.Key{Permissions: strings.Fields(strings.Join(parts, " "))}), append(mayNot, false)
			if len(parts) > 1 {
				for _, p := range parts {
					keys, mayNot = append(keys, krakend.Key{Permissions: without([]string{p})}), append(mayNot, true)
				}
			}
		}
		if enough[0] != "" {
			keys, mayNot = append(keys, krakend.Key{Permissions: without(strings.Split(strings.Join(enough, "+"), "+"))}), append(mayNot, true)
		}
		for i := range keys {
			if keys[i].Permissions == nil {
				keys[i].Permissions = []string{}
			}
		}
		for i, s := range keyed(t, keys...) {
			if got := denied(s, name); got != mayNot[i] {
				t.Errorf("%s with %v: denied %v, want %v", name, keys[i].Permissions, got, mayNot[i])
			}
		}
	}
}

//kraken:3.2 confirmed GetApiKeyInfo needs no permission and tells permissions, window, allow-list and end; times are strings of unix seconds
//kraken:3.2 assumed Its keys are in camelCase
//kraken:3.2 confirmed WithdrawMethods needs query-funds and withdraw-funds, for the probe of a key
func TestKeyInfoSaysWhatTheKeyMay(t *testing.T) {
	s := keyed(t, krakend.Key{Name: "bot", Permissions: []string{"query-funds", "withdraw-funds"}, NonceWindow: 3, AllowedIPs: []string{"127.0.0.1"}})[0]
	want := `{"apiKeyName":"bot","apiKey":"key-a","nonce":"1000001","nonceWindow":3,"permissions":["query-funds","withdraw-funds"],"iban":"","validUntil":"0","queryFrom":"0","queryTo":"0","createdTime":"1785757800","modifiedTime":"1785757800","ipAllowlist":["127.0.0.1"],"lastUsed":"1785758400"}`
	if got := string(s.post("GetApiKeyInfo").Result); got != want {
		t.Errorf("%s", got)
	}
	if a := s.post("WithdrawMethods"); len(a.Error) > 0 {
		t.Errorf("WithdrawMethods: %s", a.body)
	}
}

//kraken:1.1 confirmed A name that is no endpoint, also in other letters, is `EGeneral:Unknown Method`
//kraken:1.5 assumed An unknown path is answered with status 200
func TestUnknownMethodsAndMethodsAreKrakensErrors(t *testing.T) {
	s := open(t, krakend.Config{})
	s.post("NoSuch").fails(t, "EGeneral:Unknown Method")
	s.post("balance").fails(t, "EGeneral:Unknown Method")
	for _, path := range []string{"/", "/0/", "/1/public/Time", "/0/private/"} {
		r, err := http.NewRequest("POST", s.http.URL+path, bytes.NewReader(nil))
		if err != nil {
			t.Fatal(err)
		}
		s.do(r).fails(t, "EGeneral:Unknown Method")
	}
}

func TestRequestsThatCrossAreNotRefusedWhenAWideNonceWindowFills(t *testing.T) {
	s := open(t, krakend.Config{Pairs: []krakend.Pair{{Symbol: "XBT/CAD", Bare: true}}, Accounts: []krakend.Account{func() krakend.Account {
		a := krakend.DemoAccount("demo")
		a.Unlimited = true
		return a
	}()}})
	for n := int64(2); n < 12_000; n += 2 { // each pair of requests arrives the wrong way round
		for _, nonce := range []int64{n + 1, n} {
			s.nonce = nonce - 1
			if a := s.post("GetApiKeyInfo"); len(a.Error) > 0 {
				t.Fatalf("nonce %d: %v", nonce, a.Error)
			}
		}
	}
	s.nonce = 1
	if a := s.post("GetApiKeyInfo"); len(a.Error) == 0 || a.Error[0] != "EAPI:Invalid nonce" {
		t.Errorf("a nonce from long ago: %v", a.Error)
	}
}
