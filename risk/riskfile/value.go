package riskfile

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"breakwater/exchange/money"
)

// none is how a limit is written that does not bind.
const noneWord = "none"

// value reads a parameter's value into how it is stored.
func (r *reader) value(p *param, n *node) (int64, error) {
	return r.number(p.title(), p, n)
}

func (r *reader) number(title string, p *param, n *node) (v int64, err error) {
	switch {
	case n.is == empty:
		return 0, r.fail(n.line, "%s has no value; write one like %s", title, r.sample(p))
	case n.is != scalar:
		return 0, r.fail(n.line, "%s is %s; write one value like %s", title, n.is, r.sample(p))
	case n.text == noneWord && p.always:
		return 0, r.fail(n.line, "%s cannot be none; write a value like %s", title, r.sample(p))
	case n.text == noneWord && p.kind != toggle:
		return p.none(), nil
	}
	if p.kind != toggle && strings.HasPrefix(n.text, "-") {
		return 0, r.fail(n.line, "%s %s is negative; write 0 or more", title, n.text)
	}
	switch p.kind {
	case amount:
		v, err = r.amount(title, n)
	case share, reserve:
		v, err = r.share(title, p, n)
	case span:
		v, err = r.span(title, n)
	case count:
		v, err = r.count(title, n)
	case toggle:
		switch n.text {
		case "on":
			return 1, nil
		case "off":
			return 0, nil
		}
		return 0, r.fail(n.line, "%s %q is neither on nor off; write one of them", title, n.text)
	}
	if err != nil {
		return 0, err
	}
	if v == 0 && p.zero != "" {
		if n.text != "0" {
			return 0, r.fail(n.line, "%s %s means that %s; write a plain 0 if you want that", title, n.text, p.zero)
		}
		r.note(n.line, "%s is 0: %s", title, p.zero)
	}
	if p.kind == reserve {
		if v == money.PPM {
			r.note(n.line, "%s is 100%%: nothing is left to buy with", title)
		}
		v = money.PPM - v
	}
	return v, nil
}

// sample is a value as one might write it.
func (r *reader) sample(p *param) string {
	return [...]string{amount: "25", share: "5%", reserve: "10%", span: "10s", count: "4", toggle: "on"}[p.kind]
}

func (r *reader) amount(title string, n *node) (int64, error) {
	v, err := decimal(n.text, r.file.Decimals)
	switch {
	case errors.Is(err, money.ErrPrecision):
		return 0, r.fail(n.line, "%s %s has more decimals than the %d of %s; round it", title, n.text, r.file.Decimals, r.file.Currency)
	case err == nil && v <= largestAmount:
		return v, nil
	case err == nil || errors.Is(err, money.ErrRange):
		return 0, r.fail(n.line, "%s %s is too large; write none for no limit", title, n.text)
	case strings.HasSuffix(n.text, "%"):
		return 0, r.fail(n.line, "%s %s is a share; write an amount of %s like 25", title, n.text, r.file.Currency)
	}
	return 0, r.fail(n.line, "%s %q is no amount; write a plain number of %s like 25", title, n.text, r.file.Currency)
}

// largestAmount leaves room to double a limit.
const largestAmount = 1 << 61

// decimal is money.Parse for plain decimals: no sign, no exponent.
func decimal(text string, decimals uint8) (int64, error) {
	if strings.Trim(text, "0123456789.") != "" {
		return 0, money.ErrSyntax
	}
	return money.Parse(text, decimals)
}

func (r *reader) share(title string, p *param, n *node) (int64, error) {
	number, percent := strings.CutSuffix(n.text, "%")
	number = strings.TrimSpace(number)
	ppm, err := decimal(number, 4)
	most := p.most
	if most == 0 {
		most = money.PPM
	}
	switch {
	case errors.Is(err, money.ErrPrecision):
		if percent {
			return 0, r.fail(n.line, "%s %s is finer than a ten-thousandth of a percent; round it", title, n.text)
		}
		fallthrough
	case err == nil && !percent && n.text != "0":
		return 0, r.fail(n.line, "%s %s has no percent sign; write it like 5%%", title, n.text)
	case err != nil && !errors.Is(err, money.ErrRange):
		return 0, r.fail(n.line, "%s %q is no share; write it like 5%%", title, n.text)
	case err != nil || ppm > most:
		return 0, r.fail(n.line, "%s %s is more than %s%%", title, n.text, money.Trim(most, 4))
	}
	return ppm, nil
}

func (r *reader) span(title string, n *node) (int64, error) {
	if n.text == "0" {
		return 0, nil
	}
	d, ok := parseSpan(n.text)
	switch {
	case !ok && strings.Trim(n.text, "0123456789.") == "" && n.text != "":
		return 0, r.fail(n.line, "%s %s has no unit; write it like %ss, %sm or %sh", title, n.text, n.text, n.text, n.text)
	case !ok:
		return 0, r.fail(n.line, "%s %q is no time span; write it like 10s, 15m, 2h or 7d", title, n.text)
	case d > longest:
		return 0, r.fail(n.line, "%s %s is more than ten years; write none for no limit", title, n.text)
	}
	return int64(d), nil
}

// parseSpan reads 250ms, 10s, 15m, 2h, 7d and their sums in that order from the largest.
func parseSpan(text string) (time.Duration, bool) {
	var days time.Duration
	if i := strings.IndexByte(text, 'd'); i > 0 {
		n, err := strconv.ParseUint(text[:i], 10, 16)
		if err != nil {
			return 0, false
		}
		if days, text = time.Duration(n)*24*time.Hour, text[i+1:]; text == "" {
			return days, true
		}
	}
	d, err := time.ParseDuration(text)
	return days + d, err == nil && d >= 0 && d <= longest
}

// spanText writes a time span as parseSpan reads it.
func spanText(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= 2*day && d%day == 0 {
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

func (r *reader) count(title string, n *node) (int64, error) {
	v, err := strconv.ParseInt(n.text, 10, 32)
	if strings.HasPrefix(n.text, "+") {
		err = strconv.ErrSyntax
	}
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, r.fail(n.line, "%s %s is too large; write none for no limit", title, n.text)
	case err != nil:
		return 0, r.fail(n.line, "%s %q is no count; write a whole number like 4", title, n.text)
	}
	return v, nil
}

// text writes a stored value as it is read.
func (p *param) text(v int64, decimals uint8) string {
	if !p.always && p.kind != toggle && v == p.none() {
		return noneWord
	}
	switch p.kind {
	case amount:
		return money.Trim(v, decimals)
	case share:
		if v == 0 && p.zero != "" {
			return "0"
		}
		return money.Trim(v, 4) + "%"
	case reserve:
		return money.Trim(money.PPM-v, 4) + "%"
	case span:
		if v == 0 {
			return "0"
		}
		return spanText(time.Duration(v))
	case count:
		return strconv.FormatInt(v, 10)
	}
	if v != 0 {
		return "on"
	}
	return "off"
}
