# Every command of this repository. `make` alone lists them.

GO        ?= go
FUZZTIME  ?= 30s
# What make torture does, and which of all that make torture and make mutate can.
ORDERS    ?= 3000
KILLS     ?= 24
SEED      ?= 1
# What make mutate breaks, how many mutants of each it tries (0: all), and of
# which lines (a regular expression of file:line).
MUTATE    ?= ./webhook ./repo ./delivery ./handlers
SAMPLE    ?= 0
ONLY      ?=
# Which major versions of PostgreSQL make test-postgres tests.
VERSIONS  ?= 14 15 16 17 18
# Flags of make load, such as -d 5s -only gzip.
LOAD      ?=
# The race detector needs a C compiler.
RACE      := $(if $(shell command -v gcc clang cc 2>/dev/null),-race)
# make lint vets everything.
TEST      := $(GO) test -vet=off $(RACE) -timeout 20m

.DEFAULT_GOAL := help
.PHONY: help run test test-bench test-torture test-postgres lint load bench torture fuzz mutate screenshots setup

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: ## Start the example: a small shop with webhooks, on http://127.0.0.1:8080
	$(GO) build -o bin/ ./example
# Not by go run, which ends at SIGTERM and leaves what it runs behind.
	@exec bin/example

test: setup ## Run every test, with the race detector where there is a C compiler
	$(TEST) ./...
	@$(MAKE) --no-print-directory -j2 test-bench test-torture

test-bench test-torture:
	cd $(@:test-%=%) && $(TEST) ./...

# The servers come by npm, for Linux on x86-64. A directory of another in PATH
# does the same for a single version: PATH=/opt/pg/bin:$$PATH go test ./repo
test-postgres: setup ## Test what talks to PostgreSQL against each of VERSIONS (14 15 16 17 18)
	@cd internal/pgdev/versions && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && \
		for package in node_modules/postgres-*; do (cd $$package && node scripts/hydrate-symlinks.js) || exit 1; done
	@for version in $(VERSIONS); do \
		bin=$(CURDIR)/internal/pgdev/versions/node_modules/postgres-$$version/native/bin; \
		"$$bin/postgres" --version && export PATH="$$bin:$$PATH" POSTGRES_MAJOR=$$version && \
		$(GO) test -count=1 -timeout 20m ./internal/pgdev/pgtest ./migrations ./repo ./delivery ./plugin && \
		$(GO) test -count=1 -timeout 20m -run '^(TestReadme|TestMakeRun)$$' ./example || exit 1; \
	done

lint: ## Check format, vet, staticcheck, and that go.mod is tidy
	@unformatted=$$($(GO) tool gofumpt -l .); test -z "$$unformatted" || { echo "run 'go tool gofumpt -w .' on:"; echo "$$unformatted"; exit 1; }
	@staticcheck=$$($(GO) tool -n staticcheck); for module in . bench torture; do ( \
		cd $$module && echo "$$module: vet, staticcheck, tidy" && $(GO) vet ./... && $$staticcheck ./... && $(GO) mod tidy -diff \
	) || exit 1; done

load: setup ## Attack a host by thousands of clients, bombs and drips, and print how its memory grows
	$(GO) run ./internal/load $(LOAD)

bench: setup ## Measure the plugin beside what limits it, as ratios, into bench/RESULTS.md
	cd bench && $(GO) run .

torture: setup ## Break everything around ORDERS orders KILLS times, as SEED decides, and count what was lost
	cd torture && $(GO) build -o ../bin/ . && exec ../bin/torture -orders $(ORDERS) -kills $(KILLS) -seed $(SEED)

# Without a bound, Go spends a minute on making each input smaller that is of
# interest: nearly all the time, where a try asks the database.
fuzz: setup ## Run each fuzz target for FUZZTIME (30s)
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x $$package || exit 1; \
		done; \
	done

mutate: setup ## Break the code on purpose, a place at a time, and count what the tests notice
	$(GO) run ./internal/mutate -sample $(SAMPLE) -seed $(SEED) -only '$(ONLY)' $(MUTATE)

screenshots: setup ## Take the README's pictures of the pages anew, in docs/screenshots
	SCREENSHOTS=$(CURDIR)/docs/screenshots $(GO) test -count=1 -run '^TestScreenshots$$' ./example

setup: # what the tests need beside Go: PostgreSQL, PgBouncer, Chromium, promtool, and by npm axe-core and the stylesheets of layouts
# Chromium without its windows takes half the time. Where there is none, Chromium does.
	@if command -v apt-get >/dev/null && test "$$(id -u)" = 0 && ! command -v chromium-headless-shell >/dev/null; then \
		get() { DEBIAN_FRONTEND=noninteractive apt-get install -qy chromium-headless-shell; }; \
		get || { apt-get update -q && get; } || echo "chromium-headless-shell could not be had; what is tested in a browser takes longer."; \
	fi
	@missing=; \
	ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null || missing="$$missing postgresql"; \
	command -v pgbouncer >/dev/null || test -x /usr/sbin/pgbouncer || missing="$$missing pgbouncer"; \
	command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing="$$missing chromium"; \
	command -v npm >/dev/null || missing="$$missing npm"; \
	if test -n "$$missing"; then \
		if command -v apt-get >/dev/null && test "$$(id -u)" = 0; then \
			apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy $$missing; \
		else \
			echo "The tests need$$missing; install it, or what is tested with it is skipped."; \
		fi; \
	fi
# Of Debian's package prometheus the tool alone: installed, it is a server that starts.
	@if command -v apt-get >/dev/null && ! command -v promtool >/dev/null && ! test -x bin/promtool; then \
		mkdir -p bin && cd bin && \
		(apt-get download -q prometheus || { test "$$(id -u)" = 0 && apt-get update -q && apt-get download -q prometheus; }) && \
		dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xf - --strip-components=3 ./usr/bin/promtool || \
			echo "promtool could not be had; what is tested with it is skipped."; \
		rm -f prometheus_*.deb; \
	fi
	@cd internal/browser && if ! test node_modules/.package-lock.json -nt package-lock.json; then \
		npm ci --no-audit --no-fund --loglevel=error || echo "axe-core and stylesheets could not be installed by npm; what is tested with it is skipped."; \
	fi
