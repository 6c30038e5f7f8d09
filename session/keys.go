package session

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// A key file holds one line: a mark and the 32-byte seed of an Ed25519 key, in base64. It
// belongs on another machine than the session's: there the public key is enough.
const keyMark = "breakwater-arm-key "

// NewKey makes a key pair and puts the private key into a new file of mode 0600.
func NewKey(path string) (public string, err error) {
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", fmt.Errorf("session: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return "", Refused(fmt.Errorf("%s exists; a key is never overwritten: give another name", path))
	}
	if err != nil {
		return "", Wrong(fmt.Errorf("%s: %s", path, plainFileError(err)))
	}
	_, err = fmt.Fprintf(f, "%s%s\n", keyMark, base64.StdEncoding.EncodeToString(private.Seed()))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return "", fmt.Errorf("session: %s: %w", path, err)
	}
	return publicText(pub), nil
}

// Sign signs a challenge with the key of a file. It refuses a file that others may read.
func Sign(challenge, path string) (signature, public string, err error) {
	text, err := ChallengeText(challenge)
	if err != nil {
		return "", "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", "", Wrong(fmt.Errorf("%s: %s; make a key with breakwater sign --new-key %s", path, plainFileError(err), path))
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", "", Refused(fmt.Errorf("%s is open to others (mode %04o): the key may be known; make a new one, and keep it at 0600", path, info.Mode().Perm()))
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", "", Wrong(fmt.Errorf("%s: %s", path, plainFileError(err)))
	}
	line, marked := bytes.CutPrefix(bytes.TrimSpace(content), []byte(keyMark))
	seed, err := base64.StdEncoding.DecodeString(string(line))
	if !marked || err != nil || len(seed) != ed25519.SeedSize {
		return "", "", Wrong(fmt.Errorf("%s holds no key; make one with breakwater sign --new-key FILE", path))
	}
	private := ed25519.NewKeyFromSeed(seed)
	return base64.RawURLEncoding.EncodeToString(ed25519.Sign(private, []byte(text))), publicText(private.Public().(ed25519.PublicKey)), nil
}

// ParseSignature reads what Sign gave.
func ParseSignature(text string) ([]byte, error) {
	signature, err := base64.RawURLEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(signature) != ed25519.SignatureSize {
		return nil, Wrong(errors.New("this is no signature; give the word that breakwater sign printed, whole"))
	}
	return signature, nil
}

// publicMark begins a public key, so that nobody takes one for another.
const publicMark = "ed25519:"

func publicText(pub ed25519.PublicKey) string {
	return publicMark + base64.StdEncoding.EncodeToString(pub)
}

func parsePublic(text string) (ed25519.PublicKey, error) {
	encoded, marked := strings.CutPrefix(strings.TrimSpace(text), publicMark)
	pub, err := base64.StdEncoding.DecodeString(encoded)
	if !marked || err != nil || len(pub) != ed25519.PublicKeySize {
		return nil, errors.New("is no public key; write what breakwater sign --new-key printed, ed25519:…")
	}
	return pub, nil
}
