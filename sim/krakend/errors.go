package krakend

import (
	"breakwater/exchange"
)

// failure is an error as Kraken writes it: <E><Category>:<description>.
type failure string

func (f failure) Error() string { return string(f) }

// Kraken's texts ("Kraken spot API reference", section 5).
const (
	errInvalidArguments  failure = "EGeneral:Invalid arguments"
	errUnknownMethod     failure = "EGeneral:Unknown Method"
	errPermission        failure = "EGeneral:Permission denied"
	errLockout           failure = "EGeneral:Temporary lockout"
	errInternal          failure = "EGeneral:Internal error"
	errInvalidKey        failure = "EAPI:Invalid key"
	errInvalidSignature  failure = "EAPI:Invalid signature"
	errInvalidNonce      failure = "EAPI:Invalid nonce"
	errRateLimit         failure = "EAPI:Rate limit exceeded"
	errUnavailable       failure = "EService:Unavailable"
	errDeadline          failure = "EService:Deadline elapsed"
	errUnknownPair       failure = "EQuery:Unknown asset pair"
	errUnknownAsset      failure = "EQuery:Unknown asset"
	errUnknownOrder      failure = "EOrder:Unknown order"
	errInsufficientFunds failure = "EOrder:Insufficient funds"
	errOrderMinimum      failure = "EOrder:Order minimum not met"
	errCostMinimum       failure = "EOrder:Cost minimum not met"
	errTickSize          failure = "EOrder:Tick size check failed"
	errPostOnly          failure = "EOrder:Post only order"
	errOrdersLimit       failure = "EOrder:Orders limit exceeded"
	errEngineLimit       failure = "EOrder:Rate limit exceeded"
	errDuplicateClientID failure = "EOrder:cl_ord_id already in use"
	errNotEditable       failure = "EOrder:Order not editable"
	errNothingToAmend    failure = "EOrder:No amendable parameters"
	errNoPosition        failure = "EOrder:Reduce only:No position exists"
	errNoMargin          failure = "EAccount:Invalid permissions:margin trading not available"
)

// invalid is a malformed field.
func invalid(field string) failure { return errInvalidArguments + failure(":"+field) }

// refusal is the venue's reason in Kraken's words.
func (c *core) refusal(m *market, code exchange.Code) failure {
	switch code {
	case exchange.CodeInsufficientFunds:
		return errInsufficientFunds
	case exchange.CodeOrderMinimum:
		return errOrderMinimum
	case exchange.CodeTickSize:
		return errTickSize
	case exchange.CodePostOnly:
		return errPostOnly
	case exchange.CodeOpenOrderCap:
		return errOrdersLimit
	case exchange.CodeDeadline:
		return errDeadline
	case exchange.CodeUnknownOrder:
		return errUnknownOrder
	case exchange.CodeMarketMode:
		if m.status == exchange.Maintenance {
			return errUnavailable
		}
		return failure("EService:Market in " + m.status.String() + " mode")
	}
	return errInvalidArguments
}
