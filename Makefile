# Bare `make` lists the targets. Only Go is needed; npm, when present, adds the
# interactive charts to the report.

ECHARTS_VERSION := 5.6.0
ECHARTS_SHA256  := bf4a223524e40b77c304bec67e1222cf551f14880cf42c69dc046558e11c07b1
ECHARTS         := reports/assets/echarts.min.js
STATICCHECK     := honnef.co/go/tools/cmd/staticcheck@v0.8.1
FUZZTIME        ?= 30s
# The packages whose tests the race detector runs on: everything but the checks of source
# code, in which nothing runs.
RACED            = $(shell go list ./... | grep -v /internal/)

.DEFAULT_GOAL := help
.PHONY: help build demo test bench fuzz lint race golden picture clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: $(ECHARTS) ## make bin/breakwater
	@mkdir -p bin
	go build -trimpath -buildvcs=auto -o bin/breakwater ./cmd/breakwater

demo: build ## run a backtest on synthetic data that ships with the program
	@./bin/breakwater demo

test: ## run all tests: offline, with nothing but Go
	go test ./...

bench: ## print the table of numbers, measured beside their references
	go run ./bench

fuzz: ## fuzz every parser for FUZZTIME (30s) each
	@set -e; for pkg in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "== $$pkg $$target"; go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x $$pkg; \
	  done; \
	done

lint: ## vet, staticcheck, gofmt, and the module files
	go vet ./...
	go run $(STATICCHECK) ./...
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not gofmt-ed: run gofmt -w" $$unformatted >&2; exit 1; }
	go mod verify
	go mod tidy -diff

race: ## run the tests under the race detector
	go test -race -short -timeout 15m $(RACED)

golden: ## write the expected files of the tests anew: read the diff before committing
	@set -e; for dir in $$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n1 dirname | sort -u); do \
	  echo "== $$dir"; go test $$dir -update; \
	done

picture: build ## take docs/report.png from the demo's report (needs npm and Chromium)
	.ci/picture docs/report.png

clean: ## remove what was built and run
	rm -rf bin out $(ECHARTS)

# The charts' script is fetched from its npm package, pinned and checked; without npm, or
# when that fails, the report shows its static pictures.
$(ECHARTS):
	@command -v npm >/dev/null || exit 0; \
	tmp=$$(mktemp -d) && trap 'rm -rf "$$tmp"' EXIT; \
	sum() { if command -v sha256sum >/dev/null; then sha256sum "$$1"; else shasum -a 256 "$$1"; fi | cut -d' ' -f1; }; \
	if (cd "$$tmp" && npm pack --silent --fetch-retries=1 --fetch-timeout=60000 echarts@$(ECHARTS_VERSION) && \
	    tar -xzf echarts-$(ECHARTS_VERSION).tgz package/dist/echarts.min.js) >/dev/null 2>&1 && \
	    test "$$(sum "$$tmp/package/dist/echarts.min.js")" = $(ECHARTS_SHA256); then \
	  mkdir -p reports/assets && cp "$$tmp/package/dist/echarts.min.js" $@; \
	else \
	  echo "echarts $(ECHARTS_VERSION) is not to be had, or is not the one that is pinned: the report will show static pictures only" >&2; \
	fi

.PHONY: conformance
conformance: ## run third parties' Kraken clients, unmodified, against the venue (needs npm)
	sim/krakend/conformance/run

.PHONY: conserve
conserve: ## trade with 8 clients, 200,000 requests, faults and a restart, and audit every book of the venue
	go test ./sim/krakend -run MoneyIsNeitherMadeNorLost -count 1 -v -timeout 20m -requests 200000

# 0 takes all of the 3,500 that there are, for a quarter of an hour of two cores.
MUTANTS ?= 0
SEED    ?= 1

.PHONY: mutants
mutants: ## change the guard in 3,500 small places, one by one, and see its tests fail
	go run ./internal/mutate -n $(MUTANTS) -seed $(SEED)

.PHONY: planted
planted: ## make each planted mistake alone and see the scenarios find it
	go test -tags planted ./scenarios -run Planted -count=1 -v -timeout 30m

.PHONY: kills
kills: ## kill a session 200 times at random points and compare its books
	go test -count=1 -v -run TestSessionSurvivesKill9AtRandomPoints ./session

.PHONY: load
load: ## put load on the simulated Kraken and print what it carries, beside references
	go run ./bench/venue

SOAK ?= 10m

.PHONY: soak
soak: ## let clients of all kinds come and go at the venue for SOAK (10m), with faults
	go test ./sim/krakend -run TestSoak -count 1 -v -timeout 0 -soak $(SOAK)
