# `make help` lists the targets that have a description after ##.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

TOOLS    := $(CURDIR)/.tools
LINTER   := $(TOOLS)/golangci-lint
VULNCHECK := $(TOOLS)/govulncheck
# The address of the vulnerability database: also a mirror, or a copy on disk as file:///path.
VULNDB   ?= https://vuln.go.dev
FUZZTIME ?= 30s
COUNT    ?= 20
# Excludes a codec of Gin that this program does not use.
GOTAGS   := nomsgpack

# The files of `make test-long`: Go files with the build tag long, and Node files that use longTest, promised or someOf.
LONG_GO   = $(shell find handlers rooms socketio store test/module *_long_test.go -name '*_long_test.go' 2>/dev/null)
MEASURED  = $(shell cd test && grep -lE 'longTest|promised|someOf' *.test.js)

# More files than cores run at once, because most Node tests mainly wait.
NODE_JOBS ?= 4
NODE_TEST = GIFCHAT_BIN=$(CURDIR)/test/tmp/gifchat GIFCHAT_RACE_BIN=$(CURDIR)/test/tmp/gifchat-race \
  GIFCHAT_RELAY_BIN=$(CURDIR)/test/tmp/relay GIFCHAT_LEDGER_BIN=$(CURDIR)/test/tmp/ledger \
  GIFCHAT_SITUATIONS_BIN=$(CURDIR)/test/tmp/situations \
  node --test --test-timeout=$(if $(SOAK),14400000,600000)

.PHONY: help run build bundle quick test test-go test-node test-unit test-long test-go-long test-node-long test-programs module screenshot lint fmt vuln cover fuzz soak bench ci clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 18

run: build ## build and start the server on port 8005
	./gifchat

build: bundle ## build the server as one binary with the client bundle: ./gifchat
	go build -tags $(GOTAGS) -trimpath -o gifchat .

bundle: ## fetch the official Socket.IO client into public/vendor
	@if command -v npm >/dev/null; then \
	  if [ ! web/node_modules/.package-lock.json -nt web/package-lock.json ]; then cd web && npm ci --silent && touch node_modules/.package-lock.json && cd ..; fi; \
	  node web/bundle.js; \
	else \
	  echo "npm was not found, so /socket.io/socket.io.js will not be served. Install Node.js 20 or newer and run make bundle again." >&2; \
	  echo "The server builds and runs without it." >&2; \
	fi

quick: ## run the Go tests only, without the race detector: no browser, no Node, no benchmarks, no tests of make test-long
	go test -tags $(GOTAGS) -parallel 8 ./...

test: test-go test-node ## run all tests: Go with the race detector, then Node with the stock client and a browser; 5 minutes on two idle cores

# Tests that call t.Parallel mainly wait for slow links, so more of them than cores run at once.
test-go: bundle ## run the Go tests with the race detector
	go test -tags $(GOTAGS) -race -shuffle=on -parallel 8 ./...
	cd bench && go test ./...

test-node: test-unit test-programs ## run the Node tests, with stock clients and a browser
	rm -f test/tmp/clients.jsonl
	cd test && $(NODE_TEST) --test-concurrency=$(NODE_JOBS) *.test.js
	@cd test && node clients-table.js --check

test-unit: ## run the unit tests of the pages' scripts, without a browser, in a second or two
	cd test && node --disable-warning=ExperimentalWarning --test unit/*.test.js

test-long: ## run the tests that need longer or measure times, up to 30 minutes
test-long: test-go-long test-node-long

test-go-long: bundle ## run the Go tests in the files *_long_test.go
	go test -tags $(GOTAGS),long -race -v -timeout 20m \
	  -run "^($$(sed -nE 's/^func (Test[A-Za-z0-9_]+).*/\1/p' $(LONG_GO) | paste -sd '|'))$$" $(sort $(addprefix ./,$(dir $(LONG_GO))))

