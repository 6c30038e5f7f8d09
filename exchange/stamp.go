package exchange

import "time"

// Stamp is an instant: nanoseconds since 1970-01-01T00:00:00Z. In the core, time is a
// field of an event, never a clock that is read.
type Stamp int64

// Never is the instant that does not come: the deadline of one who waits for nothing.
const Never = Stamp(1<<63 - 1)

// At is the instant of t.
func At(t time.Time) Stamp { return Stamp(t.UnixNano()) }

// Seconds is the instant n seconds after 1970-01-01T00:00:00Z.
func Seconds(n int64) Stamp { return Stamp(n * int64(time.Second)) }

// Time is s as a time.Time in UTC.
func (s Stamp) Time() time.Time { return time.Unix(0, int64(s)).UTC() }

// Add is the instant d after s; it saturates at Never.
func (s Stamp) Add(d time.Duration) Stamp {
	if sum := s + Stamp(d); d < 0 || sum >= s {
		return sum
	}
	return Never
}

// Sub is the time from t to s.
func (s Stamp) Sub(t Stamp) time.Duration { return time.Duration(s - t) }

// Day is the number of the UTC day: days since 1970-01-01, rounded toward the past.
func (s Stamp) Day() int64 {
	const day = Stamp(24 * time.Hour)
	d := s / day
	if s%day < 0 {
		d--
	}
	return int64(d)
}

// String is RFC 3339 in UTC, with the fraction of a second only where there is one.
func (s Stamp) String() string {
	if s == Never {
		return "never"
	}
	return s.Time().Format(time.RFC3339Nano)
}
