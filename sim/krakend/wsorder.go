package krakend

import (
	"strconv"
	"strings"
	"time"
)

// orderParams turns the fields of add_order, whose types are checked, into AddOrder's.
// problem is Kraken's text where they contradict each other.
func orderParams(f map[string]any, method string) (p params, problem string) {
	str := func(name string) string { s, _ := f[name].(string); return s }
	flag := func(name string) bool { b, _ := f[name].(bool); return b }
	p = params{
		"ordertype": str("order_type"), "type": str("side"), "volume": number(f, "order_qty"), "displayvol": number(f, "display_qty"), "timeinforce": str("time_in_force"),
		"stptype": strings.ReplaceAll(str("stp_type"), "_", "-"), "cl_ord_id": str("cl_ord_id"), "userref": number(f, "order_userref"), "sender_sub_id": str("sender_sub_id"),
	}
	var flags []string
	switch str("fee_preference") {
	case "":
	case "base":
		flags = append(flags, "fcib")
	case "quote":
		flags = append(flags, "fciq")
	default:
		return nil, string(invalid("fee_preference"))
	}
	if flag("post_only") {
		flags = append(flags, "post")
	}
	if flag("margin") {
		p["leverage"] = "2"
	}
	if flag("reduce_only") {
		p["reduce_only"] = "true"
	}
	if flag("no_mpp") && str("order_type") != "market" {
		return nil, string(invalid("no_mpp order option is only available when ordertype = market"))
	}
	if cash := number(f, "cash_order_qty"); cash != "" {
		if p["volume"] != "" {
			return nil, string(invalid("cash_order_qty"))
		}
		p["volume"] = cash
		flags = append(flags, "viqc")
	}
	p["oflags"] = strings.Join(flags, ",")
	for _, at := range [...][2]string{{"effective_time", "starttm"}, {"expire_time", "expiretm"}} {
		if p[at[1]], problem = unixText(str(at[0]), at[0]); problem != "" {
			return nil, problem
		}
	}
	if problem = p.prices(f, method); problem != "" {
		return nil, problem
	}
	return p, p.conditional(f, method)
}

// prices writes price and price2, which mean what the type says.
func (p params) prices(f map[string]any, method string) (problem string) {
	limit, problem := priceText(f, "limit_price", "limit_price_type")
	if problem != "" {
		return problem
	}
	triggers, given := f["triggers"].(map[string]any)
	kind := p["ordertype"]
	if !given {
		if strings.HasPrefix(kind, "stop-loss") || strings.HasPrefix(kind, "take-profit") || strings.HasPrefix(kind, "trailing-stop") {
			return string(invalid("triggers"))
		}
		p["price"] = limit
		return ""
	}
	if problem := triggerFields.check(triggers, method); problem != "" {
		return problem
	}
	p["trigger"], _ = triggers["reference"].(string)
	if p["price"], problem = priceText(triggers, "price", "price_type"); problem != "" {
		return problem
	}
	if strings.HasPrefix(kind, "trailing-stop") {
		p["price"] = withSign(p["price"])
		limit = withSign(limit)
	}
	p["price2"] = limit
	return ""
}

// withSign is a distance with its sign.
func withSign(text string) string {
	if text == "" || text[0] == '-' || text[0] == '+' {
		return text
	}
	return "+" + text
}

// priceText is a price as AddOrder writes it: a static one plain, one by quote with its
// sign, one by pct with its sign and %.
func priceText(f map[string]any, name, kindName string) (text, problem string) {
	text = number(f, name)
	if text == "" {
		return "", ""
	}
	kind, _ := f[kindName].(string)
	switch kind {
	case "", "static":
		return text, ""
	case "quote":
		return withSign(text), ""
	case "pct":
		return withSign(text) + "%", ""
	}
	return "", string(invalid(kindName))
}

// conditional writes the fields of a conditional close.
func (p params) conditional(f map[string]any, method string) (problem string) {
	closing, given := f["conditional"].(map[string]any)
	if !given {
		return ""
	}
	if problem := conditionalFields.check(closing, method); problem != "" {
		return problem
	}
	if number(closing, "trigger_price") == "" {
		closing["trigger_price"] = closing["stop_price"] // its old name
	}
	kind, _ := closing["order_type"].(string)
	limit, problem := priceText(closing, "limit_price", "limit_price_type")
	if problem != "" {
		return problem
	}
	trigger, problem := priceText(closing, "trigger_price", "trigger_price_type")
	if problem != "" {
		return problem
	}
	p["close[ordertype]"] = kind
	if kind == "limit" {
		p["close[price]"] = limit
		return ""
	}
	if strings.HasPrefix(kind, "trailing-stop") {
		trigger = withSign(trigger)
	}
	p["close[price]"], p["close[price2]"] = trigger, limit
	return ""
}

// unixText is a time of RFC 3339 as unix seconds.
func unixText(text, field string) (seconds, problem string) {
	if text == "" {
		return "", ""
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return "", string(invalid(field))
	}
	return strconv.FormatInt(t.Unix(), 10), ""
}
