package scenarios

import (
	"slices"
	"strings"
	"testing"
)

// reference is the catalogue of risk-controls 4.4.
const reference = `
kill-file-idle kill-mid-batch kill-file-removed kill-file-unreadable kill-restart-storm kill-inflight-ack kill-then-reconnect
halt-cancel-refused dryrun-no-egress rearm-ceremony rearm-paper-first guard-panics-fail-closed
runaway-knight runaway-everbright runaway-fill-feedback runaway-retry-on-timeout runaway-double-exit runaway-reject-storm
runaway-cancel-replace runaway-listing-flood runaway-citi-units runaway-two-processes
size-per-trade-cap alloc-mode-starvation alloc-count-limits ramp-week1-to-3
loss-daily-trip loss-daily-restart loss-daily-dst loss-clock-forward loss-zero-baseline loss-buy-is-not-loss loss-flows
loss-hourly-100 loss-streak-10 loss-cooldown-halfopen loss-positions-stay loss-drawdown-15 loss-drawdown-12
loss-profile-5-5-12 loss-fee-anomaly loss-slippage-anomaly
market-gdax-2017 market-kraken-2021 market-binanceus-2021 market-cascade-2025 market-hotpotato-2010
market-bad-tick market-quoine-no-book market-bithumb-credit market-blackout-2020 market-maintenance-48h market-stop-vanishes
data-stale-connected data-gap data-checksum data-nonfinite data-future-time clock-skew clock-step-back
signal-replay signal-poisoned-feed
key-revoked-midtrade key-withdraw-perm key-perm-drift key-unknown-perm key-ip-denied key-no-allowlist key-stolen-orders
key-stolen-withdrawal key-foreign-nonce key-nonce-race key-rotation-window key-wrong-environment key-lockout
acct-divergence acct-manual-trade acct-zero-balances acct-double-count acct-asset-code acct-quote-mismatch ops-foreign-order-kept
net-502-but-placed net-timeout-late-fill net-duplicate-fill net-truncated-json net-reorder net-429 net-hostile-dns
crash-every-append crash-torn-tail crash-midfile crash-orphan-orders crash-loop
disk-full disk-fsync-eio disk-readonly journal-tamper journal-rollback
config-loosened config-unknown-field build-mixed secret-canary file-mode-0644 alert-channel-down status-flood
incident-drill restore-drill`

// Every scenario of the reference has its file, or a word why not; and nothing that has a
// file is said to have none.
func TestTheReferencesCatalogueIsWhole(t *testing.T) {
	missing := 0
	for _, name := range strings.Fields(reference) {
		has := slices.Contains(Names(), name)
		without := slices.ContainsFunc(NotHere, func(e Elsewhere) bool { return e.Name == name && e.Why != "" })
		if has == without {
			t.Errorf("%s: a file %v, a reason for none %v", name, has, without)
		}
		if without {
			missing++
		}
	}
	if missing != len(NotHere) || len(Names()) < 150 {
		t.Errorf("%d of %d that are not here are in the reference; %d scenarios", missing, len(NotHere), len(Names()))
	}
}

// A scenario without a control to take out says why, and there are few of them.
func TestFewScenariosProveNoControl(t *testing.T) {
	var alone []string
	for _, s := range Catalogue() {
		if s.Breaks < 0 {
			alone = append(alone, s.Name)
			if len(s.Alone) < 20 {
				t.Errorf("%s: %q is no reason", s.Name, s.Alone)
			}
		}
	}
	want := []string{"config-unknown-field", "crash-midfile", "journal-tamper", "runaway-double-exit", "size-sell-owned"}
	if !slices.Equal(alone, want) {
		t.Errorf("without a control: %v, want %v", alone, want)
	}
}
