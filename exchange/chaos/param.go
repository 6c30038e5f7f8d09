package chaos

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/internal/spelling"
)

// param is a key of a rule as it is written: read returns what is wrong with a text, write
// returns "" for a field that is left out.
type param struct {
	key   string
	read  func(r *Rule, text string) (wrong string)
	write func(r *Rule) string
}

// params are all keys, in the order in which a rule prints itself.
var params = []param{
	word("name", func(r *Rule) *string { return &r.Name }, 40),
	span("at", func(r *Rule) *time.Duration { return &r.At }),
	{"after", readAfter, writeAfter},
	{"on", readOn, func(r *Rule) string { return r.On }},
	{"do", readVerb, func(r *Rule) string { return r.Do.String() }},
	{"pair", readPair, func(r *Rule) string { return r.Pair }},
	{"asset", readAsset, func(r *Rule) string { return r.Asset }},
	{"side", readSide, writeSide},
	decimal("pct", "%", 4, func(r *Rule) *int64 { return &r.PPM }, "-64%"),
	decimal("amount", "", Scale, func(r *Rule) *int64 { return &r.Amount }, "0.5"),
	decimal("price", "", Scale, func(r *Rule) *int64 { return &r.Price }, "10.5"),
	decimal("factor", "", 6, func(r *Rule) *int64 { return &r.Factor }, "1.5"),
	span("by", func(r *Rule) *time.Duration { return &r.By }),
	count("count", func(r *Rule) *int { return &r.Count }),
	word("code", func(r *Rule) *string { return &r.Code }, 80),
	word("key", func(r *Rule) *string { return &r.Key }, 80),
	word("value", func(r *Rule) *string { return &r.Value }, 200),
	count("slot", func(r *Rule) *int { return &r.Slot }),
	span("every", func(r *Rule) *time.Duration { return &r.Every }),
	count("times", func(r *Rule) *int { return &r.Times }),
	span("for", func(r *Rule) *time.Duration { return &r.For }),
	span("restart-after", func(r *Rule) *time.Duration { return &r.RestartAfter }),
}

func keys() []string {
	names := make([]string, len(params))
	for i := range params {
		names[i] = params[i].key
	}
	return names
}

func word(key string, of func(*Rule) *string, most int) param {
	return param{key, func(r *Rule, text string) string {
		*of(r) = text
		if text == "" || len(text) > most {
			return "is empty or longer than " + strconv.Itoa(most) + " letters; write a word"
		}
		return ""
	}, func(r *Rule) string { return *of(r) }}
}

func span(key string, of func(*Rule) *time.Duration) param {
	return param{key, func(r *Rule, text string) string {
		d, ok := parseSpan(text)
		switch {
		case !ok && text != "" && strings.Trim(text, "0123456789.") == "":
			return "has no unit; write it like " + text + "s or " + text + "m"
		case !ok:
			return "is no time; write it like 250ms, 10s, 15m, 2h or 7d, at most 10 years"
		}
		*of(r) = d
		return ""
	}, func(r *Rule) string {
		if *of(r) == 0 {
			return ""
		}
		return spanText(*of(r))
	}}
}

func count(key string, of func(*Rule) *int) param {
	return param{key, func(r *Rule, text string) string {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil || n == 0 || n > mostTimes {
			return "is no count; write a whole number from 1 to " + strconv.Itoa(mostTimes)
		}
		*of(r) = int(n)
		return ""
	}, func(r *Rule) string {
		if *of(r) == 0 {
			return ""
		}
		return strconv.Itoa(*of(r))
	}}
}

// mostTimes bounds every count, so that a plan cannot fill the memory.
const mostTimes = 1_000_000

func decimal(key, unit string, decimals uint8, of func(*Rule) *int64, sample string) param {
	return param{key, func(r *Rule, text string) string {
		number, found := strings.CutSuffix(text, unit)
		if !found {
			return "has no " + unit + "; write it like " + sample
		}
		if strings.Trim(number, "0123456789.-") != "" {
			return "is no number; write it like " + sample
		}
		v, err := money.Parse(number, decimals)
		switch {
		case errors.Is(err, money.ErrPrecision):
			return "has more than " + strconv.Itoa(int(decimals)) + " decimals; round it"
		case err != nil:
			return "is no number; write it like " + sample
		case v == 0:
			return "is zero, which does nothing; write it like " + sample
		}
		*of(r) = v
		return ""
	}, func(r *Rule) string {
		if *of(r) == 0 {
			return ""
		}
		return money.Trim(*of(r), decimals) + unit
	}}
}

