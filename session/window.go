package session

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"time"

	"breakwater/data"
	"breakwater/exchange"
)

// barWindow lets through the bars that open from one instant on and before another.
type barWindow struct {
	data.BarSource
	from, to exchange.Stamp
}

func (w *barWindow) NextBar(b *data.Bar) error {
	for {
		if err := w.BarSource.NextBar(b); err != nil || b.Time >= w.from && b.Time < w.to {
			return err
		}
		if b.Time >= w.to {
			return io.EOF
		}
	}
}

// tradeWindow lets through the trades from one instant on and before another.
type tradeWindow struct {
	data.TradeSource
	from, to exchange.Stamp
}

func (w *tradeWindow) NextTrade(t *data.Trade) error {
	for {
		if err := w.TradeSource.NextTrade(t); err != nil || t.Time >= w.from && t.Time < w.to {
			return err
		}
		if t.Time >= w.to {
			return io.EOF
		}
	}
}

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