# One file at a time, so that tests do not slow each other's measured times. With SOAK=1, test-node has already run the other files.
test-node-long: test-programs ## run the Node tests that need longer or measure times
	cd test && LONG=1 $(NODE_TEST) --test-concurrency=1 long/*.test.js $(if $(SOAK),,$(MEASURED))

test-programs: bundle test/node_modules/.package-lock.json ## install Chromium and npm packages, and build the programs of the Node tests
	@test/chromium.sh
	@mkdir -p test/tmp
	go build -tags $(GOTAGS) -o test/tmp/gifchat .
	go build -tags $(GOTAGS) -race -o test/tmp/gifchat-race .
	go build -tags $(GOTAGS) -o test/tmp/relay ./test/relay
	go build -tags $(GOTAGS) -o test/tmp/ledger ./test/ledger
	go build -tags $(GOTAGS) -race -o test/tmp/situations ./test/situations

test/node_modules/.package-lock.json: test/package-lock.json
	cd test && npm ci --silent && touch node_modules/.package-lock.json

# tools/go.mod pins the parser of go.mod files.
module: ## change the module path everywhere: make module MODULE=example.org/you/gifchat
	@cd tools && go run ./setmodule "$(CURDIR)" "$${MODULE-}"

screenshot: bundle test/node_modules/.package-lock.json ## start a server and write docs/screenshot.png
	@test/chromium.sh
	cd test && node screenshot.js

lint: $(LINTER) bundle ## check commit subjects, linters, formatting, go.mod and go fix
	.ci/commits
	$(LINTER) config verify
	$(LINTER) run
	$(LINTER) fmt --diff
	go mod tidy -diff
	go mod verify
	@diff=$$(go fix -diff ./... 2>&1 || true); if [ -n "$$diff" ]; then echo "$$diff"; echo "go fix ./... would make these changes: run make fmt"; exit 1; fi

fmt: $(LINTER) ## format the Go code and apply go fix
	$(LINTER) fmt
	go fix ./...

# tools/go.mod pins the linter. The first build takes several minutes.
$(LINTER): tools/go.mod tools/go.sum
	cd tools && go build -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

# govulncheck exits with 3 if it found vulnerabilities, and with another status if it could not check.
vuln: $(VULNCHECK) ## report known vulnerabilities of the dependencies; needs the database at VULNDB
	@status=0; $(VULNCHECK) -db '$(VULNDB)' -tags $(GOTAGS) ./... || status=$$?; \
	if [ $$status -ne 0 ] && [ $$status -ne 3 ]; then \
	  echo "make vuln could not check the dependencies: it needs the vulnerability database at $(VULNDB). Without a network, run it elsewhere or set VULNDB to a copy (file:///…)." >&2; \
	fi; exit $$status

# tools/go.mod pins govulncheck.
$(VULNCHECK): tools/go.mod tools/go.sum
	cd tools && go build -o $@ golang.org/x/vuln/cmd/govulncheck

cover: ## measure the coverage of each package and write cover.out for go tool cover
	go test -tags $(GOTAGS) -coverprofile cover.out -coverpkg ./... ./...
	go tool cover -func cover.out | tail -1

fuzz: ## run every fuzz target for FUZZTIME (30s) each
	@for dir in $$(go list -f '{{.Dir}}' ./...); do \
	  for target in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]*' $$dir/*_test.go 2>/dev/null | cut -c6-); do \
	    echo "$$dir $$target"; \
	    go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$dir; \
	  done; \
	done

soak: ## run the long forms of docs/promises.md, Go tests COUNT (20) times, 10 million fuzzing runs per target, Node tests 5 times
	SOAK=1 go test -tags $(GOTAGS),long -race -timeout 120m ./...
	SOAK=1 $(MAKE) test-node test-node-long
	go test -tags $(GOTAGS) -race -shuffle=on -count $(COUNT) -timeout 60m ./...
	$(MAKE) fuzz FUZZTIME=10000000x
	for i in 1 2 3 4 5; do $(MAKE) test-node; done

bench: ## compare this server with others and write docs/benchmarks.md, about 75 minutes; BENCH="-reps 1" is shorter
	bench/run $(BENCH)

ci: ## run everything that must pass: lint, test, test-long
	.ci/run

clean: ## remove built files and dependencies, but not the data
	rm -rf gifchat cover.out $(TOOLS) web/node_modules test/node_modules test/tmp test/screenshots
	find public/vendor -type f ! -name .gitignore ! -name README.md -delete
