package reports

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// noBreak stands before a unit; WriteSummary turns it into a space once lines are made.
const noBreak = "\u00a0"

// grouped puts commas between the thousands of a decimal number.
func grouped(s string) string {
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = s[:1], s[1:]
	}
	whole, frac, dot := strings.Cut(s, ".")
	if len(whole) > 3 {
		var b strings.Builder
		for i := range len(whole) {
			if i > 0 && (len(whole)-i)%3 == 0 {
				b.WriteByte(',')
			}
			b.WriteByte(whole[i])
		}
		whole = b.String()
	}
	if dot {
		return sign + whole + "." + frac
	}
	return sign + whole
}

// readable is a scaled number for people: at most so many significant digits, but never
// fewer than the whole ones, trailing zeros dropped. Files have all digits.
func readable(v int64, decimals uint8, digits int) string {
	length := 0 // digits of v; those beyond decimals stand before the point
	for u := v; u != 0; u /= 10 {
		length++
	}
	keep := uint8(min(max(int(decimals)-length+digits, 0), int(decimals)))
	n, _ := money.Rescale(v, decimals, keep, money.Half)
	return grouped(money.Trim(n, keep))
}

func count(n int64) string { return grouped(strconv.FormatInt(n, 10)) }

// amounts formats amounts of one asset for people.
type amounts struct {
	name            string
	decimals, shown uint8
}

// shownDecimals is how fine an amount is shown: cents where an account holds hundreds, finer
// where its unit is dear (an account of 0.5 XBT).
func (r *Run) amounts(a exchange.AssetID) amounts {
	asset := &r.Catalog.Assets[a]
	shown := uint8(6)
	if exchange.IsFiat(asset.Name) || strings.HasPrefix(asset.Name, "USD") || strings.HasSuffix(asset.Name, "USD") {
		shown = 2
	}
	return amounts{name: asset.Name, decimals: asset.Decimals, shown: min(shown, asset.Decimals)}
}

// text is 1,234.56.
func (a amounts) text(v money.Amount) string {
	n, _ := money.Rescale(int64(v), a.decimals, a.shown, money.Half)
	return grouped(money.Format(n, a.shown))
}

// signed is +1,234.56.
func (a amounts) signed(v money.Amount) string {
	s := a.text(v)
	if s[0] != '-' && strings.Trim(s, "0.,") != "" {
		s = "+" + s
	}
	return s
}

// float is an average or the like, in units of the asset.
func (a amounts) float(v float64, sign bool) string {
	s := grouped(strconv.FormatFloat(v, 'f', int(a.shown), 64))
	if strings.Trim(s, "-0.,") == "" {
		return strings.TrimPrefix(s, "-")
	}
	if sign && v > 0 {
		s = "+" + s
	}
	return s
}

// percent is a ratio with two decimals, fewer where they say nothing: 1,234 %.
func percent(ratio float64, sign bool) string {
	v := ratio * 100
	decimals := 2
	if math.Abs(v) >= 9999.5 {
		decimals = 0
	}
	s := grouped(strconv.FormatFloat(v, 'f', decimals, 64))
	if strings.Trim(s, "-0.,") == "" {
		s = strings.TrimPrefix(s, "-")
	} else if sign && v > 0 {
		s = "+" + s
	}
	return s + noBreak + "%"
}

func decimal(v float64, decimals int) string {
	s := grouped(strconv.FormatFloat(v, 'f', decimals, 64))
	if strings.Trim(s, "-0.,") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	return s
}

// span is a length of time in the one or two largest units that say something.
func spanText(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		h, m := d/time.Hour, d%time.Hour/time.Minute
		if m == 0 || h >= 10 {
			return fmt.Sprintf("%d h", h)
		}
		return fmt.Sprintf("%d h %d min", h, m)
	}
	days := int64(d / (24 * time.Hour))
	return count(days) + " days"
}

// interval is a bar's length as people write it: 1m, 4h, 1d.
func intervalText(d time.Duration) string {
	switch {
	case d == 0:
		return "trades"
	case d%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}

// instant is a time for people: the day alone at midnight.
func instant(s exchange.Stamp) string {
	t := s.Time()
	if s%day == 0 {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02 15:04")
}

func dateText(s exchange.Stamp) string { return s.Time().Format(time.DateOnly) }

// plural is "1 bar", "2 bars".
func plural(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + one + "s"
}

func parametersText(ps []Parameter) string {
	var b strings.Builder
	for i, p := range ps {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(p.Name + "=" + p.Value)
	}
	return b.String()
}
