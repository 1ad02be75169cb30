# Mainstay's front for people; each target is one plain command. `make` prints this help.
export CGO_ENABLED = 0

.DEFAULT_GOAL := help
.PHONY: help
help: ## print this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build ./mainstay, static and stripped
	go build -trimpath -ldflags '-s -w' -o mainstay ./cmd/mainstay

.PHONY: dev
dev: ## serve examples/shop with reload
	go run ./cmd/mainstay dev examples/shop

.PHONY: test
test: ## all tests, as the README says
	go test ./...

.PHONY: check
check: ## what must pass before a commit: format, vet, staticcheck, tests
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'run gofmt'; exit 1; }
	go vet ./...
	go tool -modfile=tools/go.mod staticcheck ./...
	go test ./...

.PHONY: race
race: ## tests of what runs concurrently, with the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -race ./internal/engine/sqlite/store ./internal/api/... ./internal/identity .

.PHONY: cases
cases: ## rewrite the expected answers of testdata/cases from PostgreSQL and show the difference
	go test ./test/cases -update
	git diff --stat -- testdata/cases

.PHONY: fuzz
fuzz: ## every fuzz target for a minute
	@for p in $$(grep -rl '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u); do \
		for f in $$(grep -ho '^func Fuzz[A-Za-z0-9_]*' $$p/*_test.go | cut -c6-); do echo "$$p $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime 60s $$p || exit 1; done; done

.PHONY: load
load: ## compare one-row reads, lists and inserts with bare net/http, on both engines
	go run ./test/load

SEED ?= 1
KILLS ?= 2000
CUTS ?= 150
HISTORIES ?= 200
.PHONY: crash
crash: ## kill, cut the power, break the disk, check histories: nothing acknowledged may be lost (KILLS=, CUTS= on each file system, HISTORIES=, SEED=; root and strace for some)
	go test ./test/crash -count=1 -timeout 0 -v -deep -kills $(KILLS) -cuts $(CUTS) -histories $(HISTORIES) -states 20 -seed $(SEED)

.PHONY: bench-peers
bench-peers: ## compare with PocketBase, built from its Go module: the same data, rules and answers, over kept and new connections (some forty minutes)
	go run ./test/load -peers -fresh -connections 1,64,512 -rounds 3 -duration 2s

.PHONY: overload
overload: ## ask for five times what the server can do, from clients that ask again at once: what gets done, who waits, how it recovers (some three minutes)
	go build -o bin/load ./test/load
	if command -v taskset >/dev/null && [ `nproc` -gt 1 ]; then taskset -c 1 bin/load -overload -pin -duration 60s; else bin/load -overload -duration 60s; fi

SOAK ?= 4h
.PHONY: soak
soak: ## half of what the server can do, for long: memory, log and times may not grow (SOAK=4h)
	go run ./test/load -soak -duration $(SOAK)

BENCH_PACKAGES = ./internal/sql ./internal/engine/plan ./internal/engine/sqlite/rights ./internal/engine/sqlite/exec ./internal/engine/sqlite ./internal/api/rest ./internal/api/gateway ./internal/admission
BENCH ?= 'Parse|Plan|Attach|Select|Insert|Do|Read|Serve|Enter'
BENCH_COUNT ?= 6
.PHONY: bench bench-base
bench: ## micro-benchmarks of parsing, planning, lowering and encoding, beside those that bench-base has saved
	@mkdir -p bin/bench
	go test -run '^$$' -bench $(BENCH) -count $(BENCH_COUNT) -benchmem $(BENCH_PACKAGES) >bin/bench/now.txt || { cat bin/bench/now.txt; exit 1; }
	go tool -modfile=tools/go.mod benchstat $$(ls bin/bench/base.txt 2>/dev/null) bin/bench/now.txt

bench-base: ## save the micro-benchmarks of this tree for bench to compare with
	@mkdir -p bin/bench
	go test -run '^$$' -bench $(BENCH) -count $(BENCH_COUNT) -benchmem $(BENCH_PACKAGES) >bin/bench/base.txt || { cat bin/bench/base.txt; exit 1; }

EXPRESSIONS ?= 100000
QUERIES ?= 20000

.PHONY: oracle
oracle: ## compare random SQL on the embedded engine with PostgreSQL (EXPRESSIONS=, QUERIES=, SEED=)
	go test ./test/oracle/sql -count=1 -timeout 120m -v -expressions $(EXPRESSIONS) -queries $(QUERIES) -seed $(SEED) -reports 100

CASES ?= 1000000
PAIRS ?= 100000
FLIPS ?= 10000
SPAN ?= 0
.PHONY: access
access: ## ask both engines and a naive interpreter what random callers may read and write in random worlds (CASES=, PAIRS=, FLIPS=, SEED=, SPAN=1h); figures to docs/reference
	GOGC=400 MAINSTAY_CAMPAIGNS=$(CURDIR)/docs/reference/campaigns go test ./test/oracle/access -count=1 -timeout 0 -v -lanes 3 -rounds 20 \
		-cases $(CASES) -pairs $(PAIRS) -flips $(FLIPS) -seed $(SEED) -span $(SPAN)
	go test ./test/campaign -update

.PHONY: projects
projects: ## public projects on both engines, from the folder MAINSTAY_PROJECTS; figures to docs/reference/projects.md
	go test ./test/projects -count=1 -timeout 120m -v -table

.PHONY: regress
regress: ## PostgreSQL's own regression suite on both engines (MAINSTAY_REGRESS=folder of its .sql files); rewrites docs/reference/regress.md
	@test -n "$$MAINSTAY_REGRESS" || { echo 'set MAINSTAY_REGRESS to src/test/regress/sql of a checkout of PostgreSQL 15'; exit 1; }
	go test ./test/oracle/sql -run TestRegress -count=1 -timeout 60m -v -report $(CURDIR)/docs/reference/regress.md

.PHONY: openapi
openapi: ## 10,000 requests made from our own OpenAPI document on each engine: nothing outside it, no 5xx
	go test ./test/openapi -run TestNoAnswerIsOutsideTheDocument -count=1 -requests 10000 -timeout 30m -v

.PHONY: mutants
mutants: ## make old mistakes anew, one at a time: the test that is named for each must find it (some twenty minutes); figures to docs/reference
	MAINSTAY_CAMPAIGNS=$(CURDIR)/docs/reference/campaigns go test ./test/mutants -run TestMutantsAreFound -count=1 -timeout 0 -v -mutants
	go test ./test/campaign -update
