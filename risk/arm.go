package risk

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"breakwater/exchange"
)

// The ceremony that re-enables trading takes two steps and a signature made on another
// machine: who has only this one can stop, but not start.
const (
	armWait   = time.Minute      // between request and confirmation, at least
	armWithin = 10 * time.Minute // and at most
	dayLength = 24 * time.Hour
	rampDays  = 14 // armed days before a step up
)

// ErrRefused is matched by every refusal of the ceremony.
var ErrRefused = errors.New("refused")

func refuse(format string, args ...any) error {
	return fmt.Errorf("arm: %w: %s", ErrRefused, fmt.Sprintf(format, args...))
}

// RequestArm begins the ceremony: it returns the challenge to be signed. random must be
// fresh for every request.
func (g *Guard) RequestArm(reason, incident string, random [16]byte) (challenge string, err error) {
	s := g.s
	if strings.TrimSpace(reason) == "" {
		return "", refuse("say why trading shall go on: --reason")
	}
	if len(g.key) != ed25519.PublicKeySize {
		return "", refuse("no public key is configured to verify a signature with")
	}
	causes := make([]string, 0, len(s.latches))
	for _, l := range s.latches {
		causes = append(causes, l.control.String())
	}
	challenge = fmt.Sprintf("breakwater-arm-1 %s %d latches=%s limits=%016x incident=%q reason=%q",
		hex.EncodeToString(random[:]), int64(s.now), strings.Join(causes, ","), fnv(limitsText(&s.limits)), incident, reason)
	return challenge, g.write(Record{Type: RecArmRequest, Text: challenge}, true)
}

// ConfirmArm ends the ceremony: at least a minute and at most ten after the request, with
// a signature of the challenge. It is refused while the kill switch is present or the
// books are not in order. Every latch is lifted by a record of its own, a new high-water
// mark begins, and one dry cycle must pass before orders go out. A HALT has taken the ramp
// a step down already; enough armed days with a profit take it a step up.
func (g *Guard) ConfirmArm(challenge string, signature []byte) error {
	s := g.s
	switch {
	case s.host.challenge == "" || challenge != s.host.challenge:
		return refuse("this challenge is not open; each serves once: run breakwater arm request")
	case s.now.Sub(s.host.asked) < armWait:
		return refuse("too early; wait until a minute after the request has passed")
	case s.now.Sub(s.host.asked) > armWithin:
		return refuse("too late; the request is older than ten minutes: run breakwater arm request")
	case len(g.key) != ed25519.PublicKeySize || !ed25519.Verify(g.key, []byte(challenge), signature):
		return refuse("the signature does not fit the challenge and the configured key")
	case g.kill.Present():
		return refuse("the KILL file is still there; remove it first")
	case !s.adopted || !s.synced || !s.day.started:
		return refuse("no valid balances and prices yet, so there is no baseline for losses")
	case s.acct.unknown > 0:
		return refuse("%d orders have an unknown outcome", s.acct.unknown)
	case s.link.differs != nil:
		return refuse("the books and the venue's do not agree")
	case KeyPolicy.Applicable(s.facts) && !s.host.key:
		return refuse("the key did not pass its check")
	}
	for _, c := range hostChecks {
		if s.facts&exchange.FactHost != 0 && s.host.checks[c] != passed {
			return refuse("%s does not hold", c)
		}
	}
	if err := g.write(Record{Type: RecArm, Until: s.now.Add(min(s.limits.Lease, 365*dayLength)), Text: limitsText(&s.limits)}, true); err != nil {
		return err
	}
	for len(s.latches) > 0 && g.failed == nil {
		l := s.latches[0]
		g.lift(&l, "lifted by the ceremony")
	}
	g.newHigh()
	if n := len(s.limits.Ramp); n > 0 {
		switch {
		case s.host.days >= rampDays && s.host.net > 0 && s.host.ramp < n-1:
			g.write(Record{Type: RecRamp, Count: int64(s.host.ramp + 1)}, true)
		}
	}
	return g.failed
}
