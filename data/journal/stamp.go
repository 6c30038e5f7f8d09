package journal

import "breakwater/exchange"

const (
	stampLen = len("2006-01-02T15:04:05.000000000Z")
	second   = int64(1_000_000_000)
	daySec   = int64(86400)
)

// stamps writes and reads instants as RFC 3339 in UTC with nine digits of a second: every
// exchange.Stamp exactly, and texts sort as times do. It remembers the last one, which
// most fields of a record share.
type stamps struct {
	last  exchange.Stamp
	sec   int64
	text  [stampLen]byte // of last; its second is sec
	known bool
}

const fractionAt = len("2006-01-02T15:04:05.")

func (s *stamps) append(b []byte, t exchange.Stamp) []byte {
	if t == s.last && s.known {
		return append(b, s.text[:]...)
	}
	sec, ns := floorDiv(int64(t), second)
	if sec != s.sec || !s.known {
		*(*[fractionAt]byte)(s.text[:]) = secondText(sec)
	}
	s.last, s.sec, s.known = t, sec, true
	f := (*[9]byte)(s.text[fractionAt:])
	for i := 8; i >= 0; i-- {
		f[i] = byte('0' + ns%10)
		ns /= 10
	}
	s.text[stampLen-1] = 'Z'
	return append(b, s.text[:]...)
}

// parse reads what append writes, and nothing else.
func (s *stamps) parse(b []byte) (exchange.Stamp, bool) {
	if len(b) != stampLen || b[stampLen-1] != 'Z' {
		return 0, false
	}
	if s.known && string(b) == string(s.text[:]) {
		return s.last, true
	}
	sec := s.sec
	if !s.known || string(b[:fractionAt]) != string(s.text[:fractionAt]) {
		var ok bool
		if sec, ok = parseSecond(b); !ok || secondText(sec) != [fractionAt]byte(b) {
			return 0, false
		}
	}
	ns := int64(0)
	for _, c := range b[fractionAt : stampLen-1] {
		c -= '0'
		if c > 9 {
			return 0, false
		}
		ns = ns*10 + int64(c)
	}
	// the seconds at both ends of what 64 bits of nanoseconds can say are not whole: wrapping shows
	t := sec*second + ns
	if back, _ := floorDiv(t, second); back != sec {
		return 0, false
	}
	s.last, s.sec, s.text, s.known = exchange.Stamp(t), sec, [stampLen]byte(b), true
	return s.last, true
}

func floorDiv(a, b int64) (quotient, rest int64) {
	quotient, rest = a/b, a%b
	if rest < 0 {
		quotient, rest = quotient-1, rest+b
	}
	return quotient, rest
}

// secondText is a second since 1970 in the proleptic Gregorian calendar, by the algorithm
// of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
func secondText(sec int64) [fractionAt]byte {
	days, rest := floorDiv(sec, daySec)
	era, dayOfEra := floorDiv(days+719468, 146097)
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	shifted := (5*dayOfYear + 2) / 153 // month, from March
	day := dayOfYear - (153*shifted+2)/5 + 1
	month := shifted + 3
	year := yearOfEra + era*400
	if month > 12 {
		month, year = month-12, year+1
	}
	b := [fractionAt]byte([]byte("0000-00-00T00:00:00."))
	put := func(at, n int, v int64) {
		for i := at + n - 1; i >= at; i-- {
			b[i] = byte('0' + v%10)
			v /= 10
		}
	}
	put(0, 4, year)
	put(5, 2, month)
	put(8, 2, day)
	put(11, 2, rest/3600)
	put(14, 2, rest/60%60)
	put(17, 2, rest%60)
	return b
}

// parseSecond is the inverse of secondText; the caller compares, so that it may be lax.
func parseSecond(b []byte) (sec int64, ok bool) {
	get := func(at, n int) (v int64) {
		for _, c := range b[at : at+n] {
			v = v*10 + int64(c-'0')
		}
		return v
	}
	year, month, day := get(0, 4), get(5, 2), get(8, 2)
	if month < 1 || month > 12 || day < 1 || day > 31 || year > 9999 {
		return 0, false
	}
	if month <= 2 {
		year, month = year-1, month+12
	}
	era, yearOfEra := floorDiv(year, 400)
	dayOfYear := (153*(month-3)+2)/5 + day - 1
	days := era*146097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719468
	return days*daySec + get(11, 2)*3600 + get(14, 2)*60 + get(17, 2), true
}
