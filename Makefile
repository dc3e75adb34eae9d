# Every command of this repository. `make` alone lists them.

GO        ?= go
FUZZTIME  ?= 30s
GREMLINS  := github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0
MUTATE    ?= ./webhook ./repo ./handlers
# The race detector needs a C compiler.
RACE      := $(if $(shell command -v gcc clang cc 2>/dev/null),-race)

.DEFAULT_GOAL := help
.PHONY: help run test lint bench fuzz mutate setup

help: ## List these commands
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

run: ## Start the example: a small shop with webhooks, on http://127.0.0.1:8080
	$(GO) run ./example

test: setup ## Run every test, with the race detector where there is a C compiler
	$(GO) test $(RACE) -timeout 20m ./...

lint: ## Check format, vet, staticcheck, and that go.mod is tidy
	@unformatted=$$($(GO) tool gofumpt -l .); test -z "$$unformatted" || { echo "run 'go tool gofumpt -w .' on:"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff

bench: setup ## Measure POST through the whole service beside pgbench, as a ratio
	$(GO) run ./bench

fuzz: setup ## Run each fuzz target for FUZZTIME (30s)
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

mutate: setup ## Break the code on purpose, a line at a time, and count what the tests notice
	@for package in $(MUTATE); do $(GO) run $(GREMLINS) unleash --workers 2 --timeout-coefficient 20 $$package || exit 1; done

setup: # what the tests need beside Go: PostgreSQL and PgBouncer
	@if ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null; then pg=; else pg=postgresql; fi; \
	if command -v pgbouncer >/dev/null || test -x /usr/sbin/pgbouncer; then bouncer=; else bouncer=pgbouncer; fi; \
	if test -n "$$pg$$bouncer"; then \
		if command -v apt-get >/dev/null && test "$$(id -u)" = 0; then \
			apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy $$pg $$bouncer; \
		else \
			echo "The tests need $$pg $$bouncer; install it, or what is tested with it is skipped."; \
		fi; \
	fi
