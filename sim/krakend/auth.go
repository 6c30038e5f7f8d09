package krakend

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"breakwater/exchange"
)

// The lockout: how many bad keys, signatures or nonces in a row bring it, and how long it
// lasts ("about 15 minutes", "Kraken spot API reference", section 4.1; the number is ours).
const (
	lockoutAfter = 10
	lockoutTime  = 15 * time.Minute
)

// Sign is Kraken's signature of a request: HMAC-SHA512 with the decoded secret over the
// path and the SHA-256 of the nonce and the body as sent (Kraken REST docs,
// Authentication).
func Sign(secret []byte, path, nonce string, body []byte) string {
	return base64.StdEncoding.EncodeToString(signature(secret, path, nonce, body))
}

func signature(secret []byte, path, nonce string, body []byte) []byte {
	inner := sha256.New()
	inner.Write([]byte(nonce))
	inner.Write(body)
	outer := hmac.New(sha512.New, secret)
	outer.Write([]byte(path))
	outer.Write(inner.Sum(nil))
	return outer.Sum(nil)
}

// equal compares without telling where two signatures differ.
func equal(a, b []byte) bool { return hmac.Equal(a, b) }

// request is a private call on its way to the venue.
type request struct {
	params
	name   string
	ip     string
	public string  // the key's public part as it was sent
	key    *apiKey // nil: unknown
	signed bool    // the signature is right
	otpAt  time.Time
}

// authenticate checks who asks, in Kraken's order: key, signature, nonce, second factor,
// address.
func (c *core) authenticate(r *request) error {
	if r.key == nil {
		if c.lockedOut(r.ip) {
			return errLockout
		}
		c.strangers[r.ip] = c.strangers[r.ip].after(c.now)
		return errInvalidKey
	}
	k := r.key
	if k.lockedUntil > c.now {
		k.lockedUntil = c.now.Add(lockoutTime)
		return errLockout
	}
	err := c.identify(r)
	if err == nil {
		k.wrong, k.lastUsed = 0, c.now
		return nil
	}
	if k.wrong++; k.wrong >= lockoutAfter {
		k.wrong, k.lockedUntil = 0, c.now.Add(lockoutTime)
	}
	return err
}

func (c *core) identify(r *request) error {
	k := r.key
	switch {
	case k.ValidUntil != 0 && c.now >= k.ValidUntil:
		return errInvalidKey
	case !r.signed:
		return errInvalidSignature
	}
	nonce, err := strconv.ParseUint(r.get("nonce"), 10, 64)
	if err != nil || !k.accept(nonce) {
		return errInvalidNonce
	}
	if k.OTP != "" && !goodOTP(k.OTP, r.get("otp"), r.otpAt) {
		return errInvalidSignature
	}
	if len(k.AllowedIPs) > 0 && !slices.Contains(k.AllowedIPs, r.ip) {
		return errPermission
	}
	return nil
}

// mostUsedNonces bounds what a nonce window makes a key remember.
const mostUsedNonces = 4096

// accept takes a nonce that is above the highest so far, or within the window below it
// and new.
func (k *apiKey) accept(n uint64) bool {
	if n <= k.floor || k.used[n] {
		return false
	}
	if n <= k.nonce && (k.NonceWindow == 0 || k.nonce-n > k.NonceWindow) {
		return false
	}
	k.nonce = max(k.nonce, n)
	if k.NonceWindow == 0 {
		k.floor = k.nonce
		return true
	}
	k.used[n] = true
	if len(k.used) > mostUsedNonces {
		// Of a window too wide to remember the lower part closes: the nonces of requests that
		// are under way beside this one lie above it.
		used := slices.Sorted(maps.Keys(k.used))
		k.floor = used[len(used)/2]
		for _, old := range used[:len(used)/2+1] {
			delete(k.used, old)
		}
	}
	return true
}

// stranger is an address that used keys nobody knows.
type stranger struct {
	wrong int
	until exchange.Stamp
}

// mostStrangers bounds the list of them.
const mostStrangers = 10_000

func (s stranger) after(now exchange.Stamp) stranger {
	if s.wrong++; s.wrong >= lockoutAfter {
		s = stranger{until: now.Add(lockoutTime)}
	}
	return s
}

func (c *core) lockedOut(ip string) bool {
	if len(c.strangers) > mostStrangers {
		clear(c.strangers)
	}
	s := c.strangers[ip]
	if s.until <= c.now {
		return false
	}
	s.until = c.now.Add(lockoutTime)
	c.strangers[ip] = s
	return true
}

// goodOTP checks a second factor: a password, or a code of RFC 6238 within one step.
func goodOTP(want, got string, now time.Time) bool {
	seed, timed := strings.CutPrefix(want, "totp:")
	if !timed {
		return hmac.Equal([]byte(want), []byte(got))
	}
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(strings.ToUpper(seed), "="))
	if err != nil {
		return false
	}
	for step := int64(-1); step <= 1; step++ {
		if got == totp(key, uint64(now.Unix()/30+step)) {
			return true
		}
	}
	return false
}

// totp is RFC 6238's code of six digits.
func totp(key []byte, step uint64) string {
	m := hmac.New(sha1.New, key)
	m.Write(binary.BigEndian.AppendUint64(nil, step))
	sum := m.Sum(nil)
	at := sum[len(sum)-1] & 15
	code := binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff
	return fmt.Sprintf("%06d", code%1_000_000)
}
