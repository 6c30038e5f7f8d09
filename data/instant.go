package data

import (
	"fmt"

	"breakwater/exchange"
)

// Instant is an exchange.Stamp that marshals as RFC 3339, for results that people and
// programs read.
type Instant exchange.Stamp

// String is RFC 3339 in UTC.
func (i Instant) String() string { return exchange.Stamp(i).String() }

// MarshalText is String.
func (i Instant) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads what MarshalText writes, and plain dates.
func (i *Instant) UnmarshalText(b []byte) error {
	t, ok := parseDate(b)
	if !ok {
		return fmt.Errorf("data: %q is no time; write 2006-01-02T15:04:05Z", b)
	}
	*i = Instant(t)
	return nil
}
