package krakend

import (
	"breakwater/exchange"
)

// privateCall is an endpoint that needs a key.
type privateCall struct {
	all     []string // permissions, each needed
	any     []string // permissions, one needed
	cost    float64  // of the REST counter
	history bool     // costs Config.HistoryCost instead
	run     func(*core, *account, *request) (any, error)
}

// privateCalls are the endpoints ("Kraken spot API reference", section 3.1). Placing and
// cancelling cost nothing here: the engine's counter has them.
var privateCalls map[string]privateCall

func init() {
	privateCalls = map[string]privateCall{
		"Balance":       {all: []string{queryFunds}, cost: 1, run: (*core).callBalance},
		"BalanceEx":     {all: []string{queryFunds}, cost: 1, run: (*core).callBalanceEx},
		"TradeVolume":   {all: []string{queryFunds}, cost: 1, run: (*core).callTradeVolume},
		"TradeBalance":  {all: []string{queryOpenTrades}, cost: 1, run: (*core).callTradeBalance},
		"OpenOrders":    {all: []string{queryOpenTrades}, cost: 1, run: (*core).callOpenOrders},
		"OpenPositions": {all: []string{queryOpenTrades}, cost: 1, run: (*core).callOpenPositions},
		"ClosedOrders":  {all: []string{queryClosedTrades}, cost: 1, run: (*core).callClosedOrders},
		"TradesHistory": {all: []string{queryClosedTrades}, history: true, run: (*core).callTradesHistory},
		"QueryTrades":   {all: []string{queryClosedTrades}, cost: 1, run: (*core).callQueryTrades},
		"QueryOrders":   {any: []string{queryOpenTrades, queryClosedTrades}, cost: 1, run: (*core).callQueryOrders},
		"OrderAmends":   {any: []string{queryOpenTrades, queryClosedTrades}, cost: 1, run: (*core).callOrderAmends},
		"Ledgers":       {all: []string{queryLedger}, history: true, run: (*core).callLedgers},
		"QueryLedgers":  {all: []string{queryLedger}, cost: 1, run: (*core).callQueryLedgers},

		"AddOrder":             {all: []string{modifyTrades}, run: (*core).callAddOrder},
		"AddOrderBatch":        {all: []string{modifyTrades, closeTrades}, run: (*core).callAddOrderBatch},
		"AmendOrder":           {any: []string{modifyTrades, closeTrades}, run: (*core).callAmendOrder},
		"EditOrder":            {all: []string{modifyTrades, closeTrades}, run: (*core).callEditOrder},
		"CancelOrder":          {any: []string{modifyTrades, closeTrades}, run: (*core).callCancelOrder},
		"CancelOrderBatch":     {any: []string{modifyTrades, closeTrades}, run: (*core).callCancelOrderBatch},
		"CancelAll":            {any: []string{modifyTrades, closeTrades}, cost: 1, run: (*core).callCancelAll},
		"CancelAllOrdersAfter": {any: []string{modifyTrades, closeTrades}, cost: 1, run: (*core).callCancelAllOrdersAfter},

		"GetWebSocketsToken": {all: []string{createToken}, cost: 1, run: (*core).callGetWebSocketsToken},
		"GetApiKeyInfo":      {cost: 1, run: (*core).callGetAPIKeyInfo},
		"WithdrawMethods":    {all: []string{queryFunds, withdrawFunds}, cost: 1, run: (*core).callWithdrawMethods},

		"AddExport":      {all: []string{exportData}, cost: 1, run: (*core).callAddExport},
		"ExportStatus":   {all: []string{exportData}, cost: 1, run: (*core).callExportStatus},
		"RetrieveExport": {all: []string{exportData}, cost: 1, run: (*core).callRetrieveExport},
		"RemoveExport":   {all: []string{exportData}, cost: 1, run: (*core).callRemoveExport},
	}
}

// serve carries a private call out: who asks, may they, do they ask too often, then what.
func (c *core) serve(r *request, call *privateCall) (any, error) {
	if c.state != nil {
		e := entry{Do: entryCall, Wall: r.otpAt.UnixMilli(), Name: r.name, Key: r.public, IP: r.ip, Signed: r.signed}
		if r.signed { // of others no field is read
			e.Params = r.params
		}
		if c.record(e) != nil {
			return nil, errUnavailable
		}
	}
	r.key = c.keys.find(r.public)
	if err := c.authenticate(r); err != nil {
		return nil, err
	}
	if !r.key.allowed(call) {
		return nil, errPermission
	}
	if c.status == exchange.Maintenance {
		return nil, errUnavailable
	}
	cost := call.cost
	if call.history {
		cost = c.config.HistoryCost
	}
	if err := c.charge(r.key, cost); err != nil {
		return nil, err
	}
	return call.run(c, r.key.account, r)
}

func (k *apiKey) allowed(call *privateCall) bool {
	for _, p := range call.all {
		if !k.may(p) {
			return false
		}
	}
	for _, p := range call.any {
		if k.may(p) {
			return true
		}
	}
	return len(call.any) == 0
}
