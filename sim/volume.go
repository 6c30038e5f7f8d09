package sim

import (
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
)

// Kraken lets new trades count at once and old ones drop out every few hours.
const (
	volumeStep  = 6 * time.Hour
	volumeSteps = int64(30 * 24 * time.Hour / volumeStep)
)

// volume is an account's traded volume of the last 30 days in US dollars at
// VolumeDecimals, in steps of six hours.
type volume struct {
	steps [volumeSteps]money.Amount
	last  int64 // the newest step, counted from 1970
	sum   money.Amount
}

// roll lets fall out what is older than 30 days at t.
func (w *volume) roll(t exchange.Stamp) {
	step := int64(t) / int64(volumeStep)
	if step <= w.last {
		return
	}
	if step-w.last >= volumeSteps {
		*w = volume{last: step}
		return
	}
	for w.last < step {
		w.last++
		at := &w.steps[w.last%volumeSteps]
		w.sum -= *at
		*at = 0
	}
}

// add counts an amount at t.
func (w *volume) add(t exchange.Stamp, usd money.Amount) {
	w.roll(t)
	w.steps[w.last%volumeSteps] += usd
	w.sum += usd
}

// FeeVolume is what an account traded in the last 30 days, in US dollars at
// VolumeDecimals: what its fees depend on.
func (v *Venue) FeeVolume(account exchange.AccountID) money.Amount {
	w := &v.accounts[account].volume
	w.roll(v.now)
	return w.sum
}
