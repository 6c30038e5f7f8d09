package krakend

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Bounds of AddOrder's fields (Kraken REST docs, AddOrder).
const (
	longestDeadline = 60 * time.Second
	longestGTD      = 31 * 24 * time.Hour
	shortestGTD     = 5 * time.Second
)

var orderTypes = []exchange.OrderType{
	exchange.Market, exchange.Limit, exchange.Iceberg, exchange.StopLoss, exchange.TakeProfit, exchange.StopLossLimit, exchange.TakeProfitLimit,
	exchange.TrailingStop, exchange.TrailingStopLimit,
}

func orderType(text string) (exchange.OrderType, bool) {
	for _, t := range orderTypes {
		if t.String() == text {
			return t, true
		}
	}
	return 0, false
}

// clientIDs are the forms of cl_ord_id: a UUID, 32 hexadecimal digits, or at most 18 ASCII
// characters.
var clientIDs = regexp.MustCompile(`^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}|[!-~]{1,18})$`)

// readOrder makes an order of AddOrder's fields and checks what can be checked without the
// book: arguments, ticks, minima.
func (c *core) readOrder(a *account, m *market, p params) (*order, error) {
	o := &order{account: a, m: m, trigger: "last", feeAsset: m.in.Quote}
	o.Instrument = m.in.ID
	for _, step := range []func(*core, *order, params) error{
		(*core).readKind, (*core).readFlags, (*core).readVolume, (*core).readPrices, (*core).readTimes, (*core).readTags, (*core).readClose,
	} {
		if err := step(c, o, p); err != nil {
			return nil, err
		}
	}
	return o, c.checkOrder(o)
}

func (c *core) readKind(o *order, p params) error {
	var ok bool
	if p.get("ordertype") == "settle-position" {
		return failure("EOrder:Unknown position")
	}
	if o.Type, ok = orderType(p.get("ordertype")); !ok {
		return invalid("ordertype")
	}
	switch p.get("type") {
	case "buy":
	case "sell":
		o.Side = exchange.Sell
	default:
		return invalid("type")
	}
	switch strings.ToUpper(p.get("timeinforce")) {
	case "", "GTC":
	case "IOC":
		o.TIF = exchange.IOC
	case "FOK":
		o.TIF = exchange.FOK
	case "GTD":
		o.TIF = exchange.GTD
	default:
		return invalid("timeinforce")
	}
	switch p.get("stptype") {
	case "", "cancel-newest":
	case "cancel-oldest":
		o.STP = exchange.CancelOldest
	case "cancel-both":
		o.STP = exchange.CancelBoth
	default:
		return invalid("stptype")
	}
	switch leverage := p.get("leverage"); leverage {
	case "", "none", "0", "1", "1:1":
	default:
		return errNoMargin
	}
	if reduce, err := p.flag("reduce_only", false); err != nil || reduce {
		return invalid("reduce_only")
	}
	switch p.get("trigger") {
	case "", "last":
	case "index":
		return invalid("Index unavailable")
	default:
		return invalid("trigger")
	}
	return nil
}

func (c *core) readFlags(o *order, p params) error {
	for _, f := range splitList(p.get("oflags")) {
		switch f {
		case "post":
			o.PostOnly = true
		case "fcib":
			o.FeeInBase = true
		case "fciq", "nompp":
		case "viqc":
			o.viqc = true
		default:
			return invalid("oflags")
		}
	}
	switch {
	case o.PostOnly && (o.Type != exchange.Limit && o.Type != exchange.Iceberg || o.TIF == exchange.IOC || o.TIF == exchange.FOK):
		return invalid("post")
	case o.viqc && (o.Type != exchange.Market || o.Side != exchange.Buy):
		return invalid("viqc")
	}
	if o.FeeInBase {
		o.flags = append(o.flags, "fcib")
	} else {
		o.flags = append(o.flags, "fciq")
	}
	if o.PostOnly {
		o.flags = append(o.flags, "post")
	}
	if o.viqc {
		o.flags = append(o.flags, "viqc")
	}
	return nil
}

// quantity reads a size; digits beyond the scale are cut off.
func quantity(text string, decimals uint8) (int64, bool) {
	v, err := money.Parse(text, decimals)
	if err == money.ErrPrecision {
		if whole, fraction, dot := strings.Cut(text, "."); dot && len(fraction) > int(decimals) && !strings.ContainsAny(text, "eE") {
			v, err = money.Parse(whole+"."+fraction[:decimals], decimals)
		}
	}
	return v, err == nil && v > 0
}

func (c *core) readVolume(o *order, p params) error {
	var ok bool
	var v int64
	if o.viqc {
		v, ok = quantity(p.get("volume"), o.m.quoteDecimals)
		o.Cash = money.Amount(v)
	} else {
		v, ok = quantity(p.get("volume"), o.m.in.LotDecimals)
		o.Qty = money.Qty(v)
	}
	if !ok {
		return invalid("volume")
	}
	if o.Type != exchange.Iceberg {
		if p.has("displayvol") {
			return invalid("displayvol")
		}
		return nil
	}
	v, ok = quantity(p.get("displayvol"), o.m.in.LotDecimals)
	o.Display = money.Qty(v)
	if !ok || o.Display > o.Qty || o.Display < o.Qty/15 {
		return invalid("displayvol")
	}
	return nil
}

