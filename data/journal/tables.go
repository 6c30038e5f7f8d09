package journal

import (
	"reflect"

	"breakwater/exchange"
	"breakwater/risk"
)

// A table lists a struct's fields in the order in which a line has them, as `key:Field`.
// A zero field is left out; one that ends in "!" never is, and one that ends in "?" is an
// id, left out when it is -1 and not when it is zero. The key "-" says that the field stands
// in the line outside of the body.
//
// A new field of risk.Record or of what it holds is one entry here; a test fails until
// there is one. An entry may be added anywhere, but never with "!" and never renamed:
// lines that exist already must stay readable.
type table struct {
	of     any
	fields []string
}

var tables = []table{
	{risk.Record{}, []string{
		"-:Time", "-:Type",
		"level:Level", "from:From", "lift:Lift", "scope:Scope", "instrument:Instrument?", "slot:Slot?", "control:Control",
		"until:Until", "count:Count", "facts:Facts", "order_id:OrderID", "order:Order", "amend:Amend", "event:Event",
		"reasons:Reasons", "cost:Cost", "equity:Equity", "high:High", "day_low:DayLow", "text:Text",
	}},
	{risk.Reason{}, []string{"control:Control!", "text:Text", "fields:Fields"}},
	{risk.Field{}, []string{"key:Key", "value:Value", "decimals:Decimals"}},
	{exchange.Order{}, []string{
		"id:ID", "instrument:Instrument!", "slot:Slot", "signal:Signal", "side:Side!", "type:Type!", "tif:TIF", "stp:STP", "purpose:Purpose",
		"post_only:PostOnly", "reduce_only:ReduceOnly", "fee_in_base:FeeInBase", "qty:Qty", "cash:Cash", "cash_step:CashStep",
		"display:Display", "price:Price", "trigger:Trigger", "trail:Trail", "trail_ppm:TrailPPM", "limit_offset:LimitOffset",
		"sent:Sent", "expire:Expire", "deadline:Deadline", "decision:Decision", "close:Close",
	}},
	{exchange.ConditionalClose{}, []string{
		"on:On", "type:Type", "price:Price", "trigger:Trigger", "trail:Trail", "trail_ppm:TrailPPM",
	}},
	{exchange.Amend{}, []string{
		"order:Order", "qty:Qty", "display:Display", "price:Price", "trigger:Trigger", "sent:Sent", "deadline:Deadline",
	}},
	{exchange.Event{}, []string{
		"kind:Kind!", "seq:Seq", "time:Time", "received:Received", "interval_ns:Interval", "source:Source", "account:Account",
		"instrument:Instrument!", "order:Order", "op:Op", "state:State", "code:Code", "side:Side!", "liquidity:Liquidity!",
		"status:Status", "last:Last", "matched:Matched", "open:Open", "high:High", "low:Low", "price:Price", "qty:Qty",
		"ask_price:AskPrice", "ask_qty:AskQty", "count:Count", "trade_id:TradeID", "remaining:Remaining", "cost:Cost",
		"fee:Fee", "fee_asset:FeeAsset", "detail:Detail",
	}},
	{exchange.Detail{}, []string{"text:Text", "snapshot:Snapshot", "key:Key", "check:Check"}},
	{exchange.KeyInfo{}, []string{
		"permissions:Permissions", "allowed_ips:AllowedIPs", "created:Created", "valid_until:ValidUntil", "nonce:Nonce", "sent:Sent",
	}},
	{exchange.Check{}, []string{"control:Control!", "ok:OK", "text:Text"}},
	{exchange.Snapshot{}, []string{"balances:Balances", "orders:Orders", "fills:Fills"}},
	{exchange.Balance{}, []string{"asset:Asset!", "total:Total!", "hold:Hold"}},
	{exchange.OpenOrder{}, []string{"order:Order", "filled:Filled"}},

	{Mark{}, []string{"-:Type", "segment:Segment", "table:Table", "file:File", "byte:Byte", "lost_bytes:Lost", "text:Text"}},
	{Table{}, []string{"currency:Currency!", "assets:Assets", "instruments:Instruments"}},
	{exchange.Asset{}, []string{"id:ID!", "name:Name", "decimals:Decimals!"}},
	{exchange.Spec{}, []string{
		"symbol:Symbol", "price_decimals:PriceDecimals!", "lot_decimals:LotDecimals!", "cost_decimals:CostDecimals", "tick:Tick",
		"order_min:OrderMin", "cost_min:CostMin", "status:Status", "rules_known:RulesKnown",
	}},
}

// names are the enumerations that are written by name.
var names = map[reflect.Type]*nameSet{
	reflect.TypeFor[risk.RecordType]():      validNames[risk.RecordType](),
	reflect.TypeFor[risk.Control]():         validNames[risk.Control](),
	reflect.TypeFor[risk.Level]():           namesOf[risk.Level](int(risk.Killed) + 1),
	reflect.TypeFor[risk.Scope]():           namesOf[risk.Scope](int(risk.BySlot) + 1),
	reflect.TypeFor[exchange.Side]():        namesOf[exchange.Side](2),
	reflect.TypeFor[exchange.OrderType]():   validNames[exchange.OrderType](),
	reflect.TypeFor[exchange.TimeInForce](): namesOf[exchange.TimeInForce](4),
	reflect.TypeFor[exchange.Purpose]():     namesOf[exchange.Purpose](int(exchange.ForClosing) + 1),
	reflect.TypeFor[exchange.SelfTrade]():   newNames([]string{"cancel-newest", "cancel-oldest", "cancel-both"}),
	reflect.TypeFor[exchange.State]():       validNames[exchange.State](),
	reflect.TypeFor[exchange.Liquidity]():   namesOf[exchange.Liquidity](2),
	reflect.TypeFor[exchange.Kind]():        validNames[exchange.Kind](),
	reflect.TypeFor[exchange.Op]():          newNames([]string{"submit", "amend", "cancel", "venue"}),
	reflect.TypeFor[exchange.Code]():        validNames[exchange.Code](),
	reflect.TypeFor[exchange.Status]():      namesOf[exchange.Status](int(exchange.Maintenance) + 1),
	reflect.TypeFor[MarkType]():             validNames[MarkType](),
}

var (
	compiled     = compile(tables, names)
	recordLayout = compiled.of[reflect.TypeFor[risk.Record]()]
	markLayout   = compiled.of[reflect.TypeFor[Mark]()]
	recordTypes  = names[reflect.TypeFor[risk.RecordType]()]
	markTypes    = names[reflect.TypeFor[MarkType]()]
	factNames    = exchange.Facts(1<<32 - 1).Names()
)
