package session

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"time"

	"breakwater/exchange"
)

// parseTime reads a date or an instant, in UTC.
func parseTime(text string) (exchange.Stamp, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, text, time.UTC); err == nil && t.Year() > 1970 && t.Year() < 2200 {
			return exchange.At(t), nil
		}
	}
	return 0, fmt.Errorf("%q is no time", text)
}

// indexed is the path of a list's entry.
func indexed(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

// fileSum is the SHA-256 of a file as it lies on disk.
func fileSum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", Wrong(fmt.Errorf("%s: %s", path, plainFileError(err)))
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("session: %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