// moment reads starttm and expiretm: 0, +seconds from now, or unix seconds.
func (c *core) moment(p params, name string) (exchange.Stamp, error) {
	text := p.get(name)
	if text == "" || text == "0" {
		return 0, nil
	}
	rest, relative := strings.CutPrefix(text, "+")
	v, err := strconv.ParseInt(rest, 10, 64)
	if err != nil || v <= 0 || v > 1<<33 {
		return 0, invalid(name)
	}
	if relative {
		return c.now.Add(time.Duration(v) * time.Second), nil
	}
	return exchange.Seconds(v), nil
}

func (c *core) readTimes(o *order, p params) (err error) {
	if o.starts, err = c.moment(p, "starttm"); err != nil {
		return err
	}
	if o.starts <= c.now {
		o.starts = 0
	}
	if o.Expire, err = c.moment(p, "expiretm"); err != nil {
		return err
	}
	if o.Expire != 0 && o.TIF == exchange.GTC {
		o.TIF = exchange.GTD
	}
	begin := max(c.now, o.starts)
	switch {
	case (o.TIF == exchange.GTD) != (o.Expire != 0):
		return invalid("expiretm")
	case o.Expire != 0 && (o.Expire < begin.Add(shortestGTD) || o.Expire > begin.Add(longestGTD)):
		return invalid("expiretm")
	case o.TIF == exchange.FOK && o.Type != exchange.Limit, o.TIF == exchange.IOC && o.Type != exchange.Limit && o.Type != exchange.Market:
		return invalid("timeinforce")
	}
	o.Deadline, err = c.deadline(p)
	return err
}

// deadline reads an RFC 3339 time; one that has passed is refused as the engine would.
func (c *core) deadline(p params) (exchange.Stamp, error) {
	if !p.has("deadline") {
		return 0, nil
	}
	t, err := time.Parse(time.RFC3339Nano, p.get("deadline"))
	if err != nil {
		return 0, invalid("deadline")
	}
	at := exchange.At(t)
	switch {
	case at < c.now:
		return 0, errDeadline
	case at > c.now.Add(longestDeadline):
		return 0, invalid("deadline")
	}
	return at, nil
}

func (c *core) readTags(o *order, p params) error {
	if p.has("userref") {
		v, err := p.integer("userref", 0, -1<<31, 1<<31-1)
		if err != nil {
			return err
		}
		o.userref, o.hasRef = v, true
	}
	o.clientID = p.get("cl_ord_id")
	o.sender = p.get("sender_sub_id")
	if o.clientID == "" {
		return nil
	}
	if o.hasRef || !clientIDs.MatchString(o.clientID) {
		return invalid("cl_ord_id")
	}
	if o.account.named[o.clientID] != nil {
		return errDuplicateClientID
	}
	return nil
}

// readClose reads a conditional close.
func (c *core) readClose(o *order, p params) (err error) {
	if !p.has("close[ordertype]") {
		return nil
	}
	x := order{m: o.m, account: o.account}
	var ok bool
	if x.Type, ok = orderType(p.get("close[ordertype]")); !ok || x.Type == exchange.Market || x.Type == exchange.Iceberg || x.Type == exchange.TrailingStopLimit || o.clientID != "" {
		return invalid("close")
	}
	x.Side = o.Side.Opposite()
	if err := c.readPrices(&x, p.sub("close")); err != nil {
		return err
	}
	o.Close = exchange.ConditionalClose{On: true, Type: x.Type, Price: x.Price, Trigger: x.Trigger, Trail: x.Trail, TrailPPM: x.TrailPPM}
	o.closing = "close position @ " + x.terms()
	return nil
}

// checkOrder holds an order against the pair's grid and minima.
func (c *core) checkOrder(o *order) error {
	in := o.m.in
	for _, p := range []money.Price{o.Price, o.Trigger, o.Trail, o.LimitOffset, o.Close.Price, o.Close.Trigger, o.Close.Trail} {
		if p%in.Tick != 0 {
			return errTickSize
		}
	}
	if o.viqc {
		if o.Cash < in.CostMin {
			return errCostMinimum
		}
		return nil
	}
	if o.Qty < in.OrderMin {
		return errOrderMinimum
	}
	p := o.Price
	if p == 0 {
		p = o.Trigger
	}
	if p == 0 {
		p = o.m.last()
	}
	cost, fits := in.Cost(p, o.Qty, money.Down)
	if !fits {
		return invalid("volume")
	}
	if p != 0 && cost < in.CostMin {
		return errCostMinimum
	}
	return nil
}