// readAfter reads a point, with the how manieth behind it: journal-append 17.
func readAfter(r *Rule, text string) string {
	name, number, counted := strings.Cut(text, " ")
	if counted {
		n, err := strconv.ParseUint(strings.TrimSpace(number), 10, 31)
		if err != nil || n == 0 || n > mostTimes {
			return "has no count behind the point; write it like " + name + " 17"
		}
		r.Nth = int(n)
	}
	r.After = strings.ReplaceAll(name, "_", "-")
	if !slices.Contains(Points, r.After) {
		return "is no point of a run" + nearest(r.After, Points)
	}
	return ""
}

func writeAfter(r *Rule) string {
	if r.Nth == 0 {
		return r.After
	}
	return r.After + " " + strconv.Itoa(r.Nth)
}

// readOn reads names joined by |; whether the verb can hit them, check says.
func readOn(r *Rule, text string) string {
	names := strings.Split(text, "|")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if names[i] == "" || slices.Contains(names[:i], names[i]) {
			return "has an empty name, or one twice; write it like AddOrder|CancelOrder"
		}
	}
	r.On = strings.Join(names, "|")
	return ""
}

func readVerb(r *Rule, text string) string {
	v, ok := ParseVerb(text)
	if !ok {
		var names []string
		for _, v := range Verbs() {
			names = append(names, v.String())
		}
		return "is no fault that there is" + nearest(strings.ReplaceAll(text, "_", "-"), names)
	}
	r.Do = v
	return ""
}

func readPair(r *Rule, text string) string {
	base, quote, ok := exchange.NormalPair(text)
	if !ok || !plainName(base) || !plainName(quote) {
		return "is no pair; write it like XBT/CAD"
	}
	r.Pair = base + "/" + quote
	return ""
}

func readAsset(r *Rule, text string) string {
	if r.Asset = exchange.NormalAsset(text); !plainName(r.Asset) {
		return "is no asset; write it like CAD"
	}
	return ""
}

func plainName(s string) bool {
	return s != "" && len(s) <= 12 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.") == "" && exchange.NormalAsset(s) == s
}

func readSide(r *Rule, text string) string {
	switch text {
	case "buy":
		r.Side = exchange.Buy
	case "sell":
		r.Side = exchange.Sell
	default:
		return "is neither buy nor sell"
	}
	return ""
}

func writeSide(r *Rule) string {
	if r.Side == exchange.Sell {
		return "sell"
	}
	return ""
}

// parseSpan reads 250ms, 10s, 15m, 2h, 7d and their sums, with a sign before it.
func parseSpan(text string) (time.Duration, bool) {
	rest, negative := strings.CutPrefix(text, "-")
	var days time.Duration
	if i := strings.IndexByte(rest, 'd'); i > 0 {
		n, err := strconv.ParseUint(rest[:i], 10, 12)
		if err != nil {
			return 0, false
		}
		days, rest = time.Duration(n)*24*time.Hour, rest[i+1:]
		if rest == "" {
			rest = "0s"
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || strings.Trim(rest, "0123456789.hmsnuµ") != "" || d < 0 || d+days > Longest || d+days < d {
		return 0, false
	}
	if d += days; negative {
		d = -d
	}
	return d, true
}

// spanText writes a time as parseSpan reads it.
func spanText(d time.Duration) string {
	const day = 24 * time.Hour
	if d != 0 && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// nearest names the known word that was probably meant, else all of them.
func nearest(meant string, known []string) string {
	best, least := "", len(meant)/2+1
	for _, k := range known {
		if d := spelling.Distance(strings.ToLower(meant), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	if best == "" && len(meant) > 2 {
		for _, k := range known {
			if strings.Contains(k, meant) {
				best = k
				break
			}
		}
	}
	switch {
	case best != "":
		return "; did you mean " + best + "?"
	case len(known) == 0:
		return "; there is none"
	}
	return "; there are " + strings.Join(known, ", ")
}
