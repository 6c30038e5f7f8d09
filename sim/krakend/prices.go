package krakend

import (
	"strconv"
	"strings"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// readPrices reads price and price2, which mean what the type says.
func (c *core) readPrices(o *order, p params) (err error) {
	first, second := p.get("price"), p.get("price2")
	if first == "0" {
		first = ""
	}
	if second == "0" {
		second = ""
	}
	switch {
	case o.Type == exchange.Market:
		return nil // clients send a price with a market order; Kraken does not look at it
	case o.Type.Trailing():
		if o.Trail, o.TrailPPM, err = o.m.distance(first); err != nil {
			return err
		}
		o.trail = trailText(o.m, o.Trail, o.TrailPPM)
		if o.Type == exchange.TrailingStopLimit {
			return o.readOffset(second)
		}
	case o.Type.Triggered():
		stop := o.Type == exchange.StopLoss || o.Type == exchange.StopLossLimit
		up := stop == (o.Side == exchange.Buy)
		if o.Trigger, err = o.m.readPrice(first, up, o.m.last(), "price"); err != nil {
			return err
		}
		if o.Type.HasLimit() {
			o.Price, err = o.m.readPrice(second, o.Side == exchange.Buy, o.Trigger, "price2")
		}
	default:
		o.Price, err = o.m.readPrice(first, o.Side == exchange.Sell, o.m.last(), "price")
	}
	return err
}

// readPrice reads a price: plain, or relative to base by + or -, or by #, for which up
// says the direction; with % at the end in percent.
func (m *market) readPrice(text string, up bool, base money.Price, field string) (money.Price, error) {
	if text == "" {
		return 0, invalid(field)
	}
	sign := int64(0)
	switch text[0] {
	case '+':
		sign = 1
	case '-':
		sign = -1
	case '#':
		if sign = -1; up {
			sign = 1
		}
	}
	if sign == 0 {
		return m.absolute(text, field)
	}
	if base == 0 {
		return 0, invalid(field)
	}
	trail, ppm, err := m.distance("+" + text[1:])
	if err != nil {
		return 0, invalid(field)
	}
	if ppm != 0 {
		v, ok := money.MulDiv(int64(base), ppm, money.PPM, money.Half)
		if !ok {
			return 0, invalid(field)
		}
		trail = money.Price(v)
	}
	v, ok := money.RoundTo(int64(base)+sign*int64(trail), int64(m.in.Tick), money.Half)
	if !ok || v <= 0 {
		return 0, invalid(field)
	}
	return money.Price(v), nil
}

func (m *market) absolute(text, field string) (money.Price, error) {
	v, err := money.Parse(text, m.in.PriceDecimals)
	switch {
	case err == money.ErrPrecision:
		return 0, failure("EOrder:Invalid price:" + m.wsname + " price can only be specified up to " + strconv.Itoa(int(m.in.PriceDecimals)) + " decimals.")
	case err != nil || v <= 0:
		return 0, invalid(field)
	}
	return money.Price(v), nil
}

// distance reads a trailing offset: +50 or +1.5%.
func (m *market) distance(text string) (money.Price, int64, error) {
	rest, plus := strings.CutPrefix(text, "+")
	if !plus || rest == "" || rest[0] == '+' || rest[0] == '-' {
		return 0, 0, invalid("price")
	}
	if digits, percent := strings.CutSuffix(rest, "%"); percent {
		ppm, err := money.Parse(digits, 4)
		if err != nil || ppm <= 0 || ppm >= money.PPM {
			return 0, 0, invalid("price")
		}
		return 0, ppm, nil
	}
	v, err := m.absolute(rest, "price")
	return v, 0, err
}

// trailText is a trailing offset in words.
func trailText(m *market, trail money.Price, ppm int64) string {
	if ppm != 0 {
		return "+" + money.Format(ppm, 4) + "%"
	}
	return "+" + m.price(trail)
}

// readOffset reads the limit of a trailing stop: + or - from the trigger.
func (o *order) readOffset(text string) error {
	if len(text) < 2 || text[0] != '+' && text[0] != '-' {
		return invalid("price2")
	}
	offset, ppm, err := o.m.distance("+" + text[1:])
	if err != nil {
		return invalid("price2")
	}
	if ppm != 0 {
		v, _ := money.MulDiv(int64(o.m.last()), ppm, money.PPM, money.Half)
		v, _ = money.RoundTo(v, int64(o.m.in.Tick), money.Half)
		offset = money.Price(v)
	}
	o.LimitOffset, o.offset = offset, text[:1]+o.m.price(offset)
	if text[0] == '-' {
		o.LimitOffset = -offset
	}
	return nil
}
