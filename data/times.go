package data

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"breakwater/exchange"
)

// timeText is the unit of a column whose times are written as dates; other units are
// the decimals that turn a number into nanoseconds: 9 for seconds, 6, 3, 0.
const timeText = 255

// The smallest magnitudes that are read as milliseconds, microseconds and nanoseconds:
// as seconds they would lie beyond the year 5100. Below leastSeconds (1973) a number is
// no date.
const (
	leastSeconds = 1e8
	leastMillis  = 1e11
	leastMicros  = 1e14
	leastNanos   = 1e17
)

// latest is the last time that a row may have, the end of 2199: a bar that begins then
// still ends within what a Stamp can hold.
const latest = exchange.Stamp(7258118400*1e9 - 1)

// timeUnit recognises the unit of a column by one of its values; ok is false for what
// is no time at all.
func timeUnit(field []byte) (unit uint8, ok bool) {
	whole, _, _ := bytes.Cut(field, []byte{'.'})
	n, err := strconv.ParseInt(string(whole), 10, 64)
	switch {
	case err != nil:
		_, ok = parseDate(field)
		return timeText, ok
	case n >= leastNanos:
		return 0, true
	case n >= leastMicros:
		return 3, true
	case n >= leastMillis:
		return 6, true
	}
	return 9, n >= leastSeconds
}

// parseDate reads 2006-01-02, 2006-01-02 15:04[:05[.999]] with blank or T between, and
// an optional zone Z or ±hh:mm; without a zone it is UTC.
func parseDate(b []byte) (exchange.Stamp, bool) {
	y, ok1 := digits(b, 0, 4)
	mo, ok2 := digits(b, 5, 2)
	d, ok3 := digits(b, 8, 2)
	if !ok1 || !ok2 || !ok3 || b[4] != '-' || b[7] != '-' || y < 1678 || y > 2261 || mo < 1 || mo > 12 || d < 1 || d > monthDays(y, mo) {
		return 0, false
	}
	s := daysFromCivil(y, mo, d) * 86400
	if len(b) == 10 {
		return exchange.Seconds(s), true
	}
	h, ok1 := digits(b, 11, 2)
	mi, ok2 := digits(b, 14, 2)
	if !ok1 || !ok2 || (b[10] != ' ' && b[10] != 'T') || b[13] != ':' || h > 23 || mi > 59 {
		return 0, false
	}
	s += h*3600 + mi*60
	rest, nanos := b[16:], int64(0)
	if len(rest) > 0 && rest[0] == ':' {
		sec, ok := digits(rest, 1, 2)
		if !ok || sec > 59 {
			return 0, false
		}
		s += sec
		rest = rest[3:]
		if len(rest) > 0 && rest[0] == '.' {
			unit := int64(1e8)
			rest = rest[1:]
			if len(rest) == 0 || rest[0]-'0' > 9 {
				return 0, false
			}
			for ; len(rest) > 0 && rest[0]-'0' <= 9; rest = rest[1:] {
				nanos += unit * int64(rest[0]-'0')
				unit /= 10
			}
		}
	}
	zone, ok := zoneSeconds(rest)
	return exchange.Seconds(s-zone) + exchange.Stamp(nanos), ok
}

// zoneSeconds reads "", Z, UTC, +hh:mm, +hhmm.
func zoneSeconds(b []byte) (int64, bool) {
	switch string(b) {
	case "", "Z", "z", " UTC":
		return 0, true
	}
	if len(b) == 6 && b[3] == ':' {
		b = []byte{b[0], b[1], b[2], b[4], b[5]}
	}
	h, ok1 := digits(b, 1, 2)
	m, ok2 := digits(b, 3, 2)
	if len(b) != 5 || !ok1 || !ok2 || h > 14 || m > 59 {
		return 0, false
	}
	switch b[0] {
	case '+':
		return h*3600 + m*60, true
	case '-':
		return -(h*3600 + m*60), true
	}
	return 0, false
}

// digits reads n digits at b[i].
func digits(b []byte, i, n int) (int64, bool) {
	if len(b) < i+n {
		return 0, false
	}
	v := int64(0)
	for _, c := range b[i : i+n] {
		if c-'0' > 9 {
			return 0, false
		}
		v = v*10 + int64(c-'0')
	}
	return v, true
}

func monthDays(y, m int64) int64 {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysFromCivil counts days since 1970-01-01 in the Gregorian calendar, with years that
// begin in March so that the leap day is the last.
func daysFromCivil(y, m, d int64) int64 {
	if m <= 2 {
		y--
		m += 12
	}
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 1 - 719468
}

// ParseInterval reads a bar size: 1m, 15m, 4h, 1d, 1w, a bare number of minutes as in
// Kraken's file names, or Go's notation (90s).
func ParseInterval(text string) (time.Duration, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	unit := time.Minute
	num := text
	if n := len(text); n > 1 {
		switch text[n-1] {
		case 'd':
			unit, num = 24*time.Hour, text[:n-1]
		case 'w':
			unit, num = 7*24*time.Hour, text[:n-1]
		}
	}
	if n, err := strconv.ParseInt(num, 10, 32); err == nil && n > 0 && n < 1<<31/10 {
		if d := time.Duration(n) * unit; d <= maxInterval {
			return d, nil
		}
	} else if d, err := time.ParseDuration(text); err == nil && d > 0 && d <= maxInterval {
		return d, nil
	}
	return 0, fmt.Errorf("data: %q is no bar size; write 1m, 15m, 4h, 1d, 1w or a number of minutes", text)
}

// maxInterval is the largest bar size: four years.
const maxInterval = 4 * 366 * 24 * time.Hour

// IntervalText writes a bar size the way ParseInterval reads it: 1m, 4h, 1d.
func IntervalText(d time.Duration) string {
	for _, u := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if d >= u.size && d%u.size == 0 {
			return strconv.FormatInt(int64(d/u.size), 10) + u.name
		}
	}
	return d.String()
}
